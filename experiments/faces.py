"""Whether faces of every tone get their colours: skin beside the photo's own, by how light it is.

    pip install opencv-python-headless   # which the extra `film` brings
    python experiments/faces.py --data PEOPLE [--data ...] [--model M ...] [--sheet faces.png]

PEOPLE are photo sets with a test split. Faces are found by OpenCV's frontal cascade (Viola and Jones 2001, "Rapid
Object Detection using a Boosted Cascade of Simple Features"), which also takes some walls for faces: only those count
whose true colours are such as skin has. A face's skin is the middle half of its box. What is printed is a table of
thirds of the faces by the lightness of their skin: means of how far hue and chroma of each model's skin are from the
photo's own, and 95 % intervals. The sheet shows faces from dark to light: gray, each model's, the photo.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm
from two_minutes import gray_of

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.color import rgb_to_lab
from colorgan.data.whole import EvaluationPhotos
from colorgan.images import to_image, to_tensor
from colorgan.intervals.bootstrap import estimate_means

SMALLEST = 28  # pixels of a face's side
SURE = 6  # neighbouring finds of the cascade that make a face
SKIN_HUES, SKIN_CHROMAS = (15.0, 85.0), (6.0, 50.0)  # degrees of ab, ab units
PARTS = ("darkest third", "middle third", "lightest third")
SHOWN, SIDE = 12, 128  # faces in the sheet; pixels of each


@dataclass(frozen=True)
class Skin:
    """The mean of a face's skin: L in [0, 100]; a and b in ab units."""

    lightness: float
    a: float
    b: float

    @property
    def chroma(self) -> float:
        """In ab units."""
        return float(np.hypot(self.a, self.b))

    @property
    def hue(self) -> float:
        """In degrees of the ab plane: red is near 40, yellow near 100."""
        return float(np.degrees(np.arctan2(self.b, self.a)))


@dataclass(frozen=True)
class Face:
    """A face: its skin in the photo, then as each model has it; and what the sheet shows, gray to photo."""

    truth: Skin
    models: tuple[Skin, ...]
    crops: tuple[Image.Image, ...]


def find_faces(gray: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Faces of a photo, uint8 (H, W): left, top, width, height in pixels."""
    cascade = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"))
    found = cascade.detectMultiScale(gray, 1.1, SURE, minSize=(SMALLEST, SMALLEST))
    return [(int(left), int(top), int(width), int(height)) for left, top, width, height in found]


def skin_of(rgb: Tensor, box: tuple[int, int, int, int]) -> Skin:
    """The mean of the middle half of a box, of RGB uint8 (3, H, W)."""
    left, top, width, height = box
    middle = rgb[:, top + height // 4 : top + height * 3 // 4, left + width // 4 : left + width * 3 // 4]
    lightness, ab = rgb_to_lab(middle[None].float() / 255)
    a, b = ab.mean((0, 2, 3)).tolist()
    return Skin(lightness.mean().item(), a, b)


def may_be_skin(skin: Skin) -> bool:
    """Whether skin has such colours; nobody's is green, blue, gray or a signal's red."""
    return SKIN_HUES[0] <= skin.hue <= SKIN_HUES[1] and SKIN_CHROMAS[0] <= skin.chroma <= SKIN_CHROMAS[1]


def faces_of(photos: EvaluationPhotos, colorizers: Sequence[Colorizer]) -> Iterator[Face]:
    """Every face of the photos, coloured by each model as a part of its whole photo."""
    for photo in tqdm(photos, total=photos.most, unit="photo", disable=None):
        gray = gray_of(photo)
        boxes = [box for box in find_faces(np.asarray(gray)) if may_be_skin(skin_of(photo.rgb, box))]
        if not boxes:
            continue
        pictures = [colorizer.colorize(gray) for colorizer in colorizers]
        for box in boxes:
            left, top, width, height = box
            crop = (left, top, left + width, top + height)
            shown = (gray.convert("RGB"), *pictures, to_image(photo.rgb))
            skins = tuple(skin_of(to_tensor(picture), box) for picture in pictures)
            yield Face(skin_of(photo.rgb, box), skins, tuple(one.crop(crop).resize((SIDE, SIDE)) for one in shown))


def differences(face: Face, model: int) -> list[float]:
    """How far a model's skin is from the photo's: hue in degrees (positive is yellower), chroma in ab units (positive
    is stronger), and the distance in ab units."""
    made, truth = face.models[model], face.truth
    turn = (made.hue - truth.hue + 180) % 360 - 180
    return [turn, made.chroma - truth.chroma, float(np.hypot(made.a - truth.a, made.b - truth.b))]


def table(faces: Sequence[Face], names: Sequence[str]) -> str:
    """Thirds of the faces by lightness, a row for each model, as Markdown."""
    ordered = sorted(faces, key=lambda face: face.truth.lightness)
    lines = ["| skin | faces | L | chroma | model | hue, degrees | chroma | distance |", "|" + "---|" * 8]
    for part, some in zip(PARTS, np.array_split(np.arange(len(ordered)), len(PARTS)), strict=True):
        group = [ordered[index] for index in some]
        lightness, chroma = (np.mean([getattr(face.truth, of) for face in group]) for of in ("lightness", "chroma"))
        for model, name in enumerate(names):
            found = estimate_means(torch.tensor([differences(face, model) for face in group]))
            cells = [f"{one.value:+.1f} ({one.interval.low:+.1f} to {one.interval.high:+.1f})" for one in found]
            lines.append(f"| {part} | {len(group)} | {lightness:.0f} | {chroma:.0f} | {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def sheet(faces: Sequence[Face]) -> Image.Image:
    """Faces from dark to light, evenly many of each lightness; a row for each picture of them."""
    ordered = sorted(faces, key=lambda face: face.truth.lightness)
    chosen = [ordered[round(at)] for at in np.linspace(0, len(ordered) - 1, min(SHOWN, len(ordered)))]
    paper = Image.new("RGB", (len(chosen) * SIDE, len(chosen[0].crops) * SIDE))
    for across, face in enumerate(chosen):
        for down, crop in enumerate(face.crops):
            paper.paste(crop, (across * SIDE, down * SIDE))
    return paper


def main() -> None:
    """Find the faces, print the table, write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", required=True, help="known name, Hub id or folder; repeatable")
    parser.add_argument("--model", action="append", help="Hub id or folder; repeatable; default: the bundled one")
    parser.add_argument("--limit", type=int, help="of photos (default: all)")
    parser.add_argument("--sheet", type=Path, help="a picture to write")
    options = parser.parse_args()
    names = options.model or [str(DEFAULT_WEIGHTS)]
    colorizers = [Colorizer.from_pretrained(name) for name in names]
    faces = list(faces_of(EvaluationPhotos(options.data, resolution=None, limit=options.limit), colorizers))
    if len(faces) < len(PARTS):
        raise ValueError(f"{len(faces)} faces were found, of which no table can be made")
    print(table(faces, names))
    if options.sheet:
        sheet(faces).save(options.sheet)


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"faces.py: {error}")
