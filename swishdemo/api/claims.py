"""The routes about the article's claims."""

from __future__ import annotations

from fastapi import APIRouter

from swishdemo.api.caller import Tongue, Visitor
from swishdemo.api.errors import FiniteJSON
from swishdemo.ui.lab import Lab


def routes(lab: Lab) -> APIRouter:
    """The routes about claims."""
    router = APIRouter(tags=["claims"])

    @router.get("/api/claims")
    def list_claims(tongue: Tongue) -> FiniteJSON:
        """Every claim, in parts, each with its verdict and the evidence for it."""
        return FiniteJSON(lab.claims.listing(tongue))

    @router.post(
        "/api/claims/{claim_id}/check",
        responses={
            201: {"description": "A job was started; `job` is its address."},
            404: {"description": "There is no such claim."},
            429: {"description": "Too many jobs wait."},
        },
    )
    def check_claim(claim_id: str, visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """Check a claim here and now: 200 with the claim where that is instant, else 201."""
        claim, job = lab.claims.check(claim_id[:80], visitor, tongue)
        if job is None:
            return FiniteJSON(claim)
        where = "runs" if job.kind == "run" else "timings"
        return FiniteJSON({"id": claim["id"], "job": f"/api/{where}/{job.id}"}, 201)

    return router
