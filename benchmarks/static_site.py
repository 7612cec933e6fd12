"""The static site against Python on one photo in one run, in Chromium: `python benchmarks/static_site.py SITE`.

SITE is a folder of `colorgan space --static`. A megapixel photo from the choice of its file to its picture on the page,
by turns with `Colorizer.colorize` of the same file, here and, with `--before PYTHON`, in an older build that is
installed for that Python; what a hint's colour takes to be on the picture.
"""

import argparse
import contextlib
import functools
import http.server
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from colorgan.examples import example_photo

CHROMIUM = "/usr/bin/chromium"
ROOT = Path(__file__).parent.parent
ROUNDS = 7
ADD = "#stage .drop input[type=file]"
# Says how many seconds each photo took whose path it is told.
COLORIZE = """
import sys, time
from PIL import Image
from colorgan import DEFAULT_WEIGHTS, Colorizer
colorizer = Colorizer.from_pretrained(DEFAULT_WEIGHTS)
for line in sys.stdin:
    began = time.perf_counter()
    with Image.open(line.rstrip()) as image:  # older builds take no paths
        colorizer.colorize(image)
    print(time.perf_counter() - began, flush=True)
"""
HOVER = """async (number) => {
  const after = document.querySelector('.after');
  const [before, began] = [after.src, performance.now()];
  const swatch = document.querySelectorAll('.palette .swatch')[number];
  swatch.dispatchEvent(new PointerEvent('pointerover', { bubbles: true, pointerType: 'mouse' }));
  while (after.src === before) await new Promise((go) => setTimeout(go, 1));
  await after.decode();
  return performance.now() - began;
}"""
WATCH = """() => {
  window.coloured = new Promise((resolve) => addEventListener('change', async () => {
    const began = performance.now();
    const frame = () => new Promise(requestAnimationFrame);
    let after = null;
    for (; !after; after = document.querySelector('.viewer[data-ready] .after[src]')) await frame();
    await after.decode();
    await frame();
    resolve((performance.now() - began) / 1000);
  }, { capture: true, once: true }));
}"""


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path, metavar="SITE")
    parser.add_argument("--before", default="", metavar="PYTHON", help="of an environment with an older build")
    chosen = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        address = stack.enter_context(_served(chosen.site))
        playwright = stack.enter_context(sync_playwright())
        builds = {"Python": sys.executable} | ({"the older Python": chosen.before} if chosen.before else {})
        colorize = {name: stack.enter_context(_colorizer(python)) for name, python in builds.items()}
        photo = Path(folder) / "photo.jpg"
        source = example_photo("coffee.png")
        assert source, "this scikit-image has no coffee.png"
        with Image.open(source) as image:
            image.convert("L").resize((1224, 816), Image.Resampling.BICUBIC).save(photo, quality=92)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(120_000)
        page.goto(address)
        begun = "() => document.querySelector('.backend').textContent.startsWith('Computed')"
        page.wait_for_function(begun)
        page.evaluate("() => navigator.serviceWorker.ready")
        page.reload()  # from the second visit on it is isolated, and has threads
        page.wait_for_function(begun)
        print(page.inner_text(".backend"))
        times: dict[str, list[float]] = {name: [] for name in (*builds, "the site")}
        for turn in range(ROUNDS + 2):  # the first two warm up
            for name, seconds in colorize.items():
                times[name].append(seconds(photo))
            times["the site"].append(_in_browser(page, photo))
            if turn < ROUNDS + 1:
                page.click("[data-restart]")
                page.click("[data-yes]")
        medians = {name: statistics.median(taken[2:]) for name, taken in times.items()}
        site_s = medians.pop("the site")
        print(f"the site {1000 * site_s:.0f} ms, load average {os.getloadavg()[0]:.1f}")
        for name, taken in medians.items():
            print(f"{name} {1000 * taken:.0f} ms: the site {site_s / taken:.1f} times")
        box = page.locator(".board").bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] * 0.78, box["y"] + box["height"] * 0.6)
        page.wait_for_selector(".palette .swatch")
        page.wait_for_timeout(3000)  # what the palette shows ahead of the pointer
        page.locator(".palette .hex").fill("#a01818")
        page.wait_for_timeout(1000)
        hovers = [page.evaluate(HOVER, number) for number in range(1, 6)]
        print("a hint that was thought of before", [round(one) for one in hovers], "ms")
        print("a new hint", [round(_new_hint(page, hue)) for hue in (3, 14, 22, 31, 40)], "ms")
        browser.close()


@contextlib.contextmanager
def _served(site: Path) -> Iterator[str]:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site))
    http.server.SimpleHTTPRequestHandler.log_message = lambda *_: None  # type: ignore[method-assign]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@contextlib.contextmanager
def _colorizer(python: str) -> Iterator[Callable[[Path], float]]:
    """A process of its own with the bundled model -> what says how many seconds it takes for a photo's file."""
    own = {"PYTHONPATH": str(ROOT)} if python == sys.executable else {}
    told: dict[str, Any] = {
        "env": {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | own,
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "text": True,
    }
    with subprocess.Popen([python, "-P", "-c", COLORIZE], **told) as process:  # -P: not what lies in this folder
        asked, said = process.stdin, process.stdout
        assert asked and said

        def seconds(photo: Path) -> float:
            print(photo, file=asked, flush=True)
            return float(said.readline())

        yield seconds
        asked.close()


def _in_browser(page: Any, photo: Path) -> float:
    """Seconds from the page's hearing of a file to its picture, decoded and drawn, by the page's own clock."""
    page.evaluate(WATCH)
    page.set_input_files(ADD, photo)
    return float(page.evaluate("() => window.coloured"))


def _new_hint(page: Any, hue: int) -> float:
    """Milliseconds from a move of the hue slider to the picture that has it."""
    moved = """async (hue) => {
      const after = document.querySelector('.after');
      const slider = document.querySelector('.palette .hue');
      const [before, began] = [after.src, performance.now()];
      slider.value = hue;
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      while (after.src === before) await new Promise((go) => setTimeout(go, 1));
      await after.decode();
      return performance.now() - began;
    }"""
    return float(page.evaluate(moved, hue))


if __name__ == "__main__":
    main()
