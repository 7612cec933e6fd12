"""What `Colorizer.colorize` takes: an image in any of the forms that people have one in, and how to colour it."""

import io
import operator
import os
from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorgan.colorizer.reference import Reference
from colorgan.hints import Hint
from colorgan.photo import Photo, open_photo, photo_from_array, photo_from_image
from colorgan.photo.record import name_of

# An image: PIL's, the path of a file, a file's bytes, or an array as `photo_from_array` takes it.
PhotoLike = Image.Image | str | os.PathLike[str] | bytes | NDArray[Any]
ONE = (Image.Image, str, os.PathLike, bytes, bytearray, memoryview, np.ndarray)  # what is one image, and not several
TOOK = "took"  # the key of a picture's `info`


class How(TypedDict, total=False):
    """What `Colorizer.colorize` may be told of several images."""

    seed: int
    vividness: float
    batch_size: int
    daring: float | None
    reference: PhotoLike | Reference | None


class HowOne(How, total=False):
    """What it may be told of one."""

    hints: Sequence[Hint]


def taken(image: object) -> tuple[Photo, str]:
    """The photo in an image of any form, and what it was taken for, in words.

    Raises:
        ValueError: something else, or what is no photo; the message says what is accepted.
    """
    if isinstance(image, Image.Image):
        photo, kind = photo_from_image(image), f"a PIL image of mode {image.mode}"
    elif isinstance(image, np.ndarray):
        photo, kind = photo_from_array(image), f"a numpy array of {image.dtype}, {' x '.join(map(str, image.shape))}"
    elif isinstance(image, str | os.PathLike):
        photo = open_photo(image)
        kind = f"the {photo.format} file {name_of(image)}"
    elif isinstance(image, bytes | bytearray | memoryview):
        photo = open_photo(io.BytesIO(image))
        kind = f"the bytes of a {photo.format} file"
    else:
        raise ValueError(
            "an image must be a PIL image, the path or the bytes of a file, or a numpy array (uint8, uint16, or floats "
            f"in [0, 1]), got {type(image).__name__}"
        )
    return photo, "; ".join((kind, *photo.notes))


def check_count(name: str, number: object, least: int = 1) -> None:
    """Refuse what is no whole number of at least so many."""
    try:
        whole = operator.index(number)  # type: ignore[arg-type]
    except TypeError:
        raise ValueError(f"{name} must be a whole number, got {number!r}") from None
    if whole < least:
        raise ValueError(f"{name} must be at least {least}, got {number}")
