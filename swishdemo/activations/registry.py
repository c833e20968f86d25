"""The registry: every activation is asked for by name here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TypeGuard

from swishdemo.activations import bounded, gated, periodic, rectified, shrinkage, soft
from swishdemo.activations.record import Activation
from swishdemo.errors import UserError
from swishdemo.text import say

_FAMILIES = (gated, rectified, soft, bounded, shrinkage, periodic)
_LABEL = 28


def index(records: Iterable[Activation]) -> dict[str, Activation]:
    """The records by name, in their order.

    Raises:
        ValueError: Two records have one name.
    """
    found: dict[str, Activation] = {}
    for record in records:
        if record.name in found:
            raise ValueError(f"activation {record.name} is registered twice")
        found[record.name] = record
    return found


_REGISTRY = index(record for family in _FAMILIES for record in family.RECORDS)
for _record in _REGISTRY.values():
    say(f"activations.purpose.{_record.name}", _record.purpose)


def names() -> tuple[str, ...]:
    """The names of all registered activations, in the order of menus."""
    return tuple(_REGISTRY)


def activations() -> tuple[Activation, ...]:
    """All registered activations, in the order of menus."""
    return tuple(_REGISTRY.values())


def is_formula(name: object) -> TypeGuard[str]:
    """Whether ``name`` is that of a typed formula, a valid one or not."""
    return isinstance(name, str) and name.lstrip().startswith("=")


def has_beta(activation: str) -> bool:
    """Whether the activation has a parameter called β; a formula is looked through as text."""
    if is_formula(activation):
        return bool(re.search(r"\bbeta\b|β", activation))
    return "beta" in get(activation).defaults()


def formula_name(name: str) -> str:
    """The one name of a typed formula, blanks around it taken away."""
    return "=" + name.strip()[1:].strip()


def formula_label(name: str) -> str:
    """A typed formula, as short as the label of a line."""
    text = name.strip().removeprefix("=").strip()
    return text if len(text) <= _LABEL else text[: _LABEL - 1] + "…"


def get(name: object) -> Activation:
    """The activation called ``name``; ``=`` and a formula is the name of the typed one.

    Raises:
        UserError: No activation has that name (status 404), or the formula is none (422).
    """
    if is_formula(name):
        return _typed(formula_name(name)[1:])
    found = _REGISTRY.get(name) if isinstance(name, str) else None
    if found is None:
        raise UserError(
            "activations.error_unknown",
            field="activation",
            status=404,
            value=str(name)[:80],
            choices=tuple(_REGISTRY),
        )
    return found


@lru_cache(maxsize=64)
def _typed(text: str) -> Activation:
    # One record for one text: what is derived from it is kept by the record.
    from swishdemo.activations.typed.parse import parse_formula

    return parse_formula(text)
