"""How fast and how flat the data stream is: its rate against a bare Pillow loop on the same cores, and its memory.

python benchmarks/data_rate.py --dataset FOLDER_OR_NAME [--dataset ...] [--workers 2] [--epochs 1] > data_rate.json

The bare loop opens, decodes, crops and resizes photos that lie in memory, in as many processes as the stream has
workers, to squares of the stream's mean size (a whole square that fits already would need no resizing); the stream
reads its shards, shuffles, drops near-gray photos, crops, flips and delivers batches of tensors.
The two take turns, so that a busy machine slows both; the share of each pair of turns is reported, and their median.
"""

import argparse
import io
import json
import os
import statistics
import sys
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import psutil
from PIL import Image

from colorgan.data import DataError, PhotoStream, photo_loader

SHARED_DATA = Path(os.environ.get("COLORGAN_SHARED_DATA", Path(__file__).parent.parent.parent / "shared/data"))
CROP_SCALE = (0.8, 1.0)  # shares of the largest square, as recipes have them
WARM_UP_BATCHES = 8
MEMORY_SAMPLES = 20

_photos: list[bytes] = []  # what a bare process works on: inherited at the fork, not sent


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", action="append", help="as for training; repeatable")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--resolution", type=int, default=256, help="side of the squares, pixels")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--photos", type=int, default=2048, help="to a turn of either")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each")
    parser.add_argument("--epochs", type=float, default=1.0, help="over which memory is watched")
    return parser.parse_args()


def new_stream(options: argparse.Namespace) -> PhotoStream:
    """The stream as a recipe has it, with all that costs time turned on."""
    sources = options.dataset or [str(SHARED_DATA)]
    return PhotoStream(
        sources,
        resolution=options.resolution,
        crop="random",
        crop_scale=CROP_SCALE,
        flip=True,
        min_chroma=2.0,
        seed=0,
        batch_size=options.batch_size,
    )


def bare_turn(numbers: range, resolution: int) -> float:
    """Seconds that Pillow alone takes for these photos."""
    start = time.perf_counter()
    for number in numbers:
        image = Image.open(io.BytesIO(_photos[number])).convert("RGB")
        side = round(sum(CROP_SCALE) / 2 * min(image.size))
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = image.crop((left, top, left + side, top + side))
        square.resize((resolution, resolution), Image.Resampling.BICUBIC)
    return time.perf_counter() - start


def bare_rate(pool: ProcessPoolExecutor, options: argparse.Namespace) -> float:
    """Photos per second of as many bare loops as there are workers."""
    shares = [range(first, len(_photos), options.workers) for first in range(options.workers)]
    turns = [pool.submit(bare_turn, share, options.resolution) for share in shares]
    return len(_photos) / max(turn.result() for turn in turns)


def stream_rate(options: argparse.Namespace) -> tuple[float, float]:
    """Photos per second once warm, and the seconds from nothing to the first batch."""
    start = time.perf_counter()
    batches = iter(photo_loader(new_stream(options), options.workers))
    next(batches)
    first_batch_s = time.perf_counter() - start
    deque(islice(batches, WARM_UP_BATCHES), maxlen=0)  # until the queue of finished ones is as long as it stays
    start = time.perf_counter()
    photos = sum(batch["rgb"].shape[0] for batch in islice(batches, max(1, options.photos // options.batch_size)))
    return photos / (time.perf_counter() - start), first_batch_s


def memory_mib() -> float:
    """What this process and its workers hold for themselves alone, MiB."""
    me = psutil.Process()
    return sum(process.memory_full_info().uss for process in (me, *me.children(recursive=True))) / 2**20


def memory_over_epochs(options: argparse.Namespace) -> dict[str, object]:
    """MiB at equal steps through the epochs; flat where the second half's mean is the first's."""
    stream = new_stream(options)
    batches = max(2 * MEMORY_SAMPLES, int(stream.photos_per_epoch * options.epochs) // options.batch_size)
    every = batches // MEMORY_SAMPLES
    samples = []
    for number, _ in enumerate(islice(photo_loader(stream, options.workers), every * MEMORY_SAMPLES), start=1):
        if number % every == 0:
            samples.append(memory_mib())
    settled = samples[2:]  # the first windows are still being filled
    middle = len(settled) // 2
    return {
        "photos": every * MEMORY_SAMPLES * options.batch_size,
        "mib": [round(sample, 1) for sample in samples],
        "growth_mib": round(statistics.mean(settled[middle:]) - statistics.mean(settled[:middle]), 1),
        "report": stream.report(),
    }


def main() -> None:
    """Measure, and print JSON."""
    options = arguments()
    stream = new_stream(options)
    _photos.extend(islice(filter(None, stream.encoded_photos()), options.photos))
    with ProcessPoolExecutor(options.workers, mp_context=get_context("fork")) as pool:
        list(pool.map(bare_turn, [range(0)] * options.workers, [options.resolution] * options.workers))
        pairs = [(bare_rate(pool, options), *stream_rate(options)) for _ in range(options.rounds)]
    _photos.clear()
    print(
        json.dumps(
            {
                "datasets": [source.name for source in stream.sources],
                "resolution": options.resolution,
                "workers": options.workers,
                "cpus": os.cpu_count(),
                "bare_photos_per_s": [round(bare, 1) for bare, _, _ in pairs],
                "stream_photos_per_s": [round(rate, 1) for _, rate, _ in pairs],
                "share_median": round(statistics.median(rate / bare for bare, rate, _ in pairs), 3),
                "first_batch_s": round(statistics.median(first for _, _, first in pairs), 2),
                "memory": memory_over_epochs(options),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    try:
        main()
    except DataError as error:
        sys.exit(f"data_rate.py: {error}")
