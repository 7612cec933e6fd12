"""The models a page offers: loaded once, in the background, while the server starts."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer, Prediction

DEFAULT_LICENSE = "apache-2.0"  # what every model published from this code is under, unless it says otherwise


@dataclass(frozen=True)
class Model:
    """A loaded colorizer, and what a page wants to know about it."""

    source: str
    colorizer: "Colorizer"
    can_vary: bool

    @property
    def name(self) -> str:
        """What to call it in the page and in a file's metadata."""
        return str(getattr(self.colorizer, "name", "") or self.source)

    @property
    def license(self) -> str:
        """Of the weights."""
        return str(getattr(self.colorizer, "license", "") or DEFAULT_LICENSE)


class Models:
    """The models of `sources` (folders or Hub ids; the first is the default), the same for every session.

    The only thing sessions share. One photo at a time goes through a network, so that two people cannot ask for more
    memory than one.
    """

    def __init__(self, sources: Sequence[str]):
        if not sources:
            raise ValueError("name at least one model: a folder or a Hub id")
        self.sources = list(dict.fromkeys(sources))
        self._loaded: dict[str, Model] = {}
        self._error: Exception | None = None
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._load, name="colorgan-models", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Until all are loaded and warm.

        Raises:
            ValueError: one of them is not a model; the message quotes it.
        """
        self._thread.join()
        if self._error:
            raise self._error

    def get(self, source: str | None = None) -> Model:
        """A model by its source, the default one without; waits while it is being loaded."""
        self.wait()
        if source is not None and source not in self._loaded:
            raise ValueError(f"model must be one of {', '.join(self.sources)}, got {source!r}")
        return self._loaded[source or self.sources[0]]

    def predict(self, model: Model, image: Image.Image, variants: int, seed: int) -> "tuple[Prediction, float]":
        """What the model says about an upright image, and the seconds that its network took."""
        with self._turn:
            started = time.perf_counter()
            prediction = model.colorizer.predict([image], variants=variants if model.can_vary else 0, seed=seed)[0]
            return prediction, time.perf_counter() - started

    def _load(self) -> None:
        try:
            from colorgan.colorizer import Colorizer

            for source in self.sources:
                self._loaded[source] = _warm(source, Colorizer.from_pretrained(source))
        except Exception as error:  # raised again where somebody waits for it
            self._error = error


def _warm(source: str, colorizer: "Colorizer") -> Model:
    """Run the model once, so that the first photo is as fast as the second; learn whether it can draw variants."""
    gray = Image.new("L", (256, 256), 128)
    try:
        prediction, can_vary = colorizer.predict([gray], variants=1)[0], True
    except ValueError:  # its network makes one picture only
        prediction, can_vary = colorizer.predict([gray])[0], False
    prediction.picture(gray)
    return Model(source, colorizer, can_vary)
