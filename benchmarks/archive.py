"""Archives on a Ray cluster of this machine: speed beside a folder's run, memory over many paths, and kills.

    python benchmarks/archive.py speed            # 400 photos of 1 megapixel, by turns; RAY_worker_niceness=0
    python benchmarks/archive.py memory --paths 100000
    python benchmarks/archive.py kills
    python benchmarks/archive.py table            # what is in results/archive.json, into docs/performance.md

Speed is by the clock and by processor time, start-up apart: on a machine that is busy with other things only the
latter says much. For memory the paths are those of small photos, one of fifty, and of empty files, which fail at
once: what is looked at is what carries the paths. Kills are of workers, of a node and of the driver, at random moments.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from sections import put_section
from speed import write_photo

from colorgan.addresses import opened
from colorgan.archive.cluster import engine_on
from colorgan.archive.planning import Commission
from colorgan.archive.running import Report, run_archive, work_here
from colorgan.archive.table import read_table
from colorgan.files import sha256, write_whole
from colorgan.machine import machine

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "archive.json"
TABLE = ROOT / "docs" / "performance.md"
SECTION = "archives: written by benchmarks/archive.py"
STORE = 200 * 2**20


@contextmanager
def cluster(nodes: int) -> Iterator[Any]:
    """Nodes of a core each, of which this process is not yet a member."""
    from ray.cluster_utils import Cluster

    node: dict[str, Any] = {"num_cpus": 1, "object_store_memory": STORE, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=node)
    for _ in range(nodes - 1):
        made.add_node(**node)
    os.environ["RAY_ADDRESS"] = made.address
    try:
        yield made, node
    finally:
        made.shutdown()


def processor_seconds() -> dict[int, float]:
    """Of this process and all that it has started, Ray's own too, so far."""
    found, me = {}, psutil.Process()
    for process in (me, *me.children(recursive=True)):
        with suppress(psutil.Error):
            times = process.cpu_times()
            found[process.pid] = times.user + times.system
    return found


def workers() -> list[psutil.Process]:
    """Those of the cluster that this process has started."""
    return [one for one in psutil.Process().children(recursive=True) if "ray::MapWorker" in " ".join(_words(one))]


class Meter:
    """Clock and processor time from when a tenth of the photos is done to nine tenths: workers live in between."""

    def __init__(self, photos: int):
        self.photos, self.done, self.lock = photos, 0, threading.Lock()
        self.marks = list[tuple[float, int, dict[int, float]]]()

    def told(self, tally: Any) -> None:
        """Count what became of photos."""
        with self.lock:
            self.done += tally.done + tally.failed
            if self.done >= self.photos * (0.1, 0.9, 2.0)[len(self.marks)]:
                self.marks.append((time.perf_counter(), self.done, processor_seconds()))

    def rates(self) -> dict[str, float]:
        """Photos a second, and processor time for each."""
        (start, before, used), (end, after, now) = self.marks
        seconds = sum(now[pid] - used.get(pid, 0.0) for pid in now)
        return {
            "photos_per_s": (after - before) / (end - start),
            "processor_s_per_photo": seconds / (after - before),
        }


def speed(photos: int, turns: int) -> dict[str, Any]:
    """By turns: this machine's engine with two threads, and Ray's with two workers of one."""
    import torch

    from colorgan import DEFAULT_WEIGHTS, Colorizer
    from colorgan.folder.pipeline import Settings

    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112  (its name)
    torch.set_num_threads(2)
    colorizer = Colorizer.from_pretrained(DEFAULT_WEIGHTS)
    runs: dict[str, list[dict[str, float]]] = {"here": [], "ray": []}
    with tempfile.TemporaryDirectory() as scratch:
        album = Path(scratch) / "album"
        album.mkdir()
        for number in range(photos):
            if number < 8:
                write_photo(album / f"{number:04}.jpg", 1155, 866, "L", number)
            else:
                os.link(album / f"{number % 8:04}.jpg", album / f"{number:04}.jpg")

        def once(name: str, engine: Any) -> None:
            meter, output = Meter(photos), f"{scratch}/{name}{len(runs[name])}"
            report = run_archive(
                Commission([str(album)], output), colorizer, Settings(model_name="x"), engine=engine,
                is_retried=name == "ray", told=meter.told,
            )  # fmt: skip
            assert (report.tally.done, report.tally.failed) == (photos, 0)
            runs[name].append(meter.rates())
            print(name, runs[name][-1], flush=True)

        for _ in range(turns):
            once("here", work_here)
            with engine_on("local", None) as engine:
                once("ray", engine)
        equal = all(
            sha256(path) == sha256(Path(scratch) / "ray0" / path.name)
            for path in (Path(scratch) / "here0").glob("*.jpg")
        )
    best = {name: min(one["processor_s_per_photo"] for one in found) for name, found in runs.items()}
    return {"photos": photos, "runs": runs, "equal_bytes": equal, "ratio_by_processor": best["here"] / best["ray"]}


def memory(paths: int) -> dict[str, Any]:
    """What the driver and the object store hold while many paths go through."""
    import ray
    import torch

    from colorgan import Colorizer
    from colorgan.folder.pipeline import Settings

    torch.manual_seed(0)
    colorizer = Colorizer("LiteUNet", {"cells": 8}, view_size=16)
    samples, me = list[dict[str, float]](), psutil.Process()
    with tempfile.TemporaryDirectory() as scratch:
        album = Path(scratch) / "album"
        for number in range(paths):
            path = album / f"{number // 1000:04}" / f"{number:07}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            if number % 50 == 0:
                write_photo(path, 32, 24, "L", number)
            else:
                path.touch()
        start, done, planned = time.perf_counter(), 0, 0.0

        def sample() -> None:
            whole, free = ray.cluster_resources(), ray.available_resources()
            used = whole["object_store_memory"] - free.get("object_store_memory", 0.0)
            samples.append(
                {"done": done, "driver_mib": me.memory_info().rss / 2**20, "store_mib": used / 2**20,
                 "seconds": time.perf_counter() - start}
            )  # fmt: skip
            print(samples[-1], flush=True)

        def told(tally: Any) -> None:
            nonlocal done
            done += tally.done + tally.failed
            if done * 10 // paths >= len(samples):
                sample()

        def began(_: object) -> None:
            nonlocal planned
            planned = time.perf_counter() - start
            sample()

        with engine_on("local", None) as engine:
            report: Report = run_archive(
                Commission([str(album)], f"{scratch}/out"), colorizer, Settings(), engine=engine, is_retried=True,
                began=began, told=told,
            )  # fmt: skip
            sample()
        tally, rows = report.tally, read_table(opened(f"{scratch}/out")).num_rows
    assert rows == paths == tally.done + tally.failed, (rows, tally, report.stopped)
    note = f"All but {tally.done:,} of the files are empty and fail at once: this is about what carries them."
    return {"paths": paths, "planned_s": planned, "rows": rows, "note": note, "samples": samples}


def kills(photos: int, seed: int) -> dict[str, Any]:
    """Ten and more at random, and what is there when a run has come through."""
    from colorgan import Colorizer

    dice = random.Random(seed)  # noqa: S311
    killed = {"worker": 0, "node": 0, "driver": 0}
    with tempfile.TemporaryDirectory() as scratch, cluster(2) as (made, node):
        album, model, out = Path(scratch) / "album", f"{scratch}/model", Path(scratch) / "out"
        Colorizer("LiteUNet", {"cells": 8}, view_size=64).save_pretrained(model)
        album.mkdir()
        for number in range(photos):
            write_photo(album / f"{number:04}.jpg", 320, 240, "L", number)
        command = [sys.executable, "-m", "colorgan.cli", "colorize", str(album), "--output", str(out)]
        alone = ["--model", model, "--batch-size", "1"]  # in a batch, others sway a photo's last bits
        command += [*alone, "--ray", "auto", "--resume"]
        whole = f"{scratch}/whole"
        subprocess.run([*command[:5], "--output", whole, *alone], check=True)
        started = 0
        while True:
            started += 1
            driver = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _kill_at_random(driver, made, node, dice, killed, out)
            if driver.wait() == 0:
                break
        table = read_table(opened(str(out))).to_pylist()
        pictures = {path.name: sha256(path) for path in out.glob("*.jpg")}
        expected = {path.name: sha256(path) for path in Path(whole).glob("*.jpg")}
        agree = {row["path"]: row["sha256"] for row in table} == pictures and len(table) == photos
    return {
        "photos": photos, "kills": killed, "total": sum(killed.values()), "drivers": started, "seed": seed,
        "bytes_are_a_folder_runs": pictures == expected, "table_agrees": agree,
    }  # fmt: skip


def _kill_at_random(
    driver: "subprocess.Popen[bytes]",
    made: Any,
    node: dict[str, Any],
    dice: random.Random,
    killed: dict[str, int],
    out: Path,
) -> None:
    """Kill workers and nodes while a driver lives, and now and then the driver."""
    while driver.poll() is None:
        seen = len(list(out.glob("*.jpg")))
        deadline = time.monotonic() + 90
        while driver.poll() is None and len(list(out.glob("*.jpg"))) < seen + dice.randint(5, 25):
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        if driver.poll() is not None:
            return
        what = dice.choice(["worker", "worker", "worker", "node", "driver"])
        if what == "worker":
            if living := workers():
                os.kill(dice.choice(living).pid, signal.SIGKILL)
                killed["worker"] += 1
        elif what == "node":
            made.remove_node(next(iter(made.worker_nodes)), allow_graceful=False)
            made.add_node(**node)
            killed["node"] += 1
        else:
            driver.kill()
            killed["driver"] += 1
        print(killed, len(list(out.glob("*.jpg"))), flush=True)


def _words(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def table(results: dict[str, Any]) -> str:
    """The section of docs/performance.md."""
    parts = {"speed": _speed, "memory": _memory, "kills": _kills}
    return "\n\n".join(
        ["## Archives on Ray", *(write(results[name]) for name, write in parts.items() if name in results)]
    )


def _speed(found: dict[str, Any]) -> str:
    here, there = (min(one["processor_s_per_photo"] for one in found["runs"][name]) for name in ("here", "ray"))
    clock = {name: max(one["photos_per_s"] for one in found["runs"][name]) for name in ("here", "ray")}
    return f"""\
Measured on {found["date"]} by `python benchmarks/archive.py speed` on 2 cores of {found["processor"]}, load average \
{found["load"]:.1f} before (on an idle machine it would be under 1): {found["photos"]} photos of 1 megapixel, two \
workers of one thread beside one process of two, start-up apart.

| | processor time a photo | photos/s by the clock |
|---|---|---|
| a folder's run, with a table | {here * 1e3:.1f} ms | {clock["here"]:.1f} |
| Ray, all its processes | {there * 1e3:.1f} ms | {clock["ray"]:.1f} |

By the clock Ray does {clock["ray"] / clock["here"]:.2f} of what the other does (wanted: 0.95), from a tenth of the \
photos to nine tenths; on a busy machine the clock favours whoever has more processes. By processor time it is \
{here / there:.2f}: Ray's own cost is {(there - here) * 1e3:.1f} ms a photo. Bytes are \
{"equal" if found["equal_bytes"] else "NOT equal"}."""


def _memory(found: dict[str, Any]) -> str:
    samples = [one for one in found["samples"] if one["done"]]
    first, last = samples[0], samples[-1]
    return f"""\
`memory --paths {found["paths"]}`, {found["date"]}, load average {found["load"]:.0f}: listed and written down in \
{found["planned_s"]:.0f} s. At {first["done"]:,} done the driver held {first["driver_mib"]:.0f} MiB and the object \
store {first["store_mib"]:.1f}, at {last["done"]:,} {last["driver_mib"]:.0f} and {last["store_mib"]:.1f}. \
{found["note"]}"""


def _kills(found: dict[str, Any]) -> str:
    each = ", ".join(f"{count} of a {what}" for what, count in found["kills"].items())
    return f"""\
`kills`, {found["date"]}: {found["total"]} ({each}) at random while {found["photos"]} photos went through a cluster of \
two nodes, resumed {found["drivers"] - 1} times. Afterwards every photo had one picture, of the bytes of a folder's \
run: {found["bytes_are_a_folder_runs"]}; the table agreed with the disk: {found["table_agrees"]}."""


def main() -> None:
    """One of the parts, into the results and the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["speed", "memory", "kills", "table"])
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--paths", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    before, found = {**machine(), "load": os.getloadavg()[0]}, {}
    if chosen.what == "speed":
        found = {"speed": {**before, **speed(chosen.photos, chosen.turns)}}
    elif chosen.what == "memory":
        found = {"memory": {**before, **memory(chosen.paths)}}
    elif chosen.what == "kills":
        found = {"kills": {**before, **kills(chosen.photos, chosen.seed)}}
    results = (json.loads(RESULTS.read_text()) if RESULTS.exists() else {}) | found
    write_whole(RESULTS, json.dumps(results, indent=2) + "\n")
    put_section(TABLE, SECTION, table(results))


if __name__ == "__main__":
    main()
