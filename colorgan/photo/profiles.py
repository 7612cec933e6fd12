"""Colours under any ICC profile -> sRGB, by LittleCMS."""

import functools
import io
import struct

from PIL import Image, ImageChops, ImageCms


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


def _through_profile(image: Image.Image, icc: bytes) -> tuple[Image.Image, bytes, list[str]]:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    space = profile.profile.xcolor_space.strip()
    note = [f"colours were converted from the profile {_profile_name(profile)!r} to sRGB"]
    if image.mode == "L" and space in ("GRAY", "RGB"):
        curve = _gray_curve(profile, "L" if space == "GRAY" else "RGB")
        if max(abs(value - index) for index, value in enumerate(curve)) <= 1:
            return image, icc if space == "RGB" else _srgb_profile(), []
        return image.point(curve), _srgb_profile(), note
    if image.mode == "RGB" and space == "RGB":
        transform, cube = _transform(profile, "RGB"), _color_cube()
        if max(ImageChops.difference(transform.apply(cube), cube).tobytes()) <= 2:  # some sRGB profiles round a little
            return image, icc, []
        return transform.apply(image), _srgb_profile(), note
    if image.mode == space == "CMYK":
        return _transform(profile, "CMYK").apply(image), _srgb_profile(), note
    raise ValueError(f"a {space} profile on a picture of mode {image.mode}")


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


def _gray_curve(profile: ImageCms.ImageCmsProfile, mode: str) -> list[int]:
    """What a profile makes of the 256 grays: 256 values of sRGB gray. Gray photos stay gray, and need no more."""
    ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
    if mode == "RGB":
        ramp = Image.merge("RGB", (ramp, ramp, ramp))
    return list(_transform(profile, mode).apply(ramp).getchannel("G").tobytes())


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
