"""The routes about the article's claims."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse, Response

from swishdemo.api.request import Tongue, Visitor
from swishdemo.api.responses import FiniteJSON
from swishdemo.claims import CLAIMS, claims_report
from swishdemo.claims.evaluate import purposes
from swishdemo.figures.claims import illustrated
from swishdemo.ui import claim_view
from swishdemo.ui.lab import Lab

_ABSENT: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such claim."}}
Claims = Annotated[list[str], Query(max_length=64, description="Ids of GET /api/claims.")]


def routes(lab: Lab) -> APIRouter:
    """The routes about claims."""
    router = APIRouter(tags=["claims"])
    _add_files(router, lab)

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
    )
    def check_claim(claim_id: str, visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """Check a claim here and now: 200 with the claim where that is instant, else 201."""
        claim, jobs = lab.claims.check(claim_id[:80], visitor, tongue)
        if not jobs:
            return FiniteJSON(claim)
        addresses = [f"/api/{job.kind}s/{job.id}" for job in jobs]
        return FiniteJSON({"id": claim["id"], "job": addresses[0], "jobs": addresses}, 201)

    @router.post("/api/claims/check", status_code=202)
    def check_claims(visitor: Visitor) -> FiniteJSON:
        """Check all claims that need a job, one after the other: their ids, in that order."""
        ids = [claim.id for claim in CLAIMS if purposes(claim)]
        lab.claims.check_all(ids, visitor)
        return FiniteJSON({"claims": ids}, 202)

    @router.post("/api/claims/{claim_id}/stop", responses=_ABSENT)
    def stop_check(claim_id: str, visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """End your own jobs of a claim; how far its jobs are then."""
        lab.claims.stop(claim_id[:80], visitor)
        return FiniteJSON(claim_view.progress(lab, claim_id[:80], tongue, visitor))

    return router


def _add_files(router: APIRouter, lab: Lab) -> None:
    """What is made to be taken elsewhere. Before the routes of one claim, which "report" is not."""

    @router.get("/api/claims/report", response_class=PlainTextResponse)
    def report_claims(
        tongue: Tongue, format: Annotated[Literal["html", "md"], Query()] = "html"
    ) -> Response:
        """All claims with their verdicts as one file: HTML that needs nothing else, or Markdown."""
        cards = [illustrated(card, tongue) for card in lab.claims.cards(tongue)]
        if format == "md":
            return Response(claims_report.as_markdown(cards, tongue), media_type="text/markdown")
        return Response(claims_report.as_html(cards, tongue), media_type="text/html")

    @router.get("/api/claims/{claim_id}/badge.svg", responses=_ABSENT)
    def badge_of_claim(claim_id: str, tongue: Tongue) -> Response:
        """A claim's verdicts as a picture of one line, for a page elsewhere."""
        card = lab.claims.card(claim_id[:80], tongue)
        headers = {"Cache-Control": "max-age=300"}
        return Response(
            claims_report.badge(card, tongue), media_type="image/svg+xml", headers=headers
        )
