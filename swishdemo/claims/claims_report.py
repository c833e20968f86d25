"""Writes all claims with their verdicts as one file: Markdown, or HTML that needs nothing else.

Makes a verdict's badge too; and holds the command ``claims``, which checks claims on this machine.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from swishdemo import __version__
from swishdemo.claims.documents import CLAIMS, DOCUMENTS
from swishdemo.claims.evaluate import ClaimEvaluator, purposes
from swishdemo.claims.record import ARTICLE, BUDGETS, Claim, SourceDocument, verdict_label
from swishdemo.claims.registration import OWN
from swishdemo.formats import frame, page, plain
from swishdemo.jobs.manager import JobManager
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES, Language, text

Cards = Sequence[Mapping[str, Any]]
"""As `swishdemo.claims.evaluate.ClaimEvaluator.cards` tells them."""

SIGNS = {
    "confirmed": "✓",
    "imprecise": "≈",
    "refuted": "✗",
    "depends": "◐",
    "undecided": "?",
    "not run": "–",
}
_COLOURS = {
    "confirmed": "#15803d",
    "imprecise": "#8a5a00",
    "refuted": "#b91c1c",
    "depends": "#8a5a00",
}
_GREY = "#52606d"
_LETTER = 6.6
"""Pixels that a letter of a badge takes, on average."""

_BADGE = Environment(autoescape=True).from_string(
    Path(__file__).with_name("badge.svg").read_text("utf-8")
)


def as_html(cards: Cards, language: Language) -> str:
    """The report as a page: no script, no file beside it, in light and dark, and on paper.

    A part's ``picture`` stands beside it where it has one (`swishdemo.figures.claims`).
    """
    return page(
        "report",
        language,
        title=_title(cards, language),
        documents=[
            {"about": of, "title": of.title(language), "cards": own, "lead": lead(own, language)}
            for of, own in by_document(cards)
        ],
        not_opened=text("claims.note.not_opened", language),
        signs=SIGNS,
        thorough=text("check.thorough_made", language),
        lead=lead(cards, language),
        date=_today(),
    )


def as_markdown(cards: Cards, language: Language) -> str:
    """The report in Markdown: headings for documents and claims, a line for each of their parts."""
    lines = [f"# {_title(cards, language)}", "", f"{lead(cards, language)} {_today()}"]
    for of, own in by_document(cards):
        note = "" if of.opened else f" {text('claims.note.not_opened', language)}"
        lines += ["", f"## {plain(of.title(language))}", ""]
        source = f"<{of.address}> · " if of.address else ""
        lines += [f"{source}{lead(own, language)}{note}"]
        for number, card in enumerate(own, 1):
            lines += ["", f"### {number}. {plain(card['statement'][language])}", ""]
            lines += [plain(card["note"]), ""] if "note" in card else []
            for part in card["parts"]:
                lines += _in_lines(part)
    return "\n".join([*lines, ""])


def by_document(
    cards: Cards,
) -> list[tuple[SourceDocument, list[Mapping[str, Any]]]]:
    """The documents that cards, or entries of the listing, are of, and those of each."""
    known = {each.id: each for each in (*DOCUMENTS, OWN)}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for card in cards:
        of = card["document"]
        found.setdefault(of if isinstance(of, str) else of["id"], []).append(card)
    return [(known[name], own) for name, own in found.items()]


def counted(cards: Cards) -> dict[str, int]:
    """How many parts have each verdict that occurs."""
    counts = Counter(part["verdict"] for card in cards for part in card["parts"])
    return {verdict: counts[verdict] for verdict in SIGNS if counts[verdict]}


def _in_lines(part: Mapping[str, Any]) -> Iterator[str]:
    """A part's verdict, its settings' verdicts, and where it was reached."""
    said = f"{plain(part['label'])}: {plain(part['why'])}"
    yield f"- **{SIGNS[part['verdict']]} {part['verdict_label']}** · {said}"
    for row in part["rows"]:
        came = "; ".join(map(plain, row["effects"]))
        yield f"  - {SIGNS[row['verdict']]} {plain(row['where'])}: {came}"
    facts = [part["kind_label"], part["host"], part["checked_at"]]
    yield f"  - *{plain(' · '.join(filter(None, facts)))}*"


def badge(card: Mapping[str, Any], language: Language) -> str:
    """A claim's verdicts as a picture of one line, SVG."""
    verdicts = list(dict.fromkeys(part["verdict"] for part in card["parts"]))
    labels = list(dict.fromkeys(part["verdict_label"] for part in card["parts"]))
    found = " · ".join(labels)
    colour = _COLOURS.get(verdicts[0], _GREY) if len(verdicts) == 1 else _GREY
    name = _name(card)
    left, right = (round(_width(words) + 14) for words in (name, found))
    return _BADGE.render(name=name, found=found, left=left, right=right, colour=colour)


def takings(card: Mapping[str, Any], root: str, language: Language) -> dict[str, str]:
    """What is taken along of a claim: a sentence to ``cite``, its ``badge`` and ``embed`` code.

    Args:
        card: As the evaluator tells it.
        root: Where the app lies, without a slash at the end.
        language: Of the sentence.
    """
    statement, address = card["statement"][language], f"{root}/claim/{card['id']}"
    found = text("language.semicolon", language).join(
        f"{part['label']}: {part['verdict_label']}" for part in card["parts"]
    )
    days = [part["checked_at"][:10] for part in card["parts"] if part["checked_at"]]
    said = {"statement": statement, "found": found, "day": max(days, default="–")}
    badge = f"{root}/api/claims/{card['id']}/badge.svg"
    return {
        "cite": text("pages.cite", language, **said, version=__version__, address=address),
        "badge": f"[![{_name(card)}]({badge})]({address})",
        "embed": str(frame(f"{address}/embed", statement)),
    }


def lead(cards: Cards, language: Language) -> str:
    """How many verdicts of each kind there are, in one sentence."""
    counts = counted(cards)
    listed = text("language.comma", language).join(
        f"{count} {verdict_label(verdict, language)}" for verdict, count in counts.items()
    )
    if (count := sum(counts.values())) == 1:
        return text("claims.report.lead_one", language, listed=listed)
    return text("claims.report.lead", language, count=count, listed=listed)


def _title(cards: Cards, language: Language) -> str:
    documents = [of for of, _ in by_document(cards)]
    title = "title" if documents == [ARTICLE] else "own" if documents == [OWN] else "title_all"
    return text(f"claims.report.{title}", language)


def _name(card: Mapping[str, Any]) -> str:
    """What a badge is of; the id of a visitor's own claim says nothing to a reader."""
    return "Swish Lab" if "registered" in card else f"Swish: {card['id']}"


def _width(words: str) -> float:
    return sum(_LETTER if ord(letter) < 0x2E80 else 2 * _LETTER for letter in words)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


# ---- The command ----

_FORMATS: Mapping[str, Callable[[Cards, Language], str]] = {".html": as_html, ".md": as_markdown}
_VISITOR = "command line"
_EVERY = "all"
_LOOK = 0.3
"""Seconds between two looks at how far the checks are."""


def add_options(command: argparse.ArgumentParser) -> None:
    """Tell a parser what the command may be given."""
    command.add_argument(
        "claim",
        nargs="*",
        metavar="CLAIM",
        help="which to check; a document’s where none is named: "
        + ", ".join(claim.id for claim in CLAIMS),
    )
    command.add_argument(
        "--document",
        metavar="ID",
        help="whose claims are checked where none is named: the article’s unless this says "
        f"otherwise; {_EVERY} for those of every document: "
        + ", ".join(document.id for document in DOCUMENTS),
    )
    command.add_argument(
        "--budget", choices=BUDGETS, default="quick", help="how much time a claim may take"
    )
    command.add_argument(
        "--report", type=Path, metavar="FILE", help="a file to write all verdicts to, .html or .md"
    )
    command.add_argument(
        "--language", choices=LANGUAGES, default="en", help="the report's language"
    )


def refused(given: argparse.Namespace) -> str | None:
    """Why the command cannot be carried out, in a sentence; None where it can."""
    known = [claim.id for claim in CLAIMS]
    for claim in given.claim:
        if claim not in known:
            return f"There is no claim “{claim}”; the claims are: {', '.join(known)}."
    documents = [document.id for document in DOCUMENTS]
    if given.document not in (None, _EVERY, *documents):
        listed = ", ".join([_EVERY, *documents])
        return f"There is no document “{given.document}”; the documents are: {listed}."
    if given.report and given.report.suffix not in _FORMATS:
        return f"{given.report} must end in one of: {', '.join(_FORMATS)}."
    return None


def check(
    given: argparse.Namespace,
    settings: Settings,
    illustrated: Callable[[Mapping[str, Any], Language], dict[str, Any]],
) -> bool:
    """Check claims, print each verdict, and write the report; False where it was interrupted.

    Args:
        given: The command's words.
        settings: The limits of this machine.
        illustrated: Adds pictures to a card.

    Raises:
        OSError: The report cannot be written.
    """
    if given.report:  # before minutes are spent on what could not be kept
        given.report.open("a", encoding="utf-8").close()
    wanted = _wanted(given)
    manager = JobManager.open(settings, kept=False)
    manager.hardware.settle()
    claims = ClaimEvaluator(manager)
    try:
        claims.check_all([claim.id for claim in wanted if purposes(claim)], _VISITOR, given.budget)
        whole = _watched(claims, [claim.id for claim in wanted])
        named = {claim.id for claim in wanted}
        cards = [card for card in claims.cards(given.language) if card["id"] in named]
    finally:
        claims.close()
        manager.close()
    for card in cards:
        for part in card["parts"]:
            print(f"{card['id']} · {part['label']}: {part['verdict_label']}")
    if given.report:
        write = _FORMATS[given.report.suffix]
        given.report.write_text(
            write([illustrated(card, given.language) for card in cards], given.language),
            encoding="utf-8",
        )
    return whole


def _wanted(given: argparse.Namespace) -> list[Claim]:
    """The claims that are named, else a document's: the article's where none is named."""
    if given.claim:
        return [claim for claim in CLAIMS if claim.id in given.claim]
    document = given.document or ARTICLE.id
    return [claim for claim in CLAIMS if document in (_EVERY, claim.document.id)]


def _watched(claims: ClaimEvaluator, wanted: list[str]) -> bool:
    """Show how many claims are left until none is; False where the reader has had enough."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
    try:
        with bar:
            task = bar.add_task("", total=len(wanted))
            while left := [claim for claim in wanted if claims.planned(claim)]:
                bar.update(task, completed=len(wanted) - len(left), description=left[0])
                time.sleep(_LOOK)
    except KeyboardInterrupt:
        return False
    return True
