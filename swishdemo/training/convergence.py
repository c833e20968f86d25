"""How far apart the β of different starts still are, and how many lie where the article says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

CONVERGED_BELOW = 0.05
"""A layer has converged where its C(t) stays below this."""

HELD = 10
"""For so many reports in a row: lines that cross are close for a moment, and part again."""

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


def have_met(now: Sequence[float | None], first: Sequence[float | None]) -> bool:
    """Whether C is below its limit in every layer that had a distance at the start.

    Args:
        now: C of each layer; None where it has none, or none any more.
        first: The same at the start: not every layer need have a β.
    """
    pairs = zip(now, first, strict=True)
    distances = [distance for distance, start in pairs if start is not None]
    return bool(distances) and all(
        distance is not None and distance < CONVERGED_BELOW for distance in distances
    )


def converged_step(reports: Sequence[Mapping[str, Any]]) -> int | None:
    """The step of the first report from which all starts have met for good.

    Args:
        reports: Those of one run, in order, as their JSON.

    Returns:
        The step; None where they are apart at the last report, or have met for fewer than `HELD`.
    """
    held = 0
    for report in reversed(reports):
        if not have_met(report["convergence"], reports[0]["convergence"]):
            break
        held += 1
    return reports[-held]["step"] if held >= HELD else None
