"""What was said of a film's moments -> what is known of the frames of their shots.

A hint's place is followed along the flow, to both sides as far as it can be seen; a reference holds for its whole shot.
The film is read once for this, as far as something was said of it.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from colorgan.colorizer import Reference, check_reference
from colorgan.film.colours import FilmFrame, ShotTold
from colorgan.film.motion import Array, Motion, SmallFrame, Way
from colorgan.film.shots import Shots
from colorgan.film.views import small_frame
from colorgan.hints import FilmHints, Hint, Moment, PhotoHints
from colorgan.photo import open_photo

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer

SOON = 1e-3  # seconds: times that people write are rounded
BACK = 1500  # frames that a hint's place is followed back at most, a minute: so many ways are held
COARSE = 2  # pixels of small frames from one place to the next of which these are held
LOST = 0.3  # sureness of a way below which a place is lost
PATCH = 1  # pixels of small frames round a place that move as it does


def told_shots(colorizer: "Colorizer", frames: Iterable[FilmFrame], said: FilmHints) -> dict[int, ShotTold]:
    """What `FilmColours` is to know of each shot that something was said of.

    Args:
        colorizer: the model, one that takes hints.
        frames: the film's, from its first; they are read one at a time, up to the last moment and as far after it as
            its hints' places can be followed.
        said: of the film; its hints are brought to the frames' size.

    Raises:
        ValueError: a moment after the film's end, hints for frames of other proportions, a reference that is none.
    """
    shots, waiting, told = Shots(), deque(said.moments), dict[int, ShotTold]()
    trails: dict[int, _Trail] = {}  # of the shot at hand, and of one that goes on after a flash
    latest: tuple[FilmFrame, int] | None = None

    def hear(until: float) -> None:
        """The moments before a frame's time, of the frame that is shown then."""
        while latest is not None and waiting and waiting[0].time_s + SOON < until:
            frame, shot = latest
            told[shot] = _with(colorizer, told.get(shot, ShotTold()), frame, waiting[0])
            trails[shot].follow(frame, PhotoHints(said.size, waiting.popleft().hints).at_size(frame.size).hints)

    for frame in frames:
        hear(frame.time_s)
        if not waiting and not any(trail.followed for trail in trails.values()):
            break
        seen = small_frame(frame.pixels, colorizer)
        step = shots.step(seen)
        if step.motion is None:
            trails[step.shot] = _Trail(seen)
        else:
            trails[step.shot].move(frame, step.motion)
        for shot in trails.keys() - set(shots.remembered):
            _keep(told, shot, trails.pop(shot))
        latest = frame, step.shot
    end = 0.0 if latest is None else latest[0].time_s
    if waiting and waiting[-1].time_s > end + SOON:
        raise ValueError(f"nothing is shown at {waiting[-1].time_s:g} s: the film's last frame is at {end:.3f} s")
    hear(float("inf"))
    for shot, trail in trails.items():
        _keep(told, shot, trail)
    return told


@dataclass
class _Followed:
    """A hint that is followed: its place in small frames (x, y), and where it was said, in those too."""

    hint: Hint
    place: Array
    origin: Array


@dataclass
class _Trail:
    """How the places of a shot moved so far, and the hints that move on with them."""

    first: SmallFrame
    ways: "deque[tuple[int, Array, Array]]" = field(default_factory=lambda: deque(maxlen=BACK))
    followed: list[_Followed] = field(default_factory=list)
    hints: dict[int, list[Hint]] = field(default_factory=dict)

    def move(self, frame: FilmFrame, motion: Motion) -> None:
        """The next frame of the shot."""
        came, sure = (part[COARSE // 2 :: COARSE, COARSE // 2 :: COARSE] for part in _steps(motion.there))
        self.ways.append((frame.number, came.astype(np.float16), sure.astype(np.float16)))
        steps, sure = _steps(motion.back)
        for one in list(self.followed):
            moved = _moved(one.place, steps, sure, PATCH)
            if moved is None:
                self.followed.remove(one)
            else:
                one.place = moved
                self._know(frame.number, one, frame)

    def follow(self, frame: FilmFrame, hints: tuple[Hint, ...]) -> None:
        """Hints of the latest frame: known from now on, and as far back as their places came from."""
        for hint in hints:
            place = np.array((hint.x, hint.y), np.float32) * self._scale(frame) - 0.5
            one = _Followed(hint, place, place)
            self.followed.append(one)
            self._know(frame.number, one, frame)
            back = replace(one)
            for (_, came, sure), number in zip(reversed(self.ways), self._before(), strict=False):
                moved = _moved(back.place / COARSE - 0.5, came / COARSE, sure, 0)
                if moved is None:
                    break
                back.place = (moved + 0.5) * COARSE
                self._know(number, back, frame)

    def _before(self) -> list[int]:
        """The numbers of the frames that the ways lead to, the latest first."""
        numbers = [number for number, _, _ in reversed(self.ways)]
        return [*numbers[1:], numbers[-1] - 1] if numbers else []

    def _know(self, number: int, one: _Followed, frame: FilmFrame) -> None:
        away = (one.place - one.origin) / self._scale(frame)
        self.hints.setdefault(number, []).append(_shifted(one.hint, away, frame.size))

    def _scale(self, frame: FilmFrame) -> Array:
        height, width = self.first.lightness.shape
        return np.array((width / frame.size[0], height / frame.size[1]), np.float32)


def _with(colorizer: "Colorizer", before: ShotTold, frame: FilmFrame, moment: Moment) -> ShotTold:
    """What was told of a shot, and a moment's reference."""
    references: tuple[Reference, ...] = before.references
    if moment.reference is not None:
        photo = open_photo(moment.reference).image
        check_reference(photo)
        references = (*references, colorizer.see(photo))
    return ShotTold(references, before.hints, before.keys | {frame.number})


def _keep(told: dict[int, ShotTold], shot: int, trail: _Trail) -> None:
    """The hints of a shot that has ended."""
    if trail.hints:
        hints = {number: tuple(each) for number, each in trail.hints.items()}
        told[shot] = replace(told[shot], hints=hints)


def _steps(way: Way) -> tuple[Array, Array]:
    """How far away each place was, (h, w, 2), and how sure that is, (h, w)."""
    height, width = way.sure.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return way.origin - np.dstack((x, y)), way.sure


def _moved(place: NDArray[Any], steps: NDArray[Any], sure: NDArray[Any], patch: int) -> Array | None:
    """Where a place (x, y) goes by the steps round it; None where it is lost, or leaves the frame."""
    column, row = np.rint(place).astype(int)
    height, width = sure.shape
    if not (0 <= column < width and 0 <= row < height):
        return None
    around = slice(max(row - patch, 0), row + patch + 1), slice(max(column - patch, 0), column + patch + 1)
    if float(np.median(sure[around])) < LOST:
        return None
    moved = place + np.median(steps[around].reshape(-1, 2).astype(np.float32), axis=0)
    inside = -0.5 <= moved[0] <= width - 0.5 and -0.5 <= moved[1] <= height - 0.5
    return np.asarray(moved, np.float32) if inside else None


def _shifted(hint: Hint, away: Array, size: tuple[int, int]) -> Hint:
    """A hint somewhere else in the frame, its lasso too."""
    right, down = (float(part) for part in away)
    x, y = (min(max(at, 0.0), side - 0.01) for at, side in zip((hint.x + right, hint.y + down), size, strict=True))
    lasso = None if hint.lasso is None else tuple((a + right, b + down) for a, b in hint.lasso)
    return replace(hint, x=x, y=y, lasso=lasso)
