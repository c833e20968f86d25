"""The activations written by hand for mpmath, independent of the package's formulas and code."""

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

ORACLE: dict[str, Callable] = {
    "swish": lambda x, beta: x * _sigma(beta * x),
    "relu": lambda x: max(x, 0),
    "gelu": lambda x: x * _cdf(x),
    "mish": lambda x: x * mp.tanh(mp.log1p(mp.exp(x))),
    "elu": lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
    "gelu_tanh": lambda x: x * _sigma(2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3)),
    "quick_gelu": lambda x: x * _sigma(mp.mpf("1.702") * x),
    "hardswish": lambda x: x * min(max(x + 3, 0), 6) / 6,
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "prelu": lambda x, a: x if x > 0 else a * x,
    "relu6": lambda x: min(max(x, 0), 6),
    "selu": lambda x: _LAMBDA * (x if x > 0 else _ALPHA * mp.expm1(x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "sigmoid": _sigma,
    "tanh": mp.tanh,
    "softsign": lambda x: x / (1 + abs(x)),
    "hardsigmoid": lambda x: min(max(x + 3, 0), 6) / mp.mpf(6),
    "hardtanh": lambda x: min(max(x, -1), 1),
}


def oracle(name: str, x: float, values: dict[str, float]) -> dict[str, float]:
    """f, df, d2f and the derivative by each parameter, keyed so; derivatives from differences.

    At a kink, the derivatives are those on its left, by which the package's records go there.
    """
    parameters = [mp.mpf(value) for value in values.values()]

    def by_x(z):
        return ORACLE[name](z, *parameters)

    at = mp.mpf(x)
    side = -1 if _kinked(name, x) else 0
    found = {
        "f": by_x(at),
        "df": mp.diff(by_x, at, 1, direction=side),
        "d2f": mp.diff(by_x, at, 2, direction=side),
    }
    for place, key in enumerate(values):

        def by_parameter(value, place=place):
            changed = [*parameters[:place], value, *parameters[place + 1 :]]
            return ORACLE[name](at, *changed)

        found[key] = mp.diff(by_parameter, parameters[place])
    # Differences leave a residue far below any double where the true value is 0.
    tiny = mp.mpf(10) ** -330
    return {key: float(value) if abs(value) > tiny else 0.0 for key, value in found.items()}


_KINKS = {
    "relu": (0,),
    "elu": (0,),
    "hardswish": (-3, 3),
    "leaky_relu": (0,),
    "prelu": (0,),
    "relu6": (0, 6),
    "selu": (0,),
    "softsign": (0,),
    "hardsigmoid": (-3, 3),
    "hardtanh": (-1, 1),
}


def _kinked(name: str, x: float) -> bool:
    return x in _KINKS.get(name, ())
