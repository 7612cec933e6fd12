"""The colours of a film's frames, in their order.

This is the one place where a film's engine (reading, painting, writing, resuming) and what gives frames their colours
meet. The engine takes a film apart into segments of a known number of frames and, for each in turn, calls `colour`
once; after it `state`, which it keeps on the disk beside the segment. A run that was killed goes on with a new
`FilmColours`, `restore` and the next segment, and its frames must be those of an unbroken run, to the bit. So:

- `colour` may look ahead as far as it likes, but sees no frame beyond its segment;
- all that it remembers of earlier segments is in `state`, and equal frames after an equal state get equal lines.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image
from torch import Tensor

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer, Reference


@dataclass(frozen=True)
class FilmFrame:
    """One frame, upright, as a photo is: `Colorizer.predict` and `painting.paint` take its image.

    number: from 0, counted over the whole film.
    time_s: seconds from the film's first frame; frames need not be evenly apart.
    image: "RGB" or "L", full range, 8 bits; all frames of a film have one size.
    """

    number: int
    time_s: float
    image: Image.Image


class FilmColours:
    """What gives the frames of one film their colours.

    Args:
        colorizer: the model.
        vividness: chroma scale, from 0 to `limits.MAX_VIVIDNESS`.
        reference: a photo in colour for the whole film, as `Colorizer.see` makes it.

    Raises:
        ValueError: a bad dial, or a model that takes no reference.
    """

    def __init__(self, colorizer: "Colorizer", *, vividness: float = 1.0, reference: "Reference | None" = None):
        self._colorizer, self._vividness, self._reference = colorizer, vividness, reference

    def colour(self, frames: Iterable[FilmFrame]) -> Iterator[tuple[FilmFrame, Tensor]]:
        """The frames of the next segment -> each of them, in order, with the lines (4, h, w) that `painting.paint`
        takes for it, vividness included.

        A generator: it takes frames as it needs them, holds a bounded number of them, and is called from one thread
        at a time. Cuts it finds by itself.
        """
        for frame in frames:
            prediction = self._colorizer.predict([frame.image], reference=self._reference)[0]
            yield frame, prediction.lines[0] * self._vividness

    def cut(self) -> None:
        """Forget what was remembered: the next frame begins a new shot."""

    def state(self) -> dict[str, Tensor]:
        """All that is remembered, as tensors that safetensors can keep; a copy, which later frames do not change."""
        return {}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Remember what `state` said, in place of what is remembered now."""
