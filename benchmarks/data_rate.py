"""How fast and how flat the data stream is: its rate against a bare Pillow loop on the same cores, and its memory.

python benchmarks/data_rate.py --dataset FOLDER_OR_NAME [--dataset ...] [--workers 2] [--epochs 1]

The bare loop opens, decodes, crops and resizes photos that lie in memory, in as many processes as the stream has
workers, to squares of the stream's mean size (a whole square that fits already would need no resizing); the stream
reads its shards, shuffles, drops near-gray photos, crops, flips and delivers batches of tensors.
The two take turns, so that a busy machine slows both, and for each turn the processor time is counted too, of all
processes that take part: it hardly depends on what else runs. Shares are medians over the pairs of turns.
Writes benchmarks/results/data_rate.json, and its section of docs/performance.md.
"""

import argparse
import io
import json
import os
import statistics
import sys
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import psutil
from PIL import Image
from sections import put_section

from colorgan.data import DataError, PhotoStream, photo_loader

ROOT = Path(__file__).parents[1]
RESULTS, TABLE = ROOT / "benchmarks/results/data_rate.json", ROOT / "docs/performance.md"
SHARED_DATA = Path(os.environ.get("COLORGAN_SHARED_DATA", ROOT.parent / "shared/data"))
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


def family() -> list[psutil.Process]:
    """This process and its children."""
    me = psutil.Process()
    return [me, *me.children(recursive=True)]


def processor_seconds() -> float:
    """What the family has computed so far."""
    return sum(sum(process.cpu_times()[:2]) for process in family())


def bare_rate(options: argparse.Namespace) -> tuple[float, float]:
    """Photos per second of as many bare loops as there are workers, and milliseconds of processor time a photo."""
    with ProcessPoolExecutor(options.workers, mp_context=get_context("fork")) as pool:
        list(pool.map(bare_turn, [range(0)] * options.workers, [options.resolution] * options.workers))
        before = processor_seconds()
        shares = [range(first, len(_photos), options.workers) for first in range(options.workers)]
        turns = [pool.submit(bare_turn, share, options.resolution) for share in shares]
        rate = len(_photos) / max(turn.result() for turn in turns)
        return rate, 1000 * (processor_seconds() - before) / len(_photos)


def stream_rate(options: argparse.Namespace) -> tuple[float, float, float]:
    """The same of the stream, once warm, and the seconds from nothing to the first batch."""
    start = time.perf_counter()
    batches = iter(photo_loader(new_stream(options), options.workers))
    next(batches)
    first_batch_s = time.perf_counter() - start
    deque(islice(batches, WARM_UP_BATCHES), maxlen=0)  # until the queue of finished ones is as long as it stays
    start, before = time.perf_counter(), processor_seconds()
    photos = sum(batch["rgb"].shape[0] for batch in islice(batches, max(1, options.photos // options.batch_size)))
    return photos / (time.perf_counter() - start), 1000 * (processor_seconds() - before) / photos, first_batch_s


def reading_ms(options: argparse.Namespace) -> float:
    """Milliseconds of processor time that one process takes to read a photo, without decoding it."""
    stream, start = new_stream(options), time.process_time()
    photos = sum(1 for _ in stream.encoded_photos())
    return 1000 * (time.process_time() - start) / photos


def memory_mib() -> tuple[float, float]:
    """What the family holds for itself alone (USS), and with what its processes share counted for each (RSS), MiB."""
    held = [process.memory_full_info() for process in family()]
    return sum(one.uss for one in held) / 2**20, sum(one.rss for one in held) / 2**20


def memory_over_epochs(options: argparse.Namespace) -> dict[str, object]:
    """MiB at equal steps through the epochs; flat where the second half's mean is the first's."""
    stream = new_stream(options)
    batches = max(2 * MEMORY_SAMPLES, int(stream.photos_per_epoch * options.epochs) // options.batch_size)
    every = batches // MEMORY_SAMPLES
    own, whole = [], []
    for number, _ in enumerate(islice(photo_loader(stream, options.workers), every * MEMORY_SAMPLES), start=1):
        if number % every == 0:
            uss, rss = memory_mib()
            own.append(uss)
            whole.append(rss)
    settled = own[2:]  # the first windows are still being filled
    middle = len(settled) // 2
    return {
        "photos": every * MEMORY_SAMPLES * options.batch_size,
        "epochs": round(every * MEMORY_SAMPLES * options.batch_size / stream.photos_per_epoch, 2),
        "uss_mib": [round(sample, 1) for sample in own],
        "rss_mib": [round(sample, 1) for sample in whole],
        "growth_mib": round(statistics.mean(settled[middle:]) - statistics.mean(settled[:middle]), 1),
        "report": stream.report(),
    }


def table(found: dict) -> str:
    """The section of docs/performance.md from the JSON."""
    memory, workers = found["memory"], found["workers"]
    bare, stream = (statistics.median(found[f"{one}_photos_per_s"]) for one in ("bare", "stream"))
    bare_ms, stream_ms = (statistics.median(found[f"{one}_cpu_ms"]) for one in ("bare", "stream"))
    settled, most = memory["uss_mib"][2:], max(memory["rss_mib"])
    return (
        f"Training photos, decoded by {workers} workers to {found['resolution']} px. Measured on {found['date']} by "
        f"`python benchmarks/data_rate.py` on {found['cpus']} cores, load average {found['load_average']:.1f} (on an "
        f"idle machine it would be {found['cpus']} at most), over {found['photos']:,} photos of "
        f"{', '.join(found['datasets'])}.\n\n"
        "| what | stream | bare Pillow loop | so |\n|---|---|---|---|\n"
        f"| photos/s | {stream:.0f} | {bare:.0f} | {found['share_median']:.0%} by turns (wanted: 80 %) |\n"
        f"| processor time a photo, all processes | {stream_ms:.2f} ms | {bare_ms:.2f} ms | "
        f"{found['cpu_share_median']:.0%} |\n"
        f"| first batch, from nothing | {found['first_batch_s']:.1f} s | | |\n"
        f"| memory over {memory['epochs']:g} epochs, {memory['photos']:,} photos | {min(settled):.0f} to "
        f"{max(settled):.0f} MiB, RSS {most:.0f} | | second half {memory['growth_mib']:+.0f} MiB |\n\n"
        "On a busy machine the stream, which is one process more, gets more of it than the loop does; the share of "
        "processor time is what an idle one would show. "
        f"Every worker reads every row group, of which it decodes its share: {found['reading_ms']:.3f} ms of processor "
        "time a photo and worker, within the stream's figure. Memory is what main process and workers hold for "
        "themselves; RSS counts what they share once for each."
    )


def main() -> None:
    """Measure, print JSON, and write the section."""
    options = arguments()
    memory = memory_over_epochs(options)  # first: workers inherit what this process holds
    stream = new_stream(options)
    _photos.extend(islice(filter(None, stream.encoded_photos()), options.photos))
    bare, streamed = zip(*((bare_rate(options), stream_rate(options)) for _ in range(options.rounds)), strict=True)
    _photos.clear()
    found = {
        "date": date.today().isoformat(),
        "datasets": [Path(source.name).name for source in stream.sources],
        "photos": stream.photos_per_epoch,
        "resolution": options.resolution,
        "workers": options.workers,
        "cpus": os.cpu_count(),
        "load_average": os.getloadavg()[1],
        "bare_photos_per_s": [round(rate, 1) for rate, _ in bare],
        "stream_photos_per_s": [round(rate, 1) for rate, _, _ in streamed],
        "bare_cpu_ms": [round(ms, 3) for _, ms in bare],
        "stream_cpu_ms": [round(ms, 3) for _, ms, _ in streamed],
        "share_median": _median(one[0] / other[0] for one, other in zip(streamed, bare, strict=True)),
        "cpu_share_median": _median(other[1] / one[1] for one, other in zip(streamed, bare, strict=True)),
        "first_batch_s": _median(first for _, _, first in streamed),
        "reading_ms": round(reading_ms(options), 3),
        "memory": memory,
    }
    print(json.dumps(found, indent=1))
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    put_section(TABLE, "data: written by benchmarks/data_rate.py", table(found))


def _median(values: Iterable[float]) -> float:
    return round(statistics.median(values), 3)


if __name__ == "__main__":
    try:
        main()
    except DataError as error:
        sys.exit(f"data_rate.py: {error}")
