"""The command ``claims``: checks claims on this machine, and writes a report."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from swishdemo.claims.claims_report import Cards, as_html, as_markdown
from swishdemo.claims.documents import CLAIMS, DOCUMENTS
from swishdemo.claims.evaluate import ClaimEvaluator, purposes
from swishdemo.claims.record import ARTICLE, BUDGETS, Claim
from swishdemo.jobs.manager import JobManager
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES, Language

FORMATS: Mapping[str, Callable[[Cards, Language], str]] = {
    ".html": as_html,
    ".md": as_markdown,
}
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
    if given.report and given.report.suffix not in FORMATS:
        return f"{given.report} must end in one of: {', '.join(FORMATS)}."
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
        write = FORMATS[given.report.suffix]
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
