"""`colorgan colorize - < in.jpg > out.jpg`: one photo by standard input or to standard output, for pipes."""

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from colorgan.cli.colouring import load_for, made
from colorgan.cli.parsing import BROKEN_PIPE, FAILED, REFUSED, fail
from colorgan.files import is_address, one_line
from colorgan.film.formats import is_film

if TYPE_CHECKING:
    from colorgan.folder.pipeline import PhotoOutcome
    from colorgan.folder.plan import Job

STREAM = "-"
INPUT = "standard input"  # what messages call the photo that comes from there


def colorize_stream(chosen: argparse.Namespace) -> int:
    """Run the command where the photo or the output is "-" -> exit status.

    Nothing but the picture goes to standard output, whatever a library prints; all that is said goes to stderr.
    """
    try:
        _check(chosen)
        with tempfile.TemporaryDirectory(prefix="colorgan-") as folder, _standard_output(chosen.output) as output:
            job = _job(chosen, Path(folder))
            status = _colour(chosen, job)
            if status:
                return status
            if output is None:
                print(made(chosen.output, 1, None, told=job.hints is not None))
            else:
                with job.pictures[0][1].open("rb") as picture:
                    shutil.copyfileobj(picture, output)
    except BrokenPipeError:  # whoever reads has read enough
        return BROKEN_PIPE
    except (ValueError, OSError) as error:
        return fail(one_line(error), REFUSED)
    return 0


def _check(chosen: argparse.Namespace) -> None:
    """Refuse what a pipe has no place for."""
    [photo, *others] = chosen.photos
    if others:
        raise ValueError(f"{STREAM!r} is for one photo, and {len(chosen.photos)} were named: name an output folder")
    if chosen.ray or chosen.shard or is_address(photo) or is_address(chosen.output):
        raise ValueError(f"{STREAM!r} goes neither with addresses nor with --shard and --ray")
    if chosen.variants or chosen.all_pages:
        flag = "--variants" if chosen.variants else "--all-pages"
        raise ValueError(f"{flag} makes several pictures, and {STREAM!r} is for one: name files")
    if photo == STREAM and _leads_nowhere(sys.stdin):
        raise ValueError(f"{STREAM!r} reads a photo from standard input: add < photo.jpg, or pipe one in")
    if chosen.output == STREAM and _leads_nowhere(sys.stdout):
        raise ValueError("a picture has no place on a terminal: add > picture.jpg, or --output picture.jpg")


def _leads_nowhere(stream: TextIO | None) -> bool:
    """Whether a standard stream is a terminal, or closed, which Python has as None."""
    return stream is None or stream.isatty()


@contextlib.contextmanager
def _standard_output(output: str) -> Iterator[BinaryIO | None]:
    """Standard output for the picture alone, None where that goes to a file; prints go to stderr meanwhile."""
    if output != STREAM:
        yield None
        return
    sys.stdout.flush()
    number = sys.stdout.fileno()
    kept = os.dup(number)
    os.dup2(sys.stderr.fileno(), number)
    try:
        with open(kept, "wb", closefd=False) as file:
            yield file
    finally:
        sys.stdout.flush()
        os.dup2(kept, number)
        os.close(kept)


def _job(chosen: argparse.Namespace, folder: Path) -> "Job":
    """The photo, in a file of its own where it comes from standard input, and where its picture goes."""
    from colorgan.folder.plan import Job, PicturesExistError, check_output_file, they_exist
    from colorgan.hints import read_hints

    hints = None if chosen.hints is None else read_hints(Path(chosen.hints))
    source = Path(chosen.photos[0])
    if chosen.photos == [STREAM]:
        source = folder / INPUT
        with source.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
    if is_film(source):
        raise ValueError(f"{str(source)!r} is a film, which needs a file to be written to: --output film.mp4")
    suffix = f".{chosen.format}" if chosen.format else ""
    if chosen.output == STREAM:
        return Job(source, ((0, folder / f"picture{suffix}"),), hints=hints)  # without an ending: of the photo's kind
    output = Path(chosen.output)
    if output.is_dir() or not output.suffix:
        raise ValueError(f"a photo from standard input has no name: say --output {str(output / 'photo.jpg')!r}")
    check_output_file(chosen.output, source, suffix or None, chosen.codec)
    if chosen.existing != "replace" and os.path.lexists(output):
        raise PicturesExistError(f"{they_exist(chosen.output, 1)}: --overwrite replaces it")
    return Job(source, ((0, output),), hints=hints)


def _colour(chosen: argparse.Namespace, job: "Job") -> int:
    """Make the picture -> exit status."""
    from colorgan.folder.pipeline import colorize_files

    colorizer, settings, _ = load_for(chosen, chosen.device)
    outcomes: list[PhotoOutcome] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # decoders' remarks on odd files; what matters is in the outcome
        colorize_files(colorizer, [job], settings, outcomes.append)
    name = repr(str(job.source))
    said = INPUT if chosen.photos == [STREAM] else name
    for outcome in outcomes:
        for note in outcome.notes:
            print(f"colorgan: note: {said}: {note}", file=sys.stderr)
        if outcome.error:
            more = "; --max-megapixels admits larger photos" if outcome.too_large else ""
            return fail(outcome.error.replace(name, said) + more, FAILED)
    return 0
