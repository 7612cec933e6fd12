"""The rules of a session: counts, balance, order, least-answered first, and what a short pool gives."""

import itertools
import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorgan.voting import protocol
from colorgan.voting.protocol import PLAN, Plan, PlannedTrial, StimulusCandidate, plan_block, plan_session, short_plan


def pool(plan: Plan = PLAN, scored: int = 60, models: tuple[str, ...] = ("a", "b")) -> list[StimulusCandidate]:
    return [
        StimulusCandidate(f"{kind}/{photo}/{model}", f"{kind}/{photo}", model, kind)
        for kind, photos in (("practice", plan.practice), ("catch", plan.catch), ("scored", scored))
        for photo in range(photos)
        for model in (("wrong",) if kind == "catch" else models)
    ]


def parts(trial: PlannedTrial) -> tuple[str, str]:
    _, photo, model = trial.stimulus_id.split("/")
    return photo, model


def test_version_1_is_what_was_announced() -> None:
    """Changing any of these makes another protocol: it needs a new version, and old figures do not compare."""
    assert Plan(practice=10, scored=36, catch=6) == PLAN
    assert protocol.sequence_ms() == 900 + 1000 + 600 + 1000
    assert (protocol.MAX_CATCH_MISSES, protocol.MIN_MEDIAN_ANSWER_MS) == (1, 250)
    assert (protocol.MAX_ONE_SIDE_PERCENT, protocol.MAX_EXPOSURE_ERROR_MS) == (90, 100)
    assert protocol.protocol_version(PLAN) == "paired-1"
    assert protocol.protocol_version(replace(PLAN, catch=2)) == "paired-1-short"


@pytest.mark.parametrize("seed", range(20))
def test_a_session_of_two_models(seed: int) -> None:
    trials = plan_session(PLAN, pool(), random.Random(seed))
    assert [trial.kind for trial in trials[:10]] == ["practice"] * 10
    assert Counter(trial.kind for trial in trials) == {"practice": 10, "scored": 36, "catch": 6}
    assert len({(trial.kind, parts(trial)[0]) for trial in trials}) == 52  # no photo twice, not under another model
    for kind in ("practice", "scored", "catch"):
        sides = Counter(trial.fake_side for trial in trials if trial.kind == kind)
        assert sides["left"] == sides["right"]
    scored = [trial for trial in trials if trial.kind == "scored"]
    assert Counter((parts(trial)[1], trial.fake_side) for trial in scored) == {
        (model, side): 9 for model in "ab" for side in ("left", "right")
    }
    for first, second in zip(scored[::2], scored[1::2], strict=True):
        assert {parts(first)[1], parts(second)[1]} == {"a", "b"}  # interleaved
    for block in range(6):
        stretch = trials[10 + 7 * block : 17 + 7 * block]
        assert sum(trial.kind == "catch" for trial in stretch) == 1


def test_nothing_about_the_next_side_can_be_told_from_the_place() -> None:
    """Over many sessions each place has the fake on the left half the time; and so has what follows a left."""
    sessions = [plan_session(PLAN, pool(scored=36), random.Random(seed)) for seed in range(400)]
    for place in range(52):
        left = sum(trials[place].fake_side == "left" for trials in sessions)
        assert abs(left - 200) < 5 * 100**0.5, place
    same = sum(one.fake_side == two.fake_side for trials in sessions for one, two in itertools.pairwise(trials))
    assert 0.45 < same / (400 * 51) < 0.5  # balance makes a change a little likelier than not, no more
    catches = {place for trials in sessions for place, trial in enumerate(trials) if trial.kind == "catch"}
    assert catches == set(range(10, 52))  # any place after practice may be a catch


def test_least_answered_photos_come_first() -> None:
    answered = [replace(one, answers=int(one.photo_id.split("/")[1])) for one in pool()]
    trials = plan_session(PLAN, answered, random.Random(1))
    photos = {int(parts(trial)[0]) for trial in trials if trial.kind == "scored"}
    assert photos == set(range(36))
    one_model = [replace(one, answers=3 if one.model_id == "a" else 5) for one in pool(scored=36)]
    chosen = [trial for trial in plan_session(PLAN, one_model, random.Random(1)) if trial.kind == "scored"]
    assert Counter(parts(trial)[1] for trial in chosen) == {"a": 18, "b": 18}


def test_equal_counts_are_drawn_at_random() -> None:
    chosen = Counter(
        parts(trial)[0]
        for seed in range(300)
        for trial in plan_session(PLAN, pool(scored=72), random.Random(seed))
        if trial.kind == "scored"
    )
    assert len(chosen) == 72
    assert all(abs(count - 150) < 5 * 75**0.5 for count in chosen.values())


def test_the_default_generator_is_the_systems_secure_one(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[int] = []

    class Counted(random.SystemRandom):
        def random(self) -> float:
            used.append(1)
            return super().random()

    monkeypatch.setattr(protocol.secrets, "SystemRandom", Counted)
    plan_session(PLAN, pool())
    assert used


def test_too_few_photos_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="needs 36 unseen scored photos, only 35 are left"):
        plan_session(PLAN, pool(scored=35))
    with pytest.raises(ValueError, match="needs 6 unseen catch photos, only 0 are left"):
        plan_session(PLAN, [one for one in pool() if one.kind != "catch"])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.integers(0, 5), st.integers(1, 30), st.integers(0, 5), st.integers(1, 4))
def test_any_plan_is_balanced(seed: int, practice: int, scored: int, catch: int, models: int) -> None:
    plan = Plan(practice, scored, catch)
    names = tuple("abcd"[:models])
    trials = plan_session(plan, pool(plan, scored, names), random.Random(seed))
    assert len(trials) == plan.trials
    for kind in ("practice", "scored", "catch"):
        sides = Counter(trial.fake_side for trial in trials if trial.kind == kind)
        assert abs(sides["left"] - sides["right"]) <= 1
        if kind != "catch":
            counts = Counter(parts(trial)[1] for trial in trials if trial.kind == kind)
            assert max(counts.values(), default=0) - min([counts[name] for name in names]) <= 1


def test_a_quick_block_is_half_fake_and_ends_with_the_photos() -> None:
    photos = [StimulusCandidate(f"single/{n}/{m}", f"single/{n}", m, "single") for n in range(25) for m in "ab"]
    block = plan_block(photos, random.Random(3))
    assert Counter(trial.fake_side for trial in block) == {"whole": 5, "none": 5}
    assert len({parts(trial)[0] for trial in block}) == 10
    assert len(plan_block(photos[:6], random.Random(3))) == 3
    assert plan_block([]) == []


def test_short_plans_keep_the_proportions() -> None:
    assert short_plan(52) == PLAN == short_plan(500)
    assert short_plan(26) == Plan(practice=5, scored=18, catch=3)
    for photos in range(6, 52):
        plan = short_plan(photos)
        assert plan.trials == photos
        assert plan.practice >= 1 <= plan.catch
    with pytest.raises(ValueError, match="at least 6 photos, got 5"):
        short_plan(5)


def test_impossible_plans_are_refused() -> None:
    with pytest.raises(ValueError, match=r"scored=0"):
        Plan(scored=0)
