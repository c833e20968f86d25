"""How many times as long one thing takes as another, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST_BLOCKS = 7
"""Blocks on both sides from which a ratio has an interval.

Of fewer, the 95 % interval of a resampled median reaches the outermost block (of 5, 5.8 % of the
resamples have their median there; of 7, 1.0 %), so that one stalled block makes it meaningless.
"""

_RESAMPLES = 2000
_SEED = 0


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quotient of two medians and its 95 % interval.

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

    def as_json(self) -> dict[str, float]:
        """The three numbers."""
        return {"value": self.value, "low": self.low, "high": self.high}


def ratio(seconds: Sequence[float], baseline: Sequence[float]) -> Ratio:
    """The median of ``seconds`` over that of ``baseline``, with a bootstrap interval.

    Lists of one length are resampled in pairs: blocks of one round share the machine's mood, and
    what both have of it divides out.

    Raises:
        ValueError: One of them is empty.
    """
    if not seconds or not baseline:
        raise ValueError("a ratio needs times on both sides")
    above, below = np.asarray(seconds), np.asarray(baseline)
    generator = np.random.default_rng(_SEED)
    drawn = generator.integers(above.size, size=(_RESAMPLES, above.size))
    against = (
        drawn
        if above.size == below.size
        else generator.integers(below.size, size=(_RESAMPLES, below.size))
    )
    resampled = np.median(above[drawn], axis=1) / np.median(below[against], axis=1)
    low, high = np.percentile(resampled, (2.5, 97.5))
    value = float(np.median(above) / np.median(below))
    return Ratio(value, float(low), float(high), min(above.size, below.size))
