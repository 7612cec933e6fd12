"""From a changed hint to the repainted photo, a drawing, and what colour words cost the plain picture.

    python benchmarks/hints.py [MODEL]     # a minute; writes results/hints.json and its part of docs/performance.md

By turns in one run on two threads, whatever the machine has. The yardstick is one 256 x 256 pass of a network of the
kind of siggraph17 (Zhang et al. 2017, "Real-Time User-Guided Image Colorization", arXiv 1705.02999, figure 2), which
runs anew for each click: its ten blocks and widths, with random weights, which take as long as trained ones.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import skimage.data
import torch
from PIL import Image
from sections import put_section
from torch import Tensor, nn

from colorgan import DEFAULT_WEIGHTS, Colorizer, Hint
from colorgan.machine import machine

RESULTS = Path(__file__).parent / "results" / "hints.json"
TABLE = Path(__file__).parents[1] / "docs" / "performance.md"
SECTION = "hints: written by benchmarks/hints.py"
THREADS, TURNS, HINTS = 2, 15, 20
SIZE = (1152, 864)  # a megapixel


class UserGuided(nn.Module):
    """A network of siggraph17's kind: L, the hints' ab and a mask (N, 4, 256, 256) -> ab (N, 2, 256, 256)."""

    def __init__(self) -> None:
        super().__init__()

        def block(*widths: int, dilation: int = 1) -> nn.Sequential:
            layers: list[nn.Module] = []
            for before, after in itertools.pairwise(widths):
                layers += [nn.Conv2d(before, after, 3, padding=dilation, dilation=dilation), nn.ReLU(inplace=True)]
            return nn.Sequential(*layers, nn.BatchNorm2d(widths[-1]))

        def up(before: int, after: int) -> nn.ConvTranspose2d:
            return nn.ConvTranspose2d(before, after, 4, 2, 1)

        self.down = nn.ModuleList((block(4, 64, 64), block(64, 128, 128), block(128, 256, 256, 256)))
        self.middle = nn.Sequential(
            block(256, 512, 512, 512),
            block(512, 512, 512, 512, dilation=2),
            block(512, 512, 512, 512, dilation=2),
            block(512, 512, 512, 512),
        )
        self.up = nn.ModuleList((up(512, 256), up(256, 128), up(128, 128)))
        self.across = nn.ModuleList(
            (nn.Conv2d(256, 256, 3, padding=1), nn.Conv2d(128, 128, 3, padding=1), nn.Conv2d(64, 128, 3, padding=1))
        )
        self.refine = nn.ModuleList((block(256, 256, 256), block(128, 128), block(128, 128)))
        self.leave = nn.Conv2d(128, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        kept = []
        for number, part in enumerate(self.down):
            x = part(x if number == 0 else x[:, :, ::2, ::2])
            kept.append(x)
        x = self.middle(x[:, :, ::2, ::2])
        for up, across, refine in zip(self.up, self.across, self.refine, strict=True):
            x = refine(torch.relu(up(x) + across(kept.pop())))
        return torch.tanh(self.leave(x))


def photo() -> Image.Image:
    """A gray photo of a megapixel."""
    return Image.fromarray(skimage.data.astronaut()).convert("L").resize(SIZE, Image.Resampling.LANCZOS)


def hints(moved: int) -> list[Hint]:
    """Twenty of them, the last one somewhere else in each turn."""
    places = np.random.default_rng(0).uniform(0.05, 0.95, (HINTS, 2)) * SIZE
    places[-1] = (300 + 20 * moved, 400)
    return [Hint(float(x), float(y), (40 * (n % 6), 90, 250 - 40 * (n % 6))) for n, (x, y) in enumerate(places)]


def without_words(model: str) -> Colorizer:
    """The same model as it was before it had words: its plain picture, and nothing beside."""
    colorizer = Colorizer.from_pretrained(model)
    colorizer.generator.words = None
    return colorizer


def by_turns(works: dict[str, Callable[[int], object]]) -> dict[str, float]:
    """The median time of each in ms, measured in turns, so that a busy moment meets all of them."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(-2, TURNS):
        for name, work in works.items():
            begun = time.perf_counter()
            work(turn)
            if turn >= 0:
                times[name].append(1e3 * (time.perf_counter() - begun))
    return {name: statistics.median(each) for name, each in times.items()}


def speed(model: str) -> dict[str, float]:
    """Milliseconds of a photo of a megapixel."""
    torch.set_num_threads(THREADS)
    colorizer, before, network, image = (
        Colorizer.from_pretrained(model),
        without_words(model),
        UserGuided().eval(),
        photo(),
    )
    seen, [prediction] = torch.rand(1, 4, 256, 256), colorizer.predict([photo()])

    def yardstick(_: int) -> Tensor:
        with torch.inference_mode():
            return network(seen)

    def draw(turn: int) -> Image.Image:
        return prediction.with_hints(variants=1, seed=turn).picture(image, 1)

    times = by_turns(
        {
            "siggraph17_kind_ms": yardstick,
            "changed_hint_ms": lambda turn: prediction.picture(image, hints=hints(turn)),
            "plain_ms": lambda _: colorizer.colorize(image),
            "plain_without_words_ms": lambda _: before.colorize(image),
            "drawing_ms": draw,
        }
    )
    times["siggraph17_kind_parameters"] = sum(parameter.numel() for parameter in network.parameters())
    times["words_parameters"] = sum(parameter.numel() for parameter in colorizer.generator.words.parameters())
    return times


def peak(model: str, words: bool) -> float:
    """In a process of its own: its peak memory in MB after pictures, and with words also hints and drawings."""
    torch.set_num_threads(THREADS)
    colorizer, image = Colorizer.from_pretrained(model) if words else without_words(model), photo()
    for turn in range(5):
        [prediction] = colorizer.predict([image])
        prediction.picture(image)
        if words:
            prediction.picture(image, hints=hints(turn))
            prediction.with_hints(hints(turn), variants=2)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory(model: str) -> dict[str, float]:
    """Peaks of fresh processes, in MB."""
    figures = {}
    for name, words in (("without_words_mb", False), ("with_words_mb", True)):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            figures[name] = pool.apply(peak, (model, words))
    return figures


def table(results: dict) -> str:
    """The part of docs/performance.md, from the JSON."""
    r, m = results, results["machine"]
    rows = (
        (
            f"a changed hint of {HINTS} to the repainted photo of 1 megapixel",
            f"{r['changed_hint_ms']:.0f} ms",
            f"a 256 x 256 pass of siggraph17's kind, {r['siggraph17_kind_parameters'] / 1e6:.0f} M parameters: "
            f"{r['siggraph17_kind_ms']:.0f} ms",
            f"{r['siggraph17_kind_ms'] / r['changed_hint_ms']:.1f} times faster (wanted: 20; 60 ms)",
        ),
        (
            "the plain picture",
            f"{r['plain_ms']:.0f} ms",
            f"without words: {r['plain_without_words_ms']:.0f} ms",
            f"{r['plain_ms'] / r['plain_without_words_ms']:.2f} times (wanted: 1.3)",
        ),
        (
            "a drawing, from the prediction to the picture",
            f"{r['drawing_ms']:.0f} ms",
            f"the plain picture: {r['plain_ms']:.0f} ms",
            f"{r['drawing_ms'] / r['plain_ms']:.1f} times (wanted: 3)",
        ),
        (
            "peak memory with hints and drawings",
            f"{r['with_words_mb']:.0f} MB",
            f"without words: {r['without_words_mb']:.0f} MB",
            f"{r['with_words_mb'] - r['without_words_mb']:.0f} MB more (wanted: 40)",
        ),
    )
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return (
        f"## Hints and drawings\n\nMeasured on {m['date']} by `python benchmarks/hints.py`, {THREADS} threads of "
        f"{m['processor']}, torch {m['torch']}, load average {r['load_average']:.1f} before; by turns, medians "
        f"of {TURNS}. "
        f"{r['words_parameters'] / 1e6:.1f} M of the model's parameters are the words' and the painter's.\n\n"
        f"| what | colorgan | yardstick | so |\n|---|---|---|---|\n{lines}\n"
    )


def main() -> None:
    """Measure, write the JSON and the table."""
    parser = argparse.ArgumentParser(description="speed and memory of hints and drawings")
    parser.add_argument("model", nargs="?", default=DEFAULT_WEIGHTS, help="Hub id or folder; default: the bundled one")
    model = parser.parse_args().model
    results = {"machine": machine(), "load_average": os.getloadavg()[0], **memory(model), **speed(model)}
    print(json.dumps(results, indent=1))
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    put_section(TABLE, SECTION, table(results))


if __name__ == "__main__":
    main()
