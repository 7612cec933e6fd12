"""Words and painter on top of a network's features: one look at the photo, then colours as often as one likes."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorgan.networks.painter import CELL, Canvas, Painter
from colorgan.networks.words import BLOCK, ColourWords, Known, mean_colours

LIKE = 12.0  # ab units: colours that are no further apart than this go by one name
WAVES = 256  # of the noise that blocks share
ALIKE = 1.0  # how far apart blocks' things may be, directions of length 1, for them to share their noise
SHIFTS, SHARPNESS, NEIGHBOURHOOD = 3, 7.0, 8.0  # of `things_of`: how often, how near in direction, and in blocks


@dataclass
class Look:
    """What the network saw of photos, once: all that colours are made of afterwards.

    fine (N, C, H/4, W/4) and lightness (N, 1, H, W) in [-1, 1] are what the painter reads, features (N, P, F) what the
    words read of the blocks of a `grid` of h x w = P, objects (N, P, D) what tells things apart.
    """

    fine: Tensor
    lightness: Tensor
    features: Tensor
    objects: Tensor
    grid: tuple[int, int]

    def on_processor(self) -> "Look":
        """The same in the processor's memory, in full precision."""
        return self._each(lambda part: part.to("cpu", torch.float32))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Look":
        parts = (self.fine, self.lightness, self.features, self.objects)
        fine, lightness, features, objects = (change(part) for part in parts)
        return Look(fine, lightness, features, objects, self.grid)


@dataclass(frozen=True)
class Points:
    """Colours of places: places (K, 2), x and y in pixels of the view, and their colours (K, 2), ab units."""

    places: Tensor
    colours: Tensor

    def where(self, chosen: Tensor) -> "Points":
        """Those of them that are chosen (K,)."""
        return Points(self.places[chosen], self.colours[chosen])

    @classmethod
    def none(cls) -> "Points":
        """No place."""
        return cls(torch.zeros(0, 2), torch.zeros(0, 2))


@dataclass(frozen=True)
class Drawing:
    """How words are drawn.

    rounds: the surest blocks first, the others knowing them; temperature: of the choice between words once noise was
    added, at 0 the first of them alone counts; reach: see `ALIKE`; gain: scale of the drawn colours' chroma, as even
    words that are drawn are means of what their block shows.
    """

    rounds: int = 1
    temperature: float = 0.4
    reach: float = ALIKE
    gain: float = 1.25


class WordHead(nn.Module):
    """Colours from a `Look`: the mean of what the words say, or words that are drawn, given what is known.

    channels: of the network's features at H/4; objects: of those at H/16. count, width, layers, heads: of
    `ColourWords`; painter: the width of `Painter`; rounds, temperature, reach, gain: of `Drawing`; block: the grid, as
    the side of a block in pixels of the view. Only `BLOCK` is known: it is an option so that a config.json says it.
    """

    def __init__(
        self,
        channels: int,
        objects: int,
        count: int = 224,
        width: int = 192,
        layers: int = 4,
        heads: int = 6,
        painter: int = 64,
        rounds: int = 1,
        temperature: float = 0.4,
        reach: float = ALIKE,
        gain: float = 1.25,
        block: int = BLOCK,
    ):
        super().__init__()
        if block != BLOCK:
            raise ValueError(f"the block of colour words must be {BLOCK} pixels of the view, got {block!r}")
        seen = objects + channels + 2 + (BLOCK // CELL) ** 2
        self.words = ColourWords(seen, count, width, layers, heads)
        self.painter = Painter(channels, width, painter)
        self.drawing = Drawing(rounds, temperature, reach, gain)

    def look(self, fine: Tensor, objects: Tensor, picture: Tensor, lightness: Tensor) -> Look:
        """A network's features at H/4 and H/16, its picture (N, 2, H/2, W/2) and lightness -> what the head reads."""
        pool = functional.avg_pool2d
        own = functional.pixel_unshuffle(pool(lightness, CELL), BLOCK // CELL)
        maps = torch.cat([part.float() for part in (objects, pool(fine, 4), pool(picture, 8), own)], 1)
        grid = lightness.shape[2] // BLOCK, lightness.shape[3] // BLOCK
        features = maps.flatten(2).transpose(1, 2)
        return Look(fine, lightness, features, features[..., : objects.shape[1]], grid)

    def think(self, seen: "Prepared", known: Known) -> tuple[Tensor, Tensor]:
        """Logits (N, P, Q) of the words, and what the painter reads of them (N, P, width)."""
        return self.words.say(seen.read, known, seen.look.grid)

    def calm(self, seen: "Prepared", thought: tuple[Tensor, Tensor], points: Points) -> Tensor:
        """One photo's colours by the mean of its words, as `think` gives these: ab (1, 2, H/2, W/2)."""
        logits, state = thought
        return self.paint(seen, state, mean_colours(logits, self.words.vocabulary), points, drawn=False)

    def likelihood(self, grid: tuple[int, int], logits: Tensor, points: Points) -> Tensor:
        """How likely the words (1, P, Q) have colours as each point's, or near, in its block: (K,) in [0, 1]."""
        probability = logits[0, block_numbers(points.places, grid)].float().softmax(-1)
        like = torch.cdist(points.colours, self.words.vocabulary) < LIKE
        return (probability * like).sum(1)

    def draw(self, seen: "Prepared", points: Points, seed: int, state: Tensor, how: Drawing | None = None) -> Tensor:
        """One photo's colours by words that are drawn: ab (1, 2, H/2, W/2).

        `state` (1, P, width) is what `think` gives when nothing is known: noise hangs on it, so that a drawing stays
        what it is where hints are added that change nothing. A place that was said is not its whole block, which is
        drawn as the others are, knowing it.
        """
        how = how or self.drawing
        noise = self.noise(things_of(state[0], seen.look.grid), seed, how.reach)
        known = self.known(seen, points)
        blocks = len(noise)
        for turn in range(1, how.rounds + 1):
            logits, _ = self.think(seen, known)
            share = ((logits[0].float() + noise) / max(how.temperature, 1e-3)).softmax(-1)
            sure = share.amax(-1).masked_fill(known.state[0] == 1, -1.0)
            # By the cosine of Chang et al. 2022, section 3.2.
            filled = blocks - round(blocks * math.cos(math.pi / 2 * turn / how.rounds))
            chosen = sure.topk(filled - int((known.state == 1).sum())).indices
            known.colours[0, chosen] = share[chosen] @ self.words.vocabulary
            known.state[0, chosen] = 1
            known.place[0, chosen] = 0.0
        known.colours *= how.gain
        _, drawn = self.think(seen, known)
        return self.paint(seen, drawn, known.colours, points, drawn=True)

    def paint(self, seen: "Prepared", state: Tensor, colours: Tensor, points: Points, drawn: bool) -> Tensor:
        """Colours of blocks (N, P, 2) and of points -> ab (N, 2, H/2, W/2)."""
        count = len(colours)
        hints = torch.cat((points.places / CELL, points.colours), 1).expand(count, -1, -1)
        given = torch.ones(hints.shape[:2], dtype=torch.bool)
        are_words = torch.full((count,), float(drawn))
        return self.painter.paint(seen.canvas, state, colours, hints, given, are_words)

    def known(self, seen: "Prepared", points: Points) -> Known:
        """What points say of one photo's blocks."""
        return known_blocks(points, seen.light, seen.look.grid)

    def noise(self, things: Tensor, seed: int, reach: float) -> Tensor:
        """Gumbel noise (P, Q) of the words, alike in blocks of one thing, (P, D) as `things_of` gives them.

        A Gaussian process over them by random Fourier features (Rahimi and Recht 2007, "Random Features for Large-Scale
        Kernel Machines"), its values brought to Gumbel's distribution: in each block the words' probabilities stay what
        they are. It hangs on what blocks show, so that the photo at another size or as another file draws the same.
        """
        generator = torch.Generator().manual_seed(seed)
        waves = torch.randn(things.shape[1], WAVES, generator=generator).to(things) / reach
        phase = torch.rand(WAVES, generator=generator).to(things) * (2 * math.pi)
        heights = torch.randn(WAVES, len(self.words.vocabulary), generator=generator).to(things)
        field = (things @ waves + phase).cos() @ heights * math.sqrt(2 / WAVES)
        share = torch.special.ndtr(field).clamp(1e-6, 1 - 1e-6)
        return -torch.log(-torch.log(share))


class Prepared:
    """A look at photos, and what a head makes of it before anything is known: each made once, when it is asked for."""

    def __init__(self, head: WordHead, look: Look):
        self.head, self.look = head, look

    @cached_property
    def read(self) -> Tensor:
        """What the words read of each block, (N, P, width)."""
        return self.head.words.read(self.look.features, self.look.grid)

    @cached_property
    def canvas(self) -> Canvas:
        """What the painter begins with."""
        return self.head.painter.prepare(self.look.fine, self.look.lightness)

    @cached_property
    def light(self) -> Tensor:
        """L in [-1, 1] of the first photo at the features' places, (H/4, W/4)."""
        return functional.avg_pool2d(self.look.lightness, CELL)[0, 0]


def things_of(state: Tensor, grid: tuple[int, int]) -> Tensor:
    """States of a grid's blocks (P, D) -> directions (P, D) of length 1, nearly one within a thing.

    The directions of the states, less their mean and smoothed, move to the mean of those that are near to them, in
    direction and in the photo, a few times: mean shift (Comaniciu and Meer 2002). Unlike a division into clusters it is
    smooth in what it is given: a photo's copies have nearly the same things.
    """
    maps = (state.float() - state.float().mean(0)).T.reshape(1, -1, *grid)
    maps = functional.avg_pool2d(functional.pad(maps, (1, 1, 1, 1), mode="replicate"), 3, 1)
    z = functional.normalize(maps.flatten(2)[0].T, dim=1)
    rows, columns = (torch.arange(side, device=z.device, dtype=z.dtype) for side in grid)
    apart = torch.cartesian_prod(rows, columns)
    far = torch.cdist(apart, apart).square() / (2 * NEIGHBOURHOOD**2)
    for _ in range(SHIFTS):
        z = functional.normalize((SHARPNESS * z @ z.T - far).softmax(1) @ z, dim=1)
    return z


def block_numbers(places: Tensor, grid: tuple[int, int]) -> Tensor:
    """The numbers of the blocks that places (K, 2), x and y in pixels of the view, are in, int64 (K,)."""
    rows, columns = grid
    column, row = (places / BLOCK).long().unbind(1)
    return row.clamp(0, rows - 1) * columns + column.clamp(0, columns - 1)


def known_blocks(points: Points, light: Tensor, grid: tuple[int, int]) -> Known:
    """What points say of the blocks that they are in, of one photo; of several in one block, the last.

    light (h, w): L in [-1, 1] at the features' places, each of `CELL` x `CELL` pixels of the view.
    """
    rows, columns = grid
    known = Known.nothing(1, rows * columns)
    if not len(points.places):
        return known
    block = block_numbers(points.places, grid)
    last = torch.full((rows * columns,), -1).scatter_reduce(0, block, torch.arange(len(block)), "amax")
    last = last[last >= 0]
    block, (x, y) = block[last], points.places[last].unbind(1)
    row, column = (y / CELL).long().clamp(0, light.shape[0] - 1), (x / CELL).long().clamp(0, light.shape[1] - 1)
    known.state[0, block] = 2
    known.colours[0, block] = points.colours[last]
    inside = (x / BLOCK - block % columns - 0.5, y / BLOCK - block // columns - 0.5, light[row, column])
    known.place[0, block] = torch.stack(inside, 1)
    return known
