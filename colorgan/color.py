"""sRGB <-> CIE 1976 L*a*b* on tensors, and the gamut between them.

Every function works on any device, is differentiable, and computes in float32 or float64 whatever comes in (a
bfloat16 lightness has steps of half a unit: too coarse to compute with). sRGB is IEC 61966-2-1. Lab is CIE 15:2004
under D65 / 2 degrees, taking as white point what the matrix makes of RGB white, so that every gray has ab = 0.
"""

import torch
from torch import Tensor

LIGHTNESS_MAX = 100.0
CHROMA_SCALE = 110.0  # networks see ab / 110; sRGB reaches a in [-87, 99] and b in [-108, 95]

# Linear sRGB -> XYZ; IEC 61966-2-1, to the digits that scikit-image and kornia use.
_RGB_TO_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
_DELTA = 6.0 / 29.0  # where CIE's cube root turns into a straight line
_BISECTIONS = 10  # finds the admissible chroma to 1 / 1024 of itself, far below an 8-bit step


def rgb_to_lab(rgb: Tensor) -> tuple[Tensor, Tensor]:
    """RGB (N, 3, H, W) in [0, 1] -> L (N, 1, H, W) in [0, 100], ab (N, 2, H, W) in about [-110, 110]."""
    _check_channels("rgb", rgb, 3)
    white = _matrix(rgb).sum(1)
    fx, fy, fz = _cube_root(_mix(_matrix(rgb), srgb_to_linear(rgb)) / white[:, None, None]).unbind(1)
    return (116.0 * fy - 16.0)[:, None], torch.stack((500.0 * (fx - fy), 200.0 * (fy - fz)), 1)


def rgb_to_lightness(rgb: Tensor) -> Tensor:
    """RGB (N, 3, H, W) in [0, 1] -> L (N, 1, H, W) in [0, 100]: `rgb_to_lab` at a third of the work."""
    _check_channels("rgb", rgb, 3)
    luminance = _mix(_matrix(rgb)[1:2], srgb_to_linear(rgb))
    return 116.0 * _cube_root(luminance) - 16.0


def lab_to_rgb(lightness: Tensor, ab: Tensor) -> Tensor:
    """L (N, 1, H, W) in [0, 100], ab (N, 2, H, W) -> RGB (N, 3, H, W), outside [0, 1] where sRGB cannot show it.

    The exact inverse of `rgb_to_lab`; `lab_to_gamut_rgb` is the one for pictures.
    """
    return linear_to_srgb(_lab_to_linear(lightness, ab))


def lab_to_gamut_rgb(lightness: Tensor, ab: Tensor) -> Tensor:
    """L (N, 1, H, W) in [0, 100], any ab (N, 2, H, W) -> RGB (N, 3, H, W) in [0, 1] of the same lightness and hue.

    Chroma is reduced by `fit_chroma` where sRGB cannot show it; clipping the channels would change the lightness.
    """
    return linear_to_srgb(_lab_to_linear(lightness, fit_chroma(lightness, ab))).clamp(0.0, 1.0)


def fit_chroma(lightness: Tensor, ab: Tensor) -> Tensor:
    """ab (N, 2, H, W) -> the ab of most chroma, at the same lightness and hue, that sRGB can show.

    At a fixed L the colours of sRGB are a star-shaped region of the ab plane around gray, so the largest factor
    t in [0, 1] with (L, t a, t b) inside is found by bisection, for the pixels outside alone. The factor is a
    constant to autograd: the gradient of a colour that did not fit is scaled as the colour is.
    """
    with torch.no_grad():
        lightness, wide = lightness.clamp(0.0, LIGHTNESS_MAX), _wide(ab)
        outside = _outside(_lab_to_linear(lightness, wide))  # (N, H, W)
        if not bool(outside.any()):
            return _wide(ab)
        # The pixels outside become one column of the shape the conversions expect: (P, C, 1, 1).
        stuck_lightness = lightness.movedim(1, -1)[outside][:, :, None, None]
        stuck_ab = wide.movedim(1, -1)[outside][:, :, None, None]
        low, high = torch.zeros_like(stuck_lightness), torch.ones_like(stuck_lightness)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            fits = ~_outside(_lab_to_linear(stuck_lightness, stuck_ab * middle))[:, None]
            low, high = torch.where(fits, middle, low), torch.where(fits, high, middle)
        factor = torch.ones_like(outside, dtype=wide.dtype)
        factor[outside] = low[:, 0, 0, 0]
    return _wide(ab) * factor[:, None]


def srgb_to_linear(rgb: Tensor) -> Tensor:
    """sRGB values in [0, 1] -> linear light in [0, 1]; IEC 61966-2-1, equation 5."""
    rgb = _wide(rgb)
    return torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(linear: Tensor) -> Tensor:
    """Linear light -> sRGB values; IEC 61966-2-1, equation 6. Values below 0 go down the straight part."""
    linear = _wide(linear)
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)


def normalize_lightness(lightness: Tensor) -> Tensor:
    """L in [0, 100] -> what networks see, in [-1, 1]."""
    return lightness / (LIGHTNESS_MAX / 2) - 1.0


def _lab_to_linear(lightness: Tensor, ab: Tensor) -> Tensor:
    """L (N, 1, H, W), ab (N, 2, H, W) -> linear RGB (N, 3, H, W), not clipped."""
    _check_channels("lightness", lightness, 1)
    _check_channels("ab", ab, 2)
    lightness, ab = _wide(lightness), _wide(ab)
    fy = (lightness + 16.0) / 116.0
    f = torch.cat((fy + ab[:, :1] / 500.0, fy, fy - ab[:, 1:] / 200.0), 1)
    xyz_over_white = torch.where(f > _DELTA, f**3, 3 * _DELTA**2 * (f - 4.0 / 29.0))
    matrix = _matrix(lightness)
    return _mix(torch.linalg.inv(matrix) * matrix.sum(1), xyz_over_white)


def _outside(linear: Tensor, slack: float = 1e-5) -> Tensor:
    """Linear RGB (N, 3, H, W) -> which pixels leave [0, 1] by more than rounding, (N, H, W)."""
    return (linear.amin(1) < -slack) | (linear.amax(1) > 1.0 + slack)


def _cube_root(t: Tensor) -> Tensor:
    """CIE 15:2004's f: the cube root, and its tangent near black, where the root's gradient has no end."""
    return torch.where(t > _DELTA**3, t.clamp(min=_DELTA**3) ** (1 / 3), t / (3 * _DELTA**2) + 4.0 / 29.0)


def _mix(matrix: Tensor, image: Tensor) -> Tensor:
    """A matrix (O, C) on the channels of (N, C, H, W)."""
    return torch.einsum("oc,nchw->nohw", matrix, image)


def _matrix(like: Tensor) -> Tensor:
    return torch.tensor(_RGB_TO_XYZ, device=like.device, dtype=_wide(like[:0]).dtype)


def _wide(x: Tensor) -> Tensor:
    """At least float32: half types cannot hold what a colour conversion computes with."""
    return x if x.dtype in (torch.float32, torch.float64) else x.float()


def _check_channels(name: str, image: Tensor, channels: int) -> None:
    if image.ndim != 4 or image.shape[1] != channels:
        raise ValueError(f"{name} must be (N, {channels}, H, W), got {tuple(image.shape)}")
    if not image.is_floating_point():
        raise ValueError(f"{name} must hold floats, got {image.dtype}")
