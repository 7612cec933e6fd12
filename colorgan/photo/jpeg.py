"""JPEG: files without their end, whose pixels may be whole all the same. ITU-T T.81, B.2."""

import io
from collections.abc import Iterator

from PIL import Image

from colorgan.photo.bounds import check_size

_END = b"\xff\xd9"
_STANDALONE = (0x01, *range(0xD0, 0xD8))  # markers without a length: TEM, RST0 to RST7
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN = 0xDA
# What might have followed. Were any of it needed for a pixel, the pictures would differ.
_FILLS = (bytes(256), b"\x55" * 256, bytes(range(1, 255)))


def mended(data: bytes, name: str, max_megapixels: float) -> bytes | None:
    """A JPEG that is cut short -> the same with an end, if nothing but the end is missing; else None.

    Each scan must be there, and what one might put in the place of the missing bytes must not change a pixel.
    """
    if not data.startswith(b"\xff\xd8") or not _has_all_scans(data):
        return None
    data = data.removesuffix(b"\xff")
    pictures = set()
    for fill in _FILLS:
        image = Image.open(io.BytesIO(data + fill + _END), formats=["JPEG"])
        check_size(*image.size, name, max_megapixels)
        pictures.add(hash(image.tobytes()))
    return data + _END if len(pictures) == 1 else None


def _has_all_scans(data: bytes) -> bool:
    """Whether the scans bring every coefficient of every component to its last bit."""
    coarseness: dict[tuple[int, int], int] = {}  # component, coefficient -> bits that are still to come
    for marker, body in _segments(data):
        if marker in _FRAMES and len(body) >= 6:
            ids = body[6 : 6 + 3 * body[5] : 3]
            coarseness |= {(one, coefficient): 16 for one in ids for coefficient in range(64)}
        elif marker == _SCAN and body:
            count = body[0]
            if len(body) < 4 + 2 * count:
                return False
            first, last, bits = body[1 + 2 * count : 4 + 2 * count]
            ids = body[1 : 1 + 2 * count : 2]
            coarseness |= {(one, at): bits & 15 for one in ids for at in range(first, min(last, 63) + 1)}
    return bool(coarseness) and not any(coarseness.values())


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The markers of a JPEG with what belongs to them; coded pixels are passed over."""
    place = 2
    while (place := data.find(b"\xff", place)) >= 0 and place + 4 <= len(data):
        marker = data[place + 1]
        if marker in (0x00, 0xFF, *_STANDALONE):  # a byte of the pixels, a filler
            place += 1 if marker == 0xFF else 2
            continue
        if marker == _END[1]:
            return
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        yield marker, data[place + 4 : place + 2 + length]
        place += 2 + length
