"""Draws the evidence beside a verdict: one small figure for each part that a picture helps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from swishdemo.claims.record import typeset
from swishdemo.figures.plotly import Figure, intervals, level, note, strip, upright
from swishdemo.figures.series import Array
from swishdemo.figures.svg import svg
from swishdemo.text import Language, catalogue, numeral, text

Evidence = Mapping[str, Any]

_POINTS = 161
_SWISH = "@act-swish"


def claim_figure(evidence: Evidence | None, language: Language = "en") -> Figure | None:
    """The figure of a part's evidence; None where there is no evidence or nothing to draw.

    Args:
        evidence: As it is listed.
        language: Of the labels.
    """
    if not evidence:
        return None
    drawn = next((draw for name, draw in _DRAWN if name in evidence), None)
    return drawn(evidence, language) if drawn else None


def illustrated(card: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """A claim's card, as the evaluator tells it, with a ``picture`` for each part.

    It is SVG, or empty where there is nothing to draw.
    """
    shown = []
    for part in card["parts"]:
        figure = claim_figure(part["evidence"], language)
        label = text("check.evidence_label", language, part=part["label"], why=part["why"])
        picture = Markup(svg(figure, label)) if figure else ""
        shown.append({**part, "picture": picture})
    return {**card, "parts": shown}


def _limits(evidence: Evidence, language: Language) -> Figure:
    """Swish for a β of each sign, towards the end in question."""
    right = evidence["side"] == "right"
    x = np.linspace(-2, 6, _POINTS) if right else np.linspace(-6, 2, _POINTS)
    betas = ((1.0, "solid", "positive"), (0.0, "dash", "zero"), (-1.0, "dot", "negative"))
    data = []
    for beta, dash, sign in betas:
        y = _swish(x, beta)
        line = evidence["lines"][sign]
        name = typeset(f"β = {beta:g}")
        data.append(_curve(x, y, _SWISH, name, dash))
        end = x[-1] if right else x[0]
        corner = "top left" if right else "top right"
        data.append(_point(end, line["slope"] * end + line["offset"], "@mid", name, label=corner))
    return _figure(data, _axis(x, "figure.x", language), _heights(data, "figure.value", language))


def _minimum(evidence: Evidence, language: Language) -> Figure:
    """Swish near its minimum, and the interval that was claimed."""
    beta, where = evidence["beta"], evidence["minimum"]
    x = np.linspace(2.2 * where, -0.4 * where, _POINTS)
    y = _swish(x, beta)
    found = typeset(f"{_say('figure.found', language)} x = {where:.4f}")
    point = _point(where, evidence["minimum_value"], "@ok", found, label="bottom center")
    data = [_curve(x, y, _SWISH, _say("figure.value", language)), point]
    axes = _axis(x, "figure.x", language), _heights(data, "figure.value", language)
    figure = _figure(data, *axes)
    low, high = evidence["interval"]
    figure["layout"] |= {
        "shapes": [strip(low, high, "@bad/0.1", across="y")],
        "annotations": [_above((low + high) / 2, _say("figure.interval", language))],
    }
    return figure


def _slope(evidence: Evidence, language: Language) -> Figure:
    """The slope with its extremes: how large they are, or where, beside the place claimed."""
    beta, steep = evidence["beta"], evidence["steep"]
    x = np.linspace(-1.9 * steep, 2.5 * steep, _POINTS)
    y = _swish_slope(x, beta)
    there = "slope_there" in evidence
    told = f"x = {steep:.4f}" if there else f"f′ = {evidence['largest']:.4f}"
    found = f"{_say('figure.found', language)} {told}"
    data = [
        _curve(x, y, _SWISH, _say("figure.slope", language)),
        _point(steep, evidence["largest"], "@ok", found, label="top center"),
    ]
    if there:
        claimed = f"{_say('figure.claimed', language)} x = {evidence['claimed_where']:g}"
        place = evidence["claimed_where"], evidence["slope_there"]
        data.append(_point(*place, "@bad", typeset(claimed), label="bottom right"))
    else:
        lowest = typeset(f"f′ = {evidence['smallest']:.4f}")
        data.append(_point(-steep, evidence["smallest"], "@mid", lowest, label="bottom center"))
    return _figure(data, _axis(x, "figure.x", language), _heights(data, "figure.slope", language))


def _negative_side(evidence: Evidence, language: Language) -> Figure:
    """The slope left of 0 with its zeros."""
    beta = evidence["beta"]
    x = np.linspace(-9 / beta, 0, _POINTS)
    y = _swish_slope(x, beta)
    data = [_curve(x, y, _SWISH, _say("figure.slope", language))]
    for zero in evidence["zeros"]:
        data.append(_point(zero, 0.0, "@bad", typeset(f"f′({zero:.4f}) = 0"), label="top left"))
    return _figure(data, _axis(x, "figure.x", language), _heights(data, "figure.slope", language))


def _vanishing(evidence: Evidence, language: Language) -> Figure:
    """The largest factor on the gradient against depth, and the factor at the probe."""
    layers = np.arange(0, evidence["depth"] + 1)
    name, probe = evidence["activation"], evidence["probe"]
    bound = evidence["largest"] ** layers.astype(float)
    saturated = evidence["slope_at_probe"] ** layers.astype(float)
    data = [
        _curve(layers, bound, f"@act-{name}", "z = 0"),
        _curve(layers, saturated, f"@act-{name}", f"|z| = {probe:g}", "dot"),
        _point(layers[-1], bound[-1], f"@act-{name}", "z = 0", label="bottom left"),
        _point(layers[-1], saturated[-1], f"@act-{name}", f"|z| = {probe:g}", label="bottom left"),
    ]
    low = float(np.log10(min(bound[-1], saturated[-1])))
    yaxis = {
        "type": "log",
        "range": [1.25 * low, 0.5],
        "title": {"text": _say("figure.product", language)},
    }
    return _figure(data, _axis(layers, "figure.layers", language), yaxis)


def _ratios(evidence: Evidence, language: Language) -> Figure:
    """Times over the baseline's, with their intervals and the claimed ratio as a line."""
    entries = evidence["ratios"]
    title = f"figure.times_{evidence['baseline']}"
    title = title if f"claims.{title}" in catalogue() else "figure.times_other"
    labels = [_variant(entry["variant"], language) for entry in entries]
    values = [entry["value"] for entry in entries]
    words = [f"{value:.2f}" for value in values]
    bars = _bars(labels, values, words, [(entry["low"], entry["high"]) for entry in entries])
    top = 1.15 * max([evidence["claimed"], *(entry["high"] for entry in entries)])
    xaxis = {"range": [0, top], "title": {"text": _say(title, language)}}
    figure = _figure([bars], xaxis, _ROWS)
    claimed = evidence["claimed"]
    figure["layout"] |= {
        "shapes": [upright(1.0, "@zero", "solid", 1.4), upright(claimed, "@bad", "dash", 1.4)],
        "annotations": [_above(claimed, f"{_say('figure.claimed', language)} {claimed:g}")],
    }
    return figure


def _apart(evidence: Evidence, language: Language) -> Figure:
    """The distance of two activations over an interval, and the largest that was claimed."""
    x, claimed = evidence["x"], evidence["claimed"]
    if len(x) < 2:
        return {}
    words = typeset(f"{evidence['gap']:.4g}")
    point = _point(evidence["where"], evidence["gap"], "@ok", words, label="top center")
    data = [_curve(x, evidence["y"], _SWISH, _say("figure.difference", language)), point]
    top = 1.25 * max(evidence["gap"], claimed)
    yaxis = {"range": [0, top or 1], "title": {"text": _say("figure.difference", language)}}
    figure = _figure(data, _axis(x, "figure.x", language), yaxis)
    figure["layout"]["shapes"] = [level(claimed, "@bad")]
    return figure


def _bytes(evidence: Evidence, language: Language) -> Figure:
    """Bytes saved for the backward, an element."""
    saved = evidence["bytes"]
    labels = [_variant(name, language) for name in saved]
    values = list(saved.values())
    bars = _bars(labels, values, [f"{value:g}" for value in values])
    xaxis = {"range": [0, 1.2 * max(values)], "title": {"text": _say("figure.bytes", language)}}
    return _figure([bars], xaxis, _ROWS)


def _shares(evidence: Evidence, language: Language) -> Figure:
    """The share in the band at each mark, with its interval."""
    marks = evidence["marks"]
    labels = [_say("figure.step", language, step=numeral(mark["step"])) for mark in marks]
    values = [100 * mark["value"] for mark in marks]
    ends = [(100 * mark["low"], 100 * mark["high"]) for mark in marks]
    bars = _bars(labels, values, [f"{value:.0f} %" for value in values], ends)
    low, high = evidence["band"]
    title = _say("figure.share", language, low=low, high=high)
    xaxis = {"range": [0, 118], "tickvals": [0, 50, 100], "title": {"text": title}}
    figure = _figure([bars], xaxis, _ROWS)
    figure["layout"]["shapes"] = [upright(100 * evidence["share"], "@mid", "dash", 1.4)]
    return figure


def _effects(evidence: Evidence, language: Language) -> Figure:
    """What each setting's differences came to, with their intervals, and what would matter."""
    rows = [
        (text(setting["where"], language), each)
        for setting in evidence["settings"]
        for each in setting["effects"]
        if each["mean"] is not None and each["of"] != "learned"
    ]
    quantities = list(dict.fromkeys(each["of"] for _, each in rows))
    data = []
    for place, of in enumerate(quantities):
        own = [(where, each) for where, each in rows if each["of"] == of]
        means = [_unit(of, each["mean"]) for _, each in own]
        ends = [
            [mean if each[end] is None else _unit(of, each[end]) for end in ("low", "high")]
            for mean, (_, each) in zip(means, own, strict=True)
        ]
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "orientation": "h",  # a row for each, of which the picture's height is
                "name": _say(f"figure.effect_{of}", language),
                "x": means,
                "y": [where for where, _ in own],
                "marker": {"color": _SHADES[place], "size": 8, "symbol": _SYMBOLS[place]},
                "error_x": intervals(means, ends, _SHADES[place], 1.6, 4),
            }
        )
    several = len(quantities) > 1
    title = _say(f"figure.effect_{'points' if several else quantities[0]}", language)
    figure = _figure(data, {"title": {"text": title}}, _ROWS)
    matters = {_unit(each["of"], each["smallest"]) for _, each in rows}
    figure["layout"]["shapes"] = [
        upright(0.0, "@zero", "solid", 1.4),
        *(upright(each, "@mid", "dash", 1.4) for each in sorted(matters)),
    ]
    if several:
        figure["layout"] |= {"showlegend": True, "legend": {"orientation": "h", "y": 1.02,
                             "yanchor": "bottom"}}  # fmt: skip
    return figure


_ROWS: Figure = {"type": "category", "autorange": "reversed"}
_SHADES = (_SWISH, "@text")
_SYMBOLS = ("circle", "diamond")


def _unit(of: str, value: float) -> float:
    """A difference as it is spoken of: in points, in percent of a time, in powers of ten."""
    if of == "seconds":
        return 100 * float(np.expm1(value))
    return value if of == "gradient" else 100 * value


_DRAWN: tuple[tuple[str, Callable[[Evidence, Language], Figure]], ...] = (
    ("settings", _effects),
    ("ratios", _ratios),
    ("y", _apart),
    ("bytes", _bytes),
    ("marks", _shares),
    ("lines", _limits),
    ("product", _vanishing),
    ("interval", _minimum),
    ("zeros", _negative_side),
    ("steep", _slope),
)
"""What is found in evidence, and how such evidence is drawn; the first that is found counts."""


# In closed form, to the digits of a picture: to evaluate the registry's formula loads SymPy.
def _swish(x: Array, beta: float) -> Array:
    y: Array = x / (1 + np.exp(-beta * x))
    return y


def _swish_slope(x: Array, beta: float) -> Array:
    s = 1 / (1 + np.exp(-beta * x))
    slope: Array = s * (1 + beta * x * (1 - s))
    return slope


def _figure(data: Sequence[Figure], xaxis: Figure, yaxis: Figure) -> Figure:
    return {
        "data": list(data),
        "layout": {
            "xaxis": xaxis,
            "yaxis": yaxis,
            "showlegend": False,
            "margin": {"l": 44, "r": 12, "t": 16, "b": 36},
        },
    }


def _axis(x: Any, title: str, language: Language) -> Figure:
    return {"range": [float(x[0]), float(x[-1])], "title": {"text": _say(title, language)}}


def _heights(data: Sequence[Figure], title: str, language: Language) -> Figure:
    """A y axis with room above and below for the points' labels."""
    heights = [y for trace in data for y in trace["y"]]
    low, high = min(heights), max(heights)
    room = 0.18 * (high - low)
    return {"range": [low - room, high + room], "title": {"text": _say(title, language)}}


def _curve(x: Any, y: Any, colour: str, name: str, dash: str = "solid") -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [float(f"{value:.6g}") for value in x],
        "y": [float(f"{value:.6g}") for value in y],
        "name": name,
        "line": {"color": colour, "width": 2, "dash": dash},
    }


def _point(x: float, y: float, colour: str, name: str, *, label: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [float(x)],
        "y": [float(y)],
        "name": name,
        "text": [name],
        "textposition": label,
        "textfont": {"color": colour},
        "marker": {"color": colour, "size": 8},
    }


def _bars(
    labels: list[str],
    values: list[float],
    words: list[str],
    ends: Sequence[tuple[float, float]] = (),
) -> Figure:
    """Bars with their figures, and with their intervals where they have any."""
    return {
        "type": "bar",
        "orientation": "h",
        "x": values,
        "y": labels,
        "text": words,
        "marker": {"color": f"{_SWISH}/0.55"},
        **({"error_x": intervals(values, ends)} if ends else {}),
    }


def _above(x: float, words: str) -> Figure:
    return note(words, "@bad", 11, x=x, y=1, yref="paper", yanchor="bottom")


def _variant(name: str, language: Language) -> str:
    key = f"time.variant.{name}.label"
    return text(key, language) if key in catalogue() else name


def _say(key: str, language: Language, **values: object) -> str:
    return text(f"claims.{key}", language, **values)
