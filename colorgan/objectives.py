"""What training minimises beside the losses of losses.py, as pure functions of tensors, random parts passed in.

The cross-entropy over cells of colour, the labels of a discriminator's batch, and what bounds a critic's slope.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.nn import functional


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


# --- labels -----------------------------------------------------------------------------------------------------


def noisy_labels(label: float, noise: Tensor, flipped: Tensor) -> Tensor:
    """The targets (N,) of a discriminator's batch: `label` plus `noise` (N,), or 1 minus that where `flipped` (N,).

    One-sided smoothing is `label=0.9` for real photos and 0 for generated ones (Salimans et al. 2016, section 3.4).
    The noise and the flips are drawn by the caller; results are kept in [0, 1], as log loss asks.
    """
    labels = (label + noise).clamp(0.0, 1.0)
    return torch.where(flipped, 1.0 - labels, labels)


# --- the critic's slope ------------------------------------------------------------------------------------------


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
