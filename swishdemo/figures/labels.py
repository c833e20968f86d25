"""What names an activation in a figure: its colour, and words in which Plotly finds no tags."""

from __future__ import annotations

from swishdemo.activations import is_formula


def hue(activation: str) -> str:
    """An activation's colour token; all typed formulas have one."""
    return "@typed" if is_formula(activation) else f"@act-{activation}"


def plain(label: str) -> str:
    """A label in which Plotly finds no tags: a typed formula may hold a ``<``."""
    return label.replace("&", "&amp;").replace("<", "&lt;")
