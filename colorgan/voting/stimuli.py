"""The pictures of a trial: real and fake through one pipeline, joined, and encoded so that only pixels can speak.

Both halves are painted on the same lightness by the same functions, from 8-bit colours to 8-bit colours. So what a
half has that the other has not is its colours. The two files of a pair (fake left, fake right) have the same length.
"""

import io
import struct
import zlib
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from colorgan.color import bytes_to_lightness, lab_to_gamut_rgb, rgb_to_lab
from colorgan.photo.fitting import fit
from colorgan.voting.sources import Colorizes, Pixels

SIDE_PX = 384  # the longer side of a picture; smaller photos stay as they are
MIN_SIDE_PX = 96
MAX_ASPECT = 3.0
MIN_CHROMA = 4.0  # mean, in units of ab: below it there is next to no colour to judge
CATCH_CHROMA = 35.0  # wrong colours must be seen in a second, in pale photos too
_MOST_PAINTINGS = 300  # at most one step of 8 bits each; photos need 5 to 50
_IEND_BYTES = 12
_CHUNK_BYTES = 12  # length, type and checksum around a chunk's data
_FILLER = b"paDd"  # ancillary, private, safe to copy: every decoder skips it


class Base(NamedTuple):
    """A photo made ready: what every version of it shares, and its true colours."""

    gray: Image.Image  # mode L: what a model gets to see
    lightness: Tensor  # L (1, 1, H, W) in [0, 100] of the gray image
    ab: Tensor  # true ab (1, 2, H, W)


def unsuitable(image: Image.Image) -> str | None:
    """Why an RGB photo cannot be judged, or None where it can."""
    if min(image.size) < MIN_SIDE_PX:
        return f"smaller than {MIN_SIDE_PX} px"
    if max(image.size) > MAX_ASPECT * min(image.size):
        return f"longer than {MAX_ASPECT:g} times its width"
    if float(rgb_to_lab(_as_tensor(_pixels(fit(image, MIN_SIDE_PX))))[1].norm(dim=1).mean()) < MIN_CHROMA:
        return "nearly gray"
    return None


def prepare(image: Image.Image, side_px: int = SIDE_PX) -> Base:
    """An RGB photo -> its gray version in 8 bits, whose lightness all versions get, and its true colours."""
    pixels = _pixels(fit(image, side_px))
    lightness = bytes_to_lightness(torch.tensor(pixels))
    gray = _as_bytes(lab_to_gamut_rgb(lightness, torch.zeros(1, 2, *lightness.shape[2:])))[:, :, 0]
    return Base(Image.fromarray(gray), bytes_to_lightness(torch.tensor(gray)), rgb_to_lab(_as_tensor(pixels))[1])


def real(base: Base) -> Pixels:
    """The photo in its own colours."""
    return paint(base, base.ab)


def fake(base: Base, model: Colorizes) -> Pixels:
    """The photo in a model's colours.

    Raises:
        ValueError: the model gave an image of another size.
    """
    picture = model.colorize(base.gray)
    if picture.size != base.gray.size:
        raise ValueError(f"the model made {picture.size} of an image of {base.gray.size}")
    return paint(base, rgb_to_lab(_as_tensor(_pixels(picture)))[1])


def catch(base: Base) -> Pixels:
    """The photo in grossly wrong colours: hue rotated or a and b swapped, whichever ends farthest from the truth."""
    a, b = base.ab.split(1, dim=1)
    root_3_over_2 = 3**0.5 / 2
    candidates = [
        torch.cat((-a, -b), 1),  # opposite hues
        torch.cat((-a / 2 - root_3_over_2 * b, root_3_over_2 * a - b / 2), 1),  # a third of the circle
        torch.cat((-a / 2 + root_3_over_2 * b, -root_3_over_2 * a - b / 2), 1),
        torch.cat((b, a), 1),
        torch.cat((-b, -a), 1),
    ]
    gain = max(1.0, CATCH_CHROMA / max(1e-3, float(base.ab.norm(dim=1).mean())))
    versions = [paint(base, gain * wrong) for wrong in candidates]
    truth = real(base)
    return max(versions, key=lambda version: colour_distance(version, truth))


def paint(base: Base, ab: Tensor) -> Pixels:
    """The one way to a picture: ab (1, 2, H, W) of any range under the shared lightness, fitted into sRGB, 8 bits.

    Painted until painting changes nothing. Rounding to 8 bits moves colours at the edge of sRGB a little each time, so
    that one could count how often a half had been painted, and a model's has been once more than the photo's.
    """
    height, width = base.lightness.shape[2:]
    lightness = base.lightness.double().reshape(1, 1, 1, -1)
    pixels = _as_bytes(lab_to_gamut_rgb(lightness, ab.double().reshape(1, 2, 1, -1)))[0]
    moving = np.arange(len(pixels))
    for _ in range(_MOST_PAINTINGS):
        again = _as_bytes(lab_to_gamut_rgb(lightness[..., moving], rgb_to_lab(_as_tensor(pixels[None, moving]))[1]))[0]
        moved = (again != pixels[moving]).any(1)
        pixels[moving] = again
        moving = moving[moved]
        if not len(moving):
            break
    return pixels.reshape(height, width, 3)


def colour_distance(one: Pixels, other: Pixels) -> float:
    """Mean distance of two pictures in ab."""
    return float((rgb_to_lab(_as_tensor(one))[1] - rgb_to_lab(_as_tensor(other))[1]).norm(dim=1).mean())


def join(left: Pixels, right: Pixels) -> Pixels:
    """Two halves of one size -> one picture twice as wide; the page cuts it in the middle."""
    return np.concatenate((left, right), axis=1)


def encode_alike(versions: list[Pixels]) -> list[bytes]:
    """Pictures of one size -> PNG files of one length, without metadata.

    Compression tells apart what pixels it meets first, so the shorter file is filled up before its end. The bytes are
    a function of the pixels alone: whoever has the pixels learns nothing more from them.
    """
    files = [_png(version) for version in versions]
    length = max(len(file) for file in files) + _CHUNK_BYTES
    return [_filled(file, length) for file in files]


def _png(pixels: Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _filled(png: bytes, length: int) -> bytes:
    body = _FILLER + bytes(length - len(png) - _CHUNK_BYTES)
    chunk = struct.pack(">I", len(body) - len(_FILLER)) + body + struct.pack(">I", zlib.crc32(body))
    return png[:-_IEND_BYTES] + chunk + png[-_IEND_BYTES:]


def _pixels(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGB"))


def _as_tensor(pixels: Pixels) -> Tensor:
    """uint8 (H, W, 3) -> RGB (1, 3, H, W) in [0, 1]; float32 rounds by how many pixels come along."""
    return torch.tensor(pixels).permute(2, 0, 1)[None].double() / 255


def _as_bytes(rgb: Tensor) -> Pixels:
    """RGB (1, 3, H, W) in [0, 1] -> uint8 (H, W, 3)."""
    return (rgb[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
