"""The command line: one module a command, and what they share in `parsing`.

A command is a function that adds its flags to the parser and names the function that runs it. Torch is imported when a
command runs, not before: help, version and refusals answer at once.
"""

import argparse
import os
from collections.abc import Sequence

from colorgan import __version__
from colorgan.cli.colorize import add_colorize
from colorgan.cli.evaluate import add_evaluate
from colorgan.cli.export import add_export
from colorgan.cli.hub import add_publish, add_space
from colorgan.cli.parsing import FAILED, INTERRUPTED, REFUSED, Parser, fail, show_every_name
from colorgan.cli.study import add_study
from colorgan.files import one_line, to_install
from colorgan.machine import let_threads_sleep


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command -> exit status. Every error is one line on stderr."""
    show_every_name()
    chosen = build_parser().parse_args(arguments)
    let_threads_sleep()
    try:
        status: int = chosen.run(chosen)
    except KeyboardInterrupt:
        return fail("interrupted", INTERRUPTED)
    except Exception as error:
        if "COLORGAN_TRACEBACK" in os.environ:
            raise
        if isinstance(error, ModuleNotFoundError) and (lacking := lacks(error, chosen)):
            return fail(lacking, REFUSED)
        return fail(one_line(error, name_class=True), FAILED)
    return status


def lacks(error: ModuleNotFoundError, chosen: argparse.Namespace) -> str | None:
    """What to install, in a line, where a command lacks a package of the extra that it names; None where it names none,
    or a module of colorgan's own is what is missing."""
    extra = getattr(chosen, "extra", None)
    return to_install("this command", error, extra) if extra else None


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = Parser(prog="colorgan", description="Give black-and-white photographs their colour.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"colorgan {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add_command in (add_colorize, add_evaluate, add_export, add_publish, add_space, add_study):
        add_command(commands)
    return parser
