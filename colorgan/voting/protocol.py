"""Protocol v1: what a session consists of, in which order, and when an answer may come. Pure functions.

A pair trial shows fixation, the left photo, a blank, the right photo, then asks which one the computer coloured.
After Zhang et al. 2016 (arXiv 1603.08511): 10 practice trials, each photo for 1 s, unlimited looking at the question,
and catch trials with wrong colours. Theirs drew sides by coin flips; here they are balanced.
"""

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["practice", "scored", "catch", "single"]
Side = Literal["left", "right", "whole", "none"]  # where the computer's colours are; the last two in quick mode

CONSENT_VERSION = "1"  # changes with every change of the consent page's words
PAIRED, PAIRED_SHORT, QUICK = "paired-1", "paired-1-short", "quick-1"  # protocol versions
PROTOCOLS = (PAIRED, PAIRED_SHORT, QUICK)
PAIR_SIDES: tuple[Side, Side] = ("left", "right")
SINGLE_SIDES: tuple[Side, Side] = ("whole", "none")
DEVICE_CLASSES = ("phone", "tablet", "desktop")
COLOUR_VISIONS = ("typical", "deficient")

FIXATION_MS = 900
EXPOSURE_MS = 1000
BLANK_MS = 600
UNTIMED_EARLIEST_MS = FIXATION_MS  # who looks as long as they like must still have seen the fixation
SINGLE_EARLIEST_MS = 300  # nobody sees, decides and presses faster
ANSWER_WITHIN_MS = 10 * 60_000  # of the issue: time to think is free, time to take the picture apart is not
MIN_WIDTH_CSS_PX = 280  # a narrower screen shows nothing that could be judged

# Exclusions, fixed before the first study opened. Times that the browser reports can only exclude.
MAX_CATCH_MISSES = 1  # 5 of 6: guessers pass 7 / 64 = 11 %, who sees 95 % of catches passes 97 %
MIN_MEDIAN_ANSWER_MS = 250
MAX_ONE_SIDE_PERCENT = 90  # this or more of one side is no looking
MAX_EXPOSURE_ERROR_MS = 100
MAX_LAPSED_TRIALS = 4  # unanswered by their deadline; one in ten

QUICK_BLOCK = 10  # quick trials are planned, balanced and scored in blocks
RECENT_SESSION_S = 30 * 60  # an open session this young is likely to answer what was planned for it


@dataclass(frozen=True)
class Plan:
    """How many trials of each kind a session has."""

    practice: int = 10
    scored: int = 36
    catch: int = 6

    def __post_init__(self) -> None:
        if self.practice < 0 or self.scored < 1 or self.catch < 0:
            raise ValueError(f"a plan needs scored trials and no negative number of others, got {self}")

    @property
    def trials(self) -> int:
        """All trials of a session; each shows another photo."""
        return self.practice + self.scored + self.catch


PLAN = Plan()


@dataclass(frozen=True)
class StimulusCandidate:
    """A stimulus that a participant may see; `answers` is how often it has been judged."""

    stimulus_id: str
    photo_id: str
    model_id: str
    kind: str
    answers: int = 0


@dataclass(frozen=True)
class PlannedTrial:
    """A trial as the server knows it; the browser never hears of `kind` (but practice), stimulus or side."""

    kind: Kind
    stimulus_id: str
    fake_side: Side


def short_plan(photos: int) -> Plan:
    """The plan for a pool of so few photos that the full one does not fit; the full one from 52 on.

    A short study demonstrates the page. Its protocol version says so, because one or two catch trials catch nobody.
    """
    if photos >= PLAN.trials:
        return PLAN
    if photos < 6:
        raise ValueError(f"a session needs at least 6 photos, got {photos}")
    practice, catch = max(1, photos * PLAN.practice // PLAN.trials), max(1, photos * PLAN.catch // PLAN.trials)
    return Plan(practice, photos - practice - catch, catch)


def protocol_version(plan: Plan) -> str:
    """The version that a paired study of this plan runs under: figures of short studies are not to be compared."""
    return PAIRED if plan == PLAN else PAIRED_SHORT


def sequence_ms(exposure_ms: int = EXPOSURE_MS) -> int:
    """How long a timed trial runs before its question: fixation, left, blank, right."""
    return FIXATION_MS + exposure_ms + BLANK_MS + exposure_ms


def plan_session(
    plan: Plan, candidates: Sequence[StimulusCandidate], rng: random.Random | None = None
) -> list[PlannedTrial]:
    """A participant's trials in order: practice, then scored ones with catch trials spread among them.

    Args:
        plan: how many of each kind.
        candidates: the study's stimuli, without photos this participant has seen.
        rng: the operating system's secure generator, unless a test wants to know the outcome.

    Raises:
        ValueError: too few unseen photos for the plan.
    """
    rng = rng or secrets.SystemRandom()
    seen: set[str] = set()

    def draw(kind: Kind, number: int) -> list[PlannedTrial]:
        return _with_sides(kind, _choose(kind, number, candidates, seen, rng), PAIR_SIDES, rng)

    return draw("practice", plan.practice) + _spread(draw("catch", plan.catch), draw("scored", plan.scored), rng)


def plan_block(candidates: Sequence[StimulusCandidate], rng: random.Random | None = None) -> list[PlannedTrial]:
    """The next block of a quick session: up to 10 unseen photos, half of them in the computer's colours."""
    rng = rng or secrets.SystemRandom()
    number = min(QUICK_BLOCK, len({candidate.photo_id for candidate in candidates}))
    chosen = _choose("single", number, candidates, set(), rng)
    return _with_sides("single", chosen, SINGLE_SIDES, rng)


def _choose(
    kind: Kind, number: int, candidates: Sequence[StimulusCandidate], seen: set[str], rng: random.Random
) -> list[StimulusCandidate]:
    """Least-answered stimuli of one kind, no photo twice, models interleaved: each once before any comes again."""
    by_model: dict[str, list[StimulusCandidate]] = {}
    for candidate in candidates:
        if candidate.kind == kind:
            by_model.setdefault(candidate.model_id, []).append(candidate)
    models = sorted(by_model)
    # Popped from the end; equal counts come in random order.
    piles = {
        model: sorted(by_model[model], key=lambda one: (one.answers, rng.random()), reverse=True) for model in models
    }
    chosen: list[StimulusCandidate] = []
    while len(chosen) < number and models:
        for model in rng.sample(models, len(models))[: number - len(chosen)]:
            while piles[model] and piles[model][-1].photo_id in seen:
                piles[model].pop()
            if not piles[model]:
                models = []
                break
            chosen.append(piles[model].pop())
            seen.add(chosen[-1].photo_id)
    if len(chosen) < number:
        raise ValueError(f"a session needs {number} unseen {kind} photos, only {len(chosen)} are left")
    return chosen


def _with_sides(
    kind: Kind, chosen: Sequence[StimulusCandidate], sides: tuple[Side, Side], rng: random.Random
) -> list[PlannedTrial]:
    """Fake on each side exactly half the time, for each model too; what an odd number leaves over alternates."""
    first, second = rng.sample(sides, 2)
    decks: dict[str, list[Side]] = {}
    for model in sorted({one.model_id for one in chosen}):
        count = sum(one.model_id == model for one in chosen)
        deck: list[Side] = [first, second] * (count // 2) + [first] * (count % 2)
        rng.shuffle(deck)
        decks[model] = deck
        if count % 2:
            first, second = second, first
    return [PlannedTrial(kind, one.stimulus_id, decks[one.model_id].pop()) for one in chosen]


def _spread(few: Sequence[PlannedTrial], many: Sequence[PlannedTrial], rng: random.Random) -> list[PlannedTrial]:
    """One of the few at a random place within each of as many equal stretches: never all early or all late."""
    if not few:
        return list(many)
    bounds = [round(len(many) * part / len(few)) for part in range(len(few) + 1)]
    order: list[PlannedTrial] = []
    for one, start, end in zip(few, bounds[:-1], bounds[1:], strict=True):
        stretch = list(many[start:end])
        stretch.insert(rng.randint(0, len(stretch)), one)
        order += stretch
    return order
