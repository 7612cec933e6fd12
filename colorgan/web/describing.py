"""A colour and a place of a photo in words, for those who do not see the page; and why a colour is another."""

import functools
import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from colorgan.hints import Colour, rgb_of

if TYPE_CHECKING:
    from torch import Tensor

    from colorgan.colorizer import ShownColour

# Plain names of colours and one of each, spread so that neighbours differ at a glance.
NAMES = {
    "black": "#0a0a0a", "charcoal": "#2c2c2c", "dark gray": "#484848", "gray": "#808080", "light gray": "#bcbcbc",
    "white": "#fafafa",
    "dark red": "#5c1414", "brick red": "#9c3b2e", "red": "#d0211f", "rose": "#c9566b", "salmon": "#f0907a",
    "pale pink": "#f0cdd0", "pink": "#ee8fb4", "magenta": "#c8288c", "wine red": "#6a1a3c", "plum": "#71406f",
    "dark brown": "#3d2817", "brown": "#70441f", "reddish brown": "#7c4634", "light brown": "#a8794f", "tan": "#c8a67d",
    "beige": "#e3d3b6", "cream": "#f6efd9", "skin": "#dcab8c", "grayish brown": "#7a6a5c", "rust": "#b4501c",
    "orange": "#ee7f1f", "apricot": "#f8bd85", "gold": "#c9991f", "mustard": "#a98a2c", "yellow": "#f2d832",
    "pale yellow": "#f5ea9f", "khaki": "#b3ab78", "olive": "#6f6d26", "dark olive": "#3d3f1c",
    "yellowish green": "#a8c243", "light green": "#a6d69a", "green": "#3f9440", "dark green": "#1c4a26",
    "grayish green": "#7d917a", "mint": "#c3e6d4", "sea green": "#2f8f73", "teal": "#1b6d70", "turquoise": "#43bdbd",
    "pale blue": "#cfe0ee", "sky blue": "#84b6e4", "light blue": "#a8c8e8", "grayish blue": "#74879a",
    "steel blue": "#4a78a6", "blue": "#2b5fc4", "bright blue": "#2a35e8", "vivid blue": "#5268f4",
    "navy blue": "#1b2550",
    "dark slate": "#2d3b46", "lavender": "#c5bbe4", "violet": "#7b4fc0", "purple": "#8a2f9c", "dark purple": "#3a1c4c",
    "mauve": "#a98a9e",
}  # fmt: skip

SEEN = 3.0  # ab units: a colour that is nearer than this to the one that was asked for passes for it


def colour_name(colour: Colour) -> str:
    """The plain name that is nearest to a colour in L*a*b*."""
    return list(NAMES)[int((lab_of([colour]) - _named()).norm(dim=1).argmin())]


def colour_names(colours: Sequence[Colour]) -> list[str]:
    """The names of colours to choose from: those of one name have their "#rrggbb" behind it, to be told apart."""
    names = [colour_name(colour) for colour in colours]
    twice = {name for name, often in Counter(names).items() if often > 1}
    return [
        f"{name} #{bytes(rgb_of(colour) or ()).hex()}" if name in twice else name
        for name, colour in zip(names, colours, strict=True)
    ]


def why_other(shown: "ShownColour") -> str:
    """Why a hint's colour is not the one that was asked for, in a sentence; empty where it is."""
    if shown.on_border:
        return "This is the border of the photo, which stays gray."
    if shown.exact or shown.hint.colour is None:
        return ""
    lightness, *ab = (lab_of([shown.colour]) - lab_of([shown.hint.colour]))[0].tolist()
    if math.hypot(*ab) < SEEN:
        return ""
    tones = "bright" if lightness > 0 else "dark"
    asked, there = colour_name(shown.hint.colour), colour_name(shown.colour)
    wanted = f"{asked}: it becomes {there}" if asked != there else f"so strong a colour: it becomes a paler {there}"
    return f"The photo is too {tones} here for {wanted}."


def place_name(x: float, y: float, size: tuple[int, int]) -> str:
    """Where a place lies in a photo of (width, height) pixels: upper left, middle, right ..."""
    down = ("upper", "", "lower")[min(int(3 * y / size[1]), 2)]
    across = ("left", "", "right")[min(int(3 * x / size[0]), 2)]
    if down and not across:
        return {"upper": "top", "lower": "bottom"}[down]
    return f"{down} {across}".strip() or "middle"


def lab_of(colours: Sequence[Colour]) -> "Tensor":
    """L*, a* and b* of each, (K, 3)."""
    import torch  # here, as in `retouch`: the page answers before torch is there

    from colorgan.color import rgb_to_lab

    with torch.inference_mode(False):
        rgb = torch.tensor([rgb_of(colour) or (0, 0, 0) for colour in colours]).view(-1, 3) / 255
        return torch.cat(rgb_to_lab(rgb.T[None, :, :, None]), 1)[0, :, :, 0].T


@functools.cache
def _named() -> "Tensor":
    return lab_of(list(NAMES.values()))
