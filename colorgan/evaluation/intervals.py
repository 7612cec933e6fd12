"""How sure a figure is: 95 % intervals over the photos, for means, ratios and paired differences."""

from dataclasses import dataclass

import torch
from torch import Tensor

from colorgan.evaluation.metrics import check_same


@dataclass(frozen=True)
class Interval:
    """An estimate and the 95 % bootstrap interval around it."""

    value: float
    low: float
    high: float


def mean_interval(values: Tensor, seed: int = 0, resamples: int = 4000) -> Interval:
    """One value per photo (N,) -> their mean, with the interval that another draw of as many photos would give.

    Percentile bootstrap (Efron and Tibshirani 1993, chapter 13).
    """
    values = _finite(values)
    return _interval(values.mean(), bootstrap_means(values[:, None], seed, resamples)[:, 0])


def difference_interval(first: Tensor, second: Tensor, seed: int = 0, resamples: int = 4000) -> Interval:
    """Two models' values on the same photos, both (N,) -> mean of first - second, with its interval.

    Paired: both are drawn with the same photos, so what makes a photo hard for both cancels. An interval without 0
    is a difference that another draw of photos would most likely confirm.
    """
    check_same(first, second)
    return mean_interval(_finite(first) - _finite(second), seed, resamples)


def ratio_interval(parts: Tensor, wholes: Tensor, seed: int = 0, resamples: int = 4000) -> Interval:
    """Sum of `parts` (N,) over the sum of `wholes` (N,), one of each per photo, with its interval."""
    check_same(parts, wholes)
    both = torch.stack((_finite(parts), _finite(wholes)), 1)
    means = bootstrap_means(both, seed, resamples)
    return _interval(both[:, 0].sum() / both[:, 1].sum(), means[:, 0] / means[:, 1])


def bootstrap_means(values: Tensor, seed: int = 0, resamples: int = 4000) -> Tensor:
    """K values per photo (N, K) -> their means over N photos drawn with replacement, (resamples, K) in float64.

    One matrix product: how often each draw holds each photo, times the values. Whole histograms fit as values.
    """
    count = len(values)
    drawn = torch.randint(count, (resamples, count), generator=torch.Generator().manual_seed(seed))
    times = torch.zeros(resamples, count, dtype=torch.float64)
    times.scatter_add_(1, drawn, torch.ones_like(drawn, dtype=torch.float64))
    return times @ values.detach().cpu().double() / count


def _interval(value: Tensor, draws: Tensor) -> Interval:
    low, high = draws.quantile(torch.tensor([0.025, 0.975], dtype=draws.dtype)).tolist()
    return Interval(float(value), low, high)


def _finite(values: Tensor) -> Tensor:
    """One finite value per photo, or a ValueError that says which is not."""
    if values.ndim != 1 or not len(values):
        raise ValueError(f"values must be one per photo, (N,) with N at least 1, got {tuple(values.shape)}")
    broken = (~values.isfinite()).nonzero()
    if len(broken):
        raise ValueError(f"values must be finite, got {values[broken[0, 0]].item()} for photo {broken[0, 0].item()}")
    return values.double()
