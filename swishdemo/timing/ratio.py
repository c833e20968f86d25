"""How many times as long one thing takes as another, and how sure that is within one timing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST_BLOCKS = 7
"""Blocks on both sides from which a ratio has an interval.

Of fewer, the 95 % interval of a resampled median reaches the outermost block (of 5, 5.8 % of the
resamples have their median there; of 7, 1.0 %), so that one stalled block makes it meaningless.
"""

WIDEST = 2.0
"""Upper over lower end of an interval from which it says nothing of use: twice is not 15 %."""

NOTABLE = 1.05
"""Factor between two timings' intervals from which they are said to disagree."""

_RESAMPLES = 2000
_SEED = 0
_FEWEST_IN_RUNS = 30  # of fewer blocks, too few runs would be left to draw from


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quotient of two medians and its 95 % interval.

    The interval is that of the blocks it was made of: it says where the quotient lies while the
    machine stays as it was. Another timing, when the machine is in another state, can lie outside.

    Attributes:
        value: The quotient.
        low: The interval's lower end.
        high: Its upper end.
        blocks: Blocks behind it, on the side that has fewer.
    """

    value: float
    low: float
    high: float
    blocks: int

    @property
    def has_interval(self) -> bool:
        """Whether the blocks are enough for the interval to be told (`FEWEST_BLOCKS`)."""
        return self.blocks >= FEWEST_BLOCKS

    @property
    def is_decided(self) -> bool:
        """Whether the interval says which of the two is the faster one."""
        return self.has_interval and not self.low <= 1 <= self.high

    @property
    def is_vague(self) -> bool:
        """Whether the interval is so wide that the quotient says nothing (`WIDEST`)."""
        return self.has_interval and self.high >= WIDEST * self.low

    def agrees(self, other: Ratio) -> bool:
        """Whether the two intervals meet, but for a difference that nobody minds (`NOTABLE`)."""
        return self.low <= NOTABLE * other.high and other.low <= NOTABLE * self.high

    def as_json(self) -> dict[str, float]:
        """The three numbers."""
        return {"value": self.value, "low": self.low, "high": self.high}


def ratio(seconds: Sequence[float], baseline: Sequence[float]) -> Ratio:
    """The median of ``seconds`` over that of ``baseline``, with a bootstrap interval.

    Lists of one length are resampled in pairs: blocks of one round share the machine's mood, and
    what both have of it divides out. What is drawn are runs of neighbouring blocks, round the end
    (Politis & Romano 1992), so that a quotient that drifts while it is measured has an interval as
    wide as the drift, and not as narrow as if every block were news.

    Raises:
        ValueError: One of them is empty.
    """
    if not seconds or not baseline:
        raise ValueError("a ratio needs times on both sides")
    above, below = np.asarray(seconds), np.asarray(baseline)
    generator = np.random.default_rng(_SEED)
    drawn = _drawn(generator, above.size)
    against = drawn if above.size == below.size else _drawn(generator, below.size)
    resampled = np.median(above[drawn], axis=1) / np.median(below[against], axis=1)
    low, high = np.percentile(resampled, (2.5, 97.5))
    value = float(np.median(above) / np.median(below))
    return Ratio(value, float(low), float(high), min(above.size, below.size))


def _drawn(generator: np.random.Generator, count: int) -> NDArray[np.intp]:
    """Places of resampled blocks, a resample a row: runs of about the square root of ``count``."""
    length = round(count**0.5) if count >= _FEWEST_IN_RUNS else 1
    starts = generator.integers(count, size=(_RESAMPLES, -(-count // length)))
    runs = (starts[:, :, None] + np.arange(length)) % count
    return runs.reshape(_RESAMPLES, -1)[:, :count]
