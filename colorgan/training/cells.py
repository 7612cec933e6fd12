"""The cells of a distribution head: which colours it tells apart, and how often they occur."""

from dataclasses import dataclass

import torch
from torch import Tensor

from colorgan.color import AB_CELLS_PER_SIDE, ab_cell, ab_cell_centres, rgb_to_lab
from colorgan.data import fixed_photos
from colorgan.recipes import Data

CELL_PHOTOS, CELL_RESOLUTION = 3000, 52  # what the cells are counted on
RAREST_CELL = 2e-5  # share of all pixels below which a colour gets no cell of its own


@dataclass(frozen=True)
class Cells:
    """The colours that a distribution head tells apart: ab (Q, 2) in ab units, and their share of the photos (Q,)."""

    ab: Tensor
    share: Tensor


def count_cells(data: Data, seed: int, known: Tensor | None = None) -> Cells:
    """The colours that occur in the training photos, on a grid of the ab plane, and how often.

    `known` cells, ab (Q, 2), of a network that was trained before are kept as they are, and only their shares counted.
    """
    histogram = torch.zeros(AB_CELLS_PER_SIDE**2)
    sets = [(name,) for name in data.dataset] if data.dataset_weights else [data.dataset]
    weights = data.dataset_weights or (1.0,)
    for names, weight in zip(sets, weights, strict=True):
        photos = fixed_photos(
            names,
            split=data.split,
            resolution=CELL_RESOLUTION,
            count=max(1, round(CELL_PHOTOS * weight / sum(weights))),
            seed=seed,
            min_chroma=data.min_chroma,
            max_photos=data.max_photos,
        )
        histogram += weight * _histogram(photos)
    share = histogram / histogram.sum()
    if known is None:
        cells = (share > RAREST_CELL).nonzero()[:, 0]
    else:
        cells, share = ab_cell(known), share.clamp(min=RAREST_CELL)
    return Cells(ab_cell_centres()[cells], share[cells] / share[cells].sum())


def _histogram(photos: Tensor) -> Tensor:
    """RGB (N, 3, R, R) uint8 -> how much of it each cell of the ab plane holds, (529,), sums to 1."""
    counts = torch.zeros(AB_CELLS_PER_SIDE**2)
    for chunk in photos.split(64):
        counts += torch.bincount(ab_cell(rgb_to_lab(chunk.float() / 255)[1]).flatten(), minlength=len(counts))
    return counts / counts.sum()
