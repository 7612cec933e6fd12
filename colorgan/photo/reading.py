"""Image files and PIL images -> photos."""

import math
import os
import re
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from PIL import Image

from colorgan.limits import MAX_MEGAPIXELS
from colorgan.photo.bounds import check_size, check_tile
from colorgan.photo.exif import (
    TURNS,
    exif_bytes,
    make_upright,
    orientation_of,
    read_exif,
    resolution_of,
)
from colorgan.photo.finding import found_in, found_in_image, mended, opened_source, own_words, profile_of
from colorgan.photo.metadata import read_metadata
from colorgan.photo.opened import Opened
from colorgan.photo.pixels import on_white, to_eight_bits
from colorgan.photo.profiles import to_srgb
from colorgan.photo.record import Photo, PhotoError, name_of, plain_image

_TRUE_16_BITS = re.compile(r"(L|LA|RGB|RGBA|RGBa|RGBX|CMYK|LAB);16")  # not BGR;16, which is 5 + 6 + 5 bits
_T = TypeVar("_T")
_BIG_FILE_LOCK = threading.Lock()


def open_photo(
    source: str | os.PathLike[str] | BinaryIO, max_megapixels: float = MAX_MEGAPIXELS, *, page: int = 0
) -> Photo:
    """A path or a binary file -> the photo in it. Size limits are checked before a pixel is decoded.

    page: which of a TIFF's pictures, from 0; thumbnails are not counted.
    Raises PhotoError for what cannot be read, is no picture, is cut short or damaged, has more than `max_megapixels`
    million pixels or a side under MIN_SIDE pixels. A binary file is read from its start and left open.
    """
    return _read(source, max_megapixels, page, _photo)


def open_rgb(
    source: str | os.PathLike[str] | BinaryIO, max_megapixels: float = MAX_MEGAPIXELS, *, shorter_side: int = 0
) -> Image.Image:
    """The pixels alone of what `open_photo` reads, for who needs no more: upright sRGB, mode RGB, laid on white.

    shorter_side: where that is enough, the pixels of the shorter side; JPEGs are then decoded at a half, a quarter or
    an eighth, down to no less, in a fraction of the time.
    """

    def rgb(opened: Opened, name: str, max_megapixels: float) -> Image.Image:
        pixels = _pixels(opened, name, max_megapixels, shorter_side)
        return plain_image(on_white(pixels.image, pixels.alpha))

    return _read(source, max_megapixels, 0, rgb)


def photo_from_image(image: Image.Image, max_megapixels: float = MAX_MEGAPIXELS) -> Photo:
    """A PIL image of any mode -> the photo in it, by the rules of `open_photo`; its `info` tells EXIF and profile.

    An upright image of mode L or RGB without a foreign profile shares its pixels with the photo. A TIFF or a JPEG
    2000 that Pillow misreads is read anew from its file.
    """
    if not isinstance(image, Image.Image):
        raise PhotoError(f"a photo must be a PIL image, got {type(image).__name__}")
    name = "the picture"
    with own_words(name):
        return _photo(found_in_image(image, name, max_megapixels), name, max_megapixels)


def _read(
    source: str | os.PathLike[str] | BinaryIO,
    max_megapixels: float,
    page: int,
    use: Callable[[Opened, str, float], _T],
) -> _T:
    """What `use` makes of the picture in a source: of the file as it is or, if that fails, with its damage mended."""
    name = name_of(source)
    with own_words(name), opened_source(source, name) as file:
        try:
            return use(found_in(file, page, name, max_megapixels), name, max_megapixels)
        except (PhotoError, MemoryError, Image.DecompressionBombError):
            raise
        except Exception as error:
            whole = mended(file, name, max_megapixels)
            if whole is None:
                raise
            try:
                return use(whole, name, max_megapixels)
            except Exception:
                raise error from None  # of the file itself, not of what was made of it


@dataclass(frozen=True)
class _Pixels:
    """A picture's pixels as a photo has them, and how they came to be.

    profile: the one that the file states; icc_profile: what to embed in a result; is_sideways: whether width and
    height have changed places.
    """

    image: Image.Image
    alpha: Image.Image | None
    profile: bytes | None
    icc_profile: bytes | None
    is_sideways: bool
    notes: tuple[str, ...]


def _pixels(opened: Opened, name: str, max_megapixels: float, shorter_side: int = 0) -> _Pixels:
    """A picture, decoded or not -> its pixels, upright, 8-bit sRGB."""
    image = opened.image
    check_size(*image.size, name, max_megapixels)
    tags = getattr(image, "tag_v2", {})
    check_tile(tags.get(322), tags.get(323), name, max_megapixels)  # TileWidth, TileLength
    notes, raw_modes = [*opened.notes], _raw_modes(image)
    if any(_TRUE_16_BITS.match(raw_mode) for raw_mode in raw_modes):
        notes.append("16 bits a channel became 8")  # Pillow drops the lower 8 of all modes but gray, without a word
    if shorter_side and image.format in ("JPEG", "MPO"):
        scale = min(1.0, shorter_side / min(image.size))
        image.draft(None, (math.ceil(image.width * scale), math.ceil(image.height * scale)))
    orientation = orientation_of(image) if image.format == "TIFF" else 1  # gone once Pillow has turned the TIFF upright
    _load(image)
    check_size(*image.size, name, max_megapixels)  # an icon tells its true size only now
    turn = orientation_of(opened.exif if opened.exif is not None else image)
    profile = profile_of(opened)
    gray_pair = image.mode == "RGBA" and any(raw_mode.startswith("LA") for raw_mode in raw_modes)  # 16-bit gray, alpha
    pixels, alpha, pixel_notes = to_eight_bits(image.convert("LA") if gray_pair else image)
    alpha = alpha or opened.alpha
    if alpha is not None and opened.is_opaque:
        alpha = None
        notes.append("its last channel, which the file says is no transparency, was left out")
    if alpha is not None and alpha.getextrema() == (0, 0):
        alpha = None  # nothing would be seen: a channel that somebody has left empty
        notes.append("a transparency that would hide the whole picture was left out")
    if len(opened.curve) == 256 * len(pixels.getbands()):
        pixels = pixels.point(opened.curve)
    pixels, icc_profile, profile_notes = to_srgb(pixels, profile)
    if turn in TURNS:
        pixels, alpha = pixels.transpose(TURNS[turn]), alpha and alpha.transpose(TURNS[turn])
    sideways = max(orientation, turn) >= 5
    return _Pixels(pixels, alpha, profile, icc_profile, sideways, (*notes, *pixel_notes, *profile_notes))


def _photo(opened: Opened, name: str, max_megapixels: float) -> Photo:
    """A picture, decoded or not -> the photo."""
    pixels = _pixels(opened, name, max_megapixels)
    exif, exif_notes = read_exif(opened.exif if opened.exif is not None else opened.image)
    dpi = resolution_of(opened.image, exif)
    converted = pixels.icc_profile is not None and pixels.icc_profile != pixels.profile
    make_upright(exif, pixels.image.size, pixels.is_sideways, converted)
    metadata, metadata_notes = read_metadata(opened.image, opened.exif, pixels.image.size, opened.iptc)
    return Photo(
        image=plain_image(pixels.image),
        alpha=pixels.alpha and plain_image(pixels.alpha),
        format=opened.image.format or "PNG",
        exif=exif_bytes(exif),
        icc_profile=pixels.icc_profile,
        dpi=dpi[::-1] if dpi and pixels.is_sideways else dpi,
        notes=(*pixels.notes, *exif_notes, *metadata_notes),
        metadata=metadata,
    )


def _load(image: Image.Image) -> None:
    """Decodes. Pillow warns, process-wide, of TIFFs above MAX_IMAGE_PIXELS, though `check_size` let them pass."""
    if Image.MAX_IMAGE_PIXELS is None or math.prod(image.size) <= Image.MAX_IMAGE_PIXELS:
        image.load()
        return
    with _BIG_FILE_LOCK, warnings.catch_warnings():  # the lock, because catch_warnings is not safe among threads
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image.load()


def _raw_modes(image: Image.Image) -> list[str]:
    """How the pixels lie in the file, as Pillow's decoders are told; empty once decoded."""
    arguments = [tile[3] for tile in getattr(image, "tile", ())]
    return [
        value
        for some in arguments
        for value in (some if isinstance(some, tuple) else (some,))
        if isinstance(value, str)
    ]
