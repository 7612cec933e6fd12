"""Colours under any ICC profile -> sRGB, by LittleCMS."""

import functools
import io
import struct
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageCms

from colorgan.photo.extras import extra
from colorgan.photo.record import PhotoError

Curve = float | Literal["sRGB"]  # an exponent, or the curve of IEC 61966-2-1
REC_709 = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)  # white, red, green and blue, x and y each
_ADOBE_RGB = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)  # Adobe RGB (1998), 4.3.1
# ITU-T H.273, tables 2 and 3: colour primaries and transfer functions, as PNG's cICP and HEIF's nclx number them.
_PRIMARIES = {
    1: REC_709,
    9: (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    12: (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
_TRANSFERS: dict[int, Curve] = {1: "sRGB", 4: 2.2, 5: 2.8, 6: "sRGB", 8: 1.0, 13: "sRGB", 14: "sRGB", 15: "sRGB"}
_BEYOND_WHITE = {16: "PQ", 18: "HLG"}
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_BAND = 1 << 22  # numbers that are converted at a time
# Bradford's cone responses, by which ICC.1:2022 annex E adapts white points to D50.
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50 = np.array([0.9642, 1.0, 0.8249])


def to_srgb(image: Image.Image, icc: bytes | None) -> tuple[Image.Image, bytes | None, list[str]]:
    """L, RGB or CMYK under a profile -> L or RGB under sRGB, the profile to embed, notes."""
    notes = []
    if icc:
        try:
            return _through_profile(image, icc)
        except (OSError, ValueError, TypeError, ImageCms.PyCMSError):  # what ImageCms raises for bad profiles
            notes.append("its colour profile is broken or does not fit the picture, and was ignored")
    if image.mode == "CMYK":
        image = image.convert("RGB")
        notes.append("CMYK without a usable profile became RGB: colours are approximate")
    return image, None, notes


def deep_to_srgb(values: NDArray[np.uint16], icc: bytes) -> NDArray[np.uint16] | None:
    """RGB (H, W, 3) under a profile -> the same under sRGB, as `to_srgb` does it for 8 bits; None without imagecodecs,
    which has LittleCMS for 16, or where the profile is broken or of no RGB."""
    codecs = extra("imagecodecs")
    if codecs is None:
        return None
    how = {
        "colorspace": "rgb",
        "outcolorspace": "rgb",
        "outdtype": "u2",
        "intent": codecs.CMS.INTENT.RELATIVE_COLORIMETRIC,
    }
    how["flags"] = codecs.CMS.FLAGS.BLACKPOINTCOMPENSATION
    colours, rows = np.empty_like(values), max(1, _BAND // values[0].size)
    try:
        for top in range(0, len(values), rows):
            band = np.ascontiguousarray(values[top : top + rows])
            colours[top : top + rows] = codecs.cms_transform(band, icc, _srgb_profile(), **how)
    except (codecs.CmsError, ValueError, TypeError):
        return None
    return colours


def _through_profile(image: Image.Image, icc: bytes) -> tuple[Image.Image, bytes, list[str]]:
    profile = _profile(icc)
    if image.mode not in profile.transforms:
        raise ValueError(f"a {profile.space} profile on a picture of mode {image.mode}")
    if image.mode in profile.unchanged:
        return image, icc if profile.space == "RGB" else _srgb_profile(), []
    note = [f"colours were converted from the profile {profile.name!r} to sRGB"]
    if image.mode == "L":
        return image.point(_gray_curve(profile.transforms["L"], profile.space)), _srgb_profile(), note
    return profile.transforms[image.mode].apply(image), _srgb_profile(), note


@dataclass(frozen=True)
class _Profile:
    """A profile as it is used: from which of the modes L, RGB and CMYK it leads to sRGB, and which it leaves alone."""

    name: str
    space: str
    transforms: dict[str, ImageCms.ImageCmsTransform]
    unchanged: frozenset[str]


@functools.lru_cache(maxsize=32)  # thousands of photos come under a few profiles, and each takes milliseconds
def _profile(icc: bytes) -> _Profile:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    space = profile.profile.xcolor_space.strip()
    if space not in ("GRAY", "RGB", "CMYK"):
        return _Profile(_profile_name(profile), space, {}, frozenset())
    transform, unchanged = _transform(profile, "L" if space == "GRAY" else space), set()
    if space != "CMYK":
        curve = _gray_curve(transform, space)
        if max(abs(value - index) for index, value in enumerate(curve)) <= 1:
            unchanged.add("L")
    if space == "RGB":
        cube = _color_cube()
        if max(ImageChops.difference(transform.apply(cube), cube).tobytes()) <= 2:  # some sRGB profiles round a little
            unchanged.add("RGB")
    modes = {"GRAY": ("L",), "RGB": ("L", "RGB"), "CMYK": ("CMYK",)}[space]
    return _Profile(_profile_name(profile), space, dict.fromkeys(modes, transform), frozenset(unchanged))


def _transform(profile: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    """From a profile to sRGB as Photoshop does by default: relative colorimetric with black point compensation."""
    return ImageCms.ImageCmsTransform(
        profile,
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


def _gray_curve(transform: ImageCms.ImageCmsTransform, space: str) -> list[int]:
    """What a profile makes of the 256 grays: 256 values of sRGB gray. Gray photos stay gray, and need no more."""
    ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
    if space == "RGB":
        ramp = Image.merge("RGB", (ramp, ramp, ramp))
    return list(transform.apply(ramp).getchannel("G").tobytes())


def _profile_name(profile: ImageCms.ImageCmsProfile) -> str:
    return " ".join((profile.profile.profile_description or "").split())[:60] or "without a name"


@functools.cache
def _color_cube() -> Image.Image:
    """9 x 9 x 9 colours that span RGB, mode RGB, 729 x 1."""
    steps = [round(step * 255 / 8) for step in range(9)]
    return Image.frombytes("RGB", (729, 1), bytes(v for r in steps for g in steps for b in steps for v in (r, g, b)))


@functools.cache
def _srgb_profile() -> bytes:
    """LittleCMS's sRGB profile, the same bytes every day: its date (ICC.1:2022, 7.2.1) is set to a fixed one."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made[:24] + struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + made[36:]


def matrix_profile(mode: str, curve: Curve, chromaticities: tuple[float, ...], words: str) -> bytes | None:
    """What a file says of its colours without a profile -> an ICC profile (ICC.1:2001-04): gray, or matrix and curves.

    curve: from stored values in [0, 1] to light: an exponent, or sRGB's. chromaticities: x and y of white, red, green
    and blue. None where those span no colours.
    """
    tags = {b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(words) + 1) + words.encode("ascii") + bytes(79)}
    tags[b"wtpt"] = b"XYZ \0\0\0\0" + _fixed(*_D50)
    if curve == "sRGB":
        response = b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + _fixed(*_SRGB_CURVE)
    else:
        response = b"para\0\0\0\0" + struct.pack(">HH", 0, 0) + _fixed(curve)
    is_gray = mode in ("1", "L", "LA", "I", "I;16", "F")
    if is_gray:
        tags[b"kTRC"] = response
    else:
        columns = _d50_columns(chromaticities)
        if columns is None:
            return None
        for letter, column in zip(b"rgb", columns.T, strict=True):
            tags[bytes([letter]) + b"XYZ"] = b"XYZ \0\0\0\0" + _fixed(*column)
            tags[bytes([letter]) + b"TRC"] = response
    directory, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        directory += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    space = b"GRAY" if is_gray else b"RGB "
    header = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x02400000, b"mntr", space, b"XYZ ")
    header += struct.pack(">6H4s", 2000, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + _fixed(*_D50)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + directory + body


def profile_of_code_points(mode: str, primaries: int, transfer: int, name: str) -> bytes | None:
    """Numbers of ITU-T H.273 -> an ICC profile; None where they say sRGB, or nothing that is known here.

    Raises PhotoError for light beyond white: such a picture would come out flat and dark.
    """
    if transfer in _BEYOND_WHITE:
        raise PhotoError(f"{name} is an HDR picture ({_BEYOND_WHITE[transfer]}): export it as an ordinary one first")
    curve = _TRANSFERS.get(transfer)
    if curve is None or primaries not in _PRIMARIES or (primaries, curve) == (1, "sRGB"):
        return None
    return matrix_profile(mode, curve, _PRIMARIES[primaries], f"H.273 {primaries}/{transfer}")


def adobe_rgb() -> bytes | None:
    """The profile of Adobe RGB (1998), for cameras that say it without one."""
    return matrix_profile("RGB", 563 / 256, _ADOBE_RGB, "Adobe RGB (1998), by EXIF")


def primaries_profile(white: tuple[float, ...], primaries: tuple[float, ...]) -> bytes | None:
    """The profile of RGB under sRGB's curve and other primaries, x and y each; None where they are sRGB's or none."""
    chromaticities = (*map(float, white), *map(float, primaries))
    if len(chromaticities) != len(REC_709) or np.allclose(chromaticities, REC_709, atol=0.02):
        return None
    return matrix_profile("RGB", "sRGB", chromaticities, "primaries of the file")


def srgb_levels(light: np.ndarray) -> np.ndarray:
    """Light in [0, 1] -> uint8 levels of sRGB (IEC 61966-2-1)."""
    curved = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light.clip(1e-9) ** (1 / 2.4) - 0.055)
    return np.rint(255 * curved).clip(0, 255).astype(np.uint8)


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(float(value) * 65536) for value in values))


def _d50_columns(chromaticities: tuple[float, ...]) -> np.ndarray | None:
    """x and y of white, red, green, blue -> XYZ of red, green, blue under D50 (3, 3), one a column."""
    white, *primaries = (
        np.array([x / y, 1.0, (1 - x - y) / y]) if y > 0 else np.zeros(3)
        for x, y in zip(chromaticities[::2], chromaticities[1::2], strict=True)
    )
    columns = np.stack(primaries, 1)
    if not white.all() or abs(np.linalg.det(columns)) < 1e-6:
        return None
    columns = columns * np.linalg.solve(columns, white)
    gains = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    adapted = np.linalg.inv(_BRADFORD) @ gains @ _BRADFORD @ columns
    return adapted if np.isfinite(adapted).all() and np.abs(adapted).max() < 4 else None
