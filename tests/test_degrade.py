"""Old photographs from new ones: what film and a century may and may not do to lightness."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from colorgan.color import rgb_to_lightness
from colorgan.degrade import age_lightness, film_lightness

COUNT = 512


def seeded(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


def photos(count: int = 8, height: int = 24, width: int = 36) -> Tensor:
    """Smooth colour with detail on top, (N, 3, H, W) in [0, 1]."""
    coarse = torch.rand(count, 3, 4, 4, generator=seeded(5))
    smooth = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")
    return (smooth + 0.1 * torch.rand(count, 3, height, width, generator=seeded(6))).clamp(0, 1)


def flat(red: float, green: float, blue: float) -> Tensor:
    return torch.tensor([red, green, blue], dtype=torch.float32).view(1, 3, 1, 1).expand(COUNT, 3, 1, 1)


def luminance(lightness: Tensor) -> Tensor:
    """L of flat photos (N, 1, 1, 1) -> Y (N,) in [0, 1], CIE 15:2004."""
    f = (lightness.flatten() + 16) / 116
    return torch.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))


def film_weights(share: float) -> Tensor:
    """What 512 films make of red, green and blue, (512, 3): each film's own sensitivities, read off primaries."""
    primaries = (flat(1, 0, 0), flat(0, 1, 0), flat(0, 0, 1))
    return torch.stack([luminance(film_lightness(colour, share, seeded(9))) for colour in primaries], 1)


# --- film -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 16, 9)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_film_gives_lightness(shape: tuple[int, int, int], dtype: torch.dtype) -> None:
    count, height, width = shape
    lightness = film_lightness(torch.rand(count, 3, height, width, dtype=dtype), 0.7, seeded())
    assert lightness.shape == (count, 1, height, width) and lightness.dtype == dtype
    assert lightness.amin() >= 0 and lightness.amax() <= 100


def test_no_film_is_plain_lightness() -> None:
    torch.testing.assert_close(film_lightness(photos(), 0.0, seeded()), rgb_to_lightness(photos()), atol=0.02, rtol=0)


def test_film_follows_its_generator_alone() -> None:
    first = film_lightness(photos(), 1.0, seeded(3))
    torch.manual_seed(99)
    assert torch.equal(film_lightness(photos(), 1.0, seeded(3)), first)
    assert not torch.equal(film_lightness(photos(), 1.0, seeded(4)), first)


def test_film_keeps_grays() -> None:
    """Whatever its sensitivity, film exposed to gray gives that gray."""
    grays = torch.linspace(0, 1, COUNT).view(COUNT, 1, 1, 1).expand(COUNT, 3, 1, 1)
    torch.testing.assert_close(film_lightness(grays, 1.0, seeded()), rgb_to_lightness(grays), atol=0.01, rtol=0)


def test_every_film_is_a_mixture() -> None:
    weights = film_weights(1.0)
    assert weights.amin() >= -1e-6
    torch.testing.assert_close(weights.sum(1), torch.ones(COUNT), atol=1e-4, rtol=0)


@pytest.mark.parametrize("share", [0.2, 1.0])
def test_film_changes_its_share(share: float) -> None:
    weights = film_weights(share)
    changed = (weights - torch.tensor([0.2126, 0.7152, 0.0722])).abs().amax(1) > 0.01
    assert changed.float().mean() == pytest.approx(share, abs=0.06)


def test_orthochromatic_film_darkens_red_and_lightens_blue() -> None:
    weights = film_weights(1.0)
    orthochromatic = weights[:, 0] < 0.1 + 1e-4
    # Half by design; one panchromatic film in a dozen or so comes out as blind to red.
    assert 0.4 < orthochromatic.float().mean() < 0.7
    assert weights[orthochromatic, 2].median() > 0.3  # CIE gives blue 0.07
    red, sky = flat(0.8, 0.1, 0.1), flat(0.4, 0.6, 0.95)
    for colour, is_darker in ((red, True), (sky, False)):
        film, eye = film_lightness(colour, 1.0, seeded(9)), rgb_to_lightness(colour)
        darker = (film < eye).flatten()[orthochromatic]
        assert darker.float().mean() > 0.95 if is_darker else darker.float().mean() < 0.05


@pytest.mark.parametrize("degrade", [film_lightness, age_lightness])
def test_bytes_and_bad_shapes_are_refused(degrade: Callable[[Tensor, float, torch.Generator], Tensor]) -> None:
    channels = 3 if degrade is film_lightness else 1
    for bad in (
        torch.zeros(1, channels, 4, 4, dtype=torch.uint8),
        torch.zeros(1, 2, 4, 4),
        torch.zeros(channels, 4, 4),
    ):
        with pytest.raises(ValueError, match=rf"must be floats \(N, {channels}, H, W\), got {bad.dtype} \("):
            degrade(bad, 1.0, seeded())


# --- a century ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 2, 5), (3, 16, 9), (2, 64, 48)])
def test_aging_keeps_shape_and_range(shape: tuple[int, int, int]) -> None:
    count, height, width = shape
    for value in range(20):
        aged = age_lightness(torch.rand(count, 1, height, width) * 100, 1.0, seeded(value))
        assert aged.shape == (count, 1, height, width)
        assert aged.isfinite().all() and aged.amin() >= 0 and aged.amax() <= 100


def test_no_aging_changes_nothing() -> None:
    lightness = rgb_to_lightness(photos())
    assert torch.equal(age_lightness(lightness, 0.0, seeded()), lightness)


def test_aging_follows_its_generator_alone_and_leaves_its_input() -> None:
    lightness = rgb_to_lightness(photos())
    before = lightness.clone()
    first = age_lightness(lightness, 1.0, seeded(3))
    torch.manual_seed(99)
    assert torch.equal(age_lightness(lightness, 1.0, seeded(3)), first)
    assert not torch.equal(age_lightness(lightness, 1.0, seeded(4)), first)
    assert torch.equal(lightness, before)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_aging_changes_its_share(share: float) -> None:
    """A photo that draws none of the seven faults stays as it was, even when it is its turn: one in about forty."""
    lightness = rgb_to_lightness(photos(COUNT, 8, 8))
    change = (age_lightness(lightness, share, seeded()) - lightness).abs().amax((1, 2, 3)) > 1e-3
    assert change.float().mean() == pytest.approx(share, abs=0.06)


def test_aged_photos_are_still_the_photo() -> None:
    """Most faults are mild: what was light stays lighter than what was dark."""
    lightness = rgb_to_lightness(photos(COUNT, 24, 24))
    aged = age_lightness(lightness, 1.0, seeded())
    pairs = torch.stack((lightness.flatten(1), aged.flatten(1)), 1)
    correlation = torch.stack([torch.corrcoef(pair)[0, 1] for pair in pairs])
    assert correlation.median() > 0.9
    assert correlation.quantile(0.05) > 0.4


def test_each_fault_shows_up() -> None:
    """On flat middle gray: faded or darkened as a whole, stained smoothly, grained finely, scratched in columns."""
    gray = torch.full((COUNT, 1, 32, 32), 50.0)
    aged = age_lightness(gray, 1.0, seeded())[:, 0]
    level = aged.mean((1, 2))
    assert level.std() > 5  # tone, fading, contrast
    fine = (aged[:, :, 1:] - aged[:, :, :-1])[:, 1:] - (aged[:, :, 1:] - aged[:, :, :-1])[:, :-1]
    grained = fine.std((1, 2)) > 0.2
    assert 0.3 < grained.float().mean() < 0.65  # drawn by half
    columns = aged.mean(1)
    jump = (columns[:, 1:-1] - (columns[:, :-2] + columns[:, 2:]) / 2).abs().amax(1)
    assert 0.05 < (jump > 8).float().mean() < 0.2  # scratches: 0.15, some of them faint
    smooth = ~grained & (jump < 1)
    assert (aged.std((1, 2))[smooth] > 1).float().mean() > 0.15  # stains: 0.3
