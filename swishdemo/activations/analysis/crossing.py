"""The place of a change of sign, to more digits than a double has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from swishdemo.activations.analysis.enclosure import run
from swishdemo.activations.symbolic.tape import Tape

BITS = 192


_DIGITS = 32
_TURNS = 3
_MOST = 400


def root(
    tape: Tape,
    low: Any,
    high: Any,
    parameters: Mapping[str, float],
    *,
    bits: int = BITS,
    places: int = _DIGITS,
) -> Any:
    """The change of sign in a bracket, computed with ``bits`` to ``places`` decimal places."""
    from swishdemo.activations.analysis.digits import Digits

    digits = Digits(bits)
    inputs = {name: digits.number(value) for name, value in parameters.items()}

    def value(x: Any) -> Any:
        a, b = run(tape, {"x": (x, x), **inputs}, digits)[0]
        return (a + b) / 2

    return bracketed(value, digits.context.mpf(low), digits.context.mpf(high), places)


def bracketed(value: Callable[[Any], Any], a: Any, b: Any, places: int = _DIGITS) -> Any:
    """The zero of a continuous function between a and b, where its signs differ.

    By the method of Anderson and Björck (BIT 13, 1973), a secant that keeps its bracket; to 32
    digits, or 10⁻⁴⁸ absolutely, or to half as many again as other ``places``.
    """
    if a < 0 < b and value(0 * a) == 0:
        return 0 * a
    f, g = value(a), value(b)
    halved = abs(b - a)
    for turn in range(_MOST):
        near = max(abs(b) * (a * 0 + 10) ** -places, (a * 0 + 10) ** (-3 * places // 2))
        if g == 0 or abs(b - a) <= near:
            break
        step = (a - b) * g / (g - f)
        # So short a step is taken a little too long: it closes the bracket from its other side.
        step = step if abs(step) > near / 2 else near / 2 * (1 if a > b else -1)
        c = b + step if min(a, b) < b + step < max(a, b) else (a + b) / 2
        if turn % _TURNS == _TURNS - 1:
            # Where the values differ by many powers of ten, a secant goes next to nowhere.
            c = (a + b) / 2 if abs(b - a) > halved / 2**_TURNS else c
            halved = abs(b - a)
        h = value(c)
        if h * g < 0:
            a, f = b, g
        else:
            weight = 1 - h / g
            f *= weight if weight > 0 else 0.5
        b, g = c, h
    return b if abs(b) > 10**-39 else 0 * b
