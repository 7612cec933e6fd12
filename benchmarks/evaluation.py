"""How fast an evaluation is, and how much memory it takes as photos grow in number.

python benchmarks/evaluation.py --data FOLDER_OR_NAME [--data ...] [--photos 1000] [--two-sample]

Evaluates the bundled model on a third of the photos, then on all of them, each in a process of its own. Memory is the
peak of resident memory; what the second run takes beyond the first is what photos cost. Seconds include reading the
training photos of the baseline and loading the model; the rate is that of the photos that the second run had more.
Writes benchmarks/results/evaluation.json, and its section of docs/performance.md.
"""

import argparse
import json
import os
import platform
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from sections import put_section

ROOT = Path(__file__).parent.parent
SHARED_DATA = Path(os.environ.get("COLORGAN_SHARED_DATA", ROOT.parent / "shared/data"))
RESULTS, TABLE = ROOT / "benchmarks/results/evaluation.json", ROOT / "docs/performance.md"


def run(data: list[str], photos: int, resolution: int, two_sample: bool) -> dict[str, float]:
    """One evaluation: photos judged, seconds, seconds of processor time, and peak memory."""
    from colorgan import DEFAULT_WEIGHTS
    from colorgan.evaluation import evaluate

    start, start_cpu = time.perf_counter(), time.process_time()
    evaluation = evaluate([DEFAULT_WEIGHTS], data, limit=photos, resolution=resolution, two_sample=two_sample)
    return {
        "photos": evaluation.protocol["photos"],
        "seconds": round(time.perf_counter() - start, 1),
        "cpu_seconds": round(time.process_time() - start_cpu, 1),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def table(results: dict) -> str:
    """The section of docs/performance.md from the JSON."""
    few, many = results["runs"]
    more = many["photos"] - few["photos"]
    rate = more / max(0.1, many["seconds"] - few["seconds"])
    cpu = (many["cpu_seconds"] - few["cpu_seconds"]) / max(1, more)
    test = "with" if results["two_sample"] else "without"
    rows = "\n".join(
        f"| {one['photos']} | {one['seconds']:.0f} s | {one['cpu_seconds']:.0f} s | {one['peak_mib']:.0f} MiB |"
        for one in (few, many)
    )
    return (
        f"`colorgan evaluate` of the bundled model, {test} the two-sample test, photos at {results['resolution']} px. "
        f"Measured on {results['date']} by `python benchmarks/evaluation.py --photos {many['photos']}` on "
        f"{results['cpus']} cores, torch {results['torch']}, load average {results['load_average']:.1f} (on an idle "
        f"machine it would be {results['cpus']} at most).\n\n"
        f"| photos | time | processor time | peak memory |\n|---|---|---|---|\n{rows}\n\n"
        f"The {more} photos more went at {rate:.1f} photos/s, {cpu:.2f} s of processor time each (wanted: 1,000 photos "
        f"on two cores in four minutes, which is 0.48 s each), and took {many['peak_mib'] - few['peak_mib']:.0f} MiB."
    )


def main() -> None:
    """Measure, print JSON, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", help="as for colorgan evaluate; repeatable")
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--resolution", type=int, default=256)
    parser.add_argument("--two-sample", action="store_true", help="with the two-sample test")
    options = parser.parse_args()
    data, runs = options.data or [str(SHARED_DATA)], []
    for photos in (max(1, options.photos // 3), options.photos):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            runs.append(pool.submit(run, data, photos, options.resolution, options.two_sample).result())
    import torch

    results = {
        "date": date.today().isoformat(),
        "resolution": options.resolution,
        "two_sample": options.two_sample,
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "load_average": os.getloadavg()[1],
        "runs": runs,
    }
    print(json.dumps(results, indent=1))
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    put_section(TABLE, "evaluation: written by benchmarks/evaluation.py", table(results))


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"evaluation.py: {error}")
