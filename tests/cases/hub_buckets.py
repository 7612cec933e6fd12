"""Buckets of the stand-in for the Hub: contents come by Xet, through the client's own library, into stores on disk.

hf_xet takes `local://FOLDER` where the Hub names a content-addressed store over the network, and does all else as ever:
chunks, deduplication, hashes. A folder is locked by the process that writes there, so each client gets one of its own,
and what is read there is a copy.
"""

import contextlib
import shutil
import tempfile
import time
from pathlib import Path

import hf_xet

_INNER = Path("xet", "xorbs")  # where a local store keeps contents and their index
TOKEN_S = 60  # one that lasts no longer is asked for anew each time: what it opens is a copy of one moment


class XetStores:
    """What clients have sent, by Xet's hash."""

    def __init__(self) -> None:
        self._aside = tempfile.TemporaryDirectory(prefix="hub-xet-")
        self.folder = Path(self._aside.name)
        self.contents: dict[str, bytes] = {}
        self._session = hf_xet.XetSession()
        self._written: list[Path] = []
        self._count = 0

    def close(self) -> None:
        self._aside.cleanup()

    def to_write(self) -> str:
        """The address of a new store, for one client's upload."""
        self._written.append(self._new("written"))
        return _address(self._written[-1])

    def to_read(self) -> str:
        """The address of a store that has all contents."""
        copied = self._new("read")
        if (self.folder / "all").is_dir():
            shutil.copytree(self.folder / "all" / _INNER, copied / _INNER, copy_function=_copied)
        return _address(copied)

    def take(self, digests: set[str]) -> None:
        """Keep those of these contents that clients have sent."""
        for folder in self._written[::-1]:  # the newest has most of them
            missing = digests - self.contents.keys()
            if missing and (folder / _INNER).is_dir() and self._taken_from(folder, missing):
                self._written.remove(folder)  # it was one upload's

    def _taken_from(self, folder: Path, digests: set[str]) -> bool:
        copied = self._new("seen")
        shutil.copytree(folder / _INNER, copied / _INNER)
        for digest in digests:
            file = copied / digest
            with (
                contextlib.suppress(RuntimeError),
                self._session.new_file_download_group(**_access(copied)) as group,
            ):
                group.start_download_file(hf_xet.XetFileInfo(digest, None), str(file))
            if file.is_file() and (data := file.read_bytes()):  # of what it has not, a store gives nothing
                assert self.add(data) == digest, "not what its hash says"
        shutil.rmtree(copied)
        return bool(digests & self.contents.keys())

    def add(self, data: bytes) -> str:
        """A content that nobody sent -> its hash."""
        with self._session.new_upload_commit(**_access(self.folder / "all")) as commit:
            handle = commit.start_upload_bytes(data, sha256=hf_xet.SKIP_SHA256)
        digest = str(handle.result().xet_info.hash)
        self.contents[digest] = data
        return digest

    def _new(self, name: str) -> Path:
        self._count += 1
        return self.folder / f"{name}-{self._count}"


def _copied(source: str, target: str) -> None:
    """A copy; of what is never changed, another name for it."""
    if Path(source).suffix in (".redb", ".tagset"):
        shutil.copyfile(source, target)
    else:
        Path(target).hardlink_to(source)


def headers(address: str) -> dict[str, str]:
    """A token for a store, as the Hub answers."""
    return {
        "X-Xet-Cas-Url": address,
        "X-Xet-Access-Token": "xet",
        "X-Xet-Token-Expiration": str(int(time.time()) + TOKEN_S),
    }


def _address(folder: Path) -> str:
    return f"local://{folder}"


def _access(folder: Path) -> dict[str, object]:
    return {"endpoint": _address(folder), "token": "xet", "token_expiry_unix_secs": int(time.time()) + 3600}
