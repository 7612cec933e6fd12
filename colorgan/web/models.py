"""The models a page offers: loaded once, in the background; more of them on demand."""

import functools
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from colorgan import DEFAULT_WEIGHTS
from colorgan.web import gpu  # before torch: a Space's borrowed card wants to be first

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer, Prediction, Reference
    from colorgan.colorizer.orientation import Orientation

MAX_EXTRAS = 4  # models beyond those of the start that stay in memory
MAX_SOURCE_LENGTH = 250  # of what somebody types; file systems take no longer names


def bundled_models(folder: str = DEFAULT_WEIGHTS) -> list[str]:
    """The folders of the models that come along: the flagship, and whatever has a config.json in a folder below it.

    None on a Space, which brings a model of its own.
    """
    root = Path(folder)
    configs = (root / "config.json", *sorted(root.glob("*/config.json")))
    return [str(config.parent) for config in configs if config.is_file()]


@dataclass(frozen=True)
class LoadedModel:
    """A colorizer in memory, and what a page wants to know about it."""

    source: str
    colorizer: "Colorizer"

    @property
    def can_vary(self) -> bool:
        """Whether it draws variants."""
        return self.colorizer.can_vary

    @property
    def takes_hints(self) -> bool:
        """Whether it can be told what colour something was."""
        return bool(getattr(self.colorizer, "takes_hints", False))

    @functools.cached_property
    def orientation(self) -> "Orientation | None":
        """What tells by its network which way up a photo is, where that was learnt."""
        from colorgan.colorizer.orientation import Orientation

        return Orientation.beside(self.source, self.colorizer)

    @property
    def name(self) -> str:
        """What to call it in the page and in a file's metadata."""
        return str(getattr(self.colorizer, "name", "") or self.source)

    @property
    def license(self) -> str:
        """Of the weights, as the model's own card states it."""
        return str(getattr(self.colorizer, "license", "") or "not stated")

    @property
    def study_name(self) -> str:
        """What the built-in study calls it: by its recipe, as ever, since the name is part of the study's identity."""
        return str(getattr(self.colorizer, "recipe", "") or self.name)


class Models:
    """The models of `sources` (folders or Hub ids; the first is the default), the same for every session.

    The only thing sessions share. One photo at a time goes through a network, so that two people cannot ask for more
    memory than one. `load` brings in others: the bundled ones for anybody, and whatever somebody names if
    `others_welcome`. That is for a server of one's own: a stranger could have any folder of the machine tried, its disk
    filled from the Hub, and the models read that its owner's token may see.
    """

    def __init__(self, sources: Sequence[str], others_welcome: bool = False):
        if not sources:
            raise ValueError("name at least one model: a folder or a Hub id")
        self.sources = list(dict.fromkeys(sources))
        self.others_welcome = others_welcome
        self._loaded: dict[str, LoadedModel] = {}
        self._extras: OrderedDict[str, LoadedModel] = OrderedDict()  # the one used last at the end
        self._error: Exception | None = None
        self._turn, self._changing = threading.Lock(), threading.Lock()
        self._thread = threading.Thread(target=self._load, name="colorgan-models", daemon=True)

    def start(self) -> None:
        """Load them in the background, if nobody has begun with it."""
        with self._changing:
            if self._thread.ident is None:
                self._thread.start()

    def wait(self) -> None:
        """Until all are loaded and warm.

        Raises:
            ValueError: one of them is not a model; the message quotes it.
        """
        self.start()
        self._thread.join()
        if self._error:
            raise self._error

    def get(self, source: str | None = None) -> LoadedModel:
        """A model by its source, the default one without; waits while it is being loaded."""
        self.wait()
        if source is not None and source not in self._loaded:
            raise ValueError(f"model must be one of {', '.join(self.sources)}, got {source!r}")
        return self._loaded[source or self.sources[0]]

    def load(self, source: str) -> LoadedModel:
        """A model by its source, loaded now if it is not yet; the `MAX_EXTRAS` used last are kept.

        Raises:
            ValueError: it is not one that may be loaded here, or cannot be; one line that quotes it.
        """
        self.wait()
        if source in self._loaded:
            return self._loaded[source]
        if source not in bundled_models():
            self._check_welcome(source)
        model = self._extras.get(source) or _warm(source, _fetched(source))  # the Hub can take long: nobody else waits
        with self._changing:
            self._extras[source] = model
            self._extras.move_to_end(source)
            while len(self._extras) > MAX_EXTRAS:
                self._extras.popitem(last=False)
        return model

    def _check_welcome(self, source: str) -> None:
        if not self.others_welcome:
            raise ValueError("this page compares the models that it lists, and no others")
        if not source or len(source) > MAX_SOURCE_LENGTH or not source.isprintable():
            raise ValueError("name a model: its id on the Hub, like user/model, or its folder on this machine")

    def predict(
        self, model: LoadedModel, image: Image.Image, variants: int, seed: int, **more: Any
    ) -> "tuple[Prediction, float]":
        """What the model says about an upright image, and the seconds that its network took.

        more: hints and the like, see `Colorizer.predict`.
        """
        how = {"variants": variants if model.can_vary else 0, "seed": seed, **more}
        with self._turn:
            started = time.perf_counter()
            if gpu.IS_BORROWED:
                prediction = model.colorizer.recall(*gpu.predict(model.source, image, how))
            else:
                [prediction] = model.colorizer.predict([image], **how)
            return prediction, time.perf_counter() - started

    def see(self, model: LoadedModel, image: Image.Image) -> "Reference":
        """A photo in colour as a reference for others. ValueError where it has no colours."""
        with self._turn:
            return model.colorizer.see(image)

    def _load(self) -> None:
        try:
            from colorgan.colorizer import Colorizer

            for source in self.sources:
                self._loaded[source] = _warm(source, Colorizer.from_pretrained(source))
        except Exception as error:  # raised again where somebody waits for it
            self._error = error


def _fetched(source: str) -> "Colorizer":
    """A model that somebody named: whatever goes wrong with it is their answer, in one line."""
    from colorgan.colorizer import Colorizer

    try:
        folder = Path(source).expanduser()
        return Colorizer.from_pretrained(folder if folder.is_dir() else source)
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(f"{source!r} could not be loaded: {type(error).__name__}") from error


def _warm(source: str, colorizer: "Colorizer") -> LoadedModel:
    """Run the model once, so that the first photo is as fast as the second."""
    gray = Image.new("L", (256, 256), 128)
    [prediction] = colorizer.predict([gray], variants=int(colorizer.can_vary))
    prediction.picture(gray)
    return LoadedModel(source, colorizer)
