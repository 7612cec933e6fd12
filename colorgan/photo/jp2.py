"""JPEG 2000, as far as Pillow fails: profiles, EXIF and XMP, and more than 8 bits, of which it turns white black."""

import contextlib
import math
import struct
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from PIL import Image

from colorgan.photo.bounds import check_size
from colorgan.photo.extras import extra
from colorgan.photo.levels import Scale, to_levels
from colorgan.photo.opened import Opened
from colorgan.photo.record import PhotoError

_SIZ = b"\xff\x4f\xff\x51"  # start of codestream, then SIZ: ISO/IEC 15444-1, A.5.1
_TILE_PART, _END = b"\xff\x90", b"\xff\xd9"
_COLOR_BOX, _SYCC = b"colr\1\0\0", 18  # an enumerated colour space; I.5.3.3
# Boxes of their own kind: EXIF's as Adobe and ExifTool write it, XMP's by the XMP specification, part 3, 1.1.4.
_EXIF_BOX, _XMP_BOX = b"JpgTiffExif->JP2", bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
# Enumerated colour spaces that Pillow's decoder knows (I.5.3.3): bilevel, CMYK, sRGB, gray, sYCC.
_SPACES = (0, 12, 15, 16, 17, 18)
_UNSPECIFIED = 65535  # of channels: I.5.3.6
_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"


def _add_statements(image: Image.Image, file: BinaryIO, name: str) -> bool:
    """Gives what Pillow has opened as JPEG 2000 the colour profile, EXIF and XMP that Pillow leaves out.

    Returns whether the last channel is said to be no transparency. EXIF loses its orientation, which programs ignore
    here. Raises PhotoError for colours that cannot be read.
    """
    is_opaque = False
    for kind, content in _boxes(file):
        if kind == b"uuid" and content.startswith(_EXIF_BOX):
            image.info["exif"] = content[16:]
            with contextlib.suppress(Exception):  # broken EXIF, of which `read_exif` tells
                image.getexif()[274] = 1
        elif kind == b"uuid" and content.startswith(_XMP_BOX):
            image.info["xmp"] = content[16:]
        elif kind == b"colr" and len(content) > 7 and content[0] in (2, 3):
            image.info.setdefault("icc_profile", content[3:])
        elif kind == b"colr" and content[:1] == b"\1" and len(content) >= 7 and "icc_profile" not in image.info:
            space = int.from_bytes(content[3:7], "big")
            if space not in _SPACES:
                raise PhotoError(
                    f"{name} is JPEG 2000 in colours that cannot be read (EnumCS {space}): save it as TIFF"
                )
        elif kind == b"cdef" and len(content) >= 8:
            channels = {
                number: use for number, use, _ in struct.iter_unpack(">3H", content[2 : 2 + len(content[2:]) // 6 * 6])
            }
            is_opaque = channels.get(len(image.getbands()) - 1) == _UNSPECIFIED
    return is_opaque


def _boxes(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of a JP2, and those in its header, but for the pixels; none of a bare codestream."""
    file.seek(0)
    if file.read(len(_SIGNATURE)) != _SIGNATURE:
        return
    place, end = len(_SIGNATURE), file.seek(0, 2)
    while place + 8 <= end:
        file.seek(place)
        length, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if length == 1:
            length, head = int.from_bytes(file.read(8), "big"), 16
        length = length or end - place
        if length < head:
            return
        if kind == b"jp2h":
            length = head  # its boxes follow
        elif kind in (b"uuid", b"colr", b"cdef"):
            yield kind, file.read(min(length - head, end - place))
        place += length


def jp2_boxes(exif: bytes, xmp: bytes) -> bytes:
    """What to put behind a JP2 of Pillow's, so that it has EXIF and XMP; b"" for neither."""
    boxes = b""
    for kind, content in ((_EXIF_BOX, exif.removeprefix(b"Exif\0\0")), (_XMP_BOX, xmp)):
        if content:
            boxes += struct.pack(">I4s", 8 + len(kind) + len(content), b"uuid") + kind + content
    return boxes


def open_jp2(image: Image.Image, file: BinaryIO, name: str, max_megapixels: float) -> Opened:
    """What Pillow has identified as JPEG 2000, not decoded yet -> its picture, by imagecodecs where Pillow spoils it.

    Raises PhotoError where that is missing.
    """
    is_opaque = _add_statements(image, file, name)
    file.seek(0)
    data = file.read()
    if not _has_all_tiles(data):
        raise PhotoError(f"{name} is cut short or damaged: parts of its pixels are missing")
    bits = _bits(data)
    if image.mode == "I;16" or bits == 8 or image.mode not in ("L", "LA", "RGB", "RGBA"):
        return Opened(image, is_opaque=is_opaque)
    if bits < 8:  # Pillow's white is 192 of 2 bits, and 128 of 1
        curve = [round((level >> (8 - bits)) * 255 / (2**bits - 1)) for level in range(256)]
        channels = 1 if image.mode in ("L", "LA") else 3
        return Opened(image, is_opaque=is_opaque, curve=tuple(curve * channels))
    check_size(*image.size, name, max_megapixels)
    imagecodecs = extra("imagecodecs")
    if imagecodecs is None:
        raise PhotoError(
            f"{name} is JPEG 2000 of {bits} bits a channel, which needs imagecodecs: pip install imagecodecs"
        )
    color = data.find(_COLOR_BOX)
    values = imagecodecs.jpeg2k_decode(data)
    values = values.reshape(*values.shape[:2], -1)
    if (color >= 0 and data[color + 10] == _SYCC) or values.dtype.kind != "u" or values.shape[2] > 4:
        raise PhotoError(f"{name} is JPEG 2000 of {bits} bits in colours that cannot be read: save it as TIFF first")
    levels, notes = to_levels(values[..., 0] if values.shape[2] < 3 else values[..., :3], Scale(bits))
    alpha = None
    if values.shape[2] in (2, 4):
        alpha = Image.fromarray(to_levels(values[..., -1], Scale(bits))[0])
    decoded = Image.fromarray(np.ascontiguousarray(levels))
    decoded.format, decoded.info = image.format, dict(image.info)
    return Opened(decoded, tuple(notes), image.getexif(), alpha, is_opaque=is_opaque)


def mended_jp2(data: bytes) -> bytes | None:
    """A JPEG 2000 that only lacks its end marker -> the same with it; else None."""
    data = data.removesuffix(_END[:1])
    return data + _END if _SIZ in data and not data.endswith(_END) and _has_all_tiles(data) else None


def _has_all_tiles(data: bytes) -> bool:
    """Whether every tile-part of a codestream is there (A.4.2): OpenJPEG makes of half a one what it can."""
    start = data.find(_SIZ)
    if start < 0 or len(data) < start + 42:
        return False
    width, height, *_, tile_width, tile_height, left, top = struct.unpack_from(">8I", data, start + 8)
    if not tile_width or not tile_height:
        return False
    tiles = math.ceil((width - left) / tile_width) * math.ceil((height - top) / tile_height)
    missing: dict[int, int] = {}  # tile -> parts that are still to come, as far as it says how many there are
    place = start + 2
    while place + 12 <= len(data) and data[place : place + 2] != _END:
        if data[place : place + 2] != _TILE_PART:
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
            continue
        tile, length, _, parts = struct.unpack_from(">HIBB", data, place + 4)
        if length == 0:  # to the end of the file
            return data.rfind(_END) > place
        missing[tile] = missing.get(tile, parts) - 1
        place += length
    return place <= len(data) and len(missing) == tiles and all(left <= 0 for left in missing.values())


def _bits(data: bytes) -> int:
    """The bits of the deepest component, by the codestream's SIZ; 8 where there is none."""
    start = data.find(_SIZ)
    if start < 0 or len(data) < start + 42:
        return 8
    (components,) = struct.unpack_from(">H", data, start + 40)
    depths = data[start + 42 : start + 42 + 3 * min(components, 16) : 3]
    return max(((depth & 127) + 1 for depth in depths), default=8)
