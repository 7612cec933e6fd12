"""Old photographs from new ones: what film, paper and a century do to lightness.

Training a colorizer on clean digital grays teaches it to read textures that a scan of an old print does not have.
These transforms change the network's input only; the target stays the clean photo's chroma.
"""

import torch
from torch import Tensor
from torch.nn import functional

from colorgan.color import linear_to_srgb, rgb_to_lightness, srgb_to_linear


def film_lightness(rgb: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """RGB (N, 3, H, W) in [0, 1] -> L (N, 1, H, W) in [0, 100] as film of another sensitivity records it.

    A `share` of the photos is read through random weights instead of CIE luminance. Half of those are
    orthochromatic (blind to red, as most emulsions before about 1925): dark lips and skin, white skies.
    """
    _check("rgb", rgb, 3)
    count = rgb.shape[0]
    weights = torch.tensor([0.2126, 0.7152, 0.0722]).repeat(count, 1)
    panchromatic = torch.rand(count, 3, generator=generator) * torch.tensor([0.6, 0.8, 0.4]) + torch.tensor(
        [0.1, 0.2, 0]
    )
    blue = torch.rand(count, generator=generator) * 0.5 + 0.2
    red = torch.rand(count, generator=generator) * 0.1
    orthochromatic = torch.stack((red, 1 - blue - red, blue), 1)
    draw = torch.rand(count, generator=generator)
    weights = torch.where((draw < share)[:, None], panchromatic / panchromatic.sum(1, keepdim=True), weights)
    weights = torch.where((draw < share / 2)[:, None], orthochromatic, weights)
    linear = srgb_to_linear(rgb)
    exposure = (linear * weights[:, :, None, None].to(linear)).sum(1, keepdim=True)
    return rgb_to_lightness(linear_to_srgb(exposure).clamp(0, 1).expand_as(rgb))


def age_lightness(lightness: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """L (N, 1, H, W) in [0, 100] -> the same, a `share` of each batch aged: faded, toned, blurred, grained, scratched.

    Each photo draws each fault by itself, so most show a few of them, mildly.
    """
    _check("lightness", lightness, 1)
    count, _, height, width = lightness.shape

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(count, 1, 1, 1, generator=generator) * (high - low) + low

    def some(probability: float) -> Tensor:
        return torch.rand(count, 1, 1, 1, generator=generator) < probability

    tone = (lightness / 100).clamp(1e-4, 1)
    aged = torch.where(some(0.6), tone ** torch.exp(uniform(-0.5, 0.5)), tone) * 100  # paper and development
    aged = torch.where(some(0.5), uniform(0, 25) + aged * uniform(0.6, 0.95), aged)  # fading lifts the blacks
    aged = torch.where(some(0.3), (aged - 50) * uniform(1.1, 1.8) + 50, aged)  # hard contrast
    soft = functional.avg_pool2d(functional.pad(aged, (2, 2, 2, 2), mode="replicate"), 5, 1)
    aged = torch.where(some(0.4), torch.lerp(aged, soft, uniform(0.2, 1.0)), aged)  # lens and motion
    stain = functional.interpolate(torch.randn(count, 1, 4, 4, generator=generator), (height, width), mode="bilinear")
    aged = torch.where(some(0.3), aged + stain * uniform(1, 8), aged)  # uneven light, stains, vignettes
    grain = torch.randn(count, 1, height, width, generator=generator)
    clumped = functional.avg_pool2d(functional.pad(grain, (1, 1, 1, 1), mode="replicate"), 3, 1) * 2
    aged = torch.where(some(0.5), aged + torch.where(some(0.5), grain, clumped) * uniform(0, 7), aged)
    column = torch.rand(count, 1, 1, width, generator=generator) < 2 / width
    aged = torch.where(some(0.15) & column, aged + uniform(-40, 40), aged)  # scratches run along the film
    return torch.where(some(share), aged.clamp(0, 100), lightness)


def _check(name: str, image: Tensor, channels: int) -> None:
    """Bytes would pass silently, as photos 255 times too bright."""
    if image.ndim != 4 or image.shape[1] != channels or not image.is_floating_point():
        raise ValueError(f"{name} must be floats (N, {channels}, H, W), got {image.dtype} {tuple(image.shape)}")
