"""Whose colours are judged: models, and folders of pictures that other people's models have made.

A candidate is asked for ab under the photos' own lightness. What it knows of a photo is its gray picture of 8 bits.
"""

import hashlib
import io
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from colorgan.color import fit_chroma, rgb_to_lab
from colorgan.colorizer import Colorizer, Prediction
from colorgan.data.whole import EvaluationPhoto, PhotoBatch
from colorgan.files import sha256
from colorgan.fingerprint import weights_sha256
from colorgan.hints import Hint
from colorgan.photo import open_rgb
from colorgan.photo.endings import photo_endings
from colorgan.photo.fitting import with_shorter_side
from colorgan.seeds import seed_of
from colorgan.upsampling import apply_lines

_MANY = 3  # names that a message lists


class Candidate(ABC):
    """Whatever gives photos their colours, a baseline among them."""

    name: str
    kind: str  # as report.json has it
    source: str = ""  # the folder or Hub id that it comes from
    is_baseline: bool = False  # it is compared with, not judged

    @abstractmethod
    def ab(self, batch: PhotoBatch) -> Tensor:
        """Photos -> ab (N, 2, H, W), not yet fitted into sRGB."""

    @abstractmethod
    def origin(self) -> dict[str, str | float]:
        """What a report says about where it comes from."""

    def variants(self, batch: PhotoBatch, count: int) -> Tensor | None:
        """Other colours that it holds plausible: what sRGB shows of them, (N, count, 2, H, W); None if it has none."""
        return None


class ModelCandidate(Candidate):
    """A Colorizer."""

    kind = "model"

    def __init__(self, colorizer: Colorizer, source: str = "", daring: float | None = None, seed: int = 0):
        """`source` is the folder or Hub id it comes from; empty for one that was made here.

        `daring`, of one that draws, is the dial at which it is judged; the seed and a photo's name fix what is drawn.
        """
        self.colorizer, self.source, self.daring, self.seed = colorizer, source, daring, seed
        self.name = colorizer.name if daring is None else f"{colorizer.name}, daring {daring:g}"

    def ab(self, batch: PhotoBatch) -> Tensor:
        """The chroma that `Colorizer.colorize` paints, before it is rounded to 8 bits."""
        predictions = zip(batch.names, self.colorizer.predict(batch.gray), strict=True)
        lines = torch.cat([self.told(name, prediction).lines[:1] for name, prediction in predictions])
        return apply_lines(lines.to(batch.seen.device), batch.seen)

    def told(
        self,
        name: str,
        prediction: Prediction,
        hints: Sequence[Hint] = (),
        variants: int = 0,
        daring: float | None = None,
    ) -> Prediction:
        """What was predicted of the photo of a name, coloured at the candidate's dial or at another."""
        daring = self.daring if daring is None else daring
        if daring is None and not hints and not variants:
            return prediction
        return prediction.with_hints(hints, variants=variants, seed=seed_of(self.seed, name), daring=daring)

    def variants(self, batch: PhotoBatch, count: int) -> Tensor | None:
        """See the base class."""
        if not self.colorizer.can_vary:
            return None
        if self.colorizer.takes_hints:
            plain = zip(batch.names, self.colorizer.predict(batch.gray), strict=True)
            predictions = [self.told(name, prediction, variants=count) for name, prediction in plain]
        else:
            predictions = self.colorizer.predict(batch.gray, variants=count, seed=self.seed)
        fitted = []
        for index, prediction in enumerate(predictions):
            lightness = batch.lightness[index : index + 1].expand(count, -1, -1, -1)
            seen = batch.seen[index : index + 1].expand(count, -1, -1, -1)
            fitted.append(fit_chroma(lightness, apply_lines(prediction.lines[1:].to(seen.device), seen)))
        return torch.stack(fitted)

    def origin(self) -> dict[str, str | float]:
        """Its network and a SHA-256 over its weights: tensors by name, whatever file they came in."""
        parameters = sum(parameter.numel() for parameter in self.colorizer.parameters())
        facts: dict[str, str | float] = {"network": type(self.colorizer.generator).__name__, "parameters": parameters}
        file = Path(self.source) / "model.safetensors"
        if self.source and file.is_file():
            facts["file_sha256"] = sha256(file)
        if self.daring is not None:
            facts["daring"] = self.daring
        return {"source": self.source or "in memory", **facts, "weights_sha256": weights_sha256(self.colorizer)}


class PredictionFolder(Candidate):
    """A folder of colorized pictures, named as the photos are, in any format.

    A picture has the size of its photo, or that at which photos are judged. Its chroma is put under the photo's own
    lightness, as every colorizer's is; how much it had changed the lightness is the `lightness_error`, in L units.
    """

    kind = "predictions"

    def __init__(self, folder: str):
        """Raises ValueError where there is no such folder, or no picture in it."""
        root = Path(folder).expanduser()
        if not root.is_dir():
            raise ValueError(f"predictions must be a folder of pictures, got {folder!r}")
        self.source, self.name = folder, root.absolute().name
        self._files: dict[str, Path] = {}
        for file in sorted(root.rglob("*")):
            if file.suffix.lower() in photo_endings() and file.is_file():
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
            raise ValueError(f"predictions {self.source!r} lack {len(missing)} of {count} photos: {names}")

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
            raise ValueError(f"predictions {self.source!r} lack the photo {name!r}")
        image = open_rgb(io.BytesIO(self._files[name].read_bytes()))
        if image.size not in (original, size):
            found, wanted, judged = (f"{width} x {height}" for width, height in (image.size, original, size))
            also = f", or {judged} as it is judged" if judged != wanted else ""
            picture = str(self._files[name].name)
            raise ValueError(f"the picture {picture!r} in {self.source!r} is {found}; its photo is {wanted}{also}")
        return image if image.size == size else with_shorter_side(image, min(size))

    def origin(self) -> dict[str, str | float]:
        """The folder, a SHA-256 over the pictures' pixels in order, and how far their lightness was off."""
        error = sum(self._errors) / max(1, len(self._errors))
        return {"source": self.source, "pixels_sha256": self._digest.hexdigest(), "lightness_error": round(error, 3)}


def distinct_names(candidates: Sequence[Candidate]) -> list[str]:
    """Names that tell candidates apart: by their folders' names, and by number where these are alike, too."""
    short = [candidate.name for candidate in candidates]
    longer = [
        f"{one.name} of {Path(one.source).name}" if short.count(one.name) > 1 and one.source else one.name
        for one in candidates
    ]
    return [
        f"{name} ({longer[: index + 1].count(name)})" if longer.count(name) > 1 and not one.is_baseline else name
        for index, (name, one) in enumerate(zip(longer, candidates, strict=True))
    ]
