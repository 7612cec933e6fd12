"""The last step, compiled: pixels and lines in, sRGB pixels out. Every other step is small beside it.

torch takes some forty passes over a photo for this, each through memory; compiled (kernels/paint.c), they are
one, several times faster on 12 megapixels. The arithmetic is that of `color` and `upsampling`, which a test compares it
with; roots and powers are looked up, in tables that `color` fills.
"""

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from colorgan.color import (
    XYZ_OVER_WHITE_TO_RGB,
    byte_tables,
    cube_root_lines,
    lab_to_gamut_rgb,
    linear_to_srgb,
    rgb_to_lightness,
)
from colorgan.images import SharedPixels
from colorgan.kernels import PAINT, translated
from colorgan.machine import cores
from colorgan.upsampling import between

ROWS = 64  # painted at a time in 16 bits
TASK = 1 << 17  # pixels painted by one thread before it takes others: as many as a core's cache holds
CUBE_ROOTS = 1 << 12  # as in paint.c: entries of a table read with interpolation: L to 0.001
FARTHEST = 1e4  # of slopes and offsets in ab: far beyond any colour, and the cubes of what they lead to are finite
NOT_FINITE = "colours to paint with must be finite numbers, got NaN or infinity"
GAMMAS = 1 << 14  # as there: entries of a table read at the nearest: a fifth of an 8-bit step near black

Array = NDArray[Any]


class PhotoPainting:
    """An image that is painted when it is asked for, whole or some of its rows: what writes it need not hold all of it.

    Image, "L" or what converts to "RGB", and lines (4, h, w) of `upsampling.fit_lines`. What is painted is
    `lab_to_gamut_rgb` of the image's own lightness and the lines' ab, in 8 bits.

    Raises:
        ValueError: lines that are not finite. The compiled code takes every number for one, and looks things up by it.
    """

    def __init__(self, image: Image.Image, lines: Tensor) -> None:
        lines = lines.float().cpu()
        if not lines.isfinite().all():
            raise ValueError(NOT_FINITE)
        self._image = image if image.mode in ("L", "RGB") else image.convert("RGB")
        self._field = cube_root_lines(lines.clamp(-FARTHEST, FARTHEST)).contiguous().numpy()
        width, height = image.size
        self._places, self._columns = _places(lines.shape[1], height), _places(lines.shape[2], width)
        # Here, and not where they are first used: a painter that ran torch would keep a team of OpenMP threads of its
        # own, and with more threads than cores libgomp lets all teams sleep between two operations, which then take 3
        # times as long on small tensors (measured 2026-11-29: a hint repainted in 150 ms instead of 45).
        self._tables, self._kernel = _tables(), translated(PAINT)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._image.size

    def rows(self, top: int, bottom: int) -> Image.Image:
        """The rows from `top` up to `bottom`, mode RGB, by the thread that asks."""
        painted = np.empty((bottom - top, self._image.width, 4), np.uint8)
        self._fill(painted, top)
        return _as_image(painted)

    def whole(self) -> Image.Image:
        """All of it, mode RGB, by all cores."""
        width, height = self.size
        painted = np.empty((height, width, 4), np.uint8)
        step = max(1, TASK // width)
        tops = range(0, height, step)
        list(_painters().map(lambda top: self._fill(painted[top : top + step], top), tops))
        return _as_image(painted)

    def _fill(self, painted: NDArray[np.uint8], top: int) -> None:
        """Paint the rows from `top` on, as many as (R, W, 4) are to be painted."""
        strip, (row, share) = slice(top, top + len(painted)), self._places
        shared = SharedPixels(self._image.crop((0, top, self._image.width, strip.stop)))
        mixed = np.empty((4, self._field.shape[2] + 1), np.float32)
        places = row[strip], share[strip], *self._columns
        fields = self._field, *self._field.shape[1:]
        pixels = shared.pixels, *shared.pixels.shape
        self._kernel.run("paint_rows", *pixels, *fields, *places, *self._tables, mixed, painted)


def paint(image: Image.Image, lines: Tensor) -> Image.Image:
    """`PhotoPainting` of an image, whole: RGB of its size."""
    return PhotoPainting(image, lines).whole()


def _places(small: int, large: int) -> tuple[Array, Array]:
    before, share = between(small, large)
    return before.numpy(), share.numpy()


def _as_image(painted: NDArray[np.uint8]) -> Image.Image:
    """Pixels (H, W, 4), the last of each 255, as an RGB image, which has them so in memory: nothing is copied."""
    image = Image.frombuffer("RGBX", painted.shape[1::-1], painted, "raw", "RGBX", 0, 1)
    image.im.setmode("RGB")  # as `Image.putalpha` does; `convert` would copy
    image._mode = "RGB"
    return image


def paint_deep(values: NDArray[np.uint16], lines: Tensor) -> NDArray[np.uint16]:
    """The same in 16 bits: sRGB (H, W) gray or (H, W, 3), and lines (4, h, w) -> uint16 (H, W, 3).

    By torch, a strip at a time: it is for files to keep, not for the screen, and its tables would fill the cache.
    """
    if not lines.isfinite().all():
        raise ValueError(NOT_FINITE)
    lines = lines.float().cpu().clamp(-FARTHEST, FARTHEST)
    height, width = values.shape[:2]
    (row, row_share), (column, column_share) = between(lines.shape[1], height), between(lines.shape[2], width)
    next_row, next_column = (row + 1).clamp(max=lines.shape[1] - 1), (column + 1).clamp(max=lines.shape[2] - 1)
    painted = np.empty((height, width, 3), np.uint16)
    with torch.inference_mode():
        for top in range(0, height, ROWS):
            strip = slice(top, min(top + ROWS, height))
            field = torch.lerp(lines[:, row[strip]], lines[:, next_row[strip]], row_share[strip, None])
            field = torch.lerp(field[:, :, column], field[:, :, next_column], column_share)
            shares = torch.from_numpy(values[strip].astype(np.float32)) / 65535
            rgb = shares.expand(3, -1, -1) if shares.ndim == 2 else shares.permute(2, 0, 1)
            lightness = rgb_to_lightness(rgb[None])
            ab = field[None, :2] * lightness + field[None, 2:]
            shown = lab_to_gamut_rgb(lightness, ab)[0].permute(1, 2, 0)
            painted[strip] = shown.mul(65535).round().to(torch.int32).numpy()
    return painted


@functools.cache
def _tables() -> tuple[Array, ...]:
    """What the kernel looks up."""
    with torch.inference_mode(False):
        steps = torch.linspace(0, 1, CUBE_ROOTS + 1)
        grays = linear_to_srgb(steps).expand(1, 3, 1, -1)
        cube_roots = (rgb_to_lightness(grays).flatten() + 16.0) / 116.0
        gammas = (linear_to_srgb(torch.linspace(0, 1, GAMMAS + 1)) * 255).round().numpy().astype(np.uint32)
    return byte_tables()[1].numpy(), cube_roots.numpy(), gammas, np.array(XYZ_OVER_WHITE_TO_RGB, np.float32)


@functools.cache
def _painters() -> ThreadPoolExecutor:
    """One thread a core: the compiled code lets go of Python's lock."""
    return ThreadPoolExecutor(cores(), "painter")
