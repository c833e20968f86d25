"""The narrow floating types: which numbers they have, and how far apart these are.

bfloat16 is that of ``ml_dtypes``, which is loaded by the first call.

How far rounding may carry a formula from its value, in arithmetic of a given type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swishdemo.activations.evaluation import parameter_values, tape
from swishdemo.activations.record import Activation

Array = npt.NDArray[Any]

TYPES = ("fp32", "bf16", "fp16")
_WIDE_COUNT = 16_384


def dtype_of(name: str) -> np.dtype[Any]:
    """NumPy's type of that name.

    Raises:
        KeyError: It is none of ``TYPES``.
    """
    import ml_dtypes

    types: dict[str, Any] = {
        "fp32": np.float32,
        "bf16": ml_dtypes.bfloat16,
        "fp16": np.float16,
    }
    found: np.dtype[Any] = np.dtype(types[name])
    return found


def numbers(
    dtype: np.dtype[Any], low: float, high: float, most: int | None = None
) -> tuple[Array, bool]:
    """Numbers of the type from ``low`` to ``high``, in order, and whether these are all of them.

    All are given of a 16-bit type, unless there are more than ``most``. Else half are spread evenly
    in x and half evenly among the type's numbers, of which most are near 0. Zero counts once.
    """
    first, last = _place(low, dtype), _place(high, dtype)
    many = most or (_WIDE_COUNT if dtype.itemsize > 2 else 2**16)
    every = last - first < many
    if every:
        found = _at(np.arange(first, last + 1), dtype)
    else:
        among = _at(np.linspace(first, last, many // 2).astype(np.int64), dtype)
        even = np.linspace(low, high, many // 2).astype(dtype)
        found = np.unique(np.concatenate([among, even]))
    wide = found.astype(np.float64)
    return found[(wide >= low) & (wide <= high)], every


@dataclass(frozen=True, slots=True)
class TypeLimits:
    """What a type can hold.

    Attributes:
        bits: Bits of the fraction, the leading 1 not counted.
        lowest: The binary exponent of the smallest number with all its bits.
        highest: The binary exponent of the largest number.
        largest: The largest number.
        smallest: The smallest number above 0.
    """

    bits: int
    lowest: int
    highest: int
    largest: float
    smallest: float


def limits(dtype: np.dtype[Any]) -> TypeLimits:
    """The limits of a type."""
    import ml_dtypes

    info: Any = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]
    return TypeLimits(
        bits=int(info.nmant),
        lowest=int(info.minexp),
        highest=int(info.maxexp) - 1,
        largest=float(info.max),
        smallest=float(info.smallest_subnormal),
    )


def ulp(exact: npt.ArrayLike, dtype: np.dtype[Any]) -> npt.NDArray[np.float64]:
    """The distance of neighbouring numbers of the type where ``exact`` lies."""
    known = limits(dtype)
    fraction, exponent = np.frexp(exact)
    exponent = np.clip(exponent - 1, known.lowest, known.highest)
    exponent = np.where(fraction == 0, known.lowest, exponent)
    distance: npt.NDArray[np.float64] = np.ldexp(1.0, exponent - known.bits)
    return distance


def _place(value: float, dtype: np.dtype[Any]) -> int:
    """How many numbers of the type lie between 0 and the value, with its sign."""
    bits = int(np.asarray(abs(value)).astype(dtype).view(f"u{dtype.itemsize}"))
    return -bits if value < 0 else bits


def _at(places: npt.NDArray[np.int64], dtype: np.dtype[Any]) -> Array:
    """The numbers of the type at such places."""
    size = np.abs(places).astype(f"u{dtype.itemsize}").view(dtype)
    result: Array = np.where(places < 0, -size, size)
    return result


Doubles = npt.NDArray[np.float64]


def spreads(
    activation: Activation, x: Doubles, parameters: Mapping[str, float], unit: float
) -> tuple[Doubles, Doubles]:
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
