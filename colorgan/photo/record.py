"""What a photo is to colorgan, and how its errors speak."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from colorgan.photo.metadata import Metadata

MIN_SIDE = 8


class PhotoError(ValueError):
    """A file that cannot be read as a photo or written as one, said in one line for its owner."""


class PhotoTooLargeError(PhotoError):
    """A photo of more pixels than were to be accepted, which is for whoever asked to change."""


@dataclass(frozen=True)
class Photo:
    """A photo as colorgan sees it, and what its colorized file should keep.

    image: upright, 8-bit sRGB; mode "L" when the file is gray, else "RGB".
    alpha: the transparency, mode "L" of the same size, or None.
    format: Pillow's name of the file's format, "PNG" when unknown.
    exif: orientation reset to 1; b"" if there is none.
    icc_profile: what to embed in the sRGB result: the file's own if it was sRGB, the standard sRGB one if another
        was converted, None if the file had none.
    dpi: dots per inch along x and y of the upright photo.
    notes: plain sentences on what the file had that the photo has not.
    metadata: what archives and programs have written into the file beside EXIF.
    """

    image: Image.Image
    alpha: Image.Image | None
    format: str
    exif: bytes
    icc_profile: bytes | None
    dpi: tuple[float, float] | None
    notes: tuple[str, ...]
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, upright."""
        return self.image.size


def name_of(source: object) -> str:
    """What to call a source in a message: a file's own name, in quotes and without control characters."""
    path = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    return repr(Path(path).name or str(path)) if isinstance(path, str | os.PathLike) and str(path) else "the file"


def plain_image(image: Image.Image) -> Image.Image:
    """The same pixels, not copied, without the file behind them: its info would turn or tag a result a second time."""
    plain = image._new(image.im)
    plain.info = {}
    return plain
