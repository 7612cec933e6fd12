"""A path, a file or a PIL image -> the picture in it, by whoever reads its kind, not decoded yet if that can wait."""

import contextlib
import io
import os
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from PIL import Image, Jpeg2KImagePlugin, TiffImagePlugin

from colorgan.files import one_line
from colorgan.photo import jpeg, png
from colorgan.photo.directories import MOST_PAGES, read_pages
from colorgan.photo.endings import NOT_PHOTOS
from colorgan.photo.exif import says_adobe_rgb
from colorgan.photo.jp2 import mended_jp2, open_jp2
from colorgan.photo.levels import narrowed
from colorgan.photo.opened import Opened
from colorgan.photo.plugins import BY_PLUGIN, HEIF, is_decoded_at_once, open_by_plugin, settle_jxl
from colorgan.photo.profiles import adobe_rgb, profile_of_code_points
from colorgan.photo.raw import develop, is_raw
from colorgan.photo.record import PhotoError
from colorgan.photo.tiff import open_tiff, read_anew
from colorgan.photo.tiff_tags import exif_at

_STRANGERS = (
    (b"%PDF", 0, "a PDF document"), (b"8BPS\0\2", 0, "a PSB, Photoshop's format for large files"),
    (b"II\xbc\1", 0, "a JPEG XR photo"), (b"\x76\x2f\x31\1", 0, "an OpenEXR picture"),
    (b"#?RADIANCE", 0, "a Radiance HDR picture"), (b"gimp xcf", 0, "a drawing of GIMP's"),
    (b"AT&TFORM", 0, "a DjVu document"), (b"P7\n", 0, "a PAM picture"), (b"PF\n", 0, "a PFM picture in colour"),
)  # fmt: skip
_FRAME_WORDS = {"MPO": "pictures", "HEIF": "pictures"}
_MOST_SCANS = 100  # progressive JPEGs have about ten, and now and then the marker's bytes in their metadata
_HEIF_HEAD = 1 << 16  # bytes of an AVIF or HEIC in which its properties stand


def found_in(file: BinaryIO, page: int, name: str, max_megapixels: float) -> Opened:
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
    if image.format == "JPEG2000":
        return open_jp2(image, file, name, max_megapixels)
    return _lazy(image, file, name)


def _lazy(image: Image.Image, file: BinaryIO | None, name: str) -> Opened:
    """Pillow's image, not decoded yet, and what Pillow reads and leaves out of account."""
    profile, notes = None, list(_frame_notes(image))
    if image.format == "PNG":
        profile = png.stated_profile(image, file, name)
    elif image.format == "JXL" and file is not None:
        notes += settle_jxl(image, file)
    elif image.format == HEIF and (bits := image.info.get("bit_depth") or 8) > 8:
        notes.append(narrowed(bits, "gray" if image.mode == "L" else "colour"))
    if image.format in ("AVIF", HEIF) and file is not None and not image.info.get("icc_profile"):
        file.seek(0)
        _, found, codes = file.read(_HEIF_HEAD).partition(b"colrnclx")
        if found and len(codes) >= 4:
            primaries, transfer = struct.unpack(">HH", codes[:4])
            profile = profile_of_code_points(image.mode, primaries, transfer, name)
    if image.format == "TGA" and image.mode in ("LA", "RGBA") and file is not None:
        file.seek(17)
        opaque = not file.read(1)[0] & 15  # how many bits of its pixels are transparency, as the header says
        return Opened(image, tuple(notes), is_opaque=opaque)
    return Opened(image, tuple(notes), profile=profile)


def profile_of(opened: Opened) -> bytes | None:
    """The ICC profile that a file states, in one way or another."""
    image, source = opened.image, opened.exif if opened.exif is not None else opened.image
    profile = opened.profile or image.info.get("icc_profile")
    if not profile and says_adobe_rgb(source):
        profile = adobe_rgb()
    return profile if image.mode != "LAB" and isinstance(profile, bytes) else None  # LAB needs none


def stated_megapixels(path: Path, most: float) -> float:
    """How many million pixels a photo will have once decoded, by its head alone; `most` where that does not tell."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
            if is_raw(head) or is_decoded_at_once(head):
                return most
            if (pages := read_pages(file)) is not None:
                area = max((one.area for one in (*pages.chain, *pages.below_first)), default=0)
            else:
                file.seek(0)
                image = _identified(file, path.name, most)
                area = image.width * image.height
    except Exception:  # whoever decodes it says what is wrong with it
        return most
    return min(area / 1e6, most) or most


def count_pages(path: Path) -> int:
    """How many pictures a TIFF holds, thumbnails not counted, up to 1,000; 1 for any other file, readable or not."""
    try:
        with path.open("rb") as file:
            return count_pages_in(file)
    except OSError:
        return 1


def count_pages_in(file: BinaryIO) -> int:
    """The same of an open file. OSError where it cannot be read."""
    try:
        pages = read_pages(file)
    except ValueError:
        return 1
    return 1 if pages is None or pages.is_raw else min(len(pages.whole), MOST_PAGES)


def found_in_image(image: Image.Image, name: str, max_megapixels: float) -> Opened:
    """A PIL image of someone's -> the picture in it; what Pillow misreads is read anew from its file."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return read_anew(image, name, max_megapixels)
    if isinstance(image, Jpeg2KImagePlugin.Jpeg2KImageFile) and image.tile and image.fp is not None:
        return open_jp2(image, cast(BinaryIO, image.fp), name, max_megapixels)
    return _lazy(image, None, name)


def mended(file: BinaryIO, name: str, max_megapixels: float) -> Opened | None:
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
            ended = mended_jp2(data) or jpeg.mended(data, name, max_megapixels)
            if ended is None:
                return None
            data, notes = ended, ["its end was missing, behind the pixels"]
        image = _identified(io.BytesIO(data), name, max_megapixels)
    except Exception:  # what is wrong was said better before
        return None
    whole = io.BytesIO(data)
    is_jp2 = image.format == "JPEG2000"
    opened = open_jp2(image, whole, name, max_megapixels) if is_jp2 else _lazy(image, whole, name)
    return replace(opened, notes=(*notes, *opened.notes), profile=profile or opened.profile)


@contextlib.contextmanager
def opened_source(source: str | os.PathLike[str] | BinaryIO, name: str) -> Iterator[BinaryIO]:
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
def own_words(name: str) -> Iterator[None]:
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


def _check_scans(file: BinaryIO, image: Image.Image, name: str) -> None:
    """Refuses JPEGs that would take minutes: each scan, for which 150 bytes are enough, passes over all pixels."""
    if not image.info.get("progressive"):
        return  # scans of other files need bytes for every pixel
    file.seek(0)
    scans = file.read().count(b"\xff\xda")  # in compressed data 0xFF is always followed by 0
    if scans > _MOST_SCANS:
        raise PhotoError(f"{name} is a JPEG of {scans} scans; at most {_MOST_SCANS} are decoded")


def _frame_notes(image: Image.Image) -> Iterator[str]:
    kind = image.format or ""
    if kind == "PSD":
        return  # its frames are layers, and the picture is all of them
    frame, frames = image.tell(), getattr(image, "n_frames", 1)
    if frames > 1:
        which = "first" if frame == 0 else f"number {frame + 1}"
        yield f"{which} of {frames} {_FRAME_WORDS.get(kind, 'frames')}"
