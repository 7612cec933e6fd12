"""Colour: golden values from scikit-image, round trips, gradients, half types, and what sRGB cannot show."""

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import lab2rgb, rgb2lab
from torch import Tensor

from colorgan.color import (
    bytes_to_lightness,
    denormalize_lightness,
    desaturate,
    fit_chroma,
    lab_to_gamut_rgb,
    lab_to_rgb,
    linear_to_srgb,
    normalize_lightness,
    rgb_to_lab,
    rgb_to_lightness,
    srgb_to_linear,
)

# scikit-image 0.26.0, rgb2lab(colour, illuminant="D65", observer="2"). Its white point is rounded to five digits
# and ours is what the matrix makes of RGB white, so ab differ by up to 0.005 (its white has b = 0.0047, ours 0).
GOLDEN = {
    "black": ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    "white": ((1.0, 1.0, 1.0), (100.0, -0.0025, 0.0047)),
    "gray": ((0.5, 0.5, 0.5), (53.3890, -0.0015, 0.0028)),
    "red": ((1.0, 0.0, 0.0), (53.2406, 80.0923, 67.2028)),
    "green": ((0.0, 1.0, 0.0), (87.7351, -86.1830, 83.1797)),
    "blue": ((0.0, 0.0, 1.0), (32.2957, 79.1856, -107.8573)),
    "yellow": ((1.0, 1.0, 0.0), (97.1395, -21.5547, 94.4781)),
    "cyan": ((0.0, 1.0, 1.0), (91.1133, -48.0906, -14.1263)),
    "magenta": ((1.0, 0.0, 1.0), (60.3235, 98.2331, -60.8210)),
    "orange": ((1.0, 0.5, 0.0), (66.9565, 43.0713, 73.9592)),
    "skin": ((0.9, 0.7, 0.6), (76.7294, 15.0417, 20.1482)),
    "nearly black": ((0.0, 0.0, 0.02), (0.1009, 0.7091, -1.9300)),  # below both knees
}
WHITE_POINTS = 0.006

unit = st.floats(0.0, 1.0, width=32)


def image(*channels: float, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.tensor(channels, dtype=dtype).view(1, -1, 1, 1)


def seeded(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


def wild_lab(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """Every lightness under every ab up to 128: seven in eight of them are outside sRGB."""
    lightness = torch.rand(1, 1, 100, 100, generator=seeded(1), dtype=dtype) * 100
    return lightness, (torch.rand(1, 2, 100, 100, generator=seeded(2), dtype=dtype) * 2 - 1) * 128


def vivid_lab(gain: float = 1.5) -> tuple[Tensor, Tensor]:
    """Colours of sRGB with their chroma raised, as `vividness` does."""
    lightness, ab = rgb_to_lab(torch.rand(1, 3, 100, 100, generator=seeded(3), dtype=torch.float64))
    return lightness, gain * ab


def is_outside(lightness: Tensor, ab: Tensor) -> Tensor:
    rgb = lab_to_rgb(lightness, ab)
    return ((rgb < 0) | (rgb > 1)).any(1)


# --- conversions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOLDEN)
def test_rgb_to_lab_golden(name: str) -> None:
    rgb, lab = GOLDEN[name]
    lightness, ab = rgb_to_lab(image(*rgb))
    assert lightness.item() == pytest.approx(lab[0], abs=1e-4)
    assert ab.flatten().tolist() == pytest.approx(lab[1:], abs=WHITE_POINTS)
    assert rgb_to_lightness(image(*rgb)).item() == pytest.approx(lab[0], abs=1e-4)


@pytest.mark.parametrize("name", GOLDEN)
def test_lab_to_rgb_golden(name: str) -> None:
    rgb, lab = GOLDEN[name]
    assert lab_to_rgb(image(lab[0]), image(*lab[1:])).flatten().tolist() == pytest.approx(rgb, abs=5e-4)


def test_whole_pictures_agree_with_scikit_image() -> None:
    rgb = torch.rand(1, 3, 64, 48, generator=seeded(), dtype=torch.float64)
    lightness, ab = rgb_to_lab(rgb)
    lab = torch.cat((lightness, ab), 1)
    theirs = torch.from_numpy(rgb2lab(rgb[0].permute(1, 2, 0).numpy())).permute(2, 0, 1)[None]
    torch.testing.assert_close(lab, theirs, atol=WHITE_POINTS, rtol=0)
    back = torch.from_numpy(lab2rgb(lab[0].permute(1, 2, 0).numpy())).permute(2, 0, 1)[None]
    torch.testing.assert_close(lab_to_rgb(lightness, ab), back, atol=5e-4, rtol=0)


@pytest.mark.parametrize("value", [0.0, 0.02, 0.04045, 0.2, 0.5, 0.999, 1.0])
def test_grays_have_no_chroma(value: float) -> None:
    _, ab = rgb_to_lab(image(value, value, value))
    assert ab.abs().max() < 1e-10


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 5, 3), (0, 4, 4), (3, 1, 7)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shapes_and_dtypes(shape: tuple[int, int, int], dtype: torch.dtype) -> None:
    count, height, width = shape
    rgb = torch.rand(count, 3, height, width, dtype=dtype)
    lightness, ab = rgb_to_lab(rgb)
    assert lightness.shape == (count, 1, height, width) and ab.shape == (count, 2, height, width)
    for result in (
        lightness,
        ab,
        lab_to_rgb(lightness, ab),
        lab_to_gamut_rgb(lightness, ab),
        fit_chroma(lightness, ab),
    ):
        assert result.dtype == dtype
    assert lab_to_gamut_rgb(lightness, ab).shape == rgb.shape
    torch.testing.assert_close(rgb_to_lightness(rgb), lightness, atol=1e-4, rtol=0)


@settings(deadline=None)
@given(unit, unit, unit)
def test_round_trip(red: float, green: float, blue: float) -> None:
    rgb = image(red, green, blue)
    lightness, ab = rgb_to_lab(rgb)
    assert -1e-6 <= lightness.item() <= 100 + 1e-6
    assert -87 <= ab[0, 0].item() <= 99 and -108 <= ab[0, 1].item() <= 95  # what CHROMA_SCALE says of sRGB
    torch.testing.assert_close(lab_to_rgb(lightness, ab), rgb, atol=1e-8, rtol=0)
    single = lab_to_rgb(*rgb_to_lab(rgb.float()))
    torch.testing.assert_close(single.double(), rgb, atol=2e-5, rtol=0)


@settings(deadline=None)
@given(st.floats(-0.5, 2.0))
def test_transfer_curves_are_inverses(value: float) -> None:
    linear = torch.tensor(value, dtype=torch.float64)
    torch.testing.assert_close(srgb_to_linear(linear_to_srgb(linear)), linear, atol=1e-5, rtol=0)  # knees: 1e-5 apart


def test_transfer_curve_golden() -> None:
    # IEC 61966-2-1 by hand: 0.5 -> ((0.5 + 0.055) / 1.055)^2.4, and the straight part below 0.04045.
    assert srgb_to_linear(torch.tensor(0.5, dtype=torch.float64)).item() == pytest.approx(0.2140411)
    assert srgb_to_linear(torch.tensor(0.04, dtype=torch.float64)).item() == pytest.approx(0.04 / 12.92)
    assert linear_to_srgb(torch.tensor(0.003, dtype=torch.float64)).item() == pytest.approx(0.003 * 12.92)
    assert linear_to_srgb(torch.tensor(0.18, dtype=torch.float64)).item() == pytest.approx(0.4613561)


def test_bytes_look_up_what_floats_compute() -> None:
    pixels = torch.randint(0, 256, (40, 30, 3), generator=seeded(), dtype=torch.uint8)
    expected = rgb_to_lightness(pixels.permute(2, 0, 1)[None] / 255)
    torch.testing.assert_close(bytes_to_lightness(pixels), expected, atol=1e-4, rtol=0)
    gray = torch.arange(256, dtype=torch.uint8).view(16, 16)
    expected = rgb_to_lightness((gray / 255).expand(1, 3, 16, 16))
    torch.testing.assert_close(bytes_to_lightness(gray), expected, atol=1e-4, rtol=0)


def test_networks_see_lightness_in_the_unit_range() -> None:
    lightness = torch.tensor([0.0, 50.0, 100.0])
    assert normalize_lightness(lightness).tolist() == [-1.0, 0.0, 1.0]
    assert torch.equal(denormalize_lightness(normalize_lightness(lightness)), lightness)


# --- gradients and half types ---------------------------------------------------------------------------------------


def test_gradients_are_right_inside() -> None:
    rgb = (torch.rand(1, 3, 2, 2, generator=seeded(), dtype=torch.float64) * 0.8 + 0.1).requires_grad_()
    assert torch.autograd.gradcheck(rgb_to_lab, rgb)
    assert torch.autograd.gradcheck(rgb_to_lightness, rgb)
    lightness, ab = (part.detach().requires_grad_() for part in rgb_to_lab(rgb))
    assert torch.autograd.gradcheck(lab_to_rgb, (lightness, ab))
    assert torch.autograd.gradcheck(lab_to_gamut_rgb, (lightness, ab))


def test_gradients_are_right_outside_the_gamut() -> None:
    lightness = torch.tensor([35.0, 60.0, 85.0], dtype=torch.float64).view(1, 1, 1, 3).requires_grad_()
    ab = torch.tensor([[90.0, -70.0, 30.0], [60.0, 80.0, -70.0]], dtype=torch.float64).view(1, 2, 1, 3).requires_grad_()
    assert is_outside(lightness, ab).all()
    assert torch.autograd.gradcheck(lambda x, y: desaturate_lab(x, y), (lightness, ab))
    assert torch.autograd.gradcheck(fit_chroma, (lightness, ab))


def desaturate_lab(lightness: Tensor, ab: Tensor) -> Tensor:
    return desaturate(srgb_to_linear(lab_to_rgb(lightness, ab)), ((lightness + 16) / 116) ** 3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", GOLDEN)
def test_gradients_are_finite_at_the_corners(name: str, dtype: torch.dtype) -> None:
    rgb = image(*GOLDEN[name][0], dtype=dtype).requires_grad_()
    lightness, ab = rgb_to_lab(rgb)
    (lightness.sum() + ab.sum()).backward()
    assert rgb.grad is not None and rgb.grad.isfinite().all() and rgb.grad.abs().max() > 0
    for convert in (lab_to_rgb, lab_to_gamut_rgb, fit_chroma):
        light, colour = lightness.detach().requires_grad_(), ab.detach().requires_grad_()
        convert(light, colour).sum().backward()
        assert light.grad is not None and light.grad.isfinite().all(), convert.__name__
        assert colour.grad is not None and colour.grad.isfinite().all(), convert.__name__


@pytest.mark.parametrize("level", [0.0, 1e-7, 50.0, 100.0, -5.0, 105.0])  # networks may say any lightness
def test_gradients_are_finite_outside(level: float) -> None:
    for chroma in (0.0, 1e-6, 40.0, 300.0):
        lightness, ab = image(level).requires_grad_(), image(chroma, -chroma).requires_grad_()
        rgb = lab_to_gamut_rgb(lightness, ab)
        rgb.sum().backward()
        assert rgb.isfinite().all() and rgb.amin() >= 0 and rgb.amax() <= 1
        assert lightness.grad is not None and lightness.grad.isfinite().all()
        assert ab.grad is not None and ab.grad.isfinite().all()


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_half_types_are_computed_in_single(half: torch.dtype) -> None:
    rgb = torch.rand(1, 3, 8, 8, generator=seeded()).to(half)
    lightness, ab = rgb_to_lab(rgb)
    assert lightness.dtype == ab.dtype == torch.float32
    exact_lightness, exact_ab = rgb_to_lab(rgb.double())
    torch.testing.assert_close(lightness.double(), exact_lightness, atol=1e-4, rtol=0)
    torch.testing.assert_close(ab.double(), exact_ab, atol=1e-3, rtol=0)
    assert lab_to_gamut_rgb(lightness.to(half), ab.to(half)).dtype == torch.float32
    assert fit_chroma(lightness.to(half), ab.to(half)).dtype == torch.float32


def test_autocast_does_not_coarsen() -> None:
    """A matrix product under autocast runs in bfloat16: ab would be off by units."""
    rgb = torch.rand(2, 3, 32, 32, generator=seeded())
    lightness, ab = rgb_to_lab(rgb)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        cast_lightness, cast_ab = rgb_to_lab(rgb)
        cast_rgb = lab_to_gamut_rgb(lightness, 2 * ab)
    assert torch.equal(cast_lightness, lightness) and torch.equal(cast_ab, ab)
    assert torch.equal(cast_rgb, lab_to_gamut_rgb(lightness, 2 * ab))


# --- the gamut ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lab", [wild_lab(), vivid_lab(), vivid_lab(4.0)], ids=["wild", "vivid", "garish"])
def test_gamut_keeps_lightness_and_never_raises_chroma(lab: tuple[Tensor, Tensor]) -> None:
    lightness, ab = lab
    fitted, rgb = fit_chroma(lightness, ab), lab_to_gamut_rgb(lightness, ab)
    assert is_outside(lightness, ab).float().mean() > 0.5
    assert rgb.amin() >= 0 and rgb.amax() <= 1
    torch.testing.assert_close(rgb_to_lightness(rgb), lightness, atol=1e-3, rtol=0)
    assert (fitted.norm(dim=1) - ab.norm(dim=1)).amax() < 1e-6
    torch.testing.assert_close(fitted, rgb_to_lab(rgb)[1], atol=1e-3, rtol=0)  # it is what the picture shows


def test_gamut_leaves_what_fits_alone() -> None:
    rgb = torch.rand(1, 3, 50, 50, generator=seeded(4), dtype=torch.float64)
    rgb[..., :10, :] = rgb[..., :10, :].round()  # the corners of the cube too
    lightness, ab = rgb_to_lab(rgb)
    torch.testing.assert_close(lab_to_gamut_rgb(lightness, ab), rgb, atol=1e-6, rtol=0)
    torch.testing.assert_close(fit_chroma(lightness, ab), ab, atol=1e-5, rtol=0)


def test_gamut_keeps_the_hue_of_light_and_takes_the_most_chroma() -> None:
    """In linear light: straight towards gray, and not a step further than needed."""
    lightness, ab = wild_lab()
    outside = is_outside(lightness, ab)
    linear, shown = srgb_to_linear(lab_to_rgb(lightness, ab)), srgb_to_linear(lab_to_gamut_rgb(lightness, ab))
    gray = srgb_to_linear(lab_to_rgb(lightness, torch.zeros_like(ab)))
    wanted, kept = linear - gray, shown - gray
    share = kept.norm(dim=1, keepdim=True) / wanted.norm(dim=1, keepdim=True)
    torch.testing.assert_close(kept, wanted * share, atol=1e-5, rtol=0)
    further = (gray + kept * 1.001 + 1e-6 * kept.sign()).movedim(1, -1)[outside & (lightness[:, 0] > 1)]
    assert ((further.amin(1) < 0) | (further.amax(1) > 1)).all()


def test_gamut_turns_lab_hue_little() -> None:
    """The straight line to gray in linear light is not quite straight in Lab: measured for chroma raised by half."""
    lightness, ab = vivid_lab()
    fitted, outside = fit_chroma(lightness, ab), is_outside(lightness, ab)
    turn = torch.atan2(ab[:, 1], ab[:, 0]) - torch.atan2(fitted[:, 1], fitted[:, 0])
    degrees = torch.rad2deg(torch.atan2(turn.sin(), turn.cos()).abs())[outside]
    assert degrees.median() < 2.5 and degrees.max() < 20


def test_eight_bits_keep_lightness() -> None:
    for lightness, ab in (wild_lab(torch.float32), vivid_lab()):
        pixels = (lab_to_gamut_rgb(lightness, ab) * 255).round()
        error = (rgb_to_lightness(pixels / 255) - lightness).abs()
        assert error.mean() < 0.1 and error.max() < 0.5


def test_more_vividness_gives_more_chroma() -> None:
    """On average over sRGB, that is: near its edge a single dark blue can come out duller than it went in."""
    chroma = [fit_chroma(*vivid_lab(gain)).norm(dim=1).mean() for gain in (0.0, 0.25, 0.5, 1.0, 1.5)]
    assert chroma[0] < 1e-6
    assert all(more > less + 1 for less, more in pairwise(chroma)), chroma


# --- refusals -------------------------------------------------------------------------------------------------------

BAD_RGB = [
    (torch.rand(3, 4, 4), r"rgb must be \(N, 3, H, W\), got \(3, 4, 4\)"),
    (torch.rand(1, 4, 4, 4), r"rgb must be \(N, 3, H, W\), got \(1, 4, 4, 4\)"),
    (torch.zeros(1, 3, 4, 4, dtype=torch.uint8), "rgb must hold floats, got torch.uint8"),
]


@pytest.mark.parametrize(("rgb", "message"), BAD_RGB)
@pytest.mark.parametrize("convert", [rgb_to_lab, rgb_to_lightness])
def test_bad_rgb_is_refused(convert: Callable[[Tensor], Tensor], rgb: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        convert(rgb)


@pytest.mark.parametrize("convert", [lab_to_rgb, lab_to_gamut_rgb, fit_chroma])
def test_bad_lab_is_refused(convert: Callable[[Tensor, Tensor], Tensor]) -> None:
    good_lightness, good_ab = torch.zeros(1, 1, 4, 4), torch.zeros(1, 2, 4, 4)
    with pytest.raises(ValueError, match=r"lightness must be \(N, 1, H, W\), got \(1, 2, 4, 4\)"):
        convert(good_ab, good_ab)
    with pytest.raises(ValueError, match=r"ab must be \(N, 2, H, W\), got \(1, 1, 4, 4\)"):
        convert(good_lightness, good_lightness)
    with pytest.raises(ValueError, match=r"ab must hold floats, got torch.int64"):
        convert(good_lightness, good_ab.long())
