"""The directories of a TIFF, and which of its pictures is the photo.

Only numbers that stand in the directories themselves are read: a hostile file costs 20 bytes a tag and no more.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

MOST_PAGES = 1000  # a chain of pages is followed no further
_MOST_TAGS = 4096
_NEW_SUBFILE, _OLD_SUBFILE, _WIDTH, _HEIGHT, _PHOTOMETRIC, _SUB_IFDS, _DNG_VERSION = 254, 255, 256, 257, 262, 330, 50706
_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
_SENSOR = (32803, 34892)  # photometric interpretations: a colour filter array, and linear raw
_RAW_HEADS = (b"IIRO", b"IIRS", b"MMOR", b"IIU\0")  # Olympus, Panasonic: TIFF with another number behind II
_BYTES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}  # a value, by type; others 1
_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}  # BYTE, SHORT, LONG, IFD, LONG8, IFD8


@dataclass(frozen=True)
class Directory:
    """One picture of a TIFF: where its directory lies, and its tags of one number; (bytes, offset) of longer ones,
    (0, 0) where several numbers stand in the directory itself."""

    offset: int
    tags: dict[int, int]
    long_tags: dict[int, tuple[int, int]] = field(repr=False)

    @property
    def is_reduced(self) -> bool:
        """Whether it says itself that it is a thumbnail, a smaller copy or a mask."""
        return bool(self.tags.get(_NEW_SUBFILE, 0) & (_REDUCED | _MASK)) or self.tags.get(_OLD_SUBFILE) == 2

    @property
    def is_sensor(self) -> bool:
        """Whether its numbers are those of a camera's sensor."""
        return self.tags.get(_PHOTOMETRIC) in _SENSOR

    @property
    def area(self) -> int:
        """Pixels."""
        return self.tags.get(_WIDTH, 0) * self.tags.get(_HEIGHT, 0)


@dataclass(frozen=True)
class PageTable:
    """A TIFF's chain of directories, up to MOST_PAGES + 1 of them, and the ones below the first."""

    chain: list[Directory]
    below_first: list[Directory]
    is_raw: bool
    is_cut: bool = False  # the file speaks of directories that it has not, or not whole

    @property
    def whole(self) -> list[int]:
        """Places in the chain of the pictures that are no thumbnails; of all, if all are."""
        return [place for place, one in enumerate(self.chain) if not one.is_reduced] or [*range(len(self.chain))]

    @property
    def larger_below(self) -> int | None:
        """Where the photo is below a first picture that is a thumbnail, and nothing in the chain is anything else."""
        if not all(one.is_reduced for one in self.chain):
            return None
        whole = [place for place, one in enumerate(self.below_first) if not one.is_reduced]
        largest = max(whole, key=lambda place: self.below_first[place].area, default=None)
        return None if largest is None or self.below_first[largest].area <= self.chain[0].area else largest


def read_pages(file: BinaryIO) -> PageTable | None:
    """A seekable file -> what its directories say; None for what is no TIFF or has none that can be read."""
    file.seek(0)
    head = file.read(16)
    if head[:4] in _RAW_HEADS:
        return PageTable([], [], is_raw=True)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        return None
    version = struct.unpack_from(order + "H", head, 2)[0]
    if version not in (42, 43) or len(head) < 8 * (version - 41):
        return None
    reader = _Reader(file, order, big=version == 43)
    (start,) = struct.unpack_from(order + ("Q" if version == 43 else "I"), head, 8 if version == 43 else 4)
    chain = list(reader.chain(start))
    if not chain:
        return None
    offsets = reader.offsets_below(chain[0])
    below = [one for offset in offsets for one in reader.chain(offset, most=1)]
    declared = chain[0].tags.keys() | chain[0].long_tags.keys()
    is_raw = (
        head[8:10] == b"CR"  # Canon's mark of a CR2
        or _DNG_VERSION in declared
        or any(one.is_sensor for one in chain + below)
    )
    return PageTable(chain, below, is_raw, reader.is_cut)


class _Reader:
    def __init__(self, file: BinaryIO, order: str, big: bool):
        self.file, self.order, self.is_cut = file, order, False
        self.count, self.offset = ("Q", "Q") if big else ("H", "I")
        self.entry = struct.Struct(order + ("HHQ8s" if big else "HHI4s"))

    def chain(self, start: int, most: int = MOST_PAGES + 1) -> Iterator[Directory]:
        """The directories from an offset on; it ends where one is cut short or comes a second time."""
        seen: set[int] = set()
        while start and start not in seen and len(seen) < most:
            seen.add(start)
            found = self._directory(start)
            if found is None:
                self.is_cut = True
                return
            directory, start = found
            yield directory

    def offsets_below(self, directory: Directory) -> tuple[int, ...]:
        """Where the SubIFDs of a directory are, up to 16."""
        if _SUB_IFDS in directory.tags:
            return (directory.tags[_SUB_IFDS],)
        length, offset = directory.long_tags.get(_SUB_IFDS, (0, 0))
        count = min(length // struct.calcsize(self.order + self.offset), 16)
        offsets = self._numbers(self.offset * count, offset)
        self.is_cut |= offsets is None
        return offsets or ()

    def _numbers(self, layout: str, offset: int) -> tuple[int, ...] | None:
        size = struct.calcsize(self.order + layout)
        if offset >= 2**63:
            return None
        self.file.seek(offset)
        data = self.file.read(size)
        return struct.unpack(self.order + layout, data) if len(data) == size else None

    def _directory(self, offset: int) -> tuple[Directory, int] | None:
        counted = self._numbers(self.count, offset)
        if counted is None or not 0 < counted[0] <= _MOST_TAGS:
            return None
        data = self.file.read(counted[0] * self.entry.size)
        if len(data) < counted[0] * self.entry.size:
            return None
        tags: dict[int, int] = {}
        long_tags: dict[int, tuple[int, int]] = {}
        for tag, kind, count, value in self.entry.iter_unpack(data):
            number = self.order + _NUMBERS.get(kind, "B")
            if count == 1 and kind in _NUMBERS and struct.calcsize(number) <= len(value):
                (tags[tag],) = struct.unpack_from(number, value)
            elif (length := count * _BYTES.get(kind, 1)) <= len(value):
                long_tags[tag] = (0, 0)
            else:
                long_tags[tag] = (length, struct.unpack(self.order + self.offset, value)[0])
        following = self.file.read(struct.calcsize(self.offset))
        whole = len(following) == struct.calcsize(self.offset)
        after = struct.unpack(self.order + self.offset, following)[0] if whole else 0
        return Directory(offset, tags, long_tags), after
