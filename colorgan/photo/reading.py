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
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from PIL import Image, TiffImagePlugin

from colorgan.files import one_line
from colorgan.limits import MAX_MEGAPIXELS
from colorgan.photo import jpeg, png
from colorgan.photo.bounds import check_size, check_tile
from colorgan.photo.directories import read_pages
from colorgan.photo.endings import NOT_PHOTOS
from colorgan.photo.exif import TURNS, exif_bytes, make_upright, orientation_of, read_exif, resolution_of
from colorgan.photo.jp2 import deep_jp2
from colorgan.photo.opened import Opened
from colorgan.photo.pixels import to_eight_bits
from colorgan.photo.plugins import BY_PLUGIN, open_by_plugin
from colorgan.photo.profiles import profile_of_code_points, to_srgb
from colorgan.photo.raw import develop, is_raw
from colorgan.photo.record import Photo, PhotoError, name_of, plain_image
from colorgan.photo.tiff import exif_at, open_tiff, read_anew

_STRANGERS = (
    (b"%PDF", 0, "a PDF document"), (b"8BPS\0\2", 0, "a PSB, Photoshop's format for large files"),
    (b"II\xbc\1", 0, "a JPEG XR photo"), (b"\x76\x2f\x31\1", 0, "an OpenEXR picture"),
    (b"#?RADIANCE", 0, "a Radiance HDR picture"), (b"gimp xcf", 0, "a drawing of GIMP's"),
    (b"AT&TFORM", 0, "a DjVu document"), (b"P7\n", 0, "a PAM picture"), (b"PF\n", 0, "a PFM picture in colour"),
)  # fmt: skip
_FRAME_WORDS = {"MPO": "pictures", "HEIF": "pictures"}
_MOST_SCANS = 100  # progressive JPEGs have about ten, and now and then the marker's bytes in their metadata
_HEIF_HEAD = 1 << 16  # bytes of an AVIF or HEIC in which its properties stand
_TRUE_16_BITS = re.compile(r"(L|LA|RGB|RGBA|RGBa|RGBX|CMYK|LAB);16")  # not BGR;16, which is 5 + 6 + 5 bits
_BIG_FILE_LOCK = threading.Lock()


def open_photo(
    source: str | os.PathLike[str] | BinaryIO, max_megapixels: float = MAX_MEGAPIXELS, *, page: int = 0
) -> Photo:
    """A path or a binary file -> the photo in it. Size limits are checked before a pixel is decoded.

    page: which of a TIFF's pictures, from 0; thumbnails are not counted.
    Raises PhotoError for what cannot be read, is no picture, is cut short or damaged, has more than `max_megapixels`
    million pixels or a side under MIN_SIDE pixels. A binary file is read from its start and left open.
    """
    name = name_of(source)
    with _own_words(name), _opened(source, name) as file:
        try:
            return _photo(_found(file, page, name, max_megapixels), name, max_megapixels)
        except (PhotoError, MemoryError, Image.DecompressionBombError):
            raise
        except Exception as error:
            mended = _mended(file, name, max_megapixels)
            if mended is None:
                raise
            try:
                return _photo(mended, name, max_megapixels)
            except Exception:
                raise error from None  # of the file itself, not of what was made of it


def photo_from_image(image: Image.Image, max_megapixels: float = MAX_MEGAPIXELS) -> Photo:
    """A PIL image of any mode -> the photo in it, by the rules of `open_photo`; its `info` tells EXIF and profile.

    An upright image of mode L or RGB without a foreign profile shares its pixels with the photo. A TIFF that Pillow
    misreads is read anew from its file.
    """
    if not isinstance(image, Image.Image):
        raise PhotoError(f"a photo must be a PIL image, got {type(image).__name__}")
    name = "the picture"
    with _own_words(name):
        if isinstance(image, TiffImagePlugin.TiffImageFile):
            return _photo(read_anew(image, name, max_megapixels), name, max_megapixels)
        return _photo(_lazy(image, None, name), name, max_megapixels)


def _found(file: BinaryIO, page: int, name: str, max_megapixels: float) -> Opened:
    """A file at its start -> the picture in it, by whoever reads its kind."""
    if is_raw(file.read(16)):
        return develop(file, None, name, max_megapixels)
    pages = read_pages(file)
    if pages is not None and pages.is_raw:
        exif = exif_at(file, pages.chain[0].offset) if pages.chain else None
        return develop(file, exif, name, max_megapixels)
    if pages is not None:
        return open_tiff(file, pages, page, name, max_megapixels)
    if page:
        raise PhotoError(f"{name} is no TIFF and has no page {page + 1}")
    file.seek(0)
    image = _identified(file, name, max_megapixels)
    _check_scans(file, image, name)
    if image.format == "JPEG2000" and (deep := deep_jp2(image, file, name, max_megapixels)):
        return deep
    return _lazy(image, file, name)


def _lazy(image: Image.Image, file: BinaryIO | None, name: str) -> Opened:
    """Pillow's image, not decoded yet, and what Pillow reads and leaves out of account."""
    profile, notes = None, list(_frame_notes(image))
    if image.format == "PNG":
        profile = png.stated_profile(image, file, name)
    elif image.format in ("AVIF", "HEIF") and file is not None and not image.info.get("icc_profile"):
        file.seek(0)
        _, found, codes = file.read(_HEIF_HEAD).partition(b"colrnclx")
        if found and len(codes) >= 4:
            primaries, transfer = struct.unpack(">HH", codes[:4])
            profile = profile_of_code_points(image.mode, primaries, transfer, name)
    elif image.format == "TGA" and image.mode in ("LA", "RGBA") and file is not None:
        file.seek(17)
        opaque = not file.read(1)[0] & 15  # how many bits of its pixels are transparency, as the header says
        return Opened(image, tuple(notes), is_opaque=opaque)
    return Opened(image, tuple(notes), profile=profile)


def _mended(file: BinaryIO, name: str, max_megapixels: float) -> Opened | None:
    """A file that Pillow refuses -> its picture, if its pixels are whole."""
    file.seek(0)
    data, profile = file.read(), None
    try:
        if data.startswith(png.SIGNATURE):
            found = png.mended(data)
            if found is None:
                return None
            data, profile, notes = found
        else:
            ended = jpeg.mended(data, name, max_megapixels)
            if ended is None:
                return None
            data, notes = ended, ["its end was missing, behind the pixels"]
        image = _identified(io.BytesIO(data), name, max_megapixels)
    except Exception:  # what is wrong was said better before
        return None
    opened = _lazy(image, io.BytesIO(data), name)
    return replace(opened, notes=(*notes, *opened.notes), profile=profile or opened.profile)


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


def _identified(file: BinaryIO, name: str, max_megapixels: float) -> Image.Image:
    """A file -> its first frame, not decoded yet.

    What `Image.open` does, without its check of MAX_IMAGE_PIXELS: that one knows neither our limit nor another way
    of saying so than a process-wide warning.
    """
    head = file.read(16)
    if not head:
        raise PhotoError(f"{name} is empty: it has 0 bytes")
    tried = set(BY_PLUGIN)  # not by whoever may have registered them
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
    if (image := open_by_plugin(file, head, name, max_megapixels)) is not None:
        return image
    for magic, start, stranger in _STRANGERS:
        if head[start:].startswith(magic):
            raise PhotoError(f"{name} is {stranger}, which cannot be read here: save it as JPEG, PNG or TIFF first")
    if head.startswith(b"8BPS"):
        depth = int.from_bytes((file.seek(22), file.read(2))[1], "big")
        raise PhotoError(f"{name} is a Photoshop file of {depth} bits a channel: save it as TIFF or JPEG first")
    if failure is not None:
        raise failure
    raise PhotoError(f"{name} is not a picture in any format that Pillow reads")


def _photo(opened: Opened, name: str, max_megapixels: float) -> Photo:
    """A picture, decoded or not -> the photo."""
    image = opened.image
    check_size(*image.size, name, max_megapixels)
    tags = getattr(image, "tag_v2", {})
    check_tile(tags.get(322), tags.get(323), name, max_megapixels)  # TileWidth, TileLength
    notes, raw_modes = [*opened.notes], _raw_modes(image)
    if any(_TRUE_16_BITS.match(raw_mode) for raw_mode in raw_modes):
        notes.append("16 bits a channel became 8")  # Pillow drops the lower 8 of all modes but gray, without a word
    orientation = orientation_of(image) if image.format == "TIFF" else 1  # gone once Pillow has turned the TIFF upright
    _load(image)
    check_size(*image.size, name, max_megapixels)  # an icon tells its true size only now
    found = opened.exif if opened.exif is not None else image
    turn = orientation_of(found)
    exif, exif_notes = read_exif(found)
    dpi = resolution_of(image, exif)
    profile = opened.profile or image.info.get("icc_profile")
    profile = profile if image.mode != "LAB" else None  # LAB needs none
    gray_pair = image.mode == "RGBA" and any(raw_mode.startswith("LA") for raw_mode in raw_modes)  # 16-bit gray, alpha
    pixels, alpha, pixel_notes = to_eight_bits(image.convert("LA") if gray_pair else image)
    alpha = None if opened.is_opaque else alpha or opened.alpha
    if alpha is not None and alpha.getextrema() == (0, 0):
        alpha = None  # nothing would be seen: a channel that somebody has left empty
        notes.append("a transparency that would hide the whole picture was left out")
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


def _check_scans(file: BinaryIO, image: Image.Image, name: str) -> None:
    """Refuses JPEGs that would take minutes: each scan, for which 150 bytes are enough, passes over all pixels."""
    if not image.info.get("progressive"):
        return  # scans of other files need bytes for every pixel
    file.seek(0)
    scans = file.read().count(b"\xff\xda")  # in compressed data 0xFF is always followed by 0
    if scans > _MOST_SCANS:
        raise PhotoError(f"{name} is a JPEG of {scans} scans; at most {_MOST_SCANS} are decoded")


def _load(image: Image.Image) -> None:
    """Decodes. Pillow warns, process-wide, of TIFFs above MAX_IMAGE_PIXELS, though `check_size` let them pass."""
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
    frame, frames = image.tell(), getattr(image, "n_frames", 1)
    if frames > 1:
        which = "first" if frame == 0 else f"number {frame + 1}"
        yield f"{which} of {frames} {_FRAME_WORDS.get(kind, 'frames')}"


def _raw_modes(image: Image.Image) -> list[str]:
    """How the pixels lie in the file, as Pillow's decoders are told; empty once decoded."""
    arguments = [tile[3] for tile in getattr(image, "tile", ())]
    return [
        value
        for some in arguments
        for value in (some if isinstance(some, tuple) else (some,))
        if isinstance(value, str)
    ]
