"""A static site on the bundled model, made once for all tests of this folder."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cases.browsing import SLOW_MS
from cases.static_site import Visit, bundled_site, served


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """The folder of the site: made by the first process that wants it, for all that run these tests."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    with (root / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = root / "static"
        return made / "site" if (made / "site").is_dir() else bundled_site(made, pytestconfig.cache)


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where it is served, isolated as a Space serves it."""
    with served(site) as address:
        yield address


@pytest.fixture(scope="session")
def modules(browser: Any, address: str) -> Iterator[Any]:
    """A page of the site's origin in which its modules can be imported and called."""
    page = browser.new_page()
    page.set_default_timeout(SLOW_MS)
    page.goto(f"{address}blank.html")
    yield page
    page.close()


@pytest.fixture(scope="session")
def visit(browser: Any, address: str) -> Iterator[Visit]:
    """A visitor on a desktop. One for all tests: to begin, a browser compiles 14 MB."""
    visit = Visit(browser, address)
    yield visit
    visit.context.close()


@pytest.fixture
def page(visit: Visit) -> Iterator[Any]:
    """The visitor's page, without photos; afterwards nothing may have failed in its console."""
    visit.start_over()
    yield visit.page
    assert visit.complaints == []
