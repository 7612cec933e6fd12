"""One thing that a person says: a place, and what colour it was."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import ImageColor

from colorgan.limits import MAX_HINTS

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
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"a hint's {name} must be a number, got {value!r}")
        if self.radius < 0:
            raise ValueError(f"a hint's radius must be 0 or more pixels, got {self.radius}")
        rgb_of(self.colour)
        if self.lasso is not None:
            object.__setattr__(self, "lasso", _polygon(self.lasso))


def rgb_of(colour: Colour) -> tuple[int, int, int] | None:
    """A hint's colour as red, green and blue from 0 to 255; None stays None. ValueError for any other."""
    if colour is None:
        return None
    if isinstance(colour, str):
        try:
            red, green, blue = ImageColor.getrgb(colour.strip())[:3]
        except ValueError:
            pass
        else:
            return red, green, blue
    elif isinstance(colour, Sequence) and len(colour) == 3:
        whole = [int(part) for part in colour if isinstance(part, int) or float(part).is_integer()]
        if len(whole) == 3 and all(0 <= part <= 255 for part in whole):
            return whole[0], whole[1], whole[2]
    raise ValueError(
        "a hint's colour must be hex such as '#7a1f2b', a CSS name such as 'firebrick', three whole numbers from 0 to "
        f"255, or None for as it is, got {colour!r}"
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
    width, height = size
    for number, hint in enumerate(hints, start=1):
        if not isinstance(hint, Hint):
            raise ValueError(f"hints must be colorgan.Hint(x, y, colour), got {hint!r}")
        if not (0 <= hint.x < width and 0 <= hint.y < height):
            raise ValueError(
                f"hint {number} is outside the photo: x must be from 0 to below {width} and y from 0 to below "
                f"{height}, got {hint.x:g} and {hint.y:g}"
            )


def _polygon(corners: Sequence[Sequence[float]]) -> tuple[tuple[float, float], ...]:
    try:
        polygon = tuple((float(x), float(y)) for x, y in corners)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a hint's lasso must be corners (x, y) of a polygon, got {corners!r}") from error
    if len(polygon) < 3 or not all(math.isfinite(value) for corner in polygon for value in corner):
        raise ValueError(f"a hint's lasso must have at least three corners of finite numbers, got {corners!r}")
    return polygon
