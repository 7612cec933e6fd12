"""A decoded frame -> the upright picture it means: matrix, range and depth read as they are tagged.

Most black-and-white films have colour planes that say nothing. Of those the plane of luma is read alone, through one
table: exact at any depth, and faster than a way through RGB.
"""

import functools
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorgan.film.motion import opencv

LIMITED, FULL = 1, 2  # FFmpeg's AVColorRange
RGB_MATRIX, BT709, UNTAGGED = 0, 1, 2  # its AVColorSpace
PQ, HLG = 16, 18  # its AVColorTransferCharacteristic
NEUTRAL = 2  # steps of 8 bits that a coder may leave in colour planes of a gray film
_HD = 576  # an untagged film with more rows, or more columns than 1024, is BT.709, as players take it
_ITU601 = 5
_MATRICES = {BT709: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}  # AVColorSpace -> swscale's; BT.601 in both its spellings
_PLANES = re.compile(r"(gray|yuvj?4[0-9][0-9]p)(?P<bits>9|10|12|14|16)?(?P<order>le|be)?$")
# BICUBIC | FULL_CHR_H_INT | FULL_CHR_H_INP | ACCURATE_RND. Without the two in the middle swscale reads more than 8 bits
# 1.6 steps of 255 too dark in the mean (findings/pyav-ten-bits-too-dark.sh); with them it takes 50 times as long.
_ACCURATE = 0x4 | 0x2000 | 0x4000 | 0x40000

Array = NDArray[Any]
Pixels = NDArray[np.uint8]


def upright_pixels(frame: Any) -> Pixels:
    """A PyAV frame -> its pixels, upright, of full range: gray (H, W) where its colour planes say nothing, else RGB
    (H, W, 3)."""
    return np.ascontiguousarray(np.rot90(_stored_pixels(frame), quarter_turns(frame)))


def quarter_turns(frame: Any) -> int:
    """How often a stored frame is turned by 90 degrees, against the clock, to be upright: 0 to 3."""
    return round(frame.rotation / 90) % 4


def is_full_range(frame: Any) -> bool:
    """Whether black is 0: as tagged; where it is not, gray and RGB are, and YUV is not."""
    if frame.color_range in (LIMITED, FULL):
        return bool(frame.color_range == FULL)
    name = frame.format.name
    return name.startswith(("gray", "yuvj", "ya")) or frame.format.is_rgb


def _stored_pixels(frame: Any) -> Array:
    """(H, W) or (H, W, 3), as stored: not yet upright."""
    found = _PLANES.match(frame.format.name)
    if found:
        bits = int(found["bits"] or 8)
        dtype = np.dtype(np.uint8 if bits == 8 else ">u2" if found["order"] == "be" else "<u2")
        upside_down = any(plane.line_size < 0 for plane in frame.planes)  # some AVIs; their buffers begin at the end
        if not upside_down and all(_says_nothing(plane, dtype, bits) for plane in frame.planes[1:]):
            return _looked_up(samples_of(frame.planes[0], dtype), _table(bits, is_full_range(frame)))
    if frame.format.is_rgb or frame.format.has_palette:
        return np.asarray(frame.to_ndarray(format="rgb24"))
    matrix = _matrix(frame)
    rgb = frame.reformat(
        format="rgb24",
        src_colorspace=matrix,
        dst_colorspace=matrix,
        src_color_range=FULL if is_full_range(frame) else LIMITED,
        dst_color_range=FULL,
        interpolation=_ACCURATE if _depth(frame) > 8 else None,
    )
    return np.asarray(rgb.to_ndarray())


def samples_of(plane: Any, dtype: Any = np.uint8) -> Array:
    """A plane's samples (h, w), without what rows are padded with; the plane's own memory."""
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size).view(dtype)
    return rows[:, : plane.width]


def _looked_up(samples: Array, table: Array) -> Array:
    """What a table has for each sample, uint8: of 8 bits by OpenCV, which takes less than half of numpy's time."""
    if samples.dtype == np.uint8:
        return np.asarray(opencv().LUT(samples, table))
    return table.take(samples, mode="clip")


def _says_nothing(plane: Any, dtype: np.dtype[Any], bits: int) -> bool:
    samples, middle, step = samples_of(plane, dtype), 1 << (bits - 1), 1 << (bits - 8)
    return bool(samples.min() >= middle - NEUTRAL * step and samples.max() <= middle + NEUTRAL * step)


@functools.cache
def _table(bits: int, full: bool) -> Array:
    """Luma of so many bits -> 8 bits of full range."""
    levels, step = np.arange(1 << bits), 1 << (bits - 8)
    tones = levels / levels[-1] if full else (levels - 16 * step) / (219 * step)
    return (tones.clip(0, 1) * 255).round().astype(np.uint8)


def _matrix(frame: Any) -> int:
    if frame.colorspace in _MATRICES:
        return _MATRICES[frame.colorspace]
    return BT709 if frame.height > _HD or frame.width > 1024 else _ITU601


def _depth(frame: Any) -> int:
    """Bits of a sample."""
    return max((component.bits for component in frame.format.components), default=8)
