"""How far rounding may carry a formula from its value, in arithmetic of a given type."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from swishdemo.activations.evaluation import parameter_values, tape
from swishdemo.activations.record import Activation

Array = npt.NDArray[np.float64]


def spreads(
    activation: Activation, x: Array, parameters: Mapping[str, float], unit: float
) -> tuple[Array, Array]:
    """How widely f and f′ may come out, each of x's shape; infinite where no bound holds.

    The formula is run in interval arithmetic, each operation rounded as coarsely as the type does:
    a sum that cancels, or the sine of a large number, is wide.

    Args:
        activation: The definition.
        x: Finite points, exact in the type.
        parameters: Values by name; one left out takes its default.
        unit: The type's machine epsilon.
    """
    from swishdemo.activations.analysis.doubles import Doubles
    from swishdemo.activations.analysis.enclosure import run

    values = parameter_values(activation, parameters)
    inputs = {name: (np.float64(value),) * 2 for name, value in values.items()}
    with np.errstate(all="ignore"):
        bounds = run(tape(activation), {"x": (x, x), **inputs}, Doubles(unit))[:2]
        widths = [np.broadcast_to(np.subtract(high, low), x.shape) for low, high in bounds]
    value, slope = (np.where(np.isnan(width), np.inf, width) for width in widths)
    return value, slope
