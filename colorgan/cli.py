"""The command line. A command is a function that adds its flags to the parser and names the function that runs it.

Torch is imported when a command runs, not before: help, version and refusals answer at once.
"""

import argparse
import datetime
import math
import os
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from colorgan import DEFAULT_WEIGHTS, __version__
from colorgan.folder import describe_error

if TYPE_CHECKING:
    from pathlib import Path

    from colorgan.colorizer import Colorizer
    from colorgan.folder.pipeline import Outcome, Settings
    from colorgan.folder.plan import Job

FAILED, REFUSED, INTERRUPTED = 1, 2, 130  # exit statuses: some work failed; nothing was begun; 128 + SIGINT
FORMATS = ("jpg", "png", "webp", "tiff")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command -> exit status. Every error is one line on stderr."""
    chosen = build_parser().parse_args(arguments)
    try:
        status: int = chosen.run(chosen)
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except Exception as error:
        if "COLORGAN_TRACEBACK" in os.environ:
            raise
        return _fail(describe_error(error), FAILED)
    return status


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = _Parser(prog="colorgan", description="Give black-and-white photographs their colour.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"colorgan {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add_command in (_add_colorize,):
        add_command(commands)
    return parser


def _add_colorize(commands: Any) -> None:
    """`colorgan colorize`."""
    parser = commands.add_parser(
        "colorize",
        help="colour photos, and folders of photos",
        description="Colour photos, and folders of photos at any depth. Names, places, formats and metadata are kept; "
        "the photos themselves are never touched. The colours are a plausible guess, and the files say so.",
        epilog="Exit status: 0 all done, 1 some photos failed (they are listed), 2 refused before any work.",
        allow_abbrev=False,
    )
    parser.add_argument("photos", nargs="+", metavar="PHOTO_OR_FOLDER", help="what to colour")
    parser.add_argument(
        "--output", required=True, metavar="OUT", help="folder to write to; for one photo, also a name such as out.jpg"
    )

    how = parser.add_argument_group("colours")
    how.add_argument("--model", default=DEFAULT_WEIGHTS, metavar="M", help="Hub id or folder; default: the bundled one")
    how.add_argument(
        "--variants",
        type=_whole_number(1, 64),
        default=1,
        metavar="N",
        help="pictures of each photo: the likeliest, and N - 1 others named photo-2.jpg and on (default: 1)",
    )
    how.add_argument(
        "--seed", type=_whole_number(0, 2**63 - 1), default=0, metavar="S", help="of the others (default: 0)"
    )
    how.add_argument(
        "--vividness",
        type=_number(0, 3),
        default=1.0,
        metavar="V",
        help="strength of the colours: 0 is gray, 1 as predicted (default), at most 3",
    )

    files = parser.add_argument_group("files")
    existing = files.add_mutually_exclusive_group()
    existing.add_argument("--overwrite", action="store_true", help="replace pictures that are already there")
    existing.add_argument("--resume", action="store_true", help="leave out what is already there")
    files.add_argument("--format", choices=FORMATS, help="of all pictures; default: that of each photo")
    files.add_argument("--no-description", action="store_true", help="do not write into the files how they came to be")

    limits = parser.add_argument_group("machine")
    limits.add_argument("--device", metavar="D", help="cpu, cuda, cuda:1, mps; default: the fastest there is")
    limits.add_argument(
        "--batch-size",
        type=_whole_number(1, 1024),
        default=8,
        metavar="B",
        help="photos through the network together (default: 8)",
    )
    limits.add_argument(
        "--max-megapixels",
        type=_number(0, math.inf),
        default=120.0,
        metavar="P",
        help="refuse larger photos before reading them (default: 120)",
    )
    parser.set_defaults(run=_colorize)


def _colorize(chosen: argparse.Namespace) -> int:
    from colorgan.folder.plan import plan

    try:
        jobs = plan(chosen.photos, chosen.output, chosen.variants, f".{chosen.format}" if chosen.format else None)
        left = _left_to_do(jobs, chosen)
    except ValueError as error:
        return _fail(str(error), REFUSED)
    run = _Run(jobs, left, chosen.output)
    if not left:
        return run.finish()
    try:
        colorizer = _load(chosen.model, chosen.device)
        _make_room_in(left[0].pictures[0][1].parent)
    except (ValueError, OSError) as error:
        return _fail(describe_error(error), REFUSED)
    from colorgan.folder.pipeline import Settings

    settings = Settings(
        variants=chosen.variants,
        seed=chosen.seed,
        vividness=chosen.vividness,
        batch_size=chosen.batch_size,
        max_megapixels=chosen.max_megapixels,
        overwrite=chosen.overwrite,
        description=None if chosen.no_description else _description(colorizer),
    )
    return run.work(colorizer, settings)


def _left_to_do(jobs: "list[Job]", chosen: argparse.Namespace) -> "list[Job]":
    """What the flags leave to do; pictures that are there already are never replaced unasked."""
    from colorgan.folder.plan import undone

    if chosen.overwrite:
        return jobs
    left = undone(jobs)
    if not chosen.resume and left != jobs:
        there = [path for job in jobs for _, path in job.pictures if os.path.lexists(path)]
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise ValueError(f"{str(there[0])!r}{more} already there: --resume leaves such out, --overwrite replaces them")
    return left


class _Run:
    """One run over photos: its bar, its outcomes, and what is said at the end."""

    def __init__(self, jobs: "list[Job]", left: "list[Job]", output: str):
        self.left, self.output = left, output
        self.done_before = len(jobs) - len(left)
        self.done: list[Outcome] = []
        self.failed: list[Outcome] = []

    def work(self, colorizer: "Colorizer", settings: "Settings") -> int:
        from tqdm import tqdm

        from colorgan.folder.pipeline import DiskFullError, colorize_files

        lock = threading.Lock()
        # No bar for a single photo, nor (None) where stderr is not a terminal.
        with tqdm(total=len(self.left), unit="photo", disable=None if len(self.left) > 1 else True) as bar:

            def report(outcome: "Outcome") -> None:
                with lock:
                    (self.failed if outcome.error else self.done).append(outcome)
                    bar.update()

            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # decoders' remarks on odd files; what matters is in the outcomes
                    colorize_files(colorizer, self.left, settings, report)
            except DiskFullError as error:
                bar.close()
                where = f"the disk is full: cannot write {error.filename!r}"
                return self.finish(f"{where}; {self._count()}; with more room --resume goes on from here", FAILED)
            except KeyboardInterrupt:
                bar.close()
                return self.finish(f"interrupted: {self._count()}; --resume goes on from here", INTERRUPTED)
        return self.finish()

    def finish(self, stopped: str | None = None, status: int = 0) -> int:
        """Say what was done, what was left out of photos, what failed, and why the run stopped early."""
        for outcome in sorted(self.done, key=lambda outcome: outcome.job.source):
            for note in outcome.notes:
                print(f"colorgan: note: {str(outcome.job.source)!r}: {note}", file=sys.stderr)
        for outcome in sorted(self.failed, key=lambda outcome: outcome.job.source):
            _fail(str(outcome.error), FAILED)
        if stopped:
            return _fail(stopped, status)
        before = f", {self.done_before} there before" if self.done_before else ""
        failed = f", {len(self.failed)} failed" if self.failed else ""
        print(f"{_photos(len(self.done))} coloured{before}{failed}: {self.output!r}")
        return FAILED if self.failed else 0

    def _count(self) -> str:
        return f"{len(self.done)} of {_photos(len(self.left))} done"


def _make_room_in(folder: "Path") -> None:
    """Make the folder of the first picture: where that fails, all others would."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"cannot make the folder {str(folder)!r}: {error.strerror}") from error
    if not os.access(folder, os.W_OK):
        raise ValueError(f"cannot write into the folder {str(folder)!r}")


def _load(model: str, device: str | None) -> "Colorizer":
    import torch
    from huggingface_hub.utils import logging

    from colorgan import Colorizer

    logging.set_verbosity_error()  # it retries aloud, and then raises
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    colorizer = Colorizer.from_pretrained(model)
    try:
        return colorizer.to(device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(f"device must be one of this machine's (cpu is one of them), got {device!r}") from error


def _description(colorizer: "Colorizer") -> str:
    """What the files say about themselves: a guess must not pass for a record."""
    today = datetime.date.today().isoformat()
    return f"Colorized by colorgan {__version__}, model {colorizer.name}, {today}: the colours are a guess"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, the same prefix for every command, and where to read on."""
        raise SystemExit(_fail(f"{message} (see {self.prog} --help)", REFUSED))


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}, got {text!r}")
        return number

    return parse


def _number(least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            limits = f"from {least:g} to {most:g}" if math.isfinite(most) else f"of at least {least:g}"
            raise argparse.ArgumentTypeError(f"must be a number {limits}, got {text!r}")
        return number

    return parse


def _photos(count: int) -> str:
    return f"{count} photo" if count == 1 else f"{count} photos"


def _fail(message: str, status: int) -> int:
    print(f"colorgan: error: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
