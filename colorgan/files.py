"""Files and folders that appear whole or not at all, their hashes, and an exception in one line; what to install.

What is written goes under another name first, beside its own: `.HEX.part`, short, since a name may be as long as the
system allows. It is flushed to the disk, then renamed: a reader never sees half of it, also after a power cut.
"""

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

DRAFTS = ".*.part"  # what a killed process leaves: a pattern for `glob`


def write_whole(
    path: Path, content: str | bytes | Iterable[bytes | memoryview], *, mode: int = 0o666, replace: bool = True
) -> None:
    """Write a file, in place of one that has its name. A link keeps pointing to what it pointed to.

    Args:
        path: in a folder that exists.
        content: text is written as UTF-8, pieces one after the other as they come.
        mode: permissions from the file's first moment on, less the umask.
        replace: False keeps a file that is there already, also one that another process writes at the same time.

    Raises:
        OSError: it cannot be written; nothing is left, and what was there before stays. So it is after any error of
            the pieces.
    """
    with (
        file_whole(path, replace=replace) as draft,
        open(draft, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file,
    ):
        whole = content.encode() if isinstance(content, str) else content
        file.writelines([whole] if isinstance(whole, bytes) else whole)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def file_whole(path: Path, *, replace: bool = True) -> Iterator[Path]:
    """A name to write a file under, bit by bit; afterwards it is flushed and gets its own. An error removes it.

    Args, errors and links as of `write_whole`.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise OSError(f"{path.name!r} exists and is not a file")
    draft = _draft_of(target)
    try:
        yield draft
        _flush(draft)
        if replace:
            draft.replace(target)
        else:
            with contextlib.suppress(FileExistsError):
                os.link(draft, target)
    finally:
        with contextlib.suppress(OSError):  # gone when all went well; never there when its folder is not
            draft.unlink()


@contextlib.contextmanager
def folder_whole(folder: Path, *, replace: bool = False) -> Iterator[Path]:
    """A draft folder to fill; afterwards it is flushed and gets its name, with its parents made. An error removes it.

    Args:
        folder: the name to be.
        replace: whether it takes the place of a folder that has the name; otherwise only of an empty one.

    Raises:
        OSError: the folder is there and not empty, or cannot be written.
    """
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    draft = _draft_of(folder.absolute())
    draft.mkdir()
    try:
        yield draft
        for path in (*draft.rglob("*"), draft):
            _flush(path)
        if replace and folder.exists():
            old = _draft_of(folder.absolute())
            folder.replace(old)
            draft.replace(folder)
            shutil.rmtree(old)
        else:
            os.rename(draft, folder)  # noqa: PTH104  (Path.rename says the same)
        _flush(folder.absolute().parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


@contextlib.contextmanager
def gone_if_it_fails(folder: Path) -> Iterator[None]:
    """An error inside takes a folder along that was not there before, and the parents that were made for it."""
    made = [one for one in (folder.absolute(), *folder.absolute().parents) if not one.exists()]
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for number, one in enumerate(made):
                shutil.rmtree(one) if number == 0 else one.rmdir()
        raise


def remove_folder(folder: Path) -> None:
    """Delete a folder that readers may look for: renamed first, so that nobody finds it half deleted."""
    gone = _draft_of(folder)
    folder.replace(gone)
    shutil.rmtree(gone)


def remove_drafts(folder: Path) -> None:
    """Clear away what a killed process left half written in a folder."""
    for draft in folder.glob(DRAFTS):
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)


def is_address(text: str) -> bool:
    """Whether a text is an address, such as s3://photos/1950, and not a path of this machine."""
    return "://" in text


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_sha1(path: Path) -> str:
    """The SHA-1 that git names a file's content by, in hexadecimal."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def one_line(error: BaseException, *, name_class: bool = False) -> str:
    """An exception in one line, for the end of a message.

    The system's own words and the file for an OSError that has them; otherwise the first line of its text, or, where
    that only announces what follows (torch's "Error(s) in loading state_dict for X:"), the last one; its class where
    it says nothing. Errors of a database are told in the database's words, which do not quote the statement.

    name_class: put the class before the text unless it is a ValueError or an OSError, whose texts are for people.
    """
    error = getattr(error, "orig", None) or error
    if isinstance(error, OSError) and error.strerror:
        return error.strerror + (f": {str(error.filename)!r}" if error.filename is not None else "")
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    text = lines[-1] if lines[0].endswith(":") else lines[0]
    if not text:
        return type(error).__name__
    return f"{type(error).__name__}: {text}" if name_class and not isinstance(error, ValueError | OSError) else text


def to_install(what: str, error: ModuleNotFoundError, extra: str) -> str | None:
    """A line that says which extra brings what is missing; None where a module of colorgan's own is."""
    if (error.name or "colorgan").partition(".")[0] == "colorgan":
        return None
    return f"{what} needs {error.name}: pip install 'colorgan[{extra}]'"


@contextlib.contextmanager
def naming_extra(what: str, extra: str) -> Iterator[None]:
    """A package that an import inside lacks is told with the extra that brings it: ModuleNotFoundError, one line."""
    try:
        yield
    except ModuleNotFoundError as error:
        if line := to_install(what, error, extra):
            raise ModuleNotFoundError(line, name=error.name) from None
        raise


def _draft_of(path: Path) -> Path:
    return path.with_name(f".{secrets.token_hex(8)}.part")


def _flush(path: Path) -> None:
    if os.name != "posix":
        return  # Windows opens no folders, and flushes no file that is open to be read
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
