"""The flagship's training step beside an older build's: alone, beside one other busy process, and whether both do the
same.

    python benchmarks/train_beside.py --before OTHER/bin/python --source CHECKOUT   # results/train_beside.json, a table
    python benchmarks/train_beside.py --before ... --source ... equal               # one of: equal speed

Both builds' own train_accelerate.py, data included, 128 px, batch 8, bf16, on two threads. For speed each is started as
it is and sets its threads as it will; for equality both have threads that sleep, or on a busy machine the older one
would take an hour.
"""

import argparse
import functools
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from programs import THREADS
from sections import put_section
from speed import ROOT, TABLE, busy_beside, write_photo

from colorgan.files import write_whole
from colorgan.machine import machine

RESULTS = Path(__file__).parent / "results" / "train_beside.json"
SECTION = "training beside others: written by benchmarks/train_beside.py"
PHOTOS, PHOTO_SIZE, BATCH = 64, (500, 375), 8
EQUAL_STEPS, WARM_UP = 50, 1
WANTED, SAME = 1.2, 1e-3
FLAGS = (
    f"--recipe flagship --resolution 128 --train_batch_size {BATCH} --mixed_precision bf16 --channels_last --cpu "
    "--validation_photos 0 --min_chroma 0 --dataloader_num_workers 0 --report_to none --logging_steps 1 "
    "--checkpointing_steps 1000000"
).split()
Row = dict[str, Any]


@contextmanager
def photos() -> Iterator[Path]:
    """A folder with the photos that both train on, and room for runs."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "photos"
        folder.mkdir()
        for number in range(PHOTOS):
            write_photo(folder / f"{number:03}.jpg", *PHOTO_SIZE, seed=number)
        yield Path(place)


def trained(python: str, source: Path, place: Path, steps: int, **settings: str) -> list[Row]:
    """What a build's trainer writes of its steps, in order: seconds since its start, and losses."""
    with tempfile.TemporaryDirectory(dir=place) as run:
        flags = [*FLAGS, "--dataset", str(place / "photos"), "--max_train_steps", str(steps), "--output_dir", run]
        environment = os.environ | {"OMP_NUM_THREADS": str(THREADS)} | settings
        if python == sys.executable:
            environment["PYTHONPATH"] = str(ROOT)
        command = [python, "train_accelerate.py", *flags]
        done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{source}: {done.stderr[-500:]}")
        rows = [json.loads(line) for line in (Path(run) / "metrics.jsonl").read_text().splitlines()]
    return [row for row in rows if row["part"] == "train"]


def equal(builds: dict[str, tuple[str, Path]]) -> dict[str, Any]:
    """Losses of each of the steps: the farthest apart, and those of the last."""
    with photos() as place:
        runs = {
            prefix: trained(*build, place, EQUAL_STEPS, OMP_WAIT_POLICY="passive") for prefix, build in builds.items()
        }
    losses = [name for name in runs[""][0] if name not in ("images_seen", "part", "seconds")]
    pairs = list(zip(*runs.values(), strict=True))
    apart = max(abs(one[name] - other[name]) for one, other in pairs for name in losses)
    last = {prefix + name: rows[-1][name] for prefix, rows in runs.items() for name in losses}
    return {"steps": len(pairs), "farthest_apart": apart} | last


def speed(builds: dict[str, tuple[str, Path]], count: int = 7, turns: int = 2) -> dict[str, float]:
    """Images a second, alone and beside one process of two threads of matrix products: medians of so many steps of each
    turn, after the first, which is slower."""
    said: dict[str, list[float]] = {}
    with photos() as place:
        for _ in range(turns):
            for where, others in (("alone", nullcontext), ("beside", lambda: busy_beside(1))):
                for prefix, build in builds.items():
                    with others():
                        rows = trained(*build, place, count + WARM_UP)
                    ends = [row["seconds"] for row in rows[WARM_UP - 1 :]]
                    steps = [end - begin for begin, end in itertools.pairwise(ends)]
                    said.setdefault(prefix + where, []).extend(steps)
                    print(prefix + where, [round(step, 2) for step in steps], flush=True)
    rates = {f"{name}_images_per_s": BATCH / statistics.median(steps) for name, steps in said.items()}
    return {"steps": count, "turns": turns} | rates


def table(results: dict[str, Any]) -> str:
    """The part of docs/performance.md, from the JSON."""
    m = results["machine"]
    parts = [
        "## Training beside others",
        f"Measured on {m['date']} by `python benchmarks/train_beside.py`, {THREADS} threads of {m['processor']}, "
        f"torch {m['torch']}, load average {results['load_average']:.1f} before (on an idle machine it would be under "
        "1); the step of the recipe `flagship`, 128 px, batch 8, bf16, data included, against the older build of "
        "commit bf16438.",
    ]
    if s := results.get("speed"):
        rows = ["| where | images a second | the older build | so |", "|---|---|---|---|"]
        for where, words, wanted in (("alone", "alone", 1.0), ("beside", "beside one busy process", WANTED)):
            ours, older = s[f"{where}_images_per_s"], s[f"before_{where}_images_per_s"]
            rows.append(f"| {words} | {ours:.2g} | {older:.2g} | {ours / older:.2f} times (wanted: {wanted:g}) |")
        parts += [f"Medians of {s['turns']} turns of {s['steps']} steps:", "\n".join(rows)]
    if e := results.get("equal"):
        parts.append(
            f"Over {e['steps']} steps from the same start no loss is farther from the older build's than "
            f"{e['farthest_apart']:.1g} (wanted: {SAME:g}); both had threads that sleep."
        )
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Measure what is named, keep the other's results, write the JSON and the table."""
    parser = argparse.ArgumentParser(description="the flagship's training step beside an older build's")
    parser.add_argument("names", nargs="*", help="equal, speed; both by default")
    parser.add_argument("--before", required=True, metavar="PYTHON", help="of an environment with the older build")
    parser.add_argument("--source", required=True, type=Path, help="the older build's checkout")
    parser.add_argument("--steps", type=int, default=7, help="of each turn, for speed")
    parser.add_argument("--turns", type=int, default=2, help="of each build, for speed")
    arguments = parser.parse_args()
    if min(arguments.steps, arguments.turns) < 1:
        parser.error("--steps and --turns must be at least 1")
    fast = functools.partial(speed, count=arguments.steps, turns=arguments.turns)
    benchmarks: dict[str, Callable[..., dict[str, Any]]] = {"equal": equal, "speed": fast}
    for name in arguments.names:
        if name not in benchmarks:
            parser.error(f"there is no benchmark {name!r}: choose from {', '.join(benchmarks)}")
    builds = {"": (sys.executable, ROOT), "before_": (arguments.before, arguments.source)}
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    results |= {"machine": machine(), "load_average": os.getloadavg()[0]}
    for name in arguments.names or benchmarks:
        results[name] = benchmarks[name](builds)
        print(name, json.dumps(results[name], indent=1))
        write_whole(RESULTS, json.dumps(results, indent=1) + "\n")
    put_section(TABLE, SECTION, table(results))


if __name__ == "__main__":
    main()
