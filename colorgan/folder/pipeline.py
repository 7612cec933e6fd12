"""Jobs done: reading, network, painting and writing side by side.

Threads are enough: Pillow and torch let go of Python's lock while they work. The caller's thread runs the network on
one group of photos while a pool reads the next group, and paints and writes the one before. What is in memory is
bounded by pixels, not by photos; a photo above `LARGE_MEGAPIXELS` is worked on alone.
"""

import errno
import math
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image

from colorgan.folder import describe_error
from colorgan.folder.plan import Job
from colorgan.photo import MAX_MEGAPIXELS, Photo, open_photo, save_photo

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer, Prediction

GROUP_MEGAPIXELS = 8.0  # go through the network together, at most
LARGE_MEGAPIXELS = 16.0  # from here on a photo is worked on alone, by all of torch's threads
HELD_MEGAPIXELS = 24.0  # of photos in memory: one group being read, one in the network, one painted


@dataclass(frozen=True)
class Outcome:
    """What became of a job: `error` is a line that names the photo, None where all its pictures are written; `notes`
    say what of the photo was left out."""

    job: Job
    error: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """How the photos of a run are coloured and written; see `Colorizer.colorize` and `open_photo`."""

    variants: int = 1
    seed: int = 0
    vividness: float = 1.0
    batch_size: int = 8
    max_megapixels: float = MAX_MEGAPIXELS
    overwrite: bool = False
    description: str | None = None


class DiskFullError(OSError):
    """There is no room for the next picture; no other photo will fare better."""


def colorize_files(
    colorizer: "Colorizer", jobs: Sequence[Job], settings: Settings, report: Callable[[Outcome], None]
) -> None:
    """Do the jobs; `report` gets the outcome of each, from any thread, in no fixed order.

    A photo that cannot be read, coloured or written does not stop the others. An interruption (Ctrl-C) finishes
    the pictures that are being written, reports them, begins no other, and is raised again.

    Raises:
        DiskFullError: the disk is full; the jobs not reported are not done.
    """
    threads = torch.get_num_threads()
    # Two small photos on two cores are done sooner than one photo, twice, on both.
    pool = ThreadPoolExecutor(threads, "colorgan", initializer=torch.set_num_threads, initargs=(1,))
    try:
        _Pipeline(colorizer, settings, report, pool).run(jobs)
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # the pool's setting is also that of every thread born later


@dataclass
class _Group:
    """Photos that are in memory together, and what the pool is doing with each."""

    jobs: list[Job]
    megapixels: float
    futures: list[Future[Any]]


class _Pipeline:
    """Groups of photos on their way: in `reading`, through the network, into `painting`."""

    def __init__(
        self,
        colorizer: "Colorizer",
        settings: Settings,
        report: Callable[[Outcome], None],
        pool: ThreadPoolExecutor,
    ):
        self.colorizer, self.settings, self.report, self.pool = colorizer, settings, report, pool
        self.reading: deque[_Group] = deque()
        self.painting: deque[_Group] = deque()

    def run(self, jobs: Sequence[Job]) -> None:
        """All jobs, in order."""
        for group in _groups(jobs, self.settings.batch_size):
            if group.megapixels > LARGE_MEGAPIXELS or len(jobs) == 1:
                self._make_room(HELD_MEGAPIXELS)
                self._do_alone(group.jobs[0])
                continue
            self._make_room(group.megapixels)
            group.futures = [self.pool.submit(self._read, job) for job in group.jobs]
            self.reading.append(group)
            if len(self.reading) > 1:
                self._predict_oldest()
        self._make_room(HELD_MEGAPIXELS)

    def _make_room(self, megapixels: float) -> None:
        """Bring the oldest groups to their end until so many megapixels more may be held."""
        while self.reading or self.painting:
            held = sum(group.megapixels for group in (*self.reading, *self.painting))
            if held + megapixels <= HELD_MEGAPIXELS:
                return
            if not self.painting:
                self._predict_oldest()
            for future in self.painting.popleft().futures:
                future.result()  # raises DiskFullError

    def _predict_oldest(self) -> None:
        group = self.reading.popleft()
        opened = [(job, future.result()) for job, future in zip(group.jobs, group.futures, strict=True)]
        made = self._predict([(job, photo) for job, photo in opened if photo])
        group.futures = [self.pool.submit(self._paint, *one) for one in made]
        self.painting.append(group)

    def _do_alone(self, job: Job) -> None:
        photo = self._read(job)
        for made in self._predict([(job, photo)] if photo else []):
            self._paint(*made)

    def _read(self, job: Job) -> Photo | None:
        try:
            return open_photo(job.source, self.settings.max_megapixels)
        except Exception as error:  # one bad file never stops the rest, whatever a decoder makes of it
            self.report(_failure(job, error))
            return None

    def _predict(self, read: list[tuple[Job, Photo]]) -> list[tuple[Job, Photo, "Prediction"]]:
        if not read:
            return []
        try:
            made = self.colorizer.predict(
                [photo.image for _, photo in read], variants=self.settings.variants - 1, seed=self.settings.seed
            )
        except Exception as error:
            if len(read) == 1:
                self.report(_failure(read[0][0], error))
                return []
            return [made for one in read for made in self._predict([one])]  # out of memory, say: one at a time
        return [(job, photo, prediction) for (job, photo), prediction in zip(read, made, strict=True)]

    def _paint(self, job: Job, photo: Photo, prediction: "Prediction") -> None:
        try:
            for variant, path in job.pictures:
                picture = prediction.picture(photo.image, variant, self.settings.vividness)
                path.parent.mkdir(parents=True, exist_ok=True)
                if not self.settings.overwrite and os.path.lexists(path):
                    raise ValueError(f"{str(path)!r} has come to be meanwhile, and is not overwritten")
                save_photo(picture, path, photo, description=self.settings.description)
        except Exception as error:
            if _is_disk_full(error):
                raise DiskFullError(errno.ENOSPC, "the disk is full", str(path)) from error
            self.report(_failure(job, error))
        else:
            self.report(Outcome(job, notes=tuple(photo.notes)))


def _failure(job: Job, error: Exception) -> Outcome:
    """The outcome of an error; many say the photo's name already, though not in which folder."""
    text, name = describe_error(error), repr(job.source.name)
    where = repr(str(job.source))
    return Outcome(job, where + text.removeprefix(name) if text.startswith(name) else f"{where}: {text}")


def _groups(jobs: Sequence[Job], batch_size: int) -> Iterator[_Group]:
    """Jobs in order, up to `batch_size` and `GROUP_MEGAPIXELS` together; a larger photo is a group by itself."""
    group = _Group([], 0.0, [])
    for job in jobs:
        megapixels = _megapixels(job.source)
        if group.jobs and (len(group.jobs) == batch_size or group.megapixels + megapixels > GROUP_MEGAPIXELS):
            yield group
            group = _Group([], 0.0, [])
        group.jobs.append(job)
        group.megapixels += megapixels
    if group.jobs:
        yield group


def _megapixels(path: Path) -> float:
    """Of the size its header states; a file that has none will be refused, and holds little until then."""
    try:
        with Image.open(path) as image:
            return max(image.width * image.height / 1e6, 0.1)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return math.inf  # larger than Pillow likes: alone, if `max_megapixels` admits it
    except Exception:  # whatever is wrong, open_photo says it better
        return 0.1


def _is_disk_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False
