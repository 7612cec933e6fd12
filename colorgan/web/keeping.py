"""A visit in a file beside its photos, so that it is there again when the server was started anew.

What people did is written down, and nothing that can be made again: the same model makes the same of the same photo.
"""

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from colorgan.files import write_whole
from colorgan.photo.framing import WHOLE, Framing
from colorgan.web.decoding import Decoder
from colorgan.web.history import History, Mark, Told
from colorgan.web.items import PhotoItem, Setting
from colorgan.web.session import PageSession

VISIT = "visit.json"  # in a session's folder; when it was changed last is when its person did something last
VERSION = 1
Size = tuple[int, int]


@dataclass(frozen=True)
class KeptStep:
    """A `Told`, its marks by their places in `KeptHistory.marks`."""

    marks: tuple[int, ...]
    seed: int
    daring: float


@dataclass(frozen=True)
class KeptHistory:
    """A `History`, with each mark once: most are in many steps."""

    size: Size
    marks: tuple[Mark, ...]
    steps: tuple[KeptStep, ...]
    at: int
    numbers: int
    dialled: bool


@dataclass(frozen=True)
class KeptPage:
    """What was said of one page of a photo's file; names as of `PhotoItem`."""

    history: KeptHistory | None
    framing: Framing
    cut_off: tuple[Mark, ...]


@dataclass(frozen=True)
class KeptItem:
    """A `PhotoItem`; `path` is below the session's folder."""

    name: str
    path: str
    failure: str
    source: str | None
    page: int
    pages: dict[int, KeptPage]
    whole_size: Size
    is_answered: bool
    look: Setting


@dataclass(frozen=True)
class KeptVisit:
    """A `PageSession`."""

    version: int
    token: str
    away: bool
    opened: int | None
    items: tuple[KeptItem, ...]
    removed: tuple[tuple[int, KeptItem], ...]
    compared: tuple[str, ...]


_VISIT = TypeAdapter(KeptVisit)


def keep(session: PageSession) -> None:
    """Write down what there is, or that it is as it was, now. OSError where that cannot be written."""
    path = session.folder / VISIT
    said = _VISIT.dump_json(_kept(session))
    with contextlib.suppress(OSError):
        if path.read_bytes() == said:
            os.utime(path)
            return
    if not session.closed:
        write_whole(path, said, mode=0o600)


def read(folder: Path, max_megapixels: float, decoder: Decoder, sources: Sequence[str]) -> PageSession:
    """The session that was kept in a folder; its photos have no colours until it is woken.

    sources: of the models there are; a photo of another gets the default one's colours.
    Raises OSError or ValueError for what is no such folder.
    """
    kept = _VISIT.validate_json((folder / VISIT).read_bytes())
    if kept.version != VERSION:
        raise ValueError(f"this colorgan reads version {VERSION}, got {kept.version}")
    session = PageSession(folder, max_megapixels, "", decoder=decoder)
    session.token, session.away, session.compared = kept.token, kept.away, kept.compared
    session.items = [_item(one, folder, sources) for one in kept.items]
    session.removed = [(index, _item(one, folder, sources)) for index, one in kept.removed]
    session.opened = kept.opened if kept.opened is not None and kept.opened < len(session.items) else None
    there = [item.path for item in (*session.items, *(item for _, item in session.removed))]
    session.files.keep_only({folder / VISIT, *there})
    return session


def idle_s(folder: Path) -> float:
    """Seconds since somebody did something in a kept session. OSError where none was."""
    return max(time.time() - (folder / VISIT).stat().st_mtime, 0.0)


def _kept(session: PageSession) -> KeptVisit:
    return KeptVisit(
        VERSION,
        session.token,
        session.away,
        session.opened,
        tuple(_kept_item(item, session.folder) for item in session.items),
        tuple((index, _kept_item(item, session.folder)) for index, item in session.removed),
        session.compared,
    )


def _kept_item(item: PhotoItem, folder: Path) -> KeptItem:
    said = {**item.said, item.page: (item.history, item.framing, item.cut_off)}
    pages = {
        page: KeptPage(_kept_history(history) if history else None, framing, cut_off)
        for page, (history, framing, cut_off) in said.items()
    }
    path = item.path.relative_to(folder).as_posix() if item.path.is_relative_to(folder) else ""
    look = item.coloured.look if item.coloured else item.look or Setting()
    return KeptItem(
        item.name, path, item.failure, item.source, item.page, pages, item.whole_size, item.is_answered, look
    )


def _kept_history(history: History) -> KeptHistory:
    marks: dict[int, Mark] = {}  # by their identity: steps share them, and some have hundreds of corners
    places: dict[int, int] = {}
    kept = []
    for step in tuple(history.steps):
        for mark in step.marks:
            marks[id(mark)] = mark
            places.setdefault(id(mark), len(places))
        kept.append(KeptStep(tuple(places[id(mark)] for mark in step.marks), step.seed, step.daring))
    return KeptHistory(history.size, tuple(marks.values()), tuple(kept), history.at, history.numbers, history.dialled)


def _item(kept: KeptItem, folder: Path, sources: Sequence[str]) -> PhotoItem:
    path = (folder / kept.path).resolve() if kept.path else Path()
    if kept.path and not path.is_relative_to(folder):
        raise ValueError(f"a photo must lie in its session's folder, got {kept.path!r}")
    said = {
        page: (_history(one.history) if one.history else None, one.framing, one.cut_off)
        for page, one in kept.pages.items()
    }
    history, framing, cut_off = said.pop(kept.page, (None, WHOLE, ()))
    return PhotoItem(
        kept.name,
        path,
        kept.failure,
        kept.source if kept.source in sources else None,
        history=history,
        page=kept.page,
        framing=framing,
        whole_size=kept.whole_size,
        said=said,
        is_answered=kept.is_answered,
        cut_off=cut_off,
        look=kept.look,
    )


def _history(kept: KeptHistory) -> History:
    steps = [Told(tuple(kept.marks[place] for place in step.marks), step.seed, step.daring) for step in kept.steps]
    if not 0 <= kept.at < len(steps):
        raise ValueError(f"at must be one of {len(steps)} steps, got {kept.at}")
    return History(kept.size, steps, kept.at, kept.numbers, kept.dialled)
