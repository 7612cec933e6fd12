"""Where places of one frame are in the next, by dense optical flow, and fields of colours that are carried along it.

Frames are small here: their lightness at half the size that the network sees, which is the size of the colours that it
gives. The flow is OpenCV's DIS (Kroeger et al. 2016, "Fast Optical Flow using Dense Inverse Search", arXiv 1603.03590).
A place is carried only where the flow back leads home again (Sundaram et al. 2010, "Dense Point Trajectories by
GPU-Accelerated Large Displacement Optical Flow").
"""

import functools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorgan.photo.extras import extra

NEEDS_OPENCV = "films need OpenCV: pip install 'colorgan[film]'"
SURROUNDINGS = 15  # pixels of small frames: detail is what differs from the mean of so many by so many
FAINT = 0.7  # L* units that detail must have in the square mean: less is a blank frame, black, white or a bare wall
CONTRAST = 48.0  # 8-bit steps of standard deviation that frames get before flow is sought: a fade changes nothing
HOME = 0.5  # pixels from which the flow may miss its origin, and the share of its own length for long ways
HOME_SHARE = 0.02
UNLIKE = 8.0  # L* units: carried lightness that is off by this much counts 1 / e
UNLIKE_OVER = 3  # pixels to a side of the squares over which that is judged
MOST_VIVID = 1.2  # times that chroma is raised to make up for a mean
STEEPEST = 5.0  # change of contrast that is taken for a fade

Array = NDArray[np.float32]


def opencv() -> Any:
    """OpenCV; ValueError, which says what to install, without it."""
    module = extra("cv2")
    if module is None:
        raise ValueError(NEEDS_OPENCV)
    return module


@dataclass(frozen=True, eq=False)
class SmallFrame:
    """A frame's L (h, w) in [0, 100], at half the size that the network sees."""

    lightness: Array

    @cached_property
    def detail(self) -> Array:
        """What its L differs from that of the surroundings, (h, w)."""
        return np.asarray(self.lightness - opencv().blur(self.lightness, (SURROUNDINGS, SURROUNDINGS)))

    @cached_property
    def contrast(self) -> float:
        """The detail's square mean, L* units."""
        return float(np.sqrt(np.mean(np.square(self.detail))))

    @property
    def is_blank(self) -> bool:
        """Whether nothing can be made out in it."""
        return self.contrast < FAINT

    @cached_property
    def even(self) -> NDArray[np.uint8]:
        """The frame in 8 bits, of a contrast and a mean that all frames have."""
        scale = CONTRAST / max(float(self.lightness.std()), 1.0)
        return np.clip(128 + (self.lightness - self.lightness.mean()) * scale, 0, 255).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Way:
    """How fields of one frame become those of another: for each place (h, w) where it was, x and y, and how sure that
    is, in [0, 1]."""

    origin: Array
    sure: Array


@dataclass(frozen=True, eq=False)
class Motion:
    """From a frame to another: the way of its fields there, and of the other's back."""

    there: Way
    back: Way


class MotionFinder:
    """Finds motion between frames of one size; not for two threads at a time."""

    def __init__(self) -> None:
        cv2 = opencv()
        self._flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._flow.setFinestScale(1)  # half of these small frames' size; the preset's quarter would miss what is small
        self._flow.setVariationalRefinementIterations(3)  # without any, ways of fast films are lost; 5 find few more

    def flow(self, of: SmallFrame, to: SmallFrame) -> Array:
        """For each place of a frame how far away it is in another, x and y, (h, w, 2)."""
        return np.asarray(self._flow.calc(of.even, to.even, None), np.float32)

    def likeness(self, before: SmallFrame, after: SmallFrame, flow: Array) -> float:
        """How much of a frame's detail is that of an earlier one, moved by the flow from the later to the earlier:
        their correlation, from -1 to 1. Brighter, darker or fainter is as like."""
        moved = _at(before.detail, _origin(flow))
        size = float(np.sqrt(np.square(moved).sum() * np.square(after.detail).sum()))
        return float((moved * after.detail).sum()) / max(size, 1e-6)

    def motion(self, before: SmallFrame, after: SmallFrame, back: Array) -> Motion:
        """The motion between two frames, of which the flow from the later to the earlier is known."""
        ahead = self.flow(before, after)
        return Motion(_way(back, ahead), _way(ahead, back))


def still(seen: SmallFrame) -> Motion:
    """Nothing moves."""
    way = Way(_origin(np.zeros((*seen.lightness.shape, 2), np.float32)), np.ones_like(seen.lightness))
    return Motion(way, way)


def field_of(ab: Array, lightness: Array) -> Array:
    """ab (h, w, 2) and L (h, w) of a frame -> the field (h, w, 4) that is carried: a, b, L, and how sure, 1."""
    return np.dstack((ab, lightness, np.ones_like(lightness)))


def carry(field: Array, way: Way) -> Array:
    """A field (h, w, 4) of one frame -> of another."""
    carried = _at(field, way.origin)
    carried[..., 3] *= way.sure
    return carried


def trust(field: Array, seen: SmallFrame) -> Array:
    """How far each place of a carried field can be believed of a frame, (h, w) in [0, 1]: as sure as its way was, and
    less where the lightness that came along is another, whatever fades between the two."""
    came, sure = field[..., 2], field[..., 3]
    total = max(float(sure.sum()), 1e-6)
    mean, mean_now = float((sure * came).sum()) / total, float((sure * seen.lightness).sum()) / total
    spread = float((sure * np.square(came - mean)).sum())
    slope = float((sure * (came - mean) * (seen.lightness - mean_now)).sum()) / max(spread, 1e-6)
    slope = min(max(slope, 1 / STEEPEST), STEEPEST)
    off = opencv().blur((came - mean) * slope + mean_now - seen.lightness, (UNLIKE_OVER, UNLIKE_OVER))
    return np.asarray(sure * np.exp(-np.square(off / UNLIKE)), np.float32)


def blend(first: Array, second: Array, share: Array) -> Array:
    """Colours (h, w, 2) of one frame -> those between them, (h, w, 2), at the share (h, w) in [0, 1] of the second.

    The mean of unlike colours is duller than both. All together are made as vivid again as they were.
    """
    mean = first + share[..., None] * (second - first)
    chroma, wanted = np.sqrt(_squared(mean)), np.sqrt(_squared(first))
    wanted += share * (np.sqrt(_squared(second)) - wanted)
    vivid = min(float(wanted.mean()) / max(float(chroma.mean()), 1e-6), MOST_VIVID)
    return np.asarray(mean * np.float32(vivid))


def _way(flow: Array, other: Array) -> Way:
    """The way along a flow from each place to its origin, given the flow of the origin's frame."""
    origin = _origin(flow)
    home = _at(other, origin)
    length = _squared(flow) + _squared(home)
    sure = np.exp(-_squared(flow + home) / (HOME**2 + HOME_SHARE * length))
    height, width = sure.shape
    x, y = origin[..., 0], origin[..., 1]
    sure[(x < -1) | (x > width) | (y < -1) | (y > height)] = 0.0
    return Way(origin, sure)


def _squared(flow: Array) -> Array:
    """The square of each step's length, (h, w)."""
    return flow[..., 0] * flow[..., 0] + flow[..., 1] * flow[..., 1]


def _origin(flow: Array) -> Array:
    """Places (h, w) and how far away they were -> where, x and y."""
    return flow + _places(*flow.shape[:2])


@functools.lru_cache(maxsize=4)
def _places(height: int, width: int) -> Array:
    """The x and y of each place, (h, w, 2)."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.dstack((x, y))


def _at(image: Array, places: Array) -> Array:
    """What an image has at places (h, w, 2): x and y."""
    cv2 = opencv()
    return np.asarray(cv2.remap(image, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
