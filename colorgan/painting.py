"""The last step, compiled: pixels and lines in, sRGB pixels out. Every other step is small beside it.

torch takes some forty passes over a photo for this, each through memory; compiled, they are one, several times faster
on 12 megapixels. The arithmetic is that of `color` and `upsampling`, which a test compares it with; roots and powers
are looked up, in tables that `color` fills.
"""

import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from colorgan.color import (
    DELTA,
    XYZ_OVER_WHITE_TO_RGB,
    byte_tables,
    cube_root_lines,
    lab_to_gamut_rgb,
    linear_to_srgb,
    rgb_to_lightness,
)
from colorgan.upsampling import between

ROWS = 64  # painted at a time by one thread
CUBE_ROOTS = 1 << 12  # entries of a table read with interpolation: L to 0.001
FARTHEST = 1e4  # of slopes and offsets in ab: far beyond any colour, and the cubes of what they lead to are finite
NOT_FINITE = "colours to paint with must be finite numbers, got NaN or infinity"
GAMMAS = 1 << 14  # entries of a table read at the nearest: a fifth of an 8-bit step near black

Array = NDArray[Any]


def paint(image: Image.Image, lines: Tensor) -> Image.Image:
    """Paint an image, "L" or what converts to "RGB", by lines (4, h, w) of `upsampling.fit_lines` -> RGB of its size.

    The result is `lab_to_gamut_rgb` of the image's own lightness and the lines' ab, in 8 bits.

    Raises:
        ValueError: lines that are not finite. The compiled code takes every number for one, and looks things up by it.
    """
    lines = lines.float().cpu()
    if not lines.isfinite().all():
        raise ValueError(NOT_FINITE)
    source = image if image.mode == "L" else image.convert("RGB")
    width, height = source.size
    lines = cube_root_lines(lines.clamp(-FARTHEST, FARTHEST))
    field = lines.contiguous().numpy()
    rows, columns = (
        tuple(part.numpy() for part in between(small, large))
        for small, large in ((field.shape[1], height), (field.shape[2], width))
    )
    painted = np.empty((height, width, 3), np.uint8)
    # Here, and not where they are first used: a painter that ran torch would keep a team of OpenMP threads of its own,
    # and with more threads than cores libgomp lets all teams sleep between two operations, which then take 3 times as
    # long on small tensors (measured 2026-11-29: a hint repainted in 150 ms instead of 45).
    tables = _tables()
    kernel = _kernel()  # likewise: each painter would have one made for itself, of which the last is kept

    def paint_strip(top: int) -> None:
        strip = slice(top, min(top + ROWS, height))
        pixels = np.asarray(source.crop((0, strip.start, width, strip.stop)))  # of the whole, it takes 4 times as long
        pixels = pixels.reshape(strip.stop - strip.start, width, -1)
        kernel(pixels, field, *(part[strip] for part in rows), *columns, *tables, painted[strip])

    list(_painters().map(paint_strip, range(0, height, ROWS)))
    return Image.frombuffer("RGB", (width, height), painted, "raw", "RGB", 0, 1)


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


def _paint_rows(
    pixels: Array,  # (R, W, 1 or 3) uint8
    field: Array,  # (4, h, w): f(X) = field 0 * f(Y) + field 2, f(Z) = field 1 * f(Y) + field 3
    above: Array,  # (R,) the row of the field over each row of pixels, and the next row's share
    above_share: Array,
    left: Array,  # (W,) likewise for columns
    left_share: Array,
    luminance: Array,  # (3, 256) what each value of R, G and B adds to Y
    cube_roots: Array,  # f(Y) of CUBE_ROOTS + 1 steps of Y from 0 to 1
    gammas: Array,  # 8-bit sRGB of GAMMAS + 1 steps of linear light from 0 to 1
    matrix: Array,  # XYZ over white -> linear RGB
    painted: Array,  # (R, W, 3) uint8
) -> None:
    last_row, small_width, width = field.shape[1] - 1, field.shape[2], pixels.shape[1]
    gray = pixels.shape[2] == 1
    zero, tiny, one = np.float32(0), np.float32(1e-7), np.float32(1)
    line, knee, foot = np.float32(3 * DELTA * DELTA), np.float32(DELTA), np.float32(2 * DELTA / 3)
    gray_luminances, gray_roots = np.empty(256, np.float32), np.empty(256, np.float32)
    for value in range(256):
        y = min(luminance[0, value] + luminance[1, value] + luminance[2, value], one)
        place = y * np.float32(CUBE_ROOTS)
        step = min(np.uint32(place), np.uint32(CUBE_ROOTS - 1))
        gray_luminances[value] = y
        gray_roots[value] = cube_roots[step] + (cube_roots[step + 1] - cube_roots[step]) * (place - np.float32(step))
    # Row by row, in short loops: look-ups, arithmetic on plain vectors that the compiler can do sixteen at a time,
    # and look-ups again.
    luminances, roots = np.empty(width, np.float32), np.empty(width, np.float32)
    here, colours = np.empty((4, width), np.float32), np.empty((3, width), np.float32)
    mixed = np.empty((small_width + 1, 4), np.float32)  # the last column twice: it is its own neighbour
    for row in range(pixels.shape[0]):
        upper, lower, share = above[row], min(above[row] + 1, last_row), above_share[row]
        for part in range(4):
            for column in range(small_width):
                over = field[part, upper, column]
                mixed[column, part] = over + (field[part, lower, column] - over) * share
            mixed[small_width, part] = mixed[small_width - 1, part]
        if gray:
            for column in range(width):
                luminances[column] = gray_luminances[pixels[row, column, 0]]
                roots[column] = gray_roots[pixels[row, column, 0]]
        else:
            for column in range(width):
                red, green, blue = pixels[row, column, 0], pixels[row, column, 1], pixels[row, column, 2]
                y = min(luminance[0, red] + luminance[1, green] + luminance[2, blue], one)
                place = y * np.float32(CUBE_ROOTS)
                step = min(np.uint32(place), np.uint32(CUBE_ROOTS - 1))
                part_way = place - np.float32(step)
                luminances[column] = y
                roots[column] = cube_roots[step] + (cube_roots[step + 1] - cube_roots[step]) * part_way
        for column in range(width):
            near, share = left[column], left_share[column]
            for part in range(4):
                here[part, column] = mixed[near, part] + (mixed[near + 1, part] - mixed[near, part]) * share
        for column in range(width):
            y, root = luminances[column], roots[column]
            root_x, root_z = here[0, column] * root + here[2, column], here[1, column] * root + here[3, column]
            x = root_x * root_x * root_x if root_x > knee else line * (root_x - foot)
            z = root_z * root_z * root_z if root_z > knee else line * (root_z - foot)
            # Linear RGB, as what it differs from the gray of the same luminance; then `color.desaturate`.
            x, z, headroom = x - y, z - y, one - y
            off_red = matrix[0, 0] * x + matrix[0, 2] * z
            off_green = matrix[1, 0] * x + matrix[1, 2] * z
            off_blue = matrix[2, 0] * x + matrix[2, 2] * z
            over = max(headroom, max(off_red, max(off_green, off_blue)))
            under = max(y, -min(off_red, min(off_green, off_blue)))
            fits = min((headroom + tiny) / (over + tiny), (y + tiny) / (under + tiny))
            colours[0, column] = min(max(y + off_red * fits, zero), one)
            colours[1, column] = min(max(y + off_green * fits, zero), one)
            colours[2, column] = min(max(y + off_blue * fits, zero), one)
        for column in range(width):
            for channel in range(3):
                place = colours[channel, column] * np.float32(GAMMAS) + np.float32(0.5)
                painted[row, column, channel] = gammas[np.uint32(place)]


@functools.cache
def _kernel() -> Callable[..., None]:
    """`_paint_rows`, compiled when first used; the machine code is kept on disk where there is a place for it."""
    options: dict[str, Any] = {"nogil": True, "fastmath": True, "error_model": "numpy"}  # no check that a divisor is 0
    try:
        compiled: Callable[..., None] = numba.njit(cache=True, **options)(_paint_rows)
    except RuntimeError:  # no folder to write to: compiled again in every process
        compiled = numba.njit(**options)(_paint_rows)
    return compiled


@functools.cache
def _tables() -> tuple[Array, ...]:
    """What `_paint_rows` looks up."""
    with torch.inference_mode(False):
        steps = torch.linspace(0, 1, CUBE_ROOTS + 1)
        grays = linear_to_srgb(steps).expand(1, 3, 1, -1)
        cube_roots = (rgb_to_lightness(grays).flatten() + 16.0) / 116.0
        gammas = (linear_to_srgb(torch.linspace(0, 1, GAMMAS + 1)) * 255).round().to(torch.uint8)
    return byte_tables()[1].numpy(), cube_roots.numpy(), gammas.numpy(), np.array(XYZ_OVER_WHITE_TO_RGB, np.float32)


@functools.cache
def _painters() -> ThreadPoolExecutor:
    """One thread a core: the compiled code lets go of Python's lock."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ThreadPoolExecutor(cores, "painter")
