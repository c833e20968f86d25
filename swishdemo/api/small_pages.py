"""Small pages of our own: one claim, a curve, a shared run, alone or in a frame of another site.

They hold all that they need: no script, no second request, no cookie.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.types import Scope

from swishdemo import pages
from swishdemo.api.guard import is_below
from swishdemo.api.request import local_path
from swishdemo.api.responses import internal_id, language
from swishdemo.claims.claims_report import SIGNS, takings
from swishdemo.errors import UserError
from swishdemo.figures.claims import illustrated
from swishdemo.text import LANGUAGES, Language, text
from swishdemo.ui.lab import Lab

PLACES = ("/claim", "/curve", "/run")
"""Where they lie."""

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors *"
    ),
    "Cache-Control": "max-age=60",
    "Vary": "Accept-Language",
}
_ABSENT: dict[int | str, dict[str, Any]] = {404: {"description": "There is none of this name."}}


def is_small_page(scope: Scope) -> bool:
    """Whether a request is for one of these pages, by which nobody is to be known."""
    return is_below(local_path(scope), PLACES)


def routes(lab: Lab) -> APIRouter:
    """The routes of the small pages."""
    router = APIRouter(tags=["pages"], default_response_class=HTMLResponse)

    @router.get("/claim/{claim_id}", responses=_ABSENT)
    def claim_page(claim_id: str, request: Request) -> HTMLResponse:
        """One claim with its verdicts and evidence; ``?lang=`` and ``?theme=`` as you like."""
        return _answer(request, lambda tongue: _claim(lab, claim_id, request, tongue, ""))

    @router.get("/claim/{claim_id}/embed", responses=_ABSENT)
    def embedded_claim(claim_id: str, request: Request) -> HTMLResponse:
        """The same for a frame in a page of yours."""
        return _answer(request, lambda tongue: _claim(lab, claim_id, request, tongue, "embed"))

    return router


def _answer(request: Request, make: Callable[[Language], str]) -> HTMLResponse:
    """The page that is made, or one that says in a sentence why there is none."""
    tongue = language(request)
    try:
        return HTMLResponse(make(tongue), headers=_HEADERS)
    except UserError as error:
        sentence, status = error.sentence(tongue), error.status
    except Exception as error:
        sentence, status = text("error.internal", tongue, id=internal_id(error)), 500
    page = pages.render(
        "sentence",
        tongue,
        _theme(request),
        sentence=sentence,
        app=_app(request),
        words=_words(tongue),
    )
    return HTMLResponse(page, status, headers={**_HEADERS, "Cache-Control": "no-store"})


def _claim(lab: Lab, claim_id: str, request: Request, tongue: Language, kind: str) -> str:
    try:
        card = illustrated(lab.claims.card(claim_id[:80], tongue), tongue)
    except UserError as error:
        if error.status != 404:
            raise
        raise UserError("pages.no_claim", status=404, value=claim_id[:40]) from error
    app = f"{_app(request)}?tab=claims&lang={tongue}#claim-{card['id']}"
    return pages.render(
        "claim",
        tongue,
        _theme(request),
        card=card,
        signs=SIGNS,
        source=card["document"],
        app=app,
        embedded=kind == "embed",
        languages=[
            (text("language.name", each), f"?lang={each}") for each in LANGUAGES if each != tongue
        ],
        takings=list(takings(card, _root(request), tongue).values()),
        words=_words(tongue),
    )


def _words(tongue: Language) -> dict[str, str]:
    return {"open": text("pages.open", tongue), "take": text("pages.take", tongue)}


def _theme(request: Request) -> pages.Theme:
    asked = request.query_params.get("theme")
    return "dark" if asked == "dark" else "light" if asked == "light" else None


def _app(request: Request) -> str:
    """The app's page, from the small one: it may lie below another app's address."""
    return "../" * (local_path(request.scope).count("/") - 1) or "./"


def _root(request: Request) -> str:
    """Where the app lies, as the reader's browser knows it."""
    known = request.headers.get("x-forwarded-proto", "").split(",")[0].strip()
    scheme = known if known in ("http", "https") else request.url.scheme
    root = request.scope.get("root_path", "").rstrip("/")
    return f"{scheme}://{quote(request.url.netloc, safe=':[]')}{root}"
