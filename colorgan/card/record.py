"""What a run's folder says about a model: its recipe, its losses and figures, its pictures, its evaluation."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from colorgan.recipes import RECIPES

RECIPE, METRICS, REPORT, STUDY = "recipe.json", "metrics.jsonl", "report.json", "results.json"
WEIGHTS = "model.safetensors"
_LABELS = {  # figure -> what a card calls it; those of the trainer's own validation, and the main ones of a report
    "psnr": "PSNR, dB (higher is closer)",
    "psnr_as_vivid": "PSNR at equal vividness, dB (higher is closer)",
    "ciede2000": "CIEDE2000 (lower is closer)",
    "chroma_ratio": "vividness: chroma over that of the real photos (1 is as vivid)",
    "ssim": "SSIM (higher is closer)",
    "colourfulness": "colourfulness, Hasler and Suesstrunk",
    "warm_share": "share of chroma that is warm (far above the photos' is the sepia effect)",
    "bleeding": "colour bleeding (lower is better)",
    "two_sample": "two-sample test, accuracy of telling from real (0.5 is perfect)",
}


@dataclass(frozen=True)
class Figure:
    """A figure of a card; the interval is of 95 %, None where none was measured."""

    key: str
    value: float
    low: float | None = None
    high: float | None = None

    @property
    def label(self) -> str:
        """In words."""
        return _LABELS[self.key]

    @property
    def value_text(self) -> str:
        """With as many digits as say something."""
        return f"{self.value:#.3g}" if abs(self.value) < 10 else f"{self.value:.2f}"

    @property
    def interval_text(self) -> str:
        """From where to where; a dash for none."""
        if self.low is None or self.high is None:
            return "–"
        low, high = Figure(self.key, self.low), Figure(self.key, self.high)
        return f"{low.value_text} to {high.value_text}"


@dataclass(frozen=True)
class Results:
    """Figures, and on which photos."""

    introduction: str
    data: tuple[str, ...]
    split: str | None
    revision: str | None
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class RunRecord:
    """What is known of how a model came to be. Without a folder: its recipe as the name says, and no more."""

    folder: Path | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)  # as recipe.json has it
    run: Mapping[str, Any] = field(default_factory=dict)
    rows: tuple[Mapping[str, Any], ...] = ()  # of metrics.jsonl
    report: Mapping[str, Any] = field(default_factory=dict)  # of `colorgan evaluate`
    study: Mapping[str, Any] = field(default_factory=dict)  # results.json of a study's export
    hardware: str = ""

    @classmethod
    def of_recipe(cls, name: str) -> "RunRecord":
        """The record of a model of which only the recipe's name is known."""
        return cls(recipe=asdict(RECIPES[name]) if name in RECIPES else {})

    @classmethod
    def read(cls, folder: Path, hardware: str = "") -> "RunRecord":
        """A run's folder. Raises ValueError, one line that names the file, where one of its files is not readable."""
        recorded = _json(folder / RECIPE)
        rows = tuple(_rows(folder / METRICS))
        report, study = _json(folder / REPORT), _json(folder / STUDY)
        return cls(folder, recorded.get("recipe", {}), recorded.get("run", {}), rows, report, study, hardware)

    @property
    def as_named(self) -> bool:
        """Whether the recipe is the one of its name, whatever the photos were."""
        named = RunRecord.of_recipe(self.recipe.get("name", "")).recipe
        return _made(self.recipe) == _made(named)

    @property
    def sample(self) -> Path | None:
        """The latest sample sheet."""
        return max((self.folder / "samples").glob("*.png"), default=None) if self.folder else None

    @property
    def curves(self) -> list[Path]:
        """The plots of the losses and figures."""
        return sorted(self.folder.glob("curves*.png")) if self.folder else []

    @property
    def trained_on(self) -> str:
        """The machines of the training, unless `hardware` says it better; empty where nothing is on record."""
        return self.hardware or "; then ".join(_machine_text(one) for one in self.run.get("machines", ()))

    @property
    def images_seen(self) -> int | None:
        """Photos that the training went through."""
        return max((int(row["images_seen"]) for row in self.rows), default=None)

    @property
    def seconds(self) -> float | None:
        """Time that the training took."""
        if "seconds" in self.run:
            return float(self.run["seconds"])
        return max((float(row.get("seconds", 0)) for row in self.rows), default=None) or None

    def results(self, weights: Path | None) -> Results | None:
        """The report's figures on these weights, or else the trainer's last validation.

        Raises ValueError where the report judges other weights.
        """
        return self._reported(weights) if self.report else self._validated()

    def _validated(self) -> Results | None:
        last = next((row for row in reversed(self.rows) if row.get("part") == "validation"), None)
        if last is None:
            return None
        figures = tuple(Figure(key, float(last[key])) for key in ("psnr", "chroma_ratio") if key in last)
        count, data = self.run.get("validation_photos"), self.run.get("validation_dataset") or self._training_sets
        photos = f"no more than {count} photos" if count else "a few photos"
        words = (
            f"Only the trainer's own last look at {photos}, after {last['images_seen']:,} training photos: too few for "
            "an interval, and not to be compared with the figures of others."
        )
        return Results(words, tuple(data), self.run.get("validation_split") or None, None, figures)

    def _reported(self, weights: Path | None) -> Results:
        try:
            return self._found_in_report(weights)
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(
                f"{str(self.folder)!r} has a report.json that this version cannot read: {error!r}"
            ) from error

    def _found_in_report(self, weights: Path | None) -> Results:
        digest = hashlib.sha256(weights.read_bytes()).hexdigest() if weights else ""
        judged = [one for one in self.report["contestants"] if one.get("file_sha256") == digest]
        if not judged:
            raise ValueError(
                f"the report.json of {str(self.folder)!r} judges other weights: evaluate this model, or remove it"
            )
        protocol, found = self.report["protocol"], self.report["figures"][judged[0]["name"]]
        figures = tuple(
            Figure(key, found[key]["value"], found[key]["low"], found[key]["high"]) for key in _LABELS if key in found
        )
        data = protocol["data"]
        words = (
            f"On {protocol['photos']:,} photos of {', '.join(public_name(one['name']) for one in data)} (split "
            f"{protocol['split']!r}), their shorter side at {protocol['resolution']} pixels, "
            f"{str(protocol['date'])[:10]}. The protocol, and all figures, are in [report.json]({REPORT})."
        )
        names = tuple(one["name"] for one in data)
        return Results(words, names, protocol["split"], data[0].get("revision"), figures)

    def fooled(self, *names: str) -> str:
        """What a study of people found about this model, known by one of these names; empty without a study.

        Raises ValueError where the study is of other models.
        """
        try:
            return self._found_in_study(names) if self.study else ""
        except (KeyError, TypeError, AttributeError) as error:
            problem = f"{str(self.folder)!r} has a results.json that is not a paired study's: {error!r}"
            raise ValueError(problem) from error

    def _found_in_study(self, names: tuple[str, ...]) -> str:
        study = self.study["results"]
        groups = {group["name"]: group for group in study["models"]}
        name = next((name for name in names if name in groups), None) or (
            next(iter(groups)) if len(groups) == 1 else ""
        )
        if name not in groups:
            raise ValueError(
                f"the results.json of {str(self.folder)!r} is a study of {', '.join(groups)}: none is {names[0]!r}"
            )
        group, rate = groups[name], groups[name]["these_photos"]
        value, low, high = (f"{100 * rate[key]:.0f}" for key in ("value", "low", "high"))
        demonstration = "" if study["protocol_version"] == "paired-1" else " A demonstration, not to be compared."
        return (
            f"Shown a real photo beside its colorized version, people took the colorized one for real in {value} % of "
            f"trials (95 % interval for these photos: {low} to {high} %; {group['votes']:,} votes of "
            f"{group['people']:,} people, protocol {study['protocol_version']}). At 50 % nobody could tell."
            f"{demonstration}"
        )

    @property
    def _training_sets(self) -> tuple[str, ...]:
        return tuple((self.recipe.get("data") or {}).get("dataset", ()))


def is_local(name: str) -> bool:
    """Whether a data set's name is a path of some machine, which means nothing to anyone else."""
    return name.startswith(("/", ".", "~")) or "\\" in name or name.count("/") > 1 or Path(name).exists()


def public_name(name: str) -> str:
    """A data set's name as strangers may see it: of a path, its last part."""
    return Path(name.replace("\\", "/")).name if is_local(name) else name


def _made(recipe: Mapping[str, Any]) -> Any:
    """What makes a recipe, as JSON has it: not its words, and not which photos."""
    of_the_photos = ("dataset", "dataset_weights", "split", "max_photos")
    kept = {name: value for name, value in recipe.items() if name not in ("summary", "notes")}
    data = {name: value for name, value in recipe.get("data", {}).items() if name not in of_the_photos}
    return json.loads(json.dumps({**kept, "data": data}))


def _machine_text(machine: Mapping[str, Any]) -> str:
    """A machine of recipe.json in words."""
    processes, precision = machine["processes"], machine["mixed_precision"]
    if machine["gpu"]:
        text = machine["gpu"] if processes == 1 else f"{processes} × {machine['gpu']}"
    else:
        cores = machine["cpu_cores"]
        text = f"{machine['cpu']}, {cores} core{'s' * (cores != 1)}"
        text += f", {processes} processes" if processes > 1 else ""
    return text if precision == "no" else f"{text}, in {precision}"


def _json(path: Path) -> dict[str, Any]:
    """A JSON object; {} where there is no such file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise ValueError(f"{str(path)!r} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{str(path)!r} must hold a JSON object, got {type(content).__name__}")
    return content


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    except ValueError as error:
        raise ValueError(f"{str(path)!r} has a line that is not JSON: {error}") from error
