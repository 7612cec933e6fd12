"""Launch the web page: `python app.py`. Also the entry point of a Hugging Face Space."""

import argparse
import os
import sys
from contextlib import closing

from colorgan import DEFAULT_WEIGHTS
from colorgan.limits import MAX_MEGAPIXELS
from colorgan.web.address import check_free
from colorgan.web.limits import MAX_MEGABYTES, Limits


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Give black-and-white photographs their colour, in the browser.")
    parser.add_argument(
        "--model",
        action="append",
        metavar="M",
        help="Hub id or folder; default: the bundled one; several times to choose between them in the page",
    )
    parser.add_argument(
        "--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"), help="default: %(default)s"
    )
    parser.add_argument("--port", type=int, metavar="P", help="default: 7860, or the next free one")
    parser.add_argument("--share", action="store_true", help="also at a public address, through Gradio's tunnel")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument(
        "--max-megapixels",
        type=float,
        default=MAX_MEGAPIXELS,
        metavar="P",
        help="refuse larger photos (default: %(default)g)",
    )
    parser.add_argument(
        "--max-megabytes",
        type=int,
        default=MAX_MEGABYTES,
        metavar="B",
        help="refuse larger files (default: %(default)s)",
    )
    arguments = parser.parse_args()
    if arguments.port is not None and not 1 <= arguments.port <= 65535:
        parser.error(f"--port must be from 1 to 65535, got {arguments.port}")
    for name in ("max_megapixels", "max_megabytes"):
        if getattr(arguments, name) <= 0:
            parser.error(f"--{name.replace('_', '-')} must be above 0, got {getattr(arguments, name)}")
    return arguments


def main() -> int:
    """Serve until Ctrl-C -> exit status; every error is one line."""
    arguments = parse()
    try:
        if arguments.port is not None:
            check_free(arguments.host, arguments.port)
        from colorgan.web.demonstration import Demonstration  # slow to import: not before the command line is right
        from colorgan.web.server import launch

        with closing(Demonstration()) as study:
            launch(
                arguments.model or [DEFAULT_WEIGHTS],
                host=arguments.host,
                port=arguments.port,
                share=arguments.share,
                open_browser=arguments.open,
                limits=Limits(arguments.max_megapixels, arguments.max_megabytes),
                studies=study.studies,
                prepare=study.prepare,
            )
    except ValueError as error:
        sys.stderr.write(f"app.py: error: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
