"""The Colorize page: its parts, and which event does what. Photos are handled by `visit`, looks by `markup`."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from colorgan import DEFAULT_WEIGHTS
from colorgan.web import markup
from colorgan.web.examples import Example
from colorgan.web.models import Models
from colorgan.web.visit import CALL_PREFIX, GONE, Entry, State, Visit

MAX_PHOTOS = 100  # of one visit
ASSETS = Path(__file__).parent / "assets"
DOWNLOAD, DOWNLOAD_ALL = "Download", "Download all (zip)"
NOT_DONE = "That did not work just now. Please try again in a moment."
_SAVE_FILE = """(file) => {
  if (!file) return;
  const link = Object.assign(document.createElement('a'), { href: file.url, download: file.orig_name });
  document.body.append(link);
  link.click();
  link.remove();
}"""

Update = Any  # what Gradio takes as an output: a value, gr.update() or gr.skip()


@dataclass(frozen=True)
class Limits:
    """What the page takes from one person."""

    max_megapixels: float = 120.0
    max_bytes: int = 100 * 2**20


class ColorizePage:
    """The page inside a `gr.Blocks`: `build` lays it out, every other method answers an event."""

    def __init__(self, models: Models, folder: Path, examples: list[Example], limits: Limits, privacy: str):
        self.models, self.folder, self.examples, self.limits, self.privacy = models, folder, examples, limits, privacy

    def build(self) -> None:
        """The parts; which of the controls are to be seen depends on what is on the stage (page.css)."""
        self.visit = gr.State(None, delete_callback=_close)
        with gr.Row(elem_id="page"):
            with gr.Column(elem_id="main"):
                self.stage = gr.HTML(self._stage(None), js_on_load=(ASSETS / "stage.js").read_text(), elem_id="stage")
            with gr.Column(elem_id="controls"):
                self._build_controls()
        self._connect()
        self._build_api()

    def _build_controls(self) -> None:
        self.vividness = gr.Slider(0, 150, 100, step=1, label="Vividness (%)", buttons=[], elem_id="vividness")
        self.more = gr.Button("More variants", elem_id="more")
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
        with gr.Accordion("Details", open=False, elem_id="details"):
            self.facts = gr.HTML("")
            self.described = gr.Checkbox(True, label="Say in the file that its colours come from colorgan")
        self.file = gr.File(visible="hidden", elem_id="file")

    def _connect(self) -> None:
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        look = [self.visit, self.stage]
        everything = [*look, self.vividness, self.model, self.facts, self.download, self.download_all]
        stage = self.stage
        events = [
            stage.bring(self.bring, self.visit, everything, trigger_mode="multiple", concurrency_limit=4, **quiet),
            stage.sample(self.sample, self.visit, everything, concurrency_limit=4, **quiet),
            stage.show(self.show, self.visit, everything, **quiet),
            stage.overview(self.overview, self.visit, everything, **quiet),
            stage.restart(self.restart, self.visit, everything, **quiet),
            stage.pick(self.pick, self.visit, everything, trigger_mode="always_last", **quiet),
            stage.settle(self.settle, self.visit, look, trigger_mode="always_last", concurrency_limit=2, **quiet),
            self.more.click(self.vary, self.visit, everything, **quiet),
            self.model.input(self.change_model, [self.visit, self.model], everything, **quiet),
            self.vividness.input(
                self.set_vividness,
                [self.visit, self.vividness],
                look,
                trigger_mode="always_last",
                concurrency_limit=4,
                **quiet,
            ),
        ]
        for button, answer in ((self.download, self.save), (self.download_all, self.save_all)):
            event = button.click(
                answer, [self.visit, self.described], [*look, button, self.file], concurrency_limit=2, **quiet
            )
            event.success(None, self.file, None, js=_SAVE_FILE, api_visibility="private")
            events.append(event)
        for event in events:
            event.failure(self.apologize, self.visit, everything, queue=False, **quiet)

    # Bringing photos ------------------------------------------------------------------------------------------------

    def bring(self, visit: Visit | None, event: gr.EventData) -> Iterator[list[Update]]:
        """Photos were chosen, dropped or pasted, and uploaded: show each as soon as there is something to show."""
        visit = visit or self._new_visit()
        visit.error = ""
        new = []
        for sent in list(event.files)[: MAX_PHOTOS - len(visit.entries)]:
            new.append(self._take(visit, sent))
        if len(new) < len(event.files):
            visit.error = f"{MAX_PHOTOS} photos at a time are the most: {len(event.files) - len(new)} were left out."
        yield from self._work_on(visit, new)

    def sample(self, visit: Visit | None, event: gr.EventData) -> Iterator[list[Update]]:
        """One of the examples was picked."""
        visit = visit or self._new_visit()
        visit.error = ""
        example = self.examples[index_of(event, self.examples)]
        yield from self._work_on(visit, [visit.copy(example.path.name, example.path)])

    def _take(self, visit: Visit, sent: Any) -> Entry:
        """One file of an "add" event -> its entry. The event comes from a browser: its path is not trusted."""
        name = str(sent.get("name", "photo"))
        if is_upload(sent):
            return visit.add(name, Path(str(sent["path"])))
        if sent.get("problem") == "large":
            return visit.refuse(
                name, f"{name!r} is larger than {self.limits.max_bytes // 2**20} MB, the most this page takes"
            )
        return visit.refuse(name, f"{name!r} did not arrive: please try again")

    def _work_on(self, visit: Visit, new: list[Entry]) -> Iterator[list[Update]]:
        """Read and colorize new photos one after another, showing every step. A single one is opened."""
        visit.opened = visit.entries.index(new[0]) if len(new) == 1 else None
        for entry in new:
            if entry.state is State.WAITING:
                visit.read(entry)
                yield self._everything(visit)
            if entry.state is State.WORKING:
                visit.colorize(entry, self.models)
            if entry not in visit.entries:  # "Start over" was pressed meanwhile
                return
            if visit.entries == [entry] and entry.state is State.FAILED:
                visit.error, visit.entries = as_sentence(entry.reason), []
            if entry.state is State.FAILED:
                visit.opened = None
            yield self._everything(visit)

    # Looking --------------------------------------------------------------------------------------------------------

    def show(self, visit: Visit | None, event: gr.EventData) -> list[Update]:
        """A photo of the grid was picked."""
        if visit and visit.entries:
            visit.error, index = "", index_of(event, visit.entries)
            visit.opened = index if visit.entries[index].state is State.DONE else None
        return self._everything(visit, lost=True)

    def overview(self, visit: Visit | None) -> list[Update]:
        """Back to the grid."""
        if visit:
            visit.error, visit.opened = "", None
        return self._everything(visit, lost=True)

    def restart(self, visit: Visit | None) -> list[Update]:
        """Start over: nothing of the visit is left."""
        _close(visit)
        return self._everything(None)

    def pick(self, visit: Visit | None, event: gr.EventData) -> list[Update]:
        """One of the colorizations was picked."""
        entry = _done_entry(visit)
        if visit and entry:
            entry.chosen = index_of(event, entry.choices)
            visit.paint(entry)
        return self._everything(visit, lost=True)

    def set_vividness(self, visit: Visit | None, percent: float) -> list[Update]:
        """The slider moves: paint again, without the network."""
        entry = _done_entry(visit)
        if visit and entry:
            entry.vividness = min(max(percent, 0), 150) / 100
            visit.paint(entry)
        return [visit, self._stage(visit)]

    def settle(self, visit: Visit | None) -> list[Update]:
        """Nothing moved for a moment: show the photo at full size."""
        entry = _done_entry(visit)
        if visit and entry and not entry.sharp and not visit.sharpen(entry):
            return [visit, gr.skip()]
        return [visit, self._stage(visit)]

    def vary(self, visit: Visit | None) -> list[Update]:
        """More variants."""
        entry = _done_entry(visit)
        if visit and entry:
            visit.vary(entry, self.models)
        return self._everything(visit, lost=True)

    def change_model(self, visit: Visit | None, source: str) -> list[Update]:
        """Another model for the open photo."""
        entry = _done_entry(visit)
        if visit and entry:
            entry.source = source
            visit.colorize(entry, self.models)
        return self._everything(visit, lost=True)

    # Taking home ----------------------------------------------------------------------------------------------------

    def save(self, visit: Visit | None, described: bool) -> Iterator[list[Update]]:
        """Download: the open photo as a file in its own format."""
        entry = _done_entry(visit)
        if visit is None or entry is None:
            yield [visit, self._stage(visit, GONE), gr.skip(), gr.skip()]
            return
        yield [visit, gr.skip(), gr.update(value="Preparing…", interactive=False), gr.skip()]
        path = visit.save(entry, entry.download_name, described)
        yield [visit, self._stage(visit), gr.update(value=DOWNLOAD, interactive=True), str(path)]

    def save_all(self, visit: Visit | None, described: bool) -> Iterator[list[Update]]:
        """Download all: one zip."""
        if visit is None:
            yield [visit, self._stage(visit, GONE), gr.skip(), gr.skip()]
            return
        total = sum(entry.state is State.DONE for entry in visit.entries)
        for count, path in visit.save_all(described):
            if path is None:
                label = f"Preparing {count} of {total}…"
                yield [visit, gr.skip(), gr.update(value=label, interactive=False), gr.skip()]
            else:
                yield [visit, self._stage(visit), gr.update(value=DOWNLOAD_ALL, interactive=True), str(path)]

    # The picture of it all -------------------------------------------------------------------------------------------

    def apologize(self, visit: Visit | None) -> list[Update]:
        """An event failed, or found the queue full: the page goes on from where the visit is."""
        return self._everything(visit, error=NOT_DONE)

    def _everything(self, visit: Visit | None, *, error: str = "", lost: bool = False) -> list[Update]:
        """All outputs; `lost` where somebody acted on photos, so that having none means that they are gone."""
        if lost and (visit is None or not visit.entries):
            error = GONE
        entry = visit.entry if visit else None
        return [
            visit,
            self._stage(visit, error),
            round(entry.vividness * 100) if entry else gr.skip(),
            (entry.source or self.models.sources[0]) if entry else gr.skip(),
            markup.details(entry),
            gr.update(value=DOWNLOAD, interactive=True),
            gr.update(value=DOWNLOAD_ALL, interactive=True),
        ]

    def _stage(self, visit: Visit | None, error: str = "") -> str:
        return markup.stage(visit, self.examples, self.privacy, self.limits.max_bytes, error)

    def _new_visit(self) -> Visit:
        return Visit(self.folder, self.limits.max_megapixels)

    # For programs ----------------------------------------------------------------------------------------------------

    def _build_api(self) -> None:
        """`/colorize`, for gradio_client and curl; its parts are not in the page."""
        photo, result = gr.File(visible=False, label="photo"), gr.File(visible=False, label="picture")
        vividness = gr.Number(1.0, visible=False, label="vividness")
        seed, variant = (gr.Number(0, precision=0, visible=False, label=name) for name in ("seed", "variant"))
        gr.Button(visible=False).click(
            self.colorize,
            [photo, vividness, seed, variant],
            result,
            api_name="colorize",
            api_description="A photo in, the same photo in colour out: same format, size and metadata. "
            "vividness: 0 to 3, 1 as predicted. variant: 0 is the likeliest picture, 1 and on are others, which the "
            "seed fixes.",
            concurrency_limit=2,
        )

    def colorize(self, photo: str, vividness: float = 1.0, seed: int = 0, variant: int = 0) -> str:
        """Answer `/colorize`: the path of a photo -> the path of its picture.

        Raises:
            gr.Error: one sentence on the file or argument that is at fault.
        """
        _sweep(self.folder)
        visit = Visit(self.folder, self.limits.max_megapixels, CALL_PREFIX)
        try:
            if photo is None:
                raise ValueError("photo must be a file, got nothing")
            return str(visit.convert(Path(photo), self.models, vividness, int(seed), int(variant)))
        except ValueError as error:
            visit.close()
            raise gr.Error(as_sentence(str(error))) from error


def is_upload(sent: Any) -> bool:
    """Whether one file of an event came from a browser to Gradio's folder of uploads, and is there."""
    path = Path(str(sent.get("path", ""))).resolve()
    return path.is_file() and path.is_relative_to(Path(gr.utils.get_upload_folder()).resolve())


def index_of(event: gr.EventData, of: list[Any]) -> int:
    """The index that an event carries, kept within a list: it comes from a browser."""
    return min(max(int(event.index), 0), len(of) - 1)


def _done_entry(visit: Visit | None) -> Entry | None:
    """The open photo, once it has colours."""
    entry = visit.entry if visit else None
    return entry if entry and entry.state is State.DONE else None


def as_sentence(reason: str) -> str:
    """A reason as a sentence of its own."""
    return reason[:1].upper() + reason[1:] + ("" if reason.endswith((".", "!", "?")) else ".")


def _close(visit: Visit | None) -> None:
    if visit:
        visit.close()


def _sweep(folder: Path, age_seconds: float = 3600.0) -> None:
    """Remove what earlier calls of `/colorize` left for their callers to fetch."""
    for left in folder.glob(f"{CALL_PREFIX}*"):
        if time.time() - left.stat().st_mtime > age_seconds:
            shutil.rmtree(left, ignore_errors=True)
