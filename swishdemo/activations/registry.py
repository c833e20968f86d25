"""The registry of all activations that have a record, and what is known of them beforehand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from swishdemo.activations import bounded, gated, periodic, rectified, shrinkage, soft
from swishdemo.activations.record import Activation, is_formula
from swishdemo.errors import UserError
from swishdemo.text import say

FACTS = Path(__file__).with_name("facts.json")
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


_FIXED = re.compile(r"\s*(\w{1,40})\s*@\s*([-+]?\d{0,9}\.?\d{0,12})\s*")


def fixed_beta(name: object) -> tuple[str, float] | None:
    """The activation and the number of a name such as ``swish@1.5``: β is that, and is not trained.

    None where it is another sort of name, the activation has no β, or the number is none of its
    slider's.
    """
    found = _FIXED.fullmatch(name) if isinstance(name, str) else None
    base = _REGISTRY.get(found[1]) if found else None
    if found is None or base is None:
        return None
    try:
        value = float(found[2]) + 0.0  # −0.0 is 0.0
    except ValueError:
        return None
    ranges = (each.low <= value <= each.high for each in base.parameters if each.name == "beta")
    return (base.name, value) if any(ranges) else None


@lru_cache(maxsize=256)
def _fixed(base: str, value: float) -> Activation:
    """The record in whose formulas the number stands for β."""
    record = _REGISTRY[base]

    def put(formula: str) -> str:
        return re.sub(r"\bbeta\b", f"({value:.12f})", formula)

    return replace(
        record,
        name=f"{base}@{value:.12g}",
        label=f"{record.label}, β ≡ {value:.4g}".replace("-", "−"),
        formula=put(record.formula),
        torch=put(record.torch),
        parameters=tuple(each for each in record.parameters if each.name != "beta"),
        builtin="",
        call="",
    )


def registered(name: object) -> Activation:
    """The record of that name, ``swish@1.5`` (`fixed_beta`) among them.

    Raises:
        UserError: There is none (status 404).
    """
    fixed = fixed_beta(name)
    if fixed is not None:
        return _fixed(*fixed)
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


def facts() -> dict[str, dict[str, Any]]:
    """Of every activation by name, its formula in ``latex`` and its ``landmarks`` as JSON.

    These are at the default parameters. Nothing is derived: SymPy is not loaded.
    """
    found: dict[str, dict[str, Any]] = json.loads(FACTS.read_bytes())
    return found
