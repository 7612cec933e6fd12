"""`colorgan study`: create, serve, look at, close and export a real-or-fake study."""

from typing import Any

from colorgan.cli.study.create import add_create
from colorgan.cli.study.records import add_close, add_export, add_status
from colorgan.cli.study.serve import add_serve


def add_study(commands: Any) -> None:
    """`colorgan study` and what it can do."""
    parser = commands.add_parser(
        "study",
        help="ask people: real or fake?",
        description="Ask people which of two pictures has the computer's colours, and count so that the number means "
        "something. docs/voting.md says how.",
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (add_create, add_serve, add_status, add_close, add_export):
        add(actions)
