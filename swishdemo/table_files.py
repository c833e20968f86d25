"""Tables as files: CSV that a spreadsheet opens as it is meant, and Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

_COMPUTED = ("=", "+", "-", "@", "\t", "\r")
"""With one of these a spreadsheet takes a text for a formula of its own."""


def as_csv(rows: Iterable[Mapping[str, object]], columns: Iterable[str] = ()) -> str:
    """Rows as CSV with a head, in full precision; what a row has not, or is None, is empty.

    A text that a spreadsheet would compute, as the name of a typed formula is, has an apostrophe
    before it.

    Args:
        rows: Column → value.
        columns: Those to begin with; the others follow in the order in which rows have them.
    """
    listed = list(rows)
    known = dict.fromkeys([*columns, *(column for row in listed for column in row)])
    written = io.StringIO()
    table = csv.DictWriter(written, list(known), restval="", lineterminator="\r\n")
    table.writeheader()
    table.writerows({name: _cell(value) for name, value in row.items()} for row in listed)
    return written.getvalue()


def as_markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, all columns but the first to the right; cells stand as they are."""
    right = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, right, *rows))


def plain(words: str) -> str:
    """Words that Markdown shows as they are, on one line."""
    for sign in "\\`*_|<":
        words = words.replace(sign, f"\\{sign}")
    return " ".join(words.split())


def _cell(value: object) -> object:
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_COMPUTED) else value
