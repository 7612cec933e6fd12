"""What training minimises: pure functions of tensors, random parts passed in."""

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
