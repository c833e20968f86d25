"""What mattered in a sweep: the test accuracy at each value of each field that was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from swishdemo.figures.plotly import LEGEND, Figure, hue, note, plain
from swishdemo.text import Language, text
from swishdemo.training.in_words import activation_label, told
from swishdemo.training.sweep import axis_of
from swishdemo.training.sweep_results import Effect, Level, LevelAccuracy

_ROW_PIXELS, _TOP_PIXELS, _BOTTOM_PIXELS = 27, 30, 40
_LEAST_ROW_PIXELS, _MOST_PIXELS = 15, 600
_LONGEST_NAME = 26
_NOTE = 0.3
"""The room of the words at the right, a share of what the marks take."""
_APART = 0.56
"""The room that the marks of one row take, a share of the row."""


def effects_figure(
    sweep: Mapping[str, Any], effects: Sequence[Effect], language: Language = "en"
) -> Figure:
    """A row for each value, those of one field under its name, the largest effect first.

    A mark is the mean over all networks there, its bar ± one sample deviation. Networks that have
    diverged have no accuracy; their number stands at the right. Of a field of which one value alone
    has been tried nothing is drawn, where another has more.

    Args:
        sweep: The JSON of a `swishdemo.training.sweep.SweepRequest`.
        effects: Those of its fields.
        language: Of the labels.
    """
    effects = [effect for effect in effects if len(effect.levels) > 1] or effects[:1]
    rows: list[tuple[str, Level | None]] = []
    for effect in effects:
        fields = " + ".join(text(f"train.field.{name}.label", language) for name in effect.fields)
        rows.append((f"<b>{plain(_cut(fields))}</b>", None))
        rows += [(_level_name(effect, level, language), level) for level in effect.levels]
    shown = [level for effect in effects for level in effect.levels]
    names = dict.fromkeys(each.activation for level in shown for each in level.activations)
    places = {name: place for place, name in enumerate(names)}
    steps = _APART / max(1, len(places))
    row_pixels = max(_LEAST_ROW_PIXELS, min(_ROW_PIXELS, _MOST_PIXELS / max(1, len(rows))))
    varied = any("activation" in axis_of(axis) for axis in sweep["grid"])
    data = [
        _marks(
            [
                (row + steps * (place - (len(places) - 1) / 2), words, found)
                for row, (words, level) in enumerate(rows)
                if level and (found := _of(level, name)) and found.accuracy["mean"] is not None
            ],
            _name(sweep, name, varied, language),
            "@accent" if name is None and varied else hue(name or sweep["base"]["activation"]),
        )
        for name, place in places.items()
    ]
    return {
        "data": data,
        "layout": LEGEND
        | {
            "height": _TOP_PIXELS + round(row_pixels * max(1, len(rows))) + _BOTTOM_PIXELS,
            "margin": {"l": 12, "r": 12, "t": _TOP_PIXELS, "b": _BOTTOM_PIXELS},
            "hovermode": "closest",
            "dragmode": False,
            "xaxis": {
                "title": text("sweep.axis", language),
                "range": _extent(shown),
                "fixedrange": True,
            },
            "yaxis": {
                "range": [len(rows) - 0.5, -0.5],
                "tickvals": list(range(len(rows))),
                "ticktext": [plain(_cut(words)) if level else words for words, level in rows],
                "automargin": True,
                "ticklabelstandoff": 8,
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
            },
            "annotations": [
                _lost(row, level)
                for row, (_, level) in enumerate(rows)
                if level and any(each.diverged for each in level.activations)
            ],
            "uirevision": "effects",
        },
    }


def _extent(levels: Sequence[Level]) -> list[float]:
    """All means with their bars; and room for what stands at the right, where something does."""
    marks = [each for level in levels for each in level.activations]
    known = [each.accuracy for each in marks if each.accuracy["mean"] is not None]
    ends = [
        (each["mean"] or 0.0) + side * (each["deviation"] or 0.0)
        for each in known
        for side in (-1, 1)
    ]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    room = max(high - low, 0.02)
    lost = any(each.diverged for each in marks)
    return [low - 0.05 * room, high + (_NOTE if lost else 0.05) * room]


def _level_name(effect: Effect, level: Level, language: Language) -> str:
    values = zip(level.values, effect.fields, strict=True)
    return " + ".join(told(value, name, language) for value, name in values)


def _cut(words: str) -> str:
    return words if len(words) <= _LONGEST_NAME else words[: _LONGEST_NAME - 1] + "…"


def _name(sweep: Mapping[str, Any], rival: str | None, varied: bool, language: Language) -> str:
    if rival is None and varied:
        return text("sweep.own", language)
    return plain(activation_label(rival or sweep["base"]["activation"]))


def _of(level: Level, activation: str | None) -> LevelAccuracy | None:
    return next((each for each in level.activations if each.activation == activation), None)


def _marks(found: Sequence[tuple[float, str, LevelAccuracy]], name: str, colour: str) -> Figure:
    means = [each.accuracy["mean"] for *_, each in found]
    spreads = [each.accuracy["deviation"] or 0.0 for *_, each in found]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": means,
        "y": [place for place, *_ in found],
        "marker": {"size": 9, "color": colour},
        "error_x": {
            "type": "data",
            "array": spreads,
            "color": colour,
            "thickness": 1.6,
            "width": 0,
        },
        "customdata": [[plain(words), each.replicas - each.diverged] for _, words, each in found],
        "hovertemplate": f"%{{customdata[0]}}<br>{name}: %{{x:.3f}} ± %{{error_x.array:.3f}}, "
        "n = %{customdata[1]}<extra></extra>",
    }  # fmt: skip


def _lost(row: int, level: Level) -> Figure:
    count = sum(each.diverged for each in level.activations)
    words = f"× {count}/{sum(each.replicas for each in level.activations)}"
    place = {"xref": "paper", "x": 1, "xanchor": "right", "y": row, "bgcolor": "@panel"}
    return note(words, "@bad", 11.5, **place)
