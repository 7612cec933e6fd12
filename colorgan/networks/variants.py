"""Other plausible colours for the same photo, drawn from the distribution head's probabilities.

The head gives each pixel a probability for every cell of the ab plane. A variant tilts them towards a hue, another
one for each part of the photo: places of like deep features, which an object's are. So whole objects change together,
the change ends where the object does, and where the network is sure of a colour, it stays.
"""

import math

import torch
from torch import Tensor

SATURATION = 15.0  # chroma of a cell at which a preference for its hue is most of the way to its whole
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))  # however many variants are drawn, their hues lie far apart
PARTS = 3  # how many groups of places, "objects", a photo is divided into
SHARPNESS = 10.0  # of the division, in units of cosine similarity between features
TEMPERATURE = 0.6  # below 1 the mean of a spread distribution stays vivid (Zhang et al. 2016, section 2.3)


def draw_tilts(features: Tensor, cells: Tensor, count: int, strength: float, generator: torch.Generator) -> Tensor:
    """Features (C, h, w) of one photo, cells (Q, 2) in ab units -> `count` tilts of the logits, (count, Q, h, w).

    Each part of the photo gets a preferred hue. Its angle is drawn once, and goes on by the golden angle from variant
    to variant: they differ as much as they can, and more of them begin with the same ones. A tilt is from -strength
    to strength, and adds to log-probabilities.
    """
    parts = object_parts(features)
    first = torch.rand(len(parts), generator=generator) * (2 * math.pi)
    angles = first + GOLDEN_ANGLE * torch.arange(count)[:, None]  # (count, K)
    hues = torch.stack((angles.cos(), angles.sin()), 2).to(cells)
    preferences = hues @ (cells / (cells.square().sum(1, keepdim=True) + SATURATION**2).sqrt()).T  # (count, K, Q)
    return strength * torch.einsum("khw,nkq->nqhw", parts, preferences)


def object_parts(features: Tensor) -> Tensor:
    """Features (C, h, w) -> membership of each place in each of PARTS parts, (PARTS, h, w), which sums to 1.

    Soft k-means on the direction of the features, from the farthest points: nothing is drawn.
    """
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
    return membership.view(-1, height, width)


def _unit(vectors: Tensor) -> Tensor:
    """Vectors (..., C) of length 1."""
    return vectors / vectors.norm(dim=-1, keepdim=True).clamp(min=1e-6)


def expected_ab(logits: Tensor, cells: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Logits (N, Q, h, w), cells (Q, 2) in ab units -> mean ab (N, 2, h, w) of the sharpened distribution."""
    return torch.einsum("nqhw,qc->nchw", torch.softmax(logits / temperature, 1), cells)
