"""What the learning rates are multiplied by at each step. Loads no torch."""

from __future__ import annotations

import math


def rate_factor(schedule: str, step: int, steps: int) -> float:
    """The factor at ``step``, counted from 0, of a run of ``steps``.

    ``cosine`` falls to 0 along half a cosine (Loshchilov and Hutter,
    https://arxiv.org/abs/1608.03983); ``step`` falls to a tenth after half of the steps and to a
    hundredth after three quarters; ``warmup`` rises in a line over the first tenth, and stays.
    """
    if schedule == "cosine":
        return (1 + math.cos(math.pi * step / steps)) / 2
    if schedule == "step":
        return 0.1 ** ((2 * step >= steps) + (4 * step >= 3 * steps))
    if schedule == "warmup":
        return min(1.0, (step + 1) / max(1, steps // 10))
    return 1.0
