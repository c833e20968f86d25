"""The routes that list what there is: activations, recipes, datasets, variants; and health."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

import swishdemo
from swishdemo import hardware, host
from swishdemo.activations.registry import activations, facts
from swishdemo.api.responses import FiniteJSON, language
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES, Language, text
from swishdemo.timing.request import device_of
from swishdemo.ui.lab import Lab


def routes(lab: Lab) -> APIRouter:
    """The lists, and the server's health."""
    router = APIRouter(tags=["facts"])

    @router.get("/api/health")
    async def health(request: Request) -> FiniteJSON:
        """Whether it is up, on what it computes, its jobs, and whether they outlive a restart."""
        counts = lab.manager.counts()
        return FiniteJSON(
            {
                "status": "ok",
                "version": swishdemo.__version__,
                "device": device_of("auto", lab.settings),
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
