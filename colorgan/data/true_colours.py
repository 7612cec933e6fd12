"""What somebody would say who remembers a photo: random places of it, and the colours that are there."""

import torch
from torch import Tensor
from torch.nn import functional

SQUARE = 6  # pixels: side of the square whose mean is a place's colour


def true_colours(values: Tensor, chances: Tensor) -> tuple[Tensor, Tensor]:
    """Values (1, C, H, W) of a photo, chances (K, 2) in [0, 1) -> places (K, 2), x and y in pixels, and means (K, C).

    A mean is of the square around its place. Squares lie anywhere with equal chance, whole in the photo.
    """
    height, width = values.shape[2:]
    x, y = (chances * torch.tensor((width - SQUARE + 1, height - SQUARE + 1))).long().unbind(1)
    means = functional.avg_pool2d(values, SQUARE, stride=1)[0]  # at (y, x): of the square that begins there
    return torch.stack((x, y), 1) + SQUARE / 2, means[:, y, x].T
