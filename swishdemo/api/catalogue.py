"""Serves what starts no job: lists of what there is, the server's health, calculations.

What takes long is worked out in processes that are ended when it takes too long. The web process
checks only the kinds of what it is given: names, ranges and formulas are judged where the work is
done.
"""

from __future__ import annotations

from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

import swishdemo
from swishdemo import hardware, host
from swishdemo.activations.record import formula_name, is_formula
from swishdemo.activations.registry import activations, facts
from swishdemo.api import responses
from swishdemo.api.dependencies import Given, Visitor, object_of, short_text
from swishdemo.api.responses import FiniteJSON, language
from swishdemo.errors import UserError, refuse_unknown, wrong_type
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES, Language, text
from swishdemo.ui.lab import Lab

_MOST_POINTS = 20_000
_FIELDS = ("activation", "formula", "parameters", "x")
_LONGEST_FORMULA = 10_000
"""Beyond what a formula may have, so that it is the formula that is refused."""
_SWISH: dict[str, Any] = {"activation": "swish", "parameters": {"beta": 1.0}}


def routes(lab: Lab) -> APIRouter:
    """The lists and the calculations."""
    studying = CapacityLimiter(8)  # who waits for a worker leaves threads to the others
    router = APIRouter()
    router.include_router(_listed(lab), tags=["facts"])
    router.include_router(_values(lab, studying), tags=["activations"])
    router.include_router(_studies(lab, studying), tags=["activations"])
    return router


def _listed(lab: Lab) -> APIRouter:
    router = APIRouter()

    @router.get("/api/health")
    async def health(request: Request) -> FiniteJSON:
        """Whether it is up, on what it computes, its jobs, and whether they outlive a restart."""
        counts = lab.manager.counts()
        return FiniteJSON(
            {
                "status": "ok",
                "version": swishdemo.__version__,
                "device": hardware.device_of("auto", lab.settings),
                "hardware": _hardware(lab.settings, language(request)),
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


def _hardware(settings: Settings, tongue: Language) -> dict[str, Any]:
    """What jobs can compute on; before a worker was asked, what can be told without PyTorch."""
    told, why = hardware.told(), hardware.unused(settings)
    return {
        "asked": told is not None,
        "gpu": hardware.gpu_name(),
        "cards": told.as_json()["cards"] if told else [],
        "runtime": (told.runtime if told else "") or None,
        "torch": host.torch_version(),
        "why_unused": why and why.sentence(tongue),
    }


def _both(key: str) -> dict[str, str]:
    return {language: text(key, language) for language in LANGUAGES}


def _activations() -> list[dict[str, Any]]:
    known = facts()
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


def _values(lab: Lab, studying: CapacityLimiter) -> APIRouter:
    router = APIRouter()
    evaluating, describing = CapacityLimiter(2), CapacityLimiter(20)

    @router.post(
        "/api/evaluate",
        responses=responses.answers(responses.EVALUATION_ANSWER, "The values at each x, in order."),
        openapi_extra=responses.body(
            responses.EVALUATION, required=True, example=_SWISH | {"x": [-1.0, 0.0, 1.0]}
        ),
    )
    async def evaluate(given: Given, visitor: Visitor) -> FiniteJSON:
        """f, f′, f″ and the derivatives by the parameters, in float64, at each x."""
        typed = "formula" in given or is_formula(given.get("activation"))
        limiter = studying if typed else evaluating
        return await to_thread.run_sync(_evaluate, given, lab, visitor, limiter=limiter)

    @router.post("/api/describe", openapi_extra=responses.body(responses.FORMULA, required=True))
    async def describe(given: Given, visitor: Visitor) -> FiniteJSON:
        """Read a formula: its parameters, LaTeX, shape, and its JavaScript for the page.

        What is wrong with one is told with the ``column``, from 1.
        """
        formula = short_text(given, "formula", _LONGEST_FORMULA)

        def ask() -> FiniteJSON:
            return FiniteJSON(lab.formulas.ask("describe", formula, visitor=visitor))

        return await to_thread.run_sync(ask, limiter=describing)

    @router.post(
        "/api/prepare", status_code=204, openapi_extra=responses.body(responses.PREPARATION)
    )
    def prepare(given: Given) -> Response:
        """Have a worker ready, for you are about to ask: of a formula, or for a timing."""
        what = short_text(given, "what")
        if what == "formulas":
            lab.formulas.warm()
            lab.studies.warm()
        # Where something runs, a starting process would disturb its figures.
        elif what == "timing" and not any(lab.manager.counts().values()):
            lab.manager.prepare("timing")
        return Response(status_code=204)

    return router


def _studies(lab: Lab, studying: CapacityLimiter) -> APIRouter:
    router = APIRouter()

    async def studied(work: str, given: dict[str, Any], visitor: str, *rest: Any) -> FiniteJSON:
        """What a function of the formula worker finds of an activation at ``parameters``."""
        name, parameters = _activation(given), object_of(given, "parameters")

        def ask() -> FiniteJSON:
            return FiniteJSON(lab.studies.ask(work, name, parameters, *rest, visitor=visitor))

        return await to_thread.run_sync(ask, limiter=studying)

    @router.post("/api/properties", openapi_extra=_body())
    async def properties(given: Given, visitor: Visitor) -> FiniteJSON:
        """Range, limits, symmetry, smoothness and landmarks at these parameters."""
        return await studied("properties", given, visitor)

    @router.post("/api/precision", openapi_extra=_body(low=-6, high=6, type="bf16"))
    async def precision(given: Given, visitor: Visitor) -> FiniteJSON:
        """What is lost in a narrow ``type``, from ``low`` to ``high``, in units of the last place.

        Of the formula as it is ``written``, and of its ``stable`` form.
        """
        kind = short_text(given, "type")
        return await studied("precision", given, visitor, given.get("low"), given.get("high"), kind)

    @router.post("/api/code", openapi_extra=_body(language="pytorch", trainable=True))
    async def code(given: Given, visitor: Visitor) -> FiniteJSON:
        """A piece of code in ``language``, at these parameters."""
        trainable = given.get("trainable", True)
        if not isinstance(trainable, bool):
            raise wrong_type("trainable", "flag")
        return await studied("code", given, visitor, short_text(given, "language"), trainable)

    return router


def _body(**example: Any) -> dict[str, Any]:
    return responses.body(responses.STUDY, required=True, example=_SWISH | example)


def _activation(given: dict[str, Any]) -> str:
    """The name of what is asked about, or ``=`` and its formula."""
    if "formula" in given:
        if "activation" in given:
            raise UserError("api.one_of", field="activation", first="activation", second="formula")
        return f"={short_text(given, 'formula', _LONGEST_FORMULA)}"
    return short_text(given, "activation", _LONGEST_FORMULA)


def _evaluate(given: dict[str, Any], lab: Lab, visitor: str) -> FiniteJSON:
    from swishdemo.activations import evaluate, get

    refuse_unknown(given, _FIELDS, "error.what.evaluation")
    if ("activation" in given) == ("formula" in given):
        raise UserError("api.one_of", field="activation", first="activation", second="formula")
    parameters = object_of(given, "parameters")
    points = given.get("x")
    numbers = isinstance(points, list) and all(type(point) in (int, float) for point in points)
    if not (numbers and points and len(points) <= _MOST_POINTS):
        raise UserError("api.numbers", field="x", name="x", limit=_MOST_POINTS)
    formula = given.get("formula", given.get("activation"))
    if "formula" in given or is_formula(formula):
        if not isinstance(formula, str):
            raise wrong_type("formula", "text")
        text = formula_name(formula)[1:] if "activation" in given else formula
        return FiniteJSON(lab.studies.ask("values", text, points, parameters, visitor=visitor))
    return FiniteJSON(evaluate(get(formula), points, parameters).as_json())
