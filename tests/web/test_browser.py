"""The page in a real Chromium: what a person does with it, by mouse, by keyboard, on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases.browsing import CHOOSE, READY, chroma, opened, shown
from PIL import Image
from skimage import data


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three gray photos (one larger than what is shown at first), and a text."""
    folder = tmp_path_factory.mktemp("photos")
    for name, array in (("cat.jpg", data.chelsea()), ("cup.png", data.coffee()), ("astronaut.tif", data.astronaut())):
        Image.fromarray(array).convert("L").save(folder / name)
    Image.fromarray(data.coffee()).convert("L").resize((1920, 1280)).save(folder / "large.jpg")
    (folder / "notes.txt").write_text("not a photo")
    return folder


@pytest.fixture
def page(browser: Any, page_server: Any) -> Iterator[Any]:
    """The page on a desktop; nothing may be fetched from elsewhere, and nothing may fail in the console."""
    context, page, complaints = opened(browser, page_server.address)
    yield page
    assert complaints == []
    context.close()


def test_from_a_photo_to_its_download(page: Any, page_server: Any, photos: Path, tmp_path: Path) -> None:
    page.set_input_files(CHOOSE, photos / "large.jpg")
    page.wait_for_selector(".viewer .before")  # gray, before anything has come back
    page.wait_for_selector(READY)
    page.wait_for_selector(".viewer:not([data-settle])")
    assert shown(page).shape == shown(page, ".frame .before").shape == (1280, 1920, 3), "not at the photo's resolution"
    assert chroma(shown(page)) > 2 > chroma(shown(page, ".frame .before"))
    box = page.locator(".frame").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(1.5, rel=0.01)
    assert "plausible guess" in page.inner_text(".viewer")
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "large-colorized.jpg"
    download.value.save_as(tmp_path / "saved.jpg")
    with Image.open(tmp_path / "saved.jpg") as saved:
        assert saved.size == (1920, 1280) and "the colours are a guess" in saved.getexif()[305]


def test_vividness_and_variants_change_the_picture(page: Any, page_server: Any, photos: Path) -> None:
    page.set_input_files(CHOOSE, photos / "cat.jpg")
    page.wait_for_selector(READY)
    page.wait_for_selector(".viewer:not([data-unlooked])")  # which way up it is, the network is asked once
    runs, normal = page_server.network_runs(), chroma(shown(page))
    slider = page.locator("#vividness input[type=range]")
    for value, is_right in (("0", lambda c: c < 1), ("150", lambda c: c > 1.2 * normal)):
        before = page.locator(".after").get_attribute("src")
        slider.fill(value)
        page.wait_for_function("src => document.querySelector('.after').getAttribute('src') !== src", arg=before)
        page.wait_for_timeout(400)
        assert is_right(chroma(shown(page))), value
    picture = shown(page)
    page.wait_for_selector(".viewer:not([data-undrawn])")
    page.click(".choices li:nth-child(2) button")
    page.wait_for_selector(".choices li:nth-child(2) button[aria-pressed=true]")
    assert np.abs(shown(page) - picture).mean() > 1, "another variant looks the same"
    assert page.input_value("#vividness input[type=number]") == "150"
    former = page.locator(".after").get_attribute("data-src")
    page.click("#more")
    page.wait_for_function("src => document.querySelector('.after').dataset.src !== src", arg=former)
    assert page_server.network_runs() == runs, "the network ran again"


def test_what_is_chosen_comes_however_the_page_changed_meanwhile(page: Any, photos: Path) -> None:
    """Another photo is there by the time that somebody has found one in their folders."""
    with page.expect_file_chooser() as chooser:
        page.click(".drop")
    page.set_input_files(CHOOSE, photos / "cat.jpg")
    page.wait_for_selector(READY)
    chooser.value.set_files(photos / "cup.png")
    page.wait_for_function("() => document.querySelector('.viewer[data-ready] h2')?.innerText === 'cup.png'")


def test_a_bad_file_gets_one_sentence(page: Any, photos: Path) -> None:
    page.set_input_files(CHOOSE, photos / "notes.txt")
    sentence = page.wait_for_selector("[role=alert]").inner_text()
    assert "'notes.txt'" in sentence and "\n" not in sentence and "Traceback" not in sentence
    assert page.is_visible(".drop"), "the next step is not to be seen"


def test_several_photos_with_a_bad_one(page: Any, photos: Path, tmp_path: Path) -> None:
    hostile = {"name": "${document.title}<i>.txt", "mimeType": "text/plain", "buffer": b"x"}
    files = [{"name": name, "mimeType": "", "buffer": (photos / name).read_bytes()} for name in ("cat.jpg", "cup.png")]
    page.set_input_files(CHOOSE, [files[0], hostile, files[1], files[0]])
    page.wait_for_selector(".grid[data-ready]")
    assert page.inner_text(".grid h2") == "3 of 4 photos in colour, 1 could not be read"
    assert "${document.title}" in page.inner_text(".tile.failed")
    with page.expect_download() as download:
        page.click("#download-all")
    assert download.value.suggested_filename == "photos-colorized.zip"
    page.click("[aria-label='Open cup.png']")
    page.wait_for_selector(READY)
    assert page.inner_text(".viewer h2") == "cup.png"
    page.click("[data-event=overview]")
    page.click("[data-restart]")
    page.click("dialog [data-yes]")
    page.wait_for_selector(".drop")


def test_dropping_and_pasting(page: Any, photos: Path) -> None:
    bring = """([type, name, bytes]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], name));
      const event = type === 'drop'
        ? new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true })
        : new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true });
      document.body.dispatchEvent(event);
      return event.defaultPrevented;
    }"""
    assert page.evaluate(bring, ["drop", "cat.jpg", list((photos / "cat.jpg").read_bytes())])
    page.wait_for_selector(READY)
    assert page.evaluate(bring, ["paste", "cup.png", list((photos / "cup.png").read_bytes())])
    page.wait_for_selector(f"{READY}[data-several]")
    assert page.inner_text(".viewer h2") == "cup.png"


def test_by_keyboard_alone(page: Any) -> None:
    passed = 0  # the header's links come first
    while page.evaluate("document.activeElement.getAttribute('aria-label')") != "Choose photos":
        page.keyboard.press("Tab")
        passed += 1
        assert passed <= page.locator(".masthead a").count() + 1, "the way to the drop target is longer than the header"
    outline = "getComputedStyle(document.activeElement.closest('label')).outlineStyle"
    assert page.evaluate(outline) == "solid", "no focus ring"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the first example
    page.wait_for_selector(READY)
    page.focus(".divider")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("getComputedStyle(document.querySelector('.after')).clipPath") == "inset(0px 0px 0px 60%)"
    page.wait_for_selector(".viewer:not([data-undrawn])")
    for _ in range(20):  # past the tools
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.event + document.activeElement.dataset.index") == "pick1":
            break
    page.keyboard.press("Space")  # the second of the colorizations
    page.wait_for_selector(".choices li:nth-child(2) button[aria-pressed=true]")
    assert page.evaluate("document.activeElement.dataset.index") == "1", "the focus was lost"
    source = page.locator(".after").get_attribute("src")
    page.focus("#vividness input[type=range]")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("src => document.querySelector('.after').getAttribute('src') !== src", arg=source)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (320, "light")])
def test_on_a_phone(browser: Any, page_server: Any, photos: Path, width: int, scheme: str) -> None:
    context, page, complaints = opened(
        browser,
        page_server.address,
        viewport={"width": width, "height": 844},
        color_scheme=scheme,
        has_touch=True,
        is_mobile=True,
        reduced_motion="reduce",
    )
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    small = """[...document.querySelectorAll('#page :is(button, input:not([type=checkbox]), label.button)')]
      .filter(part => part.checkVisibility() && part.type !== 'file')
      .map(part => [part.outerHTML.slice(0, 80), part.getBoundingClientRect()])
      .filter(([, box]) => box.width && (box.height < 43.5 || box.width < 43.5)).map(([html]) => html)"""
    unnamed = "[...document.querySelectorAll('#page img')].filter(image => !image.hasAttribute('alt')).length"
    assert page.evaluate(overflow) == 0
    assert page.is_visible(".with-finger") and not page.is_visible(".with-mouse")
    page.set_input_files(CHOOSE, photos / "cat.jpg")
    page.wait_for_selector(READY)
    for state in (READY, ".grid[data-ready]"):
        page.wait_for_selector(state)
        assert page.evaluate(overflow) == 0, state
        assert page.evaluate(small) == [], state
        assert page.evaluate(unnamed) == 0, state
        page.set_input_files(CHOOSE, [photos / "cup.png", photos / "notes.txt"])
    ground = page.evaluate("getComputedStyle(document.querySelector('.tile img')).backgroundColor")
    assert len(set(re.findall(r"\d+", ground))) == 1, f"the ground is tinted: {ground}"
    assert complaints == []
    context.close()
