"""Serves claims, and the documents that they are taken from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse, Response

from swishdemo.api import responses
from swishdemo.api.dependencies import Given, Tongue, Visitor, short_text
from swishdemo.api.responses import FiniteJSON
from swishdemo.claims import ARTICLE, CLAIMS, DOCUMENTS, claims_report
from swishdemo.claims.documents import claims_of, document
from swishdemo.claims.evaluate import purposes
from swishdemo.claims.own_claim import STATEMENTS
from swishdemo.claims.record import BUDGETS, budget_of
from swishdemo.errors import refuse_unknown
from swishdemo.figures.claims import illustrated
from swishdemo.form import Schema
from swishdemo.text import LANGUAGES, Language, text
from swishdemo.ui import claim_view
from swishdemo.ui.lab import Lab

_ABSENT: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such claim."}}
_NO_DOCUMENT: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such document."}}
_WHICH = responses.thing(
    document={"type": "string", "enum": [each.id for each in DOCUMENTS], "default": "article"}
)
_BUDGET = responses.thing(
    budget={
        "enum": list(BUDGETS),
        "default": "quick",
        "description": "thorough: more runs of more networks, up to ten minutes.",
    }
)
Claims = Annotated[list[str], Query(max_length=128, description="Ids of GET /api/claims.")]


_EXAMPLE = {
    **{"kind": "beats", "activation": "=x*tanh(x)", "against": "relu"},
    **{"dataset": "digits", "network": "mlp", "margin": 2},
}


def _statement(lab: Lab) -> Schema:
    """The JSON schema of a claim of one's own."""
    return {
        "oneOf": [
            each.schema_on(lab.settings, kind={"const": name}) | {"required": ["kind"]}
            for name, each in STATEMENTS.items()
        ]
    }


def routes(lab: Lab) -> APIRouter:
    """The routes about claims."""
    router = APIRouter(tags=["claims"])
    _add_files(router, lab)
    _add_documents(router, lab)
    _add_own(router, lab)

    @router.get("/api/claims")
    def list_claims(tongue: Tongue) -> FiniteJSON:
        """Every claim, in parts, each with its verdict and the evidence for it."""
        return FiniteJSON(lab.claims.listing(tongue))

    @router.get("/api/claims/view")
    def view_claims(visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """Every claim as the page shows it: in words of one language, with Plotly's figures."""
        return FiniteJSON(claim_view.cards(lab, tongue, visitor))

    @router.get("/api/claims/{claim_id}/view", responses=_ABSENT)
    def view_claim(claim_id: str, visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """One claim as the page shows it."""
        return FiniteJSON(claim_view.card(lab, claim_id[:80], tongue, visitor))

    @router.get("/api/claims/progress", responses=_ABSENT)
    def progress(claim: Claims, visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """How far the checks of some claims are: by its id, the jobs of each in words.

        ``mark`` is another one whenever a verdict may be another.
        """
        return FiniteJSON({each: claim_view.progress(lab, each, tongue, visitor) for each in claim})

    @router.post(
        "/api/claims/{claim_id}/check",
        responses={
            201: {
                "description": "Jobs were started; `jobs` are their addresses, `job` is the first."
            },
            **_ABSENT,
            429: {"description": "Too many jobs wait."},
        },
        openapi_extra=responses.body(_BUDGET),
    )
    def check_claim(claim_id: str, visitor: Visitor, tongue: Tongue, given: Given) -> FiniteJSON:
        """Check a claim here and now: 200 with the claim where that is instant, else 201."""
        refuse_unknown(given, ("budget",), "error.what.check")
        claim, jobs = lab.claims.check(claim_id[:80], visitor, tongue, budget_of(given))
        if not jobs:
            return FiniteJSON(claim)
        addresses = [f"/api/{job.kind}s/{job.id}" for job in jobs]
        return FiniteJSON({"id": claim["id"], "job": addresses[0], "jobs": addresses}, 201)

    @router.post(
        "/api/claims/check",
        status_code=202,
        responses=_NO_DOCUMENT,
        openapi_extra=responses.body(_WHICH, example={"document": "wikipedia"}),
    )
    def check_claims(visitor: Visitor, given: Given) -> FiniteJSON:
        """Check a document's claims that need a job, in order, a few at a time: their ids.

        ``{"document": "mish"}`` names the document; left out, it is the article.
        """
        refuse_unknown(given, ("document",), "error.what.check")
        name = short_text(given, "document") if "document" in given else ARTICLE.id
        ids = [claim.id for claim in claims_of(name) if purposes(claim)]
        lab.claims.check_all(ids, visitor)
        return FiniteJSON({"claims": ids}, 202)

    @router.post("/api/claims/{claim_id}/stop", responses=_ABSENT)
    def stop_check(claim_id: str, visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """End your own jobs of a claim; how far its jobs are then."""
        lab.claims.stop(claim_id[:80], visitor)
        return FiniteJSON(claim_view.progress(lab, claim_id[:80], tongue, visitor))

    @router.get("/api/claims/{claim_id}", responses=_ABSENT)
    def get_claim(claim_id: str, tongue: Tongue) -> FiniteJSON:
        """One claim, in parts; of a visitor's also what was registered, and when."""
        return FiniteJSON(lab.claims.told(claim_id[:80], tongue))

    return router


def _add_documents(router: APIRouter, lab: Lab) -> None:
    """What the claims are taken from."""

    @router.get("/api/documents")
    def list_documents(tongue: Tongue) -> FiniteJSON:
        """The documents that claims are taken from, the article first, each with its summary.

        ``verdicts`` counts the parts that have each; ``note`` warns where the document's own text
        was not read, and what others report of it is stated.
        """
        return FiniteJSON(_summaries(lab, tongue))

    @router.get("/api/documents/{document_id}", responses=_NO_DOCUMENT)
    def one_document(document_id: str, tongue: Tongue) -> FiniteJSON:
        """One document with its summary."""
        name = document(document_id[:80]).id
        return FiniteJSON(next(each for each in _summaries(lab, tongue) if each["id"] == name))


def _summaries(lab: Lab, tongue: Language) -> list[dict[str, Any]]:
    return [
        {
            "id": of.id,
            "title": {each: of.title(each) for each in LANGUAGES},
            "address": of.address,
            "authors": of.authors,
            "year": of.year,
            "opened": of.opened,
            "note": "" if of.opened else text("claims.note.not_opened", tongue),
            "claims": [claim["id"] for claim in claims],
            "verdicts": claims_report.counted(claims),
            "summary": claims_report.lead(claims, tongue),
        }
        for of, claims in claims_report.by_document(lab.claims.listing(tongue))
    ]


def _add_own(router: APIRouter, lab: Lab) -> None:
    """Visitors' own claims. Before the routes of one claim, which "own" is not."""

    @router.post(
        "/api/claims",
        status_code=201,
        responses={
            409: {"description": "You have as many as one may have."},
            422: {"description": "A field is unknown or has a bad value."},
        },
        openapi_extra=responses.body(_statement(lab), required=True, example=_EXAMPLE),
    )
    def state_claim(given: Given, visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """Register a claim of your own before it is run: what is stated, how often, which rule.

        ``kind`` is ``beats`` (more accurate by at least so many points), ``costs`` (at most so
        many times as long) or ``differs`` (by at most so much on an interval). Its id cannot be
        guessed: whoever has it may read the claim; you alone may check and delete it.
        """
        claim = lab.claims.own.register(given, visitor)
        return FiniteJSON(lab.claims.told(claim.id, tongue), 201)

    @router.post("/api/claims/preview", openapi_extra=responses.body(_statement(lab)))
    def preview_claim(given: Given) -> FiniteJSON:
        """The sentence and the rule that would be registered, in each language; nothing is."""
        stated = lab.claims.own.preview(given)
        return FiniteJSON(
            {
                "statement": {each: stated.sentence(each) for each in LANGUAGES},
                "rule": {each: stated.rule(each, lab.settings) for each in LANGUAGES},
            }
        )

    @router.get("/api/claims/own")
    def list_own(visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """The claims that you have stated yourself, the newest first."""
        return FiniteJSON(lab.claims.listing(tongue, own=visitor))

    @router.get("/api/claims/own/view")
    def view_own(visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """Your own claims as the page shows them."""
        return FiniteJSON(claim_view.cards(lab, tongue, visitor, own=True))

    @router.delete("/api/claims/{claim_id}", status_code=204, responses=_ABSENT)
    def delete_claim(claim_id: str, visitor: Visitor) -> Response:
        """Remove a claim of your own with its evidence; what runs for it is stopped."""
        lab.claims.own.delete(claim_id[:80], visitor)
        return Response(status_code=204)


def _add_files(router: APIRouter, lab: Lab) -> None:
    """What is made to be taken elsewhere. Before the routes of one claim, which "report" is not."""

    @router.get("/api/claims/report", response_class=PlainTextResponse, responses=_NO_DOCUMENT)
    def report_claims(
        tongue: Tongue,
        format: Annotated[Literal["html", "md"], Query()] = "html",
        document: Annotated[str | None, Query(max_length=80)] = None,
    ) -> Response:
        """All claims, or a document's, as one file: HTML that needs nothing else, or Markdown."""
        wanted = {claim.id for claim in (claims_of(document) if document else CLAIMS)}
        cards = [card for card in lab.claims.cards(tongue) if card["id"] in wanted]
        return _report(cards, tongue, format)

    @router.get(
        "/api/claims/{claim_id}/report", response_class=PlainTextResponse, responses=_ABSENT
    )
    def report_claim(
        claim_id: str, tongue: Tongue, format: Annotated[Literal["html", "md"], Query()] = "html"
    ) -> Response:
        """One claim with its verdicts as one file, a visitor's own too."""
        return _report([lab.claims.card(claim_id[:80], tongue)], tongue, format)

    @router.get("/api/claims/{claim_id}/badge.svg", responses=_ABSENT)
    def badge_of_claim(claim_id: str, tongue: Tongue) -> Response:
        """A claim's verdicts as a picture of one line, for a page elsewhere."""
        card = lab.claims.card(claim_id[:80], tongue)
        headers = {"Cache-Control": "max-age=300"}
        return Response(
            claims_report.badge(card, tongue), media_type="image/svg+xml", headers=headers
        )


def _report(cards: list[dict[str, Any]], tongue: Language, form: str) -> Response:
    """Some claims as one file."""
    drawn = [illustrated(card, tongue) for card in cards]
    if form == "md":
        return Response(claims_report.as_markdown(drawn, tongue), media_type="text/markdown")
    return Response(claims_report.as_html(drawn, tongue), media_type="text/html")
