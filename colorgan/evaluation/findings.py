"""What an evaluation has found: plain data, from which the reports are made."""

from dataclasses import dataclass
from typing import Any

from colorgan.evaluation.baselines import GRAY, MEAN
from colorgan.evaluation.measurements import Measurements
from colorgan.evaluation.summary import Summary
from colorgan.intervals import Interval
from colorgan.metrics.metric import Metric
from colorgan.metrics.table import METRICS

TRUTH = "real photos"


@dataclass(frozen=True)
class Findings:
    """An evaluation's metrics, how they came about, and what is kept of the photos."""

    protocol: dict[str, Any]
    candidates: list[dict[str, Any]]  # name, kind, and where it comes from; baselines are among them
    summary: Summary
    measurements: Measurements

    @property
    def judged(self) -> list[str]:
        """The models and folders of predictions."""
        return [name for name in self.summary.figures if name not in (GRAY, MEAN)]

    @property
    def columns(self) -> list[str]:
        """Whom a table shows, real photos last. Baselines are always there, with dashes if they could not be had."""
        return [GRAY, MEAN, *self.judged, TRUTH]

    @property
    def shown_metrics(self) -> list[Metric]:
        """The rows of a table: all metrics, but those that nobody has, such as of variants."""
        known = {key for one in self.summary.figures.values() for key in one}
        return [metric for metric in METRICS if metric.always_shown or metric.key in known]

    def value(self, name: str, metric: Metric) -> Interval | None:
        """A cell of a table."""
        if name != TRUTH:
            return self.summary.figures.get(name, {}).get(metric.key)
        if metric.target is not None:
            return Interval(metric.target, metric.target, metric.target)
        return self.summary.truth.get(metric.key)

    def best(self, metric: Metric) -> str | None:
        """Who has the best value of a metric, baselines among them; None where nothing is better by itself."""
        values = {name: self.value(name, metric) for name in self.columns[:-1]}
        truth = self.value(TRUTH, metric)
        return metric.best({name: one.value for name, one in values.items() if one}, truth.value if truth else None)
