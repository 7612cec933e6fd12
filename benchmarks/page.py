"""From the pointer to the picture, on the page, by the browser's own clock; how near the preview is to the download;
and what fifty hints cost.

    python benchmarks/page.py [--model M]    # two minutes; writes results/page.json and its part of docs/performance.md

Times: a photo of 12 megapixels, shown at page size in a headless Chromium without a graphics card, beside the server on
the same machine. A time begins with the pointer's or slider's event and ends with the frame after the picture was
decoded. Colours of a palette are fetched while nobody asks for one; those of the slider never are.

Preview: photos of 12 megapixels with four hints, one of them in a lasso, at a vividness of 80 % and the dial at 40 %;
the download at the preview's size against the preview, as the pointer brings it.

Fifty hints: what the process holds more (resident set) once a second photo of 12 megapixels was opened, fifty hints
were said of it, each looked at before with its palette, and drawings were made five times.
"""

import argparse
import gc
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import skimage.data
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from sections import put_section
from skimage.color import deltaE_ciede2000, rgb2lab

from colorgan import DEFAULT_WEIGHTS, Hint
from colorgan.machine import give_back_memory, machine
from colorgan.web.edits import Edit
from colorgan.web.history import MarkKind
from colorgan.web.items import ColouredPhoto
from colorgan.web.models import Models
from colorgan.web.session import PageSession
from colorgan.web.taking import FileWish, save

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "page.json"
TABLE = ROOT / "docs" / "performance.md"
SECTION = "page: written by benchmarks/page.py"
CHROMIUM = "/usr/bin/chromium"
SIZE = (4000, 3000)
PHOTOS = ("astronaut", "coffee", "chelsea", "rocket", "camera")  # scikit-image's, brought to that size
PLACES = ((0.3, 0.8), (0.1, 0.5), (0.8, 0.2), (0.5, 0.3), (0.55, 0.6))  # shares of the photo's sides
WAIT_MS = 300  # on each colour, about as long as a person looks
WATCH = """() => {
  window.times = [];
  let begun = null;
  for (const kind of ['pointerover', 'input']) {
    document.addEventListener(kind, (event) => {
      if (event.target.closest('.swatch, .hue')) begun = performance.now();
    }, true);
  }
  const seen = async () => {
    const image = document.querySelector('.after'), since = begun;
    if (since === null || !image.src.startsWith('data:')) return;
    begun = null;
    await image.decode().catch(() => {});
    requestAnimationFrame(() => window.times.push(performance.now() - since));
  };
  new MutationObserver(seen).observe(document.querySelector('.after'), { attributes: true, attributeFilter: ['src'] });
}"""
CLICK = """() => {
  window.clicked = new Promise((done) => {
    document.addEventListener('pointerup', () => done(performance.now()), { once: true, capture: true });
  });
}"""


def taken(page: Page) -> list[float]:
    """The times since the last call, in ms."""
    times: list[float] = page.evaluate("window.times.splice(0)")
    return times


def measure(page: Page, address: str, photo: Path) -> dict[str, Any]:
    """All times, in ms."""
    page.goto(address)
    page.wait_for_selector(".drop")
    page.set_input_files("#stage .drop input[type=file]", photo)
    page.wait_for_selector(".viewer[data-ready]:not([data-settle]):not([data-undrawn])", timeout=60_000)
    page.evaluate(WATCH)
    board, opening, swatches, slider = page.locator(".board").bounding_box(), [], [], []
    assert board
    for across, down in PLACES:
        page.evaluate(CLICK)
        page.mouse.click(board["x"] + across * board["width"], board["y"] + down * board["height"])
        page.wait_for_selector(".palette .swatch")
        opening.append(page.evaluate("window.clicked.then(since => performance.now() - since)"))
        for swatch in page.locator(".palette .swatches:not(.small) .swatch").all()[1:]:
            swatch.hover()
            page.wait_for_timeout(WAIT_MS)
        swatches += taken(page)
        page.focus(".palette .hue")
        for _ in range(6):
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(WAIT_MS)
        slider += taken(page)
        page.keyboard.press("Escape")
    return {"palette_ms": opening, "swatch_ms": swatches, "slider_ms": slider, "shown": round(board["width"])}


def opened(folder: Path, models: Models, pixels: np.ndarray) -> tuple[PageSession, ColouredPhoto]:
    """A session with one gray photo of `SIZE`, in colour."""
    path = folder / "photo.png"
    Image.fromarray(pixels).convert("L").resize(SIZE).save(path, compress_level=1)
    session = PageSession(folder / "sessions", 120.0)
    for _ in session.work([session.copy("photo.png", path)], models):
        pass
    photo = session.items[0].coloured
    assert photo and photo.retouch, session.error
    return session, photo


def apart(folder: Path, models: Models, pixels: np.ndarray) -> float:
    """Mean CIEDE2000 of the download, at the preview's size, and the preview."""
    session, photo = opened(folder, models, pixels)
    assert photo.retouch
    history, told, (width, height) = photo.retouch.history, photo.retouch.told, SIZE
    lasso = [(0.5 * width, 0.5 * height), (0.9 * width, 0.5 * height), (0.7 * width, 0.9 * height)]
    said = [Hint(0.2 * width, 0.3 * height, "#7a1f2b"), Hint(0.8 * width, 0.2 * height, "#2050a0")]
    said += [Hint(0.5 * width, 0.4 * height, "#808020"), Hint(0.7 * width, 0.6 * height, "teal", lasso=tuple(lasso))]
    for hint in said:
        told = told.with_mark(history.new_mark(MarkKind.POINT, [hint]))
    history.tell(told)
    history.dial(0.4)
    photo.vividness = 0.8
    preview = Image.open(io.BytesIO(session.screen.preview(photo, photo.retouch.told, 704))).convert("RGB")
    with Image.open(save(session, photo, FileWish())) as saved:
        assert saved.size == SIZE
        small = saved.convert("RGB").resize(preview.size, Image.Resampling.BOX)
    session.close()
    return float(deltaE_ciede2000(rgb2lab(np.asarray(small)), rgb2lab(np.asarray(preview))).mean())


def hints_mb(folder: Path, models: Models) -> float:
    """What a photo and fifty hints cost: MB of the process's resident set."""

    def resident() -> float:
        gc.collect()
        give_back_memory()
        return float(psutil.Process().memory_info().rss) / 2**20

    def tell_fifty() -> PageSession:
        session, photo = opened(folder, models, skimage.data.coffee())
        assert photo.retouch
        for number in range(50):
            x, y = 20 + 75 * number, 30 + 55 * number
            photo.retouch.palette(x, y, 1.0)
            edit = Edit.read({"places": [[x, y]], "colour": f"#{number * 4:02x}5030"}).of(photo.retouch)
            session.screen.preview(photo, edit, 704)
            photo.retouch.history.tell(edit)
            session.screen.paint(photo)
            if number % 10 == 9:
                session.screen.draw(photo)
        return session

    tell_fifty().close()  # what is loaded and compiled once
    before = resident()
    session = tell_fifty()
    cost = resident() - before
    session.close()
    return cost


def table(results: dict[str, Any]) -> str:
    """The part of docs/performance.md, from the JSON."""
    rows = [
        (name, statistics.median(results[key]), statistics.quantiles(results[key], n=10)[-1])
        for name, key in (
            ("a click, to the palette of the place", "palette_ms"),
            ("the pointer over a colour of the palette, to the picture", "swatch_ms"),
            ("a step of the hue slider, to the picture", "slider_ms"),
        )
    ]
    lines = "\n".join(f"| {name} | {median:.0f} ms | {most:.0f} ms |" for name, median, most in rows)
    m = results["machine"]
    return (
        f"## The page\n\nMeasured on {m['date']} by `python benchmarks/page.py`, by the browser's own clock, "
        f"server and browser on 2 cores of {m['processor']}, load average {results['load_average']:.1f} before (on an "
        f"idle machine it would be under 1): a photo of 12 megapixels, shown {results['shown']} pixels wide. Wanted: "
        "100 ms.\n\n"
        f"| from, to | median | 9 of 10 within |\n|---|---|---|\n{lines}\n\n"
        "The download, at the preview's size, against the preview, mean CIEDE2000 (wanted: under 1): "
        + ", ".join(f"{name} {value:.2f}" for name, value in results["apart"].items())
        + f". A photo of 12 megapixels with fifty hints: {results['hints_mb']:.0f} MB (wanted: 40 at most).\n"
    )


def main() -> None:
    """Measure, write the JSON and the table."""
    parser = argparse.ArgumentParser(description="from the pointer to the picture")
    parser.add_argument("--model", default=DEFAULT_WEIGHTS, help="Hub id or folder; default: the bundled one")
    model, load = parser.parse_args().model, os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        photo = Path(folder) / "photo.jpg"
        Image.fromarray(skimage.data.astronaut()).convert("L").resize(SIZE).save(photo, quality=92)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        command = [sys.executable, "app.py", "--model", model]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
            try:
                address = re.search(r"http://\S+/", server.stdout.readline() if server.stdout else "")
                assert address, "the page did not start"
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                times = measure(page, address[0], photo)
            finally:
                browser.close()
                server.kill()  # a graceful end waits for open connections
    models = Models([model])
    with tempfile.TemporaryDirectory() as folder:
        far = {name: apart(Path(folder), models, getattr(skimage.data, name)()) for name in PHOTOS}
        cost = hints_mb(Path(folder), models)
    results = {"machine": machine(), "load_average": load, **times, "apart": far, "hints_mb": cost}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    put_section(TABLE, SECTION, table(results))


if __name__ == "__main__":
    main()
