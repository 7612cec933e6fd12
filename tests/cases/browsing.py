"""What the tests of pages in a real Chromium share."""

import io
import re
from typing import Any

import numpy as np
from PIL import Image

READY = ".viewer[data-ready]"
GRADIOS = re.compile(r"AbortError: [^\n]*(\n\s+at [^\n]*/assets/[Ii]ndex-[^\n]*)+")
"""The stack of an abort that passed through scripts of Gradio alone."""
SLOW_MS = 60_000  # for what takes a second on a quiet machine
CHOOSE = "#stage .drop input[type=file], #stage .actions input[type=file]"


class Requests(list[str]):
    """Addresses that a page asked for, beyond this machine; and what its console complained about."""


def gradio_leaves(error: Any) -> bool:
    """Whether an error of a page is Gradio's client alone, as its page is left.

    It aborts its own stream of events then, in a promise that nobody awaits (gradio 6.31); whether the browser still
    tells of that depends on which of the two is faster.
    """
    return error.name == "AbortError" and GRADIOS.fullmatch(error.stack or "") is not None


def listen(page: Any, complaints: list[str]) -> None:
    """Fill ``complaints`` with what the page's scripts and its console say is wrong."""
    page.on("pageerror", lambda error: gradio_leaves(error) or complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)


def opened(browser: Any, address: str, **options: Any) -> tuple[Any, Any, Requests]:
    """A visitor of their own -> (context, page, complaints)."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    page, complaints = context.new_page(), Requests()
    page.set_default_timeout(SLOW_MS)
    own = (address, "blob:", "data:")
    page.on("request", lambda request: None if request.url.startswith(own) else complaints.append(request.url))
    listen(page, complaints)
    page.goto(address)
    page.wait_for_selector(".drop")
    return context, page, complaints


def shown(page: Any, selector: str = ".frame .after") -> np.ndarray:
    """The pixels of a picture on the page, (H, W, 3), once they are there."""
    picture = page.locator(selector)
    picture.evaluate("image => image.decode()")
    source = picture.evaluate("image => image.src")
    if source.startswith("data:"):
        content = bytes(
            page.evaluate("async source => [...new Uint8Array(await (await fetch(source)).arrayBuffer())]", source)
        )
    else:
        content = page.request.get(source).body()
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def chroma(pixels: np.ndarray) -> float:
    """How far from gray, in 8-bit steps."""
    return float(np.ptp(pixels, axis=-1).mean())
