"""`colorgan study status`, `close` and `export`: what a study has, and its end."""

import argparse
import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colorgan.cli.parsing import REFUSED, fail, hush_hub
from colorgan.cli.study.actions import action, opened_store
from colorgan.voting.protocol import QUICK

if TYPE_CHECKING:
    from colorgan.voting import Store
    from colorgan.voting.records import StudyRow


def add_status(actions: Any) -> None:
    """`colorgan study status`."""
    parser = action(
        actions,
        "status",
        "how far studies are",
        "How far studies are; figures only of those that are closed.",
        _status,
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="which; default: all")


def _status(chosen: argparse.Namespace) -> int:
    with opened_store(chosen) as store:
        rows = [store.study(chosen.name)] if chosen.name else store.studies()
        for row in rows:
            print(_standing(store, row))
        if not rows:
            print("no study yet: `colorgan study create` makes one")
    return 0


def _standing(store: "Store", row: "StudyRow") -> str:
    """One study in a line or two."""
    from colorgan.templating import count_people
    from colorgan.voting.results import progress

    done = progress(store, row.study_id)
    when = f"closed {_day(row.closed_at_s)}" if row.closed_at_s else f"open since {_day(row.opened_at_s)}"
    line = f"{row.study_id} ({row.protocol_version}), {when}: "
    if row.protocol_version == QUICK:
        return line + f"{count_people(done.started)}, {done.answers} answers"
    line += f"{done.started} sessions begun, {done.finished} finished, {done.kept} of {done.goal} that count"
    return line + (f"\n  {_headline(store, row.study_id)}" if row.closed_at_s else "")


def _headline(store: "Store", name: str) -> str:
    from colorgan.voting.results import sentence, study_results

    return sentence(study_results(store, name).headline)


def add_close(actions: Any) -> None:
    """`colorgan study close`."""
    parser = action(
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

    with opened_store(chosen) as store:
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


def add_export(actions: Any) -> None:
    """`colorgan study export`."""
    parser = action(
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
    with opened_store(chosen) as store:
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
        from colorgan.publishing.study import publish_export

        print(f"published: {publish_export(output, chosen.to, private=chosen.private)}")
    return 0


def _day(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).date().isoformat()
