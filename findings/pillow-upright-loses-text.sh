#!/bin/sh
# Pillow 13.0.0 (11.3.0 too): turning a photo upright deletes its EXIF text of type UTF-8.
#
# Exif 3.0 added a type for text beyond ASCII, 129. Pillow opens a JPEG whose Artist has it and hands its EXIF bytes on
# untouched, in `image.info["exif"]`. `ImageOps.exif_transpose` should take out the orientation alone; it writes all tags
# anew, knows none of that type, and the artist is gone, without an error or a warning. A photo that is upright already
# keeps its bytes. So: take the bytes of `info["exif"]` before turning, and change the orientation in them.
#
# Seen: artist kept in the opened photo, kept in the upright one, lost in the turned one.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet pillow==13.0.0
"$folder/venv/bin/python" -W error - <<'PROGRAM'
import io
import struct

from PIL import Image, ImageOps

ARTIST = "José Müller".encode()
ORIENTATION, ARTIST_TAG, SHORT, UTF8 = 0x0112, 0x013B, 3, 129


def photo(orientation):
    """A JPEG with an orientation and an artist of type UTF-8, the text right behind the one directory."""
    text = ARTIST + b"\0"
    directory = struct.pack("<H", 2)
    directory += struct.pack("<HHIHH", ORIENTATION, SHORT, 1, orientation, 0)
    directory += struct.pack("<HHII", ARTIST_TAG, UTF8, len(text), 8 + 2 + 2 * 12 + 4)
    directory += struct.pack("<I", 0)
    file = io.BytesIO()
    Image.new("RGB", (40, 20)).save(file, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0" + directory + text)
    return Image.open(file)


def keeps(image):
    return ARTIST in image.info["exif"]


lying, upright = photo(6), photo(1)
turned = ImageOps.exif_transpose(lying)
assert turned.size == (20, 40)
print("opened:", keeps(lying), "upright already:", keeps(ImageOps.exif_transpose(upright)), "turned:", keeps(turned))
assert keeps(lying) and keeps(ImageOps.exif_transpose(upright))
assert not keeps(turned), "changed: turning keeps the text"
PROGRAM
