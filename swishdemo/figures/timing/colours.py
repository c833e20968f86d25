"""The colours of the timed variants, and what is told of a figure under the pointer."""

from __future__ import annotations

from swishdemo.figures.labels import hue, plain
from swishdemo.text import Language, text
from swishdemo.timing import REGISTRY, Measurement
from swishdemo.timing.quantities import duration, quartiles, seconds_of, size_label

_DARKER = 0.6  # of the way to the text's colour
_UNKNOWN = "@unk"
"""Of a variant that another host alone knows."""


def colour_of(name: str) -> str:
    """A variant's colour token: its activation's hue, as light as its place among the forms is."""
    if not REGISTRY.knows(name):
        return _UNKNOWN
    variant = REGISTRY.get(name)
    shades = [each.shade for each in REGISTRY.all() if each.activation == variant.activation]
    if variant.shade < 0:
        return f"{hue(variant.activation)}+{_DARKER * variant.shade / min(shades):.2f}"
    alpha = 1 - 0.6 * variant.shade / max([1, *shades])
    return hue(variant.activation) + (f"/{alpha:.2f}" if variant.shade else "")


def hue_of(name: str) -> str:
    """The hue of a variant's activation, whatever its form."""
    return hue(REGISTRY.get(name).activation) if REGISTRY.knows(name) else _UNKNOWN


def hover(measurement: Measurement, language: Language) -> str:
    """The lines shown when the pointer rests on a figure."""
    low, high = quartiles(measurement)
    name = measurement.variant
    known = REGISTRY.get(name) if REGISTRY.knows(name) else None
    lines = [
        f"<b>{plain(known.label(language) if known else name)}</b>",
        known.note(language) if known else "",
        text(
            "time.ui.hover",
            language,
            median=duration(seconds_of(measurement)),
            low=duration(low),
            high=duration(high),
            repeats=measurement.repeats,
            size=size_label(measurement.elements),
        ),
        text(f"timed.allocator.{measurement.allocator}", language),
        ""
        if measurement.preparation_seconds is None
        else text("timed.prepared", language, time=duration(measurement.preparation_seconds)),
    ]
    return "<br>".join(line for line in lines if line)
