"""The static site's HTML: the Colorize page's own templates, in each state that its scripts fill with photos."""

import re
from pathlib import Path
from types import SimpleNamespace as Made
from typing import Any

from colorgan.web.examples import Example
from colorgan.web.limits import MAX_MEGABYTES
from colorgan.web.retouch import DRAWINGS, HUES, STRENGTHS
from colorgan.web.templating import render

READ_HERE = "image/*,.json"  # what a browser opens; and what was said of a photo
PRIVATE = "Your photos stay in this browser: nothing is sent anywhere."
BLANK = Path("blank")  # an address that a script replaces


def index(examples: list[Example], values: dict[str, Any]) -> str:
    """The page, with each of its states as a template."""
    choices = [BLANK] * (1 + DRAWINGS)
    retouch = Made(history=Made(can_undo=True, can_redo=True))
    photo = Made(
        shown=BLANK, thumbnails=choices, names=["As it is", *(f"Drawing {one}" for one in range(1, 1 + DRAWINGS))],
        retouch=retouch, pressed=0, sharp=True, undrawn=False, beside=None, beside_shown=None, has_room=True,
        likelier=0, is_left=False,
    )  # fmt: skip
    decoded = Made(shown=BLANK, size=(1, 1), pages=1, in_colour=False)
    framing = Made(box=None)
    done = Made(
        name="", failure="", decoded=decoded, coloured=photo, state="done", preview=BLANK, framing=framing,
        is_answered=True,
    )  # fmt: skip
    working = Made(name="", failure="", decoded=decoded, coloured=None, state="working", preview=BLANK, framing=framing)
    failed = Made(name="", failure="why", decoded=None, coloured=None, state="failed", preview=None, framing=framing)
    mark = Made(
        mark=Made(number=1, kind="point", hints=[1, 2]), colour="", words="words", label="", why="why", left=0, top=0,
        path="0,0", outline="0,0",
    )  # fmt: skip
    swatch = Made(colour="#000000", look="#000000", name="")
    palette = Made(now=swatch, likely=[swatch], used=[swatch], wheel=[["#000000"] * STRENGTHS] * HUES)
    states = {
        "empty": _stage(items=[], examples=examples),
        "working": _stage(items=[working, working], item=working),
        "ready": _stage(items=[done, done], item=done, marks=[mark]),
        "grid": _stage(items=[done, working, failed]),
        "palette": _bare(render("palette.html", palette=palette, mark=Made(number=1), place="")),
    }
    return render("static.html", states=states, private=PRIVATE, **values)


def _stage(**given: Any) -> str:
    defaults: dict[str, Any] = {
        "item": None, "marks": [], "error": "", "note": "", "removed": [], "offer": None, "token": "", "examples": [],
        "privacy": PRIVATE, "max_bytes": MAX_MEGABYTES * 2**20, "accepted": READ_HERE,
    }  # fmt: skip
    return _bare(render("colorize.html", **defaults | given))


def _bare(html: str) -> str:
    """Without styles and addresses of its own: the page's policy allows neither, and scripts set both."""
    html = re.sub(r' style="[^"]*"', "", html)
    html = html.replace("gradio_api/file=examples/", "examples/")
    return re.sub(r' (src|data-src)="gradio_api[^"]*"', "", html)
