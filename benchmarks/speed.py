"""Speed and memory of the main job, each beside its yardstick in the same run.

    python benchmarks/speed.py            # all four, about two minutes; writes results/speed.json and the table
    python benchmarks/speed.py forward    # one of: forward file folder start

Two threads, whatever the machine has, so that figures compare. The photos are scikit-image's astronaut, enlarged,
with film grain: its JPEG has the bytes a pixel of a scanned print, which sets what decoding and encoding cost.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from sections import put_section

from colorgan.machine import machine

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "speed.json"
TABLE = ROOT / "docs" / "performance.md"
SECTION = "main job: written by benchmarks/speed.py"
THREADS = 2
GRAIN = 6.0  # standard deviation in 8-bit steps


def seconds(work: Callable[[], object], repeats: int, warm_up: int = 1) -> float:
    """Median time of one call."""
    for _ in range(warm_up):
        work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def write_photo(path: Path, width: int, height: int, mode: str = "RGB", seed: int = 0) -> None:
    """A grainy JPEG of the astronaut at quality 92."""
    import numpy as np
    import skimage.data
    from PIL import Image

    image = Image.fromarray(skimage.data.astronaut()).resize((width, height), Image.Resampling.LANCZOS)
    grain = np.random.default_rng(seed).normal(0, GRAIN, (height, width, 1))
    noisy = (np.asarray(image) + grain).clip(0, 255).astype(np.uint8)
    Image.fromarray(noisy).convert(mode).save(path, quality=92)


def forward() -> dict[str, float]:
    """(a) One 256 x 256 forward pass of the bundled model against pix2pix's U-Net."""
    import torch

    from colorgan import DEFAULT_WEIGHTS, Colorizer
    from colorgan.networks import DropoutUNet

    torch.set_num_threads(THREADS)
    photo = torch.rand(1, 1, 256, 256) * 2 - 1
    colorizer, unet = Colorizer.from_pretrained(DEFAULT_WEIGHTS), DropoutUNet().eval()
    with torch.inference_mode():
        ours = seconds(lambda: colorizer.generator(photo.contiguous(memory_format=torch.channels_last)), 30, 5)
        theirs = seconds(lambda: unet(photo), 15, 3)
        again = seconds(lambda: colorizer.generator(photo.contiguous(memory_format=torch.channels_last)), 30, 5)
    return {
        "flagship_ms": 1e3 * statistics.mean((ours, again)),
        "pix2pix_unet_ms": 1e3 * theirs,
        "pix2pix_unet_parameters": sum(p.numel() for p in unet.parameters()),
        "flagship_parameters": sum(p.numel() for p in colorizer.parameters()),
        "times_faster": theirs / statistics.mean((ours, again)),
    }


def one_file(source: str, destination: str) -> dict[str, float]:
    """In a process of its own, for its peak memory: a file to a file, against Pillow's decode and encode of it."""
    import resource

    import torch
    from PIL import Image

    from colorgan import DEFAULT_WEIGHTS, Colorizer
    from colorgan.photo import open_photo, save_photo

    torch.set_num_threads(THREADS)
    colorizer = Colorizer.from_pretrained(DEFAULT_WEIGHTS)

    def colorize() -> None:
        photo = open_photo(source)
        save_photo(colorizer.predict([photo.image])[0].picture(photo.image), destination, photo)

    def recode() -> None:
        with Image.open(source) as image:
            image.save(destination, quality=95, subsampling=0)

    ours, theirs = seconds(colorize, 5), seconds(recode, 5)
    return {
        "colorize_s": ours,
        "pillow_s": theirs,
        "ratio": ours / theirs,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def file() -> dict[str, dict[str, float]]:
    """(b) A 12-megapixel JPEG, file to file, against Pillow's own decode and encode, and the peak memory."""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, mode in (("colour_scan", "RGB"), ("gray_scan", "L")):
            source = Path(folder) / f"{name}.jpg"
            write_photo(source, 4000, 3000, mode)
            code = f"import json, speed; print(json.dumps(speed.one_file({str(source)!r}, {folder + '/out.jpg'!r})))"
            done = subprocess.run(
                [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
            )
            results[name] = {"source_mb": source.stat().st_size / 1e6} | json.loads(done.stdout)
    return results


def folder(photos: int = 200) -> dict[str, float]:
    """(c) A folder of 1-megapixel photos in one go, against single calls in a loop."""
    import torch

    from colorgan import DEFAULT_WEIGHTS, Colorizer
    from colorgan.folder.pipeline import Settings, colorize_files
    from colorgan.folder.plan import plan
    from colorgan.photo import open_photo, save_photo

    torch.set_num_threads(THREADS)
    colorizer = Colorizer.from_pretrained(DEFAULT_WEIGHTS)
    with tempfile.TemporaryDirectory() as place:
        sources = Path(place) / "in"
        sources.mkdir()
        for number in range(photos):
            write_photo(sources / f"{number:03}.jpg", 1152, 864, seed=number)

        def loop() -> None:
            (Path(place) / "loop").mkdir()
            for source in sorted(sources.iterdir()):
                photo = open_photo(source)
                save_photo(colorizer.colorize(photo.image), Path(place) / "loop" / source.name, photo)

        def together() -> None:
            failures = []
            jobs = plan([str(sources)], f"{place}/together").jobs
            colorize_files(colorizer, jobs, Settings(), lambda outcome: failures.append(outcome.error))
            if any(failures) or len(failures) != photos:
                raise RuntimeError(f"not every photo was colorized: {failures}")

        colorizer.colorize(open_photo(sources / "000.jpg").image)
        single, pipeline = seconds(loop, 1, 0), seconds(together, 1, 0)
    return {
        "photos": photos,
        "loop_photos_per_s": photos / single,
        "folder_photos_per_s": photos / pipeline,
        "ratio": single / pipeline,
    }


def start() -> dict[str, float]:
    """(d) From `python app.py` to a page that answers, and to the first colours through its API."""
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
            write_photo(photo, 1152, 864)
            client = Client("http://127.0.0.1:7999/", verbose=False)
            client.predict(handle_file(photo), api_name="/colorize")
            first = time.perf_counter() - begun
            again = seconds(lambda: client.predict(handle_file(photo), api_name="/colorize"), 3, 0)
    finally:
        process.terminate()
        process.wait(10)
    return {"page_answers_s": answered, "first_colours_s": first, "next_colours_s": again}


BENCHMARKS: dict[str, Callable[[], dict]] = {"forward": forward, "file": file, "folder": folder, "start": start}


def table(results: dict) -> str:
    """docs/performance.md from the JSON."""
    f, b, c, d = (results[name] for name in ("forward", "file", "folder", "start"))
    rows = [
        (
            f"256 x 256 forward pass, {f['flagship_parameters'] / 1e6:.1f} M parameters",
            f"{f['flagship_ms']:.0f} ms",
            f"pix2pix U-Net, {f['pix2pix_unet_parameters'] / 1e6:.1f} M: {f['pix2pix_unet_ms']:.0f} ms",
            f"{f['times_faster']:.1f} times faster (wanted: 4)",
        )
    ]
    for name, words in (("colour_scan", "colour"), ("gray_scan", "gray")):
        rows.append(
            (
                f"12-megapixel {words} JPEG ({b[name]['source_mb']:.1f} MB), file to file",
                f"{b[name]['colorize_s']:.2f} s, peak {b[name]['peak_mb']:.0f} MB",
                f"Pillow's decode and encode: {b[name]['pillow_s']:.2f} s",
                f"{b[name]['ratio']:.1f} times (wanted: 3; 1200 MB)",
            )
        )
    rows.append(
        (
            f"folder of {c['photos']:.0f} photos of 1 megapixel",
            f"{c['folder_photos_per_s']:.1f} photos/s",
            f"single calls in a loop: {c['loop_photos_per_s']:.1f} photos/s",
            f"{c['ratio']:.2f} times faster (wanted: 1.3)",
        )
    )
    rows.append(
        (
            "`python app.py` to a page that answers",
            f"{d['page_answers_s']:.1f} s",
            f"to the first colours: {d['first_colours_s']:.1f} s, the next: {d['next_colours_s']:.2f} s",
            "(wanted: 8 s)",
        )
    )
    m = results["machine"]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return (
        f"Measured on {m['date']} by `python benchmarks/speed.py`, {m['threads']} threads of "
        f"{m['processor']}, Python {m['python']}, torch {m['torch']}; each figure beside its yardstick from the same "
        f"run. The raw figures are in benchmarks/results/speed.json.\n\n"
        f"| what | colorgan | yardstick | so |\n|---|---|---|---|\n{lines}\n"
    )


def main() -> None:
    """Run the benchmarks named, keep the others' results, write the JSON and the table."""
    parser = argparse.ArgumentParser(description="speed and memory of the main job")
    parser.add_argument("names", nargs="*", help=f"which ones, of {', '.join(BENCHMARKS)}; all by default")
    names = parser.parse_args().names or list(BENCHMARKS)
    for name in names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}: choose from {', '.join(BENCHMARKS)}")
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    results["machine"] = machine() | {"threads": THREADS}
    for name in names:
        results[name] = BENCHMARKS[name]()
        print(name, json.dumps(results[name], indent=1))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    if results.keys() >= BENCHMARKS.keys():
        put_section(TABLE, SECTION, table(results))


if __name__ == "__main__":
    main()
