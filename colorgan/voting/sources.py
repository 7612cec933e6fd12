"""What a study is made of: photos and models, and what each of them is."""

import hashlib
import struct
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from colorgan.photo import photo_from_image

CATCH_MODEL = "wrong-colours"  # what catch stimuli have in place of a model
Pixels = npt.NDArray[np.uint8]  # (H, W, 3)


class Colorizes(Protocol):
    """Anything that gives a gray image its colours, such as a `Colorizer`."""

    def colorize(self, image: Image.Image) -> Image.Image:
        """Gray image -> RGB image of the same size."""


@dataclass(frozen=True)
class StudyPhoto:
    """A photo that may go into a study, and the name its results are listed under."""

    name: str
    image: Image.Image


@dataclass(frozen=True)
class StudyModel:
    """A model that a study is about. The revision is worked out from the weights where it is not said."""

    model_id: str
    colorizer: Colorizes
    revision: str = ""

    def checked(self) -> "StudyModel":
        """The same with its revision."""
        if not self.model_id or self.model_id == CATCH_MODEL:
            raise ValueError(f"a model needs a name of its own, got {self.model_id!r}")
        if self.revision:
            return self
        from colorgan.fingerprint import model_revision  # torch: a server of ready pictures does without it

        return replace(self, revision=model_revision(self.colorizer))


def pixel_sha256(*pictures: Pixels) -> str:
    """SHA-256 of sizes and pixels: what people saw, whatever the encoder."""
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(struct.pack(">II", *picture.shape[:2]))
        digest.update(np.ascontiguousarray(picture).tobytes())
    return digest.hexdigest()


def upright(photo: StudyPhoto) -> Image.Image:
    """RGB, turned as its EXIF says, and without anything else that came with the file."""
    image = photo_from_image(photo.image).image.convert("RGB")
    return Image.fromarray(np.asarray(image))


def photo_sha256(image: Image.Image) -> str:
    """What a photo is, upright: the manifest keeps it, and its beginning is the photo's id."""
    return pixel_sha256(np.asarray(image))
