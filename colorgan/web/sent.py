"""What a visitor sends with an event, checked before Gradio sees it: its form, whose session it is, whose files."""

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from colorgan.web.uploads import Uploads

_SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_SESSIONS = 20_000  # whose visitor is remembered


class RefusedEventError(Exception):
    """An event that gets no answer: an HTTP status and one line on why."""

    def __init__(self, line: str, status: int = 400):
        super().__init__(line)
        self.status = status


class Events:
    """Checks events. `inputs`, how many values each of a page's functions takes, is known once the pages are built."""

    def __init__(self, uploads: Uploads):
        self.uploads = uploads
        self.inputs: Mapping[int, int] = {}
        self._visitors: OrderedDict[str, str] = OrderedDict()  # by session, the one used last at the end
        self._changing = threading.Lock()

    def check(self, path: str, body: bytes, visitor: str) -> None:
        """Refuse what is no event of this visitor's: RefusedEventError, one line."""
        try:
            sent = json.loads(body)
        except (ValueError, RecursionError):  # brackets nested too deep are no event of ours either
            raise RefusedEventError("an event must be JSON") from None
        if not isinstance(sent, dict):
            raise RefusedEventError("an event must be a JSON object")
        if path.endswith("queue/join"):
            self._check_form(sent)
        if (session := sent.get("session_hash")) is not None:
            self.check_session(session, visitor)
        for named in _paths(sent):
            if not isinstance(named, str) or not self.uploads.is_of(Path(named), visitor):
                raise RefusedEventError("an event may name files that its visitor has uploaded, and no others", 403)

    def visitor_of(self, session: str | None) -> str | None:
        """Whose a session is."""
        with self._changing:
            return self._visitors.get(session or "")

    def check_session(self, session: object, visitor: str) -> None:
        """Refuse a session that another visitor has begun."""
        if not isinstance(session, str) or not _SESSION.fullmatch(session):
            raise RefusedEventError("session_hash must be up to 64 letters and digits")
        with self._changing:
            owner = self._visitors.setdefault(session, visitor)
            self._visitors.move_to_end(session)
            while len(self._visitors) > _MOST_SESSIONS:
                self._visitors.popitem(last=False)
        if owner != visitor:
            raise RefusedEventError("this session is another visitor's", 403)

    def _check_form(self, sent: dict[str, Any]) -> None:
        index, data = sent.get("fn_index"), sent.get("data")
        if not isinstance(index, int) or index not in self.inputs:
            raise RefusedEventError("fn_index must be the number of a function of this page")
        if not isinstance(data, list) or len(data) != self.inputs[index]:
            raise RefusedEventError(f"data must be a list of {self.inputs[index]} values")
        if not isinstance(sent.get("event_data"), dict | None):
            raise RefusedEventError("event_data must be an object")
        if not isinstance(sent.get("session_hash"), str):
            raise RefusedEventError("session_hash must be there")


def _paths(sent: object) -> Iterator[object]:
    """Whatever is named as the path of a file, however deep."""
    left = [sent]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            if one.get("path"):
                yield one["path"]
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
