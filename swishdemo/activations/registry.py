"""The registry of all activations that have a record."""

from __future__ import annotations

import re
from collections.abc import Iterable

from swishdemo.activations import bounded, gated, periodic, rectified, shrinkage, soft
from swishdemo.activations.record import Activation, is_formula
from swishdemo.errors import UserError
from swishdemo.text import say

_FAMILIES = (gated, rectified, soft, bounded, shrinkage, periodic)


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


def has_beta(activation: str) -> bool:
    """Whether the activation has a parameter called β; a formula is looked through as text."""
    if is_formula(activation):
        return bool(re.search(r"\bbeta\b|β", activation))
    return "beta" in registered(activation).defaults()


def registered(name: object) -> Activation:
    """The record of that name.

    Raises:
        UserError: There is none (status 404).
    """
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
