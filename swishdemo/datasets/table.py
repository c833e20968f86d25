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

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Table:
    """A table that has been read and found good.

    Attributes:
        name: What its owner calls it, such as the name of the file.
        rows: Number of samples.
        columns: Names of the columns, the label's last.
        class_names: The classes in the order of their numbers; empty for a regression.
        digest: SHA-256 of the text in UTF-8, in hexadecimal.
        text: The text.
    """

    name: str
    rows: int
    columns: tuple[str, ...]
    class_names: tuple[str, ...]
    digest: str
    text: str = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """What may be kept of it: all but the text."""
        return {
            "name": self.name,
            "rows": self.rows,
            "columns": list(self.columns),
            "class_names": list(self.class_names),
            "digest": self.digest,
        }
