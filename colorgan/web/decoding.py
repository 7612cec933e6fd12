"""Decoded photos of all visits, within one budget of memory, whoever asks.

Who needs pixels waits in turn until there is room for them, and has it until the work is done. The last photos that
were decoded are held, since people stay with one for a while; they go where somebody else needs the room, or when
nobody has used them for some time.
"""

import contextlib
import functools
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from colorgan.machine import give_back_memory
from colorgan.photo import Photo
from colorgan.photo.finding import stated_megapixels

BUDGET_MEGABYTES = 2048  # one photo of 120 megapixels at a time, or eleven of 12
# Measured on a WebP of 115 megapixels: 15 bytes a pixel while it is read, or its picture written; 4 once it is there.
BYTES_AT_WORK, BYTES_HELD = 16, 4
_Method = TypeVar("_Method", bound=Callable[..., Any])


@dataclass
class _Held:
    photo: Photo
    path: Path
    used_at: float

    @property
    def size(self) -> int:
        """Bytes."""
        return self.photo.image.width * self.photo.image.height * BYTES_HELD


class Decoder:
    """Decodes photos; safe to share between threads."""

    def __init__(self, megabytes: int = BUDGET_MEGABYTES):
        self._budget = megabytes * 2**20
        self._at_work = 0
        self._held: OrderedDict[Hashable, _Held] = OrderedDict()  # the one used last at the end
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()
        self._mine = threading.local()  # `room`: bytes that this thread's work has, None outside of work

    @contextlib.contextmanager
    def work(self) -> Iterator[None]:
        """Whatever room photos take inside is kept to the end: for the pictures that are made of them.

        The first photo waits for its room, those after it do not: who waits for more while having some could wait for
        ever.
        """
        if getattr(self._mine, "room", None) is not None:
            yield
            return
        self._mine.room = 0
        try:
            yield
        finally:
            taken, self._mine.room = self._mine.room, None
            with self._changed:
                self._at_work -= taken
                self._changed.notify_all()

    def photo(self, key: Hashable, path: Path, max_megapixels: float, decode: Callable[[], Photo]) -> Photo:
        """What `decode` makes of a file, or made of it before: `key` says what it is."""
        with self.work():
            self._take(round(stated_megapixels(path, max_megapixels) * 1e6) * BYTES_AT_WORK, key)
            with self._changed:
                held = self._held.get(key)
            photo = held.photo if held else decode()
            with self._changed:
                self._held[key] = _Held(photo, path, time.monotonic())
                self._held.move_to_end(key)
            return photo

    @contextlib.contextmanager
    def room(self, need: int) -> Iterator[None]:
        """So many bytes for other work than a photo's; waits in turn for them."""
        with self.work():
            self._take(need, None)
            yield

    def let_go(self, unused_s: float = 0.0, below: Path | None = None) -> None:
        """Hold no longer what was not used for so many seconds, of the files in one folder or of all."""
        before = time.monotonic() - unused_s
        with self._changed:
            gone = [
                key
                for key, one in self._held.items()
                if one.used_at <= before and (below is None or one.path.is_relative_to(below))
            ]
            for key in gone:
                del self._held[key]
            self._changed.notify_all()
        if gone:
            give_back_memory()

    @property
    def held_bytes(self) -> int:
        """Of the photos that are held."""
        return sum(one.size for one in self._held.values())

    def _take(self, need: int, key: Hashable) -> None:
        if self._mine.room:  # this work has room already: two steps with one photo, or one more photo
            with self._changed:
                more = max(need - self._mine.room, 0)
                self._at_work += more
            self._mine.room += more
            return
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                self._changed.wait_for(lambda: self._waiting[0] is ticket and self._make_room(need, key))
                self._at_work += need
                self._mine.room = need
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def _make_room(self, need: int, key: Hashable) -> bool:
        """Whether there is room for so many bytes, if need be without what else is held; for one alone there always
        is."""
        if self._at_work and self._at_work + need > self._budget:
            return False
        others = [other for other in self._held if other != key]  # the photo itself is part of what it needs
        held = sum(self._held[other].size for other in others)
        dropped = False
        while others and self._at_work + need + held > self._budget:
            held -= self._held.pop(others.pop(0)).size
            dropped = True
        if dropped:
            give_back_memory()
        return True


def with_pixels(method: _Method) -> _Method:
    """A method of what has a `decoder`, as one piece of its work."""

    @functools.wraps(method)
    def working(self: Any, *arguments: Any, **named: Any) -> Any:
        with self.decoder.work():
            return method(self, *arguments, **named)

    return working  # type: ignore[return-value]


SHARED = Decoder()  # of this process: memory is one, however many pages there are
