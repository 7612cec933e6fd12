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
    for add_command in (_add_colorize, _add_evaluate, _add_publish, _add_space):
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


def _add_publish(commands: Any) -> None:
    """`colorgan publish`."""
    parser = commands.add_parser(
        "publish",
        help="put a trained run on the Hugging Face Hub",
        description="Put a run of train_accelerate.py, or a folder with a model, on the Hugging Face Hub in one "
        "commit: weights, card, samples, curves, figures and recipe. Checkpoints stay here. The token is that of "
        "HF_TOKEN or of `hf auth login`.",
        epilog="Exit status: 0 published, 2 refused or failed; the Hub then has what it had before.",
        allow_abbrev=False,
    )
    parser.add_argument("run_folder", metavar="RUN", help="folder of the run")
    parser.add_argument("--to", required=True, metavar="ID", help="user/model; made if it is not there")
    parser.add_argument("--private", action="store_true", help="a new one is for its owner alone")
    parser.add_argument("--revision", metavar="R", help="branch to publish to; default: main")
    parser.add_argument("--hardware", default="", metavar="TEXT", help="what it was trained on, for the card")
    parser.set_defaults(run=_publish)


def _add_space(commands: Any) -> None:
    """`colorgan space`."""
    parser = commands.add_parser(
        "space",
        help="write the page as a Hugging Face Space",
        description="Write a folder that is a complete Hugging Face Space with the page, and that starts anywhere "
        "with pip and python alone; with --to, put it on the Hub as well.",
        allow_abbrev=False,
    )
    parser.add_argument("folder", metavar="DIR", help="new folder to write")
    parser.add_argument(
        "--model",
        default=DEFAULT_WEIGHTS,
        metavar="M",
        help="Hub id, or folder to copy into the Space; default: the bundled one",
    )
    parser.add_argument("--to", metavar="ID", help="user/space on the Hub to put it on")
    parser.add_argument("--private", action="store_true", help="a new one on the Hub is for its owner alone")
    parser.set_defaults(run=_space)


def _publish(chosen: argparse.Namespace) -> int:
    from colorgan.hub import publish

    _hush_hub()
    try:
        address = publish(
            chosen.run_folder, chosen.to, private=chosen.private, revision=chosen.revision, hardware=chosen.hardware
        )
    except (ValueError, OSError) as error:
        return _fail(describe_error(error), REFUSED)
    print(f"published: {address}")
    return 0


def _space(chosen: argparse.Namespace) -> int:
    from colorgan.hub import upload_space, write_space

    _hush_hub()
    try:
        print(f"written: {str(write_space(chosen.folder, chosen.model))!r}")
        if chosen.to:
            print(f"published: {upload_space(chosen.folder, chosen.to, private=chosen.private)}")
    except (ValueError, OSError) as error:
        return _fail(describe_error(error), REFUSED)
    return 0


def _hush_hub() -> None:
    """Its client retries aloud, and then raises."""
    from huggingface_hub.utils import logging

    logging.set_verbosity_error()


def _add_evaluate(commands: Any) -> None:
    """`colorgan evaluate`."""
    parser = commands.add_parser(
        "evaluate",
        help="judge models by photos whose colours are known",
        description="Judge models, and folders of pictures that other programs made, by the same colour photos: every "
        "figure with its 95 % interval, differences paired by photo, and the best and worst photos. Writes "
        "report.html, report.md, report.json and photos.csv.",
        epilog="Exit status: 0 done, 1 failed, 2 refused before any work.",
        allow_abbrev=False,
    )
    parser.add_argument("--output", required=True, metavar="DIR", help="folder for the report")

    who = parser.add_argument_group("who is judged")
    who.add_argument("--model", action="append", default=[], metavar="M", help="Hub id or folder; repeatable")
    who.add_argument(
        "--predictions",
        action="append",
        default=[],
        metavar="DIR",
        help="folder of colorized pictures, named as the photos; repeatable",
    )

    photos = parser.add_argument_group("photos")
    photos.add_argument(
        "--data", action="append", required=True, metavar="D", help="known name, Hub id or folder; repeatable"
    )
    photos.add_argument(
        "--split", default="test", metavar="S", help="of the data; all: every local file (default: test)"
    )
    photos.add_argument("--limit", type=_whole_number(1, 10**9), metavar="N", help="at most so many photos")
    photos.add_argument(
        "--resolution",
        type=_whole_number(64, 2048),
        default=256,
        metavar="R",
        help="pixels of the photos' shorter side (default: 256)",
    )
    photos.add_argument("--seed", type=_whole_number(0, 2**63 - 1), default=0, metavar="S", help="of all that is drawn")
    photos.add_argument(
        "--train-data",
        action="append",
        default=[],
        metavar="D",
        help="photos for the baseline of mean chroma per lightness; default: the train split of --data",
    )

    how = parser.add_argument_group("work")
    how.add_argument(
        "--no-two-sample", action="store_true", help="leave out the two-sample test, which trains a network"
    )
    how.add_argument("--overwrite", action="store_true", help="replace a report that is already there")
    how.add_argument("--device", metavar="D", help="cpu, cuda, cuda:1, mps; default: the fastest there is")
    how.add_argument(
        "--batch-size",
        type=_whole_number(1, 1024),
        default=8,
        metavar="B",
        help="photos through a network together (default: 8)",
    )
    parser.set_defaults(run=_evaluate)


def _evaluate(chosen: argparse.Namespace) -> int:
    from pathlib import Path

    if not chosen.model and not chosen.predictions:
        return _fail("nothing to judge: give --model or --predictions", REFUSED)
    folder = Path(chosen.output)
    if (folder / "report.json").exists() and not chosen.overwrite:
        return _fail(f"there is a report in {chosen.output!r} already: --overwrite replaces it", REFUSED)
    try:
        _make_room_in(folder)
        return _judge(chosen, folder)
    except ValueError as error:
        return _fail(describe_error(error), REFUSED)


def _judge(chosen: argparse.Namespace, folder: "Path") -> int:
    from colorgan.evaluation import evaluate

    _hush_hub()
    evaluation = evaluate(
        chosen.model,
        chosen.data,
        predictions=chosen.predictions,
        train_data=chosen.train_data,
        split=chosen.split,
        limit=chosen.limit,
        resolution=chosen.resolution,
        seed=chosen.seed,
        two_sample=not chosen.no_two_sample,
        device=chosen.device or _fastest_device(),
        batch_size=chosen.batch_size,
        progress=True,
    )
    evaluation.save(folder)
    asked_for = {"two_sample"} if chosen.no_two_sample else set()
    for note in dict.fromkeys(why for key, why in evaluation.summary.notes.items() if key not in asked_for):
        print(f"colorgan: note: {note}", file=sys.stderr)
    print(f"{_photos(evaluation.protocol['photos'])} looked at: {str(folder / 'report.html')!r}")
    return 0


def _fastest_device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"


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

    from colorgan import Colorizer

    _hush_hub()
    device = device or _fastest_device()
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
