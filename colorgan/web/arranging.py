"""Turning, cutting and leafing through the photos of a session; what each click asks for, by its name.

Every function takes a session, what a browser sent, and the models; what is wrong becomes the session's `error`.
Those that begin a photo anew are generators, which stop at each step that can be shown.
"""

from collections.abc import Callable, Iterator
from typing import Any

from PIL import Image

from colorgan.photo.fitting import fit
from colorgan.photo.framing import WHOLE, Box, Framing
from colorgan.web.history import History, Mark, MarkKind
from colorgan.web.items import PhotoItem
from colorgan.web.messages import as_sentence, describe_failure
from colorgan.web.models import Models
from colorgan.web.own_colours import own_hints
from colorgan.web.places import inside, moved_history, moved_marks, shifted, turned
from colorgan.web.session import PageSession

UNASKED = "look_around"  # of the names below, the one that no person asks for
SURE = 0.9  # that it is upright by another turn, for which that is offered: docs/log.md has what it costs
LOOKED_AT_EDGE = 512  # pixels
State = tuple[History | None, Framing, tuple[Mark, ...], int]  # of a photo that is turned and cut


def arrange(session: PageSession, what: str, sent: Any, models: Models) -> Iterator[None]:
    """Do what a browser asks for: one of the names below, with a value of its own."""
    change = CHANGES.get(what)
    if change is None:
        session.error = "This page is of another version than its server: please load it again."
        yield
        return
    try:
        with session.turn:
            steps = change(session, sent, models)
        while steps is not None:
            with session.turn:  # not over a yield, after which another thread may go on
                next(steps)
            yield
    except StopIteration:
        pass
    except (TypeError, ValueError, LookupError) as error:
        session.error = as_sentence(str(error))
    except Exception as error:
        session.error = as_sentence(describe_failure(error))
    yield


def step(session: PageSession, sent: Any, models: Models) -> None:
    """To the next photo with colours (1), or the one before (-1)."""
    there = [index for index, item in enumerate(session.items) if item.coloured]
    if session.opened in there:
        place = there.index(session.opened) + (1 if int(sent) > 0 else -1)
        session.opened = there[place % len(there)]


def remove(session: PageSession, sent: Any, models: Models) -> None:
    """A photo leaves, by its index, and can be brought back."""
    index = int(sent)
    if not 0 <= index < len(session.items):
        raise ValueError("this photo is no longer here")
    session.set_aside(index)


def bring_back(session: PageSession, sent: Any, models: Models) -> None:
    """The photo that was removed last is there again."""
    session.bring_back()


def turn(session: PageSession, sent: Any, models: Models) -> Iterator[None]:
    """The open photo is turned by so many quarters to the right, with all that was said of it."""
    item, quarters = _open(session), int(sent) % 4
    was = _state(item)
    assert item.history
    size, whole = item.history.size, Framing(item.framing.quarters).size_of(*item.whole_size)
    after = (size[1], size[0]) if quarters % 2 else size
    item.history = moved_history(item.history, after, turned(quarters, size))
    item.cut_off = moved_marks(item.cut_off, turned(quarters, whole))
    item.framing = item.framing.turned(quarters, *whole)
    yield from _anew(session, item, models, was)


def cut(session: PageSession, sent: Any, models: Models) -> Iterator[None]:
    """Of the open photo a part stays, (left, top, right, bottom) in shares of its sides."""
    item = _open(session)
    was = _state(item)
    assert item.history
    width, height = item.history.size
    left, top, right, bottom = (min(max(float(one), 0.0), 1.0) for one in sent)
    box: Box = (round(left * width), round(top * height), round(right * width), round(bottom * height))
    framing = item.framing.cut(box)
    size = (box[2] - box[0], box[3] - box[1])
    before, (across, down) = item.history.told.marks, item.framing.box[:2] if item.framing.box else (0, 0)
    item.history = moved_history(item.history, size, shifted(-box[0], -box[1]))
    kept = {mark.number for mark in item.history.told.marks}
    lost = tuple(mark for mark in before if mark.number not in kept)
    item.cut_off, item.framing = (*item.cut_off, *moved_marks(lost, shifted(across, down))), framing
    yield from _anew(session, item, models, was)


def uncut(session: PageSession, sent: Any, models: Models) -> Iterator[None]:
    """The whole photo again."""
    item = _open(session)
    was = _state(item)
    assert item.history
    if item.framing.box:
        whole = Framing(item.framing.quarters)
        size, (left, top) = whole.size_of(*item.whole_size), item.framing.box[:2]
        item.history = moved_history(item.history, size, shifted(left, top), inside(item.cut_off, size))
        item.framing, item.cut_off = whole, ()
    yield from _anew(session, item, models, was)


def page(session: PageSession, sent: Any, models: Models) -> Iterator[None]:
    """Another page of the open photo's file, from 0."""
    item = _open(session)
    was, wished = _state(item), int(sent)
    if not item.decoded or not 0 <= wished < item.decoded.pages:
        raise ValueError("there is no such page")
    item.said[item.page] = item.history, item.framing, item.cut_off
    item.page, (item.history, item.framing, item.cut_off) = wished, item.said.get(wished, (None, WHOLE, ()))
    yield from _anew(session, item, models, was, whole_anew=True)


def look_around(session: PageSession, sent: Any, models: Models) -> None:
    """Whether the open photo is rather upright once it is turned; asked for once, when nothing else is to do."""
    photo = _open(session).coloured
    if not photo or not photo.retouch or photo.likelier is not None:
        return
    photo.likelier = 0
    model, orientation = photo.model, photo.model.orientation
    if orientation is None:
        return
    with Image.open(photo.decoded.shown) as shown:
        small = fit(shown.convert("L"), LOOKED_AT_EDGE)
    sure = orientation.probabilities(small, lambda image: models.predict(model, image, 0, 0)[0].memory)
    best = max(range(len(sure)), key=sure.__getitem__)
    photo.likelier = best if sure[best] > SURE else 0


def upright(session: PageSession, sent: Any, models: Models) -> None:
    """The open photo is the right way up."""
    item = _open(session)
    if item.coloured:
        item.coloured.likelier = 0


def own(session: PageSession, sent: Any, models: Models) -> None:
    """What becomes of a photo in colour: its own colours as hints ("hints"), its picture ("anew"), itself ("left")."""
    item = _open(session)
    photo = item.coloured
    if not photo or not item.history:
        return
    item.is_answered, photo.is_left = True, sent == "left"
    if sent == "hints":
        if not photo.retouch:
            raise ValueError(f"{photo.model.name} takes no hints: choose a model with colour words")
        with Image.open(photo.decoded.shown) as shown:
            hints = own_hints(shown, photo.decoded.size)
        told = item.history.told
        told = told.without(*(mark.number for mark in told.marks if mark.kind is MarkKind.OWN))
        for hint in hints:
            told = told.with_mark(item.history.new_mark(MarkKind.OWN, [hint]))
        item.history.tell(told)
    session.screen.paint(photo)


def vividness_for_all(session: PageSession, sent: Any, models: Models) -> Iterator[None]:
    """One vividness, 1 as predicted, for every photo that has colours."""
    from colorgan.colorizer import check_vividness

    vividness = float(sent)
    check_vividness(vividness)
    for count, item in enumerate(session.items):
        if item.coloured and item.coloured.vividness != vividness:
            item.coloured.vividness = vividness
            session.screen.paint(item.coloured)
            if count % 4 == 3:
                yield


def beside(session: PageSession, sent: Any, models: Models) -> None:
    """The picture as it is now stays beside those that are picked from now on; or no longer."""
    photo = _open(session).coloured
    if photo:
        session.screen.put_beside(photo, photo.choice if sent else None)


CHANGES: dict[str, Callable[[PageSession, Any, Models], Iterator[None] | None]] = {
    one.__name__: one
    for one in (step, remove, bring_back, turn, cut, uncut, page, look_around, upright, own, vividness_for_all, beside)
}


def _open(session: PageSession) -> PhotoItem:
    if session.item is None:
        raise ValueError("open a photo first")
    return session.item


def _state(item: PhotoItem) -> State:
    return item.history, item.framing, item.cut_off, item.page


def _anew(
    session: PageSession, item: PhotoItem, models: Models, was: State, whole_anew: bool = False
) -> Iterator[None]:
    """Read and colour a photo again, gray first; where that fails, it stays as it was."""
    former, item.coloured, decoded, item.decoded = item.coloured, None, item.decoded, None
    session.read(item)
    yield
    if not item.failure:
        session.colorize(item, models, None if whole_anew else former)
    if item.failure:
        session.error, item.failure = as_sentence(item.failure), ""
        item.decoded, item.coloured = decoded, former
        item.history, item.framing, item.cut_off, item.page = was
