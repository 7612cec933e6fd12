"""The Colorize page's HTML: its stage, the palette of a place, and the details of the open photo."""

from collections.abc import Sequence
from dataclasses import dataclass

from colorgan.hints import Hint
from colorgan.web.describing import colour_name, place_name, why_other
from colorgan.web.examples import Example
from colorgan.web.history import Mark, MarkKind
from colorgan.web.items import ColouredPhoto
from colorgan.web.names import ACCEPTED
from colorgan.web.retouch import Retouch
from colorgan.web.session import PageSession
from colorgan.web.templating import render


@dataclass(frozen=True)
class SeenMark:
    """A mark as the page shows it: its colour, that in words and which it is, where in percent of the photo's sides;
    `why` says in a sentence why its colour is not the one that was asked for, and is empty where it is."""

    mark: Mark
    colour: str
    words: str
    label: str
    why: str
    left: float
    top: float

    @property
    def path(self) -> str:
        """Its hints' places as the points of an SVG line, in pixels of the photo."""
        return " ".join(f"{hint.x:.1f},{hint.y:.1f}" for hint in self.mark.hints)

    @property
    def outline(self) -> str:
        """The corners of its lasso, likewise; empty where it has none."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.mark.middle.lasso or ())


def stage(
    session: PageSession | None,
    examples: Sequence[Example],
    privacy: str,
    max_bytes: int,
    error: str = "",
    offer: PageSession | None = None,
) -> str:
    """What a session looks like now; `privacy` is the line under the drop target, `offer` a session to go on with."""
    item = session.item if session else None
    photo = item.coloured if item else None
    return render(
        "colorize.html",
        items=session.items if session else [],
        item=item,
        marks=_seen_marks(photo.retouch) if photo and photo.retouch else [],
        error=error or (session.error if session else ""),
        note=session.note if session else "",
        removed=session.removed if session else [],
        offer=offer,
        token=session.token if session else "",
        examples=examples,
        privacy=privacy,
        max_bytes=max_bytes,
        accepted=f"{ACCEPTED},.json",
    )


def palette(photo: ColouredPhoto, retouch: Retouch, x: float, y: float, number: int) -> str:
    """The colours for a place of the photo, or for a mark that is there by its number."""
    mark = retouch.told.mark(number)
    if mark:
        x, y = mark.middle.x, mark.middle.y
    return render(
        "palette.html",
        palette=retouch.palette(x, y, photo.vividness),
        mark=mark,
        place=place_name(x, y, retouch.history.size),
    )


def details(photo: ColouredPhoto | None) -> str:
    """What is technical about the open photo."""
    return render("details.html", photo=photo)


def _seen_marks(retouch: Retouch) -> list[SeenMark]:
    told, (width, height) = retouch.told, retouch.history.size
    middles: list[Hint] = [mark.middle for mark in told.marks]
    seen = []
    for number, (mark, shown) in enumerate(zip(told.marks, retouch.seen.shown_colours(middles), strict=True), start=1):
        what = colour_name(shown.colour)
        if mark.kind is MarkKind.KEPT:
            what = f"{what} kept"
        elif mark.kind is MarkKind.STROKE:
            what = f"stroke of {what}"
        where = place_name(mark.middle.x, mark.middle.y, (width, height))
        words = f"{what}, {where}"
        why = why_other(shown)
        label = f"hint {number} of {len(told.marks)}: {words}" + (f". {why}" if why else "")
        left, top = 100 * mark.middle.x / width, 100 * mark.middle.y / height
        seen.append(SeenMark(mark, shown.colour, words, label, why, left, top))
    return seen
