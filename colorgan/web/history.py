"""What a person said of one photo's colours, mark by mark, with undo and redo without end. Knows no web framework."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain

from colorgan.hints import Hint, PhotoHints, check_hints


class MarkKind(StrEnum):
    """How a mark came to be."""

    POINT = "point"
    STROKE = "stroke"
    KEPT = "kept"  # a colour that was there is to stay
    REFERENCE = "reference"  # taken from another photo
    OWN = "own"  # what the photo itself has


@dataclass(frozen=True)
class Mark:
    """One thing that was said: the hints of a click, or of all places along a stroke. `number` is its own for good."""

    number: int
    kind: MarkKind
    hints: tuple[Hint, ...]

    @property
    def middle(self) -> Hint:
        """The hint that stands for all of them."""
        return self.hints[len(self.hints) // 2]

    def moved(self, across: float, down: float, size: tuple[int, int]) -> "Mark":
        """The same so many pixels further, as far as it stays inside a photo of (width, height) pixels."""
        xs, ys = [hint.x for hint in self.hints], [hint.y for hint in self.hints]
        across = min(max(across, -min(xs)), size[0] - 0.01 - max(xs))
        down = min(max(down, -min(ys)), size[1] - 0.01 - max(ys))
        return replace(self, hints=tuple(replace(one, x=one.x + across, y=one.y + down) for one in self.hints))

    def coloured(self, kind: MarkKind, colours: Sequence[str]) -> "Mark":
        """The same places in other colours: one for each hint, or one for all."""
        each = colours if len(colours) == len(self.hints) else [colours[0]] * len(self.hints)
        hints = tuple(replace(hint, colour=colour) for hint, colour in zip(self.hints, each, strict=True))
        return replace(self, kind=kind, hints=hints)


@dataclass(frozen=True)
class Told:
    """All that was said at one time. `daring` is the dial: 0 the mean of what is likely, 1 the drawing of the seed."""

    marks: tuple[Mark, ...] = ()
    seed: int = 0
    daring: float = 0.0

    @property
    def hints(self) -> tuple[Hint, ...]:
        """Of all marks."""
        return tuple(chain.from_iterable(mark.hints for mark in self.marks))

    @property
    def is_nothing(self) -> bool:
        """Whether nobody said anything yet."""
        return not self.marks and self.daring == 0

    def mark(self, number: int) -> Mark | None:
        """A mark by its number."""
        return next((mark for mark in self.marks if mark.number == number), None)

    def with_mark(self, mark: Mark) -> "Told":
        """With a mark in the place of the one of its number, or as the last."""
        if self.mark(mark.number) is None:
            return replace(self, marks=(*self.marks, mark))
        return replace(self, marks=tuple(mark if one.number == mark.number else one for one in self.marks))

    def without(self, *numbers: int) -> "Told":
        """Without some of the marks."""
        return replace(self, marks=tuple(mark for mark in self.marks if mark.number not in numbers))


@dataclass(eq=False)
class History:
    """What was said of a photo of (width, height) pixels, step by step. It outlives the model that is asked.

    at: which of the steps holds. numbers: of marks, given away. dialled: the last step came from the dial, which goes
    through many on its way.
    """

    size: tuple[int, int]
    steps: list[Told] = field(default_factory=lambda: [Told()])
    at: int = 0
    numbers: int = 0
    dialled: bool = False

    @property
    def told(self) -> Told:
        """What holds now."""
        return self.steps[self.at]

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self.at > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step was taken back."""
        return self.at < len(self.steps) - 1

    def tell(self, told: Told) -> None:
        """Say something else from now on. ValueError, and nothing changes, where hints are too many or outside."""
        check_hints(told.hints, self.size)
        if told != self.told:
            self.steps[self.at + 1 :] = [told]
            self.at += 1
            self.dialled = False

    def dial(self, daring: float) -> None:
        """Turn the dial from calm to daring; one turn is one step, however many places it passes."""
        if self.dialled and not self.can_redo:
            self.steps[self.at] = replace(self.told, daring=daring)
        else:
            self.tell(replace(self.told, daring=daring))
            self.dialled = self.told.daring == daring and self.at > 0

    def undo(self) -> None:
        """Take the last step back, if there is one."""
        self.at, self.dialled = max(self.at - 1, 0), False

    def redo(self) -> None:
        """Take the step again that was taken back last, if there is one."""
        self.at, self.dialled = min(self.at + 1, len(self.steps) - 1), False

    def new_mark(self, kind: MarkKind, hints: Iterable[Hint]) -> Mark:
        """A mark with a number that no other has or had."""
        self.numbers += 1
        return Mark(self.numbers, kind, tuple(hints))

    def take(self, said: PhotoHints) -> None:
        """Say what a file of hints says, in place of all that was said. ValueError where it is of another photo."""
        said = said.at_size(self.size)
        kinds = [MarkKind.KEPT if hint.colour is None else MarkKind.POINT for hint in said.hints]
        marks = tuple(self.new_mark(kind, [hint]) for kind, hint in zip(kinds, said.hints, strict=True))
        self.tell(Told(marks, said.seed, said.daring or 0.0))

    def through(self, size: tuple[int, int], change: Callable[[Told], Told]) -> "History":
        """The same steps, each changed, for a photo that is now of (width, height) pixels."""
        return History(size, [change(step) for step in self.steps], self.at, self.numbers, self.dialled)

    def sidecar(self, vividness: float) -> PhotoHints:
        """All that was said, as a file beside the photo has it."""
        return PhotoHints(self.size, self.told.hints, self.told.seed, self.told.daring, vividness)
