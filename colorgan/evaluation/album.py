"""The pictures that a report shows: first photos of the draw, each model's best and worst, histograms of colours."""

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from colorgan.color import AB_CELLS_PER_SIDE, ab_cell_centres, lab_to_gamut_rgb
from colorgan.data.whole import PhotoBatch
from colorgan.images import to_image, to_tensor

SAMPLES, EXTREMES = 6, 3  # photos shown unselected; best and worst photos of each model
LARGEST_SIDE = 512  # pixels: larger pictures are made smaller for the report
_QUALITY = 88
_MARK = 3  # pixels from a hint's place to the sides of its mark
_MOVED_MOST = 20.0  # CIEDE2000: so much and more has the full colour
_MOVED_INSIDE, _MOVED_OUTSIDE = (1.0, 1.0, 1.0), (1.0, 0.35, 0.1)  # of what moved: of the thing, of the rest
_HISTOGRAM_LIGHTNESS = 65.0  # at which most colours exist
_RAREST = 1e-5  # share of pixels below which a cell is left empty


@dataclass(frozen=True)
class AlbumPhoto:
    """One photo: its JPEGs, gray and original and each model's, and each model's mean CIEDE2000."""

    name: str
    gray: bytes
    original: bytes
    pictures: dict[str, bytes]
    scores: dict[str, float]


@dataclass(frozen=True)
class ClickPhoto:
    """One photo and one hint: JPEGs of it in gray with the hint's place, without and with the hint, and of what that
    moved; the hint's spread and spill."""

    name: str
    gray: bytes
    before: bytes
    after: bytes
    moved: bytes
    spread: float
    spill: float


class Album:
    """Keeps few of them, however many photos pass."""

    def __init__(self, models: Sequence[str]):
        self.samples: list[AlbumPhoto] = []
        self.best: dict[str, list[AlbumPhoto]] = {name: [] for name in models}
        self.worst: dict[str, list[AlbumPhoto]] = {name: [] for name in models}

    def add(self, batch: PhotoBatch, shown: dict[str, Tensor], scores: dict[str, Tensor]) -> None:
        """Look at some photos, the models' pictures RGB (N, 3, H, W) of them, and mean CIEDE2000 (N,)."""
        for index in range(len(batch.names)):
            own = {name: float(values[index]) for name, values in scores.items()}
            is_sample = len(self.samples) < SAMPLES
            if not is_sample and not any(self._is_extreme(name, score) for name, score in own.items()):
                continue
            photo = _album_photo(batch, index, shown, own)
            if is_sample:
                self.samples.append(photo)
            for name in own:
                self.best[name] = sorted([*self.best[name], photo], key=lambda one: one.scores[name])[:EXTREMES]
                self.worst[name] = sorted([*self.worst[name], photo], key=lambda one: -one.scores[name])[:EXTREMES]

    def _is_extreme(self, name: str, score: float) -> bool:
        best, worst = self.best[name], self.worst[name]
        return len(best) < EXTREMES or score < best[-1].scores[name] or score > worst[-1].scores[name]


def _album_photo(batch: PhotoBatch, index: int, shown: dict[str, Tensor], scores: dict[str, float]) -> AlbumPhoto:
    return AlbumPhoto(
        name=batch.names[index],
        gray=jpeg(batch.gray[index]),
        original=jpeg(to_image(batch.rgb[index])),
        pictures={name: jpeg(to_image(rgb[index])) for name, rgb in shown.items()},
        scores=scores,
    )


def click_photo(
    name: str,
    pictures: tuple[Image.Image, Tensor, Tensor],
    moved: Tensor,
    inside: Tensor,
    place: tuple[float, float],
    spread: float,
    spill: float,
) -> ClickPhoto:
    """A photo in gray, and RGB (1, 3, H, W) before and after a hint at a place of it; how far it moved each pixel in
    CIEDE2000, and which are the thing's, both (1, 1, H, W)."""
    gray, before, after = pictures
    marked = gray.convert("RGB")
    x, y = place
    box = (x - _MARK, y - _MARK, x + _MARK, y + _MARK)
    ImageDraw.Draw(marked).rectangle(box, fill=(255, 255, 255), outline=(0, 0, 0))
    own = (
        torch.tensor(_MOVED_INSIDE).view(3, 1, 1) * inside[0] + torch.tensor(_MOVED_OUTSIDE).view(3, 1, 1) * ~inside[0]
    )
    dim = to_tensor(marked).float() / 255 * torch.where(inside[0], 0.7, 0.3)
    shown = torch.lerp(dim, own, (moved[0] / _MOVED_MOST).clamp(0, 1))
    return ClickPhoto(
        name, jpeg(marked), jpeg(to_image(before[0])), jpeg(to_image(after[0])), jpeg(to_image(shown)), spread, spill
    )


def jpeg(image: Image.Image) -> bytes:
    """An image as a JPEG with all of its colour resolution."""
    if max(image.size) > LARGEST_SIDE:
        image = image.copy()
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY, subsampling=0, optimize=True)
    return file.getvalue()


def histogram_png(histogram: Tensor) -> bytes:
    """An ab histogram (529,) -> a PNG, a pixel a cell in its own colour, the more opaque the more pixels have it.

    a runs from left (green) to right (red), b from bottom (blue) to top (yellow).
    """
    side = AB_CELLS_PER_SIDE
    share = histogram.view(side, side).T.flip(0)  # rows: b from above; columns: a
    ab = ab_cell_centres().view(side, side, 2).transpose(0, 1).flip(0).permute(2, 0, 1)[None]
    rgb = lab_to_gamut_rgb(torch.full_like(ab[:, :1], _HISTOGRAM_LIGHTNESS), ab)[0]
    opacity = (share.clamp(min=_RAREST).log10() / math.log10(_RAREST)).neg().add(1).clamp(0, 1) ** 0.7
    pixels = torch.cat((rgb, opacity[None].to(rgb))).mul(255).round().byte().permute(1, 2, 0)
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels.numpy())).save(file, "PNG", optimize=True)
    return file.getvalue()


def data_uri(data: bytes, kind: str) -> str:
    """Bytes of an image file -> what an `img` shows without a request."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
