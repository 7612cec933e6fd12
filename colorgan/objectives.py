"""What training minimises: pure functions of tensors, random parts passed in."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.nn import functional


def smooth_l1(predicted_ab: Tensor, ab: Tensor, beta: float = 5.0) -> Tensor:
    """Mean Huber loss of ab (N, 2, H, W), quadratic below `beta` ab units and linear above (Huber 1964)."""
    return functional.smooth_l1_loss(predicted_ab, ab, beta=beta)


def soft_cells(ab: Tensor, cells: Tensor, neighbours: int = 5, sigma: float = 5.0) -> tuple[Tensor, Tensor]:
    """ab (N, 2, H, W) -> the nearest of the `cells` (Q, 2) and their weights, both (N, K, H, W); weights sum to 1.

    Gaussian weights on the nearest cells, so that a colour between two cells belongs to both
    (Zhang et al. 2016, section 2.1).
    """
    flat = ab.movedim(1, -1).reshape(-1, 2)
    distance = torch.cdist(flat, cells.to(flat))
    nearest, index = distance.topk(neighbours, largest=False)
    weight = torch.softmax(-(nearest**2) / (2 * sigma**2), 1)
    shape = (ab.shape[0], *ab.shape[2:], neighbours)
    return index.view(shape).movedim(-1, 1), weight.view(shape).movedim(-1, 1)


def rebalanced_cross_entropy(logits: Tensor, index: Tensor, weight: Tensor, cell_weights: Tensor) -> Tensor:
    """Logits (N, Q, H, W) against soft cells (N, K, H, W): mean cross-entropy, each pixel scaled by its nearest
    cell's entry in `cell_weights` (Q,), so that rare, vivid colours count (Zhang et al. 2016, equations 2 to 4)."""
    log_probability = functional.log_softmax(logits.float(), 1).gather(1, index)
    pixel = -(weight * log_probability).sum(1)
    return (pixel * cell_weights.to(pixel)[index[:, 0]]).mean()


def cell_rebalancing(share: Tensor, power: float = 0.3) -> Tensor:
    """Share of each cell in the training photos (Q,) -> loss weights share^-power, scaled to mean 1 over the photos."""
    weights = share.clamp(min=1e-6) ** -power
    return weights / (share * weights).sum()


# --- pixel terms ------------------------------------------------------------------------------------------------


def l1(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of two tensors of one shape (Isola et al. 2017, equation 3)."""
    _check_same_shape(predicted, target)
    return (predicted - target).abs().mean()


def l2(predicted: Tensor, target: Tensor) -> Tensor:
    """Squared difference averaged over all pixels and channels: what makes brown of an ambiguous colour."""
    _check_same_shape(predicted, target)
    return (predicted - target).square().mean()


# --- labels -----------------------------------------------------------------------------------------------------


def noisy_labels(label: float, noise: Tensor, flipped: Tensor) -> Tensor:
    """The targets (N,) of a discriminator's batch: `label` plus `noise` (N,), or 1 minus that where `flipped` (N,).

    One-sided smoothing is `label=0.9` for real photos and 0 for generated ones (Salimans et al. 2016, section 3.4).
    The noise and the flips are drawn by the caller; results are kept in [0, 1], as log loss asks.
    """
    labels = (label + noise).clamp(0.0, 1.0)
    return torch.where(flipped, 1.0 - labels, labels)


# --- adversarial terms ------------------------------------------------------------------------------------------
# Scores and logits are (N, ...), one per image or one per patch. A critic gives scores: higher means more real.


def log_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean log loss of logits (N, ...) against labels (N,) in [0, 1], 1 = real (Goodfellow et al. 2014, eq. 1)."""
    targets = labels.to(logits).view(-1, *[1] * (logits.ndim - 1)).expand_as(logits)
    return functional.binary_cross_entropy_with_logits(logits, targets)


def discriminator_log_loss(real: Tensor, fake: Tensor, real_labels: Tensor, fake_labels: Tensor) -> Tensor:
    """-E[log D(y)] - E[log(1 - D(G(x)))] for logits, with labels (N,) that may be smoothed, noisy or flipped."""
    return log_loss(real, real_labels) + log_loss(fake, fake_labels)


def non_saturating(fake: Tensor) -> Tensor:
    """-E[log D(G(x))] for logits: the generator's "alternative cost", whose gradient does not vanish when D wins."""
    return functional.softplus(-fake).mean()


def critic_gap(real: Tensor, fake: Tensor) -> Tensor:
    """E[f(G(x))] - E[f(y)], what a Wasserstein critic minimises (Arjovsky et al. 2017, algorithm 1)."""
    return fake.mean() - real.mean()


def critic_hinge(real: Tensor, fake: Tensor) -> Tensor:
    """E[max(0, 1 - f(y))] + E[max(0, 1 + f(G(x)))] (Lim and Ye 2017): scores beyond the margin stop mattering."""
    return functional.relu(1.0 - real).mean() + functional.relu(1.0 + fake).mean()


def raise_score(fake: Tensor) -> Tensor:
    """-E[f(G(x))], what the generator minimises against a Wasserstein or a hinge critic."""
    return -fake.mean()


def gradient_penalty(
    critic: Callable[[Tensor, Tensor], Tensor], lightness: Tensor, real: Tensor, fake: Tensor, mix: Tensor
) -> Tensor:
    """E[(|gradient of f at y'| - 1)^2] with y' = mix y + (1 - mix) G(x), mix (N, 1, 1, 1) uniform in [0, 1].

    Gulrajani et al. 2017, equation 3: the norm is over all pixels and channels of one image; the lightness is the
    critic's condition and is not moved.
    """
    between = (mix * real.detach() + (1.0 - mix) * fake.detach()).requires_grad_(True)
    scores = critic(lightness, between)
    (gradient,) = torch.autograd.grad(scores.reshape(len(scores), -1).mean(1).sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1.0).square().mean()


@torch.no_grad()
def clip_weights(parameters: Iterable[Tensor], limit: float) -> None:
    """Move every weight into [-limit, limit], in place: WGAN's way to bound the critic's slope (algorithm 1)."""
    for parameter in parameters:
        parameter.clamp_(-limit, limit)


def _check_same_shape(predicted: Tensor, target: Tensor) -> None:
    if predicted.shape != target.shape:
        raise ValueError(f"prediction {tuple(predicted.shape)} and target {tuple(target.shape)} differ in shape")
