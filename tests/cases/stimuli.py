"""What the tests of a study's pictures share: photos, models that are right or sepia, and pools of them."""

import io
import struct
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from colorgan.color import rgb_to_lab
from colorgan.photo.fitting import fit
from colorgan.voting.pool import Pool
from colorgan.voting.protocol import Plan
from colorgan.voting.rendering import build_pool
from colorgan.voting.sources import StudyModel, StudyPhoto
from colorgan.voting.stimuli import Pixels, prepare

PLAN = Plan(practice=1, scored=3, catch=1)
SIDE_PX = 120


def picture(seed: int, width: int = 150, height: int = 110, chroma: float = 1.0) -> Image.Image:
    """Smooth coloured blobs with some grain: compresses about as badly as a photo."""
    rng = np.random.default_rng(seed)
    blobs = Image.fromarray(rng.integers(20, 235, (5, 6, 3), dtype=np.uint8)).resize((width, height), 3)
    pixels = np.asarray(blobs).astype(float) + rng.normal(0, 4, (height, width, 1))
    gray = pixels.mean(2, keepdims=True)
    return Image.fromarray((gray + chroma * (pixels - gray)).clip(0, 255).astype(np.uint8))


class Sepia:
    """A model that gives everything one brown."""

    def colorize(self, image: Image.Image) -> Image.Image:
        gray = np.asarray(image).astype(float)[:, :, None]
        return Image.fromarray((gray * [1.0, 0.85, 0.65]).astype(np.uint8))


class Oracle:
    """A model that knows the true colours."""

    def __init__(self, *photos: Image.Image, side_px: int = SIDE_PX) -> None:
        small = [fit(photo, side_px) for photo in photos]
        self.known = {prepare(photo, side_px).gray.tobytes(): photo for photo in small}

    def colorize(self, image: Image.Image) -> Image.Image:
        return self.known[image.tobytes()]


def photos(count: int = 6) -> list[StudyPhoto]:
    return [StudyPhoto(f"photo {seed}", picture(seed)) for seed in range(count)]


def make(folder: Path, **changes: object) -> Pool:
    values: dict[str, object] = {
        "photos": photos(),
        "models": [StudyModel("sepia", Sepia(), "r1")],
        "plan": PLAN,
        "side_px": SIDE_PX,
        **changes,
    }
    return build_pool(folder / "pool", "s", **values)  # type: ignore[arg-type]


def chunks(png: bytes) -> list[tuple[str, int]]:
    found, at = [], 8
    while at < len(png):
        [length] = struct.unpack(">I", png[at : at + 4])
        found.append((png[at + 4 : at + 8].decode(), length))
        at += 12 + length
    return found


def decoded(png: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(png)))


def lab(pixels: Pixels) -> tuple[torch.Tensor, torch.Tensor]:
    return rgb_to_lab(torch.tensor(pixels).permute(2, 0, 1)[None].float() / 255)


# One pipeline
