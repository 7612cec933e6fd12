"""Small films drawn by code: pans over random scenes, cuts, fades, flashes and dissolves between them."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorgan.film.colours import FilmFrame
from colorgan.film.motion import SmallFrame
from colorgan.film.views import halved

SIZE = (160, 120)
Picture = NDArray[np.float32]


def pan(seed: int, frames: int, speed: float = 1.5) -> list[Picture]:
    """A window that moves over a random scene, gray (120, 160) in [0, 255]."""
    width, height = SIZE
    blobs = np.random.default_rng(seed).integers(30, 226, (24, 40), dtype=np.uint8)
    large = Image.fromarray(blobs).resize((3 * width, 2 * height), Image.Resampling.BICUBIC)
    places = [(10 + speed * number, 8 + 0.4 * speed * number) for number in range(frames)]
    return [
        np.asarray(
            large.transform(SIZE, Image.Transform.AFFINE, (1, 0, x, 0, 1, y), Image.Resampling.BICUBIC), np.float32
        )
        for x, y in places
    ]


def faded(pictures: Iterable[Picture], first: float, last: float) -> list[Picture]:
    """The same, darker: all black at 0."""
    pictures = list(pictures)
    return [picture * share for picture, share in zip(pictures, np.linspace(first, last, len(pictures)), strict=True)]


def flashed(pictures: list[Picture], at: int, frames: int, floor: float = 255.0) -> list[Picture]:
    """The same with so many frames of hardly anything but white."""
    white = [np.maximum(one, floor) if at <= number < at + frames else one for number, one in enumerate(pictures)]
    return [picture.astype(np.float32) for picture in white]


def dissolved(first: list[Picture], second: list[Picture]) -> list[Picture]:
    """One film that becomes the other, as long as both."""
    shares = np.linspace(0, 1, len(first), dtype=np.float32)
    return [a + share * (b - a) for a, b, share in zip(first, second, shares, strict=True)]


def film(pictures: Iterable[Picture], first: int = 0) -> Iterator[FilmFrame]:
    """Pictures as a film's frames, 25 a second."""
    for number, picture in enumerate(pictures, start=first):
        yield FilmFrame(number, number / 25, picture.round().clip(0, 255).astype(np.uint8))


def seen(picture: Picture) -> SmallFrame:
    """A picture as `Shots` sees it, of half its size, in steps of 8 bits."""
    return SmallFrame(halved((picture.round().clip(0, 255) / 2.55).astype(np.float32)))
