"""An evening's work in a real Chromium: nothing is lost, photos are turned, cut, leafed through and taken home."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases.browsing import CHOOSE, READY, chroma, opened, shown
from PIL import Image
from skimage import data

GRID = ".grid[data-ready]"


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two gray photos and one in colour, small, and a file of two pages."""
    folder = tmp_path_factory.mktemp("photos")
    cat, cup = (Image.fromarray(one()).resize((300, 200)) for one in (data.chelsea, data.coffee))
    pages = [cat.convert("L"), cup.convert("L").resize((150, 200))]
    cat.convert("L").save(folder / "cat.png")
    cup.save(folder / "cup.png")
    pages[0].save(folder / "pages.tif", save_all=True, append_images=pages[1:])
    return [folder / name for name in ("cat.png", "cup.png", "pages.tif")]


@pytest.fixture
def visit(browser: Any, telling_server: Any) -> Iterator[tuple[Any, Any]]:
    context, page, complaints = opened(browser, telling_server.address)
    yield context, page
    assert complaints == []
    context.close()


def heading(page: Any) -> str:
    return str(page.inner_text(".viewer h2"))


def is_shown(page: Any, name: str) -> None:
    page.wait_for_function("name => document.querySelector('.viewer[data-ready] h2')?.textContent === name", arg=name)


def test_nothing_is_lost(visit: tuple[Any, Any], telling_server: Any, photos: list[Path]) -> None:
    context, page = visit
    page.set_input_files(CHOOSE, photos[0])
    page.wait_for_selector(READY)
    assert page.title() == "cat.png · Colorize · colorgan"
    box = page.locator("#vividness input[type=number]")
    source = page.locator(".after").get_attribute("data-src")
    box.click()
    for key in ("End", *["Backspace"] * 3, "8", "0"):
        page.keyboard.press(key)
    assert box.input_value() == "80" and page.locator(".after").get_attribute("data-src") == source
    page.keyboard.press("Enter")
    page.wait_for_function("source => document.querySelector('.after').dataset.src !== source", arg=source)
    box.fill("300")
    box.blur()
    page.wait_for_function("document.querySelector('#vividness input[type=number]').value === '150'")
    page.wait_for_selector("#vividness input[aria-valuetext='150 %']")
    page.wait_for_timeout(500)
    page.close()
    page = context.new_page()  # a closed tab
    page.goto(telling_server.address)
    page.click("[data-resume]")
    is_shown(page, "cat.png")
    page.wait_for_function("document.querySelector('#vividness input[type=number]').value === '150'")
    page.click("[data-restart]")
    page.click("dialog [data-no]")
    assert heading(page) == "cat.png"
    page.click("[data-restart]")
    page.click("dialog [data-yes]")
    page.wait_for_selector(".drop")
    page.reload()
    page.click("[data-resume]")
    is_shown(page, "cat.png")
    stranger = context.browser.new_context()
    other = stranger.new_page()
    other.goto(telling_server.address)
    other.wait_for_selector(".drop")
    other.wait_for_timeout(300)
    assert not other.is_visible("[data-resume]"), "somebody else is offered the photos"
    stranger.close()


def test_leafing_turning_cutting_and_another_page(visit: tuple[Any, Any], photos: list[Path]) -> None:
    _, page = visit
    page.set_input_files(CHOOSE, photos)
    page.wait_for_selector(GRID)
    page.set_viewport_size({"width": 700, "height": 400})
    page.locator("[aria-label='Open pages.tif']").scroll_into_view_if_needed()
    at = page.evaluate("scrollY")
    page.click("[aria-label='Open pages.tif']")
    is_shown(page, "pages.tif")
    page.select_option("select[data-change=page]", "1")
    page.wait_for_function("document.querySelector('.board')?.dataset.width === '150'")
    page.keyboard.press("Escape")
    page.wait_for_selector(GRID)
    page.wait_for_function("at => Math.abs(scrollY - at) < 5", arg=at)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Open pages.tif"
    page.keyboard.press("Enter")
    is_shown(page, "pages.tif")
    page.keyboard.press("ArrowRight")
    is_shown(page, "cat.png")
    page.click("[data-what=turn][data-value='1']")
    page.wait_for_function("document.querySelector('.board')?.dataset.width === '200'")
    page.click("[data-crop=open]")
    page.keyboard.press("ArrowRight")  # the upper left corner, from 5 % to 6 %
    page.click("[data-crop=take]")
    page.wait_for_function("document.querySelector('.board')?.dataset.width === '178'")
    page.click("[data-what=uncut]")
    page.wait_for_function("document.querySelector('.board')?.dataset.height === '300'")
    page.click(".tools [data-what=remove]")
    is_shown(page, "cup.png")
    page.click("[data-what=bring_back]")
    is_shown(page, "cat.png")


def test_side_by_side_own_colours_and_formats(visit: tuple[Any, Any], photos: list[Path], tmp_path: Path) -> None:
    _, page = visit
    page.set_input_files(CHOOSE, photos[1])
    page.wait_for_selector(READY)
    page.wait_for_selector(".viewer:not([data-undrawn])")
    page.click("[data-what=beside]")
    page.wait_for_selector("[data-beside]")
    before = shown(page, ".held img")
    page.click(".choices li:nth-child(3) button")
    page.wait_for_selector(".choices li:nth-child(3) button[aria-pressed=true]")
    assert np.array_equal(shown(page, ".held img"), before) and np.abs(shown(page) - before).mean() > 0.5
    sizes = [page.locator(f".frame{one}").bounding_box() for one in (".held", ":not(.held)")]
    assert sizes[0]["width"] == sizes[1]["width"] and sizes[0]["x"] < sizes[1]["x"]
    page.click("#format input")
    page.click("[role=option]:has-text('WebP')")
    page.check("#before-too input")
    page.uncheck("#with-hints input") if page.is_visible("#with-hints input") else None
    with page.expect_download() as download:
        page.click("#download")
    name = download.value.suggested_filename
    assert name in ("cup-before-and-after-drawing-2.webp", "cup-before-and-after-drawing-2.zip"), name
    page.click("[data-what=beside]")
    page.click(".question [data-value*=left]")
    page.wait_for_selector("text=left as it is")
    own = np.asarray(Image.open(photos[1])).astype(float)
    assert np.abs(shown(page) - own).mean() < 4
    page.click(".question [data-value*=anew]")
    page.wait_for_selector("text=left as it is", state="detached")
    assert chroma(shown(page)) >= 0
