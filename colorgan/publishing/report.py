"""What `colorgan evaluate` found about a model, from the report beside it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub.utils import yaml_dump

from colorgan.card import CardEvaluation, CardMetric
from colorgan.data.names import KNOWN, is_local, public_name
from colorgan.evaluation.report import REPORT
from colorgan.files import sha256
from colorgan.intervals import Interval
from colorgan.metrics.table import HEADLINES
from colorgan.publishing.reading import read_object, understood


@dataclass(frozen=True)
class JudgedData:
    """A data set that a report judged by, as far as a card tells of it."""

    name: str
    revision: str | None


@dataclass(frozen=True)
class ModelReport:
    """The part of a report that is about one model."""

    data: tuple[JudgedData, ...]
    split: str
    photos: int
    resolution: int
    day: str
    metrics: dict[str, Interval]

    @classmethod
    def read(cls, folder: Path, weights: Path) -> "ModelReport | None":
        """A folder's report on these weights; None without a report.

        Raises ValueError where the report cannot be read, or judges other weights.
        """
        report = read_object(folder / REPORT)
        if not report:
            return None
        with understood(folder / REPORT):
            digest = sha256(weights)
            name = next((one["name"] for one in report["contestants"] if one.get("file_sha256") == digest), None)
            if name is None:
                raise ValueError(
                    f"the {REPORT} of {str(folder)!r} judges other weights: evaluate this model, or remove it"
                )
            return cls._of(report["protocol"], report["figures"][name])

    @classmethod
    def _of(cls, protocol: dict[str, Any], metrics: dict[str, dict[str, float]]) -> "ModelReport":
        return cls(
            tuple(JudgedData(one["name"], one.get("revision")) for one in protocol["data"]),
            protocol["split"],
            protocol["photos"],
            protocol["resolution"],
            str(protocol["date"])[:10],
            {key: Interval(**interval) for key, interval in metrics.items()},
        )

    def eval_results(self) -> bytes | None:
        """What `.eval_results/*.yaml` says of the headline metrics, as huggingface_hub's `EvalResultEntry` has it.

        None where the photos are not of one data set on the Hub, which each entry must name.
        """
        name = self.data[0].name if len(self.data) == 1 else ""
        if not name or is_local(name):
            return None
        dataset = {"id": KNOWN[name][0] if name in KNOWN else name}
        dataset |= {"revision": self.data[0].revision} if self.data[0].revision else {}
        photos = f"split {self.split!r}, {self.photos:,} photos, their shorter side at {self.resolution} pixels"
        entries = [
            {
                "dataset": {**dataset, "task_id": f"colorization_{metric.key}"},
                "value": round(metric.value, 5),
                "date": self.day,
                "notes": f"{metric.title}; 95 % interval {metric.interval_text}; {photos}; colorgan evaluate",
            }
            for metric in self.on_a_card().metrics
        ]
        return yaml_dump(entries, sort_keys=False).encode() if entries else None

    def on_a_card(self) -> CardEvaluation:
        """The headline metrics, and by which photos."""
        names = tuple(one.name for one in self.data)
        return CardEvaluation(
            f"On {self.photos:,} photos of {', '.join(map(public_name, names))} (split {self.split!r}), their shorter "
            f"side at {self.resolution} pixels, {self.day}. The protocol, and all metrics, are in "
            f"[{REPORT}]({REPORT}).",
            names,
            self.split,
            self.data[0].revision,
            tuple(
                CardMetric(metric.key, found.value, found.low, found.high)
                for metric in HEADLINES
                if (found := self.metrics.get(metric.key))
            ),
        )
