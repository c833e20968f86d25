"""What is said of an ended run, from its stored reports alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from statistics import fmean, stdev
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from swishdemo.training.config import TrainingConfig, learns_beta, replicas
from swishdemo.training.convergence import betas_of_layer, converged_step
from swishdemo.training.report import Report


def summarise(
    config: TrainingConfig, reports: Sequence[Report | Mapping[str, Any]]
) -> dict[str, Any] | None:
    """Sum a run up.

    Args:
        config: What was run.
        reports: Its reports in order, as values or as their JSON.

    Returns:
        A JSON object, or None where there is no report: ``step`` and ``steps``; ``convergence``
        (C of each layer at the last report); ``converged_step`` (the first reported step from which
        C < 0.05 in all layers to the end, for 10 reports or more, or None); ``share`` of all
        |β| in [1.0, 1.5], ``best_share`` and its step, None where β does not move; ``betas``: of
        each layer where the last β lie (`swishdemo.training.convergence.LayerBetas`), empty where
        they do not move; ``activations``: for Swish and each rival the mean and the sample
        deviation, over its replicas that have not diverged, of the last test accuracy and training
        loss, and how many have; ``ended``: why the run did, if it came to its end; ``diverged``:
        how many replicas have.
    """
    stored = [entry.as_json() if isinstance(entry, Report) else entry for entry in reports]
    if not stored:
        return None
    last = stored[-1]
    moves = learns_beta(config)
    shares = [
        (entry["share"], entry["step"]) for entry in stored if moves and entry["share"] is not None
    ]
    betas = [betas_of_layer(layer) for layer in last["beta"]] if moves else []
    best = max(shares, key=lambda pair: (pair[0], -pair[1]), default=(None, None))
    return {
        "step": last["step"],
        "steps": config.steps,
        "convergence": list(last["convergence"]),
        "converged_step": converged_step(stored),
        "share": last["share"] if moves else None,
        "best_share": best[0],
        "best_share_step": best[1],
        "betas": [layer and layer.as_json() for layer in betas],
        "activations": _by_activation(config, last),
        "ended": last.get("ended"),
        "diverged": sum(step is not None for step in last["diverged"]),
        "elapsed_seconds": last["elapsed_seconds"],
    }


@with_config(ConfigDict(allow_inf_nan=False))
@dataclass(frozen=True, slots=True)
class _Moments:
    mean: float | None
    deviation: float | None


@with_config(ConfigDict(allow_inf_nan=False))
@dataclass(frozen=True, slots=True)
class _Activation:
    activation: str
    replicas: int
    accuracy: _Moments
    loss: _Moments
    diverged: int = 0  # older ones do not tell


@with_config(ConfigDict(allow_inf_nan=False))
@dataclass(frozen=True, slots=True)
class _Betas:
    mean: float
    count: int
    inside: int
    near_inside: int
    near_outside: int
    negative: int
    share: float


@with_config(ConfigDict(allow_inf_nan=False))
@dataclass(frozen=True, slots=True)
class _Summary:
    step: int
    steps: int
    convergence: list[float | None]
    converged_step: int | None
    share: float | None
    best_share: float | None
    best_share_step: int | None
    activations: list[_Activation]
    ended: str | None
    diverged: int
    elapsed_seconds: float
    betas: list[_Betas | None] = field(default_factory=list)  # older ones do not tell


def stored(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """A summary that was stored, perhaps by another version; None where it has not this form."""
    try:
        known = _adapter().validate_python(record)
    except ValidationError:
        return None
    plain: dict[str, Any] = _adapter().dump_python(known, mode="json")
    return plain


@cache
def _adapter() -> TypeAdapter[_Summary]:
    return TypeAdapter(_Summary)


def _by_activation(config: TrainingConfig, last: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = replicas(config)
    return [
        {
            "activation": name,
            "replicas": sum(row.activation == name for row in rows),
            "diverged": sum(
                row.activation == name and step is not None
                for row, step in zip(rows, last["diverged"], strict=True)
            ),
            **{
                quantity: mean_and_deviation(
                    [
                        value
                        for row, value in zip(rows, last[quantity], strict=True)
                        if row.activation == name and value is not None
                    ]
                )
                for quantity in ("accuracy", "loss")
            },
        }
        for name in (config.activation, *config.rivals)
    ]


def mean_and_deviation(values: Sequence[float]) -> dict[str, float | None]:
    """``mean`` and sample ``deviation``; None where there are too few."""
    return {
        "mean": fmean(values) if values else None,
        "deviation": stdev(values) if len(values) > 1 else None,
    }
