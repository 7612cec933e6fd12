"""Frames seen small: beside what the network is shown, and lines beside those of photos."""

import numpy as np
import pytest
import torch
from cases.film import gray_frame, tiny_colorizer
from PIL import Image

from colorgan.film.views import WINDOW, fitted_lines, halved, small_frame
from colorgan.upsampling import fit_lines


@pytest.mark.parametrize("size", [(640, 272), (1920, 1080), (131, 75)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_what_is_seen_is_half_of_what_the_network_is_shown(size: tuple[int, int], mode: str) -> None:
    colorizer = tiny_colorizer()
    colorizer.view_size = 224
    image = Image.fromarray(gray_frame(3, size)).convert(mode)
    if mode == "RGB":
        image.paste((200, 40, 60), (0, 0, size[0] // 2, size[1] // 2))
    # At 1080p these are waves of three pixels.
    seen, wanted = small_frame(np.asarray(image), colorizer), halved(colorizer.view(image)[0, 0].numpy())
    assert seen.lightness.shape == wanted.shape and seen.lightness.dtype == np.float32
    assert np.abs(seen.lightness - wanted).mean() < 2.5 and abs(float(seen.lightness.mean() - wanted.mean())) < 0.5


def test_half_of_an_odd_size_is_rounded_up() -> None:
    assert halved(np.ones((7, 10, 2), np.float32)).shape == (4, 5, 2)
    assert (halved(np.array([[1, 3], [5, 7]], np.float32)) == [[4]]).all()


def test_lines_are_those_of_photos() -> None:
    """Fitted in smaller windows; but at the border, where windows see other places."""
    generator = torch.Generator().manual_seed(0)
    lightness, ab = 100 * torch.rand(1, 1, 40, 60, generator=generator), 60 * torch.randn(1, 2, 40, 60)
    wanted, inside = fit_lines(lightness, ab, radius=WINDOW // 2)[0].numpy(), slice(WINDOW, -WINDOW)
    ours = fitted_lines(lightness[0, 0].numpy(), ab[0].permute(1, 2, 0).numpy())
    np.testing.assert_allclose(ours[:, inside, inside], wanted[:, inside, inside], rtol=1e-3, atol=1e-3)


def test_lines_lead_to_a_plain_colour_everywhere() -> None:
    view = np.random.default_rng(0).uniform(0, 100, (33, 47)).astype(np.float32)
    lines = fitted_lines(view, np.full((33, 47, 2), (30, -20), np.float32))
    wanted = np.full((33, 47, 2), (30, -20)).transpose(2, 0, 1)
    np.testing.assert_allclose(lines[:2] * view + lines[2:], wanted, atol=1e-2)
