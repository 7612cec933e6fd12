"""An address or a path -> the folder there."""

from pathlib import Path

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from colorgan.addresses.hub_root import HUB, HubRoot, check_client
from colorgan.addresses.root import LocalRoot, Root, protocols
from colorgan.files import is_address, one_line


def opened(text: str) -> Root:
    """The folder at an address or a path, whether it is there or not.

    Raises:
        ValueError: nobody opens such an address, or not without another package; one line.
    """
    if not is_address(text):
        return LocalRoot(text, LocalFileSystem(), Path(text).resolve().as_posix())
    try:
        fs, path = url_to_fs(text)
    except (ValueError, ImportError, OSError) as error:
        raise ValueError(f"cannot open {text!r}: {one_line(error)}") from error
    if isinstance(fs, LocalFileSystem):
        return LocalRoot(path, fs, Path(path).resolve().as_posix())
    shown, path = text.rstrip("/") if not text.endswith("://") else text, path.rstrip("/")
    if HUB in protocols(fs):
        check_client(path)
        return HubRoot(shown, fs, path)
    return Root(shown, fs, path)
