"""What the tests of the static site share: onnxruntime-web from npm, the bundled model's site, and servers for it."""

import base64
import contextlib
import functools
import http.server
import io
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases.browsing import SLOW_MS, listen
from cases.exports import kept_export
from PIL import Image

from colorgan import DEFAULT_WEIGHTS
from colorgan.web.static_site import SCRIPTS, write_static_site

RUNTIME_VARIABLE = "COLORGAN_TEST_RUNTIME"  # a folder where `npm ci` was run before; without it tests run it
# What a Space's front matter asks for.
ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
READY = ".viewer[data-ready]"  # the open photo, in colour
BLANK = b"<!doctype html><title>blank</title>"  # a page of the site's origin without its policy, for its modules alone


def installed_runtime(folder: Path) -> Path:
    """onnxruntime-web as package-lock.json pins it; the tests are skipped where there is no npm."""
    if given := os.environ.get(RUNTIME_VARIABLE):
        return Path(given)
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm, which brings onnxruntime-web: apt-get install npm")
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(SCRIPTS / name, folder / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    return folder


def bundled_site(folder: Path, cache: pytest.Cache) -> Path:
    """A site with the bundled model."""
    (folder / "runtime").mkdir(parents=True, exist_ok=True)
    runtime = installed_runtime(folder / "runtime")
    return write_static_site(folder / "site", DEFAULT_WEIGHTS, runtime, kept_export(DEFAULT_WEIGHTS, cache))


class Visit:
    """A page of the site in a browser; what it asked for, by method and address; and what its console complained of."""

    def __init__(self, browser: Any, address: str):
        self.asked: list[tuple[str, str]] = []
        self.complaints: list[str] = []
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.context.on("request", lambda request: self.asked.append((request.method, request.url)))
        self.page = self.context.new_page()
        listen(self.page, self.complaints)
        self.page.set_default_timeout(SLOW_MS)
        self.page.goto(address)

    def start_over(self) -> None:
        """Let go of all photos."""
        self.complaints.clear()
        if self.page.locator("[data-restart]").count():
            self.page.click("[data-restart]")
            self.page.click("[data-yes]")
        self.page.wait_for_selector(".drop")


def picture(page: Any, selector: str = ".frame .after") -> np.ndarray:
    """The pixels of a picture on the page, (H, W, 3)."""
    content = page.locator(selector).evaluate(
        """async (image) => {
          await image.decode();
          const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
          canvas.getContext('2d').drawImage(image, 0, 0);
          const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
          let text = '';
          for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
          return btoa(text);
        }"""
    )
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB")).astype(int)


def changed(page: Any, what: Any) -> None:
    """Do something after which another picture is shown."""
    before = page.get_attribute(".frame .after", "src")
    what()
    page.wait_for_function(
        "(before) => document.querySelector('.frame .after')?.getAttribute('src') !== before", arg=before
    )


class _Handler(http.server.SimpleHTTPRequestHandler):
    """A plain web server's answers, with more headers."""

    headers_too: Mapping[str, str]

    def end_headers(self) -> None:
        for name, value in self.headers_too.items():
            self.send_header(name, value)
        super().end_headers()

    def do_GET(self) -> None:
        if self.path != "/blank.html":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(BLANK)
        return None

    def log_message(self, *arguments: Any) -> None:
        pass


@contextlib.contextmanager
def served(folder: Path, headers: Mapping[str, str] = ISOLATED) -> Iterator[str]:
    """A web server for a folder on this machine alone -> its address."""
    kind = type("Handler", (_Handler,), {"headers_too": headers})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(kind, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
