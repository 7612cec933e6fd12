"""A whole study of simulated people, over HTTP from consent to the results page, checked against what they did.

What each person answers is fixed beforehand (only sides and photos are the server's chance), so that the test knows
the outcome: who must be excluded and why, and the counts to the last vote. How often intervals cover the truth in 200
studies is in test_voting_statistics.py.
"""

import contextlib
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cases.stimuli import SIDE_PX, Sepia, picture
from cases.study_client import Clock, Participant, Server, insist, served

from colorgan.voting import protocol
from colorgan.voting.export import export_study
from colorgan.voting.pool import Pool
from colorgan.voting.protocol import Plan
from colorgan.voting.rendering import build_pool
from colorgan.voting.results import StudyResults, study_results
from colorgan.voting.sources import StudyModel, StudyPhoto
from colorgan.voting.store import Store
from colorgan.voting.study import Study

PLAN = Plan(practice=1, scored=16, catch=6)
SPEED = 40.0
RATE, SPREAD = 0.42, 0.12  # how often people are fooled, and how much they differ


@dataclass
class Person:
    """Somebody who knows before the first photo how often to be fooled; `wrong` says so for each trial of a kind."""

    kind: str
    wrong: dict[str, list[bool]]
    side: str | None = None  # always this one
    response_ms: int = 800
    shown_ms: int = 1000
    stops_after: int = PLAN.trials
    fooled: list[bool] = field(default_factory=list)  # scored answers as given
    missed: list[bool] = field(default_factory=list)  # those to catch trials

    def choose(self, kind: str, fake_side: str) -> str:
        wrong = self.wrong[kind].pop()
        chosen = self.side or (fake_side if not wrong else {"left": "right", "right": "left"}[fake_side])
        if kind == "scored":
            self.fooled.append(chosen != fake_side)
        elif kind == "catch":
            self.missed.append(chosen != fake_side)
        return chosen


def people(seed: int = 8) -> list[Person]:
    """Of the seeds from 0 to 299 the interval covers the truth under 281, that is 94 %; 7 is not one of them."""
    rng = random.Random(seed)

    def person(kind: str, rate: float, misses: int = 0, **changes: object) -> Person:
        catch = [True] * misses + [False] * (PLAN.catch - misses)
        rng.shuffle(catch)
        wrong = {"practice": [False], "scored": [rng.random() < rate for _ in range(PLAN.scored)], "catch": catch}
        return Person(kind, wrong, **changes)  # type: ignore[arg-type]

    looking = [
        person("looking", min(0.9, max(0.05, rng.gauss(RATE, SPREAD))), rng.choice((0, 0, 1))) for _ in range(24)
    ]
    guessing = [person("guessing", 0.5, sum(rng.random() < 0.5 for _ in range(PLAN.catch))) for _ in range(6)]
    return [
        *looking,
        *guessing,
        *(person("left", 0.5, side="left") for _ in range(2)),
        *(person("hasty", 0.5, response_ms=90) for _ in range(2)),
        *(person("slow device", RATE, shown_ms=1150) for _ in range(1)),
        *(person("leaving", RATE, stops_after=9) for _ in range(2)),
    ]


def take_part(server: Server, store: Store, person: Person) -> Participant:
    participant = Participant(server)
    assert participant.begin().status == 200
    for _ in range(person.stops_after):
        trial = participant.trial()
        assert trial
        [secret] = store.select("SELECT kind, fake_side FROM trial WHERE trial_id = :t", t=trial["trial_id"])
        side = person.choose(secret["kind"], secret["fake_side"])
        seen = {"shown_left_ms": person.shown_ms, "shown_right_ms": person.shown_ms, "response_ms": person.response_ms}
        time.sleep((protocol.sequence_ms() / 1000 + 0.8) / SPEED)
        reply = insist(lambda: participant.answer(trial["trial_id"], side, **seen))  # noqa: B023
        assert reply.json["outcome"] == "recorded", reply
    return participant


@dataclass
class Finished:
    """The study when everybody left and it was closed."""

    store: Store
    pool: Pool
    server: Server
    people: list[Person]
    participants: list[Participant]
    results: StudyResults


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    folder = tmp_path_factory.mktemp("simulation")
    photos = [StudyPhoto(f"photo {seed}", picture(seed)) for seed in range(40)]
    models = [StudyModel("sepia", Sepia(), "r1")]
    pool = build_pool(folder / "paired", "paired", photos, models, plan=PLAN, side_px=SIDE_PX)
    clock, database, everybody = Clock(folder, SPEED), str(folder / "study.sqlite3"), people()
    with contextlib.closing(Store.open(database, clock=clock)) as store:
        Study.create(store, pool, b"s" * 32)
        with served(database, {"paired": pool.folder}, clock) as server, ThreadPoolExecutor(len(everybody)) as threads:
            participants = list(threads.map(lambda one: take_part(server, store, one), everybody))
            store.close_study("paired")
            yield Finished(store, pool, server, everybody, participants, study_results(store, "paired"))
            for one in participants:
                one.close()


def must_go(person: Person) -> bool:
    return person.kind in ("left", "hasty", "leaving") or sum_of_misses(person) > protocol.MAX_CATCH_MISSES


def sum_of_misses(person: Person) -> int:
    """Before the first photo; afterwards the list is empty."""
    return sum(person.wrong["catch"])


def test_every_vote_counts_once_and_the_interval_covers_the_truth(finished: Finished) -> None:
    fresh = people()
    kept = [one for one, plan in zip(finished.people, fresh, strict=True) if not must_go(plan)]
    headline = finished.results.headline
    counted = [one for one in kept if one.kind != "slow device"]
    assert headline.people == len(counted)
    assert (headline.votes, headline.fooled) == (16 * len(counted), sum(sum(one.fooled) for one in counted))
    assert headline.these_photos.low <= RATE <= headline.these_photos.high
    assert headline.new_photos.low <= RATE <= headline.new_photos.high
    assert headline.these_photos.high - headline.these_photos.low < 0.2


def test_exclusions_catch_who_does_not_look(finished: Finished) -> None:
    """Guessers by what they missed, which 89 % do; and nobody who looked goes."""
    plans = people()
    reasons = finished.results.exclusions.sessions_by_reason
    caught = [one for one in plans if one.kind == "guessing" and sum_of_misses(one) > protocol.MAX_CATCH_MISSES]
    assert len(caught) >= 5  # of 6, as drawn by the seed
    assert not any(must_go(one) for one in plans if one.kind == "looking")
    kinds = Counter(one.kind for one in plans)
    assert reasons["unfinished"] == kinds["leaving"]
    assert reasons["fast"] == kinds["hasty"]
    assert reasons["one side"] == kinds["left"]
    # Always left: half of the catch trials are missed.
    assert reasons["catch"] == len(caught) + kinds["left"]
    assert finished.results.exclusions.sessions_excluded == sum(must_go(one) for one in plans)
    assert finished.results.exclusions.trials_by_reason == {"exposure": PLAN.scored * kinds["slow device"]}


def test_who_comes_again_has_no_second_vote(finished: Finished) -> None:
    """With their cookie they go on where they were, which is at the end; everyone has the score that they made."""
    for person, participant in zip(finished.people, finished.participants, strict=True):
        if person.stops_after < PLAN.trials:
            continue
        score = insist(lambda: participant.get("/score")).json["score"]  # noqa: B023
        judged = PLAN.scored + PLAN.catch
        assert (score["right"], score["trials"]) == (judged - sum(person.fooled) - sum(person.missed), judged)
    assert insist(lambda: finished.participants[0].begin()).status == 409  # closed
    assert finished.store.select("SELECT COUNT(*) AS n FROM session") == [{"n": len(finished.people)}]


def test_the_page_and_the_export_say_the_same(finished: Finished, tmp_path: Path) -> None:
    """The headline comes out of the exported rows by the documented rule, and stands on the page."""
    export_study(finished.store, finished.pool, tmp_path / "out")
    rows = [json.loads(line) for line in (tmp_path / "out" / "answers.jsonl").read_text().splitlines()]
    kept = [
        row["fooled"]
        for row in rows
        if row["kind"] == "scored" and not row["session_excluded"] and not row["trial_excluded"] and row["timed"]
    ]
    headline = finished.results.headline
    assert (len(kept), sum(kept)) == (headline.votes, headline.fooled)
    visitor = Participant(finished.server)
    page = re.sub(r"<[^>]+>|\s+", " ", visitor.request("GET", "/results?study=paired").body.decode())
    visitor.close()
    value, low, high = (round(100 * share) for share in vars(headline.these_photos).values())
    assert f"{value} of 100 trials, between {low} and {high}" in page


def test_repeating(tmp_path: Path) -> None:
    """The same cookie is one person in one session, whatever they try; a new cookie is a new person."""
    photos = [StudyPhoto(f"photo {seed}", picture(seed)) for seed in range(8)]
    plan = Plan(practice=1, scored=4, catch=1)
    models = [StudyModel("sepia", Sepia(), "r1")]
    pool = build_pool(tmp_path / "paired", "paired", photos, models, plan=plan, side_px=SIDE_PX)
    clock, database = Clock(tmp_path), str(tmp_path / "study.sqlite3")
    with contextlib.closing(Store.open(database, clock=clock)) as store:
        Study.create(store, pool, b"s" * 32)
        with served(database, {"paired": pool.folder}, clock) as server:
            participant = Participant(server)
            for visit in range(3):
                assert participant.begin(device_class="phone" if visit else "desktop").status == 200
                answered = 0
                while (trial := participant.trial()) is not None:
                    clock.jump(5)
                    assert participant.answer(trial["trial_id"], "left").json["outcome"] == "recorded"
                    answered += 1
                assert answered == (0 if visit else plan.trials)
            participant.cookie = None
            assert participant.begin().status == 200 and participant.trial() is not None
            participant.close()
        rows = store.select("SELECT device_class FROM session ORDER BY started_at_s, finished_at_s")
        assert [row["device_class"] for row in rows] == ["desktop", "desktop"]
        assert store.select("SELECT COUNT(*) AS n FROM answer") == [{"n": plan.trials}]
