"""The 16 bits of a photo whose `image` has 8 of them, for a result that is true in depth as well.

They are read anew when a result is written, not held with the photo. The file's numbers count only where they are known
to be the photo's pixels, because they lead to these by one curve.
"""

import os
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorgan.photo.directories import read_pages
from colorgan.photo.exif import TURNS, orientation_of
from colorgan.photo.extras import extra
from colorgan.photo.finding import found_in, opened_source
from colorgan.photo.levels import without_depth
from colorgan.photo.record import Photo, name_of
from colorgan.photo.tiff import page_values

STEP = 257  # of 16 bits: one of 8
_NEAR = 1  # of 8 bits: two ways to round
Deep = NDArray[np.uint16]


def read_deep(
    source: str | os.PathLike[str] | BinaryIO, photo: Photo, max_megapixels: float, *, page: int = 0
) -> Deep | None:
    """A source and what `open_photo` made of it -> upright sRGB, (H, W) where the photo is gray, else (H, W, 3).

    None where the file has no more than 8 bits, and where its numbers cannot be kept: those of a colour photo under a
    profile other than sRGB, of raw photos, and of formats other than TIFF and PNG. Colour PNGs need imagecodecs.
    """
    if without_depth(photo.notes) == photo.notes:
        return None
    name = name_of(source)
    try:
        with opened_source(source, name) as file:
            values, turn = _numbers(file, page, name, max_megapixels)
    except MemoryError:
        raise
    except Exception:  # the photo was read, so that it goes on in 8 bits whatever is odd about its depth
        return None
    if values is None or values.dtype != np.uint16:
        return None
    values = values[..., :3] if photo.image.mode == "RGB" else values.reshape(*values.shape[:2], -1)[..., 0]
    values = _turned(values, turn)
    shape = np.asarray(photo.image).shape
    return _as_the_photo(values, np.asarray(photo.image)) if values.shape == shape else None


def in_eight_bits(values: Deep) -> Image.Image:
    """uint16 (H, W, 3) -> the nearest RGB image."""
    return Image.fromarray(((values.astype(np.uint32) + STEP // 2) // STEP).astype(np.uint8))


def _numbers(file: BinaryIO, page: int, name: str, max_megapixels: float) -> tuple[NDArray[Any] | None, int]:
    """The numbers as they lie in the file, (H, W) or (H, W, samples), and the orientation that it states."""
    pages = read_pages(file)
    opened = found_in(file, page, name, max_megapixels)
    image, turn = opened.image, orientation_of(opened.exif if opened.exif is not None else opened.image)
    if image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.uint16), 1 if image.format == "TIFF" else turn  # Pillow turns a TIFF itself
    if pages is not None:
        return (None if pages.larger_below is not None else page_values(file, pages.whole[page], name)), turn
    codecs = extra("imagecodecs")
    if image.format == "PNG" and codecs is not None:
        file.seek(0)
        return codecs.png_decode(file.read()), turn
    return None, turn


def _turned(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """As `Image.transpose` turns an image."""
    if orientation not in TURNS:
        return values
    turn = TURNS[orientation]
    if turn is Image.Transpose.FLIP_LEFT_RIGHT:
        return values[:, ::-1]
    if turn is Image.Transpose.FLIP_TOP_BOTTOM:
        return values[::-1]
    if turn is Image.Transpose.TRANSPOSE:
        return values.swapaxes(0, 1)
    if turn is Image.Transpose.TRANSVERSE:
        return values[::-1, ::-1].swapaxes(0, 1)
    quarters = {Image.Transpose.ROTATE_90: 1, Image.Transpose.ROTATE_180: 2, Image.Transpose.ROTATE_270: 3}
    return np.rot90(values, quarters[turn])


def _as_the_photo(values: Deep, pixels: NDArray[np.uint8]) -> Deep | None:
    """The numbers of a file -> those whose nearest 8-bit ones are the photo's pixels; None where no curve leads there.

    A gray scan's numbers reach its pixels by the curve of a profile, inverted, or from 12 bits: whatever it is, it is
    read off the pairs of both.
    """
    if _are_near(values, pixels):
        return np.ascontiguousarray(values)
    if pixels.ndim == 3:
        return None
    counts = np.bincount(pixels.ravel(), minlength=256)
    means = np.bincount(pixels.ravel(), values.ravel(), 256)[counts > 0] / counts[counts > 0]
    levels = np.flatnonzero(counts) * STEP
    if len(means) < 2:
        return None
    if means[0] > means[-1]:
        means, levels = means[::-1], levels[::-1]
    if (np.diff(means) <= 0).any():
        return None
    curve = np.rint(np.interp(np.arange(65536), means, levels)).astype(np.uint16)
    return curve[values] if _are_near(curve[values], pixels) else None


def _are_near(values: Deep, pixels: NDArray[np.uint8]) -> bool:
    rows = max(1, 2**20 // values[0].size)  # at a time: the differences need not all be in memory
    return all(
        np.abs(values[top : top + rows].astype(np.int32) - pixels[top : top + rows].astype(np.int32) * STEP).max()
        <= (_NEAR + 0.5) * STEP
        for top in range(0, len(values), rows)
    )
