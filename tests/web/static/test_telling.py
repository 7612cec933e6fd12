"""How photos come to the static site, and what is said of them by mouse, in a real Chromium."""

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases.browsing import chroma
from cases.static_site import READY, changed, picture
from PIL import Image
from skimage import data

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.hints import read_hints

Turn = Image.Transpose
SWATCH = ".palette .swatches:not(.small) .swatch"
# A file as another window hands it over: an event with a `DataTransfer`.
HANDED = """([kind, selector, name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type: 'image/png' }));
  const how = { bubbles: true, cancelable: true, dataTransfer: carried, clipboardData: carried };
  const event = kind === 'paste' ? new ClipboardEvent(kind, how) : new DragEvent(kind, how);
  return document.querySelector(selector).dispatchEvent(event);
}"""

# Whether the photo has a mark at a place, in percent of its sides.
MARKED = """(place) => {
  const mark = document.querySelector('.viewer[data-ready] .mark');
  return mark && [mark.style.left, mark.style.top].every((at, axis) => Math.abs(parseFloat(at) - place[axis]) < 1);
}"""


@pytest.fixture(scope="module")
def cat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "cat.png"
    Image.fromarray(data.chelsea()).convert("L").save(path)  # 451 x 300
    return path


@pytest.fixture
def ready(page: Any, cat: Path) -> Any:
    page.set_input_files("#stage .drop input[type=file]", cat)
    page.wait_for_selector(READY)
    return page


def hand(page: Any, kind: str, selector: str, path: Path) -> bool:
    """-> whether the browser would go on to do what it does with such a file: leave the page for it."""
    content = base64.b64encode(path.read_bytes()).decode()
    return bool(page.evaluate(HANDED, [kind, selector, path.name, content]))


def at(page: Any, across: float, down: float) -> tuple[float, float]:
    """A place of the photo, as shares of its sides, on the screen."""
    box = page.locator(".board").bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def draw(page: Any, *places: tuple[float, float]) -> None:
    page.mouse.move(*at(page, *places[0]))
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*at(page, *place), steps=5)
    page.mouse.up()


@pytest.mark.parametrize(("kind", "selector"), [("drop", ".drop"), ("drop", "#controls"), ("paste", "body")])
def test_a_photo_is_dropped_anywhere_or_pasted(page: Any, cat: Path, kind: str, selector: str) -> None:
    if kind == "drop":
        assert not hand(page, "dragover", selector, cat)
    assert not hand(page, kind, selector, cat)
    page.wait_for_selector(READY)
    assert chroma(picture(page)) > 2 and page.inner_text(".viewer .name") == "cat.png"


def test_what_is_chosen_comes_however_the_page_changed_meanwhile(page: Any, cat: Path, tmp_path: Path) -> None:
    """Another photo is there by the time that somebody has found one in their folders."""
    with page.expect_file_chooser() as chooser:
        page.click(".drop")
    hand(page, "paste", "body", cat)
    page.wait_for_selector(READY)
    Image.open(cat).transpose(Turn.ROTATE_90).save(tmp_path / "other.png")
    chooser.value.set_files(tmp_path / "other.png")
    page.wait_for_selector(".grid[data-ready]")
    assert page.locator(".tile .file").all_inner_texts() == ["cat.png", "other.png"]


def test_a_stroke(ready: Any) -> None:
    plain = picture(ready)
    draw(ready, (0.2, 0.2), (0.8, 0.2))
    ready.wait_for_selector(SWATCH)
    changed(ready, lambda: ready.locator(SWATCH).nth(3).click())
    ready.wait_for_selector(".mark.stroke")
    points = ready.locator("polyline.stroke").get_attribute("points").split()
    assert 5 <= len(points) <= 60 and "stroke of" in ready.inner_text(".said")
    height, width = plain.shape[:2]
    along = np.abs(picture(ready) - plain)[int(0.2 * height), int(0.25 * width) : int(0.75 * width)]
    assert along.mean() > 2, "it changed nothing where it was drawn"


def test_a_lasso_keeps_a_hint_inside(ready: Any) -> None:
    before = picture(ready)
    ready.click("[data-tool=lasso]")
    draw(ready, (0.55, 0.55), (0.9, 0.55), (0.9, 0.9), (0.55, 0.9), (0.55, 0.57))
    assert ready.get_attribute("button[data-tool=point]", "aria-pressed") == "true", "it was not closed"
    ready.mouse.click(*at(ready, 0.7, 0.7))
    ready.wait_for_selector(SWATCH)
    changed(ready, lambda: ready.locator(SWATCH).nth(4).click())
    ready.wait_for_selector(".mark")
    ready.wait_for_function(
        "() => document.querySelector('.after').src === document.querySelector('.after').dataset.src"
    )
    moved, (height, width) = np.abs(picture(ready) - before).mean(-1), before.shape[:2]
    inside = moved[int(0.6 * height) : int(0.85 * height), int(0.6 * width) : int(0.85 * width)].mean()
    assert inside > 2 > 0.5 > moved[: int(0.45 * height)].mean(), "the hint left its lasso"


def test_what_is_kept_stays_when_another_hint_is_given(ready: Any) -> None:
    """ "Keep this": a place as it is, by its swatch and by its brush."""
    ready.mouse.click(*at(ready, 0.25, 0.3))
    ready.wait_for_selector(SWATCH)
    ready.locator(SWATCH).first.click()
    ready.wait_for_selector(".mark.kept")
    assert "kept" in ready.inner_text(".said")
    ready.click("[data-tool=kept]")
    draw(ready, (0.1, 0.8), (0.3, 0.8))
    ready.wait_for_function("() => document.querySelectorAll('.mark.kept').length === 2")
    ready.click("[data-event=undo]:not([disabled])")
    ready.wait_for_function("() => document.querySelectorAll('.mark.kept').length === 1")


@pytest.mark.parametrize(
    ("clicks", "turned"), [(("1",), Turn.ROTATE_270), (("3",), Turn.ROTATE_90), (("1", "1"), Turn.ROTATE_180)]
)
def test_a_photo_is_turned_with_what_was_said_of_it(
    ready: Any, cat: Path, tmp_path: Path, clicks: tuple[str, ...], turned: Turn
) -> None:
    ready.mouse.click(*at(ready, 0.25, 0.3))
    ready.wait_for_selector(SWATCH)
    ready.locator(SWATCH).nth(3).click()
    ready.wait_for_selector(".mark")
    where = mark_at(ready)
    for value in clicks:
        ready.click(f"[data-what=turn][data-value='{value}']")
        across, down = where
        where = (1 - down, across) if value == "1" else (down, 1 - across)
        ready.wait_for_function(MARKED, arg=[100 * share for share in where])
    with ready.expect_download() as download:
        ready.click("#download")
    download.value.save_as(tmp_path / "home.zip")
    with zipfile.ZipFile(tmp_path / "home.zip") as archive:
        home = Image.open(io.BytesIO(archive.read("cat-colorized.png")))
        (tmp_path / "cat.hints.json").write_bytes(archive.read("cat.hints.json"))
    Image.open(cat).transpose(turned).save(tmp_path / "cat.png")
    hints = read_hints(tmp_path / "cat.hints.json").hints
    wanted = Colorizer.from_pretrained(DEFAULT_WEIGHTS).colorize(tmp_path / "cat.png", hints=hints)
    assert home.size == wanted.size
    assert np.abs(np.asarray(home).astype(int) - np.asarray(wanted)).mean() < 1


def mark_at(page: Any) -> tuple[float, float]:
    """Where the one mark is, as shares of the photo's sides."""
    left, top = page.locator(".mark").evaluate("({ style }) => [parseFloat(style.left), parseFloat(style.top)]")
    return left / 100, top / 100
