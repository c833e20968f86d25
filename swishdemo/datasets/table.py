"""A visitor's own table: what is known of it, and the text itself while the run lasts.

How the text travels. A request carries it, and `swishdemo.datasets.csv.read` makes a `Table` of
it in the web process, so that it is refused at once where it cannot be used. The `Table` is a
part of the run's config: it goes with it, pickled, through the pipe to the worker process, which
reads the arrays out of the text. It never goes into a file: what the store keeps of a config is
its JSON, and `Table.as_json` leaves the text out. The config lives as long as its run, so the
text is gone when the run has ended or the server has. That is why such a run cannot be repeated
from what is stored: `swishdemo.datasets.csv.read` refuses such JSON with a sentence that says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from swishdemo.formats import dump
from swishdemo.text import Language, text


@dataclass(frozen=True, slots=True)
class Table:
    """A table that has been read and found good.

    Attributes:
        name: What its owner calls it, such as the name of the file.
        rows: Number of samples.
        columns: Names of the columns, the label's last.
        class_names: The classes in the order of their numbers; empty for a regression.
        digest: SHA-256 of the text in UTF-8 with LF line ends, in hexadecimal.
        header: Whether its first line was taken for names; None in what an older version kept.
        separator: What stands between cells; empty in what an older version kept.
        decimal: The sign before a fraction.
        used: The columns that are read, counted from 0 in the file.
        row_names: Whether a first column was left out, since it only numbers the rows.
        text: The text.
    """

    name: str
    rows: int
    columns: tuple[str, ...]
    class_names: tuple[str, ...]
    digest: str
    header: bool | None = None
    separator: str = ""
    decimal: str = "."
    used: tuple[int, ...] = ()
    row_names: bool = False
    text: str = field(default="", repr=False)

    def sentence(self, language: Language = "en") -> str:
        """What it was taken for: rows, columns, classes, and its first line."""
        label = self.columns[-1]
        shape = text(
            f"data.csv.read.{'classes' if self.class_names else 'regression'}",
            language,
            rows=self.rows,
            columns=len(self.columns),
            label=label,
            count=len(self.class_names),
            classes=", ".join(self.class_names),
        )
        told = [shape]
        if self.header is not None:
            told.append(text(f"data.csv.read.{'names' if self.header else 'sample'}", language))
        if self.row_names:
            told.append(text("data.csv.read.row_names", language))
        if self.decimal == ",":
            told.append(text("data.csv.read.decimal", language))
        return text("language.space", language).join(told)

    def as_json(self) -> dict[str, Any]:
        """What may be kept of it: all but the text."""
        return {
            "name": self.name,
            "rows": self.rows,
            "columns": list(self.columns),
            "class_names": list(self.class_names),
            "digest": self.digest,
            "header": self.header,
            "separator": self.separator,
            "decimal": self.decimal,
            "used": list(self.used),
            "row_names": self.row_names,
        }

    @classmethod
    def of_json(cls, record: Mapping[str, Any]) -> Table:
        """The table of which ``record`` is the JSON, perhaps of another version; without its text.

        Raises:
            ValueError: It is none.
        """
        table = _adapter().validate_python({**record, "text": ""})
        if table.rows < 1 or len(table.columns) < 2:
            raise ValueError("it has no rows or no columns")
        return table


def wordless(config: str) -> str:
    """A stored config of a run or a sweep with numbers for all words of a visitor's own table.

    The names of columns and classes are cells of it, and may be anything. What cannot be read is
    left out.
    """
    try:
        found = json.loads(config)
        for part in (found, found.get("base")):
            table = isinstance(part, dict) and part.get("csv")
            if table:
                words = {each: numbered(len(table[each])) for each in ("columns", "class_names")}
                part["csv"] = Table.of_json(table | {"name": "table.csv"} | words).as_json()
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return "{}"
    return dump(found)


def numbered(count: int) -> list[str]:
    """Names for so many columns or classes whose own are not kept."""
    return [f"#{place}" for place in range(1, count + 1)]


@cache
def _adapter() -> TypeAdapter[Table]:
    return TypeAdapter(Table)
