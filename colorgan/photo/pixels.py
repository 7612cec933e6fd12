"""Pixels of any mode Pillow knows -> 8-bit gray, RGB or CMYK, and their transparency."""

import numpy as np
from PIL import Image

from colorgan.photo.levels import Scale, to_levels

_Pixels = tuple[Image.Image, Image.Image | None, list[str]]


def to_eight_bits(image: Image.Image) -> _Pixels:
    """A decoded image of any mode -> mode L, RGB or CMYK; alpha; notes. L, RGB and CMYK are not copied."""
    mode = image.mode
    if mode.startswith("I"):
        return _from_integers(image)
    if mode == "F":
        return _from_floats(image)
    notes: list[str] = []
    if mode in ("P", "PA"):
        opaque = "L" if _has_gray_palette(image) else "RGB"
        image = image.convert(opaque + "A" if image.has_transparency_data else "RGB")
        # By way of RGB, because palette to L warns of transparency; gray RGB to L is exact.
        image = image.convert(opaque) if image.mode == "RGB" else image
    elif mode in ("La", "RGBa"):
        image = image.convert(mode.upper())
    elif mode in ("1", "L", "RGB") and "transparency" in image.info:
        if _is_key(image.info["transparency"], mode):
            image = image.convert("RGBA" if mode == "RGB" else "LA")
        else:
            notes.append("a transparent colour that does not fit the picture was ignored")
    if image.mode in ("LA", "RGBA"):
        alpha = image.getchannel("A")
        return (image.getchannel("L") if image.mode == "LA" else image.convert("RGB")), alpha, notes
    if image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    return image, None, notes


def _is_key(key: object, mode: str) -> bool:
    """Whether a transparent colour is one that 8-bit pixels can have."""
    values = key if isinstance(key, tuple) else (key,)
    return len(values) == len(mode) and all(isinstance(value, int) and 0 <= value <= 255 for value in values)


def _has_gray_palette(image: Image.Image) -> bool:
    """Whether every colour of the palette that a visible pixel uses is gray."""
    palette, transparency = image.getpalette("RGB") or [], image.info.get("transparency")
    hidden = {transparency}
    if isinstance(transparency, bytes):
        hidden = {index for index, opacity in enumerate(transparency) if opacity == 0}
    used = [index for index, count in enumerate(image.histogram()[:256]) if count and index not in hidden]
    return all(len(set(palette[3 * index : 3 * index + 3])) <= 1 for index in used)


def _from_integers(image: Image.Image) -> _Pixels:
    """Mode I or I;16 (any byte order) -> L. What the numbers mean is not in the file: their range tells."""
    values = np.asarray(image)
    if image.mode == "I" and values.min() >= 0:
        values = values.view(np.uint32)  # Pillow's only type for many bits: its sign is not the file's
    levels, notes = to_levels(values, Scale(bits=0 if image.mode == "I" else 16))
    alpha, key = None, image.info.get("transparency")
    if isinstance(key, int):
        alpha = Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8))
    return Image.fromarray(levels), alpha, notes


def _from_floats(image: Image.Image) -> _Pixels:
    levels, notes = to_levels(np.asarray(image))
    return Image.fromarray(levels), None, notes


def on_white(picture: Image.Image, alpha: Image.Image | None) -> Image.Image:
    """L or RGB -> RGB as it looks on white paper; an RGB one without transparency is not copied."""
    picture = picture if picture.mode == "RGB" else picture.convert("RGB")
    if alpha is None:
        return picture
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=alpha)
    return white
