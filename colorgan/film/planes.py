"""A gray frame and its colours -> YUV as codecs take it, without an RGB of full size.

Colour planes have half the rows and columns, so colours are painted at that size. The plane of luma is the frame's own;
what colours change of it (of two pixels equally light the blue one has less luma than the gray one) is a matter of
colours, too, and is made up for at their size.
"""

import numpy as np
from PIL import Image
from torch import Tensor

from colorgan.film.motion import opencv
from colorgan.film.tones import Pixels
from colorgan.film.views import halved
from colorgan.painting import paint

# Rec. ITU-R BT.709: luma of full range, and colour differences of limited range, of 8-bit R, G and B and 1.
_RED, _GREEN, _BLUE = 0.2126, 0.7152, 0.0722
_BLUE_STEP, _RED_STEP = 224 / 255 / (2 * (1 - _BLUE)), 224 / 255 / (2 * (1 - _RED))
_YUV = np.array(
    [
        [_RED, _GREEN, _BLUE, 0],
        [-_RED * _BLUE_STEP, -_GREEN * _BLUE_STEP, (1 - _BLUE) * _BLUE_STEP, 128],
        [(1 - _RED) * _RED_STEP, -_GREEN * _RED_STEP, -_BLUE * _RED_STEP, 128],
    ]
)
_LIMITED = 219 / 255  # steps of limited range for one of full range


def paint_planes(gray: Pixels, lines: Tensor, y: Pixels, u: Pixels, v: Pixels) -> None:
    """Write gray pixels (H, W), of even sides and full range, in the colours of their lines (4, h, w) of
    `upsampling.fit_lines`, into FFmpeg's planes of yuv420p: Y (H, W), U and V (H / 2, W / 2), BT.709, limited range."""
    cv2, half = opencv(), halved(gray)
    colours = cv2.transform(np.asarray(paint(Image.fromarray(half), lines)), _YUV)
    for channel, plane in ((1, u), (2, v)):
        cv2.extractChannel(colours, channel, dst=plane)
    change = cv2.addWeighted(cv2.extractChannel(colours, 0), 1, half, -1, 128)
    change = cv2.resize(change, gray.shape[::-1], interpolation=cv2.INTER_LINEAR)
    cv2.addWeighted(gray, _LIMITED, change, _LIMITED, 16 - 128 * _LIMITED, dst=y)
