"""What benchmarks/speed.py runs in processes of their own, by the interpreter of any build since the first.

    PYTHON benchmarks/programs.py NAME [ARGUMENT ...]    # prints JSON

Only what every build has is imported: files are coloured as `colorgan colorize` does it.
"""

import contextlib
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

THREADS = 2


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


def peak_mb() -> float:
    """The most memory that this program has held; what `resource` says begins with that of whoever started it."""
    [peak] = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
    return int(peak) / 1024


def bundled() -> Any:
    """The flagship, on two threads, as the command line has it."""
    with contextlib.suppress(ImportError):  # older builds' programs do not
        from colorgan.machine import let_threads_sleep

        let_threads_sleep()
    import torch

    from colorgan import DEFAULT_WEIGHTS, Colorizer

    torch.set_num_threads(THREADS)
    return Colorizer.from_pretrained(DEFAULT_WEIGHTS)


def colorize(colorizer: Any, sources: str, destination: str) -> float:
    """A file or a folder, to a folder that is made anew -> seconds."""
    from colorgan.folder.pipeline import Settings, colorize_files
    from colorgan.folder.plan import plan

    shutil.rmtree(destination, ignore_errors=True)
    planned: Any = plan([sources], destination)
    errors = list[str | None]()
    start = time.perf_counter()
    colorize_files(colorizer, getattr(planned, "jobs", planned), Settings(), lambda one: errors.append(one.error))
    taken = time.perf_counter() - start
    if not errors or any(errors):
        raise RuntimeError(f"not every photo was colorized: {errors}")
    return taken


def one_pass(network: str) -> dict[str, float]:
    """A 256 x 256 forward pass of the flagship or of pix2pix's U-Net."""
    import torch

    from colorgan.networks import DropoutUNet

    generator = bundled().generator if network == "flagship" else DropoutUNet().eval()
    torch.set_num_threads(THREADS)
    photo = (torch.rand(1, 1, 256, 256) * 2 - 1).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        taken = seconds(lambda: generator(photo), 25, 5)
    return {"ms": 1e3 * taken, "parameters": sum(part.numel() for part in generator.parameters())}


def one_file(source: str, destination: str) -> dict[str, float]:
    """A file to a file, warm, against Pillow's decode and encode of it, by turns."""
    from PIL import Image

    colorizer = bundled()
    ours, theirs = list[float](), list[float]()
    for _ in range(8):
        ours.append(colorize(colorizer, source, destination))
        start = time.perf_counter()
        with Image.open(source) as image:
            image.save(Path(destination) / "pillow.jpg", quality=95, subsampling=0)
        theirs.append(time.perf_counter() - start)
        del image
    mine, pillows = statistics.median(ours[2:]), statistics.median(theirs[2:])
    return {"colorize_s": mine, "pillow_s": pillows, "ratio": mine / pillows, "peak_mb": peak_mb()}


def peak(sources: str, destination: str) -> dict[str, float]:
    """A file or a folder, twice, for the peak of the whole process."""
    colorizer = bundled()
    for _ in range(2):
        colorize(colorizer, sources, destination)
    return {"peak_mb": peak_mb()}


def first(source: str, destination: str) -> dict[str, float]:
    """The first photo of a process, and the next."""
    colorizer = bundled()
    once, again = (colorize(colorizer, source, destination) for _ in range(2))
    return {"first_s": once, "second_s": again}


def folder(sources: str, destination: str) -> dict[str, float]:
    """Photos a second of a folder in one go, and of single calls in a loop, after one to warm up."""
    from colorgan.photo import open_photo, save_photo

    colorizer = bundled()
    photos = sorted(Path(sources).iterdir())
    colorize(colorizer, str(photos[0]), destination)
    together = colorize(colorizer, sources, destination)
    start = time.perf_counter()
    for source in photos:
        photo = open_photo(source)
        save_photo(colorizer.colorize(photo.image), Path(destination) / source.name, photo)
    alone = time.perf_counter() - start
    return {"photos_per_s": len(photos) / together, "loop_photos_per_s": len(photos) / alone}


def photo(source: str, destination: str) -> dict[str, float]:
    """One photo, file to file, over and over."""
    colorizer = bundled()
    return {"s": seconds(lambda: colorize(colorizer, source, destination), 40, 5)}


def film(source: str, output: str, options: str) -> dict[str, float]:
    """A film, a frame at a time by `Colorizer.colorize`, packed by x264 with these options (JSON)."""
    import av
    from PIL import Image

    colorizer = bundled()
    colorizer.colorize(Image.new("RGB", (64, 64)))  # what is compiled once
    begun, worked, frames = time.perf_counter(), time.process_time(), 0
    with av.open(source) as reading, av.open(output, "w") as writing:
        of = reading.streams.video[0]
        stream = writing.add_stream("libx264", rate=of.average_rate, options=json.loads(options))
        stream.width, stream.height, stream.pix_fmt = of.width, of.height, "yuv420p"
        for frame in reading.decode(of):
            writing.mux(stream.encode(av.VideoFrame.from_image(colorizer.colorize(frame.to_image()))))
            frames += 1
        writing.mux(stream.encode(None))
    seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    return {"frames_per_s": frames / seconds, "processor_ms": 1e3 * worked / frames}


def busy() -> None:
    """Two threads of matrix products, until somebody ends it."""
    import torch

    torch.set_num_threads(THREADS)
    matrix = torch.rand(1024, 1024)
    while True:
        torch.mm(matrix, matrix)


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))  # as benchmarks/speed.py names them
