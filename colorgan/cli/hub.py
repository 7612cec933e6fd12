"""`colorgan publish` and `colorgan space`: what goes to the Hugging Face Hub."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from colorgan import DEFAULT_WEIGHTS
from colorgan.cli.parsing import REFUSED, fail, hush_hub
from colorgan.files import one_line


def add_publish(commands: Any) -> None:
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
    parser.add_argument(
        "--hardware", default="", metavar="TEXT", help="what it was trained on; default: as the run recorded it"
    )
    parser.add_argument(
        "--onnx", action="store_true", help="also as ONNX files, in a folder onnx beside it; needs the extra onnx"
    )
    parser.add_argument(
        "--endpoint", action="store_true", help="also what a Hugging Face Inference Endpoint runs (see the docs)"
    )
    parser.set_defaults(run=_publish, extra="evaluate")


def _publish(chosen: argparse.Namespace) -> int:
    from colorgan.publishing import publish

    hush_hub()
    try:
        address = publish(
            chosen.run_folder,
            chosen.to,
            private=chosen.private,
            revision=chosen.revision,
            hardware=chosen.hardware,
            onnx=chosen.onnx,
            endpoint=chosen.endpoint,
        )
    except (ValueError, OSError) as error:
        return fail(one_line(error), REFUSED)
    print(f"published: {address}")
    return 0


def add_space(commands: Any) -> None:
    """`colorgan space`."""
    parser = commands.add_parser(
        "space",
        help="write the page as a Hugging Face Space",
        description="Write a folder that is a complete Hugging Face Space with the page, and that starts anywhere "
        "with pip and python alone; with --to, put it on the Hub as well. With --static it is a site without a server, "
        "which any web server can serve: photos are coloured in the visitor's own browser.",
        allow_abbrev=False,
    )
    parser.add_argument("folder", metavar="DIR", help="new folder to write")
    parser.add_argument(
        "--model",
        default=DEFAULT_WEIGHTS,
        metavar="M",
        help="Hub id, or folder to copy into the Space; default: the bundled one",
    )
    parser.add_argument(
        "--gpu", action="store_true", help="for a Space with ZeroGPU: the network runs on the GPU that it lends"
    )
    parser.add_argument("--static", action="store_true", help="a site without a server; needs the extra onnx")
    parser.add_argument(
        "--runtime", metavar="R", help="for --static: folder where onnxruntime-web was installed by npm (see the docs)"
    )
    parser.add_argument(
        "--cdn",
        metavar="URL",
        help="for --static: where visitors get onnxruntime-web, held against the hashes of --runtime's files",
    )
    parser.add_argument("--to", metavar="ID", help="user/space on the Hub to put it on")
    parser.add_argument(
        "--votes",
        metavar="BUCKET",
        help="with --to: user/bucket, private, mounted in the Space, where the study's votes outlast its restarts",
    )
    parser.add_argument("--private", action="store_true", help="a new one on the Hub is for its owner alone")
    parser.set_defaults(run=_space, extra="app")


def _space(chosen: argparse.Namespace) -> int:
    hush_hub()
    try:
        if chosen.votes and (chosen.static or not chosen.to):
            raise ValueError("--votes goes with --to, and not with --static: a Space with a server mounts the bucket")
        write, upload = _static(chosen) if chosen.static else _served(chosen)
        print(f"written: {str(write())!r}")
        if chosen.to:
            print(f"published: {upload()}")
    except (ValueError, OSError) as error:
        return fail(one_line(error), REFUSED)
    return 0


def _served(chosen: argparse.Namespace) -> tuple[Callable[[], Path], Callable[[], str]]:
    from colorgan.web.space import upload_space, write_space

    for name in ("runtime", "cdn"):
        if getattr(chosen, name):
            raise ValueError(f"--{name} goes with --static: the page with a server computes on its server")
    return (
        lambda: write_space(chosen.folder, chosen.model, gpu=chosen.gpu),
        lambda: upload_space(chosen.folder, chosen.to, private=chosen.private, votes=chosen.votes),
    )


def _static(chosen: argparse.Namespace) -> tuple[Callable[[], Path], Callable[[], str]]:
    from colorgan.web.static_site import upload_static_site, write_static_site

    if chosen.gpu:
        raise ValueError("--gpu does not go with --static: a visitor's own machine computes")
    if not chosen.runtime:
        raise ValueError("--static needs --runtime: the folder where onnxruntime-web was installed")
    return (
        lambda: write_static_site(chosen.folder, chosen.model, chosen.runtime, cdn=chosen.cdn or ""),
        lambda: upload_static_site(chosen.folder, chosen.to, private=chosen.private),
    )
