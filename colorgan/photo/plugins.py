"""HEIC and JPEG XL, which Pillow reads with plugins, where those are installed."""

from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorgan.photo.bounds import check_size
from colorgan.photo.extras import extra
from colorgan.photo.record import PhotoError

HEIF = "HEIF"
BY_PLUGIN = (HEIF, "JXL")  # what the plugins call these formats
_NEEDS = "for which {0} is needed: pip install {0}, or save it as JPEG first"
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
_LONGEST_METADATA = 1 << 24  # bytes, unpacked
_CODESTREAM, _CONTAINER = b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"
# ISO/IEC 18181-1, D.3: how many bits follow each of the four selectors, and what is added; widths by ratio.
_SIDES = ((9, 1), (13, 1), (18, 1), (30, 1))
_RATIOS = (None, (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


def open_by_plugin(file: BinaryIO, head: bytes, name: str, max_megapixels: float) -> Image.Image | None:
    """A file and its first 16 bytes -> its picture, if it is HEIC or JPEG XL; else None.

    Raises PhotoError that names the package to install, where it is missing.
    """
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        file.seek(0)
        heif: Image.Image = _heif_plugin(name).HeifImageFile(file, "")
        return heif
    if is_decoded_at_once(head):
        plugin = extra("pillow_jxl.JpegXLImagePlugin")
        if plugin is None:
            raise PhotoError(f"{name} is a JPEG XL photo, {_NEEDS.format('pillow-jxl-plugin')}")
        return _open_jxl(plugin, file, name, max_megapixels)
    return None


def heif_numbers(file: BinaryIO, name: str) -> NDArray[np.uint16]:
    """A HEIC of more than 8 bits -> its numbers, upright, (H, W) or (H, W, samples), 0 to all that its bits hold."""
    file.seek(0)
    heif = _heif_plugin(name).open_heif(file, convert_hdr_to_8bit=False)
    values: NDArray[np.uint16] = np.asarray(heif)
    return values >> (16 - heif.info["bit_depth"])  # the plugin moves them to the upper end


def _heif_plugin(name: str) -> Any:
    plugin = extra("pillow_heif") or extra("pi_heif")  # the same reader twice, the second without an encoder
    if plugin is None:
        raise PhotoError(f"{name} is a HEIC photo, {_NEEDS.format('pillow-heif')}")
    return plugin


def is_decoded_at_once(head: bytes) -> bool:
    """Whether a file with these first bytes is decoded as soon as it is opened."""
    return head.startswith((_CODESTREAM, _CONTAINER))


def _open_jxl(plugin: Any, file: BinaryIO, name: str, max_megapixels: float) -> Image.Image:
    file.seek(0)
    width, height, _ = _jxl_header(_codestream(file.read()))
    check_size(width, height, name, max_megapixels)  # the plugin decodes as it opens
    file.seek(0)
    return cast("Image.Image", plugin.JXLImageFile(file, ""))


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of a JPEG XL's container with their content (18181-2, 4.2); none of a bare codestream."""
    place = 0
    while not data.startswith(_CODESTREAM) and place + 8 <= len(data):
        length, kind, body = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8], place + 8
        if length == 1:
            length, body = int.from_bytes(data[body : body + 8], "big"), body + 8
        end = place + length if length else len(data)
        if end <= place:
            return
        yield kind, data[body:end]
        place = end


def _codestream(data: bytes) -> bytes:
    """The beginning of a JPEG XL's codestream, out of its container if there is one."""
    for kind, content in _boxes(data):
        if kind in (b"jxlc", b"jxlp"):
            return content[4 * (kind == b"jxlp") :][:64]
    return data[:64]


def settle_jxl(image: Any, file: BinaryIO) -> list[str]:
    """Gives a JPEG XL, opened here, EXIF and XMP that the plugin leaves in its boxes; notes on what is out of reach.

    EXIF then tells no orientation that the decoder has carried out already.
    """
    if image.jpeg:
        return []  # a JPEG inside comes as it was, with its metadata, turned by its EXIF alone
    file.seek(0)
    data, notes = file.read(), []
    for kind, content in _boxes(data):
        if kind == b"brob":  # packed by Brotli, behind the type of the box
            kind, packed = content[:4], content[4:]
            if kind not in (b"Exif", b"xml "):
                continue
            imagecodecs = extra("imagecodecs")
            if imagecodecs is None:
                notes.append("its packed EXIF or XMP was left out: reading it needs imagecodecs")
                continue
            try:
                content = imagecodecs.brotli_decode(packed, out=_LONGEST_METADATA)
            except Exception:  # the codec's own kind, for broken data and for what would fill the memory
                notes.append("its packed EXIF or XMP is broken, or too long, and was left out")
                continue
        if kind == b"Exif" and not image.info.get("exif"):
            image.info["exif"] = b"Exif\0\0" + content[4 + int.from_bytes(content[:4], "big") :]
        elif kind == b"xml ":
            image.info["xmp"] = content
    if _jxl_header(_codestream(data))[2] != 1:
        image.getexif()[274] = 1
    return notes


def _jxl_header(codestream: bytes) -> tuple[int, int, int]:
    """Width, height and orientation (1 to 8, carried out by the decoder) that a codestream states."""
    bits = _Bits(codestream[len(_CODESTREAM) :])
    small = bits.read(1)
    height = _side(bits, small)
    ratio = _RATIOS[bits.read(3)]
    width = _side(bits, small) if ratio is None else height * ratio[0] // ratio[1]
    orientation = 1
    if not bits.read(1) and bits.read(1):  # all_default, extra_fields: D.2
        orientation = bits.read(3) + 1
    return (height, width, orientation) if orientation >= 5 else (width, height, orientation)


def _side(bits: "_Bits", small: int) -> int:
    if small:
        return 8 * (bits.read(5) + 1)
    count, offset = _SIDES[bits.read(2)]
    return bits.read(count) + offset


class _Bits:
    """Bits of bytes, the lowest of each first; zeros behind the end."""

    def __init__(self, data: bytes):
        self.number, self.place = int.from_bytes(data, "little"), 0

    def read(self, count: int) -> int:
        value = (self.number >> self.place) & ((1 << count) - 1)
        self.place += count
        return value
