"""Gathers the documents that claims are taken from, and all claims, the article's first.

A module in this folder is found without being named: its ``CLAIMS`` are added.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from typing import TypeVar

from swishdemo.claims.record import ARTICLE, Claim, SourceDocument
from swishdemo.errors import UserError


def index(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """The claims document by document: the article's first, the others by their year.

    Raises:
        ValueError: Two claims, or two documents, have one name.
    """
    found: dict[str, Claim] = {}
    known: dict[str, SourceDocument] = {}
    for claim in claims:
        if claim.id in found:
            raise ValueError(f"claim {claim.id} is given twice")
        if known.setdefault(claim.document.id, claim.document) != claim.document:
            raise ValueError(f"document {claim.document.id} is given twice")
        found[claim.id] = claim
    places = list(known)
    return tuple(
        sorted(
            found.values(),
            key=lambda claim: (
                claim.document != ARTICLE,
                claim.document.year,
                places.index(claim.document.id),
            ),
        )
    )


CLAIMS: tuple[Claim, ...] = index(
    claim
    for module in pkgutil.iter_modules(__path__, f"{__name__}.")
    for claim in import_module(module.name).CLAIMS
)
DOCUMENTS: tuple[SourceDocument, ...] = tuple(
    {claim.document.id: claim.document for claim in CLAIMS}.values()
)


def get(claim_id: object, claims: tuple[Claim, ...] = CLAIMS) -> Claim:
    """The claim called ``claim_id``.

    Raises:
        UserError: There is none (404).
    """
    return _called(claim_id, claims, "claims.error.unknown", "id")


def document(document_id: object) -> SourceDocument:
    """The document called ``document_id``.

    Raises:
        UserError: There is none (404).
    """
    return _called(document_id, DOCUMENTS, "claims.error.unknown_document", "document")


_Record = TypeVar("_Record", Claim, SourceDocument)


def _called(given: object, records: tuple[_Record, ...], key: str, field: str) -> _Record:
    for each in records:
        if each.id == given:
            return each
    choices = ", ".join(each.id for each in records)
    raise UserError(key, field=field, status=404, value=str(given)[:40], choices=choices)


def claims_of(document_id: object) -> tuple[Claim, ...]:
    """What is claimed in the document called ``document_id``.

    Raises:
        UserError: There is none (404).
    """
    of = document(document_id)
    return tuple(claim for claim in CLAIMS if claim.document == of)
