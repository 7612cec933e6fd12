"""The study over real HTTP against people who want to know the answers, to vote twice, or to stop others voting."""

import contextlib
import json
import random
import secrets
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from cases.stimuli import SIDE_PX, Sepia, chunks, picture
from cases.study_client import CONSENT, COOKIE, SEEN, Clock, Participant, Reply, Server, served
from scipy import stats

from colorgan.voting import protocol
from colorgan.voting.pool import Pool
from colorgan.voting.privacy import new_token
from colorgan.voting.protocol import Plan
from colorgan.voting.rendering import build_pool
from colorgan.voting.sources import StudyModel, StudyPhoto
from colorgan.voting.store import Store
from colorgan.voting.study import Study

PLAN = Plan(practice=1, scored=8, catch=4)
SEQUENCE_S = protocol.sequence_ms() / 1000
CHANCE = 1e-4  # how often a test of statistics may fail where there is nothing to find


class Arena:
    """Studies that are served, and what their operator knows."""

    def __init__(self, folder: Path, pools: dict[str, Pool]):
        self.folder, self.pools, self.clock = folder, pools, Clock(folder)
        self.database = str(folder / "study.sqlite3")
        self.store = Store.open(self.database, clock=self.clock)
        for pool in pools.values():
            Study.create(self.store, pool, b"s" * 32)
        self.folders = {name: pool.folder for name, pool in pools.items()}

    def secret(self, trial: dict[str, Any]) -> dict[str, Any]:
        [row] = self.store.select("SELECT * FROM trial WHERE trial_id = :t", t=trial["trial_id"])
        return row

    def answers(self, trial_id: str) -> list[str]:
        rows = self.store.select("SELECT chosen_side FROM answer WHERE trial_id = :t", t=trial_id)
        return [row["chosen_side"] for row in rows]


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    folder = tmp_path_factory.mktemp("arena")
    photos = [StudyPhoto(f"holiday-{seed}.jpg", picture(seed)) for seed in range(16)]
    models = [StudyModel("sepia-model", Sepia(), "r1")]
    common: dict[str, Any] = {"plan": PLAN, "side_px": SIDE_PX}
    pools = {
        "paired": build_pool(folder / "paired", "paired", photos, models, **common),
        "quick": build_pool(folder / "quick", "quick", photos, models, quick=True, **common),
    }
    arena = Arena(folder, pools)
    yield arena
    arena.store.close()


@pytest.fixture(scope="module")
def server(arena: Arena) -> Iterator[Server]:
    with served(arena.database, arena.folders, arena.clock) as server:
        yield server


@pytest.fixture
def somebody(server: Server) -> Iterator[Callable[..., Participant]]:
    """People who have agreed to take part."""
    with contextlib.ExitStack() as stack:

        def begin(study: str = "paired", **options: Any) -> Participant:
            participant = Participant(server, study, **options)
            stack.callback(participant.close)
            assert participant.begin().status == 200
            return participant

        yield begin


Begin = Callable[..., Participant]


def other(side: str) -> str:
    return {"left": "right", "right": "left", "whole": "none", "none": "whole"}[side]


def at_once(number: int, work: Callable[[int], Any]) -> list[Any]:
    together = threading.Barrier(number)

    def one(index: int) -> Any:
        together.wait()
        return work(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


# What a browser receives


Heard = list[tuple[dict[str, Any], dict[str, Any], dict[str, Reply], float, float]]


def hear(arena: Arena, server: Server, seed: int) -> Heard:
    """Of whole sessions, each trial: what the operator knows, what was sent, all replies, and how long two took.

    Answers are right or wrong by the flip of a coin; pictures are asked for three times, their median time counts.
    """
    coin, trials = random.Random(seed), []
    for study, people in (("paired", 6), ("quick", 2)):
        for _ in range(people):
            participant = Participant(server, study)
            participant.begin()
            while (trial := participant.trial()) is not None:
                replies = {"again": participant.get("/trial")}
                times = []
                for _ in range(3):
                    begun = time.perf_counter()
                    replies["image"] = participant.request("GET", trial["image"])
                    times.append(time.perf_counter() - begun)
                row = arena.secret(trial)
                arena.clock.jump(SEQUENCE_S + 1)
                row["right"] = coin.random() < 0.5
                begun = time.perf_counter()
                replies["answer"] = participant.answer(
                    trial["trial_id"], row["fake_side"] if row["right"] else other(row["fake_side"])
                )
                answered = time.perf_counter() - begun
                replies["twice"] = participant.answer(trial["trial_id"], row["fake_side"])
                replies["gone"] = participant.request("GET", trial["image"])
                trials.append((row, trial, replies, float(np.median(times)), answered))
            participant.close()
    return trials


@pytest.fixture(scope="module")
def heard(arena: Arena, server: Server) -> Heard:
    return hear(arena, server, seed=1)


def test_replies_are_the_same_to_the_last_byte(heard: Any) -> None:
    """Right, wrong, catch: one reply outside practice, headers and all; and one more for an answer sent twice."""
    seen: dict[str, Counter[object]] = defaultdict(Counter)
    classes = Counter()
    for row, _, replies, _, _ in heard:
        if row["kind"] != "practice":
            classes[row["kind"], row["right"]] += 1
            for name in ("answer", "twice", "gone"):
                seen[name][replies[name].but_its_date()] += 1
    assert {(kind, right) for kind in ("scored", "catch", "single") for right in (True, False)} == set(classes)
    assert {name: len(kinds) for name, kinds in seen.items()} == {"answer": 1, "twice": 1, "gone": 1}
    [[status, *_, body]] = seen["answer"]
    assert (status, json.loads(body)) == (200, {"outcome": "recorded"})


def test_a_trial_as_sent_has_no_room_for_the_answer(heard: Any) -> None:
    """But for a random name, a place and a size all trials of a study are one."""
    rest = defaultdict(set)
    for row, trial, replies, _, _ in heard:
        assert trial["image"].endswith(f"/image/{trial['trial_id']}")
        assert replies["again"].json["trial"] == trial
        left = {key: value for key, value in trial.items() if key not in ("trial_id", "position", "image")}
        rest[row["kind"]].add(json.dumps(left))
        assert left.keys() == {"of", "practice", "timed", "exposure_ms", "width", "height"}
    assert rest["scored"] == rest["catch"] and len(rest["scored"]) == len(rest["single"]) == 1


def test_names_are_not_about_what_they_name(heard: Any) -> None:
    """No bit of a trial's name goes with its side: 128 tests at once, allowed one false alarm in ten thousand runs."""
    pairs = [(row["fake_side"] in ("left", "whole"), int(row["trial_id"], 16)) for row, *_ in heard]
    sides = np.array([side for side, _ in pairs])
    bits = np.array([[name >> bit & 1 for bit in range(128)] for _, name in pairs])
    for bit in range(128):
        table = np.array([[np.sum((bits[:, bit] == b) & (sides == s)) for b in (0, 1)] for s in (0, 1)])
        assert stats.fisher_exact(table).pvalue > CHANCE / 128
    assert len({name for _, name in pairs}) == len(pairs)


def test_pictures_come_alike(arena: Arena, heard: Any) -> None:
    """Headers are the same for every picture; the length is the stimulus's, whichever side; nothing may be kept."""
    headers, lengths = set(), defaultdict(set)
    for row, _, replies, _, _ in heard:
        image = replies["image"]
        assert image.status == 200
        headers.add(tuple(one for one in image.headers if one[0].lower() not in ("date", "content-length")))
        lengths[row["stimulus_id"]].add(image.header("Content-Length"))
        assert len(image.body) == int(image.header("Content-Length"))
        assert [name for name, _ in chunks(image.body)] == ["IHDR", "IDAT", "paDd", "IEND"]
    [names] = headers
    values = {name.lower(): value for name, value in names}
    assert "no-store" in values["cache-control"] and values["content-type"] == "image/png"
    assert not {"etag", "last-modified", "content-encoding", "server", "content-disposition"} & values.keys()
    assert all(len(length) == 1 for length in lengths.values())
    for name, pool in arena.pools.items():
        for one in pool.manifest["stimuli"]:
            assert len({len(pool.image(one["stimulus_id"], side)) for side in one["files"]}) == 1, name


def test_names_of_photos_models_and_files_stay_on_the_server(arena: Arena, server: Server, heard: Any) -> None:
    """In no reply, whether header, page, script or picture."""
    visitor = Participant(server)
    pages = ["/", "/vote", "/quick", "/results", "/results?study=paired", "/study/paired", "/study/paired/progress"]
    pages += ["/openapi.json", "/docs", "/nothing", "/study/nothing/trial", "/study/paired/trial"]
    replies = [visitor.request("GET", page) for page in pages]
    scripts = {word for reply in replies for word in reply.body.decode().split('"') if word.startswith("study-assets")}
    replies += [visitor.request("GET", script) for script in scripts]
    visitor.close()
    assert scripts
    everything = b"\n".join(
        repr(reply.headers).encode() + reply.body
        for reply in [*replies, *(reply for _, _, replies, _, _ in heard for reply in replies.values())]
    )
    for pool in arena.pools.values():
        secret = {pool.manifest_sha256, "sepia-model", "wrong-colours"}
        for photo in pool.manifest["photos"]:
            secret |= {photo["photo_id"], photo["sha256"][:20], "holiday"}
        for one in pool.manifest["stimuli"]:
            secret |= {one["stimulus_id"], one["pixel_sha256"], *one["files"].values()}
        for word in secret:
            assert word.encode() not in everything, word


def test_time_tells_neither_right_nor_catch_nor_side(arena: Arena, server: Server, heard: Heard) -> None:
    """Rank tests. Right and side were drawn at random for each trial, so that a busy machine is no excuse; and what
    tells does so in other sessions too, but for chance."""
    if min(told_by_time(heard)) <= CHANCE:
        assert min(told_by_time(hear(arena, server, seed=2))) > CHANCE


def told_by_time(heard: Heard) -> list[float]:
    """How likely so much difference in time is where time tells nothing: of right, catch, and either kind of side."""

    def p(times: list[tuple[bool, float]]) -> float:
        one, two = ([time for flag, time in times if flag is which] for which in (True, False))
        assert min(len(one), len(two)) > 8
        return float(stats.mannwhitneyu(one, two).pvalue)

    judged = [one for one in heard if one[0]["kind"] != "practice"]
    paired = [one for one in judged if one[0]["kind"] != "single"]
    single = [one for one in judged if one[0]["kind"] == "single"]
    return [
        p([(row["right"], answered) for row, _, _, _, answered in judged]),
        p([(row["kind"] == "catch", answered) for row, _, _, _, answered in paired]),
        p([(row["fake_side"] == "left", image) for row, _, _, image, _ in paired]),
        p([(row["fake_side"] == "whole", image) for row, _, _, image, _ in single]),
    ]


def test_no_reply_waits_for_its_own_head(heard: Any) -> None:
    """Nagle's algorithm and a delayed acknowledgement would make it 40 ms each, however fast the server is."""
    assert min(answered for *_, answered in heard) < 0.03
    assert min(image for *_, image, _ in heard) < 0.03


def test_half_of_each_kind_is_on_the_left(heard: Any) -> None:
    sides = Counter((row["kind"], row["fake_side"]) for row, *_ in heard)
    for kind, (one, two) in (("scored", protocol.PAIR_SIDES), ("catch", protocol.PAIR_SIDES)):
        assert sides[kind, one] == sides[kind, two] > 0


FORBIDDEN = [
    "/study-assets/../study/__init__.py",
    "/study-assets/..%2fstudy%2f__init__.py",
    "/study-assets/%2e%2e/server.py",
    "/study-assets/%00",
    "/study-assets/",
    "/study/paired/image/../../../manifest.json",
    "/study/paired/image/..%2f..%2fmanifest.json",
    "/study/paired/image/%00",
    "/study/paired/image/" + "0" * 32,
    "/study/paired/image/" + "a" * 5000,
    "/study/..%2fpaired/trial",
    "/study/PAIRED",
    "/study/%ff",
    "//etc/passwd",
    "/manifest.json",
    "/study.sqlite3",
]


@pytest.mark.parametrize("path", FORBIDDEN)
def test_paths_lead_to_nothing(somebody: Begin, path: str) -> None:
    reply = somebody().request("GET", path)
    assert reply.status in (400, 404), reply
    assert len(reply.body) < 300 and b"Traceback" not in reply.body


def test_stored_files_are_not_served(arena: Arena, somebody: Begin) -> None:
    """Nor under the names that they have on the disk."""
    one, participant = arena.pools["paired"].manifest["stimuli"][0], somebody()
    for name in (one["stimulus_id"], f"{one['stimulus_id']}-left", f"{one['stimulus_id']}-left.png"):
        assert participant.get(f"/image/{name}").status == 404
        assert participant.request("GET", f"/study-assets/{name}").status == 404


# Whose trial, and when


def test_pictures_are_of_the_trial_that_is_out(arena: Arena, somebody: Begin) -> None:
    """None of another person, none that comes later, none that was answered, none that is too old."""
    participant, stranger = somebody(), somebody()
    trial = participant.trial()
    assert trial and participant.request("GET", trial["image"]).status == 200
    missing = stranger.request("GET", trial["image"])
    assert missing.status == 404
    assert missing.but_its_date() == stranger.get(f"/image/{secrets.token_hex(16)}").but_its_date()
    [own] = arena.store.select("SELECT session_id FROM trial WHERE trial_id = :t", t=trial["trial_id"])
    for row in arena.store.select("SELECT trial_id FROM trial WHERE session_id = :s", s=own["session_id"]):
        if row["trial_id"] != trial["trial_id"]:
            assert participant.get(f"/image/{row['trial_id']}").status == 404
            assert participant.answer(row["trial_id"], "left").status == 404
    arena.clock.jump(SEQUENCE_S)
    assert participant.answer(trial["trial_id"], "left").status == 200
    assert participant.request("GET", trial["image"]).status == 404
    following = participant.trial()
    arena.clock.jump(protocol.ANSWER_WITHIN_MS / 1000 + 1)
    assert following and participant.request("GET", following["image"]).status == 404


def test_answers_of_others_and_forged_ones_are_alike_and_unknown(arena: Arena, somebody: Begin) -> None:
    participant, stranger = somebody(), somebody()
    trial = participant.trial()
    assert trial
    stranger.trial()
    arena.clock.jump(SEQUENCE_S)
    name = trial["trial_id"]
    near = [name[:-1] + f"{int(name[-1], 16) ^ 1:x}", name.upper() if name.upper() != name else "A" * 32, name + "0"]
    near += [name[:-1], f" {name}", f"{name}\x00", f"{name}\n", "é" * 32, "0" * 32, "%", "' OR 1=1 --", ""]
    replies = [participant.answer(forged, "left") for forged in near]
    replies += [stranger.answer(name, "left"), participant.answer(name, "whole")]
    assert {reply.but_its_date() for reply in replies} == {replies[0].but_its_date()}
    assert replies[0].status == 404 and arena.answers(name) == []
    quick = Participant(participant.server, "quick", cookie=participant.cookie)
    assert quick.begin().status == 200
    quick.close()
    assert participant.answer(name, "left").status == 200


def test_too_early_and_too_late(arena: Arena, somebody: Begin) -> None:
    participant = somebody()
    trial = participant.trial()
    assert trial
    early = participant.answer(trial["trial_id"], "left")
    assert (early.status, early.json) == (425, {"error": "too early"})
    arena.clock.jump(SEQUENCE_S)
    assert participant.answer(trial["trial_id"], "left").json["outcome"] == "recorded"
    following = participant.trial()
    assert following
    arena.clock.jump(protocol.ANSWER_WITHIN_MS / 1000 + 1)
    late = participant.answer(following["trial_id"], "left")
    assert (late.status, late.json) == (410, {"error": "too late"})
    assert arena.answers(following["trial_id"]) == []


def test_an_answer_is_for_good(arena: Arena, somebody: Begin) -> None:
    participant = somebody()
    trial = participant.trial()
    assert trial
    arena.clock.jump(SEQUENCE_S)
    participant.answer(trial["trial_id"], "left")
    for _ in range(3):
        again = participant.answer(trial["trial_id"], "right")
        assert (again.status, again.json["outcome"]) == (200, "already answered")
    assert arena.answers(trial["trial_id"]) == ["left"]


BAD_COOKIES = ["", "x", "x" * 42, "x" * 44, "x" * 42 + "=", "x" * 42 + ";", "é" * 43, '"' + "x" * 43 + '"', "x" * 8000]


def test_cookies_cannot_be_tampered_with(arena: Arena, somebody: Begin) -> None:
    participant = somebody()
    trial = participant.trial()
    assert trial and participant.cookie
    arena.clock.jump(SEQUENCE_S)
    own = participant.cookie
    changed = own[:-1] + ("A" if own[-1] != "A" else "B")
    for cookie in [*BAD_COOKIES, changed, new_token()]:
        participant.cookie = cookie.encode().decode("latin-1")
        for reply in (participant.get("/trial"), participant.answer(trial["trial_id"], "left")):
            assert reply.status in (403, 404), (cookie, reply)
        assert participant.request("GET", trial["image"]).status == 404
    participant.cookie = own
    assert participant.answer(trial["trial_id"], "left").status == 200


def test_the_cookie_is_out_of_scripts_and_other_sites_reach(server: Server) -> None:
    participant = Participant(server)
    set_cookie = participant.begin().header("Set-Cookie") or ""
    participant.close()
    words = {word.strip().lower() for word in set_cookie.split(";")}
    assert {"httponly", "samesite=strict", "path=/study/"} <= words
    assert len(set_cookie.split(";")[0]) == len(COOKIE) + 1 + 43


# Races


def test_fifty_answers_at_once(arena: Arena, server: Server, somebody: Begin) -> None:
    """On fifty connections: one is recorded, and it is the one that was told so."""
    owner = somebody()
    for _ in range(2):  # practice, and a trial without feedback
        trial = owner.trial()
        assert trial
        arena.clock.jump(SEQUENCE_S)
        people = [Participant(server, cookie=owner.cookie) for _ in range(50)]
        sides = ["left" if number % 2 else "right" for number in range(50)]
        replies = at_once(50, lambda n: people[n].answer(trial["trial_id"], sides[n]))  # noqa: B023
        for one in people:
            one.close()
        assert Counter(reply.status for reply in replies) == {200: 50}
        outcomes = [reply.json["outcome"] for reply in replies]
        assert Counter(outcomes) == {"recorded": 1, "already answered": 49}
        assert arena.answers(trial["trial_id"]) == [sides[outcomes.index("recorded")]]
        assert len({reply.json.get("fake_side") for reply in replies}) == 1


def test_fifty_requests_for_a_trial_at_once(arena: Arena, server: Server, somebody: Begin) -> None:
    for study in ("paired", "quick"):
        owner = somebody(study)
        people = [Participant(server, study, cookie=owner.cookie) for _ in range(50)]
        trials = at_once(50, lambda n: people[n].trial())  # noqa: B023
        for one in people:
            one.close()
        assert len({json.dumps(trial) for trial in trials}) == 1
        row = arena.secret(trials[0])
        own = arena.store.select("SELECT issued_at_ms FROM trial WHERE session_id = :s", s=row["session_id"])
        assert sum(one["issued_at_ms"] is not None for one in own) == 1
        assert len(own) == (PLAN.trials if study == "paired" else protocol.QUICK_BLOCK)


def test_fifty_consents_at_once(arena: Arena, server: Server) -> None:
    token = new_token()
    before = arena.store.select("SELECT COUNT(*) AS n FROM session")[0]["n"]
    people = [Participant(server, cookie=token) for _ in range(50)]
    replies = at_once(50, lambda n: people[n].begin())
    for one in people:
        one.close()
    assert {reply.status for reply in replies} == {200}
    assert not any(reply.header("Set-Cookie") for reply in replies)
    assert arena.store.select("SELECT COUNT(*) AS n FROM session")[0]["n"] == before + 1


# Bad requests

BODIES = {
    "no JSON": b"left",
    "half": b'{"trial_id": "',
    "bytes": bytes(range(256)),
    "UTF-16": '{"trial_id": ""}'.encode("utf-16"),
    "empty": b"",
    "array": b"[]",
    "null": b"null",
    "number": b"1e400",
    "NaN": b'{"trial_id": NaN}',
    "deep": b"[" * 4000,
    "surrogate": b'{"trial_id": "\\ud800", "chosen_side": "\\ud800", "response_ms": 1}',
    "huge number": b'{"trial_id": "a", "chosen_side": "left", "response_ms": 1' + b"0" * 3000 + b"}",
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", ["/answer", "/session"])
def test_garbage_is_refused_in_one_line(somebody: Begin, path: str, name: str) -> None:
    reply = somebody().post(path, BODIES[name])
    assert reply.status == 400
    assert set(reply.json) == {"error"} and "\n" not in reply.json["error"] and len(reply.body) < 300


@pytest.mark.parametrize(
    "changes",
    [
        {"chosen_side": "up"},
        {"chosen_side": ["left"]},
        {"response_ms": -1},
        {"response_ms": "800"},
        {"response_ms": 1e3},
        {"response_ms": True},
        {"response_ms": 2**70},
        {"shown_left_ms": {}},
        {"lost_focus": 1},
        {"fake_side": "left"},
        {"trial_id": 5},
        {"trial_id": None},
    ],
    ids=str,
)
def test_values_are_checked(arena: Arena, somebody: Begin, changes: dict[str, object]) -> None:
    participant = somebody()
    trial = participant.trial()
    assert trial
    arena.clock.jump(SEQUENCE_S)
    reply = participant.post("/answer", {"trial_id": trial["trial_id"], "chosen_side": "left", **SEEN, **changes})
    assert reply.status == 400 and set(reply.json) == {"error"}
    assert arena.answers(trial["trial_id"]) == []


ELSEWHERE = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "multipart/form-data; boundary=x"},
    {"Content-Type": ""},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_other_sites_cannot_answer(arena: Arena, somebody: Begin, headers: dict[str, str]) -> None:
    participant = somebody()
    trial = participant.trial()
    assert trial
    arena.clock.jump(SEQUENCE_S)
    body = {"trial_id": trial["trial_id"], "chosen_side": "left", **SEEN}
    for path, values in (("/answer", body), ("/session", CONSENT)):
        reply = participant.post(path, values, headers)
        assert reply.status == 403
        assert not any(name.lower().startswith("access-control") for name, _ in reply.headers)
    assert arena.answers(trial["trial_id"]) == []
    own = {"Origin": f"http://127.0.0.1:{participant.server.port}", "Sec-Fetch-Site": "same-origin"}
    assert participant.post("/answer", body, own).status == 200


def test_methods_that_are_not_meant(somebody: Begin) -> None:
    participant = somebody()
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        for path in ("/answer", "/trial", "/session"):
            assert participant.request(method, f"/study/paired{path}").status == 405
    assert participant.get("/answer").status == 405
    assert participant.post("/trial", {}).status == 405


def raw(server: Server, *parts: bytes) -> bytes:
    """Bytes to the server -> the first bytes of what it says, until it closes or says no more for a second."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            return connection.recv(65_536)
        except (ConnectionResetError, BrokenPipeError):
            with contextlib.suppress(OSError):
                return connection.recv(65_536)
            return b""


POST = b"POST /study/paired/answer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def test_huge_bodies_are_refused_before_they_are_read(server: Server) -> None:
    announced = raw(server, POST + b"Content-Length: 10000000000\r\n\r\n", b"x" * 8192)
    assert b" 413 " in announced.split(b"\r\n")[0]
    chunked = raw(
        server, POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n" * 1, b"1\r\nx\r\n"
    )
    assert b" 413 " in chunked.split(b"\r\n")[0]


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00" + bytes(200),
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 1_000_000,
        POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        POST + b"Content-Length: -1\r\n\r\n{}",
    ],
    ids=lambda request: request[:12].decode("latin-1"),
)
def test_what_is_no_http_is_refused(server: Server, request_: bytes) -> None:
    said = raw(server, request_)
    assert said == b"" or b" 400 " in said.split(b"\r\n")[0] or b" 431 " in said.split(b"\r\n")[0]


def test_slow_clients_keep_nobody_waiting(arena: Arena, server: Server, somebody: Begin) -> None:
    """Three hundred connections that never finish a request, in their headers or in their body."""
    with contextlib.ExitStack() as stack:
        for number in range(300):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            connection.sendall(POST + (b"Content-Length: 100\r\n\r\n{" if number % 2 else b"X-Slow: "))
        participant, seconds = somebody(), []
        for _ in range(3):
            begun = time.monotonic()
            trial = participant.trial()
            assert trial and participant.request("GET", trial["image"]).status == 200
            arena.clock.jump(SEQUENCE_S)
            assert participant.answer(trial["trial_id"], "left").status == 200
            seconds.append(time.monotonic() - begun)
        assert min(seconds) < 5 / 3  # the least: another program may have the processor


def test_connections_that_stall_are_closed(arena: Arena) -> None:
    """In the headers, in the body, and in a reply that is not read; not those of people, who watch a sequence."""
    with served(arena.database, arena.folders, arena.clock, check_s=0.25) as server, contextlib.ExitStack() as stack:
        participant = Participant(server)
        stack.callback(participant.close)
        participant.begin()
        trial = participant.trial()
        assert trial
        asked = f"GET /{trial['image']} HTTP/1.1\r\nHost: x\r\nCookie: {COOKIE}={participant.cookie}\r\n\r\n".encode()
        beginnings = [b"", b"GET / HT", POST + b"X-Slow: ", POST + b"Content-Length: 100\r\n\r\n{"]
        beginnings += [asked * 1000, asked]
        stalled = []
        for beginning in beginnings:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=20))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(beginning)
            stalled.append(connection)
        while not stalled[-1].recv(65_536).endswith(b"IEND\xaeB`\x82"):
            pass
        stalled[-1].sendall(b"GET / HT")
        assert server.process
        process, give_up = psutil.Process(server.process.pid), time.monotonic() + 120
        theirs = {connection.getsockname()[1] for connection in stalled}
        while any(one.raddr and one.raddr.port in theirs for one in process.net_connections("tcp")):
            assert time.monotonic() < give_up
            time.sleep(0.1)
        arena.clock.jump(SEQUENCE_S)
        assert participant.answer(trial["trial_id"], "left").status == 200  # on the connection it had all the time


# Floods


@pytest.fixture(scope="module")
def narrow(arena: Arena) -> Iterator[Server]:
    """A server that allows an address 20 requests at once and hardly more."""
    with served(arena.database, arena.folders, arena.clock, per_minute=1, burst=20, sessions_at_once=3) as server:
        yield server


@pytest.fixture(scope="module")
def proxied(arena: Arena) -> Iterator[Server]:
    options = {"per_minute": 1, "burst": 20, "sessions_at_once": 3, "behind_proxy": True}
    with served(arena.database, arena.folders, arena.clock, **options) as server:
        yield server


def flood(participant: Participant, headers: Callable[[int], dict[str, str]] = lambda _: {}) -> list[int]:
    with contextlib.closing(participant):
        return [participant.get("", headers(number)).status for number in range(30)]


def test_a_flood_drowns_its_own_address_alone(narrow: Server) -> None:
    statuses = flood(Participant(narrow, source="127.0.0.2"))
    assert statuses == [200] * 20 + [429] * 10
    drowned, neighbour = Participant(narrow, source="127.0.0.2"), Participant(narrow, source="127.0.0.3")
    refused = drowned.get("/trial")
    assert refused.status == 429 and int(refused.header("Retry-After") or "") >= 1
    assert drowned.begin().status == drowned.answer("0" * 32, "left").status == 429
    assert drowned.request("GET", "/vote").status == drowned.get(f"/image/{'0' * 32}").status == 429
    assert neighbour.begin().status == 200 and neighbour.trial() is not None
    drowned.close()
    neighbour.close()


def test_forwarded_addresses_count_only_from_a_trusted_proxy(narrow: Server, proxied: Server) -> None:
    """Otherwise a flood would come from as many addresses as it likes."""

    def spoofed(number: int) -> dict[str, str]:
        address = f"203.0.113.{number}"
        return {"X-Forwarded-For": address, "Forwarded": f"for={address}", "X-Real-IP": address}

    assert flood(Participant(narrow, source="127.0.0.4"), spoofed) == [200] * 20 + [429] * 10
    # Behind a proxy, whoever is not that proxy cannot speak for others either.
    assert flood(Participant(proxied, source="127.0.0.4"), spoofed) == [200] * 20 + [429] * 10
    # What the proxy says counts, what a client wrote before it does not: the proxy adds to the end.
    own = [{"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.7"} for number in range(30)]
    assert flood(Participant(proxied), own.__getitem__) == [200] * 20 + [429] * 10
    assert flood(Participant(proxied), spoofed) == [200] * 30


def test_one_address_begins_few_sessions(narrow: Server) -> None:
    """Each is a new person otherwise: no cookie, no history."""
    statuses = []
    for _ in range(5):
        participant = Participant(narrow, source="127.0.0.5")
        statuses.append(participant.begin().status)
        participant.close()
    assert statuses == [200] * 3 + [429] * 2


# Until it closes


def test_nobody_learns_rates_before_the_end(arena: Arena, server: Server, somebody: Begin, heard: Any) -> None:
    """Progress counts; a score is one's own and comes at the end."""
    participant = somebody()
    assert participant.get("/score").json == {"score": None}
    trial = participant.trial()
    assert trial
    arena.clock.jump(SEQUENCE_S)
    participant.answer(trial["trial_id"], "left")
    assert participant.get("/score").json == {"score": None}
    assert set(participant.get("/progress").json) == {"started", "finished", "kept", "goal", "answers"}
    page = participant.request("GET", "/results?study=paired").body.decode().split("<main", 1)[1]
    assert "still running" in page
    for figure in ("of 100 trials", "%", "d′", "fooled", "<svg", "left out"):
        assert figure not in page, figure
