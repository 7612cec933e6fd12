"""Where votes are kept off the server's disk: a private data set on the Hub, or a folder at an address or a path."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import RepositoryNotFoundError
from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

from colorgan.addresses import HubRoot, Root, opened
from colorgan.files import is_address, one_line
from colorgan.hub.fetching import HUB_ERRORS, hub_reason
from colorgan.hub.sending import Content, check_token, send

_DATA_SET = "hf://datasets/"


class Depository(Protocol):
    """A place for files that are never changed, but for those that tell of a study."""

    @property
    def name(self) -> str:
        """As it was given."""

    def bring(self, folder: str, aside: Path) -> None:
        """Copy all files of a folder in it into `aside`, by their names; none where there is nothing yet.

        Raises:
            ValueError: it does not give them; one line.
        """

    def take(self, files: Mapping[str, Content], message: str, *, last: str) -> None:
        """Keep files, name -> content or where it is; those named `last` not before all others are there.

        Raises:
            ValueError: it does not take them; one line. Some may be there.
        """


def depository(given: str, token: str | None = None) -> Depository:
    """The place that is meant.

    Args:
        given: "user/dataset" on the Hub; an address that fsspec opens, hf://buckets/user/votes for one; or the absolute
            path of a folder. A data set or bucket is made, private, if it is not there.
        token: for a data set; None for HF_TOKEN or the login, which all else goes by.

    Raises:
        ValueError: it is none of these; one line.
    """
    name = given.removeprefix(_DATA_SET)
    if re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        return _DataSet(name, token)
    if is_address(given) or Path(given).is_absolute():
        return _Folder(given, opened(given))
    raise ValueError(f"votes are kept in 'user/dataset', at an address or in /a/folder, got {given!r}")


@dataclass(frozen=True)
class _DataSet:
    name: str
    token: str | None

    def bring(self, folder: str, aside: Path) -> None:
        check_token(self.token)
        try:
            revision = HfApi(token=self.token).dataset_info(self.name).sha
            with _no_bars():
                snapshot_download(
                    self.name,
                    repo_type="dataset",
                    revision=revision,
                    local_dir=aside,
                    allow_patterns=f"{folder}/*",
                    token=self.token,
                )
        except RepositoryNotFoundError:
            pass  # or it may not be seen: then sending fails, and says so
        except HUB_ERRORS as error:
            reason = hub_reason(error, self.token)
            raise ValueError(f"cannot read the votes in {self.name!r}: {reason}") from error

    def take(self, files: Mapping[str, Content], message: str, *, last: str) -> None:
        send(files, self.name, message, private=True, token=self.token, repo_type="dataset")  # in one commit


@dataclass(frozen=True)
class _Folder:
    name: str
    root: Root

    def bring(self, folder: str, aside: Path) -> None:
        try:
            for below in self.root.everything(folder):
                (aside / below).parent.mkdir(parents=True, exist_ok=True)
                with _no_bars():
                    self.root.fetch(below, aside / below)
        except OSError as error:
            raise ValueError(f"cannot read the votes in {self.name!r}: {one_line(error)}") from error

    def take(self, files: Mapping[str, Content], message: str, *, last: str) -> None:
        closing = {name: content for name, content in files.items() if name.rpartition("/")[2] == last}
        try:
            if isinstance(self.root, HubRoot):
                self.root.make_private()
            with _no_bars():
                self.root.put({name: content for name, content in files.items() if name not in closing})
                self.root.put(closing)
        except OSError as error:
            raise ValueError(f"cannot keep votes in {self.name!r}: {one_line(error)}") from error


@contextlib.contextmanager
def _no_bars() -> Iterator[None]:
    if are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()
