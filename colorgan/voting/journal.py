"""A study's raw rows as lines of JSON, and back: how votes leave a disk that does not last, and return to a new one.

Rows only ever gain: a trial gets its issue time once, a session its end once, an answer never changes. So lines may be
merged in any order and any number of times. They tell which side was the computer's: keep them from participants.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError

from colorgan.files import one_line
from colorgan.voting.records import StimulusRow, StudyRow
from colorgan.voting.statements import insert_study
from colorgan.voting.store import Store

Row = dict[str, Any]
# Table -> its key, and its columns with their type; the last ones are those that a row gains.
_TABLES: dict[str, tuple[str, dict[str, type]]] = {
    "session": (
        "session_id",
        {
            "session_id": str,
            "study_id": str,
            "participant_hash": str,
            "consent_version": str,
            "started_at_s": int,
            "device_class": str,
            "colour_vision": str,
            "timed": int,
            "finished_at_s": int,
        },
    ),
    "trial": (
        "trial_id",
        {
            "trial_id": str,
            "session_id": str,
            "position": int,
            "kind": str,
            "stimulus_id": str,
            "fake_side": str,
            "issued_at_ms": int,
            "deadline_ms": int,
        },
    ),
    "answer": (
        "trial_id",
        {
            "trial_id": str,
            "chosen_side": str,
            "received_at_ms": int,
            "response_ms": int,
            "shown_left_ms": int,
            "shown_right_ms": int,
            "lost_focus": int,
        },
    ),
}
_GAINED = {"session": ("finished_at_s",), "trial": ("issued_at_ms", "deadline_ms"), "answer": ()}
_OF_STUDY = {
    "session": "SELECT {columns} FROM session WHERE study_id = :study_id",
    "trial": "SELECT {columns} FROM trial WHERE session_id IN "
    "(SELECT session_id FROM session WHERE study_id = :study_id)",
    "answer": "SELECT {columns} FROM answer WHERE trial_id IN (SELECT trial_id FROM trial "
    "JOIN session ON session.session_id = trial.session_id WHERE study_id = :study_id)",
}


@dataclass(frozen=True)
class Restored:
    """What came back: sessions and answers that were not there, and sessions that could not be (see `restore`)."""

    sessions: int
    answers: int
    left_out: int


def rows(store: Store, study_id: str) -> list[Row]:
    """All sessions, trials and answers of a study as they are now; each names its table."""
    found: list[Row] = []
    for table in ("answer", "trial", "session"):  # whatever an answer refers to is read after it, and so is there
        statement = _OF_STUDY[table].format(columns=", ".join(_TABLES[table][1]))
        found += [{"table": table, **row} for row in store.select(statement, study_id=study_id)]
    return found


def identity(row: Row) -> tuple[Any, ...]:
    """What changes when a row gains something: a row whose identity was written down needs no other line."""
    table = row["table"]
    return (table, row[_TABLES[table][0]], *(row[name] for name in _GAINED[table]))


def to_lines(found: Iterable[Row]) -> bytes:
    """Rows -> JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in found).encode()


def from_lines(lines: bytes) -> list[Row]:
    """JSON lines -> rows.

    Raises:
        ValueError: a line is not a row that `to_lines` writes.
    """
    found = []
    for number, line in enumerate(lines.decode("utf-8").splitlines(), 1):
        row = json.loads(line)
        if not isinstance(row, dict) or not _is_row(row):
            raise ValueError(f"line {number} is not a row of a study")
        found.append(row)
    return found


def _is_row(row: Row) -> bool:
    if row.get("table") not in _TABLES:
        return False
    columns = _TABLES[row["table"]][1]
    kinds_fit = all(row.get(name) is None or type(row[name]) is kind for name, kind in columns.items())
    return row.keys() == {"table", *columns} and kinds_fit


def restore_study(store: Store, study: StudyRow, stimuli: Sequence[StimulusRow]) -> None:
    """Bring a study itself back, with the times it had; nothing where it is there, but that it may have been closed.

    Raises:
        ValueError: there is another study of this name.
    """
    with store.transaction() as connection:
        added = insert_study(connection, study, stimuli)
        if not added and study.closed_at_s is not None:
            connection.execute(
                text("""
                    UPDATE study SET closed_at_s = :closed_at_s
                    WHERE study_id = :study_id AND manifest_sha256 = :manifest_sha256 AND closed_at_s IS NULL
                """),
                vars(study),
            )
    if store.study(study.study_id).manifest_sha256 != study.manifest_sha256:
        raise ValueError(f"another study is named {study.study_id!r} here")


def restore(store: Store, study_id: str, found: Iterable[Row]) -> Restored:
    """Bring rows back; those that are there already stay, and gain what they lack.

    A session is left out, with its trials, where its participant has another one here: nobody counts twice.

    Raises:
        ValueError: rows that this study cannot have.
    """
    merged = _merged(found)
    sessions = [row for row in merged["session"] if row["study_id"] == study_id]
    before = {table: _keys(store, table, study_id) for table in _TABLES}
    try:
        _insert(store, "session", sessions)
        there = _keys(store, "session", study_id)
        _insert(store, "trial", [row for row in merged["trial"] if row["session_id"] in there])
        trials = _keys(store, "trial", study_id)
        _insert(store, "answer", [row for row in merged["answer"] if row["trial_id"] in trials])
    except (IntegrityError, DataError) as error:
        raise ValueError(f"rows that the study {study_id!r} cannot have: {one_line(error)}") from error
    return Restored(
        sessions=len(there - before["session"]),
        answers=len(_keys(store, "answer", study_id) - before["answer"]),
        left_out=len({row["session_id"] for row in sessions} - there),
    )


def _merged(found: Iterable[Row]) -> dict[str, list[Row]]:
    """One row for each key, with whatever any line says that it gained."""
    merged: dict[str, dict[str, Row]] = {table: {} for table in _TABLES}
    for row in found:
        kept = merged[row["table"]].setdefault(row[_TABLES[row["table"]][0]], dict(row))
        kept.update({name: row[name] for name in _GAINED[row["table"]] if row[name] is not None})
    return {table: list(kept.values()) for table, kept in merged.items()}


def _insert(store: Store, table: str, wanted: Sequence[Row]) -> None:
    key, columns = _TABLES[table]
    names, gained = ", ".join(columns), _GAINED[table]
    values = ", ".join(f":{name}" for name in columns)
    with store.transaction() as connection:
        if wanted:
            connection.execute(
                text(f"INSERT INTO {table} ({names}) VALUES ({values}) ON CONFLICT DO NOTHING"),  # noqa: S608
                list(wanted),
            )
        later = [row for row in wanted if gained and row[gained[0]] is not None]
        if later:
            changes = ", ".join(f"{name} = :{name}" for name in gained)
            connection.execute(
                text(f"UPDATE {table} SET {changes} WHERE {key} = :{key} AND {gained[0]} IS NULL"),  # noqa: S608
                later,
            )


def _keys(store: Store, table: str, study_id: str) -> set[str]:
    key = _TABLES[table][0]
    return {row[key] for row in store.select(_OF_STUDY[table].format(columns=key), study_id=study_id)}
