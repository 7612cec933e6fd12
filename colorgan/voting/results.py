"""A study's figures, from the store's views: progress while it is open, everything once it is closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from colorgan.intervals import Interval, wilson
from colorgan.voting import protocol, statistics
from colorgan.voting.statistics import ModelDifference, Votes, YesNo
from colorgan.voting.store import Store

GOAL_SESSIONS = 40  # kept ones: 1,440 votes, where 42 % against 50 % needs 943 at a power of 80 %
MIN_OTHERS = 10  # finished sessions before a participant is told how others did
Row = dict[str, Any]


@dataclass(frozen=True)
class StudyProgress:
    """How far an open study is; no rates, so that nobody stops it at a rate they like."""

    started: int
    finished: int
    kept: int
    goal: int
    answers: int


@dataclass(frozen=True)
class Group:
    """Figures of some of the kept votes.

    fooled: how often the real photo was taken for the computer's. said_left: share of "left" among the answers, .5
    without a side bias. d_prime: 0 is guessing; its interval follows from that of `these_photos`.
    """

    name: str
    people: int
    votes: int
    fooled: int
    these_photos: Interval
    new_photos: Interval
    d_prime: Interval
    said_left: Interval


@dataclass(frozen=True)
class PhotoFigures:
    """One photo under one model; `enough` is whether it has the 8 votes that make it worth looking at."""

    photo_id: str
    model_id: str
    fooled: int
    votes: int
    rate: Interval
    enough: bool


@dataclass(frozen=True)
class Exclusions:
    """What does not count, by the rules fixed beforehand. A session may have several reasons."""

    sessions: int
    sessions_excluded: int
    sessions_by_reason: dict[str, int]
    trials_excluded: int
    trials_by_reason: dict[str, int]


@dataclass(frozen=True)
class StudyResults:
    """A closed paired study. The headline is of timed sessions of people without known colour-vision deficiency."""

    study_id: str
    protocol_version: str
    headline: Group
    models: list[Group]
    model_differences: list[ModelDifference]
    may_rank: bool
    untimed: Group
    colour_vision_deficient: Group
    devices: list[Group]
    catch_accuracy: Interval
    exclusions: Exclusions
    photos: list[PhotoFigures]


@dataclass(frozen=True)
class QuickResults:
    """The quick mode's figures; other people, another task: never to be mixed with a paired study's."""

    study_id: str
    protocol_version: str
    figures: YesNo
    exclusions: Exclusions


@dataclass(frozen=True)
class Score:
    """A participant's own result, and how others did (None while fewer than 10 finished)."""

    right: int
    trials: int
    others_right_share: float | None


def progress(store: Store, study_id: str) -> StudyProgress:
    """How many sessions and answers a study has; may be shown at any time."""
    store.study(study_id)
    [row] = store.select(
        """
        SELECT COUNT(*) AS started, COUNT(finished_at_s) AS finished,
            COUNT(CASE WHEN session_id NOT IN (SELECT session_id FROM session_exclusion) THEN 1 END) AS kept,
            (SELECT COUNT(*) FROM vote WHERE study_id = :study_id AND kind IN ('scored', 'single')) AS answers
        FROM session WHERE study_id = :study_id
        """,
        study_id=study_id,
    )
    return StudyProgress(goal=GOAL_SESSIONS, **row)


def study_results(store: Store, study_id: str) -> StudyResults:
    """All figures of a closed paired study.

    Raises:
        ValueError: it is still open (its figures must not decide when it ends), or a quick one.
    """
    study = store.study(study_id)
    if study.protocol_version == protocol.QUICK:
        raise ValueError(f"{study_id!r} is a quick study: its votes are reported apart")
    if study.closed_at_s is None:
        raise ValueError(f"the study {study_id!r} is open: its figures come when it is closed")
    kept = store.select(
        "SELECT * FROM kept_pair_vote WHERE study_id = :study_id ORDER BY session_id, position", study_id=study_id
    )
    main = [row for row in kept if row["timed"] and row["colour_vision"] != "deficient"]
    models = sorted({row["model_id"] for row in main})
    return StudyResults(
        study_id=study_id,
        protocol_version=study.protocol_version,
        headline=group("headline", main),
        models=[group(model, _having(main, "model_id", model)) for model in models],
        model_differences=statistics.model_differences(as_votes(main), [row["model_id"] for row in main]),
        may_rank=len({row["session_id"] for row in main}) >= statistics.MIN_PEOPLE_TO_RANK,
        untimed=group("untimed", _having(kept, "timed", 0)),
        colour_vision_deficient=group("colour-vision deficient", _having(kept, "colour_vision", "deficient")),
        devices=[group(device, _having(main, "device_class", device)) for device in protocol.DEVICE_CLASSES],
        catch_accuracy=_catch_accuracy(store, study_id),
        exclusions=exclusions(store, study_id),
        photos=per_photo(main),
    )


def quick_results(store: Store, study_id: str) -> QuickResults:
    """The figures of a quick study, open or closed: it has no end that they could decide."""
    study = store.study(study_id)
    if study.protocol_version != protocol.QUICK:
        raise ValueError(f"{study_id!r} is not a quick study")
    kept = store.select(
        "SELECT * FROM kept_single_vote WHERE study_id = :study_id ORDER BY session_id, position", study_id=study_id
    )
    figures = statistics.yes_no(
        _people(kept),
        np.array([row["is_fake"] for row in kept], np.bool_),
        np.array([row["said_fake"] for row in kept], np.bool_),
    )
    return QuickResults(study_id, study.protocol_version, figures, exclusions(store, study_id))


def score(store: Store, study_id: str, participant: str) -> Score | None:
    """A participant's own score: of a finished paired session, or of all complete blocks of a quick one; else None.

    It is of all pairs that the page announced: those to catch who does not look count as well.
    """
    session = store.session(study_id, participant)
    if session is None:
        return None
    own = store.select(
        """
        SELECT chosen_side = fake_side AS is_right FROM vote
        WHERE session_id = :session_id AND kind <> 'practice' ORDER BY position
        """,
        session_id=session.session_id,
    )
    if store.study(study_id).protocol_version == protocol.QUICK:
        own = own[: len(own) // protocol.QUICK_BLOCK * protocol.QUICK_BLOCK]
    elif session.finished_at_s is None:
        return None
    return Score(sum(bool(row["is_right"]) for row in own), len(own), _others(store, study_id, session.session_id))


def group(name: str, rows: Sequence[Row]) -> Group:
    """The figures of some kept votes."""
    votes = as_votes(rows)
    interval = statistics.these_photos(votes)
    said_left = np.array([row["chosen_side"] == "left" for row in rows], np.bool_)
    fooled, total = int(votes.fooled.sum()), len(votes)
    return Group(
        name=name,
        people=votes.people,
        votes=total,
        fooled=fooled,
        these_photos=interval,
        new_photos=statistics.new_photos(votes),
        d_prime=Interval(
            statistics.d_prime_pairs(fooled, total),
            statistics.d_prime_pairs(interval.high * total, total),
            statistics.d_prime_pairs(interval.low * total, total),
        ),
        said_left=statistics.these_photos(Votes(votes.person, votes.photo, said_left)),
    )


def per_photo(rows: Sequence[Row]) -> list[PhotoFigures]:
    """Each photo under each model, those that fooled most first; those with too few votes after all others."""
    counts: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        counts.setdefault((row["photo_id"], row["model_id"]), []).append(row["fooled"])
    figures = [
        PhotoFigures(
            photo,
            model,
            sum(fooled),
            len(fooled),
            wilson(sum(fooled), len(fooled)),
            len(fooled) >= statistics.MIN_PHOTO_VOTES,
        )
        for (photo, model), fooled in sorted(counts.items())
    ]
    return sorted(figures, key=lambda one: (not one.enough, -one.rate.value, -one.votes))


def exclusions(store: Store, study_id: str) -> Exclusions:
    """How many sessions and trials do not count, and why. Trials are those of sessions that count."""
    [sessions] = store.select("SELECT COUNT(*) AS n FROM session WHERE study_id = :study_id", study_id=study_id)
    by_session = store.select("SELECT session_id, reason FROM session_exclusion WHERE study_id = :s", s=study_id)
    by_trial = store.select(
        """
        SELECT vote.trial_id, reason FROM trial_exclusion JOIN vote ON vote.trial_id = trial_exclusion.trial_id
        WHERE vote.study_id = :study_id AND kind IN ('scored', 'single')
            AND vote.session_id NOT IN (SELECT session_id FROM session_exclusion)
        """,
        study_id=study_id,
    )
    return Exclusions(
        sessions=sessions["n"],
        sessions_excluded=len({row["session_id"] for row in by_session}),
        sessions_by_reason=_counted(by_session),
        trials_excluded=len({row["trial_id"] for row in by_trial}),
        trials_by_reason=_counted(by_trial),
    )


def as_votes(rows: Sequence[Row]) -> Votes:
    """Rows of kept votes as arrays; a photo under two models is one photo."""
    photos = {name: number for number, name in enumerate(sorted({row["photo_id"] for row in rows}))}
    return Votes(
        _people(rows),
        np.array([photos[row["photo_id"]] for row in rows], np.int64),
        np.array([row["fooled"] for row in rows], np.bool_),
    )


def _having(rows: Sequence[Row], column: str, value: object) -> list[Row]:
    return [row for row in rows if row[column] == value]


def _people(rows: Sequence[Row]) -> statistics.Ints:
    numbers = {name: number for number, name in enumerate(sorted({row["session_id"] for row in rows}))}
    return np.array([numbers[row["session_id"]] for row in rows], np.int64)


def _catch_accuracy(store: Store, study_id: str) -> Interval:
    """Share of catch trials answered right in all finished sessions, those excluded for it too."""
    rows = store.select(
        """
        SELECT pair_vote.session_id, photo_id, 1 - fooled AS fooled
        FROM pair_vote JOIN session ON session.session_id = pair_vote.session_id
        WHERE pair_vote.study_id = :study_id AND kind = 'catch' AND finished_at_s IS NOT NULL
        ORDER BY pair_vote.session_id, position
        """,
        study_id=study_id,
    )
    return statistics.these_photos(as_votes(rows))


def _others(store: Store, study_id: str, session_id: str) -> float | None:
    [row] = store.select(
        """
        SELECT COUNT(DISTINCT session_id) AS sessions, COUNT(*) AS votes,
            SUM(CASE WHEN chosen_side = fake_side THEN 1 ELSE 0 END) AS correct
        FROM vote
        WHERE study_id = :study_id AND session_id <> :session_id AND kind <> 'practice'
            AND session_id NOT IN (SELECT session_id FROM session_exclusion)
        """,
        study_id=study_id,
        session_id=session_id,
    )
    return float(row["correct"] / row["votes"]) if row["sessions"] >= MIN_OTHERS else None


def _counted(rows: Sequence[Row]) -> dict[str, int]:
    reasons = [row["reason"] for row in rows]
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def sentence(figures: Group) -> str:
    """The headline in plain words, and what it rests on."""
    if not figures.votes:
        return plain_sentence(figures)
    basis = f"95 % interval for these photos; {figures.votes:,} votes of {figures.people:,} people"
    return f"{plain_sentence(figures).removesuffix('.')} ({basis})."


def plain_sentence(figures: Group) -> str:
    """The headline in plain words alone."""
    if not figures.votes:
        return "No votes count yet."
    value, low, high = (round(100 * share) for share in vars(figures.these_photos).values())
    return f"People took the colorized photo for the real one in {value} of 100 trials, between {low} and {high}."
