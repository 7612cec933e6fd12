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
from colorgan.photo.finding import found_in, opened_source, profile_of
from colorgan.photo.levels import bits_before
from colorgan.photo.plugins import HEIF, heif_numbers
from colorgan.photo.profiles import deep_to_srgb
from colorgan.photo.raw import RAW, developed
from colorgan.photo.record import Photo, name_of
from colorgan.photo.tiff import page_values

STEP = 257  # of 16 bits: one of 8
_NEAR = 1.5  # steps of 8 bits: two ways to round
_ALIKE = 1.0  # in the mean: near black a profile makes many steps of one
Deep = NDArray[np.uint16]


def read_deep(
    source: str | os.PathLike[str] | BinaryIO, photo: Photo, max_megapixels: float, *, page: int = 0
) -> Deep | None:
    """A source and what `open_photo` made of it -> upright sRGB, (H, W) where the photo is gray, else (H, W, 3).

    None where the file has no more than 8 bits, and where its numbers cannot be kept: those of inks, L*a*b* and YCbCr,
    of JPEG XL and AVIF, and where imagecodecs is missing of colour PNGs and of colours under a profile other than sRGB.
    """
    bits = bits_before(photo.notes)
    if bits <= 8:
        return None
    name = name_of(source)
    try:
        with opened_source(source, name) as file:
            values, turn, profile = _numbers(file, page, name, max_megapixels)
    except MemoryError:
        raise
    except Exception:  # the photo was read, so that it goes on in 8 bits whatever is odd about its depth
        return None
    if values is None or values.dtype != np.uint16:
        return None
    values = values[..., :3] if photo.image.mode == "RGB" else values.reshape(*values.shape[:2], -1)[..., 0]
    values = _turned(values, turn)
    pixels = np.asarray(photo.image)
    if values.shape != pixels.shape:
        return None
    if bits < 16 and int(values.max()) < 2**bits:
        values = np.rint(np.arange(2**bits) * (65535 / (2**bits - 1))).astype(np.uint16)[values]
    return _as_the_photo(values, pixels, profile)


def in_eight_bits(values: Deep) -> Image.Image:
    """uint16 (H, W, 3) -> the nearest RGB image."""
    return Image.fromarray(((values.astype(np.uint32) + STEP // 2) // STEP).astype(np.uint8))


def _numbers(
    file: BinaryIO, page: int, name: str, max_megapixels: float
) -> tuple[NDArray[Any] | None, int, bytes | None]:
    """The numbers as they lie in the file, (H, W) or (H, W, samples), its orientation and its profile."""
    pages = read_pages(file)
    opened = found_in(file, page, name, max_megapixels)
    image, turn = opened.image, orientation_of(opened.exif if opened.exif is not None else opened.image)
    profile = profile_of(opened)
    if image.mode.startswith("I;16"):
        turn = 1 if image.format == "TIFF" else turn  # Pillow turns a TIFF itself
        return np.asarray(image).astype(np.uint16), turn, profile
    if image.format == RAW:
        return developed(file, 16, name, max_megapixels), turn, None
    if pages is not None:
        below = pages.larger_below is not None
        return None if below else page_values(file, pages.whole[page], name), turn, profile
    if image.format == HEIF:
        return heif_numbers(file, name), turn, profile
    codecs = extra("imagecodecs")
    decode = getattr(codecs, {"PNG": "png_decode", "JPEG2000": "jpeg2k_decode"}.get(image.format or "", ""), None)
    file.seek(0)
    return decode(file.read()) if decode else None, turn, profile


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


def _as_the_photo(values: Deep, pixels: NDArray[np.uint8], profile: bytes | None) -> Deep | None:
    """The numbers of a file -> those whose nearest 8-bit ones are the photo's pixels; None where nothing leads there.

    Colours get there through their profile. A gray scan's numbers reach its pixels by the curve of a profile, inverted,
    or from 12 bits: whatever it is, it is read off the pairs of both.
    """
    if _apart(values, pixels)[0] <= _NEAR:
        return np.ascontiguousarray(values)
    if pixels.ndim == 3:
        colours = deep_to_srgb(values, profile) if profile else None
        return colours if colours is not None and _apart(colours, pixels)[1] < _ALIKE else None
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
    return curve[values] if _apart(curve[values], pixels)[0] <= _NEAR else None


def _apart(values: Deep, pixels: NDArray[np.uint8]) -> tuple[float, float]:
    """The largest difference and the mean one, in steps of 8 bits."""
    rows = max(1, 2**20 // values[0].size)  # at a time: the differences need not all be in memory
    most, total = 0, 0
    for top in range(0, len(values), rows):
        steps = pixels[top : top + rows].astype(np.int32) * STEP
        far = np.abs(values[top : top + rows].astype(np.int32) - steps)
        most, total = max(most, int(far.max())), total + int(far.sum())
    return most / STEP, total / STEP / values.size
