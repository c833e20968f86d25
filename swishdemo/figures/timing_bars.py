"""Draws a timing of one size: a row for each implementation, its time, parts or bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from swishdemo.figures.plotly import (
    Figure,
    colour_of,
    hover,
    hue_of,
    intervals,
    label_of,
    note,
    rows_axis,
    upright,
)
from swishdemo.text import Language, text
from swishdemo.timing import Measurement
from swishdemo.timing.measurement import (
    STEP_PHASES,
    byte_size,
    duration,
    figures,
    quartiles,
    seconds_of,
)

ARTICLE_RATIO = 1.15
"""What the article says that Swish costs, in units of ReLU."""
ARTICLE_BASELINE = "relu"
"""The variant that the article compares with."""

_ALPHAS = (1.0, 0.62, 0.3)
"""Of a step's parts."""
_GAP = 0.09
"""Between two panels, a share of the width."""

_OVER: Figure = {"bgcolor": "@panel", "borderpad": 1}
"""Of words that may lie on a line."""
_Line = tuple[float, str, str, str]
"""Place, label, colour and dash."""


def bars_figure(
    measurements: Sequence[Measurement],
    variants: Sequence[str],
    baseline: str = ARTICLE_BASELINE,
    language: Language = "en",
    *,
    ended: bool = True,
    narrow: bool = False,
    beside: Sequence[Measurement] = (),
) -> Figure:
    """The median of each variant in units of the baseline's, with quartiles.

    Without a time of the baseline the axis is in microseconds. A variant that could not be timed
    has no row; one that has no figure yet has an empty row while the timing goes on.

    Args:
        measurements: Those of one size, one a variant.
        variants: What was asked for, in that order.
        baseline: The variant whose median is 1.
        language: Of the labels.
        ended: Whether no more will come: then the rows are in order of time. Before, they keep
            the order asked for, so that nothing jumps while figures come in.
        narrow: Whether the names stand above the bars rather than beside them.
        beside: Another timing's figures of the same question: a hatched bar under each, in units
            of that timing's own baseline. What it alone has stands in rows at the end.
    """
    known = {m.variant: m for m in measurements}
    timed = {name: m for name, m in known.items() if m.is_timed}
    rows = [name for name in variants if name in timed or (name not in known and not ended)]
    if ended:
        rows.sort(key=lambda name: seconds_of(timed[name]))
    is_ratio = baseline in timed
    unit, suffix = (seconds_of(timed[baseline]), " ×") if is_ratio else (1e-6, " µs")
    theirs, their_unit = _theirs(beside, baseline if is_ratio else None)
    rows += [name for name in theirs if name not in rows and (ended or name not in variants)]
    shown = [(place, timed[name]) for place, name in enumerate(rows) if name in timed]
    others = [(place, theirs[name]) for place, name in enumerate(rows) if name in theirs]
    lines = _reference_lines(timed, baseline, unit, suffix, language)
    ends = [quartiles(m)[1] / unit for _, m in shown]
    other_ends = [seconds_of(m) / their_unit for _, m in others]
    furthest = max([*ends, *other_ends, *(x for x, *_ in lines)], default=1.0)
    right = furthest * (1.24 if narrow else 1.1)  # room for the figure behind the longest bar
    if lines and not narrow:  # and for the name at the right of the last line
        right = max(right, lines[-1][0] * 1.2)
    width = (0.4 if narrow else 0.62) * (0.68 if others else 1)
    offset = (0.0 if narrow else -0.31) - (0.04 if others and not narrow else 0)
    centre = offset + width / 2
    names = {name: label_of(name, language) for name in rows}
    labels = [f"<b>{label}</b>" if name == baseline else label for name, label in names.items()]
    values = [
        _behind(f"{figures(seconds_of(m) / unit)}{suffix}", end, place + centre, **_OVER)
        for (place, m), end in zip(shown, ends, strict=True)
    ]
    marker = {"color": [colour_of(m.variant) for _, m in shown], "line": {"width": 0}}
    medians = [(place, seconds_of(m) / unit, hover(m, language)) for place, m in shown]
    bars = _bars(medians, width=width, offset=offset, marker=marker)
    data = [bars, *_whiskers(shown, unit, centre)]
    if others:
        data.append(_hatched(others, their_unit, offset + width + 0.02, language))
        below, over = offset + width + 0.13, _OVER | {"borderpad": 0}
        values += [
            _behind(f"{figures(end)}{suffix}", end, place + below, "@muted", 11.5, **over)
            for (place, _), end in zip(others, other_ends, strict=True)
        ]
    pending = [
        note("…", "@muted", 13, x=0, y=place + centre, xanchor="left", xshift=4)
        for place, name in enumerate(rows)
        if name not in timed and name not in theirs
    ]
    row = 34 + (8 if narrow else 0) + (14 if others else 0)
    layout = _rows(labels, row, top=41, foot=26, narrow=narrow) | {
        "barcornerradius": 4,
        "xaxis": _time_axis(right, suffix, narrow)
        | {"zeroline": True, "showticklabels": bool(shown or others)},
        "shapes": [upright(x, colour, dash) | {"layer": "above"} for x, _, colour, dash in lines],
        "annotations": [
            *_line_labels(lines, right, narrow),
            *values,
            *pending,
            *(_above(labels) if narrow else []),
        ],
        "uirevision": "bars",
    }
    return {"data": data, "layout": layout}


def _theirs(
    beside: Sequence[Measurement], baseline: str | None
) -> tuple[Mapping[str, Measurement], float]:
    """The other timing's figures by variant, the fastest first, and the seconds that are 1.

    Where ratios are shown and its baseline is unknown, there is nothing to draw.
    """
    known = {m.variant: m for m in sorted(filter(lambda m: m.is_timed, beside), key=seconds_of)}
    if baseline is None:
        return known, 1e-6
    return (known, seconds_of(known[baseline])) if baseline in known else ({}, 1.0)


def _hatched(
    others: Sequence[tuple[int, Measurement]], unit: float, offset: float, language: Language
) -> Figure:
    """Another timing's bars: outlined and hatched in the colour of the same variant."""
    colours = [colour_of(m.variant) for _, m in others]
    pattern = {
        "shape": "/",
        "size": 5,
        "solidity": 0.3,
        "fillmode": "replace",
        "bgcolor": "@panel",
        "fgcolor": colours,
    }
    return _bars(
        [(place, seconds_of(m) / unit, hover(m, language)) for place, m in others],
        name="beside",
        width=0.22,
        offset=offset,
        marker={"color": "@panel", "line": {"width": 1.2, "color": colours}, "pattern": pattern},
    )


def _whiskers(shown: Sequence[tuple[int, Measurement]], unit: float, centre: float) -> list[Figure]:
    medians = [seconds_of(m) / unit for _, m in shown]
    ends = [[end / unit for end in quartiles(m)] for _, m in shown]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": medians,
            "y": [place + centre for place, _ in shown],
            "marker": {"size": 0.1, "color": colour},
            "error_x": intervals(medians, ends, colour, thickness, 0),
            "hoverinfo": "skip",
        }
        for colour, thickness in (("@panel/0.8", 4), ("@text", 1.8))  # a line seen on dark bars too
    ]


def _reference_lines(
    timed: Mapping[str, Measurement], baseline: str, unit: float, suffix: str, language: Language
) -> list[_Line]:
    """The memory limit and what the article says, from left to right."""
    lines = []
    limits = [m.copy_limit_seconds for m in timed.values() if m.copy_limit_seconds]
    if limits:
        # They agree but for noise: each comes with the blocks that it was measured among.
        limit = float(np.median(limits)) / unit
        words = text("time.ui.line_limit", language, value=f"{figures(limit)}{suffix}")
        lines.append((limit, words, "@muted", "dot"))
    if ARTICLE_BASELINE in timed:
        place = ARTICLE_RATIO * seconds_of(timed[ARTICLE_BASELINE]) / unit
        key = "line_article" if baseline == ARTICLE_BASELINE else "line_article_relu"
        words = text(f"time.ui.{key}", language, value=ARTICLE_RATIO)
        lines.append((place, words, "@accent", "dash"))
    return sorted(lines)


def _line_labels(lines: Sequence[_Line], right: float, narrow: bool) -> list[Figure]:
    """The lines' names above the plot.

    Of two lines the left one has its name at the left, so that the names never meet; where there
    is no room for it, it stands a row higher instead.
    """
    narrow = narrow or (len(lines) > 1 and lines[0][0] < 0.1 * right)
    labels = []
    for place, (x, words, colour, _) in enumerate(lines):
        is_left = place + 1 < len(lines)
        to_the_left = x > 0.55 * right if narrow else is_left
        labels.append(
            note(
                words,
                colour,
                x=x,
                yref="paper",
                y=1,
                yanchor="bottom",
                yshift=15 if narrow and is_left else 0,
                xanchor="right" if to_the_left else "left",
            )
        )
    return labels


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
        _bars(
            [(at + lift, _share(m, part) / unit, _hover(m, part, language)) for at, m in rows],
            name=text(f"timed.report.part_{part}", language),
            width=0.42 if narrow else 0.6,
            marker={
                "color": [f"{hue_of(m.variant)}/{alpha}" for _, m in rows],
                "line": {"color": "@panel", "width": 1},
            },
        )
        for part, alpha in zip(STEP_PHASES, _ALPHAS, strict=True)
    ]
    totals = [
        _behind(
            duration(seconds_of(m))
            + (f" · {figures(seconds_of(m) / seconds_of(base))} ×" if base is not None else ""),
            seconds_of(m) / unit,
            place + lift,
        )
        for place, m in rows
    ]
    layout = _rows(labels, 42 if narrow else 32, top=26, foot=26, narrow=narrow) | {
        "barmode": "stack",
        "xaxis": _time_axis(longest / unit * (1.65 if narrow else 1.2), suffix, narrow),
        "annotations": [_legend(language), *totals, *(_above(labels) if narrow else [])],
        "uirevision": "steps",
    }
    return {"data": data, "layout": layout}


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
    held = {
        name: {m.variant: size for m in rows if (size := getattr(m, f"{name}_bytes")) is not None}
        for name in ("saved", "peak")
    }
    panels = [name for name in held if held[name]][: 1 if narrow else 2]
    if not panels:
        return None
    names = [name for name in variants if any(name in held[each] for each in panels) or not ended]
    per_element = rows[0].context == "kernel"
    width = (1 - _GAP * (len(panels) - 1)) / len(panels)
    data: list[Figure] = []
    notes: list[Figure] = []
    layout: Figure = {}
    for place, name in enumerate(panels):
        axis = "x" if not place else f"x{place + 1}"
        start = place * (width + _GAP)
        shown = [
            (row, known[variant], held[name][variant])
            for row, variant in enumerate(names)
            if variant in held[name]
        ]
        values = [value / m.elements if per_element else float(value) for _, m, value in shown]
        title = text(f"time.ui.memory_{name}", language)
        hovers = [f"{label_of(m.variant, language)}: {byte_size(v)}" for _, m, v in shown]
        data.append(
            _bars(
                [(at, x, told) for (at, *_), x, told in zip(shown, values, hovers, strict=True)],
                name=title,
                xaxis=axis,
                width=0.58,
                marker={"color": [colour_of(m.variant) for _, m, _ in shown]},
            )
        )
        notes += [
            _behind(
                text("time.ui.unit_saved", language, count=figures(value))
                if per_element
                else byte_size(value),
                value,
                row,
                size=12,
                xref=axis,
            )
            for (row, *_), value in zip(shown, values, strict=True)
        ]
        corner: Figure = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
        notes.append(note(title, x=start, y=1, **corner))
        layout[f"xaxis{axis[1:]}"] = {
            "domain": [start, start + width],
            "range": [0, max(values) * (1.8 if narrow else 1.45) or 1],
            "showticklabels": False,
            "showgrid": False,
            "fixedrange": True,
        }
    layout |= _rows([label_of(name, language) for name in names], 26, top=22, foot=8)
    layout |= {"barcornerradius": 3, "annotations": notes, "uirevision": "memory"}
    return {"data": data, "layout": layout}


def _bars(rows: Sequence[tuple[float, float, str]], **own: Any) -> Figure:
    """Bars from their place, their length and what a pointer is told of each."""
    return {
        "type": "bar",
        "orientation": "h",
        "x": [length for _, length, _ in rows],
        "y": [place for place, *_ in rows],
        "text": [told for *_, told in rows],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        **own,
    }


def _behind(
    words: str, x: float, y: float, colour: str = "@text", size: float = 12.5, **own: Any
) -> Figure:
    """What is written behind the end of a bar."""
    return note(words, colour, size, x=x, y=y, xanchor="left", xshift=6, **own)


def _above(labels: Sequence[str]) -> list[Figure]:
    """Names above their bars."""
    paper = _OVER | {"xref": "paper", "x": 0, "xanchor": "left"}
    return [note(label, "@text", y=place - 0.2, **paper) for place, label in enumerate(labels)]


def _time_axis(end: float, suffix: str, narrow: bool) -> Figure:
    return {
        "range": [0, end],
        "ticksuffix": suffix,
        "showgrid": False,
        "fixedrange": True,
        "nticks": 4 if narrow else 8,
    }


def _rows(
    labels: Sequence[str], pixels: int, *, top: int, foot: int, narrow: bool = False
) -> Figure:
    """Layout of rows so many pixels high; where it is narrow, names stand above the bars."""
    return {
        "height": top + pixels * max(1, len(labels)) + foot,
        "margin": {"l": 4 if narrow else 12, "r": 8, "t": top, "b": foot},
        "hovermode": "closest",
        "dragmode": False,
        "yaxis": rows_axis(labels, hidden=narrow, tickfont={"color": "@text", "size": 13}),
    }
