"""The Colorize page: its parts, and which event does what. `session` handles the photos, `colorize_view` the HTML."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from colorgan import DEFAULT_WEIGHTS
from colorgan.web import colorize_view, taking
from colorgan.web.arranging import UNASKED, arrange
from colorgan.web.colorize_api import ColorizeApi
from colorgan.web.events import QUIET, Update, files_of, index_of, is_upload, name_of, why_refused
from colorgan.web.gradio_import import gradio as gr
from colorgan.web.items import ColouredPhoto, PhotoItem
from colorgan.web.limits import MAX_VIVIDNESS_PERCENT
from colorgan.web.messages import GONE, NOT_DONE
from colorgan.web.retouch import Retouch
from colorgan.web.session import PageSession
from colorgan.web.taking import FORMATS, FileWish
from colorgan.web.telling import Telling, is_hints
from colorgan.web.templating import ASSETS
from colorgan.web.visited import VisitedPage

MAX_PHOTOS = 100  # of one session
SCRIPTS = (
    "sending.js",
    "stage.js",
    "visit.js",
    "zoom.js",
    "album.js",
    "crop.js",
    "number.js",
    "follow.js",
    "palette.js",
    "hints.js",
)  # one after another, as one
DOWNLOAD, DOWNLOAD_ALL = "Download", "Download all (zip)"
MORE, THINK_AGAIN = "More variants", "Think again"


class ColorizePage(VisitedPage):
    """The page inside a `gr.Blocks`: `build` lays it out, every other method answers an event."""

    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        self.telling = Telling(self.models, self.limits, self.visits)

    def build(self) -> None:
        """The parts; which of the controls are to be seen depends on what is on the stage (page.css)."""
        self.session = gr.State(None)
        script = "\n".join((ASSETS / name).read_text() for name in SCRIPTS)
        with gr.Row(elem_id="page"):
            with gr.Column(elem_id="main"):
                self.stage = gr.HTML(
                    self._stage(None), js_on_load=script, elem_id="stage", server_functions=self.telling.answers()
                )
            with gr.Column(elem_id="controls"):
                self._build_controls()
        self._connect()
        ColorizeApi(self.models, self.folder, self.limits).build()

    def _build_controls(self) -> None:
        self.vividness = gr.Slider(
            0, MAX_VIVIDNESS_PERCENT, 100, step=1, label="Vividness (%)", buttons=[], elem_id="vividness"
        )
        self.daring = gr.Slider(0, 100, 0, step=1, label="From calm to daring (%)", buttons=[], elem_id="daring")
        self.more = gr.Button(MORE, elem_id="more")
        sources = self.models.sources
        self.model = gr.Dropdown(
            [("colorgan's own" if source == DEFAULT_WEIGHTS else source, source) for source in sources],
            value=sources[0],
            label="Model",
            visible=len(sources) > 1,
            elem_id="model",
        )
        self.download = gr.Button(DOWNLOAD, variant="primary", elem_id="download")
        self.download_all = gr.Button(DOWNLOAD_ALL, elem_id="download-all")
        self.ending = gr.Dropdown(list(FORMATS.items()), value="", label="Format", elem_id="format")
        self.before_too = gr.Checkbox(False, label="Before and after in one picture", elem_id="before-too")
        with gr.Accordion("Details", open=False, elem_id="details"):
            self.facts = gr.HTML("")
            self.described = gr.Checkbox(True, label="Say in the file that its colours come from colorgan")
            self.with_hints = gr.Checkbox(
                True, label="With what you said of the colours, in a zip", elem_id="with-hints"
            )
        self.file = gr.File(visible="hidden", elem_id="file")

    def _connect(self) -> None:
        picture = [self.session, self.stage]
        everything = [*picture, self.vividness, self.model, self.facts, self.download, self.download_all]
        everything += [self.more, self.daring]
        stage = self.stage
        many: dict[str, Any] = {"trigger_mode": "multiple", "concurrency_limit": 4, **QUIET}
        last: dict[str, Any] = {"trigger_mode": "always_last", **QUIET}
        events = [
            stage.bring(self.bring, self.session, everything, **many),
            stage.sample(self.sample, self.session, everything, concurrency_limit=4, **QUIET),
            stage.show(self.show, self.session, everything, **QUIET),
            stage.overview(self.overview, self.session, everything, **QUIET),
            stage.restart(self.restart, self.session, everything, **QUIET),
            stage.pick(self.pick, self.session, everything, **last),
            stage.settle(self.settle, self.session, picture, concurrency_limit=2, **last),
            stage.tell(self.tell, self.session, everything, **many),
            stage.forget(self.forget, self.session, everything, **many),
            stage.undo(self.undo, self.session, everything, **many),
            stage.redo(self.redo, self.session, everything, **many),
            stage.refer(self.refer, self.session, everything, concurrency_limit=2, **QUIET),
            stage.draw(self.draw, self.session, picture, concurrency_limit=2, **last),
            stage.arrange(self.arrange, self.session, everything, **many),
            stage.resume(self.resume, self.session, everything, **QUIET),
            self.more.click(self.vary, self.session, everything, **QUIET),
            self.model.input(self.change_model, [self.session, self.model], everything, **QUIET),
        ]
        dials: list[tuple[gr.Slider, Callable[..., Any]]] = [
            (self.vividness, self.set_vividness),
            (self.daring, self.set_daring),
        ]
        for dial, turned in dials:
            events.append(dial.input(turned, [self.session, dial], picture, concurrency_limit=4, **last))
        save = (ASSETS / "save.js").read_text()
        how = [self.session, self.described, self.with_hints, self.ending, self.before_too]
        for button, answer in ((self.download, self.save), (self.download_all, self.save_all)):
            event = button.click(answer, how, [*picture, button, self.file], concurrency_limit=2, **QUIET)
            event.success(None, self.file, None, js=save, api_visibility="private")
            events.append(event)
        for event in events:
            event.failure(self.apologize, self.session, everything, queue=False, **QUIET)

    # Bringing photos ------------------------------------------------------------------------------------------------

    def bring(self, session: PageSession | None, event: gr.EventData) -> Iterator[list[Update]]:
        """Photos were chosen, dropped or pasted, and uploaded: show each as soon as there is something to show."""
        session = session if session and not session.gone else self.visits.new()
        session.error = session.note = ""
        files = files_of(event)
        said = [sent for sent in files if is_hints(sent)]
        photos = [sent for sent in files if sent not in said]
        new = [self._take(session, sent) for sent in photos[: MAX_PHOTOS - len(session.items)]]
        if len(new) < len(photos):
            session.error = f"{MAX_PHOTOS} photos at a time are the most: {_left_out(len(photos) - len(new))}."
        if new or not said:
            yield from self._work_on(session, new)
        for sent in said:
            self.telling.take_file(session, sent)
        if said:
            yield self._everything(session)

    def sample(self, session: PageSession | None, event: gr.EventData) -> Iterator[list[Update]]:
        """One of the examples was picked."""
        session = session if session and not session.gone else self.visits.new()
        session.error = session.note = ""
        example = self.examples[index_of(event, self.examples)]
        yield from self._work_on(session, [session.copy(example.path.name, example.path)])

    def _take(self, session: PageSession, sent: Any) -> PhotoItem:
        """One file of a "bring" event -> its item. The event comes from a browser: its path is not trusted."""
        if is_upload(sent):
            return session.add(name_of(sent), Path(str(sent["path"])))
        return session.refuse(name_of(sent), why_refused(sent, self.limits))

    def _work_on(self, session: PageSession, new: list[PhotoItem]) -> Iterator[list[Update]]:
        if not new:  # there was no room for any of them
            yield self._everything(session)
        for _ in session.work(new, self.models):
            yield self._everything(session)

    def arrange(self, session: PageSession | None, event: gr.EventData) -> Iterator[list[Update]]:
        """Photos are leafed through, turned, cut, removed ..."""
        if session:
            if event.what != UNASKED:
                session.error = session.note = ""
            for _ in arrange(session, str(event.what), event.value, self.models):
                yield self._everything(session, lost=not session.removed)
        else:
            yield self._everything(session, lost=True)

    # Looking --------------------------------------------------------------------------------------------------------

    def show(self, session: PageSession | None, event: gr.EventData) -> list[Update]:
        """A photo of the grid was picked."""
        if session and session.items:
            session.error = session.note = ""
            index = index_of(event, session.items)
            session.opened = index if session.items[index].coloured else None
        return self._everything(session, lost=True)

    def overview(self, session: PageSession | None) -> list[Update]:
        """Back to the grid."""
        if session:
            session.error = session.note = ""
            session.opened = None
        return self._everything(session, lost=True)

    def restart(self, session: PageSession | None) -> list[Update]:
        """Start over: the session is put away, and offered."""
        if session:
            session.away = True
            session.rest()
            self.visits.keep(session)
        return self._everything(None, offer=session if session and session.items else None)

    def resume(self, session: PageSession | None, event: gr.EventData) -> Iterator[list[Update]]:
        """The page was reloaded, or somebody came back to it: all is as it was, or is offered."""
        found = self.visits.find(str(event.token))
        if session is None and found is not None and event.offer:
            yield self._everything(None, offer=found if found.items else None)
            return
        if session is None and found is not None:
            session = found
            session.away = False
            for _ in session.wake(self.models):
                yield self._everything(session)
        shown = self._everything(session)
        yield shown if session else [gr.skip()] * len(shown)  # what is said there stays

    def pick(self, session: PageSession | None, event: gr.EventData) -> list[Update]:
        """One of the colorizations was picked."""
        photo = _open_photo(session)
        if session and photo and photo.retouch:
            tiles = photo.retouch.tiles()
            with session.turn, session.noting():
                photo.retouch.history.tell(tiles[index_of(event, tiles)])
                session.screen.paint(photo)
        elif session and photo:
            photo.chosen = index_of(event, photo.choices)
            with session.noting():
                session.screen.paint(photo)
        return self._everything(session, lost=True)

    def set_vividness(self, session: PageSession | None, percent: float) -> Iterator[list[Update]]:
        """The slider moves: paint again, without the network; in the grid, all photos."""
        photo = _open_photo(session)
        vividness = min(max(percent, 0), MAX_VIVIDNESS_PERCENT) / 100
        if session and photo:
            photo.vividness = vividness
            with session.noting():
                session.screen.paint(photo)
        elif session:
            for _ in arrange(session, "vividness_for_all", vividness, self.models):
                yield [_kept(session), self._stage(session)]
        yield [_kept(session), self._stage(session)]

    def set_daring(self, session: PageSession | None, percent: float) -> list[Update]:
        """The dial from calm to daring turns."""
        photo = _open_photo(session)
        if session and photo and photo.retouch:
            with session.turn, session.noting():
                photo.retouch.history.dial(min(max(percent, 0), 100) / 100)
                session.screen.paint(photo)
        return [_kept(session), self._stage(session)]

    def settle(self, session: PageSession | None) -> list[Update]:
        """Nothing moved for a moment: show the photo at full size."""
        photo = _open_photo(session)
        if session and photo and not photo.sharp:
            with session.noting():
                if not session.sharpen(photo):
                    return [_kept(session), gr.skip()]
        return [_kept(session), self._stage(session)]

    def vary(self, session: PageSession | None) -> list[Update]:
        """More variants."""
        photo = _open_photo(session)
        if session and photo:
            with session.turn, session.noting():
                session.vary(photo, self.models)
        return self._everything(session, lost=True)

    def change_model(self, session: PageSession | None, source: str) -> list[Update]:
        """Another model for the open photo."""
        item = session.item if session else None
        if session and item and item.coloured:
            item.source = source
            session.colorize(item, self.models)
            session.note = self.telling.what_became_of_it(item)
        return self._everything(session, lost=True)

    # Saying what colour it was --------------------------------------------------------------------------------------

    def tell(self, session: PageSession | None, event: gr.EventData) -> list[Update]:
        """A mark was put, moved, or given another colour."""
        return self._tell(session, lambda retouch: self.telling.edit(retouch, event.edit))

    def forget(self, session: PageSession | None, event: gr.EventData) -> list[Update]:
        """Marks were removed."""
        return self._tell(session, lambda retouch: self.telling.forget(retouch, event.marks))

    def undo(self, session: PageSession | None) -> list[Update]:
        """One step back."""
        return self._tell(session, lambda retouch: retouch.history.undo())

    def redo(self, session: PageSession | None) -> list[Update]:
        """The step that was taken back, again."""
        return self._tell(session, lambda retouch: retouch.history.redo())

    def refer(self, session: PageSession | None, event: gr.EventData) -> list[Update]:
        """Colours from another photo, which was uploaded."""
        photo = _open_photo(session)
        if session and photo:
            self.telling.refer(session, photo, event.files[0])
        return self._everything(session, lost=True)

    def draw(self, session: PageSession | None) -> list[Update]:
        """Nothing moved for a while: make the drawings to choose from."""
        photo = _open_photo(session)
        if session and photo and photo.undrawn:
            with session.noting():
                if not session.screen.draw(photo):
                    return [_kept(session), gr.skip()]
        return [_kept(session), self._stage(session)]

    def _tell(self, session: PageSession | None, change: Callable[[Retouch], None]) -> list[Update]:
        """One change of what is said of the open photo."""
        photo = _open_photo(session)
        if session and photo and photo.retouch:
            self.telling.change(session, photo, change)
        return self._everything(session, lost=True)

    # Taking home ----------------------------------------------------------------------------------------------------

    def save(self, session: PageSession | None, described: bool, *how: Any) -> Iterator[list[Update]]:
        """Download: the open photo as a file."""
        photo = _open_photo(session)
        if session is None or photo is None:
            yield [_kept(session), self._stage(session, GONE), gr.skip(), None]
            return
        yield [_kept(session), gr.skip(), gr.update(value="Preparing…", interactive=False), gr.skip()]
        path = None
        with session.noting():
            wish = FileWish.asked(described, *how)
            zipped = wish.with_hints and photo.retouch and not photo.retouch.told.is_nothing
            path = str((taking.save_with_hints if zipped else taking.save)(session, photo, wish))
        yield [_kept(session), self._stage(session), gr.update(value=DOWNLOAD, interactive=True), path]

    def save_all(self, session: PageSession | None, described: bool, *how: Any) -> Iterator[list[Update]]:
        """Download all: one zip."""
        if session is None:
            yield [_kept(session), self._stage(session, GONE), gr.skip(), None]
            return
        total = sum(item.coloured is not None for item in session.items)
        path = None
        with session.noting():
            wish = FileWish.asked(described, *how)
            for count, written in taking.save_all(session, wish):
                path, label = written, f"Preparing {count} of {total}…"
                yield [_kept(session), gr.skip(), gr.update(value=label, interactive=False), gr.skip()]
        whole = gr.update(value=DOWNLOAD_ALL, interactive=True)
        yield [_kept(session), self._stage(session), whole, str(path) if path else None]

    # The picture of it all -------------------------------------------------------------------------------------------

    def apologize(self, session: PageSession | None) -> list[Update]:
        """An event failed, or found the queue full: the page goes on from where it is."""
        return self._everything(session, error=NOT_DONE)

    def _everything(
        self,
        session: PageSession | None,
        *,
        error: str = "",
        lost: bool = False,
        offer: PageSession | None = None,
    ) -> list[Update]:
        """All outputs; `lost` where somebody acted on photos, so that having none means that they are gone."""
        if lost and (session is None or session.gone or not session.items):
            error = GONE
        item = session.item if session else None
        photo = item.coloured if item else None
        vividness = session.vividness if session else None
        return [
            _kept(session),
            self._stage(session, error, offer),
            gr.skip() if vividness is None else round(vividness * 100),
            (item.source or self.models.sources[0]) if item else gr.skip(),
            colorize_view.details(photo),
            gr.update(value=DOWNLOAD, interactive=True),
            gr.update(value=DOWNLOAD_ALL, interactive=True),
            THINK_AGAIN if photo and photo.retouch else MORE,
            round(photo.retouch.told.daring * 100) if photo and photo.retouch else gr.skip(),
        ]

    def _stage(self, session: PageSession | None, error: str = "", offer: PageSession | None = None) -> Update:
        if session and session.gone and not error:
            return gr.skip()
        return colorize_view.stage(session, self.examples, self.privacy, self.limits.max_bytes, error, offer)


def _kept(session: PageSession | None) -> Update:
    """What the page's state becomes: what began before somebody started over does not bring the old one back."""
    return gr.skip() if session and session.gone else session


def _left_out(count: int) -> str:
    return f"{count} {'was' if count == 1 else 'were'} left out"


def _open_photo(session: PageSession | None) -> ColouredPhoto | None:
    """The open photo, once it has colours."""
    item = session.item if session else None
    return item.coloured if item else None
