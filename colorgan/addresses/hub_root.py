"""A folder in a bucket or a repository of the Hugging Face Hub. Read as of any other store; written by the Hub's own
client, many files at a time, since the Hub counts requests, and commits more strictly."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from huggingface_hub import HfApi, __version__

from colorgan.addresses.root import Listing, Root, joined, listing_of
from colorgan.hub.storage import BUCKET, Storage, errors_in_one_line

HUB = "hf"
_AT_ONCE = 256


@dataclass(frozen=True)
class HubRoot(Root):
    """A folder on the Hub."""

    is_counted: ClassVar[bool] = True

    @property
    def is_versioned(self) -> bool:
        """Whether it lies in a repository, and not in a bucket."""
        return not _in_bucket(self.path)

    @cached_property
    def _place(self) -> tuple[Storage, str]:
        """The bucket or repository, and the folder in it. OSError where it is not there."""
        with errors_in_one_line():
            found: Any = self.fs.resolve_path(self.path)
        if _in_bucket(self.path):
            return Storage(BUCKET, found.bucket_id), found.path
        return Storage(found.repo_type, found.repo_id, found.revision), found.path_in_repo

    @property
    def storage(self) -> Storage:
        """The bucket or repository that it lies in. OSError where that is not there."""
        return self._place[0]

    def make_private(self) -> None:
        """Make the bucket, for its owner alone, if it is not there. OSError where it, or the repository, is public."""
        if not self.is_versioned:
            Storage(BUCKET, "/".join(self.path.split("/")[1:3])).make()
            self.fs.invalidate_cache(self.path)  # which remembers what is not there
        if not self.storage.is_private():
            raise OSError("it is there already and public: make it private in its settings, or take another")

    def listing(self, below: str = "") -> Listing:
        """As for any."""
        found = []
        with suppress(FileNotFoundError), errors_in_one_line():
            found = self.fs.ls(self.at(below), detail=True, refresh=True)  # others may have written there
            self.fs.invalidate_cache(self.at(below))
        return listing_of(found, self.at(below))

    def exists(self, below: str) -> bool:
        """As for any."""
        return bool(self.present([below]))

    def present(self, files: Sequence[str]) -> frozenset[str]:
        """As for any, in one request for a thousand."""
        names = {self._inside(below): below for below in files}
        return frozenset(names[found] for found in self.storage.present(list(names)))

    def read(self, below: str) -> bytes:
        """As for any."""
        with self.open(below) as file:
            return file.read()

    def read_each(self, files: Sequence[str]) -> Iterator[bytes]:
        """As for any, some hundreds in three requests from a bucket."""
        for start in range(0, len(files), _AT_ONCE):
            with tempfile.TemporaryDirectory(prefix="colorgan-") as aside:
                some = {self._inside(below): Path(aside) / str(at) for at, below in enumerate(files[start:][:_AT_ONCE])}
                self.storage.fetch_all(some)
                yield from (path.read_bytes() for path in some.values())

    def fetch(self, below: str, path: Path) -> Path:
        """As for any."""
        with errors_in_one_line():
            return super().fetch(below, path)

    @contextmanager
    def open(self, below: str) -> Iterator[BinaryIO]:
        """As for any; it is brought here as a whole."""
        with (
            tempfile.TemporaryDirectory(prefix="colorgan-") as aside,
            self._fetched(below, Path(aside) / "file").open("rb") as file,
        ):
            yield file

    def write(self, below: str, data: bytes) -> None:
        """As for any."""
        self.put({below: data})

    def write_file(self, below: str, file: Path) -> None:
        """As for any."""
        self.put({below: file})

    def remove(self, files: Sequence[str]) -> None:
        """As for any."""
        self.put({}, files)

    def put(self, files: Mapping[str, bytes | Path], removed: Sequence[str] = ()) -> None:
        """As for any, in one request or commit."""
        inside = {self._inside(below): content for below, content in files.items()}
        self.storage.put(inside, [self._inside(below) for below in removed])

    def _fetched(self, below: str, path: Path) -> Path:
        self.storage.fetch_all({self._inside(below): path})
        return path

    def _inside(self, below: str) -> str:
        return joined(self._place[1], below)


def check_client(path: str) -> None:
    """Refuse a bucket where the Hub's client knows none. ValueError, one line."""
    if _in_bucket(path) and not hasattr(HfApi, "batch_bucket_files"):
        raise ValueError(
            f"buckets need a newer huggingface_hub than {__version__}: pip install --upgrade huggingface_hub"
        )


def _in_bucket(path: str) -> bool:
    return path.startswith("buckets/")
