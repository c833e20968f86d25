"""Words a claim and its verdicts as a page shows them: labels, proofs, a training's rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from swishdemo.claims.beta import BetaRange
from swishdemo.claims.record import Claim, Evidence, Part, SourceDocument, verdict_label, worded
from swishdemo.claims.trained import Trained
from swishdemo.text import LANGUAGES, Language, catalogue, text


def card_of(claim: Claim, told: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """A claim of the listing with what a page shows beside it.

    Added to a claim: ``document`` as an object, ``title`` (the statement in about six words),
    ``tab``, ``setup``, and ``note`` of a visitor's own; to a part: ``label``, ``verdict_label``,
    ``kind_label``, ``proof`` (Markdown with LaTeX, or None), ``rows`` (of a training, each setting
    with its verdict; ``why`` tells the rest).

    Args:
        claim: The record.
        told: What the listing tells of it.
        language: Of the words.
    """
    card = {
        **told,
        "parts": [
            part | _beside(claim, record, part, language)
            for record, part in zip(claim.parts, told["parts"], strict=True)
        ],
        "title": {each: claim.title(each) for each in LANGUAGES},
        "document": _about(claim.document, language),
        "tab": claim.tab,
        "setup": dict(claim.setup),
    }
    if registered := told.get("registered"):
        card["note"] = text(
            "claims.report.registered",
            language,
            at=f"{registered['at'][:19].replace('T', ' ')} UTC",
            version=registered["version"],
            rule=registered["rule"][language],
        )
    return card


def _beside(
    claim: Claim, part: Part, told: Mapping[str, Any], language: Language
) -> dict[str, Any]:
    """What is added to a part; of a training, ``why`` is said anew."""
    beside: dict[str, Any] = {
        "label": claim.label(part.name, language),
        "verdict_label": verdict_label(told["verdict"], language),
        "kind_label": text(f"claims.kind.{part.kind}", language),
        "proof": _proof(claim, part, told["evidence"], language),
        "rows": [],
    }
    design = part.design if isinstance(part, BetaRange) else part
    evidence = told["evidence"] or {}
    if isinstance(design, Trained) and "settings" in evidence:
        beside |= _in_rows(design, evidence, language)
    return beside


def _about(document: SourceDocument, language: Language) -> dict[str, Any]:
    """What a card says of the document; ``note`` warns where its text was not read."""
    return {
        "id": document.id,
        "title": document.title(language),
        "address": document.address,
        "opened": document.opened,
        "note": "" if document.opened else text("claims.note.not_opened", language),
    }


def _in_rows(part: Trained, evidence: Evidence, language: Language) -> dict[str, Any]:
    """What came out as a table in place of one long sentence."""
    return {
        "why": worded(part.summary(evidence), language),
        "rows": [
            {
                "verdict": name,
                "where": worded(where, language),
                "effects": [worded(each, language) for each in effects],
            }
            for name, where, effects in part.rows(evidence)
        ],
    }


def _proof(claim: Claim, part: Part, evidence: Evidence | None, language: Language) -> str | None:
    key = f"claims.{claim.id}.proof.{part.name}"
    if evidence is None or key not in catalogue():
        return None
    derivation = text(key, language, **evidence)
    return re.sub(
        r"(?<=\d)e([+-])0*(\d+)",
        lambda found: rf"\cdot 10^{{{found[1].strip('+')}{found[2]}}}",
        derivation,
    )
