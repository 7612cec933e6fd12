"""From the colours of blocks and of places to the colour of every second pixel, along the edges of the features."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorgan.networks.words import COLOUR_SCALE

CELL = 4  # pixels of the view to a place of the features, and places to a block's side
AROUND = 5  # a place takes shares of so many by so many blocks
LIKE = 24  # numbers by which places are compared
NEVER = -1e4


class Painter(nn.Module):
    """Features at a quarter, what the words say of each block, and hints -> ab at half of the view, in ab units.

    fine (N, C, 4h, 4w), lightness (N, 1, 16h, 16w) in [-1, 1], state (N, P, D) and colours (N, P, 2) of h x w = P
    blocks, hints (N, K, 4): x, y in places of the features and ab; given (N, K) bool; drawn (N,) 1 where the colours
    are words that were drawn and stay, 0 where they are means -> (N, 2, 8h, 8w).

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
        seen = torch.cat((fine, functional.pixel_unshuffle(lightness, CELL).to(fine.dtype)), 1)
        count, _, height, width = seen.shape
        grid = height // CELL, width // CELL
        context = self.context(state).transpose(1, 2).reshape(count, -1, *grid)
        context = functional.interpolate(context, (height, width), mode="bilinear")
        shared = self.of_blocks(self.project(seen).float(), colours.transpose(1, 2).reshape(count, 2, *grid))
        both = torch.cat((seen, context.to(seen.dtype)), 1)
        if hints.shape[1]:
            share = self.of_hints(self.project_hints(both).float(), hints, given)
            spread = _spread(share, hints, given, shared)
            total = share.sum(2).view(count, 1, height, width)
        else:
            spread, total = torch.zeros_like(shared), torch.zeros_like(shared[:, :1])
        what = drawn.view(-1, 1, 1, 1).expand(-1, 1, height, width)
        said = torch.cat((shared / COLOUR_SCALE, spread / COLOUR_SCALE, total, what.to(total)), 1)
        y = functional.relu(self.enter(torch.cat((both, said.to(both.dtype)), 1)))
        for convolution in self.refine:
            y = y + functional.relu(convolution(y))
        painted = functional.pixel_shuffle(self.leave(y).float(), 2) * COLOUR_SCALE
        painted = painted + functional.interpolate(shared + spread, scale_factor=2, mode="bilinear")
        if hints.shape[1]:
            left = _spread(share, hints, given, functional.avg_pool2d(painted, 2))
            painted = painted + functional.interpolate(left, scale_factor=2, mode="bilinear")
        return painted

    def of_blocks(self, z: Tensor, blocks: Tensor) -> Tensor:
        """Places z (N, LIKE, 4h, 4w), colours of blocks (N, 2, h, w) -> each place's share of them, (N, 2, 4h, 4w)."""
        count, _, height, width = z.shape
        h, w, reach, unfold = height // CELL, width // CELL, AROUND // 2, functional.unfold
        around = unfold(functional.avg_pool2d(z, CELL), AROUND, padding=reach)
        around = around.view(count, LIKE, AROUND**2, h * w).permute(0, 3, 1, 2)  # (N, P, LIKE, 25)
        padded = functional.pad(blocks, (reach,) * 4, mode="replicate")
        colours = unfold(padded, AROUND).view(count, 2, AROUND**2, h * w).permute(0, 3, 2, 1)
        inside = unfold(torch.ones_like(blocks[:1, :1]), AROUND, padding=reach).view(1, AROUND**2, h * w)
        places = z.view(count, LIKE, h, CELL, w, CELL).permute(0, 2, 4, 3, 5, 1).reshape(count, h * w, CELL**2, LIKE)
        unlike = places.square().sum(-1)[..., None] + around.square().sum(2)[:, :, None] - 2 * places @ around
        block, place = torch.arange(AROUND, device=z.device), torch.arange(CELL, device=z.device)
        step = ((block - reach) - ((place[:, None] + 0.5) / CELL - 0.5)).square()  # (4, 5)
        far = (step[:, None, :, None] + step[None, :, None, :]).reshape(CELL**2, AROUND**2)
        plus = functional.softplus
        score = -plus(self.likeness) * unlike - 2 * plus(self.distance) * far
        share = (score + ((1 - inside) * NEVER).permute(0, 2, 1)[:, :, None]).softmax(-1)  # (N, P, 16, 25)
        mixed = (share @ colours).view(count, h, w, CELL, CELL, 2)
        return mixed.permute(0, 5, 1, 3, 2, 4).reshape(count, 2, height, width)

    def of_hints(self, z: Tensor, hints: Tensor, given: Tensor) -> Tensor:
        """Places z (N, LIKE, H, W), hints (N, K, 4) -> each place's share of each hint's residual, (N, H W, K)."""
        height, width = z.shape[2:]
        flat = z.flatten(2).transpose(1, 2)  # (N, H W, LIKE)
        at = flat.gather(1, _cells(hints, height, width)[..., None].expand(-1, -1, LIKE))
        unlike = (
            flat.square().sum(-1)[..., None] + at.square().sum(-1)[:, None] - 2 * flat @ at.transpose(1, 2)
        ).clamp(min=0)
        y, x = torch.meshgrid(
            torch.arange(height, device=z.device) + 0.5, torch.arange(width, device=z.device) + 0.5, indexing="ij"
        )
        places = torch.stack((x.flatten(), y.flatten()), -1)
        far = (places[:, None] - hints[:, None, :, :2]).square().sum(-1) / CELL**2
        plus = functional.softplus
        score = -plus(self.hint_likeness) * unlike - plus(self.hint_distance) * 0.1 * far + self.nothing
        score = score.masked_fill(~given[:, None], NEVER)
        return functional.pad(score, (0, 1)).softmax(-1)[..., :-1]


def _cells(hints: Tensor, height: int, width: int) -> Tensor:
    """The place of the features that each hint (N, K, 4) is at, as a number, int64 (N, K)."""
    x, y = hints[..., 0].long().clamp(0, width - 1), hints[..., 1].long().clamp(0, height - 1)
    return y * width + x


def _spread(share: Tensor, hints: Tensor, given: Tensor, ab: Tensor) -> Tensor:
    """What is wrong with ab (N, 2, H, W) at the hints, spread by share (N, H W, K) -> (N, 2, H, W)."""
    height, width = ab.shape[2:]
    there = ab.flatten(2).transpose(1, 2).gather(1, _cells(hints, height, width)[..., None].expand(-1, -1, 2))
    residual = (hints[..., 2:] - there) * given[..., None]
    return (share @ residual).transpose(1, 2).reshape(ab.shape)
