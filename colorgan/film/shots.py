"""Which frames are of one shot: what is seen goes on from frame to frame, moved, brighter or darker.

A cut is where a frame has nothing of the last one's detail, wherever it may have moved: on the films that were looked
at the correlation is 0.7 and more within shots, and 0.1 to 0.25 across cuts. It is the same for a darker or fainter
copy, so a fade is no cut, and blank frames, in which there is nothing to compare, belong to what was before them. After
a flash, which looks like a cut, what was before it comes back: a few frames long it is waited for.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from colorgan.film.motion import Array, Motion, MotionFinder, SmallFrame, still

LIKE = 0.45  # correlation of detail from which a frame goes on with another
FLASH = 6  # frames that a flash lasts at most


@dataclass(frozen=True, eq=False)
class Step:
    """What a frame is: of which shot, counted from 0, and the motion from the latest frame of that shot that showed
    something; None where the frame begins it."""

    shot: int
    motion: Motion | None


@dataclass(frozen=True, eq=False)
class _Latest:
    """A shot, and what it was seen as at last."""

    shot: int
    seen: SmallFrame


class Shots:
    """Tells shots apart, frame after frame."""

    def __init__(self) -> None:
        self._finder = MotionFinder()
        self._now: _Latest | None = None
        self._before: _Latest | None = None  # what the shot at hand may have interrupted
        self._frames = 0  # of the shot at hand
        self._count = 0  # shots so far

    @property
    def remembered(self) -> tuple[int, ...]:
        """The shots that a next frame can belong to without beginning one."""
        return tuple(one.shot for one in (self._now, self._before) if one is not None)

    def step(self, seen: SmallFrame) -> Step:
        """The next frame; all have one size."""
        self._frames += 1
        if self._frames > FLASH:
            self._before = None
        if self._now is None:
            return self._begin(seen)
        if seen.is_blank:
            return Step(self._now.shot, still(seen))
        if self._now.seen.is_blank:  # the film begins out of black
            return self._go_on(self._now, seen, still(seen))
        for latest in (self._now, self._before):
            motion = None if latest is None else self._motion(latest.seen, seen)
            if latest is not None and motion is not None:
                return self._go_on(latest, seen, motion)
        return self._begin(seen)

    def _motion(self, before: SmallFrame, after: SmallFrame) -> Motion | None:
        """The motion between two frames; None where they are of two shots."""
        back = self._finder.flow(after, before)
        like = self._finder.likeness(before, after, back)
        return self._finder.motion(before, after, back) if like >= LIKE else None

    def _go_on(self, latest: _Latest, seen: SmallFrame, motion: Motion) -> Step:
        if latest is self._before:
            self._before, self._frames = None, FLASH + 1  # the flash is over
        self._now = _Latest(latest.shot, seen)
        return Step(latest.shot, motion)

    def _begin(self, seen: SmallFrame) -> Step:
        self._before = self._before or self._now  # of a flash of several unlike frames, what was before all of them
        self._now, self._frames, self._count = _Latest(self._count, seen), 1, self._count + 1
        return Step(self._now.shot, None)

    def state(self) -> dict[str, Tensor]:
        """All of it, as tensors."""
        kept = {"shots": torch.tensor([self._frames, self._count])}
        for name, latest in (("now", self._now), ("before", self._before)):
            if latest is not None:
                kept[f"{name}.shot"] = torch.tensor(latest.shot)
                kept[f"{name}.seen"] = torch.from_numpy(latest.seen.lightness.copy())
        return kept

    def restore(self, state: dict[str, Tensor]) -> None:
        """What `state` said."""
        self._frames, self._count = state["shots"].tolist() if state else (0, 0)
        self._now, self._before = (
            _Latest(int(state[f"{name}.shot"]), SmallFrame(_array(state[f"{name}.seen"])))
            if f"{name}.shot" in state
            else None
            for name in ("now", "before")
        )


def _array(tensor: Tensor) -> Array:
    return np.array(tensor.numpy(), np.float32)
