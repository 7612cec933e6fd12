"""Chroma on its way from the network's size to the photo's: evened out within edges, then along them."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from colorgan.upsampling import LEVELS, apply_lines, fit_lines, smooth_within_edges


def columns(*values: float, rows: int = 1) -> Tensor:
    """(1, 1, rows, W)."""
    return torch.tensor(values, dtype=torch.float64).expand(1, 1, rows, -1).contiguous()


def test_a_neighbour_counts_by_its_lightness() -> None:
    lightness, a = columns(10, 16, 90), columns(1, 2, 5)
    made = smooth_within_edges(lightness, a, levels=1, contrast=6.0)
    near = math.exp(-1)  # 6 L* away; 74 L* away counts nothing
    expected = [(1 + near * 2) / (1 + near), (2 + near * 1) / (1 + near), 5.0]
    torch.testing.assert_close(made[0, 0, 0], torch.tensor(expected, dtype=torch.float64))


def test_a_glow_beyond_an_outline_fades_and_nothing_crosses_the_outline() -> None:
    """A dark thing of a strong colour before a bright gray wall, and the colour runs 4 pixels over the outline."""
    inside = torch.arange(64) < 32
    lightness = torch.where(inside, 20.0, 80.0).expand(1, 1, 24, -1)
    glow = torch.where(inside, 40.0, (1 - (torch.arange(64) - 31) / 5).clamp(min=0) * 40)
    ab = torch.stack((glow, -glow)).view(1, 2, 1, -1).expand(-1, -1, 24, -1)
    made = smooth_within_edges(lightness, ab)
    torch.testing.assert_close(made[..., :32], ab[..., :32])  # nothing of the wall came in
    assert ab[0, 0, 0, 32] > 30 and made[0, 0, :, 32:].max() < 9


@given(
    height=st.integers(1, 20),
    width=st.integers(1, 20),
    seed=st.integers(0, 9),
    a=st.floats(-100, 100),
    b=st.floats(-100, 100),
)
def test_smoothing_keeps_one_colour_and_stays_between_the_colours(
    height: int, width: int, seed: int, a: float, b: float
) -> None:
    draws = torch.Generator().manual_seed(seed)
    lightness = 100 * torch.rand(1, 1, height, width, generator=draws, dtype=torch.float64)
    plain = torch.tensor([a, b], dtype=torch.float64).view(1, 2, 1, 1).expand(1, 2, height, width)
    torch.testing.assert_close(smooth_within_edges(lightness, plain), plain)
    mixed = torch.randn(3, 2, height, width, generator=draws, dtype=torch.float64)  # three variants of one photo
    made = smooth_within_edges(lightness, mixed)
    assert made.amax() <= mixed.amax() + 1e-9 and made.amin() >= mixed.amin() - 1e-9


def test_smoothing_reaches_15_pixels_to_each_side() -> None:
    ab = torch.zeros(1, 2, 41, 41)
    ab[..., 20, 20] = 1
    made = smooth_within_edges(torch.full((1, 1, 41, 41), 50.0), ab)
    seen = made[0, 0] > 0
    assert LEVELS == 4 and int(seen.any(0).sum()) == int(seen.any(1).sum()) == 2 * 15 + 1


def test_smoothing_lets_gradients_through_and_leaves_its_input_alone() -> None:
    ab = torch.randn(1, 2, 9, 9, requires_grad=True)
    before = ab.detach().clone()
    smooth_within_edges(100 * torch.rand(1, 1, 9, 9), ab).square().sum().backward()
    assert ab.grad is not None and bool((ab.grad != 0).all())
    assert torch.equal(ab.detach(), before)


@pytest.mark.parametrize("larger", [1, 3])
def test_chroma_that_is_a_line_of_lightness_is_found_again(larger: int) -> None:
    """The guided filter's model is exact where it holds, but for what its regularization takes from the slope."""
    ramp = torch.linspace(0, 100, 60).expand(1, 1, 40, -1)
    ab = torch.cat((0.5 * ramp - 10, -0.2 * ramp), 1)
    size = (40 * larger, 60 * larger)
    full = torch.nn.functional.interpolate(ramp, size, mode="bilinear")
    made = apply_lines(fit_lines(ramp, ab, regularization=1e-3), full)
    torch.testing.assert_close(made, torch.cat((0.5 * full - 10, -0.2 * full), 1), atol=0.6, rtol=0)
