"""Colours from another photo: places that are surely alike become hints.

Two blocks are alike where each is the other's nearest in the network's features (mutual nearest neighbours, as image
matching has them since Lowe 2004 and, over deep features, Rocco et al. 2018, "Neighbourhood Consensus Networks"). A
pair counts where it is nearer than the runner-up by some way, so that a photo of something else says little.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from colorgan.color import rgb_to_lab
from colorgan.colorizer.repainting import Memory
from colorgan.hints import Hint
from colorgan.images import to_tensor
from colorgan.networks.words import BLOCK

LIKENESS = 0.72  # cosine of features, less their mean over both photos, above which two blocks may be of one thing
MARGIN = 0.06  # by which a block's nearest must be nearer than all that do not touch it
MOST = 60  # hints, the surest
FAINTEST = 2.0  # ab units: of a smaller mean chroma a reference has no colours to take


@dataclass(frozen=True, eq=False)
class Reference:
    """What is remembered of a photo in colour, and the colour of each of its blocks in 8 bits."""

    memory: Memory
    colours: tuple[tuple[int, int, int], ...]

    @classmethod
    def of(cls, image: Image.Image, memory: Memory) -> "Reference":
        """An upright photo, and what is remembered of it."""
        return cls(memory, _block_colours(image, memory))

    def hints_for(self, photo: Memory, most: int = MOST) -> list[Hint]:
        """Hints for another photo, the surest first, up to so many."""
        return _alike(self.colours, self.memory, photo)[: max(most, 0)]


@dataclass(frozen=True, eq=False)
class References:
    """Several references for one photo; where two speak of one place, the later counts."""

    parts: tuple[Reference, ...]

    def hints_for(self, photo: Memory, most: int = MOST) -> list[Hint]:
        """Hints for another photo, up to so many, the later references' last."""
        hints = [hint for part in self.parts for hint in part.hints_for(photo)]
        return hints[max(len(hints) - max(most, 0), 0) :]


def check_reference(image: Image.Image) -> None:
    """Refuse a photo that has no colours to give."""
    small = to_tensor(image.convert("RGB").resize((64, 64), Image.Resampling.BOX, reducing_gap=1.0))
    if float(rgb_to_lab(small[None] / 255)[1].norm(dim=1).mean()) < FAINTEST:
        raise ValueError("a reference must be a photo in colour, and this one is gray")


def _alike(colours: Sequence[tuple[int, int, int]], theirs: Memory, ours: Memory) -> list[Hint]:
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
    return [_hint(int(block), colours[int(nearest[block])], ours) for block in taken]


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


def _block_colours(image: Image.Image, memory: Memory) -> tuple[tuple[int, int, int], ...]:
    """The mean colour of each block of a reference, in 8 bits."""
    (height, width), (rows, columns) = memory.view.shape[2:], memory.look.grid
    shown = image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC, memory.inside, reducing_gap=3.0)
    rgb = to_tensor(shown)[None].float() / 255
    padding = (0, columns * BLOCK - width, 0, rows * BLOCK - height)
    blocks = functional.avg_pool2d(functional.pad(rgb, padding, mode="replicate"), BLOCK)
    return tuple(map(tuple, blocks[0].flatten(1).T.mul(255).round().int().tolist()))


def _hint(block: int, colour: tuple[int, int, int], photo: Memory) -> Hint:
    """A hint in the middle of a block, in the photo's pixels."""
    left, top, right, bottom = photo.inside
    row, column = divmod(block, photo.look.grid[1])
    x = left + (column + 0.5) * BLOCK * (right - left) / photo.view.shape[3]
    y = top + (row + 0.5) * BLOCK * (bottom - top) / photo.view.shape[2]
    return Hint(min(x, photo.size[0] - 0.01), min(y, photo.size[1] - 0.01), colour)
