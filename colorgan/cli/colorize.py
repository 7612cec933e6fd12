"""`colorgan colorize`: photos, films, and folders of both, in colour."""

import argparse
import math
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

from colorgan import DEFAULT_WEIGHTS
from colorgan.cli.colouring import FIRST_PAGE, count_both, load_for, made
from colorgan.cli.parsing import (
    FAILED,
    INTERRUPTED,
    REFUSED,
    add_batch_size,
    add_device,
    add_seed,
    fail,
    make_room_in,
    number,
    whole_number,
)
from colorgan.cli.piping import STREAM, colorize_stream
from colorgan.files import is_address, one_line
from colorgan.film.formats import CODECS, DEFAULT_CODEC, DEFAULT_CRF, check_codec
from colorgan.limits import MAX_MEGAPIXELS, MAX_VIVIDNESS

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer
    from colorgan.film import FilmProgress
    from colorgan.folder.pipeline import PhotoOutcome, Settings
    from colorgan.folder.plan import Job, Work

FORMATS = ("jpg", "png", "webp", "tiff")


def add_colorize(commands: Any) -> None:
    """`colorgan colorize`."""
    parser = commands.add_parser(
        "colorize",
        help="colour photos, films, and folders of both",
        description="Colour photos, films, and folders of both at any depth. Names, places, formats and metadata are "
        "kept; the photos and films themselves are never touched. The colours are a guess, and the files say so.",
        epilog="Exit status: 0 all done, 1 some photos failed (they are listed), 2 refused before any work.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "photos",
        nargs="+",
        metavar="PHOTO_FILM_OR_FOLDER",
        help="what to colour, also as '*.jpg'; - is a photo from standard input",
    )
    parser.add_argument(
        "--output",
        metavar="OUT",
        help="folder to write to; for one photo or film, also a name such as out.jpg or out.mp4; - is standard output, "
        "where a photo from standard input goes if nothing is said",
    )

    how = parser.add_argument_group("colours")
    how.add_argument("--model", default=DEFAULT_WEIGHTS, metavar="M", help="Hub id or folder; default: the bundled one")
    how.add_argument(
        "--variants",
        type=whole_number(1, 64, ": so many are written beside the likeliest picture, which always is"),
        default=0,
        metavar="N",
        help="write N other pictures of each photo beside the likeliest, named photo-2.jpg and on (default: none)",
    )
    # None where a flag is not given: then what the hints of a photo say holds.
    add_seed(how, "of the variants and of daring pictures", default=None)
    how.add_argument(
        "--vividness",
        type=number(0, MAX_VIVIDNESS),
        metavar="V",
        help=f"strength of the colours: 0 is gray, 1 as predicted (default), at most {MAX_VIVIDNESS:g}",
    )
    how.add_argument(
        "--daring",
        type=number(0, 1),
        metavar="D",
        help="from 0, the mean of likely colours, to 1, colours that commit (default: the picture 0, variants 1)",
    )
    how.add_argument(
        "--hints",
        metavar="FILE_OR_FOLDER",
        help="what colours were, as docs/hints.md has it: the file for one photo, or a folder of photo.hints.json",
    )
    how.add_argument("--reference", metavar="IMAGE", help="a photo in colour of a like thing, to take colours from")

    files = parser.add_argument_group("files")
    existing = files.add_mutually_exclusive_group()
    for flag, treatment, text in (
        ("--overwrite", "replace", "replace pictures that are already there"),
        ("--resume", "skip", "leave out what is already there"),
    ):
        existing.add_argument(flag, action="store_const", dest="existing", const=treatment, default="refuse", help=text)
    files.add_argument("--format", choices=FORMATS, help="of all pictures; default: that of each photo")
    files.add_argument(
        "--all-pages", action="store_true", help="colour each page of a TIFF, as scan-page-1.tif and on, not the first"
    )
    files.add_argument("--no-description", action="store_true", help="do not write into the files how they came to be")

    films = parser.add_argument_group("films")
    films.add_argument(
        "--codec", choices=CODECS, default=DEFAULT_CODEC, help="of films (default: %(default)s); ffv1 is lossless"
    )
    films.add_argument(
        "--crf",
        type=whole_number(0, 63),
        metavar="Q",
        help=f"constant rate factor of the codec: 0 is the best (default: {DEFAULT_CRF} for {DEFAULT_CODEC})",
    )

    archives = parser.add_argument_group("archives", "see docs/archive.md")
    archives.add_argument(
        "--shard", type=_shard, metavar="K/N", help="the K-th of N parts of the photos, each for a machine: 2/5"
    )
    archives.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="share the work out on a Ray cluster: ray://HOST:10001, or auto for this machine's",
    )

    limits = parser.add_argument_group("machine")
    add_device(limits)
    add_batch_size(limits)
    limits.add_argument(
        "--max-megapixels",
        type=number(0, math.inf),
        default=MAX_MEGAPIXELS,
        metavar="P",
        help="refuse larger photos before reading them (default: %(default)g)",
    )
    parser.set_defaults(run=_colorize)


def _shard(text: str) -> tuple[int, int]:
    number, slash, count = text.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise argparse.ArgumentTypeError(f"must be K/N, with K from 1 to N, such as 2/5, got {text!r}")
    return int(number), int(count)


def _colorize(chosen: argparse.Namespace) -> int:
    if chosen.output is None and STREAM not in chosen.photos:
        return fail("the following arguments are required: --output (see colorgan colorize --help)", REFUSED)
    chosen.output = chosen.output or STREAM
    if STREAM in (*chosen.photos, chosen.output):
        return colorize_stream(chosen)
    if chosen.ray or chosen.shard or any(map(is_address, (*chosen.photos, chosen.output))):
        from colorgan.cli.archive import colorize_archive

        return colorize_archive(chosen)
    from colorgan.folder.plan import PicturesExistError, plan

    suffix = f".{chosen.format}" if chosen.format else None
    try:
        check_codec(chosen.codec, chosen.crf)
        work = plan(
            chosen.photos,
            chosen.output,
            chosen.variants,
            suffix,
            all_pages=chosen.all_pages,
            existing=chosen.existing,
            hints=chosen.hints,
            codec=chosen.codec,
        )
    except PicturesExistError as error:
        return fail(f"{error}: --resume leaves such out, --overwrite replaces them", REFUSED)
    except ValueError as error:
        return fail(str(error), REFUSED)
    run = _Run(work, chosen)
    if not work.jobs:
        return run.finish()
    from colorgan.film.reading import pyav

    try:
        if all(job.is_film for job in work.jobs):  # among photos they fail, and the photos are done
            pyav()
        colorizer, settings, _ = load_for(chosen, chosen.device)
        make_room_in(work.jobs[0].pictures[0][1].parent)
    except (ValueError, OSError) as error:
        return fail(one_line(error), REFUSED)
    return run.work(colorizer, settings)


class _Run:
    """One run over photos: its bar, its outcomes, and what is said at the end."""

    def __init__(self, work: "Work", chosen: argparse.Namespace):
        self.plan, self.output, self.variants = work, chosen.output, chosen.variants
        self.codec, self.crf = chosen.codec, chosen.crf
        self.photos = [job for job in work.jobs if not job.is_film]
        self.films = [job for job in work.jobs if job.is_film]
        self.done: list[PhotoOutcome] = []
        self.failed: list[PhotoOutcome] = []

    def work(self, colorizer: "Colorizer", settings: "Settings") -> int:
        from colorgan.film import FilmInterrupted
        from colorgan.folder.pipeline import DiskFullError

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # decoders' remarks on odd files; what matters is in the outcomes
                self._photos(colorizer, settings)
                self._films(colorizer, settings)
        except DiskFullError as error:
            where = f"the disk is full: cannot write {error.filename!r}"
            return self.finish(f"{where}; {self._count()}; with more room --resume goes on from here", FAILED)
        except FilmInterrupted as error:
            so_far = f", {error.time_s:.1f} s of a film in {str(error.playable)!r}" if error.playable else ""
            return self.finish(f"interrupted: {self._count()}{so_far}; --resume goes on from here", INTERRUPTED)
        except KeyboardInterrupt:
            return self.finish(f"interrupted: {self._count()}; --resume goes on from here", INTERRUPTED)
        return self.finish()

    def _photos(self, colorizer: "Colorizer", settings: "Settings") -> None:
        from tqdm import tqdm

        from colorgan.folder.pipeline import colorize_files

        lock = threading.Lock()
        # No bar for a single photo, nor (None) where stderr is not a terminal.
        with tqdm(total=len(self.photos), unit="photo", disable=None if len(self.photos) > 1 else True) as bar:

            def report(outcome: "PhotoOutcome") -> None:
                with lock:
                    self._report(outcome)
                    bar.update()

            if self.photos:
                colorize_files(colorizer, self.photos, settings, report)

    def _films(self, colorizer: "Colorizer", settings: "Settings") -> None:
        if not self.films:
            return
        from tqdm import tqdm

        from colorgan.folder.films import colorize_films

        shown: Job | None = None
        with tqdm(unit="frame", disable=None) as bar:

            def progress(job: "Job", done: "FilmProgress") -> None:
                nonlocal shown
                if job is not shown:
                    shown = job
                    bar.set_description(job.source.name, refresh=False)
                    bar.reset(done.total)
                    bar.initial = bar.n = done.frames - 1  # an earlier run's are no measure of this one's speed
                bar.update(done.frames - bar.n)

            colorize_films(
                colorizer, self.films, settings, self._report, codec=self.codec, crf=self.crf, progress=progress
            )

    def _report(self, outcome: "PhotoOutcome") -> None:
        (self.failed if outcome.error else self.done).append(outcome)

    def finish(self, stopped: str | None = None, status: int = 0) -> int:
        """Say what was done, what was left out of photos, what failed, and why the run stopped early."""
        for file in self.plan.unused_hints:
            print(f"colorgan: note: {str(file)!r} is for none of the photos", file=sys.stderr)
        for outcome in sorted(self.done, key=lambda outcome: outcome.job.source):
            for note in outcome.notes:
                note += "; --all-pages colours them all" if FIRST_PAGE.fullmatch(note) else ""
                print(f"colorgan: note: {str(outcome.job.source)!r}: {note}", file=sys.stderr)
        for outcome in sorted(self.failed, key=lambda outcome: outcome.job.source):
            hint = "; --max-megapixels admits larger photos" if outcome.too_large else ""
            fail(f"{outcome.error}{hint}", FAILED)
        if stopped:
            return fail(stopped, status)
        films = sum(outcome.job.is_film for outcome in self.done)
        print(
            made(
                self.output,
                len(self.done) - films if self.photos or not self.films else None,
                films if self.films else None,
                told=sum(outcome.job.hints is not None for outcome in self.done),
                variants=self.variants,
                before=self.plan.done_before,
                failed=len(self.failed),
                left_out=self.plan.left_out,
            )
        )
        return FAILED if self.failed else 0

    def _count(self) -> str:
        return f"{len(self.done)} of {count_both(len(self.photos) or None, len(self.films) or None)} done"
