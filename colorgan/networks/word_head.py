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
LATTICE = 12  # points along each of the photo's sides that noise is drawn at
FLAT = 0.01  # standard deviation of lightness in [-1, 1], below which a photo has none
LAYOUT, FIELDS = 4, 16  # cells of a photo's sides that tell it from others; fields that its noise is mixed of
SHIFTS = 2  # of `shares_of_things`
TONES, TINTS = 0.7, 4.0  # standard deviations of lightness, and ab units, that are near there


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
    added, at 0 the first of them alone counts; reach: blocks, within about which a thing's noise is one; gain: scale of
    the drawn colours' chroma, as even words that are drawn are means of what their block shows.
    """

    rounds: int = 1
    temperature: float = 0.5
    reach: float = 8.0
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
        temperature: float = 0.5,
        reach: float = 8.0,
        gain: float = 1.25,
        block: int = BLOCK,
    ):
        super().__init__()
        if block != BLOCK:
            raise ValueError(f"the block of colour words must be {BLOCK} pixels of the view, got {block!r}")
        self.objects = objects
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

    def draw(self, seen: "Prepared", points: Points, seed: int, unsaid: Tensor, how: Drawing | None = None) -> Tensor:
        """One photo's colours by words that are drawn: ab (1, 2, H/2, W/2).

        `unsaid` are the logits (1, P, Q) that `think` gives when nothing is known: noise hangs on them, so that a
        drawing stays what it is where hints are added that change nothing. A place that was said is not its whole
        block, which is drawn as the others are, knowing it.
        """
        how = how or self.drawing
        noise, known = self.noise(seen.look, unsaid, seed, how.reach), self.known(seen, points)
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

    def noise(self, look: Look, unsaid: Tensor, seed: int, reach: float) -> Tensor:
        """Gumbel noise (P, Q) of the words, alike in the blocks of one thing of a photo.

        Gaussian noise at places of the photo, of which blocks take shares by `shares_of_things`, brought to unit
        variance and to Gumbel's distribution: in each block the words' probabilities stay what they are. The noise at
        the places is a mix of fields, by random features of how light and dark lie in the photo (Rahimi and Recht 2007,
        "Random Features for Large-Scale Kernel Machines"): each photo gets its own, and a copy of it, of another size,
        file or exposure, nearly the same.
        """
        light = look.lightness - look.lightness.mean()
        light = light / light.std().clamp(min=FLAT)
        layout = functional.adaptive_avg_pool2d(light, LAYOUT).flatten()
        generator = torch.Generator().manual_seed(seed)
        waves = torch.randn(len(layout), FIELDS, generator=generator)
        phase = torch.rand(FIELDS, generator=generator) * (2 * math.pi)
        mix = functional.normalize((layout @ waves + phase).cos(), dim=0)
        words = len(self.words.vocabulary)
        drawn = (mix @ torch.randn(FIELDS, LATTICE**2 * words, generator=generator)).view(-1, words)
        points = torch.eye(LATTICE**2).view(1, LATTICE**2, LATTICE, LATTICE)
        around = functional.interpolate(points, look.grid, mode="bilinear")[0].flatten(1).T
        tints = mean_colours(unsaid[0], self.words.vocabulary)
        share = shares_of_things(functional.avg_pool2d(light, BLOCK)[0, 0], tints, reach) @ around
        field = share @ drawn / share.norm(dim=1, keepdim=True)
        return -torch.log(-torch.log(torch.special.ndtr(field).clamp(1e-6, 1 - 1e-6)))


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


def shares_of_things(light: Tensor, tints: Tensor, reach: float) -> Tensor:
    """How much each block of a photo has in common with each, (P, P), rows that sum to 1.

    Blocks that are near one another, within about `reach`, and alike in lightness (h, w), in standard deviations, and
    in likely colours ab (P, 2), once each has moved to the mean of those that it has most in common with, a few times:
    mean shift (Comaniciu and Meer 2002, "Mean Shift: A Robust Approach toward Feature Space Analysis"). Unlike a
    division into parts it is smooth in what it is given.
    """
    rows, columns = (torch.arange(side, dtype=torch.float32) for side in light.shape)
    places = torch.cartesian_prod(rows, columns)
    far = torch.cdist(places, places).square() / (2 * reach**2)
    seen = torch.cat((light.reshape(-1, 1) / TONES, tints / TINTS), 1)
    for _ in range(SHIFTS + 1):
        share = (-torch.cdist(seen, seen).square() / 2 - far).softmax(1)
        seen = share @ seen
    return share


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
