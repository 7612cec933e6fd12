"""Parts of the jobs done by the pipeline of folders: photos come in ahead of it, pictures go out behind it."""

import shutil
import tempfile
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from colorgan.archive.delivering import Delivery, Parcel, Tally, Terms
from colorgan.archive.table import Task, read_tasks
from colorgan.files import one_line
from colorgan.folder.films import colorize_films
from colorgan.folder.pipeline import PhotoOutcome, colorize_files
from colorgan.folder.plan import Job
from colorgan.hints import HINTS_SUFFIX, parse_hints

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer

_CARRIERS = 8  # threads that wait for networks
_AHEAD = 16  # photos that are fetched before the pipeline asks for them
_BEHIND = 32  # pictures' photos that wait to be taken out, at most


class Worker:
    """Does parts of the jobs; `report` gets what became of each photo, from any thread, and may raise what stops."""

    def __init__(self, terms: Terms, colorizer: "Colorizer", report: Callable[[Tally], None]):
        self.terms, self.colorizer, self.report = terms, colorizer, report
        self.lock = threading.Lock()

    def work(self, parts: Sequence[tuple[str, int]]) -> None:
        """Do parts, each a file of tasks and their number; its outcomes are written when all of it is done.

        Raises:
            DiskFullError, KeyboardInterrupt: as of `colorize_files`; what is done by then is in the table.
            OSError: the list of jobs cannot be read, or the table not written.
        """
        self.delivery = Delivery(self.terms, parts, self.report)
        self.parcels, self.films = dict[int, Parcel](), list[Parcel]()
        self.there = dict[str, frozenset[str]]()  # of parts, pictures that a worker made who died
        self.room, self.carried = threading.Semaphore(_BEHIND), deque[Future[None]]()
        self.stopping = threading.Event()
        self.carriers = ThreadPoolExecutor(_CARRIERS, "carrier")
        with tempfile.TemporaryDirectory(prefix="colorgan-") as scratch:
            self.scratch, self.arrived = Path(scratch), _Arrived(Path(scratch))
            try:
                jobs = _Arriving(self._tasks(parts), sum(count for _, count in parts), self._fetched, self.carriers)
                colorize_files(self.colorizer, jobs, self.terms.settings, self._send)
                self._do_films()
            finally:
                self.stopping.set()
                self.carriers.shutdown()
                self.delivery.end()
            for one in self.carried:
                one.result()  # what went wrong at the end

    def _tasks(self, parts: Sequence[tuple[str, int]]) -> Iterator[tuple[str, Task]]:
        output = self.terms.output
        for part, _ in parts:
            tasks = read_tasks(output, part)
            if self._looks_first and output.is_counted:
                self.there[part] = output.present([path for task in tasks for _, path in task.pictures])
            yield from ((part, task) for task in tasks)

    @property
    def _looks_first(self) -> bool:
        """Whether pictures may be there, of a worker that died, and are to be kept."""
        return self.terms.is_retried and not self.terms.settings.overwrite

    def _is_there(self, part: str, path: str) -> bool:
        return path in self.there[part] if part in self.there else self.terms.output.exists(path)

    def _do_films(self) -> None:
        for parcel in self.films:
            settings = self.terms.settings
            colorize_films(
                self.colorizer, [parcel.job], settings, self._send, codec=self.terms.codec, crf=self.terms.crf
            )

    # On the way in, by carriers.

    def _fetched(self, part: str, task: Task) -> Job | None:
        """The job that stands for a task; None where there is nothing to colour, or a film, which waits."""
        if self.stopping.is_set():
            return None
        start = time.perf_counter()
        output, pictures, made = self.terms.output, task.pictures, tuple[tuple[int, str], ...]()
        if self._looks_first:
            made = tuple(one for one in pictures if self._is_there(part, one[1]))
            pictures = tuple(one for one in pictures if one not in made)
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        source, error = self._source(task, folder) if pictures else (folder, None)
        files = tuple((variant, output.local(path) or folder / Path(path).name) for variant, path in pictures)
        job = Job(source, files, task.page)
        if task.hints is not None and pictures:
            job = _told(job, task.hints, folder)
        parcel = Parcel(task, part, folder, job, pictures, made, time.perf_counter() - start)
        if not pictures or error:
            line = f"{self.terms.address(task)!r}: {error}" if error else None
            self.delivery.deliver(parcel, PhotoOutcome(job, line))
            return None
        with self.lock:
            self.parcels[id(job)] = parcel
            if job.is_film:
                self.films.append(parcel)
        return None if job.is_film else job

    def _source(self, task: Task, folder: Path) -> tuple[Path, str | None]:
        """The photo on this machine, under its own name; and why it is not."""
        root = self.terms.inputs[task.root]
        if (path := root.local(task.source)) is not None:
            return path, None
        path = folder / "photo" / Path(task.source).name
        try:
            path.parent.mkdir()
            self.arrived.bring((task.root, task.source), lambda kept: root.fetch(task.source, kept), path)
            return path, None
        except FileNotFoundError:
            return path, "it is there no more"
        except Exception as error:  # whatever a file system raises: one photo never stops the others
            return path, f"cannot be fetched: {one_line(error, name_class=True)}"

    # On the way out.

    def _send(self, outcome: PhotoOutcome) -> None:
        """Hand an outcome to a carrier; waits while too many wait."""
        with self.lock:
            parcel = self.parcels.pop(id(outcome.job))
        self.room.acquire()
        while self.carried and self.carried[0].done():
            self.carried.popleft().result()  # raises what went wrong, which stops the run
        self.carried.append(self.carriers.submit(self._delivered, parcel, outcome))

    def _delivered(self, parcel: Parcel, outcome: PhotoOutcome) -> None:
        try:
            self.delivery.deliver(parcel, outcome)
        finally:
            self.room.release()


class _Arrived:
    """Photos that were fetched: one for all of its pages, which come one after the other and to several carriers."""

    def __init__(self, folder: Path):
        self.folder, self.lock, self.kept = folder, threading.Lock(), OrderedDict[tuple[int, str], _Photo]()

    def bring(self, name: tuple[int, str], fetch: Callable[[Path], object], path: Path) -> None:
        """Put the photo of a name at a path, a file of its own. All who wait for it are raised what `fetch` raises."""
        with self.lock:
            is_new = name not in self.kept
            if is_new:
                self.kept[name] = _Photo(Path(tempfile.mkdtemp(dir=self.folder)) / "photo")
            self.kept.move_to_end(name)
            photo = self.kept[name]
            photo.users += 1
        try:
            if is_new:
                try:
                    photo.fetched.set_result(fetch(photo.file))
                except BaseException as error:
                    photo.fetched.set_exception(error)
                    raise
            photo.fetched.result()
            try:
                path.hardlink_to(photo.file)
            except OSError:  # a file system without
                shutil.copyfile(photo.file, path)
        finally:
            with self.lock:
                photo.users -= 1
                *older, _ = self.kept  # the last of all may be wanted for its next page
                for one in older:
                    if not self.kept[one].users:
                        shutil.rmtree(self.kept.pop(one).file.parent, ignore_errors=True)


@dataclass
class _Photo:
    """A file that is there once it is `fetched`, and how many are at it."""

    file: Path
    fetched: Future[object] = field(default_factory=Future)
    users: int = 0


class _Arriving(Collection[Job]):
    """Jobs whose photos are fetched a little before they are asked for, once."""

    def __init__(
        self,
        tasks: Iterator[tuple[str, Task]],
        count: int,
        fetched: Callable[[str, Task], Job | None],
        carriers: ThreadPoolExecutor,
    ):
        self.tasks, self.count, self.fetched, self.carriers = tasks, count, fetched, carriers

    def __len__(self) -> int:
        """As many as there are at most: films and what needs no work are not among those that come."""
        return self.count

    def __contains__(self, job: object) -> bool:
        raise NotImplementedError("they come once, and are not kept")

    def __iter__(self) -> Iterator[Job]:
        coming: deque[Future[Job | None]] = deque()
        for part, task in self.tasks:
            coming.append(self.carriers.submit(self.fetched, part, task))
            if len(coming) > _AHEAD and (job := coming.popleft().result()):
                yield job
        yield from (job for one in coming if (job := one.result()))


def _told(job: Job, said: bytes, folder: Path) -> Job:
    """The job with what was said of it."""
    if not job.is_film:
        return replace(job, hints=parse_hints(said))
    file = folder / f"film{HINTS_SUFFIX}"
    file.write_bytes(said)
    return replace(job, film_hints=file)
