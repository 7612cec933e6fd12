"""Measurements of photos -> the metrics of a report, with intervals, paired differences and curves."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from colorgan.evaluation.hinting import Hinted
from colorgan.evaluation.measurements import CURVE_CHROMA, GAINS, Measured, Measurements
from colorgan.intervals import Interval
from colorgan.intervals.bootstrap import Estimate, bootstrap_means, estimate_means
from colorgan.metrics.metric import RatioMetric
from colorgan.metrics.table import AT_EQUAL_VIVIDNESS, METRICS, OF_HINTS, OF_SETS, OF_VARIANTS, PER_PHOTO

COLOUR = "mean_chroma"  # the column that says how much of it a photo has
SELDOM_SHORT = 0.975  # share of bootstrap draws that must reach the real photos' vividness


@dataclass(frozen=True)
class Curve:
    """A model as its chroma is scaled: at each gain the vividness (1 is that of the real photos) and PSNR in dB."""

    gains: tuple[float, ...]
    vividness: list[Interval]
    psnr: list[Interval]


@dataclass(frozen=True)
class HintCurve:
    """A model as it is told more: for each count of hints its gain of PSNR over gray, and over its picture without."""

    counts: tuple[int, ...]
    over_gray: list[Interval]
    over_none: list[Interval]


@dataclass
class Summary:
    """All metrics of an evaluation."""

    figures: dict[str, dict[str, Interval]] = field(default_factory=dict)  # candidate -> metric's key -> interval
    truth: dict[str, Interval] = field(default_factory=dict)  # what the real photos have
    differences: dict[tuple[str, str], dict[str, Interval]] = field(default_factory=dict)  # first minus second
    curves: dict[str, Curve] = field(default_factory=dict)
    hint_curves: dict[str, HintCurve] = field(default_factory=dict)
    histograms: dict[str, Tensor] = field(default_factory=dict)  # candidate -> (529,)
    true_histogram: Tensor = field(default_factory=lambda: torch.zeros(0))  # (529,)
    notes: dict[str, str] = field(default_factory=dict)  # metric's key -> why it is missing


def summarise(done: Measurements, judged: list[str], seed: int, two_sample: bool = True) -> Summary:
    """Metrics of every candidate; differences of each one in `judged` to all who come after it and the baselines."""
    result = Summary()
    estimates, of_truth = _means(done, seed)
    result.truth = {key: estimate.interval for key, estimate in of_truth.items()}
    if not two_sample:
        result.notes["two_sample"] = "left out, as asked for"
    for name, record in done.records.items():
        estimates[name] |= _set_estimates(record, done.truth, seed, result.notes)
        estimates[name] |= _variant_estimates(record, seed)
        if (hinted := done.hinted.get(name)) is not None:
            estimates[name] |= _hint_estimates(hinted, seed)
            if hinted.decibels:
                result.hint_curves[name] = _hint_curve(hinted, seed)
        if name in judged:
            result.curves[name], as_vivid = _curve(record, done.truth, seed)
            estimates[name] |= {AT_EQUAL_VIVIDNESS.key: as_vivid} if as_vivid else {}
        order = [metric.key for metric in METRICS if metric.key in estimates[name]]
        result.figures[name] = {key: estimates[name][key].interval for key in order}
        result.histograms[name] = record.description("histograms").double().mean(0)
    result.true_histogram = done.truth.description("histograms").double().mean(0)
    baselines = [name for name in done.records if name not in judged]
    for index, first in enumerate(judged):
        for second in [*judged[index + 1 :], *baselines]:
            result.differences[first, second] = _differences(estimates[first], estimates[second])
    return result


def _differences(first: dict[str, Estimate], second: dict[str, Estimate]) -> dict[str, Interval]:
    """Metric by metric, on the same photos; the variants' photos are others, and of no one else."""
    keys = [metric.key for metric in METRICS if metric not in OF_VARIANTS]
    return {key: (first[key] - second[key]).interval for key in keys if key in first and key in second}


def _means(done: Measurements, seed: int) -> tuple[dict[str, dict[str, Estimate]], dict[str, Estimate]]:
    """Means over photos of every candidate, and of the real photos alone, all over the same draws."""
    measured = [metric for metric in PER_PHOTO if all(metric.column in one.values for one in done.records.values())]
    true = [metric for metric in measured if metric.of_truth]
    columns = [record.value(metric.column) for record in done.records.values() for metric in measured]
    columns += [done.truth.value(metric.column) for metric in true]
    means = iter(estimate_means(torch.stack(columns, 1), seed))
    found = {name: {metric.key: next(means) for metric in measured} for name in done.records}
    of_truth = {metric.key: next(means) for metric in true}
    for metric in measured:
        for name, record in done.records.items():
            if metric.needs_colour and not float(record.value(COLOUR).max()):
                del found[name][metric.key]
            elif isinstance(metric, RatioMetric):
                found[name][metric.key] /= of_truth[metric.key]
        if isinstance(metric, RatioMetric):
            del of_truth[metric.key]
    return found, of_truth


def _set_estimates(record: Measured, truth: Measured, seed: int, notes: dict[str, str]) -> dict[str, Estimate]:
    """Distances between the sets. What could not be computed leaves a note."""
    found = {}
    for metric in OF_SETS:
        if metric.described_by not in record.descriptions:
            continue
        predicted, true = record.description(metric.described_by), truth.description(metric.described_by)
        if len(true) < metric.fewest:
            notes[metric.key] = f"needs at least {metric.fewest} photos, got {len(true)}"
        else:
            found[metric.key] = metric.function(predicted, true, seed)
    return found


def _variant_estimates(record: Measured, seed: int) -> dict[str, Estimate]:
    """What a model's variants are like, over the same draws of their photos; nothing without variants."""
    found = {}
    for metric in OF_VARIANTS:
        if metric.key in record.variants:
            values = torch.cat(record.variants[metric.key])
            means = estimate_means(values if values.ndim == 2 else values[:, None], seed)
            found[metric.key] = means[0] if metric.over_picture is None else means[0] / means[1]
    return found


def _hint_estimates(hinted: Hinted, seed: int) -> dict[str, Estimate]:
    """What a model makes of what it is told; each over the photos that have a value."""
    values = {metric.key: hinted.values[metric.key] for metric in OF_HINTS if metric.key in hinted.values}
    return {key: estimate_means(torch.tensor(own)[:, None], seed)[0] for key, own in values.items()}


def _hint_curve(hinted: Hinted, seed: int) -> HintCurve:
    """Gains paired by photo."""
    decibels = torch.stack(hinted.decibels)
    told = decibels[:, 2:]
    over_gray, over_none = (estimate_means(told - decibels[:, index, None], seed) for index in (0, 1))
    return HintCurve(hinted.counts, [one.interval for one in over_gray], [one.interval for one in over_none])


def _curve(record: Measured, truth: Measured, seed: int) -> tuple[Curve, Estimate | None]:
    """A model's curve, and its PSNR where the curve has the real photos' vividness, if it gets there."""
    columns = torch.cat((torch.cat(record.curve), truth.value(CURVE_CHROMA)[:, None]), 1)
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
    read = AT_EQUAL_VIVIDNESS.function
    return curve, Estimate(float(read(vividness, decibels)), read(draws_vividness, draws_decibels))
