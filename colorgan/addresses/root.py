"""A folder at an address that fsspec opens, or on this machine."""

import contextlib
import os
import posixpath
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from fsspec import AbstractFileSystem

from colorgan.files import file_whole, remove_drafts, write_whole

# Where an object is there when all its bytes are, and not before. Elsewhere files are written under another name and
# renamed.
_WHOLE_PUTS = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oci", "oss", "memory"})
PATTERN = frozenset("*?[")
_READING = threading.Lock()  # fsspec's memory store gives all who read a file one object, with one place in it


@dataclass(frozen=True)
class Listing:
    """Names in a folder, sorted: of folders in it, and of files."""

    folders: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class Root:
    """A folder at an address. What is below it is named by parts joined by "/"; "" is the folder itself.

    shown: the address as it was given, for people. path: the folder's, as its file system has it.
    is_counted: whether the store counts requests, so that files should go there many at a time. is_versioned: whether
    each of them is a commit, too, of which a store takes but a few an hour.
    """

    shown: str
    fs: AbstractFileSystem
    path: str
    is_counted: ClassVar[bool] = False

    @property
    def is_versioned(self) -> bool:
        """See above."""
        return False

    def at(self, below: str) -> str:
        """The path of what is below, as the file system has it."""
        return f"{self.path.rstrip('/')}/{below}" if below else self.path

    def show(self, below: str) -> str:
        """The address of what is below, for people."""
        return f"{self.shown.rstrip('/')}/{below}" if below else self.shown

    def listing(self, below: str = "") -> Listing:
        """What is in a folder; nothing where there is no such folder. OSError where it cannot be looked into."""
        try:
            found = self.fs.ls(self.at(below), detail=True)
        except FileNotFoundError:
            found = []
        self.fs.invalidate_cache(self.at(below))  # a listing kept for every folder would be all the archive in memory
        return listing_of(found, self.at(below))

    def everything(self, below: str = "") -> Iterator[str]:
        """All files below a folder, at any depth."""
        waiting = [below]
        while waiting:
            folder = waiting.pop()
            listed = self.listing(folder)
            yield from (joined(folder, name) for name in listed.files)
            waiting += [joined(folder, name) for name in listed.folders]

    def exists(self, below: str) -> bool:
        """Whether there is a file, as of now."""
        self.fs.invalidate_cache(self.at(posixpath.dirname(below)))
        return bool(self.fs.exists(self.at(below)))

    def present(self, files: Sequence[str]) -> frozenset[str]:
        """Those of the files that are there, as of now."""
        return frozenset(below for below in files if self.exists(below))

    def read(self, below: str) -> bytes:
        """The bytes of a file. OSError where there is none."""
        data: bytes = self.fs.cat_file(self.at(below))
        return data

    def read_each(self, files: Sequence[str]) -> Iterator[bytes]:
        """The bytes of many small files, one after the other. OSError where one is not there."""
        return map(self.read, files)

    @contextlib.contextmanager
    def open(self, below: str) -> Iterator[BinaryIO]:
        """A file to be read here and there. OSError where there is none."""
        with self.fs.open(self.at(below), "rb") as file:
            yield file

    def fetch(self, below: str, path: Path) -> Path:
        """A file brought to this machine, under the path -> where it lies. OSError where that cannot be done."""
        with _READING if "memory" in protocols(self.fs) else contextlib.nullcontext():
            self.fs.get_file(self.at(below), str(path))
        return path

    def write(self, below: str, data: bytes) -> None:
        """Write a file, in place of one of its name; a reader sees all of it or nothing. OSError where it fails."""
        self._put(below, lambda path: self.fs.pipe_file(path, data))

    def write_file(self, below: str, file: Path) -> None:
        """Write what is in a file of this machine, likewise."""
        self._put(below, lambda path: self.fs.put_file(str(file), path))

    def put(self, files: Mapping[str, bytes | Path], removed: Sequence[str] = ()) -> None:
        """Write files, contents or files of this machine, each whole; then remove others, those that are there. Where
        `is_versioned`, all of it happens at once or not at all."""
        for below, content in files.items():
            if isinstance(content, Path):
                self.write_file(below, content)
            else:
                self.write(below, content)
        self.remove(removed)

    def _put(self, below: str, put: Callable[[str], object]) -> None:
        path = self.at(below)
        if protocols(self.fs) & _WHOLE_PUTS:
            put(path)
            return
        self.fs.makedirs(posixpath.dirname(path), exist_ok=True)
        draft = posixpath.join(posixpath.dirname(path), f".{secrets.token_hex(8)}.part")
        try:
            put(draft)
            if self.fs.exists(path):
                self.fs.rm_file(path)  # some rename onto no name that is taken
            self.fs.mv(draft, path)
        except BaseException:
            with contextlib.suppress(Exception):
                self.fs.rm_file(draft)
            raise

    def remove(self, files: Sequence[str]) -> None:
        """Remove files, those of them that are there."""
        for start in range(0, len(files), 1000):
            with contextlib.suppress(FileNotFoundError):
                self.fs.rm([self.at(below) for below in files[start : start + 1000]])

    def taken(self, folder: str) -> frozenset[str]:
        """All names in a folder, of whatever."""
        listed = self.listing(folder)
        return frozenset((*listed.folders, *listed.files))

    def clear(self) -> None:
        """Remove what killed workers have left half written; no other may be at work."""

    def real(self, below: str) -> str:
        """The path of a file, as the file system has it, with links followed."""
        return self.at(below)

    def local(self, below: str) -> Path | None:
        """The file's path where it is one of this machine, and need not be fetched."""
        return None


@dataclass(frozen=True)
class LocalRoot(Root):
    """A folder of this machine, or of a disk that several share."""

    def show(self, below: str) -> str:
        """The path of what is below, as it was given."""
        return str(Path(self.shown) / below)

    def listing(self, below: str = "") -> Listing:
        """As for any; links to folders are left out, and what must be waited for (pipes, sockets)."""
        folders, files = list[str](), list[str]()
        with contextlib.suppress(FileNotFoundError), os.scandir(self.at(below)) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                elif not entry.is_dir() and (entry.is_file() or not os.path.exists(entry.path)):  # noqa: PTH110
                    files.append(entry.name)  # a broken link is a file that cannot be read
        return Listing(tuple(sorted(folders)), tuple(sorted(files)))

    def exists(self, below: str) -> bool:
        """Whether the name is taken, also by a broken link."""
        return os.path.lexists(self.at(below))

    def write(self, below: str, data: bytes) -> None:
        """As for any."""
        path = Path(self.at(below))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)

    def write_file(self, below: str, file: Path) -> None:
        """As for any."""
        path = Path(self.at(below))
        path.parent.mkdir(parents=True, exist_ok=True)
        with file_whole(path) as draft:
            shutil.copyfile(file, draft)

    def remove(self, files: Sequence[str]) -> None:
        """As for any; folders that it leaves empty go too."""
        for path in (Path(self.at(below)) for below in files):
            path.unlink(missing_ok=True)
        above = Path(self.path)
        for folder in {Path(self.at(below)).parent for below in files}:
            with contextlib.suppress(OSError):
                while folder != above:
                    folder.rmdir()
                    folder = folder.parent

    def taken(self, folder: str) -> frozenset[str]:
        """As for any; broken links too."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return frozenset(path.name for path in Path(self.at(folder)).iterdir())
        return frozenset()

    def clear(self) -> None:
        """As for any."""
        for folder, _, _ in os.walk(self.path):
            remove_drafts(Path(folder))

    def real(self, below: str) -> str:
        """As for any."""
        return Path(self.at(below)).resolve().as_posix()

    def local(self, below: str) -> Path | None:
        """Its path."""
        return Path(self.at(below))


def listing_of(entries: Sequence[Mapping[str, Any]], folder: str) -> Listing:
    """What a file system lists of a folder, by its path."""
    folders, files = list[str](), list[str]()
    for one in entries:
        path = one["name"].rstrip("/")
        if path != folder.rstrip("/") and (name := path.rpartition("/")[2]):
            (folders if one["type"] == "directory" else files).append(name)
    return Listing(tuple(sorted(folders)), tuple(sorted(files)))


def protocols(fs: AbstractFileSystem) -> frozenset[str]:
    """The names that a file system goes by: s3 and s3a, say."""
    names: Any = fs.protocol
    return frozenset({names} if isinstance(names, str) else names)


def joined(folder: str, name: str) -> str:
    """A name in a folder, both below a root."""
    return f"{folder}/{name}" if folder else name
