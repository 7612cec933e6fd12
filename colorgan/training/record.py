"""What a run says while it trains: a progress bar, metrics.jsonl, and accelerate's trackers."""

import json
import math
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor
from tqdm import tqdm

from colorgan.files import write_whole
from colorgan.recipes import Recipe
from colorgan.training.run_folder import METRICS


class Record:
    """Collects the losses of the steps; writes their means where people look. Only the main process writes."""

    def __init__(self, accelerator: Accelerator, folder: Path, recipe: Recipe, images_seen: int, seconds: float):
        self.accelerator, self.path = accelerator, folder / METRICS
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}
        self._began, self._seconds_before = time.monotonic(), seconds
        self._is_main = accelerator.is_main_process
        if self._is_main:
            keep_until(self.path, images_seen)
        self.bar: tqdm[Any] = tqdm(
            desc=recipe.name,
            total=recipe.train_images,
            initial=min(images_seen, recipe.train_images),
            unit="img",
            dynamic_ncols=True,
            mininterval=0.5 if sys.stderr.isatty() else 30.0,
            disable=not self._is_main,
        )

    @property
    def seconds(self) -> float:
        """Time spent training, over all sittings."""
        return self._seconds_before + time.monotonic() - self._began

    def say(self, text: str) -> None:
        """One line above the bar."""
        if self._is_main:
            self.bar.write(text, file=sys.stderr)

    def add(self, losses: dict[str, Tensor], images: int) -> None:
        """Take in a step's losses without waiting for the device."""
        for name, loss in losses.items():
            self._sums[name] = self._sums[name] + loss if name in self._sums else loss
            self._counts[name] = self._counts.get(name, 0) + 1
        self.bar.update(min(images, max(0, self.bar.total - self.bar.n)))

    def mean_losses(self) -> dict[str, float]:
        """Means since the last call, over all processes; every process must call it."""
        names = sorted(self._sums)
        if not names:
            return {}
        means = torch.stack([self._sums[name] / self._counts[name] for name in names])
        means = self.accelerator.reduce(means, "mean")
        self._sums, self._counts = {}, {}
        return dict(zip(names, means.tolist(), strict=True))

    def write(self, part: str, images_seen: int, figures: dict[str, float]) -> None:
        """A line of metrics.jsonl, and the same to the trackers, under "train" or "validation"."""
        self.accelerator.log({f"{part}/{name}": value for name, value in figures.items()}, step=images_seen)
        if not self._is_main:
            return
        row = {"images_seen": images_seen, "part": part, "seconds": round(self.seconds, 2), **figures}
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        if part == "train":
            self.bar.set_postfix({name: f"{value:.4g}" for name, value in figures.items()}, refresh=False)

    def has(self, part: str, images_seen: int) -> bool:
        """Whether metrics.jsonl has a line of this part at this image count."""
        rows = [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.is_file() else []
        return any(row["part"] == part and row["images_seen"] == images_seen for row in rows)

    def close(self) -> None:
        """End the bar."""
        self.bar.close()


def keep_until(path: Path, images_seen: int) -> None:
    """Drop the lines of metrics.jsonl that a resumed run will write again, and a line that was cut short."""
    if not path.is_file():
        return
    kept = []
    for line in path.read_text().splitlines():
        try:
            if json.loads(line)["images_seen"] <= images_seen:
                kept.append(line + "\n")
        except (ValueError, KeyError, TypeError):
            continue
    write_whole(path, "".join(kept))


def not_finite(losses: dict[str, float]) -> str:
    """The names of losses that are not numbers any more; empty when all are."""
    return ", ".join(f"{name} {value}" for name, value in losses.items() if not math.isfinite(value))


def flat_config(recipe: Recipe, seed: int) -> dict[str, Any]:
    """A recipe as trackers take it: one level, plain values."""
    flat: dict[str, Any] = {"seed": seed}

    def put(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                put(f"{prefix}{name}.", inner)
        else:
            flat[prefix.rstrip(".")] = value if isinstance(value, bool | int | float | str) else str(value)

    put("", asdict(recipe))
    return flat
