"""Other plausible colours for the same photo, drawn from the distribution head's probabilities.

The head gives each pixel a probability for every cell of the ab plane. A variant tilts them by one random field per
photo: a Gaussian process over (place, colour). Over colour its kernel is a radial basis function of the distance
between cells, so neighbouring colours rise together; over place it follows the network's own deep features, so
pixels of one object, which have like features, move together, and the change ends where the object does.
"""

import torch
from torch import Tensor

COLOUR_SCALE = 20.0  # ab units over which the tilt of neighbouring cells is alike
DIRECTIONS = 6  # random readings of the features, that is, how many ways objects can differ within one draw
TEMPERATURE = 0.6  # below 1 the mean of a spread distribution stays vivid (Zhang et al. 2016, section 2.3)


def draw_tilts(features: Tensor, cells: Tensor, count: int, strength: float, generator: torch.Generator) -> Tensor:
    """Features (C, h, w) of one photo, cells (Q, 2) in ab units -> `count` tilts of the logits, (count, Q, h, w).

    Each has unit variance times `strength`, before it is added to log-probabilities.
    """
    channels, height, width = features.shape
    flat = features.reshape(channels, -1)
    centred = flat - flat.mean(1, keepdim=True)
    centred = centred / centred.norm(dim=0, keepdim=True).clamp(min=1e-6)  # direction of the feature, not its size
    readings = torch.randn(count, DIRECTIONS, channels, generator=generator).to(features)
    places = torch.einsum("kdc,cp->kdp", readings, centred)  # about N(0, 1) a place, alike where features are alike
    places = torch.cat((places, torch.ones_like(places[:, :1])), 1)  # and one tilt for the whole photo
    root = torch.linalg.cholesky(_colour_kernel(cells.double())).float().to(features)
    colours = torch.randn(count, DIRECTIONS + 1, len(cells), generator=generator).to(features) @ root.T
    tilts = torch.einsum("kdp,kdq->kqp", places, colours) / (DIRECTIONS + 1) ** 0.5
    return strength * tilts.view(count, len(cells), height, width)


def expected_ab(logits: Tensor, cells: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Logits (N, Q, h, w), cells (Q, 2) in ab units -> mean ab (N, 2, h, w) of the sharpened distribution."""
    return torch.einsum("nqhw,qc->nchw", torch.softmax(logits / temperature, 1), cells)


def _colour_kernel(cells: Tensor) -> Tensor:
    """(Q, 2) -> (Q, Q), radial basis function of ab distance; the ridge keeps it positive definite."""
    kernel = torch.exp(-(torch.cdist(cells, cells) ** 2) / (2 * COLOUR_SCALE**2))
    return kernel + 1e-6 * torch.eye(len(cells), dtype=cells.dtype)
