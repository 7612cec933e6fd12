"""Image files and PIL images -> photos."""

import contextlib
import io
import math
import os
import re
import struct
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from colorgan.files import one_line
from colorgan.limits import MAX_MEGAPIXELS
from colorgan.photo.endings import NOT_PHOTOS
from colorgan.photo.exif import TURNS, exif_bytes, make_upright, orientation_of, read_exif, resolution_of
from colorgan.photo.pixels import to_eight_bits
from colorgan.photo.profiles import to_srgb
from colorgan.photo.record import MIN_SIDE, Photo, PhotoError, name_of, plain_image

_STRANGERS = ((b"%PDF", 0, "a PDF document"), (b"ftyphe", 4, "a HEIC photo"), (b"ftypmif1", 4, "a HEIC photo"))
_FRAME_WORDS = {"TIFF": "pages", "MPO": "pictures"}
_MOST_PAGES = 1000  # a chain of TIFF pages is followed no further: Pillow needs quadratic time
_MOST_SCANS = 100  # progressive JPEGs have about ten, and now and then the marker's bytes in their metadata
_TILE_TAGS = (322, 323)  # TileWidth, TileLength
_TRUE_16_BITS = re.compile(r"(L|LA|RGB|RGBA|RGBa|RGBX|CMYK|LAB);16")  # not BGR;16, which is 5 + 6 + 5 bits
_BIG_FILE_LOCK = threading.Lock()


def open_photo(source: str | os.PathLike[str] | BinaryIO, max_megapixels: float = MAX_MEGAPIXELS) -> Photo:
    """A path or a binary file -> the photo in it. Size limits are checked before a pixel is decoded.

    Raises PhotoError for what cannot be read, is no picture, is cut short or damaged, has more than `max_megapixels`
    million pixels or a side under MIN_SIDE pixels. A binary file is read from its start and left open.
    """
    name = name_of(source)
    with _own_words(name), _opened(source, name) as file:
        image = _identified(file, name)
        _check_scans(file, image, name)
        return _photo(image, name, max_megapixels)


def photo_from_image(image: Image.Image, max_megapixels: float = MAX_MEGAPIXELS) -> Photo:
    """A PIL image of any mode -> the photo in it, by the rules of `open_photo`; its `info` tells EXIF and profile.

    An upright image of mode L or RGB without a foreign profile shares its pixels with the photo.
    """
    if not isinstance(image, Image.Image):
        raise PhotoError(f"a photo must be a PIL image, got {type(image).__name__}")
    with _own_words("the picture"):
        return _photo(image, "the picture", max_megapixels)


@contextlib.contextmanager
def _opened(source: str | os.PathLike[str] | BinaryIO, name: str) -> Iterator[BinaryIO]:
    """A source -> a seekable binary file at its start, closed at the end if it was opened here."""
    if isinstance(source, str | os.PathLike):
        try:
            file = Path(source).open("rb")  # noqa: SIM115  (closed below; errors of the body are not errors of open)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or one_line(error)
            raise PhotoError(f"cannot open {name}: {reason}") from error
        with file:
            yield file
        return
    if not hasattr(source, "read"):
        raise PhotoError(f"a photo must be a path or a file opened in binary mode, got {type(source).__name__}")
    try:
        source.seek(0)
        yielded: BinaryIO = source
    except (AttributeError, OSError):  # io.UnsupportedOperation is an OSError
        yielded = io.BytesIO(source.read())
    if not isinstance(yielded.read(0), bytes):
        raise PhotoError(f"cannot read {name}: it must be opened in binary mode")
    yield yielded


@contextlib.contextmanager
def _own_words(name: str) -> Iterator[None]:
    """Turns whatever a decoder raises into one line. Hostile files raise nearly every exception there is."""
    try:
        yield
    except PhotoError:
        raise
    except Image.DecompressionBombError as error:
        raise PhotoError(f"{name} has more pixels than PIL.Image.MAX_IMAGE_PIXELS lets Pillow decode") from error
    except MemoryError as error:
        raise PhotoError(f"{name} needs more memory than this machine has free") from error
    except Exception as error:
        trouble = (
            "damaged or of a kind that cannot be read" if isinstance(error, SyntaxError) else "cut short or damaged"
        )
        # Only what Pillow says on purpose helps: not that a struct needs a buffer of 2 bytes.
        said = isinstance(error, OSError | SyntaxError) and error.__cause__ is None
        raise PhotoError(f"{name} is {trouble}" + (f": {one_line(error)}" if said else "")) from error


def _identified(file: BinaryIO, name: str) -> Image.Image:
    """A file -> its first frame, not decoded yet.

    What `Image.open` does, without its check of MAX_IMAGE_PIXELS: that one knows neither our limit nor another way
    of saying so than a process-wide warning.
    """
    head = file.read(16)
    if not head:
        raise PhotoError(f"{name} is empty: it has 0 bytes")
    tried: set[str] = set()
    failure: Exception | None = None
    for register in (Image.preinit, Image.init):  # the five common formats, then all
        register()
        for kind in [kind for kind in Image.ID if kind not in tried]:
            tried.add(kind)
            factory, accept = Image.OPEN[kind]
            try:
                accepted = accept is None or accept(head)
                if not accepted or isinstance(accepted, str):  # a sentence: the format, but not readable here
                    continue
                if kind in NOT_PHOTOS:
                    raise PhotoError(f"{name} is {kind}, not a photo: save it as JPEG, PNG or TIFF first")
                file.seek(0)
                return factory(file, "")  # without a name Pillow maps no file into memory
            except (SyntaxError, IndexError, TypeError, struct.error) as error:
                # Formats without an `accept` try every file, so that their refusal says nothing about it.
                failure = error if accept is not None else failure
    for magic, start, stranger in _STRANGERS:
        if head[start:].startswith(magic):
            raise PhotoError(f"{name} is {stranger}, which cannot be read here: save it as JPEG, PNG or TIFF first")
    if failure is not None:
        raise failure
    raise PhotoError(f"{name} is not a picture in any format that Pillow reads")


def _photo(image: Image.Image, name: str, max_megapixels: float) -> Photo:
    """An image, decoded or not -> the photo."""
    _check_size(image, name, max_megapixels)
    notes, raw_modes = [*_frame_notes(image)], _raw_modes(image)
    if any(_TRUE_16_BITS.match(raw_mode) for raw_mode in raw_modes):
        notes.append("16 bits a channel became 8")  # Pillow drops the lower 8 of all modes but gray, without a word
    orientation = orientation_of(image) if image.format == "TIFF" else 1  # gone once Pillow has turned the TIFF upright
    _load(image)
    _check_size(image, name, max_megapixels)  # an icon tells its true size only now
    turn = orientation_of(image)
    exif, exif_notes = read_exif(image)
    dpi = resolution_of(image, exif)
    profile = image.info.get("icc_profile") if image.mode != "LAB" else None  # LAB needs none
    gray_pair = image.mode == "RGBA" and any(raw_mode.startswith("LA") for raw_mode in raw_modes)  # 16-bit gray, alpha
    pixels, alpha, pixel_notes = to_eight_bits(image.convert("LA") if gray_pair else image)
    pixels, icc_profile, profile_notes = to_srgb(pixels, profile if isinstance(profile, bytes) else None)
    if turn in TURNS:
        pixels, alpha = pixels.transpose(TURNS[turn]), alpha and alpha.transpose(TURNS[turn])
    sideways = max(orientation, turn) >= 5
    make_upright(exif, pixels.size, sideways, converted=icc_profile is not None and icc_profile != profile)
    return Photo(
        image=plain_image(pixels),
        alpha=alpha and plain_image(alpha),
        format=image.format or "PNG",
        exif=exif_bytes(exif),
        icc_profile=icc_profile,
        dpi=dpi[::-1] if dpi and sideways else dpi,
        notes=(*notes, *pixel_notes, *profile_notes, *exif_notes),
    )


def _check_size(image: Image.Image, name: str, max_megapixels: float) -> None:
    width, height = image.size
    megapixels = width * height / 1e6
    if megapixels > max_megapixels:
        shown = math.ceil(megapixels * 10) / 10  # rounded up, or 120.01 would read as 120
        raise PhotoError(
            f"{name} has {shown:g} megapixels ({width} x {height}); at most {max_megapixels:g} are accepted"
        )
    if min(width, height) < MIN_SIDE:
        raise PhotoError(f"{name} is {width} x {height} pixels; each side must have at least {MIN_SIDE}")
    tags = getattr(image, "tag_v2", {})
    tile = [tags.get(tag, 0) for tag in _TILE_TAGS]  # libtiff allocates one, whatever the image
    if all(isinstance(side, int) for side in tile) and math.prod(tile) / 1e6 > max_megapixels:
        raise PhotoError(f"{name} is stored in tiles of {tile[0]} x {tile[1]} pixels, more than a photo may have")


def _check_scans(file: BinaryIO, image: Image.Image, name: str) -> None:
    """Refuses JPEGs that would take minutes: each scan, for which 150 bytes are enough, passes over all pixels."""
    if not image.info.get("progressive"):
        return  # scans of other files need bytes for every pixel
    file.seek(0)
    scans = file.read().count(b"\xff\xda")  # in compressed data 0xFF is always followed by 0
    if scans > _MOST_SCANS:
        raise PhotoError(f"{name} is a JPEG of {scans} scans; at most {_MOST_SCANS} are decoded")


def _load(image: Image.Image) -> None:
    """Decodes. Pillow warns, process-wide, of TIFFs above MAX_IMAGE_PIXELS, though `_check_size` let them pass."""
    if Image.MAX_IMAGE_PIXELS is None or math.prod(image.size) <= Image.MAX_IMAGE_PIXELS:
        image.load()
        return
    with _BIG_FILE_LOCK, warnings.catch_warnings():  # the lock, because catch_warnings is not safe among threads
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image.load()


def _frame_notes(image: Image.Image) -> Iterator[str]:
    kind = image.format or ""
    if kind == "PSD":
        return  # its frames are layers, and the picture is all of them
    frame, frames = image.tell(), getattr(image, "n_frames", 1) if kind != "TIFF" else _count_pages(image)
    if frames > 1:
        which = "first" if frame == 0 else f"number {frame + 1}"
        count = f"more than {_MOST_PAGES}" if kind == "TIFF" and frames > _MOST_PAGES else str(frames)
        yield f"{which} of {count} {_FRAME_WORDS.get(kind, 'frames')}"


def _count_pages(image: Image.Image) -> int:
    """Pages of a TIFF up to _MOST_PAGES + 1; `n_frames` would follow a hostile chain for minutes."""
    if not getattr(image, "is_animated", False):
        return 1
    here = image.tell()
    pages = here + 1
    with contextlib.suppress(EOFError):
        while pages <= _MOST_PAGES:
            image.seek(pages)
            pages += 1
    image.seek(here)
    return pages


def _raw_modes(image: Image.Image) -> list[str]:
    """How the pixels lie in the file, as Pillow's decoders are told; empty once decoded."""
    arguments = [tile[3] for tile in getattr(image, "tile", ())]
    return [
        value
        for some in arguments
        for value in (some if isinstance(some, tuple) else (some,))
        if isinstance(value, str)
    ]
