"""Who is here: the sessions of all visitors, from the first photo until nobody has touched them for long enough."""

import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from colorgan.web.decoding import SHARED, Decoder
from colorgan.web.limits import Limits
from colorgan.web.quota import Quota, QuotaError
from colorgan.web.session import PageSession
from colorgan.web.session_files import CALL_PREFIX

REST_S = 45.0  # without a touch, after which pixels are given back: with the time between two looks, within a minute
LOOK_S = 10.0  # between two looks at who is idle


class Visits:
    """The sessions of all visitors, each found by its own token alone: after a reload, from Compare, by Back.

    A thread looks after them. Who does nothing for a moment has their pixels given back, which come again when they
    go on; who does nothing for `limits.keep_minutes` is gone with all files. Whether a browser is still there does not
    count: a program could hold a connection for ever, and another has none.
    """

    def __init__(
        self,
        folder: Path,
        limits: Limits,
        *,
        rest_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        decoder: Decoder = SHARED,
    ):
        self.folder, self.limits, self.decoder = folder, limits, decoder
        self.rest_s, self.keep_s = REST_S if rest_s is None else rest_s, 60.0 * limits.keep_minutes
        self.quota: Quota | None = None
        self._clock = clock
        self._sessions: dict[str, PageSession] = {}
        self._changing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._sweepers: list[Callable[[], None]] = [self._sweep_calls]

    def new(self) -> PageSession:
        """A new session."""
        return self.enter(PageSession(self.folder, self.limits.max_megapixels, decoder=self.decoder))

    def enter(self, session: PageSession) -> PageSession:
        """Look after a session from now on."""
        session.files.check = lambda: self.check(session.visitor, 0, session.folder)
        self.touch(session)
        with self._changing:
            self._sessions[session.token] = session
            if self._thread is None:
                self._thread = threading.Thread(target=self._look_after, name="colorgan-visits", daemon=True)
                self._thread.start()
        return session

    def find(self, token: str) -> PageSession | None:
        """The session of a token, if it is still there; to look for it is a touch."""
        with self._changing:
            session = self._sessions.get(token)
        if session is not None:
            self.touch(session)
        return session

    def of(self, visitor: str) -> list[PageSession]:
        """The sessions of one visitor."""
        with self._changing:
            return [session for session in self._sessions.values() if session.visitor == visitor]

    def touch(self, session: PageSession) -> None:
        """Its person does something."""
        session.used_at = self._clock()

    def end(self, session: PageSession) -> None:
        """Nothing of the session is left, whoever visits it."""
        with self._changing:
            self._sessions.pop(session.token, None)
        session.close()

    def also_sweep(self, sweep: Callable[[], None]) -> None:
        """Call this as well at each look."""
        self._sweepers.append(sweep)

    def look(self) -> None:
        """See who is idle now: the thread does so every few seconds."""
        now = self._clock()
        with self._changing:
            sessions = list(self._sessions.values())
        for session in sessions:
            idle = now - session.used_at
            if idle >= self.keep_s:
                self.end(session)
            elif idle >= self.rest_s:
                session.rest()
        self.decoder.let_go(self.rest_s)
        for sweep in self._sweepers:
            sweep()

    def _look_after(self) -> None:
        while True:
            time.sleep(min(LOOK_S, self.rest_s, self.keep_s))
            try:
                self.look()
            except Exception as error:  # one visit never keeps the others here
                sys.stderr.write(f"colorgan page: {type(error).__name__} while looking after visits\n")

    def check(self, visitor: str, coming: int = 0, *folders: Path) -> None:
        """Refuse what a visitor would keep in all sessions and these folders: QuotaError.

        Sessions that were started over from, and could be gone back to, make room first.
        """
        if self.quota is None:
            return
        own = self.of(visitor) if visitor else []
        try:
            self.quota.check(coming, *{*folders, *(session.folder for session in own)})
        except QuotaError:
            away = [session for session in own if session.away]
            if not away:
                raise
            for session in away:
                self.end(session)
            self.quota.check(coming, *{*folders, *(session.folder for session in own if not session.away)})

    def _sweep_calls(self) -> None:
        """Remove what calls of programs left for their callers to fetch."""
        for left in self.folder.glob(f"{CALL_PREFIX}*"):
            try:
                if time.time() - left.stat().st_mtime > self.keep_s:
                    shutil.rmtree(left, ignore_errors=True)
            except OSError:
                continue
