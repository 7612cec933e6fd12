"""The Film page's HTML, and what it is told while a film is made."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from colorgan.film.formats import READ
from colorgan.photo.fitting import fit
from colorgan.web.events import name_of
from colorgan.web.filming import FilmState, VisitedFilm
from colorgan.web.limits import Limits
from colorgan.web.messages import as_sentence
from colorgan.web.names import plain_name
from colorgan.web.templating import data_url, render

ACCEPTED = ",".join(("video/*", *sorted(READ), ".json", "image/*"))  # a hint for the chooser of files
SHOWN_EDGE = 960  # pixels of the longer side of the frame at hand
_ROUNDED = ((90, 1, "second"), (5400, 60, "minute"))


def stage(film: VisitedFilm | None, ahead: int, limits: Limits, privacy: str, error: str = "", lack: str = "") -> str:
    """A film, or the drop target before there is one. `lack`: why this page can do nothing."""
    return render(
        "film.html",
        film=film,
        told=told(film, ahead) if film else {},
        notes=[as_sentence(note) for note in film.notes] if film else [],
        limits=limits,
        error=error,
        lack=lack,
        examples=[],
        privacy=privacy,
        max_bytes=limits.max_bytes,
        accepted=ACCEPTED,
    )


def told(film: VisitedFilm, ahead: int) -> dict[str, Any]:
    """How far a film is: its state, a line, the share that is done, and the frame at hand."""
    picture = ""
    at_hand = film.at_hand
    if at_hand:
        jpeg = io.BytesIO()
        fit(at_hand.picture, SHOWN_EDGE, reducing_gap=2.0).save(jpeg, "JPEG", quality=85)
        picture = data_url("image/jpeg", jpeg.getvalue())
    return {"state": film.state.value, "line": line(film, ahead), "share": film.share, "picture": picture}


def line(film: VisitedFilm, ahead: int) -> str:
    """One sentence on how far a film is."""
    if film.state is FilmState.WAITING:
        before = f"{ahead} films are" if ahead > 1 else "one film is"
        return f"Waiting for its turn: {before} before it." if ahead else "Beginning…"
    if film.state is FilmState.STOPPED:
        so_far = f" after {_counted(film)}" if film.frames else ""
        return f"{film.why or 'Cancelled'}".rstrip(".") + f"{so_far}."
    if film.state is FilmState.FAILED:
        return as_sentence(film.why)
    if film.state is FilmState.DONE:
        return f"{_counted(film)} in colour."
    if film.is_cancelled:
        return "Cancelling…"
    if not film.frames:
        return "Reading what was said of it…" if film.hints else "Beginning…"
    if film.total and film.frames >= film.total:
        return "Putting it together…"
    left = film.left_s
    return f"{_counted(film)}" + (f", {in_words(left)} left." if left is not None else ".")


def in_words(seconds: float) -> str:
    """About how long."""
    if seconds < 10:
        return "a few seconds"
    for most, unit, word in _ROUNDED:
        if seconds < most:
            step = 10 if unit == 1 else 1
            count = max(step, round(seconds / unit / step) * step)
            return f"about {'a' if count == 1 else count} {word}{'' if count == 1 else 's'}"
    hours = seconds / 3600
    return f"about {hours:.1f} hours" if hours >= 1.95 else f"about {round(seconds / 60)} minutes"


def why_not(sent: Sequence[Any], films: int) -> str:
    """Why what was brought is not one film."""
    if films:
        return f"one film at a time, got {films}"
    name = plain_name(name_of(sent[0])) if sent else "nothing"
    known = ", ".join(sorted(READ)[:6])
    kind = f"its name ends in {Path(name).suffix!r}" if Path(name).suffix else "its name has no ending"
    return f"{name!r} is no film: {kind}, and films end in {known} and the like; photos go to the Colorize page"


def _counted(film: VisitedFilm) -> str:
    of = f" of {film.total:,}" if film.total and film.state is not FilmState.DONE else ""
    return f"{film.frames:,}{of} frame{'' if film.frames == 1 and not of else 's'}"
