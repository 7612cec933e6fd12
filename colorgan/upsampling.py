"""Chroma from the network's small view to the photo's full size, along the edges of the photo's own lightness.

The fast guided filter (He and Sun 2015, "Fast Guided Filter", arXiv 1505.00996; He et al. 2013, "Guided Image
Filtering", TPAMI 35(6)): in every small window chroma is taken as a straight line of lightness. The lines are fitted
at the view's size, and evaluated on the full-size lightness, so a colour ends where the object does.
"""

import torch
from torch import Tensor
from torch.nn import functional

RADIUS = 4  # of the window, in pixels of the view
REGULARIZATION = 25.0  # squared L* units: contrasts well below 5 L* are texture and do not bend the chroma


def fit_lines(lightness: Tensor, ab: Tensor, radius: int = RADIUS, regularization: float = REGULARIZATION) -> Tensor:
    """The view's L (N, 1, h, w) in [0, 100] and ab (N, 2, h, w) -> lines (N, 4, h, w): two slopes, two offsets.

    ab is then slope * L + offset, at this size or any larger one (equations 5, 6 and 8 of the 2013 paper).
    """
    mean_l, mean_ab = _box(lightness, radius), _box(ab, radius)
    variance = _box(lightness * lightness, radius) - mean_l * mean_l
    covariance = _box(lightness * ab, radius) - mean_l * mean_ab
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
    """Mean over (2 radius + 1) squares; windows at the border average what they have."""
    for axis in (0, 1):
        reach = [0, 0]
        reach[axis] = min(radius, (image.shape[2 + axis] - 1) // 2)
        size = [2 * reach[0] + 1, 2 * reach[1] + 1]
        image = functional.avg_pool2d(image, size, 1, reach, count_include_pad=False)
    return image
