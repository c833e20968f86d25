"""One line of the catalogue: what a record is made of where only what differs is said."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from swishdemo.activations.record import Activation, Parameter


def _formula(family: str, name: str) -> Any:
    return getattr(import_module(f"swishdemo.activations.formulas.{family}"), name)()


def entry(
    family: str,
    name: str,
    label: str,
    *parameters: Parameter,
    source: tuple[int, str],
    line: tuple[str, str, str],
    torch: str = "",
    builtin: str = "",
) -> Activation:
    """A record whose formula is the function ``name`` of the family's module of formulas.

    Args:
        family: The family, and the name of the modules of its formulas and PyTorch forms.
        name: The key in the registry.
        label: The name that a reader sees.
        parameters: In the order in which the PyTorch form takes them.
        source: Year of first publication, and citation with address.
        line: Colour on a light ground, on a dark one, and dash.
        torch: ``module:function``; left out, the function ``name`` of the family's forms.
        builtin: PyTorch's own form at the default parameters; ``torch`` where that is PyTorch's.
    """
    year, citation = source
    colour, colour_dark, dash = line
    if torch.startswith("torch"):
        builtin = builtin or torch
    return Activation(
        name=name,
        label=label,
        expression=partial(_formula, family, name),
        parameters=parameters,
        year=year,
        source=citation,
        family=family,
        colour=colour,
        colour_dark=colour_dark,
        dash=dash,
        torch=torch or f"swishdemo.activations.forms.{family}:{name}",
        builtin=builtin,
    )
