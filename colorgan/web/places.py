"""What was said of a photo, when the photo is turned or cut: every place goes along."""

from collections.abc import Callable
from dataclasses import replace
from itertools import chain

from colorgan.hints import Hint, PhotoHints
from colorgan.photo.framing import WHOLE, Framing, in_whole, turn_point
from colorgan.web.history import History, Mark, Told

Move = Callable[[float, float], tuple[float, float]]
Size = tuple[int, int]
_EDGE = 0.01  # pixels: the far edges do not belong to a photo


def moved_hint(hint: Hint, move: Move) -> Hint:
    """A hint at the place that its own becomes, its lasso with it."""
    x, y = move(hint.x, hint.y)
    return replace(hint, x=x, y=y, lasso=None if hint.lasso is None else tuple(move(*corner) for corner in hint.lasso))


def is_inside(hint: Hint, size: Size) -> bool:
    """Whether a hint is a place of a photo of (width, height) pixels."""
    return 0 <= hint.x < size[0] and 0 <= hint.y < size[1]


def moved_marks(marks: tuple[Mark, ...], move: Move) -> tuple[Mark, ...]:
    """All marks at other places."""
    return tuple(replace(mark, hints=tuple(moved_hint(hint, move) for hint in mark.hints)) for mark in marks)


def inside(marks: tuple[Mark, ...], size: Size) -> tuple[Mark, ...]:
    """What of the marks lies in a photo of (width, height) pixels."""
    kept = [replace(mark, hints=tuple(hint for hint in mark.hints if is_inside(hint, size))) for mark in marks]
    return tuple(mark for mark in kept if mark.hints)


def moved_history(history: History, size: Size, move: Move, more: tuple[Mark, ...] = ()) -> History:
    """All steps for a photo that is now of (width, height) pixels, with what was outside until now (`more`) in each."""

    at: dict[int, tuple[Mark, ...]] = {}  # where a mark is now, by its identity: steps go on sharing them

    def moved(told: Told) -> Told:
        numbers = {mark.number for mark in told.marks}
        back = tuple(mark for mark in more if mark.number not in numbers)
        for mark in told.marks:
            if id(mark) not in at:
                at[id(mark)] = inside(moved_marks((mark,), move), size)
        return replace(told, marks=(*chain.from_iterable(at[id(mark)] for mark in told.marks), *back))

    return history.through(size, moved)


def turned(quarters: int, size: Size) -> Move:
    """Where places of a photo of (width, height) pixels are once it is turned to the right."""
    after = (size[1], size[0]) if quarters % 2 else size

    def move(x: float, y: float) -> tuple[float, float]:
        x, y = turn_point(x, y, size, quarters)
        return min(max(x, 0.0), after[0] - _EDGE), min(max(y, 0.0), after[1] - _EDGE)

    return move


def shifted(across: float, down: float) -> Move:
    """Where places are once so much was cut off (below 0) or put back at the left and the top."""
    return lambda x, y: (x + across, y + down)


def of_whole(said: PhotoHints, framing: Framing, whole: Size) -> PhotoHints:
    """What was said of a framed photo, as said of the whole one, upright as it was, of (width, height) pixels."""
    if framing == WHOLE:
        return said
    turned_size = Framing(framing.quarters).size_of(*whole)
    hints = tuple(moved_hint(hint, lambda x, y: in_whole(x, y, framing, turned_size)) for hint in said.hints)
    return replace(said, size=whole, hints=hints)


def of_framed(said: PhotoHints, framing: Framing, whole: Size) -> PhotoHints:
    """What was said of the whole photo, as said of the framed one; what is cut off is left out.

    Raises:
        ValueError: it was said of another photo.
    """
    said = said.at_size(whole)
    if framing == WHOLE:
        return said
    left, top = framing.box[:2] if framing.box else (0, 0)
    turn, size = turned(framing.quarters, whole), framing.size_of(*whole)

    def move(x: float, y: float) -> tuple[float, float]:
        x, y = turn(x, y)
        return x - left, y - top

    hints = (moved_hint(hint, move) for hint in said.hints)
    return replace(said, size=size, hints=tuple(hint for hint in hints if is_inside(hint, size)))
