"""The narrow floating types, and formulas run in them: every operation is rounded, as in hardware.

There are two ways to compute a named function. ``WRITTEN`` is the textbook's definition, which is
what most code holds; ``STABLE`` is the form whose every exponential has a negative argument.
A library's own function (exp, log, tanh, erf, …) is one operation in both. bfloat16 is that of
``ml_dtypes``, which is loaded by the first call.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from swishdemo.activations.evaluation import parameter_values, tape
from swishdemo.activations.record import Activation

if TYPE_CHECKING:
    from swishdemo.activations.symbolic.tape import Step, Tape

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
    from swishdemo.activations.analysis.enclosure import Doubles

    values = parameter_values(activation, parameters)
    with np.errstate(all="ignore"):
        bounds = Doubles(unit).bounds(tape(activation), (x, x), values)[:2]
        widths = [np.broadcast_to(np.subtract(high, low), x.shape) for low, high in bounds]
    value, slope = (np.where(np.isnan(width), np.inf, width) for width in widths)
    return value, slope


# Of any floating type; the result has the argument's.
Way = Mapping[str, Callable[[Array], Array]]

# Numbers are written as integers: a Python float would turn a bfloat16 array into float32.


def _erf(z: Array) -> Array:
    from scipy import special

    return _once(special.erf, z)


def _erfc(z: Array) -> Array:
    from scipy import special

    return _once(special.erfc, z)


def _once(function: Callable[[Any], Any], z: Array) -> Array:
    """A function that NumPy lacks, rounded once: as good as one of the type can be."""
    value: Array = np.asarray(function(z.astype(np.float64))).astype(z.dtype)
    return value


def _like(value: float, z: Array) -> Array:
    return np.asarray(value).astype(z.dtype)


def _stable_sigmoid(z: Array) -> Array:
    e = np.exp(-np.abs(z))
    one: Array = np.ones_like(z)
    value: Array = np.where(z < 0, e, one) / (1 + e)
    return value


def _stable_softplus(z: Array) -> Array:
    value: Array = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
    return value


def _stable_sech(z: Array) -> Array:
    e = np.exp(-np.abs(z))
    value: Array = 2 * e / (1 + e * e)
    return value


def _density(z: Array) -> Array:
    value: Array = np.exp(-(z * z) / 2) / _like(2.5066282746310002, z)
    return value


_LIBRARY: dict[str, Callable[[Array], Array]] = {
    "tanh": np.tanh,
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asinh": np.arcsinh,
    "root": np.sqrt,
    "cbrt": np.cbrt,
    "erf": _erf,
    "softsign": lambda z: z / (1 + np.abs(z)),
    "normal_pdf": _density,
}

WRITTEN: Way = {
    **_LIBRARY,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "sech": lambda z: 1 / np.cosh(z),
    "normal_cdf": lambda z: (1 + _erf(z / _like(2**0.5, z))) / 2,
    "expm1": lambda z: np.exp(z) - 1,
    "log1p": lambda z: np.log(1 + z),
}

STABLE: Way = {
    **_LIBRARY,
    "sigmoid": _stable_sigmoid,
    "softplus": _stable_softplus,
    "sech": _stable_sech,
    "normal_cdf": lambda z: _erfc(-z / _like(2**0.5, z)) / 2,
    "expm1": np.expm1,
    "log1p": np.log1p,
}


def run(tape: Tape, x: Array, parameters: Mapping[str, float], way: Way) -> Array:
    """The tape's first output, each step rounded to x's type.

    Args:
        tape: The operations of one formula.
        x: Points of a floating type.
        parameters: Values by name; each is rounded to the type.
        way: How named functions are computed, ``WRITTEN`` or ``STABLE``.

    Returns:
        An array of x's shape and type.
    """
    inputs = {"x": x, **{name: _like(value, x) for name, value in parameters.items()}}
    values: list[Array] = []
    with np.errstate(all="ignore"):
        for step in tape.steps:
            value = _step(step, tape, values, inputs, way, x)
            # No step may slip into a wider type: then nothing would be rounded.
            assert value.dtype == x.dtype, (step, value.dtype)
            values.append(value)
    result: Array = np.broadcast_to(values[tape.outputs[0]], x.shape)
    return result


def _step(
    step: Step,
    tape: Tape,
    values: list[Array],
    inputs: Mapping[str, Array],
    way: Way,
    x: Array,
) -> Array:
    arguments = [values[place] for place in step.arguments]
    match step.kind:
        case "constant":
            return _like(float(step.value.evalf(30)), x)
        case "undefined":
            return _like(math.nan, x)
        case "input":
            return inputs[step.value]
        case "add":
            total: Array = np.asarray(reduce(np.add, arguments))
            return total
        case "multiply":
            return _product(step, tape, values)
        case "power":
            return _power(arguments[0], step.value)
        case "raise":
            return np.asarray(np.power(*arguments))
        case "where":
            left, right, above, otherwise = arguments
            return np.where(left > right, above, otherwise)
        case name:
            return np.asarray(way[name](arguments[0]))


def _product(step: Step, tape: Tape, values: list[Array]) -> Array:
    """A product; what stands in it to a negative power divides it, as its author wrote it."""
    above: list[Array] = []
    below: list[Array] = []
    for place in step.arguments:
        factor = tape.steps[place]
        if factor.kind == "power" and factor.value < 0:
            below.append(_power(values[factor.arguments[0]], -factor.value))
        elif factor.kind == "constant" and _one_over(factor.value):
            # x/3 is one rounding, x times the rounded third would be two.
            above.append(_like(int(factor.value.p), values[place]))
            below.append(_like(int(factor.value.q), values[place]))
        else:
            above.append(values[place])
    top = reduce(np.multiply, above) if above else np.ones_like(below[0])
    return np.asarray(reduce(np.divide, below, top))


def _one_over(value: Any) -> bool:
    """Whether a number is ±1/n for an n that every type holds exactly."""
    return bool(value.is_Rational) and abs(value.p) == 1 and value.q <= 256


def _power(base: Array, exponent: int) -> Array:
    """Repeated products, by squaring."""
    if exponent < 0:
        return np.asarray(1 / _power(base, -exponent))
    result = np.ones_like(base) if exponent == 0 else base
    for bit in bin(exponent)[3:]:
        result = result * result
        if bit == "1":
            result = result * base
    return np.asarray(result)
