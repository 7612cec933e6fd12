"""One photo through several models, for the Compare page: pictures, and metrics where its true colours are known.

Knows no web framework. Files are kept in a `PageSession`'s folder, which `close` removes.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from colorgan import DEFAULT_WEIGHTS
from colorgan.photo.fitting import fit
from colorgan.web.decoding import with_pixels
from colorgan.web.items import PhotoItem
from colorgan.web.messages import describe_failure
from colorgan.web.models import Models, bundled_models
from colorgan.web.session import PageSession

if TYPE_CHECKING:
    from torch import Tensor

    from colorgan.metrics.metric import PhotoMetric
    from colorgan.metrics.pictures import Pictures

SHOWN_EDGE = 2048  # pixels of the longer side of every picture: enough to look closely, and quick to paint
MAX_MODELS = 4  # side by side
METRIC_RESOLUTION = 256  # pixels of the shorter side that metrics are taken at, as `colorgan evaluate` does
OWN = "colorgan's own"


@dataclass(frozen=True)
class OfferedModel:
    """A model to compare, not loaded yet: a folder, or its name on the Hub."""

    source: str

    @property
    def label(self) -> str:
        """What people call it."""
        if self.source in bundled_models():
            folder = Path(self.source).name
            return OWN if self.source == DEFAULT_WEIGHTS else "its regression twin" if folder == "twin" else folder
        return self.source.rstrip("/").rsplit("/", 1)[-1] if Path(self.source).is_absolute() else self.source

    @property
    def note(self) -> str:
        """What to know about it, if anything."""
        if self.source in bundled_models() and Path(self.source).name == "twin":
            return (
                "Trained by regression alone. Since every wrong guess costs it, it stays cautious: pale and brownish, "
                "the sepia effect."
            )
        return ""


def offered_models(models: Models) -> list[OfferedModel]:
    """The models that a page offers; the first two are compared unless told otherwise.

    Those of its start come first, then the bundled ones.
    """
    return [OfferedModel(source) for source in dict.fromkeys((*models.sources, *bundled_models()))]


@dataclass(eq=False)
class Panel:
    """One model's part of the comparison: at last either `picture`, a JPEG, or `failure`, a reason.

    metrics: empty without true colours.
    """

    model: OfferedModel
    started: bool = False
    picture: Path | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    failure: str = ""

    @property
    def finished(self) -> bool:
        """Whether the model has answered."""
        return bool(self.picture or self.failure)


class Comparison:
    """A photo, and what several models make of it."""

    def __init__(self, session: PageSession):
        self.session = session
        self.decoder = self.session.decoder
        self.panels: list[Panel] = []
        self.ratio = 1.0  # width over height
        self.gray: Path | None = None
        self.original: Path | None = None  # only where its colours are true
        self.error = ""
        self.truth: _Truth | None = None

    @property
    def item(self) -> PhotoItem:
        """The photo."""
        return self.session.items[0]

    @property
    def busy(self) -> bool:
        """Whether some model has not answered yet."""
        return not all(panel.finished for panel in self.panels)

    @with_pixels
    def read(self) -> None:
        """Decode the photo and prepare the gray one, and the original if its colours can be compared with.

        Raises:
            ValueError: it cannot be read; one sentence.
        """
        try:
            photo = self.session.photo(self.item.original)
            self.ratio = photo.size[0] / photo.size[1]
            shown = fit(photo.image, SHOWN_EDGE, reducing_gap=2.0)
            self.gray = self.session.files.show(_gray(shown))
            self.truth = _Truth.of(shown)
            self.original = self.session.files.show(shown) if self.truth else None
        except Exception as error:  # whatever a decoder makes of a file
            raise ValueError(describe_failure(error)) from error

    def choose(self, chosen: list[OfferedModel]) -> None:
        """Which models to show, in this order; what was painted for them before stays."""
        there = {panel.model: panel for panel in self.panels}
        self.panels = [there.get(one) or Panel(one) for one in chosen]

    def begin_again(self) -> None:
        """What was under way when the page went is left to itself, and will be done anew."""
        self.panels = [panel if panel.finished else Panel(panel.model) for panel in self.panels]

    @with_pixels
    def run(self, panel: Panel, models: Models) -> None:
        """Let a model colorize the photo. A failure becomes the panel's reason: it never stops the others."""
        panel.started = True
        try:
            model = models.load(panel.model.source)
            image = self.session.photo(self.item.original).image
            prediction, _ = models.predict(model, image, 0, 0)
            panel.metrics = self.truth.metrics(prediction.lines[:1]) if self.truth else {}
            shown = fit(image, SHOWN_EDGE, reducing_gap=2.0)
            panel.picture = self.session.files.show(prediction.picture(shown))
        except ValueError as error:
            panel.failure = str(error)
        except Exception as error:
            panel.failure = describe_failure(error)

    def close(self) -> None:
        """Remove every file of the session."""
        self.panels = []
        self.session.close()


@dataclass(frozen=True)
class _Truth:
    """The photo's own colours, one picture at the size of metrics."""

    pictures: "Pictures"

    @classmethod
    def of(cls, image: Image.Image) -> "_Truth | None":
        """None where there are no true colours: in a gray photo, in a toned print, or in a ribbon of a photo."""
        from colorgan.data.whole import why_untrue
        from colorgan.images import to_tensor
        from colorgan.metrics.pictures import Pictures
        from colorgan.photo.fitting import with_shorter_side

        if image.mode == "L" or why_untrue(rgb := image.convert("RGB")):
            return None
        return cls(Pictures.of(to_tensor(with_shorter_side(rgb, METRIC_RESOLUTION))[None] / 255))

    def metrics(self, lines: "Tensor") -> dict[str, float]:
        """Lines of `upsampling` (1, 4, h, w) -> how their colours compare with the true ones, by the metrics' keys."""
        from colorgan.metrics.pictures import Pictures
        from colorgan.upsampling import apply_lines

        lightness = self.pictures.lightness
        painted = Pictures.shown(lightness, apply_lines(lines, lightness))
        values = {metric.key: metric.of_pictures(painted, self.pictures) for metric in shown_metrics()}
        return {key: value for key, value in values.items() if value is not None and math.isfinite(value)}

    @cached_property
    def gray(self) -> dict[str, float]:
        """Those of leaving the photo gray."""
        return self.metrics(self.pictures.lightness.new_zeros(1, 4, 1, 1))

    @cached_property
    def own(self) -> dict[str, float]:
        """Those of the photo itself, where they are not perfect by definition."""
        values = {
            metric.key: metric.of_pictures(self.pictures, self.pictures)
            for metric in shown_metrics()
            if metric.of_truth
        }
        return {key: value for key, value in values.items() if value is not None}


def shown_metrics() -> "list[PhotoMetric]":
    """The headline metrics that one photo has by itself."""
    from colorgan.metrics.metric import PhotoMetric
    from colorgan.metrics.table import HEADLINES

    return [metric for metric in HEADLINES if isinstance(metric, PhotoMetric) and metric.function]


def _gray(image: Image.Image) -> Image.Image:
    """The photo's lightness alone, as the models' pictures have it."""
    import torch

    from colorgan.painting import paint

    return paint(image, torch.zeros(4, 2, 2))
