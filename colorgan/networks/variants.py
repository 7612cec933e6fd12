"""Other plausible colours for the same photo, drawn from the distribution head's probabilities.

The head gives each pixel a probability for every cell of the ab plane. A variant tilts them by one random field per
photo: a Gaussian process over (place, colour). Over colour its kernel is a radial basis function of the distance
between cells, so neighbouring colours rise together; over place it follows the network's own deep features, so
pixels of one object, which have like features, move together, and the change ends where the object does.
"""

import torch
from torch import Tensor

COLOUR_SCALE = 25.0  # ab units over which the tilt of neighbouring cells is alike
PARTS = 5  # how many groups of places, "objects", a photo is divided into
SHARPNESS = 10.0  # of the division, in units of cosine similarity between features
WHOLE_SHARE = 0.2  # of the tilt's variance is the same all over the photo, as weather and lamps are
TEMPERATURE = 0.6  # below 1 the mean of a spread distribution stays vivid (Zhang et al. 2016, section 2.3)


def draw_tilts(features: Tensor, cells: Tensor, count: int, strength: float, generator: torch.Generator) -> Tensor:
    """Features (C, h, w) of one photo, cells (Q, 2) in ab units -> `count` tilts of the logits, (count, Q, h, w).

    Each has a variance of about `strength` squared, before it is added to log-probabilities.
    """
    places = object_fields(features)
    root = torch.linalg.cholesky(_colour_kernel(cells.double().cpu())).float()
    # One draw a variant: a longer single draw would not begin with a shorter one's numbers.
    draws = [torch.randn(len(places), len(cells), generator=generator) for _ in range(count)]
    colours = torch.stack(draws) @ root.T
    return strength * torch.einsum("phw,kpq->kqhw", places, colours.to(features))


def object_fields(features: Tensor) -> Tensor:
    """Features (C, h, w) -> fields (1 + PARTS, h, w) whose squares sum to about 1: a constant, then each part's
    membership, by soft k-means on the direction of the features (it starts from the farthest points: no draw)."""
    channels, height, width = features.shape
    flat = features.reshape(channels, -1)
    flat = flat - flat.mean(1, keepdim=True)
    directions = flat / flat.norm(dim=0).clamp(min=1e-6)  # (C, P)
    centres = [flat[:, flat.norm(dim=0).argmax()]]
    for _ in range(PARTS - 1):
        nearest = torch.stack([_unit(centre) @ directions for centre in centres]).amax(0)
        centres.append(directions[:, nearest.argmin()])
    means = torch.stack([_unit(centre) for centre in centres])  # (K, C)
    for _ in range(8):
        membership = torch.softmax(SHARPNESS * means @ directions, 0)  # (K, P)
        means = _unit(membership @ directions.T)
    fields = torch.cat((membership.new_full((1, membership.shape[1]), WHOLE_SHARE), (1 - WHOLE_SHARE) * membership))
    return fields.sqrt().view(-1, height, width)


def _unit(vectors: Tensor) -> Tensor:
    """Vectors (..., C) of length 1."""
    return vectors / vectors.norm(dim=-1, keepdim=True).clamp(min=1e-6)


def expected_ab(logits: Tensor, cells: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Logits (N, Q, h, w), cells (Q, 2) in ab units -> mean ab (N, 2, h, w) of the sharpened distribution."""
    return torch.einsum("nqhw,qc->nchw", torch.softmax(logits / temperature, 1), cells)


def _colour_kernel(cells: Tensor) -> Tensor:
    """(Q, 2) -> (Q, Q), radial basis function of ab distance; the ridge keeps it positive definite."""
    kernel = torch.exp(-(torch.cdist(cells, cells) ** 2) / (2 * COLOUR_SCALE**2))
    return kernel + 1e-6 * torch.eye(len(cells), dtype=cells.dtype)
