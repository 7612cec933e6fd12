"""Gradio, imported in half of its time: imported before any other module imports it.

Gradio 6 writes a type stub beside each of its 81 components whenever it is imported: it parses its own source and
renders a template for each, 1.5 s of 3.3 on two cores, to find that the stub is there already. It leaves that out for a
class without a file, which is what `inspect` says of its classes here until the import is done.
"""

import contextlib
import inspect
import os
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


@contextlib.contextmanager
def _no_stubs() -> Iterator[None]:
    found = inspect.getfile

    def getfile(what: Any) -> str:
        if isinstance(what, type) and what.__module__.startswith("gradio."):
            raise OSError("no file, so no stub")
        return found(what)

    inspect.getfile = getfile  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getfile = found


with _no_stubs():
    import gradio
    from gradio.routes import App


@contextlib.contextmanager
def no_applications() -> Iterator[None]:
    """While pages are put together, no FastAPI application is made of them.

    Gradio 6 makes one whenever a block is left and at `queue`, 0.07 s each, and throws it away: `launch` and
    `mount_gradio_app` make the one that serves.
    """
    made = App.create_app
    App.create_app = staticmethod(lambda *_args, **_options: None)  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        App.create_app = made  # type: ignore[method-assign]


__all__ = ["gradio", "no_applications"]
