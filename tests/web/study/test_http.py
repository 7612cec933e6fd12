"""The study over real HTTP: what its JSON says, what it refuses, and what a browser is told to keep."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases.study import SECRET, Visitor, serving, small_pool
from cases.voting import Clock, other
from PIL import Image
from sqlalchemy import text

from colorgan.voting.pool import Pool
from colorgan.voting.privacy import RateLimiter
from colorgan.voting.protocol import Plan, sequence_ms
from colorgan.voting.store import Store
from colorgan.voting.study import Study
from colorgan.web.study import Studies

PLAN = Plan(practice=2, scored=4, catch=2)


@pytest.fixture(scope="module")
def pools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pool]:
    folder = tmp_path_factory.mktemp("pools")
    return {
        "pairs": small_pool(folder / "pairs", PLAN, photos=10),
        "singles": small_pool(folder / "singles", PLAN, quick=True, photos=12),
    }


@pytest.fixture
def store(light: Store) -> Store:
    return light


@pytest.fixture
def study(store: Store, pools: dict[str, Pool]) -> Study:
    return Study.create(store, pools["pairs"], SECRET)


@pytest.fixture
def address(study: Study) -> Iterator[str]:
    with serving([study]) as address:
        yield address


@pytest.fixture
def visitor(address: str) -> Iterator[Visitor]:
    with Visitor(address, "pairs") as visitor:
        yield visitor


def side_of(study: Study, trial: Any) -> Any:
    rows = study.store.select("SELECT fake_side FROM trial WHERE trial_id = :t", t=trial["trial_id"])
    return rows[0]["fake_side"]


def look(clock: Clock) -> Any:
    """Let the time of a whole sequence pass."""

    def wait() -> None:
        clock.now += sequence_ms() / 1000 + 1

    return wait


def test_a_whole_session(visitor: Visitor, study: Study, clock: Clock) -> None:
    described = visitor.get().json()
    assert described == {
        "quick": False, "open": True, "consent_version": "1", "scored": 4, "catch": 2, "practice": 2,
        "exposure_ms": 1000, "started": False, "finished": False,
    }  # fmt: skip
    assert visitor.start().json() == {}
    assert visitor.get().json()["started"]
    feedback = {}
    while (trial := visitor.trial()) is not None:
        assert visitor.trial() == trial, "a reload is given another trial"
        assert visitor.get("/score").json() == {"score": None}
        image = visitor.client.get(trial["image"])
        pixels = np.asarray(Image.open(io.BytesIO(image.content)))
        assert pixels.shape == (trial["height"], 2 * trial["width"], 3)
        look(clock)()
        reply = visitor.answer(trial["trial_id"], side_of(study, trial)).json()
        feedback[trial["position"], trial["practice"]] = reply
        assert visitor.client.get(trial["image"]).status_code == 404
    practice = [reply for (_, is_practice), reply in feedback.items() if is_practice]
    assert [set(reply) for reply in practice] == [{"outcome", "fake_side"}] * 2
    rest = [reply for (_, is_practice), reply in feedback.items() if not is_practice]
    assert rest == [{"outcome": "recorded"}] * 6
    assert visitor.get("/score").json() == {"score": {"right": 6, "trials": 6, "others_right_share": None}}
    assert visitor.get().json()["finished"]
    assert visitor.get("/progress").json() == {"started": 1, "finished": 1, "kept": 1, "goal": 40, "answers": 4}


def test_a_quick_session(store: Store, pools: dict[str, Pool], clock: Clock) -> None:
    study = Study.create(store, pools["singles"], SECRET)
    with serving([study]) as address, Visitor(address, "singles") as visitor:
        assert visitor.get().json()["quick"] and visitor.get().json()["scored"] is None
        visitor.start(device_class="phone")
        seen = visitor.play(lambda trial: str(side_of(study, trial)), look(clock))
        assert [trial["of"] for trial in seen] == [None] * 12
        assert visitor.get("/score").json()["score"]["trials"] == 10


def test_what_became_of_an_answer(visitor: Visitor, study: Study, clock: Clock) -> None:
    visitor.start()
    trial = visitor.trial()
    early = visitor.answer(trial["trial_id"], "left")
    assert (early.status_code, early.json()) == (425, {"error": "too early"})
    look(clock)()
    assert visitor.answer(trial["trial_id"], "left").json()["outcome"] == "recorded"
    again = visitor.answer(trial["trial_id"], "left")
    assert again.status_code == 200 and again.json()["outcome"] == "already answered" and "fake_side" in again.json()
    late = visitor.trial()
    clock.now += 601
    assert visitor.answer(late["trial_id"], "left").status_code == 410
    assert visitor.client.get(late["image"]).status_code == 404
    for trial_id in ("0" * 32, "' OR 1=1", "\0", "x" * 500):
        assert visitor.answer(trial_id, "left").status_code == 404
    study.store.close_study("pairs")
    assert visitor.answer(late["trial_id"], "left").status_code == 409
    closed = visitor.get("/trial")
    assert (closed.status_code, closed.json()) == (409, {"error": "the study is closed"})
    with Visitor(str(visitor.client.base_url), "pairs") as newcomer:
        assert newcomer.start().status_code == 409


def test_strangers_see_nothing(visitor: Visitor, address: str) -> None:
    visitor.start()
    trial = visitor.trial()
    with Visitor(address, "pairs") as stranger:
        assert stranger.get("/trial").status_code == 403
        assert stranger.client.get(trial["image"]).status_code == 404
        assert stranger.answer(trial["trial_id"], "left").status_code == 403
        stranger.start()
        assert stranger.client.get(trial["image"]).status_code == 404
        assert stranger.answer(trial["trial_id"], "left").status_code == 404
        for forged in ("x" * 43 + "é", "short", "a b" * 20):
            reply = stranger.client.get(
                "/study/pairs/trial", headers={"cookie": f"colorgan_participant={forged}".encode()}
            )
            assert reply.status_code == 403
    for path in ("/study/nothing", "/study/nothing/trial", "/study/PAIRS", "/study/pairs/image/" + "0" * 32):
        assert visitor.client.get(path).status_code == 404


def test_the_cookie_is_out_of_reach(visitor: Visitor, address: str) -> None:
    cookie = visitor.start().headers["set-cookie"]
    name, *attributes = (part.strip() for part in cookie.split(";"))
    assert len(name.removeprefix("colorgan_participant=")) == 43
    assert {part.lower() for part in attributes} == {"httponly", "max-age=31536000", "path=/study/", "samesite=strict"}
    assert "set-cookie" not in visitor.start().headers  # one who has begun keeps theirs
    assert "set-cookie" not in visitor.get().headers


@pytest.mark.parametrize(
    ("folder", "path"),
    [("/", "/study/"), ("/colorgan/", "/colorgan/study/"), ("/a/b%20c/", "/a/b%20c/study/")]
    + [(odd, "/study/") for odd in ("", "colorgan/", "/colorgan", "//", "/a;b/", "/a\r\nb/", "https://x/")],
)
def test_the_cookie_is_for_all_studies_below_the_pages_folder(visitor: Visitor, folder: str, path: str) -> None:
    values = {"consent_version": "1", "device_class": "desktop", "colour_vision": None, "timed": True}
    cookie = visitor.post("/session", values, params={"folder": folder}).headers["set-cookie"]
    assert f"; Path={path};" in cookie and cookie.endswith("; SameSite=strict")


@pytest.mark.parametrize(
    ("host", "scheme", "partitioned"),
    [
        ("127.0.0.1:7860", "http", True),  # for browsers, what comes from the same machine is secure
        ("localhost", "http", True),
        ("study.example", "https", True),
        ("study.example", "http", False),  # no browser keeps it in a frame
    ],
)
def test_the_cookie_in_a_frame_is_partitioned(study: Study, host: str, scheme: str, partitioned: bool) -> None:
    values = {"consent_version": "1", "device_class": "desktop", "colour_vision": None, "timed": True}
    headers = {"Host": host, "X-Forwarded-Proto": scheme, "X-Forwarded-For": "203.0.113.9"}
    with serving([study], behind_proxy=True) as address, Visitor(address, "pairs") as visitor:
        cookie = visitor.post("/session", values, headers=headers, params={"framed": ""}).headers["set-cookie"]
        words = {word.strip().lower() for word in cookie.split(";")}
        assert ({"secure", "samesite=none", "partitioned", "httponly"} <= words) is partitioned
        assert ("samesite=strict" in words) is not partitioned


def test_the_cookie_is_secure_behind_an_https_proxy(study: Study) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    values = {"consent_version": "1", "device_class": "desktop", "colour_vision": None, "timed": True}
    for behind_proxy in (True, False):
        with serving([study], behind_proxy=behind_proxy) as address, Visitor(address, "pairs") as visitor:
            cookie = visitor.post("/session", values, headers=forwarded).headers["set-cookie"]
            assert ("secure" in cookie.lower()) is behind_proxy


GOOD = {"trial_id": "0" * 32, "chosen_side": "left", "response_ms": 1}


CONSENT = {"consent_version": "1", "device_class": "phone", "timed": True}
BAD_BODIES = [
    ("/answer", b"", 400),
    ("/answer", b"{", 400),
    ("/answer", b"\xff\xfe", 400),
    ("/answer", b"[" * 4000, 400),
    ("/answer", b"[]", 400),
    ("/answer", b"{}", 400),
    ("/answer", b"{" + b" " * 4096 + b"}", 413),
    ("/session", b"{}", 400),
]
for bad in (
    {"trial_id": 7}, {"trial_id": None}, {"chosen_side": "up"}, {"chosen_side": ["left"]}, {"response_ms": -1},
    {"response_ms": 1.5}, {"response_ms": True}, {"response_ms": 10**40}, {"response_ms": float("nan")},
    {"lost_focus": 0}, {"shown_left_ms": "1"}, {"fake_side": "left"},
):  # fmt: skip
    BAD_BODIES.append(("/answer", json.dumps(GOOD | bad).encode(), 400))
for bad in (
    {"consent_version": "0"}, {"device_class": "watch"}, {"device_class": {}}, {"timed": 1}, {"timed": None},
    {"colour_vision": "blue"}, {"participant": "x"},
):  # fmt: skip
    BAD_BODIES.append(("/session", json.dumps(CONSENT | bad).encode(), 400))


def test_bad_bodies(visitor: Visitor) -> None:
    visitor.client.cookies.set("colorgan_participant", "x" * 43)
    for path, body, status in BAD_BODIES:
        reply = visitor.client.post("/study/pairs" + path, content=body, headers={"content-type": "application/json"})
        assert reply.status_code == status, (body[:80], reply.text)
        [line] = reply.json().values()
        assert set(reply.json()) == {"error"} and line and "\n" not in line, body


def test_answers_come_from_our_own_pages(visitor: Visitor, address: str, study: Study, clock: Clock) -> None:
    visitor.start()
    trial = visitor.trial()
    look(clock)()
    values = {"trial_id": trial["trial_id"], "chosen_side": "left", "response_ms": 500}
    for headers in (
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": address},
        {"Sec-Fetch-Site": "same-site"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ):
        assert visitor.post("/answer", values, headers=headers).status_code == 403, headers
    assert study.progress().answers == 0
    for headers in ({"Origin": address}, {"Sec-Fetch-Site": "same-origin"}):
        assert visitor.post("/answer", values, headers=headers).status_code == 200, headers


def test_pictures_have_constant_headers_and_are_never_kept(visitor: Visitor, study: Study, clock: Clock) -> None:
    visitor.start()
    kept = []
    for _ in range(4):
        trial = visitor.trial()
        image = visitor.client.get(trial["image"], headers={"Accept-Encoding": "gzip, br"})
        kept.append({name: value for name, value in image.headers.items() if name not in ("date", "content-length")})
        assert int(image.headers["content-length"]) == len(image.content)
        look(clock)()
        visitor.answer(trial["trial_id"], "left")
    assert kept == [kept[0]] * 4
    assert kept[0]["cache-control"] == "no-store, no-transform" and kept[0]["content-type"] == "image/png"
    assert not {"etag", "last-modified", "content-encoding", "server"} & set(kept[0])


def test_pages_and_assets(visitor: Visitor, address: str) -> None:
    for path in ("/vote", "/results", "/vote?study=pairs"):
        page = visitor.client.get(path)
        assert page.status_code == 200 and page.headers["content-type"] == "text/html; charset=utf-8"
        policy = page.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy
        assert "<style" not in page.text and " style=" not in page.text and "onclick" not in page.text
        assert "server" not in page.headers
    assert visitor.client.get("/", follow_redirects=False).headers["location"] == "vote"
    for path in (
        "/vote?study=nothing",
        "/quick?study=pairs",
        "/study-assets/nothing.js",
        "/study-assets/..%2fserver.py",
    ):
        assert visitor.client.get(path).status_code == 404
    assert visitor.client.get("/quick", follow_redirects=False).headers["location"] == "vote"
    script = visitor.client.get("/study-assets/vote.js")
    assert script.headers["content-type"].startswith("text/javascript")
    again = visitor.client.get("/study-assets/vote.js", headers={"If-None-Match": script.headers["etag"]})
    assert again.status_code == 304 and not again.content


def test_a_study_that_comes_later(study: Study, store: Store, pools: dict[str, Pool]) -> None:
    studies = Studies(preparing=True)
    with serving(studies) as address, Visitor(address, "pairs") as visitor:
        waiting = visitor.client.get("/vote")
        assert waiting.status_code == 200 and 'http-equiv="refresh"' in waiting.text
        assert visitor.get().status_code == 404
        studies.add(study)
        studies.preparing = False
        assert 'data-study="pairs"' in visitor.client.get("/vote").text
        assert visitor.get().json()["open"]


def test_too_many_requests(study: Study) -> None:
    clock = Clock()
    limiters = {"limiter": RateLimiter(60, 20, clock=clock), "session_limiter": RateLimiter(60, 2, clock=clock)}
    with serving([study], **limiters) as address, Visitor(address, "pairs") as visitor:
        assert [visitor.start().status_code for _ in range(3)] == [200, 200, 429]
        statuses = [visitor.get("/trial") for _ in range(20)]
        assert [reply.status_code for reply in statuses] == [200] * 17 + [429] * 3
        assert int(statuses[-1].headers["retry-after"]) > 0
        assert visitor.client.get("/vote").status_code == 429
        spoofed = visitor.get("/trial", headers={"X-Forwarded-For": "203.0.113.9"})
        assert spoofed.status_code == 429, "an address that anybody can write counts"
        clock.now += 60
        assert visitor.get("/trial").status_code == 200


def test_behind_a_proxy_visitors_count_apart(study: Study) -> None:
    clock = Clock()
    with (
        serving([study], behind_proxy=True, limiter=RateLimiter(60, 1, clock=clock)) as address,
        Visitor(address, "pairs") as visitor,
    ):

        def status(forwarded: str) -> int:
            return visitor.get(headers={"X-Forwarded-For": forwarded}).status_code

        assert [status("203.0.113.1"), status("203.0.113.2"), status("203.0.113.1")] == [200, 200, 429]
        # What the proxy appended counts, not what the client wrote before it.
        assert status("198.51.100.7, 203.0.113.1") == 429


def test_a_database_that_does_not_answer(visitor: Visitor, store: Store) -> None:
    visitor.start()
    with store._write() as connection:
        connection.execute(text("ALTER TABLE answer RENAME TO lost"))
    try:
        reply = visitor.get("/trial")
        assert reply.status_code == 503 and int(reply.headers["retry-after"]) > 0
        assert set(reply.json()) == {"error"} and "SELECT" not in reply.text
    finally:
        with store._write() as connection:
            connection.execute(text("ALTER TABLE lost RENAME TO answer"))
    assert visitor.trial() is not None


def test_a_picture_that_changed_is_not_served(tmp_path: Path, store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    study = Study.create(store, small_pool(tmp_path / "changed", Plan(1, 1, 1), photos=3), SECRET)
    with serving([study]) as address, Visitor(address, "changed") as visitor:
        visitor.start()
        trial = visitor.trial()
        for file in (tmp_path / "changed" / "images").iterdir():
            file.write_bytes(file.read_bytes() + b"x")
        reply = visitor.client.get(trial["image"])
        assert reply.status_code == 503 and str(tmp_path) not in reply.text
    assert capfd.readouterr().err.count("changed since the study opened") == 1


def test_the_routes_need_neither_gradio_nor_torch() -> None:
    script = "import sys, colorgan.web.study; print(sorted({'torch', 'gradio', 'fastapi'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


def test_wrong_answers_get_the_same_bytes(visitor: Visitor, study: Study, clock: Clock) -> None:
    visitor.start()
    replies = set()
    while (trial := visitor.trial()) is not None:
        look(clock)()
        right = side_of(study, trial)
        reply = visitor.answer(trial["trial_id"], right if trial["position"] % 2 else other(right))
        if not trial["practice"]:
            replies.add((reply.content, *sorted((k, v) for k, v in reply.headers.items() if k != "date")))
    assert len(replies) == 1
