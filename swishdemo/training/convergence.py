"""How far apart the β of different starts still are, and how many lie where the article says."""

from __future__ import annotations

import math
from collections.abc import Sequence

CONVERGED_BELOW = 0.05
"""A layer has converged where its C(t) is below this."""

ARTICLE_BAND = (1.0, 1.5)
"""Where, says the article, a trained β often ends."""


def spread(beta: Sequence[float | None], seeds: int) -> float | None:
    """The deviation, over the starts, of log(mean over seeds of |β|).

    Args:
        beta: One layer's β, by start and then by seed; None has diverged and is left out.
        seeds: Number of seeds.

    Returns:
        The deviation; None with one start only, where a start has no replica left, or where a
        mean is 0 and has no logarithm.
    """
    logs = []
    for first in range(0, len(beta), seeds):
        known = [abs(value) for value in beta[first : first + seeds] if value is not None]
        mean = sum(known) / len(known) if known else 0.0
        if not 0.0 < mean < math.inf:
            return None
        logs.append(math.log(mean))
    if len(logs) < 2:
        return None
    centre = sum(logs) / len(logs)
    return math.sqrt(sum((each - centre) ** 2 for each in logs) / len(logs))


def share_in_band(
    beta: Sequence[Sequence[float | None]], band: tuple[float, float] = ARTICLE_BAND
) -> float | None:
    """The share of all known |β| that lie in ``band``, ends included; None where none is known."""
    known = [abs(value) for layer in beta for value in layer if value is not None]
    if not known:
        return None
    return sum(band[0] <= value <= band[1] for value in known) / len(known)
