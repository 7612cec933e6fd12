"""Colour words: which of a small vocabulary of colours each block of a photo has, given those that are known.

A regression says the mean of all colours that a thing may have, which is the colour of none of them. What ties the left
half of a sofa to its right half is a joint probability: a masked transformer over the blocks' colours (Chang et al.
2022, "MaskGIT", arXiv 2202.04200), which takes what a person says of a place as a word that is known (Huang et al.
2022, "UniColor", arXiv 2209.11223).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorgan.networks.engine import Engine, Graph

BLOCK = 16  # side of a block in pixels of the view
COLOUR_SCALE = 40.0  # ab units; about the spread of colours that people name
NEARNESS = 4.0  # ab units: a colour this far from a word is like it by exp(-1/2)
NEAR = 3.0  # ab units: within about this a word is as good as another
SAY = Graph("words", frozenset({"enter", "forget", "where", "mean", "deviation", "steps"}))  # `ColourWords.say`
REACH = 15  # blocks: further apart than this, two blocks are as good as this far


@dataclass
class Known:
    """What is known of the blocks of N photos, each tensor beginning (N, P), P the blocks in rows from the top.

    colours (N, P, 2) in ab units; state (N, P) int64: 0 where nothing is known, 1 where the colour is that of the
    whole block, 2 where somebody said it of a place inside; place (N, P, 3): how far that place lies from the block's
    middle, x and y in blocks, and its lightness in [-1, 1], all 0 elsewhere.
    """

    colours: Tensor
    state: Tensor
    place: Tensor

    @classmethod
    def nothing(cls, photos: int, blocks: int) -> "Known":
        """No block of any photo."""
        return cls(
            torch.zeros(photos, blocks, 2),
            torch.zeros(photos, blocks, dtype=torch.long),
            torch.zeros(photos, blocks, 3),
        )


class Layer(nn.Module):
    """A pre-norm transformer layer whose attention adds what it learned of the step from block to block."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.before, self.qkv, self.out = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.steps = nn.Parameter(torch.zeros((2 * REACH + 1) ** 2, heads))
        self.mlp = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def bias(self, steps: Tensor) -> Tensor:
        """What the layer learned of the steps from block to block, int64 (P, P) -> (heads, P, P)."""
        return self.steps[steps].permute(2, 0, 1).contiguous()

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        count, blocks, width = x.shape
        q, k, v = self.qkv(self.before(x)).view(count, blocks, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if torch.is_grad_enabled():
            # Written out: torch's fused attention was half as fast backwards (torch 2.13, CPU, bfloat16, 196 blocks).
            likeness = (q @ k.transpose(-1, -2)) * (width // self.heads) ** -0.5 + bias.to(q.dtype)
            mixed = likeness.softmax(-1).to(v.dtype) @ v
        else:  # forwards it is four times as fast (float32, 252 blocks)
            mixed = functional.scaled_dot_product_attention(q, k, v, bias[None].to(q.dtype))
        x = x + self.out(mixed.transpose(1, 2).reshape(count, blocks, width))
        y: Tensor = x + self.mlp(x)
        return y


class ColourWords(nn.Module):
    """Features of all blocks and what is known of some -> how likely each word is in each block.

    Features (N, P, C) of a grid of h x w = P blocks, `Known` of them -> logits (N, P, Q) and the last layer's state
    (N, P, width). Any grid: blocks know their place by the step from one another, and as a share of the photo's sides.
    """

    def __init__(self, channels: int, count: int = 224, width: int = 192, layers: int = 4, heads: int = 6):
        super().__init__()
        if width % heads:
            raise ValueError(f"width must be a multiple of the {heads} heads, got {width}")
        # What occurs in the training photos is a fact about them, so it travels along.
        self.register_buffer("vocabulary", torch.zeros(count, 2))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("deviation", torch.ones(channels))
        self.enter, self.forget = nn.Linear(channels, width), nn.Dropout(0.1)
        self.where = nn.Linear(2, width)
        self.state = nn.Embedding(3, width)
        self.likeness = nn.Linear(count, width, bias=False)
        self.said = nn.Linear(2 + 3, width)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, count))
        self.engine = Engine(SAY)

    _kept: tuple[Any, Tensor] | None = None
    vocabulary: Tensor
    mean: Tensor
    deviation: Tensor

    @property
    def least_entropy(self) -> float:
        """The entropy of a word that is certain: as near words are taught as nearly right, it is not 0."""
        near = near_words(self.vocabulary)
        return float(entropy(near.clamp(min=1e-12).log()).mean())

    def forward(self, features: Tensor, known: Known, grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
        return self.say(self.read(features, grid), known, grid)

    def say(self, seen: Tensor, known: Known, grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """What `read` made of the features, (N, P, width), and what is known -> what `forward` gives."""
        biases = self._biases(grid, seen.device)
        maps = {"read": seen, "colours": known.colours, "state": known.state, "place": known.place}
        found = self.engine.run(self, {name: one.unflatten(1, grid) for name, one in maps.items()}, {"steps": biases})
        if found is not None:
            logits, thought, _ = found
            return logits.flatten(1, 2), thought.flatten(1, 2)
        x = seen + self.known(known)
        for layer, bias in zip(self.layers, biases, strict=True):
            x = layer(x, bias)
        return self.leave(x), x

    def _biases(self, grid: tuple[int, int], device: torch.device) -> Tensor:
        """Each layer's bias on a grid, (layers, heads, P, P). Without gradients the last grid's are kept: they are a
        sixth of a pass."""
        layers = cast(Sequence[Layer], self.layers)
        if torch.is_grad_enabled():
            return self._new_biases(grid, device)
        of = (grid, *(_identity(layer.steps) for layer in layers))
        if self._kept is None or self._kept[0] != of:
            self._kept = of, self._new_biases(grid, device)
        return self._kept[1]

    def _new_biases(self, grid: tuple[int, int], device: torch.device) -> Tensor:
        steps = relative_steps(grid, device)
        return torch.stack([layer.bias(steps) for layer in cast(Sequence[Layer], self.layers)])

    def read(self, features: Tensor, grid: tuple[int, int]) -> Tensor:
        """What the photo says of each block, (N, P, width): the same whatever is known."""
        scaled = ((features - self.mean) / self.deviation).clamp(-6, 6)
        seen: Tensor = self.enter(self.forget(scaled)) + self.where(places(grid, features.device))
        return seen

    def known(self, known: Known) -> Tensor:
        """What is known of each block, (N, P, width)."""
        # Of the square of a difference, what all words share is left out: a softmax does not see it.
        near = known.colours @ self.vocabulary.T - self.vocabulary.square().sum(-1) / 2
        like = self.likeness((near / NEARNESS**2).softmax(-1))
        said = self.said(torch.cat((known.colours / COLOUR_SCALE, known.place), -1))
        there = (known.state > 0)[..., None]
        embedded: Tensor = self.state(known.state) + (like + said) * there
        return embedded


def _identity(weights: Tensor) -> tuple[Any, ...]:
    """What changes when the values of a tensor do: those made in inference mode cannot."""
    return weights.data_ptr(), weights.dtype, 0 if weights.is_inference() else weights._version


def relative_steps(grid: tuple[int, int], device: torch.device) -> Tensor:
    """The step from each block of a grid to each other as a row of `Layer.steps`, int64 (P, P)."""
    rows, columns = torch.meshgrid(*(torch.arange(side, device=device) for side in grid), indexing="ij")
    flat = torch.stack((rows.flatten(), columns.flatten()))
    down, right = (flat[:, None, :] - flat[:, :, None]).clamp(-REACH, REACH) + REACH
    return down * (2 * REACH + 1) + right


def places(grid: tuple[int, int], device: torch.device) -> Tensor:
    """Where each block of a grid lies in the photo, as shares of its sides from -1 to 1, (P, 2): down, right."""
    down, right = ((torch.arange(side, device=device) + 0.5) * (2 / side) - 1 for side in grid)
    return torch.stack(torch.meshgrid(down, right, indexing="ij"), -1).reshape(-1, 2)


def near_words(vocabulary: Tensor) -> Tensor:
    """Words (Q, 2) -> for each, how nearly right every word is, (Q, Q), rows that sum to 1: what is taught."""
    return torch.softmax(-torch.cdist(vocabulary, vocabulary).square() / (2 * NEAR**2), 1)


def entropy(logits: Tensor) -> Tensor:
    """Logits (..., Q) -> how unsure they are, as a share of not knowing anything at all, (...) in [0, 1]."""
    log_probability = logits.float().log_softmax(-1)
    return -(log_probability.exp() * log_probability).sum(-1) / math.log(logits.shape[-1])


def mean_colours(logits: Tensor, vocabulary: Tensor) -> Tensor:
    """Logits (..., Q) over words (Q, 2) -> the mean of their colours, ab (..., 2)."""
    return logits.float().softmax(-1) @ vocabulary


def make_vocabulary(colours: Tensor, count: int, generator: torch.Generator, rounds: int = 25) -> Tensor:
    """Colours of blocks, ab (M, 2) in ab units -> words (count, 2): k-means on a draw that thins out the common ones.

    A colour's chance in the draw goes by the root of one over the colours in its cell of 7 x 7 ab units.
    """
    bins = 32
    cells = ((colours + 110) / 220 * bins).long().clamp(0, bins - 1)
    cell = cells[:, 0] * bins + cells[:, 1]
    density = torch.bincount(cell, minlength=bins * bins).float()
    drawn = colours[torch.multinomial(density[cell] ** -0.5, min(60_000, len(colours)), generator=generator)]
    words = drawn[torch.randperm(len(drawn), generator=generator)[:count]].clone()
    for _ in range(rounds):
        nearest = torch.cdist(drawn, words).argmin(1)
        many = torch.bincount(nearest, minlength=len(words))
        sums = torch.zeros_like(words).index_add_(0, nearest, drawn)
        words = torch.where(many[:, None] > 0, sums / many.clamp(min=1)[:, None], words)
    return words
