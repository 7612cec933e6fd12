"""What the tests of the page share: the bundled model, a running server, and a browser."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cases.postgres import database, postgres
from cases.voting import Clock

__all__ = ["database", "postgres"]  # fixtures that live elsewhere

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def models() -> Any:
    """The bundled model, as the pages hold it."""
    from colorgan import DEFAULT_WEIGHTS
    from colorgan.web.models import Models

    models = Models([DEFAULT_WEIGHTS])
    models.wait()
    return models


@dataclass(frozen=True)
class Page:
    """A server in a process of its own (Gradio leaves sockets to the garbage collector), counting network runs.

    study: what its vote page shows; the database is shared with the server.
    """

    address: str
    log: Path
    study: Any

    def network_runs(self) -> int:
        """How many photos went through the network until now."""
        return len(self.log.read_text()) if self.log.exists() else 0


@pytest.fixture(scope="session")
def page_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A running server with the bundled model, and a small study."""
    yield from _served(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="session")
def words(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a small untrained model that can be told colours."""
    from cases.words import untrained_words

    folder = tmp_path_factory.mktemp("words")
    untrained_words().save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="session")
def telling_server(tmp_path_factory: pytest.TempPathFactory, words: str) -> Iterator[Page]:
    """A running server with a model that can be told colours, and the bundled one beside it."""
    from colorgan import DEFAULT_WEIGHTS

    yield from _served(tmp_path_factory.mktemp("page"), words, str(Path(DEFAULT_WEIGHTS) / "twin"))


def _served(folder: Path, *models: str) -> Iterator[Page]:
    from cases.study import SECRET, small_pool

    from colorgan.voting import Store, Study
    from colorgan.voting.protocol import Plan

    store = Store.open(folder / "studies.sqlite3", power_safe=False)
    study = Study.create(store, small_pool(folder / "pairs", Plan(1, 2, 1), photos=6), SECRET)
    store.close()
    environment = {**os.environ, "TMPDIR": str(folder), "OMP_NUM_THREADS": "1"}
    page_process = Path(__file__).parent / "cases" / "page_process.py"
    arguments = [*(str(folder / name) for name in ("runs", "studies.sqlite3", "pairs")), *models]
    with subprocess.Popen(
        [sys.executable, str(page_process), *arguments], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found, line
        yield Page(found[0], folder / "runs", study)
        process.kill()  # a graceful end waits for open connections
    store.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A Chromium; the tests that need it are skipped where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands until a test moves it."""
    return Clock()


@pytest.fixture
def light(tmp_path: Path, clock: Clock) -> Iterator[Any]:
    """A store of votes in SQLite, without waiting for the disk: for what is not about the database."""
    from colorgan.voting import Store

    store = Store.open(tmp_path / "study.sqlite3", clock=clock, power_safe=False)
    yield store
    store.close()
