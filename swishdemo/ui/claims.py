"""Claims: the article's sentences with verdicts, evidence and proofs, and checks on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from swishdemo.claims import ARTICLE, Claim, SourceDocument
from swishdemo.claims.history import SWISH
from swishdemo.claims.own_claim import STATEMENTS
from swishdemo.claims.record import budget_of
from swishdemo.jobs.access import visitor_of
from swishdemo.text import LANGUAGES
from swishdemo.ui.assets import live
from swishdemo.ui.claim_view import card
from swishdemo.ui.in_gradio import beginning, in_browser, language
from swishdemo.ui.lab import Lab

_MOST = 200
"""More claims than there are."""

_LATEX: list[dict[str, str | bool]] = [{"left": "$", "right": "$", "display": False}]


def build(lab: Lab) -> None:
    """Put the tab's components into the surrounding ``gr.Blocks``."""
    view = live(
        "claims/tab",
        elem_id="lab-claims",
        claims=stated(lab.claims.claims),
        own=own_fields(lab),
        article=ARTICLE.address,
        paper=SWISH.url,
    )
    proofs = gr.Markdown(elem_id="lab-proofs", latex_delimiters=_LATEX)
    # The browser has the proofs' text; Gradio only sets their LaTeX.
    in_browser(view, "lab-proofs.proofs", proofs)
    beginning(view.submit, view, checker(lab))


def checker(lab: Lab) -> Callable[[dict[str, Any], gr.Request], dict[str, Any]]:
    """The event that checks a claim: proves it anew, or starts what it needs."""

    def check(asked: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """The claim's card as it stands then; of several, nothing."""
        visitor = visitor_of(request)
        if isinstance(several := asked.get("claims"), list):
            lab.claims.check_all([str(each)[:80] for each in several[:_MOST]], visitor)
            return {}
        claim = str(asked.get("claim"))[:80]
        lab.claims.check(claim, visitor, budget=budget_of(asked))
        return card(lab, claim, language(request), visitor)

    return check


def own_fields(lab: Lab) -> dict[str, list[dict[str, Any]]]:
    """What may be given of a claim of one's own: its kind → the fields in their order."""
    return {
        name: [field.as_json() for field in form.fields(lab.settings).values()]
        for name, form in STATEMENTS.items()
    }


def stated(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """What is known of each claim before anything is checked, in both languages."""
    return [
        {
            "id": claim.id,
            "title": {each: claim.title(each) for each in LANGUAGES},
            "document": _about(claim.document),
            "statement": {each: claim.statement(each) for each in LANGUAGES},
            "kinds": sorted({part.kind for part in claim.parts}),
            "parts": len(claim.parts),
        }
        for claim in claims
    ]


def _about(document: SourceDocument) -> dict[str, Any]:
    titles = {each: document.title(each) for each in LANGUAGES}
    return {
        "id": document.id,
        "title": titles,
        "address": document.address,
        "opened": document.opened,
    }
