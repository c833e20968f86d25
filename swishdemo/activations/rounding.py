"""The narrow floating types, and formulas run in them: every operation is rounded, as in hardware.

There are two ways to compute a named function. ``WRITTEN`` is the textbook's definition, which is
what most code holds; ``STABLE`` is the form whose every exponential has a negative argument.
A library's own function (exp, log, tanh, erf, …) is one operation in both. This module loads SymPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial, reduce
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt
from scipy import special

from swishdemo.activations.analysis.enclosure import Doubles, sech, sigmoid, softplus
from swishdemo.activations.evaluation import parameter_values, tape
from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic.tape import Step, Tape

Array = npt.NDArray[Any]
Wide = npt.NDArray[np.float64]

TYPES: dict[str, np.dtype[Any]] = {
    "fp32": np.dtype(np.float32),
    "bf16": np.dtype(ml_dtypes.bfloat16),
    "fp16": np.dtype(np.float16),
}
_WIDE_COUNT = 16_384


def numbers(dtype: np.dtype[Any], low: float, high: float) -> tuple[Array, bool]:
    """Numbers of the type from ``low`` to ``high``, in order, and whether these are all of them.

    All are given of a 16-bit type, and where there are few. Else half are spread evenly in x and
    half evenly among the type's numbers, of which most are near 0. Zero counts once.
    """
    first, last = _place(low, dtype), _place(high, dtype)
    every = dtype.itemsize == 2 or last - first < _WIDE_COUNT
    if every:
        found = _at(np.arange(first, last + 1), dtype)
    else:
        among = _at(np.linspace(first, last, _WIDE_COUNT // 2).astype(np.int64), dtype)
        even = np.linspace(low, high, _WIDE_COUNT // 2).astype(dtype)
        found = np.unique(np.concatenate([among, even]))
    wide = found.astype(np.float64)
    return found[(wide >= low) & (wide <= high)], every


def ulp(exact: npt.ArrayLike, dtype: np.dtype[Any]) -> Wide:
    """The distance of neighbouring numbers of the type where ``exact`` lies."""
    info: Any = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]
    fraction, exponent = np.frexp(exact)
    exponent = np.clip(exponent - 1, info.minexp, info.maxexp - 1)
    exponent = np.where(fraction == 0, info.minexp, exponent)
    distance: Wide = np.ldexp(1.0, exponent - info.nmant)
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


def spreads(
    activation: Activation, x: Wide, parameters: Mapping[str, float], unit: float
) -> tuple[Wide, Wide]:
    """How widely f and f′ may come out, each of x's shape; infinite where no bound holds.

    The formula is run in interval arithmetic, each operation rounded as coarsely as the type does:
    a sum that cancels, or the sine of a large number, is wide.

    Args:
        activation: The definition.
        x: Finite points, exact in the type.
        parameters: Values by name; one left out takes its default.
        unit: The type's machine epsilon.
    """
    values = parameter_values(activation, parameters)
    bounds = Doubles(unit).bounds(tape(activation), (x, x), values)[:2]
    with np.errstate(all="ignore"):
        widths = [high - low for low, high in bounds]
    value, slope = (np.where(np.isnan(width), np.inf, width) for width in widths)
    return value, slope


# Of any floating type; the result has the argument's.
Way = Mapping[str, Callable[[Array], Array]]

# Numbers are written as integers: a Python float would turn a bfloat16 array into float32.


def _once(function: Callable[[Any], Any], z: Array) -> Array:
    """A function that NumPy lacks, rounded once: as good as one of the type can be."""
    value: Array = np.asarray(function(z.astype(np.float64))).astype(z.dtype)
    return value


_erf, _erfc = partial(_once, special.erf), partial(_once, special.erfc)


def _like(value: float, z: Array) -> Array:
    return np.asarray(value).astype(z.dtype)


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
    "sigmoid": sigmoid,
    "softplus": softplus,
    "sech": sech,
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
