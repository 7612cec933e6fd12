"""Sessions that a page can come back to: after a reload, from Compare, by the browser's Back."""

import threading

from colorgan.web.session import PageSession


class Visits:
    """The sessions of all visitors, each found by its own token alone.

    A page that was reloaded is a new visit to Gradio, which forgets the old one an hour later: a session goes when the
    last of its visits does.
    """

    def __init__(self) -> None:
        self._sessions: dict[str, tuple[PageSession, int]] = {}
        self._changing = threading.Lock()

    def enter(self, session: PageSession) -> PageSession:
        """One more visit to a session, new or not."""
        with self._changing:
            _, visits = self._sessions.get(session.token, (session, 0))
            self._sessions[session.token] = session, visits + 1
        return session

    def find(self, token: str) -> PageSession | None:
        """The session of a token, if it is still there."""
        with self._changing:
            session, _ = self._sessions.get(token, (None, 0))
        return session

    def leave(self, session: PageSession) -> None:
        """One visit less; after the last one nothing of the session is left."""
        with self._changing:
            _, visits = self._sessions.get(session.token, (session, 1))
            if visits > 1:
                self._sessions[session.token] = session, visits - 1
                return
        self.end(session)

    def end(self, session: PageSession) -> None:
        """Nothing of the session is left, whoever visits it."""
        with self._changing:
            self._sessions.pop(session.token, None)
        session.close()
