"""`colorgan evaluate`: models measured on photos whose colours are known."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from colorgan.cli.parsing import (
    REFUSED,
    add_batch_size,
    add_data,
    add_device,
    add_seed,
    count_photos,
    fail,
    hush_hub,
    make_room_in,
    number,
    whole_number,
)
from colorgan.files import one_line
from colorgan.limits import MAX_HINTS
from colorgan.machine import fastest_device

if TYPE_CHECKING:
    from pathlib import Path


def add_evaluate(commands: Any) -> None:
    """`colorgan evaluate`."""
    parser = commands.add_parser(
        "evaluate",
        help="measure models on photos whose colours are known",
        description="Measure models, and folders of pictures that other programs made, on the same colour photos: "
        "every metric with its 95 % interval, differences paired by photo, and the best and worst photos. Writes "
        "report.html, report.md, report.json and photos.csv.",
        epilog="Exit status: 0 done, 1 failed, 2 refused before any work.",
        allow_abbrev=False,
    )
    parser.add_argument("--output", required=True, metavar="DIR", help="folder for the report")

    who = parser.add_argument_group("models and pictures")
    who.add_argument("--model", action="append", default=[], metavar="M", help="Hub id or folder; repeatable")
    who.add_argument(
        "--predictions",
        action="append",
        default=[],
        metavar="DIR",
        help="folder of colorized pictures, named as the photos; repeatable",
    )

    photos = parser.add_argument_group("photos")
    add_data(photos)
    photos.add_argument("--limit", type=whole_number(1, 10**9), metavar="N", help="at most so many photos")
    photos.add_argument(
        "--resolution",
        type=whole_number(64, 2048),
        default=256,
        metavar="R",
        help="pixels of the photos' shorter side (default: 256)",
    )
    add_seed(photos, "of all that is drawn")
    photos.add_argument(
        "--aged", action="store_true", help="show the models old prints of the photos: faded, grained, scratched"
    )
    photos.add_argument(
        "--train-data",
        action="append",
        default=[],
        metavar="D",
        help="photos for the baseline of mean chroma per lightness; default: the train split of --data",
    )

    told = parser.add_argument_group("drawings and hints, of models with colour words; the others are left out")
    told.add_argument(
        "--daring",
        action="append",
        type=number(0, 1),
        default=[],
        metavar="D",
        help="judge them at this dial, from 0, the mean of what is likely, to 1, a drawing of it; repeatable",
    )
    told.add_argument(
        "--variants",
        type=whole_number(2, 16),
        default=4,
        metavar="V",
        help="pictures of each of the first photos whose variety is measured, of all models that have any (default: 4)",
    )
    told.add_argument(
        "--hints",
        type=_counts,
        default=(),
        metavar="K,K,...",
        help="give them so many true colours at random places, such as 0,1,2,5,10,20,50,100, and one odd colour of a "
        "thing: gain, spread and spill",
    )
    told.add_argument(
        "--references", action="store_true", help="show them another crop of the photo in colour, and another photo"
    )
    told.add_argument(
        "--steady", action="store_true", help="let them draw each photo as a JPEG, smaller and darker, by one seed"
    )

    how = parser.add_argument_group("work")
    how.add_argument(
        "--no-two-sample", action="store_true", help="leave out the two-sample test, which trains a network"
    )
    for flag, network in (("--fid", "Inception v3"), ("--lpips", "AlexNet")):
        how.add_argument(
            flag,
            nargs="?",
            const=True,
            default=False,
            metavar="FILE",
            help=f"compute it as well, with the weights of {network} from FILE; default: from torch's cache",
        )
    how.add_argument("--overwrite", action="store_true", help="replace a report that is already there")
    add_device(how)
    add_batch_size(how)
    parser.set_defaults(run=_evaluate, extra="evaluate")


def _counts(text: str) -> tuple[int, ...]:
    """The type of `--hints`."""
    one = whole_number(0, MAX_HINTS)
    counts = tuple(one(part) for part in text.split(","))
    if list(counts) != sorted(set(counts)):
        raise argparse.ArgumentTypeError(f"must be rising numbers with commas between them, got {text!r}")
    return counts


def _evaluate(chosen: argparse.Namespace) -> int:
    from pathlib import Path

    if not chosen.model and not chosen.predictions:
        return fail("nothing to judge: give --model or --predictions", REFUSED)
    from colorgan.evaluation.report import REPORT

    folder = Path(chosen.output)
    if (folder / REPORT).exists() and not chosen.overwrite:
        return fail(f"there is a report in {chosen.output!r} already: --overwrite replaces it", REFUSED)
    try:
        make_room_in(folder)
        return _judge(chosen, folder)
    except ValueError as error:
        return fail(one_line(error), REFUSED)


def _judge(chosen: argparse.Namespace, folder: "Path") -> int:
    from colorgan.evaluation import evaluate
    from colorgan.evaluation.report import PAGE
    from colorgan.evaluation.words import unreadable

    hush_hub()
    evaluation = evaluate(
        chosen.model,
        chosen.data,
        predictions=chosen.predictions,
        train_data=chosen.train_data,
        split=chosen.split,
        limit=chosen.limit,
        resolution=chosen.resolution,
        seed=chosen.seed,
        aged=chosen.aged,
        two_sample=not chosen.no_two_sample,
        fid=chosen.fid,
        lpips=chosen.lpips,
        variants=chosen.variants,
        daring=chosen.daring,
        hints=chosen.hints,
        references=chosen.references,
        steady=chosen.steady,
        device=chosen.device or fastest_device(),
        batch_size=chosen.batch_size,
        progress=True,
    )
    evaluation.save(folder)
    asked_for = {"two_sample"} if chosen.no_two_sample else set()
    missing = dict.fromkeys(why for key, why in evaluation.summary.notes.items() if key not in asked_for)
    for note in filter(None, (*missing, unreadable(evaluation.protocol))):
        print(f"colorgan: note: {note}", file=sys.stderr)
    print(f"{count_photos(evaluation.protocol['photos'])} judged: {str(folder / PAGE)!r}")
    return 0
