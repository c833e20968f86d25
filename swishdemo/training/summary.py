"""What is said of an ended run, from its stored reports alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean, stdev
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from swishdemo.training.config import TrainingConfig, replicas
from swishdemo.training.convergence import converged_step
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
        C < 0.05 in all layers to the end, for 10 reports or more, or None); ``share``;
        ``best_share`` and its step; ``activations``: for Swish and each rival the mean and the
        sample deviation, over its replicas, of the last
        test accuracy and training loss; ``ended``: why the run did, if it came to its end;
        ``diverged``: how many replicas have.
    """
    stored = [entry.as_json() if isinstance(entry, Report) else entry for entry in reports]
    if not stored:
        return None
    last = stored[-1]
    shares = [(entry["share"], entry["step"]) for entry in stored if entry["share"] is not None]
    best = max(shares, key=lambda pair: (pair[0], -pair[1]), default=(None, None))
    return {
        "step": last["step"],
        "steps": config.steps,
        "convergence": list(last["convergence"]),
        "converged_step": converged_step(stored),
        "share": last["share"],
        "best_share": best[0],
        "best_share_step": best[1],
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
            **{
                quantity: _mean_and_deviation(
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


def _mean_and_deviation(values: Sequence[float]) -> dict[str, float | None]:
    return {
        "mean": fmean(values) if values else None,
        "deviation": stdev(values) if len(values) > 1 else None,
    }
