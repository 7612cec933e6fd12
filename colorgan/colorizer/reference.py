"""Colours from another photo: places that are surely alike become hints.

Two blocks are alike where each is the other's nearest in the network's features (mutual nearest neighbours, as image
matching has them since Lowe 2004 and, over deep features, Rocco et al. 2018, "Neighbourhood Consensus Networks"). A
pair counts where it is nearer than the runner-up by some way, so that a photo of something else says little.
"""

from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from colorgan.color import rgb_to_lab
from colorgan.colorizer.prediction import Prediction
from colorgan.colorizer.repainting import Memory
from colorgan.hints import Hint
from colorgan.images import to_tensor
from colorgan.networks.words import BLOCK

LIKENESS = 0.6  # cosine of features, less their mean over both photos, above which two blocks may be of one thing
MARGIN = 0.03  # by which a block's nearest must be nearer than all that do not touch it
MOST = 60  # hints, the surest
FAINTEST = 2.0  # ab units: of a smaller mean chroma a reference has no colours to take


@dataclass(frozen=True, eq=False)
class Reference:
    """A photo in colour, upright, and what the network saw of it. ValueError where it has no colours."""

    image: Image.Image
    seen: Prediction

    def __post_init__(self) -> None:
        small = to_tensor(self.image.convert("RGB").resize((64, 64), Image.Resampling.BOX, reducing_gap=1.0))
        if float(rgb_to_lab(small[None] / 255)[1].norm(dim=1).mean()) < FAINTEST:
            raise ValueError("a reference must be a photo in colour, and this one is gray")

    def hints_for(self, photo: Prediction, most: int = MOST) -> list[Hint]:
        """What it says of another photo, in up to so many hints."""
        theirs, ours = self.seen.memory, photo.memory
        assert theirs is not None
        assert ours is not None
        return _hints_from(self.image, theirs, ours)[: max(most, 0)]


def _hints_from(reference: Image.Image, theirs: Memory, ours: Memory) -> list[Hint]:
    """A reference, what is remembered of it and of the photo -> hints for the photo, the surest first."""
    first, second = ours.look.objects[0].float(), theirs.look.objects[0].float()
    middle = torch.cat((first, second)).mean(0)
    first, second = functional.normalize(first - middle, dim=1), functional.normalize(second - middle, dim=1)
    likeness = first @ second.T  # (P, R)
    nearest, back = likeness.argmax(1), likeness.argmax(0)
    number = torch.arange(len(first))
    best = likeness[number, nearest]
    mutual = back[nearest] == number
    sure = best - _runner_up(likeness, nearest, theirs.look.grid)
    inside = _inside(ours.look.grid, ours.view) & _inside(theirs.look.grid, theirs.view)[nearest]
    taken = (mutual & inside & (best > LIKENESS) & (sure > MARGIN)).nonzero()[:, 0]
    taken = taken[best[taken].argsort(descending=True)][:MOST]
    colours = _block_colours(reference, theirs.view.shape[2:], theirs.look.grid)
    return [_hint(int(block), colours[int(nearest[block])], ours.look.grid, ours.view, ours.size) for block in taken]


def _runner_up(likeness: Tensor, nearest: Tensor, grid: tuple[int, int]) -> Tensor:
    """The greatest likeness (P,) to a block that neither is the nearest nor touches it."""
    row, column = torch.arange(likeness.shape[1]) // grid[1], torch.arange(likeness.shape[1]) % grid[1]
    touches = (row - row[nearest][:, None]).abs().maximum((column - column[nearest][:, None]).abs()) <= 1
    return likeness.masked_fill(touches, -1.0).amax(1)


def _inside(grid: tuple[int, int], view: Tensor) -> Tensor:
    """Which blocks (P,) show the photo and not the repeated rows and columns beside it."""
    row = (torch.arange(grid[0]) + 0.5) * BLOCK < view.shape[2]
    column = (torch.arange(grid[1]) + 0.5) * BLOCK < view.shape[3]
    return (row[:, None] & column).flatten()


def _block_colours(image: Image.Image, shape: torch.Size, grid: tuple[int, int]) -> list[tuple[int, int, int]]:
    """The mean colour of each block of a reference, in 8 bits; `shape` (h, w) is its view's."""
    small = image.convert("RGB").resize((shape[1], shape[0]), Image.Resampling.BICUBIC, reducing_gap=3.0)
    rgb = to_tensor(small)[None].float() / 255
    padding = (0, grid[1] * BLOCK - shape[1], 0, grid[0] * BLOCK - shape[0])
    blocks = functional.avg_pool2d(functional.pad(rgb, padding, mode="replicate"), BLOCK)
    return [tuple(colour) for colour in blocks[0].flatten(1).T.mul(255).round().int().tolist()]


def _hint(block: int, colour: tuple[int, int, int], grid: tuple[int, int], view: Tensor, size: tuple[int, int]) -> Hint:
    """A hint in the middle of a block, in the photo's pixels."""
    x = (block % grid[1] + 0.5) * BLOCK * size[0] / view.shape[3]
    y = (block // grid[1] + 0.5) * BLOCK * size[1] / view.shape[2]
    return Hint(min(x, size[0] - 0.01), min(y, size[1] - 0.01), colour)
