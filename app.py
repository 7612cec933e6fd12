"""Launch the web page: `python app.py`. Also the entry point of a Hugging Face Space."""

import argparse
import os
import sys
from contextlib import closing

from colorgan import DEFAULT_WEIGHTS
from colorgan.kernels import translate_ahead
from colorgan.limits import MAX_MEGAPIXELS
from colorgan.machine import let_threads_sleep, without_collector
from colorgan.web.address import OWN_NAMES, check_free
from colorgan.web.limits import MAX_MEGABYTES, Limits


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        usage="%(prog)s [--model M ...] [--host H] [--port P] [FLAG ...]  (--help lists them)",
        description="Give black-and-white photographs their colour, in the browser.",
    )
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
    parser.add_argument(
        "--keep-minutes",
        type=float,
        metavar="T",
        help="how long an idle visit keeps its photos (default: a day where nobody else has access, otherwise an hour)",
    )
    parser.add_argument(
        "--max-disk-megabytes",
        type=int,
        metavar="D",
        help="how much all visits together may keep on the disk (default: 20000)",
    )
    parser.add_argument(
        "--proxy",
        action="append",
        metavar="A",
        help="address or network of a proxy that may say who visits (X-Forwarded-For); several times for several",
    )
    parser.add_argument(
        "--public-name",
        action="append",
        metavar="N",
        help="a host name that the page may be asked for by, such as photos.example.org; several times for several",
    )
    parser.add_argument(
        "--forget",
        action="store_true",
        help="let go of all photos when the page stops (with others' access that is always so)",
    )
    parser.add_argument("--mcp", action="store_true", help="also tools for agents, at /mcp (docs/integrations.md)")
    arguments = parser.parse_args()
    if arguments.port is not None and not 1 <= arguments.port <= 65535:
        parser.error(f"--port must be from 1 to 65535, got {arguments.port}")
    for name in ("max_megapixels", "max_megabytes", "keep_minutes", "max_disk_megabytes"):
        if (value := getattr(arguments, name)) is not None and value <= 0:
            parser.error(f"--{name.replace('_', '-')} must be above 0, got {value}")
    return arguments


def main() -> int:
    """Serve until Ctrl-C -> exit status; every error is one line."""
    arguments = parse()
    let_threads_sleep()
    try:
        if arguments.port is not None:
            check_free(arguments.host, arguments.port)
        translate_ahead()
        with without_collector():  # slow to import: not before the command line is right
            from colorgan.web.demonstration import Demonstration
            from colorgan.web.server import launch
            from colorgan.web.workspace import kept_folder

        with closing(Demonstration()) as study:
            launch(
                arguments.model or [DEFAULT_WEIGHTS],
                host=arguments.host,
                port=arguments.port,
                share=arguments.share,
                open_browser=arguments.open,
                limits=Limits.of(
                    alone=arguments.host in OWN_NAMES and not arguments.share,
                    max_megapixels=arguments.max_megapixels,
                    max_megabytes=arguments.max_megabytes,
                    keep_minutes=arguments.keep_minutes,
                    all_megabytes=arguments.max_disk_megabytes,
                ),
                proxies=arguments.proxy or (),
                public_names=arguments.public_name or (),
                studies=study.studies,
                prepare=study.prepare,
                keep=None if arguments.forget else kept_folder(),
                mcp=arguments.mcp,
            )
    except ModuleNotFoundError as error:
        sys.stderr.write(f"app.py: error: the page needs {error.name}: pip install 'colorgan[app]'\n")
        return 2
    except ValueError as error:
        sys.stderr.write(f"app.py: error: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
