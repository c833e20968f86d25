"""Works on typed formulas in a process of its own, which loads no torch.

``python -m swishdemo.activations.typed.formula_worker FD``

It is told over a socket which of the functions below to call. It dies when the other end closes.
"""

from __future__ import annotations

import math
import pickle
import resource
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from latex2mathml.converter import convert
from sympy.core.cache import clear_cache

from swishdemo.activations import evaluation, get
from swishdemo.activations.analysis.properties import described
from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.derive import breaks, derive, latex
from swishdemo.activations.symbolic.javascript import typed_module
from swishdemo.activations.typed.functions import GREEK
from swishdemo.activations.typed.syntax import named_tokens
from swishdemo.errors import UserError

_MEMORY_BYTES = 2**32
_KEPT_FORMULAS = 500
_CURVE_POINTS = 401
_MOST_BREAKS = 100
PROBES = (-1000.0, -700.0, -300.0, -30.0, 30.0, 300.0, 700.0, 1000.0)
"""Where the browser compares its own doubles with exact values: the far ends of what it draws."""

_GENERIC = 0.731
_BESIDE = 1e-7
"""How far from a break the sides are looked at, relative to its size."""
_JUMP = 1e-5
"""The least difference of two sides that is told: far above what the distance itself makes."""


def check(text: str) -> str:
    """The name of a formula that is one.

    Raises:
        UserError: It is none.
    """
    return get(f"={text}").name


def describe(text: str) -> dict[str, Any]:
    """What the page shows of a formula.

    Returns:
        ``name``, with what was left out written out; ``mathml``, the formula as it was understood,
        set by a browser; ``module``, the text of an ES module that exports the record as
        ``activation``; ``places``, where the parameters stand in the name's formula;
        ``shape``: ``smooth`` (f and f′ are continuous), ``kinked``, ``jumping``, ``constant`` or
        ``pieces`` (not found out), and ``at``, the breaks, where they do not move with a parameter;
        ``probes``: x, f and f′ at the defaults, null where a formula has no number there, and words
        for the infinities.
    """
    activation = get(f"={text}")
    shape, at = _shape(activation)
    found = evaluation.evaluate(activation, PROBES)
    return {
        "name": activation.name,
        "mathml": convert(latex(activation)),
        "module": typed_module(activation),
        "places": _places(activation),
        "shape": shape,
        "at": at,
        "probes": [
            [x, _number_or_word(f), _number_or_word(df)]
            for x, f, df in zip(PROBES, found.f, found.df, strict=True)
        ],
    }


def _places(activation: Activation) -> list[tuple[int, int, str]]:
    """Where the parameters stand in the formula's text: offset, length and name of each."""
    names = {parameter.name for parameter in activation.parameters}
    return [
        (at, len(token), name)
        for at, token in named_tokens(activation.name[1:])
        if (name := GREEK.get(token, token)) in names
    ]


def _shape(activation: Activation) -> tuple[str, list[float]]:
    # At no special value of a parameter: with a = 1 an ELU has no kink, with any other it has.
    usual = {p.name: _GENERIC * p.default for p in activation.parameters}
    if s.X not in derive(activation).f.free_symbols:
        return "constant", []
    pieces = derive(activation).f.atoms(s.Where)
    if not pieces:
        return "smooth", []
    # Breaks that are no straight line's zero are not known as numbers.
    if any((w.args[0] - w.args[1]).diff(s.X).has(s.X) for w in pieces):
        return "pieces", []
    jumps, kinks = [], []
    for at in breaks(activation, usual):
        beside = _BESIDE * max(1.0, abs(at))
        sides = evaluation.evaluate(activation, [at - beside, at + beside], usual)
        if any(map(math.isnan, sides.f)):
            continue  # the end of what it is defined on
        if not _alike(*sides.f):
            jumps.append(at)
        elif not _alike(*sides.df):
            kinks.append(at)
    at_numbers = all(place.is_number for place in derive(activation).breaks)
    if jumps:
        return "jumping", jumps if at_numbers else []
    return ("kinked", kinks if at_numbers else []) if kinks else ("smooth", [])


def _alike(left: float, right: float) -> bool:
    if math.isinf(left) or math.isinf(right):
        return left == right
    return abs(left - right) <= _JUMP * max(1.0, abs(left), abs(right))


def _number_or_word(value: float) -> float | str | None:
    """A number as JSON can hold it."""
    if math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


def values(text: str, points: list[float], parameters: Mapping[str, float]) -> dict[str, Any]:
    """The values and derivatives of a formula, as `swishdemo.activations.evaluate` gives them."""
    return evaluation.evaluate(get(f"={text}"), points, parameters).as_json()


def curve(name: str, low: float, high: float, parameters: Mapping[str, float]) -> dict[str, Any]:
    """Values of an activation over a stretch of x, for a picture; NaN where a line is broken.

    They lie evenly, and closer about 0 and on both sides of a break, where curves have what even
    points pass over. A parameter that it does not have is left out.

    Returns:
        ``x``, ``f``, ``df``, ``d2f``, and the derivative by each parameter as ``d <parameter>``:
        arrays of one length.
    """
    activation = get(name)
    known = {key: value for key, value in parameters.items() if key in activation.defaults()}
    steps = [at for at in breaks(activation, known) if low < at < high][:_MOST_BREAKS]
    sides = [at + side * 1e-9 * max(1.0, abs(at)) for at in steps for side in (-1, 1)]
    near = [side * (high - low) * 4.0**-power for power in range(5, 16) for side in (-1, 1)]
    inner = [at for at in (*near, 0.0) if low < at < high]
    x = np.unique([*np.linspace(low, high, _CURVE_POINTS), *inner, *steps, *sides])
    found = evaluation.evaluate(activation, x, known)
    lines = {"f": found.f, "df": found.df, "d2f": found.d2f}
    lines |= {f"d {key}": line for key, line in found.dparameters.items()}
    for at in np.searchsorted(x, steps):
        for line in lines.values():
            left, right = line[at - 1], line[at + 1]
            if not abs(left - right) <= 1e-6 * max(1.0, abs(left)):
                line[at] = np.nan
    return {"x": x, **lines}


def properties(name: str, parameters: Mapping[str, float]) -> dict[str, Any]:
    """Properties and landmarks; see `swishdemo.activations.analysis.properties`."""
    return described(get(name), parameters)


def precision(
    name: str, parameters: Mapping[str, float], low: object, high: object, kind: str
) -> dict[str, Any]:
    """What is lost in a narrow type; see `swishdemo.activations.precision`."""
    from swishdemo.activations.precision import precision

    return asdict(precision(get(name), parameters, low, high, kind))


def code(
    name: str, parameters: Mapping[str, float], language: str, trainable: bool
) -> dict[str, str]:
    """A piece of code; see `swishdemo.activations.code`."""
    from swishdemo.activations.code import code

    return {"code": code(get(name), language, parameters, trainable)}


def distance(first: str, second: str, low: float, high: float) -> dict[str, Any]:
    """How far two activations are apart; see `swishdemo.activations.evaluation`."""
    return asdict(evaluation.distance(get(first), get(second), low, high))


_WORK: dict[str, Callable[..., Any]] = {
    work.__name__: work
    for work in (check, describe, values, curve, properties, precision, code, distance)
}


def main(descriptor: int) -> None:
    """Serve orders from the socket ``descriptor`` until its other end is closed."""
    # What a formula may take of memory, it may not take from the others.
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    # Loads SymPy and SciPy, and what they themselves load late: no formula's limit pays for it.
    describe("x*Phi(beta*x)/sqrt(1 + sin(x)**2)")
    connection: Connection[Any, Any] = Connection(descriptor)
    connection.send_bytes(b"ready")
    served = 0
    while True:
        try:
            work, arguments = pickle.loads(connection.recv_bytes())
        except EOFError:
            return
        answer: tuple[Any, Any]
        try:
            answer = (_WORK[work](*arguments), None)
        except UserError as error:
            answer = (None, error)
        except (MemoryError, RecursionError):
            answer = (None, UserError("activations.error_formula_steps", field="formula"))
        except Exception:
            answer = (None, traceback.format_exc())
        connection.send_bytes(pickle.dumps(answer))
        served += 1
        if served % _KEPT_FORMULAS == 0:
            clear_cache()  # of formulas that nobody asks for any more


if __name__ == "__main__":
    main(int(sys.argv[1]))
