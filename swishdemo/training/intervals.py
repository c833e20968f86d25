"""Computes intervals for means over seeds, and for effects that were measured in several runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import atan, cos, inf, isfinite, pi, sin, sqrt
from statistics import fmean, stdev

POWER = 0.8
"""With it the smallest effect that could have been seen is told."""


def inside(t: float, freedom: int) -> float:
    """The probability that Student's t of some degrees of freedom lies within ±``t``.

    The finite series of Abramowitz and Stegun 26.7.3 and 26.7.4.
    """
    angle = atan(t / sqrt(freedom))
    cosine, odd = cos(angle), freedom % 2
    term = cosine if odd else 1.0
    total = 0.0
    for order in range(2 + odd, freedom + 1, 2):
        total += term
        term *= cosine * cosine * (order - 1) / order
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total


@lru_cache(maxsize=256)
def student(level: float, freedom: int) -> float:
    """The ``t`` within whose ± Student's t lies with a probability of ``level``."""
    low, high = 0.0, 1.0
    while inside(high, freedom) < level:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle, freedom) < level else (low, middle)
    return high


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
        return mean, -inf, inf
    half = student(0.95, len(values) - 1) * stdev(values) / sqrt(len(values))
    return mean, mean - half, mean + half


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """What a difference came to.

    Attributes:
        mean: Over all runs.
        low: The interval's low end; -inf where nothing tells the spread.
        high: Its high end.
        count: How many runs it rests on.
        visible: The smallest effect that so many would have shown with a power of `POWER`.
    """

    mean: float
    low: float
    high: float
    count: int
    visible: float


def paired(differences: Sequence[float], level: float) -> PairedDifference:
    """The mean of paired differences, with an interval that covers it with a chance of ``level``.

    Args:
        differences: One of each run. The networks of a run share its batches and its split of the
            data, so the run is what repeats.
        level: Such as 0.95; less what is given away to several settings.

    Raises:
        ValueError: There is no difference.
    """
    if not differences:
        raise ValueError("no differences")
    mean, count = fmean(differences), len(differences)
    error = stdev(differences) / sqrt(count) if count > 1 else 0.0
    if not error:  # of one, or of values that do not differ: certain of nothing
        return PairedDifference(mean, -inf, inf, count, inf)
    half = student(level, count - 1) * error
    visible = half + student(2 * POWER - 1, count - 1) * error
    return PairedDifference(mean, mean - half, mean + half, count, visible)


def told(value: float) -> float | None:
    """A number as JSON has it; None for the end of an interval that has none."""
    return value if isfinite(value) else None
