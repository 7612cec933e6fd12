"""How sure a figure is: 95 % intervals over photos, by bootstrap and jackknife, so that models can be compared."""

from dataclasses import dataclass

import torch
from torch import Tensor

from colorgan.intervals import Interval

GROUPS = 20  # parts of the photos that are left out in turn
_DRAWN_AT_ONCE = 1 << 22  # photos, over all draws: 32 MiB of counts


def bootstrap_means(values: Tensor, seed: int = 0, resamples: int = 4000) -> Tensor:
    """K values per photo (N, K) -> their means over N photos drawn with replacement, (resamples, K) in float64.

    How often each draw holds each photo, times the values: a matrix product, for some draws at a time, so that memory
    does not grow with resamples * N.
    """
    count, generator = len(values), torch.Generator().manual_seed(seed)
    values, means = values.detach().cpu().double(), []
    for first in range(0, resamples, step := max(1, _DRAWN_AT_ONCE // count)):
        drawn = torch.randint(count, (min(step, resamples - first), count), generator=generator)
        times = torch.zeros(drawn.shape, dtype=torch.float64)
        times.scatter_add_(1, drawn, torch.ones_like(drawn, dtype=torch.float64))
        means.append(times @ values / count)
    return torch.cat(means)


@dataclass(frozen=True)
class Estimate:
    """A figure and what it would have been on other photos; those on the same photos can be subtracted and divided.

    `others`: its value on each bootstrap draw of the photos, where `left_out` is false; else its value with each of
    some equal parts of the photos left out. The latter (a delete-a-group jackknife; Efron and Tibshirani 1993, chapter
    11) is for distances between sets, which a bootstrap would bias: it repeats photos, and repeats look like a
    narrower set.
    """

    value: float
    others: Tensor
    left_out: bool = False

    @property
    def interval(self) -> Interval:
        """The value and its 95 % interval."""
        if not self.left_out:
            return _interval(torch.tensor(self.value, dtype=torch.float64), self.others)
        from scipy import stats  # slow to import, and no part of the smallest installation

        groups = len(self.others)
        error = ((groups - 1) / groups * (self.others - self.others.mean()).square().sum()).sqrt().item()
        reach = float(stats.t.ppf(0.975, groups - 1)) * error
        return Interval(self.value, self.value - reach, self.value + reach)

    def __sub__(self, other: "Estimate") -> "Estimate":
        self._check_alike(other)
        return Estimate(self.value - other.value, self.others - other.others, self.left_out)

    def __truediv__(self, other: "Estimate") -> "Estimate":
        self._check_alike(other)
        return Estimate(self.value / other.value, self.others / other.others, self.left_out)

    def _check_alike(self, other: "Estimate") -> None:
        if self.left_out != other.left_out or self.others.shape != other.others.shape:
            raise ValueError("only figures of the same kind over the same photos can be subtracted or divided")


def estimate_means(values: Tensor, seed: int = 0) -> list[Estimate]:
    """K values per photo (N, K) -> their K means as estimates over the same draws, so that all can be compared."""
    draws = bootstrap_means(values, seed)
    return [Estimate(float(mean), draw) for mean, draw in zip(values.double().mean(0), draws.T, strict=True)]


def leave_out_groups(count: int, groups: int = GROUPS) -> list[Tensor]:
    """For each of `groups` equal parts of `count` photos: the indices of all photos that are not in it."""
    part = torch.arange(count) % min(groups, count)
    return [(part != group).nonzero()[:, 0] for group in range(min(groups, count))]


def _interval(value: Tensor, draws: Tensor) -> Interval:
    low, high = draws.quantile(torch.tensor([0.025, 0.975], dtype=draws.dtype)).tolist()
    return Interval(float(value), low, high)
