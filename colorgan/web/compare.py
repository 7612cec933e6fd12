"""The Compare page: its parts, and which event does what. `comparison` handles the photo, `compare_view` the HTML."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from colorgan.web import compare_view
from colorgan.web.address import is_own_address, is_own_name
from colorgan.web.comparison import MAX_MODELS, Comparison, OfferedModel, offered_models
from colorgan.web.events import QUIET, Update, files_of, index_of, is_upload, name_of, why_refused
from colorgan.web.gradio_import import gradio as gr
from colorgan.web.messages import GONE, NOT_DONE, as_sentence
from colorgan.web.session import PageSession
from colorgan.web.templating import ASSETS, render
from colorgan.web.visited import VisitedPage

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class ComparePage(VisitedPage):
    """The page inside a route of a `gr.Blocks`: `build` lays it out, every other method answers an event."""

    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        self._there: WeakValueDictionary[str, Comparison] = WeakValueDictionary()  # by the token of its session

    def build(self) -> None:
        """The parts; the controls are to be seen once there is a photo (page.css)."""
        offered = offered_models(self.models)
        chosen = [one.source for one in offered[:2]]
        script = "\n".join((ASSETS / name).read_text() for name in ("sending.js", "stage.js", "visit.js", "zoom.js"))
        self.comparison = gr.State(None)
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
                self.message = gr.HTML("", elem_id="message")
        self._connect()

    def _connect(self) -> None:
        inputs, picture = [self.comparison, self.chosen], [self.comparison, self.stage]
        models = [*picture, self.message, self.chosen]
        naming: dict[str, Any] = {"inputs": [*inputs, self.named], "outputs": [*models, self.named], **QUIET}
        events = [
            self.stage.bring(self.bring, inputs, picture, concurrency_limit=4, **QUIET),
            self.stage.sample(self.sample, inputs, picture, concurrency_limit=4, **QUIET),
            self.stage.restart(self.restart, inputs, picture, **QUIET),
            self.stage.resume(self.resume, inputs, models, **QUIET),
            self.chosen.input(self.choose, inputs, models, trigger_mode="always_last", **QUIET),
            self.add.click(self.compare_named, concurrency_limit=2, **naming),
            self.named.submit(self.compare_named, concurrency_limit=2, **naming),
        ]
        for event in events:
            event.failure(self.apologize, inputs, picture, queue=False, **QUIET)

    # What people do -------------------------------------------------------------------------------------------------

    def bring(self, former: Comparison | None, chosen: Sequence[str], event: gr.EventData) -> Iterator[list[Update]]:
        """A photo was chosen, dropped or pasted, and uploaded. Of several, the first one that arrived is compared."""
        self._close(former)
        comparison = self._new()
        sent = files_of(event)
        arrived = [one for one in sent if is_upload(one)]
        for other in arrived[1:]:
            Path(str(other["path"])).unlink(missing_ok=True)
        if not arrived:
            yield self._refused(comparison, why_refused(sent[0] if sent else {}, self.limits), chosen)
            return
        comparison.session.add(name_of(arrived[0]), Path(str(arrived[0]["path"])))
        if len(sent) > 1:
            comparison.error = "One photo at a time: the others were left out."
        yield from self._show(comparison, chosen)

    def sample(self, former: Comparison | None, chosen: Sequence[str], event: gr.EventData) -> Iterator[list[Update]]:
        """One of the examples was picked."""
        self._close(former)
        comparison, example = self._new(), self.examples[index_of(event, self.examples)]
        comparison.session.copy(example.path.name, example.path)
        yield from self._show(comparison, chosen)

    def choose(self, comparison: Comparison | None, chosen: Sequence[str]) -> Iterator[list[Update]]:
        """Other models were ticked."""
        if len(chosen) > MAX_MODELS or not chosen:
            kept = [panel.model.source for panel in comparison.panels] if comparison else list(chosen[:MAX_MODELS])
            error = f"{MAX_MODELS} models at the most: take one out first." if chosen else "One model must stay."
            yield [comparison, gr.skip(), render("message.html", error=error), kept]
            return
        for shown in self._go_on(comparison, chosen):
            yield [*shown, "", gr.skip()]

    def compare_named(
        self, comparison: Comparison | None, chosen: Sequence[str], source: str, request: gr.Request
    ) -> Iterator[list[Update]]:
        """Somebody named a model that is not in the list."""
        source = source.strip()
        unchanged = [gr.skip(), gr.skip()]
        yield [comparison, gr.skip(), render("message.html", text=f"Loading {source!r}…"), *unchanged]
        try:
            if not is_from_here(request):
                raise ValueError("models can be added on the machine that this page runs on, and nowhere else")
            if len(chosen) >= MAX_MODELS and source not in chosen:
                raise ValueError(f"{MAX_MODELS} models at the most: take one out first")
            self.models.load(source)
        except ValueError as error:
            yield [comparison, gr.skip(), render("message.html", error=as_sentence(str(error))), *unchanged]
            return
        now = list(dict.fromkeys((*chosen, source)))
        for shown in self._go_on(comparison, now):
            yield [*shown, "", self._choices(now), ""]

    def restart(self, comparison: Comparison | None, chosen: Sequence[str]) -> list[Update]:
        """Start over: the session is put away, and offered."""
        if comparison:
            comparison.session.away = True
            comparison.session.rest()
            self.visits.keep(comparison.session)
        return [None, self._stage(None, chosen, offer=comparison.session if comparison else None)]

    def resume(
        self, comparison: Comparison | None, chosen: Sequence[str], event: gr.EventData
    ) -> Iterator[list[Update]]:
        """The page was reloaded, or somebody came back to it: all is as it was, or is offered."""
        session = self.visits.find(str(event.token))
        if comparison is not None or session is None or not session.items:
            yield [gr.skip()] * 4
        elif event.offer:
            yield [None, self._stage(None, chosen, offer=session), "", gr.skip()]
        else:
            session.away, chosen = False, session.compared or chosen
            found = self._there.get(session.token)
            if found:
                found.begin_again()
            for shown in self._go_on(found, chosen) if found else self._show(self._of(session), chosen):
                yield [*shown, "", self._choices(chosen)]

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
            yield [None, self._stage(None, chosen, GONE)]
            return
        comparison.choose([OfferedModel(key) for key in chosen])
        comparison.session.compared = tuple(chosen)
        yield [comparison, self._stage(comparison, chosen)]
        for panel in comparison.panels:
            if not panel.started:
                comparison.run(panel, self.models)
                if panel not in comparison.panels:  # "Start over" was pressed, or other models chosen meanwhile
                    return
                yield [comparison, self._stage(comparison, chosen)]
        comparison.error = ""

    def _refused(self, comparison: Comparison, reason: str, chosen: Sequence[str]) -> list[Update]:
        self._close(comparison)
        return [None, self._stage(None, chosen, as_sentence(reason))]

    def _stage(
        self,
        comparison: Comparison | None,
        chosen: Sequence[str],
        error: str = "",
        offer: PageSession | None = None,
    ) -> str:
        named = [OfferedModel(key) for key in chosen]
        return compare_view.stage(comparison, named, self.examples, self.privacy, self.limits.max_bytes, error, offer)

    def _choices(self, chosen: Sequence[str]) -> Update:
        """The models to tick, with those that somebody named, and these ticked."""
        keys = dict.fromkeys((*(one.source for one in offered_models(self.models)), *chosen))
        return gr.update(choices=[(OfferedModel(key).label, key) for key in keys], value=list(chosen))

    def _close(self, comparison: Comparison | None) -> None:
        if comparison:
            comparison.panels = []
            self.visits.end(comparison.session)

    def _new(self) -> Comparison:
        return self._of(self.visits.new())

    def _of(self, session: PageSession) -> Comparison:
        comparison = self._there[session.token] = Comparison(session)
        return comparison


def is_from_here(request: gr.Request) -> bool:
    """Whether a request comes from the machine that the server runs on, asked for by one of its own names and not
    handed on by a proxy: who asks may then name folders of it."""
    handed_on = any(name in request.headers for name in _FORWARDED)
    asked_for = str(request.headers.get("host", ""))
    return is_own_address(str(request.client.host)) and is_own_name(asked_for) and not handed_on
