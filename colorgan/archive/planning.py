"""Inputs -> a list of jobs in files of a few dozen, checked before any work: the rules are those of `folder.plan`."""

import hashlib
import os
import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from colorgan.addresses import Root, joined, opened
from colorgan.archive.listing import Mount, Shelf, mounted, shelves
from colorgan.archive.table import Recorded, Task, tasks_file
from colorgan.film.formats import DEFAULT_CODEC
from colorgan.folder.plan import (
    Job,
    PicturesExistError,
    both_become,
    check_output_file,
    jobs_for,
    names_a_file,
    none_in,
    they_exist,
    with_endings,
    would_replace,
)
from colorgan.hints import HINTS_SUFFIX, hints_of
from colorgan.photo.finding import count_pages_in

PART = 64  # jobs, at most: what is done again when a worker dies
COMMITTED_PART = 128  # where each part is a commit: the Hub takes 128 of a repository in an hour
_HELD = 16  # so many parts are kept back, since the last ones are small: workers are then done at about one time
_LEAST_PART, _LEAST_COUNTED_PART = 4, 16  # the latter where requests are counted: a part takes five or so
_FILES_AT_ONCE = 512  # parts of the list, where files should be written many at a time


@dataclass(frozen=True)
class Commission:
    """What is asked for, as `folder.plan.plan` has it; shard: (2, 5) for the second of five."""

    inputs: Sequence[str]
    output: str
    variants: int = 0
    suffix: str | None = None
    all_pages: bool = False
    existing: Literal["refuse", "skip", "replace"] = "refuse"
    hints: str | None = None
    codec: str = DEFAULT_CODEC
    shard: tuple[int, int] | None = None

    @property
    def target(self) -> str:
        """The folder to write to."""
        if not names_a_file(self.output):
            return self.output
        folder, slash, _ = self.output.rpartition("/")
        return folder if slash else "."

    @property
    def shard_name(self) -> str:
        """As runs' names have it."""
        return f"{self.shard[0]}-of-{self.shard[1]}" if self.shard else ""


@dataclass
class Planned:
    """A list of jobs: its files with the number of jobs in each, and how many photos and films they are; how many
    photos' pictures were there before, how much was passed over, and the hints that are for none of the photos."""

    parts: list[tuple[str, int]] = field(default_factory=list)
    photos: int = 0
    films: int = 0
    done_before: int = 0
    left_out: int = 0
    unused_hints: tuple[str, ...] = ()


def plan_archive(asked: Commission, mounts: Sequence[Mount], output: Root, run: str) -> Planned:
    """Write the list of jobs beside the pictures to be. What is in memory is a folder's list, not the archive's.

    Raises:
        PicturesExistError, ValueError: as of `folder.plan.plan`; parts of the list may be there.
    """
    planning = _Planning(asked, mounts, output, run)
    for shelf in shelves(mounts, output):
        planning.add(shelf)
    return planning.finished()


def inputs_of(asked: Commission, output: Root) -> list[Mount]:
    """The inputs, opened. ValueError, one line, where one is not there, or the output does not go with them."""
    mounts = mounted(asked.inputs, output)
    if names_a_file(asked.output):
        only = Path(mounts[0].name) if len(mounts) == 1 and mounts[0].name else None
        check_output_file(asked.output, only, asked.suffix, asked.codec)
    return mounts


class _Planning:
    def __init__(self, asked: Commission, mounts: Sequence[Mount], output: Root, run: str):
        self.asked, self.mounts, self.output, self.run = asked, mounts, output, run
        self.plan = Planned()
        self.hints = None if asked.hints is None else _Hints(asked.hints)
        self.recorded = Recorded(output) if asked.existing == "skip" else None
        self.part, self.least = PART, _LEAST_COUNTED_PART if output.is_counted else _LEAST_PART
        if output.is_versioned:
            self.part = self.least = COMMITTED_PART
        self.waiting, self.unwritten = list[Task](), dict[str, bytes]()
        self.jobs, self.exist, self.first = 0, 0, ""

    def add(self, shelf: Shelf) -> None:
        """The jobs of a folder."""
        self.plan.left_out += shelf.left_out
        # Rules of names look at names alone; the number before each tells whose it is.
        places = [Path(shelf.folder) / posixpath.basename(below) for _, below in shelf.photos]
        numbered = [(Path(str(number)) / place.name, place) for number, place in enumerate(places)]
        if names_a_file(self.asked.output) and numbered:
            pictures = [(numbered[0][0], Path(self.asked.output.rpartition("/")[2]))]
        else:
            pictures = with_endings(numbered, self.asked.suffix, self.asked.codec)
        count = (lambda source: self._count_pages(shelf, source)) if self.asked.all_pages else None
        jobs, its_places = jobs_for(pictures, places, self.asked.variants, count)
        self.jobs += len(jobs)
        self._check_names(shelf, jobs)
        hints = self.hints.of(shelf.folder, jobs, its_places, lambda job: self._shown(shelf, job)) if self.hints else {}
        taken = self.output.taken(shelf.folder) if jobs else frozenset()
        for number, job in enumerate(jobs):
            if self._is_mine(places[_number(job)]):
                self._add(shelf, job, taken, hints.get(number))

    def finished(self) -> Planned:
        """All of it written, unless there is nothing to do or what is there forbids it."""
        if not self.jobs:
            raise ValueError(none_in(self.asked.inputs, self.plan.left_out))
        if self.hints:
            self.plan.unused_hints = self.hints.unused()
        if self.exist:
            raise PicturesExistError(they_exist(self.first, self.exist))
        while self.waiting:
            self._write(max(self.least, min(self.part, len(self.waiting) // (2 * _HELD))))
        self.output.put(self.unwritten)
        return self.plan

    def _add(self, shelf: Shelf, job: Job, taken: frozenset[str], hints: bytes | None) -> None:
        files = [(variant, path.as_posix()) for variant, path in job.pictures]
        there = [one for one in files if posixpath.basename(one[1]) in taken]
        for _, path in there:
            self._check_photo(self._shown(shelf, job), path)
        if there and self.asked.existing == "refuse":
            self.first = self.first or self.output.show(there[0][1])
            self.exist += len(there)
        if self.asked.existing == "skip":
            files = [one for one in files if one not in there]
            there = [one for one in there if self.recorded is not None and one[1] not in self.recorded]
            self.plan.done_before += not files
        else:
            there = []
        if not files and not there:
            return
        root, source = shelf.photos[_number(job)]
        self.waiting.append(Task(root, source, job.page, tuple(files), tuple(there), hints))
        self.plan.films += bool(files) and job.is_film
        self.plan.photos += bool(files) and not job.is_film
        if len(self.waiting) >= (_HELD + 1) * self.part and not self.exist:
            self._write(self.part)

    def _write(self, count: int) -> None:
        tasks, self.waiting = self.waiting[:count], self.waiting[count:]
        name, content = tasks_file(self.run, len(self.plan.parts), tasks)
        self.plan.parts.append((name, len(tasks)))
        self.unwritten[name] = content
        if not self.output.is_counted or len(self.unwritten) >= _FILES_AT_ONCE:
            self.output.put(self.unwritten)
            self.unwritten.clear()

    def _shown(self, shelf: Shelf, job: Job) -> str:
        root, below = shelf.photos[_number(job)]
        return self.mounts[root].root.show(below)

    def _is_mine(self, place: Path) -> bool:
        """Whether a photo is in this shard: by its place, so that a longer list leaves the others where they were."""
        if self.asked.shard is None:
            return True
        digest = hashlib.sha256(os.fsencode(place.as_posix())).digest()
        return int.from_bytes(digest[:8]) % self.asked.shard[1] == self.asked.shard[0] - 1

    def _check_names(self, shelf: Shelf, jobs: Sequence[Job]) -> None:
        """Refuse two pictures of one name."""
        taken = dict[str, Job]()
        for job in jobs:
            for _, path in job.pictures:
                name = os.path.normcase(path)
                if name in taken:
                    both = self._shown(shelf, taken[name]), self._shown(shelf, job)
                    raise ValueError(both_become(*both, self.output.show(path.as_posix())))
                taken[name] = job

    def _check_photo(self, source: str, picture: str) -> None:
        """Refuse a picture that would replace a photo, by whatever name."""
        for path in {self.output.at(picture), self.output.real(picture)}:
            for mount in self.mounts:
                if mount.finds(self.output.fs, path, self.output):
                    below = posixpath.relpath(path, mount.root.path)
                    raise ValueError(would_replace(source, mount.root.show(below)))

    def _count_pages(self, shelf: Shelf, source: Path) -> int:
        number, below = shelf.photos[int(source.parts[0])]
        root = self.mounts[number].root
        try:
            with root.fs.open(root.at(below), "rb", block_size=1 << 16) as file:
                return count_pages_in(file)
        except OSError:
            return 1


class _Hints:
    """What was said of photos: a file for one, or a folder; by `folder.plan`'s rules."""

    def __init__(self, given: str):
        self.root = opened(given)
        self.is_file = bool(self.root.fs.isfile(self.root.path))
        self.found = set[str]()
        self.jobs = 0
        if not self.is_file and not self.root.fs.isdir(self.root.path):
            raise ValueError(f"there is no file or folder {given!r}")

    def of(
        self, folder: str, jobs: Sequence[Job], places: Sequence[Path], show: Callable[[Job], str]
    ) -> dict[int, bytes]:
        """What was said of a folder's jobs, by their numbers."""
        if self.is_file:
            return self._of_one(jobs)
        names = set(self.root.listing(folder).files)
        told, whose = dict[int, bytes](), dict[str, Job]()
        for number, (job, place) in enumerate(zip(jobs, places, strict=True)):
            name = place.stem + HINTS_SUFFIX
            if name in names:
                file = joined(folder, name)
                if name in whose:
                    raise ValueError(
                        f"{show(whose[name])!r} and {show(job)!r} would both take {self.root.show(file)!r}"
                    )
                whose[name], told[number] = job, self._said(file, job)
                self.found.add(file)
        return told

    def unused(self) -> tuple[str, ...]:
        """The files that are for none of the photos. ValueError where all are."""
        if self.is_file:
            return ()
        if not self.found:
            raise ValueError(
                f"{self.root.shown!r} has hints for none of the photos: those of photo.jpg are photo{HINTS_SUFFIX}"
            )
        everything = {file for file in self.root.everything() if file.endswith(HINTS_SUFFIX)}
        return tuple(map(self.root.show, sorted(everything - self.found)))

    def _of_one(self, jobs: Sequence[Job]) -> dict[int, bytes]:
        self.jobs += len(jobs)
        if self.jobs > 1:
            raise ValueError(f"{self.root.shown!r} holds hints for one photo, but there are several: name a folder")
        return {number: self._said("", job) for number, job in enumerate(jobs)}

    def _said(self, file: str, job: Job) -> bytes:
        said = self.root.read(file)
        if not job.is_film:  # a film's are read when it is its turn, as in a folder
            hints_of(said, self.root.show(file))
        return said


def _number(job: Job) -> int:
    """A job's photo, by its number on the shelf."""
    return int(job.source.parts[0])
