"""The memory's limit: the least time for what a pass must move, at the best that was seen here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from swishdemo.timing.measurement import MOVED, Measurement
from swishdemo.timing.ratio import ratio


def limited(m: Measurement, per_tensor: Mapping[str, Sequence[float]]) -> Measurement:
    """The measurement with its limit, and with the limit's interval once it is final.

    The limit is the number of tensors that the pass must move, times what the fastest of the
    streams takes for one. The interval is that of the quotient of the two, over blocks that ran
    side by side: the limit as it is known beside this figure.

    Args:
        m: A timed measurement.
        per_tensor: Streams by name, and the seconds of each of their blocks for one tensor moved;
            empty where there is no limit.
    """
    if not per_tensor or not m.block_seconds:
        return m
    name = min(per_tensor, key=lambda each: float(np.median(per_tensor[each])))
    blocks = [MOVED[m.passes] * seconds for seconds in per_tensor[name]]
    limit = float(np.median(blocks))
    interval = None
    if m.final and (found := ratio(m.block_seconds, blocks)).has_interval:
        interval = (limit * found.value / found.high, limit * found.value / found.low)
    return replace(
        m, copy_limit_seconds=limit, copy_limit_interval_seconds=interval, limit_stream=name
    )
