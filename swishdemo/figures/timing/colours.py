"""The colours of the timed variants, and what is told of a figure under the pointer."""

from __future__ import annotations

from swishdemo.figures.labels import hue, plain
from swishdemo.text import Language, text
from swishdemo.timing import REGISTRY, Measurement
from swishdemo.timing.quantities import duration, quartiles, seconds_of, size_label


def colour_of(name: str) -> str:
    """A variant's colour token: its activation's hue, lighter by its place among the forms."""
    variant = REGISTRY.get(name)
    shades = [each.shade for each in REGISTRY.all() if each.activation == variant.activation]
    alpha = 1 - 0.68 * variant.shade / max([1, *shades])
    return hue(variant.activation) + (f"/{alpha:.2f}" if variant.shade else "")


def hover(measurement: Measurement, language: Language) -> str:
    """The lines shown when the pointer rests on a figure."""
    low, high = quartiles(measurement)
    variant = REGISTRY.get(measurement.variant)
    return "<br>".join(
        (
            f"<b>{plain(variant.label(language))}</b>",
            variant.note(language),
            text(
                "time.ui.hover",
                language,
                median=duration(seconds_of(measurement)),
                low=duration(low),
                high=duration(high),
                repeats=measurement.repeats,
                size=size_label(measurement.elements),
            ),
        )
    )
