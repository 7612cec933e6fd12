"""From the colours of blocks and of places to the colour of every second pixel, along the edges of the features."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorgan.networks.engine import Engine, Graph
from colorgan.networks.words import COLOUR_SCALE

CELL = 4  # pixels of the view to a place of the features, and places to a block's side
AROUND = 5  # a place takes shares of so many by so many blocks
LIKE = 24  # numbers by which places are compared
NEVER = -1e4
# `Painter.paint`
PAINT = Graph("painter", frozenset({"project", "likeness", "distance", "project_hints.bias", "enter.bias"}))
NOWHERE = (-1e15, -1e15, 0.0, 0.0)  # a hint so far away that no place takes a share of it


@dataclass
class Canvas:
    """What a painter makes of N photos before it is told of colours: the same whatever these are.

    blocks (N, P, 25, 16): the shares that the 16 places of each block take of the colours of the 25 blocks around it;
    alike (N, LIKE, H, W) and entered (N, width, H, W): what features and lightness add to what hints are spread by,
    and to what the convolutions refine. H = 4h and W = 4w, of h x w = P blocks.
    """

    blocks: Tensor
    alike: Tensor
    entered: Tensor


class Painter(nn.Module):
    """Features at a quarter, what the words say of each block, and hints -> ab at half of the view, in ab units.

    `prepare` takes fine (N, C, H, W) and lightness (N, 1, 4H, 4W) in [-1, 1]; `paint` what it made of them, state
    (N, P, D) and colours (N, P, 2) of h x w = P blocks, hints (N, K, 4): x, y in places of the features and ab; given
    (N, K) bool; drawn (N,) 1 where the colours are words that were drawn and stay, 0 where they are means -> (N, 2,
    2H, 2W). `forward` is the one after the other.

    Each place takes shares of the colours of the blocks around it, by likeness and distance; then of each hint's
    residual, what is wrong at the place that it names, again by likeness and distance; convolutions refine it. What
    is still wrong at the hints' places is spread once more.
    """

    def __init__(self, channels: int, state: int, width: int = 64):
        super().__init__()
        seen = channels + CELL**2
        self.project = nn.Conv2d(seen, LIKE, 1)
        self.context = nn.Linear(state, 32)
        self.project_hints = nn.Conv2d(seen + 32, LIKE, 1)
        self.likeness, self.distance = nn.Parameter(torch.tensor(0.0)), nn.Parameter(torch.tensor(0.0))
        self.hint_likeness, self.hint_distance = nn.Parameter(torch.tensor(1.0)), nn.Parameter(torch.tensor(-2.0))
        self.nothing = nn.Parameter(torch.tensor(0.0))
        self.enter = nn.Conv2d(seen + 32 + 2 + 2 + 1 + 1, width, 1)
        self.refine = nn.ModuleList(nn.Conv2d(width, width, 3, padding=d, dilation=d) for d in (1, 2, 4, 1))
        self.leave = nn.Conv2d(width, 8, 1)
        nn.init.zeros_(self.leave.weight)
        assert self.leave.bias is not None
        nn.init.zeros_(self.leave.bias)
        self.engine = Engine(PAINT)

    def forward(
        self,
        fine: Tensor,
        lightness: Tensor,
        state: Tensor,
        colours: Tensor,
        hints: Tensor,
        given: Tensor,
        drawn: Tensor,
    ) -> Tensor:
        return self.paint(self.prepare(fine, lightness), state, colours, hints, given, drawn)

    def prepare(self, fine: Tensor, lightness: Tensor) -> Canvas:
        """What features and lightness alone come to: half of the work, and the same for all colours."""
        seen = torch.cat((fine, functional.pixel_unshuffle(lightness, CELL).to(fine.dtype)), 1)
        blocks = self.shares_of_blocks(self.project(seen).float())
        alike, entered = (of_channels(layer, seen, 0) for layer in (self.project_hints, self.enter))
        return Canvas(blocks, alike, entered)

    def paint(
        self, canvas: Canvas, state: Tensor, colours: Tensor, hints: Tensor, given: Tensor, drawn: Tensor
    ) -> Tensor:
        """What is said of a photo -> its colours; see the class."""
        count, _, height, width = canvas.entered.shape
        grid, seen = (height // CELL, width // CELL), self.project.in_channels
        found = self._by_engine(canvas, state.unflatten(1, grid), colours.unflatten(1, grid), hints, given, drawn)
        if found is not None:
            return found
        context = self.context(state).view(count, *grid, -1).permute(0, 3, 1, 2)
        context = functional.interpolate(context, (height, width), mode="bilinear")
        shared = mixed(canvas.blocks, colours.transpose(1, 2).reshape(count, 2, *grid))
        if hints.shape[1]:
            alike = canvas.alike + of_channels(self.project_hints, context, seen)
            share = self.shares_of_hints(alike.float(), hints, given)
            spread = _spread(share, hints, given, shared)
            total = share.sum(1).view(count, 1, height, width)
        else:
            spread, total = torch.zeros_like(shared), torch.zeros_like(shared[:, :1])
        what = drawn.view(-1, 1, 1, 1).expand(-1, 1, height, width)
        said = torch.cat((shared / COLOUR_SCALE, spread / COLOUR_SCALE, total, what.to(total)), 1)
        told = torch.cat((context, said.to(context.dtype, memory_format=torch.channels_last)), 1)
        y = functional.relu(canvas.entered + of_channels(self.enter, told, seen))
        for convolution in self.refine:
            y = y + functional.relu(convolution(y))
        painted = functional.pixel_shuffle(of_channels(self.leave, y, 0).float(), 2).contiguous() * COLOUR_SCALE
        painted = painted + functional.interpolate(shared + spread, scale_factor=2, mode="bilinear")
        if hints.shape[1]:
            left = _spread(share, hints, given, functional.avg_pool2d(painted, 2))
            painted = painted + functional.interpolate(left, scale_factor=2, mode="bilinear")
        return painted

    def _by_engine(
        self, canvas: Canvas, state: Tensor, colours: Tensor, hints: Tensor, given: Tensor, drawn: Tensor
    ) -> Tensor | None:
        """What `paint` gives, by onnxruntime; None where torch is to. State and colours are (N, h, w, ...) here."""
        places = torch.where(given[..., None], hints * hints.new_tensor((CELL, CELL, 1, 1)), hints.new_tensor(NOWHERE))
        if not places.shape[1]:  # the graph wants one at least
            places = hints.new_tensor(NOWHERE).expand(len(hints), 1, -1)
        maps = {
            "blocks": canvas.blocks, "alike": canvas.alike, "entered": canvas.entered, "thought": state,
            "colours": colours, "hints": places, "drawn": drawn,
        }  # fmt: skip
        found = self.engine.run(self, maps)
        return None if found is None else found[0]

    def shares_of_blocks(self, z: Tensor) -> Tensor:
        """Places z (N, LIKE, 4h, 4w) -> the shares that each takes of the blocks around its own, (N, P, 25, 16)."""
        count, _, height, width = z.shape
        h, w, reach, unfold = height // CELL, width // CELL, AROUND // 2, functional.unfold
        around = unfold(functional.avg_pool2d(z, CELL), AROUND, padding=reach)
        around = around.view(count, LIKE, AROUND**2, h * w).permute(0, 3, 2, 1)  # (N, P, 25, LIKE)
        inside = unfold(z.new_ones(1, 1, h, w), AROUND, padding=reach).view(1, AROUND**2, h * w)
        places = z.view(count, LIKE, h, CELL, w, CELL).permute(0, 2, 4, 1, 3, 5).reshape(count, h * w, LIKE, CELL**2)
        unlike = places.square().sum(2)[:, :, None] + around.square().sum(-1)[..., None] - 2 * around @ places
        block, place = torch.arange(AROUND, device=z.device), torch.arange(CELL, device=z.device)
        step = ((block[:, None] - reach) - ((place + 0.5) / CELL - 0.5)).square()  # (5, 4)
        far = (step[:, None, :, None] + step[None, :, None, :]).reshape(AROUND**2, CELL**2)
        plus = functional.softplus
        score = -plus(self.likeness) * unlike - 2 * plus(self.distance) * far
        return (score + ((1 - inside) * NEVER).permute(0, 2, 1)[..., None]).softmax(2)

    def shares_of_hints(self, z: Tensor, hints: Tensor, given: Tensor) -> Tensor:
        """Places z (N, LIKE, H, W), hints (N, K, 4) -> each place's share of each hint's residual, (N, K, H W)."""
        height, width = z.shape[2:]
        flat = z.flatten(2)  # (N, LIKE, H W)
        at = flat.gather(2, _cells(hints, height, width)[:, None].expand(-1, LIKE, -1))
        unlike = (flat.square().sum(1)[:, None] + at.square().sum(1)[..., None] - 2 * at.transpose(1, 2) @ flat).clamp(
            min=0
        )
        across, down = ((torch.arange(side, device=z.device) + 0.5) for side in (width, height))
        far = ((down - hints[..., 1:2]).square()[..., None] + (across - hints[..., :1]).square()[:, :, None]) / CELL**2
        plus = functional.softplus
        score = -plus(self.hint_likeness) * unlike - plus(self.hint_distance) * 0.1 * far.flatten(2) + self.nothing
        score = score.masked_fill(~given[..., None], NEVER)
        return functional.pad(score, (0, 0, 0, 1)).softmax(1)[:, :-1]


def of_channels(layer: nn.Conv2d, x: Tensor, first: int) -> Tensor:
    """What the channels x, a layer's inputs from the `first` on, add to its output; its bias goes with the first."""
    weight = layer.weight[:, first : first + x.shape[1], 0, 0]
    return functional.linear(x.permute(0, 2, 3, 1), weight, None if first else layer.bias).permute(0, 3, 1, 2)


def mixed(shares: Tensor, colours: Tensor) -> Tensor:
    """Shares of blocks (N, P, 25, 16) and colours of blocks (N, 2, h, w) -> the places' colours (N, 2, 4h, 4w)."""
    count, _, h, w = colours.shape
    padded = functional.pad(colours, (AROUND // 2,) * 4, mode="replicate")
    around = functional.unfold(padded, AROUND).view(count, 2, AROUND**2, h * w).permute(0, 3, 1, 2).contiguous()
    taken = (around @ shares).view(count, h, w, 2, CELL, CELL)
    return taken.permute(0, 3, 1, 4, 2, 5).reshape(count, 2, CELL * h, CELL * w)


def _cells(hints: Tensor, height: int, width: int) -> Tensor:
    """The place of the features that each hint (N, K, 4) is at, as a number, int64 (N, K)."""
    x, y = hints[..., 0].long().clamp(0, width - 1), hints[..., 1].long().clamp(0, height - 1)
    return y * width + x


def _spread(share: Tensor, hints: Tensor, given: Tensor, ab: Tensor) -> Tensor:
    """What is wrong with ab (N, 2, H, W) at the hints, spread by share (N, K, H W) -> (N, 2, H, W)."""
    there = ab.flatten(2).gather(2, _cells(hints, *ab.shape[2:])[:, None].expand(-1, 2, -1))
    residual = (hints[..., 2:].transpose(1, 2) - there) * given[:, None]
    return (residual @ share).view(ab.shape)
