"""95 % intervals over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

# Two-sided 95 % quantiles of Student's t for 1 … 30 degrees of freedom.
_T95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


def mean_over_seeds(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean over seeds with its 95 % interval (Student's t; a seed is the unit that repeats).

    One seed says nothing about the spread: its interval is the whole line.

    Raises:
        ValueError: There is no value.
    """
    if not values:
        raise ValueError("no values")
    mean = fmean(values)
    if len(values) == 1:
        return mean, float("-inf"), float("inf")
    freedom = len(values) - 1
    quantile = _T95[freedom - 1] if freedom <= len(_T95) else 1.96 + 2.4 / freedom
    half = quantile * stdev(values) / sqrt(len(values))
    return mean, mean - half, mean + half
