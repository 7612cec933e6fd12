"""Pictures as the metrics take them: RGB and the L*a*b* of the same pixels."""

from dataclasses import dataclass

import torch
from torch import Tensor

from colorgan.color import lab_to_gamut_rgb, rgb_to_lab

NO_CHROMA = 0.01  # ab units; one step of 8 bits is at least 0.16


@dataclass(frozen=True)
class Pictures:
    """Pictures of one shape: RGB (N, 3, H, W) in [0, 1], L (N, 1, H, W) in [0, 100], ab (N, 2, H, W) in ab units."""

    rgb: Tensor
    lightness: Tensor
    ab: Tensor

    @classmethod
    def of(cls, rgb: Tensor) -> "Pictures":
        """RGB (N, 3, H, W) in [0, 1] -> the same pictures."""
        return cls(rgb, *rgb_to_lab(rgb))

    @classmethod
    def shown(cls, lightness: Tensor, ab: Tensor) -> "Pictures":
        """L (N, 1, H, W) in [0, 100], ab (N, 2, H, W) -> what sRGB shows of them, before rounding to 8 bits."""
        made = cls.of(lab_to_gamut_rgb(lightness, ab))
        # A gray's ab comes back as rounding errors, which have a hue and an edge for whoever looks for them.
        is_gray = made.ab.abs().amax(1, keepdim=True) < NO_CHROMA
        return cls(made.rgb, made.lightness, torch.where(is_gray, 0.0, made.ab))
