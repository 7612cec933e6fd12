"""The page's server in a process of its own (Gradio leaves sockets to the garbage collector), for its tests."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases.study import SECRET, small_pool

from colorgan.voting import Store, Study
from colorgan.voting.protocol import Plan


@dataclass(frozen=True)
class Page:
    """A running server, counting network runs.

    study: what its vote page shows; the database is shared with the server. folder: where all its files are.
    """

    address: str
    log: Path
    study: Any
    folder: Path
    process: int

    def later(self, seconds: float) -> None:
        """For visits it is so much later than for the world."""
        (self.folder / "later").write_text(str(seconds))

    def pace(self, seconds: float) -> None:
        """Each frame of a film takes at least so long: what happens meanwhile need not race it."""
        (self.folder / "pace").write_text(str(seconds))

    @property
    def errors(self) -> str:
        """What the server said on stderr until now."""
        return (self.folder / "errors").read_text()

    def network_runs(self) -> int:
        """How many photos went through the network until now."""
        return len(self.log.read_text()) if self.log.exists() else 0


def loaded_models(*sources: str) -> Any:
    """Models as the pages hold them, once they are there."""
    from colorgan.web.models import Models

    models = Models(sources)
    models.wait()
    return models


@contextlib.contextmanager
def page_running(folder: Path, *models: str, **environment: str) -> Iterator[Page]:
    """Models (the bundled one without any) and a small study, served while the block lasts, with these variables in its
    environment."""
    folder.mkdir(exist_ok=True)
    store = Store.open(folder / "studies.sqlite3", power_safe=False)
    study = Study.create(store, small_pool(folder / "pairs", Plan(1, 2, 1), photos=6), SECRET)
    store.close()
    settings = {**os.environ, "TMPDIR": str(folder), "OMP_NUM_THREADS": "1", **environment}
    arguments = [str(folder / name) for name in ("runs", "studies.sqlite3", "pairs")] + list(models)
    command = [sys.executable, str(Path(__file__).parent / "page_process.py"), *arguments]
    with (
        (folder / "errors").open("w") as errors,
        subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"http://(127\.0\.0\.1|localhost):\d+/", line)
        assert found, line
        try:
            yield Page(found[0], folder / "runs", study, folder, process.pid)
        finally:
            process.kill()  # a graceful end waits for open connections
    store.close()
