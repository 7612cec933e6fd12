"""sRGB <-> CIE 1976 L*a*b* on tensors, and the gamut between them.

Every function works on any device, is differentiable, and computes in float32 or float64 whatever comes in (a
bfloat16 lightness has steps of half a unit: too coarse to compute with). sRGB is IEC 61966-2-1. Lab is CIE 15:2004
under D65 / 2 degrees, taking as white point what the matrix makes of RGB white, so that every gray has ab = 0.
"""

import functools
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from colorgan.machine import settle_arithmetic

settle_arithmetic()  # here, because all that computes colours imports it

LIGHTNESS_MAX = 100.0
CHROMA_SCALE = 110.0  # networks see ab / 110; sRGB reaches a in [-87, 99] and b in [-108, 95]

# Linear sRGB -> XYZ; IEC 61966-2-1, to the digits that scikit-image and kornia use.
_RGB_TO_XYZ = np.array(((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227)))
RGB_TO_XYZ_OVER_WHITE = (_RGB_TO_XYZ / _RGB_TO_XYZ.sum(1, keepdims=True)).tolist()
XYZ_OVER_WHITE_TO_RGB = np.linalg.inv(RGB_TO_XYZ_OVER_WHITE).tolist()
AB_CELL = 10.0  # side of a cell of the ab plane, as in Zhang et al. 2016, section 2.1
AB_CELLS_PER_SIDE = 23  # centred on -110, -100 ... 110, which holds all of sRGB
DELTA = 6.0 / 29.0  # where CIE's cube root turns into a straight line


def rgb_to_lab(rgb: Tensor) -> tuple[Tensor, Tensor]:
    """RGB (N, 3, H, W) in [0, 1] -> L (N, 1, H, W) in [0, 100], ab (N, 2, H, W) in about [-110, 110]."""
    _check_channels("rgb", rgb, 3)
    return _linear_to_lab(srgb_to_linear(rgb))


def rgb_to_lightness(rgb: Tensor) -> Tensor:
    """RGB (N, 3, H, W) in [0, 1] -> L (N, 1, H, W) in [0, 100]: `rgb_to_lab` at a third of the work."""
    _check_channels("rgb", rgb, 3)
    luminance = _mix(RGB_TO_XYZ_OVER_WHITE[1:2], srgb_to_linear(rgb))
    return 116.0 * _cube_root(luminance) - 16.0


def ab_cell(ab: Tensor) -> Tensor:
    """ab (N, 2, ...) -> the cell of the ab plane that holds it, int64 (N, ...): 23 cells of b for each of a."""
    half = AB_CELLS_PER_SIDE // 2
    a, b = (torch.round(ab / AB_CELL).clamp(-half, half).long() + half).unbind(1)
    return a * AB_CELLS_PER_SIDE + b


def ab_cell_centres() -> Tensor:
    """The centres of the cells that `ab_cell` numbers, ab (529, 2)."""
    steps = (torch.arange(AB_CELLS_PER_SIDE) - AB_CELLS_PER_SIDE // 2) * AB_CELL
    return torch.cartesian_prod(steps, steps)


def bytes_to_lightness(pixels: Tensor) -> Tensor:
    """uint8 sRGB pixels (H, W) gray or (H, W, 3) -> L (1, 1, H, W) in [0, 100].

    The same as `rgb_to_lightness`, several times faster: 256 values a channel are looked up, not computed.
    """
    lightness, luminance = byte_tables()
    if pixels.ndim == 2:
        return lightness[pixels.int()][None, None]
    red, green, blue = pixels.int().unbind(2)
    return (116.0 * _cube_root(luminance[0][red] + luminance[1][green] + luminance[2][blue]) - 16.0)[None, None]


def lab_to_rgb(lightness: Tensor, ab: Tensor) -> Tensor:
    """L (N, 1, H, W) in [0, 100], ab (N, 2, H, W) -> RGB (N, 3, H, W), outside [0, 1] where sRGB cannot show it.

    The exact inverse of `rgb_to_lab`; `lab_to_gamut_rgb` is the one for pictures.
    """
    return linear_to_srgb(_lab_to_linear(lightness, ab))


def lab_to_gamut_rgb(lightness: Tensor, ab: Tensor) -> Tensor:
    """L (N, 1, H, W) in [0, 100], any ab (N, 2, H, W) -> RGB (N, 3, H, W) in [0, 1] of the same lightness.

    What sRGB cannot show is desaturated in linear light (`desaturate`); clipping channels would change lightness.
    """
    lightness = _wide(lightness).clamp(0.0, LIGHTNESS_MAX)
    return linear_to_srgb(desaturate(_lab_to_linear(lightness, ab), _luminance(lightness))).clamp(0.0, 1.0)


def desaturate(linear: Tensor, luminance: Tensor) -> Tensor:
    """Linear RGB (N, 3, H, W) of any range and its luminance Y (N, 1, H, W) in [0, 1] -> linear RGB in [0, 1].

    A colour outside is moved straight towards the gray of its own luminance until it just fits. Luminance is linear
    in linear RGB and the gray has the same, so Y, and with it L*, stays exactly as it was, and chroma shrinks. In
    closed form: channel c hits 1 at the share (1 - Y) / (c - Y) of the way and 0 at Y / (Y - c).

    The line is drawn in linear light because there the gamut is a cube: convex, so that the line leaves it once and
    neighbouring colours end up side by side. In the ab plane the gamut is bent near blue: a line of constant hue
    leaves and enters it again, and a little more chroma can mean much less. The price is a turn of the Lab hue, of
    1.7 degrees in the median over sRGB's colours with half more chroma (tests/test_color.py).
    """
    offset = linear - luminance
    over, under = offset.amax(1, keepdim=True), -offset.amin(1, keepdim=True)
    headroom, tiny = 1.0 - luminance, 1e-7
    share_over = (headroom + tiny) / (torch.maximum(over, headroom) + tiny)
    share_under = (luminance + tiny) / (torch.maximum(under, luminance) + tiny)
    return luminance + offset * torch.minimum(share_over, share_under)


def fit_chroma(lightness: Tensor, ab: Tensor) -> Tensor:
    """L (N, 1, H, W) in [0, 100], any ab (N, 2, H, W) -> the ab (N, 2, H, W) that `lab_to_gamut_rgb` shows."""
    lightness = _wide(lightness).clamp(0.0, LIGHTNESS_MAX)
    return _linear_to_lab(desaturate(_lab_to_linear(lightness, ab), _luminance(lightness)))[1]


def srgb_to_linear(rgb: Tensor) -> Tensor:
    """sRGB values in [0, 1] -> linear light in [0, 1]; IEC 61966-2-1, equation 5."""
    rgb = _wide(rgb)
    curved = rgb.clamp(min=0.04045)  # the curve above the knee, plus the straight part of what lies below it
    return ((curved + 0.055) / 1.055) ** 2.4 + (rgb - curved) / 12.92


def linear_to_srgb(linear: Tensor) -> Tensor:
    """Linear light -> sRGB values; IEC 61966-2-1, equation 6. Values below 0 go down the straight part."""
    linear = _wide(linear)
    curved = linear.clamp(min=0.0031308)
    return 1.055 * curved ** (1 / 2.4) - 0.055 + 12.92 * (linear - curved)


def cube_root_lines(lines: Tensor) -> Tensor:
    """Lines of a and b over L -> lines of f(X) and f(Z) over f(Y), where f is CIE's cube root; both (4, h, w).

    Two slopes, then two offsets: as L = 116 f(Y) - 16, a = 500 (f(X) - f(Y)) and b = 200 (f(Y) - f(Z)), a line in
    one space is a line in the other.
    """
    slopes, offsets = lines[:2], lines[2:] - 16.0 * lines[:2]
    scale = torch.tensor((1 / 500.0, -1 / 200.0), device=lines.device)[:, None, None]
    return torch.cat((1.0 + 116.0 * slopes * scale, offsets * scale))


def normalize_lightness(lightness: Tensor) -> Tensor:
    """L in [0, 100] -> what networks see, in [-1, 1]."""
    return lightness / (LIGHTNESS_MAX / 2) - 1.0


def denormalize_lightness(lightness: Tensor) -> Tensor:
    """What networks see, in [-1, 1] -> L in [0, 100]: the inverse of `normalize_lightness`."""
    return (lightness + 1.0) * (LIGHTNESS_MAX / 2)


@functools.cache
def byte_tables() -> tuple[Tensor, Tensor]:
    """L of the 256 grays (256,), and what each value of R, G and B adds to luminance (3, 256)."""
    with torch.inference_mode(False):
        values = torch.arange(256) / 255.0
        lightness = rgb_to_lightness(values.expand(1, 3, 1, 256)).flatten()
        weights = torch.tensor(RGB_TO_XYZ_OVER_WHITE[1])
        return lightness, weights[:, None] * srgb_to_linear(values)


def _linear_to_lab(linear: Tensor) -> tuple[Tensor, Tensor]:
    """Linear RGB (N, 3, H, W) -> L (N, 1, H, W), ab (N, 2, H, W)."""
    fx, fy, fz = _cube_root(_mix(RGB_TO_XYZ_OVER_WHITE, linear)).unbind(1)
    return (116.0 * fy - 16.0)[:, None], torch.stack((500.0 * (fx - fy), 200.0 * (fy - fz)), 1)


def _luminance(lightness: Tensor) -> Tensor:
    """L in [0, 100] -> Y in [0, 1]."""
    return _cube((lightness + 16.0) / 116.0)


def _lab_to_linear(lightness: Tensor, ab: Tensor) -> Tensor:
    """L (N, 1, H, W), ab (N, 2, H, W) -> linear RGB (N, 3, H, W), not clipped."""
    _check_channels("lightness", lightness, 1)
    _check_channels("ab", ab, 2)
    lightness, ab = _wide(lightness), _wide(ab)
    fy = (lightness + 16.0) / 116.0
    f = torch.cat((fy + ab[:, :1] / 500.0, fy, fy - ab[:, 1:] / 200.0), 1)
    return _mix(XYZ_OVER_WHITE_TO_RGB, _cube(f))


def _cube_root(t: Tensor) -> Tensor:
    """CIE 15:2004's f: the cube root, and its tangent near black, where the root's gradient has no end."""
    curved = t.clamp(min=DELTA**3)
    return curved ** (1 / 3) + (t - curved) / (3 * DELTA**2)


def _cube(f: Tensor) -> Tensor:
    """The inverse of `_cube_root`."""
    curved = f.clamp(min=DELTA)
    return curved * curved * curved + (3 * DELTA**2) * (f - curved)


def _mix(matrix: Sequence[Sequence[float]], image: Tensor) -> Tensor:
    """A matrix (O, C) on the channels of (N, C, H, W); for three channels faster than a matrix product."""
    channels = image.unbind(1)
    rows = []
    for weights in matrix:
        row = channels[0] * weights[0]
        for channel, weight in zip(channels[1:], weights[1:], strict=True):
            row = torch.add(row, channel, alpha=weight)
        rows.append(row)
    return torch.stack(rows, 1)


def _wide(x: Tensor) -> Tensor:
    """At least float32: half types cannot hold what a colour conversion computes with."""
    return x if x.dtype in (torch.float32, torch.float64) else x.float()


def _check_channels(name: str, image: Tensor, channels: int) -> None:
    if image.ndim != 4 or image.shape[1] != channels:
        raise ValueError(f"{name} must be (N, {channels}, H, W), got {tuple(image.shape)}")
    if not image.is_floating_point():
        raise ValueError(f"{name} must hold floats, got {image.dtype}")
