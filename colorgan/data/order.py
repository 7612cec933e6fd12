"""Which photo comes when: pure functions of (seed, position), so that resuming needs no saved state.

The photos of a set lie in *units* (row groups of parquet shards). Each epoch puts the units into a new order, cuts
that into *windows* of whole units, and shuffles the rows within each window. To know the photo at position p takes
the units' sizes alone: nothing is read, decoded or remembered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colorgan.seeds import key_of

MIX_BLOCK = 1000  # weights hold exactly over every so many images

UInt64s = NDArray[np.uint64]


def hashed(key: int, counters: NDArray[np.int64]) -> UInt64s:
    """Counters of any shape -> 64 random bits each: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, figure 13).

    Counter-based, so that any position is as near as the first; and ours, so that no library's next version moves it.
    """
    state = np.asarray(counters).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def uniforms(key: int, counters: NDArray[np.int64]) -> NDArray[np.float64]:
    """Counters of any shape -> numbers in [0, 1)."""
    return (hashed(key, counters) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def permutation(key: int, count: int) -> NDArray[np.int64]:
    """A random order of 0 ... count - 1."""
    return np.argsort(hashed(key, np.arange(count)), kind="stable")


class Unit(NamedTuple):
    """What is read at once: a row group of a shard, or a handful of image files."""

    file: int  # number of the file; of the first one, for image files
    group: int  # row group within the file
    rows: int
    encoded_bytes: int  # what it takes in memory while held


def drawn_units(units: Sequence[Unit], rows: int) -> list[Unit]:
    """So many rows of a set (0: all), the same ones for every seed: units drawn at random, of the last one a part.

    Whole units, so that the others need never be read; at random, as sets may be sorted by what they show.
    """
    chosen: list[Unit] = []
    for number in permutation(key_of("drawn units"), len(units) if rows else 0).tolist():
        left = rows - sum(unit.rows for unit in chosen)
        if left <= 0:
            break
        chosen.append(units[number]._replace(rows=min(left, units[number].rows)))
    return chosen if rows else list(units)


@dataclass(frozen=True)
class Window:
    """Rows that are held in memory together and come in random order."""

    epoch: int
    number: int
    units: tuple[int, ...]
    unit_starts: NDArray[np.int64]  # first row of each unit
    slots: NDArray[np.int64]  # slot (place in the order) -> row

    def find(self, slot: int) -> tuple[int, int]:
        """Slot -> (which of `units`, row within it)."""
        row = int(self.slots[slot])
        which = int(np.searchsorted(self.unit_starts, row, side="right")) - 1
        return which, row - int(self.unit_starts[which])


class Order:
    """The endless order of one set: position -> (window, slot). Every row once per epoch."""

    def __init__(self, units: Sequence[Unit], key: int, window_rows: int, window_bytes: int) -> None:
        self.units = tuple(units)
        self.rows = sum(unit.rows for unit in units)
        self._key, self._window_rows, self._window_bytes = key, window_rows, window_bytes
        self._epochs: dict[int, tuple[list[list[int]], NDArray[np.int64]]] = {}
        self._window: Window | None = None

    def locate(self, position: int) -> tuple[Window, int]:
        """Position (from 0, over all epochs) -> its window and the slot within."""
        epoch, index = divmod(position, self.rows)
        _, starts = self._epoch(epoch)
        number = int(np.searchsorted(starts, index, side="right")) - 1
        if self._window is None or (self._window.epoch, self._window.number) != (epoch, number):
            self._window = self._cut(epoch, number)
        return self._window, index - int(starts[number])

    def after(self, window: Window) -> Window:
        """The window that follows this one."""
        last = window.number + 1 == len(self._epoch(window.epoch)[0])
        return self._cut(window.epoch + 1, 0) if last else self._cut(window.epoch, window.number + 1)

    def _cut(self, epoch: int, number: int) -> Window:
        units = tuple(self._epoch(epoch)[0][number])
        ends = np.cumsum([self.units[unit].rows for unit in units])
        slots = permutation(key_of(self._key, "window", epoch, number), int(ends[-1]))
        return Window(epoch, number, units, np.concatenate(([0], ends[:-1])), slots)

    def _epoch(self, epoch: int) -> tuple[list[list[int]], NDArray[np.int64]]:
        """The units of each window of an epoch, and the index of each window's first row."""
        if epoch not in self._epochs:
            self._epochs = {known: plan for known, plan in self._epochs.items() if known == epoch - 1}
            windows: list[list[int]] = [[]]
            starts, rows, held_rows, held_bytes = [0], 0, 0, 0
            for unit in permutation(key_of(self._key, "epoch", epoch), len(self.units)).tolist():
                size = self.units[unit]
                full = held_rows >= self._window_rows or held_bytes + size.encoded_bytes > self._window_bytes
                if windows[-1] and full:
                    windows.append([])
                    starts.append(rows)
                    held_rows = held_bytes = 0
                windows[-1].append(unit)
                rows += size.rows
                held_rows += size.rows
                held_bytes += size.encoded_bytes
            self._epochs[epoch] = (windows, np.array(starts))
        return self._epochs[epoch]


class Mix:
    """Several endless orders interleaved by weight: position -> (which, its own position)."""

    def __init__(self, weights: Sequence[float], key: int) -> None:
        exact = np.asarray(weights, dtype=np.float64) / sum(weights) * MIX_BLOCK
        if exact.min() < 1.0:
            raise ValueError(f"weights must each be at least 1/{MIX_BLOCK} of their sum, got {tuple(weights)}")
        counts = np.floor(exact).astype(np.int64)
        counts[np.argsort(counts - exact, kind="stable")[: MIX_BLOCK - int(counts.sum())]] += 1  # largest remainders
        self._counts, self._key = counts, key
        self._block: tuple[int, NDArray[np.int64], NDArray[np.int64]] | None = None

    def locate(self, position: int) -> tuple[int, int]:
        """Position -> (number of the order it is drawn from, position within that order)."""
        block, slot = divmod(position, MIX_BLOCK)
        if self._block is None or self._block[0] != block:
            which = np.repeat(np.arange(len(self._counts)), self._counts)
            which = which[permutation(key_of(self._key, "mix", block), MIX_BLOCK)]
            rank = np.empty(MIX_BLOCK, dtype=np.int64)
            for number, count in enumerate(self._counts):
                rank[which == number] = np.arange(count)
            self._block = (block, which, rank)
        chosen = int(self._block[1][slot])
        return chosen, block * int(self._counts[chosen]) + int(self._block[2][slot])
