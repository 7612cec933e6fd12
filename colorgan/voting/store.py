"""The store: studies, sessions, trials and answers in SQLite or PostgreSQL, written by any number of processes.

What must hold under attack or a crash is one SQL statement or one transaction each: a session starts once, one trial
at a time is out, an answer counts once, in time, from its owner. SQL stands here as it runs; both databases read it.
"""

import contextlib
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError

from colorgan.files import one_line
from colorgan.voting import protocol
from colorgan.voting import statements as sql
from colorgan.voting.database import database_url, open_engine
from colorgan.voting.protocol import Plan, PlannedTrial, Side, StimulusCandidate
from colorgan.voting.records import AnswerReport, SessionRow, StimulusRow, StudyRow, TrialRow, VoteOutcome
from colorgan.voting.schema import migrate

STUDY_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_TRIAL_ID = re.compile(r"[0-9a-f]{32}")


class Store:
    """All studies of one database. Safe to use from many threads and, at once, from many processes."""

    def __init__(self, engine: Engine, *, clock: Callable[[], float] = time.time):
        self._engine, self._clock = engine, clock
        self._reading = engine.execution_options(colorgan_reads=True)
        self._unflushed = engine.execution_options(colorgan_flushed=False)
        # SQLite lets one write at a time and the others sleep; a lock wakes them at once.
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else contextlib.nullcontext()
        try:
            with self._write() as connection:
                migrate(connection)
        except DatabaseError as error:
            engine.dispose()
            where = engine.url.set(query={}).render_as_string(hide_password=True)  # which may hold another password
            raise ValueError(f"cannot open the database {where}: {one_line(error)}") from error
        except ValueError:
            engine.dispose()
            raise

    @classmethod
    def open(
        cls, database: str | Path | None = None, *, clock: Callable[[], float] = time.time, power_safe: bool = True
    ) -> "Store":
        """Open or create a database: a file, a PostgreSQL URL, or None for the file in `home()`.

        Args:
            database: see `database_url`.
            clock: seconds of UTC. Servers that share a study need clocks that agree within a second.
            power_safe: whether an acknowledged answer survives a power cut too (SQLite; a wait for the disk each).

        Raises:
            ValueError: it cannot be opened, belongs to something else, or to a newer colorgan.
        """
        return cls(open_engine(database_url(database), power_safe=power_safe), clock=clock)

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    def now_ms(self) -> int:
        """The time by which issues, answers and deadlines are judged, in ms of UTC."""
        return int(self._clock() * 1000)

    # Studies

    def add_study(
        self,
        study_id: str,
        protocol_version: str,
        manifest_sha256: str,
        stimuli: Sequence[StimulusRow],
        exposure_ms: int = protocol.EXPOSURE_MS,
    ) -> StudyRow:
        """Open a study on a fixed set of stimuli.

        Raises:
            ValueError: a name that is taken or cannot be one, or an unknown protocol.
        """
        if not STUDY_NAME.fullmatch(study_id):
            raise ValueError(f"a study's name has small letters, digits and hyphens, at most 64, got {study_id!r}")
        if protocol_version not in protocol.PROTOCOLS:
            raise ValueError(f"protocol must be one of {', '.join(protocol.PROTOCOLS)}, got {protocol_version!r}")
        study = StudyRow(study_id, protocol_version, manifest_sha256, exposure_ms, int(self._clock()), None)
        with self._write() as connection:
            if not sql.insert_study(connection, study, stimuli):
                raise ValueError(f"a study named {study_id!r} exists already")
        return study

    def study(self, study_id: str) -> StudyRow:
        """A study by its name; ValueError where there is none."""
        if STUDY_NAME.fullmatch(study_id):  # PostgreSQL refuses some strings with an error
            rows = self.select("SELECT * FROM study WHERE study_id = :study_id", study_id=study_id)
            if rows:
                return StudyRow(**rows[0])
        known = ", ".join(study.study_id for study in self.studies()) or "none"
        raise ValueError(f"no study named {study_id!r}; there are: {known}")

    def studies(self) -> list[StudyRow]:
        """All studies, oldest first."""
        rows = self.select("SELECT * FROM study ORDER BY opened_at_s, study_id")
        return [StudyRow(**row) for row in rows]

    def close_study(self, study_id: str) -> StudyRow:
        """End a study for good: no session starts, no answer is taken, and its figures may be looked at."""
        self.study(study_id)
        with self._write() as connection:
            connection.execute(
                text("UPDATE study SET closed_at_s = :now_s WHERE study_id = :study_id AND closed_at_s IS NULL"),
                {"now_s": int(self._clock()), "study_id": study_id},
            )
        return self.study(study_id)

    # Sessions

    def start_session(
        self,
        study_id: str,
        participant: str,
        plan: Plan | None,
        *,
        device_class: str,
        timed: bool = True,
        colour_vision: str | None = None,
        consent_version: str = protocol.CONSENT_VERSION,
    ) -> SessionRow:
        """The participant's session in a study: a new one with all its trials planned, or the one they have.

        Args:
            study_id: an open study.
            participant: `privacy.participant_hash` of their token.
            plan: what a session consists of; None for a quick study, which is planned in blocks as it goes.
            device_class: phone, tablet or desktop.
            timed: whether photos disappear after the exposure.
            colour_vision: typical, deficient, or None for what was not said.
            consent_version: of the consent page they agreed to.

        Raises:
            ValueError: a closed study, a bad value, or too few photos that this person has not seen.
        """
        _one_of("device_class", device_class, protocol.DEVICE_CLASSES)
        if colour_vision is not None:
            _one_of("colour_vision", colour_vision, protocol.COLOUR_VISIONS)
        if self.study(study_id).closed_at_s is not None:
            raise ValueError(f"the study {study_id!r} is closed")
        if (known := self.session(study_id, participant)) is not None:
            return known
        candidates = self._candidates(study_id) if plan else []
        row = {
            "session_id": secrets.token_hex(16),
            "study_id": study_id,
            "participant_hash": participant,
            "consent_version": consent_version,
            "started_at_s": int(self._clock()),
            "device_class": device_class,
            "colour_vision": colour_vision,
            "timed": int(timed),
        }
        with self._write() as connection:
            added = connection.execute(
                text(f"""
                    INSERT INTO session ({", ".join(row)}) VALUES ({", ".join(f":{name}" for name in row)})
                    ON CONFLICT DO NOTHING
                """),  # noqa: S608  (the names above)
                row,
            )
            if added.rowcount and plan is not None:
                unseen = _unseen(connection, candidates, participant)
                _add_trials(connection, str(row["session_id"]), 0, protocol.plan_session(plan, unseen))
        session = self.session(study_id, participant)
        assert session is not None
        return session

    def session(self, study_id: str, participant: str) -> SessionRow | None:
        """The participant's session in a study, if they have one."""
        rows = self.select(
            "SELECT * FROM session WHERE participant_hash = :participant AND study_id = :study_id",
            participant=participant,
            study_id=study_id,
        )
        return SessionRow(**{**rows[0], "timed": bool(rows[0]["timed"])}) if rows else None

    def extend_quick_session(self, session: SessionRow) -> None:
        """Plan the next block of a quick session when all planned trials went out; nothing where no photo is left."""
        candidates = self._candidates(session.study_id)
        with self._write() as connection:
            # The row is locked, so that of two requests one plans.
            connection.execute(
                text("UPDATE session SET timed = timed WHERE session_id = :session_id"),
                {"session_id": session.session_id},
            )
            planned, waiting = connection.execute(
                text("""
                    SELECT COUNT(*), COUNT(CASE WHEN issued_at_ms IS NULL THEN 1 END)
                    FROM trial WHERE session_id = :session_id
                """),
                {"session_id": session.session_id},
            ).one()
            if not waiting:
                unseen = _unseen(connection, candidates, session.participant_hash)
                _add_trials(connection, session.session_id, planned, protocol.plan_block(unseen))

    def issue(self, session_id: str) -> TrialRow | None:
        """The trial that is out, or the next one, now out; None when the session is over (and marked so).

        Asking again gives the same trial: a page that was reloaded, or whose connection broke, goes on. A trial that
        was not answered by its deadline is passed over.
        """
        now_ms = self.now_ms()
        values = {"session_id": session_id, "now_ms": now_ms}
        # Not flushed: after a power cut the page asks again, and an answer's own flush takes what came before along.
        with self._write(flushed=False) as connection:
            connection.execute(sql.ISSUE, {**values, "deadline_ms": now_ms + protocol.ANSWER_WITHIN_MS})
            row = connection.execute(sql.OUT, values).mappings().first()
            if row is None:
                connection.execute(sql.FINISH, {**values, "now_s": now_ms // 1000})
        return TrialRow(**row) if row else None

    def out(self, trial_id: str, participant: str) -> TrialRow | None:
        """A trial that is out to this participant and waits for its answer; None for every other."""
        if not _TRIAL_ID.fullmatch(trial_id):  # PostgreSQL refuses some strings with an error
            return None
        rows = self.select(
            """
            SELECT trial.trial_id, position, kind, stimulus_id, fake_side, issued_at_ms, deadline_ms
            FROM trial
            JOIN session ON session.session_id = trial.session_id
            JOIN study ON study.study_id = session.study_id
            LEFT JOIN answer ON answer.trial_id = trial.trial_id
            WHERE trial.trial_id = :trial_id AND participant_hash = :participant AND answer.trial_id IS NULL
                AND deadline_ms >= :now_ms AND closed_at_s IS NULL
            """,
            trial_id=trial_id,
            participant=participant,
            now_ms=self.now_ms(),
        )
        return TrialRow(**rows[0]) if rows else None

    def answer(self, trial_id: str, participant: str, report: AnswerReport) -> VoteOutcome:
        """Record an answer if it counts: once, in time, by its owner. When this returns RECORDED, it is on the disk."""
        if not _TRIAL_ID.fullmatch(trial_id):
            return VoteOutcome.UNKNOWN
        now_ms = self.now_ms()
        values = {**vars(report), "lost_focus": int(report.lost_focus)}
        values |= {"trial_id": trial_id, "participant": participant, "now_ms": now_ms}
        with self._write() as connection:
            recorded = connection.execute(sql.ANSWER, values).rowcount == 1
            if recorded:
                session_id = connection.execute(
                    text("SELECT session_id FROM trial WHERE trial_id = :trial_id"), {"trial_id": trial_id}
                ).scalar_one()
                connection.execute(sql.FINISH, {"session_id": session_id, "now_ms": now_ms, "now_s": now_ms // 1000})
        return VoteOutcome.RECORDED if recorded else self._why_not(values)

    def _why_not(self, values: Mapping[str, Any]) -> VoteOutcome:
        rows = self.select(
            f"""
            SELECT answer.trial_id IS NOT NULL AS answered, closed_at_s, deadline_ms,
                issued_at_ms + {sql.EARLIEST} AS earliest_ms
            FROM trial
            JOIN session ON session.session_id = trial.session_id
            JOIN study ON study.study_id = session.study_id
            LEFT JOIN answer ON answer.trial_id = trial.trial_id
            WHERE trial.trial_id = :trial_id AND participant_hash = :participant AND issued_at_ms IS NOT NULL
            """,  # noqa: S608
            trial_id=values["trial_id"],
            participant=values["participant"],
        )
        if not rows:
            return VoteOutcome.UNKNOWN
        row = rows[0]
        for outcome, applies in (
            (VoteOutcome.DUPLICATE, row["answered"]),
            (VoteOutcome.CLOSED, row["closed_at_s"] is not None),
            (VoteOutcome.EARLY, values["now_ms"] < row["earliest_ms"]),
            (VoteOutcome.LATE, values["now_ms"] > row["deadline_ms"]),
        ):
            if applies:
                return outcome
        return VoteOutcome.UNKNOWN  # a side that this kind of trial does not have

    def feedback(self, trial_id: str, participant: str) -> Side | None:
        """Where the computer's colours were, for an answered practice trial; None for every other, answered or not."""
        if not _TRIAL_ID.fullmatch(trial_id):
            return None
        rows = self.select(
            """
            SELECT fake_side FROM vote
            WHERE trial_id = :trial_id AND participant_hash = :participant AND kind = 'practice'
            """,
            trial_id=trial_id,
            participant=participant,
        )
        return rows[0]["fake_side"] if rows else None

    # Reading

    def select(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Rows of a SELECT, as dicts."""
        with self._reading.connect() as connection:
            return [dict(row) for row in connection.execute(text(statement), values).mappings()]

    def transaction(self) -> contextlib.AbstractContextManager[Connection]:
        """A transaction that writes, for `journal`, which restores rows."""
        return self._write()

    @contextlib.contextmanager
    def _write(self, *, flushed: bool = True) -> Iterator[Connection]:
        with self._turn, (self._engine if flushed else self._unflushed).begin() as connection:
            yield connection

    def _candidates(self, study_id: str) -> list[StimulusCandidate]:
        """Counted before the transaction that plans with it: counting takes long, and others wait to write."""
        values = {"study_id": study_id, "recent_s": int(self._clock()) - protocol.RECENT_SESSION_S}
        with self._reading.connect() as connection:
            return [StimulusCandidate(**row) for row in connection.execute(sql.CANDIDATES, values).mappings()]


def _unseen(
    connection: Connection, candidates: Sequence[StimulusCandidate], participant: str
) -> list[StimulusCandidate]:
    seen = set(connection.execute(sql.SEEN, {"participant": participant}).scalars())
    return [candidate for candidate in candidates if candidate.photo_id not in seen]


def _add_trials(connection: Connection, session_id: str, position: int, trials: Sequence[PlannedTrial]) -> None:
    if trials:
        rows = [
            {"trial_id": secrets.token_hex(16), "session_id": session_id, "position": place, **vars(trial)}
            for place, trial in enumerate(trials, position + 1)
        ]
        connection.execute(sql.ADD_TRIAL, rows)


def _one_of(name: str, value: str, accepted: Sequence[str]) -> None:
    if value not in accepted:
        raise ValueError(f"{name} must be one of {', '.join(accepted)}, got {value!r}")
