"""A photo's colours made anew from what the network remembers of it, as hints are given and words are drawn."""

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional

from colorgan.borders import Border
from colorgan.color import denormalize_lightness, fit_chroma, lab_to_gamut_rgb, rgb_to_lab
from colorgan.hints import Hint, rgb_of
from colorgan.networks.word_head import Look, Points, Prepared, WordHead, block_numbers
from colorgan.networks.words import entropy
from colorgan.upsampling import fit_lines, smooth_within_edges

LEVELS = 2  # of smoothing within edges: the painter sees them itself
POINTS = 48  # that a hint's radius or lasso is filled with, at most
MOST_POINTS = 2000  # that all of them are filled with: each is compared with every place of the photo
SPREAD_POINTS = 8.0  # pixels of the view from one of them to the next, at least
UNLIKE = (12.0, 6.0, 3.0, 1.5)  # ab units: colours of a palette are no nearer to one another, the first that gives
FEWEST_LIKELY = 5  # of them; in near black and near white sRGB has fewer
ODD = 0.02  # a colour whose like is less likely than this at a place is one that nobody would have guessed there
A_WASH, A_THING = 0.28, 0.38  # shares of a hint's change, see `_as_things`
SETTLED, MUCH = 1 / 3, 20.0  # how soon the words' own mean counts: a power of what is settled, a number of hints
SOME = 64  # hints that are compared with all of the view at a time
KEPT = 4  # sets of points whose words and colours are kept: a hint is moved, and the others stay
EXACT = 1.0  # ab units: nearer than this to what was asked for is what was asked for

Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Memory:
    """What is remembered of one photo, on the processor; the network is not in it, so that it can be sent and kept.

    A look, the view's L (1, 1, h, w) in [0, 100], the ab (1, 2, h, w) of its plain picture, and the photo's (width,
    height), whose pixels hints count. The view is that of what is inside the photo's flat border, if it has one.
    """

    look: Look
    view: Tensor
    plain: Tensor
    size: tuple[int, int]
    border: Border | None = None

    @property
    def inside(self) -> tuple[float, float, float, float]:
        """What the view shows: left, top, right, bottom in the photo's pixels."""
        if self.border:
            return self.border.inside(self.size)
        return 0.0, 0.0, float(self.size[0]), float(self.size[1])

    def around(self, maps: Tensor) -> Tensor:
        """Maps (N, C, h, w) of the view -> of the whole photo, 0 in its border."""
        return self.border.around(maps) if self.border else maps

    def places(self, points: Sequence[tuple[float, float]]) -> Tensor:
        """Points x, y of the photo's pixels -> (K, 2) of the view's; outside of it on a border."""
        left, top, right, bottom = self.inside
        height, width = self.view.shape[2:]
        scale = torch.tensor((width / (right - left), height / (bottom - top)))
        return (torch.tensor(points, dtype=torch.float32).view(-1, 2) - torch.tensor((left, top))) * scale

    def shows(self, places: Tensor) -> Tensor:
        """Which places (K, 2) are in the view and not on the border, (K,)."""
        height, width = self.view.shape[2:]
        return ((places >= 0) & (places < torch.tensor((width, height)))).all(1)


@dataclass(eq=False)
class Repainting:
    """A photo that is remembered, and the network's head that makes colours of it, both on the processor."""

    head: WordHead
    memory: Memory

    def __post_init__(self) -> None:
        self._thoughts, self._means = _Kept[tuple[Tensor, Tensor]](), _Kept[Tensor]()

    @property
    def look(self) -> Look:
        """What the network saw."""
        return self.memory.look

    @property
    def view(self) -> Tensor:
        """L (1, 1, h, w) in [0, 100]."""
        return self.memory.view

    @property
    def plain(self) -> Tensor:
        """The ab (1, 2, h, w) of the plain picture."""
        return self.memory.plain

    @property
    def size(self) -> tuple[int, int]:
        """The photo's width and height."""
        return self.memory.size

    @torch.inference_mode()
    def lines(self, hints: Sequence[Hint], drawings: Sequence[tuple[int, float]]) -> Tensor:
        """Lines (len(drawings), 4, h, w) of pictures, each by its seed and as daring as said; the same for the same.

        A hint with a lasso counts inside it alone: elsewhere the lines are those of a picture that was not told it.
        """
        free = [hint for hint in hints if hint.lasso is None]
        lines = self._fitted(free, drawings)
        for lasso in dict.fromkeys(hint.lasso for hint in hints if hint.lasso is not None):
            inside = [hint for hint in hints if hint.lasso is None or hint.lasso == lasso]
            lines = torch.lerp(lines, self._fitted(inside, drawings), self._mask(lasso))
        return self.memory.around(lines)

    def _fitted(self, hints: Sequence[Hint], drawings: Sequence[tuple[int, float]]) -> Tensor:
        ab = self._colours(hints, drawings)
        return fit_lines(self.view.expand(len(ab), -1, -1, -1), ab)

    def shown(self, hints: Sequence[Hint]) -> list[tuple[str, bool, bool]]:
        """Each hint's colour at the photo's own lightness, "#rrggbb"; whether that is what was asked for; and whether
        it is on the photo's border, which stays gray."""
        places = self._places(hints)
        asked, lightness = self._asked(hints, places), self._lightness_at(places)
        fitted = fit_chroma(lightness, asked.T[None, :, :, None])[0, :, :, 0].T
        inside = self.memory.shows(places)
        fitted = fitted * inside[:, None]
        near = ((fitted - asked).norm(dim=1) < EXACT).tolist()
        exact = [one or hint.colour is None for one, hint in zip(near, hints, strict=True)]
        return list(zip(self._hex(lightness, fitted), exact, (~inside).tolist(), strict=True))

    def shown_at(self, lines: Tensor, x: float, y: float) -> str:
        """The colour "#rrggbb" that lines (4, h, w) give a place of the photo."""
        lightness = self._lightness_at(self._places([Hint(x, y, None)]))
        row, column = int(y / self.size[1] * lines.shape[1]), int(x / self.size[0] * lines.shape[2])
        line = lines[:, row, column].cpu()
        return self._hex(lightness, (line[:2] * lightness.item() + line[2:])[None])[0]

    @torch.inference_mode()
    def likely(self, x: float, y: float, hints: Sequence[Hint], count: int) -> list[tuple[str, float]]:
        """Words of the block at a place of the photo, unlike one another.

        "#rrggbb" of each, and what it and those that are nearest to it add up to.
        """
        places = self._places([Hint(x, y, None)])
        block = block_numbers(places, self.look.grid)[0]
        probability = self._logits(hints)[0, block].softmax(-1)
        lightness = self._lightness_at(places)
        words = self.head.words.vocabulary
        shown = fit_chroma(lightness.expand(1, 1, len(words), 1), words.T[None, :, :, None])[0, :, :, 0].T
        for apart in UNLIKE:
            picked = _apart(shown, probability, count, apart)
            if len(picked) >= min(FEWEST_LIKELY, count):
                break
        nearest = torch.cdist(shown, shown[picked]).argmin(1)
        share = torch.zeros(len(picked)).index_add_(0, nearest, probability)
        colours = self._hex(lightness.expand(1, 1, len(picked), 1), shown[picked])
        return sorted(zip(colours, share.tolist(), strict=True), key=lambda one: -one[1])

    @torch.inference_mode()
    def doubt(self, hints: Sequence[Hint]) -> Tensor:
        """The entropy of the words, a map (h, w) of the photo in [0, 1]; nothing is in doubt on a border."""
        return self.memory.around(self._on_view(entropy(self._logits(hints))))[0, 0]

    @cached_property
    def _seen(self) -> Prepared:
        """What the head makes of the photo, whatever is said of it."""
        return Prepared(self.head, self.look)

    @cached_property
    def _unsure(self) -> tuple[Tensor, Tensor]:
        """How unsure the words are of each block when nothing is known, (1, P), and how far hints can settle that."""
        unsure = entropy(self._thought(Points.none())[0])
        return unsure, (unsure - self.head.words.least_entropy).clamp(min=0.02)

    @cached_property
    def _own(self) -> Tensor:
        """What the plain picture has and the mean of the words has not, ab of the view."""
        return self.plain - self._meant(Points.none())

    def _thought(self, points: Points) -> tuple[Tensor, Tensor]:
        """Logits and states of the blocks where so much is known."""
        return self._thoughts.of(points, lambda: self.head.think(self._seen, self.head.known(self._seen, points)))

    def _meant(self, points: Points) -> Tensor:
        """The mean of the words where so much is known, painted: ab of the view."""
        return self._means.of(points, lambda: self._to_view(self.head.calm(self._seen, self._thought(points), points)))

    def _logits(self, hints: Sequence[Hint]) -> Tensor:
        return self._thought(self._points(hints))[0]

    def _colours(self, hints: Sequence[Hint], drawings: Sequence[tuple[int, float]]) -> Tensor:
        """ab (len(drawings), 2, h, w) of the view."""
        points = self._points(hints)
        calm = self._told(points, len(hints)) if len(points.places) else self.plain
        ab = calm.repeat(len(drawings), 1, 1, 1)
        # One after another: what is drawn must not depend on how many are.
        for number, (seed, daring) in enumerate(drawings):
            if daring:
                unsaid = self._thought(Points.none())[0]
                drawn = self._to_view(self.head.draw(self._seen, points, seed, unsaid))
                ab[number] = torch.lerp(calm, drawn, daring)[0]
        return ab

    def _told(self, points: Points, hints: int) -> Tensor:
        """The picture with what so many hints said of places: ab (1, 2, h, w).

        Where hints settle what the words were unsure of, and everywhere when much was said, the words' own mean counts.
        Elsewhere the plain picture stays, changed by as much as hints change that mean: one hint leaves the rest alone.
        """
        after = self._meant(points)
        odd = self.head.likelihood(self.look.grid, self._thought(Points.none())[0], points) < ODD
        if odd.any():
            after = self._as_things(self._meant(points.where(~odd)), after, points.where(odd))
        unsure, at_most = self._unsure
        settled = (unsure - entropy(self._thought(points)[0])) / at_most
        open_still = (1 - self._on_view(settled.clamp(0, 1) ** SETTLED)) * math.exp(-hints / MUCH)
        return after + open_still * self._own

    def _as_things(self, without: Tensor, ab: Tensor, odd: Points) -> Tensor:
        """Colours that nobody would have guessed belong to things, not to the light: ab (1, 2, h, w) of the view with
        hints of such colours, and without these, -> ab in which a place has one or has it not.

        How far a place belongs to a hint is the share of the hint's change that it made itself. Small shares, a wash
        over the scene, are taken back, larger ones become the whole.
        """
        x, y = self._pixels(odd.places)
        change, change_there = ab - without, odd.colours - without[0, :, y, x].T  # (1, 2, h, w), (K, 2)
        per_unit = change_there / change_there.square().sum(1, keepdim=True).clamp(min=1.0)
        belongs, which = torch.einsum("chw,kc->khw", change[0], per_unit[:SOME]).max(0)
        for first in range(SOME, len(per_unit), SOME):  # some at a time: of thousands all shares would take gigabytes
            more, its = torch.einsum("chw,kc->khw", change[0], per_unit[first : first + SOME]).max(0)
            belongs, which = torch.maximum(belongs, more), torch.where(more > belongs, its + first, which)
        whole = change + (1 - belongs.clamp(0, 1)) * change_there[which].permute(2, 0, 1)
        return without + ((belongs - A_WASH) / (A_THING - A_WASH)).clamp(0, 1) * whole

    def _points(self, hints: Sequence[Hint]) -> Points:
        """Hints as places of the view and colours; one with a radius or a lasso becomes several."""
        if not hints:
            return Points.none()
        filled = sum(map(_is_filled, hints))
        most = min(POINTS, MOST_POINTS // max(filled, 1))
        # The last word on a block counts: a hint comes after its surroundings, and a later hint after an earlier.
        parts = [
            torch.cat((self._filling(hint, most), place)) if _is_filled(hint) else place
            for hint, place in zip(hints, self._places(hints).split(1), strict=True)
        ]
        places = torch.cat(parts)
        shown = self.memory.shows(places)  # what is said of a border changes nothing
        said = [hint for hint, part in zip(hints, parts, strict=True) for _ in part]
        places, said = places[shown], [hint for hint, there in zip(said, shown.tolist(), strict=True) if there]
        asked = self._asked(said, places)
        fitted = fit_chroma(self._lightness_at(places), asked.T[None, :, :, None])[0, :, :, 0].T
        return Points(places, fitted)

    def _places(self, hints: Sequence[Hint]) -> Tensor:
        """Where hints are in the view, (K, 2): x, y."""
        return self.memory.places([(hint.x, hint.y) for hint in hints])

    def _asked(self, hints: Sequence[Hint], places: Tensor) -> Tensor:
        """The ab (K, 2) that hints ask for at places (K, 2); "as it is" asks for what the plain picture has there."""
        colours = [rgb_of(hint.colour) for hint in hints]
        rgb = torch.tensor([colour or (0, 0, 0) for colour in colours], dtype=torch.float32).view(-1, 3) / 255
        asked = rgb_to_lab(rgb.T[None, :, :, None])[1][0, :, :, 0].T
        if None not in colours:
            return asked
        as_it_is = torch.tensor([colour is None for colour in colours], dtype=torch.bool)
        x, y = self._pixels(places)
        plain = fit_chroma(self._lightness_at(places), self.plain[:, :, y, x][..., None])[0, :, :, 0].T
        return torch.where(as_it_is[:, None], plain, asked)

    def _filling(self, hint: Hint, most: int) -> Tensor:
        """Places of the view (K, 2) inside a hint's radius or lasso, evenly, up to about `most` of them."""
        height, width = self.view.shape[2:]
        inside = torch.ones(height, width, dtype=torch.bool)
        if hint.lasso is not None:
            inside &= self._mask(hint.lasso)[0, 0] > 0.5
        if hint.radius:
            x, y = self._places([hint])[0].tolist()
            left, top, right, bottom = self.memory.inside
            radius = hint.radius * (width * height / ((right - left) * (bottom - top))) ** 0.5
            down, right = torch.arange(height) + 0.5 - y, torch.arange(width) + 0.5 - x
            inside &= (down.square()[:, None] + right.square()) <= radius**2
        step = max(SPREAD_POINTS, (float(inside.sum()) / most) ** 0.5)
        rows, columns = ((torch.arange(int(side // step)) + 0.5) * step for side in (height, width))
        grid = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), -1).view(-1, 2)
        return grid[inside[grid[:, 1].long(), grid[:, 0].long()]]

    def _mask(self, lasso: Sequence[tuple[float, float]]) -> Tensor:
        """A polygon of the photo -> how far each pixel of the view is inside, (1, 1, h, w) in [0, 1]."""
        times, (height, width) = 4, self.view.shape[2:]
        large = Image.new("L", (width * times, height * times))
        corners = (self.memory.places(lasso) * times).tolist()
        ImageDraw.Draw(large).polygon([(x, y) for x, y in corners], fill=255)
        return torch.from_numpy(np.array(large.resize((width, height), Image.Resampling.BOX)))[None, None] / 255

    def _lightness_at(self, places: Tensor) -> Tensor:
        """L of the view at places (K, 2), (1, 1, K, 1)."""
        x, y = self._pixels(places)
        return self.view[0, 0, y, x][None, None, :, None]

    def _pixels(self, places: Tensor) -> tuple[Tensor, Tensor]:
        height, width = self.view.shape[2:]
        return places[:, 0].long().clamp(0, width - 1), places[:, 1].long().clamp(0, height - 1)

    def _to_view(self, painted: Tensor) -> Tensor:
        """The head's ab at half of the padded view -> the view's."""
        lightness = functional.avg_pool2d(denormalize_lightness(self.look.lightness), 2)
        ab = smooth_within_edges(lightness, painted.float(), LEVELS)
        ab = functional.interpolate(ab, scale_factor=2, mode="bilinear")
        return ab[:, :, : self.view.shape[2], : self.view.shape[3]]

    def _on_view(self, blocks: Tensor) -> Tensor:
        """Numbers of the blocks (1, P) -> (1, 1, h, w) of the view."""
        grid = blocks.view(1, 1, *self.look.grid)
        padded = functional.interpolate(grid, self.look.lightness.shape[2:], mode="bilinear")
        return padded[:, :, : self.view.shape[2], : self.view.shape[3]]

    def _hex(self, lightness: Tensor, ab: Tensor) -> list[str]:
        """L (1, 1, K, 1) and ab (K, 2) -> "#rrggbb" of each."""
        rgb = lab_to_gamut_rgb(lightness, ab.T[None, :, :, None])[0, :, :, 0].T
        return ["#{:02x}{:02x}{:02x}".format(*colour) for colour in rgb.mul(255).round().int().tolist()]


class _Kept(Generic[Made]):
    """What was made of points, the last few: nothing that is asked for again is made twice."""

    def __init__(self) -> None:
        self._made = OrderedDict[bytes, Made]()

    def of(self, points: Points, make: Callable[[], Made]) -> Made:
        """What was made of the points, or is made now."""
        name = torch.cat((points.places, points.colours), 1).numpy().tobytes()
        made = self._made.pop(name, None)
        if made is None:
            made = make()
        self._made[name] = made
        while len(self._made) > KEPT:
            self._made.popitem(last=False)
        return made


def _is_filled(hint: Hint) -> bool:
    """Whether it says something of more than a place."""
    return bool(hint.radius) or hint.lasso is not None


def _apart(colours: Tensor, probability: Tensor, count: int, distance: float) -> list[int]:
    """Up to `count` of the colours (Q, 2), the likeliest first, none nearer than `distance` to one before it."""
    picked = list[int]()
    for index in probability.argsort(descending=True, stable=True).tolist():
        if all(float((colours[index] - colours[other]).norm()) >= distance for other in picked):
            picked.append(index)
        if len(picked) == count:
            break
    return picked
