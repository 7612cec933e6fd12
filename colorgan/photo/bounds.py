"""How small and how large a picture may be, checked before a pixel of it is decoded."""

import math

from colorgan.photo.record import MIN_SIDE, PhotoError, PhotoTooLargeError


def check_size(width: int, height: int, name: str, max_megapixels: float) -> None:
    """Raises PhotoTooLargeError for more than `max_megapixels` million pixels, PhotoError for a side under MIN_SIDE."""
    megapixels = width * height / 1e6
    if megapixels > max_megapixels:
        shown = math.ceil(megapixels * 10) / 10  # rounded up, or 120.01 would read as 120
        raise PhotoTooLargeError(
            f"{name} has {shown:g} megapixels ({width} x {height}); at most {max_megapixels:g} are accepted"
        )
    if min(width, height) < MIN_SIDE:
        raise PhotoError(f"{name} is {width} x {height} pixels; each side must have at least {MIN_SIDE}")


def check_tile(width: object, height: object, name: str, max_megapixels: float) -> None:
    """Raises PhotoTooLargeError for a TIFF's tile of more than `max_megapixels`: one is allocated, come what may."""
    if isinstance(width, int) and isinstance(height, int) and width * height / 1e6 > max_megapixels:
        raise PhotoTooLargeError(f"{name} is stored in tiles of {width} x {height} pixels, more than a photo may have")
