"""The one field of a training config that no other request has."""

from __future__ import annotations

from dataclasses import dataclass

from swishdemo import datasets
from swishdemo.fields import Field


@dataclass(frozen=True, slots=True)
class TableField(Field):
    """A table of a visitor's own, as text."""

    def read(self, value: object) -> datasets.Table | None:
        """The table; None for none.

        Raises:
            UserError: It is no table of numbers with labels; line and column are named.
        """
        from swishdemo.datasets.csv import read

        return None if value is None else read(value)
