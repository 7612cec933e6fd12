"""The server's folder, for all that Gradio and the visits write: gone when the server stops, or but for kept visits."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

from colorgan.files import one_line
from colorgan.voting.database import home
from colorgan.web.session_files import SESSIONS

_LOCK = ".lock"  # of the server whose folder it is


def kept_folder() -> Path | None:
    """Where visits are kept on a machine of one's own; None, and why on stderr, where there can be no such folder."""
    try:
        return home() / "page"
    except OSError as error:
        _say(f"{one_line(error)}: photos are let go of when this page stops")
        return None


def temporary_workspace() -> Path:
    """A new folder for this process, removed when it ends."""
    folder = Path(tempfile.mkdtemp(prefix="colorgan-")).resolve()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return _gradios(folder)


def kept_workspace(folder: Path) -> Path | None:
    """A folder whose visits stay when the process ends; None, and why on stderr, where another server has it or it
    cannot be written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK)
        lock.acquire(blocking=False)
    except Timeout:
        _say("another colorgan page runs here: photos of this one are let go of when it stops")
        return None
    except OSError as error:
        _say(f"{one_line(error)}: photos are let go of when this page stops")
        return None
    folder = folder.resolve()
    _sweep(folder)
    atexit.register(lock.release)
    atexit.register(_sweep, folder)
    return _gradios(folder)


def _gradios(folder: Path) -> Path:
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    return folder


def _sweep(folder: Path) -> None:
    """Remove all but the visits; of these, `Visits.go_on` knows which are still to be kept."""
    for path in folder.iterdir():
        if path.name in (_LOCK, SESSIONS):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _say(line: str) -> None:
    sys.stderr.write(f"colorgan page: {line}\n")
