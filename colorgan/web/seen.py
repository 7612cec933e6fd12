"""What a model said of a photo, which may be forgotten while nobody looks."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from colorgan.colorizer import Prediction


class Seen:
    """A prediction that is asked for when it is needed: the same model says the same of the same photo.

    seconds: what the network took when it was asked last. No lock: two threads that need it at once both ask, since
    one that waited for the other could hold the very memory that the other waits for.
    """

    def __init__(self, ask: "Callable[[], Prediction]"):
        self._ask = ask
        self._said: Prediction | None = None
        self.seconds = 0.0

    @classmethod
    def asked(cls, ask: "Callable[[], tuple[Prediction, float]]") -> "Seen":
        """One that has been asked already, by a function that also tells the seconds."""
        seen = cls(lambda: ask()[0])
        seen._said, seen.seconds = ask()
        return seen

    @property
    def prediction(self) -> "Prediction":
        """What the model says."""
        said = self._said or self._ask()
        self._said = said
        return said

    def forget(self) -> None:
        """Keep it no longer."""
        self._said = None
