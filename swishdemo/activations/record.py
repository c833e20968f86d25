"""The record of an activation function: plain data, its formula as text.

A record stands in the module of its family: ``gated.py``, ``rectified.py`` and so on. Adding one
there adds it to every tab, test and menu, once ``python -m swishdemo generate`` has run. The
colours have a contrast of at least 4.5 : 1 on their ground (#ffffff or #1b1d21); lines of one dash
differ in colour for every kind of colour vision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from swishdemo.formats import finite
from swishdemo.text import Language

_LABEL = 28
"""Characters of a typed formula's label."""


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
class FixedNumber:
    """A number in a formula that has a name and never changes.

    Attributes:
        name: The identifier in the formula.
        digits: Its value, as decimal digits.
        symbol: The name in LaTeX.
    """

    name: str
    digits: str
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """One activation function, defined once; everything else is derived from ``formula``.

    Attributes:
        name: The key in the registry.
        label: The name that a reader sees.
        formula: In ``x``, its parameters and constants, in the grammar of typed formulas:
            ``x*sigmoid(beta*x)``. Where pieces meet, ``where(x > 0, a, b)`` is b.
        parameters: The parameters of the formula, in the order of PyTorch's arguments.
        constants: The fixed numbers of the formula that have names.
        purpose: Language → one line on what it is for; none for a formula that a user typed.
        year: Year of first publication; 0 for a formula that a user typed.
        source: Citation and address; empty for a typed formula.
        family: ``gated``, ``rectified``, ``soft``, ``bounded``, ``shrinkage``, ``periodic`` or
            ``typed``; its name for a reader is ``activations.family.<family>`` in the catalogue.
        colour: Line colour on a light ground, ``#rrggbb``.
        colour_dark: Line colour on a dark ground.
        dash: Plotly's name of the line's dash.
        builtin: ``module:function`` of PyTorch's own form, the activation at its default
            parameters; empty where PyTorch has none.
        torch: The PyTorch form where ``builtin`` is not exact at all parameters, or where this is
            faster than what follows from the formula: an expression of ``x`` and the parameters,
            which are numbers or tensors (``number`` tells), in the functions of
            ``torch.nn.functional`` and ``torch``, and in ``swish``. It is differentiable in all of
            them, twice; no branch that is not taken spoils a gradient.
        call: PyTorch's own function as a call in exported code, where ``builtin`` takes arguments
            of its own. ``{alpha}`` is a parameter's value; a call without any holds at the default
            parameters alone.
    """

    name: str
    label: str
    formula: str
    parameters: tuple[Parameter, ...] = ()
    constants: tuple[FixedNumber, ...] = ()
    purpose: Mapping[Language, str] = field(default_factory=dict, hash=False)
    year: int
    source: str
    family: str
    colour: str
    colour_dark: str
    dash: str
    builtin: str = ""
    torch: str = ""
    call: str = ""

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
        point = {"kind": self.kind, "x": self.x, "value": self.value, "slope": self.slope}
        found: dict[str, str | float | None] = finite(
            point if self.end is None else {**point, "end": self.end}
        )
        return found


def is_formula(name: object) -> TypeGuard[str]:
    """Whether ``name`` is that of a typed formula, a valid one or not."""
    return isinstance(name, str) and name.lstrip().startswith("=")


def formula_name(name: str) -> str:
    """The one name of a typed formula, blanks around it taken away."""
    return "=" + name.strip()[1:].strip()


def formula_label(name: str) -> str:
    """A typed formula, as short as the label of a line."""
    text = name.strip().removeprefix("=").strip()
    return text if len(text) <= _LABEL else text[: _LABEL - 1] + "…"
