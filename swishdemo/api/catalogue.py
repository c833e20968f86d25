"""What does not change: activations and their values, recipes, datasets, variants; and health."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends
from starlette.requests import Request

import swishdemo
from swishdemo import host
from swishdemo.activations import shipped
from swishdemo.activations.registry import activations, formula_name, is_formula
from swishdemo.api import schemas
from swishdemo.api.errors import FiniteJSON, language
from swishdemo.api.strict_json import json_object
from swishdemo.errors import UserError
from swishdemo.jobs.visitor import visitor_of
from swishdemo.text import LANGUAGES, Sentence, text
from swishdemo.ui.lab import Lab

_MOST_POINTS = 20_000
_FIELDS = ("activation", "formula", "parameters", "x")


def routes(lab: Lab) -> APIRouter:
    """The routes that start no job."""
    router = APIRouter(tags=["facts"])
    # Who asks for many values leaves threads to the others; formulas wait for a worker of theirs.
    evaluating, waiting = CapacityLimiter(2), CapacityLimiter(8)

    @router.get("/api/health")
    async def health(request: Request) -> FiniteJSON:
        """Whether the server is up, how many jobs it has, and whether they outlive a restart."""
        counts = lab.manager.counts()
        return FiniteJSON(
            {
                "status": "ok",
                "version": swishdemo.__version__,
                "device": device(lab),
                "runner": lab.manager.runner.name,
                "jobs": {state: counts[state] for state in ("running", "waiting")},
                "kept": lab.unkept is None,
                "unkept": lab.unkept and text(lab.unkept, language(request)),
            }
        )

    @router.get("/api/activations")
    def list_activations() -> FiniteJSON:
        """Every activation: formula, parameters with their sliders' range, year, landmarks."""
        return FiniteJSON(_activations())

    @router.post(
        "/api/evaluate",
        responses=schemas.answers(schemas.EVALUATION_ANSWER, "The values at each x, in order."),
        openapi_extra=schemas.body(
            schemas.EVALUATION,
            required=True,
            example={"activation": "swish", "parameters": {"beta": 1.0}, "x": [-1.0, 0.0, 1.0]},
        ),
    )
    async def evaluate(
        given: Annotated[dict[str, Any], Depends(json_object)], request: Request
    ) -> FiniteJSON:
        """f, f′, f″ and the derivatives by the parameters, in float64, at each x."""
        typed = "formula" in given or is_formula(given.get("activation"))
        limiter = waiting if typed else evaluating
        return await to_thread.run_sync(_evaluate, given, lab, visitor_of(request), limiter=limiter)

    @router.get("/api/recipes")
    def recipes() -> FiniteJSON:
        """Named configurations of a training run."""
        from swishdemo.training.recipes import recipes

        return FiniteJSON(
            [
                {
                    "name": recipe.name,
                    "title": _both(f"train.recipe.{recipe.name}.title"),
                    "notes": _both(f"train.recipe.{recipe.name}.notes"),
                    "config": recipe.config.as_json(),
                }
                for recipe in recipes()
            ]
        )

    @router.get("/api/datasets")
    def datasets() -> FiniteJSON:
        """What a training run may learn."""
        from swishdemo.datasets import datasets

        return FiniteJSON(
            [{**dataset.as_json(), "title": _both(dataset.title)} for dataset in datasets()]
        )

    @router.get("/api/variants")
    def variants(request: Request) -> FiniteJSON:
        """The implementations that may be timed, and why one cannot run on a device."""
        from swishdemo.timing import REGISTRY

        return FiniteJSON([variant.as_json(language(request)) for variant in REGISTRY.all()])

    return router


def device(lab: Lab) -> str:
    """Where a job runs that does not choose, as far as is known without PyTorch."""
    if lab.settings.device != "auto":
        return lab.settings.device
    return _found_device()


@cache
def _found_device() -> str:
    return "cpu" if host.missing_cuda() else "cuda"


def _both(key: str) -> dict[str, str]:
    return {language: text(key, language) for language in LANGUAGES}


def _activations() -> list[dict[str, Any]]:
    known = shipped.facts()
    return [
        {
            "name": activation.name,
            "label": activation.label,
            "latex": known[activation.name]["latex"],
            "family": activation.family,
            "parameters": [
                {"name": p.name, "default": p.default, "min": p.low, "max": p.high}
                for p in activation.parameters
            ],
            "year": activation.year,
            "source": activation.source,
            "landmarks": known[activation.name]["landmarks"],
        }
        for activation in activations()
    ]


def _evaluate(given: dict[str, Any], lab: Lab, visitor: str) -> FiniteJSON:
    from swishdemo.activations import evaluate, get

    for name in given:
        if name not in _FIELDS:
            raise UserError(
                "error.unknown_field",
                field=name[:40],
                value=name[:40],
                name=Sentence("error.what.evaluation"),
                choices=tuple(_FIELDS),
            )
    if ("activation" in given) == ("formula" in given):
        raise UserError("api.one_of", field="activation", first="activation", second="formula")
    parameters = given.get("parameters", {})
    if not isinstance(parameters, dict):
        raise UserError(
            "error.wrong_type",
            field="parameters",
            name="parameters",
            expected=Sentence("error.kind.object"),
        )
    points = given.get("x")
    numbers = isinstance(points, list) and all(type(point) in (int, float) for point in points)
    if not (numbers and points and len(points) <= _MOST_POINTS):
        raise UserError("api.numbers", field="x", name="x", limit=_MOST_POINTS)
    formula = given.get("formula", given.get("activation"))
    if "formula" in given or is_formula(formula):
        if not isinstance(formula, str):
            raise UserError(
                "error.wrong_type",
                field="formula",
                name="formula",
                expected=Sentence("error.kind.text"),
            )
        text = formula_name(formula)[1:] if "activation" in given else formula
        return FiniteJSON(lab.studies.ask("values", text, points, parameters, visitor=visitor))
    values = evaluate(get(formula), points, parameters)
    return FiniteJSON(
        {
            "f": values.f.tolist(),
            "df": values.df.tolist(),
            "d2f": values.d2f.tolist(),
            "dparameters": {name: array.tolist() for name, array in values.dparameters.items()},
        }
    )
