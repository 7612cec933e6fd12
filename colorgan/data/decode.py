"""Encoded photo -> a square of pixels, or why it is dropped. Pillow alone; as fast as Pillow goes."""

import io
import math
from enum import Enum
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from colorgan.color import rgb_to_lab
from colorgan.images import to_tensor
from colorgan.photo.endings import photo_formats
from colorgan.photo.exif import TURNS

# The smallest CIE chroma per step between a pixel's largest and smallest 8-bit channel is 0.17 over the whole of
# sRGB (at (0, 214, 254); a test goes through the cube). So a mean spread beyond `min_chroma / 0.16` settles it.
CHROMA_PER_LEVEL = 0.16
_MINIATURE = (16, 16)
_GAP = 2.0  # reduce by whole factors only down to twice the target: what is left to the filter hides the rest
_ORIENTATION = 0x0112


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
    verdict does not hang on the crop. The square is cut in the file's own orientation, then turned.
    """
    if not encoded:
        return Fault.BROKEN
    try:
        with Image.open(io.BytesIO(encoded), formats=photo_formats()) as image:
            return _square(image, resolution, place, min_chroma)
    except Exception:  # Pillow's plugins raise OSError, SyntaxError, ValueError, struct.error, zlib.error, ...
        return Fault.BROKEN


def _square(image: Image.Image, resolution: int, place: Place, min_chroma: float) -> Image.Image | Fault:
    turn = TURNS.get(_orientation(image))
    shrink = min(1.0, _GAP * resolution / (place.share * min(image.size)))
    # JPEG decodes at 1/2, 1/4 or 1/8 for a fraction of the work; other formats ignore this.
    image.draft("RGB", (math.ceil(image.width * shrink), math.ceil(image.height * shrink)))
    rgb = to_rgb(image)
    if min_chroma > 0 and is_near_gray(rgb, min_chroma):
        return Fault.GRAY
    side = max(1, round(place.share * min(rgb.size)))
    left, top = round(place.x * (rgb.width - side)), round(place.y * (rgb.height - side))
    box = (left, top, left + side, top + side)
    # A triangle as wide as the pixels that go into one: two thirds of bicubic's work, and colours are soft anyway.
    square = rgb.resize((resolution, resolution), Image.Resampling.BILINEAR, box=box, reducing_gap=_GAP)
    if turn is not None:
        square = square.transpose(turn)
    return ImageOps.mirror(square) if place.flip else square


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":
        return 1  # Pillow turns these upright when it loads them
    # Most photos of data sets say nothing, and Pillow takes a while to find that out. A PNG may say it at its end.
    if image.format in ("JPEG", "WEBP") and not image.info.keys() & {"exif", "xmp"}:
        return 1
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a camera's garbled EXIF is no reason to lose its photo
        return 1


def to_rgb(image: Image.Image) -> Image.Image:
    """An image of any mode -> RGB, 8 bits a channel; what is transparent lies on white, 16-bit grays are scaled."""
    if image.mode == "RGB" and "transparency" not in image.info:
        image.load()
        return image
    if image.mode.startswith("I") or image.mode == "F":  # only gray: 16-bit PNG and TIFF
        levels = image.convert("F")
        top = 65535.0 if levels.getextrema()[1] > 255 else 255.0  # type: ignore[operator]
        return levels.point(lambda level: level * (255.0 / top)).convert("RGB")
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


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
