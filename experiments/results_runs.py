"""The training half of `results.py`: what each recipe is trained with, at what budget, and what that has cost."""

import json
import math
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from colorgan.files import write_whole
from colorgan.recipes import RECIPES
from colorgan.training.checkpoints import found_in
from colorgan.training.sizes import fitted

PLAN = "plan.json"
ROUND_TO = 160  # images: whole batches of 16, of 20 and of 32
LOOKS = 8  # validation passes of a run: fewer than a plateau's patience, so that no learning rate hears of test photos
LOOK_PHOTOS, LOG_LINES = 16, 40
PROBE_EVERY = 5  # batches between two looks at the clock: a multiple of all recipes' critic steps
EVALUATION_SHARE = 0.2  # of the minutes, left for what comes after training


@dataclass(frozen=True)
class Plan:
    """What all recipes have in common. A results folder holds runs of one plan."""

    data: tuple[str, ...]
    test_data: tuple[str, ...]
    images: int  # 0: not known yet, follows from `minutes`
    minutes: float
    resolution: int
    batch_size: int  # 0: each recipe's own
    device: str
    mixed_precision: str
    seed: int


def flags_for(plan: Plan, name: str, folder: Path, workers: int) -> list[str]:
    """The command line of train_accelerate.py for one recipe under the plan."""
    recipe, fit = RECIPES[name], fitted(RECIPES[name], plan.resolution)
    batch = plan.batch_size or min(phase.train_batch_size for phase in recipe.data.phases)
    steps = max(1, plan.images // batch)
    warmup = recipe.generator_optimiser.schedule.warmup_images
    flags = ["--recipe", name, "--output_dir", str(folder), "--train_images", str(plan.images), *fit.flags]
    flags += ["--resolution", str(fit.resolution), "--seed", str(plan.seed)]
    flags += [part for one in plan.data for part in ("--dataset", one)]
    flags += [part for one in plan.test_data for part in ("--validation_dataset", one)]
    flags += ["--train_batch_size", str(plan.batch_size)] if plan.batch_size else []
    if warmup and plan.images < recipe.train_images:  # the same share of the run as of the recipe's own
        flags += ["--lr_warmup_images", str(round(warmup * plan.images / recipe.train_images))]
    flags += ["--validation_photos", str(LOOK_PHOTOS)]
    flags += ["--validation_steps", str(max(1, steps // LOOKS)), "--logging_steps", str(max(1, steps // LOG_LINES))]
    flags += ["--checkpointing_steps", str(max(1, steps // 2)), "--checkpoints_total_limit", "1"]
    flags += ["--resume_from_checkpoint", "latest"] if found_in(folder) else []
    flags += ["--report_to", "none", "--dataloader_num_workers", str(workers)]
    flags += ["--mixed_precision", plan.mixed_precision] + ["--channels_last"] * (plan.mixed_precision == "bf16")
    return flags + ["--cpu"] * (plan.device == "cpu")


def settle(plan: Plan, output: Path) -> Plan:
    """The plan of a results folder: a new one is written down, an old one must be the same and knows its images."""
    path = output / PLAN
    if not path.is_file():
        output.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(asdict(plan), indent=1) + "\n")
        return plan
    try:
        kept = json.loads(path.read_text())
        old = Plan(**{**kept, "data": tuple(kept["data"]), "test_data": tuple(kept["test_data"])})
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} is not a plan that results.py wrote: remove {output} or give --output") from error
    asked, known = asdict(plan), asdict(old)
    if plan.minutes and plan.minutes == old.minutes:
        asked["images"] = old.images
    different = [name for name in asked if asked[name] != known[name]]
    if different:
        told = "; ".join(f"{name} {known[name]}, now {asked[name]}" for name in different)
        raise ValueError(f"{output} holds runs of another plan ({told}): give --output, or the same flags to go on")
    return old


def train_one(plan: Plan, name: str, output: Path, workers: int) -> None:
    """Train a recipe, or go on with it; nothing where it is done. A run that diverged leaves diverged.txt."""
    from colorgan.training.loop import TrainingDivergedError, train

    folder = output / name
    if is_finished(folder):
        print(f"{name}: done already", file=sys.stderr)
        return
    recipe, run = _parsed(flags_for(plan, name, folder, workers))
    try:
        train(recipe, run)
    except TrainingDivergedError as error:
        print(f"{name}: {error}", file=sys.stderr)
        write_whole(folder / "diverged.txt", f"{error}\n")
    for checkpoint in found_in(folder):  # nearly a gigabyte for some, and there is nothing left to resume
        shutil.rmtree(checkpoint)


def is_finished(folder: Path) -> bool:
    """Whether there is nothing left to train."""
    return (folder / "model" / "config.json").is_file() or (folder / "diverged.txt").is_file()


def budget_of(plan: Plan, names: Sequence[str], output: Path, workers: int) -> int:
    """Measure how fast each recipe is here -> the images that all of them can see in the plan's minutes."""
    begun, seconds_each, fixed = time.monotonic(), {}, 0.0
    for name in names:
        seconds_each[name], start = _probe(plan, name, output / ".probe", workers)
        fixed += start
        print(f"{name}: {1 / seconds_each[name]:.1f} images/s, {start:.0f} s to start and save", file=sys.stderr)
    shutil.rmtree(output / ".probe", ignore_errors=True)
    left = plan.minutes * 60 * (1 - EVALUATION_SHARE) - (time.monotonic() - begun) - fixed
    images = int(left / sum(seconds_each.values())) // ROUND_TO * ROUND_TO
    if images < ROUND_TO:
        needed = (plan.minutes * 60 * (1 - EVALUATION_SHARE) - left + ROUND_TO * sum(seconds_each.values())) / 60
        raise ValueError(
            f"{plan.minutes:g} minutes are too few to train {len(names)} recipes on this machine: "
            f"give --minutes {math.ceil(needed / (1 - EVALUATION_SHARE)) + 1} or more, or fewer --recipes"
        )
    training = (fixed + images * sum(seconds_each.values())) / 60
    print(f"budget: {images:,} images each, about {training:.0f} minutes, and then judging", file=sys.stderr)
    return images


def estimate(plan: Plan, names: Sequence[str], output: Path, measured: dict[str, float]) -> str:
    """One line: what is left, and how long that may take by what this machine has done so far."""
    left = [name for name in names if not is_finished(output / name)]
    if not measured:
        return f"{len(left)} recipes to train on {plan.images:,} images each"
    minutes = len(left) * statistics.mean(measured.values()) / 60
    return f"{len(left)} recipes left, about {minutes:.0f} minutes by the mean of {len(measured)} so far"


def _probe(plan: Plan, name: str, folder: Path, workers: int) -> tuple[float, float]:
    """A few batches of a recipe, its critic taking part from the first -> seconds an image, seconds beside them."""
    from colorgan.training.loop import train

    shutil.rmtree(folder, ignore_errors=True)
    rounds = 6 if plan.device.startswith("cuda") else 2
    batch = plan.batch_size or max(phase.train_batch_size for phase in RECIPES[name].data.phases)
    flags = flags_for(plan, name, folder, workers)
    flags += ["--train_images", str(rounds * PROBE_EVERY * batch), "--logging_steps", str(PROBE_EVERY)]
    flags += ["--train_batch_size", str(batch), "--validation_photos", "0", "--checkpointing_steps", "1000000"]
    flags += ["--adversarial_start", "0"] * (RECIPES[name].discriminator is not None)
    recipe, run = _parsed(flags)
    begun = time.monotonic()
    train(recipe, run)
    wall = time.monotonic() - begun
    rows = [row for row in metrics_of(folder) if row["part"] == "train"]
    images, seconds = (rows[-1][key] - rows[0][key] for key in ("images_seen", "seconds"))
    return seconds / images, wall - seconds


def _parsed(flags: list[str]) -> tuple[Any, Any]:
    from colorgan.training.flags import build_parser, recipe_and_run

    return recipe_and_run(build_parser().parse_args(flags))


def metrics_of(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's metrics.jsonl."""
    path = folder / "metrics.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def run_figures(plan: Plan, name: str, folder: Path) -> dict[str, Any]:
    """What a finished run has cost, and its curves: plain values for the page."""
    from colorgan.training.networks import build_discriminator, build_generator, parameter_count

    recipe, _ = _parsed(flags_for(plan, name, folder, 0))
    rows, fit = metrics_of(folder), fitted(RECIPES[name], plan.resolution)
    curves: dict[str, list[list[float]]] = {}
    for row in rows:
        for key, value in row.items():
            if key not in ("images_seen", "part", "seconds", "learning_rate"):
                curves.setdefault(f"{row['part']} {key}", []).append([row["images_seen"], value])
    last = rows[-1] if rows else {"images_seen": 0, "seconds": 0.0}
    discriminator, diverged = build_discriminator(recipe), folder / "diverged.txt"
    return {
        "summary": recipe.summary,
        "resolution": fit.resolution,
        "note": fit.note,
        "batch_sizes": sorted({phase.train_batch_size for phase in recipe.data.phases}),
        "own_images": RECIPES[name].train_images,
        "critic_steps": recipe.objective.critic_steps,
        "pretrained": recipe.pretrained,
        "images_seen": last["images_seen"],
        "seconds": last["seconds"],
        "images_per_s": last["images_seen"] / last["seconds"] if last["seconds"] else 0.0,
        "generator_parameters": parameter_count(build_generator(recipe)),
        "discriminator_parameters": parameter_count(discriminator) if discriminator is not None else 0,
        "diverged": diverged.read_text().strip() if diverged.is_file() else "",
        "curves": curves,
    }
