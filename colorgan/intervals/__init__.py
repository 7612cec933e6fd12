"""How sure a figure is: 95 % intervals and tests, by formula. Pure functions of numbers and arrays, without torch.

bootstrap.py   over photos, by drawing them anew (needs torch)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval; NaN where there are no data."""

    value: float
    low: float
    high: float


def wilson(successes: float, trials: float, critical: float | None = None) -> Interval:
    """Wilson's score interval of a share (J. Am. Stat. Assoc. 22, 1927); `critical` defaults to the normal's 1.96.

    Counts may be fractions: an effective number of independent trials.
    """
    from scipy import special  # here and below: slow to import, and no part of the smallest installation

    if trials <= 0:
        return Interval(math.nan, 0.0, 1.0)
    z = float(special.ndtri((1 + LEVEL) / 2)) if critical is None else critical
    share = successes / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return Interval(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))


def t_interval(values: npt.NDArray[np.float64]) -> tuple[Interval, float]:
    """Mean of a sample with Student's interval, and the two-sided p that the mean is 0."""
    from scipy import special

    mean = float(values.mean()) if len(values) else math.nan
    if len(values) < 2:
        return Interval(mean, -1.0, 1.0), math.nan
    error, freedom = float(values.std(ddof=1)) / math.sqrt(len(values)), len(values) - 1
    half = float(special.stdtrit(freedom, (1 + LEVEL) / 2)) * error
    if error == 0:
        return Interval(mean, mean, mean), 1.0 if mean == 0 else 0.0
    return Interval(mean, mean - half, mean + half), 2 * float(special.stdtr(freedom, -abs(mean) / error))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the order given; NaN stays NaN and counts as a test."""
    adjusted, largest = [math.nan] * len(p_values), 0.0
    order = sorted((index for index, p in enumerate(p_values) if not math.isnan(p)), key=lambda index: p_values[index])
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted
