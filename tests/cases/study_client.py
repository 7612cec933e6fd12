"""The study over real HTTP, for its tests: a server in a process of its own, and people who talk to it.

The server's clock is the tests' to turn, so that nobody waits for photos that nobody looks at: it runs `speed` times
as fast as the world's, and jumps when told to.
"""

import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from colorgan.voting import protocol

SECRET = "s" * 32
COOKIE = "colorgan_participant"
CONSENT = {"consent_version": protocol.CONSENT_VERSION, "device_class": "desktop", "colour_vision": None, "timed": True}
SEEN = {"response_ms": 800, "shown_left_ms": 1000, "shown_right_ms": 1000, "lost_focus": False}


class Clock:
    """The servers' seconds of UTC: those of the world, `speed` times as fast, and whatever was jumped."""

    def __init__(self, folder: Path, speed: float = 1.0) -> None:
        self.speed, self.epoch, self.file = speed, time.time(), folder / "jumps"
        self.jump(0)

    def __call__(self) -> float:
        return self.epoch + (time.time() - self.epoch) * self.speed + float(self.file.read_text())

    def jump(self, seconds: float) -> None:
        """All servers and stores on this clock are so much later at once."""
        before = float(self.file.read_text()) if self.file.exists() else 0.0
        new = self.file.with_name("jumps.new")
        new.write_text(str(before + seconds))
        new.rename(self.file)


@dataclass
class Server:
    """A server that can be killed, and started again at the same address."""

    database: str
    studies: dict[str, Path]
    clock: Clock
    options: dict[str, Any] = field(default_factory=dict)
    port: int = 0
    process: "subprocess.Popen[str] | None" = None

    def start(self) -> "Server":
        settings = {
            "database": self.database,
            "studies": {name: str(folder) for name, folder in self.studies.items()},
            "port": self.port,
            "jumps": str(self.clock.file),
            "epoch": self.clock.epoch,
            "speed": self.clock.speed,
            "per_minute": 1e7,
            "burst": 1_000_000,
            "sessions_at_once": 100_000,
            "behind_proxy": False,
            "check_s": 10.0,
            **self.options,
        }
        environment = {**os.environ, "COLORGAN_STUDY_SECRET": SECRET}
        command = [sys.executable, "-W", "error", str(Path(__file__).parent / "study_process.py"), json.dumps(settings)]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line.strip().isdigit(), "the server did not start"
        self.port = int(line)
        return self

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process and self.process.stdout
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@contextmanager
def served(database: str, studies: dict[str, Path], clock: Clock, **options: Any) -> Iterator[Server]:
    """A running server."""
    server = Server(database, studies, clock, options).start()
    try:
        yield server
    finally:
        server.kill()


@dataclass(frozen=True)
class Reply:
    """All that a browser gets to see of a reply."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return {key.lower(): value for key, value in self.headers}.get(name.lower())

    def but_its_date(self) -> tuple[object, ...]:
        """Everything in it, byte for byte, but the time it was sent."""
        return (self.status, self.reason, tuple(one for one in self.headers if one[0].lower() != "date"), self.body)


class Participant:
    """A browser with at most one cookie, on a connection that it keeps."""

    def __init__(self, server: Server, study: str = "paired", source: str = "127.0.0.1", cookie: str | None = None):
        self.server, self.study, self.source, self.cookie = server, study, source, cookie
        self._connection: http.client.HTTPConnection | None = None

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """One request, of a path or of what the pages' folder is relative to: "study/...".

        Raises OSError or HTTPException where the server is gone; the next one connects again.
        """
        path = path if path.startswith("/") else f"/{path}"
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self.server.port, timeout=60, source_address=(self.source, 0)
            )
        cookies = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        try:
            self._connection.request(method, path, body, cookies | (headers or {}))
            reply = self._connection.getresponse()
            got = Reply(reply.status, reply.reason, reply.getheaders(), reply.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if found := re.match(rf"{COOKIE}=([^;]+)", got.header("Set-Cookie") or ""):
            self.cookie = found[1]
        return got

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, path: str, headers: dict[str, str] | None = None) -> Reply:
        return self.request("GET", f"/study/{self.study}{path}", headers=headers)

    def post(self, path: str, values: object, headers: dict[str, str] | None = None) -> Reply:
        body = values if isinstance(values, bytes) else json.dumps(values).encode()
        return self.request(
            "POST", f"/study/{self.study}{path}", body, {"Content-Type": "application/json", **(headers or {})}
        )

    def begin(self, **changes: object) -> Reply:
        """Consent."""
        return self.post("/session", CONSENT | changes)

    def trial(self) -> dict[str, Any] | None:
        """The trial that is out; None at the end."""
        reply = self.get("/trial")
        assert reply.status == 200, reply
        return reply.json["trial"]  # type: ignore[no-any-return]

    def answer(self, trial_id: str, side: str, **changes: object) -> Reply:
        return self.post("/answer", {"trial_id": trial_id, "chosen_side": side, **SEEN, **changes})


def insist(ask: Callable[[], Reply], within_s: float = 60) -> Reply:
    """Ask until there is an answer, as a page does whose connection or whose server's database is gone for a while."""
    give_up = time.monotonic() + within_s
    while True:
        try:
            reply = ask()
            if reply.status != 503:
                return reply
        except (OSError, http.client.HTTPException):
            pass
        assert time.monotonic() < give_up, "no answer"
        time.sleep(0.1)
