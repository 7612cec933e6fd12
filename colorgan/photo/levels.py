"""Numbers as files hold them, integers and floats of any size -> 8-bit levels, and what was done to them, in words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from colorgan.photo.record import PhotoError

_SMALL_INTEGERS = 65535  # integers up to here may be 8 or 16 bits wide in whatever holds them
_NARROWED = re.compile(r"(\d+)-bit gray became 8-bit|(\d+) bits a channel became 8")
_BAND = 1 << 20  # numbers that are turned into floats at a time


@dataclass(frozen=True)
class Scale:
    """What a file says of its numbers beyond their type.

    bits: how many of each integer count; 0 where the type alone tells.
    black, white: what is shown black and white, where the file says so; floats and wide integers often do.
    """

    bits: int = 0
    black: float | None = None
    white: float | None = None


def to_levels(values: np.ndarray, scale: Scale = Scale()) -> tuple[np.ndarray, list[str]]:
    """(H, W) or (H, W, C) numbers, 0 or `black` dark -> uint8 of the same shape, and notes.

    Unsigned integers reach from 0 to 2^bits - 1; 16 and more bits whose values all fit 8 (or 16) are read as such,
    because programs put small numbers into large types. Signed integers below 0, wider integers, and floats outside
    [0, 1] without a stated range are stretched from their least to their greatest. Raises PhotoError where no number
    is finite.
    """
    if values.dtype.kind == "f":
        return _from_floats(values, scale)
    kind = "gray" if values.ndim == 2 else "colour"
    low, high = int(values.min()), int(values.max())
    bits = scale.bits or (16 if high <= _SMALL_INTEGERS else 8 * values.dtype.itemsize)
    white = 2 ** (bits - (values.dtype.kind == "i")) - 1
    if scale.white is not None and high <= scale.white <= white:
        white, bits = int(scale.white), int(scale.white).bit_length()
        if bits < 8:
            return _stretched(values, 0, white), [f"{kind} values up to {white}, as the file says, became 8-bit"]
    elif bits > 16 or low < 0:
        if low < 0 or high > _SMALL_INTEGERS:
            if low >= 0 and high > white // 2:  # they reach into the topmost bit: of all that the type holds
                return _stretched(values, 0, white), [narrowed(bits, kind)]
            return _stretched(values, low, high), [f"{kind} values from {low} to {high} were stretched to 8 bits"]
        white, bits = _SMALL_INTEGERS, 16
    if bits > 8 and high <= 255 and scale.white is None:
        white, bits = 255, 8
    notes = [narrowed(bits, kind)] if bits > 8 else []
    if high * 16 <= white:
        notes.append(f"its brightest value is {high} of {white}: the picture is nearly black")
    if values.dtype.itemsize > 2:
        return _stretched(values, 0, white), notes
    table = np.rint(np.arange(white + 1) * (255 / white)).astype(np.uint8)
    return table[values], notes


def without_depth(notes: Iterable[str]) -> tuple[str, ...]:
    """Notes without those that say that a photo's integers became 8-bit, where its result keeps 16."""
    return tuple(note for note in notes if not _NARROWED.fullmatch(note))


def bits_before(notes: Iterable[str]) -> int:
    """Of how many bits a photo's integers were, by its notes; 8 where they say nothing."""
    found = filter(None, (_NARROWED.fullmatch(note) for note in notes))
    return max((int(one[1] or one[2]) for one in found), default=8)


def narrowed(bits: int, kind: str) -> str:
    """That integers of so many bits, "gray" or "colour", became 8-bit: a note."""
    return f"{bits}-bit gray became 8-bit" if kind == "gray" else f"{bits} bits a channel became 8"


def _from_floats(values: np.ndarray, scale: Scale) -> tuple[np.ndarray, list[str]]:
    kind = "gray" if values.ndim == 2 else "colour"
    finite = np.isfinite(values)
    strange = int(values.size - np.count_nonzero(finite))
    if strange == values.size:
        raise PhotoError("the picture holds no finite number, only NaN and infinity")
    low, high = float(values.min(where=finite, initial=np.inf)), float(values.max(where=finite, initial=-np.inf))
    if scale.black is not None and scale.white is not None and scale.black <= low < high <= scale.white:
        low, high = scale.black, scale.white
        note = f"float {kind} from {low:g} (black) to {high:g} (white), as the file says, became 8-bit"
    elif low >= 0.0 and high <= 1.0:
        low, high, note = 0.0, 1.0, f"float {kind} from 0 to 1 became 8-bit"
    else:
        note = f"float {kind} from {low:g} (black) to {high:g} (white) was stretched to 8 bits"
    notes = [note] + ([f"{strange} pixels that are not finite numbers became black"] if strange else [])
    return _stretched(values if not strange else np.where(finite, values, low), low, high), notes


def _stretched(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Numbers in [low, high] -> uint8 of the same shape, low 0 and high 255."""
    scale = 255.0 / ((high - low) or 1.0)
    levels = np.empty(values.shape, np.uint8)
    rows = max(1, _BAND // max(1, values[0].size))
    for top in range(0, len(values), rows):
        band = values[top : top + rows].astype(np.float64)
        levels[top : top + rows] = np.rint((band - low) * scale).clip(0, 255)
    return levels
