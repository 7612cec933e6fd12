"""Chroma from the network's small view to the photo's full size, along the edges of the photo's own lightness.

First, still small, colours even out within the edges: a network knows better what a thing is than where it ends, and
its colours glow over the outline, further than a small window sees. Smoothing that reaches far and stops at edges takes
the glow back (Dammertz et al. 2010, "Edge-Avoiding A-Trous Wavelet Transform for fast Global Illumination Filtering").

Then to full size, by the fast guided filter (He and Sun 2015, "Fast Guided Filter", arXiv 1505.00996; He et al. 2013,
"Guided Image Filtering", TPAMI 35(6)): in every small window chroma is taken as a straight line of lightness. The lines
are fitted at the view's size, and evaluated on the full-size lightness, so a colour ends where the object does.
"""

import torch
from torch import Tensor
from torch.nn import functional

from colorgan.kernels import exact

RADIUS = 4  # of the window, in pixels of the view
LEVELS = 4  # of the smoothing: with steps of 1, 2, 4 and 8 pixels it reaches 15 to each side
MAX_LEVELS = 8  # steps of 128 pixels cross the whole view
CONTRAST = 6.0  # L* units: across a step in lightness of this size colours mix at 1 / e of the weight
REGULARIZATION = 25.0  # squared L* units: contrasts well below 5 L* are texture and do not bend the chroma


def smooth_within_edges(lightness: Tensor, ab: Tensor, levels: int = LEVELS, contrast: float = CONTRAST) -> Tensor:
    """L (N or 1, 1, h, w) in [0, 100] and ab (N, 2, h, w) of one size -> ab, evened out where lightness is even.

    At each level a pixel becomes the mean of itself and its two neighbours in the row, then in the column, twice as far
    away as at the level before; a neighbour counts exp(-(difference of L / contrast)^2). A plain colour stays as it is.
    """
    ab = ab.contiguous()  # a network's is often in the order of its channels, in which this takes twice as long
    for step in (2**level for level in range(levels)):
        for axis in (3, 2):
            count = ab.shape[axis] - step
            if count <= 0:
                continue
            difference = lightness.narrow(axis, step, count) - lightness.narrow(axis, 0, count)
            weight = torch.exp(-((difference / contrast) ** 2))
            total, norm = ab.clone(), torch.ones_like(lightness)
            for here, there in ((0, step), (step, 0)):
                total.narrow(axis, here, count).add_(weight * ab.narrow(axis, there, count))
                norm.narrow(axis, here, count).add_(weight)
            ab = total / norm
    return ab


def fit_lines(lightness: Tensor, ab: Tensor, radius: int = RADIUS, regularization: float = REGULARIZATION) -> Tensor:
    """The view's L (N, 1, h, w) in [0, 100] and ab (N, 2, h, w) -> lines (N, 4, h, w): two slopes, two offsets.

    ab is then slope * L + offset, at this size or any larger one (equations 5, 6 and 8 of the 2013 paper).
    """
    if exact.is_plain(lightness, ab):
        return exact.fit_lines(lightness, ab, radius, regularization)
    means = _box(torch.cat((lightness, ab, lightness * lightness, lightness * ab), 1), radius)
    mean_l, mean_ab, mean_of_square, mean_of_product = means.split((1, 2, 1, 2), 1)
    variance = mean_of_square - mean_l * mean_l
    covariance = mean_of_product - mean_l * mean_ab
    slope = covariance / (variance + regularization)
    return _box(torch.cat((slope, mean_ab - slope * mean_l), 1), radius)


def apply_lines(lines: Tensor, lightness: Tensor) -> Tensor:
    """Lines (N, 4, h, w) on L (N, 1, H, W) in [0, 100] -> ab (N, 2, H, W).

    `painting` does the same in passing, without a full-size ab in memory.
    """
    lines = functional.interpolate(lines, lightness.shape[2:], mode="bilinear")
    return lines[:, :2] * lightness + lines[:, 2:]


def between(small: int, large: int) -> tuple[Tensor, Tensor]:
    """Bilinear upsampling of `small` pixels to `large`, as torch's align_corners=False has it: for each of the large
    the one before it among the small, int64, and the share of the one after that, float32 in [0, 1]."""
    centre = (torch.arange(large) + 0.5) * (small / large) - 0.5
    before = centre.floor().clamp(0, small - 1)
    return before.long(), (centre - before).clamp(0, 1)


def _box(image: Tensor, radius: int) -> Tensor:
    """Mean over (2 radius + 1) squares; windows at the border average what they have.

    Sums of shifted copies: `avg_pool2d` takes 10 times as long for windows of this size (torch 2.13, CPU).
    """
    for axis in (3, 2):
        side = image.shape[axis]
        reach = min(radius, (side - 1) // 2)
        edges = (reach, reach, 0, 0) if axis == 3 else (0, 0, reach, reach)
        padded, total = functional.pad(image, edges), image.clone()
        for step in (*range(reach), *range(reach + 1, 2 * reach + 1)):
            total += padded.narrow(axis, step, side)
        place = torch.arange(side, device=image.device)
        within = (place + reach).clamp(max=side - 1) - (place - reach).clamp(min=0) + 1
        image = total.div_(within if axis == 3 else within[:, None])
    return image
