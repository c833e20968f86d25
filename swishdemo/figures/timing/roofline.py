"""What the memory allows: bytes a second against bytes, beside the two roofs of this host.

What an implementation keeps and holds: bytes for the backward, and the most at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from swishdemo.figures.plotly import (
    Figure,
    bytes_axis,
    cache_marks,
    colour_of,
    dash_of,
    end_labels,
    hover,
    label_of,
    legend_below,
    note,
    span,
)
from swishdemo.text import Language, text
from swishdemo.timing import Measurement
from swishdemo.timing.measurement import byte_size, figures, seconds_of

HEIGHT = 330
NARROW_HEIGHT = 260

_DISPATCHED = 2**12
"""Elements up to which a call takes about as long as calling does, whatever it computes."""


def roofline_figure(
    measurements: Sequence[Measurement],
    variants: Sequence[str],
    language: Language = "en",
    *,
    narrow: bool = False,
    caches: Mapping[str, int] | None = None,
) -> Figure | None:
    """Bytes that a pass must move over its time, against those bytes, both logarithmic.

    The memory limit is measured at each size; a point above it beyond the noise is told of
    (`swishdemo.timing.tables`). The floor of dispatch, where a call takes as long as the shortest
    one at the smallest size, is drawn where calling is what takes the time there.

    Args:
        measurements: Those of all sizes; only context ``kernel`` has a number of bytes.
        variants: What was asked for; it gives the order.
        language: Of the labels.
        narrow: Whether a legend takes the place of names at the ends of the lines.
        caches: Sizes of the host's caches in bytes, by name.

    Returns:
        The figure; None where fewer than two sizes have a time.
    """
    timed = sorted(
        (m for m in measurements if m.is_timed and m.moved_bytes), key=lambda m: m.elements
    )
    sizes = sorted({_moved(m) for m in timed})
    if len(sizes) < 2:
        return None
    data: list[Figure] = []
    ends: list[tuple[float, str, str, str]] = []
    for name in variants:
        if points := [m for m in timed if m.variant == name]:
            data.append(_points(name, points, language))
            ends.append(
                (_rate(points[-1]), label_of(name, language), colour_of(name), dash_of(name))
            )
    limits: dict[float, float] = {
        _moved(m): _moved(m) / m.copy_limit_seconds for m in timed if m.copy_limit_seconds
    }
    if limits:
        data.append(_roof(text("time.ui.memory_limit", language), limits, "2px,3px"))
        ends.append(
            (list(limits.values())[-1], data[-1]["name"], "@muted", data[-1]["line"]["dash"])
        )
    extent = span([y for trace in data for y in trace["y"]])
    floor = min(seconds_of(m) for m in timed if _moved(m) == sizes[0])
    has_floor = timed[0].elements <= _DISPATCHED
    if has_floor:
        words = text("time.ui.dispatch_floor", language)
        data.append(_floor(floor, sizes, 10 ** extent[1], words))
    across = span(sizes, 0.08)
    marks = cache_marks(list((caches or {}).items()) if _on_cpu(timed) else [], across)
    names = end_labels([] if narrow else ends, extent)
    layout: Figure = {
        "height": HEIGHT,
        "hovermode": "closest",
        "margin": {"l": 56, "r": 168, "t": 10, "b": 44},
        "xaxis": {
            **bytes_axis(across),
            "title": text("time.ui.axis_bytes", language),
        },
        "yaxis": {
            "type": "log",
            "range": extent,
            "per": 1e9,
            "title": text("time.ui.axis_rate", language),
        },
        "shapes": marks["shapes"] + names["shapes"],
        "annotations": [
            *marks["annotations"],
            *([_floor_label(data[-1])] if has_floor and not narrow else []),
            *names["annotations"],
        ],
        "uirevision": "roofline",
    }
    if narrow:
        named = sum(trace.get("showlegend", True) for trace in data)
        layout |= legend_below(named, NARROW_HEIGHT)
    return {"data": data, "layout": layout}


def _moved(m: Measurement) -> int:
    assert m.moved_bytes is not None
    return m.moved_bytes


def _rate(m: Measurement) -> float:
    return _moved(m) / seconds_of(m)


def _on_cpu(timed: Sequence[Measurement]) -> bool:
    return all(m.device == "cpu" for m in timed)


def _points(name: str, points: Sequence[Measurement], language: Language) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": label_of(name, language),
        "x": [_moved(m) for m in points],
        "y": [_rate(m) for m in points],
        "line": {"color": colour_of(name), "width": 1.4, "dash": dash_of(name)},
        "marker": {"color": colour_of(name), "size": 7},
        "text": [hover(m, language) for m in points],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _roof(label: str, limits: Mapping[float, float], dash: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label,
        "x": list(limits),
        "y": list(limits.values()),
        "line": {"color": "@muted", "width": 1.6, "dash": dash},
        "hoverinfo": "skip",
    }


def _floor(seconds: float, sizes: Sequence[int], top: float, label: str) -> Figure:
    """The slanted roof: bytes over the shortest time of a call, up to the top of the plot."""
    ends = [float(sizes[0]), max(min(float(sizes[-1]), top * seconds), float(sizes[0]))]
    return _roof(label, {x: x / seconds for x in ends}, "6px,4px")


def _floor_label(floor: Figure) -> Figure:
    """The slanted roof's name, at its left, where no point can be."""
    (start, end), (low, high) = floor["x"], floor["y"]
    return note(
        floor["name"],
        x=math.log10(start) + 0.3 * math.log10(end / start),
        y=math.log10(low) + 0.3 * math.log10(high / low),
        xanchor="right",
        yanchor="bottom",
        xshift=-4,
        bgcolor="@panel",
    )


_ROW_PIXELS, _TOP_PIXELS, _FOOT_PIXELS = 26, 22, 8
_GAP = 0.09

Quantity = Callable[[Measurement], int | None]


def memory_figure(
    measurements: Sequence[Measurement],
    variants: Sequence[str],
    language: Language = "en",
    *,
    ended: bool = True,
    narrow: bool = False,
) -> Figure | None:
    """Saved and peak bytes of each variant, in two panels; an element's share for a kernel.

    A layer's and a network's own tensors are among theirs, so that those are told whole.

    Args:
        measurements: Those of one size.
        variants: What was asked for; it gives the order.
        language: Of the labels.
        ended: Whether no more will come. Before, each variant has its row, so that nothing jumps
            while figures come in.
        narrow: Whether the page is as narrow as a phone: then only the saved bytes are drawn.

    Returns:
        The figure; None where neither is known of any variant.
    """
    known = {m.variant: m for m in measurements if m.is_timed}
    rows = [known[name] for name in variants if name in known]
    wanted: list[tuple[str, Quantity]] = [
        ("saved", lambda m: m.saved_bytes),
        ("peak", lambda m: m.peak_bytes),
    ]
    panels = [(name, of) for name, of in wanted if any(of(m) is not None for m in rows)]
    if not panels:
        return None
    if narrow:
        panels = panels[:1]
    told = {m.variant for m in rows if any(of(m) is not None for _, of in panels)}
    names = [name for name in variants if name in told or not ended]
    per_element = rows[0].context == "kernel"
    width = (1 - _GAP * (len(panels) - 1)) / len(panels)
    data: list[Figure] = []
    notes: list[Figure] = []
    layout: Figure = {}
    for place, (name, of) in enumerate(panels):
        axis = "x" if not place else f"x{place + 1}"
        start = place * (width + _GAP)
        shown = [
            (row, known[name], value)
            for row, name in enumerate(names)
            if name in known and (value := of(known[name])) is not None
        ]
        values = [value / m.elements if per_element else float(value) for _, m, value in shown]
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": text(f"time.ui.memory_{name}", language),
                "x": values,
                "y": [row for row, *_ in shown],
                "xaxis": axis,
                "width": 0.58,
                "marker": {"color": [colour_of(m.variant) for _, m, _ in shown]},
                "hovertemplate": "%{text}<extra></extra>",
                "text": [f"{label_of(m.variant, language)}: {byte_size(v)}" for _, m, v in shown],
                "textposition": "none",
            }
        )
        notes += [
            note(
                text("time.ui.unit_saved", language, count=figures(value))
                if per_element
                else byte_size(value),
                "@text",
                x=value,
                y=row,
                xref=axis,
                xanchor="left",
                xshift=6,
            )
            for (row, *_), value in zip(shown, values, strict=True)
        ]
        notes.append(
            note(
                text(f"time.ui.memory_{name}", language),
                xref="paper",
                yref="paper",
                x=start,
                y=1,
                xanchor="left",
                yanchor="bottom",
            )
        )
        layout[f"xaxis{axis[1:]}"] = {
            "domain": [start, start + width],
            "range": [0, max(values) * (1.8 if narrow else 1.45) or 1],
            "showticklabels": False,
            "showgrid": False,
            "fixedrange": True,
        }
    return {
        "data": data,
        "layout": layout
        | {
            "height": _TOP_PIXELS + _ROW_PIXELS * len(names) + _FOOT_PIXELS,
            "margin": {"l": 12, "r": 8, "t": _TOP_PIXELS, "b": _FOOT_PIXELS},
            "barcornerradius": 3,
            "hovermode": "closest",
            "dragmode": False,
            "yaxis": {
                "range": [len(names) - 0.5, -0.5],
                "tickvals": list(range(len(names))),
                "ticktext": [label_of(name, language) for name in names],
                "tickfont": {"color": "@text", "size": 13},
                "ticklabelstandoff": 8,
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
            },
            "annotations": notes,
            "uirevision": "memory",
        },
    }
