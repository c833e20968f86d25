"""What a timing of several sizes looks like: time against elements.

What a training step costs: its parts, stacked, for each implementation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from swishdemo.figures.plotly import (
    Figure,
    cache_marks,
    colour_of,
    dash_of,
    end_labels,
    hover,
    hue_of,
    label_of,
    legend_below,
    note,
    seconds_axis,
    span,
)
from swishdemo.text import Language, text
from swishdemo.timing import Measurement
from swishdemo.timing.measurement import STEP_PHASES, duration, figures, seconds_of, size_label

HEIGHT = 330
NARROW_HEIGHT = 260


def sizes_figure(
    measurements: Sequence[Measurement],
    variants: Sequence[str],
    language: Language = "en",
    *,
    narrow: bool = False,
    caches: Mapping[str, int] | None = None,
    beside: Sequence[Measurement] = (),
) -> Figure:
    """Median time of one call against elements, both logarithmic, beside the memory limit.

    Args:
        measurements: Those of all sizes.
        variants: What was asked for; it gives the order.
        language: Of the labels.
        narrow: Whether a legend takes the place of names at the ends of the lines.
        caches: Sizes of the host's caches in bytes, by name. A cache is marked at the elements
            with which the tensors of a pass (`Measurement.moved_bytes`) fill it.
        beside: Another host's, drawn dotted in the colours of the same variants.
    """
    timed = sorted((m for m in measurements if m.is_timed), key=lambda m: m.elements)
    data: list[Figure] = []
    ends: list[tuple[float, str, str, str]] = []
    for name in variants:
        if points := [m for m in timed if m.variant == name]:
            data.append(_line(name, points, language))
            ends.append(
                (seconds_of(points[-1]), label_of(name, language), colour_of(name), dash_of(name))
            )
    limits = {m.elements: m.copy_limit_seconds for m in timed if m.copy_limit_seconds}
    if limits:
        label = text("time.ui.memory_limit", language)
        data.append(_limit(label, limits))
        ends.append((list(limits.values())[-1], label, "@muted", data[-1]["line"]["dash"]))
    sizes = sorted({m.elements for m in timed}) or [1]
    theirs = sorted(
        (m for m in beside if m.is_timed and m.variant in variants), key=lambda m: m.elements
    )
    for name in variants:
        # Beyond the sizes measured here the axis would be drawn for the other host alone.
        if points := [m for m in theirs if m.variant == name and m.elements in sizes]:
            data.append(_dotted(name, points, language))
    extent = span([y for trace in data for y in trace["y"]] or [1e-5])
    across = [math.log10(sizes[0]) - 0.08, math.log10(sizes[-1]) + 0.08]
    shown = sizes[:: math.ceil(len(sizes) / (5 if narrow else 13))]
    marks = cache_marks(_cache_places(timed, caches or {}), across)
    names = end_labels([] if narrow else ends, extent)
    layout: Figure = {
        "height": HEIGHT,
        "hovermode": "closest",
        "margin": {"l": 56, "r": 168, "t": 10, "b": 44},
        "xaxis": {
            "type": "log",
            "range": across,
            "tickvals": shown,
            "ticktext": [size_label(n) for n in shown],
            "title": text("time.ui.axis_elements", language),
        },
        "yaxis": seconds_axis(extent),
        "shapes": marks["shapes"] + names["shapes"],
        "annotations": marks["annotations"] + names["annotations"],
        "uirevision": "sizes",
    }
    if narrow:
        named = sum(trace.get("showlegend", True) for trace in data)
        layout |= legend_below(named, NARROW_HEIGHT)
    return {"data": data, "layout": layout}


def _line(name: str, points: Sequence[Measurement], language: Language) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": label_of(name, language),
        "x": [m.elements for m in points],
        "y": [seconds_of(m) for m in points],
        "line": {"color": colour_of(name), "width": 2.2, "dash": dash_of(name)},
        "marker": {"color": colour_of(name), "size": 5},
        "text": [hover(m, language) for m in points],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _dotted(name: str, points: Sequence[Measurement], language: Language) -> Figure:
    line = _line(name, points, language)
    return line | {
        "line": {"color": colour_of(name), "width": 1.6, "dash": "1px,4px"},
        "marker": {"color": colour_of(name), "size": 6, "symbol": "circle-open"},
        "showlegend": False,
    }


def _limit(label: str, limits: Mapping[int, float]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label,
        "x": list(limits),
        "y": list(limits.values()),
        "line": {"color": "@muted", "width": 1.6, "dash": "2px,3px"},
        "hoverinfo": "skip",
    }


def _cache_places(
    timed: Sequence[Measurement], caches: Mapping[str, int]
) -> list[tuple[str, float]]:
    moved = next((m for m in timed if m.moved_bytes), None)
    if moved is None or moved.device != "cpu" or not moved.moved_bytes:
        return []
    each = moved.moved_bytes / moved.elements
    return [(name, size / each) for name, size in caches.items()]


_ALPHAS = (1.0, 0.62, 0.3)
_ROW_PIXELS, _TOP_PIXELS, _FOOT_PIXELS = 32, 26, 26


def steps_figure(
    measurements: Sequence[Measurement],
    variants: Sequence[str],
    baseline: str,
    language: Language = "en",
    *,
    ended: bool = True,
    narrow: bool = False,
) -> Figure | None:
    """Forward, backward and update of each variant's step, with the whole and its ratio.

    A row is as long as the median of whole steps. The parts share it as their own medians do,
    whose sum differs from that of the whole by some per cent of noise.

    Args:
        measurements: Those of one network.
        variants: What was asked for; it gives the order while figures come in.
        baseline: The variant whose step counts as 1.
        language: Of the labels.
        ended: Whether no more will come: then the rows are in order of time. Before, each variant
            has its row, so that nothing jumps while figures come in.
        narrow: Whether the page is as narrow as a phone: names stand above the bars.

    Returns:
        The figure; None where no variant's parts are known.
    """
    known = {m.variant: m for m in measurements if m.is_timed and m.part_seconds}
    if not any(name in known for name in variants):
        return None
    names_of = list(variants)
    if ended:
        names_of = sorted((n for n in variants if n in known), key=lambda n: seconds_of(known[n]))
    rows = [(place, known[name]) for place, name in enumerate(names_of) if name in known]
    longest = max(seconds_of(m) for _, m in rows)
    unit, suffix = (1e-3, " ms") if longest >= 1e-3 else (1e-6, " µs")
    base = known.get(baseline)
    labels = [label_of(name, language) for name in names_of]
    lift = 0.22 if narrow else 0.0
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": text(f"timed.report.part_{part}", language),
            "x": [_share(m, part) / unit for _, m in rows],
            "y": [place + lift for place, _ in rows],
            "width": 0.42 if narrow else 0.6,
            "marker": {
                "color": [f"{hue_of(m.variant)}/{alpha}" for _, m in rows],
                "line": {"color": "@panel", "width": 1},
            },
            "text": [_hover(m, part, language) for _, m in rows],
            "textposition": "none",
            "hovertemplate": "%{text}<extra></extra>",
        }
        for part, alpha in zip(STEP_PHASES, _ALPHAS, strict=True)
    ]
    totals = [
        note(
            duration(seconds_of(m))
            + (f" · {figures(seconds_of(m) / seconds_of(base))} ×" if base is not None else ""),
            "@text",
            12.5,
            x=seconds_of(m) / unit,
            y=place + lift,
            xanchor="left",
            xshift=6,
        )
        for place, m in rows
    ]
    names = [
        note(label, "@text", xref="paper", x=0, y=place - 0.2, xanchor="left", bgcolor="@panel")
        for place, label in enumerate(labels)
    ]
    row = _ROW_PIXELS + (10 if narrow else 0)
    return {
        "data": data,
        "layout": {
            "height": _TOP_PIXELS + row * len(names_of) + _FOOT_PIXELS,
            "margin": {"l": 4 if narrow else 12, "r": 8, "t": _TOP_PIXELS, "b": _FOOT_PIXELS},
            "barmode": "stack",
            "hovermode": "closest",
            "dragmode": False,
            "xaxis": {
                "range": [0, longest / unit * (1.65 if narrow else 1.2)],
                "ticksuffix": suffix,
                "showgrid": False,
                "fixedrange": True,
                "nticks": 4 if narrow else 8,
            },
            "yaxis": {
                "range": [len(names_of) - 0.5, -0.5],
                "tickvals": [] if narrow else list(range(len(names_of))),
                "ticktext": [] if narrow else labels,
                "tickfont": {"color": "@text", "size": 13},
                "ticklabelstandoff": 8,
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
            },
            "annotations": [_legend(language), *totals, *(names if narrow else [])],
            "uirevision": "steps",
        },
    }


def _share(m: Measurement, part: str) -> float:
    """The part's share of the whole step, in seconds."""
    return seconds_of(m) * m.part_seconds[part] / sum(m.part_seconds.values())


def _hover(m: Measurement, part: str, language: Language) -> str:
    name = text(f"timed.report.part_{part}", language)
    return f"<b>{label_of(m.variant, language)}</b><br>{name}: {duration(m.part_seconds[part])}"


def _legend(language: Language) -> Figure:
    """The parts' names in their order, each behind a square as dark as its bars."""
    words = "   ".join(
        f'<span style="opacity:{alpha}">■</span> {text(f"timed.report.part_{part}", language)}'
        for part, alpha in zip(STEP_PHASES, _ALPHAS, strict=True)
    )
    return note(words, xref="paper", yref="paper", x=0, y=1, xanchor="left", yanchor="bottom")
