"""How much memory a film takes as it gets longer, and one of 1080p: resident set of a process that does nothing else.

    python benchmarks/film_memory.py                     # 10,000 frames of 160 x 120, then 300 of 1920 x 1080
    python benchmarks/film_memory.py --frames 2000 --large 60
    python benchmarks/film_memory.py --frames 0 --large 60 --colour    # frames that have colours, held as RGB

Films are drawn by code and coloured by the bundled model, or by `--model`; the figures are printed as they come.
"""

import argparse
import tempfile
import time
from pathlib import Path

import av
import numpy as np
import psutil

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.film import FilmProgress, colorize_film
from colorgan.machine import machine

MEBIBYTE = 2**20
LINES = 10  # printed for a film


def drawn(path: Path, size: tuple[int, int], frames: int, colour: bool) -> Path:
    """A film of soft waves that move, gray or orange."""
    width, height = size
    x, y = np.arange(width)[None] / width * 9, np.arange(height)[:, None] / height * 9
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            waves = np.sin(x + number / 9) + np.cos(y - number / 7)
            gray = av.VideoFrame.from_ndarray((127 + waves * 50).astype(np.uint8), "gray")
            frame = gray.reformat(format="yuv420p", src_color_range="JPEG", dst_color_range="MPEG")
            if colour:
                frame.planes[2].update(bytes([160]) * frame.planes[2].buffer_size)
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return path


def measure(colorizer: Colorizer, folder: Path, size: tuple[int, int], frames: int, colour: bool) -> None:
    """Colour such a film, and print what the process holds as it goes."""
    process, start, largest = psutil.Process(), time.monotonic(), 0
    print(f"{size[0]} x {size[1]}, {frames} frames; {process.memory_info().rss / MEBIBYTE:.0f} MiB before")

    def report(progress: FilmProgress) -> None:
        nonlocal largest
        resident = process.memory_info().rss
        largest = max(largest, resident)
        if progress.frames % max(1, frames // LINES) == 0:
            print(
                f"{progress.frames:7} frames  {resident / MEBIBYTE:6.0f} MiB  {time.monotonic() - start:7.0f} s",
                flush=True,
            )

    film = drawn(folder / f"{size[1]}.mp4", size, frames, colour)
    colorize_film(film, folder / f"{size[1]}-colorized.mp4", colorizer, report=report)
    print(f"largest {largest / MEBIBYTE:.0f} MiB, after joining {process.memory_info().rss / MEBIBYTE:.0f} MiB")


def main() -> None:
    """Both films."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=10_000, help="of 160 x 120; 0 leaves it out")
    parser.add_argument("--large", type=int, default=300, help="frames of 1920 x 1080; 0 leaves it out")
    parser.add_argument("--colour", action="store_true", help="draw films that have colours")
    parser.add_argument("--model", default=DEFAULT_WEIGHTS)
    chosen = parser.parse_args()
    print(machine())
    colorizer = Colorizer.from_pretrained(chosen.model)
    with tempfile.TemporaryDirectory() as folder:
        for size, frames in (((160, 120), chosen.frames), ((1920, 1080), chosen.large)):
            if frames:
                measure(colorizer, Path(folder), size, frames, chosen.colour)


if __name__ == "__main__":
    main()
