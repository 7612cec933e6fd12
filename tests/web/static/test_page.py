"""The static site in a real Chromium: what a person does with it, and what it must never do."""

import re
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from cases.browsing import SLOW_MS, chroma, opened
from cases.static_site import READY, Visit, changed, picture, served
from PIL import Image
from skimage import data

ADD = "#stage .drop input[type=file], #stage .actions input[type=file]"


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for name, array in (("cat.png", data.chelsea()), ("cup.jpg", data.coffee()), ("astronaut.png", data.astronaut())):
        Image.fromarray(array).convert("L").save(folder / name)
    (folder / "notes.jpg").write_text("not a photo")
    whole = (folder / "cup.jpg").read_bytes()
    (folder / "damaged.png").write_bytes((folder / "cat.png").read_bytes()[:4000])
    (folder / "cut.jpg").write_bytes(whole[:300])
    return folder


def bring(page: Any, *paths: Path) -> None:
    page.set_input_files(ADD, list(paths))


def ready(page: Any, photo: Path) -> Any:
    bring(page, photo)
    page.wait_for_selector(READY)
    return page


# One photo


def test_gray_first_then_colour_then_home(page: Any, photos: Path, tmp_path: Path) -> None:
    bring(page, photos / "cup.jpg")
    page.wait_for_selector(".viewer .before[src]")
    page.wait_for_selector(READY)
    assert chroma(picture(page)) > 2 > chroma(picture(page, ".frame .before"))
    box = page.locator(".frame").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(1.5, rel=0.01)
    assert "plausible guess" in page.inner_text(".viewer")
    assert re.fullmatch(r"Computed here: WebAssembly, \d+ threads?", page.inner_text(".backend"))
    assert page.title() == "cup.jpg · Colorize · colorgan"
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "cup-colorized.jpg"


def slide(page: Any, name: str, value: int) -> None:
    """Drag a slider to a value, as far as the page can tell."""
    moved = """(slider, value) => {
      slider.value = value;
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    }"""
    changed(page, lambda: page.locator(f"#{name} input").evaluate(moved, value))


def test_vividness_reacts_while_it_is_dragged(page: Any, photos: Path) -> None:
    ready(page, photos / "cat.png")
    normal = chroma(picture(page))
    for value, is_right in ((0, lambda c: c < 1), (150, lambda c: c > 1.2 * normal)):
        slide(page, "vividness", value)
        assert is_right(chroma(picture(page)))
        assert page.inner_text("#vividness output") == f"{value} %"


def test_drawings_differ_and_the_dial_leads_there(page: Any, photos: Path) -> None:
    ready(page, photos / "astronaut.png")
    calm = picture(page)
    page.wait_for_selector(".choices button:nth-child(1):not([disabled])")
    page.wait_for_selector(".choices li:nth-child(5) button:not([disabled])")
    tiles = page.locator(".choices img").evaluate_all("images => images.map((image) => image.src)")
    assert len(set(tiles)) == 5
    changed(page, lambda: page.click(".choices li:nth-child(3) button"))
    assert page.inner_text("#daring output") == "100 %"
    drawn = picture(page)
    assert np.abs(drawn - calm).mean() > 3
    slide(page, "daring", 0)
    assert np.abs(picture(page) - calm).mean() < 1
    changed(page, lambda: page.click("#more"))
    page.wait_for_selector(".choices li:nth-child(3) [aria-pressed=true]")


def test_a_hint_by_mouse(page: Any, photos: Path, tmp_path: Path) -> None:
    """Click, hover, take, undo, redo; and the hints come home with the picture, and make it again."""
    ready(page, photos / "cup.jpg")
    plain = picture(page)
    box = page.locator(".board").bounding_box()
    spot = (box["x"] + box["width"] * 0.78, box["y"] + box["height"] * 0.6)
    page.mouse.click(*spot)
    page.wait_for_selector(".palette .swatch")
    assert page.locator(".palette .swatches:first-of-type .swatch").count() >= 6
    changed(page, lambda: page.locator(".palette .swatch").nth(4).hover())
    page.fill(".palette .hex", "#a01818")
    page.click(".palette [data-take]")
    page.wait_for_selector(".said li")
    page.wait_for_function(
        "() => document.querySelector('.after').src === document.querySelector('.after').dataset.src"
    )
    red = picture(page)
    across, down = int(0.78 * red.shape[1]), int(0.6 * red.shape[0])
    here = slice(down - 4, down + 4), slice(across - 4, across + 4)
    there = red[here].mean((0, 1)) - plain[here].mean((0, 1))
    assert there[0] - there[1] > 20, "it did not turn red"
    assert "red" in page.inner_text(".said")
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "cup-colorized.zip"
    download.value.save_as(tmp_path / "cup.zip")
    changed(page, lambda: page.click("[data-event=undo]"))
    assert np.abs(picture(page) - plain).mean() < 1 and not page.locator(".said li").count()
    changed(page, lambda: page.keyboard.press("Control+Shift+Z"))
    assert np.abs(picture(page) - red).mean() < 1
    from zipfile import ZipFile

    with ZipFile(tmp_path / "cup.zip") as archive:
        assert sorted(archive.namelist()) == ["cup-colorized.jpg", "cup.hints.json"]
        archive.extract("cup.hints.json", tmp_path)
    from colorgan.hints import read_hints

    [hint] = read_hints(tmp_path / "cup.hints.json").hints
    assert hint.colour == "#a01818"
    changed(page, lambda: page.click(".said .remove"))
    changed(page, lambda: bring(page, tmp_path / "cup.hints.json"))
    assert np.abs(picture(page) - red).mean() < 1


def test_by_keyboard_alone(page: Any, photos: Path) -> None:
    ready(page, photos / "cat.png")
    page.locator(".board").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector(".palette .swatch:focus")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector(".board .mark")
    page.locator(".board .mark").focus()
    changed(page, lambda: page.keyboard.press("Delete"))
    assert not page.locator(".board .mark").count()
    page.locator(".divider").focus()
    page.keyboard.press("ArrowLeft")
    assert page.get_attribute(".divider", "aria-valuetext").endswith("% black and white")
    reached = set()
    page.evaluate("() => document.activeElement.blur()")
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("() => document.activeElement.id || document.activeElement.className"))
    assert {"download", "more", "vividness-range", "daring-range"} <= reached


# Several photos


def test_several_with_one_that_cannot_be_read(page: Any, photos: Path, tmp_path: Path) -> None:
    bring(page, *(photos / name for name in ("cat.png", "notes.jpg", "cup.jpg", "damaged.png", "cut.jpg")))
    page.wait_for_selector(".grid[data-ready]")
    assert page.inner_text(".grid .name") == "2 of 5 photos in colour, 3 could not be read"
    failures = page.locator(".tile.failed").all_inner_texts()
    assert any("no picture that can be read here" in one for one in failures)
    assert all("damaged" in one or "no picture" in one for one in failures)
    page.click(".tile button[data-event=show][data-index='2']")
    page.wait_for_selector(f"{READY} .after[src]")
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.click("#download-all")
    download.value.save_as(tmp_path / "all.zip")
    from zipfile import ZipFile

    with ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["cat-colorized.png", "cup-colorized.jpg"] and archive.testzip() is None
    page.click(".tile.failed >> nth=0 >> .remove")
    assert page.inner_text(".grid .name") == "2 of 4 photos in colour, 2 could not be read"
    page.click("[data-restart]")
    page.click("[data-yes]")
    page.wait_for_selector(".drop")


def test_the_first_photo_has_its_colours_in_the_grid_too(page: Any, photos: Path) -> None:
    ready(page, photos / "cup.jpg")
    bring(page, photos / "cat.png")
    page.wait_for_selector(".grid[data-ready]")
    for index in range(2):
        assert chroma(picture(page, f".tile:nth-child({index + 1}) img")) > 2


@pytest.mark.parametrize(
    ("kind", "words"), [("TIFF", "a TIFF or a camera's raw file"), ("HEIF", "a HEIC"), ("JPEG2000", "a JPEG 2000")]
)
def test_what_a_browser_does_not_read_is_refused_by_its_name(page: Any, tmp_path: Path, kind: str, words: str) -> None:
    import pillow_heif

    path, cat = tmp_path / "scan.jpg", Image.fromarray(data.chelsea())  # whatever its name says
    with path.open("wb") as file:
        if kind == "HEIF":
            pillow_heif.from_pillow(cat).save(file)
        else:
            cat.save(file, kind)
    bring(page, path)
    page.wait_for_selector(".tile.failed")
    wanted = f"It is {words}, which this browser does not read. This page takes JPEG, PNG, WebP, AVIF, GIF and BMP."
    assert wanted in page.inner_text(".tile.failed")


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has so many pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def test_a_huge_photo_is_refused_before_it_is_decoded(page: Any, tmp_path: Path) -> None:
    (tmp_path / "huge.png").write_bytes(bomb(40_000, 40_000))
    bring(page, tmp_path / "huge.png")
    page.wait_for_selector(".tile.failed")
    assert "40000 x 40000 pixels, more than the 120 megapixels" in page.inner_text(".tile.failed")


# What it must never do, and where it must work


def test_it_works_without_a_network_after_the_first_visit(browser: Any, site: Path, photos: Path) -> None:
    with served(site, {}) as address:
        context, page, complaints = opened(browser, address)
        page.evaluate("() => navigator.serviceWorker.ready")
        page.wait_for_function("() => document.querySelector('.backend').textContent.startsWith('Computed')")
        assert "1 thread" in page.inner_text(".backend"), "not isolated: it has no more"
        page.wait_for_function(
            """async () => {
              const kept = await (await caches.open((await caches.keys())[0])).keys();
              return kept.some((one) => one.url.endsWith('/model.onnx'));
            }"""
        )
    context.set_offline(True)
    page.reload()
    page.wait_for_selector(".drop")
    ready(page, photos / "cat.png")
    assert chroma(picture(page)) > 2
    assert page.evaluate("() => crossOriginIsolated"), "the service worker isolates it from the second visit on"
    assert [one for one in complaints if "ERR_" not in one] == []
    context.close()


def test_all_requests_stay_with_the_site(page: Any, visit: Visit, address: str, photos: Path) -> None:
    """All that this visit asked for until now, its workers' requests among them; and what it left in the browser."""
    ready(page, photos / "cup.jpg")
    with page.expect_download():
        page.click("#download")
    assert len(visit.asked) > 20 and {method for method, _ in visit.asked} == {"GET"}
    assert not [url for _, url in visit.asked if not url.startswith((address, "blob:", "data:"))]
    stored = page.evaluate(
        """async () => [localStorage.length, sessionStorage.length, document.cookie,
          (await indexedDB.databases()).length, (await caches.keys()).length]"""
    )
    assert stored == [0, 0, "", 0, 1]


def test_its_policy_is_strict(page: Any, visit: Visit) -> None:
    """No script or style of somebody else's would run, and none of its own breaks the rule."""
    policy = page.get_attribute("meta[http-equiv=Content-Security-Policy]", "content")
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    broken = "<img src=x onerror=window.broken=1>"
    page.evaluate("(broken) => document.body.insertAdjacentHTML('beforeend', broken)", broken)
    page.wait_for_timeout(300)
    assert page.evaluate("() => window.broken") is None
    assert any("Content Security Policy" in one for one in visit.complaints)
    visit.complaints.clear()


def test_it_installs_as_an_app(page: Any, address: str) -> None:
    manifest = page.request.get(f"{address}manifest.webmanifest").json()
    assert manifest["start_url"] == "./" and manifest["display"] == "standalone" and manifest["icons"]


def test_on_a_phone(browser: Any, address: str, photos: Path) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    context, page, complaints = opened(browser, address, **phone)
    ready(page, photos / "cup.jpg")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, select, summary, .button')]
          .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 43.5)
          .map((one) => one.textContent.trim())"""
    )
    assert small == []
    box = page.locator(".board").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".palette .swatch")
    assert page.locator(".palette").bounding_box()["width"] == 390
    assert complaints == []
    context.close()


def test_memory_stays_after_twenty_photos(browser: Any, page: Any, tmp_path: Path) -> None:
    """Of a photo that is not open a thumbnail and its colours stay, under 2 MB; its pixels would be 12."""
    coffee = Image.fromarray(data.coffee()).convert("L").resize((2000, 1500))
    coffee.save(tmp_path / "0.jpg", quality=80)
    names = [tmp_path / f"{number}.jpg" for number in range(34)]
    for name in names[1:]:
        name.write_bytes(names[0].read_bytes())
    session, own = browser.new_browser_cdp_session(), page.context.new_cdp_session(page)

    def used() -> float:
        """MB of all pages' processes, without what only waits to be collected: when that happens is Chromium's own."""
        own.send("HeapProfiler.collectGarbage")
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
        pages = [psutil.Process(one["id"]) for one in processes if one["type"] == "renderer"]
        return sum(process.memory_info().rss for process in pages) / 2**20

    after = []
    for first, last in ((0, 4), (4, 34)):
        bring(page, *names[first:last])
        all_done = f"() => document.querySelector('.grid .name').textContent.startsWith('{last} of {last}')"
        page.wait_for_function(all_done, timeout=10 * SLOW_MS)
        after.append(min(used() for _ in range(5)))
    assert after[1] - after[0] < 120, after  # 360, if pixels stayed


def test_a_photo_of_the_grid_is_opened_in_gray_and_colour(page: Any, photos: Path) -> None:
    bring(page, photos / "cat.png", photos / "cup.jpg")
    page.wait_for_selector(".grid[data-ready]")
    for index, size in enumerate(((451, 300), (600, 400))):
        page.click(f".tile button[data-event=show][data-index='{index}']")
        page.wait_for_selector(f"{READY} .after[src]")
        gray, colour = picture(page, ".frame .before"), picture(page)
        assert gray.shape[1::-1] == size and chroma(gray) < 1 < 2 < chroma(colour)
        page.keyboard.press("Escape")
        page.wait_for_selector(".grid")


def test_twenty_four_megapixels_come_home_whole(page: Any, tmp_path: Path) -> None:
    """Wider than a canvas may be in some browsers, and read and written in strips."""
    cup = Image.fromarray(data.coffee()).convert("L")
    cup.resize((10000, 2400)).save(tmp_path / "wide.jpg", quality=80)
    ready(page, tmp_path / "wide.jpg")
    with page.expect_download() as download:
        page.click("#download")
    download.value.save_as(tmp_path / "home.jpg")
    with Image.open(tmp_path / "home.jpg") as home:
        assert home.size == (10000, 2400) and home.format == "JPEG"
        small = home.resize((500, 120))
    lightness = np.asarray(small.convert("L")).astype(int) - np.asarray(cup.resize((500, 120)))
    assert np.abs(lightness).mean() < 3, "a strip is not in its place"
    assert min(chroma(np.asarray(small)[:, left : left + 125].astype(int)) for left in range(0, 500, 125)) > 2
