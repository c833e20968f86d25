"""The record of an activation function: plain data and one lazily called formula."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named number in a formula.

    Attributes:
        name: The identifier in formulas, JSON and Python.
        default: The value that is taken where none is given.
        low: The lower end of the slider; any finite number is allowed elsewhere.
        high: The upper end of the slider.
        symbol: The name in LaTeX.
    """

    name: str
    default: float
    low: float
    high: float
    symbol: str


@dataclass(frozen=True, slots=True)
class Activation:
    """One activation function, defined once; everything else is derived from ``expression``.

    Attributes:
        name: The key in the registry.
        label: The name that a reader sees.
        expression: Returns the SymPy formula in the symbol ``x`` and the parameters' symbols;
            a function, so that neither the record nor its import loads SymPy.
        parameters: The parameters of the formula, in the order of ``torch``'s arguments.
        year: Year of first publication; 0 for a formula that a user typed.
        source: Citation and address; empty for a typed formula.
        family: ``gated``, ``rectified``, ``soft``, ``bounded``, ``shrinkage``, ``periodic`` or
            ``typed``; its name for a reader is ``activations.family.<family>`` in the catalogue.
        colour: Line colour on a light ground, ``#rrggbb``.
        colour_dark: Line colour on a dark ground.
        dash: Plotly's name of the line's dash.
        torch: ``module:function`` of the PyTorch form ``f(x, *parameters)``; empty if none.
        builtin: PyTorch's own form at the default parameters; empty where PyTorch has none.
    """

    name: str
    label: str
    expression: Callable[[], Any] = field(repr=False)
    parameters: tuple[Parameter, ...]
    year: int
    source: str
    family: str
    colour: str
    colour_dark: str
    dash: str
    torch: str
    builtin: str

    def defaults(self) -> dict[str, float]:
        """The parameters' default values by name."""
        return {parameter.name: parameter.default for parameter in self.parameters}


@dataclass(frozen=True, slots=True)
class Landmark:
    """A point of a curve that has a name.

    Attributes:
        kind: ``minimum``, ``maximum`` (both of f, local), ``steepest`` or ``shallowest`` (local
            extremes of f′, which are inflections of f too), or ``zero``.
        x: Where it is.
        value: f there.
        slope: f′ there; where it jumps, that on the left, or the extreme one of the two.
        end: Of a stretch on which f is 0 all over, the upper end, infinite possibly; its lower
            end is x. None for a point.
    """

    kind: str
    x: float
    value: float
    slope: float
    end: float | None = None

    def as_json(self) -> dict[str, str | float | None]:
        """The landmark as a JSON object; an infinite end of a stretch is null."""
        point = {
            "kind": self.kind,
            "x": _finite(self.x),
            "value": self.value,
            "slope": _finite(self.slope),
        }
        return point if self.end is None else {**point, "end": _finite(self.end)}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
