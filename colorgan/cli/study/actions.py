"""What all commands of `colorgan study` share: the database, errors in one line, warnings."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from colorgan.cli.parsing import REFUSED, fail
from colorgan.files import one_line

if TYPE_CHECKING:
    from colorgan.voting import Store


def action(
    actions: Any, name: str, summary: str, description: str, run: Any, extra: str = "study"
) -> argparse.ArgumentParser:
    """A command of `colorgan study`, with the flag that all have; `extra` has the packages that it needs."""
    parser: argparse.ArgumentParser = actions.add_parser(
        name, help=summary, description=description, allow_abbrev=False
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        help="file, or postgresql://user:password@host/name; default: COLORGAN_DATABASE, or a file in COLORGAN_HOME",
    )
    parser.set_defaults(run=_in_one_line(run), extra=extra)
    return parser


def _in_one_line(run: Any) -> Any:
    """What the user got wrong, and what the disk, the database or the Hub refuse, is one line and exit status 2."""

    def checked(chosen: argparse.Namespace) -> int:
        from sqlalchemy.exc import DBAPIError

        try:
            status: int = run(chosen)
        except (ValueError, OSError) as error:
            return fail(one_line(error), REFUSED)
        except DBAPIError as error:  # its own words quote the statement
            return fail(f"the database fails: {one_line(error)}", REFUSED)
        return status

    return checked


@contextmanager
def opened_store(chosen: argparse.Namespace) -> "Iterator[Store]":
    """The database that the flags name, closed at the end."""
    from colorgan.voting import Store

    store = Store.open(chosen.database)
    try:
        yield store
    finally:
        store.close()


def interrupt(signal_number: int, frame: FrameType | None) -> None:
    """SIGTERM ends a command the way Ctrl-C does."""
    raise KeyboardInterrupt


def warn(line: str) -> None:
    """A line on stderr about what may be wrong."""
    print(f"colorgan: warning: {line}", file=sys.stderr, flush=True)


def note(line: str) -> None:
    """A line on stderr about what else there is to know."""
    print(f"colorgan: note: {line}", file=sys.stderr)
