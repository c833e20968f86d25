"""The activations written by hand for mpmath, independent of the package's formulas and code."""

import math
from collections.abc import Callable

import mpmath as mp

# Differences lose what separates f from its asymptote: 10⁻³⁰⁴ at −700.
mp.mp.dps = 700


def _sigma(z):
    # Beyond 10⁹ the tail is below 10^(−10⁸), and its digits would take long.
    return 1 / (1 + mp.exp(-z)) if abs(z) < 10**9 else mp.mpf(z > 0)


def _cdf(z):
    # Beyond 10⁶ the tail is below 10^(−10¹¹), and mpmath's erfc ends in an overflow.
    return mp.erfc(-z / mp.sqrt(2)) / 2 if abs(z) < 10**6 else mp.mpf(z > 0)


_LAMBDA = mp.mpf("1.0507009873554804934193349852946")
_ALPHA = mp.mpf("1.6732632423543772848170429916717")


def _far(z, limit=10**9):
    """For e^z, whose digits would take long where it is nothing or beyond all numbers."""
    return max(-limit, min(limit, z))


def _erf(z):
    return 1 - mp.erfc(z) if 0 < z < 10**6 else mp.erf(_far(z, 10**6))


def _softplus(x):
    return mp.log1p(mp.exp(x)) if x < 10**9 else x


def _logish_gate(gate):
    """x·gate(log(1 + σ(x)))."""
    return lambda x: x * gate(mp.log1p(_sigma(x)))


def _sqnl(x):
    if abs(x) > 2:
        return mp.sign(x)
    return x - abs(x) * x / 4


def _smelu(x, beta):
    if abs(x) <= beta:
        return (x + beta) ** 2 / (4 * beta)
    return max(x, 0)


ORACLE: dict[str, Callable] = {
    "swish": lambda x, beta: x * _sigma(beta * x),
    "gelu": lambda x: x * _cdf(x),
    "gelu_tanh": lambda x: x * _sigma(2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3)),
    "quick_gelu": lambda x: x * _sigma(mp.mpf("1.702") * x),
    "mish": lambda x: x * mp.tanh(mp.log1p(mp.exp(x))),
    "hardswish": lambda x: x * min(max(x + 3, 0), 6) / 6,
    "e_swish": lambda x, beta: beta * x * _sigma(x),
    # The smooth maximum as the mean of both lines, weighted.
    "acon_c": lambda x, p, q, beta: (
        p * x * _sigma(beta * (p - q) * x) + q * x * _sigma(-beta * (p - q) * x)
    ),
    "flatten_t_swish": lambda x, t: (x * _sigma(x) if x > 0 else 0) + t,
    "elish": lambda x: (x if x > 0 else mp.expm1(_far(x))) * _sigma(x),
    "tanhexp": lambda x: (
        x * (mp.tanh(mp.exp(x)) if x < 10**4 else 1) if x > -(10**9) else mp.mpf(0)
    ),
    "serf": lambda x: x * _erf(_softplus(x)),
    "logish": _logish_gate(lambda g: g),
    "smish": _logish_gate(lambda g: (mp.exp(2 * g) - 1) / (mp.exp(2 * g) + 1)),
    "lisht": lambda x: x * (2 * _sigma(2 * x) - 1),
    "relu": lambda x: max(x, 0),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "prelu": lambda x, a: x if x > 0 else a * x,
    "rrelu": lambda x, lower, upper: x if x > 0 else x * (lower + upper) / 2,
    "relu6": lambda x: min(max(x, 0), 6),
    "threshold": lambda x, theta, value: x if x > theta else value,
    "relu_squared": lambda x: max(x, 0) ** 2,
    "star_relu": lambda x, s, b: s * max(x, 0) ** 2 + b,
    "elu": lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
    "selu": lambda x: _LAMBDA * (x if x > 0 else _ALPHA * mp.expm1(x)),
    "celu": lambda x, alpha: max(x, 0) + min(alpha * mp.expm1(_far(x / alpha)), 0),
    "pelu": lambda x, a, b: a / b * x if x > 0 else a * mp.expm1(_far(x / b)),
    "isrlu": lambda x, alpha: x if x > 0 else x / mp.sqrt(1 + alpha * x**2),
    "softplus": lambda x, beta: mp.log1p(mp.exp(beta * x)) / beta,
    "squareplus": lambda x, b: (x + mp.sqrt(x**2 + b)) / 2,
    "smelu": _smelu,
    "bent_identity": lambda x: (mp.sqrt(x**2 + 1) - 1) / 2 + x,
    "logsigmoid": lambda x: -mp.log1p(mp.exp(-x)),
    "sigmoid": _sigma,
    "tanh": mp.tanh,
    "softsign": lambda x: x / (1 + abs(x)),
    "isru": lambda x, alpha: x / mp.sqrt(1 + alpha * x**2),
    "sqnl": _sqnl,
    "hardsigmoid": lambda x: min(max(x + 3, 0), 6) / mp.mpf(6),
    "hardtanh": lambda x, low, high: high if x > high else x if x > low else low,
    "gaussian": lambda x: mp.exp(-(_far(x) ** 2)),
    "hardshrink": lambda x, size: x if abs(x) > size or size < 0 else mp.mpf(0),
    # For a negative size, x > size comes first.
    "softshrink": lambda x, size: x - size if x > size else x + size if x < -size else mp.mpf(0),
    "tanhshrink": lambda x: x - mp.tanh(x),
    "sine": lambda x, omega: mp.sin(omega * x),
    "snake": lambda x, a: x + (1 - mp.cos(2 * a * x)) / (2 * a),
    "gcu": lambda x: x * mp.cos(x),
    "sinlu": lambda x, a, b: (x + a * mp.sin(b * x)) * _sigma(x),
}

# Where a derivative jumps, by the parameters; and whether it moves with them.
_KINKS: dict[str, Callable] = {
    **dict.fromkeys(
        (
            *("relu", "leaky_relu", "prelu", "rrelu", "relu_squared", "star_relu", "elu", "selu"),
            *("celu", "pelu", "isrlu", "softsign", "flatten_t_swish", "elish"),
        ),
        lambda *_: (0,),
    ),
    "relu6": lambda: (0, 6),
    "hardswish": lambda: (-3, 3),
    "hardsigmoid": lambda: (-3, 3),
    "hardtanh": lambda low, high: (low, high),
    "sqnl": lambda: (-2, 0, 2),
    "threshold": lambda theta, _: (theta,),
    "smelu": lambda beta: (-beta, beta),
    "hardshrink": lambda size: (-size, size),
    "softshrink": lambda size: (-size, size),
}
_MOVING = {"hardtanh", "threshold", "smelu", "hardshrink", "softshrink"}


def kinks(name: str, values: dict[str, float]) -> tuple[float, ...]:
    """Where a derivative of the activation jumps, or the function itself."""
    return tuple(_KINKS[name](*values.values())) if name in _KINKS else ()


def oracle(name: str, x: float, values: dict[str, float], side: int = 0) -> dict[str, float]:
    """f, df, d2f and the derivative by each parameter, keyed so; derivatives from differences.

    ``side`` −1 or 1 takes those from the left or the right, where they are not the same; those by
    a parameter are left out there if the kink moves with it.
    """
    parameters = [mp.mpf(value) for value in values.values()]
    # A step below all doubles at 0, where slopes may be 0, and next to it, where many have a kink.
    # Second differences are of twice its digits; 330 more tell the least double from nothing.
    digits = 330 if abs(x) < 1e-30 else 40
    size = max(0, math.ceil(math.log10(abs(x)))) if x else 0
    with mp.workdps(2 * digits + 350 + 4 * size):
        step = mp.mpf(10) ** -digits

        def by_x(z):
            return ORACLE[name](z, *parameters)

        at = mp.mpf(x)
        # From next to the place, so that the value at a jump is not among the differences.
        start = at + side * mp.mpf(10) ** -300
        places = (0, side, 2 * side) if side else (-1, 0, 1)
        first, second, third = (by_x(start + place * step) for place in places)
        found = {
            "f": by_x(at) if side else second,
            "df": (second - first) / (side * step) if side else (third - first) / (2 * step),
            "d2f": (first - 2 * second + third) / step**2,
        }
        for place, key in enumerate(values):
            if side and name in _MOVING:
                continue
            low, high = (
                ORACLE[name](at, *parameters[:place], value, *parameters[place + 1 :])
                for value in (parameters[place] - step, parameters[place] + step)
            )
            found[key] = (high - low) / (2 * step)
        # Differences leave a residue far below any double where the true value is 0.
        tiny = mp.mpf(10) ** -330
        return {key: _double(value) if abs(value) > tiny else 0.0 for key, value in found.items()}


def _double(value):
    """The nearest double; infinite beyond the largest."""
    return float(value) if abs(value) < mp.mpf(2) ** 1024 else float(mp.sign(value)) * float("inf")
