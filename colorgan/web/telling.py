"""What a person says of a photo's colours on the Colorize page: changes that events bring, and answers to a pointer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from colorgan.hints import HINTS_SUFFIX
from colorgan.web import colorize_view
from colorgan.web.describing import why_other
from colorgan.web.edits import Edit
from colorgan.web.events import answering, is_upload, name_of, why_refused
from colorgan.web.items import ColouredPhoto, PhotoItem
from colorgan.web.limits import Limits
from colorgan.web.messages import as_sentence
from colorgan.web.models import Models
from colorgan.web.names import plain_name
from colorgan.web.retouch import Retouch
from colorgan.web.session import PageSession
from colorgan.web.templating import data_url
from colorgan.web.visits import Visits


class Telling:
    """Changes what is said of photos; whatever is refused becomes one sentence in the session's `error`."""

    def __init__(self, models: Models, limits: Limits, visits: Visits):
        self.models, self.limits, self.visits = models, limits, visits

    def change(self, session: PageSession, photo: ColouredPhoto, change: Callable[[Retouch], None]) -> None:
        """Change what is said, and paint the photo anew. Several that come at once go one after another."""
        if photo.retouch is None:
            return
        with session.turn:
            try:
                change(photo.retouch)
            except (TypeError, ValueError) as error:
                session.error = as_sentence(str(error))
                return
            session.note = ""
            with session.noting():
                session.screen.paint(photo)

    def edit(self, retouch: Retouch, sent: Any) -> None:
        """A mark is put, moved, or given another colour. ValueError for what is no edit."""
        retouch.history.tell(Edit.read(sent).of(retouch))

    def forget(self, retouch: Retouch, numbers: Any) -> None:
        """Marks are removed, by their numbers."""
        retouch.history.tell(retouch.told.without(*(int(number) for number in numbers)))

    def refer(self, session: PageSession, photo: ColouredPhoto, sent: Any) -> None:
        """Colours from another photo, which was uploaded."""

        def take(retouch: Retouch) -> None:
            path = self._arrived(sent)
            try:
                session.refer(photo, path, self.models)
            finally:
                path.unlink(missing_ok=True)

        self.change(session, photo, take)

    def take_file(self, session: PageSession, sent: Any) -> None:
        """A file of hints: of the photo that it is named after, or else of the open or only one."""
        name = plain_name(name_of(sent))
        try:
            path = self._arrived(sent)
            said = path.read_bytes()
            path.unlink(missing_ok=True)
            with session.turn:
                session.take_hints(_meant(session, name), said)
        except ValueError as error:
            session.error = as_sentence(f"{name!r}: {error}")

    def what_became_of_it(self, item: PhotoItem) -> str:
        """What to say where another model has coloured a photo of which something was said."""
        if not item.coloured or not item.history or item.history.told.is_nothing:
            return ""
        name = item.coloured.model.name
        if item.coloured.retouch:
            return f"Coloured anew by {name}, with all that you said."
        return f"{name} cannot be told colours: what you said is kept for a model that can."

    def answers(self) -> list[Callable[[Any], dict[str, Any]]]:
        """What a page asks at the speed of the pointer, past the queue of events; nothing changes by it."""
        return [answering(ask) for ask in (self._palette, self._preview, self._doubt)]

    def _palette(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The colours for a place."""
        _, photo, retouch = self._asked(asked)
        x, y, number = float(asked["x"]), float(asked["y"]), int(asked.get("mark") or 0)
        return {"html": colorize_view.palette(photo, retouch, x, y, number)}

    def _preview(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The picture if an edit were made, and in a sentence why its colour would not be the one that it asks for."""
        session, photo, retouch = self._asked(asked)
        edit = Edit.read(asked["edit"])
        told = edit.of(retouch)
        mark = told.mark(edit.number) or told.marks[-1]
        [shown] = retouch.seen.shown_colours([mark.middle])
        picture = data_url("image/jpeg", session.screen.preview(photo, told, int(asked["edge"])))
        return {"picture": picture, "why": why_other(shown)}

    def _doubt(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Where the network is unsure, as the transparency of a picture."""
        _, _, retouch = self._asked(asked)
        return {"picture": data_url("image/png", retouch.doubt())}

    def _asked(self, asked: dict[str, Any]) -> tuple[PageSession, ColouredPhoto, Retouch]:
        """Whose photo a page asks about. LookupError where it is no longer here."""
        session = self.visits.find(str(asked["token"]))
        photo = session.item.coloured if session and session.item else None
        if session is None or photo is None or photo.retouch is None:
            raise LookupError("no such photo")
        return session, photo, photo.retouch

    def _arrived(self, sent: Any) -> Path:
        """The file of an event. ValueError where it is no upload: it comes from a browser, and is not trusted."""
        if not is_upload(sent):
            raise ValueError(why_refused(sent, self.limits))
        return Path(str(sent["path"]))


def is_hints(sent: Any) -> bool:
    """Whether a file of an event says what was said of a photo, by its name."""
    return name_of(sent).lower().endswith(Path(HINTS_SUFFIX).suffix)


def _meant(session: PageSession, name: str) -> PhotoItem:
    """The photo that a file of hints is about. ValueError where there is none."""
    stem = name[: -len(HINTS_SUFFIX)] if name.lower().endswith(HINTS_SUFFIX) else Path(name).stem
    there = [item for item in session.items if item.history]
    meant = [item for item in there if Path(item.name).stem == stem]
    meant = meant or [item for item in there if item is session.item or len(there) == 1]
    if not meant:
        raise ValueError("it says what colours a photo had: open or bring that photo as well")
    return meant[-1]
