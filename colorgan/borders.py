"""Flat borders round a picture (a mount, an album's page, a print's white edge, bars of a film): found, kept out of
what the network sees, and left without colour.

A network colours a border by what is near it: a pale mount round a red dress glows. What is flat, of one lightness from
edge to edge, and ends in a straight line or an opening that fills most of its rectangle has nothing to be guessed at:
its colour is gray. A sky, a wall or a studio's backdrop is no border, however even: it does not end like one.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

FLAT = 3.0  # L* units from a border's lightness to what still belongs to it: paper has a texture, a scan has noise
EDGE = 5.0  # L* units from a border's lightness to the picture at least, along an edge
FLAT_SHARE = 0.92  # of a row: the rest is dust, a crease, a line of a caption
EDGE_SHARE = 0.6  # of an edge of the picture is unlike the border
OPENING_SHARE = 0.7  # of its rectangle is what an oval opening (0.79) or one with round corners fills
SMALLEST = 24  # pixels of the view to a side that a picture has at least
MOST_FRAMES = 8  # inside one another: the scanner's bed, a page, a mount, a line on it, the print's edge
RING = 3  # pixels from the edge to where a page's shading is looked for
SHADING = 20.0  # L* units between the darkest and the lightest corner of a page, at most
BLEND = 2  # pixels of the view at most that are a mixture of a border and what is outside of it
GRAIN = 5  # pixels of the view that a row is smoothed over
LINE = 4  # pixels of the view that a line drawn round a picture is wide at most; beyond it the mount goes on
RAGGED = 5  # pixels: a border that reaches between photos or into corners is as wide as this at least


@dataclass(frozen=True)
class Box:
    """A rectangle of the view: rows from `top` up to `bottom`, columns from `left` up to `right`."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns, to index with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True)
class Border:
    """Where a view's border is: `mask` (h, w) is True there. All of it is outside of the box, but for what a wide
    border has between several photos, or in the corners of an oval one."""

    mask: Tensor
    box: Box

    @property
    def seen(self) -> Box:
        """What is shown of the picture: a pixel less at each edge of the border, which is half of each, and of which
        as little as that changes what a network thinks of the whole."""
        height, width = self.mask.shape
        top, bottom, left, right = self.box.top, self.box.bottom, self.box.left, self.box.right
        return Box(top + (top > 0), bottom - (bottom < height), left + (left > 0), right - (right < width))

    def inside(self, size: tuple[int, int]) -> tuple[float, float, float, float]:
        """Where that is in a photo of this (width, height): left, top, right, bottom in its pixels."""
        seen, across, down = self.seen, size[0] / self.mask.shape[1], size[1] / self.mask.shape[0]
        return seen.left * across, seen.top * down, seen.right * across, seen.bottom * down

    def around(self, lines: Tensor) -> Tensor:
        """Lines of `upsampling` for what was seen (N, 4, h', w') -> the whole view's (N, 4, h, w), gray all round."""
        mask, box, seen = self.mask.to(lines.device), self.box, self.seen
        size = [seen.bottom - seen.top, seen.right - seen.left]
        lines = functional.interpolate(lines, size, mode="bilinear", antialias=True)
        edges = [seen.left - box.left, box.right - seen.right, seen.top - box.top, box.bottom - seen.bottom]
        whole = lines.new_zeros(*lines.shape[:2], *mask.shape)
        whole[:, :, *box.slices] = functional.pad(lines, edges, mode="replicate")
        return whole.masked_fill(mask, 0.0)


def find_border(view: Tensor) -> Border | None:
    """A view's L (1, 1, h, w) in [0, 100] -> its border; None where it has none.

    From outside to inside: each time the rows and columns are taken away that are flat and of one lightness, as long as
    they are on two sides at least and end as borders do.
    """
    lightness = view[0, 0].cpu().numpy()
    height, width = lightness.shape
    if min(height, width) < SMALLEST:
        return None
    lightness = _without_shading(lightness)
    box, mask = Box(0, height, 0, width), np.zeros(lightness.shape, bool)
    for _ in range(MOST_FRAMES):
        found = _inside(lightness, box)
        if found is None:
            break
        outer, (box, level) = box, found
        mask[outer.slices] = True
        mask[box.slices] = _is_wide(outer, box) & _reached(np.abs(lightness[box.slices] - level) < FLAT)
    return Border(torch.from_numpy(mask), box) if mask.any() else None


def _without_shading(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """A view as it is, unless all that is round it is a page that is lit from one side: then without the slope."""
    axes = np.meshgrid(*(np.linspace(-0.5, 0.5, side, dtype=np.float32) for side in lightness.shape), indexing="ij")
    places = np.stack([np.ones_like(lightness), *axes])
    ring = np.zeros(lightness.shape, bool)
    ring[[RING, -1 - RING]] = ring[:, [RING, -1 - RING]] = True
    known, values = places[:, ring].T, lightness[ring]
    near = np.ones(len(values), bool)
    for _ in range(3):  # without what the fit before had far from the page: a caption, a finger
        plane = np.linalg.lstsq(known[near], values[near], rcond=None)[0]
        near = np.abs(known @ plane - values) < FLAT
        if near.mean() < FLAT_SHARE:
            return lightness
    slope = np.abs(plane[1:]).sum()
    if not FLAT < slope < SHADING:
        return lightness
    return np.asarray(lightness - np.tensordot(plane[1:], places[1:], 1), np.float32)


def _inside(lightness: NDArray[np.float32], box: Box) -> tuple[Box, float] | None:
    """A rectangle -> the one inside its flat edges, and their lightness; None where they are no border."""
    part = lightness[box.slices]
    sides = {  # each seen from outside: its first row is the outermost
        "top": part,
        "bottom": part[::-1],
        "left": part.T,
        "right": part.T[::-1],
    }
    depths, edges = {}, {}
    for name, side in sides.items():
        depths[name], edges[name] = _flat_rows(side)
    flat = [name for name in sides if depths[name]]
    if len(flat) < 2:
        return None
    # Of two kinds of border, say white paper and the dark lid of a scanner, the one on most sides goes first.
    level = max((edges[name] for name in flat), key=lambda one: sum(abs(edges[name] - one) < FLAT for name in flat))
    kept = {name: depths[name] if name in flat and abs(edges[name] - level) < FLAT else 0 for name in sides}
    inner = _shrunk(box, kept)
    if inner is None:
        return None
    unlike = np.abs(lightness[inner.slices] - level) > EDGE
    ends = {"top": unlike[:3], "bottom": unlike[-3:], "left": unlike[:, :3].T, "right": unlike[:, -3:].T}
    sharp = {name: bool(kept[name]) and ends[name].any(0).mean() >= EDGE_SHARE for name in sides}
    if all(kept.values()) and (sum(sharp.values()) >= 3 or _filled(lightness[inner.slices], level) >= OPENING_SHARE):
        return inner, level
    kept = {name: depth if sharp[name] else 0 for name, depth in kept.items()}
    inner = _shrunk(box, kept)
    return (inner, level) if inner is not None and sum(map(bool, kept.values())) >= 2 else None


def _flat_rows(side: NDArray[np.float32]) -> tuple[int, float]:
    """How many rows from the first one on are of one lightness, and which, but for thin lines along them.

    The first ones may be a mixture with what is outside.
    """
    most, depth, best = 0, 0, 0.0
    for start in range(BLEND + 1):
        level = float(np.median(side[start]))
        if _are_flat(side[start : start + 1], level).all():
            count = _depth(_are_flat(side[start:], level))
            if count > most:
                most, depth, best = count, start + count, level
    return depth, best


def _are_flat(rows: NDArray[np.float32], level: float) -> NDArray[np.bool_]:
    """Of each row whether it is of this lightness, once it is smoothed: what is grain to the eye is no texture."""
    sums = np.cumsum(np.pad(rows, ((0, 0), (1, 0))), 1, dtype=np.float64)
    smooth = (sums[:, GRAIN:] - sums[:, :-GRAIN]) / GRAIN
    return np.asarray((np.abs(smooth - level) < FLAT).mean(1) >= FLAT_SHARE)


def _depth(flat: NDArray[np.bool_]) -> int:
    """How many rows from the first one on are flat, each of them or after a line of up to `LINE` rows."""
    depth = 0
    while depth < len(flat):
        if not flat[depth]:
            after = depth + int(flat[depth : depth + LINE + 1].argmax())
            if np.count_nonzero(flat[after : after + LINE]) < LINE:
                break
            depth = after
        depth += 1
    return depth


def _shrunk(box: Box, depths: dict[str, int]) -> Box | None:
    """A rectangle less so many rows and columns; None where too little is left for a picture."""
    inner = Box(
        box.top + depths["top"], box.bottom - depths["bottom"], box.left + depths["left"], box.right - depths["right"]
    )
    height, width = inner.bottom - inner.top, inner.right - inner.left
    return inner if min(height, width) >= SMALLEST else None


def _is_wide(outer: Box, inner: Box) -> bool:
    """Whether the border between two rectangles is wide all round, as a page is."""
    gaps = inner.top - outer.top, outer.bottom - inner.bottom, inner.left - outer.left, outer.right - inner.right
    return min(gaps) >= RAGGED


def _filled(inside: NDArray[np.float32], level: float) -> float:
    """The share of a rectangle that its border does not reach into."""
    return 1.0 - float(_reached(np.abs(inside - level) < FLAT).mean())


def _reached(like: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where a border goes on inside its rectangle (h, w): what is like it in a straight run from an edge, and wide."""
    run = np.zeros_like(like)
    for axis in (0, 1):
        for seen in (like, np.flip(like, axis)):
            from_edge = np.logical_and.accumulate(seen, axis)
            run |= from_edge if seen is like else np.flip(from_edge, axis)
    grown = torch.from_numpy(run)[None, None].float()
    half = RAGGED // 2
    edged = functional.pad(grown, (half, half, half, half), value=1.0)  # the border itself is outside
    narrowed = -functional.max_pool2d(-edged, RAGGED, 1)
    kept = functional.max_pool2d(narrowed, RAGGED, 1, half)[0, 0] > 0
    return np.asarray(kept.numpy() & run)
