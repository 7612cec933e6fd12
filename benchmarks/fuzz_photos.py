"""Broken photos by the thousand: does any of them end the process, hang, or eat the memory?

    python benchmarks/fuzz_photos.py                   # 2,000 files; writes results/fuzz_photos.json and the table
    python benchmarks/fuzz_photos.py --files 200 --seed 7

The files are those of the tests' corpora, damaged: bytes flipped, cut off, put in, doubled, lengths turned into the
largest ones. Each is opened and, if it opens, written again, in a process of its own kind that is replaced when it
dies. A file of a run is a function of the seed and its number alone.
"""

import argparse
import importlib
import io
import json
import multiprocessing
import random
import resource
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from sections import put_section

from colorgan.machine import machine

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "fuzz_photos.json"
TABLE = ROOT / "docs" / "performance.md"
SECTION = "broken photos: written by benchmarks/fuzz_photos.py"
LIMIT_S = 10.0  # a file may take, before it counts as a hang
STARTING_S = 20.0  # more, for a process that imports everything first
LIMIT_MB = 4096  # a process may have, address space of its libraries included
HEADS = 1500  # bytes in which headers and metadata lie: most damage is done there
LARGEST = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\0\1\0\0")


@dataclass(frozen=True)
class Outcome:
    """What became of a file: "opened", "refused", or the name of an error that no user should see."""

    what: str
    seconds: float
    peak_mb: float


def corpus() -> list[tuple[str, bytes]]:
    """The tests' files that are whole, by name."""
    sys.path.insert(0, str(ROOT / "tests"))
    modules = [importlib.import_module(f"cases.{name}") for name in ("photo_corpus", "tiff_corpus", "statement_corpus")]
    cases = [case for module in modules for case in getattr(module, module.__name__.rpartition(".")[2])()]
    return [(case.name, case.data) for case in cases if not case.error]


def damaged(data: bytes, draw: random.Random) -> bytes:
    """One to four kinds of damage."""
    for _ in range(draw.randint(1, 4)):
        if len(data) < 8:
            return data
        place = draw.randrange(min(len(data), HEADS) if draw.random() < 0.7 else len(data))
        kind = draw.choice(("flip", "flip", "flip", "largest", "cut", "put in", "double", "take out"))
        if kind == "flip":
            changed = bytearray(data)
            for _ in range(draw.randint(1, 4)):
                changed[draw.randrange(min(len(data), HEADS)) if draw.random() < 0.7 else place] = draw.randrange(256)
            data = bytes(changed)
        elif kind == "largest":
            data = data[:place] + draw.choice(LARGEST) + data[place + 4 :]
        elif kind == "cut":
            data = data[: draw.randrange(len(data))]
        elif kind == "put in":
            data = data[:place] + draw.randbytes(draw.randint(1, 64)) + data[place:]
        elif kind == "double":
            data = data[:place] + data[place : place + 200] + data[place:]
        else:
            data = data[:place] + data[place + draw.randint(1, 64) :]
    return data


def read(data: bytes) -> str:
    """Open a photo and write it in its own format, as a command would."""
    from colorgan.photo import PhotoError, open_photo, save_photo

    try:
        photo = open_photo(io.BytesIO(data))
    except PhotoError as error:
        return "refused" if "\n" not in str(error) and len(str(error)) < 400 else "a refusal of many lines"
    except BaseException as error:
        return type(error).__name__
    try:
        save_photo(photo.image.convert("RGB"), io.BytesIO(), photo, description="colorized")
    except BaseException as error:
        return f"{type(error).__name__} on writing"
    return "opened"


def work(pipe: Connection) -> None:
    """A process: damaged files in, outcomes out."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_MB << 20, LIMIT_MB << 20))
    while (data := pipe.recv()) is not None:
        start = time.perf_counter()
        what = read(data)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        pipe.send(Outcome(what, time.perf_counter() - start, peak_mb))


class Reader:
    """A process that reads files, replaced by another when a file ends it or holds it up."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def outcome(self, data: bytes) -> Outcome:
        """Of one file; "hang" and "crash" leave this reader unusable."""
        try:
            self.pipe.send(data)
            if not self.pipe.poll(LIMIT_S + STARTING_S):
                return Outcome("hang", LIMIT_S, 0.0)
            found: Outcome = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(1)
            return Outcome(f"crash ({self.process.exitcode})", 0.0, 0.0)
        return found if found.seconds <= LIMIT_S else Outcome("hang", found.seconds, found.peak_mb)

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()


def fuzz(files: int, seed: int) -> dict[str, object]:
    """Read so many damaged files."""
    whole, outcomes, bad = corpus(), list[Outcome](), list[str]()
    reader = Reader()
    for number in range(files):
        draw = random.Random(f"{seed} {number}")  # noqa: S311  (no secret)
        name, data = draw.choice(whole)
        outcome = reader.outcome(damaged(data, draw))
        outcomes.append(outcome)
        if outcome.what not in ("opened", "refused"):
            bad.append(f"{number} {name}: {outcome.what}")
        if outcome.what.startswith(("hang", "crash")):
            reader.close()
            reader = Reader()
    reader.close()
    counts = Counter(outcome.what for outcome in outcomes)
    return {
        "files": files,
        "seed": seed,
        "whole_files": len(whole),
        "opened": counts["opened"],
        "refused": counts["refused"],
        "bad": bad,
        "slowest_s": round(max(outcome.seconds for outcome in outcomes), 2),
        "median_ms": round(1000 * sorted(outcome.seconds for outcome in outcomes)[files // 2], 2),
        "peak_mb": round(max(outcome.peak_mb for outcome in outcomes)),
    }


def table(found: dict, where: dict) -> str:
    """Its part of docs/performance.md."""
    head = ["files", "opened", "refused in one line", f"crashes, hangs over {LIMIT_S:.0f} s, other errors"]
    head += ["slowest", "median", "peak memory"]
    row = [f"{found['files']:,}", f"{found['opened']:,}", f"{found['refused']:,}", f"{len(found['bad'])} (wanted: 0)"]
    row += [f"{found['slowest_s']} s", f"{found['median_ms']} ms", f"{found['peak_mb']} MB"]
    return (
        f"## Broken photos\n\n"
        f"`python benchmarks/fuzz_photos.py`: {found['whole_files']} odd files of the tests, damaged in "
        f"{found['files']:,} ways (bytes flipped, put in, taken out, doubled or cut off, lengths made the largest), "
        f"opened and written again in processes of at most {LIMIT_MB:,} MB. Measured on {where['date']} on "
        f"{where['processor']}, Python {where['python']}, seed {found['seed']}.\n\n"
        f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n| {' | '.join(row)} |\n"
    )


def main() -> None:
    """Run, write the JSON and the table; exit status 1 where something is wrong."""
    parser = argparse.ArgumentParser(description="damaged photos: no crash, no hang, no memory beyond the limit")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    found = fuzz(chosen.files, chosen.seed)
    print(json.dumps(found, indent=1))
    where = machine()
    if (chosen.files, chosen.seed) == (2000, 0):
        RESULTS.write_text(json.dumps({"machine": where} | found, indent=1) + "\n")
        put_section(TABLE, SECTION, table(found, where))
    sys.exit(bool(found["bad"]))


if __name__ == "__main__":
    main()
