"""The pictures that a report shows: the first photos of the draw, and each model's best and worst."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from torch import Tensor

from colorgan.data.whole import PhotoBatch

SAMPLES, EXTREMES = 6, 3  # photos shown unselected; best and worst photos of each model
LARGEST_SIDE = 512  # pixels: larger pictures are made smaller for the report
_QUALITY = 88


@dataclass(frozen=True)
class Page:
    """One photo: its JPEGs, gray and original and each model's, and each model's mean CIEDE2000."""

    name: str
    gray: bytes
    original: bytes
    pictures: dict[str, bytes]
    scores: dict[str, float]


class Album:
    """Keeps few pages, however many photos pass."""

    def __init__(self, models: Sequence[str]):
        self.samples: list[Page] = []
        self.best: dict[str, list[Page]] = {name: [] for name in models}
        self.worst: dict[str, list[Page]] = {name: [] for name in models}

    def add(self, batch: PhotoBatch, shown: dict[str, Tensor], scores: dict[str, Tensor]) -> None:
        """Look at some photos, the models' pictures RGB (N, 3, H, W) of them, and mean CIEDE2000 (N,)."""
        for index in range(len(batch.names)):
            own = {name: float(values[index]) for name, values in scores.items()}
            is_sample = len(self.samples) < SAMPLES
            if not is_sample and not any(self._is_extreme(name, score) for name, score in own.items()):
                continue
            page = _page(batch, index, shown, own)
            if is_sample:
                self.samples.append(page)
            for name in own:
                self.best[name] = sorted([*self.best[name], page], key=lambda page: page.scores[name])[:EXTREMES]
                self.worst[name] = sorted([*self.worst[name], page], key=lambda page: -page.scores[name])[:EXTREMES]

    def _is_extreme(self, name: str, score: float) -> bool:
        best, worst = self.best[name], self.worst[name]
        return len(best) < EXTREMES or score < best[-1].scores[name] or score > worst[-1].scores[name]


def _page(batch: PhotoBatch, index: int, shown: dict[str, Tensor], scores: dict[str, float]) -> Page:
    return Page(
        name=batch.names[index],
        gray=jpeg(batch.gray[index]),
        original=jpeg(_image(batch.rgb[index])),
        pictures={name: jpeg(_image(rgb[index])) for name, rgb in shown.items()},
        scores=scores,
    )


def jpeg(image: Image.Image) -> bytes:
    """An image as a JPEG with all of its colour resolution."""
    if max(image.size) > LARGEST_SIDE:
        image = image.copy()
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY, subsampling=0, optimize=True)
    return file.getvalue()


def _image(rgb: Tensor) -> Image.Image:
    """RGB (3, H, W) in [0, 1] -> the picture."""
    return Image.fromarray(np.ascontiguousarray((rgb * 255).round().byte().permute(1, 2, 0).cpu().numpy()))
