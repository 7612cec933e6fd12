"""The pages below a path, behind a real nginx as docs/page.md sets it up, and in the frame of another site."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cases.browsing import SLOW_MS, gradio_leaves
from cases.page import page_running
from cases.proxy import framing, nginx, nginx_program
from cases.study import SECRET, serving, small_pool
from PIL import Image
from skimage import data

from colorgan.voting.protocol import Plan
from colorgan.voting.store import Store
from colorgan.voting.study import Study
from colorgan.web.navigation import APP_PAGES
from colorgan.web.templating import ASSETS, render

DOCS = Path(__file__).parents[2] / "docs"
ABOVE = re.compile(r"""(?:href|src|action)=["']?(?:/|https?:)""")
READY = ".viewer[data-ready]"


def location(address: str) -> str:
    """The block of docs/page.md, for a server that listens elsewhere."""
    [block] = re.findall(r"```nginx\n(.*?)```", (DOCS / "page.md").read_text(), re.DOTALL)
    assert "http://127.0.0.1:7860/;" in block
    return str(block.replace("http://127.0.0.1:7860/;", f"{address.rstrip('/')}/;"))


@pytest.fixture
def studies(tmp_path: Path) -> Iterator[list[Study]]:
    store = Store.open(tmp_path / "study.sqlite3", power_safe=False)
    pools = [
        small_pool(tmp_path / "pairs", Plan(1, 2, 1), photos=12, exposure_ms=150),
        small_pool(tmp_path / "quick", Plan(1, 2, 1), quick=True, photos=13),
    ]
    yield [Study.create(store, pool, SECRET) for pool in pools]
    store.close()


@pytest.fixture(scope="module")
def below_a_path(tmp_path_factory: pytest.TempPathFactory, words: str) -> Iterator[str]:
    """The whole page behind nginx -> its address, below /colorgan/."""
    nginx_program()
    folder = tmp_path_factory.mktemp("below")
    with (
        page_running(folder, words, GRADIO_ROOT_PATH="/colorgan") as page,
        nginx(folder / "nginx", location(page.address)) as at,
    ):
        yield f"{at}/colorgan/"


class Tab:
    """A browser's tab; all that it asks for is below an address (or of the site around a frame), and is there."""

    def __init__(self, browser: Any, below: str, around: str = "about:") -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.page = self.context.new_page()
        self.page.set_default_timeout(SLOW_MS)
        self.complaints: list[str] = []
        own = (below, around, "blob:", "data:")
        self.page.on("request", lambda asked: asked.url.startswith(own) or self.complaints.append(asked.url))
        self.page.on("response", lambda got: got.status < 400 or self.complaints.append(f"{got.status} {got.url}"))
        self.page.on("pageerror", lambda error: gradio_leaves(error) or self.complaints.append(str(error)))

    def __enter__(self) -> "Tab":
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert self.complaints == []


def shown(frame: Any, screen: str) -> None:
    frame.wait_for_selector(f"[data-screen='{screen}']:not([hidden])")


def vote_and_come_back(tab: Tab, frame: Any) -> None:
    """Consent, an answer, the page anew: the browser has kept the number."""
    frame.click("text=I agree")
    frame.wait_for_selector("#choice button")
    frame.click("#choice button")
    frame.click("#next")
    frame.evaluate("location.reload()")
    shown(frame, "resume")


def test_no_page_holds_an_address_of_the_hosts_root(studies: list[Study]) -> None:
    with serving(studies) as address:
        for path in ("/vote", "/quick", "/results"):
            html = httpx.get(address + path).text
            assert html.count("href=") > 4 and not ABOVE.search(html), path
    header = render("app_header.html", current=APP_PAGES[0][0], links=APP_PAGES)
    assert header.count("href=") == len(APP_PAGES) and not ABOVE.search(header)


def test_no_script_or_style_does() -> None:
    for file in (*ASSETS.glob("*.js"), *ASSETS.glob("*.css")):
        for called in re.findall(r"""(?:fetch|request|url|from|import)\s*\(?\s*([`'"][^`'"]*)""", file.read_text()):
            assert not called[1:].startswith(("/", "http")), (file.name, called)


def test_voting_below_a_path(browser: Any, studies: list[Study], tmp_path: Path) -> None:
    with serving(studies) as server, nginx(tmp_path / "nginx", location(server)) as at, Tab(browser, at) as tab:
        page = tab.page
        page.goto(f"{at}/colorgan/")
        assert page.url == f"{at}/colorgan/vote"
        vote_and_come_back(tab, page)
        [cookie] = tab.context.cookies()
        assert (cookie["path"], cookie["sameSite"], cookie["httpOnly"]) == ("/colorgan/study/", "Strict", True)
        page.goto(f"{at}/colorgan/vote?study=nothing")
        page.click(".masthead a:has-text('Results')")
        page.wait_for_url(f"{at}/colorgan/results")
        page.click("text=Try it")
        page.wait_for_url(f"{at}/colorgan/quick?study=quick")
        page.click("text=I agree")
        page.wait_for_selector("#choice button")
        assert len(tab.context.cookies()) == 1, "one person, for all studies"
        assert page.evaluate("[...document.styleSheets].every(sheet => sheet.cssRules.length > 0)")
        tab.complaints = [one for one in tab.complaints if one != f"404 {at}/colorgan/vote?study=nothing"]


def test_everything_below_a_path(browser: Any, below_a_path: str, tmp_path: Path) -> None:
    photo = tmp_path / "cup.png"
    Image.fromarray(data.coffee()).convert("L").save(photo)
    with Tab(browser, below_a_path) as tab:
        page = tab.page
        page.goto(below_a_path)
        page.set_input_files("#stage input[type=file]", photo)
        page.wait_for_selector(READY)
        with page.expect_download() as download:
            page.click("#download")
        assert download.value.suggested_filename == "cup-colorized.png"
        for name, path in (("Compare", "compare"), ("Real or fake?", "vote"), ("Results", "results"), ("Colorize", "")):
            page.click(f".masthead a:has-text('{name}')")
            page.wait_for_url(below_a_path + path)
        page.goto(below_a_path + "compare")
        page.set_input_files("#stage input[type=file]", photo)
        page.wait_for_function("document.querySelectorAll('#stage figure img').length > 2")
        page.goto(below_a_path + "vote")
        vote_and_come_back(tab, page)


def test_in_the_frame_of_another_site(browser: Any, studies: list[Study]) -> None:
    with serving(studies) as server, framing(f"{server}/vote") as around, Tab(browser, server, around) as tab:
        tab.page.goto(around)
        [frame] = tab.page.main_frame.child_frames
        vote_and_come_back(tab, frame)
        [cookie] = tab.context.cookies()
        assert (cookie["secure"], cookie["sameSite"]) == (True, "None")
        assert cookie["partitionKey"] == "http://localhost"
        alone = tab.context.new_page()
        alone.goto(f"{server}/vote")  # the number of the frame is not known to whoever is not in it
        shown(alone, "consent")


def test_everything_in_a_frame_below_a_path(browser: Any, below_a_path: str, tmp_path: Path) -> None:
    photo = tmp_path / "cup.png"
    Image.fromarray(data.coffee()).convert("L").save(photo)
    with framing(below_a_path) as around, Tab(browser, below_a_path, around) as tab:
        tab.page.goto(around)
        [frame] = tab.page.main_frame.child_frames
        frame.wait_for_selector(".drop")
        frame.set_input_files("#stage input[type=file]", photo)
        frame.wait_for_selector(READY)
        frame.click(".masthead a:has-text('Real or fake?')")
        vote_and_come_back(tab, frame)
