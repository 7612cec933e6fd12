"""The kernel of kernel.c as machine code, translated when a process first paints."""

import threading
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorgan.kernels.translating import ADDRESS, SIZE, Translated

KERNEL = Path(__file__).with_name("kernel.ll")
_BUILDING = threading.Lock()

Array = NDArray[Any]


class Kernel:
    """What kernel.c says, for arrays, which know their sizes. Any number of threads may call it at once."""

    def __init__(self) -> None:
        arguments = [ADDRESS, SIZE, SIZE, SIZE, ADDRESS, SIZE, SIZE, *[ADDRESS] * 10]
        self._translated = Translated(KERNEL, {"paint_rows": arguments})

    def __call__(
        self,
        pixels: Array,
        field: Array,
        rows: tuple[Array, Array],
        columns: tuple[Array, Array],
        tables: tuple[Array, ...],
        painted: Array,
    ) -> None:
        """Paint some rows.

        Args:
            pixels: (R, W, 1 or 4) uint8, gray, or red, green, blue and anything.
            field: (4, h, w) float32, of `color.cube_root_lines`.
            rows: of each, the place before it in the field, int64, and the share of the place after that, float32.
            columns: likewise.
            tables: luminance, cube roots, gammas and matrix.
            painted: (R, W, 4) uint8, to be filled.
        """
        mixed = np.empty((4, field.shape[2] + 1), np.float32)
        parts = (pixels, *pixels.shape, field, *field.shape[1:], *rows, *columns, *tables, mixed, painted)
        self._translated.run("paint_rows", *parts)


def kernel() -> Kernel:
    """The kernel, translated once in a process."""
    with _BUILDING:
        return _built()


@cache
def _built() -> Kernel:
    return Kernel()
