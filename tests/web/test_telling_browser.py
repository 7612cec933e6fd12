"""Saying what colour it was, in a real Chromium: by mouse, by finger and by keyboard, with a small untrained model."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases.browsing import CHOOSE, READY, Requests, opened, shown
from PIL import Image, ImageColor
from skimage import data

MARK, SWATCH = ".board .mark", ".palette .swatches:not(.small) .swatch"


@pytest.fixture(scope="module")
def cat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "cat.jpg"
    Image.fromarray(data.chelsea()).convert("L").save(path, quality=95)  # 451 x 300
    return path


@pytest.fixture(scope="module")
def visit(browser: Any, telling_server: Any) -> Iterator[tuple[Any, Requests]]:
    """One visitor for all tests that need no other: to load the page takes longer than most of what they do."""
    context, page, complaints = opened(browser, telling_server.address)
    yield page, complaints
    context.close()


@pytest.fixture
def page(visit: tuple[Any, Requests], cat: Path) -> Iterator[Any]:
    """The page with a photo in colour of which nothing was said yet; nothing may be fetched from elsewhere, or fail in
    the console."""
    page, complaints = visit
    page.mouse.move(1, 1)
    if page.locator("[data-restart]").count():
        start_over(page)
    page.set_input_files(CHOOSE, cat)
    page.wait_for_selector(READY)
    complaints.clear()  # pictures of the test before may have been asked for when they were gone
    yield page
    assert complaints == []


def start_over(page: Any) -> None:
    page.click("[data-restart]")
    page.click("dialog [data-yes]")
    page.wait_for_selector(".drop")


def at(page: Any, across: float, down: float) -> tuple[float, float]:
    """A place of the photo, as shares of its sides, on the screen."""
    box = page.locator(".board").bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def open_palette(page: Any, across: float, down: float) -> None:
    page.mouse.click(*at(page, across, down))
    page.wait_for_selector(SWATCH)


def say(page: Any, across: float, down: float, number: int = 3) -> None:
    """One hint by mouse: a swatch of the palette."""
    count = page.locator(MARK).count()
    open_palette(page, across, down)
    page.locator(SWATCH).nth(number).click()
    page.locator(MARK).nth(count).wait_for()


def source(page: Any) -> str:
    return str(page.locator(".after").get_attribute("src"))


def settled(page: Any) -> np.ndarray:
    """The picture that the server has made of all that was said."""
    page.wait_for_function("document.querySelector('.after').getAttribute('src').startsWith('gradio_api')")
    return shown(page)


def changed(before: np.ndarray, after: np.ndarray) -> float:
    return float(np.abs(before - after).mean())


def pixel(picture: np.ndarray, across: float, down: float) -> np.ndarray:
    """The mean colour of 9 x 9 pixels."""
    y, x = int(down * picture.shape[0]), int(across * picture.shape[1])
    return picture[y - 4 : y + 5, x - 4 : x + 5].mean((0, 1))


def test_click_palette_picture_follows_undo(page: Any) -> None:
    plain = settled(page)
    open_palette(page, 0.5, 0.5)  # where the handle of the line lies
    page.keyboard.press("Escape")
    open_palette(page, 0.7, 0.4)
    first = ImageColor.getrgb(page.locator(SWATCH).first.get_attribute("data-colour"))
    assert np.abs(pixel(plain, 0.7, 0.4) - first).max() < 16, "the first colour is not what the picture shows there"
    assert page.locator(SWATCH).count() >= 6
    assert page.locator(".palette .strength").get_attribute("aria-valuetext").endswith(" %")
    page.locator(SWATCH).nth(3).hover()
    page.wait_for_function("document.querySelector('.after').src.startsWith('data:')")
    followed = shown(page)
    page.mouse.move(*at(page, 0.02, 0.02))
    page.wait_for_function("!document.querySelector('.after').src.startsWith('data:')")
    assert changed(settled(page), plain) == 0, "the picture did not go back"
    page.locator(SWATCH).nth(3).click()
    page.wait_for_selector(MARK)
    told = settled(page)
    small = np.asarray(Image.fromarray(told.astype(np.uint8)).resize(followed.shape[1::-1], Image.Resampling.BOX))
    assert changed(told, plain) > 1 and changed(followed, small.astype(int)) < 3, "taken is not what was followed"
    page.keyboard.press("Control+z")
    page.wait_for_selector(MARK, state="detached")
    assert changed(settled(page), plain) == 0
    page.keyboard.press("Control+Shift+z")
    page.wait_for_selector(MARK)
    assert changed(settled(page), told) == 0
    assert page.is_disabled("[data-event=redo]") and not page.is_disabled("[data-event=undo]")


def test_the_mouse_drags_changes_keeps_and_removes(page: Any) -> None:
    say(page, 0.3, 0.3)
    told = settled(page)
    page.mouse.move(*at(page, 0.3, 0.3))
    page.mouse.down()
    page.mouse.move(*at(page, 0.5, 0.5))
    page.mouse.move(*at(page, 0.7, 0.7))
    page.mouse.up()
    page.wait_for_function("document.querySelector('.mark').getAttribute('aria-label').endsWith('lower right')")
    assert changed(settled(page), told) > 0.5, "the hint was moved, the picture was not"
    page.click(".said .chip")
    page.wait_for_selector(SWATCH)
    page.fill(".palette .hex", "#2060c0")
    page.click(".palette [data-take]")
    page.wait_for_function("document.querySelector('.chip').textContent.includes('blue')")
    page.mouse.click(*at(page, 0.7, 0.7))
    page.wait_for_selector(SWATCH)
    page.locator(SWATCH).first.click()
    page.wait_for_selector(".mark.kept")
    open_palette(page, 0.7, 0.7)
    page.click(".palette [data-remove]")
    page.wait_for_selector(MARK, state="detached")
    for _ in range(4):
        page.click("[data-event=undo]:not([disabled])")
    page.wait_for_function("document.querySelector('.mark')?.getAttribute('aria-label').endsWith('upper left')")


def test_strokes_lasso_and_brush(page: Any) -> None:
    def draw(*places: tuple[float, float]) -> None:
        page.mouse.move(*at(page, *places[0]))
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*at(page, *place), steps=5)
        page.mouse.up()

    draw((0.2, 0.2), (0.8, 0.2))
    page.wait_for_selector(SWATCH)
    page.locator(SWATCH).nth(2).click()
    page.wait_for_selector(".mark.stroke")
    points = page.locator("polyline.stroke").get_attribute("points").split()
    assert 5 <= len(points) <= 60 and "stroke of" in page.inner_text(".said")
    page.click("[data-tool=lasso]")
    corners = ((0.5, 0.5), (0.9, 0.5), (0.9, 0.9), (0.5, 0.9), (0.5, 0.52))
    draw(*corners)
    before = settled(page)
    assert page.locator("button[data-tool=point]").get_attribute("aria-pressed") == "true"
    say(page, 0.7, 0.7, 4)
    told, (height, width) = settled(page), before.shape[:2]
    moved = np.abs(told - before).mean(-1)
    inside = moved[int(0.55 * height) : int(0.85 * height), int(0.55 * width) : int(0.85 * width)].mean()
    assert inside > 2 > 0.5 > moved[: int(0.4 * height)].mean(), "the hint left its lasso"
    page.click("[data-tool=kept]")
    draw((0.1, 0.8), (0.3, 0.8))
    page.wait_for_selector(".mark.kept")


def test_by_finger(browser: Any, telling_server: Any, cat: Path) -> None:
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    context, page, complaints = opened(browser, telling_server.address, **options)
    page.set_input_files(CHOOSE, cat)
    page.wait_for_selector(READY)
    plain = settled(page)
    page.touchscreen.tap(*at(page, 0.3, 0.3))
    page.wait_for_selector(SWATCH)
    page.locator(SWATCH).nth(3).tap()
    page.wait_for_selector(MARK)
    first = settled(page)
    assert changed(first, plain) > 1 and page.is_visible(".palette"), "another colour cannot be tried"
    former = source(page)
    page.locator(SWATCH).nth(5).tap()
    page.wait_for_function("source => document.querySelector('.after').dataset.src !== source", arg=former)
    assert changed(settled(page), first) > 0.5 and page.locator(MARK).count() == 1
    page.tap(".palette [data-close]")
    small = """[...document.querySelectorAll('#page :is(button, input:not([type=checkbox]), label.button)')]
      .filter(part => part.checkVisibility() && part.type !== 'file')
      .map(part => [part.outerHTML.slice(0, 80), part.getBoundingClientRect()])
      .filter(([, box]) => box.width && (box.height < 43.5 || box.width < 43.5)).map(([html]) => html)"""
    assert page.evaluate(small) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.tap(".said .remove")
    page.wait_for_selector(MARK, state="detached")
    page.tap("[data-event=undo]")
    page.wait_for_selector(MARK)
    with_fingers(page)
    assert complaints == []
    context.close()


def with_fingers(page: Any) -> None:
    """A stroke by one finger, a closer look by two, and a mark dragged; the browser makes the events."""
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def along(*ways: tuple[tuple[float, float], tuple[float, float]]) -> None:
        """Each finger from one place of what is seen of the photo to another, in steps; the page stays under them."""
        page.locator(".board").scroll_into_view_if_needed()
        scrolled = page.evaluate("scrollY")
        frame = page.locator(".frame").bounding_box()
        ends = [[(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]) for x, y in way] for way in ways]
        fingers("touchStart", *[begin for begin, _ in ends])
        for step in range(1, 6):
            fingers("touchMove", *[tuple(a + (b - a) * step / 5 for a, b in zip(*one, strict=True)) for one in ends])
        fingers("touchEnd")
        assert page.evaluate("scrollY") == scrolled

    page.tap("button[data-tool=stroke]")
    along(((0.2, 0.2), (0.8, 0.3)))
    page.wait_for_timeout(1500)  # of a tap within a tenth of a second Chromium makes a pointerup, and no click
    page.locator(SWATCH).nth(4).tap()
    page.wait_for_selector(".mark.stroke")
    assert len(page.locator("polyline.stroke").get_attribute("points").split()) >= 5
    page.tap(".palette [data-close]")
    page.tap("button[data-tool=point]")
    marks = page.locator(MARK).count()
    along(((0.45, 0.5), (0.2, 0.5)), ((0.55, 0.5), (0.8, 0.5)))  # apart: closer
    assert float(page.text_content(".scale").rstrip("×")) == pytest.approx(6, rel=0.4)
    assert page.locator(MARK).count() == marks and not page.is_visible(".palette"), "two fingers said something"
    along(((0.5, 0.5), (0.45, 0.5)))  # one finger goes about in it
    along(((0.4, 0.5), (0.49, 0.5)), ((0.6, 0.5), (0.51, 0.5)))  # together: back
    assert page.text_content(".scale") == "1×"
    mark = page.locator(".mark.point").bounding_box()
    middle = mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2
    fingers("touchStart", middle)
    for step in range(1, 5):
        fingers("touchMove", (middle[0] + 15 * step, middle[1]))
    fingers("touchEnd")
    page.wait_for_function(
        "x => Math.abs(document.querySelector('.mark.point').getBoundingClientRect().x - x - 60) < 3", arg=mark["x"]
    )
    page.wait_for_function("document.querySelector('.after').getAttribute('src').startsWith('gradio_api')")


def test_by_keyboard_alone(page: Any) -> None:
    page.focus(".board")
    plain = settled(page)
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{SWATCH}:focus")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.after').src.startsWith('data:')")
    page.keyboard.press("Enter")
    page.wait_for_selector(MARK)
    label = page.locator(MARK).get_attribute("aria-label")
    assert label.startswith("Hint 1 of 1: ") and label.endswith(", middle")
    assert changed(settled(page), plain) > 1
    assert page.evaluate("document.activeElement.className") == "board", "the focus was lost"
    page.keyboard.press("Tab")
    for _ in range(14):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("document.querySelector('.mark').getAttribute('aria-label').endsWith('left')")
    assert page.evaluate("document.activeElement.className").startswith("mark"), "the focus was lost"
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{SWATCH}:focus")
    page.keyboard.press("Escape")
    page.wait_for_selector(".palette", state="hidden")
    page.keyboard.press("Delete")
    page.wait_for_selector(MARK, state="detached")
    page.focus("[data-tool=kept]")
    page.keyboard.press("Enter")
    page.focus(".board")
    for key in ("Enter", *["ArrowDown"] * 4, "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector(".mark.kept")
    page.keyboard.press("Control+z")
    page.wait_for_selector(MARK, state="detached")


def test_a_reload_keeps_all_and_nobody_else_sees_it(
    page: Any, visit: tuple[Any, Requests], browser: Any, telling_server: Any, cat: Path
) -> None:
    say(page, 0.7, 0.4)
    told = settled(page)
    other_context, other, complaints = opened(browser, telling_server.address)
    other.set_input_files(CHOOSE, cat)
    other.wait_for_selector(READY)
    assert other.locator(MARK).count() == 0 and changed(settled(other), told) > 1
    page.reload()
    page.wait_for_selector(MARK)
    assert changed(settled(page), told) == 0
    page.click("text=Compare")
    page.wait_for_selector(".drop")
    page.go_back()
    page.wait_for_selector(MARK)
    assert changed(settled(page), told) == 0
    page.keyboard.press("Control+z")
    page.wait_for_selector(MARK, state="detached")
    start_over(page)
    page.reload()
    page.wait_for_selector(".drop")
    page.wait_for_timeout(500)
    assert page.locator(READY).count() == 0
    assert complaints == []
    other_context.close()
    visit[1].clear()  # a request that is under way when a page is left ends with an error


def test_think_again_keeps_what_was_said(page: Any) -> None:
    say(page, 0.7, 0.4)
    label, calm = page.locator(MARK).get_attribute("aria-label"), settled(page)
    colour = pixel(calm, 0.7, 0.4)
    page.wait_for_selector(".viewer:not([data-undrawn])")
    assert page.locator(".choices li").count() == 5 and page.inner_text("#more") == "Think again"
    former = source(page)
    page.click("#more")
    page.wait_for_function("source => document.querySelector('.after').dataset.src !== source", arg=former)
    drawn = settled(page)
    assert changed(drawn, calm) > 1 and page.locator(MARK).get_attribute("aria-label") == label
    assert page.input_value("#daring input[type=number]") == "100"
    assert np.abs(pixel(drawn, 0.7, 0.4) - colour).max() < 24, "what was said does not hold in the drawing"
    former = source(page)
    page.click(".choices li:nth-child(4) button")
    page.wait_for_selector(".choices li:nth-child(4) button[aria-pressed=true]")
    assert changed(settled(page), drawn) > 1
    page.locator("#daring input[type=range]").fill("0")
    page.wait_for_selector(".choices li:first-child button[aria-pressed=true]")
    assert changed(settled(page), calm) == 0
    page.click("[data-unsure]")
    page.wait_for_function("getComputedStyle(document.querySelector('.shade')).maskImage.startsWith('url(')")
    assert page.is_visible(".shade")


def test_the_download_brings_the_hints_which_can_be_dropped_again(page: Any, tmp_path: Path) -> None:
    say(page, 0.7, 0.4)
    say(page, 0.2, 0.6)
    told = settled(page)
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "cat-colorized.zip"
    download.value.save_as(tmp_path / "saved.zip")
    with zipfile.ZipFile(tmp_path / "saved.zip") as archive:
        assert sorted(archive.namelist()) == ["cat-colorized.jpg", "cat.hints.json"]
        archive.extractall(tmp_path)
    assert len(json.loads((tmp_path / "cat.hints.json").read_text())["hints"]) == 2
    with Image.open(tmp_path / "cat-colorized.jpg") as saved:
        assert changed(np.asarray(saved).astype(int), told) < 1.5
    for number in (1, 0):
        page.click(".said .remove")
        page.wait_for_function("number => document.querySelectorAll('.mark').length === number", arg=number)
    page.set_input_files(CHOOSE, tmp_path / "cat.hints.json")
    page.locator(MARK).nth(1).wait_for()
    assert changed(settled(page), told) == 0
    (tmp_path / "odd.hints.json").write_text('{"format": "colorgan hints", "version": 9}')
    page.set_input_files(CHOOSE, tmp_path / "odd.hints.json")
    sentence = page.wait_for_selector("[role=alert]").inner_text()
    assert "'odd.hints.json'" in sentence and "version 1" in sentence and page.locator(MARK).count() == 2


def test_another_model_is_said_and_hints_are_kept(page: Any) -> None:
    say(page, 0.7, 0.4)
    told = settled(page)
    for row, words in ((1, "cannot be told colours"), (0, "with all that you said")):
        page.click("#model input")
        page.locator("#model [role=option]").nth(row).click()
        page.wait_for_function("words => document.querySelector('#stage').innerText.includes(words)", arg=words)
        assert page.locator(".board").count() == 1 - row
    assert changed(settled(page), told) == 0 and page.locator(MARK).count() == 1


def test_a_closer_look_the_divider_and_vividness_go_on_working(page: Any) -> None:
    frame = page.locator(".frame").bounding_box()
    spot = frame["x"] + frame["width"] * 0.6, frame["y"] + frame["height"] * 0.4
    page.click("[data-zoom=in]")
    page.click("[data-zoom=in]")
    page.mouse.move(*spot)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -50)
    page.keyboard.up("Control")
    page.mouse.wheel(40, 30)
    page.wait_for_function("parseFloat(document.querySelector('.scale').textContent) > 2.5")
    page.mouse.click(*spot)
    page.wait_for_selector(SWATCH)
    page.locator(SWATCH).nth(3).click()
    page.wait_for_selector(MARK)
    mark = page.locator(MARK).bounding_box()
    assert mark["x"] + mark["width"] / 2 == pytest.approx(spot[0], abs=1.5)
    assert mark["y"] + mark["height"] / 2 == pytest.approx(spot[1], abs=1.5)
    assert mark["width"] == pytest.approx(32, abs=1), "marks grow with the photo"
    page.mouse.move(*spot)
    page.mouse.down()
    page.mouse.move(spot[0] + 30, spot[1] + 20, steps=3)
    page.mouse.up()
    page.wait_for_function(
        "x => Math.abs(document.querySelector('.mark').getBoundingClientRect().x - x) > 25", arg=mark["x"]
    )
    moved = page.locator(MARK).bounding_box()
    assert (moved["x"] - mark["x"], moved["y"] - mark["y"]) == pytest.approx((30, 20), abs=1.5)
    page.click("[data-zoom=whole]")
    told = settled(page)
    page.mouse.dblclick(*at(page, 0.9, 0.9))
    assert page.input_value(".divider") == "100", "a double click does not compare"
    page.mouse.dblclick(*at(page, 0.9, 0.9))
    assert page.input_value(".divider") == "0"
    former = source(page)
    page.locator("#vividness input[type=range]").fill("0")
    page.wait_for_function("source => document.querySelector('.after').dataset.src !== source", arg=former)
    page.wait_for_function("document.querySelector('.after').getAttribute('src').startsWith('gradio_api')")
    assert np.ptp(settled(page), axis=-1).mean() < 1 < np.ptp(told, axis=-1).mean() and page.locator(MARK).count() == 1
