"""Objectives against numbers worked out by hand, and the properties their papers claim."""

import math

import pytest
import torch
from torch import Tensor, nn

from colorgan import losses, objectives

LOG2 = math.log(2.0)


def test_l1_and_l2_average_over_all_pixels_and_channels() -> None:
    made, true = torch.tensor([[[[1.0, 0.0]], [[0.0, 0.0]]]]), torch.tensor([[[[0.0, 0.0]], [[0.0, -3.0]]]])
    assert losses.l1(made, true).item() == pytest.approx((1 + 3) / 4)
    assert losses.l2(made, true).item() == pytest.approx((1 + 9) / 4)


@pytest.mark.parametrize("term", [losses.l1, losses.l2])
def test_pixel_terms_refuse_to_broadcast(term) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"\(1, 2, 4, 4\) and target \(1, 2, 1, 1\)"):
        term(torch.zeros(1, 2, 4, 4), torch.zeros(1, 2, 1, 1))


def test_smooth_l1_is_quadratic_below_the_bend_and_linear_above() -> None:
    # Huber: 0.5 d^2 / beta below beta, d - beta / 2 above; here d = 2 and d = 15 at beta = 5
    made = torch.tensor([2.0, 15.0]).view(1, 2, 1, 1)
    expected = (0.5 * 4 / 5 + (15 - 2.5)) / 2
    assert losses.smooth_l1(made, torch.zeros(1, 2, 1, 1)).item() == pytest.approx(expected)


def test_log_loss_of_an_undecided_discriminator_is_log_2() -> None:
    logits = torch.zeros(3, 1, 2, 2)
    assert losses.log_loss(logits, torch.ones(3)).item() == pytest.approx(LOG2)
    both = losses.discriminator_log_loss(logits, logits, torch.ones(3), torch.zeros(3))
    assert both.item() == pytest.approx(2 * LOG2)


def test_log_loss_weighs_each_image_by_its_own_label() -> None:
    # -log sigmoid(2) = 0.126928..., -log(1 - sigmoid(2)) = 2.126928...
    logits = torch.full((2, 1, 3, 3), 2.0)
    loss = losses.log_loss(logits, torch.tensor([1.0, 0.0]))
    assert loss.item() == pytest.approx((math.log1p(math.exp(-2)) + math.log1p(math.exp(2))) / 2)


def test_one_sided_smoothing_is_least_at_the_smoothed_probability() -> None:
    # Salimans et al. 2016: with label 0.9 the best answer to a real photo is D = 0.9, not 1
    grid = torch.linspace(-4, 6, 2001)
    found = torch.stack([losses.log_loss(logit.view(1, 1), torch.tensor([0.9])) for logit in grid])
    assert torch.sigmoid(grid[found.argmin()]).item() == pytest.approx(0.9, abs=1e-3)


def test_non_saturating_loss_keeps_its_gradient_when_the_discriminator_wins() -> None:
    logits = torch.full((1, 1), -20.0, requires_grad=True)
    losses.non_saturating(logits).backward()
    assert logits.grad is not None and logits.grad.item() == pytest.approx(-1.0, abs=1e-6)
    assert losses.non_saturating(torch.zeros(2, 1)).item() == pytest.approx(LOG2)


def test_wasserstein_is_the_gap_between_means() -> None:
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([0.5, -0.5])
    assert losses.critic_gap(real, fake).item() == pytest.approx(0.0 - 2.0)
    assert losses.raise_score(fake).item() == pytest.approx(0.0)
    assert losses.raise_score(real).item() == pytest.approx(-2.0)


def test_hinge_ignores_what_is_beyond_the_margin() -> None:
    # real: max(0, 1 - 2) = 0, max(0, 1 - 0.25) = 0.75; fake: max(0, 1 - 3) = 0, max(0, 1 + 0.5) = 1.5
    real, fake = torch.tensor([2.0, 0.25]), torch.tensor([-3.0, 0.5])
    assert losses.critic_hinge(real, fake).item() == pytest.approx(0.375 + 0.75)


def test_noisy_labels_move_clamp_and_flip() -> None:
    noise, flipped = torch.tensor([0.05, 0.3, -0.1, 0.0]), torch.tensor([False, False, False, True])
    assert objectives.noisy_labels(0.9, noise, flipped).tolist() == pytest.approx([0.95, 1.0, 0.8, 0.1])
    assert objectives.noisy_labels(0.0, noise, flipped).tolist() == pytest.approx([0.05, 0.3, 0.0, 1.0])


class Slope(nn.Module):
    """A linear critic: its gradient is `slope` at each of the pixels of an image."""

    def __init__(self, slope: float):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope))

    def forward(self, lightness: Tensor, colour: Tensor) -> Tensor:
        return self.slope * colour.sum((1, 2, 3))[:, None]


@pytest.mark.parametrize(("slope", "penalty"), [(0.5, 0.0), (1.0, 1.0), (0.0, 1.0)])
def test_gradient_penalty_of_a_linear_critic(slope: float, penalty: float) -> None:
    # 4 numbers to an image: the gradient's norm is 2 |slope|, the penalty (2 |slope| - 1)^2
    real, fake, mix = torch.randn(3, 1, 2, 2), torch.randn(3, 1, 2, 2), torch.rand(3, 1, 1, 1)
    critic = Slope(slope)
    loss = objectives.gradient_penalty(critic, real, real, fake, mix)
    assert loss.item() == pytest.approx(penalty, abs=1e-6)
    loss.backward()
    if slope:  # d/ds (2s - 1)^2 = 4 (2s - 1)
        assert critic.slope.grad is not None
        assert critic.slope.grad.item() == pytest.approx(4 * (2 * slope - 1), abs=1e-5)


def test_gradient_penalty_looks_between_the_two() -> None:
    seen: list[Tensor] = []

    def critic(lightness: Tensor, colour: Tensor) -> Tensor:
        seen.append(colour)
        return colour.sum((1, 2, 3))

    mix = torch.tensor([0.25, 1.0]).view(2, 1, 1, 1)
    real, fake = torch.full((2, 1, 2, 2), 8.0), torch.zeros(2, 1, 2, 2)
    objectives.gradient_penalty(critic, real, real, fake, mix)
    assert seen[0].amax((1, 2, 3)).tolist() == [2.0, 8.0]


def test_clip_weights_bounds_every_weight_in_place() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    objectives.clip_weights(network.parameters(), 0.01)
    assert max(parameter.abs().max().item() for parameter in network.parameters()) == pytest.approx(0.01)
    assert torch.equal(network[1].weight.detach(), torch.full((4,), 0.01))


def test_soft_cells_share_a_colour_between_its_neighbours() -> None:
    cells = torch.tensor([[0.0, 0.0], [10.0, 0.0], [50.0, 0.0]])
    index, weight = objectives.soft_cells(torch.tensor([5.0, 0.0]).view(1, 2, 1, 1), cells, neighbours=2)
    assert sorted(index.flatten().tolist()) == [0, 1]
    assert weight.flatten().tolist() == pytest.approx([0.5, 0.5])


def test_rebalancing_has_mean_1_over_the_photos_and_favours_the_rare() -> None:
    share = torch.tensor([0.9, 0.09, 0.01])
    weights = objectives.cell_rebalancing(share, power=0.5)
    assert (share * weights).sum().item() == pytest.approx(1.0)
    # sqrt(0.9 / 0.01) = 9.4868
    assert (weights[2] / weights[0]).item() == pytest.approx(9.4868, rel=1e-4)


def test_rebalanced_cross_entropy_of_a_uniform_guess() -> None:
    logits, cells = torch.zeros(1, 4, 2, 2), torch.eye(4, 2) * 30
    index, weight = objectives.soft_cells(torch.zeros(1, 2, 2, 2), cells, neighbours=3)
    loss = objectives.rebalanced_cross_entropy(logits, index, weight, torch.full((4,), 2.0))
    assert loss.item() == pytest.approx(2 * math.log(4))
