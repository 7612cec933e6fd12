"""JPEGs of pictures that are made a strip at a time: on all cores, and never whole in memory.

A JPEG may begin anew after so many rows of blocks (its restart interval, ITU-T T.81, E.1.3): what lies between two such
places is coded by itself. Each strip is written as a JPEG of its own, and the coded parts are put behind one head. The
bytes are those that Pillow writes with `restart_marker_rows`, and the pixels those that it writes without.
"""

import functools
import io
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, NamedTuple, Protocol

from PIL import Image

from colorgan.machine import cores

PIXELS = 1 << 17  # of a strip, about: of more a core's cache holds less, of fewer the heads take longer
BLOCK = 8  # rows of pixels that are coded together where no chroma is subsampled
_BASELINE, _FRAMES, _SCAN, _FIRST_RESTART = 0xC0, frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}, 0xDA, 0xD0
_END = b"\xff\xd9"


class Strips(Protocol):
    """A picture whose rows are made when they are asked for, by any thread."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""

    def rows(self, top: int, bottom: int) -> Image.Image:
        """The rows from `top` up to `bottom`, mode RGB."""

    def whole(self) -> Image.Image:
        """All of it, mode RGB."""


def encoded(picture: Image.Image | Strips, coding: Mapping[str, Any], carried: Mapping[str, Any]) -> Iterator[bytes]:
    """A picture, RGB -> its JPEG, piece by piece.

    Args:
        picture: of sides that a JPEG can have.
        coding: Pillow's options for the pixels; chroma must not be subsampled.
        carried: Pillow's options for all else that the file holds.
    """
    width, height = picture.size
    blocks = max(1, PIXELS // (BLOCK * width))
    step = BLOCK * blocks

    def strip(top: int) -> bytes:
        bottom = min(top + step, height)
        rows = picture.crop((0, top, width, bottom)) if isinstance(picture, Image.Image) else picture.rows(top, bottom)
        return _written(rows, {**({} if top else carried), **coding, "restart_marker_rows": blocks})

    pieces = map(_Piece.of, _encoders().map(strip, range(0, height, step)))
    first = next(pieces)
    if first is None:  # a libjpeg that codes in another way
        image = picture if isinstance(picture, Image.Image) else picture.whole()
        yield _written(image, {**carried, **coding})
        return
    yield first.head[: first.height_at] + height.to_bytes(2, "big") + first.head[first.height_at + 2 :]
    yield first.coded
    for number, piece in enumerate(pieces):
        assert piece is not None
        yield bytes((0xFF, _FIRST_RESTART + number % 8))
        yield piece.coded
    yield _END


class _Piece(NamedTuple):
    """A strip's JPEG: its head, where its height stands in it, and the coded pixels."""

    head: bytes
    height_at: int
    coded: bytes

    @classmethod
    def of(cls, data: bytes) -> "_Piece | None":
        """None where it is not coded in one go with the tables that every JPEG of these options has."""
        height_at = 0
        for marker, at, after in _segments(data):
            if marker in _FRAMES:
                if marker != _BASELINE:
                    return None
                height_at = at + 5  # behind marker, length and bits a sample
            if marker == _SCAN:
                return cls(data[:after], height_at, data[after:].removesuffix(_END))
        return None


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The markers of a head, where each begins and where what belongs to it ends."""
    place = 2
    while place + 4 <= len(data):
        after = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        yield data[place + 1], place, after
        place = after


def _written(image: Image.Image, options: Mapping[str, Any]) -> bytes:
    with _file() as file:
        image.save(file, "JPEG", **options)
        file.seek(0)
        return file.read()


def _file() -> BinaryIO:
    """In memory, and where the system can do so one of its own files: Pillow holds Python's lock while it codes for a
    file that is not."""
    try:
        return os.fdopen(os.memfd_create("strip"), "w+b")
    except (AttributeError, OSError):
        return io.BytesIO()


@functools.cache
def _encoders() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), "encoder")
