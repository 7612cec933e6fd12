"""Two hundred visits of the page by script, and eight with the largest photo: the server's memory, and who is refused.

    python benchmarks/visits.py [--visits N] [--large N]    # writes results/visits.json, and in docs/performance.md

A real server, over HTTP. A visit loads the page, uploads a photo of its own, has it coloured and goes without a word,
as a program does that keeps no connection. Four are under way at any time. Memory is the server's resident set (Linux).
"""

import argparse
import importlib
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sections import put_section

from colorgan.machine import machine

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "visits.json"
TABLE = ROOT / "docs" / "performance.md"
SECTION = "visits: written by benchmarks/visits.py"
AT_ONCE = 4
SIZE, LARGE = (640, 480), (12_384, 9_288)  # 115 megapixels
LARGE_VISITS = 8
IDLE_S = 70  # after which an idle visit has given its pixels back


class Server:
    """The page in a process of its own, and the memory of that."""

    def __init__(self, process: "subprocess.Popen[str]", address: str):
        self.process, self.address = process, address

    def resident_mb(self, kind: str = "VmRSS") -> int:
        """Now, or with VmHWM at the most since `forget_peak`."""
        found = re.search(rf"{kind}:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())
        assert found
        return int(found[1]) // 1024

    def forget_peak(self) -> None:
        """Begin to look for the most anew."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")


@contextmanager
def running() -> Iterator[Server]:
    """A server as `python app.py` starts it, with empty folders."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {**os.environ, "TMPDIR": folder, "COLORGAN_HOME": f"{folder}/home"}
        command = [sys.executable, str(ROOT / "app.py")]
        with subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            found = re.search(r"http://\S+?:\d+", process.stdout.readline())
            assert found, "the server did not start"
            try:
                yield Server(process, found[0])
            finally:
                process.terminate()
                process.communicate()  # it says goodbye


def photo(seed: int, size: tuple[int, int], kind: str) -> bytes:
    """A gray photo of soft blobs that no other visit has."""
    blobs = np.random.default_rng(seed).integers(40, 220, (6, 8), dtype=np.uint8)
    buffer = io.BytesIO()
    options: dict[str, Any] = {"method": 0} if kind == "WEBP" else {}
    Image.fromarray(blobs).resize(size, Image.Resampling.BICUBIC).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


def visit(address: str, name: str, content: bytes) -> tuple[float, str]:
    """One visit, as the tests make it -> its seconds, and what was said instead of a picture."""
    started = time.perf_counter()
    with importlib.import_module("cases.visiting").ScriptedVisit(address) as one:
        one.arrive()
        stage = one.bring(name, content)
    return time.perf_counter() - started, "" if "data-ready" in stage else stage[:300]


def visits(server: Server, count: int, at_once: int, made: Callable[[int], tuple[str, bytes]]) -> dict[str, Any]:
    """So many visits -> seconds, refusals and memory along the way."""
    seconds, refused, memory = [], [], []

    def one(number: int) -> tuple[float, str]:
        return visit(server.address, *made(number))

    server.forget_peak()
    with ThreadPoolExecutor(at_once) as pool:
        for number, (took, said) in enumerate(pool.map(one, range(count)), 1):
            seconds.append(took)
            refused += [said] if said else []
            if number % max(count // 8, 1) == 0:
                memory.append({"visits": number, "mb": server.resident_mb()})
                sys.stderr.write(f"{number} visits: {memory[-1]['mb']} MB, {len(refused)} refused\n")
    return {
        "visits": count,
        "at_once": at_once,
        "refused": refused,
        "median_s": round(statistics.median(seconds), 2),
        "slowest_s": round(max(seconds), 2),
        "memory": memory,
        "peak_mb": server.resident_mb("VmHWM"),
    }


def measured(count: int, large_count: int) -> dict[str, Any]:
    """All that is reported; neither kind of visit without a number."""
    content = photo(0, LARGE, "WEBP") if large_count else b""
    kinds = (
        (f"{SIZE[0]} x {SIZE[1]}", count, AT_ONCE, lambda number: (f"{number}.jpg", photo(number, SIZE, "JPEG"))),
        ("115 megapixels (WebP)", large_count, large_count, lambda number: (f"large-{number}.webp", content)),
    )
    with running() as server:
        visit(server.address, "first.jpg", photo(10**6, SIZE, "JPEG"))
        result: dict[str, Any] = {"machine": machine(), "first_visit_mb": server.resident_mb(), "kinds": {}}
        for name, many, at_once, made in kinds:
            if many:
                result["kinds"][name] = visits(server, many, at_once, made)
                time.sleep(IDLE_S)
                result["kinds"][name]["idle_mb"] = server.resident_mb()
    return result


def table(result: dict[str, Any]) -> str:
    """The figures for people."""
    on = result["machine"]
    lines = [
        f"Measured on {on['date']} by `python benchmarks/visits.py`, {on['processor']}, torch {on['torch']}. Visits by "
        f"script, so many at any time; the server had {result['first_visit_mb']} MB after the first.",
        "",
        f"| photo | visits, at once | refused | memory at the most | {IDLE_S} s later | a visit, median and slowest |",
        "|---|---|---|---|---|---|",
    ]
    for name, one in result["kinds"].items():
        lines.append(
            f"| {name} | {one['visits']}, {one['at_once']} | {len(one['refused'])} | {one['peak_mb']} MB "
            f"| {one['idle_mb']} MB | {one['median_s']} s, {one['slowest_s']} s |"
        )
    for name, one in result["kinds"].items():
        along = ", ".join(f"{step['mb']} MB after {step['visits']}" for step in one["memory"])
        lines += ["", f"Memory along the way, {name}: {along}."]
    return "\n".join(lines)


def main() -> None:
    """Measure, keep, and write the table."""
    sys.path.insert(0, str(ROOT / "tests"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=200, metavar="N")
    parser.add_argument("--large", type=int, default=LARGE_VISITS, metavar="N", help="with 115 megapixels, all at once")
    arguments = parser.parse_args()
    result = measured(arguments.visits, arguments.large)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    put_section(TABLE, SECTION, table(result))
    sys.stdout.write(table(result) + "\n")


if __name__ == "__main__":
    main()
