"""`colorgan study`: create, serve, look at, close and export a real-or-fake study."""

import argparse
import datetime
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from colorgan import DEFAULT_WEIGHTS
from colorgan.cli.parsing import REFUSED, fail, fastest_device, hush_hub, load, number, whole_number
from colorgan.folder import describe_error
from colorgan.voting.protocol import EXPOSURE_MS, QUICK

if TYPE_CHECKING:
    from colorgan.hub import VoteBackup
    from colorgan.voting import Store, Study
    from colorgan.voting.creation import StudyPhotos
    from colorgan.voting.pool import StudyModel
    from colorgan.voting.records import StudyRow

PORT = 7861  # beside the page's 7860
_CONNECTIONS_END_S = 5


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
    for add in (_add_create, _add_serve, _add_status, _add_close, _add_export):
        add(actions)


def _action(actions: Any, name: str, summary: str, description: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(
        name, help=summary, description=description, allow_abbrev=False
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        help="file, or postgresql://user:password@host/name; default: COLORGAN_DATABASE, or a file in COLORGAN_HOME",
    )
    parser.set_defaults(run=_in_one_line(run))
    return parser


def _in_one_line(run: Any) -> Any:
    """What the user got wrong, and what the disk, the database or the Hub refuse, is one line and exit status 2."""

    def checked(chosen: argparse.Namespace) -> int:
        from sqlalchemy.exc import DBAPIError

        try:
            status: int = run(chosen)
        except (ValueError, OSError) as error:
            return fail(describe_error(error), REFUSED)
        except DBAPIError as error:  # its own words quote the statement
            return fail(f"the database fails: {str(error.orig).splitlines()[0]}", REFUSED)
        return status

    return checked


@contextmanager
def _opened(chosen: argparse.Namespace) -> "Iterator[Store]":
    from colorgan.voting import Store

    store = Store.open(chosen.database)
    try:
        yield store
    finally:
        store.close()


# create


def _add_create(actions: Any) -> None:
    parser = _action(
        actions,
        "create",
        "render a study's pictures and open it",
        "Render all pictures of a study ahead, and open it. Photos come in an order drawn by the seed: the first are "
        "practice, the next catch trials, the rest is scored. No model may have been trained on them.",
        _create,
    )
    parser.add_argument("name", metavar="NAME", help="small letters, digits and hyphens")
    parser.add_argument(
        "--data", action="append", required=True, metavar="D", help="known name, Hub id or folder; repeatable"
    )
    parser.add_argument(
        "--split", default="test", metavar="S", help="of the data; all: every local file (default: test)"
    )
    parser.add_argument(
        "--model", action="append", metavar="M", help="Hub id or folder, repeatable; default: the bundled one"
    )
    parser.add_argument(
        "--photos",
        type=whole_number(6, 10**6),
        metavar="N",
        help="at most so many, practice and catch trials' among them; default: all",
    )
    parser.add_argument("--seed", type=whole_number(0, 2**63 - 1), default=0, metavar="S", help="of the photos' order")
    parser.add_argument("--quick", action="store_true", help="single photos without an end, instead of pairs")
    parser.add_argument(
        "--exposure-ms",
        type=whole_number(100, 10_000),
        default=EXPOSURE_MS,
        metavar="MS",
        help="how long each photo of a pair is shown (default: 1000)",
    )
    parser.add_argument(
        "--side",
        type=whole_number(96, 2048),
        default=384,
        metavar="PX",
        help="longer side of the pictures; smaller photos stay as they are (default: 384)",
    )
    parser.add_argument("--device", metavar="D", help="cpu, cuda, cuda:1, mps; default: the fastest there is")


def _create(chosen: argparse.Namespace) -> int:
    from colorgan.voting.creation import StudyPhotos, check_new

    signal.signal(signal.SIGTERM, _interrupt)  # so that what is half made is removed
    hush_hub()
    with _opened(chosen) as store:
        check_new(store, chosen.name)
        photos = StudyPhotos(chosen.data, chosen.split, chosen.seed)
        models = _models(chosen, photos)
        _say_if_few(min(photos.most, chosen.photos or photos.most))
        study = _render(chosen, store, photos, models)
        _tell(study)
    return 0


def _models(chosen: argparse.Namespace, photos: "StudyPhotos") -> "list[StudyModel]":
    from colorgan.voting.creation import study_models, trained_on

    device = chosen.device or fastest_device()
    loaded = [(source, load(source, device)) for source in chosen.model or [DEFAULT_WEIGHTS]]
    models = study_models(loaded)
    for model, (source, colorizer) in zip(models, loaded, strict=True):
        if known := trained_on(source, colorizer, photos):
            _warn(
                f"{model.model_id!r} was trained on the split {chosen.split!r} of {known!r}: people would judge what "
                "it remembers"
            )
    return models


def _render(
    chosen: argparse.Namespace, store: "Store", photos: "StudyPhotos", models: "Sequence[StudyModel]"
) -> "Study":
    from tqdm import tqdm

    from colorgan.voting.creation import create_study

    total = min(photos.most, chosen.photos or photos.most)
    with tqdm(total=total, unit="photo", disable=None) as bar:  # None: no bar where stderr is not a terminal
        return create_study(
            store,
            chosen.name,
            photos,
            models,
            most=chosen.photos,
            quick=chosen.quick,
            exposure_ms=chosen.exposure_ms,
            side_px=chosen.side,
            report=lambda: bar.update() and None,
        )


def _say_if_few(count: int) -> None:
    from colorgan.voting.creation import ENOUGH_PHOTOS

    if count < ENOUGH_PHOTOS:
        _warn(f"{count} photos are few: a rate that says something about a model takes {ENOUGH_PHOTOS} or more")


def _tell(study: "Study") -> None:
    manifest = study.pool.manifest
    kinds = [photo["kind"] for photo in manifest["photos"]]
    told = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    models = ", ".join(model["model_id"] for model in manifest["models"])
    print(f"open: {study.row.study_id}, {len(kinds)} photos ({told}), in the colours of {models}")
    for reason in sorted(set(manifest["left_out"].values())):
        _note(f"{list(manifest['left_out'].values()).count(reason)} left out: {reason}")
    if study.row.protocol_version.endswith("short"):
        _warn("fewer than 52 photos make a short study: a demonstration, not a measurement")
    print(f"next: colorgan study serve {study.row.study_id}")


# serve


def _add_serve(actions: Any) -> None:
    parser = _action(
        actions,
        "serve",
        "the study's pages",
        "Serve studies until Ctrl-C: /vote, /quick and /results. Any number of servers may share one database.",
        _serve,
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
        metavar="ID",
        help="user/dataset: private data set on the Hub that keeps a copy of the votes, from which they come back; "
        "default: COLORGAN_VOTES_DATASET",
    )
    parser.add_argument(
        "--every", type=number(0.1, 1440), default=5.0, metavar="MINUTES", help="between copies (default: 5)"
    )


def _serve(chosen: argparse.Namespace) -> int:
    from colorgan.web.address import check_free
    from colorgan.web.study import Studies, study_app, study_server

    check_free(chosen.host, chosen.port)
    hush_hub()
    with _opened(chosen) as store:
        backup = _backup(chosen, store)
        studies = _studies(chosen, store)
        app = study_app(Studies(studies), **_limits(chosen))
        server = study_server(app, chosen.host, chosen.port, behind_proxy=chosen.behind_proxy)
        server.config.timeout_graceful_shutdown = _CONNECTIONS_END_S
        if backup:
            for study in studies:
                backup.watch(study)
            backup.start()
        # The server ends gracefully on both signals, and then raises again what it was sent.
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            _run(server, chosen.host)
        finally:
            if backup:
                backup.stop()
    print("stopped")
    return 0


def _backup(chosen: argparse.Namespace, store: "Store") -> "VoteBackup | None":
    """The copy on the Hub, if there shall be one; what it holds is brought back first."""
    from colorgan.hub.votes import VARIABLE, VoteBackup
    from colorgan.voting.privacy import SECRET_VARIABLE

    repo_id = chosen.publish_to or os.environ.get(VARIABLE)
    if not repo_id:
        return None
    backup = VoteBackup(store, repo_id, every_minutes=chosen.every, say=_warn)
    if SECRET_VARIABLE not in os.environ:
        _warn(f"set {SECRET_VARIABLE}: with a new secret on a new disk, who voted before could vote again")
    try:
        backup.restore()
    except ValueError as error:
        _warn(f"{describe_error(error)}; it is tried again")
    return backup


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
            _warn(f"{row.study_id!r} is not served: {describe_error(error)}")
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


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    """SIGTERM ends a command the way Ctrl-C does."""
    raise KeyboardInterrupt


# status, close, export


def _add_status(actions: Any) -> None:
    parser = _action(
        actions,
        "status",
        "how far studies are",
        "How far studies are; figures only of those that are closed.",
        _status,
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="which; default: all")


def _status(chosen: argparse.Namespace) -> int:
    with _opened(chosen) as store:
        rows = [store.study(chosen.name)] if chosen.name else store.studies()
        for row in rows:
            print(_standing(store, row))
        if not rows:
            print("no study yet: `colorgan study create` makes one")
    return 0


def _standing(store: "Store", row: "StudyRow") -> str:
    """One study in a line or two."""
    from colorgan.voting.results import progress

    done = progress(store, row.study_id)
    when = f"closed {_day(row.closed_at_s)}" if row.closed_at_s else f"open since {_day(row.opened_at_s)}"
    line = f"{row.study_id} ({row.protocol_version}), {when}: "
    if row.protocol_version == QUICK:
        return line + f"{done.started} people, {done.answers} answers"
    line += f"{done.started} sessions begun, {done.finished} finished, {done.kept} of {done.goal} that count"
    return line + (f"\n  {_headline(store, row.study_id)}" if row.closed_at_s else "")


def _headline(store: "Store", name: str) -> str:
    from colorgan.voting.results import sentence, study_results

    return sentence(study_results(store, name).headline)


def _add_close(actions: Any) -> None:
    parser = _action(
        actions,
        "close",
        "end a study for good",
        "End a study for good: no session starts, no answer is taken, and its figures may be looked at.",
        _close,
    )
    parser.add_argument("name", metavar="NAME", help="which")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _close(chosen: argparse.Namespace) -> int:
    from colorgan.voting.results import progress

    with _opened(chosen) as store:
        row = store.study(chosen.name)
        if row.closed_at_s is None and not chosen.yes:
            done = progress(store, chosen.name)
            kept = "" if row.protocol_version == QUICK else f", {done.kept} of {done.goal} sessions count"
            if not _confirmed(f"Close {chosen.name!r} for good? {done.answers} answers{kept}. [y/N] "):
                return fail("not closed", REFUSED)
        print(_standing(store, store.close_study(chosen.name)))
    return 0


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise ValueError("closing is for good: give --yes where nobody can be asked")
    return input(question).strip().lower() in ("y", "yes")


def _add_export(actions: Any) -> None:
    parser = _action(
        actions,
        "export",
        "answers, figures and what they mean, as files",
        "Write a study's answers as JSONL, CSV and parquet, with what describes them; figures once it is closed. "
        "Nothing in it points to a person.",
        _export,
    )
    parser.add_argument("name", metavar="NAME", help="which")
    parser.add_argument("--output", required=True, metavar="DIR", help="new folder to write")
    parser.add_argument("--to", metavar="ID", help="user/dataset on the Hub to put it in as well")
    parser.add_argument("--private", action="store_true", help="the data set is for its owner alone")


def _export(chosen: argparse.Namespace) -> int:
    from colorgan.voting.export import export_study
    from colorgan.voting.pool import Pool
    from colorgan.voting.study import study_folder

    hush_hub()
    with _opened(chosen) as store:
        row = store.study(chosen.name)
        if chosen.to and row.closed_at_s is None and not chosen.private:
            raise ValueError(
                f"{chosen.name!r} is open, and its answers tell which side was the computer's: close it, or --private"
            )
        pool = Pool.open(study_folder(chosen.name), row.manifest_sha256)
        output = Path(chosen.output)
        export_study(store, pool, output)
        print(f"written: {str(output)!r}")
    if chosen.to:
        from colorgan.hub.results import publish_export

        print(f"published: {publish_export(output, chosen.to, private=chosen.private)}")
    return 0


def _day(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).date().isoformat()


def _warn(line: str) -> None:
    print(f"colorgan: warning: {line}", file=sys.stderr, flush=True)


def _note(line: str) -> None:
    print(f"colorgan: note: {line}", file=sys.stderr)
