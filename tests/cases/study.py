"""What the tests of the study over HTTP share: small pools, a real server on loopback, and a person with a cookie."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
from cases.stimuli import Sepia, picture
from sqlalchemy import text

from colorgan.voting.pool import Pool
from colorgan.voting.privacy import RateLimiter
from colorgan.voting.protocol import Plan
from colorgan.voting.rendering import build_pool
from colorgan.voting.sources import StudyModel, StudyPhoto
from colorgan.voting.store import Store
from colorgan.voting.study import Study
from colorgan.web.study import Studies, study_app, study_server

SECRET = b"s" * 32


def small_pool(folder: Path, plan: Plan, *, quick: bool = False, photos: int = 0, **options: Any) -> Pool:
    """A pool of blobs in sepia, named as its folder is."""
    made = [StudyPhoto(f"photo {seed}", picture(seed)) for seed in range(photos or plan.trials)]
    options = {"plan": plan, "side_px": 120, **options}
    return build_pool(folder, folder.name, made, [StudyModel("sepia", Sepia(), "r1")], quick=quick, **options)


def issue(store: Store, trial_id: str, seconds_ago: float) -> None:
    """Turn back, or on, when a trial was sent out, so that no test waits for its earliest answer, or is late for it."""
    at = {"at": int((time.time() - seconds_ago) * 1000), "trial": trial_id}
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE trial SET issued_at_ms = :at WHERE trial_id = :trial"), at)


@contextlib.contextmanager
def serving(studies: Studies | Sequence[Study], *, behind_proxy: bool = False, **options: Any) -> Iterator[str]:
    """The study's own server while the block lasts -> its address; nothing is refused for its rate unless asked for."""
    free: dict[str, Any] = {"limiter": RateLimiter(1e9, 10**9), "session_limiter": RateLimiter(1e9, 10**9)}
    app = study_app(studies, **{**free, **options})
    server = study_server(app, "127.0.0.1", 0, behind_proxy=behind_proxy)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.005)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


class Visitor:
    """A browser without a screen: keeps the cookie, knows one study."""

    def __init__(self, address: str, study_id: str) -> None:
        self.client = httpx.Client(base_url=address, timeout=30)
        self.root = f"/study/{study_id}"

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def get(self, path: str = "", **options: Any) -> httpx.Response:
        return self.client.get(self.root + path, **options)

    def post(self, path: str, values: Any, **options: Any) -> httpx.Response:
        return self.client.post(self.root + path, json=values, **options)

    def start(self, **changes: Any) -> httpx.Response:
        values = {"consent_version": "1", "device_class": "desktop", "colour_vision": None, "timed": True, **changes}
        return self.post("/session", values)

    def trial(self) -> Any:
        reply = self.get("/trial")
        assert reply.status_code == 200, reply.text
        return reply.json()["trial"]

    def answer(self, trial_id: str, side: str, **changes: Any) -> httpx.Response:
        values = {"trial_id": trial_id, "chosen_side": side, "response_ms": 800, "shown_left_ms": 1000}
        return self.post("/answer", {**values, "shown_right_ms": 1000, "lost_focus": False, **changes})

    def play(self, judge: Callable[[Any], str], wait: Callable[[], None]) -> list[Any]:
        """All trials of the session, looked at and answered -> the trials as they came."""
        seen = []
        while (trial := self.trial()) is not None:
            assert self.client.get(trial["image"]).status_code == 200
            wait()
            assert self.answer(trial["trial_id"], judge(trial)).json()["outcome"] == "recorded"
            seen.append(trial)
        return seen
