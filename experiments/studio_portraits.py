"""People before a painted canvas: a photo set that teaches a colorizer to leave a studio's backdrop gray.

    python -m venv portraits && portraits/bin/pip install mediapipe==0.10.14 "datasets>=5.2" .
    portraits/bin/python experiments/studio_portraits.py --data PEOPLE [--data ...] --output DIR
    python train_accelerate.py --recipe flagship --dataset DIR --dataset PEOPLE ...

Photographs of today have no mottled canvas behind people, old ones often do, and a network that never saw one takes it
for leaves. PEOPLE is any photo set that the trainer takes; of its train split, photos with a person who can be told
from the rest are cut out and set before backdrops that are drawn here, more than half of them from nearer. Broken
photos are left out. DIR gets one parquet shard as the Hub lays it out. The cutting is by MediaPipe's selfie
segmentation; 0.10.14 is a release that has the network in its wheel.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from photo_sets import check_new, row, write_set
from PIL import Image as Pillow
from PIL import ImageDraw

from colorgan.color import lab_to_rgb
from colorgan.data import PhotoStream

SIZE = 256  # pixels of a portrait's side
Segment = Callable[[np.ndarray], np.ndarray]  # photo (SIZE, SIZE, 3) -> mask (SIZE, SIZE), bytes; 255: the person


def mottle(rng: np.random.Generator, finest: int, fall: float, stretch: float = 1.0) -> np.ndarray:
    """Smooth noise (SIZE, SIZE) of unit variance: octaves of 2 to 2**finest cells across, each `fall` times the last.

    Cells are `1 / stretch` times as high as they are wide.
    """
    total = np.zeros((SIZE, SIZE), np.float32)
    for octave in range(1, finest + 1):
        cells = rng.standard_normal((max(2, int(2**octave * stretch)) + 3, 2**octave + 3)).astype(np.float32)
        smooth = Pillow.fromarray(cells).resize((SIZE, SIZE), Pillow.Resampling.BICUBIC)
        total += fall**octave * np.asarray(smooth)
    return total / total.std()


def wear(rng: np.random.Generator) -> np.ndarray:
    """What an old canvas has of scratches, cracks and brush marks, units of L, (SIZE, SIZE): short steep strokes."""
    strokes = Pillow.new("F", (SIZE, SIZE))
    draw = ImageDraw.Draw(strokes)
    for _ in range(int(rng.integers(5, 120))):
        x, y, length, lean = rng.uniform(0, SIZE), rng.uniform(0, SIZE), rng.exponential(14), rng.normal(0, 0.25)
        draw.line((x, y, x + lean * length, y + length), float(rng.normal(2, 5)), int(rng.integers(1, 3)))
    return np.asarray(strokes)


def backdrop(rng: np.random.Generator) -> np.ndarray:
    """A studio's canvas, bytes (SIZE, SIZE, 3): clouds, brushed streaks, wear, uneven light, hardly any colour."""
    lightness = np.full((SIZE, SIZE), rng.uniform(12, 85), np.float32)
    if rng.random() < 0.85:
        lightness += rng.uniform(1, 12) * mottle(rng, int(rng.integers(2, 8)), rng.uniform(0.4, 0.8))
    if rng.random() < 0.4:
        lightness += wear(rng)
    if rng.random() < 0.5:
        lightness += rng.uniform(0.5, 4) * mottle(rng, 6, 0.7, stretch=float(rng.choice([0.1, 0.25, 1])))
    y, x = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j].astype(np.float32)
    lightness += rng.normal(-6, 8) * ((x - rng.uniform(-0.5, 0.5)) ** 2 + (y - rng.uniform(-0.6, 0.3)) ** 2)
    if rng.random() < 0.25:  # a floor
        lightness += rng.normal(0, 5) * (1 + np.tanh((y - rng.uniform(0.5, 0.95)) * rng.uniform(4, 30)))
    # Painters and photographers mixed grays and browns; the few others are next to gray.
    warm = rng.random() < 0.75
    hue = rng.normal(1.25, 0.35) if warm else rng.uniform(0, 2 * np.pi)
    chroma = abs(rng.normal(0, 4.5 if warm else 1.5)) * (1 + 0.25 * mottle(rng, 3, 0.6))
    ab = np.stack((chroma * np.cos(hue), chroma * np.sin(hue)))
    rgb = lab_to_rgb(torch.from_numpy(lightness.clip(3, 97))[None, None].float(), torch.from_numpy(ab)[None].float())
    return (rgb[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()


def compose(photo: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Photo (SIZE, SIZE, 3) and mask (SIZE, SIZE), bytes -> its person before a backdrop, bytes (SIZE, SIZE, 3)."""
    if rng.random() < 0.6:
        photo, mask = nearer(photo, mask, rng)
    opacity = ((mask / 255 - 0.15) / 0.7).clip(0, 1)[..., None]  # without the pale rim of the cut
    return (photo * opacity + backdrop(rng) * (1 - opacity)).astype(np.uint8)


def nearer(photo: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Photo (SIZE, SIZE, 3) and mask (SIZE, SIZE), bytes, cropped to the upper part of a figure and enlarged again."""
    person = mask > 128
    rows, columns = np.flatnonzero(person.sum(1) > 3), np.flatnonzero(person.sum(0) > 3)
    if not len(rows) or not len(columns):
        return photo, mask
    top, height, width = rows[0], np.ptp(rows) + 1, np.ptp(columns)
    side = int(np.clip(max(height * rng.uniform(0.5, 1.15), width * rng.uniform(0.7, 1.1)), 90, SIZE))
    shoulders = np.flatnonzero(person[top : top + max(8, height // 3)].any(0))
    y = int(np.clip(top - rng.uniform(0.05, 0.2) * side, 0, SIZE - side))
    x = int(np.clip(shoulders.mean() - side / 2, 0, SIZE - side))
    crops = (Pillow.fromarray(image[y : y + side, x : x + side]) for image in (photo, mask))
    near_photo, near_mask = (np.asarray(crop.resize((SIZE, SIZE), Pillow.Resampling.BICUBIC)) for crop in crops)
    return near_photo, near_mask


def is_sure(mask: np.ndarray) -> bool:
    """Whether a mask (bytes) has clear edges, and a person neither lost in the photo nor filling it."""
    undecided = ((mask > 25) & (mask < 230)).mean()
    return bool(undecided < 0.1 and 0.12 < (mask > 127).mean() < 0.75)


def portraits(photos: Iterable[torch.Tensor], segment: Segment, copies: int, seed: int) -> Iterator[dict]:
    """Photos, uint8 (3, SIZE, SIZE) -> rows of the new set: `copies` of each whose person is found for sure."""
    rng = np.random.default_rng(seed)
    for rgb in photos:
        photo = rgb.permute(1, 2, 0).numpy()
        mask = segment(photo)
        if is_sure(mask):
            for _ in range(copies):
                yield row(Pillow.fromarray(compose(photo, mask, rng)), "people before drawn backdrops")


def selfie_segmentation() -> Segment:
    """MediaPipe's network as a function; ValueError where MediaPipe is missing."""
    try:
        from mediapipe import solutions  # a package of its own world, which this project does not depend on
    except ImportError as error:
        raise ValueError(f"cutting people out needs MediaPipe: pip install mediapipe==0.10.14 ({error})") from error
    network = solutions.selfie_segmentation.SelfieSegmentation(model_selection=0)
    return lambda photo: (network.process(np.ascontiguousarray(photo)).segmentation_mask * 255).astype(np.uint8)


def main() -> None:
    """Cut out, set before backdrops, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", required=True, help="known name, Hub id or folder; repeatable")
    parser.add_argument("--copies", type=int, default=2, help="portraits made of one photo (default 2)")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn")
    parser.add_argument("--output", required=True, type=Path, help="a folder that does not exist yet")
    options = parser.parse_args()
    if options.copies < 1:
        raise ValueError(f"--copies must be at least 1, got {options.copies}")
    check_new(options.output)
    photos = PhotoStream(options.data, split="train", resolution=SIZE, seed=options.seed, batch_size=1)
    found = portraits(photos.usable_photos(), selfie_segmentation(), options.copies, options.seed)
    made = write_set(found, options.output)
    if not made:
        raise ValueError(f"no photo of {', '.join(options.data)} has a person who can be cut out; portraits are wanted")
    print(f"{made:,} portraits in {options.output}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"studio_portraits.py: {error}")
