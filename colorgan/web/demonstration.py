"""The built-in study beside the page: rendered once in the background, kept from then on, its votes copied if asked."""

import atexit
import os
import shutil
import sys
import tempfile
import threading
from typing import TYPE_CHECKING

from colorgan.files import one_line
from colorgan.web.models import Models
from colorgan.web.study.studies import Studies

if TYPE_CHECKING:
    from colorgan.voting.backup import VoteBackup
    from colorgan.voting.store import Store

_END_S = 20.0  # a photo takes a few at the most


class _ClosingError(Exception):
    """The page ends while the study is being prepared."""


class Demonstration:
    """What a page needs to show the built-in study: `studies` to serve, and `prepare` to call when models are loaded.

    `COLORGAN_VOTES` names a place that keeps the votes, `COLORGAN_DATABASE` a database. Whatever
    goes wrong here is said on stderr; the page goes on without the study.
    """

    def __init__(self) -> None:
        self.studies = Studies(preparing=True)
        self._store: Store | None = None
        self._backup: VoteBackup | None = None
        self._closing, self._idle = threading.Event(), threading.Event()
        self._idle.set()

    def prepare(self, models: Models) -> None:
        """Open the studies, or render them with the first model; they are served from then on."""
        self._idle.clear()
        try:
            self._prepare(models)
        except _ClosingError:
            pass
        except Exception as error:  # the page has other things to show
            _say(f"no built-in study: {one_line(error)}")
        finally:
            self.studies.preparing = False
            self._idle.set()

    def close(self) -> None:
        """No more work, a last copy of the votes, and the database closed."""
        self._closing.set()
        self._idle.wait(_END_S)  # Python must not end while torch works
        if self._backup is not None:
            self._backup.stop()
        if self._store is not None:
            self._store.close()

    def _check(self) -> None:
        if self._closing.is_set():
            raise _ClosingError

    def _prepare(self, models: Models) -> None:
        # Here, because the page need not wait for a database, and the studies' photos for torch.
        from colorgan.voting.backup import open_backup
        from colorgan.voting.builtin import builtin_studies
        from colorgan.voting.store import Store

        model = models.get()
        _writable_home()
        self._store = store = Store.open()
        backup = open_backup(store)
        for study in builtin_studies(store, model.study_name, model.colorizer, check=self._check):
            self.studies.add(study)
            if backup is not None:
                backup.watch(study)
        if backup is not None:
            self._backup = backup
            backup.start()


def _writable_home() -> None:
    """Where the folder for state cannot be written, a temporary one takes its place until the program ends."""
    from colorgan.voting.database import home

    try:
        folder = home()
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        aside = tempfile.mkdtemp(prefix="colorgan-home-")
        atexit.register(shutil.rmtree, aside, ignore_errors=True)
        os.environ["COLORGAN_HOME"] = aside
        _say(f"{one_line(error)}; votes are kept in {aside!r}, until the program ends")


def _say(line: str) -> None:
    sys.stderr.write(f"colorgan study: {line}\n")
    sys.stderr.flush()
