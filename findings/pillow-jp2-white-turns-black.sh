#!/bin/sh
# Pillow 12.3.0 (Linux wheel, x86-64): white comes out black from JPEG 2000 with more than 8 bits a channel.
#
# Colour, and gray with alpha, are brought down to 8 bits with rounding, and what rounds up to 256 becomes 0: the upper
# half of the last level turns black, in each channel for itself, so that highlights get black or coloured holes. No
# warning, no error. Gray alone is right where Pillow gives it mode I;16. Archives keep their masters in such files.
#
# Seen: of 16-bit RGB, 65407 becomes 255 and 65408 to 65535 become 0; the same with 9, 10, 12 and 15 bits.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet pillow==12.3.0 numpy==2.4.6 imagecodecs==2026.3.6
"$folder/venv/bin/python" - <<'PROGRAM'
import io

import imagecodecs
import numpy as np
from PIL import Image

for bits in (9, 10, 12, 15, 16):
    top = 2**bits - 1
    values = np.full((16, 64, 3), top, np.uint16)
    values[:, :32] = top // 2
    data = imagecodecs.jpeg2k_encode(values, level=0, bitspersample=bits)
    assert np.array_equal(imagecodecs.jpeg2k_decode(data), values), "the file is lossless"
    image = Image.open(io.BytesIO(data))
    gray, white = image.getpixel((8, 8)), image.getpixel((60, 8))
    print(f"{bits} bits, mode {image.mode}: middle gray is {gray}, white is {white}")
    assert max(gray) - 127 <= 2
    assert white == (0, 0, 0), "changed: white is no longer black"

edge = np.full((16, 16, 3), 65407, np.uint16)
edge[:, 8:] = 65408
image = Image.open(io.BytesIO(imagecodecs.jpeg2k_encode(edge, level=0)))
print("16 bits: 65407 is", image.getpixel((0, 0)), "and 65408 is", image.getpixel((15, 0)))
assert (image.getpixel((0, 0)), image.getpixel((15, 0))) == ((255,) * 3, (0,) * 3), "changed: the edge has moved"
PROGRAM
