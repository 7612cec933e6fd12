"""The colours of a film's frames, in their order.

This is the one place where a film's engine (reading, painting, writing, resuming) and what gives frames their colours
meet. The engine takes a film apart into segments of a known number of frames and, for each in turn, calls `colour`
once; after it `state`, which it keeps on the disk beside the segment. A run that was killed goes on with a new
`FilmColours`, `restore` and the next segment, and its frames must be those of an unbroken run, to the bit. So:

- `colour` may look ahead as far as it likes, but sees no frame beyond its segment;
- all that it remembers of earlier segments is in `state`, and equal frames after an equal state get equal lines.

The network looks at key frames alone. What it says there is joined with what is remembered of the shot, carried along
the flow, and so becomes steadier the longer a shot lasts. Frames between two keys take the colours of both, the nearer
one's more, where the way from there is sure: what comes from behind something has the later key's. All of it is half
the size of what the network sees; each frame's lines are fitted to its own lightness, so that colours end at its edges.
"""

import contextlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from colorgan.colorizer import NO_WORDS, References, check_vividness
from colorgan.film.ahead import ahead
from colorgan.film.motion import Array, Motion, SmallFrame, blend, carry, field_of, trust
from colorgan.film.shots import Shots, Step
from colorgan.film.tones import Pixels
from colorgan.film.views import fitted_lines, halved, small_frame
from colorgan.hints import Hint

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer, Reference

KEY_FRAMES = 16  # from one that the network looks at to the next, at most
LEAST_TRUST = 0.25  # of a frame's places, below which the network looks at it: much is new
MOST_OPINIONS = 3.0  # that a remembered colour counts as: each further one moves it by a quarter
CLEAR = 5.0  # L* units of detail: a fainter frame's opinion counts less, by the square
HARDLY = 1e-3  # how much a colour counts at places that nobody is sure of


@dataclass(frozen=True)
class FilmFrame:
    """One frame, upright.

    number: from 0, counted over the whole film.
    time_s: seconds from the film's first frame; frames need not be evenly apart.
    pixels: gray (H, W) or RGB (H, W, 3), full range; all frames of a film have one size.
    """

    number: int
    time_s: float
    pixels: Pixels

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def image(self) -> Image.Image:
        """The frame as a photo is, "L" or "RGB"; made when asked for."""
        return Image.fromarray(self.pixels)


@dataclass(frozen=True, eq=False)
class ShotTold:
    """What was said of a shot, as `telling.told_shots` makes it.

    references: what it takes colours from. hints: of its frames, by their numbers. keys: numbers of the frames that
    something was said of, which the network looks at.
    """

    references: "tuple[Reference, ...]" = ()
    hints: Mapping[int, tuple[Hint, ...]] = field(default_factory=dict)
    keys: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False)
class _Memory:
    """What is remembered of a shot at the latest of its key frames.

    ab (h, w, 2); the lightness (h, w) that belongs to it; how many opinions it counts as; where the frame has a flat
    border, (h, w).
    """

    ab: Array
    lightness: Array
    opinions: float
    border: Array

    @property
    def field(self) -> Array:
        return field_of(self.ab, self.lightness)


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A frame that waits for the next key frame: the motion from the one before it, and the memory's field here."""

    frame: FilmFrame
    seen: SmallFrame
    motion: Motion
    field: Array
    trust: Array


class _LookedAt(NamedTuple):
    """A frame, which shot it is of, how it moved, and the shots that were remembered then."""

    frame: FilmFrame
    seen: SmallFrame
    step: Step
    remembered: tuple[int, ...]


class FilmColours:
    """What gives the frames of one film their colours.

    Args:
        colorizer: the model.
        vividness: chroma scale, from 0 to `limits.MAX_VIVIDNESS`.
        reference: a photo in colour for the whole film, as `Colorizer.see` makes it.
        told: what was said of some shots, by their numbers, as `telling.told_shots` makes it.

    Raises:
        ValueError: a bad dial, a model that takes no reference, or no OpenCV.
    """

    def __init__(
        self,
        colorizer: "Colorizer",
        *,
        vividness: float = 1.0,
        reference: "Reference | None" = None,
        told: Mapping[int, ShotTold] = MappingProxyType({}),
    ):
        check_vividness(vividness)
        if (reference is not None or told) and not colorizer.takes_hints:
            raise ValueError(NO_WORDS)
        self._colorizer, self._vividness, self._reference, self._told = colorizer, vividness, reference, told
        self._shots = Shots()
        self._shot: int | None = None
        self._memories: dict[int, _Memory] = {}  # of the shot at hand, and of the one that a flash may interrupt

    def colour(self, frames: Iterable[FilmFrame], look_ahead: int = 4) -> Generator[tuple[FilmFrame, Tensor]]:
        """The frames of the next segment -> each of them, in order, with the lines (4, h, w) that `painting.paint`
        takes for it, vividness included.

        A generator: it takes frames as it needs them, in a thread of its own, which looks for motion so many frames
        before the one at hand; holds at most `KEY_FRAMES` besides; and is called from one thread at a time. Cuts it
        finds by itself.
        """
        with (
            ThreadPoolExecutor(1, "film-looker") as looker,
            contextlib.closing(ahead(self._looked_at(frames), looker, look_ahead)) as looked_at,
        ):
            yield from self._coloured(looked_at)

    def _looked_at(self, frames: Iterable[FilmFrame]) -> Iterator[_LookedAt]:
        for frame in frames:
            seen = small_frame(frame.pixels, self._colorizer)
            yield _LookedAt(frame, seen, self._shots.step(seen), self._shots.remembered)

    def _coloured(self, looked_at: Iterable[_LookedAt]) -> Iterator[tuple[FilmFrame, Tensor]]:
        waiting: list[_Waiting] = []
        for frame, seen, step, remembered in looked_at:
            if step.shot != self._shot:
                yield from self._between(waiting)
                waiting = []
                self._shot = step.shot
                self._memories = {shot: one for shot, one in self._memories.items() if shot in remembered}
            if step.motion is None:
                yield self._first(frame, seen)
                continue
            carried = carry(waiting[-1].field if waiting else self._memory.field, step.motion.there)
            waiting.append(_Waiting(frame, seen, step.motion, carried, trust(carried, seen)))
            if len(waiting) == KEY_FRAMES or self._is_key(waiting[-1]):
                yield from self._between(waiting)
                waiting = []
        yield from self._between(waiting)

    def _is_key(self, here: _Waiting) -> bool:
        """Whether the network should look at a frame: hints were given for it, or much of it is new."""
        if here.frame.number in self._said.keys:
            return True
        return not here.seen.is_blank and bool(here.trust.mean() < LEAST_TRUST)

    @property
    def _said(self) -> ShotTold:
        return self._told.get(-1 if self._shot is None else self._shot, ShotTold())

    @property
    def _memory(self) -> _Memory:
        assert self._shot is not None
        return self._memories[self._shot]

    def _remember(self, memory: _Memory) -> None:
        assert self._shot is not None
        self._memories[self._shot] = memory

    def _first(self, frame: FilmFrame, seen: SmallFrame) -> tuple[FilmFrame, Tensor]:
        """The first frame of a shot."""
        ab, border = self._opinion(frame, seen)
        self._remember(_Memory(ab, seen.lightness, _clearness(seen), border))
        return frame, self._lines(seen, ab, border)

    def _between(self, waiting: list[_Waiting]) -> Iterator[tuple[FilmFrame, Tensor]]:
        """The frames up to a key frame, the last of them."""
        if not waiting:
            return
        before = self._memory.border
        self._remember(self._joined(waiting[-1]))
        after, carried = self._memory, self._memory.field
        border = before * after.border
        shares = np.arange(1, len(waiting) + 1, dtype=np.float32) / len(waiting)
        made = [after.ab]
        for number in range(len(waiting) - 2, -1, -1):
            here = waiting[number]
            carried = carry(carried, waiting[number + 1].motion.back)
            share = shares[number]
            early = (1 - share) * (here.trust + HARDLY)
            late = share * (trust(carried, here.seen) + HARDLY)
            made.append(blend(here.field[..., :2], carried[..., :2], late / (early + late)))
        for here, ab in zip(waiting, reversed(made), strict=True):
            yield here.frame, self._lines(here.seen, ab, border)

    def _joined(self, here: _Waiting) -> _Memory:
        """What is remembered and what the network says of a key frame."""
        before, came = self._memory, here.field
        if here.seen.is_blank:  # nothing to be said of it
            return _Memory(came[..., :2].copy(), came[..., 2].copy(), before.opinions, before.border)
        ab, border = self._opinion(here.frame, here.seen)
        weight = _clearness(here.seen)
        kept = before.opinions * here.trust
        share = weight / (weight + kept)
        joined, lightness = blend(came[..., :2], ab, share), came[..., 2] + share * (here.seen.lightness - came[..., 2])
        opinions = min(before.opinions + weight, MOST_OPINIONS)
        return _Memory(joined, lightness, opinions, border)

    def _opinion(self, frame: FilmFrame, seen: SmallFrame) -> tuple[Array, Array]:
        """What the network says of a frame by itself: ab (h, w, 2), and 1 where its flat border is, (h, w)."""
        parts = (*(() if self._reference is None else (self._reference,)), *self._said.references)
        hints, reference = self._said.hints.get(frame.number, ()), References(parts) if parts else None
        [prediction] = self._colorizer.predict([frame.image], hints=hints, reference=reference)
        lines = prediction.lines[0].permute(1, 2, 0).float().cpu().contiguous().numpy()
        border = halved((lines == 0).all(2).astype(np.float32))  # `Border.around` leaves nothing there
        lines = halved(lines)
        return lines[..., :2] * seen.lightness[..., None] + lines[..., 2:], border

    def _lines(self, seen: SmallFrame, ab: Array, border: Array) -> Tensor:
        lines = fitted_lines(seen.lightness, ab)
        lines *= (1 - border) * self._vividness
        return torch.from_numpy(lines)

    def state(self) -> dict[str, Tensor]:
        """All that is remembered, as tensors that safetensors can keep; a copy, which later frames do not change."""
        kept = {f"shots.{name}": part for name, part in self._shots.state().items()}
        if self._shot is not None:
            kept["shot"] = torch.tensor(self._shot)
        for shot, memory in self._memories.items():
            for name in ("ab", "lightness", "border"):
                kept[f"memory.{shot}.{name}"] = torch.from_numpy(getattr(memory, name).copy())
            kept[f"memory.{shot}.opinions"] = torch.tensor(memory.opinions, dtype=torch.float64)
        return kept

    def restore(self, state: dict[str, Tensor]) -> None:
        """Remember what `state` said, in place of what is remembered now."""
        self._shots.restore({name[6:]: part for name, part in state.items() if name.startswith("shots.")})
        self._shot = int(state["shot"]) if "shot" in state else None
        self._memories = {}
        for shot in {int(name.split(".")[1]) for name in state if name.startswith("memory.")}:
            ab, lightness, border = (
                np.array(state[f"memory.{shot}.{name}"].numpy()) for name in ("ab", "lightness", "border")
            )
            self._memories[shot] = _Memory(ab, lightness, float(state[f"memory.{shot}.opinions"]), border)


def _clearness(seen: SmallFrame) -> float:
    """How much an opinion of a frame counts, up to 1."""
    return min(1.0, (seen.contrast / CLEAR) ** 2) + 1e-3
