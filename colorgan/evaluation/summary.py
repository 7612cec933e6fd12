"""Measurements of photos -> the figures of a report, with intervals, paired differences and curves."""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from colorgan.evaluation.measure import GAINS, Measurements, Record
from colorgan.intervals import Interval
from colorgan.intervals.bootstrap import Estimate, bootstrap_means, estimate_means
from colorgan.metrics.sets import (
    classifier_two_sample,
    frechet_estimate,
    histogram_estimate,
    kernel_estimate,
)
from colorgan.metrics.table import FIGURES, VARIANTS_ALONE

PLAIN_MEANS = (
    *("ciede2000", "psnr", "rmse", "ab_psnr", "ab_rmse", "ssim"),
    *("colourfulness", "colourfulness_gap", "warm_share", "bleeding"),
)
FEWEST_FEATURES, FEWEST_MAPS = 20, 8  # photos below which a distance or a test says nothing


SELDOM_SHORT = 0.975  # share of bootstrap draws that must reach the real photos' vividness


@dataclass(frozen=True)
class Curve:
    """A model as its chroma is scaled: at each gain the vividness (1 is that of the real photos) and PSNR in dB."""

    gains: tuple[float, ...]
    vividness: list[Interval]
    psnr: list[Interval]


@dataclass
class Summary:
    """All figures of an evaluation."""

    figures: dict[str, dict[str, Interval]] = field(default_factory=dict)  # contestant -> figure's key -> interval
    truth: dict[str, Interval] = field(default_factory=dict)  # what the real photos have
    differences: dict[tuple[str, str], dict[str, Interval]] = field(default_factory=dict)  # first minus second
    curves: dict[str, Curve] = field(default_factory=dict)
    histograms: dict[str, Tensor] = field(default_factory=dict)  # contestant, or "" for the truth -> (529,)
    notes: dict[str, str] = field(default_factory=dict)  # figure's key -> why it is missing


def summarise(done: Measurements, judged: list[str], seed: int, two_sample: bool = True) -> Summary:
    """Figures of every contestant; differences of each one in `judged` to all who come after it and the baselines."""
    result = Summary()
    estimates = _means(done, seed)
    for key, value in estimates.pop("").items():
        result.truth[key] = value.interval
    for name, record in done.records.items():
        estimates[name] |= _set_estimates(record, done.truth, seed, two_sample, result.notes)
        if not float(record.value("mean_chroma").max()):
            del estimates[name]["bleeding"]  # without colour there is nothing to bleed, which is no merit
        if name in judged:
            result.curves[name], as_vivid = _curve(record, done.truth, seed)
            estimates[name] |= {"psnr_as_vivid": as_vivid} if as_vivid else {}
        if record.variety:
            columns = torch.cat((torch.cat(record.variety)[:, None], torch.cat(record.variant_errors)), 1)
            variety, error, of_the_picture = estimate_means(columns, seed)
            ratio = Estimate(error.value / of_the_picture.value, error.others / of_the_picture.others)
            estimates[name] |= {"diversity": variety, "variant_error": ratio}
        order = [figure.key for figure in FIGURES if figure.key in estimates[name]]
        result.figures[name] = {key: estimates[name][key].interval for key in order}
        result.histograms[name] = torch.cat(record.histograms).double().mean(0)
    result.histograms[""] = torch.cat(done.truth.histograms).double().mean(0)
    baselines = [name for name in done.records if name not in judged]
    for index, first in enumerate(judged):
        for second in [*judged[index + 1 :], *baselines]:
            result.differences[first, second] = _differences(estimates[first], estimates[second])
    return result


def _differences(first: dict[str, Estimate], second: dict[str, Estimate]) -> dict[str, Interval]:
    """Figure by figure, on the same photos; the variants' photos are others, and of no one else."""
    return {key: (first[key] - second[key]).interval for key in first if key in second and key not in VARIANTS_ALONE}


def _means(done: Measurements, seed: int) -> dict[str, dict[str, Estimate]]:
    """Means over photos of every contestant, and under "" of the truth, all over the same draws."""
    plain = [*PLAIN_MEANS, *(key for key in ("lpips",) if all(key in one.values for one in done.records.values()))]
    wanted = [(name, key) for name in done.records for key in (*plain, "mean_chroma")]
    columns = [done.records[name].value(key) for name, key in wanted]
    wanted += [("", key) for key in ("colourfulness", "warm_share", "mean_chroma")]
    columns += [done.truth.value(key) for name, key in wanted if name == ""]
    found: dict[str, dict[str, Estimate]] = {}
    for (name, key), estimate in zip(wanted, estimate_means(torch.stack(columns, 1), seed), strict=True):
        found.setdefault(name, {})[key] = estimate
    whole = found[""].pop("mean_chroma")
    for name in done.records:
        part = found[name].pop("mean_chroma")
        found[name]["chroma_ratio"] = Estimate(part.value / whole.value, part.others / whole.others)
    return found


def _set_estimates(
    record: Record, truth: Record, seed: int, two_sample: bool, notes: dict[str, str]
) -> dict[str, Estimate]:
    """Distances between the sets. What could not be computed leaves a note."""
    found = {}
    count = len(torch.cat(truth.histograms))
    if count >= 2:
        found["histogram"] = histogram_estimate(torch.cat(record.histograms), torch.cat(truth.histograms))
    if record.features and count >= FEWEST_FEATURES:
        features = torch.cat(record.features), torch.cat(truth.features)
        found |= {"frechet": frechet_estimate(*features), "kernel": kernel_estimate(*features)}
    elif record.features:
        notes["frechet"] = notes["kernel"] = f"needs at least {FEWEST_FEATURES} photos, got {count}"
    if record.inception and count >= FEWEST_FEATURES:
        found["fid"] = frechet_estimate(torch.cat(record.inception), torch.cat(truth.inception))
    elif record.inception:
        notes["fid"] = f"needs at least {FEWEST_FEATURES} photos, got {count}"
    if not two_sample:
        notes["two_sample"] = "left out, as asked for"
    elif count < FEWEST_MAPS:
        notes["two_sample"] = f"needs at least {FEWEST_MAPS} photos, got {count}"
    else:
        right = classifier_two_sample(torch.cat(record.maps).float(), torch.cat(truth.maps).float(), seed)
        [found["two_sample"]] = estimate_means(right.cpu()[:, None], seed)
    return found


def _curve(record: Record, truth: Record, seed: int) -> tuple[Curve, Estimate | None]:
    """A model's curve, and its PSNR where the curve has the real photos' vividness, if it gets there."""
    columns = torch.cat((torch.cat(record.curve), truth.value("curve_chroma")[:, None]), 1)
    count = len(GAINS)
    mean, draws = columns.double().mean(0, keepdim=True), bootstrap_means(columns, seed)
    vividness, decibels = mean[:, count:-1] / mean[:, -1:], mean[:, :count]
    draws_vividness, draws_decibels = draws[:, count:-1] / draws[:, -1:], draws[:, :count]
    curve = Curve(
        GAINS,
        [Estimate(float(v), d).interval for v, d in zip(vividness[0], draws_vividness.T, strict=True)],
        [Estimate(float(v), d).interval for v, d in zip(decibels[0], draws_decibels.T, strict=True)],
    )
    reached = float((draws_vividness[:, -1] >= 1).double().mean())
    if vividness[0, -1] < 1 or reached < SELDOM_SHORT:
        return curve, None
    return curve, Estimate(float(_read_at_one(vividness, decibels)), _read_at_one(draws_vividness, draws_decibels))


def _read_at_one(vividness: Tensor, decibels: Tensor) -> Tensor:
    """Curves (R, G) that rise in vividness -> decibels where it is 1, (R,); at their end where it never is."""
    rows = zip(vividness.numpy(), decibels.numpy(), strict=True)
    return torch.tensor([np.interp(1.0, x, y) for x, y in rows], dtype=torch.float64)
