"""`colorgan study serve`: the study's pages, without torch and Gradio."""

import argparse
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from colorgan.cli.parsing import hush_hub, number, whole_number
from colorgan.cli.study.actions import action, interrupt, opened_store, warn
from colorgan.files import one_line

if TYPE_CHECKING:
    from colorgan.voting import Store, Study

PORT = 7861  # beside the page's 7860
_CONNECTIONS_END_S = 5


def add_serve(actions: Any) -> None:
    """`colorgan study serve`."""
    parser = action(
        actions,
        "serve",
        "the study's pages",
        "Serve studies until Ctrl-C: /vote, /quick and /results. Any number of servers may share one database.",
        _serve,
        extra="app",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; default: all")
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="0.0.0.0 for all (default: 127.0.0.1)")
    parser.add_argument(
        "--port", type=whole_number(0, 65535), default=PORT, metavar="P", help=f"0 for any free one (default: {PORT})"
    )
    parser.add_argument(
        "--requests-per-minute",
        type=number(1, 1e9),
        metavar="R",
        help="of one address; a participant makes about 40 (default: 600)",
    )
    parser.add_argument(
        "--behind-proxy", action="store_true", help="believe a proxy in a private network what address a visitor has"
    )
    parser.add_argument(
        "--publish-to",
        metavar="PLACE",
        help="user/dataset on the Hub, hf://buckets/user/votes, another address, or /a/folder that lasts: keeps a copy "
        "of the votes, from which they come back; default: COLORGAN_VOTES",
    )
    parser.add_argument(
        "--every", type=number(0.1, 1440), default=5.0, metavar="MINUTES", help="between copies (default: 5)"
    )


def _serve(chosen: argparse.Namespace) -> int:
    from colorgan.voting.backup import open_backup
    from colorgan.web.address import check_free
    from colorgan.web.study import Studies, study_app, study_server

    check_free(chosen.host, chosen.port)
    hush_hub()
    with opened_store(chosen) as store:
        backup = open_backup(store, chosen.publish_to, every_minutes=chosen.every, say=warn)
        studies = _studies(chosen, store)
        app = study_app(Studies(studies), **_limits(chosen))
        server = study_server(app, chosen.host, chosen.port, behind_proxy=chosen.behind_proxy)
        server.config.timeout_graceful_shutdown = _CONNECTIONS_END_S
        if backup:
            for study in studies:
                backup.watch(study)
            backup.start()
        # The server ends gracefully on both signals, and then raises again what it was sent.
        signal.signal(signal.SIGTERM, interrupt)
        try:
            _run(server, chosen.host)
        finally:
            if backup:
                backup.stop()
    print("stopped")
    return 0


def _studies(chosen: argparse.Namespace, store: "Store") -> "list[Study]":
    """The studies to serve: those that were named, or all whose pictures are here."""
    from colorgan.voting.study import Study

    if chosen.names:
        return [Study.open(store, name) for name in dict.fromkeys(chosen.names)]
    found = []
    for row in store.studies():
        try:
            found.append(Study.open(store, row.study_id))
        except ValueError as error:
            warn(f"{row.study_id!r} is not served: {one_line(error)}")
    if not found:
        raise ValueError("there is no study to serve: `colorgan study create` makes one")
    return found


def _limits(chosen: argparse.Namespace) -> dict[str, Any]:
    from colorgan.voting.privacy import RateLimiter

    rate = chosen.requests_per_minute
    return {"limiter": RateLimiter(rate, max(1, int(rate)))} if rate else {}


def _run(server: Any, host: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, server.config.port))
        listening.listen(server.config.backlog)  # from here on visitors are heard, and wait
        shown = f"[{host}]" if ":" in host else host
        print(f"the study is at http://{shown}:{listening.getsockname()[1]}/vote  (stop with Ctrl-C)", flush=True)
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
