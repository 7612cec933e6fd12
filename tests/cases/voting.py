"""What the tests of the study share: a clock to turn, stimuli without pictures, people who answer."""

import hashlib
import random
import secrets
from collections.abc import Callable, Sequence

from sqlalchemy import text

from colorgan.voting import protocol
from colorgan.voting.protocol import PLAN, Plan, Side, StimulusCandidate, plan_session
from colorgan.voting.records import AnswerReport, SessionRow, StimulusRow, TrialRow, VoteOutcome
from colorgan.voting.store import Store

START_S = 1_800_000_000


class Clock:
    """Seconds of UTC that pass when told to."""

    def __init__(self, now: float = START_S) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def person(number: int) -> str:
    """A participant's hash."""
    return hashlib.sha256(str(number).encode()).hexdigest()


def pair_stimuli(plan: Plan = PLAN, scored: int = 40, models: Sequence[str] = ("a",)) -> list[StimulusRow]:
    """Stimuli of a paired study: practice and scored photos under each model, catch photos in wrong colours."""
    rows = []
    for kind, photos, kinds_models in (
        ("practice", plan.practice, models),
        ("catch", plan.catch, ("wrong",)),
        ("scored", scored, models),
    ):
        for photo in range(photos):
            for model in kinds_models:
                name = f"{kind}-{photo}-{model}"
                rows.append(StimulusRow(name, f"{kind}-{photo}", model, "r1", kind, "0" * 64))
    return rows


def open_paired(store: Store, study_id: str = "s", plan: Plan = PLAN, **options: object) -> None:
    version = protocol.protocol_version(plan)
    store.add_study(study_id, version, "f" * 64, pair_stimuli(plan, **options))  # type: ignore[arg-type]


def open_quick(store: Store, study_id: str = "q", photos: int = 25) -> None:
    rows = [StimulusRow(f"{study_id}-{n}", f"photo-{n}", "a", "r1", "single", "0" * 64) for n in range(photos)]
    store.add_study(study_id, protocol.QUICK, "f" * 64, rows)


def start(
    store: Store, number: int = 0, plan: Plan | None = PLAN, study_id: str = "s", **options: object
) -> SessionRow:
    values: dict[str, object] = {"device_class": "desktop", **options}
    return store.start_session(study_id, person(number), plan, **values)  # type: ignore[arg-type]


def other(side: Side) -> Side:
    return {"left": "right", "right": "left", "whole": "none", "none": "whole"}[side]  # type: ignore[return-value]


def report(side: Side, response_ms: int = 800, **changes: object) -> AnswerReport:
    values: dict[str, object] = {"shown_left_ms": 1000, "shown_right_ms": 1000, **changes}
    return AnswerReport(side, response_ms, **values)  # type: ignore[arg-type]


Judge = Callable[[TrialRow], AnswerReport]


def right_or_wrong(rng: random.Random, fooled: float, catch_right: float = 1.0, **changes: object) -> Judge:
    """A person who takes the real photo for the computer's at a rate, and sees that many of the catches."""

    def judge(trial: TrialRow) -> AnswerReport:
        wrong = rng.random() < (1 - catch_right if trial.kind == "catch" else fooled)
        return report(other(trial.fake_side) if wrong else trial.fake_side, **changes)  # type: ignore[arg-type]

    return judge


def play(store: Store, clock: Clock, session: SessionRow, judge: Judge, trials: int | None = None) -> int:
    """Answer a session's trials as they come -> how many were answered."""
    answered = 0
    while answered != trials:
        trial = store.issue(session.session_id)
        if trial is None:
            break
        clock.now += 5
        assert store.answer(trial.trial_id, session.participant_hash, judge(trial)) is VoteOutcome.RECORDED
        answered += 1
    return answered


def fill(store: Store, judges: Sequence[Judge], study_id: str = "s", plan: Plan = PLAN, first: int = 1000) -> None:
    """Finished sessions of so many people, written at once: the same rows as `play` makes, a hundred times faster."""
    stimuli = store.select("SELECT * FROM stimulus WHERE study_id = :s ORDER BY stimulus_id", s=study_id)
    candidates = [
        StimulusCandidate(row["stimulus_id"], row["photo_id"], row["model_id"], row["kind"]) for row in stimuli
    ]
    sessions, trials, answers = [], [], []
    for number, judge in enumerate(judges, first):
        session_id, now_ms = secrets.token_hex(16), START_S * 1000
        sessions.append(
            {
                "session_id": session_id,
                "study_id": study_id,
                "hash": person(number),
                "at": START_S,
                "end": START_S + 300,
            }
        )
        for position, planned in enumerate(plan_session(plan, candidates, random.Random(number)), 1):
            now_ms += 5000
            trial = TrialRow(
                secrets.token_hex(16),
                position,
                planned.kind,
                planned.stimulus_id,
                planned.fake_side,
                now_ms,
                now_ms + 1,
            )
            trials.append({**vars(trial), "session_id": session_id})
            judged = judge(trial)
            answers.append(
                {
                    **vars(judged),
                    "trial_id": trial.trial_id,
                    "lost_focus": int(judged.lost_focus),
                    "received_at_ms": now_ms + protocol.sequence_ms() + judged.response_ms,
                }
            )
    with store._write() as connection:
        connection.execute(
            text("""
                INSERT INTO session (session_id, study_id, participant_hash, consent_version, started_at_s,
                    finished_at_s, device_class, timed)
                VALUES (:session_id, :study_id, :hash, '1', :at, :end, 'desktop', 1)
            """),
            sessions,
        )
        for table, rows in (("trial", trials), ("answer", answers)):
            names = list(rows[0])
            columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
            connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), rows)
