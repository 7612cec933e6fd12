"""How fast an evaluation is, and how much memory it takes as photos grow in number.

python benchmarks/evaluation.py --data FOLDER_OR_NAME [--data ...] [--photos 1000] [--two-sample] > evaluation.json

Evaluates the bundled model on a quarter of the photos, then on all of them, each in a process of its own. Memory is
the peak of resident memory; what the second run takes beyond the first is what photos cost. Seconds include reading
the training photos of the baseline and loading the model.
"""

import argparse
import json
import os
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

SHARED_DATA = Path(os.environ.get("COLORGAN_SHARED_DATA", Path(__file__).parent.parent.parent / "shared/data"))


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


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", help="as for colorgan evaluate; repeatable")
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--resolution", type=int, default=256)
    parser.add_argument("--two-sample", action="store_true", help="with the two-sample test")
    options = parser.parse_args()
    data, runs = options.data or [str(SHARED_DATA)], []
    for photos in (max(1, options.photos // 4), options.photos):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            runs.append(pool.submit(run, data, photos, options.resolution, options.two_sample).result())
    few, many = runs
    slope = (many["peak_mib"] - few["peak_mib"]) / max(1, many["photos"] - few["photos"])
    print(
        json.dumps(
            {
                "data": data,
                "resolution": options.resolution,
                "two_sample": options.two_sample,
                "cpus": os.cpu_count(),
                "runs": runs,
                "mib_per_1000_more_photos": round(1000 * slope, 1),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"evaluation.py: {error}")
