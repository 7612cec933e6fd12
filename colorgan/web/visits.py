"""Who is here: the sessions of all visitors, from the first photo until nobody has touched them for long enough."""

import shutil
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from colorgan.files import one_line
from colorgan.web import keeping
from colorgan.web.decoding import SHARED, Decoder
from colorgan.web.limits import Limits
from colorgan.web.quota import Quota, QuotaError
from colorgan.web.session import PageSession
from colorgan.web.session_files import CALL_PREFIX

REST_S = 45.0  # without a touch, after which pixels are given back: with the time between two looks, within a minute
AWAKE = 24  # sessions that may hold pixels at once, about 10 MB each; those that were touched last
LOOK_S = 10.0  # between two looks at who is idle


class Visits:
    """The sessions of all visitors, each found by its own token alone: after a reload, from Compare, by Back.

    A thread looks after them. Who does nothing for a moment, or while `AWAKE` others do something, has their pixels
    given back, which come again when they go on; who does nothing for `limits.keep_minutes` is gone with all files.
    Whether a browser is still there does not count: a program could hold a connection for ever, and another has none.

    keeps: sessions are written down, and there again when the server is started anew (keeping.py).
    """

    def __init__(
        self,
        folder: Path,
        limits: Limits,
        *,
        keeps: bool = False,
        rest_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        decoder: Decoder = SHARED,
    ):
        self.folder, self.limits, self.decoder, self.keeps = folder, limits, decoder, keeps
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
            sessions = sorted(self._sessions.values(), key=lambda one: one.used_at)
        for one in sessions[:-AWAKE]:
            if not one.is_resting:
                self._rest(one)
        return session

    def find(self, token: str) -> PageSession | None:
        """The session of a token, if it is still there; to look for it is a touch."""
        with self._changing:
            session = self._sessions.get(token)
        if session is not None:
            self.touch(session)
        return session

    def keep(self, session: PageSession) -> None:
        """Its person has done something: write it down, where sessions are kept."""
        if not self.keeps or session.closed or not (session.items or session.removed):
            return
        try:
            keeping.keep(session)
        except OSError as error:
            sys.stderr.write(f"colorgan page: photos cannot be kept: {one_line(error)}\n")

    def go_on(self, sources: Sequence[str]) -> None:
        """Take up the sessions that were kept, and remove whatever else lies in the folder.

        sources: of the models there are.
        """
        for folder in self.folder.iterdir() if self.folder.is_dir() else ():
            try:
                idle = keeping.idle_s(folder)
                if idle >= self.keep_s:
                    raise ValueError("it is too long ago")
                session = keeping.read(folder, self.limits.max_megapixels, self.decoder, sources)
            except (OSError, ValueError):
                shutil.rmtree(folder, ignore_errors=True)
                continue
            self.enter(session).used_at = self._clock() - idle

    def of(self, visitor: str) -> list[PageSession]:
        """The sessions of one visitor."""
        with self._changing:
            return [session for session in self._sessions.values() if session.visitor == visitor]

    def touch(self, session: PageSession) -> None:
        """Its person does something."""
        session.used_at, session.is_resting = self._clock(), False

    def _rest(self, session: PageSession) -> None:
        session.is_resting = True
        session.rest()

    def idle_s(self, session: PageSession) -> float:
        """How long ago that was."""
        return self._clock() - session.used_at

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
        with self._changing:
            sessions = list(self._sessions.values())
        for session in sessions:
            idle = self.idle_s(session)
            if idle >= self.keep_s:
                self.end(session)
            elif idle >= self.rest_s:
                self._rest(session)
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
