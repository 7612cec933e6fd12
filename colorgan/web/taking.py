"""Taking pictures home: one file, or a zip of all, in the format that is wished."""

import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from colorgan.hints import HINTS_SUFFIX, write_hints
from colorgan.photo import Photo, PhotoError, read_deep, save_photo, without_depth
from colorgan.photo.deep import Deep
from colorgan.photo.description import description
from colorgan.photo.endings import keeps_depth
from colorgan.photo.framing import framed_values
from colorgan.photo.strips import Strips
from colorgan.web.history import MarkKind
from colorgan.web.items import ColouredPhoto, Original
from colorgan.web.messages import as_sentence, describe_failure
from colorgan.web.names import distinct, wished_name
from colorgan.web.places import of_whole
from colorgan.web.session import PageSession

FORMATS = {"As the photo": "", "JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "WebP": ".webp"}
GAP = 0.02  # of the longer side, between before and after


@dataclass(frozen=True)
class FileWish:
    """What a file to take home is to be.

    described: it says where its colours come from. with_hints: what was said goes along. ending: of the name, such as
    ".png"; empty for the photo's own format. before_too: the photo as it was stands beside its picture.
    """

    described: bool = True
    with_hints: bool = False
    ending: str = ""
    before_too: bool = False

    @classmethod
    def asked(cls, described: bool, with_hints: bool = False, ending: str = "", before_too: bool = False) -> "FileWish":
        """As a browser asks for it, in one of `FORMATS`."""
        return cls(described, with_hints, ending if ending in FORMATS.values() else "", before_too)


def save(session: PageSession, photo: ColouredPhoto, wish: FileWish) -> Path:
    """Write the picture as its owner gets it: the photo's name, size and metadata; what of these has no place in the
    format is in the session's `note`.

    Raises:
        PhotoError: it cannot be written, in no format; one sentence.
    """
    with session.decoder.work():
        return _saved(session, photo, wish)


def _saved(session: PageSession, photo: ColouredPhoto, wish: FileWish) -> Path:
    original = session.photo(photo.decoded.original)
    name = wished_name(photo.decoded.download_name, wish.ending, photo.variant_name)
    if wish.before_too:
        name = f"{Path(name).stem.replace('-colorized', '-before-and-after')}{Path(name).suffix}"
        before_and_after = _beside(original.image, photo.picture(original.image))
        path, notes = write(session, before_and_after, name, None, _description(photo, wish))
    else:
        picture = _picture(session, photo, original, name)
        path, notes = write(session, picture, name, original, _description(photo, wish))
        if not isinstance(picture, np.ndarray):
            notes = (*(note for note in original.notes if note not in without_depth(original.notes)), *notes)
    session.note = " ".join(as_sentence(note) for note in notes)
    return path


def save_with_hints(session: PageSession, photo: ColouredPhoto, wish: FileWish) -> Path:
    """The picture in a zip with what was said of it, from which the command line makes the same."""
    picture = save(session, photo, wish)
    target = picture.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.write(picture, picture.name)
        _add_hints(session, archive, photo, Path(photo.decoded.name).stem)
    picture.unlink()
    return target


def save_all(session: PageSession, wish: FileWish) -> Iterator[tuple[int, Path | None]]:
    """Write all pictures into one zip file, and what was said of them if asked to.

    Yields how many were tried, and at last the file, None without one. A picture that cannot be written is not in it,
    and the session's `error` names it.
    """
    items, names, lost = [item for item in session.items if item.coloured], list[str](), list[str]()
    stems = distinct([Path(item.name).stem for item in items])
    target = session.files.new_folder() / "photos-colorized.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:  # pictures do not compress further
        for count, item in enumerate(items, 1):
            try:
                assert item.coloured
                path = save(session, item.coloured, wish)
                archive.write(path, distinct([*names, path.name])[-1])
                if wish.with_hints:
                    _add_hints(session, archive, item.coloured, stems[count - 1])
            except Exception as error:  # one photo never stops the rest
                lost.append(f"{item.name!r}: {describe_failure(error)}")
            else:
                names.append(path.name)
                shutil.rmtree(path.parent)
            yield count, None
    session.note = ""
    if lost:
        session.error = f"Not in the zip: {as_sentence('; '.join(lost))}"
    yield len(items), target if names else None


def write(
    session: PageSession, picture: Image.Image | Deep | Strips, name: str, photo: Photo | None, note: str | None
) -> tuple[Path, tuple[str, ...]]:
    """Write a picture, as PNG where its photo's own format cannot hold it (a JPEG has at most 65,500 pixels) -> it, and
    what of the photo has no place in it."""
    path = session.files.new_folder() / name
    try:
        return path, save_photo(picture, path, photo, description=note)
    except PhotoError:
        if path.suffix == ".png":
            raise
        path = path.with_suffix(".png")
        return path, save_photo(picture, path, photo, description=note)


def _picture(session: PageSession, photo: ColouredPhoto, original: Photo, name: str) -> Image.Image | Deep | Strips:
    """In 16 bits where the photo has so many, and the format."""
    if photo.is_left:
        return photo.picture(original.image)
    choice, deep = photo.choice, deep_values(session, photo.decoded.original, original, name)
    if deep is None:
        return choice.painting(original.image, photo.vividness)
    return choice.prediction.deep_picture(deep, choice.variant, photo.vividness)


def deep_values(session: PageSession, source: Original, photo: Photo, name: str) -> Deep | None:
    """The numbers in 16 bits of a photo that was read from a source, where it has so many, and a file of this name."""
    if without_depth(photo.notes) == photo.notes or not keeps_depth(Path(name).suffix):
        return None
    whole = session.photo(Original(source.path, source.page))
    deep = read_deep(source.path, whole, session.max_megapixels, page=source.page)
    return None if deep is None else framed_values(deep, source.framing)


def _description(photo: ColouredPhoto, wish: FileWish) -> str | None:
    if not wish.described or photo.is_left:
        return None
    kinds = [mark.kind for mark in photo.retouch.told.marks] if photo.retouch else []
    hinted = any(kind is not MarkKind.REFERENCE for kind in kinds)
    return description(photo.model.name, hinted=hinted, referenced=MarkKind.REFERENCE in kinds)


def _beside(before: Image.Image, after: Image.Image) -> Image.Image:
    """Both on white: beside one another, or a wide photo above its picture."""
    width, height = after.size
    gap = max(1, round(GAP * max(width, height)))
    is_wide = width > 1.4 * height
    size = (width, 2 * height + gap) if is_wide else (2 * width + gap, height)
    both = Image.new("RGB", size, "white")
    both.paste(before, (0, 0))
    both.paste(after, (0, height + gap) if is_wide else (width + gap, 0))
    return both


def _add_hints(session: PageSession, archive: zipfile.ZipFile, photo: ColouredPhoto, stem: str) -> None:
    if photo.retouch and not photo.retouch.told.is_nothing:
        sidecar = session.files.new_file(HINTS_SUFFIX)
        said = photo.retouch.history.sidecar(photo.vividness)
        write_hints(sidecar, of_whole(said, photo.decoded.original.framing, photo.decoded.whole_size))
        archive.write(sidecar, stem + HINTS_SUFFIX)
        sidecar.unlink()
