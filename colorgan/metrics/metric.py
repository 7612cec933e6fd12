"""A metric as one row: what it is called, how it is measured, how its values are written and compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from colorgan.intervals import Interval

if TYPE_CHECKING:
    from torch import Tensor

    from colorgan.intervals.bootstrap import Estimate
    from colorgan.metrics.pictures import Pictures

Better = Literal["low", "high", "truth", "neither"]  # "truth": as the real photos have it
PhotoFunction = Callable[["Pictures", "Pictures"], "Tensor"]  # predicted, truth -> a value a photo, (N,)


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What every metric has; the classes below add how their kind is measured."""

    key: str  # in report.json
    title: str  # heads a column: "PSNR, dB"
    long_title: str  # says what it is, to whoever does not know the title
    remark: str = ""  # how to read a value, in whole sentences
    source: str = ""  # the paper
    better: Better
    digits: int = 2  # after the point
    percent: bool = False  # written times 100, without digits after the point
    target: float | None = None  # the real photos' value, where it is the same for all photos
    headline: bool = False  # one of the few that fit on a card and on the Compare page
    recipes_table: Literal["close", "alike"] | None = None  # of docs/results.md: to the photo, or as a set
    on_request: bool = False  # computed only where it is asked for

    @property
    def heading(self) -> str:
        """The title, with an arrow where less or more is better."""
        return self.title + {"low": " ↓", "high": " ↑"}.get(self.better, "")

    @property
    def way(self) -> str:
        """Which values are better, in a sentence; empty where none are."""
        return {
            "low": "Less is better.",
            "high": "More is better.",
            "truth": "As much as the photo's own is best.",
            "neither": "",
        }[self.better]

    @property
    def about(self) -> str:
        """What it is, how to read it, and where it comes from."""
        source = f"{self.source}." if self.source else ""
        return " ".join(part for part in (f"{self.long_title}.", self.remark, source) if part)

    @property
    def always_shown(self) -> bool:
        """Whether a table has a row of it even where nobody has a value."""
        return not self.on_request

    def text(self, value: float) -> str:
        """A value as people write it: a true minus, and none before a zero."""
        shown = f"{100 * value:.0f} %" if self.percent else f"{value:.{self.digits}f}"
        return shown.removeprefix("-") if not any(digit in shown for digit in "123456789") else shown.replace("-", "−")

    def interval_text(self, interval: Interval | None) -> str:
        """ "12.31 (11.02 to 13.64)"; without the brackets where the interval is a point, and a dash for None."""
        if interval is None:
            return "–"
        if interval.low == interval.high:
            return self.text(interval.value)
        return f"{self.text(interval.value)} ({self.text(interval.low)} to {self.text(interval.high)})"

    def best(self, values: Mapping[str, float], truth: float | None = None) -> str | None:
        """Whose value is best; None where fewer than two have one, or nothing is better by itself.

        `truth` is the real photos' own value, where it is not the same for all photos.
        """
        aim = truth if self.target is None else self.target
        if len(values) < 2 or self.better == "neither" or (self.better == "truth" and aim is None):
            return None
        if self.better == "truth" and aim is not None:
            return min(values, key=lambda name: abs(values[name] - aim))
        return (min if self.better == "low" else max)(values, key=lambda name: values[name])

    def verdict(self, difference: Interval) -> str:
        """What a difference, first minus second, says of the first one; empty where it says neither."""
        if self.better in ("truth", "neither"):
            return ""
        if difference.low <= 0 <= difference.high:
            return "could be chance"
        return "better" if (difference.value < 0) == (self.better == "low") else "worse"


@dataclass(frozen=True, kw_only=True)
class PhotoMetric(Metric):
    """A value of each photo; an evaluation has its mean over photos.

    `function` is None where a network computes it that is loaded on request.
    """

    function: PhotoFunction | None
    of_truth: bool = False  # real photos have a value of their own, which `function` gives for the truth twice
    needs_colour: bool = False  # pictures without any have no value

    @property
    def column(self) -> str:
        """What photos.csv calls a photo's value."""
        return self.key

    def of_pictures(self, predicted: "Pictures", truth: "Pictures") -> float | None:
        """The value of a few pictures together; None where they have none."""
        if self.function is None or (self.needs_colour and not predicted.ab.any()):
            return None
        return float(self.function(predicted, truth).mean())


@dataclass(frozen=True, kw_only=True)
class RatioMetric(PhotoMetric):
    """The mean over photos of what `function` gives, over the mean of what it gives for the truth.

    A ratio of means: the mean of ratios would be ruled by the photos that have little.
    """

    of_truth: bool = True
    photo_column: str

    @property
    def column(self) -> str:
        """What photos.csv calls a photo's value, which is no ratio."""
        return self.photo_column

    def of_pictures(self, predicted: "Pictures", truth: "Pictures") -> float | None:
        """The ratio over a few pictures together."""
        part, whole = super().of_pictures(predicted, truth), super().of_pictures(truth, truth)
        return part / whole if part is not None and whole else None


@dataclass(frozen=True, kw_only=True)
class CurveMetric(Metric):
    """Read off a model's curves, as its chroma is scaled: vividness (R, G) and decibels (R, G) -> values (R,)."""

    function: Callable[["Tensor", "Tensor"], "Tensor"]


@dataclass(frozen=True, kw_only=True)
class SetMetric(Metric):
    """A distance between the set of predicted pictures and that of real ones.

    `function` takes what describes each picture of both sets, and a seed.
    """

    function: Callable[["Tensor", "Tensor", int], "Estimate"]
    described_by: Literal["histograms", "features", "inception", "maps"]
    fewest: int  # photos below which it says nothing


@dataclass(frozen=True, kw_only=True)
class VariantMetric(Metric):
    """Of models that draw variants, on the first photos: variants' ab (N, V, 2, H, W) and the truth -> (N,).

    With `over_picture`, the mean is divided by that metric's over the model's own pictures of the same photos.
    """

    function: Callable[["Tensor", "Pictures"], "Tensor"]
    over_picture: PhotoFunction | None = None

    @property
    def always_shown(self) -> bool:
        """Few models have variants."""
        return False


@dataclass(frozen=True, kw_only=True)
class HintMetric(Metric):
    """Of models that take hints: what they make of what is said of a photo in a person's place.

    A value of each photo, which evaluation/hinting.py measures; an evaluation has the mean.
    """

    on_request: bool = True
