"""PNG: what its chunks say of its colours, and what can be mended beside its pixels.

PNG (Third Edition), W3C 2025: 4.3 on which chunk of colours counts, 5.3 on chunks, 13.2 on errors in them.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image

from colorgan.photo.profiles import REC_709, matrix_profile, profile_of_code_points

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SRGB_GAMMA = 1 / 2.2  # gAMA of sRGB files, PNG 11.3.2.2
_NEAR = 0.02  # differences of gamma and chromaticities that nobody sees, and rounding makes
_LONGEST_TEXT = 1 << 20  # bytes of text or profile that Pillow takes, unpacked
_LONGEST_PROFILE = 1 << 26
_ALL_TEXT = 1 << 25  # a half of what Pillow takes of all text together


class Chunk(NamedTuple):
    """A piece of a PNG: where it begins (at its length), its type, its data, and whether its checksum is right."""

    start: int
    kind: bytes
    data: bytes
    is_right: bool


def stated_profile(image: Image.Image, file: BinaryIO | None, name: str) -> bytes | None:
    """The ICC profile that a PNG's cICP, or its gAMA and cHRM, amount to; None where they say sRGB or nothing.

    image: as Pillow has opened it. Raises PhotoError for pictures of light beyond white (PQ and HLG).
    """
    if file is not None and (codes := _code_points(file)) is not None:
        return profile_of_code_points(image.mode, *codes, name)
    if "icc_profile" in image.info or "srgb" in image.info:
        return None
    gamma, chromaticity = image.info.get("gamma"), image.info.get("chromaticity", REC_709)
    if not isinstance(gamma, float) or not 0.05 <= gamma <= 20.0:
        return None
    chromaticity = tuple(chromaticity)
    if all(abs(a - b) < _NEAR for a, b in zip((gamma, *chromaticity), (_SRGB_GAMMA, *REC_709), strict=False)):
        return None
    return matrix_profile(image.mode, 1 / gamma, chromaticity, f"gamma {gamma:.3g}")


def _code_points(file: BinaryIO) -> tuple[int, int] | None:
    """Primaries and transfer function of cICP, if there is one before the pixels."""
    file.seek(len(SIGNATURE))
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind == b"cICP" and length == 4:
            data = file.read(4)
            return (data[0], data[1]) if len(data) == 4 else None
        if kind in (b"IDAT", b"IEND"):
            return None
        file.seek(length + 4, 1)
    return None


def _chunks(data: bytes) -> Iterator[Chunk]:
    """The whole chunks of a PNG, one by one; it ends where one is cut short."""
    place = len(SIGNATURE)
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            return
        body = data[place + 8 : end - 4]
        (stated,) = struct.unpack_from(">I", data, end - 4)
        yield Chunk(place, kind, body, zlib.crc32(body, zlib.crc32(kind)) == stated)
        place = end


def deepened(data: bytes, pixels: np.ndarray) -> bytes:
    """A PNG of 8 bits a channel -> the same with uint16 pixels (H, W, C) in place of its own."""
    height, width, _ = pixels.shape
    rows = np.empty((height, 1 + pixels[0].size * 2), np.uint8)
    rows[:, 0] = 1  # each row by the filter Sub: the differences to the pixel on the left, byte by byte (PNG 9.2)
    numbers = pixels.astype(">u2").view(np.uint8).reshape(height, width, -1)
    differences = rows[:, 1:].reshape(numbers.shape)
    differences[:] = numbers
    differences[:, 1:] -= numbers[:, :-1]
    kept, is_written = [SIGNATURE], False
    for chunk in _chunks(data):
        if chunk.kind == b"IHDR":
            kept.append(_chunk(b"IHDR", chunk.data[:8] + b"\x10" + chunk.data[9:]))
        elif chunk.kind != b"IDAT":
            kept.append(_chunk(chunk.kind, chunk.data))
        elif not is_written:
            is_written = True
            kept.append(_chunk(b"IDAT", zlib.compress(rows.tobytes(), 4)))
    return b"".join(kept)


def mended(data: bytes) -> tuple[bytes, bytes | None, list[str]] | None:
    """A PNG that Pillow refuses -> one that it takes, a profile too long for it, notes; None if its pixels are hurt.

    Chunks beside the pixels go where their checksum is wrong, or where their text is longer than Pillow takes.
    Pixels whose checksum is wrong stay if their zlib stream, which has a checksum of its own, is right.
    """
    kept, notes, profile, text = [SIGNATURE], list[str](), None, 0
    chunks = list(_chunks(data))
    pixels = b"".join(chunk.data for chunk in chunks if chunk.kind == b"IDAT")
    if not chunks or chunks[0].kind != b"IHDR" or not _is_whole_stream(pixels):
        return None
    for chunk in chunks:
        label = chunk.kind.decode("latin-1")
        if not chunk.is_right and chunk.kind not in (b"IDAT", b"IEND"):
            if chunk.kind[:1].isupper():
                return None  # the header, or the palette
            notes.append(f"a damaged part beside the pixels ({label}) was left out")
            continue
        if chunk.kind in (b"tEXt", b"zTXt", b"iTXt", b"iCCP"):
            unpacked = _unpacked_length(chunk)
            if chunk.kind == b"iCCP" and _LONGEST_TEXT < unpacked <= _LONGEST_PROFILE:
                profile = zlib.decompress(chunk.data.split(b"\0", 1)[1][1:])
                continue
            text += unpacked
            if unpacked > _LONGEST_TEXT or text > _ALL_TEXT:
                keyword = chunk.data.split(b"\0", 1)[0][:79].decode("latin-1")
                notes.append(f"a text of more than a megabyte ({label} {keyword!r}) was left out")
                continue
        if chunk.kind == b"IDAT" and not chunk.is_right:
            notes.append("a wrong checksum on pixels that are whole was put right")
        kept.append(_chunk(chunk.kind, chunk.data))
    if chunks[-1].kind != b"IEND":
        kept.append(_chunk(b"IEND", b""))
        notes.append("its end was missing, behind the pixels")
    return b"".join(kept), profile, list(dict.fromkeys(notes))


def _is_whole_stream(pixels: bytes) -> bool:
    """Whether a zlib stream ends, and its checksum is right."""
    stream = zlib.decompressobj()
    try:
        while pixels and not stream.eof:
            stream.decompress(pixels, 1 << 24)
            pixels = stream.unconsumed_tail
    except zlib.error:
        return False
    return stream.eof


def _unpacked_length(chunk: Chunk) -> int:
    """How many bytes a chunk of text or profile holds once unpacked, as far as it matters here."""
    _, _, rest = chunk.data.partition(b"\0")
    if chunk.kind == b"iTXt":
        packed = rest[2:].split(b"\0", 2)[-1] if rest[:1] == b"\1" else None
    else:
        packed = rest[1:] if chunk.kind in (b"zTXt", b"iCCP") else None
    if packed is None:
        return len(chunk.data)
    try:
        return len(zlib.decompressobj().decompress(packed, _LONGEST_PROFILE + 1))
    except zlib.error:
        return len(chunk.data)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
