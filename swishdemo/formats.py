"""Writes what others read: JSON in which every number is finite, CSV, Markdown, plain pages.

And pages of our own that need no script and no other file: a report, a claim, a curve, a run. Each
is a template in ``pages``, and takes its colours from the app's own style sheet.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import quote

from markupsafe import Markup

from swishdemo.text import Language, text

if TYPE_CHECKING:
    from jinja2 import Environment
    from pydantic import TypeAdapter

Record = TypeVar("Record")


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


def of_json(kind: type[Record], record: object) -> Record:
    """The dataclass of which ``record`` is the JSON, each value looked at.

    Raises:
        ValueError: A field is missing or of another type.
    """
    found: Record = _adapter(kind).validate_python(record)
    return found


def as_json(record: Any, *without: str) -> dict[str, Any]:
    """A dataclass as a JSON object, but for some fields."""
    found: dict[str, Any] = _adapter(type(record)).dump_python(
        record, mode="json", exclude={*without}
    )
    return found


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


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


Theme = Literal["light", "dark"] | None
"""None for what the reader's system has."""

_HERE = Path(__file__).parent
_ASSETS = _HERE.parent / "assets"


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader(_HERE / "pages"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    templates.filters["moment"] = lambda iso: str(iso)[:16].replace("T", " ") + " UTC"
    templates.filters["tone"] = lambda verdict: str(verdict).replace(" ", "-")
    return templates


def page(template: str, language: Language, theme: Theme = None, **values: Any) -> str:
    """A page as HTML; what is not `markupsafe.Markup` among the values is shown as text.

    Args:
        template: The name of a file in ``pages``, without its ending.
        language: Of the page.
        theme: Light or dark, whatever the reader's system has.
        values: What the template names.
    """
    return (
        _templates()
        .get_template(f"{template}.html")
        .render(
            tag=text("language.tag", language),
            language=language,
            colours=Markup(_colours(theme)),
            icon=_icon(),
            **values,
        )
    )


def frame(address: str, title: str) -> str:
    """The HTML by which another page shows one of these."""
    return Markup(
        '<iframe src="{}" title="{}" width="100%" height="480" loading="lazy" '
        'style="border:0"></iframe>'
    ).format(address, title)


@cache
def _colours(theme: Theme) -> str:
    """The colours of ``colours.css``; on paper they are those of the light."""
    sheet = (_ASSETS / "css" / "colours.css").read_text("utf-8")
    light, dark = (
        re.search(rf"^ *{re.escape(of)} {{(.*?)^ *}}", sheet, re.M | re.S)
        for of in (":root", ".dark")
    )
    assert light and dark, "colours.css has a block for each theme"
    rules = f":root {{{light[1]}}}"
    if theme == "light":
        return rules
    wish = " and (prefers-color-scheme: dark)" if theme is None else ""
    return f"{rules} @media screen{wish} {{ :root {{{dark[1]}}} }}"


@cache
def _icon() -> str:
    """The app's icon as an address that asks nobody for anything."""
    return "data:image/svg+xml," + quote((_ASSETS / "favicon.svg").read_text("utf-8"))
