"""Jobs done, several groups of photos at a time: one is read or written while another is in the network.

Threads are enough: Pillow and torch let go of Python's lock while they work. Each takes a group of photos from file
to file, with one of torch's threads: groups that never wait for each other use the cores better than one group that
all cores share. What is in memory is bounded by pixels, not by photos; a large photo is worked on alone.
"""

import errno
import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image

from colorgan.files import one_line
from colorgan.folder.plan import Job
from colorgan.hints import Hint, PhotoHints, colour_name_or_hex
from colorgan.limits import MAX_MEGAPIXELS
from colorgan.photo import Photo, PhotoTooLargeError, open_photo, read_deep, save_photo, without_depth, without_pages
from colorgan.photo.description import description
from colorgan.photo.endings import keeps_depth, usual_ending

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer, Prediction, Reference

GROUP_MEGAPIXELS = 8.0  # go through the network together, at most
MOST_HINT_NOTES = 20  # for a photo: a stroke of the brush can be hundreds of hints
_MEGAPIXELS_PER_BYTE = 6e-6  # of HEIC, which packs photos the tightest
HELD_MEGAPIXELS = 12.0  # in memory for each thread, at most; a photo above it is worked on alone, by all threads


@dataclass(frozen=True)
class PhotoOutcome:
    """What became of a job: `error` is a line that names the photo, None where all its pictures are written; `notes`
    say what of the photo was left out; `too_large` is whether more megapixels would have to be admitted; `seconds` is
    the time that it took a thread, of what it shares with others its share."""

    job: Job
    error: str | None = None
    notes: tuple[str, ...] = ()
    too_large: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class Settings:
    """How the photos of a run are coloured and written; see `Colorizer.predict`, `Prediction` and `open_photo`.

    seed, vividness, daring: None where nothing was said, so that what a photo's hints say holds.
    model_name: what the files say of how they came to be; None for nothing.
    all_pages: each page of a file is a job, so that notes of there being others say nothing.
    """

    variants: int = 0
    seed: int | None = None
    vividness: float | None = None
    daring: float | None = None
    reference: "Reference | None" = None
    batch_size: int = 8
    max_megapixels: float = MAX_MEGAPIXELS
    overwrite: bool = False
    model_name: str | None = None
    all_pages: bool = False


class DiskFullError(OSError):
    """There is no room for the next picture; no other photo will fare better."""


def colorize_files(
    colorizer: "Colorizer", jobs: Collection[Job], settings: Settings, report: Callable[[PhotoOutcome], None]
) -> None:
    """Do the jobs; `report` gets the outcome of each, from any thread, in no fixed order.

    They are gone through once, a little ahead of the work: photos may be fetched as they are asked for.

    A photo that cannot be read, coloured or written does not stop the others. An interruption (Ctrl-C) finishes
    the pictures that are being written, reports them, begins no other, and is raised again.

    Raises:
        DiskFullError: the disk is full; the jobs not reported are not done.
    """
    threads = torch.get_num_threads()
    worker = _Worker(colorizer, settings, report)
    # One more than cores: of these one mostly waits for the disk.
    pool = ThreadPoolExecutor(threads + 1, "colorgan", initializer=torch.set_num_threads, initargs=(1,))
    held: deque[tuple[float, Future[None]]] = deque()
    try:
        for group, megapixels in _groups(jobs, settings.batch_size, threads):
            if megapixels > HELD_MEGAPIXELS or len(jobs) == 1:
                _make_room(held, 0.0)
                worker.do(group)
            else:
                _make_room(held, HELD_MEGAPIXELS * threads - megapixels)
                held.append((megapixels, pool.submit(worker.do, group)))
        _make_room(held, 0.0)
    finally:
        worker.stopping.set()
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # the pool's setting is also that of every thread born later


def _make_room(held: deque[tuple[float, Future[None]]], megapixels: float) -> None:
    """Wait for the oldest groups until no more than so many megapixels are held; raises what stopped a group."""
    while held and (held[0][1].done() or sum(one for one, _ in held) > megapixels):
        held.popleft()[1].result()


class _Worker:
    """Takes groups of photos from file to file; any number of threads may do so at once."""

    def __init__(self, colorizer: "Colorizer", settings: Settings, report: Callable[[PhotoOutcome], None]):
        self.colorizer, self.settings, self.report = colorizer, settings, report
        self.stopping = threading.Event()

    def do(self, group: list[Job]) -> None:
        """Read, colour and write photos; all are reported, unless the run is stopping or the disk is full."""
        read = [one for job in group if (one := self._read(job))]
        start = time.perf_counter()
        predicted = self._predict(read)
        share = (time.perf_counter() - start) / max(len(predicted), 1)
        for one, prediction in predicted:
            if not self.stopping.is_set():
                self._paint(one, prediction, one.seconds + share)

    def _read(self, job: Job) -> "_Read | None":
        if self.stopping.is_set():
            return None
        start = time.perf_counter()
        try:
            photo = open_photo(job.source, self.settings.max_megapixels, page=job.page)
            size = photo.image.size
            said = job.hints.at_size(size) if job.hints else PhotoHints(size)
            settings = self.settings
            said = said.but(seed=settings.seed, daring=settings.daring, vividness=settings.vividness)
            return _Read(job, photo, said, time.perf_counter() - start)
        except Exception as error:  # one bad file never stops the rest, whatever a decoder makes of it
            self.report(failure_of(job, error))
            return None

    def _predict(self, read: "list[_Read]") -> "list[tuple[_Read, Prediction]]":
        """Photos of which nothing was said go through the network together, each of the others by itself."""
        told, others = [one for one in read if one.job.hints], [one for one in read if not one.job.hints]
        return [*self._predict_together(others), *(made for one in told for made in self._predict_together([one]))]

    def _predict_together(self, read: "list[_Read]") -> "list[tuple[_Read, Prediction]]":
        """Photos that agree in all that was said of them."""
        if not read or self.stopping.is_set():
            return []
        try:
            made = self.colorizer.predict([one.photo.image for one in read], **self._how(read[0].said))
        except Exception as error:
            if len(read) == 1:
                self.report(failure_of(read[0].job, error))
                return []
            return [made for one in read for made in self._predict_together([one])]  # out of memory, say: one by one
        return list(zip(read, made, strict=True))

    def _how(self, said: PhotoHints) -> dict[str, Any]:
        """Arguments of `Colorizer.predict`; only those that all models take where nothing else was asked for."""
        asked = {"hints": said.hints or None, "daring": said.daring, "reference": self.settings.reference}
        how: dict[str, Any] = {"variants": self.settings.variants, "seed": said.seed}
        return how | {name: value for name, value in asked.items() if value is not None}

    def _paint(self, one: "_Read", prediction: "Prediction", seconds: float) -> None:
        start = time.perf_counter()
        job, photo, said, settings = one.job, one.photo, one.said, self.settings
        name, referenced = settings.model_name, settings.reference is not None
        note = None if name is None else description(name, hinted=bool(said.hints), referenced=referenced)
        deep = None
        if any(keeps_depth(path.suffix or usual_ending(photo.format)) for _, path in job.pictures):
            deep = read_deep(job.source, photo, settings.max_megapixels, page=job.page)
        own_notes = photo.notes if deep is None else without_depth(photo.notes)
        if settings.all_pages:
            own_notes = without_pages(own_notes)
        notes = dict.fromkeys((*own_notes, *(_hint_notes(prediction, said.hints) if said.hints else ())))
        try:
            for variant, path in job.pictures:
                picture = (
                    prediction.painting(photo.image, variant, said.vividness)
                    if deep is None
                    else prediction.deep_picture(deep, variant, said.vividness)
                )
                path.parent.mkdir(parents=True, exist_ok=True)
                if not settings.overwrite and os.path.lexists(path):
                    raise ValueError(f"{str(path)!r} has come to be meanwhile, and is not overwritten")
                notes |= dict.fromkeys(save_photo(picture, path, photo, description=note))
        except Exception as error:
            if is_disk_full(error):
                self.stopping.set()
                raise DiskFullError(errno.ENOSPC, "the disk is full", str(path)) from error
            self.report(failure_of(job, error))
        else:
            self.report(PhotoOutcome(job, notes=tuple(notes), seconds=seconds + time.perf_counter() - start))


@dataclass(frozen=True)
class _Read:
    """A photo that was read, in so many seconds, and all that was said of it, at its size."""

    job: Job
    photo: Photo
    said: PhotoHints
    seconds: float


def _hint_notes(prediction: "Prediction", hints: Sequence[Hint]) -> list[str]:
    """What sRGB cannot show as dark or as bright as the photo is, and what was taken for it; and hints on a border."""
    notes = []
    for number, (hint, shown) in enumerate(zip(hints, prediction.shown_colours(hints), strict=True), start=1):
        place, asked = f"{hint.x:.6g}, {hint.y:.6g}", colour_name_or_hex(hint.colour)
        if shown.on_border and not shown.exact:
            notes.append(f"hint {number}: {place} is on the flat border, which stays gray, so no {asked} was taken")
        elif not shown.exact:
            notes.append(
                f"hint {number}: sRGB has no {asked} as dark or bright as {place} is; {shown.colour} was taken"
            )
    more = len(notes) - MOST_HINT_NOTES
    return [*notes[:MOST_HINT_NOTES], f"{more} more hints likewise"] if more > 1 else notes


def failure_of(job: Job, error: Exception) -> PhotoOutcome:
    """The outcome of an error; many say the photo's name already, though not in which folder."""
    text, name = one_line(error, name_class=True), repr(job.source.name)
    where = repr(str(job.source))
    line = where + text.removeprefix(name) if text.startswith(name) else f"{where}: {text}"
    return PhotoOutcome(job, line, too_large=isinstance(error, PhotoTooLargeError))


def _groups(jobs: Collection[Job], batch_size: int, threads: int) -> Iterator[tuple[list[Job], float]]:
    """Jobs in order, in groups of up to `batch_size` and `GROUP_MEGAPIXELS` (or of one), and their megapixels.

    Groups get smaller towards the end, so that all threads are at work until about the same time; one alone need not.
    """
    group, held = list[Job](), 0.0
    for index, job in enumerate(jobs):
        megapixels = _megapixels(job.source)
        share = math.ceil((len(jobs) - index + len(group)) / (2 * threads)) if threads > 1 else batch_size
        if group and (len(group) >= min(batch_size, share) or held + megapixels > GROUP_MEGAPIXELS):
            yield group, held
            group, held = [], 0.0
        group.append(job)
        held += megapixels
    if group:
        yield group, held


def _megapixels(path: Path) -> float:
    """Of the size its header states; where Pillow finds none (HEIC, raw), a guess by the file's size, not too low."""
    try:
        with Image.open(path) as image:
            return max(image.width * image.height / 1e6, 0.1)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return math.inf  # larger than Pillow likes: alone, if `max_megapixels` admits it
    except Exception:  # whatever is wrong, open_photo says it better
        return max(_MEGAPIXELS_PER_BYTE * path.stat().st_size, 0.1) if path.exists() else 0.1


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or what led to it, is that there is no room."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False
