"""The signs of a formula where its values are below all doubles.

They are told by numbers whose exponents have no bounds, at some points of each stretch.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from swishdemo.activations.analysis.enclosure import run
from swishdemo.activations.symbolic.tape import Tape

Array = npt.NDArray[np.float64]

# A sign needs few digits.
_FEW_BITS = 64


def underflown(
    tape: Tape, stretches: Array, parameters: Mapping[str, float]
) -> tuple[Array, Array]:
    """Brackets of changes of sign where doubles underflow, and the signs at their ends.

    Args:
        tape: One formula.
        stretches: Where doubles show no sign of it, as rows (low, high).
        parameters: All inputs but x.

    Returns:
        Rows (low, high), rising, and as many rows of the signs, −1 or 1, at those places.
    """
    from swishdemo.activations.analysis.digits import Digits

    digits = Digits(_FEW_BITS)
    inputs = {name: digits.number(value) for name, value in parameters.items()}
    rows: list[tuple[float, float]] = []
    signs: list[tuple[int, int]] = []
    for low, high in stretches:
        last: tuple[float, int] | None = None
        for x in _points_of(low, high):
            bottom, top = run(tape, {"x": digits.number(x), **inputs}, digits)[0]
            sign = int(bottom > 0) - int(top < 0)
            if not sign:
                continue
            if last and last[1] != sign:
                rows.append((last[0], x))
                signs.append((last[1], sign))
            last = x, sign
    return np.array(rows).reshape(-1, 2), np.array(signs).reshape(-1, 2)


def _points_of(low: float, high: float) -> list[float]:
    """Points of a stretch: its ends, points between, and some beside 0 on both its sides."""
    near = [side * size for side in (-1, 1) for size in (1e-3, 0.1, 3.0, 100.0, 1e4)]
    between = [low + share * (high - low) for share in (0.0, 0.237, 0.481, 0.763, 1.0)]
    return sorted({*between, *(x for x in near if low < x < high)})
