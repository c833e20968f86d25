"""What an implementation keeps and holds: bytes for the backward, and the most at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from swishdemo.figures.timing.colours import colour_of
from swishdemo.figures.timing.parts import Figure, label_of, note
from swishdemo.text import Language, text
from swishdemo.timing import Measurement
from swishdemo.timing.quantities import byte_size, figures

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
