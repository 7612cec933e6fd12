"""One change of what is said of a photo, as a browser sends it: checked here, since it can be anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from colorgan.hints import Hint, rgb_of
from colorgan.web.history import Mark, MarkKind, Told
from colorgan.web.retouch import Retouch

MAX_PLACES = 100  # of a stroke
MAX_CORNERS = 200  # of a lasso


@dataclass(frozen=True)
class Edit:
    """A mark that is new (number 0), or one that is moved by (across, down) pixels or gets another colour.

    places: of a new mark, pixels of the photo. colour: "#rrggbb"; without one a new mark keeps what is there.
    """

    number: int = 0
    kind: MarkKind = MarkKind.POINT
    places: tuple[tuple[float, float], ...] = ()
    colour: str | None = None
    lasso: tuple[tuple[float, float], ...] | None = None
    across: float = 0.0
    down: float = 0.0

    @classmethod
    def read(cls, sent: Any) -> "Edit":
        """What a browser sent -> an edit. ValueError for what is none."""
        if not isinstance(sent, dict):
            raise ValueError(f"an edit must be an object, got {type(sent).__name__}")
        colour = sent.get("colour")
        if colour is not None:
            colour = str(colour)[:40]
            rgb_of(colour)
        lasso, number = sent.get("lasso"), sent.get("mark") or 0
        if not isinstance(number, int):
            raise ValueError("a mark must be named by its number")
        return cls(
            number,
            MarkKind(sent.get("kind") or MarkKind.POINT),
            _pairs(sent.get("places") or (), MAX_PLACES),
            colour,
            _pairs(lasso, MAX_CORNERS) if lasso else None,
            float(sent.get("across") or 0),
            float(sent.get("down") or 0),
        )

    def of(self, retouch: Retouch) -> Told:
        """All that would be said after this edit. ValueError where there is no such mark, or a place is outside."""
        mark = self._former(retouch) if self.number else self._new(retouch)
        if self.colour is not None:
            kind = MarkKind.POINT if mark.kind is not MarkKind.STROKE else mark.kind
            mark = mark.coloured(self.kind if self.kind is MarkKind.KEPT else kind, [self.colour])
        return retouch.told.with_mark(mark)

    def _former(self, retouch: Retouch) -> Mark:
        mark = retouch.told.mark(self.number)
        if mark is None:
            raise ValueError("this mark is no longer there")
        if self.across or self.down:
            mark = mark.moved(self.across, self.down, retouch.history.size)
        return mark

    def _new(self, retouch: Retouch) -> Mark:
        if not self.places:
            raise ValueError("a new mark must have a place")
        colours = [self.colour or retouch.shown_at(x, y) for x, y in self.places]
        hints = [Hint(x, y, colour, lasso=self.lasso) for (x, y), colour in zip(self.places, colours, strict=True)]
        kind = self.kind if self.kind is not MarkKind.POINT or len(hints) == 1 else MarkKind.STROKE
        return retouch.history.new_mark(kind, hints)


def _pairs(sent: Any, most: int) -> tuple[tuple[float, float], ...]:
    if not isinstance(sent, Sequence) or isinstance(sent, str) or len(sent) > most:
        raise ValueError(f"places must be at most {most} pairs of numbers")
    try:
        # To a hundredth of a pixel: what is kept is read by people, too.
        return tuple((round(float(x), 2), round(float(y), 2)) for x, y in sent)
    except TypeError as error:
        raise ValueError("places must be pairs of numbers") from error
