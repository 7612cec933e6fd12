"""The store on SQLite and on PostgreSQL: who may answer what and when, once, whatever happens at the same time."""

import contextlib
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from cases.voting import (
    START_S,
    Clock,
    open_paired,
    open_quick,
    pair_stimuli,
    person,
    play,
    report,
    right_or_wrong,
    start,
)
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from colorgan.voting import protocol
from colorgan.voting.database import database_url, home
from colorgan.voting.protocol import PLAN, Plan
from colorgan.voting.records import AnswerReport, TrialRow, VoteOutcome
from colorgan.voting.store import Store

SMALL = Plan(practice=1, scored=4, catch=1)
SEQUENCE_S = protocol.sequence_ms() / 1000
DEADLINE_S = protocol.ANSWER_WITHIN_MS / 1000


def first_trial(store: Store, number: int = 0, **options: object) -> TrialRow:
    trial = store.issue(start(store, number, SMALL, **options).session_id)
    assert trial is not None
    return trial


def count(store: Store, table: str) -> int:
    return int(store.select(f"SELECT COUNT(*) AS n FROM {table}")[0]["n"])


# Studies and sessions


def test_a_study_opens_once_and_closes_once(store: Store, clock: Clock) -> None:
    open_paired(store)
    with pytest.raises(ValueError, match="named 's' exists already"):
        open_paired(store)
    assert count(store, "stimulus") == len(pair_stimuli())  # the second try left nothing
    clock.now += 60
    assert store.close_study("s").closed_at_s == START_S + 60
    clock.now += 60
    assert store.close_study("s").closed_at_s == START_S + 60
    assert store.study("s").opened_at_s == START_S


def test_bad_studies_are_refused_with_one_line(store: Store) -> None:
    for name in ("", "Big", "a/b", "a" * 65, "-a", "a\nb"):
        with pytest.raises(ValueError, match="small letters, digits and hyphens"):
            open_paired(store, name)
    with pytest.raises(ValueError, match="protocol must be one of paired-1, paired-1-short, quick-1, got 'x'"):
        store.add_study("s", "x", "f", [])
    with pytest.raises(ValueError, match="no study named 'z'; there are: none"):
        store.study("z")


def test_a_session_is_stored_as_planned_and_goes_on_where_it_stopped(store: Store, clock: Clock) -> None:
    open_paired(store, models=("a", "b"))
    session = start(store, colour_vision="deficient", timed=False, device_class="phone")
    assert (session.timed, session.device_class, session.colour_vision) == (False, "phone", "deficient")
    assert count(store, "trial") == PLAN.trials
    assert play(store, clock, session, right_or_wrong(random.Random(0), 0.5), trials=3) == 3
    again = start(store, device_class="desktop")
    assert again == session  # the same session; a second tab changes nothing
    assert count(store, "trial") == PLAN.trials
    trial = store.issue(again.session_id)
    assert trial is not None and trial.position == 4


def test_a_session_finishes_with_its_last_answer(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    session = start(store, plan=SMALL)
    assert play(store, clock, session, right_or_wrong(random.Random(0), 0.5)) == 6
    finished = store.session("s", person(0))
    assert finished is not None and finished.finished_at_s == START_S + 30
    assert store.issue(session.session_id) is None


def test_bad_sessions_are_refused(store: Store) -> None:
    open_paired(store, scored=35)
    with pytest.raises(ValueError, match="device_class must be one of phone, tablet, desktop, got 'watch'"):
        start(store, device_class="watch")
    with pytest.raises(ValueError, match="colour_vision must be one of typical, deficient, got 'x'"):
        start(store, colour_vision="x")
    with pytest.raises(ValueError, match="needs 36 unseen scored photos, only 35 are left"):
        start(store)
    assert count(store, "session") == 0  # rolled back as a whole
    store.close_study("s")
    with pytest.raises(ValueError, match="'s' is closed"):
        start(store)


def test_nobody_sees_a_photo_twice_in_any_study(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL, scored=6, models=("a", "b"))
    stimuli = [replace(one, stimulus_id=f"t-{one.stimulus_id}") for one in pair_stimuli(SMALL, 6, ("c",))]
    others = [replace(one, photo_id=f"other-{one.photo_id}") for one in stimuli if one.kind != "scored"]
    store.add_study("t", "paired-1-short", "f", [one for one in stimuli if one.kind == "scored"] + others)
    start(store, 1, SMALL)
    with pytest.raises(ValueError, match="needs 4 unseen scored photos, only 2 are left"):
        start(store, 1, SMALL, study_id="t")
    start(store, 2, SMALL, study_id="t")
    twice = store.select(
        """
        SELECT participant_hash, photo_id FROM session JOIN trial ON trial.session_id = session.session_id
        JOIN stimulus ON stimulus.stimulus_id = trial.stimulus_id
        GROUP BY participant_hash, photo_id HAVING COUNT(*) > 1
        """
    )
    assert twice == []


def test_answers_spread_evenly_over_the_photos(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL, scored=10, models=("a", "b"))
    for number in range(10):
        play(store, clock, start(store, number, SMALL), right_or_wrong(random.Random(number), 0.5))
    counts = store.select("SELECT photo_id, model_id, COUNT(*) AS n FROM vote WHERE kind = 'scored' GROUP BY 1, 2")
    assert len(counts) == 20
    assert {row["n"] for row in counts} <= {1, 2, 3}


def test_sessions_at_the_same_time_do_not_crowd_on_the_same_photos(store: Store) -> None:
    """What young sessions are about to answer counts as answered."""
    open_paired(store, plan=SMALL, scored=40)
    for number in range(10):
        start(store, number, SMALL)
    rows = store.select("SELECT stimulus_id, COUNT(*) AS n FROM trial WHERE kind = 'scored' GROUP BY stimulus_id")
    assert [row["n"] for row in rows] == [1] * 40


# Answers


def test_answered_once(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    trial = first_trial(store)
    clock.now += SEQUENCE_S
    assert store.answer(trial.trial_id, person(0), report("left")) is VoteOutcome.RECORDED
    assert store.answer(trial.trial_id, person(0), report("left")) is VoteOutcome.DUPLICATE
    assert store.answer(trial.trial_id, person(0), report("right")) is VoteOutcome.DUPLICATE
    assert [row["chosen_side"] for row in store.select("SELECT chosen_side FROM answer")] == ["left"]


def test_in_time(store: Store, clock: Clock) -> None:
    """To the millisecond: not before the sequence can have ended, not after the deadline."""
    open_paired(store, plan=SMALL)
    for number, (waited_ms, outcome) in enumerate(
        (
            (0, VoteOutcome.EARLY),
            (protocol.sequence_ms() - 1, VoteOutcome.EARLY),
            (protocol.sequence_ms(), VoteOutcome.RECORDED),
            (protocol.ANSWER_WITHIN_MS, VoteOutcome.RECORDED),
            (protocol.ANSWER_WITHIN_MS + 1, VoteOutcome.LATE),
        )
    ):
        trial = first_trial(store, number)
        clock.now = (trial.issued_at_ms + waited_ms + 0.25) / 1000
        assert store.answer(trial.trial_id, person(number), report("left")) is outcome, waited_ms
    assert count(store, "answer") == 2


def test_an_early_answer_can_be_given_again_in_time(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    trial = first_trial(store)
    assert store.answer(trial.trial_id, person(0), report("left")) is VoteOutcome.EARLY
    clock.now += SEQUENCE_S
    assert store.answer(trial.trial_id, person(0), report("left")) is VoteOutcome.RECORDED


def test_untimed_and_single_trials_have_their_own_earliest_time(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    trial = first_trial(store, timed=False)
    clock.now = (trial.issued_at_ms + protocol.UNTIMED_EARLIEST_MS - 1 + 0.25) / 1000
    assert store.answer(trial.trial_id, person(0), report("left")) is VoteOutcome.EARLY
    clock.now += 0.001
    assert store.answer(trial.trial_id, person(0), report("left")) is VoteOutcome.RECORDED
    open_quick(store)
    session = start(store, plan=None, study_id="q")
    store.extend_quick_session(session)
    single = store.issue(session.session_id)
    assert single is not None
    clock.now = (single.issued_at_ms + protocol.SINGLE_EARLIEST_MS - 1 + 0.25) / 1000
    assert store.answer(single.trial_id, person(0), report("whole")) is VoteOutcome.EARLY
    clock.now += 0.001
    assert store.answer(single.trial_id, person(0), report("whole")) is VoteOutcome.RECORDED


def test_by_its_owner(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    trial = first_trial(store, 0)
    first_trial(store, 1)
    clock.now += SEQUENCE_S
    assert store.answer(trial.trial_id, person(1), report("left")) is VoteOutcome.UNKNOWN
    assert store.answer(trial.trial_id, "", report("left")) is VoteOutcome.UNKNOWN
    assert store.out(trial.trial_id, person(1)) is None
    assert store.out(trial.trial_id, person(0)) == trial


def test_forged_trials_are_unknown(store: Store) -> None:
    open_paired(store, plan=SMALL)
    first_trial(store)
    for forged in ("", "0" * 32, "'; DROP TABLE answer; --", "\x00" * 32, "f" * 33, "é" * 32, "\ud800" * 32):
        assert store.answer(forged, person(0), report("left")) is VoteOutcome.UNKNOWN
        assert store.out(forged, person(0)) is None
        assert store.feedback(forged, person(0)) is None


def test_a_trial_that_is_not_out_cannot_be_answered(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    trial = first_trial(store)
    clock.now += SEQUENCE_S
    rows = store.select("SELECT trial_id FROM trial WHERE trial_id <> :out", out=trial.trial_id)
    assert len(rows) == SMALL.trials - 1
    for row in rows:
        assert store.answer(row["trial_id"], person(0), report("left")) is VoteOutcome.UNKNOWN


def test_a_pair_has_no_whole_and_a_single_photo_no_left(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    open_quick(store)
    pair = first_trial(store)
    session = start(store, plan=None, study_id="q")
    store.extend_quick_session(session)
    single = store.issue(session.session_id)
    assert single is not None
    clock.now += SEQUENCE_S
    for side in ("whole", "none"):
        assert store.answer(pair.trial_id, person(0), report(side)) is VoteOutcome.UNKNOWN  # type: ignore[arg-type]
    for side in ("left", "right"):
        assert store.answer(single.trial_id, person(0), report(side)) is VoteOutcome.UNKNOWN  # type: ignore[arg-type]
    assert count(store, "answer") == 0


def test_a_closed_study_takes_nothing(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    trial = first_trial(store)
    session = start(store, 1, SMALL)
    clock.now += SEQUENCE_S
    store.close_study("s")
    assert store.answer(trial.trial_id, person(0), report("left")) is VoteOutcome.CLOSED
    assert store.out(trial.trial_id, person(0)) is None
    assert store.issue(session.session_id) is None  # neither a new one
    [own] = store.select("SELECT session_id FROM trial WHERE trial_id = :t", t=trial.trial_id)
    assert store.issue(own["session_id"]) is None  # nor the one that was out
    assert count(store, "answer") == 0


def test_reports_are_checked_at_the_door() -> None:
    for bad in (-1, 1.5, "800", None, True, 10**12):
        with pytest.raises(ValueError, match="response_ms must be a whole number of ms"):
            AnswerReport("left", bad)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="chosen_side must be left, right, whole or none, got 'up'"):
        AnswerReport("up", 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="shown_left_ms"):
        AnswerReport("left", 1, shown_left_ms=-5)
    with pytest.raises(ValueError, match="lost_focus must be true or false, got 1"):
        AnswerReport("left", 1, lost_focus=1)  # type: ignore[arg-type]


def test_feedback_only_after_practice(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    session = start(store, plan=SMALL)
    kinds = []
    while (trial := store.issue(session.session_id)) is not None:
        assert store.feedback(trial.trial_id, person(0)) is None  # before the answer nobody is told
        clock.now += SEQUENCE_S
        store.answer(trial.trial_id, person(0), report("left"))
        told = store.feedback(trial.trial_id, person(0))
        assert told == (trial.fake_side if trial.kind == "practice" else None)
        assert store.feedback(trial.trial_id, person(1)) is None
        kinds.append(trial.kind)
    assert Counter(kinds) == {"practice": 1, "scored": 4, "catch": 1}


# One trial at a time


def test_asking_again_gives_the_same_trial_with_the_same_deadline(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    session = start(store, plan=SMALL)
    trial = store.issue(session.session_id)
    clock.now += 30
    assert store.issue(session.session_id) == trial


def test_a_lapsed_trial_is_passed_over(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    session = start(store, plan=SMALL)
    first = store.issue(session.session_id)
    assert first is not None
    clock.now += DEADLINE_S + 1
    assert store.out(first.trial_id, person(0)) is None
    second = store.issue(session.session_id)
    assert second is not None and second.position == 2
    assert store.answer(first.trial_id, person(0), report("left")) is VoteOutcome.LATE
    assert play(store, clock, session, right_or_wrong(random.Random(0), 0.5)) == 5
    finished = store.session("s", person(0))
    assert finished is not None and finished.finished_at_s is not None


def test_a_session_whose_last_trial_lapsed_finishes_when_asked(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    session = start(store, plan=SMALL)
    play(store, clock, session, right_or_wrong(random.Random(0), 0.5), trials=5)
    assert store.issue(session.session_id) is not None
    clock.now += DEADLINE_S + 1
    assert store.issue(session.session_id) is None
    finished = store.session("s", person(0))
    assert finished is not None and finished.finished_at_s == int(clock.now)


# Races


def at_once(threads: int, work) -> list:  # type: ignore[type-arg, no-untyped-def]
    together = threading.Barrier(threads)

    def one(number: int):  # type: ignore[no-untyped-def]
        together.wait()
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(threads)))


def test_fifty_answers_at_once_record_one(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    trial = first_trial(store)
    clock.now += SEQUENCE_S
    outcomes = at_once(
        50, lambda number: store.answer(trial.trial_id, person(0), report("left" if number % 2 else "right"))
    )
    assert Counter(outcomes) == {VoteOutcome.RECORDED: 1, VoteOutcome.DUPLICATE: 49}
    recorded = outcomes.index(VoteOutcome.RECORDED)
    assert store.select("SELECT chosen_side FROM answer") == [{"chosen_side": "left" if recorded % 2 else "right"}]


def test_twenty_starts_at_once_make_one_session(store: Store) -> None:
    open_paired(store, plan=SMALL)
    assert len({session.session_id for session in at_once(20, lambda _: start(store, plan=SMALL))}) == 1
    assert count(store, "trial") == SMALL.trials


def test_twenty_requests_at_once_put_one_trial_out(store: Store) -> None:
    open_paired(store, plan=SMALL)
    session = start(store, plan=SMALL)
    trials = at_once(20, lambda _: store.issue(session.session_id))
    assert len(set(trials)) == 1 and trials[0] is not None
    assert store.select("SELECT COUNT(*) AS n FROM trial WHERE issued_at_ms IS NOT NULL") == [{"n": 1}]


def test_twenty_requests_at_once_plan_one_block(store: Store) -> None:
    open_quick(store)
    session = start(store, plan=None, study_id="q")
    at_once(20, lambda _: store.extend_quick_session(session))
    assert count(store, "trial") == protocol.QUICK_BLOCK


_RACER = """
import sys
from colorgan.voting.records import AnswerReport
from colorgan.voting.store import Store
database, trial, participant = sys.argv[1:]
store = Store.open(database)
print("ready", flush=True)
sys.stdin.readline()
print(store.answer(trial, participant, AnswerReport("left", 800)).name, flush=True)
"""


def test_processes_that_answer_at_once_record_one(database: str) -> None:
    with contextlib.closing(Store.open(database, clock=Clock(time.time() - 60))) as store:
        open_paired(store, plan=SMALL)
        trial = store.issue(start(store, plan=SMALL).session_id)  # a minute ago, by the clock of the processes
        assert trial is not None
        command = [sys.executable, "-c", _RACER, database, trial.trial_id, person(0)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        racers = [subprocess.Popen(command, text=True, bufsize=1, **pipes) for _ in range(2)]  # type: ignore[call-overload]
        try:
            for racer in racers:
                assert racer.stdout.readline() == "ready\n"
            for racer in racers:
                racer.stdin.write("go\n")
            names = [racer.communicate(timeout=60)[0].strip() for racer in racers]
        finally:
            for racer in racers:
                racer.kill()
                racer.wait()
        assert Counter(names) == {"RECORDED": 1, "DUPLICATE": 1}
        assert count(store, "answer") == 1


# A crash

_WRITER = """
import sys
from colorgan.voting.records import AnswerReport, VoteOutcome
from colorgan.voting.store import Store
sys.path.insert(0, sys.argv[2])
from cases.voting import Clock, START_S, person
clock = Clock(START_S + int(sys.argv[3]))
store = Store.open(sys.argv[1], clock=clock)
for number in range(10_000):
    session = store.session("s", person(number))
    while (trial := store.issue(session.session_id)) is not None:
        clock.now += 5
        assert store.answer(trial.trial_id, person(number), AnswerReport("left", 800)) is VoteOutcome.RECORDED
        print(trial.trial_id, flush=True)
"""


def test_kill_9_loses_no_acknowledged_answer(database: str) -> None:
    """A server dies in the middle of writing, twice: what it acknowledged is there, once, and the session goes on."""
    clock = Clock()
    with contextlib.closing(Store.open(database, clock=clock)) as store:  # power-safe, as in production
        _kill_twice(store, clock, database)


def _kill_twice(store: Store, clock: Clock, database: str) -> None:
    open_paired(store, plan=SMALL, scored=8)
    for number in range(40):
        start(store, number, SMALL)
    acknowledged: list[str] = []
    for begin_s in (1, 601):  # the second after all that the first issued: one of its trials may be out
        command = [sys.executable, "-c", _WRITER, database, str(Path(__file__).parents[1]), str(begin_s)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout
            for line in writer.stdout:
                acknowledged.append(line.strip())
                if len(acknowledged) % 40 == 0:
                    writer.kill()  # SIGKILL, while the next answer is under way
                    break
            acknowledged += [line.strip() for line in writer.stdout if len(line) == 33]
        assert writer.returncode == -9
    recorded = [row["trial_id"] for row in store.select("SELECT trial_id FROM answer")]
    assert len(recorded) == len(set(recorded))
    assert len(acknowledged) == len(set(acknowledged)) >= 80
    assert set(acknowledged) <= set(recorded)
    assert len(recorded) <= len(acknowledged) + 2  # recorded, and killed before it could say so
    clock.now += 3600
    session = store.session("s", person(39))
    assert session is not None
    assert play(store, clock, session, right_or_wrong(random.Random(0), 0.5)) == SMALL.trials


# The database itself


def test_sqlite_is_strict_write_ahead_and_guards_its_keys(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "study.sqlite3")
    tables = store.select("SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND schema = 'main'")
    strict = {row["name"] for row in tables if row["strict"]}
    assert strict == {"study", "stimulus", "session", "trial", "answer"}
    assert store.select("PRAGMA journal_mode") == [{"journal_mode": "wal"}]
    for flushed, level in ((True, 2), (False, 1), (True, 2)):  # FULL; NORMAL for what an answer takes along
        with store._write(flushed=flushed) as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == level
    assert store.select("PRAGMA foreign_keys") == [{"foreign_keys": 1}]
    store.close()


def test_the_columns_are_those_of_the_design(store: Store) -> None:
    expected = {
        "study": "study_id protocol_version manifest_sha256 exposure_ms opened_at_s closed_at_s",
        "stimulus": "stimulus_id study_id photo_id model_id model_revision kind pixel_sha256",
        "session": "session_id study_id participant_hash consent_version started_at_s finished_at_s device_class "
        "colour_vision timed",
        "trial": "trial_id session_id position kind stimulus_id fake_side issued_at_ms deadline_ms",
        "answer": "trial_id chosen_side received_at_ms response_ms shown_left_ms shown_right_ms lost_focus",
    }
    for table, columns in expected.items():
        with store._reading.connect() as connection:
            found = [column["name"] for column in inspect(connection).get_columns(table)]
        assert found == columns.split(), table


def test_the_database_refuses_nonsense(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    play(store, clock, start(store, plan=SMALL), right_or_wrong(random.Random(0), 0.5))
    for statement in (
        "UPDATE trial SET fake_side = 'whole' WHERE kind = 'scored'",
        "UPDATE trial SET stimulus_id = 'nothing'",
        "UPDATE session SET timed = 2",
        "UPDATE answer SET lost_focus = 7",
        "UPDATE answer SET chosen_side = 'up'",
        "UPDATE answer SET response_ms = -1",
        "INSERT INTO answer VALUES ('no-such-trial', 'left', 1, 1, 1, 1, 0)",
        "UPDATE study SET exposure_ms = 'long'",
    ):
        with pytest.raises(DBAPIError), store._write() as connection:
            connection.execute(text(statement))


def test_a_database_opens_again_and_in_other_processes(database: str) -> None:
    first, second = Store.open(database), Store.open(database)
    open_paired(first)
    assert second.study("s") == first.study("s")
    first.close()
    third = Store.open(database)
    assert third.study("s") == second.study("s")
    second.close()
    third.close()


def test_stores_that_open_a_new_database_at_once_agree(database: str) -> None:
    stores = at_once(8, lambda _: Store.open(database))
    open_paired(stores[0])
    assert all(store.study("s").study_id == "s" for store in stores)
    for store in stores:
        store.close()


def test_where_the_database_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORGAN_HOME", str(tmp_path / "state"))
    assert home() == tmp_path / "state"
    assert database_url().database == str(tmp_path / "state" / "studies.sqlite3")
    assert database_url("votes.db").database == str(Path("votes.db").absolute())
    assert database_url("sqlite:////data/votes.db").database == "/data/votes.db"
    for given in ("postgres://u:p@h/db", "postgresql://u:p@h/db", "postgresql+psycopg2://u:p@h/db"):
        assert database_url(given).drivername == "postgresql+psycopg"
    monkeypatch.delenv("COLORGAN_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    if sys.platform == "linux":
        assert home() == tmp_path / "xdg" / "colorgan"


@pytest.mark.parametrize("bad", [":memory:", "sqlite://", "mysql://h/db", "", "://"])
def test_other_databases_are_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"PostgreSQL URL|postgresql://"):
        database_url(bad)


def test_a_database_that_cannot_be_opened_is_one_line_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no folder") as missing:
        Store.open(tmp_path / "missing" / "study.db")
    with pytest.raises(ValueError, match="cannot open the database") as refused:
        Store.open("postgresql://me:hunter2@127.0.0.1:1/db")
    with pytest.raises(ValueError, match="cannot open the database") as in_query:
        Store.open("postgresql://127.0.0.1:1/db?user=me&password=hunter2")
    for error in (missing, refused, in_query):
        assert "\n" not in str(error.value)
        assert "hunter2" not in str(error.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, and long enough to be read as one" * 10)
    with pytest.raises(ValueError, match="cannot open the database"):
        Store.open(path)
    with sqlite3.connect(tmp_path / "other.db") as other_database:
        other_database.execute("CREATE TABLE recipes (name TEXT)")
    other_database.close()
    with pytest.raises(ValueError, match="holds the table 'recipes' but no study"):
        Store.open(tmp_path / "other.db")
