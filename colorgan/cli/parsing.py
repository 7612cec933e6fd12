"""What commands share: the parser, its types, the flags that several have, exit statuses, and errors of one line."""

import argparse
import io
import math
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from colorgan.machine import fastest_device, to_device

if TYPE_CHECKING:
    from pathlib import Path

    from colorgan.colorizer import Colorizer

# Exit statuses: some work failed; nothing was begun; 128 + SIGINT; 128 + SIGPIPE.
FAILED, REFUSED, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """One line, the same prefix for every command, and where to read on."""
        raise SystemExit(fail(f"{message} (see {self.prog} --help)", REFUSED))


def whole_number(least: int, most: int, note: str = "") -> Callable[[str], int]:
    """The type of an argument that is a whole number within limits; a refusal ends with the note."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}, got {text!r}{note}")
        return number

    return parse


def number(least: float, most: float) -> Callable[[str], float]:
    """The type of an argument that is a number within limits."""

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


# Flags that several commands have. `parser` is a parser or one of its groups.


def add_data(parser: Any) -> None:
    """`--data` and `--split`: photos whose colours are known."""
    parser.add_argument(
        "--data", action="append", required=True, metavar="D", help="known name, Hub id or folder; repeatable"
    )
    parser.add_argument(
        "--split", default="test", metavar="S", help="of the data; all: every local file (default: test)"
    )


def add_seed(parser: Any, what: str, default: int | None = 0) -> None:
    """`--seed`, of what; a default of None is 0 where nothing else says one."""
    parser.add_argument(
        "--seed", type=whole_number(0, 2**63 - 1), default=default, metavar="S", help=f"{what} (default: 0)"
    )


def add_device(parser: Any) -> None:
    """`--device`: where the networks run."""
    parser.add_argument("--device", metavar="D", help="cpu, cuda, cuda:1, mps; default: the fastest there is")


def add_batch_size(parser: Any) -> None:
    """`--batch-size`: of the photos, not of pixels."""
    parser.add_argument(
        "--batch-size",
        type=whole_number(1, 1024),
        default=8,
        metavar="B",
        help="photos through a network together (default: 8)",
    )


def show_every_name() -> None:
    """Let stdout escape what its encoding cannot show, as stderr does: a name must not fail a run that is done.

    On Windows the encoding of a file or a pipe has a few hundred letters, and names have all there are.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def fail(message: str, status: int) -> int:
    """Say what was wrong, in one line on stderr -> the exit status."""
    print(f"colorgan: error: {message}", file=sys.stderr)
    return status


def count_photos(count: int) -> str:
    """A count in words: 1 photo, 2 photos."""
    return f"{count} photo" if count == 1 else f"{count} photos"


def make_room_in(folder: "Path") -> None:
    """Make the folder of the first picture: where that fails, all others would."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"cannot make the folder {str(folder)!r}: {error.strerror}") from error
    if not os.access(folder, os.W_OK):
        raise ValueError(f"cannot write into the folder {str(folder)!r}")


def load(model: str, device: str | None) -> "Colorizer":
    """A model on a device; ValueError, one line, where there is no such model or no such device."""
    from colorgan import Colorizer

    hush_hub()
    return to_device(Colorizer.from_pretrained(model), device or fastest_device())


def hush_hub(*, bars: bool = False) -> None:
    """Its client retries aloud, and then raises. bars: those of progress too, where there is one of our own."""
    from huggingface_hub.utils import disable_progress_bars, logging

    logging.set_verbosity_error()
    if bars:
        disable_progress_bars()
