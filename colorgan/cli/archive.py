"""`colorgan colorize` of archives: at addresses, in shards, on a cluster. What is done is said as for folders."""

import argparse
import contextlib
import sys
import warnings
from typing import TYPE_CHECKING, Any

from colorgan.cli.colouring import FIRST_PAGE, count_both, load_for, made
from colorgan.cli.parsing import FAILED, INTERRUPTED, REFUSED, fail, hush_hub
from colorgan.files import one_line
from colorgan.film.formats import check_codec

if TYPE_CHECKING:
    from PIL.Image import Image

    from colorgan.archive.delivering import Tally
    from colorgan.archive.planning import Commission, Planned
    from colorgan.archive.running import Engine, Report


def colorize_archive(chosen: argparse.Namespace) -> int:
    """What `colorgan colorize` does where an address, a shard or an engine is named -> exit status."""
    try:
        from colorgan.archive.planning import Commission
        from colorgan.archive.running import run_archive
    except ModuleNotFoundError as error:
        return fail(one_line(error), REFUSED)
    from colorgan.folder.plan import PicturesExistError

    suffix = f".{chosen.format}" if chosen.format else None
    asked = Commission(
        chosen.photos,
        chosen.output,
        chosen.variants,
        suffix,
        chosen.all_pages,
        chosen.existing,
        chosen.hints,
        chosen.codec,
        chosen.shard,
    )
    said = _Said()
    hush_hub(bars=True)
    try:
        check_codec(chosen.codec, chosen.crf)
        colorizer, settings, image = load_for(chosen, "cpu" if chosen.ray else chosen.device)
        with _engine(chosen, image) as engine, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decoders' remarks on odd files; what matters is in the outcomes
            report = run_archive(
                asked, colorizer, settings, crf=chosen.crf, engine=engine, is_retried=bool(chosen.ray),
                began=said.began, told=said.told,
            )  # fmt: skip
    except PicturesExistError as error:
        return fail(f"{error}: --resume leaves such out, --overwrite replaces them", REFUSED)
    except (ValueError, OSError) as error:
        return fail(one_line(error), FAILED if said.bar else REFUSED)
    finally:
        said.end()
    return _finish(asked, report, is_shared=bool(chosen.ray))


def _engine(chosen: argparse.Namespace, image: "Image | None") -> "contextlib.AbstractContextManager[Engine]":
    """Who does the work; ValueError, one line, where that cannot be."""
    from colorgan.archive.running import work_here

    if not chosen.ray:
        return contextlib.nullcontext(work_here)
    from colorgan.archive.cluster import engine_on

    if chosen.device not in (None, "cpu", "cuda"):
        raise ValueError(f"with --ray the device must be cpu or cuda, got {chosen.device!r}")
    for address in (*chosen.photos, chosen.output):
        if address.startswith("memory:"):
            raise ValueError(f"workers of --ray do not see {address!r}, which is in the memory of one process")
    return engine_on(chosen.ray, chosen.device, image)


class _Said:
    """The line of progress: done, failed, photos a second, time left."""

    def __init__(self) -> None:
        self.bar: Any = None
        self.failed = 0

    def began(self, planned: "Planned") -> None:
        from tqdm import tqdm

        self.bar = tqdm(total=planned.photos + planned.films, unit="photo", disable=None)

    def told(self, tally: "Tally") -> None:
        self.failed += tally.failed
        if self.failed:
            self.bar.set_postfix_str(f"{self.failed} failed", refresh=False)
        self.bar.update(tally.done + tally.failed)

    def end(self) -> None:
        if self.bar:
            self.bar.close()


def _finish(asked: "Commission", report: "Report", *, is_shared: bool) -> int:
    """Say what was done, what was left out of photos, what failed, and why the run stopped early.

    is_shared: whether others did it, who were stopped before they could tell of what they had in hand.
    """
    from colorgan.archive.delivering import MOST_TOLD

    planned, tally = report.planned, report.tally
    for file in planned.unused_hints:
        print(f"colorgan: note: {file!r} is for none of the photos", file=sys.stderr)
    for address, note in tally.notes:
        note += "; --all-pages colours them all" if FIRST_PAGE.fullmatch(note) else ""
        print(f"colorgan: note: {address!r}: {note}", file=sys.stderr)
    for _, error in tally.errors:
        fail(error, FAILED)
    if tally.failed > MOST_TOLD:
        fail(f"{tally.failed - MOST_TOLD} more failed: the table in '_colorgan/outcomes' has all", FAILED)
    if report.stopped:
        total = count_both(planned.photos or None, planned.films or None)
        rest = "with more room --resume" if report.stopped.startswith("the disk") else "--resume"
        so_far = f"{'at least ' * is_shared}{tally.done} of {total} done; {rest} goes on from here"
        return fail(f"{report.stopped}: {so_far}", INTERRUPTED if report.interrupted else FAILED)
    is_film_run = planned.films and not planned.photos
    line = made(
        asked.output,
        None if is_film_run else tally.photos,
        tally.films if planned.films else None,
        told=tally.told,
        variants=asked.variants,
        before=planned.done_before,
        failed=tally.failed,
        left_out=planned.left_out,
    )
    print(line)
    return FAILED if tally.failed else 0
