"""The Colorize page's HTML: its stage, and the details of the open photo."""

from collections.abc import Sequence

from colorgan.web.examples import Example
from colorgan.web.names import ACCEPTED
from colorgan.web.session import ColouredPhoto, PageSession
from colorgan.web.templating import render


def stage(
    session: PageSession | None, examples: Sequence[Example], privacy: str, max_bytes: int, error: str = ""
) -> str:
    """What a session looks like now; `privacy` is the line under the drop target."""
    return render(
        "colorize.html",
        items=session.items if session else [],
        item=session.item if session else None,
        error=error or (session.error if session else ""),
        examples=examples,
        privacy=privacy,
        max_bytes=max_bytes,
        accepted=ACCEPTED,
    )


def details(photo: ColouredPhoto | None) -> str:
    """What is technical about the open photo."""
    return render("details.html", photo=photo)
