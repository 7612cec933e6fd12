"""What all pages need to answer events: the options of an event, what a browser sent with it, and what fails."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from colorgan.web.gradio_import import gradio as gr
from colorgan.web.limits import Limits
from colorgan.web.session_files import SESSIONS

Update = Any  # what Gradio takes as an output: a value, gr.update() or gr.skip()
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_MOST_FILES = 1000  # of one event


def files_of(event: gr.EventData) -> list[dict[str, Any]]:
    """The files that an event names. ValueError for what is no list of them: it comes from a browser."""
    files = event.files
    if not isinstance(files, list) or len(files) > _MOST_FILES or not all(isinstance(one, dict) for one in files):
        raise ValueError(f"files must be a list of at most {_MOST_FILES} objects")
    return files


def is_upload(sent: Any) -> bool:
    """Whether one file of an event came from a browser and is there: below Gradio's folder, and not the pages' own.

    Whose it is, the gate has checked (gate.py).
    """
    path, folder = Path(str(sent.get("path", ""))).resolve(), Path(gr.utils.get_upload_folder()).resolve()
    return path.is_file() and path.is_relative_to(folder) and not path.is_relative_to(folder / SESSIONS)


def name_of(sent: Any) -> str:
    """What a file of an event is called where it comes from."""
    return str(sent.get("name", "photo"))


def why_refused(sent: Any, limits: Limits) -> str:
    """Why a file of an event that is no upload is not here."""
    name = name_of(sent)
    if sent.get("problem") == "large":
        return f"{name!r} is larger than {limits.max_megabytes} MB, the most this page takes"
    if sent.get("problem") == "refused":
        return f"{name!r}: {str(sent.get('reason'))[:200]}"
    return f"{name!r} did not arrive: please try again"


def index_of(event: gr.EventData, of: Sequence[Any]) -> int:
    """The index that an event carries, kept within a list: it comes from a browser."""
    return min(max(int(event.index), 0), len(of) - 1)


def answering(ask: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """As Gradio wants it, a function with a name; nothing where it is asked nonsense, or about what is gone."""

    @functools.wraps(ask)
    def answer(asked: Any) -> dict[str, Any]:
        try:
            return ask(asked)
        except (LookupError, TypeError, ValueError):
            return {}

    answer.__name__ = ask.__name__.strip("_")
    return answer
