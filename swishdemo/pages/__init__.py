"""Pages of our own that need no script and no other file: a report, a claim, a curve, a run.

Each is a template beside this file, and takes its colours from the page's own style sheet.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from swishdemo.text import Language, text

Theme = Literal["light", "dark"] | None
"""None for what the reader's system has."""

_ASSETS = Path(__file__).parents[2] / "assets"
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
_TEMPLATES.filters["moment"] = lambda iso: str(iso)[:16].replace("T", " ") + " UTC"
_TEMPLATES.filters["tone"] = lambda verdict: str(verdict).replace(" ", "-")


def render(template: str, language: Language, theme: Theme = None, **values: Any) -> str:
    """A page as HTML; what is not `markupsafe.Markup` among the values is shown as text.

    Args:
        template: The name of a file here, without its ending.
        language: Of the page.
        theme: Light or dark, whatever the reader's system has.
        values: What the template names.
    """
    return _TEMPLATES.get_template(f"{template}.html").render(
        tag=text("language.tag", language),
        language=language,
        colours=Markup(_colours(theme)),
        icon=_icon(),
        **values,
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
