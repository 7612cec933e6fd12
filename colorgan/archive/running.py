"""The whole run over an archive: claimed, planned, done on this machine or by an engine, and put on record."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from colorgan import __version__
from colorgan.addresses import Root, opened
from colorgan.archive.claims import LostClaimError, claimed
from colorgan.archive.delivering import Tally, Terms
from colorgan.archive.listing import Mount
from colorgan.archive.planning import Commission, Planned, inputs_of, plan_archive
from colorgan.archive.table import forget_tasks, merge, new_run, only_revision, write_run
from colorgan.archive.working import Worker
from colorgan.files import gone_if_it_fails
from colorgan.fingerprint import model_revision
from colorgan.folder.pipeline import DiskFullError, Settings

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer

# Does parts of the jobs (files, and how many jobs are in each), and tells what became of them as it goes on.
Engine = Callable[[Terms, Sequence[tuple[str, int]], "Colorizer", Callable[[Tally], None]], None]


class UndoneError(RuntimeError):
    """An engine could not do some parts, however often it tried; one line."""


@dataclass
class Report:
    """What a run did. stopped: why it ended early; interrupted: whether by Ctrl-C."""

    planned: Planned
    tally: Tally
    stopped: str | None = None
    interrupted: bool = False


def work_here(
    terms: Terms, parts: Sequence[tuple[str, int]], colorizer: "Colorizer", told: Callable[[Tally], None]
) -> None:
    """The engine of this machine: one process, all its cores."""
    Worker(terms, colorizer, told).work(parts)


def run_archive(
    asked: Commission,
    colorizer: "Colorizer",
    settings: Settings,
    *,
    crf: int | None = None,
    engine: Engine = work_here,
    is_retried: bool = False,
    began: Callable[[Planned], None] = lambda planned: None,
    told: Callable[[Tally], None] = lambda tally: None,
) -> Report:
    """Colour an archive.

    Args:
        asked: what, and where to.
        colorizer, settings, crf: how; see `folder.pipeline` and `film`.
        engine: what shares the work out; is_retried: whether it does parts again whose worker has died.
        began: gets the list of jobs before the first is done.
        told: gets what became of jobs, in any thread.

    Raises:
        ValueError: refused before any work; one line. Nothing is left of it.
    """
    output = opened(asked.target)
    mounts = inputs_of(asked, output)
    run = new_run(output, asked.shard_name)
    with contextlib.ExitStack() as held:
        with _traceless(output):
            lost = held.enter_context(claimed(output, run))
            if not asked.shard and asked.existing == "skip":
                output.clear()
            planned = _planned(asked, mounts, output, run)
        held.callback(forget_tasks, output, run)
        made_by = colorizer.name, model_revision(colorizer)
        model = dict(zip(("model", "revision"), made_by, strict=True))
        before = only_revision(output)
        inputs = tuple(mount.root for mount in mounts)
        terms = Terms(inputs, output, run, settings, *made_by, asked.codec, crf, before, is_retried)
        write_run(output, run, {**model, "colorgan": __version__, **_facts(asked, settings)})
        began(planned)
        report = Report(planned, Tally())
        _work(terms, colorizer, engine, report, _Telling(report, told, lost))
        if not report.interrupted:
            merge(output, run, model)
        if not asked.shard and is_retried:
            output.clear()
    return report


class _Telling:
    """Adds up what became of jobs, and hands it on; stops a run whose target another has taken over."""

    def __init__(self, report: Report, told: Callable[[Tally], None], lost: threading.Event):
        self.report, self.told, self.lost, self.lock = report, told, lost, threading.Lock()

    def __call__(self, tally: Tally) -> None:
        with self.lock:
            self.report.tally.add(tally)
            self.told(tally)
        if self.lost.is_set():
            raise LostClaimError("another job has taken over, since nothing was heard of this one for two minutes")


def _work(terms: Terms, colorizer: "Colorizer", engine: Engine, report: Report, telling: _Telling) -> None:
    try:
        if report.planned.parts:
            engine(terms, report.planned.parts, colorizer, telling)
    except DiskFullError as error:
        report.stopped = f"the disk is full: cannot write {error.filename!r}"
    except (LostClaimError, UndoneError) as error:
        report.stopped = str(error)
    except KeyboardInterrupt:
        report.stopped, report.interrupted = "interrupted", True


def _planned(asked: Commission, mounts: Sequence[Mount], output: Root, run: str) -> Planned:
    try:
        forget_tasks(output, run)
        return plan_archive(asked, mounts, output, run)
    except BaseException:
        forget_tasks(output, run)
        raise


def _traceless(output: Root) -> contextlib.AbstractContextManager[None]:
    """What is refused leaves no folder behind."""
    path = output.local("")
    return contextlib.nullcontext() if path is None else gone_if_it_fails(path)


def _facts(asked: Commission, settings: Settings) -> dict[str, Any]:
    """What a run's record says beside its model."""
    return {
        "variants": asked.variants, "format": asked.suffix, "seed": settings.seed, "vividness": settings.vividness,
        "daring": settings.daring, "reference": settings.reference is not None, "hints": asked.hints is not None,
        "described": settings.model_name is not None,
    }  # fmt: skip
