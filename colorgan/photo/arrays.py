"""Arrays of numpy -> photos."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorgan.limits import MAX_MEGAPIXELS
from colorgan.photo.bounds import check_size
from colorgan.photo.levels import Scale, to_levels
from colorgan.photo.reading import photo_from_image
from colorgan.photo.record import Photo, PhotoError

_NAME = "the array"
_CHANNELS = (1, 2, 3, 4)  # L, LA, RGB, RGBA


def photo_from_array(array: NDArray[Any], max_megapixels: float = MAX_MEGAPIXELS) -> Photo:
    """sRGB values (H, W), or (H, W, C) of gray, gray and alpha, RGB or RGBA -> the photo in them.

    uint8 reaches from 0 to 255, uint16 to 65535 (or to 255 where no value is greater: programs put small numbers into
    large types, and a note says so), floats from 0 to 1.

    Raises:
        PhotoError: another type or shape, floats outside [0, 1] or not finite; the message says what is accepted.
    """
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in _CHANNELS):
        raise PhotoError(f"an array must be (H, W) or (H, W, C) with 1 to 4 channels, got {array.shape}")
    if array.dtype.kind != "f" and array.dtype not in (np.uint8, np.uint16):
        raise PhotoError(f"an array must hold uint8, uint16 or floats in [0, 1], got {array.dtype}")
    check_size(array.shape[1], array.shape[0], _NAME, max_megapixels)
    values = array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array
    if values.dtype.kind == "f" and not (values.min() >= 0 and values.max() <= 1):  # NaN is neither
        raise PhotoError(f"an array of floats must be in [0, 1], got values from {values.min():g} to {values.max():g}")
    levels, notes = (values, []) if values.dtype == np.uint8 else to_levels(values, Scale(bits=16))
    if values.dtype == np.uint16 and not notes:
        notes = ["its numbers all fit 8 bits, and were read as such"]
    image = Image.fromarray(np.ascontiguousarray(levels))
    photo = photo_from_image(image, max_megapixels)
    return replace(photo, notes=(*notes, *photo.notes))
