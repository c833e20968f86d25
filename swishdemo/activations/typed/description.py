"""What the page is told of a typed formula: the module that draws it, and how smooth it is."""

from __future__ import annotations

import math
from typing import Any

from swishdemo.activations.evaluation import evaluate
from swishdemo.activations.record import Activation
from swishdemo.activations.shipped import typed_module
from swishdemo.activations.typed.syntax import named_tokens

PROBES = (-1000.0, -700.0, -300.0, -30.0, 30.0, 300.0, 700.0, 1000.0)
"""Where the browser compares its own doubles with exact values: the far ends of what it draws."""

_GENERIC = 0.731
_BESIDE = 1e-7
"""How far from a break the sides are looked at, relative to its size."""
_JUMP = 1e-5
"""The least difference of two sides that is told: far above what the distance itself makes."""


def describe(activation: Activation) -> dict[str, Any]:
    """A typed formula's record for the browser.

    Returns:
        ``name``; ``module``, the text of an ES module that exports the record as ``activation``;
        ``places``, where the parameters stand in the text;
        ``shape``: ``smooth`` (f and f′ are continuous), ``kinked``, ``jumping``, ``constant`` or
        ``pieces`` (not found out), and ``at``, the breaks, where they do not move with a parameter;
        ``probes``: x, f and f′ at the defaults, null where a formula has no number there, and words
        for the infinities.
    """
    shape, at = _shape(activation)
    found = evaluate(activation, PROBES)
    return {
        "name": activation.name,
        "module": typed_module(activation),
        "places": places(activation),
        "shape": shape,
        "at": at,
        "probes": [
            [x, _plain(f), _plain(df)] for x, f, df in zip(PROBES, found.f, found.df, strict=True)
        ],
    }


def places(activation: Activation) -> list[tuple[int, int, str]]:
    """Where the parameters stand in the formula's text: offset, length and name of each."""
    from swishdemo.activations.typed.functions import GREEK

    names = {parameter.name for parameter in activation.parameters}
    return [
        (at, len(token), name)
        for at, token in named_tokens(activation.name[1:])
        if (name := GREEK.get(token, token)) in names
    ]


def _shape(activation: Activation) -> tuple[str, list[float]]:
    from swishdemo.activations.symbolic import symbols as s
    from swishdemo.activations.symbolic.derive import breaks, derive

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
        sides = evaluate(activation, [at - beside, at + beside], usual)
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


def _plain(value: float) -> float | str | None:
    """A number as JSON can hold it."""
    if math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"
