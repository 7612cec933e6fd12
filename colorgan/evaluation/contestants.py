"""Who is judged: two baselines, models, and folders of pictures that other people's models have made.

Each is asked for ab under the photos' own lightness. What it knows of a photo is its gray picture of 8 bits.
"""

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from colorgan.color import fit_chroma, rgb_to_lab
from colorgan.colorizer import Colorizer
from colorgan.data.decode import SUFFIXES
from colorgan.data.whole import EvaluationPhoto, EvaluationPhotos, PhotoBatch, resized
from colorgan.photo import open_photo
from colorgan.upsampling import apply_lines

GRAY, MEAN = "gray", "mean chroma per lightness"
TRAIN_PHOTOS, TRAIN_RESOLUTION = 1000, 64  # what the mean is taken over: photos, and their shorter side in pixels
_LEVELS = 51  # of lightness: 0, 2 ... 100
_MANY = 3  # names that a message lists


class Contestant(Protocol):
    """Somebody with an opinion on the colours of photos."""

    name: str
    kind: str  # "baseline", "model" or "predictions"

    def ab(self, batch: PhotoBatch) -> Tensor:
        """Photos -> ab (N, 2, H, W), not yet fitted into sRGB."""

    def origin(self) -> dict[str, str | float]:
        """What a report says about where it comes from."""


@dataclass
class Gray:
    """The photo as it is."""

    name: str = GRAY
    kind: str = "baseline"

    def ab(self, batch: PhotoBatch) -> Tensor:
        """No chroma anywhere."""
        return torch.zeros_like(batch.ab)

    def origin(self) -> dict[str, str | float]:
        """Nothing to say."""
        return {}


class MeanChroma:
    """What training photos show on average at each lightness: the best guess of one who cannot see shapes."""

    name, kind = MEAN, "baseline"

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
            raise ValueError(f"{_names(photos)} has no photos with colour in {photos.split!r} to take a mean of")
        known = weights > 0
        levels = np.arange(_LEVELS)
        means = (sums[known] / weights[known, None]).numpy()
        filled = [np.interp(levels, levels[known.numpy()], means[:, channel]) for channel in (0, 1)]
        self.table = torch.tensor(np.stack(filled), dtype=torch.float32)  # (2, 51)
        self.data, self.split = _names(photos), photos.split

    def ab(self, batch: PhotoBatch) -> Tensor:
        """The table, read between its levels."""
        place = (batch.seen[:, 0] * ((_LEVELS - 1) / 100)).clamp(0, _LEVELS - 1)
        below = place.floor().long().clamp(max=_LEVELS - 2)
        table = self.table.to(place.device)
        return torch.lerp(table[:, below], table[:, below + 1], place - below).transpose(0, 1)

    def origin(self) -> dict[str, str | float]:
        """The photos it was taken over."""
        return {"data": self.data, "split": self.split, "photos": self.photos}


class Model:
    """A Colorizer."""

    kind = "model"

    def __init__(self, colorizer: Colorizer, source: str = ""):
        """`source` is the folder or Hub id it comes from; empty for one that was made here."""
        self.colorizer, self.source, self.name = colorizer, source, colorizer.name

    def ab(self, batch: PhotoBatch) -> Tensor:
        """The chroma that `Colorizer.colorize` paints, before it is rounded to 8 bits."""
        predictions = self.colorizer.predict(batch.gray)
        lines = torch.cat([prediction.lines[:1] for prediction in predictions])
        return apply_lines(lines.to(batch.seen.device), batch.seen)

    def variants(self, batch: PhotoBatch, count: int, seed: int) -> Tensor:
        """Other colours that it holds plausible: what sRGB shows of them, (N, count, 2, H, W)."""
        fitted = []
        for index, prediction in enumerate(self.colorizer.predict(batch.gray, variants=count, seed=seed)):
            lightness = batch.lightness[index : index + 1].expand(count, -1, -1, -1)
            seen = batch.seen[index : index + 1].expand(count, -1, -1, -1)
            fitted.append(fit_chroma(lightness, apply_lines(prediction.lines[1:].to(seen.device), seen)))
        return torch.stack(fitted)

    @property
    def has_variants(self) -> bool:
        """Whether its network can draw other colours than the likeliest."""
        generator = self.colorizer.generator
        return hasattr(generator, "sample") and getattr(generator, "distribution", generator) is not None

    def origin(self) -> dict[str, str | float]:
        """Its network and a SHA-256 over its weights: tensors by name, whatever file they came in."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self.colorizer.state_dict().items()):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        parameters = sum(parameter.numel() for parameter in self.colorizer.parameters())
        told: dict[str, str | float] = {"network": type(self.colorizer.generator).__name__, "parameters": parameters}
        file = Path(self.source) / "model.safetensors"
        if self.source and file.is_file():
            told["file_sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
        return {"source": self.source or "in memory", **told, "weights_sha256": digest.hexdigest()}


class Predictions:
    """A folder of colorized pictures, named as the photos are, in any format.

    A picture has the size of its photo, or that at which photos are judged. Its chroma is put under the photo's own
    lightness, as every colorizer's is; how much it had changed the lightness is told as `lightness_error`, in L units.
    """

    kind = "predictions"

    def __init__(self, folder: str):
        """Raises ValueError where there is no such folder, or no picture in it."""
        root = Path(folder).expanduser()
        if not root.is_dir():
            raise ValueError(f"predictions must be a folder of pictures, got {folder!r}")
        self.folder, self.name = folder, root.absolute().name
        self._files: dict[str, Path] = {}
        for file in sorted(root.rglob("*")):
            if file.suffix.lower() in SUFFIXES and file.is_file():
                name = file.relative_to(root).with_suffix("").as_posix()
                if name in self._files:
                    both = f"{self._files[name].name!r} and {file.name!r}"
                    raise ValueError(f"predictions {folder!r} have two pictures of one photo: {both}")
                self._files[name] = file
        if not self._files:
            raise ValueError(f"predictions {folder!r} hold no pictures")
        self._digest = hashlib.sha256()
        self._errors: list[float] = []

    def check(self, photos: Iterable[EvaluationPhoto]) -> None:
        """Raise ValueError, one line, unless there is a picture of a right size for each of these photos."""
        count, missing = 0, []
        for photo in photos:
            count += 1
            if photo.name not in self._files:
                missing.append(photo.name)
            elif not missing:
                self._picture(photo.name, photo.original_size, (photo.rgb.shape[2], photo.rgb.shape[1]))
        if missing:
            names = ", ".join(map(repr, missing[:_MANY])) + (" ..." if len(missing) > _MANY else "")
            raise ValueError(f"predictions {self.folder!r} lack {len(missing)} of {count} photos: {names}")

    def ab(self, batch: PhotoBatch) -> Tensor:
        """The pictures' chroma."""
        size = (batch.rgb.shape[3], batch.rgb.shape[2])
        found = [
            self._picture(name, original, size)
            for name, original in zip(batch.names, batch.original_sizes, strict=True)
        ]
        rgb = torch.stack([torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1) for image in found])
        lightness, ab = rgb_to_lab(rgb.to(batch.rgb.device).float() / 255)
        self._errors += (lightness - batch.lightness).abs().flatten(1).mean(1).tolist()
        for image in found:
            self._digest.update(image.tobytes())
        return ab

    def _picture(self, name: str, original: tuple[int, int], size: tuple[int, int]) -> Image.Image:
        if name not in self._files:
            raise ValueError(f"predictions {self.folder!r} lack the photo {name!r}")
        image = open_photo(io.BytesIO(self._files[name].read_bytes())).image.convert("RGB")
        if image.size not in (original, size):
            found, wanted, judged = (f"{width} x {height}" for width, height in (image.size, original, size))
            also = f", or {judged} as it is judged" if judged != wanted else ""
            picture = str(self._files[name].name)
            raise ValueError(f"the picture {picture!r} in {self.folder!r} is {found}; its photo is {wanted}{also}")
        return image if image.size == size else resized(image, min(size))

    def origin(self) -> dict[str, str | float]:
        """The folder, a SHA-256 over the pictures' pixels in order, and how far their lightness was off."""
        error = sum(self._errors) / max(1, len(self._errors))
        return {"source": self.folder, "pixels_sha256": self._digest.hexdigest(), "lightness_error": round(error, 3)}


def distinct_names(contestants: Sequence[Contestant]) -> None:
    """Tell contestants of one name apart: by their folders' names, and by number where these are alike, too."""
    for tell_apart in (_by_folder, _by_number):
        names = [contestant.name for contestant in contestants]
        for index, contestant in enumerate(contestants):
            if names.count(names[index]) > 1 and contestant.kind != "baseline":
                contestant.name = tell_apart(contestant, names[: index + 1])


def _by_folder(contestant: Contestant, names: Sequence[str]) -> str:
    source = str(contestant.origin().get("source", ""))
    return f"{names[-1]} of {Path(source).name}" if source else names[-1]


def _by_number(_: Contestant, names: Sequence[str]) -> str:
    return f"{names[-1]} ({names.count(names[-1])})"


def _names(photos: EvaluationPhotos) -> str:
    return ", ".join(source.name for source in photos.sources)
