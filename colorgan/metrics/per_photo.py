"""What a colorization is worth, photo by photo: pure functions of tensors, each with the paper it comes from.

A metric takes a batch and gives one value per photo, (N,), so that an interval over photos can be drawn around any
mean (intervals.py); distances between whole sets are in sets.py. RGB is (N, 3, H, W) in [0, 1]; L is (N, 1, H, W) in
[0, 100]; ab is (N, 2, H, W) in ab units.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from colorgan.color import CHROMA_SCALE, lab_to_gamut_rgb, rgb_to_lab

WARM_DEGREES = 105.0  # hues from 0 (pinkish red) over brown to here (yellow has 103) are warm
MOST_DECIBELS = 100.0  # PSNR of a picture that is the photo itself, where it has no end
WORSE_DECIBELS = 1.0  # of PSNR: a picture so much further from the photo than gray is had better been left gray
SPREAD_DIFFERENCE, SPILL_DIFFERENCE = 10.0, 5.0  # CIEDE2000: of the hint's colour up to here, moved from here on
STEADY_DIFFERENCE = 3.0  # mean CIEDE2000: two drawings below this have the same colours
EDGE_LIGHTNESS, EDGE_COLOUR = 8.0, 10.0  # an outline: steps of so many units of L and of ab


# --- distance to the truth, per photo -------------------------------------------------------------------------------


def rmse(predicted: Tensor, truth: Tensor) -> Tensor:
    """Root mean square error of two images of one shape (N, C, H, W), over pixels and channels -> (N,)."""
    check_same(predicted, truth)
    return (predicted - truth).square().flatten(1).mean(1).sqrt()


def psnr(predicted: Tensor, truth: Tensor, peak: float = 1.0) -> Tensor:
    """Peak signal-to-noise ratio of RGB (N, 3, H, W) in [0, 1] -> decibels (N,); infinite for equal photos."""
    return 20.0 * torch.log10(peak / rmse(predicted, truth))


def worse_than_gray(predicted: Tensor, truth: Tensor, lightness: Tensor) -> Tensor:
    """RGB (N, 3, H, W) twice and the photos' L (N, 1, H, W) -> 1 where PSNR is more than `WORSE_DECIBELS` below that of
    the photo left gray, else 0, (N,)."""
    gray = lab_to_gamut_rgb(lightness, lightness.new_zeros(1, 2, 1, 1).expand(len(lightness), -1, *lightness.shape[2:]))
    return (psnr(predicted, truth) < psnr(gray, truth) - WORSE_DECIBELS).to(truth.dtype)


def ab_psnr(predicted_ab: Tensor, ab: Tensor) -> Tensor:
    """PSNR of chroma alone, ab (N, 2, H, W) -> decibels (N,), the peak being the ab plane's 220 units.

    RGB's is mostly lightness, which a colorizer is given; `rmse` of ab is the same in ab units.
    """
    return psnr(predicted_ab, ab, peak=2 * CHROMA_SCALE)


def ssim(predicted: Tensor, truth: Tensor) -> Tensor:
    """Structural similarity of RGB (N, 3, H, W) in [0, 1], at least 11 x 11 -> (N,) in [-1, 1]; 1 is equal.

    Wang, Bovik, Sheikh and Simoncelli 2004, equation 13 with their constants: 11 x 11 Gaussian window of sigma 1.5,
    K1 = 0.01, K2 = 0.03; the mean over places where the window fits, and over channels.
    """
    check_same(predicted, truth)
    if min(truth.shape[2:]) < 11:
        raise ValueError(f"SSIM needs photos of at least 11 x 11, got {truth.shape[2]} x {truth.shape[3]}")
    offsets = torch.arange(-5.0, 6.0, dtype=truth.dtype, device=truth.device)
    window = torch.exp(-(offsets**2) / (2 * 1.5**2))
    window = window / window.sum()

    channels = truth.shape[1]
    across, down = window.expand(channels, 1, 1, 11), window[:, None].expand(channels, 1, 11, 1)

    def local_mean(image: Tensor) -> Tensor:
        return functional.conv2d(functional.conv2d(image, across, groups=channels), down, groups=channels)

    mean, true_mean = local_mean(predicted), local_mean(truth)
    variance = local_mean(predicted**2) - mean**2
    true_variance = local_mean(truth**2) - true_mean**2
    covariance = local_mean(predicted * truth) - mean * true_mean
    luminance = (2 * mean * true_mean + 0.01**2) / (mean**2 + true_mean**2 + 0.01**2)
    structure = (2 * covariance + 0.03**2) / (variance + true_variance + 0.03**2)
    return (luminance * structure).flatten(1).mean(1)


def ciede2000(lightness: Tensor, ab: Tensor, other_lightness: Tensor, other_ab: Tensor) -> Tensor:
    """Colour difference per pixel, L (N, 1, H, W) and ab (N, 2, H, W) twice -> (N, 1, H, W).

    Sharma, Wu and Dalal 2005, "The CIEDE2000 color-difference formula", equations 2 to 22, with kL = kC = kH = 1.
    """
    chroma_7 = ((_length(ab)[:, None] + _length(other_ab)[:, None]) / 2) ** 7
    stretch = 1.5 - 0.5 * torch.sqrt(chroma_7 / (chroma_7 + 25.0**7))  # (4), of a: grays need a wider one
    chroma, hue = _polar(ab, stretch)  # (5) to (7)
    other_chroma, other_hue = _polar(other_ab, stretch)
    either_gray = chroma * other_chroma == 0

    turn = other_hue - hue
    wide = turn.abs() > 180
    turn = torch.where(either_gray, 0.0, turn - 360 * wide * turn.sign())  # (10)
    delta_lightness, delta_chroma = other_lightness - lightness, other_chroma - chroma  # (8) (9)
    delta_hue = 2 * torch.sqrt(chroma * other_chroma) * _sin(turn / 2)  # (11)

    mean_lightness, mean_chroma = (lightness + other_lightness) / 2, (chroma + other_chroma) / 2  # (12) (13)
    sum_hue = hue + other_hue
    mean_hue = (sum_hue + torch.where(wide, torch.where(sum_hue < 360, 360.0, -360.0), 0.0)) / 2
    mean_hue = torch.where(either_gray, sum_hue, mean_hue)  # (14)
    weight = 1 - 0.17 * _cos(mean_hue - 30) + 0.24 * _cos(2 * mean_hue)  # (15)
    weight = weight + 0.32 * _cos(3 * mean_hue + 6) - 0.20 * _cos(4 * mean_hue - 63)
    from_middle = (mean_lightness - 50) ** 2
    scaled_lightness = delta_lightness / (1 + 0.015 * from_middle / torch.sqrt(20 + from_middle))  # (18)
    scaled_chroma = delta_chroma / (1 + 0.045 * mean_chroma)  # (19)
    scaled_hue = delta_hue / (1 + 0.015 * mean_chroma * weight)  # (20)
    blue = 30 * torch.exp(-(((mean_hue - 275) / 25) ** 2))  # (16)
    rotation = -2 * torch.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7)) * _sin(2 * blue)  # (17) (21)
    squares = scaled_lightness**2 + scaled_chroma**2 + scaled_hue**2 + rotation * scaled_chroma * scaled_hue
    return squares.clamp(min=0).sqrt()  # (22)


def colour_difference(lightness: Tensor, ab: Tensor, other_lightness: Tensor, other_ab: Tensor) -> Tensor:
    """`ciede2000` of L (N, 1, H, W) and ab (N, 2, H, W) twice, mean over pixels -> (N,)."""
    return ciede2000(lightness, ab, other_lightness, other_ab).flatten(1).mean(1)


# --- how much colour, per photo -------------------------------------------------------------------------------------


def colourfulness(rgb: Tensor) -> Tensor:
    """RGB (N, 3, H, W) in [0, 1] -> (N,): 0 gray, 15 slightly, 33 moderately, 59 quite, 109 extremely colourful.

    Hasler and Suesstrunk 2003, "Measuring colourfulness in natural images", equation for M3, on values up to 255.
    """
    red, green, blue = (255.0 * rgb).flatten(2).unbind(1)
    opponents = torch.stack((red - green, (red + green) / 2 - blue), 1)  # (N, 2, H W)
    spread = opponents.var(2, correction=0).sum(1).sqrt()
    return spread + 0.3 * opponents.mean(2).norm(dim=1)


def colourfulness_gap(predicted: Tensor, truth: Tensor) -> Tensor:
    """How far the colourfulness of RGB (N, 3, H, W) is from the truth's, either way -> (N,), 0 is best."""
    return (colourfulness(predicted) - colourfulness(truth)).abs()


def mean_chroma(ab: Tensor) -> Tensor:
    """ab (N, 2, H, W) -> mean chroma of each photo (N,) in ab units."""
    return _length(ab).flatten(1).mean(1)


def vividness_curve(
    lightness: Tensor, predicted_ab: Tensor, truth: Tensor, gains: Sequence[float]
) -> tuple[Tensor, Tensor]:
    """PSNR and chroma as the prediction's chroma is scaled: two (G, N), decibels and mean chroma, a row a gain.

    L (N, 1, H, W), ab (N, 2, H, W), the true RGB (N, 3, H, W). Regression buys PSNR with dull colours, so a model is
    a curve and not a point: an adversarial one has to lie above its own regression twin at the same ratio of chroma
    to the truth's. Both are taken from what sRGB can show.
    """
    decibels, chroma = [], []
    for gain in gains:
        shown = lab_to_gamut_rgb(lightness, gain * predicted_ab)
        decibels.append(psnr(shown, truth))
        chroma.append(mean_chroma(rgb_to_lab(shown)[1]))
    return torch.stack(decibels), torch.stack(chroma)


def at_equal_vividness(vividness: Tensor, decibels: Tensor) -> Tensor:
    """Curves (R, G) that rise in vividness, 1 being the truth's -> PSNR where it is 1, (R,), or else at their end.

    What `vividness_curve` gives for the mean over photos, and for each bootstrap draw of them.
    """
    rows = zip(vividness.numpy(), decibels.numpy(), strict=True)
    return torch.tensor([np.interp(1.0, x, y) for x, y in rows], dtype=torch.float64)


def warm_share(ab: Tensor) -> Tensor:
    """ab (N, 2, H, W) -> share of each photo's chroma whose hue is red to yellow, (N,) in [0, 1]; 0 for a gray photo.

    The sepia effect in a number: a brown-everything colorizer has more of it than the truth. Weighed by chroma,
    since the hue of a near-gray pixel is noise.
    """
    chroma = _length(ab)
    hue = torch.rad2deg(torch.atan2(ab[:, 1], ab[:, 0]))
    warm = torch.where((hue >= 0) & (hue <= WARM_DEGREES), chroma, 0.0)
    return warm.flatten(1).sum(1) / chroma.flatten(1).sum(1).clamp(min=1e-12)


def colour_bleeding(lightness: Tensor, predicted_ab: Tensor, ab: Tensor, reach: int = 6) -> Tensor:
    """How much colour runs over the edges of things: L (N, 1, H, W), ab (N, 2, H, W) twice -> (N,), about 0 is best.

    Looks across the outlines where, between neighbours in a row or column, L steps by `EDGE_LIGHTNESS` and the truth's
    ab by `EDGE_COLOUR` from `reach` pixels on one side to `reach` on the other. Clean colour makes its step there
    on the outline, colour that bleeds slopes up to it. So: of the prediction's whole change of colour between those
    two places, the share that does not happen within a pixel of the outline; minus the truth's own share. At most 1,
    and a little below 0 where the truth is softer than the prediction. Vividness cancels; a prediction that is gray
    there, or a photo without such outlines, has nothing to bleed and gets 0. It depends on the photo's size in
    pixels: compare at one size.
    """
    check_same(predicted_ab, ab)
    totals = []
    for turn in (False, True):  # along rows, then along columns
        light, predicted, true = (x.mT if turn else x for x in (lightness, predicted_ab, ab))
        true_whole, true_clean = _steps_across(true, reach)
        whole, clean = _steps_across(predicted, reach)
        first = light[..., reach : light.shape[3] - reach - 1]
        step = (light[..., reach + 1 : light.shape[3] - reach] - first).abs()[:, 0]
        outline = (step >= EDGE_LIGHTNESS) & (true_whole >= EDGE_COLOUR)
        totals.append(torch.stack([(x * outline).flatten(1).sum(1) for x in (whole, clean, true_whole, true_clean)]))
    whole, clean, true_whole, true_clean = sum(totals[1:], totals[0])
    excess = true_clean / true_whole.clamp(min=1e-6) - clean / whole.clamp(min=1e-6)
    return torch.where(whole > 1e-6, excess, 0.0)


def diversity(variants_ab: Tensor) -> Tensor:
    """Variants of each photo, ab (N, V, 2, H, W) with V >= 2 -> mean distance of two of them (N,) in ab units."""
    count = variants_ab.shape[1]
    if variants_ab.ndim != 5 or count < 2:
        raise ValueError(f"variants must be (N, at least 2, 2, H, W), got {tuple(variants_ab.shape)}")
    pairs = [mean_chroma(variants_ab[:, one] - variants_ab[:, other]) for one in range(count) for other in range(one)]
    return torch.stack(pairs).mean(0)


def variant_difference(variants_ab: Tensor, lightness: Tensor, ab: Tensor) -> Tensor:
    """Variants' ab (N, V, 2, H, W), the photos' own L and ab -> mean `colour_difference` of each photo's, (N,)."""
    each = [colour_difference(lightness, one, lightness, ab) for one in variants_ab.unbind(1)]
    return torch.stack(each).mean(0)


def variety(variants_ab: Tensor, lightness: Tensor) -> Tensor:
    """Variants' ab (N, V, 2, H, W) with V >= 2 under one L (N, 1, H, W) -> mean CIEDE2000 of two of them, (N,)."""
    count = variants_ab.shape[1]
    if variants_ab.ndim != 5 or count < 2:
        raise ValueError(f"variants must be (N, at least 2, 2, H, W), got {tuple(variants_ab.shape)}")
    pairs = [
        colour_difference(lightness, variants_ab[:, one], lightness, variants_ab[:, other])
        for one in range(count)
        for other in range(one)
    ]
    return torch.stack(pairs).mean(0)


# --- what became of a hint, per photo -------------------------------------------------------------------------------


def spread(lightness: Tensor, ab: Tensor, wanted_ab: Tensor, inside: Tensor) -> Tensor:
    """How far a hint's colour reached within the thing that it was of: the share of the pixels inside (N, 1, H, W) bool
    whose ab (N, 2, H, W) is within `SPREAD_DIFFERENCE` of the wanted one (N, 2, H, W), both under L (N, 1, H, W)."""
    near = ciede2000(lightness, ab, lightness, wanted_ab) < SPREAD_DIFFERENCE
    return (near & inside).flatten(1).sum(1) / inside.flatten(1).sum(1)


def spill(lightness: Tensor, ab: Tensor, ab_before: Tensor, inside: Tensor) -> Tensor:
    """How much else a hint changed: the share of the pixels that are not inside (N, 1, H, W) whose ab (N, 2, H, W) is
    more than `SPILL_DIFFERENCE` from that of the picture without the hint (N, 2, H, W), both under L (N, 1, H, W)."""
    moved = ciede2000(lightness, ab, lightness, ab_before) > SPILL_DIFFERENCE
    return (moved & ~inside).flatten(1).sum(1) / (~inside).flatten(1).sum(1)


# --- small parts ----------------------------------------------------------------------------------------------------


def check_same(first: Tensor, second: Tensor) -> None:
    """Refuse two tensors that cannot be versions of the same photos."""
    if first.shape != second.shape:
        raise ValueError(
            f"two versions of the same photos have one shape, got {tuple(first.shape)} and {tuple(second.shape)}"
        )


def _length(ab: Tensor) -> Tensor:
    """ab (N, 2, H, W) -> chroma (N, H, W); several times faster than `norm` over a dimension of two."""
    return torch.hypot(ab[:, 0], ab[:, 1])


def _polar(ab: Tensor, stretch: Tensor) -> tuple[Tensor, Tensor]:
    """ab (N, 2, H, W), a stretched -> chroma, and hue in degrees from 0 to 360, both (N, 1, H, W)."""
    a, b = ab[:, :1] * stretch, ab[:, 1:]
    return torch.hypot(a, b), torch.rad2deg(torch.atan2(b, a)) % 360.0


def _sin(degrees: Tensor) -> Tensor:
    return torch.sin(torch.deg2rad(degrees))


def _cos(degrees: Tensor) -> Tensor:
    return torch.cos(torch.deg2rad(degrees))


def _steps_across(ab: Tensor, reach: int) -> tuple[Tensor, Tensor]:
    """ab (N, 2, H, W) -> for each pair of neighbours x, x + 1 of a row, the distance of the colours at x - reach and
    x + 1 + reach, and how much of it lies between x - 1 and x + 2, along its own direction; (N, H, W - 2 reach - 1).
    """
    count = ab.shape[3] - 2 * reach - 1
    if count < 1:
        raise ValueError(f"photos must be larger than {2 * reach + 1} pixels, got {ab.shape[2]} x {ab.shape[3]}")

    def shifted(offset: int) -> Tensor:
        return ab[..., reach + offset : reach + offset + count]

    whole = shifted(1 + reach) - shifted(-reach)
    size = _length(whole)
    return size, ((shifted(2) - shifted(-1)) * whole).sum(1) / size.clamp(min=1e-6)
