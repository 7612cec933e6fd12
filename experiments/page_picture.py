"""The picture of the page in the README: a gray photo, one click, and the suit in its colour.

    python experiments/page_picture.py    # writes docs/page.png; needs Chromium

The photo is NASA's of Eileen Collins, which scikit-image ships; the colour is that of the true suit.
"""

import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
ASTRONAUT = 2  # among the examples, from 1
SUIT = 0.36, 0.66  # of the photo's width and height
ORANGE = "#d8562a"


def main() -> None:
    """Take the picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
            try:
                address = re.search(r"http://\S+/", server.stdout.readline() if server.stdout else "")
                assert address, "the page did not start"
                page = browser.new_page(viewport={"width": 1200, "height": 800})
                page.goto(address[0])
                page.click(f".examples li:nth-child({ASTRONAUT}) button")
                page.wait_for_selector(".viewer[data-ready]:not([data-undrawn])")
                board = page.locator(".board").bounding_box()
                assert board
                page.mouse.click(board["x"] + SUIT[0] * board["width"], board["y"] + SUIT[1] * board["height"])
                page.fill(".palette .hex", ORANGE)
                page.wait_for_function("document.querySelector('.after').src.startsWith('data:')")
                page.locator("#stage .divider").evaluate(  # as if somebody had pulled the line
                    "line => { line.value = 32; line.dispatchEvent(new Event('input', { bubbles: true })); }"
                )
                page.wait_for_timeout(500)
                page.screenshot(path=ROOT / "docs" / "page.png")
            finally:
                browser.close()
                server.kill()  # a graceful end waits for open connections


if __name__ == "__main__":
    main()
