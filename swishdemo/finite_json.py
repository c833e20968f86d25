"""JSON that everyone can read: a number that is not finite becomes null."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def finite(value: Any) -> Any:
    """``value`` with None in place of every NaN and infinity, and tuples as lists."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    return value


def dump(value: Any) -> str:
    """``value`` as JSON; the slow search for what is not finite is made only where there is some.

    Raises:
        TypeError: A part of it is nothing that JSON knows.
    """
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        return json.dumps(finite(value), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
