"""What the tests of the page share: the bundled model, a running server, and a browser."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from cases.ports import free_port
from cases.postgres import database, postgres
from cases.voting import Clock

__all__ = ["database", "postgres"]  # fixtures that live elsewhere

# Before anything imports torch, and for the processes of the tests too: threads of the suite's two processes that spin
# while they wait take each other's cores (a command of the documents: 79 s; with this 3).
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# Gradio takes the first free port from here on: two servers that start at once and both find the same one free cost
# the later five seconds, and a line on its stderr.
os.environ["GRADIO_SERVER_PORT"] = str(free_port())

# The same examples in each run, however slowly they are made on a busy machine: what fails has a cause in the change.
# Others are looked for by `--hypothesis-profile default`.
hypothesis.settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")

CHROMIUM = Path("/usr/bin/chromium")


LONGEST = (
    "archive/test_cluster.py",
    "training/test_training.py",
    "web/static/test_page.py",
    "training/test_processes.py",
    "experiments/test_results.py",
    "archive/test_hub.py",
    "test_installation.py",
    "web/test_web.py",
    "web/test_space.py",
    "training/test_words.py",
    "test_docs.py",
    "test_colorizer.py",
    "archive/test_archive.py",
    "evaluation/test_evaluation.py",
    "web/test_telling_browser.py",
    "web/test_film.py",
    "exporting/test_export.py",
    "web/static/test_steps.py",
    "web/static/test_parity.py",
    "web/static/test_telling.py",
    "networks/test_networks.py",
    "web/test_compare.py",
    "web/test_keeping.py",
    "web/test_proxy.py",
    "test_integrations.py",
    "cli/test_cli.py",
    "cli/test_films.py",
)
"""The files that take longest: a suite on several processes begins with them, as one that comes last keeps all waiting.

Of those that want the same export the first is far from the others: who comes while it is made waits as well."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: places.get(item.path, len(LONGEST)))


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home of the tests' own: neither the visits and studies of who runs them, nor a page that runs beside them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLORGAN_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def models() -> Any:
    """The bundled model, as the pages hold it."""
    from cases.page import loaded_models

    from colorgan import DEFAULT_WEIGHTS

    return loaded_models(DEFAULT_WEIGHTS)


@pytest.fixture(scope="session")
def page_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A running server with the bundled model, and a small study: a `cases.page.Page`."""
    from cases.page import page_running

    with page_running(tmp_path_factory.mktemp("page")) as page:
        yield page


@pytest.fixture(scope="session")
def words(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a small untrained model that can be told colours."""
    from cases.words import untrained_words

    folder = tmp_path_factory.mktemp("words")
    untrained_words().save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="session")
def exported(pytestconfig: pytest.Config) -> Path:
    """The folder of the bundled model as ONNX files; not to be written to."""
    from cases.exports import kept_export

    from colorgan import DEFAULT_WEIGHTS

    return kept_export(DEFAULT_WEIGHTS, pytestconfig.cache)


@pytest.fixture(scope="session")
def telling_server(tmp_path_factory: pytest.TempPathFactory, words: str) -> Iterator[Any]:
    """A running server with a model that can be told colours, and the bundled twin, which cannot, beside it."""
    from cases.page import page_running

    from colorgan import DEFAULT_WEIGHTS

    with page_running(tmp_path_factory.mktemp("page"), words, str(Path(DEFAULT_WEIGHTS) / "twin")) as page:
        yield page


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """An S3 server with buckets `photos` and `colour`, which every `s3://` of this process means -> its address."""
    from cases.archive import s3_running

    with s3_running() as address:
        yield address


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
