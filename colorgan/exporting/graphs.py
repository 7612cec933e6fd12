"""What goes into each file of an export: a part of the network, as a module that an exporter can trace.

An ONNX session computes all that its graph has, so what is asked for at different times are graphs of their own: the
picture, once a photo; what hints begin with, once a photo that gets one; words and painter, for each set of hints.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorgan.color import CHROMA_SCALE, normalize_lightness, rgb_to_lab
from colorgan.networks.lite_unet import LiteUNet
from colorgan.networks.painter import CELL, Canvas
from colorgan.networks.word_head import Points, WordHead, known_blocks
from colorgan.networks.words import BLOCK, Known, Layer, mean_colours, relative_steps

Free = dict[int, Any]  # the axes of an input whose length is free -> the expression that it is
Runner = Callable[[str, Mapping[str, Tensor]], Mapping[str, Tensor]]  # a part's name and inputs -> its outputs


class Picture(nn.Module):
    """Any generator: L (1, 1, H, W) in [0, 100] -> ab (1, 2, H/s, W/s), with the generator's own stride s.

    Of a network with colour words also what these read: `Look.fine`, and `Look.features` on the blocks' grid.
    """

    def __init__(self, generator: Any):
        super().__init__()
        self.generator = generator

    def forward(self, lightness: Tensor) -> tuple[Tensor, ...]:
        seen = normalize_lightness(lightness)
        if getattr(self.generator, "words", None) is None:
            output = self.generator(seen)
            if self.generator.output_space == "rgb":
                return (rgb_to_lab((output + 1) / 2)[1],)
            return (output[:, -2:] * CHROMA_SCALE,)
        picture, look = cast(LiteUNet, self.generator).look(seen)
        return picture * CHROMA_SCALE, look.fine, look.features.view(1, *look.grid, -1)


class Preparation(nn.Module):
    """What words and painter make of a photo before anything is known: `ColourWords.read`, `Painter.prepare`.

    L (1, 1, H, W) in [0, 100], fine (1, C, H/4, W/4), features (1, h, w, F), h = H/16 and w = W/16 -> read
    (1, h, w, D), steps (layers, heads, P, P) with P = h w, blocks (1, P, 25, 16), alike (1, 24, H/4, W/4),
    entered (1, E, H/4, W/4).
    """

    def __init__(self, head: WordHead):
        super().__init__()
        self.words, self.painter = head.words, head.painter

    def forward(self, lightness: Tensor, fine: Tensor, features: Tensor) -> tuple[Tensor, ...]:
        rows, columns = features.shape[1:3]
        read = self.words.read(features.flatten(1, 2), (rows, columns)).view(1, rows, columns, -1)
        numbers = relative_steps((rows, columns), features.device)
        steps = torch.stack([layer.bias(numbers) for layer in cast(Sequence[Layer], self.words.layers)])
        canvas = self.painter.prepare(fine, normalize_lightness(lightness))
        return read, steps, canvas.blocks, canvas.alike, canvas.entered


class Words(nn.Module):
    """What is known of blocks -> what the words say of all: `ColourWords.say`.

    read and steps of `Preparation`; colours (1, h, w, 2), state (1, h, w) int64 and place (1, h, w, 3) as `Known` has
    them -> logits (1, h, w, Q), thought (1, h, w, D), mean (1, h, w, 2) in ab units.
    """

    def __init__(self, head: WordHead):
        super().__init__()
        self.words = head.words

    def forward(self, read: Tensor, steps: Tensor, colours: Tensor, state: Tensor, place: Tensor) -> tuple[Tensor, ...]:
        rows, columns = read.shape[1:3]
        known = Known(colours.flatten(1, 2), state.flatten(1, 2), place.flatten(1, 2))
        x = read.flatten(1, 2) + self.words.known(known)
        for number, layer in enumerate(self.words.layers):
            x = layer(x, steps[number])
        logits = self.words.leave(x)
        mean = mean_colours(logits, self.words.vocabulary)
        return tuple(part.view(1, rows, columns, -1) for part in (logits, x, mean))


class Painting(nn.Module):
    """What is said of a photo -> its colours: `Painter.paint`.

    blocks, alike and entered of `Preparation`; thought of `Words`; colours of blocks (1, h, w, 2) in ab units; hints
    (1, K, 4), x and y in pixels of the view and ab; drawn (1,), 1 for words that were drawn, 0 for means -> ab
    (1, 2, H/2, W/2).
    """

    def __init__(self, head: WordHead):
        super().__init__()
        self.painter = head.painter

    def forward(
        self,
        blocks: Tensor,
        alike: Tensor,
        entered: Tensor,
        thought: Tensor,
        colours: Tensor,
        hints: Tensor,
        drawn: Tensor,
    ) -> tuple[Tensor, ...]:
        canvas = Canvas(blocks, alike, entered)
        places = torch.cat((hints[..., :2] / CELL, hints[..., 2:]), -1)
        given = torch.ones_like(hints[..., 0], dtype=torch.bool)
        return (self.painter.paint(canvas, thought.flatten(1, 2), colours.flatten(1, 2), places, given, drawn),)


@dataclass(frozen=True)
class Part:
    """One file: a module, its inputs by name with the axes that are free, and its outputs' names."""

    module: nn.Module
    inputs: dict[str, Free]
    outputs: tuple[str, ...]

    def __call__(self, inputs: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """By torch."""
        return dict(zip(self.outputs, self.module(*(inputs[name] for name in self.inputs)), strict=True))


def parts_of(generator: Any) -> dict[str, Part]:
    """All parts of a network by name: the picture, and what hints need where it has colour words."""
    from torch.export import Dim  # takes a second, which nobody waits for who only publishes

    multiple, least = generator.size_multiple, generator.minimum_size
    height, width = (_times(multiple, Dim(name, min=-(-least // multiple))) for name in ("h", "w"))
    head = getattr(generator, "words", None)
    picture = ("ab",) if head is None else ("ab", "fine", "features")
    parts = {"model": Part(Picture(generator), {"lightness": {2: height, 3: width}}, picture)}
    if head is None:
        return parts
    rows, columns, hints = Dim("rows", min=2), Dim("columns", min=2), Dim("hints", min=1)
    grid, places, pixels = ({first: n * rows, first + 1: n * columns} for first, n in ((1, 1), (2, 4), (2, BLOCK)))
    blocks = {1: Dim.AUTO}
    return parts | {
        "prepare": Part(
            Preparation(head),
            {"lightness": pixels, "fine": places, "features": grid},
            ("read", "steps", "blocks", "alike", "entered"),
        ),
        "words": Part(
            Words(head),
            {"read": grid, "steps": {2: Dim.AUTO, 3: Dim.AUTO}, "colours": grid, "state": grid, "place": grid},
            ("logits", "thought", "mean"),
        ),
        "painter": Part(
            Painting(head),
            {
                "blocks": blocks, "alike": places, "entered": places, "thought": grid, "colours": grid,
                "hints": {1: hints}, "drawn": {},
            },
            ("ab",),
        ),
    }  # fmt: skip


def chain(run: Runner, lightness: Tensor, points: Points | None) -> dict[str, Tensor]:
    """All parts one after the other, as whoever runs an export does -> the ab of the picture, and where points are
    said those of the words' mean, and of the picture that they paint."""
    seen = run("model", {"lightness": lightness})
    if points is None:
        return {"ab": seen["ab"]}
    ready = run("prepare", {"lightness": lightness, **seen})
    grid = (lightness.shape[2] // BLOCK, lightness.shape[3] // BLOCK)
    light = functional.avg_pool2d(normalize_lightness(lightness), CELL)[0, 0]
    known = known_blocks(points, light, grid)
    said = run("words", {
        **ready,
        "colours": known.colours.view(1, *grid, 2),
        "state": known.state.view(1, *grid),
        "place": known.place.view(1, *grid, 3),
    })  # fmt: skip
    hints = torch.cat((points.places, points.colours), 1)[None]
    painted = run("painter", {**ready, **said, "colours": said["mean"], "hints": hints, "drawn": torch.zeros(1)})
    return {"ab": seen["ab"], "mean": said["mean"], "painted": painted["ab"]}


def _times(multiple: int, side: Any) -> Any:
    return side if multiple == 1 else multiple * side
