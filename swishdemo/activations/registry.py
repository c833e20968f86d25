"""The registry: every activation is asked for by name here."""

from __future__ import annotations

from collections.abc import Iterable

from swishdemo.activations.record import Activation
from swishdemo.activations.records import RECORDS
from swishdemo.errors import UserError


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


_REGISTRY = index(RECORDS)


def names() -> tuple[str, ...]:
    """The names of all registered activations, in the order of menus."""
    return tuple(_REGISTRY)


def activations() -> tuple[Activation, ...]:
    """All registered activations, in the order of menus."""
    return tuple(_REGISTRY.values())


def get(name: object) -> Activation:
    """The activation called ``name``.

    Raises:
        UserError: No activation has that name (status 404).
    """
    found = _REGISTRY.get(name) if isinstance(name, str) else None
    if found is None:
        raise UserError(
            "activations.error_unknown",
            field="activation",
            status=404,
            value=str(name)[:80],
            choices=", ".join(_REGISTRY),
        )
    return found
