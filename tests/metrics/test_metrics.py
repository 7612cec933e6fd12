"""Metrics: published tables, other implementations, cases whose answer is known, and intervals that cover."""

import math
from itertools import pairwise

import numpy as np
import pytest
import scipy.linalg
import scipy.spatial.distance
import skimage.metrics
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import deltaE_ciede2000
from torch import Tensor

from colorgan.color import fit_chroma, lab_to_gamut_rgb, rgb_to_lab
from colorgan.intervals import Interval, bootstrap
from colorgan.metrics import per_photo as metrics
from colorgan.metrics import sets
from colorgan.metrics.metric import RatioMetric
from colorgan.metrics.pictures import Pictures
from colorgan.metrics.table import BY_KEY

# Sharma, Wu and Dalal 2005, "The CIEDE2000 color-difference formula: implementation notes, supplementary test data,
# and mathematical observations", table 1: L a b of two colours and their difference, all 34 pairs.
SHARMA = """
50.0000 2.6772 -79.7751 50.0000 0.0000 -82.7485 2.0425
50.0000 3.1571 -77.2803 50.0000 0.0000 -82.7485 2.8615
50.0000 2.8361 -74.0200 50.0000 0.0000 -82.7485 3.4412
50.0000 -1.3802 -84.2814 50.0000 0.0000 -82.7485 1.0000
50.0000 -1.1848 -84.8006 50.0000 0.0000 -82.7485 1.0000
50.0000 -0.9009 -85.5211 50.0000 0.0000 -82.7485 1.0000
50.0000 0.0000 0.0000 50.0000 -1.0000 2.0000 2.3669
50.0000 -1.0000 2.0000 50.0000 0.0000 0.0000 2.3669
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0009 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0010 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0011 7.2195
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0012 7.2195
50.0000 -0.0010 2.4900 50.0000 0.0009 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0010 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0011 -2.4900 4.7461
50.0000 2.5000 0.0000 50.0000 0.0000 -2.5000 4.3065
50.0000 2.5000 0.0000 73.0000 25.0000 -18.0000 27.1492
50.0000 2.5000 0.0000 61.0000 -5.0000 29.0000 22.8977
50.0000 2.5000 0.0000 56.0000 -27.0000 -3.0000 31.9030
50.0000 2.5000 0.0000 58.0000 24.0000 15.0000 19.4535
50.0000 2.5000 0.0000 50.0000 3.1736 0.5854 1.0000
50.0000 2.5000 0.0000 50.0000 3.2972 0.0000 1.0000
50.0000 2.5000 0.0000 50.0000 1.8634 0.5757 1.0000
50.0000 2.5000 0.0000 50.0000 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""
PAIRS = torch.tensor([[float(number) for number in row.split()] for row in SHARMA.split("\n")[1:-1]]).double()


def seeded(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


def photos(count: int = 3, height: int = 24, width: int = 31, seed: int = 0) -> Tensor:
    """Smooth colour with detail on top, RGB (N, 3, H, W) in [0, 1]."""
    coarse = torch.rand(count, 3, 5, 5, generator=seeded(seed), dtype=torch.float64)
    detail = torch.rand(count, 3, height, width, generator=seeded(seed + 1), dtype=torch.float64)
    return (torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear") + 0.1 * detail).clamp(0, 1)


def flat_ab(a: float, b: float, count: int = 2, side: int = 6) -> Tensor:
    return torch.tensor([a, b], dtype=torch.float64).view(1, 2, 1, 1).expand(count, 2, side, side)


# --- distance to the truth ------------------------------------------------------------------------------------------


def test_psnr_and_rmse_agree_with_scikit_image_photo_by_photo() -> None:
    predicted, truth = photos(seed=1), photos(seed=5)
    for index in range(len(truth)):
        pair = (truth[index].numpy(), predicted[index].numpy())
        assert metrics.psnr(predicted, truth)[index].item() == pytest.approx(
            skimage.metrics.peak_signal_noise_ratio(*pair, data_range=1)
        )
        assert metrics.rmse(predicted, truth)[index].item() ** 2 == pytest.approx(
            skimage.metrics.mean_squared_error(*pair)
        )


def test_psnr_by_hand() -> None:
    truth = torch.zeros(2, 3, 4, 4)
    assert metrics.psnr(truth + 0.1, truth).tolist() == pytest.approx([20.0, 20.0], abs=1e-4)
    assert metrics.psnr(truth, truth).tolist() == [math.inf, math.inf]
    # ab off by (3, 4): mean square 12.5 over both channels, peak 220.
    ab = flat_ab(10, -20)
    assert metrics.ab_psnr(ab + flat_ab(3, 4), ab).tolist() == pytest.approx([10 * math.log10(220**2 / 12.5)] * 2)
    assert metrics.rmse(ab + flat_ab(3, 4), ab).tolist() == pytest.approx([math.sqrt(12.5)] * 2)


def test_ssim_agrees_with_scikit_image() -> None:
    predicted, truth = photos(seed=1), (photos(seed=1) + 0.2 * photos(seed=8)).clamp(0, 1)
    found = metrics.ssim(predicted, truth)
    for index in range(len(truth)):
        expected = skimage.metrics.structural_similarity(
            truth[index].numpy(),
            predicted[index].numpy(),
            data_range=1,
            channel_axis=0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        assert found[index].item() == pytest.approx(expected, abs=1e-9)
        assert 0.1 < expected < 0.95
    torch.testing.assert_close(metrics.ssim(truth, truth), torch.ones(3, dtype=torch.float64))
    with pytest.raises(ValueError, match="at least 11 x 11, got 10 x 40"):
        metrics.ssim(torch.rand(1, 3, 10, 40), torch.rand(1, 3, 10, 40))


@pytest.mark.parametrize("swapped", [False, True])
def test_ciede2000_gives_sharmas_whole_table(swapped: bool) -> None:
    assert PAIRS.shape == (34, 7)
    first, second = PAIRS[:, :3, None, None], PAIRS[:, 3:6, None, None]
    if swapped:
        first, second = second, first
    found = metrics.ciede2000(first[:, :1], first[:, 1:], second[:, :1], second[:, 1:]).flatten()
    torch.testing.assert_close(found, PAIRS[:, 6], atol=5.1e-5, rtol=0)


def test_ciede2000_agrees_with_scikit_image() -> None:
    predicted, truth = photos(seed=1), photos(seed=5)
    labs = [torch.cat(rgb_to_lab(image), 1).movedim(1, -1).numpy() for image in (predicted, truth)]
    expected = deltaE_ciede2000(*labs).ravel()
    assert differences(predicted, truth).numpy() == pytest.approx(expected, rel=1e-9)
    assert differences(predicted.float(), truth.float()).numpy() == pytest.approx(expected, rel=1e-3, abs=1e-4)
    assert not differences(truth, truth).any()


def differences(predicted: Tensor, truth: Tensor) -> Tensor:
    return metrics.ciede2000(*rgb_to_lab(predicted), *rgb_to_lab(truth)).flatten()


# --- how much colour ------------------------------------------------------------------------------------------------


def test_colourfulness_by_hand() -> None:
    halves = torch.zeros(1, 3, 2, 2)
    halves[:, 0, :, 0] = 1.0  # half red (rg 255, yb 127.5), half black (0, 0): spread and mean are half of each
    half = math.hypot(255 / 2, 127.5 / 2)
    assert metrics.colourfulness(halves).item() == pytest.approx(half + 0.3 * half, rel=1e-5)
    assert metrics.colourfulness(torch.rand(1, 1, 8, 8).expand(1, 3, 8, 8)).item() == 0
    truth = photos()
    dull = truth.mean(1, keepdim=True) * 0.5 + truth * 0.5  # M3 is linear in the distance from gray
    torch.testing.assert_close(metrics.colourfulness_gap(dull, truth), metrics.colourfulness(truth) / 2)
    torch.testing.assert_close(metrics.colourfulness_gap(truth, dull), metrics.colourfulness(truth) / 2)


def test_chroma_ratio_is_a_ratio_of_sums() -> None:
    vivid, pale = flat_ab(30, 40, count=1), flat_ab(0, 1, count=1)  # chroma 50 and 1
    truth, predicted = torch.cat((vivid, pale)), torch.cat((vivid / 2, pale * 10))
    assert metrics.mean_chroma(truth).tolist() == [50, 1]
    rgb, lightness = torch.zeros(2, 3, 6, 6), torch.full((2, 1, 6, 6), 50.0)
    pictures, true = (Pictures(rgb, lightness, ab) for ab in (predicted, truth))
    ratio = BY_KEY["chroma_ratio"]
    assert isinstance(ratio, RatioMetric)
    assert ratio.of_pictures(pictures, true) == pytest.approx((25 + 10) / 51)
    assert ratio.of_pictures(true, true) == 1


def test_vividness_curve_ends_where_it_should() -> None:
    truth = photos()
    lightness, ab = rgb_to_lab(truth)
    decibels, chroma = metrics.vividness_curve(lightness, ab / 2, truth, (0.0, 1.0, 2.0, 6.0))
    assert decibels.shape == chroma.shape == (4, 3)
    gray = lab_to_gamut_rgb(lightness, 0 * ab)
    torch.testing.assert_close(decibels[0], metrics.psnr(gray, truth))
    torch.testing.assert_close(chroma[0], torch.zeros(3, dtype=torch.float64), atol=1e-6, rtol=0)
    assert (decibels[2] > 60).all()  # twice the half is the truth
    torch.testing.assert_close(chroma[2], metrics.mean_chroma(ab), atol=1e-3, rtol=0)
    assert (decibels[3] < decibels[1]).all()
    torch.testing.assert_close(chroma[3], metrics.mean_chroma(fit_chroma(lightness, 3 * ab)), atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("rgb", "is_warm"),
    [((1, 0, 0), True), ((0.6, 0.4, 0.2), True), ((1, 1, 0), True), ((0, 1, 0), False), ((0.3, 0.5, 1), False)],
    ids=["red", "brown", "yellow", "green", "sky"],
)
def test_warm_hues(rgb: tuple[float, ...], is_warm: bool) -> None:
    _, ab = rgb_to_lab(torch.tensor(rgb, dtype=torch.float64).view(1, 3, 1, 1))
    assert metrics.warm_share(ab).tolist() == [float(is_warm)]


def test_warm_share_is_weighed_by_chroma() -> None:
    ab = torch.cat((flat_ab(30, 30, count=1, side=2), flat_ab(0, -10, count=1, side=2)), 3)
    warm = math.hypot(30, 30)
    assert metrics.warm_share(ab).item() == pytest.approx(warm / (warm + 10))
    assert metrics.warm_share(flat_ab(0, 0)).tolist() == [0, 0]


# --- bleeding and diversity -----------------------------------------------------------------------------------------


def step_photo(low: float = 30.0, high: float = 70.0) -> tuple[Tensor, Tensor]:
    """Left dark and blue, right light and yellow: L (1, 1, 32, 64), ab (1, 2, 32, 64), both step at column 32."""
    right = (torch.arange(64) >= 32).double().view(1, 1, 1, 64).expand(1, 1, 32, 64)
    return low + (high - low) * right, torch.cat((torch.zeros_like(right), 80 * right - 40), 1)


def blurred(ab: Tensor, radius: int) -> Tensor:
    size = 2 * radius + 1
    padded = torch.nn.functional.pad(ab, (radius, radius, radius, radius), mode="replicate")
    return torch.nn.functional.avg_pool2d(padded, size, 1)


def test_bleeding_is_colour_that_slopes_over_an_outline() -> None:
    lightness, ab = step_photo()
    found = [metrics.colour_bleeding(lightness, blurred(ab, radius), ab).item() for radius in (0, 1, 2, 4, 10)]
    # A blur of radius r makes 2 r + 1 equal slopes of the step, of which three are within a pixel of the outline and
    # 13 within reach.
    assert found == pytest.approx([0, 0, 1 - 3 / 5, 1 - 3 / 9, 1 - 3 / 13])
    assert metrics.colour_bleeding(lightness, 0.5 * blurred(ab, 2), ab).item() == pytest.approx(found[2])  # as dull
    assert metrics.colour_bleeding(lightness, ab, blurred(ab, 2)).item() == pytest.approx(-found[2])  # a soft truth


def test_what_is_not_bleeding() -> None:
    lightness, ab = step_photo()
    assert metrics.colour_bleeding(lightness, 0 * ab, ab).item() == 0  # gray
    assert metrics.colour_bleeding(lightness, -ab, ab).item() == 0  # wrong colours with clean edges
    shifted = torch.cat((ab[..., 1:], ab[..., -1:]), 3)
    assert metrics.colour_bleeding(lightness, shifted, ab).item() == pytest.approx(0)  # an edge one pixel off
    far = ab.clone()
    far[..., :10] += 50  # a blotch far from the outline
    assert metrics.colour_bleeding(lightness, far, ab).item() == pytest.approx(0)
    weak, _ = step_photo(48, 52)
    assert metrics.colour_bleeding(weak, blurred(ab, 4), ab).item() == 0  # no edge of lightness
    assert metrics.colour_bleeding(lightness, blurred(ab, 4), 0.1 * ab).item() == 0  # the truth has no step there
    with pytest.raises(ValueError, match="larger than 13 pixels, got 13 x 13"):
        metrics.colour_bleeding(lightness[..., :13, :13], ab[..., :13, :13], ab[..., :13, :13])


def test_bleeding_reads_the_same_on_its_side_and_per_photo() -> None:
    lightness, ab = step_photo()
    sloping = blurred(ab, 3)
    upright = metrics.colour_bleeding(lightness, sloping, ab)
    turned = metrics.colour_bleeding(*(image.transpose(2, 3) for image in (lightness, sloping, ab)))
    torch.testing.assert_close(turned, upright)
    both = metrics.colour_bleeding(lightness.repeat(2, 1, 1, 1), torch.cat((sloping, ab)), ab.repeat(2, 1, 1, 1))
    torch.testing.assert_close(both, torch.cat((upright, torch.zeros(1, dtype=torch.float64))))


def test_softer_colour_bleeds_more() -> None:
    """On shapes with outlines in every direction, as a network does that paints at 1/4, 1/8 and 1/16 of the size."""
    rows, columns = torch.meshgrid(torch.arange(96.0), torch.arange(96.0), indexing="ij")
    disc = ((rows - 47) ** 2 + (columns - 50) ** 2 < 30**2).double()[None, None]
    ab = torch.cat((60 * disc - 20, 10 - 50 * disc), 1) + torch.randn(1, 2, 96, 96, generator=seeded())
    found = []
    for factor in (1, 4, 8, 16):
        small = torch.nn.functional.avg_pool2d(ab, factor)
        painted = torch.nn.functional.interpolate(small, scale_factor=factor, mode="bilinear")
        found.append(metrics.colour_bleeding(40 + 30 * disc, painted, ab).item())
    assert found[0] == 0
    assert all(softer > sharper + 0.02 for sharper, softer in pairwise(found)), found


def test_diversity_is_the_mean_distance_of_pairs() -> None:
    variants = torch.stack((flat_ab(0, 0), flat_ab(3, 4), flat_ab(0, 10)), 1)
    pairs = (5.0, 10.0, math.hypot(3, 6))
    assert metrics.diversity(variants).tolist() == pytest.approx([sum(pairs) / 3] * 2)
    assert metrics.diversity(flat_ab(1, 2)[:, None].repeat(1, 4, 1, 1, 1)).tolist() == [0, 0]
    with pytest.raises(ValueError, match=r"variants must be \(N, at least 2, 2, H, W\), got \(2, 1, 2, 6, 6\)"):
        metrics.diversity(flat_ab(1, 2)[:, None])


# --- sets -----------------------------------------------------------------------------------------------------------


def test_ab_histogram_counts_cells() -> None:
    ab = torch.tensor([[4.9, -4.9, 5.1, 300.0], [0.0, 0.0, -14.0, -300.0]]).view(1, 2, 2, 2)
    histogram = sets.ab_histogram(ab).view(23, 23)
    assert histogram[11, 11] == 0.5 and histogram[12, 10] == 0.25 and histogram[22, 0] == 0.25
    assert sets.ab_histogram(photos()[:, :2] * 200 - 100).sum(1).tolist() == pytest.approx([1, 1, 1])


def test_histogram_distance_agrees_with_scipy() -> None:
    first, second = torch.rand(4, 9, generator=seeded(1)).double(), torch.rand(4, 9, generator=seeded(2)).double()
    first[:, :3] = 0
    second[:, -3:] = 0
    expected = [scipy.spatial.distance.jensenshannon(p, q, base=2) for p, q in zip(first, second, strict=True)]
    assert sets.histogram_distance(first, second).tolist() == pytest.approx(expected)
    assert sets.histogram_distance(first, 7 * first).tolist() == pytest.approx([0] * 4, abs=1e-7)
    assert sets.histogram_distance(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])).item() == 1


def test_sepia_is_further_from_real_colours_than_other_real_colours() -> None:
    _, ab = rgb_to_lab(photos(40, seed=1))
    _, others = rgb_to_lab(photos(40, seed=7))
    sepia = torch.stack((0.2 * ab[:, 1].abs(), 0.5 * ab[:, 1].abs()), 1)
    real, other, brown = (sets.ab_histogram(x).mean(0) for x in (ab, others, sepia))
    assert sets.histogram_distance(other, real) < 0.3 < sets.histogram_distance(brown, real)


def features(count: int, size: int, seed: int) -> Tensor:
    mixing = torch.randn(size, size, generator=seeded(seed + 100))
    return torch.randn(count, size, generator=seeded(seed)) @ mixing + torch.rand(size, generator=seeded(seed))


def test_frechet_distance_agrees_with_scipys_matrix_root() -> None:
    first, second = features(200, 6, 1), features(150, 6, 2)
    a, b = (np.cov(x.double().numpy().T) for x in (first, second))
    gap = ((first.double().mean(0) - second.double().mean(0)) ** 2).sum().item()
    expected = gap + np.trace(a + b - 2 * scipy.linalg.sqrtm(a @ b).real)
    assert sets.frechet_distance(first, second) == pytest.approx(expected, rel=1e-8)
    assert sets.frechet_distance(second, first) == pytest.approx(expected, rel=1e-8)


def test_frechet_distance_by_hand() -> None:
    first = torch.tensor([[-1.0], [1.0]])  # mean 0, variance 2; scaled by 3 and moved by 5: (3 - 1)^2 * 2 + 25
    assert sets.frechet_distance(first, 3 * first + 5) == pytest.approx(33)
    few = features(5, 20, 3)  # fewer photos than features: a singular covariance
    assert sets.frechet_distance(few, few) == pytest.approx(0, abs=1e-3)
    assert sets.frechet_distance(few, few + 1) == pytest.approx(20, abs=1e-3)


def test_kernel_distance_by_hand() -> None:
    first, second = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[1.0, 1.0], [0.0, 0.0], [2.0, 0.0]])
    # (x y / 2 + 1)^3: within the first 1; within the second 1, 1 and 8; across 1.5^3, 1, 8 and 1.5^3, 1, 1.
    within_second, across = (1 + 8 + 1) / 3, (1.5**3 + 1 + 8 + 1.5**3 + 1 + 1) / 6
    assert sets.kernel_distance(first, second) == pytest.approx(1 + within_second - 2 * across)


def test_kernel_distance_is_unbiased() -> None:
    """Over many small draws from one distribution its mean is 0; a biased estimate would be above."""
    draws = torch.randn(300, 2, 10, 4, generator=seeded())
    values = torch.tensor([sets.kernel_distance(*pair) for pair in draws])
    error = values.std() / len(values) ** 0.5
    assert abs(values.mean()) < 3 * error
    assert values.min() < 0
    assert sets.kernel_distance(draws[0, 0], draws[0, 1] + 2) > 5 * values.max()


@pytest.mark.parametrize("distance", [sets.frechet_distance, sets.kernel_distance])
def test_bad_features_are_refused(distance) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"features must be .*, got \(5, 3\) and \(5, 4\)"):
        distance(torch.rand(5, 3), torch.rand(5, 4))
    with pytest.raises(ValueError, match=r"at least 2 photos, got \(1, 3\)"):
        distance(torch.rand(1, 3), torch.rand(5, 3))


# --- the classifier -------------------------------------------------------------------------------------------------


def colours(count: int, seed: int) -> Tensor:
    return rgb_to_lab(photos(count, 16, 16, seed).float())[1]


def test_a_classifier_sees_dull_colours_but_no_difference_where_there_is_none() -> None:
    ab = colours(80, 3)
    right = sets.classifier_two_sample(0.4 * ab, ab, seed=1, steps=60)
    assert right.shape == (40,) and set(right.unique().tolist()) <= {0.0, 0.5, 1.0}
    assert mean_interval(right).low > 0.8
    null = sets.classifier_two_sample(colours(80, 11), ab, seed=1, steps=60)  # other photos of the same kind
    assert mean_interval(null).low < 0.5 < mean_interval(null).high
    assert sets.classifier_two_sample(ab, ab, steps=1).eq(0.5).all()  # one answer for two equal photos


def test_the_classifier_is_deterministic_and_leaves_no_trace() -> None:
    ab = colours(24, 3)
    torch.manual_seed(7)
    state = torch.get_rng_state()
    with torch.inference_mode():  # an evaluation's usual mode
        first = sets.classifier_two_sample(ab.flip(1), ab, seed=4, steps=2)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(8)
    assert torch.equal(sets.classifier_two_sample(ab.flip(1), ab, seed=4, steps=2), first)
    assert not torch.is_inference_mode_enabled() and torch.is_grad_enabled()
    with pytest.raises(ValueError, match=r"at least 4 photos of at least 8 x 8, got \(3, 2, 16, 16\)"):
        sets.classifier_two_sample(ab[:3], ab[:3])


# --- intervals ------------------------------------------------------------------------------------------------------


def mean_interval(values: Tensor, seed: int = 0) -> Interval:
    """One value per photo (N,) -> their mean with its interval."""
    [estimate] = bootstrap.estimate_means(values[:, None], seed)
    return estimate.interval


def test_bootstrap_means_are_means_of_draws() -> None:
    values = torch.tensor([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    means = bootstrap.bootstrap_means(values, seed=3, resamples=5000)
    assert means.shape == (5000, 2) and means.dtype == torch.float64
    torch.testing.assert_close(means[:, 1], 10 * means[:, 0])  # the same draw for both columns
    possible = {
        round(sum(draw) / 3, 6) for draw in [(a, b, c) for a in (1, 2, 4) for b in (1, 2, 4) for c in (1, 2, 4)]
    }
    assert {round(value, 6) for value in means[:, 0].tolist()} == possible
    torch.testing.assert_close(means.mean(0), values.double().mean(0), atol=0.5, rtol=0.02)
    assert torch.equal(bootstrap.bootstrap_means(values, seed=3, resamples=5000), means)
    assert not torch.equal(bootstrap.bootstrap_means(values, seed=4, resamples=5000), means)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    samples = torch.randn(300, 60, generator=seeded(5)) + 3
    found = [mean_interval(sample, seed=9) for sample in samples]
    covered = sum(interval.low <= 3 <= interval.high for interval in found) / len(found)
    assert 0.90 < covered < 0.98
    widths = torch.tensor([interval.high - interval.low for interval in found])
    assert widths.mean().item() == pytest.approx(2 * 1.96 / 60**0.5, rel=0.05)


def test_paired_differences_cancel_what_both_share() -> None:
    hardness = 5 * torch.randn(80, generator=seeded(1))
    first = hardness + 0.2 + 0.1 * torch.randn(80, generator=seeded(2))
    [one, other] = bootstrap.estimate_means(torch.stack((first, hardness), 1))
    difference = (one - other).interval
    assert 0.1 < difference.low < difference.value < difference.high < 0.3
    assert difference.value == pytest.approx(float((first.double() - hardness.double()).mean()))
    alone = one.interval
    assert alone.high - alone.low > 10 * (difference.high - difference.low)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20), st.integers(0, 5))
def test_an_interval_is_around_its_value_and_inside_the_data(values: list[float], seed: int) -> None:
    interval = mean_interval(torch.tensor(values, dtype=torch.float64), seed=seed)
    slack = 1e-9 * (1 + max(abs(value) for value in values))
    assert min(values) - slack <= interval.low <= interval.high <= max(values) + slack
    assert interval.value == pytest.approx(sum(values) / len(values), abs=slack)


def test_values_without_meaning_are_refused() -> None:
    for metric in (metrics.psnr, metrics.ssim, metrics.ab_psnr):
        with pytest.raises(ValueError, match=r"have one shape, got \(1, 3, 12, 12\) and \(1, 3, 12, 13\)"):
            metric(torch.rand(1, 3, 12, 12), torch.rand(1, 3, 12, 13))
