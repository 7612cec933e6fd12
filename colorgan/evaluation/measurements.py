"""Photos and candidates -> metrics of each photo and what sets are compared by. Pictures themselves are let go at once.

What is kept of a photo, for each candidate: some twenty numbers; of the first `SET_PHOTOS` a histogram and features;
of the first `MAP_PHOTOS` a small map of chroma. The photos come in random order, so that the first ones are a sample.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from torch.nn import functional

from colorgan.data.whole import EvaluationPhotos
from colorgan.evaluation.album import Album
from colorgan.evaluation.candidates import Candidate
from colorgan.evaluation.hinting import Hinted
from colorgan.machine import give_back_memory
from colorgan.metrics.features import ImageNetFeatures
from colorgan.metrics.inception import InceptionFeatures
from colorgan.metrics.lpips import Lpips
from colorgan.metrics.metric import PhotoFunction
from colorgan.metrics.per_photo import MOST_DECIBELS, mean_chroma, vividness_curve
from colorgan.metrics.pictures import Pictures
from colorgan.metrics.sets import ab_histogram
from colorgan.metrics.table import OF_VARIANTS, PER_PHOTO

GAINS = (0.0, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)  # chroma scales of the curves
CURVE_STRIDE = 2  # curves look at every second pixel of every second row: an unbiased sample at a quarter of the work
SET_PHOTOS, MAP_PHOTOS, VARIANT_PHOTOS = 10_000, 2_000, 48
VARIANTS = 4
CURVE_CHROMA = "curve_chroma"  # of the real photos, as the curves look at them
MAP_SIDE = 32  # pixels squared of what the two-sample test looks at


@dataclass(frozen=True)
class Networks:
    """What some metrics look at pictures with; None where its weights are missing, or were not asked for."""

    features: ImageNetFeatures | None = None
    inception: InceptionFeatures | None = None
    lpips: Lpips | None = None

    def to(self, device: str) -> None:
        """Move them."""
        for network in (self.features, self.inception, self.lpips):
            if network is not None:
                network.to(device)


@dataclass
class Measured:
    """What is kept of one candidate, or of the real photos: lists of tensors, photos first."""

    values: dict[str, list[Tensor]] = field(default_factory=dict)  # a metric's column -> (N,) each
    descriptions: dict[str, list[Tensor]] = field(default_factory=dict)  # what sets are compared by -> (N, ...) each
    curve: list[Tensor] = field(default_factory=list)  # (N, 2 G): decibels, then mean chroma, at each gain
    variants: dict[str, list[Tensor]] = field(default_factory=dict)  # a metric's key -> (N,) or (N, 2)

    def value(self, column: str) -> Tensor:
        """A metric of all photos, (N,)."""
        return torch.cat(self.values[column])

    def description(self, name: str) -> Tensor:
        """What the photos of a set are compared by, (N, ...)."""
        return torch.cat(self.descriptions[name])


@dataclass
class Measurements:
    """What a whole evaluation has measured."""

    names: list[str]  # of the photos
    truth: Measured
    records: dict[str, Measured]  # by candidate
    album: Album
    hinted: dict[str, Hinted] = field(default_factory=dict)  # by candidate, of those that take hints


@torch.inference_mode()
def measure(
    photos: EvaluationPhotos,
    candidates: Mapping[str, Candidate],
    networks: Networks,
    *,
    device: str = "cpu",
    batch_size: int = 8,
    two_sample: bool = True,
    variants: int = VARIANTS,
    advance: Callable[[int], None] = lambda photos: None,
) -> Measurements:
    """Show every photo to every candidate, once; they go by these names. `advance` hears how many photos are done.

    `variants` are those of each of the first photos.
    """
    judged = [name for name, candidate in candidates.items() if not candidate.is_baseline]
    done = Measurements([], Measured(), {name: Measured() for name in candidates}, Album(judged))
    networks.to(device)
    functions, describers = _photo_functions(networks), _describers(networks, two_sample)
    of_truth = [metric.column for metric in PER_PHOTO if metric.of_truth]
    for on_cpu in photos.batches(batch_size):
        batch = replace(on_cpu, **{key: getattr(on_cpu, key).to(device) for key in ("rgb", "lightness", "ab", "seen")})
        truth, before, shown = Pictures(batch.rgb, batch.lightness, batch.ab), len(done.names), {}
        _keep(done.truth.values, {column: functions[column](truth, truth) for column in of_truth})
        _keep(done.truth.values, {CURVE_CHROMA: mean_chroma(_sample(truth.ab))})
        _describe(done.truth, truth, describers, before)
        for name, candidate in candidates.items():
            record, ab = done.records[name], candidate.ab(batch)
            predicted = Pictures.shown(batch.lightness, ab)
            _keep(record.values, {column: function(predicted, truth) for column, function in functions.items()})
            _describe(record, predicted, describers, before)
            if not candidate.is_baseline:
                record.curve.append(_curve(ab, truth))
                shown[name] = predicted.rgb
            others = candidate.variants(batch, variants) if before < VARIANT_PHOTOS else None
            if others is not None:
                _keep(record.variants, _of_variants(others, predicted, truth))
        scores = {name: done.records[name].values["ciede2000"][-1] for name in judged}
        done.album.add(batch, shown, scores)
        give_back_memory()  # photos of many shapes leave holes in the heap, which grows with them
        done.names += batch.names
        advance(len(batch.names))
    return done


def _photo_functions(networks: Networks) -> dict[str, PhotoFunction]:
    """What is measured of every picture, by the metric's column."""
    functions = {metric.column: metric.function for metric in PER_PHOTO if metric.function is not None}
    if (lpips := networks.lpips) is not None:
        functions["lpips"] = lambda predicted, truth: lpips(predicted.rgb, truth.rgb)
    return functions


def _describers(networks: Networks, two_sample: bool) -> dict[str, tuple[Callable[[Pictures], Tensor], int]]:
    """What the pictures of a set are compared by, and of how many photos."""
    found: dict[str, tuple[Callable[[Pictures], Tensor], int]] = {
        "histograms": (lambda pictures: ab_histogram(pictures.ab), SET_PHOTOS)
    }
    if (features := networks.features) is not None:
        found["features"] = (lambda pictures: features(pictures.rgb), SET_PHOTOS)
    if (inception := networks.inception) is not None:
        found["inception"] = (lambda pictures: inception(pictures.rgb), SET_PHOTOS)
    if two_sample:
        found["maps"] = (lambda pictures: _map(pictures.ab), MAP_PHOTOS)
    return found


def _map(ab: Tensor) -> Tensor:
    """ab (N, 2, H, W) -> (N, 2, 32, 32) in half precision."""
    return functional.interpolate(ab, (MAP_SIDE, MAP_SIDE), mode="area").half()


def _keep(kept: dict[str, list[Tensor]], values: dict[str, Tensor]) -> None:
    for name, value in values.items():
        kept.setdefault(name, []).append(value.double().cpu())


def _describe(
    record: Measured, pictures: Pictures, describers: dict[str, tuple[Callable[[Pictures], Tensor], int]], before: int
) -> None:
    """Keep what the photos of a set are compared by, of the first ones."""
    for name, (describe, most) in describers.items():
        if before < most:
            record.descriptions.setdefault(name, []).append(describe(pictures).cpu())


def _of_variants(variants: Tensor, predicted: Pictures, truth: Pictures) -> dict[str, Tensor]:
    """Variants' ab (N, V, 2, H, W) -> each metric of theirs (N,); (N, 2) where it is over the picture's."""
    found = {}
    for metric in OF_VARIANTS:
        values = metric.function(variants, truth)
        over = metric.over_picture
        found[metric.key] = values if over is None else torch.stack((values, over(predicted, truth)), 1)
    return found


def _curve(ab: Tensor, truth: Pictures) -> Tensor:
    """ab (N, 2, H, W) -> (N, 2 G): decibels at each gain, then mean chroma."""
    decibels, chroma = vividness_curve(_sample(truth.lightness), _sample(ab), _sample(truth.rgb), GAINS)
    return torch.cat((decibels.clamp(max=MOST_DECIBELS), chroma)).T.double().cpu()


def _sample(image: Tensor) -> Tensor:
    """(N, C, H, W) -> every second pixel of every second row."""
    return image[..., ::CURVE_STRIDE, ::CURVE_STRIDE]
