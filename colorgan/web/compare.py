"""The Compare page: its parts, and which event does what. The photo is handled by `comparison`, looks by
`compare_markup`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from colorgan.web import compare_markup
from colorgan.web.address import is_own_address, is_own_name
from colorgan.web.colorize import ASSETS, NOT_DONE, Limits, Update, as_sentence, index_of, is_upload
from colorgan.web.comparison import MAX_MODELS, Comparison, Contender, contenders
from colorgan.web.examples import Example
from colorgan.web.markup import alert, status
from colorgan.web.models import Models
from colorgan.web.visit import State

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class ComparePage:
    """The page inside a route of a `gr.Blocks`: `build` lays it out, every other method answers an event."""

    def __init__(self, models: Models, folder: Path, examples: list[Example], limits: Limits, privacy: str):
        self.models, self.folder, self.examples, self.limits, self.privacy = models, folder, examples, limits, privacy

    def build(self) -> None:
        """The parts; the controls are to be seen once there is a photo (page.css)."""
        offered = contenders(self.models)
        chosen = [one.source for one in offered[:2]]
        script = "\n".join((ASSETS / name).read_text() for name in ("stage.js", "compare.js"))
        self.comparison = gr.State(None, delete_callback=_close)
        with gr.Column(elem_id="page"):
            with gr.Column(elem_id="main"):
                self.stage = gr.HTML(self._stage(None, chosen), js_on_load=script, elem_id="stage")
            with gr.Column(elem_id="controls"):
                self.chosen = gr.CheckboxGroup(
                    [(one.label, one.source) for one in offered],
                    value=chosen,
                    label=f"Models, {MAX_MODELS} at the most",
                    elem_id="models",
                )
                with gr.Row(visible=self.models.others_welcome, elem_id="another"):
                    self.named = gr.Textbox(
                        label="Another model: its id on the Hugging Face Hub, or its folder on this machine",
                        placeholder="user/model",
                        max_lines=1,
                        elem_id="named",
                    )
                    self.add = gr.Button("Add", elem_id="add")
                self.said = gr.HTML("", elem_id="said")
        self._connect()

    def _connect(self) -> None:
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        inputs, look = [self.comparison, self.chosen], [self.comparison, self.stage]
        models = [*look, self.said, self.chosen]
        naming: dict[str, Any] = {"inputs": [*inputs, self.named], "outputs": [*models, self.named], **quiet}
        events = [
            self.stage.bring(self.bring, inputs, look, concurrency_limit=4, **quiet),
            self.stage.sample(self.sample, inputs, look, concurrency_limit=4, **quiet),
            self.stage.restart(self.restart, inputs, look, **quiet),
            self.chosen.input(self.choose, inputs, models, trigger_mode="always_last", **quiet),
            self.add.click(self.compare_named, concurrency_limit=2, **naming),
            self.named.submit(self.compare_named, concurrency_limit=2, **naming),
        ]
        for event in events:
            event.failure(self.apologize, inputs, look, queue=False, **quiet)

    # What people do -------------------------------------------------------------------------------------------------

    def bring(self, former: Comparison | None, chosen: Sequence[str], event: gr.EventData) -> Iterator[list[Update]]:
        """A photo was chosen, dropped or pasted, and uploaded. Of several, the first one that arrived is compared."""
        _close(former)
        comparison = self._new()
        sent = list(event.files)
        arrived = [one for one in sent if is_upload(one)]
        for other in arrived[1:]:
            Path(str(other["path"])).unlink(missing_ok=True)
        if not arrived:
            large = any(one.get("problem") == "large" for one in sent)
            most = f"is larger than {self.limits.max_bytes // 2**20} MB, the most this page takes"
            name = str(sent[0].get("name", "photo")) if sent else "photo"
            yield self._refused(comparison, f"{name!r} {most if large else 'did not arrive: please try again'}", chosen)
            return
        comparison.visit.add(str(arrived[0].get("name", "photo")), Path(str(arrived[0]["path"])))
        if len(sent) > 1:
            comparison.error = "One photo at a time: the others were left out."
        yield from self._show(comparison, chosen)

    def sample(self, former: Comparison | None, chosen: Sequence[str], event: gr.EventData) -> Iterator[list[Update]]:
        """One of the examples was picked."""
        _close(former)
        comparison, example = self._new(), self.examples[index_of(event, self.examples)]
        comparison.visit.copy(example.path.name, example.path)
        yield from self._show(comparison, chosen)

    def choose(self, comparison: Comparison | None, chosen: Sequence[str]) -> Iterator[list[Update]]:
        """Other models were ticked."""
        if len(chosen) > MAX_MODELS or not chosen:
            kept = [panel.contender.source for panel in comparison.panels] if comparison else list(chosen[:MAX_MODELS])
            said = f"{MAX_MODELS} models at the most: take one out first." if chosen else "One model must stay."
            yield [comparison, gr.skip(), alert(said), kept]
            return
        for shown in self._go_on(comparison, chosen):
            yield [*shown, "", gr.skip()]

    def compare_named(
        self, comparison: Comparison | None, chosen: Sequence[str], source: str, request: gr.Request
    ) -> Iterator[list[Update]]:
        """Somebody named a model that is not in the list."""
        source = source.strip()
        unchanged = [gr.skip(), gr.skip()]
        yield [comparison, gr.skip(), status(f"Loading {source!r}…"), *unchanged]
        try:
            if not is_from_here(request):
                raise ValueError("models can be added on the machine that this page runs on, and nowhere else")
            if len(chosen) >= MAX_MODELS and source not in chosen:
                raise ValueError(f"{MAX_MODELS} models at the most: take one out first")
            self.models.load(source)
        except ValueError as error:
            yield [comparison, gr.skip(), alert(as_sentence(str(error))), *unchanged]
            return
        now = list(dict.fromkeys((*chosen, source)))
        keys = dict.fromkeys((*(one.source for one in contenders(self.models)), *now))
        choices = gr.update(choices=[(Contender(key).label, key) for key in keys], value=now)
        for shown in self._go_on(comparison, now):
            yield [*shown, "", choices, ""]

    def restart(self, comparison: Comparison | None, chosen: Sequence[str]) -> list[Update]:
        """Start over: nothing of the visit is left."""
        _close(comparison)
        return [None, self._stage(None, chosen)]

    def apologize(self, comparison: Comparison | None, chosen: Sequence[str]) -> list[Update]:
        """An event failed, or found the queue full: the page goes on from where it is."""
        return [comparison, self._stage(comparison, chosen, NOT_DONE)]

    # How it goes on -------------------------------------------------------------------------------------------------

    def _show(self, comparison: Comparison, chosen: Sequence[str]) -> Iterator[list[Update]]:
        """Read the photo, show it in gray, and then what every model makes of it."""
        try:
            comparison.read()
        except ValueError as error:
            yield self._refused(comparison, str(error), chosen)
            return
        yield from self._go_on(comparison, chosen)

    def _go_on(self, comparison: Comparison | None, chosen: Sequence[str]) -> Iterator[list[Update]]:
        """Let the models run that have not yet, showing each as it is done."""
        if comparison is None:
            yield [None, self._stage(None, chosen)]
            return
        comparison.choose([Contender(key) for key in chosen])
        yield [comparison, self._stage(comparison, chosen)]
        for panel in comparison.panels:
            if panel.state is State.WAITING:
                comparison.run(panel, self.models)
                if panel not in comparison.panels:  # "Start over" was pressed, or other models chosen meanwhile
                    return
                yield [comparison, self._stage(comparison, chosen)]
        comparison.error = ""

    def _refused(self, comparison: Comparison, reason: str, chosen: Sequence[str]) -> list[Update]:
        comparison.close()
        return [None, self._stage(None, chosen, as_sentence(reason))]

    def _stage(self, comparison: Comparison | None, chosen: Sequence[str], error: str = "") -> str:
        named = [Contender(key) for key in chosen]
        return compare_markup.stage(comparison, named, self.examples, self.privacy, self.limits.max_bytes, error)

    def _new(self) -> Comparison:
        return Comparison(self.folder, self.limits.max_megapixels)


def is_from_here(request: gr.Request) -> bool:
    """Whether a request comes from the machine that the server runs on, asked for by one of its own names and not
    handed on by a proxy: who asks may then name folders of it."""
    handed_on = any(name in request.headers for name in _FORWARDED)
    asked_for = str(request.headers.get("host", ""))
    return is_own_address(str(request.client.host)) and is_own_name(asked_for) and not handed_on


def _close(comparison: Comparison | None) -> None:
    if comparison:
        comparison.close()
