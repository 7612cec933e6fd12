"""The baselines of an evaluation: what colours are worth that see nothing of a photo but its lightness."""

import numpy as np
import torch
from torch import Tensor

from colorgan.data.whole import EvaluationPhotos, PhotoBatch
from colorgan.evaluation.candidates import Candidate

GRAY, MEAN = "gray", "mean chroma per lightness"
TRAIN_PHOTOS, TRAIN_RESOLUTION = 1000, 64  # what the mean is taken over: photos, and their shorter side in pixels
_LEVELS = 51  # of lightness: 0, 2 ... 100


class Gray(Candidate):
    """The photo as it is."""

    name, kind, is_baseline = GRAY, "baseline", True

    def ab(self, batch: PhotoBatch) -> Tensor:
        """No chroma anywhere."""
        return torch.zeros_like(batch.ab)

    def origin(self) -> dict[str, str | float]:
        """Nothing to say."""
        return {}


class MeanChroma(Candidate):
    """What training photos show on average at each lightness: the best guess of one who cannot see shapes."""

    name, kind, is_baseline = MEAN, "baseline", True

    def __init__(self, photos: EvaluationPhotos):
        """Read the photos once; each photo counts alike."""
        sums, weights = torch.zeros(_LEVELS, 2), torch.zeros(_LEVELS)
        self.photos = 0
        for batch in photos.batches(8):
            for lightness, ab in zip(batch.lightness, batch.ab, strict=True):
                level = (lightness.flatten() * ((_LEVELS - 1) / 100)).round().long().clamp(0, _LEVELS - 1)
                sums.index_add_(0, level, ab.flatten(1).T / level.numel())
                weights += torch.bincount(level, minlength=_LEVELS) / level.numel()
                self.photos += 1
        if not self.photos:
            raise ValueError(f"{_data_names(photos)} has no photos with colour in {photos.split!r} to take a mean of")
        known = weights > 0
        levels = np.arange(_LEVELS)
        means = (sums[known] / weights[known, None]).numpy()
        filled = [np.interp(levels, levels[known.numpy()], means[:, channel]) for channel in (0, 1)]
        self.table = torch.tensor(np.stack(filled), dtype=torch.float32)  # (2, 51)
        self.data, self.split = _data_names(photos), photos.split

    def ab(self, batch: PhotoBatch) -> Tensor:
        """The table, read between its levels."""
        place = (batch.seen[:, 0] * ((_LEVELS - 1) / 100)).clamp(0, _LEVELS - 1)
        below = place.floor().long().clamp(max=_LEVELS - 2)
        table = self.table.to(place.device)
        return torch.lerp(table[:, below], table[:, below + 1], place - below).transpose(0, 1)

    def origin(self) -> dict[str, str | float]:
        """The photos it was taken over."""
        return {"data": self.data, "split": self.split, "photos": self.photos}


def _data_names(photos: EvaluationPhotos) -> str:
    return ", ".join(source.name for source in photos.sources)
