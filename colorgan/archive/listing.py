"""Which photos and films are meant, folder by folder: an archive's list of photos is never in memory, a folder's is.

By the rules of `folder.finding`: what is passed over, where photos are placed, and in which order a folder's are.
"""

import os
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from colorgan.addresses import PATTERN, LocalRoot, Root, joined, opened
from colorgan.files import is_address, one_line
from colorgan.folder.finding import expanded, is_photo_name
from colorgan.photo.clutter import THUMBNAILS, is_clutter, is_no_album


@dataclass(frozen=True)
class Mount:
    """An input, and where its photos are placed: in the folder `at` below the output.

    name: of the only file that is meant; None for all of the folder.
    """

    root: Root
    at: str = ""
    name: str | None = None

    @property
    def home(self) -> str:
        """What was given, as its file system has it."""
        return self.root.at(self.name or "")

    def finds(self, fs: object, path: str, output: Root) -> bool:
        """Whether it has a photo, by its path in a file system; what is in the output folder is not looked at."""
        if fs != self.root.fs:
            return False
        if self.name is not None:
            return path == self.home
        if not _is_below(path, self.home):
            return False
        if fs == output.fs and _is_below(path, output.path) and not _is_below(self.home, output.path):
            return False
        below = PurePosixPath(path.removeprefix(self.home.rstrip("/") + "/"))
        return is_photo_name(below.name) and not is_clutter(below)

    def below(self, folder: str) -> str | None:
        """The folder of the input that is placed at a folder of the output; None where there is none."""
        if not self.at:
            return folder
        return folder[len(self.at) + 1 :] if (folder + "/").startswith(self.at + "/") else None


@dataclass
class Shelf:
    """A folder of the output to be: the photos that are placed in it, by the number of their input and their place
    in it; and how many thumbnails, hidden photos, and hidden or system folders were passed over."""

    folder: str
    photos: list[tuple[int, str]] = field(default_factory=list)
    left_out: int = 0


def mounted(inputs: Sequence[str], output: Root) -> list[Mount]:
    """The inputs, placed so that no two photos share a place if that can be: as `folder.finding.find_photos` does.

    Raises:
        ValueError: an input is not there, or is the output; one line.
    """
    found = dict[tuple[object, str], Mount]()
    for given in inputs:
        for mount in _meant(given):
            found.setdefault((mount.root.fs, mount.home), mount)  # the same one may be given twice
    mounts = list(found.values())
    for mount in mounts:
        if mount.name is None and (mount.root.fs, mount.home) == (output.fs, output.path):
            raise ValueError(f"{output.shown!r} holds the photos themselves: name another output folder")
    same = all(mount.root.fs == mounts[0].root.fs for mount in mounts)
    if len(mounts) > 1 and same and any(map(_shares_a_place, shelves(mounts, output))):
        above = posixpath.commonpath([posixpath.dirname(mount.home) for mount in mounts])
        return [replace(mount, at=_relative(mount.root.path, above)) for mount in mounts]
    return mounts


def shelves(mounts: Sequence[Mount], output: Root) -> Iterator[Shelf]:
    """The folders of the output to be that have photos, or of which something was passed over.

    Raises:
        ValueError: a folder cannot be looked into; one line.
    """
    waiting = [("", tuple(range(len(mounts))))]
    while waiting:
        folder, numbers = waiting.pop()
        shelf, deeper = Shelf(folder), dict[str, list[int]]()
        for number in numbers:
            mount = mounts[number]
            below = mount.below(folder)
            if below is None:  # placed further down
                deeper.setdefault(_step(folder, mount.at), []).append(number)
            elif mount.name is not None:
                _take(shelf, mounts, number, [mount.name], output)
            else:
                for name in _looked_into(shelf, mounts, number, below, output):
                    deeper.setdefault(name, []).append(number)
        if shelf.photos or shelf.left_out:
            yield shelf
        waiting += [(joined(folder, name), tuple(deeper[name])) for name in sorted(deeper, reverse=True)]


def _meant(given: str) -> list[Mount]:
    """An argument -> the files and folders it means."""
    if not is_address(given):
        return [
            Mount(opened(str(path))) if path.is_dir() else Mount(opened(str(path.parent)), name=path.name)
            for path in expanded(given)
        ]
    root = opened(given)
    if isinstance(root, LocalRoot):
        return _meant(root.shown)
    try:
        if root.fs.isfile(root.path):
            return [_file(root)]
        if root.fs.isdir(root.path):
            return [Mount(root)]
        matches = sorted(root.fs.glob(root.path)) if set(root.path) & PATTERN else []
        folders = [path for path in matches if not is_no_album(posixpath.basename(path)) and root.fs.isdir(path)]
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot look into {given!r}: {one_line(error)}") from error
    names = {path: posixpath.basename(path) for path in matches}
    photos = [path for path in matches if is_photo_name(names[path]) and names[path][0] != "." and path not in folders]
    if not folders + photos:
        kind = "photo or folder that {!r} matches" if set(root.path) & PATTERN else "file or folder {!r}"
        raise ValueError(f"there is no {kind.format(given)}")
    above = root.shown.removesuffix(root.path)  # the protocol, and what else stands before the path
    here = [replace(root, shown=above + path, path=path) for path in folders + photos]
    return [Mount(one) for one in here[: len(folders)]] + [_file(one) for one in here[len(folders) :]]


def _file(root: Root) -> Mount:
    """An address that is one file's."""
    folder, _, name = root.path.rpartition("/")
    return Mount(replace(root, shown=root.shown.rpartition("/")[0], path=folder), name=name)


def _looked_into(shelf: Shelf, mounts: Sequence[Mount], number: int, below: str, output: Root) -> list[str]:
    """Take a folder's photos; the names of the folders in it that are to be looked into."""
    root = mounts[number].root
    try:
        listed = root.listing(below)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or one_line(error)
        raise ValueError(f"cannot look into {root.show(below)!r}: {reason}") from error
    photos = [name for name in listed.files if is_photo_name(name)]
    shelf.left_out += sum(name[0] == "." for name in photos)
    _take(shelf, mounts, number, [joined(below, name) for name in photos if name[0] != "."], output)
    inside = []
    for name in listed.folders:
        if is_no_album(name):
            thumbnails = root.everything(joined(below, name)) if name.lower() in THUMBNAILS else None
            shelf.left_out += (
                1 if thumbnails is None else sum(is_photo_name(posixpath.basename(one)) for one in thumbnails)
            )
        elif (root.fs, root.at(joined(below, name))) != (output.fs, output.path):
            # An output folder inside the photos' own would be coloured again by the next run.
            inside.append(name)
    return inside


def _take(shelf: Shelf, mounts: Sequence[Mount], number: int, photos: Sequence[str], output: Root) -> None:
    """Put photos of an input on the shelf, less those that an earlier input has."""
    root, earlier = mounts[number].root, mounts[:number]
    shelf.photos += [
        (number, below) for below in photos if not any(one.finds(root.fs, root.at(below), output) for one in earlier)
    ]


def _shares_a_place(shelf: Shelf) -> bool:
    names = {os.path.normcase(posixpath.basename(below)) for _, below in shelf.photos}
    return len(names) < len(shelf.photos)


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")


def _step(folder: str, at: str) -> str:
    """The next folder on the way to where an input is placed."""
    return at[len(folder) + bool(folder) :].partition("/")[0]


def _relative(path: str, above: str) -> str:
    found = posixpath.relpath(path, above or ".")
    return "" if found == "." else found
