"""A bucket or a repository of the Hub as a place for files: many go there in one request, and each is there whole."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, hf_hub_download
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

from colorgan.hub.fetching import HUB_ERRORS, hub_reason
from colorgan.hub.retry import retried
from colorgan.hub.sending import DELAYS_S, Content, may_pass

BUCKET = "bucket"
T = TypeVar("T")


@dataclass(frozen=True)
class Storage:
    """A place on the Hub, by the login of this machine.

    kind: `BUCKET`, or "dataset", "model", "space". name: "user/name". revision: the branch of a repository.
    Everything it cannot do is an OSError of one line; network errors are retried first.
    """

    kind: str
    name: str
    revision: str | None = None

    def put(self, files: Mapping[str, Content], removed: Sequence[str] = ()) -> None:
        """Write files, name -> content or where it is, and remove those of others that are there.

        A repository gets one commit: all of it or nothing. A bucket gets contents first, then one request that gives
        them their names: each file is whole, but of many some may be there and others not when it fails.
        """
        self._tried(lambda: self._put(files, removed))

    def present(self, names: Sequence[str]) -> frozenset[str]:
        """Those of the files that are there."""
        return self._tried(lambda: self._present(names))

    def fetch_all(self, files: Mapping[str, Path]) -> None:
        """Bring files to this machine, name -> path. FileNotFoundError where one is not there."""
        self._tried(lambda: self._fetch_all(files))

    def make(self) -> None:
        """Make a bucket, private, unless there is one of the name."""
        self._tried(lambda: HfApi().create_bucket(self.name, private=True, exist_ok=True))

    def is_private(self) -> bool:
        """Whether only those whom its owner lets may read it."""
        if self.kind == BUCKET:
            return self._tried(lambda: bool(HfApi().bucket_info(self.name).private))
        return self._tried(lambda: bool(HfApi().repo_info(self.name, repo_type=self.kind).private))

    def _tried(self, action: Callable[[], T]) -> T:
        with errors_in_one_line():
            return retried(action, may_pass, DELAYS_S)

    def _put(self, files: Mapping[str, Content], removed: Sequence[str]) -> None:
        there = sorted(self._present(removed)) if removed else []  # as of now: an earlier try may have done it
        if not files and not there:
            return
        if self.kind == BUCKET:
            # Names and contents of one bucket: contents without names, of a try that failed, are nobody's.
            add: list[Any] = [(content, name) for name, content in files.items()]
            HfApi().batch_bucket_files(self.name, add=add, delete=there)
            return
        operations: list[Any] = [CommitOperationAdd(name, content) for name, content in files.items()]
        operations += [CommitOperationDelete(name) for name in there]
        HfApi().create_commit(
            self.name, operations, commit_message=_told(files, there), repo_type=self.kind, revision=self.revision
        )

    def _present(self, names: Sequence[str]) -> frozenset[str]:
        api, found = HfApi(), set[str]()
        for start in range(0, len(names), 1000):
            some = list(names[start : start + 1000])
            if self.kind == BUCKET:
                found.update(one.path for one in api.get_bucket_paths_info(self.name, some))
            else:
                told = api.get_paths_info(self.name, some, repo_type=self.kind, revision=self.revision)
                found.update(one.path for one in told)
        return frozenset(found)

    def _fetch_all(self, files: Mapping[str, Path]) -> None:
        if self.kind == BUCKET:
            HfApi().download_bucket_files(self.name, list(files.items()), raise_on_missing_files=True)
            return
        for name, path in files.items():
            with tempfile.TemporaryDirectory(prefix="colorgan-", dir=path.parent) as aside:
                got = hf_hub_download(self.name, name, repo_type=self.kind, revision=self.revision, local_dir=aside)
                Path(got).replace(path)


def _told(files: Mapping[str, Content], removed: Sequence[str]) -> str:
    """A commit's message."""
    return f"{len(files)} files" if files else f"{len(removed)} files removed"


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Whatever the client raises is an OSError of one line."""
    try:
        yield
    except LocalEntryNotFoundError as error:  # the client's word for a Hub that does not answer
        raise OSError(hub_reason(error)) from error
    except FileNotFoundError:
        raise
    except EntryNotFoundError as error:
        raise FileNotFoundError(hub_reason(error)) from error
    except HUB_ERRORS as error:
        raise OSError(hub_reason(error)) from error
    except RuntimeError as error:  # what Xet says, and the client of a large file
        raise OSError(hub_reason(error.__cause__ or error)) from error
