"""Films of visitors: one after the other is given its colours, by a thread of its own, whoever looks. Knows no web
framework.

A film stays with its visit: it goes when the visit does, and so does the work on it. Who cancels, or is no longer there
while others wait, can go on later: the engine keeps what it has done.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from colorgan.files import one_line
from colorgan.film.formats import CONTAINERS, DEFAULT_CODEC, film_ending, parts_of
from colorgan.film.reading import Film, FilmError
from colorgan.hints import FilmHints, parse_film_hints
from colorgan.web.messages import describe_failure
from colorgan.web.models import Models
from colorgan.web.names import plain_name
from colorgan.web.quota import QuotaError, counted
from colorgan.web.session import PageSession
from colorgan.web.visits import Visits

if TYPE_CHECKING:
    from colorgan.film import FilmProgress

BYTES_A_PIXEL = 200  # of a frame, for all that is held of a film at once (benchmarks/film_memory.py)
LEFT_S = 120.0  # without a look at it, after which a film makes way for others; hidden tabs look once a minute
MOST_WAITING = 20
CHECKED_EVERY = 25  # frames, whether there is still room on the disk
PLAYED = (".mp4", ".mov", ".mkv")  # which browsers play, the one that most do first
SETTLED_FRAMES = 8  # after which the pace says something


class FilmState(StrEnum):
    """How far a film has come."""

    WAITING = "waiting"
    WORKING = "working"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"

    @property
    def goes_on(self) -> bool:
        """Whether it changes by itself."""
        return self in (FilmState.WAITING, FilmState.WORKING)


class _StopError(Exception):
    """The work stops here; one line on why, empty where nobody will read it."""


@dataclass(eq=False)
class VisitedFilm:
    """A film of a visit.

    size: of upright frames. why: what stopped it, or was wrong with it. frames: that are done, of about `total`; the
    last of them is `at_hand`, while it is made.
    """

    session: PageSession
    name: str
    source: Path
    output: Path
    size: tuple[int, int]
    hints: FilmHints | None = None
    state: FilmState = FilmState.WAITING
    frames: int = 0
    total: int | None = None
    at_hand: "FilmProgress | None" = None
    notes: tuple[str, ...] = ()
    why: str = ""
    is_cancelled: bool = False
    began: tuple[float, int] = field(default=(0.0, 0))  # this run: when its first frame was there, and how many then

    @property
    def token(self) -> str:
        """By which a page asks for it."""
        return self.session.token

    @property
    def download_name(self) -> str:
        """What the file is called where it is taken to."""
        return self.output.name

    @property
    def share(self) -> float | None:
        """How much is done, from 0 to 1; None where that is not known."""
        return min(self.frames / self.total, 1.0) if self.total else None

    @property
    def left_s(self) -> float | None:
        """Seconds that are left at the pace until now; None where that is not known."""
        since, before = self.began
        if self.total is None or self.frames - before < SETTLED_FRAMES:
            return None
        pace = (self.frames - before) / max(time.monotonic() - since, 1e-3)
        return max(self.total - self.frames, 0) / pace


class Filming:
    """Who is next, and the thread that does it.

    The network looks at a film's frames without the models' turn: there is one film at a time, so that at most one
    photo's network runs beside it.
    """

    def __init__(self, models: Models, visits: Visits):
        self.models, self.visits, self.limits = models, visits, visits.limits
        self._films: dict[str, VisitedFilm] = {}
        self._waiting: deque[VisitedFilm] = deque()
        self._is_at_work = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        visits.also_sweep(self.sweep)

    def find(self, token: str) -> VisitedFilm | None:
        """The film of a token, if it is still there; to look for it is a touch."""
        session = self.visits.find(token)
        with self._changed:
            return self._films.get(token) if session else None

    def take(self, session: PageSession, film: tuple[str, Path], beside: list[tuple[str, Path]]) -> VisitedFilm:
        """Take an uploaded film, by name and file, and what came beside it: hints, and the photos that they name.

        Raises:
            ValueError: no film, too large or too long, hints of something else, no room; one line.
        """
        name = plain_name(film[0])
        folder, files = session.files.new_folder(), dict[str, Path]()
        for called, upload in (film, *beside):
            files[plain_name(called)] = path = folder / plain_name(called)
            upload.rename(path)
        ending, size = self._looked_at(files[name])
        said = [one for one in files if one.lower().endswith(".json")]
        hints = _hints_of(files[said[0]], set(files.values())) if said else None
        if hints is not None and not self.models.get().takes_hints:
            raise ValueError(f"{said[0]!r}: the model of this page takes no hints")
        output = session.files.new_folder() / f"{Path(name).stem}-colorized{ending}"
        return VisitedFilm(session, name, files[name], output, size, hints)

    def begin(self, film: VisitedFilm) -> None:
        """Put a film in the queue, or put it there again after it was stopped. ValueError where that is full."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                raise ValueError(f"{MOST_WAITING} films are waiting here already: please come back later")
            self._films[film.token] = film
            film.state, film.is_cancelled, film.why, film.frames = FilmState.WAITING, False, "", 0
            self._waiting.append(film)
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="colorgan-films", daemon=True)
                self._thread.start()

    def cancel(self, film: VisitedFilm) -> None:
        """Stop the work on a film: at the next frame, or at once where it has not begun."""
        with self._changed:
            film.is_cancelled = True
            if film in self._waiting:
                self._waiting.remove(film)
                film.state = FilmState.STOPPED

    def ahead_of(self, film: VisitedFilm) -> int:
        """How many films are made before this one, the one at hand among them."""
        with self._changed:
            return self._waiting.index(film) + self._is_at_work if film in self._waiting else 0

    def sweep(self) -> None:
        """Forget films whose visits are gone."""
        with self._changed:
            self._films = {token: film for token, film in self._films.items() if not film.session.closed}
            self._waiting = deque(film for film in self._waiting if not film.session.closed)

    def _looked_at(self, path: Path) -> tuple[str, tuple[int, int]]:
        """The ending that the film's copy in colour gets, one that browsers play and whose container takes its sound;
        and the size of its upright frames. FilmError for one that this page does not take."""
        from colorgan.film.joining import takes  # brings torch, which the server does not wait for

        with Film(path, self.limits.film_megapixels) as film:
            if film.duration_s is not None and film.duration_s > 60 * self.limits.film_minutes:
                raise FilmError(
                    f"{path.name!r} lasts {film.duration_s / 60:.1f} minutes, and this page takes at most "
                    f"{self.limits.film_minutes:g}: the command line takes longer ones"
                )
            sounds = film.container.streams.audio
            own = film_ending(path, DEFAULT_CODEC).lower()
            endings = dict.fromkeys((own if own in PLAYED[:2] else PLAYED[0], *PLAYED))
            heard = [one for one in endings if all(takes(CONTAINERS[one], sound) for sound in sounds)]
            return (heard or list(endings))[0], film.frame_format.upright_size

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                watched = [film for film in self._waiting if self.visits.idle_s(film.session) < LEFT_S]
                film = (watched or self._waiting)[0]
                self._waiting.remove(film)
                film.state, self._is_at_work = FilmState.WORKING, True
            self._make(film)
            if film.session.closed:
                film.session.files.remove()  # what was written while it closed
            self._is_at_work = False

    def _make(self, film: VisitedFilm) -> None:
        from colorgan.film import colorize_film

        state = FilmState.FAILED
        try:
            self._check(film)
            need = round(film.size[0] * film.size[1] * BYTES_A_PIXEL)
            with self.visits.decoder.room(need):
                outcome = colorize_film(
                    film.source,
                    film.output,
                    self.models.get().colorizer,
                    hints=film.hints,
                    resume=True,
                    max_megapixels=self.limits.film_megapixels,
                    report=self._reporting(film),
                )
            film.notes, state = outcome.notes, FilmState.DONE
        except _StopError as stop:
            film.why, state = str(stop), FilmState.STOPPED
        except (FilmError, QuotaError) as error:
            film.why = one_line(error)
        except Exception as error:  # one film never stops the others
            film.why = one_line(error) if type(error) is ValueError else describe_failure(error, "film")
        film.at_hand, film.state = None, state

    def _reporting(self, film: VisitedFilm) -> Callable[["FilmProgress"], None]:
        def report(progress: "FilmProgress") -> None:
            if film.at_hand is None:
                film.began = time.monotonic(), progress.frames
            film.frames, film.total, film.at_hand = progress.frames, progress.total, progress
            self._check(film, disk=progress.frames % CHECKED_EVERY == 0)
            if progress.time_s > 60 * self.limits.film_minutes:
                raise FilmError(f"{film.name!r} is longer than {self.limits.film_minutes:g} minutes")

        return report

    def _check(self, film: VisitedFilm, *, disk: bool = True) -> None:
        """Whether the work goes on: _StopError, QuotaError where there is no more room."""
        if film.session.closed or film.is_cancelled:
            raise _StopError
        if self._waiting and self.visits.idle_s(film.session) > LEFT_S:
            raise _StopError("This page was not open, and others were waiting.")
        if disk:
            _, parts = counted(parts_of(film.output))  # the film itself takes as much again
            self.visits.check(film.session.visitor, parts, film.session.folder)


def _hints_of(path: Path, there: set[Path]) -> FilmHints:
    """A file of hints, whose references are among the files that came with it. ValueError, one line."""
    try:
        hints = parse_film_hints(path.read_bytes(), path.parent)
    except ValueError as error:
        raise ValueError(f"{path.name!r} is no file of a film's hints: {error}") from error
    named = [moment.reference for moment in hints.moments if moment.reference is not None]
    for reference in named:
        if reference not in there:
            raise ValueError(
                f"{path.name!r} names {reference.name!r}, which did not come along: choose all of them together"
            )
    return hints
