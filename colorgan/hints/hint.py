"""One thing that a person says: a place, and what colour it was."""

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from PIL import ImageColor

from colorgan.limits import MAX_HINTS, MAX_LASSOS

Colour = str | tuple[int, int, int] | None


@dataclass(frozen=True)
class Hint:
    """A place of a photo and its colour.

    Args:
        x, y: pixels of the upright photo from its left and upper edge; the middle of the first is 0.5.
        colour: "#7a1f2b", a CSS name ("firebrick", "rgb(122, 31, 43)", "hsl(353, 59%, 30%)"), red, green and blue from
            0 to 255, or None: as the picture has it there without this hint. Only hue and chroma count; the lightness
            is the photo's own.
        radius: the hint holds for everything within so many pixels; 0 for the place alone.
        lasso: corners (x, y) of a polygon that the hint's effect does not leave; of none it goes as far as the network
            thinks.

    Raises:
        ValueError: a number that is none, a colour that nobody knows, a polygon of fewer than three corners.
    """

    x: float
    y: float
    colour: Colour
    radius: float = 0.0
    lasso: tuple[tuple[float, float], ...] | None = None

    def __post_init__(self) -> None:
        for name in ("x", "y", "radius"):
            object.__setattr__(self, name, _finite(getattr(self, name), f"a hint's {name} must be a number"))
        if self.radius < 0:
            raise ValueError(f"a hint's radius must be 0 or more pixels, got {self.radius:g}")
        rgb = rgb_of(self.colour)
        if not isinstance(self.colour, str):
            object.__setattr__(self, "colour", rgb)
        if self.lasso is not None:
            object.__setattr__(self, "lasso", _polygon(self.lasso))


def rgb_of(colour: Colour) -> tuple[int, int, int] | None:
    """A hint's colour as red, green and blue from 0 to 255; None stays None. ValueError for any other."""
    if colour is None:
        return None
    parts: Sequence[Any] = ()
    if isinstance(colour, str):
        with contextlib.suppress(ValueError):
            parts = ImageColor.getrgb(colour.strip())[:3]  # "rgb(300, 0, 0)" comes out as it is
    elif isinstance(colour, Sequence) and not isinstance(colour, bytes):
        parts = colour
    if len(parts) == 3 and all(_is_whole(part) and 0 <= part <= 255 for part in parts):
        red, green, blue = (int(part) for part in parts)
        return red, green, blue
    raise ValueError(
        "a hint's colour must be hex such as '#7a1f2b', a CSS name such as 'firebrick', three whole numbers from 0 to "
        f"255, or None for as it is, got {quoted(colour)}"
    )


def colour_name_or_hex(colour: Colour) -> str | None:
    """A hint's colour as JSON has it: what was written where that is text, hex of three numbers, None as it is."""
    rgb = rgb_of(colour)
    if isinstance(colour, str) or rgb is None:
        return colour if isinstance(colour, str) else None
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def check_hints(hints: Sequence[Hint], size: tuple[int, int]) -> None:
    """Refuse hints that are too many, or outside a photo of (width, height) pixels. ValueError says which."""
    if len(hints) > MAX_HINTS:
        raise ValueError(f"at most {MAX_HINTS:,} hints can be given for a photo, got {len(hints):,}")
    for number, hint in enumerate(hints, start=1):
        if not isinstance(hint, Hint):
            raise ValueError(f"hints must be colorgan.Hint(x, y, colour), got {quoted(hint)}")
        check_place(hint.x, hint.y, size, f"hint {number}")
    lassos = len({hint.lasso for hint in hints if hint.lasso is not None})
    if lassos > MAX_LASSOS:
        raise ValueError(f"at most {MAX_LASSOS} lassos can be drawn in a photo, got {lassos}")


def check_place(x: float, y: float, size: tuple[int, int], what: str) -> None:
    """Refuse a place outside a photo of (width, height) pixels. ValueError says what it is."""
    width, height = size
    if not (0 <= x < width and 0 <= y < height):
        raise ValueError(
            f"{what} is outside the photo: x must be from 0 to below {width} and y from 0 to below {height}, got "
            f"{x:g} and {y:g}"
        )


def _finite(value: Any, what: str) -> float:
    """A number, whole where it came so (NumPy's among them); ValueError for what is none, or has no end."""
    if _is_number(value):
        try:
            number = int(value) if isinstance(value, Integral) else float(value)
            if math.isfinite(number):
                return number
        except OverflowError:
            pass
    raise ValueError(f"{what}, got {quoted(value)}")


def _polygon(corners: Any) -> tuple[tuple[float, float], ...]:
    said = "a hint's lasso must be three or more corners (x, y) of a polygon"
    try:
        pairs = [(x, y) for x, y in corners]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{said}, got {quoted(corners)}") from error
    if len(pairs) < 3:
        raise ValueError(f"{said}, got {quoted(corners)}")
    return tuple((_finite(x, said), _finite(y, said)) for x, y in pairs)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and type(value) is not bool


def _is_whole(value: Any) -> bool:
    return _is_number(value) and (isinstance(value, Integral) or float(value).is_integer())


def quoted(value: Any) -> str:
    """What was given, in a line that can be read."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
