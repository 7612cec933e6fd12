"""A photo turned by quarters and cut: scans lie sideways, and have the scanner's lid around them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorgan.photo.exif import cleaned, exif_bytes, make_upright
from colorgan.photo.record import MIN_SIDE, Photo, plain_image

Box = tuple[int, int, int, int]
_TURNS = (None, Image.Transpose.ROTATE_270, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90)


@dataclass(frozen=True)
class Framing:
    """quarters: turns to the right, 0 to 3. box: what is kept of the turned photo, (left, top, right, bottom) in its
    pixels; None for all of it."""

    quarters: int = 0
    box: Box | None = None

    def size_of(self, width: int, height: int) -> tuple[int, int]:
        """Of a photo of this size, once it is framed."""
        if self.box:
            return self.box[2] - self.box[0], self.box[3] - self.box[1]
        return (height, width) if self.quarters % 2 else (width, height)

    def turned(self, quarters: int, width: int, height: int) -> "Framing":
        """This, and turned further to the right; (width, height) is what this makes of the photo with `box` None."""
        box = self.box
        for _ in range(quarters % 4):
            if box:
                box = (height - box[3], box[0], height - box[1], box[2])
            width, height = height, width
        return Framing((self.quarters + quarters) % 4, box)

    def cut(self, box: Box) -> "Framing":
        """This, with a box of what it shows kept alone.

        Raises:
            ValueError: the box is not inside, or a side of it is under MIN_SIDE pixels.
        """
        left, top = self.box[:2] if self.box else (0, 0)
        if min(box[2] - box[0], box[3] - box[1]) < MIN_SIDE:
            raise ValueError(f"what is left of a photo must have at least {MIN_SIDE} x {MIN_SIDE} pixels")
        inside = (left + box[0], top + box[1], left + box[2], top + box[3])
        if min(box) < 0 or (self.box and (inside[2] > self.box[2] or inside[3] > self.box[3])):
            raise ValueError("the cut must be inside the photo")
        return replace(self, box=inside)


WHOLE = Framing()


def in_whole(x: float, y: float, framing: Framing, size: tuple[int, int]) -> tuple[float, float]:
    """A place in pixels of a photo that is framed and then of `size` -> the same place of the whole, upright as it was.

    size: of what the framing makes of the whole without its box.
    """
    left, top = framing.box[:2] if framing.box else (0, 0)
    return turn_point(x + left, y + top, size, -framing.quarters)


def turn_point(x: float, y: float, size: tuple[int, int], quarters: int) -> tuple[float, float]:
    """A place in pixels of a photo of (width, height) -> the same place once it is turned to the right."""
    width, height = size
    for _ in range(quarters % 4):
        x, y, width, height = height - y, x, height, width
    return x, y


def framed(photo: Photo, framing: Framing) -> Photo:
    """The photo, turned and cut: its pixels, and what its metadata say of size and resolution."""
    if framing == WHOLE:
        return photo
    sideways = framing.quarters % 2 == 1
    image = _framed(photo.image, framing)
    exif = Image.Exif()
    if photo.exif:
        exif.load(photo.exif)
        exif, _ = cleaned(exif)
        make_upright(exif, image.size, sideways, converted=False)
    return replace(
        photo,
        image=image,
        alpha=photo.alpha and _framed(photo.alpha, framing),
        exif=exif_bytes(exif),
        dpi=photo.dpi[::-1] if photo.dpi and sideways else photo.dpi,
    )


def framed_values(values: NDArray[Any], framing: Framing) -> NDArray[Any]:
    """(H, W) or (H, W, C) numbers of a photo, turned and cut."""
    values = np.rot90(values, -framing.quarters)
    if framing.box:
        left, top, right, bottom = framing.box
        values = values[top:bottom, left:right]
    return np.ascontiguousarray(values)


def _framed(image: Image.Image, framing: Framing) -> Image.Image:
    turn = _TURNS[framing.quarters]
    image = image.transpose(turn) if turn is not None else image
    return plain_image(image.crop(framing.box) if framing.box else image)
