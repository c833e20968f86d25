"""Draws Explore's curves, from the parameters of its address.

The names, fallbacks and limits are those of ``assets/js/explore/lab.js``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from swishdemo.activations import activations, names
from swishdemo.activations.record import Activation, formula_label
from swishdemo.figures.plotly import Figure, note
from swishdemo.figures.series import Array
from swishdemo.text import numeral

Values = Mapping[str, Array]
"""What is known of a curve: ``x``, ``f``, ``df``, ``d2f``, and ``d <parameter>``; NaN is a gap."""

MOST = 12
"""Curves of one picture."""
_PANELS = ("f", "df", "d2f", "dtheta", "diff")
_USUAL = ("relu", "gelu", "mish", "elu")
_FARTHEST = 1000.0
_LONGEST = 2000
_FORMULA = "formula"
_PANEL_HEIGHT, _GAP = 200.0, 44.0
_LEAST = 0.02
"""The least height that is shown, so that noise is not blown up."""


@dataclass(frozen=True, slots=True)
class Explored:
    """What an address of Explore shows.

    Attributes:
        beta: Swish's β.
        act: The rivals, as they are registered.
        par: Parameters that are not the defaults: "elu.alpha" → 2.
        formula: A typed formula, or empty.
        show: The panels, from above.
        theta: The parameter of ∂f/∂θ: "swish.beta".
        base: What differences are to.
        x: The ends of x.
        refused: What of the address is not understood, "beta=high".
    """

    beta: float
    act: tuple[str, ...]
    par: Mapping[str, float]
    formula: str
    show: tuple[str, ...]
    theta: str
    base: str
    x: tuple[float, float]
    refused: tuple[str, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """The curves by their keys: Swish, its rivals, the formula."""
        return ("swish", *self.act, *([_FORMULA] if self.formula else []))

    def parameters(self, key: str) -> dict[str, float]:
        """The values that are given of a curve's parameters."""
        if key == "swish":
            return {"beta": self.beta}
        return {
            name.partition(".")[2]: value
            for name, value in self.par.items()
            if name.partition(".")[0] == key
        }

    def name(self, key: str) -> str:
        """The activation of a key."""
        return f"={self.formula}" if key == _FORMULA else key


def read(query: Mapping[str, str]) -> Explored:
    """The state that an address names; what it does not name, or wrongly, is the usual."""
    refused: list[str] = []

    def value(name: str, parse: Callable[[str], Any], usual: Any) -> Any:
        given = query.get(name)
        if given is None:
            return usual
        found = parse(given) if len(given) <= _LONGEST else None
        if found is None:
            refused.append(f"{name}={given[:40]}{'…' if len(given) > 40 else ''}")
            return usual
        return found

    every = names()
    own = {f"{each.name}.{one.name}" for each in activations() for one in each.parameters}
    rivals = tuple(name for name in every if name != "swish")
    act = value("act", lambda words: _some(words, rivals), _USUAL)
    formula = value("formula", lambda words: words.strip() if len(words) <= 200 else None, "")
    bases = (*every, _FORMULA) if formula else every
    return Explored(
        beta=value("beta", _number, 1.0),
        act=tuple(name for name in rivals if name in act)[: MOST - 2],
        par=value("par", lambda words: _parameters(words, own), {}),
        formula=formula,
        show=value("show", lambda words: _some(words, _PANELS) or None, ("f", "df")),
        theta=value(
            "theta",
            lambda word: word if word in own or re.fullmatch(r"formula\.\w{1,40}", word) else None,
            "swish.beta",
        ),
        base=value("base", lambda word: word if word in bases else None, "relu"),
        x=value("x", _range, (-6.0, 6.0)),
        refused=tuple(refused),
    )


def _number(words: str) -> float | None:
    try:
        found = float(words.replace("−", "-"))
    except ValueError:
        return None
    return found if math.isfinite(found) and "_" not in words else None


def _some(words: str, choices: Sequence[str]) -> tuple[str, ...] | None:
    """Those of a list that there are; None where it names others alone."""
    wanted = [word for word in words.split(",") if word]
    known = tuple(each for each in choices if each in wanted)
    return known if known or not wanted else None


def _parameters(words: str, own: set[str]) -> dict[str, float] | None:
    found = {}
    entries = [entry for entry in words.split(",") if entry]
    for entry in entries:
        name, _, given = entry.partition(":")
        number = _number(given)
        if number is not None and (name in own or name.startswith(f"{_FORMULA}.")):
            found[name] = number
    return found if found or not entries else None


def _range(words: str) -> tuple[float, float] | None:
    ends = [_number(each) for each in words.split(",")]
    if len(ends) != 2 or None in ends:
        return None
    low, high = (float(end or 0) for end in ends)
    fits = low >= -_FARTHEST and high <= _FARTHEST and high - low >= 1e-6
    return (low, high) if fits else None


def curve_figure(
    explored: Explored, curves: Mapping[str, Values], base: Values | None
) -> tuple[Figure, float]:
    """The panels over one x axis, and the picture's height in pixels.

    Args:
        explored: What is shown.
        curves: By the keys of ``explored.shown``.
        base: What differences are to; None where none are shown.
    """
    records = {each.name: each for each in activations()}
    panels = explored.show
    pitch = 1 / len(panels)
    total = len(panels) * (_PANEL_HEIGHT + _GAP)
    share = _GAP / total
    low, high = explored.x
    figure: Figure = {"data": [], "layout": {"xaxis": {"range": [low, high]}, "annotations": []}}
    for number, panel in enumerate(panels):
        axis = str(number + 1) if number else ""
        lines = {
            key: line
            for key, values in curves.items()
            if (line := _line(panel, key, values, explored, base)) is not None
        }
        far = 1.25 * max(abs(low), abs(high)) if panel == "f" else math.inf
        foot, top = _heights(list(lines.values()), far)
        figure["layout"][f"yaxis{axis}"] = {
            "range": [foot, top],
            "domain": [1 - (number + 1) * pitch + share / 2, 1 - number * pitch - share / 2],
        }
        above: Figure = {"xref": "paper", "x": 0, "xanchor": "left", "y": top, "yanchor": "bottom"}
        title = note(_title(panel, explored, records), "@text", yref=f"y{axis}", **above)
        figure["layout"]["annotations"].append(title)
        for key in sorted(lines, key=lambda key: key == "swish"):  # it lies on top
            y = lines[key]
            figure["data"].append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": curves[key]["x"].tolist(),
                    "y": _cut(y, foot, top),
                    "yaxis": f"y{axis}",
                    "name": _label(key, explored, records),
                    "showlegend": not number,
                    "line": _style(key, explored, records),
                }
            )
    figure["layout"]["showlegend"] = True
    return figure, total


def _line(
    panel: str, key: str, values: Values, explored: Explored, base: Values | None
) -> Array | None:
    """What a panel shows of a curve; None where that is nothing."""
    if panel == "dtheta":
        name, _, parameter = explored.theta.partition(".")
        return values.get(f"d {parameter}") if key == name else None
    if panel == "diff":
        if key == explored.base or base is None:
            return None
        return values["f"] - np.interp(values["x"], base["x"], base["f"])
    return values[panel]


def _heights(lines: Sequence[Array], far: float) -> tuple[float, float]:
    """The range of y in which curves are seen well: all of them, but for what shoots off."""
    known = [line[np.isfinite(line)] for line in lines]
    values = np.concatenate([*known, np.zeros(0)])
    if not values.size:
        return -1.0, 1.0
    sizes = np.abs(values)
    usual = max(3 * float(np.quantile(sizes, 0.97)), _LEAST)
    far = max(min(far, usual), 1.5 * float(np.quantile(sizes, 0.5)))
    low, high = float(values.clip(-far, far).min()), float(values.clip(-far, far).max())
    middle = low / 2 + high / 2
    half = max(high / 2 - low / 2, _LEAST / 2, abs(middle) * 1e-6)
    return middle - 1.08 * half, middle + 1.12 * half


def _cut(y: Array, low: float, high: float) -> list[float | None]:
    """The line's heights; it is broken at a pole: a leap against the way on both its sides."""
    shown: list[float | None] = [float(each) if np.isfinite(each) else None for each in y]
    steps = np.diff(y)
    leaps = np.abs(steps[1:-1]) > 0.4 * (high - low)
    for at in np.flatnonzero(
        leaps & (steps[1:-1] * steps[:-2] < 0) & (steps[1:-1] * steps[2:] < 0)
    ):
        shown[at + 1] = None
    return shown


def _title(panel: str, explored: Explored, records: Mapping[str, Activation]) -> str:
    if panel == "dtheta":
        name, _, parameter = explored.theta.partition(".")
        known = records[name].parameters if name in records else ()
        symbols = {each.name: each.symbol for each in known}
        return f"∂f/∂{_GREEK.get(symbols.get(parameter, ''), parameter)}"
    if panel == "diff":
        return f"f − {_label(explored.base, explored, records)}"
    return {"f": "f(x)", "df": "f′(x)", "d2f": "f″(x)"}[panel]


def _label(key: str, explored: Explored, records: Mapping[str, Activation]) -> str:
    if key == _FORMULA:
        return formula_label(f"={explored.formula}")
    if key == "swish":
        return f"{records[key].label} β = {numeral(explored.beta, 'g')}"
    return records[key].label


def _style(key: str, explored: Explored, records: Mapping[str, Activation]) -> Figure:
    width = 2.8 if key == "swish" else 1.7
    dash = "solid" if key == _FORMULA else records[key].dash
    return {"color": f"@act-{explored.name(key)}", "width": width, "dash": dash}


_GREEK = {
    "\\alpha": "α", "\\beta": "β", "\\gamma": "γ", "\\delta": "δ", "\\lambda": "λ", "\\mu": "μ",
    "\\theta": "θ", "\\tau": "τ", "\\kappa": "κ", "\\omega": "ω", "\\sigma": "σ", "\\rho": "ρ",
    "\\epsilon": "ε",
}  # fmt: skip
