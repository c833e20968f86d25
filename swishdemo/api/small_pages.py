"""Serves small pages: one claim, a curve, a shared run, alone or in a frame of another site.

They hold all that they need: no script, no second request, no cookie. Beside them lies the picture
that chats and feeds show of a link.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import segno
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from swishdemo.api.dependencies import local_path
from swishdemo.api.responses import language
from swishdemo.claims.claims_report import SIGNS, takings
from swishdemo.errors import UserError, internal
from swishdemo.figures import curve_figure
from swishdemo.figures.claims import illustrated
from swishdemo.figures.series import Picked
from swishdemo.figures.svg import svg
from swishdemo.formats import Theme, page
from swishdemo.text import LANGUAGES, Language, text
from swishdemo.ui.lab import Lab
from swishdemo.ui.link_preview import PICTURE, LinkPreviews, curves, root_of

_CODE = "/qr.svg"
PLACES = ("/claim", "/curve", "/run", PICTURE, _CODE)
"""Where they lie."""

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors *"
    ),
    "Cache-Control": "max-age=60",
    "Vary": "Accept-Language",
}
_WIDTHS = {"wide-only": 640.0, "narrow-only": 350.0}
_OWN = ("lang", "theme", "tab")
"""Parameters of an address that are not Explore's."""
_ABSENT: dict[int | str, dict[str, Any]] = {404: {"description": "There is none of this name."}}
_LONGEST_STATE = 1500
"""Characters of a QR code's address, which has room for 2,300."""
_CODED: dict[int | str, dict[str, Any]] = {200: {"content": {"image/svg+xml": {}}}}
_PICTURED: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {}}, "description": "A state that is none is the usual one."}
}


def routes(lab: Lab) -> APIRouter:
    """The routes of the small pages."""
    router = APIRouter(tags=["pages"], default_response_class=HTMLResponse)
    previews = LinkPreviews(lab)

    @router.get("/claim/{claim_id}", responses=_ABSENT)
    def claim_page(claim_id: str, request: Request) -> HTMLResponse:
        """One claim with its verdicts and evidence; ``?lang=`` and ``?theme=`` as you like."""
        return _answer(request, lambda tongue: _claim(previews, claim_id, request, tongue, ""))

    @router.get("/claim/{claim_id}/embed", responses=_ABSENT)
    def embedded_claim(claim_id: str, request: Request) -> HTMLResponse:
        """The same for a frame in a page of yours."""
        return _answer(request, lambda tongue: _claim(previews, claim_id, request, tongue, "embed"))

    drawing = CapacityLimiter(4)  # who waits for a worker leaves threads to the others

    @router.get("/run/{token}/embed", responses=_ABSENT)
    def embedded_run(token: str, request: Request) -> HTMLResponse:
        """A run that is shared, by the token of its link: where β went, the loss, and how it is."""
        answer = _answer(request, lambda tongue: _run(previews, token[:80], request, tongue))
        answer.headers["Cache-Control"] = "no-store"  # it may be taken back
        return answer

    @router.get("/curve/embed", responses={422: {"description": "The formula is none."}})
    async def embedded_curve(request: Request) -> HTMLResponse:
        """The curves that an address of Explore shows, for a frame in a page of yours.

        Of its parameters these are heeded: beta, act, par, formula, show, theta, base, x.
        """

        def draw() -> HTMLResponse:
            return _answer(request, lambda tongue: _curve(previews, request, tongue))

        return await to_thread.run_sync(draw, limiter=drawing)

    @router.get(PICTURE, response_class=Response, responses=_PICTURED)
    async def preview(request: Request) -> Response:
        """The picture of a link to the page, 1200 × 630 pixels, by the parameters of its address.

        ``tab``, ``claim``, a shared ``run`` or ``timing``, Explore's and ``lang`` are heeded.
        """

        def draw() -> bytes:
            return previews.picture(dict(request.query_params), language(request))

        drawn = await to_thread.run_sync(draw, limiter=drawing)
        held = "no-store" if "run" in request.query_params else _HEADERS["Cache-Control"]
        headers = {"Cache-Control": held, "Vary": _HEADERS["Vary"]}
        return Response(drawn, media_type="image/png", headers=headers)

    @router.get(_CODE, response_class=Response, responses=_CODED)
    def code(
        request: Request, state: Annotated[str, Query(max_length=_LONGEST_STATE)] = ""
    ) -> Response:
        """The QR code of a link to the page, by the parameters of its address, written out."""
        address = f"{root_of(request)}/" + (f"?{state}" if state else "")
        drawn = segno.make(address, error="m", micro=False).svg_inline(
            border=2, light="#fff", omitsize=True
        )
        drawn = drawn.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
        return Response(drawn, media_type="image/svg+xml", headers=_HEADERS)

    return router


def _answer(request: Request, make: Callable[[Language], str]) -> HTMLResponse:
    """The page that is made, or one that says in a sentence why there is none."""
    tongue = language(request)
    try:
        return HTMLResponse(make(tongue), headers=_HEADERS)
    except UserError as error:
        sentence, status = error.sentence(tongue), error.status
    except Exception as error:
        sentence, status = internal(error).sentence(tongue), 500
    told = _page("sentence", request, tongue, sentence=sentence, app=_app(request))
    return HTMLResponse(told, status, headers={**_HEADERS, "Cache-Control": "no-store"})


def _page(template: str, request: Request, tongue: Language, **values: Any) -> str:
    """A page in the theme that its address asks for, with what all of them say."""
    asked = request.query_params.get("theme")
    theme: Theme = "dark" if asked == "dark" else "light" if asked == "light" else None
    words = {name: text(f"pages.{name}", tongue) for name in ("open", "take")}
    return page(template, tongue, theme, words=words, **values)


def _claim(
    previews: LinkPreviews, claim_id: str, request: Request, tongue: Language, kind: str
) -> str:
    try:
        card = illustrated(previews.lab.claims.card(claim_id[:80], tongue), tongue)
    except UserError as error:
        if error.status != 404:
            raise
        raise UserError("pages.no_claim", status=404, value=claim_id[:40]) from error
    app = f"{_app(request)}?tab=claims&lang={tongue}#claim-{card['id']}"
    return _page(
        "claim",
        request,
        tongue,
        card=card,
        signs=SIGNS,
        thorough=text("check.thorough_made", tongue),
        source=card["document"],
        app=app,
        embedded=kind == "embed",
        languages=[
            (text("language.name", each), f"?lang={each}") for each in LANGUAGES if each != tongue
        ],
        takings=list(takings(card, root_of(request), tongue).values()),
        preview=_tags(previews, {"claim": card["id"]}, request, tongue),
    )


def _run(previews: LinkPreviews, token: str, request: Request, tongue: Language) -> str:
    picked = Picked(only=frozenset({"beta", "loss"}))
    try:
        told = previews.runs.answer(token, -1, picked, "", tongue)
    except UserError as error:
        if error.status != 404:
            raise
        raise UserError("pages.no_run", status=404, value=token[:40]) from error
    figures, titles = told.get("figures", {}), told.get("titles", {})
    pictures = [
        (titles[name], _drawn(figures[name], titles[name], 240))
        for name in ("beta", "loss")
        if name in figures
    ]
    return _page(
        "picture",
        request,
        tongue,
        title=told["name"] or told["what"],
        lines=[told["what"]] * bool(told["name"]) + [told["line"]],
        pictures=pictures,
        note="",
        preview=_tags(previews, {"tab": "train", "run": token}, request, tongue),
        app=f"{_app(request)}?{urlencode({'tab': 'train', 'run': token, 'lang': tongue})}",
    )


def _curve(previews: LinkPreviews, request: Request, tongue: Language) -> str:
    explored = curve_figure.read(request.query_params)
    host = request.client.host if request.client else ""
    figure, height = curves(previews.lab, explored, f"frame {host}")
    label = text("pages.curve", tongue)
    given = {name: value for name, value in request.query_params.items() if name not in _OWN}
    refused = text("language.comma", tongue).join(explored.refused)
    return _page(
        "picture",
        request,
        tongue,
        title=label,
        lines=[],
        pictures=[("", _drawn(figure, label, height))],
        note=text("pages.refused", tongue, what=refused) if refused else "",
        preview=_tags(previews, {**given, "tab": "explore"}, request, tongue),
        app=f"{_app(request)}?{urlencode({'tab': 'explore', 'lang': tongue, **given})}",
    )


def _tags(previews: LinkPreviews, state: dict[str, str], request: Request, tongue: Language) -> str:
    """The tags of a small page's head."""
    shown = previews.of(state, tongue)
    root = root_of(request)
    own = urlencode(shown.query) if local_path(request.scope).startswith("/curve") else ""
    asked = {"lang": tongue} if request.query_params.get("lang") == tongue else {}
    query = "&".join(filter(None, [own, urlencode(asked)]))
    address = f"{root}{quote(local_path(request.scope))}{'?' if query else ''}{query}"
    return previews.tags(shown, address, root, tongue)


def _drawn(figure: Mapping[str, Any], label: str, height: float) -> Markup:
    """A picture for a wide frame and one for a narrow one, of which one is seen."""
    both = (
        Markup('<div class="{}">{}</div>').format(
            name, Markup(svg(figure, label, width=width, height=height))
        )
        for name, width in _WIDTHS.items()
    )
    return Markup("").join(both)


def _app(request: Request) -> str:
    """The app's page, from the small one: it may lie below another app's address."""
    return "../" * (local_path(request.scope).count("/") - 1) or "./"
