"""The colours that a photo has already: whether there are any, and the same said as hints."""

from typing import TYPE_CHECKING

from PIL import Image

from colorgan.hints import Hint
from colorgan.photo.fitting import fit

if TYPE_CHECKING:
    from torch import Tensor

LEAST_CHROMA = 4.0  # ab units: stains and the camera's own noise are below it
SEEN_EDGE = 128  # pixels: colours that are lost at this size are no colours of things
HINTS_ACROSS = 8  # of the longer side


def has_own_colours(image: Image.Image) -> bool:
    """Whether an upright image ("L" or "RGB") is in colour, and not merely toned."""
    if image.mode == "L":
        return False
    from colorgan.color import rgb_to_lab
    from colorgan.images import to_tensor

    small = fit(image.convert("RGB"), SEEN_EDGE, reducing_gap=2.0)
    return chroma_beyond_toning(*rgb_to_lab(to_tensor(small)[None] / 255)) >= LEAST_CHROMA


def own_hints(image: Image.Image, size: tuple[int, int]) -> list[Hint]:
    """An upright image in colour -> its colours on a grid, as hints of the photo, which has (width, height) pixels."""
    step = max(size) / HINTS_ACROSS
    across, down = (max(1, round(side / step)) for side in size)
    small = image.convert("RGB").resize((across, down), Image.Resampling.BOX)
    places = [(x, y) for y in range(down) for x in range(across)]
    colours = ["#{:02x}{:02x}{:02x}".format(*small.getpixel(place)) for place in places]  # type: ignore[misc]
    return [
        Hint((x + 0.5) * size[0] / across, (y + 0.5) * size[1] / down, colour)
        for (x, y), colour in zip(places, colours, strict=True)
    ]


def chroma_beyond_toning(lightness: "Tensor", ab: "Tensor") -> float:
    """L (1, 1, H, W), ab (1, 2, H, W) -> mean distance of ab from the photo's mean ab at the same lightness, ab units.

    The colour of a toned print is a function of its lightness, so that this is about 0; of photos in colour it is not.
    """
    levels = (lightness.flatten() / 4).round().long().clamp(0, 25)
    flat = ab[0].flatten(1)
    counts = levels.bincount(minlength=26).clamp(min=1)
    means = flat.new_zeros(2, 26).index_add_(1, levels, flat) / counts
    return float((flat - means[:, levels]).norm(dim=0).mean())
