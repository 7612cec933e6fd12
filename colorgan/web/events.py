"""What both pages need to answer events: the options of an event, and what a browser sent with it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from colorgan.web.limits import Limits

Update = Any  # what Gradio takes as an output: a value, gr.update() or gr.skip()
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def is_upload(sent: Any) -> bool:
    """Whether one file of an event came from a browser to Gradio's folder of uploads, and is there."""
    path = Path(str(sent.get("path", ""))).resolve()
    return path.is_file() and path.is_relative_to(Path(gr.utils.get_upload_folder()).resolve())


def name_of(sent: Any) -> str:
    """What a file of an event is called where it comes from."""
    return str(sent.get("name", "photo"))


def why_refused(sent: Any, limits: Limits) -> str:
    """Why a file of an event that is no upload is not here."""
    name = name_of(sent)
    if sent.get("problem") == "large":
        return f"{name!r} is larger than {limits.max_megabytes} MB, the most this page takes"
    return f"{name!r} did not arrive: please try again"


def index_of(event: gr.EventData, of: Sequence[Any]) -> int:
    """The index that an event carries, kept within a list: it comes from a browser."""
    return min(max(int(event.index), 0), len(of) - 1)
