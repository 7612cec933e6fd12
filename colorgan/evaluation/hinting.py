"""What models that take hints make of what is said of photos in a person's place: `simulated` says it.

- Hints of what is there, few to many, nested: how much nearer each number of them brings the picture to the photo.
- One hint that wants a thing in an odd colour: how much of the thing follows, and how much else moves.
- A reference picture: another crop of the photo, and one of another photo.
- Copies that show the same photo: how far apart drawings of them are by one seed.

A photo is looked at once, however many hints are given; a reference and a copy are looked at for themselves.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from colorgan.color import bytes_to_lightness, lab_to_gamut_rgb
from colorgan.colorizer import Prediction
from colorgan.data.whole import EvaluationPhotos, PhotoBatch
from colorgan.evaluation.album import ClickPhoto, click_photo
from colorgan.evaluation.candidates import ModelCandidate
from colorgan.evaluation.simulated import Wish, flipped, same_photos, true_hints, two_crops, wish
from colorgan.hints import Hint
from colorgan.limits import MAX_HINTS
from colorgan.metrics.per_photo import (
    MOST_DECIBELS,
    STEADY_DIFFERENCE,
    ciede2000,
    colour_difference,
    psnr,
    spill,
    spread,
)
from colorgan.metrics.pictures import Pictures
from colorgan.upsampling import apply_lines

CLICKS = 8  # photos shown with one hint, unselected
# Zhang et al. 2017, "Real-Time User-Guided Image Colorization with Learned Deep Priors" (arXiv 1705.02999), of its own
# photos (ImageNet's): gain of PSNR over no hint, in dB, by hints at random places.
SIGGRAPH17 = {1: 0.94, 2: 1.77, 5: 2.96, 10: 3.99, 20: 4.91, 50: 5.99, 100: 6.70}


@dataclass(frozen=True)
class Said:
    """What is said of every photo: so many hints, and a wish, where there are counts; references; copies of it."""

    counts: tuple[int, ...] = ()
    references: bool = False
    steady: bool = False

    def __post_init__(self) -> None:
        if list(self.counts) != sorted(set(self.counts)) or any(not 0 <= count <= MAX_HINTS for count in self.counts):
            raise ValueError(
                f"hints must be numbers from 0 to {MAX_HINTS:,}, each larger than the one before, got "
                f"{', '.join(map(str, self.counts))}"
            )

    def __bool__(self) -> bool:
        return bool(self.counts) or self.references or self.steady


@dataclass
class Hinted:
    """What is kept of one candidate.

    decibels: of each photo PSNR of gray, of the picture without hints, and with each count, (2 + K,). values: of the
    metrics, by their keys, one of each photo that has it. clicks: photos for the report.
    """

    counts: tuple[int, ...]
    decibels: list[Tensor] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)
    clicks: list[ClickPhoto] = field(default_factory=list)

    def keep(self, **values: float) -> None:
        """Add a photo's values."""
        for key, value in values.items():
            self.values.setdefault(key, []).append(value)


@dataclass(frozen=True)
class _Asked:
    """One photo and what is said of it; what is not asked for is empty."""

    photo: PhotoBatch
    hints: list[Hint]
    wish: Wish | None
    crop: PhotoBatch | None
    references: dict[str, Image.Image]  # for the crop, by the metric of what they gain
    copies: dict[str, Image.Image]

    @property
    def name(self) -> str:
        """The photo's."""
        return self.photo.names[0]


@torch.inference_mode()
def measure_hints(
    photos: EvaluationPhotos,
    candidates: Mapping[str, ModelCandidate],
    said: Said,
    advance: Callable[[int], None] = lambda photos: None,
) -> dict[str, Hinted]:
    """Say it all of every photo to every candidate; they go by these names and take hints."""
    found = {name: Hinted(said.counts) for name in candidates}
    for asked in _questions(photos, said):
        for name, candidate in candidates.items():
            seen = candidate.colorizer.predict(asked.photo.gray)[0]
            if asked.hints:
                found[name].decibels.append(_with_hints(candidate, asked, seen, said.counts))
            if asked.wish is not None:
                _with_wish(found[name], candidate, asked, asked.wish, seen)
            if asked.crop is not None:
                found[name].keep(**_with_references(candidate, asked, asked.crop))
            if asked.copies:
                found[name].keep(**_of_copies(candidate, asked, seen))
        advance(1)
    return found


def _questions(photos: EvaluationPhotos, said: Said) -> Iterator[_Asked]:
    """The photos, one by one: the same is said of each whoever is asked."""
    unrelated = None  # the reference of the photo before
    for photo in photos.batches(1):
        [name] = photo.names
        hints, wanted, crop, references = list[Hint](), None, None, dict[str, Image.Image]()
        if said.counts:
            hints = true_hints(name, photo.lightness, photo.ab, max(1, *said.counts), photos.seed)
            wanted = wish(name, photo.lightness, photo.ab, photos.seed)
        if said.references:
            one, (rows, columns) = two_crops(name, photo.rgb.shape[2], photo.rgb.shape[3], photos.seed)
            crop, reference = _cut(photo, *one), flipped(photo.rgb[:, :, rows, columns])
            references = {"reference_gain": reference} | ({"unrelated_gain": unrelated} if unrelated else {})
            unrelated = reference
        copies = same_photos(photo.gray[0]) if said.steady else {}
        yield _Asked(photo, hints, wanted, crop, references, copies)


def _with_hints(candidate: ModelCandidate, asked: _Asked, seen: Prediction, counts: Sequence[int]) -> Tensor:
    """PSNR of gray, of the picture without hints, and with each count of them, (2 + K,) in dB."""
    photo = asked.photo
    told = [candidate.told(asked.name, seen, asked.hints[:count]) for count in (0, *counts)]
    decibels = [_decibels(photo, torch.zeros_like(photo.ab)), *(_decibels(photo, _ab(one, photo)) for one in told)]
    return torch.tensor(decibels, dtype=torch.float64)


def _with_wish(record: Hinted, candidate: ModelCandidate, asked: _Asked, wanted: Wish, seen: Prediction) -> None:
    """Spread and spill of one hint, and a row of pictures of it."""
    light = asked.photo.lightness
    before, after = (
        Pictures.shown(light, _ab(candidate.told(asked.name, seen, hints), asked.photo))
        for hints in ((), (wanted.hint,))
    )
    colour = Pictures.shown(light, wanted.ab.view(1, 2, 1, 1).expand(1, 2, *light.shape[2:])).ab
    already, follows = (float(spread(light, one.ab, colour, wanted.inside)) for one in (before, after))
    spills = float(spill(light, after.ab, before.ab, wanted.inside))
    record.keep(spread=follows, spread_before=already, spill=spills)
    if len(record.clicks) < CLICKS:
        moved = ciede2000(light, before.ab, light, after.ab)
        place = (wanted.hint.x, wanted.hint.y)
        pictures = (asked.photo.gray[0], before.rgb, after.rgb)
        record.clicks.append(click_photo(asked.name, pictures, moved, wanted.inside, place, follows, spills))


def _with_references(candidate: ModelCandidate, asked: _Asked, crop: PhotoBatch) -> dict[str, float]:
    """Gain of PSNR of the crop by each reference."""
    [seen] = candidate.colorizer.predict(crop.gray)
    plain, gains = _decibels(crop, _ab(candidate.told(asked.name, seen), crop)), {}
    for key, reference in asked.references.items():
        [prediction] = candidate.colorizer.predict(crop.gray, reference=reference)
        told = candidate.told(asked.name, prediction, prediction.hints)
        gains[key] = _decibels(crop, _ab(told, crop)) - plain
    return gains


def _of_copies(candidate: ModelCandidate, asked: _Asked, seen: Prediction) -> dict[str, float]:
    """How far drawings of the photo's copies are from the photo's, and plain pictures."""
    daring = 1.0 if candidate.daring is None else candidate.daring
    drawn, values, plain_drifts = candidate.told(asked.name, seen, daring=daring), dict[str, float](), []
    for key, copy in asked.copies.items():
        [also_plain] = candidate.colorizer.predict([copy])
        drift = _drift(asked.photo, drawn, candidate.told(asked.name, also_plain, daring=daring), copy)
        values |= {f"drift_{key}": drift, f"steady_{key}": float(drift < STEADY_DIFFERENCE)}
        plain_drifts.append(_drift(asked.photo, seen, also_plain, copy))
    return {**values, "plain_drift": float(np.mean(plain_drifts))}


def _drift(photo: PhotoBatch, first: Prediction, second: Prediction, copy: Image.Image) -> float:
    """Mean CIEDE2000 of a photo's picture and of its copy's, both under the photo's lightness."""
    lightness = bytes_to_lightness(torch.tensor(np.asarray(copy)))
    own = apply_lines(second.lines[:1].to(lightness.device), lightness)
    brought = functional.interpolate(own, photo.lightness.shape[2:], mode="bilinear", antialias=True)
    one, other = (Pictures.shown(photo.lightness, ab) for ab in (_ab(first, photo), brought))
    return float(colour_difference(photo.lightness, one.ab, photo.lightness, other.ab))


def _ab(prediction: Prediction, photo: PhotoBatch) -> Tensor:
    """The picture's ab (1, 2, H, W), as a candidate's."""
    return apply_lines(prediction.lines[:1].to(photo.seen.device), photo.seen)


def _decibels(photo: PhotoBatch, ab: Tensor) -> float:
    """PSNR of ab (1, 2, H, W) as sRGB shows it, as the report has it."""
    return float(psnr(lab_to_gamut_rgb(photo.lightness, ab), photo.rgb).clamp(max=MOST_DECIBELS))


def _cut(photo: PhotoBatch, rows: slice, columns: slice) -> PhotoBatch:
    """A part of a photo."""
    parts = {key: getattr(photo, key)[:, :, rows, columns] for key in ("rgb", "lightness", "ab", "seen")}
    box = (columns.start, rows.start, columns.stop, rows.stop)
    return PhotoBatch(photo.names, photo.original_sizes, gray=[photo.gray[0].crop(box)], **parts)
