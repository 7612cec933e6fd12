"""Speed and memory of the main job, each beside its yardstick in the same run.

    python benchmarks/speed.py            # all, some minutes; writes results/speed.json and the table
    python benchmarks/speed.py forward    # some of: forward file memory first folder busy visitors start
    python benchmarks/speed.py forward file --before OTHER/bin/python   # also beside an older build, installed there

Two threads, whatever the machine has, so that figures compare. The photos are scikit-image's astronaut, enlarged,
with film grain: its JPEG has the bytes a pixel of a scanned print, which sets what decoding and encoding cost.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from programs import THREADS, seconds
from sections import put_section

from colorgan.machine import machine

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(__file__).with_name("programs.py")
RESULTS = Path(__file__).parent / "results" / "speed.json"
TABLE = ROOT / "docs" / "performance.md"
SECTION = "main job: written by benchmarks/speed.py"
GRAIN = 6.0  # standard deviation in 8-bit steps
TWELVE, ONE = (4000, 3000), (1152, 864)  # pixels, megapixels in words
TURNS = 3
BUSY = 2  # processes beside
VISITORS = 8


def write_photo(path: Path, width: int, height: int, mode: str = "RGB", seed: int = 0) -> None:
    """A grainy JPEG of the astronaut at quality 92."""
    import numpy as np
    import skimage.data
    from PIL import Image

    image = Image.fromarray(skimage.data.astronaut()).resize((width, height), Image.Resampling.LANCZOS)
    grain = np.random.default_rng(seed).normal(0, GRAIN, (height, width, 1))
    noisy = (np.asarray(image) + grain).clip(0, 255).astype(np.uint8)
    Image.fromarray(noisy).convert(mode).save(path, quality=92)


def write_large(path: Path, mode: str) -> None:
    """The same at 120 megapixels: ten of 12 side by side and below one another."""
    from PIL import Image

    write_photo(path, *TWELVE, mode)
    with Image.open(path) as one:
        tile = one.copy()
    large = Image.new(mode, (12000, 10000))
    for left in range(0, large.width, tile.width):
        for top in range(0, large.height, tile.height):
            large.paste(tile, (left, top))
    large.save(path, quality=92)


def told(python: str, name: str, *arguments: str, **settings: str) -> dict[str, float]:
    """What one of the programs, run by a build's interpreter, prints."""
    done = subprocess.run(
        [python, str(PROGRAMS), name, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=_environment(python) | settings,
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _environment(python: str) -> dict[str, str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return environment | ({"PYTHONPATH": str(ROOT)} if python == sys.executable else {})


def builds(before: str) -> dict[str, str]:
    """What figures of a build begin with -> its interpreter."""
    return {"": sys.executable} | ({"before_": before} if before else {})


def by_turns(before: str, name: str, *arguments: str) -> dict[str, float]:
    """Medians of what a program says of each build, one after the other."""
    said: dict[str, list[float]] = {}
    for _ in range(TURNS):
        for prefix, python in builds(before).items():
            for key, figure in told(python, name, *arguments).items():
                said.setdefault(prefix + key, []).append(figure)
    return {key: statistics.median(figures) for key, figures in said.items()}


def forward(before: str = "") -> dict[str, float]:
    """One 256 x 256 forward pass of the bundled model against pix2pix's U-Net, and against an older build's."""
    passes = by_turns(before, "one_pass", "flagship")
    results = {key if key.startswith("before_") else f"flagship_{key}": figure for key, figure in passes.items()}
    results |= {f"pix2pix_unet_{key}": figure for key, figure in by_turns("", "one_pass", "pix2pix_unet").items()}
    results["times_faster"] = results["pix2pix_unet_ms"] / results["flagship_ms"]
    if before:
        results["of_before"] = results["flagship_ms"] / results["before_ms"]
    return results


def file(before: str = "") -> dict[str, Any]:
    """A 12-megapixel JPEG, file to file in a warm process, against Pillow's own decode and encode, and the peak."""
    results = {}
    with tempfile.TemporaryDirectory() as place:
        for name, mode in (("colour_scan", "RGB"), ("gray_scan", "L")):
            source = Path(place) / f"{name}.jpg"
            write_photo(source, *TWELVE, mode)
            figures = by_turns(before, "one_file", str(source), f"{place}/out")
            results[name] = {"source_mb": source.stat().st_size / 1e6} | figures
    return results


def memory(before: str = "") -> dict[str, Any]:
    """The peak of the whole process: a photo of 120 megapixels, and a folder of twelve of 12 megapixels."""
    results = {}
    with tempfile.TemporaryDirectory() as place:
        twelve = Path(place) / "twelve"
        twelve.mkdir()
        write_photo(twelve / "0.jpg", *TWELVE)
        for number in range(1, 12):
            shutil.copy(twelve / "0.jpg", twelve / f"{number}.jpg")
        sources = {"folder_of_12": twelve}
        for name, mode in (("colour_120", "RGB"), ("gray_120", "L")):
            sources[name] = Path(place) / f"{name}.jpg"
            write_large(sources[name], mode)
        for name, source in sources.items():
            results[name] = {
                prefix + "peak_mb": told(python, "peak", str(source), f"{place}/out")["peak_mb"]
                for prefix, python in builds(before).items()
            }
    return results


def first(before: str = "") -> dict[str, float]:
    """The first photo ever on a fresh installation, where nothing is kept yet, and the second."""
    said: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as place:
        source = Path(place) / "photo.jpg"
        write_photo(source, *ONE)
        for turn in range(TURNS):
            for prefix, python in builds(before).items():
                kept = f"{place}/{prefix}{turn}"  # what an older build's compiler keeps would be there
                for key, figure in told(python, "first", str(source), f"{place}/out", NUMBA_CACHE_DIR=kept).items():
                    said.setdefault(prefix + key, []).append(figure)
    results = {key: statistics.median(figures) for key, figures in said.items()}
    return results | {f"{one}later_s": results[f"{one}first_s"] - results[f"{one}second_s"] for one in builds(before)}


def folder(before: str = "", photos: int = 200) -> dict[str, float]:
    """A folder of 1-megapixel photos in one go, against single calls in a loop, and an older build's."""
    with tempfile.TemporaryDirectory() as place:
        sources = Path(place) / "in"
        sources.mkdir()
        for number in range(photos):
            write_photo(sources / f"{number:03}.jpg", *ONE, seed=number)
        results = {"photos": photos} | {
            prefix + key: figure
            for prefix, python in builds(before).items()
            for key, figure in told(python, "folder", str(sources), f"{place}/out").items()
        }
    results["ratio"] = results["photos_per_s"] / results["loop_photos_per_s"]
    if before:
        results["of_before"] = results["photos_per_s"] / results["before_photos_per_s"]
    return results


def busy(before: str = "") -> dict[str, float]:
    """A photo of 1 megapixel, file to file, alone and beside two processes of two threads of matrix products each."""
    results = dict[str, float]()
    with tempfile.TemporaryDirectory() as place:
        source = Path(place) / "photo.jpg"
        write_photo(source, *ONE)
        call = "photo", str(source), f"{place}/out"
        for prefix, python in builds(before).items():
            alone = told(python, *call)["s"]
            with busy_beside():
                beside = told(python, *call)["s"]
            fair = alone * (1 + BUSY) / (os.cpu_count() or 1)
            results |= {f"{prefix}alone_s": alone, f"{prefix}beside_s": beside, f"{prefix}of_fair": beside / fair}
    return results


@contextmanager
def busy_beside(processes: int = BUSY) -> Iterator[None]:
    """So many processes of two threads of matrix products, as long as this lasts."""
    command = [sys.executable, str(PROGRAMS), "busy"]
    with ExitStack() as stack:
        for _ in range(processes):
            one = stack.enter_context(subprocess.Popen(command, env=_environment(sys.executable)))
            stack.callback(one.kill)
        time.sleep(5)  # until torch is imported
        yield


def visitors() -> dict[str, float]:
    """Visits of the page with a photo of 1 megapixel each: eight at once, and as many one after another."""
    from visits import photo, running, visit

    content = [photo(number, ONE, "JPEG") for number in range(4 * VISITORS)]

    def come(server: Any, number: int) -> float:
        taken, refusal = visit(server.address, f"{number}.jpg", content[number])
        assert not refusal, refusal
        return taken

    with running() as server:
        come(server, 0)
        start = time.perf_counter()
        for number in range(VISITORS, 2 * VISITORS):
            come(server, number)
        one_by_one = time.perf_counter() - start
        start = time.perf_counter()
        with ThreadPoolExecutor(VISITORS) as threads:
            waits = list(threads.map(lambda number: come(server, number), range(2 * VISITORS, 4 * VISITORS)))
        at_once = time.perf_counter() - start
    return {
        "one_by_one_photos_per_s": VISITORS / one_by_one,
        "at_once_photos_per_s": 2 * VISITORS / at_once,
        "ratio": 2 * one_by_one / at_once,
        "longest_of_mean": max(waits) / statistics.mean(waits),
    }


def start() -> dict[str, float]:
    """From `python app.py` to a page that answers, and to the first colours through its API; `colorgan --help`."""
    from gradio_client import Client, handle_file

    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "app.py", "--port", "7999"],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": str(THREADS)},
        stdout=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                with urllib.request.urlopen("http://127.0.0.1:7999/", timeout=5) as page:
                    page.read()
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - begun > 60:
                    raise
                time.sleep(0.05)
        answered = time.perf_counter() - begun
        with tempfile.TemporaryDirectory() as place:
            photo = Path(place) / "photo.jpg"
            write_photo(photo, *ONE)
            client = Client("http://127.0.0.1:7999/", verbose=False)
            client.predict(handle_file(photo), api_name="/colorize")
            coloured = time.perf_counter() - begun
            again = seconds(lambda: client.predict(handle_file(photo), api_name="/colorize"), 3, 0)
    finally:
        process.terminate()
        process.wait(10)
    command = [sys.executable, "-m", "colorgan.cli", "--help"]
    asked = seconds(lambda: subprocess.run(command, cwd=ROOT, capture_output=True, check=True), 9)
    return {"page_answers_s": answered, "first_colours_s": coloured, "next_colours_s": again, "help_s": asked}


BENCHMARKS: dict[str, Callable[..., dict[str, Any]]] = {
    "forward": forward,
    "file": file,
    "memory": memory,
    "first": first,
    "folder": folder,
    "busy": busy,
    "visitors": visitors,
    "start": start,
}
ALONE = {"visitors", "start"}  # that no older build is measured at


def rows(results: dict[str, Any]) -> Iterator[tuple[str, str, str, str, str]]:
    """The table's: what, here, its yardstick, the older build, and what was wanted; of what has been measured."""
    if f := results.get("forward"):
        yield (
            f"256 x 256 forward pass, {f['flagship_parameters'] / 1e6:.1f} M parameters",
            f"{f['flagship_ms']:.0f} ms",
            f"pix2pix U-Net, {f['pix2pix_unet_parameters'] / 1e6:.1f} M: {f['pix2pix_unet_ms']:.0f} ms",
            f"{f['before_ms']:.0f} ms" if "before_ms" in f else "",
            f"{f['times_faster']:.1f} times faster (9)"
            + (f", {f['of_before']:.2f} of the older build's (0.5)" if "before_ms" in f else ""),
        )
    for name, words, wanted in (("colour_scan", "colour", 1.8), ("gray_scan", "gray", 2.2)):
        if b := results.get("file", {}).get(name):
            older = f"{b['before_ratio']:.2f} times, peak {b['before_peak_mb']:.0f} MB" if "before_ratio" in b else ""
            yield (
                f"12-megapixel {words} JPEG ({b['source_mb']:.1f} MB), file to file",
                f"{b['colorize_s']:.2f} s, peak {b['peak_mb']:.0f} MB",
                f"Pillow's decode and encode: {b['pillow_s']:.2f} s",
                older,
                f"{b['ratio']:.2f} times ({wanted}; 600 MB)",
            )
    for name, words, limit in (
        ("colour_120", "120-megapixel colour JPEG", 1000),
        ("gray_120", "120-megapixel gray JPEG", 1000),
        ("folder_of_12", "folder of twelve 12-megapixel colour JPEGs", 750),
    ):
        if m := results.get("memory", {}).get(name):
            older = f"{m['before_peak_mb']:.0f} MB" if "before_peak_mb" in m else ""
            yield f"{words}, peak", f"{m['peak_mb']:.0f} MB", "", older, f"({limit} MB)"
    if o := results.get("first"):
        older = f"{o['before_later_s']:.2f} s" if "before_later_s" in o else ""
        told_apart = f"{o['first_s']:.2f} s, the second {o['second_s']:.2f} s"
        yield "first photo on a fresh installation", told_apart, "", older, f"{o['later_s']:.2f} s later (1.5)"
    if c := results.get("folder"):
        yield (
            f"folder of {c['photos']:.0f} photos of 1 megapixel",
            f"{c['photos_per_s']:.1f} photos/s",
            f"single calls in a loop: {c['loop_photos_per_s']:.1f} photos/s",
            f"{c['before_photos_per_s']:.1f} photos/s" if "of_before" in c else "",
            f"{c['ratio']:.2f} times the loop's (1.3)"
            + (f", {c['of_before']:.2f} times the older build's (1.6)" if "of_before" in c else ""),
        )
    if y := results.get("busy"):
        older = ""
        if "before_alone_s" in y:
            older = f"{1e3 * y['before_alone_s']:.0f} ms, {1e3 * y['before_beside_s']:.0f} beside"
        yield (
            f"1-megapixel photo beside {BUSY} processes of two busy threads",
            f"{1e3 * y['beside_s']:.0f} ms",
            f"alone: {1e3 * y['alone_s']:.0f} ms",
            older,
            f"{y['of_fair']:.2f} of its fair share (1.5)",
        )
    if v := results.get("visitors"):
        yield (
            f"the page's photos with {VISITORS} visitors at once",
            f"{v['at_once_photos_per_s']:.1f} photos/s",
            f"one after another: {v['one_by_one_photos_per_s']:.1f} photos/s",
            "",
            f"{v['ratio']:.2f} times (0.9); the longest wait is {v['longest_of_mean']:.2f} of the mean (2)",
        )
    if d := results.get("start"):
        yield (
            "`python app.py` to a page that answers",
            f"{d['page_answers_s']:.1f} s",
            f"to the first colours: {d['first_colours_s']:.1f} s, the next: {d['next_colours_s']:.2f} s",
            "",
            "(2.5 s, and 1 s after that)",
        )
        yield "`colorgan --help`", f"{d['help_s']:.2f} s", "", "", "(0.1 s)"


def table(results: dict[str, Any]) -> str:
    """docs/performance.md from the JSON."""
    m = results["machine"]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows(results))
    return (
        f"Measured on {m['date']} by `python benchmarks/speed.py`, {m['threads']} threads of "
        f"{m['processor']}, Python {m['python']}, torch {m['torch']}, load average "
        f"{m['load_average']:.1f} before; each figure beside its yardstick and the build that `--before` names, from "
        f"the same run. The raw figures are in benchmarks/results/speed.json.\n\n"
        f"| what | colorgan | yardstick | older build | so (wanted) |\n|---|---|---|---|---|\n{lines}\n"
    )


def main() -> None:
    """Run the benchmarks named, keep the others' results, write the JSON and the table."""
    parser = argparse.ArgumentParser(description="speed and memory of the main job")
    parser.add_argument("names", nargs="*", help=f"which ones, of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument(
        "--before", default="", metavar="PYTHON", help="of an environment with an older build, to go by turns with"
    )
    chosen = parser.parse_args()
    names = chosen.names or list(BENCHMARKS)
    for name in names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}: choose from {', '.join(BENCHMARKS)}")
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    results["machine"] = machine() | {"threads": THREADS, "load_average": os.getloadavg()[0]}
    for name in names:
        results[name] = BENCHMARKS[name]() if name in ALONE else BENCHMARKS[name](chosen.before)
        print(name, json.dumps(results[name], indent=1))
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    put_section(TABLE, SECTION, table(results))


if __name__ == "__main__":
    main()
