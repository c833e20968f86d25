"""Routes that give a job as the page shows it: in words of one language, with Plotly's figures.

What they answer is made for the page, and follows it; scripts ask for the job itself.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from swishdemo.api import responses
from swishdemo.api.dependencies import Given, Tongue, Visitor, short_text
from swishdemo.api.responses import FiniteJSON
from swishdemo.figures.series import PerLayer, Picked
from swishdemo.timing.elsewhere import MOST_BYTES
from swishdemo.timing.presets import PRESETS, about
from swishdemo.ui.lab import Lab
from swishdemo.ui.run_view import RunView
from swishdemo.ui.several_runs import SweepView, compared
from swishdemo.ui.time_view import Look, TimeView

FILES = "/api/timings/files"
FILE_BYTES = 2 * MOST_BYTES + 1000
"""The largest body there: a file as a text of JSON, each of whose quotes has a backslash."""

_ABSENT: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such job of yours."}}
Id = Annotated[str | None, Query(max_length=64, description="Your latest where it is left out.")]


def routes(lab: Lab) -> APIRouter:
    """The routes of all kinds of job."""
    router = APIRouter(tags=["page"])
    router.include_router(_runs(lab))
    router.include_router(_sweeps(lab))
    router.include_router(_timings(lab))
    return router


class RunAsked(Picked, frozen=True):
    """Which run is asked for, what is known of it, and what is picked to be seen."""

    run: Annotated[str | None, Field(max_length=64)] = None
    after: Annotated[int, Field(ge=-1, le=2**53)] = -1
    figures: bool = True
    per_layer: PerLayer = ""

    @property
    def picked(self) -> Picked:
        """What is picked alone, by which watchers of a run share what is drawn."""
        return Picked(**self.model_dump(include=set(Picked.model_fields)))


def _runs(lab: Lab) -> APIRouter:
    router = APIRouter()
    view = RunView(lab.manager)

    @router.get("/api/runs/view", responses=_ABSENT)
    def view_run(
        asked: Annotated[RunAsked, Query()], visitor: Visitor, tongue: Tongue
    ) -> FiniteJSON:
        """A run in words and figures: your latest where no ``run`` is named.

        Figures are left out where no report has come after ``after``, or without ``figures``.
        """
        if asked.run is not None and not asked.figures:
            return FiniteJSON(view.state(asked.run, visitor, tongue))
        return FiniteJSON(view.answer(asked.run, asked.after, asked.picked, visitor, tongue))

    @router.get("/api/runs/compare", responses=_ABSENT)
    def compare(
        run: Annotated[list[str], Query(max_length=64)], visitor: Visitor, tongue: Tongue
    ) -> FiniteJSON:
        """Several runs over each other, and what differs between them."""
        return FiniteJSON(compared(lab.manager, run, visitor, tongue))

    return router


def _sweeps(lab: Lab) -> APIRouter:
    router = APIRouter()
    view = SweepView(lab.manager)

    @router.get("/api/sweeps/view", responses=_ABSENT)
    def view_sweep(
        visitor: Visitor,
        tongue: Tongue,
        sweep: Annotated[str | None, Query(max_length=64, description="None for the list.")] = None,
        mark: Annotated[str, Query(max_length=200)] = "",
    ) -> FiniteJSON:
        """A sweep in words, a figure and a table, which are left out where you know the ``mark``.

        ``earlier`` lists your sweeps.
        """
        return FiniteJSON(view.answer(sweep, mark, visitor, tongue))

    return router


def _timings(lab: Lab) -> APIRouter:
    router = APIRouter()
    view = TimeView(lab.manager)

    @router.get("/api/timings/view", responses=_ABSENT)
    def view_timing(
        visitor: Visitor,
        tongue: Tongue,
        timing: Id = None,
        mark: Annotated[str, Query(max_length=64)] = "",
        baseline: Annotated[str, Query(max_length=300)] = "relu",
        elements: Annotated[int | None, Query(ge=1, le=2**60)] = None,
        beside: Annotated[str | None, Query(max_length=64)] = None,
        narrow: bool = False,
    ) -> FiniteJSON:
        """A timing in words and figures, those of one size against one baseline.

        What is drawn is left out where it has the ``mark`` that you know already. ``beside`` is
        laid beside it: another timing, or the token of a file.
        """
        look = Look(baseline, elements, narrow, tongue, beside)
        answer = view.answer(timing, mark, look, visitor)
        if answer["done"]:  # what was built meanwhile need not be built again
            answer["presets"] = {name: about(name, lab.settings, tongue) for name in PRESETS}
        return FiniteJSON(answer)

    @router.post(
        FILES,
        status_code=201,
        openapi_extra=responses.body(responses.TIMING_FILE, required=True),
    )
    def lay(given: Given, visitor: Visitor) -> FiniteJSON:
        """Read another host's exported JSON, to be laid beside your own: its ``token``.

        It is kept in memory for a while, and for you alone.
        """
        content = short_text(given, "text", FILE_BYTES)  # its own limit has its own sentence
        return FiniteJSON({"token": view.lay(content, visitor)}, 201)

    return router
