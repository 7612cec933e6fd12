"""A generator-and-discriminator step of `cgan-dogs-flowers` against a classical PyTorch step of the same networks.

    python benchmarks/train_step.py                    # writes results/train_step.json and its part of the table
    python benchmarks/train_step.py --device cuda --rounds 6 --steps 40 --workers 12

Ours is the project's trainer on its own stream: bf16 autocast, channels last, fused optimiser. The classical step is
float32, channels first, and its batches are made in a loop over the items: open, crop, resize, flip, scikit-image's
rgb2lab, to a tensor. Both train the same networks, read the same files, and take turns in one run, so that a busy
machine slows both. On a CPU both decode in the training process (workers would fill their queue in the other's turn).
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import skimage.color
import torch
from PIL import Image
from sections import put_section
from speed import TABLE, write_photo
from torch import Tensor, nn

from colorgan.files import write_whole
from colorgan.machine import machine
from colorgan.recipes import RECIPES
from colorgan.training.flags import build_parser, recipe_and_run
from colorgan.training.loop import Trainer
from colorgan.training.networks import build_discriminator, build_generator
from colorgan.training.sizes import fitted

RESULTS = Path(__file__).parent / "results" / "train_step.json"
RECIPE = "cgan-dogs-flowers"
PHOTO_SIZE = (500, 375)  # of the made photos, as most of Stanford Dogs have it
WANTED = {"cpu": 1.5, "cuda": 3.0}
WANTED_BUSY = 0.8


@dataclass
class Turn:
    """Some steps in a row, in seconds: by the clock, and of this process's processor time."""

    seconds: float
    cpu_seconds: float


def classical_items(files: list[Path], resolution: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless photos, one at a time: lightness (1, R, R) and RGB (3, R, R), both in [-1, 1]."""
    draw = np.random.default_rng(seed)
    while True:
        for number in draw.permutation(len(files)):
            image = Image.open(files[number]).convert("RGB")
            side = min(image.size)
            left, top = (image.width - side) // 2, (image.height - side) // 2
            image = image.crop((left, top, left + side, top + side))
            image = image.resize((resolution, resolution), Image.Resampling.BICUBIC)
            if draw.random() < 0.5:
                image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            rgb = np.asarray(image, dtype=np.float32) / 255
            lab = skimage.color.rgb2lab(rgb)
            lightness = torch.from_numpy(lab[..., :1].transpose(2, 0, 1) / 50 - 1).float()
            yield lightness, torch.from_numpy(rgb.transpose(2, 0, 1) * 2 - 1).float()


class Classical:
    """The textbook's loop: its own optimisers, one forward of the generator, two updates."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module, device: str):
        self.generator, self.discriminator, self.device = generator.to(device), discriminator.to(device), device
        rates: dict[str, Any] = {"lr": 2e-4, "betas": (0.5, 0.999)}
        self.generator_adam = torch.optim.Adam(self.generator.parameters(), **rates)
        self.discriminator_adam = torch.optim.Adam(self.discriminator.parameters(), **rates)
        self.loss = nn.BCEWithLogitsLoss()

    def batch(self, items: Iterator[tuple[Tensor, Tensor]], size: int) -> tuple[Tensor, Tensor]:
        """The next photos, one after the other, on the device."""
        lightness, rgb = zip(*(next(items) for _ in range(size)), strict=True)
        return torch.stack(lightness).to(self.device), torch.stack(rgb).to(self.device)

    def step(self, lightness: Tensor, real: Tensor) -> tuple[float, float]:
        """Discriminator, then generator; returns their losses."""
        fake = self.generator(lightness)
        self.discriminator_adam.zero_grad()
        on_real, on_fake = self.discriminator(lightness, real), self.discriminator(lightness, fake.detach())
        said = self.loss(on_real, torch.ones_like(on_real)) + self.loss(on_fake, torch.zeros_like(on_fake))
        said.backward()
        self.discriminator_adam.step()
        self.generator_adam.zero_grad()
        judged = self.discriminator(lightness, fake)
        fooled = self.loss(judged, torch.ones_like(judged))
        fooled.backward()
        self.generator_adam.step()
        return said.item(), fooled.item()


def timed(work: Callable[[], object], steps: int, device: str) -> Turn:
    """How long `steps` calls take, one step on average."""
    _wait(device)
    begun, begun_cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        work()
    _wait(device)
    return Turn((time.perf_counter() - begun) / steps, (time.process_time() - begun_cpu) / steps)


def _wait(device: str) -> None:
    if device != "cpu":
        torch.cuda.synchronize()


def our_trainer(options: argparse.Namespace, data: list[str], folder: str) -> Trainer:
    """The trainer as `train_accelerate.py --mixed_precision bf16 --channels_last` makes it."""
    flags = ["--recipe", RECIPE, "--output_dir", folder, "--train_images", "1000000000", "--report_to", "none"]
    flags += [part for one in data for part in ("--dataset", one)]
    fit = fitted(RECIPES[RECIPE], options.resolution)
    flags += ["--resolution", str(fit.resolution), "--train_batch_size", str(options.batch_size), *fit.flags]
    flags += ["--mixed_precision", options.mixed_precision, "--channels_last", "--validation_photos", "0"]
    flags += ["--dataloader_num_workers", str(options.workers), "--min_chroma", "0"]
    flags += ["--cpu"] * (options.device == "cpu")
    return Trainer(*recipe_and_run(build_parser().parse_args(flags)))


def measure(options: argparse.Namespace, data: list[str], files: list[Path], folder: str) -> dict[str, Any]:
    """Take turns; returns every figure."""
    trainer, device, size = our_trainer(options, data, folder), options.device, options.batch_size
    generator, discriminator = build_generator(trainer.recipe), build_discriminator(trainer.recipe)
    assert discriminator is not None
    classical, items = Classical(generator, discriminator, device), classical_items(files, options.resolution, 0)
    stream = iter(trainer.batches())
    kept, kept_classical = next(stream), classical.batch(items, size)
    work: dict[str, Callable[[], object]] = {
        "ours": lambda: trainer.step(next(stream)),
        "classical": lambda: classical.step(*classical.batch(items, size)),
        "ours_without_data": lambda: trainer.step(kept),
        "classical_without_data": lambda: classical.step(*kept_classical),
        "our_stream": lambda: next(stream),
    }
    turns: dict[str, list[Turn]] = {name: [] for name in work}
    try:
        for name in work if options.warm_up else ():
            timed(work[name], options.warm_up, device)
        for _ in range(options.rounds):
            for name in work:
                turns[name].append(timed(work[name], options.steps, device))
    finally:
        trainer.close()
    return _figures(turns, options)


def _figures(turns: dict[str, list[Turn]], options: argparse.Namespace) -> dict[str, Any]:
    """Medians over the rounds; ratios of each round's neighbours first."""
    size = options.batch_size

    def ratio(first: str, second: str, key: str) -> float:
        pairs = zip(turns[first], turns[second], strict=True)
        return statistics.median(getattr(a, key) / getattr(b, key) for a, b in pairs)

    rates = {name: size / statistics.median(turn.seconds for turn in taken) for name, taken in turns.items()}
    return {
        "machine": machine() | {"threads": torch.get_num_threads(), "gpu": _gpu(options.device)},
        "device": options.device,
        "resolution": options.resolution,
        "batch_size": size,
        "mixed_precision": options.mixed_precision,
        "workers": options.workers,
        "rounds": options.rounds,
        "steps_to_a_turn": options.steps,
        "images_per_s": {name: round(rate, 3) for name, rate in rates.items()},
        "times_faster": round(ratio("classical", "ours", "seconds"), 3),
        "times_faster_by_processor_time": round(ratio("classical", "ours", "cpu_seconds"), 3),
        "times_faster_without_data": round(ratio("classical_without_data", "ours_without_data", "seconds"), 3),
        "busy": round(min(1.0, ratio("ours_without_data", "ours", "seconds")), 3),
        "seconds": {name: [round(turn.seconds, 4) for turn in taken] for name, taken in turns.items()},
        "cpu_seconds": {name: [round(turn.cpu_seconds, 4) for turn in taken] for name, taken in turns.items()},
        "load_average": round(os.getloadavg()[0], 1),
    }


def _gpu(device: str) -> str:
    return torch.cuda.get_device_name(device) if device != "cpu" else ""


def table(found: dict[str, dict[str, Any]]) -> str:
    """The part of docs/performance.md: a row for each device that was measured."""
    lines = [
        "## A training step",
        "",
        f"`python benchmarks/train_step.py`: generator and discriminator of `{RECIPE}`, data included, against a "
        "classical float32 step of the same networks with a loop over items for data; turns in one run.",
        "",
        "| device | colorgan | classical | so | busy with the step |",
        "|---|---|---|---|---|",
    ]
    for device, one in found.items():
        rates, kind = one["images_per_s"], device.split(":")[0]
        where = one["machine"]["gpu"] or f"{one['machine']['threads']} threads of {one['machine']['processor']}"
        how = f"{one['resolution']} px, batch {one['batch_size']}, {one['mixed_precision']}"
        cells = (
            f"{where}; {how}; {one['machine']['date']}, load average {one['load_average']:g}",
            f"{rates['ours']:.3g} images/s (the stream alone {rates['our_stream']:.3g}, the step alone "
            f"{rates['ours_without_data']:.3g})",
            f"{rates['classical']:.3g} images/s",
            f"{one['times_faster']:.2f} times faster (wanted: {WANTED[kind]:g}); without data "
            f"{one['times_faster_without_data']:.2f}; by processor time {one['times_faster_by_processor_time']:.2f}",
            f"{100 * one['busy']:.0f} %" + (f" (wanted: {100 * WANTED_BUSY:.0f} %)" if kind == "cuda" else ""),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, keep the other device's results, write the JSON and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each")
    parser.add_argument("--steps", type=int, default=1, help="to a turn")
    parser.add_argument("--warm-up", type=int, default=1, help="steps of each before the clock runs")
    parser.add_argument("--resolution", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--photos", type=int, default=64, help="made photos, which both read over and over")
    parser.add_argument("--workers", type=int, default=-1, help="processes that decode (default: 0 on a CPU, else 8)")
    parser.add_argument("--mixed-precision", default="bf16", choices=("no", "bf16"))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--table", type=Path, default=TABLE)
    options = parser.parse_args()
    if options.device.split(":")[0] not in WANTED or (options.device != "cpu" and not torch.cuda.is_available()):
        parser.error(f"--device must be cpu, or cuda on a machine that has it, got {options.device!r}")
    if min(options.rounds, options.steps, options.batch_size, options.photos) < 1:
        parser.error("--rounds, --steps, --batch-size and --photos must be at least 1")
    options.workers = options.workers if options.workers >= 0 else 8 * (options.device != "cpu")
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        photos.mkdir()
        for number in range(options.photos):
            write_photo(photos / f"{number:03}.jpg", *PHOTO_SIZE, seed=number)
        result = measure(options, [str(photos)], sorted(photos.iterdir()), f"{folder}/run")
    found = json.loads(options.results.read_text()) if options.results.is_file() else {}
    found[options.device] = result
    print(json.dumps(result, indent=1))
    options.results.parent.mkdir(parents=True, exist_ok=True)
    write_whole(options.results, json.dumps(found, indent=1) + "\n")
    put_section(options.table, "training step: written by benchmarks/train_step.py", table(found))


if __name__ == "__main__":
    try:
        main()
    except (ValueError, ImportError, OSError) as error:
        sys.exit(f"train_step.py: {error}")
