"""The Film page: its parts, and which event does what. `filming` does the work, `film_view` the HTML."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from colorgan.film.formats import is_film
from colorgan.photo.extras import extra
from colorgan.web import film_view
from colorgan.web.events import QUIET, Update, answering, files_of, is_upload, name_of, why_refused
from colorgan.web.filming import Filming, VisitedFilm
from colorgan.web.gradio_import import gradio as gr
from colorgan.web.messages import GONE_FILM, NOT_DONE, as_sentence
from colorgan.web.templating import ASSETS
from colorgan.web.visited import VisitedPage

NEEDS = "Films need PyAV and OpenCV: pip install 'colorgan[film]', then start this page again."


class FilmPage(VisitedPage):
    """The page inside a route of a `gr.Blocks`: `build` lays it out, every other method answers an event."""

    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        self.filming = Filming(self.models, self.visits)
        self.lack = "" if all(extra(module) for module in ("av", "cv2")) else NEEDS

    def build(self) -> None:
        """The parts."""
        script = "\n".join((ASSETS / name).read_text() for name in ("sending.js", "stage.js", "film.js"))
        self.film = gr.State(None)
        with gr.Column(elem_id="page"), gr.Column(elem_id="main"):
            self.stage = gr.HTML(
                self._stage(None),
                js_on_load=script,
                elem_id="stage",
                server_functions=[answering(self.look), answering(self.cancel)],
            )
        self._connect()

    def _connect(self) -> None:
        picture = [self.film, self.stage]
        answers: list[tuple[Callable[..., Any], Callable[..., Any]]] = [
            (self.stage.bring, self.bring),
            (self.stage.restart, self.restart),
            (self.stage.resume, self.resume),
            (self.stage.go_on, self.go_on),
        ]
        for event, answer in answers:
            answered = event(answer, self.film, picture, **QUIET)
            answered.failure(self.apologize, self.film, picture, queue=False, **QUIET)

    # What people do -------------------------------------------------------------------------------------------------

    def bring(self, former: VisitedFilm | None, event: gr.EventData) -> list[Update]:
        """A film was chosen or dropped, and uploaded: it waits for its turn."""
        sent, session = files_of(event), self.visits.new()
        try:
            if self.lack:
                raise ValueError(self.lack)
            films = [one for one in sent if is_film(Path(name_of(one)))]
            if len(films) != 1:
                raise ValueError(film_view.why_not(sent, len(films)))
            for one in sent:
                if not is_upload(one):
                    raise ValueError(why_refused(one, self.limits))
            arrived = [
                (name_of(one), Path(str(one["path"]))) for one in films + [one for one in sent if one not in films]
            ]
            film = self.filming.take(session, arrived[0], arrived[1:])
            self.filming.begin(film)
        except ValueError as error:
            self.visits.end(session)
            for one in filter(is_upload, sent):
                Path(str(one["path"])).unlink(missing_ok=True)
            return [gr.skip(), self._stage(former, as_sentence(str(error)))]
        self._let_go(former)
        return [film, self._stage(film)]

    def restart(self, film: VisitedFilm | None) -> list[Update]:
        """Another film: nothing is left of this one."""
        self._let_go(film)
        return [None, self._stage(None)]

    def resume(self, film: VisitedFilm | None, event: gr.EventData) -> list[Update]:
        """The film has come further, or the page was reloaded: all is as it is."""
        film = self.filming.find(str(event.token))
        return [film, self._stage(film, "" if film or event.quiet else GONE_FILM)]

    def go_on(self, film: VisitedFilm | None) -> list[Update]:
        """A film that was stopped goes on."""
        if film is None:
            return [None, self._stage(None, GONE_FILM)]
        try:
            if not film.state.goes_on:
                self.filming.begin(film)
        except ValueError as error:
            return [film, self._stage(film, as_sentence(str(error)))]
        return [film, self._stage(film)]

    def apologize(self, film: VisitedFilm | None) -> list[Update]:
        """An event failed, or found the queue full: the page goes on from where it is."""
        return [film, self._stage(film, NOT_DONE)]

    # What the page asks, past the queue of events --------------------------------------------------------------------

    def look(self, asked: dict[str, Any]) -> dict[str, Any]:
        """How far a film is."""
        film = self._asked(asked)
        return film_view.told(film, self.filming.ahead_of(film))

    def cancel(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Stop the work on a film, and say how far it is."""
        self.filming.cancel(self._asked(asked))
        return self.look(asked)

    def _asked(self, asked: dict[str, Any]) -> VisitedFilm:
        """The film that a page asks about. LookupError where it is no longer here."""
        film = self.filming.find(str(asked["token"]))
        if film is None:
            raise LookupError("no such film")
        return film

    def _let_go(self, film: VisitedFilm | None) -> None:
        if film:
            self.filming.cancel(film)
            self.visits.end(film.session)

    def _stage(self, film: VisitedFilm | None, error: str = "") -> str:
        ahead = self.filming.ahead_of(film) if film else 0
        return film_view.stage(film, ahead, self.limits, self.privacy, error, self.lack)
