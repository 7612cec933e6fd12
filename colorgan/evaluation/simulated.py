"""What is said and shown of a photo in a person's place, fixed by the seed and the photo's name.

Hints of what is there, at random places; a wish for one thing in a colour that the photo does not have; a photo beside
it to take colours from; and copies that are the same photo to anyone but a network.
"""

import io
import math
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import distance_transform_edt
from skimage.segmentation import felzenszwalb
from torch import Tensor

from colorgan.color import lab_to_gamut_rgb, rgb_to_lab
from colorgan.data.true_colours import SQUARE, true_colours
from colorgan.hints import Hint
from colorgan.images import to_image
from colorgan.limits import MAX_HINTS
from colorgan.seeds import seed_of

SIZE = 256  # pixels of a photo's shorter side at which the segments' numbers hold
SEGMENT_SCALE, SEGMENT_SIGMA, SEGMENT_LEAST = 150.0, 0.8, 200  # felzenszwalb's arguments, on L*a*b* / 100
SMALLEST_THING, LARGEST_THING = 1_500, 15_000  # pixels
WISH_CHROMA, WISH_LIGHTNESS = 35.0, 70.0  # every hue has that chroma in sRGB at this lightness
HUES, ODD_HUES = 12, 4  # sectors of the hue circle; those with the least chroma of a photo are odd there
CROP = 0.75  # of a photo's sides
JPEG_QUALITY, SMALLER, DARKER = 80, 0.6, 0.93

# What a report says of it, by the name that `hinting.Said` has for it.
RULES = {
    "counts": "Hints: places drawn by seed and photo's name, fewer being the first of more; each has the mean L*a*b* "
    f"of the {SQUARE} x {SQUARE} pixels around it, as sRGB of 8 bits. Gains are paired by photo. Spread and spill: one "
    "segment of each photo (Felzenszwalb and Huttenlocher 2004, on L*a*b*, scale "
    f"{SEGMENT_SCALE:g}) of {SMALLEST_THING:,} to {LARGEST_THING:,} pixels at {SIZE}; one hint at its middle, of "
    f"chroma {WISH_CHROMA:g} and a hue of that third of the circle of which the photo has least.",
    "references": f"References: a corner of each photo, {100 * CROP:g} % of its sides; its reference is the opposite "
    "corner, in colour and left for right, the unrelated one that of the photo before.",
    "steady": f"Drift: drawings by one seed of the gray photo and of it as a JPEG of quality {JPEG_QUALITY}, at "
    f"{100 * SMALLER:g} % of its size, and with its values times {DARKER:g}, all under the photo's own lightness.",
}


@dataclass(frozen=True, eq=False)
class Wish:
    """One thing of a photo that somebody wants in another colour.

    inside (1, 1, H, W) bool are its pixels, the hint is at its middle, ab (2,) is the hint's colour.
    """

    inside: Tensor
    hint: Hint
    ab: Tensor


def true_hints(name: str, lightness: Tensor, ab: Tensor, count: int, seed: int) -> list[Hint]:
    """Hints of what is there: a photo's L (1, 1, H, W) and ab (1, 2, H, W) -> `count` of them, at most `MAX_HINTS`.

    Places and colours are those of `true_colours`, rounded to sRGB's 8 bits as people give colours (by less than one ab
    unit). Fewer are the first of more.
    """
    chances = torch.rand(MAX_HINTS, 2, generator=_generator("hints", seed, name))[:count]
    places, means = true_colours(torch.cat((lightness, ab), 1), chances)
    lab = means.T[None, :, :, None]
    rgb = lab_to_gamut_rgb(lab[:, :1], lab[:, 1:])[0, :, :, 0].T.mul(255).round().int().tolist()
    return [Hint(x, y, tuple(said)) for (x, y), said in zip(places.tolist(), rgb, strict=True)]


def wish(name: str, lightness: Tensor, ab: Tensor, seed: int) -> Wish | None:
    """One of a photo's segments in an odd colour: L (1, 1, H, W), ab (1, 2, H, W); None where no segment has the size.

    Segments are those of Felzenszwalb and Huttenlocher 2004 ("Efficient Graph-Based Image Segmentation") on the true
    colours. The hint is where it is farthest to the segment's border, the photo's own being one.
    """
    generator = _generator("wish", seed, name)
    scale = min(lightness.shape[2:]) / SIZE
    lab = (torch.cat((lightness, ab), 1)[0].permute(1, 2, 0) / 100).double().numpy()
    least = round(SEGMENT_LEAST * scale**2)
    labels = felzenszwalb(lab, SEGMENT_SCALE * scale**2, SEGMENT_SIGMA * scale, least, channel_axis=-1)
    sizes = np.bincount(labels.ravel()) / scale**2
    things = np.flatnonzero((sizes >= SMALLEST_THING) & (sizes <= LARGEST_THING))
    if not len(things):
        return None
    inside = labels == things[int(torch.randint(len(things), (), generator=generator))]
    depth = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(depth.argmax(), depth.shape)
    hue = _odd_hue(ab, generator)
    wanted = WISH_CHROMA * torch.tensor((math.cos(hue), math.sin(hue))).view(1, 2, 1, 1)
    rgb = lab_to_gamut_rgb(torch.full((1, 1, 1, 1), WISH_LIGHTNESS), wanted).mul(255).round()
    red, green, blue = rgb.flatten().int().tolist()
    hint = Hint(float(column) + 0.5, float(row) + 0.5, (red, green, blue))
    return Wish(torch.from_numpy(inside)[None, None], hint, rgb_to_lab(rgb / 255)[1].flatten())


def _odd_hue(ab: Tensor, generator: torch.Generator) -> float:
    """A hue, in radians, of those that have the least chroma of a photo's ab (1, 2, H, W)."""
    sector = ((torch.atan2(ab[0, 1], ab[0, 0]) / (2 * math.pi) + 0.5) * HUES).long().clamp(0, HUES - 1)
    chroma = torch.zeros(HUES).index_add_(0, sector.flatten(), ab[0].norm(dim=0).flatten())
    odd = chroma.argsort(stable=True)[int(torch.randint(ODD_HUES, (), generator=generator))]
    within = torch.rand((), generator=generator)
    return float(((odd + within) / HUES - 0.5) * 2 * math.pi)


def two_crops(name: str, height: int, width: int, seed: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Rows and columns of two crops of a photo, in opposite corners, which have half of its sides in common."""
    at_top, at_left = (torch.rand(2, generator=_generator("crops", seed, name)) < 0.5).tolist()
    rows, columns = (_ends(side, first) for side, first in ((height, at_top), (width, at_left)))
    return (rows[0], columns[0]), (rows[1], columns[1])


def _ends(side: int, from_start: bool) -> tuple[slice, slice]:
    length = round(side * CROP)
    ends = slice(0, length), slice(side - length, side)
    return ends if from_start else ends[::-1]


def flipped(rgb: Tensor) -> Image.Image:
    """RGB (1, 3, H, W) in [0, 1] -> the image, left for right."""
    return to_image(rgb[0].flip(2))


def same_photos(gray: Image.Image) -> dict[str, Image.Image]:
    """A gray photo in 8 bits -> copies that show the same: `jpeg`, compressed; `small`; `dark`."""
    file = io.BytesIO()
    gray.save(file, "JPEG", quality=JPEG_QUALITY)
    smaller = (round(gray.width * SMALLER), round(gray.height * SMALLER))
    return {
        "jpeg": Image.open(file),
        "small": gray.resize(smaller, Image.Resampling.LANCZOS),
        "dark": gray.point([round(value * DARKER) for value in range(256)]),
    }


def _generator(what: str, seed: int, name: str) -> torch.Generator:
    return torch.Generator().manual_seed(seed_of(what, seed, name))
