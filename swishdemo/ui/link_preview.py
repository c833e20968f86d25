"""Tells chats and feeds what a link to the page shows: its title, what it is about, a picture.

All of it follows the state that the address names; what it names wrongly, or privately, is as if
it were not there.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup
from starlette.requests import Request

from swishdemo.activations import activations
from swishdemo.activations.record import formula_label
from swishdemo.errors import UserError
from swishdemo.figures import curve_figure
from swishdemo.figures.claims import claim_figure
from swishdemo.figures.curve_figure import Explored, Values
from swishdemo.figures.link_picture import HEIGHT, WIDTH, link_picture, written
from swishdemo.figures.series import Picked
from swishdemo.text import Language, language_of, numeral, text
from swishdemo.ui.lab import Lab
from swishdemo.ui.run_view import RunView
from swishdemo.ui.time_view import Look, TimeView

_LOG = logging.getLogger(__name__)
PICTURE = "/preview.png"
"""Where the pictures lie."""

_EXPLORED = ("beta", "act", "par", "formula", "show", "theta", "base", "x")
_LONGEST = 300
"""Characters of a value that are heeded, and of a description that are told."""
_KEPT = 64
_TONES = {"confirmed": "ok", "imprecise": "mid", "depends": "mid", "refuted": "bad"}
_HOST = re.compile(r"[\w.:\[\]-]{1,255}", re.ASCII)
_PICKED = Picked(only=frozenset({"beta", "loss"}))
_X = (-5.0, 3.0)
"""The x of a curve's picture, where the address names none: that shows the minimum."""

Query = Mapping[str, str]
Figure = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """What is told of a link.

    Attributes:
        title: What it shows, in a few words.
        description: That in one or two sentences.
        alt: The picture in words.
        query: The parameters by which the picture is found again.
        badges: Verdicts with their colours.
        mark: Changes with what the picture shows.
        figure: Makes the picture's figure.
    """

    title: str
    description: str
    alt: str
    query: tuple[tuple[str, str], ...] = ()
    badges: tuple[tuple[str, str], ...] = ()
    mark: str = ""
    figure: Callable[[], Figure | None] = field(default=lambda: None, compare=False)


class LinkPreviews:
    """Makes previews, and keeps the pictures that were drawn last."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.runs = RunView(lab.manager)
        self._timings = TimeView(lab.manager)
        self._drawn = lru_cache(maxsize=_KEPT)(self._draw)

    def of(self, query: Query, language: Language) -> Preview:
        """What is told of the page in the state that the parameters of its address name."""
        given = {name: value for name, value in query.items() if len(value) <= _LONGEST}
        claim, tab = given.get("claim", ""), given.get("tab", "")
        makers: list[tuple[bool, Callable[[], Preview]]] = [
            (bool(claim) and tab in ("", "claims"), lambda: self._claim(claim, language)),
            (tab == "claims", lambda: self._tab(tab, "check.title", "check.lead", language)),
            (tab == "train" and "run" in given, lambda: self._run(given["run"], language)),
            (tab == "time" and "timing" in given, lambda: self._timing(given["timing"], language)),
            (
                tab in ("train", "time"),
                lambda: self._tab(
                    tab, f"pages.preview.{tab}", f"pages.preview.{tab}_about", language
                ),
            ),
        ]
        for fits, make in makers:
            try:
                if fits:
                    return make()
            except UserError:
                continue
        return self._explored(given, language)

    def picture(self, query: Query, language: Language) -> bytes:
        """The picture of that, a PNG."""
        return self._drawn(self.of(query, language))

    def _draw(self, preview: Preview) -> bytes:
        try:
            figure = preview.figure()
        except UserError:  # a formula that takes too long
            figure = self._curves(curve_figure.read({}))
        title = written(preview.title, text("pages.preview.home", "en"))
        # A curve speaks for itself; so do verdicts, where there is a figure.
        silent = not preview.query or preview.query[0][0] in (*_EXPLORED, "claim")
        words = "" if figure and silent else written(preview.description, "")
        return link_picture(title, badges=preview.badges, words=words, figure=figure)

    def _explored(self, given: Query, language: Language) -> Preview:
        explored = curve_figure.read(given)
        refused = {each.partition("=")[0] for each in explored.refused}
        names = [name for name in _EXPLORED if name in given and name not in refused]
        known = {name: given[name] for name in names}
        comma = text("language.comma", language)
        labels = {each.name: each.label for each in activations()}
        rivals = [labels[name] for name in explored.act]
        if explored.formula:
            rivals.append(formula_label(f"={explored.formula}"))
        beta = numeral(explored.beta, ".6g")
        key = "beside" if rivals and ("act" in known or "formula" in known) else "beta"
        title = text(f"pages.preview.{key}", language, beta=beta, rivals=comma.join(rivals))
        if not known:
            title = text("pages.preview.home", language)
        low, high = explored.x if "x" in known else _X
        shown = comma.join([f"Swish (β = {beta})", *rivals])
        ends = {"low": f"{low:g}", "high": f"{high:g}", "names": shown}
        about = text("shell.about" if not known else "pages.preview.explore", language)
        return Preview(
            title,
            about,
            text("pages.preview.curves", language, **ends).replace("-", "−"),
            tuple(known.items()),
            figure=lambda: self._curves(explored, (low, high)),
        )

    def _curves(self, explored: Explored, x: tuple[float, float] = _X) -> Figure:
        panel = "f" if "f" in explored.show else explored.show[0]
        one = replace(explored, show=(panel,), x=x)
        return curves(self.lab, one, "preview")[0]

    def _claim(self, claim: str, language: Language) -> Preview:
        card = self.lab.claims.card(claim[:80], language)
        parts = card["parts"]
        found = [
            text(
                "pages.preview.claim",
                language,
                label=part["label"],
                verdict=part["verdict_label"],
                why=part["why"],
            )
            for part in parts
        ]
        badges = tuple(
            (f"{part['label']}: {part['verdict_label']}", _TONES.get(part["verdict"], "unk"))
            for part in parts
        )
        evidence = [part["evidence"] for part in parts if part["evidence"]]
        figures = (claim_figure(each, language) for each in evidence)
        statement = card["statement"][language]
        return Preview(
            statement,
            _cut(" ".join(found), language),
            f"{statement} {' · '.join(words for words, _ in badges)}",
            (("claim", card["id"]),),
            badges,
            " ".join(str(part["checked_at"]) for part in parts),
            lambda: next((each for each in figures if each), None),
        )

    def _run(self, run: str, language: Language) -> Preview:
        told = self.runs.answer(run[:80], -1, _PICKED, "", language)
        name = told["name"] or told["what"]
        facts = [told["what"]] * bool(told["name"]) + [told["line"]]
        about = told["sentence"] or " · ".join(facts)  # nothing is found before its first report
        drawn = told.get("figures", {})

        return Preview(
            name,
            _cut(about, language),
            text("pages.preview.run", language, name=name),
            (("tab", "train"), ("run", run[:80])),
            mark=f"{told['state']} {told['progress']}",
            figure=lambda: drawn.get("beta") or drawn.get("loss"),
        )

    def _timing(self, timing: str, language: Language) -> Preview:
        told = self._timings.answer(timing[:80], "", Look(language=language), "")
        answer = told["drawn"]["answer"][0].replace("**", "")
        about = told["drawn"].get("title", [text("pages.preview.time", language)])
        return Preview(
            answer,
            " · ".join(about),
            answer,
            (("tab", "time"), ("timing", timing[:80])),
            mark=told["mark"],
        )

    def _tab(self, tab: str, title: str, about: str, language: Language) -> Preview:
        count = len(self.lab.claims.claims)
        title, usual = text(title, language, count=count), curve_figure.read({})
        return Preview(
            title,
            text(about, language),
            title,
            (("tab", tab),),
            figure=lambda: self._curves(usual),
        )

    def tags(self, preview: Preview, address: str, root: str, language: Language) -> str:
        """The tags of a page's head.

        Args:
            preview: What is told.
            address: The page's own.
            root: Where the app lies, without a slash at the end.
            language: Of the words.
        """
        query = urlencode([*preview.query, ("lang", language)])
        told = [
            ("name", "description", preview.description),
            ("property", "og:site_name", "Swish Lab"),
            ("property", "og:type", "website"),
            ("property", "og:locale", text("language.tag", language).replace("-", "_")),
            ("property", "og:title", preview.title),
            ("property", "og:description", preview.description),
            ("property", "og:url", address),
            ("property", "og:image", f"{root}{PICTURE}?{query}"),
            ("property", "og:image:type", "image/png"),
            ("property", "og:image:width", WIDTH),
            ("property", "og:image:height", HEIGHT),
            ("property", "og:image:alt", preview.alt),
            ("name", "twitter:card", "summary_large_image"),
        ]
        line = Markup('<meta {}="{}" content="{}">')
        return Markup("\n").join(line.format(*each) for each in told)

    def head(self, request: Request) -> str:
        """The tags of the page itself, in the state that its address names."""
        language = language_of(request.headers, request.query_params)
        try:
            preview = self.of(dict(request.query_params), language)
        except Exception:  # the page is more than what is told of it
            _LOG.exception("no preview of %s", str(request.url.query)[:200])
            preview = self.of({}, language)
        root = root_of(request)
        shown = [*preview.query]
        if request.query_params.get("lang") == language:
            shown.append(("lang", language))
        address = f"{root}/{'?' if shown else ''}{urlencode(shown)}"
        return self.tags(preview, address, root, language)


def _cut(words: str, language: Language) -> str:
    """The beginning of what is longer than such a description may be."""
    if len(words) <= _LONGEST:
        return words
    return text("pages.preview.cut", language, words=words[:_LONGEST].rpartition(" ")[0])


def root_of(request: Request) -> str:
    """Where the app lies, as the reader's browser knows it, without a slash at the end."""
    headers = request.headers
    known = headers.get("x-forwarded-proto", "").split(",")[0].strip()
    scheme = known if known in ("http", "https") else request.url.scheme
    forwarded = headers.get("x-forwarded-host", "").split(",")[0].strip()
    host = forwarded if _HOST.fullmatch(forwarded) else request.url.netloc
    root = request.scope.get("root_path", "").rstrip("/")
    return f"{scheme}://{quote(host, safe=':[]')}{root}"


def curves(lab: Lab, explored: Explored, visitor: str) -> tuple[Figure, float]:
    """The curves that an address of Explore names, and the height of their picture in pixels.

    Raises:
        UserError: The formula is none, or takes too long (422), or too many wait (429).
    """

    def values(key: str) -> Values:
        low, high = explored.x
        name, parameters = explored.name(key), explored.parameters(key)
        found: Values = lab.studies.ask("curve", name, low, high, parameters, visitor=visitor)
        return found

    keys = [*explored.shown]
    if "diff" in explored.show and explored.base not in keys:
        keys.append(explored.base)
    found = {key: values(key) for key in keys}
    base = found.get(explored.base) if "diff" in explored.show else None
    shown = {key: found[key] for key in explored.shown}
    return curve_figure.curve_figure(explored, shown, base)
