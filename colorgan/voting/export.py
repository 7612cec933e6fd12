"""A study's data as files that anyone can compute with: answers, the study itself, and its figures with a dictionary.

What could point to a person stays behind: no participant hash, no session or trial id, days instead of times.
"""

import csv
import io
import json
import math
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from colorgan import __version__
from colorgan.files import folder_whole
from colorgan.voting import protocol, results
from colorgan.voting.pool import Pool
from colorgan.voting.store import Store

ANSWERS = ("answers.jsonl", "answers.csv", "answers.parquet")  # the same rows in three forms
STUDY, RESULTS = "study.json", "results.json"

# Column -> type, what it means. One row for each answer, practice and excluded ones too.
ANSWER_COLUMNS: dict[str, tuple[str, str]] = {
    "study_id": ("string", "name of the study"),
    "person": ("int64", "a number for whoever answered, in random order; the same in all rows of a session"),
    "day": ("string", "UTC day of the answer, YYYY-MM-DD"),
    "device_class": ("string", "phone, tablet or desktop"),
    "colour_vision": ("string", "typical or deficient as the person said; null where they did not say"),
    "timed": ("bool", "whether the photos were hidden after the exposure"),
    "position": ("int64", "place of the trial in the session, from 1, practice included"),
    "kind": ("string", "practice, scored, catch, or single (quick mode)"),
    "photo_id": ("string", "first 16 hex digits of the SHA-256 of the photo's pixels"),
    "model_id": ("string", "which model coloured the fake; wrong-colours in catch trials"),
    "model_revision": ("string", "SHA-256 of the model's settings and weights"),
    "fake_side": ("string", "where the computer's colours were: left or right; whole or none for a single photo"),
    "chosen_side": ("string", "where the person said they were"),
    "fooled": ("bool", "pairs: whether the real photo was taken for the computer's; null for single photos"),
    "response_ms": ("int64", "from the question to the answer, as the browser reported"),
    "answer_ms": ("int64", "the same, but never longer than the server saw; the exclusions go by it"),
    "shown_left_ms": ("int64", "how long the left photo was shown, as the browser reported; null if it did not"),
    "shown_right_ms": ("int64", "likewise for the right one"),
    "lost_focus": ("bool", "whether the page lost focus during the trial, as the browser reported"),
    "session_excluded": ("string", "reasons why the session does not count, joined by '; '; empty if it does"),
    "trial_excluded": ("string", "likewise for the trial"),
}

# The fields of results.json, wherever they stand in it.
RESULT_FIELDS: dict[str, str] = {
    "value": "the share or difference as observed",
    "low": "lower end of the 95 % interval",
    "high": "upper end of the 95 % interval",
    "study_id": "name of the study",
    "protocol_version": "paired-1 is the full protocol; paired-1-short a demonstration, not to be compared; quick-1",
    "headline": "timed sessions of people without a known colour-vision deficiency, all models together",
    "models": "the headline's votes, by model",
    "model_differences": "within-person differences between models: the first's fooling rate minus the second's",
    "may_rank": "whether there are the 30 people that a ranking of models needs",
    "untimed": "sessions in untimed mode; not in the headline",
    "colour_vision_deficient": "sessions of people with a colour-vision deficiency; not in the headline",
    "devices": "the headline's votes, by device class",
    "catch_accuracy": "share of answered catch trials that were right, in all finished sessions",
    "exclusions": "what does not count, by the rules fixed before the study",
    "photos": "each photo under each model, most fooling first; photos with under 8 votes last",
    "name": "what the group is",
    "people": "how many people (sessions) these votes are from",
    "votes": "how many votes",
    "fooled": "in how many of them the real photo was taken for the computer's",
    "these_photos": "fooling rate, interval for these photos and other people (Wilson, effective n, t quantile)",
    "new_photos": "fooling rate, interval for other photos and other people (bootstrap over both, 10,000 resamples)",
    "d_prime": "sensitivity: 0 is guessing. Pairs: sqrt(2) z(share right); single photos: z(hits) - z(false alarms)",
    "said_left": "share of answers that were left; .5 is no side bias",
    "photo_id": "the photo",
    "model_id": "the model",
    "rate": "fooled / votes with a plain Wilson interval",
    "enough": "whether the photo has at least 8 votes",
    "first": "the first model",
    "second": "the second model",
    "difference": "mean of the people's own differences, with a paired t interval",
    "p": "two-sided p of the paired t test",
    "p_holm": "the same after Holm's correction for the number of comparisons",
    "sessions": "how many sessions were started",
    "sessions_excluded": "how many of them do not count",
    "sessions_by_reason": "how many for which reason; a session may have several",
    "trials_excluded": "how many scored trials of sessions that count do not count themselves",
    "trials_by_reason": "how many for which reason; a trial may have several",
    "figures": "the quick mode's figures",
    "hit_rate": "share of the computer's pictures that were called fake",
    "false_alarm_rate": "share of real photos that were called fake",
    "criterion": "-(z(hits) + z(false alarms)) / 2: above 0 people lean to calling photos real",
}


def export_study(store: Store, pool: Pool, folder: Path) -> list[Path]:
    """Write a study into a new folder: answers.jsonl, .csv and .parquet, study.json, results.json.

    results.json comes only with a closed study (or a quick one): the figures of an open one must not decide its end.
    Parquet needs pyarrow.

    Args:
        store: where the study is.
        pool: its pictures; the manifest goes into study.json.
        folder: new; it appears when all of it is there.

    Returns:
        The files written.

    Raises:
        ValueError: the folder exists, the pool belongs to another study, or pyarrow is missing.
    """
    study = store.study(pool.manifest["study_id"])
    if study.manifest_sha256 != pool.manifest_sha256:
        raise ValueError(f"the pictures in {str(pool.folder)!r} are not those of the study {study.study_id!r}")
    if folder.exists():
        raise ValueError(f"{str(folder)!r} exists already: name a new folder")
    rows = answers(store, study.study_id)
    files = {
        ANSWERS[0]: _jsonl(rows),
        ANSWERS[1]: _csv(rows),
        ANSWERS[2]: _parquet(rows),
        STUDY: _json(describe(store, pool)),
    }
    if study.closed_at_s is not None or study.protocol_version == protocol.QUICK:
        files[RESULTS] = _json(figures(store, study.study_id))
    with folder_whole(folder) as draft:
        for name, content in files.items():
            (draft / name).write_bytes(content)
    return [folder / name for name in files]


def answers(store: Store, study_id: str) -> list[dict[str, Any]]:
    """All answers of a study with the columns of `ANSWER_COLUMNS`, in random order of people."""
    votes = store.select(
        "SELECT * FROM vote WHERE study_id = :study_id ORDER BY session_id, position", study_id=study_id
    )
    sessions = _reasons(store.select("SELECT session_id AS id, reason FROM session_exclusion"))
    trials = _reasons(store.select("SELECT trial_id AS id, reason FROM trial_exclusion"))
    # Session ids are random and known to nobody outside, so their order is random too.
    numbers = {name: number for number, name in enumerate(dict.fromkeys(vote["session_id"] for vote in votes), 1)}
    return [_answer_row(vote, numbers[vote["session_id"]], sessions, trials) for vote in votes]


def _answer_row(vote: dict[str, Any], person: int, sessions: dict[str, str], trials: dict[str, str]) -> dict[str, Any]:
    row = {
        **vote,
        "person": person,
        "day": _day(vote["received_at_ms"] / 1000),
        "timed": bool(vote["timed"]),
        "lost_focus": bool(vote["lost_focus"]),
        "fooled": None if vote["kind"] == "single" else vote["chosen_side"] != vote["fake_side"],
        "session_excluded": sessions.get(vote["session_id"], ""),
        "trial_excluded": trials.get(vote["trial_id"], ""),
    }
    return {name: row[name] for name in ANSWER_COLUMNS}


def describe(store: Store, pool: Pool) -> dict[str, Any]:
    """The study itself: protocol, manifest, rules and counts of exclusions, and which code this is."""
    study = store.study(pool.manifest["study_id"])
    return {
        "study_id": study.study_id,
        "protocol_version": study.protocol_version,
        "opened": _day(study.opened_at_s),
        "closed": None if study.closed_at_s is None else _day(study.closed_at_s),
        "consent_version": protocol.CONSENT_VERSION,
        "sequence_ms": {
            "fixation": protocol.FIXATION_MS,
            "exposure": study.exposure_ms,
            "blank": protocol.BLANK_MS,
            "answer_within": protocol.ANSWER_WITHIN_MS,
        },
        "exclusion_rules": {
            "max_catch_misses": protocol.MAX_CATCH_MISSES,
            "min_median_answer_ms": protocol.MIN_MEDIAN_ANSWER_MS,
            "max_one_side_percent": protocol.MAX_ONE_SIDE_PERCENT,
            "max_exposure_error_ms": protocol.MAX_EXPOSURE_ERROR_MS,
            "max_lapsed_trials": protocol.MAX_LAPSED_TRIALS,
        },
        "progress": asdict(results.progress(store, study.study_id)),
        "exclusions": asdict(results.exclusions(store, study.study_id)),
        "manifest_sha256": study.manifest_sha256,
        "manifest": pool.manifest,
        "code": {"colorgan": __version__, "revision": code_revision()},
        "answer_columns": {name: {"type": kind, "meaning": text} for name, (kind, text) in ANSWER_COLUMNS.items()},
    }


def figures(store: Store, study_id: str) -> dict[str, Any]:
    """The study's figures and what each of their fields means."""
    quick = store.study(study_id).protocol_version == protocol.QUICK
    found = results.quick_results(store, study_id) if quick else results.study_results(store, study_id)
    return {"results": asdict(found), "dictionary": RESULT_FIELDS}


def code_revision() -> str | None:
    """The commit of the checkout this code runs from; None where it was installed."""
    git = shutil.which("git")
    package = Path(__file__).parent.parent
    if git is None or not (package.parent / ".git").exists():
        return None
    found = subprocess.run([git, "rev-parse", "HEAD"], cwd=package, capture_output=True, text=True, timeout=10)  # noqa: S603
    return found.stdout.strip() or None


def _reasons(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["id"], []).append(row["reason"])
    return {one: "; ".join(sorted(reasons)) for one, reasons in found.items()}


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _jsonl(rows: Sequence[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(ANSWER_COLUMNS), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: str(value).lower() if type(value) is bool else value for name, value in row.items()})
    return buffer.getvalue().encode()


def _parquet(rows: Sequence[dict[str, Any]]) -> bytes:
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise ValueError("the export writes parquet and needs pyarrow: pip install pyarrow") from error
    types = {"bool": "bool", "int64": "int64", "string": "string"}
    fields = [
        pyarrow.field(name, pyarrow.type_for_alias(types[kind]), metadata={"meaning": text})
        for name, (kind, text) in ANSWER_COLUMNS.items()
    ]
    table = pyarrow.Table.from_pylist(list(rows), schema=pyarrow.schema(fields))
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    return buffer.getvalue()


def _json(value: Any) -> bytes:
    return (json.dumps(_finite(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _finite(value: Any) -> Any:
    """JSON knows no NaN and no infinity: what has no value is null."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
