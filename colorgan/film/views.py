"""A frame at half the size that the network sees, and the lines that lead from colours of that size to its own edges.

The network's colours have half the rows and columns of what it sees: so much keeps all that it says.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from colorgan.color import bytes_to_lightness
from colorgan.film.motion import Array, SmallFrame, opencv
from colorgan.film.tones import Pixels
from colorgan.upsampling import RADIUS, REGULARIZATION

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer

WINDOW = RADIUS + 1  # pixels to a side, in which lines are fitted: about as far as those of photos reach


def small_frame(pixels: Pixels, colorizer: "Colorizer") -> SmallFrame:
    """An upright frame, gray (H, W) or RGB (H, W, 3) -> what is seen of it: by means of 2 x 2 pixels as far as these
    go, then bilinear."""
    cv2 = opencv()
    height, width = (half_of(side) for side in colorizer.view_shape(*pixels.shape[:2]))
    while pixels.shape[0] >= 2 * height and pixels.shape[1] >= 2 * width:
        pixels = halved(pixels)
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR)
    return SmallFrame(bytes_to_lightness(torch.from_numpy(small))[0, 0].numpy())


def half_of(side: int) -> int:
    """Pixels to a side of half the size."""
    return (side + 1) // 2


def halved(image: NDArray[Any]) -> Any:
    """(h, w) or (h, w, C) -> means of 2 x 2 pixels."""
    cv2, (height, width) = opencv(), image.shape[:2]
    return cv2.resize(image, (half_of(width), half_of(height)), interpolation=cv2.INTER_AREA)


def fitted_lines(lightness: Array, ab: Array) -> Array:
    """L (h, w) and ab (h, w, 2) -> lines (4, h, w): `upsampling.fit_lines`, in a fraction of torch's time. Beyond the
    border windows see what is inside, mirrored."""
    cv2, side = opencv(), (WINDOW, WINDOW)
    mean_l = cv2.blur(lightness, side)
    spread = cv2.blur(lightness * lightness, side) - mean_l * mean_l + REGULARIZATION
    lines = np.empty((4, *lightness.shape), np.float32)
    for number in range(2):
        colour = np.ascontiguousarray(ab[..., number])
        mean = cv2.blur(colour, side)
        slope = (cv2.blur(lightness * colour, side) - mean_l * mean) / spread
        cv2.blur(slope, side, dst=lines[number])
        cv2.blur(mean - slope * mean_l, side, dst=lines[number + 2])
    return lines
