"""The table of outcomes: a row for each picture, in parquet, beside the pictures.

`_colorgan/outcomes` in the output folder is a data set of one schema, for pandas, DuckDB, Arrow and others. While a run
goes on it gets a file for each part of the work; at the end one file takes the place of all of them.
"""

import hashlib
import io
import itertools
import json
import os
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from colorgan.addresses import Root

HOME = "_colorgan"  # what this program keeps beside the pictures
OUTCOMES = f"{HOME}/outcomes"
_JOBS, _RUNS = f"{HOME}/jobs", f"{HOME}/runs"
DONE, FAILED = "done", "failed"
_STAMP = "%Y%m%dT%H%M%S%f"
ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class Outcome:
    """What became of a picture.

    path: of the picture, below the output folder. source: the photo's address. page, variant: from 0.
    status: `DONE` or `FAILED`; reason: why it failed, in one line. notes: what of the photo was left out.
    seconds: of fetching, reading, colouring and writing; those of a photo are on the row of its first picture.
    size: of the picture's file, in bytes. sha256: of its bytes.
    model, revision: its name, and SHA-256 of its configuration and weights (`fingerprint.model_revision`).
    run: which made it; runs are sorted by time.
    """

    path: str
    source: str
    page: int
    variant: int
    status: str
    reason: str | None
    notes: str
    seconds: float | None
    size: int | None
    sha256: str | None
    model: str | None
    revision: str | None
    run: str


_OUTCOMES = pa.schema([
    ("path", pa.string()), ("source", pa.string()), ("page", pa.int32()), ("variant", pa.int32()),
    ("status", pa.string()), ("reason", pa.string()), ("notes", pa.string()), ("seconds", pa.float32()),
    ("size", pa.int64()), ("sha256", pa.string()), ("model", pa.string()), ("revision", pa.string()),
    ("run", pa.string()),
])  # fmt: skip


@dataclass(frozen=True)
class Task:
    """A photo to be coloured: a row of the list of jobs.

    root: number of the input; source: the photo below it. pictures: (variant, file below the output) to be made.
    there: likewise, those that are there already, and that no row tells of. hints: content of its file of hints.
    Names are bytes, as systems have them: not all are text.
    """

    root: int
    source: str
    page: int
    pictures: tuple[tuple[int, str], ...]
    there: tuple[tuple[int, str], ...]
    hints: bytes | None


_FILES = pa.list_(pa.struct([("variant", pa.int32()), ("path", pa.binary())]))
_TASKS = pa.schema([
    ("root", pa.int32()), ("source", pa.binary()), ("page", pa.int32()), ("pictures", _FILES), ("there", _FILES),
    ("hints", pa.binary()),
])  # fmt: skip


def shown(name: str) -> str:
    """A name as text, whatever bytes it has."""
    return name.encode(errors="backslashreplace").decode()


def tasks_file(run: str, number: int, tasks: Sequence[Task]) -> tuple[str, bytes]:
    """A part of the list of jobs as a file: its name, and what is in it."""
    rows = [
        asdict(one)
        | {"source": os.fsencode(one.source)}
        | {
            name: [{"variant": variant, "path": os.fsencode(path)} for variant, path in getattr(one, name)]
            for name in ("pictures", "there")
        }
        for one in tasks
    ]
    return f"{_JOBS}/{run}/{number:06}.parquet", _parquet(pa.Table.from_pylist(rows, _TASKS))


def read_tasks(output: Root, file: str) -> list[Task]:
    """A part of the list of jobs."""

    def files(listed: list[dict[str, Any]]) -> tuple[tuple[int, str], ...]:
        return tuple((one["variant"], os.fsdecode(one["path"])) for one in listed)

    rows = pq.read_table(pa.BufferReader(output.read(file)), schema=_TASKS).to_pylist()
    return [
        Task(
            row["root"],
            os.fsdecode(row["source"]),
            row["page"],
            files(row["pictures"]),
            files(row["there"]),
            row["hints"],
        )
        for row in rows
    ]


def forget_tasks(output: Root, run: str) -> None:
    """Remove a run's list of jobs, and what killed runs of its shard, or of any, have left of theirs."""
    for folder in output.listing(_JOBS).folders:
        if not shard_of(run) or shard_of(folder) == shard_of(run):
            output.remove([f"{_JOBS}/{folder}/{name}" for name in output.listing(f"{_JOBS}/{folder}").files])


def outcomes_file(run: str, part: str, outcomes: Sequence[Outcome]) -> tuple[str, bytes]:
    """What became of a part of the jobs, named by its file of tasks, as a file: its name, and what is in it.

    One that was written before, by a worker that died, has the same name, and is replaced.
    """
    rows = [asdict(one) | {"path": shown(one.path), "source": shown(one.source)} for one in outcomes]
    return f"{OUTCOMES}/{run}-{Path(part).name}", _parquet(pa.Table.from_pylist(rows, _OUTCOMES))


def has_outcomes(output: Root, run: str) -> frozenset[str]:
    """Names, without folder, of the parts of a run's jobs of which there are outcomes."""
    return frozenset(name.removeprefix(f"{run}-") for name in output.taken(OUTCOMES) if name.startswith(f"{run}-"))


class Recorded:
    """Pictures of which the table tells that they are done: eight bytes of memory for each."""

    def __init__(self, output: Root):
        rows = _rows(output, _parts(output))
        digests = [np.fromiter(map(_digest, _done_in(batch)), np.uint64) for batch in rows]
        self._sorted = np.unique(np.concatenate([*digests, np.empty(0, np.uint64)]))

    def __contains__(self, path: str) -> bool:
        digest = np.uint64(_digest(shown(path)))
        place = np.searchsorted(self._sorted, digest)
        return bool(place < len(self._sorted) and self._sorted[place] == digest)


def write_run(output: Root, run: str, record: Mapping[str, Any]) -> None:
    """Write down how a run's pictures are made."""
    output.write(f"{_RUNS}/{run}.json", json.dumps(dict(record), indent=2).encode() + b"\n")


def only_revision(output: Root) -> tuple[str | None, str | None]:
    """Name and revision of the model of all earlier runs, where it was one: it made what no row tells of."""
    runs = [
        json.loads(output.read(f"{_RUNS}/{name}")) for name in sorted(output.taken(_RUNS)) if name.endswith(".json")
    ]
    models = {(run.get("model"), run.get("revision")) for run in runs}
    return models.pop() if len(models) == 1 else (None, None)


def merge(output: Root, run: str, facts: Mapping[str, Any]) -> Counter[str]:
    """One file in the place of the table's parts, and a summary -> how many pictures of each status.

    Of several rows for a picture the newest stays. A shard's run takes the parts of its shard alone: the others' may
    be growing. Rows stream from file to file.
    """
    shard = shard_of(run)
    mine = sorted((name for name in _parts(output) if not shard or shard_of(_run_of(name)) == shard), key=_run_of)
    several = len(set(map(_run_of, mine))) > 1
    seen, counts, table = set[int](), Counter[str](), f"table-{run}.parquet"
    with tempfile.TemporaryDirectory(prefix="colorgan-") as scratch:
        file = Path(scratch) / table
        with pq.ParquetWriter(file, _OUTCOMES) as writer:
            for batch in _rows(output, mine[::-1]):
                if several:
                    digests = list(map(_digest, batch["path"].to_pylist()))
                    batch = batch.filter(pa.array([digest not in seen for digest in digests], pa.bool_()))
                    seen.update(digests)
                counts.update(batch["status"].to_pylist())
                writer.write_table(pa.Table.from_batches([batch], _OUTCOMES))
        summary = {**facts, "run": run, "pictures": counts[DONE], "failed": counts[FAILED]}
        files: dict[str, bytes | Path] = {
            f"{OUTCOMES}/{table}": file,
            f"{HOME}/summary{'.' * bool(shard)}{shard}.json": json.dumps(summary, indent=2).encode() + b"\n",
        }
        output.put(files, removed=[f"{OUTCOMES}/{name}" for name in mine if name != table])
    return counts


def new_run(output: Root, shard: str) -> str:
    """The name of a run that begins now, and of its shard ("2-of-5", or "" for all).

    Names are sorted by time: of clocks that differ, the one that is ahead counts.
    """
    last = max(output.taken(_RUNS), default="").partition("-")[0]
    now = datetime.now(UTC)
    if now.strftime(_STAMP) <= last:
        now = datetime.strptime(last, _STAMP).replace(tzinfo=UTC) + timedelta(microseconds=1)
    return f"{now.strftime(_STAMP)}-{secrets.token_hex(3)}{'.' * bool(shard)}{shard}"


def shard_of(run: str) -> str:
    """The shard that a run's name has."""
    return run.partition(".")[2]


def read_table(output: Root) -> pa.Table:
    """All rows: for tests and small archives."""
    return pa.Table.from_batches(_rows(output, _parts(output)), _OUTCOMES)


def _parts(output: Root) -> list[str]:
    return [name for name in sorted(output.taken(OUTCOMES)) if name.endswith(".parquet") and name[0] != "."]


def _rows(output: Root, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Rows of files of the table, in the files' order, some thousands at a time."""
    for is_whole, some in itertools.groupby(names, lambda name: name.startswith("table")):
        files = [f"{OUTCOMES}/{name}" for name in some]
        for data in [] if is_whole else output.read_each(files):
            yield from pq.read_table(pa.BufferReader(data), schema=_OUTCOMES).to_batches()
        for whole in files if is_whole else []:
            with output.open(whole) as file:
                yield from pq.ParquetFile(file).iter_batches(ROWS_AT_ONCE)


def _done_in(batch: pa.RecordBatch) -> list[str]:
    return [
        path
        for path, status in zip(batch["path"].to_pylist(), batch["status"].to_pylist(), strict=True)
        if status == DONE
    ]


def _digest(path: str) -> int:
    return int.from_bytes(hashlib.blake2b(path.encode(), digest_size=8).digest())


def _run_of(name: str) -> str:
    """The run that a file's name has: of a table, the newest in it."""
    stem = name.removesuffix(".parquet")
    return stem.removeprefix("table-") if stem.startswith("table-") else stem.rpartition("-")[0]


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()
