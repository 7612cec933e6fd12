"""Photos and contestants -> figures per photo and what sets are compared by. Pictures themselves are let go at once.

What is kept of a photo, for each contestant: some twenty numbers; of the first `SET_PHOTOS` a histogram and features;
of the first `MAP_PHOTOS` a small map of chroma. The photos come in random order, so that the first ones are a sample.
"""

import ctypes
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from torch.nn import functional

from colorgan.color import lab_to_gamut_rgb, rgb_to_lab
from colorgan.data.whole import EvaluationPhotos, PhotoBatch
from colorgan.evaluation.album import Album
from colorgan.evaluation.contestants import Contestant, Model
from colorgan.metrics import per_photo as metrics
from colorgan.metrics.features import ImageNetFeatures
from colorgan.metrics.inception import InceptionFeatures
from colorgan.metrics.lpips import Lpips
from colorgan.metrics.sets import ab_histogram

GAINS = (0.0, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)  # chroma scales of the curves
CURVE_STRIDE = 2  # curves look at every second pixel of every second row: an unbiased sample at a quarter of the work
SET_PHOTOS, MAP_PHOTOS, VARIANT_PHOTOS = 10_000, 2_000, 48
VARIANTS = 4
MAP_SIDE = 32  # pixels squared of what the two-sample test looks at
NO_CHROMA = 0.01  # ab units; one step of 8 bits is at least 0.16
MOST_DECIBELS = 100.0  # PSNR of a picture that is the photo itself, where it has no end


@dataclass
class Record:
    """What is kept of one contestant, or of the real photos: lists of tensors, photos first."""

    values: dict[str, list[Tensor]] = field(default_factory=dict)  # key of a figure -> (N,) each
    histograms: list[Tensor] = field(default_factory=list)  # (N, 529)
    features: list[Tensor] = field(default_factory=list)  # (N, 320)
    inception: list[Tensor] = field(default_factory=list)  # (N, 2048), for FID
    maps: list[Tensor] = field(default_factory=list)  # (N, 2, 32, 32), half precision
    curve: list[Tensor] = field(default_factory=list)  # (N, 2 G): decibels, then mean chroma, at each gain
    variety: list[Tensor] = field(default_factory=list)  # (N,)
    variant_errors: list[Tensor] = field(default_factory=list)  # (N, 2): mean CIEDE2000 of variants, and the picture's

    def add(self, values: dict[str, Tensor]) -> None:
        """Keep figures of some photos."""
        for key, value in values.items():
            self.values.setdefault(key, []).append(value.double().cpu())

    def value(self, key: str) -> Tensor:
        """A figure of all photos, (N,)."""
        return torch.cat(self.values[key])


@dataclass
class Measurements:
    """What a whole evaluation has measured."""

    names: list[str]  # of the photos
    truth: Record
    records: dict[str, Record]  # by contestant
    album: Album


@torch.inference_mode()
def measure(
    photos: EvaluationPhotos,
    contestants: Sequence[Contestant],
    *,
    device: str = "cpu",
    batch_size: int = 8,
    features: ImageNetFeatures | None = None,
    inception: InceptionFeatures | None = None,
    lpips: Lpips | None = None,
    two_sample: bool = True,
    advance: Callable[[int], None] = lambda photos: None,
) -> Measurements:
    """Show every photo to every contestant, once. `advance` hears how many photos are done."""
    judged = [contestant.name for contestant in contestants if contestant.kind != "baseline"]
    done = Measurements([], Record(), {contestant.name: Record() for contestant in contestants}, Album(judged))
    for network in (features, inception, lpips):
        if network is not None:
            network.to(device)
    for on_cpu in photos.batches(batch_size):
        batch = replace(on_cpu, **{key: getattr(on_cpu, key).to(device) for key in ("rgb", "lightness", "ab", "seen")})
        before = len(done.names)
        keep_set, keep_map = before < SET_PHOTOS, two_sample and before < MAP_PHOTOS
        done.truth.add(_of_the_truth(batch))
        _describe(done.truth, batch.rgb, batch.ab, features, inception, keep_set, keep_map)
        shown = {}
        for contestant in contestants:
            record, ab = done.records[contestant.name], contestant.ab(batch)
            rgb = lab_to_gamut_rgb(batch.lightness, ab)
            lightness, shown_ab = rgb_to_lab(rgb)
            # A gray's ab comes back as rounding errors, which have a hue and an edge for whoever looks for them.
            shown_ab = torch.where(shown_ab.abs().amax(1, keepdim=True) < NO_CHROMA, 0.0, shown_ab)
            record.add(_of_a_picture(rgb, lightness, shown_ab, batch))
            if lpips is not None:
                record.add({"lpips": lpips(rgb, batch.rgb)})
            _describe(record, rgb, shown_ab, features, inception, keep_set, keep_map)
            if contestant.kind != "baseline":
                record.curve.append(_curve(ab, batch))
                shown[contestant.name] = rgb
            if isinstance(contestant, Model) and contestant.has_variants and before < VARIANT_PHOTOS:
                variants = contestant.variants(batch, VARIANTS, photos.seed)
                record.variety.append(metrics.diversity(variants).double().cpu())
                errors = _variant_errors(variants, batch), record.values["ciede2000"][-1]
                record.variant_errors.append(torch.stack(errors, 1))
        scores = {name: done.records[name].values["ciede2000"][-1] for name in judged}
        done.album.add(batch, shown, scores)
        _give_memory_back()
        done.names += batch.names
        advance(len(batch.names))
    return done


def _give_memory_back() -> None:
    """Return what is free to the system: photos of many shapes leave holes in glibc's heap, which grows with them."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's own: other C libraries have none
        if trim is not None:
            trim(0)


def _of_the_truth(batch: PhotoBatch) -> dict[str, Tensor]:
    stride = CURVE_STRIDE
    return {
        "colourfulness": metrics.colourfulness(batch.rgb),
        "warm_share": metrics.warm_share(batch.ab),
        "mean_chroma": metrics.mean_chroma(batch.ab),
        "curve_chroma": metrics.mean_chroma(batch.ab[..., ::stride, ::stride]),
    }


def _of_a_picture(rgb: Tensor, lightness: Tensor, ab: Tensor, batch: PhotoBatch) -> dict[str, Tensor]:
    """A contestant's pictures, RGB, L and ab, and the photos -> each figure of each photo, (N,)."""
    return {
        "ciede2000": metrics.ciede2000(lightness, ab, batch.lightness, batch.ab).flatten(1).mean(1),
        "psnr": metrics.psnr(rgb, batch.rgb).clamp(max=MOST_DECIBELS),
        "rmse": metrics.rmse(rgb, batch.rgb),
        "ab_psnr": metrics.ab_psnr(ab, batch.ab).clamp(max=MOST_DECIBELS),
        "ab_rmse": metrics.rmse(ab, batch.ab),
        "ssim": metrics.ssim(rgb, batch.rgb),
        "colourfulness": metrics.colourfulness(rgb),
        "colourfulness_gap": metrics.colourfulness_gap(rgb, batch.rgb),
        "mean_chroma": metrics.mean_chroma(ab),
        "warm_share": metrics.warm_share(ab),
        "bleeding": metrics.colour_bleeding(lightness, ab, batch.ab),
    }


def _variant_errors(variants: Tensor, batch: PhotoBatch) -> Tensor:
    """Variants' ab (N, V, 2, H, W) -> their mean CIEDE2000 to the truth, (N,)."""
    truth = batch.lightness, batch.ab
    each = [metrics.ciede2000(batch.lightness, ab, *truth).flatten(1).mean(1) for ab in variants.unbind(1)]
    return torch.stack(each).mean(0).double().cpu()


def _describe(
    record: Record,
    rgb: Tensor,
    ab: Tensor,
    features: ImageNetFeatures | None,
    inception: InceptionFeatures | None,
    keep_set: bool,
    keep_map: bool,
) -> None:
    """Keep what the photos of a set are compared by."""
    if keep_set:
        record.histograms.append(ab_histogram(ab).cpu())
        if features is not None:
            record.features.append(features(rgb).cpu())
        if inception is not None:
            record.inception.append(inception(rgb).cpu())
    if keep_map:
        record.maps.append(functional.interpolate(ab, (MAP_SIDE, MAP_SIDE), mode="area").half().cpu())


def _curve(ab: Tensor, batch: PhotoBatch) -> Tensor:
    """ab (N, 2, H, W) -> (N, 2 G): decibels at each gain, then mean chroma."""
    sample = (slice(None), slice(None), slice(None, None, CURVE_STRIDE), slice(None, None, CURVE_STRIDE))
    decibels, chroma = metrics.vividness_curve(batch.lightness[sample], ab[sample], batch.rgb[sample], GAINS)
    return torch.cat((decibels.clamp(max=MOST_DECIBELS), chroma)).T.double().cpu()
