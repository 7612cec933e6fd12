"""What Pillow and torch compute for every photo, to the last bit in a fraction of the time, by compiled code (exact.c).

Of the processor time that a photo of 1 megapixel takes in a folder its view by Pillow was an eighth, and its lines by
torch a twelfth.
"""

import functools
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from colorgan.images import SHARED_BYTES, SharedPixels
from colorgan.kernels import EXACT, translated

LANES, PRECISION = 16, 22  # as in exact.c
_SUPPORT = 2.0  # pixels of the smaller image that a cubic reaches to each side

Array = NDArray[Any]


def is_plain(*tensors: Tensor) -> bool:
    """Whether these are float32 on the processor that nobody wants gradients or a trace of."""
    return (
        all(type(one) is Tensor and one.is_cpu and one.dtype == torch.float32 and one.numel() > 0 for one in tensors)
        and not (torch.is_grad_enabled() and any(one.requires_grad for one in tensors))
        and not torch.compiler.is_compiling()
        and not torch.jit.is_tracing()
    )


def fit_lines(lightness: Tensor, ab: Tensor, radius: int, regularization: float) -> Tensor:
    """`upsampling.fit_lines` of plain tensors."""
    photos, _, height, width = ab.shape
    reach_down, reach_across = (min(radius, (side - 1) // 2) for side in (height, width))
    lines = torch.empty(photos, 4, height, width)
    padded = np.empty(width + 2 * reach_across, np.float32)
    work = [np.empty((*planes, height, width), np.float32) for planes in ((), (), (6,))]
    for view, colours, made in zip(lightness.expand(photos, 1, height, width), ab, lines, strict=True):
        known = view.contiguous().numpy(), colours.contiguous().numpy()
        sizes = height, width, reach_down, reach_across
        translated(EXACT).run("fit_lines", *known, *sizes, regularization, padded, *work, made.numpy())
    return lines


def resized(image: Image.Image, size: tuple[int, int], reducing_gap: float) -> Tensor:
    """`Image.resize` of an image, mode "L" or "RGB", by Pillow's cubic: uint8 (h, w) or (h, w, 3)."""
    (width, height), (small_width, small_height) = image.size, size
    factors = int(width / small_width / reducing_gap) or 1, int(height / small_height / reducing_gap) or 1
    right, bottom = width / factors[0], height / factors[1]
    if factors != (1, 1):
        image = image.reduce(factors)
    channels = 1 if image.mode == "L" else 4
    if channels * image.width * image.height > SHARED_BYTES:  # only of very long ones
        return torch.tensor(np.asarray(image.resize(size, Image.Resampling.BICUBIC, (0, 0, right, bottom))))
    # A copy where it may be of memory that is not Pillow's own.
    shared = SharedPixels(image if factors != (1, 1) else image.crop((0, 0, *image.size)))
    kept, stride = min(channels, 3), -(-small_width // LANES) * LANES
    turned = np.empty((kept, image.width, LANES), np.uint8)
    narrow = np.empty((kept, image.height, stride), np.uint8)
    small = np.empty((kept, small_height, stride), np.uint8)
    across, down = _weights(image.width, right, small_width), _weights(image.height, bottom, small_height)
    sizes = small_height, small_width
    translated(EXACT).run("resize", shared.pixels, *shared.pixels.shape, *across, *down, *sizes, turned, narrow, small)
    pixels = torch.from_numpy(small)[:, :, :small_width]
    return pixels[0] if kept == 1 else pixels.permute(1, 2, 0)


@functools.lru_cache(maxsize=64)
def _weights(large: int, end: float, small: int) -> tuple[Array, Array, Array, int]:
    """Of each of `small` pixels the first of `large` that counts, how many do, and their weights, whole numbers as
    Pillow's (Resample.c, precompute_coeffs and normalize_coeffs_8bpc), and how many weights there is room for; the
    image ends at `end`."""
    scale = float(np.float32(end)) / small  # as Pillow hands it on
    filter_scale = max(scale, 1.0)
    support = _SUPPORT * filter_scale
    room = int(np.ceil(support)) * 2 + 1
    centre = (np.arange(small) + 0.5) * scale
    first = (centre - support + 0.5).astype(np.int64).clip(0)
    count = (centre + support + 0.5).astype(np.int64).clip(max=large) - first
    taps = np.arange(room)
    away = np.abs((taps + first[:, None] - centre[:, None] + 0.5) * (1.0 / filter_scale))
    near = ((-0.5 + 2.0) * away - (-0.5 + 3.0)) * away * away + 1
    far = (((away - 5) * away + 8) * away - 4) * -0.5
    weights = np.where(away < 1.0, near, np.where(away < 2.0, far, 0.0)) * (taps < count[:, None])
    total = np.add.accumulate(weights, 1)[:, -1:]  # one after the other, as there
    whole = weights / np.where(total == 0.0, 1.0, total) * (1 << PRECISION)
    rounded = np.trunc(whole + np.where(whole < 0, -0.5, 0.5)).astype(np.int32)
    return first, count, rounded, room
