"""Which photos and films are meant: files, folders and patterns -> each with its place below the output folder."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from colorgan.film.formats import is_film
from colorgan.photo.clutter import THUMBNAILS, is_no_album
from colorgan.photo.endings import photo_endings


@dataclass
class Finds:
    """Photos and films with their places, relative to the output folder; and how many thumbnails, hidden photos, and
    hidden or system folders were passed over."""

    photos: list[tuple[Path, Path]] = field(default_factory=list)
    left_out: int = 0


def find_photos(inputs: Sequence[Path], output: Path) -> Finds:
    """The photos and films of files and of folders, at any depth; not of the output folder, where it is inside one.

    A photo's place is its name, or its path in its folder. Where two photos would share a place, all are placed by
    their paths from the folder that holds all inputs: "1950/scan.jpg" and "1951/scan.jpg".

    Raises:
        ValueError: an input is the output folder, or a folder cannot be looked into; one line.
    """
    finds, found = Finds(), dict[Path, tuple[Path, Path]]()  # whole path -> photo and place
    homes: dict[Path, Path] = {}
    for path in inputs:  # the same one may be given twice
        homes.setdefault(path.resolve() if path.is_dir() else path.parent.resolve() / path.name, path)
    for home, path in homes.items():
        for source in _photos(path, output, finds):
            below = source.relative_to(path)
            found.setdefault(home / below, (source, below if path.is_dir() else Path(path.name)))
    finds.photos = list(found.values())
    if len({os.path.normcase(place) for _, place in finds.photos}) < len(finds.photos):
        with contextlib.suppress(ValueError):  # inputs on several drives
            above = os.path.commonpath([home.parent for home in homes])
            finds.photos = [(source, whole.relative_to(above)) for whole, (source, _) in found.items()]
    return finds


def expanded(given: str) -> list[Path]:
    """An argument -> the files and folders it means: itself, or what a pattern such as "*.jpg" matches (the Windows
    command line leaves that to programs), of which only photos and folders count.

    Raises:
        ValueError: there is no such file, or no match; one line.
    """
    path = Path(given)
    if path.is_file() or path.is_dir():
        return [path]
    if os.path.lexists(path) or not set(given) & set("*?["):  # opening a named pipe would wait for ever
        raise ValueError(f"there is no file or folder {given!r}")
    matches = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    folders = [match for match in matches if match.is_dir() and not is_no_album(match.name)]
    photos = folders + [match for match in matches if _is_photo(match) and match.name[0] != "."]
    if not photos:
        raise ValueError(f"there is no photo or folder that {given!r} matches")
    return photos


def _photos(path: Path, output: Path, finds: Finds) -> Iterator[Path]:
    """A file, or a folder's photos; what is passed over is counted in `finds`."""
    if not path.is_dir():
        yield path
        return
    if path.resolve() == output.resolve():
        raise ValueError(f"{str(output)!r} holds the photos themselves: name another output folder")
    for folder, subfolders, files in os.walk(path, onerror=_refuse):
        here = Path(folder)
        for name in filter(is_no_album, subfolders):
            finds.left_out += _count_photos(here / name) if name.lower() in THUMBNAILS else 1
        # An output folder inside the photos' own would be coloured again by the next run.
        subfolders[:] = sorted(
            name for name in subfolders if not is_no_album(name) and (here / name).resolve() != output.resolve()
        )
        for source in (here / name for name in sorted(files)):
            if not _is_photo(source):
                continue
            if source.name[0] == ".":
                finds.left_out += 1
            else:
                yield source


def is_photo_name(name: str) -> bool:
    """Whether a file's name is a photo's or a film's, hidden or not."""
    path = Path(name)
    return path.suffix.lower() in photo_endings() or is_film(path)


def _is_photo(path: Path) -> bool:
    """Whether a file's name is a photo's, and it is nothing that must be waited for."""
    regular = path.is_file() or not path.exists()  # a broken link is a photo that cannot be read
    return is_photo_name(path.name) and regular


def _count_photos(folder: Path) -> int:
    return sum(_is_photo(Path(here) / name) for here, _, files in os.walk(folder) for name in files)


def _refuse(error: OSError) -> None:
    raise ValueError(f"cannot look into {str(error.filename)!r}: {error.strerror}") from error
