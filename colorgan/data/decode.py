"""Encoded photo -> a square of pixels, or why it is dropped. Read as everywhere, by `colorgan.photo.open_rgb`."""

import io
import math
from enum import Enum
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from colorgan.color import rgb_to_lab
from colorgan.images import to_tensor
from colorgan.photo import PhotoError, open_rgb

# The smallest CIE chroma per step between a pixel's largest and smallest 8-bit channel is 0.17 over the whole of
# sRGB (at (0, 214, 254); a test goes through the cube). So a mean spread beyond `min_chroma / 0.16` settles it.
CHROMA_PER_LEVEL = 0.16
_MINIATURE = (16, 16)
# A toned print's colour is a function of its lightness alone. What is left over, on average, is under 1.5 in 9 of 10
# scans of toned prints, and in 1 of 2,175 test photos in colour (medians 0.8 and 8; docs/log.md, 2026-11-29).
TONED = 1.5
_TONED_MINIATURE = (32, 32)
_FLAT = 5.0  # standard deviation of L: in a picture so flat, nothing follows from it
_GAP = 2.0  # reduce by whole factors only down to twice the target: what is left to the filter hides the rest


class Fault(Enum):
    """Why a photo is dropped."""

    BROKEN = "broken"
    GRAY = "near-gray"


class Place(NamedTuple):
    """Where the training square lies in a photo."""

    share: float = 1.0  # its side, as a share of the photo's shorter one
    x: float = 0.5  # 0 = left edge, 1 = right edge
    y: float = 0.5  # 0 = top edge, 1 = bottom edge
    flip: bool = False


def decode_square(encoded: bytes | None, resolution: int, place: Place, min_chroma: float) -> Image.Image | Fault:
    """An image file's bytes -> RGB image (resolution, resolution), upright; or its fault. Never raises for bad bytes.

    min_chroma is in units of ab; the photo's mean chroma is measured on a miniature of the whole frame, so that the
    verdict does not hang on the crop. With one, prints toned in one colour are dropped, too: it is not the truth.
    """
    try:
        rgb = open_rgb(io.BytesIO(encoded or b""), shorter_side=math.ceil(_GAP * resolution / place.share))
    except PhotoError:
        return Fault.BROKEN
    if min_chroma > 0 and (is_near_gray(rgb, min_chroma) or is_toned(rgb)):
        return Fault.GRAY
    side = max(1, round(place.share * min(rgb.size)))
    left, top = round(place.x * (rgb.width - side)), round(place.y * (rgb.height - side))
    box = (left, top, left + side, top + side)
    # A triangle as wide as the pixels that go into one: two thirds of bicubic's work, and colours are soft anyway.
    square = rgb.resize((resolution, resolution), Image.Resampling.BILINEAR, box=box, reducing_gap=_GAP)
    return ImageOps.mirror(square) if place.flip else square


def is_near_gray(rgb: Image.Image, min_chroma: float) -> bool:
    """Whether the mean chroma of an RGB image, in units of ab, lies under min_chroma."""
    small = rgb.resize(_MINIATURE, Image.Resampling.BOX, reducing_gap=1.0)
    red, green, blue = np.frombuffer(small.tobytes(), np.uint8).reshape(-1, 3).T
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    if float(spread.mean()) * CHROMA_PER_LEVEL > min_chroma:
        return False
    # One photo at a time: a batch's size would show in the last bits, and so could turn a verdict.
    _, ab = rgb_to_lab(to_tensor(small)[None] / 255)
    return float(ab.norm(dim=1).mean()) < min_chroma


def is_toned(rgb: Image.Image) -> bool:
    """Whether an RGB image is of one tone, as sepia prints are: its ab follow from its L, up to noise."""
    beyond = chroma_beyond_toning(rgb)
    return beyond is not None and beyond < TONED


def chroma_beyond_toning(rgb: Image.Image) -> float | None:
    """What is left of an RGB image's ab, on average, once all that follows from its L is taken out; None where the
    image is too flat for anything to follow from L."""
    small = rgb.resize(_TONED_MINIATURE, Image.Resampling.BOX, reducing_gap=1.0)
    lightness, ab = rgb_to_lab(to_tensor(small)[None] / 255)
    x, colours = lightness.numpy().reshape(-1) / 50 - 1, ab.numpy().reshape(2, -1)
    if 50 * x.std() < _FLAT:
        return None
    powers = np.stack([np.ones_like(x), x, x * x, x * x * x]).astype(np.float64)  # (4, pixels): a cubic of lightness
    fitted = np.linalg.lstsq(powers @ powers.T, powers @ colours.T, rcond=None)[0].T @ powers
    return float(np.hypot(*(colours - fitted)).mean())
