"""Prints numbers as a reader reads them."""

from __future__ import annotations

_GROUPS = str.maketrans({",": "\u202f", "-": "−"})


def numeral(value: float, form: str = "") -> str:
    """A number with a true minus sign and narrow spaces between thousands: ``−1 057.5``.

    Args:
        value: The number.
        form: How many digits, as Python's format says it: ``.3g``.
    """
    return f"{value:,{form}}".translate(_GROUPS)
