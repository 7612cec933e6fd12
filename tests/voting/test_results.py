"""From answers to figures: what is fooled, what is excluded and why, and what is shown when. On both databases."""

import random

import numpy as np
import pytest
from cases.voting import (
    Clock,
    Judge,
    fill,
    open_paired,
    open_quick,
    other,
    person,
    play,
    report,
    right_or_wrong,
    start,
)

from colorgan.voting import protocol, results, statistics
from colorgan.voting.protocol import PLAN, Plan
from colorgan.voting.records import AnswerReport, TrialRow
from colorgan.voting.store import Store

SMALL = Plan(practice=2, scored=8, catch=6)


def reasons(store: Store) -> list[str]:
    return sorted(row["reason"] for row in store.select("SELECT reason FROM session_exclusion"))


def wrong_at(positions: set[int], kind: str = "scored", **changes: object) -> Judge:
    """Right but for the trials of a kind with these places among their kind, counted from 1."""
    seen = {"n": 0}

    def judge(trial: TrialRow) -> AnswerReport:
        seen["n"] += trial.kind == kind
        wrong = trial.kind == kind and seen["n"] in positions
        return report(other(trial.fake_side) if wrong else trial.fake_side, **changes)  # type: ignore[arg-type]

    return judge


# Fooled


def test_fooled_is_the_real_photo_taken_for_the_computers(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    play(store, clock, start(store, plan=SMALL), wrong_at({2, 5, 6}))
    rows = store.select("SELECT fake_side, chosen_side, fooled FROM pair_vote")
    assert len(rows) == SMALL.trials
    assert all(row["fooled"] == int(row["chosen_side"] != row["fake_side"]) for row in rows)
    assert store.select("SELECT SUM(fooled) AS n FROM kept_pair_vote") == [{"n": 3}]
    assert store.select("SELECT COUNT(*) AS n FROM single_vote") == [{"n": 0}]


# Exclusions: each at its limit


@pytest.mark.parametrize(("missed", "expected"), [(1, []), (2, ["catch"])])
def test_catch_trials(store: Store, clock: Clock, missed: int, expected: list[str]) -> None:
    open_paired(store, plan=SMALL)
    play(store, clock, start(store, plan=SMALL), wrong_at(set(range(1, missed + 1)), "catch"))
    assert reasons(store) == expected


def test_an_unanswered_catch_trial_is_missed(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    session = start(store, plan=SMALL)
    lapsed = 0
    while (trial := store.issue(session.session_id)) is not None:
        if trial.kind == "catch" and lapsed < 2:
            lapsed += 1
            clock.now += protocol.ANSWER_WITHIN_MS / 1000 + 1
            continue
        clock.now += 5
        store.answer(trial.trial_id, person(0), report(trial.fake_side))
    assert reasons(store) == ["catch"]


@pytest.mark.parametrize(("response_ms", "expected"), [(249, ["fast"]), (250, [])])
def test_fast_answers(store: Store, clock: Clock, response_ms: int, expected: list[str]) -> None:
    """The median of the answers after practice."""
    open_paired(store, plan=SMALL)
    count = {"n": 0}

    def judge(trial: TrialRow) -> AnswerReport:
        count["n"] += trial.kind != "practice"
        return report(trial.fake_side, response_ms if count["n"] <= 7 and trial.kind != "practice" else 10)

    play(store, clock, start(store, plan=SMALL), judge)  # of 14 answers 7 take 10 ms: the median is a mean
    assert store.select("SELECT median_ms FROM median_answer")[0]["median_ms"] == (10 + response_ms) / 2
    clock.now += 1
    play(store, clock, start(store, 1, SMALL), lambda trial: report(trial.fake_side, response_ms))
    assert reasons(store) == sorted(["fast", *expected])


def test_a_claimed_time_cannot_exceed_what_the_server_saw(store: Store, clock: Clock) -> None:
    """A script that answers 100 ms after the sequence and says it thought for a second is still fast."""
    open_paired(store, plan=SMALL)
    session = start(store, plan=SMALL)
    while (trial := store.issue(session.session_id)) is not None:
        clock.now = (trial.issued_at_ms + protocol.sequence_ms() + 100.25) / 1000
        store.answer(trial.trial_id, person(0), report(trial.fake_side, 1000))
    assert reasons(store) == ["fast"]
    assert {row["answer_ms"] for row in store.select("SELECT answer_ms FROM vote")} == {100}


@pytest.mark.parametrize(("lefts", "expected"), [(26, []), (27, ["one side"]), (30, ["one side"]), (3, ["one side"])])
def test_one_side(store: Store, clock: Clock, lefts: int, expected: list[str]) -> None:
    """27 of 30 is 90 %. Without catch trials, so that nothing else is excluded."""
    plan = Plan(practice=1, scored=30, catch=0)
    open_paired(store, plan=plan)
    count = {"n": 0}

    def judge(trial: TrialRow) -> AnswerReport:
        count["n"] += trial.kind == "scored"
        return report("left" if count["n"] <= lefts else "right")

    play(store, clock, start(store, plan=plan), judge)
    assert reasons(store) == expected


def test_unfinished_and_lapsed(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    play(store, clock, start(store, 0, SMALL), wrong_at(set()), trials=SMALL.trials - 1)
    assert reasons(store) == ["unfinished"]
    for number, lapses in ((1, 4), (2, 5)):
        session, lapsed = start(store, number, SMALL), 0
        while (trial := store.issue(session.session_id)) is not None:
            if trial.kind == "scored" and lapsed < lapses:
                lapsed += 1
                clock.now += protocol.ANSWER_WITHIN_MS / 1000 + 1
                continue
            clock.now += 5
            store.answer(trial.trial_id, person(number), report(trial.fake_side))
    assert reasons(store) == ["lapsed", "unfinished"]


def test_trials_with_wrong_exposure_or_lost_focus_do_not_count(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    changes: list[dict[str, object]] = [
        {},
        {"shown_left_ms": 900, "shown_right_ms": 1100},  # just within 100 ms
        {"shown_left_ms": 899},
        {"shown_right_ms": 1101},
        {"shown_left_ms": None},
        {"lost_focus": True},
        {"lost_focus": True, "shown_left_ms": 5},
        {},
    ]
    count = {"n": -1}

    def judge(trial: TrialRow) -> AnswerReport:
        count["n"] += trial.kind == "scored"
        return report(trial.fake_side, **(changes[count["n"]] if trial.kind == "scored" else {}))

    play(store, clock, start(store, plan=SMALL), judge)
    assert store.select("SELECT COUNT(*) AS n FROM kept_pair_vote") == [{"n": 3}]
    counted = results.exclusions(store, "s")
    assert counted.trials_by_reason == {"exposure": 4, "lost focus": 2}
    assert counted.trials_excluded == 5
    assert counted.sessions_excluded == 0


def test_untimed_sessions_have_no_exposure_to_be_off(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    judge = wrong_at(set(), shown_left_ms=None, shown_right_ms=7000)
    play(store, clock, start(store, plan=SMALL, timed=False), judge)
    assert store.select("SELECT COUNT(*) AS n FROM kept_pair_vote") == [{"n": 8}]


def test_raw_rows_are_kept(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    play(store, clock, start(store, plan=SMALL), wrong_at({1, 2, 3, 4}, "catch", lost_focus=True))
    assert store.select("SELECT COUNT(*) AS n FROM answer") == [{"n": SMALL.trials}]
    assert store.select("SELECT COUNT(*) AS n FROM kept_pair_vote") == [{"n": 0}]


# Guessers


def test_the_exclusions_catch_the_guessers(light: Store) -> None:
    """30 who look and 30 who guess: the guessers go, and the figure is that of those who looked."""
    open_paired(light, scored=120)
    rng = random.Random(11)
    lookers = [right_or_wrong(rng, 0.3, catch_right=0.95) for _ in range(30)]
    guessers = [right_or_wrong(rng, 0.5, catch_right=0.5) for _ in range(30)]
    fill(light, lookers + guessers)
    kept = {row["participant_hash"] for row in light.select("SELECT DISTINCT participant_hash FROM kept_pair_vote")}
    assert len(kept & {person(1000 + number) for number in range(30)}) >= 26  # 97 % pass
    assert len(kept & {person(1030 + number) for number in range(30)}) <= 7  # 11 % pass
    light.close_study("s")
    headline = results.study_results(light, "s").headline
    assert headline.these_photos.low < 0.32 < headline.these_photos.high
    everybody = light.select("SELECT AVG(1.0 * fooled) AS rate FROM pair_vote WHERE kind = 'scored'")[0]["rate"]
    assert abs(headline.these_photos.value - 0.3) < abs(everybody - 0.3)


# Results


def test_an_open_study_shows_progress_and_no_rates(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    play(store, clock, start(store, 0, SMALL), wrong_at({1}))
    play(store, clock, start(store, 1, SMALL), wrong_at({1, 2}, "catch"))
    play(store, clock, start(store, 2, SMALL), wrong_at({1}), trials=5)
    shown = results.progress(store, "s")
    assert (shown.started, shown.finished, shown.kept, shown.goal) == (3, 2, 1, 40)
    assert shown.answers == len(store.select("SELECT 1 AS one FROM vote WHERE kind = 'scored'"))
    with pytest.raises(ValueError, match="'s' is open: its figures come when it is closed"):
        results.study_results(store, "s")


def test_the_figures_of_a_closed_study(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL, scored=8, models=("a", "b"))
    for number in range(4):
        play(store, clock, start(store, number, SMALL), wrong_at({1, 2, 3}))
    play(store, clock, start(store, 4, SMALL, timed=False), wrong_at({1}))
    play(store, clock, start(store, 5, SMALL, colour_vision="deficient"), wrong_at(set(range(1, 8))))
    play(store, clock, start(store, 6, SMALL, device_class="phone"), wrong_at({1}))
    play(store, clock, start(store, 7, SMALL), wrong_at({1, 2, 3}, "catch"))
    store.close_study("s")
    found = results.study_results(store, "s")
    headline = found.headline
    assert (headline.people, headline.votes, headline.fooled) == (5, 40, 13)
    assert headline.these_photos.value == headline.new_photos.value == 13 / 40
    assert headline.d_prime.value == statistics.d_prime_pairs(13, 40)
    assert headline.d_prime.low < headline.d_prime.value < headline.d_prime.high
    assert (found.untimed.people, found.untimed.fooled) == (1, 1)
    assert (found.colour_vision_deficient.people, found.colour_vision_deficient.fooled) == (1, 7)
    assert [(one.name, one.people) for one in found.devices] == [("phone", 1), ("tablet", 0), ("desktop", 4)]
    assert {one.name: one.votes for one in found.models} == {"a": 20, "b": 20}
    assert [(one.first, one.second, one.people) for one in found.model_differences] == [("a", "b", 5)]
    assert not found.may_rank
    assert found.catch_accuracy.value == pytest.approx(45 / 48)  # 8 finished sessions, one with three misses
    assert found.exclusions.sessions == 8
    assert found.exclusions.sessions_by_reason["catch"] == 1
    assert sum(one.votes for one in found.photos) == 40
    assert "33 of 100 trials" in results.sentence(headline) or "32 of 100 trials" in results.sentence(headline)
    assert results.sentence(found.devices[1]) == "No votes count yet."


def test_photos_are_listed_most_fooling_first_and_thin_ones_last() -> None:
    def rows(photo: str, fooled: int, total: int) -> list[results.Row]:
        return [{"photo_id": photo, "model_id": "a", "fooled": int(number < fooled)} for number in range(total)]

    listed = results.per_photo([*rows("half", 5, 10), *rows("thin", 7, 7), *rows("all", 8, 8), *rows("none", 0, 9)])
    assert [(one.photo_id, one.enough) for one in listed] == [
        ("all", True),
        ("half", True),
        ("none", True),
        ("thin", False),
    ]
    assert listed[1].rate == statistics.wilson(5, 10)


def test_thirty_people_may_rank(light: Store) -> None:
    open_paired(light, scored=36, models=("a", "b"))
    rng = random.Random(1)
    fill(light, [right_or_wrong(rng, 0.4) for _ in range(30)])
    light.close_study("s")
    found = results.study_results(light, "s")
    assert found.headline.people == 30 and found.may_rank
    assert found.headline.said_left.low < 0.5 < found.headline.said_left.high


def test_a_study_without_votes_has_results(store: Store) -> None:
    open_paired(store)
    store.close_study("s")
    found = results.study_results(store, "s")
    assert (found.headline.votes, found.photos, found.models, found.may_rank) == (0, [], [], False)
    assert np.isnan(found.headline.these_photos.value)


# Scores


def test_a_score_comes_at_the_end_with_that_of_others(light: Store, clock: Clock) -> None:
    open_paired(light, plan=PLAN)
    rng = random.Random(2)
    fill(light, [right_or_wrong(rng, 0.0) for _ in range(9)])
    session = start(light)
    play(light, clock, session, wrong_at({1, 2, 3, 4}), trials=51)
    assert results.score(light, "s", person(0)) is None
    assert results.score(light, "s", person(77)) is None
    play(light, clock, session, wrong_at(set()))
    own = results.score(light, "s", person(0))
    assert own == results.Score(38, 42, None)  # nine others are too few to speak of
    fill(light, [right_or_wrong(rng, 1.0)], first=5000)
    own = results.score(light, "s", person(0))
    assert own is not None and own.others_right_share == pytest.approx(
        (9 * 42 + 6) / 420
    )  # the tenth fell for no catch


# Quick mode


def test_quick_votes_are_reported_apart(store: Store, clock: Clock) -> None:
    open_paired(store, plan=SMALL)
    open_quick(store, photos=25)
    session = start(store, plan=None, study_id="q")
    for _ in range(3):
        store.extend_quick_session(session)
        while (trial := store.issue(session.session_id)) is not None:
            clock.now += 2
            store.answer(trial.trial_id, person(0), report("whole"))  # calls everything fake
    rows = store.select("SELECT is_fake, said_fake FROM single_vote")
    assert len(rows) == 25  # every photo once, then no more
    assert store.select("SELECT COUNT(*) AS n FROM pair_vote") == [{"n": 0}]
    figures = results.quick_results(store, "q").figures
    assert (figures.votes, figures.people) == (25, 1)
    assert figures.hit_rate.value == figures.false_alarm_rate.value == 1
    assert abs(figures.d_prime) < 0.2
    assert figures.criterion < -1
    own = results.score(store, "q", person(0))
    assert own is not None and own.trials == 20  # whole blocks only
    with pytest.raises(ValueError, match="'q' is a quick study"):
        results.study_results(store, "q")
    with pytest.raises(ValueError, match="'s' is not a quick study"):
        results.quick_results(store, "s")


def test_quick_exclusions(store: Store, clock: Clock) -> None:
    open_quick(store, photos=30)
    for number, options in enumerate(({"response_ms": 100}, {"lost_focus": True}, {})):
        session = start(store, number, None, "q")
        store.extend_quick_session(session)
        while (trial := store.issue(session.session_id)) is not None:
            clock.now += 2
            store.answer(trial.trial_id, person(number), report(trial.fake_side, **options))  # type: ignore[arg-type]
    found = results.quick_results(store, "q")
    assert found.exclusions.sessions_by_reason == {"fast": 1}
    assert found.exclusions.trials_by_reason == {"lost focus": 10}
    assert found.figures.votes == 10
    assert found.figures.hit_rate.value == 1
