"""Migrations: forwards with all data, as a whole or not at all, never an unknown database, and never edited."""

import hashlib
import random
from collections.abc import Iterator

import pytest
from cases.voting import Clock, open_paired, play, right_or_wrong, start
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from colorgan.voting import schema
from colorgan.voting.protocol import (
    BLANK_MS,
    FIXATION_MS,
    MAX_CATCH_MISSES,
    MAX_EXPOSURE_ERROR_MS,
    MAX_LAPSED_TRIALS,
    MAX_ONE_SIDE_PERCENT,
    MIN_MEDIAN_ANSWER_MS,
    PROTOCOLS,
    Plan,
)
from colorgan.voting.store import Store

SMALL = Plan(practice=1, scored=4, catch=1)
# A released migration never changes: databases out there have run it. Add another one instead.
RELEASED = ["6f385fa8ab80d8f1"]
NEXT = ["ALTER TABLE session ADD COLUMN language TEXT", "CREATE INDEX session_language ON session (language)"]


@pytest.fixture
def filled(database: str) -> Iterator[Store]:
    clock = Clock()
    store = Store.open(database, clock=clock, power_safe=False)
    open_paired(store, plan=SMALL)
    play(store, clock, start(store, plan=SMALL), right_or_wrong(random.Random(0), 0.5))
    yield store
    store.close()


def version(store: Store) -> int:
    return int(store.select("SELECT version FROM schema_version")[0]["version"])


def columns(store: Store) -> set[str]:
    with store._reading.connect() as connection:
        return {column["name"] for column in inspect(connection).get_columns("session")}


def test_released_migrations_are_never_edited() -> None:
    hashes = [hashlib.sha256("\n".join(statements).encode()).hexdigest()[:16] for statements in schema.MIGRATIONS]
    assert hashes == RELEASED


def test_an_older_database_moves_on_with_its_answers(
    filled: Store, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = filled.select("SELECT * FROM answer ORDER BY trial_id")
    assert (len(before), version(filled)) == (SMALL.trials, 1)
    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, NEXT])
    newer = Store.open(database)
    assert version(newer) == 2
    assert "language" in columns(newer)
    assert newer.select("SELECT * FROM answer ORDER BY trial_id") == before
    newer.close()
    again = Store.open(database)  # nothing left to do
    assert version(again) == 2
    again.close()


def test_a_migration_that_fails_leaves_everything_as_it_was(
    filled: Store, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, [*NEXT, "ALTER TABLE nothing ADD COLUMN x TEXT"]])
        with pytest.raises((ValueError, DBAPIError)):
            Store.open(database)
    assert version(filled) == 1
    assert "language" not in columns(filled)
    Store.open(database).close()


def test_a_newer_database_is_refused(filled: Store, database: str) -> None:
    with filled._write() as connection:
        connection.execute(text("UPDATE schema_version SET version = 7"))
    with pytest.raises(ValueError, match="has schema version 7, this colorgan knows up to 1: update colorgan"):
        Store.open(database)


def test_the_views_say_the_protocols_numbers() -> None:
    """SQL is frozen, constants are not: one must not change without the other."""
    sql = "\n".join(schema.MIGRATIONS[0])
    for words in (
        f"COUNT(*) > {MAX_LAPSED_TRIALS}",
        f"THEN 0 ELSE 1 END) > {MAX_CATCH_MISSES}",
        f"median_ms < {MIN_MEDIAN_ANSWER_MS}",
        f">= {MAX_ONE_SIDE_PERCENT} * COUNT(*)",
        f"ABS(shown_left_ms - exposure_ms) > {MAX_EXPOSURE_ERROR_MS}",
        f"ABS(shown_right_ms - exposure_ms) > {MAX_EXPOSURE_ERROR_MS}",
        f"{FIXATION_MS + BLANK_MS} + 2 * exposure_ms",
        *PROTOCOLS,
    ):
        assert words in sql, words
