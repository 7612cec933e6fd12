"""`colorgan export`: a model as ONNX files."""

import argparse
from typing import Any

from colorgan import DEFAULT_WEIGHTS
from colorgan.cli.parsing import REFUSED, fail, load
from colorgan.files import one_line


def add_export(commands: Any) -> None:
    """`colorgan export`."""
    parser = commands.add_parser(
        "export",
        help="write a model as ONNX files, which run without torch",
        description="Write a model as ONNX files and model.json, for browsers, phones and other languages, once "
        "onnxruntime has computed the same colours from them as torch does. Needs the extra onnx.",
        epilog="Exit status: 0 written, 2 refused or failed; then nothing is written.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "model", nargs="?", default=DEFAULT_WEIGHTS, metavar="MODEL", help="Hub id or folder; default: the bundled one"
    )
    parser.add_argument("--output", required=True, metavar="DIR", help="new folder to write")
    parser.set_defaults(run=_export)


def _export(chosen: argparse.Namespace) -> int:
    from colorgan.exporting import check_packages, export

    try:
        check_packages()  # before a model is fetched
        folder = export(load(chosen.model, "cpu"), chosen.output)
    except (ValueError, OSError) as error:
        return fail(one_line(error), REFUSED)
    print(f"written: {str(folder)!r}")
    return 0
