"""Sessions that a page can come back to: after a reload, from Compare, by Back, and once it was closed."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from colorgan.web.session import PageSession

KEPT_HOURS = 24.0  # after the last visit, or after "Start over"


@dataclass
class _Stay:
    """A session, how many visits it has just now, and when it goes if there are none."""

    session: PageSession
    visits: int = 0
    ends_at: float = float("inf")


class Visits:
    """The sessions of all visitors, each found by its own token alone.

    A page that was reloaded is a new visit to Gradio, which forgets the old one an hour later. A session that nobody
    visits stays for `kept_hours`, so that a tab that was closed can go on with it.
    """

    def __init__(self, kept_hours: float = KEPT_HOURS, clock: Callable[[], float] = time.monotonic) -> None:
        self.kept_hours = kept_hours
        self._clock = clock
        self._stays: dict[str, _Stay] = {}
        self._changing = threading.Lock()

    def enter(self, session: PageSession) -> PageSession:
        """One more visit to a session, new or not."""
        self.sweep()
        with self._changing:
            stay = self._stays.setdefault(session.token, _Stay(session))
            stay.visits, stay.ends_at = stay.visits + 1, float("inf")
        return session

    def find(self, token: str) -> PageSession | None:
        """The session of a token, if it is still there."""
        self.sweep()
        with self._changing:
            stay = self._stays.get(token)
        return stay.session if stay else None

    def leave(self, session: PageSession) -> None:
        """One visit less; after the last one the session waits to be found again, if there is anything in it."""
        with self._changing:
            stay = self._stays.get(session.token)
            if stay is None:
                return
            stay.visits = max(stay.visits - 1, 0)
            if stay.visits == 0:
                session.rest()
                stay.ends_at = self._clock() + 3600 * (self.kept_hours if session.items else 0)
        self.sweep()

    def end(self, session: PageSession) -> None:
        """Nothing of the session is left, whoever visits it."""
        with self._changing:
            self._stays.pop(session.token, None)
        session.close()

    def sweep(self) -> None:
        """End the sessions whose time is over."""
        with self._changing:
            over = [stay.session for stay in self._stays.values() if stay.ends_at <= self._clock()]
        for session in over:
            self.end(session)
