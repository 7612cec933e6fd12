"""What the study acknowledged stays, once: servers and databases die while people vote, and several servers share."""

import contextlib
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cases import postgres as postgresql
from cases.stimuli import SIDE_PX, Sepia, picture
from cases.study_client import Clock, Participant, Reply, Server, insist, served

from colorgan.voting import protocol
from colorgan.voting.pool import Pool
from colorgan.voting.protocol import Plan
from colorgan.voting.rendering import build_pool
from colorgan.voting.sources import StudyModel, StudyPhoto
from colorgan.voting.store import Store
from colorgan.voting.study import Study

PLAN = Plan(practice=1, scored=4, catch=1)
SPEED = 40.0  # so that trials take 90 ms
VOTERS = 16
VOTES = 80  # between two blows


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    photos = [StudyPhoto(f"photo {seed}", picture(seed)) for seed in range(PLAN.trials)]
    models = [StudyModel("sepia", Sepia(), "r1")]
    return build_pool(tmp_path_factory.mktemp("pool") / "paired", "paired", photos, models, plan=PLAN, side_px=SIDE_PX)


@dataclass
class Crowd:
    """People who vote as fast as trials come, on any of the servers, and insist until they are answered."""

    servers: list[Server]
    acknowledged: list[tuple[str, str, str]] = field(default_factory=list)  # trial, side, outcome
    troubles: Counter[str] = field(default_factory=Counter)
    finished: int = 0
    failures: list[BaseException] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def voting(self) -> Iterator["Crowd"]:
        threads = [threading.Thread(target=self._guarded, args=(number,)) for number in range(VOTERS)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()
        assert not self.failures, self.failures[0]

    def wait_for(self, votes: int) -> None:
        """Until so many more were acknowledged."""
        target, give_up = len(self.acknowledged) + votes, time.monotonic() + 120
        while len(self.acknowledged) < target and not self.failures:
            assert time.monotonic() < give_up, f"{len(self.acknowledged)} of {target} votes"
            time.sleep(0.005)

    def _guarded(self, number: int) -> None:
        try:
            self._vote(random.Random(number))
        except BaseException as error:
            self.failures.append(error)

    def _vote(self, rng: random.Random) -> None:
        while not self._stop.is_set():
            people = [Participant(server) for server in self.servers]
            begun = self._insist(lambda: rng.choice(people).begin(), people)  # noqa: B023
            assert begun.status == 200, begun
            while not self._stop.is_set() and self._trial(rng, people):
                pass
            for one in people:
                one.close()

    def _trial(self, rng: random.Random, people: list[Participant]) -> bool:
        """One trial -> whether there was one."""
        for one in people:
            one.cookie = next(other.cookie for other in people if other.cookie)
        trial = self._insist(lambda: rng.choice(people).get("/trial"), people).json["trial"]
        if trial is None:
            self.finished += 1
            return False
        time.sleep(protocol.sequence_ms() / 1000 / SPEED)
        side = rng.choice(protocol.PAIR_SIDES)
        reply = self._insist(lambda: rng.choice(people).answer(trial["trial_id"], side), people)
        if reply.status == 200:
            self.acknowledged.append((trial["trial_id"], side, reply.json["outcome"]))
        else:
            assert reply.status == 410, reply  # a server was away for longer than a trial waits
        return True

    def _insist(self, ask: Callable[[], Reply], people: list[Participant]) -> Reply:
        def noted() -> Reply:
            try:
                reply = ask()
            except OSError:
                self.troubles["no connection"] += 1
                raise
            if reply.status == 503:
                self.troubles["503"] += 1
                assert int(reply.header("Retry-After") or "") >= 1 and set(reply.json) == {"error"}
            return reply

        return insist(noted)


@contextlib.contextmanager
def studied(database: str, pool: Pool, folder: Path, servers: int = 1) -> Iterator[tuple[Crowd, Store]]:
    """A new study in a database, on so many servers."""
    clock = Clock(folder, SPEED)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(contextlib.closing(Store.open(database, clock=clock)))
        Study.create(store, pool, b"s" * 32)
        folders = {"paired": pool.folder}
        yield Crowd([stack.enter_context(served(database, folders, clock)) for _ in range(servers)]), store


def check(crowd: Crowd, store: Store) -> None:
    """What was acknowledged is there, as it was given, once; and nothing else is, as everybody insisted."""
    rows = {row["trial_id"]: row["chosen_side"] for row in store.select("SELECT * FROM answer")}
    assert {trial: side for trial, side, _ in crowd.acknowledged} == rows
    recorded = [trial for trial, _, outcome in crowd.acknowledged if outcome == "recorded"]
    assert len(recorded) == len(set(recorded)) > 0
    assert len(crowd.acknowledged) == len(rows)  # nobody was asked the same twice
    assert store.select("SELECT COUNT(*) AS n FROM vote") == [{"n": len(rows)}]
    assert crowd.finished > 0
    sessions = store.select("SELECT COUNT(*) AS n FROM session WHERE finished_at_s IS NOT NULL")
    assert sessions[0]["n"] >= crowd.finished
    if store._engine.dialect.name == "sqlite":
        assert store.select("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_kill_9_under_load_loses_no_acknowledged_answer(database: str, pool: Pool, tmp_path: Path) -> None:
    """Three times, with all requests under way; people ask again until the server is back, and go on."""
    with studied(database, pool, tmp_path) as (crowd, store):
        with crowd.voting():
            for _ in range(3):
                crowd.wait_for(VOTES)
                crowd.servers[0].kill()
                crowd.servers[0].start()
            crowd.wait_for(VOTES)
        assert crowd.troubles["no connection"] >= 3
        check(crowd, store)


def test_two_servers_serve_one_study(database: str, pool: Pool, tmp_path: Path) -> None:
    """Everyone talks to both, now this, now that; and to one while the other is dead."""
    with studied(database, pool, tmp_path, servers=2) as (crowd, store):
        with crowd.voting():
            for server in crowd.servers:
                crowd.wait_for(VOTES)
                server.kill()
                crowd.wait_for(VOTES // 2)
                server.start()
            crowd.wait_for(VOTES)
        check(crowd, store)
        _race(crowd, store)


def _race(crowd: Crowd, store: Store) -> None:
    """Forty answers to one trial at once, half of them on either server."""
    first = Participant(crowd.servers[0])
    first.begin()
    trial: Any = first.trial()
    time.sleep(protocol.sequence_ms() / 1000 / SPEED)
    people = [Participant(crowd.servers[number % 2], cookie=first.cookie) for number in range(40)]
    together, replies = threading.Barrier(40), []

    def answer(number: int) -> None:
        side = protocol.PAIR_SIDES[number % 2]
        together.wait()
        replies.append((side, people[number].answer(trial["trial_id"], side)))

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in [first, *people]:
        one.close()
    assert Counter(reply.json["outcome"] for _, reply in replies) == {"recorded": 1, "already answered": 39}
    [side] = [side for side, reply in replies if reply.json["outcome"] == "recorded"]
    rows = store.select("SELECT chosen_side FROM answer WHERE trial_id = :t", t=trial["trial_id"])
    assert rows == [{"chosen_side": side}]


def test_a_database_that_dies_comes_back_with_everything(pool: Pool, tmp_path: Path) -> None:
    """PostgreSQL is shut down at once, then killed: pages are told to wait, the server lives, and people go on."""
    with postgresql.running() as server, studied(server.database(), pool, tmp_path) as (crowd, store):
        with crowd.voting():
            for how in (signal.SIGQUIT, signal.SIGKILL):
                crowd.wait_for(VOTES)
                told = crowd.troubles["503"]
                server.kill(how)
                while crowd.troubles["503"] == told:
                    time.sleep(0.01)
                server.start()
            crowd.wait_for(VOTES)
        assert crowd.servers[0].process and crowd.servers[0].process.poll() is None
        assert crowd.troubles["no connection"] == 0
        store._engine.dispose()  # the test's own connections died too
        check(crowd, store)
