"""The pages as Gradio answers their events: each is a touch of a visit, and what fails is one line and no traceback."""

import sys
from typing import Any

from starlette.concurrency import run_in_threadpool

from colorgan.files import one_line
from colorgan.web.comparison import Comparison
from colorgan.web.filming import VisitedFilm
from colorgan.web.gate import Door
from colorgan.web.gradio_import import gradio as gr
from colorgan.web.messages import NOT_DONE
from colorgan.web.session import PageSession
from colorgan.web.visits import Visits


class PageBlocks(gr.Blocks):
    """`gr.Blocks` whose sessions are looked after by `visits`.

    door: what the gate knows of folders and visitors, where there is one.
    """

    def __init__(self, visits: Visits, **options: Any):
        self.visits = visits
        self.door: Door | None = None
        super().__init__(**options)

    async def process_api(self, block_fn: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
        """Answer one event, or one step of it."""
        state = named.get("state")
        values: dict[int, Any] = state.state_data if state is not None else {}
        for key, value in list(values.items()):
            session = session_of(value)
            if session is not None and session.closed:
                values[key] = None  # gone since: the page begins anew
            elif session is not None:
                self.visits.touch(session)
        try:
            answer = await super().process_api(block_fn, *arguments, **named)
        except gr.Error as error:
            error.print_exception = False
            raise
        except Exception as error:
            self._say(getattr(block_fn, "name", "event"), error)
            raise gr.Error(NOT_DONE, print_exception=False, visible=False) from None
        visitor = self.door.events.visitor_of(named.get("session_hash")) if self.door else None
        for value in values.values():
            if (session := session_of(value)) is None:
                continue
            session.visitor = visitor or session.visitor
            if not answer.get("is_generating"):
                await run_in_threadpool(self.visits.keep, session)
        return answer

    def _say(self, name: str, error: Exception) -> None:
        line = f"colorgan page: {name}: {one_line(error, name_class=True)}\n"
        if self.door:
            line = self.door.masks.hide(line.encode(errors="replace")).decode()
        sys.stderr.write(line)


def session_of(value: Any) -> PageSession | None:
    """The session behind what a page has remembered of a visit."""
    found = value.session if isinstance(value, Comparison | VisitedFilm) else value
    return found if isinstance(found, PageSession) else None
