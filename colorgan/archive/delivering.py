"""Pictures put in their places, and what became of each photo on record; by several threads at once.

Where a store counts requests (`Root.is_counted`), the pictures of a part go there together, with the rows that tell of
them, once all of the part is done; elsewhere each goes as soon as it is made.
"""

import hashlib
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from colorgan.addresses import Root
from colorgan.archive.table import DONE, FAILED, Outcome, Task, outcomes_file
from colorgan.files import one_line
from colorgan.folder.pipeline import PhotoOutcome, Settings, is_disk_full
from colorgan.folder.plan import Job

MOST_TOLD = 20  # errors and notes, on the terminal: an archive's are in its table
_KEPT = "it has come to be meanwhile, and is not overwritten"


@dataclass(frozen=True)
class Terms:
    """How all jobs of a run are done.

    inputs: the roots that tasks number. revision: of the model; before: name and revision of the one that made what
    is there and not in the table. is_retried: whether an engine does jobs again whose worker died, so that pictures
    that have come to be are this run's own.
    """

    inputs: tuple[Root, ...]
    output: Root
    run: str
    settings: Settings
    model: str
    revision: str
    codec: str
    crf: int | None
    before: tuple[str | None, str | None] = (None, None)
    is_retried: bool = False

    def address(self, task: Task) -> str:
        """A photo's address, for people."""
        return self.inputs[task.root].show(task.source)


@dataclass
class Tally:
    """What became of jobs: counts of photos, films and those with hints; and what is to be told of some, with the
    photo's address. `stopped` is why no more can be done at all."""

    photos: int = 0
    films: int = 0
    failed: int = 0
    told: int = 0
    errors: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    stopped: str | None = None

    def add(self, other: "Tally") -> None:
        """Add what became of others."""
        self.photos, self.films = self.photos + other.photos, self.films + other.films
        self.failed, self.told = self.failed + other.failed, self.told + other.told
        self.errors = sorted(self.errors + other.errors)[:MOST_TOLD]
        self.notes = sorted(self.notes + other.notes)[:MOST_TOLD]
        self.stopped = self.stopped or other.stopped

    @property
    def done(self) -> int:
        """Photos and films of which all pictures are written."""
        return self.photos + self.films


@dataclass
class Parcel:
    """A task on its way: the job with files of this machine that stand for its photo and pictures, which of the
    pictures it makes, and which were made before; so long did it take to come."""

    task: Task
    part: str
    folder: Path
    job: Job
    pictures: tuple[tuple[int, str], ...]
    made: tuple[tuple[int, str], ...]
    seconds: float


@dataclass
class _Done:
    """A parcel of which all is made: its rows, why it failed, and the pictures that are yet to go to their places."""

    parcel: Parcel
    outcome: PhotoOutcome
    rows: list[Outcome]
    error: str | None
    waiting: dict[str, Path]

    def refuse(self, path: str, error: str) -> None:
        """Leave a picture out, and say why."""
        del self.waiting[path]
        self.rows = [
            replace(row, status=FAILED, reason=error, size=None, sha256=None) if row.path == path else row
            for row in self.rows
        ]
        self.error = error


class Delivery:
    """Takes what is made of parts; `report` gets what became of each photo, from any thread, and may raise what stops.

    parts: files of tasks, each with the number of its tasks.
    """

    def __init__(self, terms: Terms, parts: Sequence[tuple[str, int]], report: Callable[[Tally], None]):
        self.terms, self.report = terms, report
        self.left, self.done = dict(parts), dict[str, list[_Done]]()
        self.lock = threading.Lock()

    def deliver(self, parcel: Parcel, outcome: PhotoOutcome) -> None:
        """Put a job's pictures in their places, and its rows in the table: now, or together with its part's.

        Raises:
            OSError: the disk is full, or the table or a part's pictures cannot be written.
        """
        start, task = time.perf_counter(), parcel.task
        error = outcome.error and self._in_their_words(parcel, outcome.error)
        rows, waiting = [], dict[str, Path]()
        for (variant, path), (_, file) in zip(parcel.pictures, parcel.job.pictures, strict=True):
            row = self._row(task, variant, path, outcome.notes)
            try:
                data = None if error else self._placed(path, file, waiting)
            except Exception as failure:
                if is_disk_full(failure):
                    raise
                error = self._not_written(task, path, one_line(failure))
            if error is None and data is not None:
                row = replace(row, status=DONE, size=len(data), sha256=hashlib.sha256(data).hexdigest())
            rows.append(replace(row, reason=error) if error else row)
        seconds = outcome.seconds + parcel.seconds + time.perf_counter() - start
        rows = [replace(row, seconds=seconds if number == 0 else None) for number, row in enumerate(rows)]
        rows += [self._found(task, *one, self.terms.before) for one in task.there]
        rows += [self._found(task, *one, (self.terms.model, self.terms.revision)) for one in parcel.made]
        done = _Done(parcel, outcome, rows, error, waiting)
        if self.terms.output.is_counted:
            self._record(done)
            return
        shutil.rmtree(parcel.folder, ignore_errors=True)
        self._record(done)
        self._tell(done)

    def end(self) -> None:
        """Put on record, and in its place, what is done of parts that were begun and not ended."""
        with self.lock:
            begun, self.done = self.done, {}
        for part, done in begun.items():
            self._settle(part, done)

    def _placed(self, path: str, file: Path, waiting: dict[str, Path]) -> bytes:
        """The bytes of a picture, now in its place, or among those that wait."""
        output, data = self.terms.output, file.read_bytes()
        if output.is_counted:
            path.encode()  # a name that is no text would fail the others' request as well
            waiting[path] = file
        elif output.local(path) is None:  # on this machine it was made in its place
            if not self.terms.settings.overwrite and output.exists(path):
                raise ValueError(_KEPT)
            output.write(path, data)
        return data

    def _record(self, done: _Done) -> None:
        part = done.parcel.part
        with self.lock:
            self.done.setdefault(part, []).append(done)
            self.left[part] -= 1
            whole = None if self.left[part] else self.done.pop(part)
        if whole is not None:
            self._settle(part, whole)

    def _settle(self, part: str, done: Sequence[_Done]) -> None:
        """Write what became of a part, and with it the pictures that wait."""
        output, owners = self.terms.output, {path: one for one in done for path in one.waiting}
        for path in [] if self.terms.settings.overwrite else sorted(output.present(list(owners))):
            owners[path].refuse(path, self._not_written(owners[path].parcel.task, path, _KEPT))
        name, content = outcomes_file(self.terms.run, part, [row for one in done for row in one.rows])
        output.put({**{path: file for one in done for path, file in one.waiting.items()}, name: content})
        if output.is_counted:
            for one in done:
                shutil.rmtree(one.parcel.folder, ignore_errors=True)
                self._tell(one)

    def _found(self, task: Task, variant: int, path: str, model: tuple[str | None, str | None]) -> Outcome:
        """The row of a picture that is there already."""
        row = replace(self._row(task, variant, path, ()), model=model[0], revision=model[1])
        try:
            data = self.terms.output.read(path)
        except Exception as error:
            return replace(row, reason=f"cannot read {self.terms.output.show(path)!r}: {one_line(error)}")
        return replace(row, status=DONE, size=len(data), sha256=hashlib.sha256(data).hexdigest())

    def _row(self, task: Task, variant: int, path: str, notes: Sequence[str]) -> Outcome:
        terms = self.terms
        return Outcome(
            path, self._address(task), task.page, variant, FAILED, None, "; ".join(notes), None, None, None,
            terms.model, terms.revision, terms.run,
        )  # fmt: skip

    def _not_written(self, task: Task, path: str, reason: str) -> str:
        return f"{self._address(task)!r}: cannot write {self.terms.output.show(path)!r}: {reason}"

    def _tell(self, done: _Done) -> None:
        if done.parcel.task.pictures:
            self.report(self._tally(done.parcel, done.outcome, done.error))

    def _tally(self, parcel: Parcel, outcome: PhotoOutcome, error: str | None) -> Tally:
        address, is_film = self._address(parcel.task), parcel.job.is_film
        hint = "; --max-megapixels admits larger photos" if outcome.too_large else ""
        return Tally(
            photos=not error and not is_film,
            films=not error and is_film,
            failed=bool(error),
            told=not error and parcel.job.hints is not None,
            errors=[(address, error + hint)] if error else [],
            notes=[(address, note) for note in outcome.notes] if not error else [],
        )

    def _in_their_words(self, parcel: Parcel, line: str) -> str:
        """An error with the addresses that people know, in the place of this machine's paths."""
        names = [(str(parcel.job.source), self._address(parcel.task))]
        names += [
            (str(file), self.terms.output.show(path))
            for (_, path), (_, file) in zip(parcel.pictures, parcel.job.pictures, strict=True)
        ]
        for path, address in names:
            line = line.replace(repr(path), repr(address)).replace(path, address)
        return line

    def _address(self, task: Task) -> str:
        return self.terms.address(task)
