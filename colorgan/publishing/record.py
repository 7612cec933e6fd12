"""What a training run left in its folder, read back: its recipe and how it was run, its log, its pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorgan.card import CardEvaluation, CardMetric
from colorgan.metrics.table import BY_KEY
from colorgan.publishing.reading import from_json, read_lines, read_object, recipe_from_json, understood
from colorgan.recipes import Recipe, Run
from colorgan.training.run_folder import CURVES, METRICS, RECIPE, SAMPLES


@dataclass(frozen=True)
class Machine:
    """What a run was trained on."""

    gpu: str
    cpu: str
    cpu_cores: int
    processes: int
    mixed_precision: str

    @property
    def text(self) -> str:
        """In words."""
        if self.gpu:
            text = self.gpu if self.processes == 1 else f"{self.processes} × {self.gpu}"
        else:
            text = f"{self.cpu}, {self.cpu_cores} core{'s' * (self.cpu_cores != 1)}"
            text += f", {self.processes} processes" if self.processes > 1 else ""
        return text if self.mixed_precision == "no" else f"{text}, in {self.mixed_precision}"


@dataclass(frozen=True)
class LogLine:
    """A line of metrics.jsonl: losses ("train") or metrics ("validation") after so many photos and seconds."""

    images_seen: int
    part: str
    seconds: float
    values: Mapping[str, float]


@dataclass(frozen=True)
class RunRecord:
    """What is on record of a run; of a folder that is none, nothing."""

    folder: Path
    recipe: Recipe | None = None
    run: Run | None = None
    machines: tuple[Machine, ...] = ()
    versions: Mapping[str, str] | None = None
    run_seconds: float | None = None  # of a finished run
    log: tuple[LogLine, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> "RunRecord":
        """A run's folder. Raises ValueError, one line that names the file, where one of its files is not readable."""
        with understood(folder / METRICS):
            log = tuple(_log_line(row) for row in read_lines(folder / METRICS))
        recorded = read_object(folder / RECIPE)
        if not recorded:
            return cls(folder, log=log)
        with understood(folder / RECIPE):
            run = recorded["run"]
            return cls(
                folder,
                recipe_from_json(recorded["recipe"]),
                from_json(Run, run | {"output_dir": folder}),
                tuple(Machine(**machine) for machine in run.get("machines", ())),
                run.get("versions"),
                run.get("seconds"),
                log,
            )

    @property
    def sample(self) -> Path | None:
        """The latest sample sheet."""
        return max((self.folder / SAMPLES).glob("*.png"), default=None)

    @property
    def curves(self) -> Path | None:
        """The plots of the losses and metrics."""
        path = self.folder / CURVES
        return path if path.is_file() else None

    @property
    def images_seen(self) -> int | None:
        """Photos that the training went through."""
        return max((line.images_seen for line in self.log), default=None)

    @property
    def seconds(self) -> float | None:
        """Time that the training took."""
        return self.run_seconds or max((line.seconds for line in self.log), default=None) or None

    @property
    def hardware(self) -> str:
        """The machines, one after the other; empty where none is on record."""
        return "; then ".join(machine.text for machine in self.machines)

    def validation(self) -> CardEvaluation | None:
        """The trainer's own last validation, for want of an evaluation."""
        last = next((line for line in reversed(self.log) if line.part == "validation"), None)
        if last is None or self.run is None or self.recipe is None:
            return None
        return CardEvaluation(
            f"Only the trainer's own validation on no more than {self.run.validation_photos} photos, after "
            f"{last.images_seen:,} training photos: too few for an interval, or to be compared with others' metrics.",
            self.run.validation_dataset or self.recipe.data.dataset,
            self.run.validation_split or None,
            None,
            tuple(CardMetric(key, value) for key, value in last.values.items() if key in BY_KEY),
        )


def _log_line(row: dict[str, Any]) -> LogLine:
    own = {name: row[name] for name in ("images_seen", "part", "seconds")}
    return LogLine(**own, values={name: float(value) for name, value in row.items() if name not in own})
