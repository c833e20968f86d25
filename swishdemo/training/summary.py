"""Sums up a run from its stored reports alone.

Also how far apart the β of different starts still are, and how many lie where the article says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean, stdev
from typing import Any

from pydantic import ConfigDict, with_config

from swishdemo import formats
from swishdemo.training.config import TrainingConfig, learns_beta, replicas
from swishdemo.training.report import Report

CONVERGED_BELOW = 0.05
"""A layer has converged where its C(t) stays below this."""

HELD = 10
"""For so many reports in a row: lines that cross are close for a moment, and part again."""

ARTICLE_BAND = (1.0, 1.5)
"""Where, says the article, a trained β often ends."""

NEAR = 0.05
"""A |β| that is no farther from an end of the band is near its edge."""


@dataclass(frozen=True, slots=True)
class LayerBetas:
    """Where the known β of one layer lie, seen from a band.

    Attributes:
        mean: Of |β|.
        count: How many are known.
        inside: How many |β| lie in the band, ends included.
        near_inside: How many of these are near an edge.
        near_outside: How many of the others are.
        negative: How many β are below 0: |β| is that of another function, for
            Swish₋β(x) = x − Swish_β(x).
        share: The share of |β| in the band.
    """

    mean: float
    count: int
    inside: int
    near_inside: int
    near_outside: int
    negative: int
    share: float = field(init=False)

    def __post_init__(self) -> None:
        """Work out the share."""
        object.__setattr__(self, "share", self.inside / self.count)

    @property
    def near(self) -> int:
        """How many are near an edge, on either side."""
        return self.near_inside + self.near_outside

    @property
    def edge_decides(self) -> bool:
        """Whether those near an edge decide if most are inside."""
        half = self.count / 2
        return self.inside - self.near_inside <= half < self.inside + self.near_outside

    def as_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return asdict(self)


def betas_of_layer(
    beta: Sequence[float | None], band: tuple[float, float] = ARTICLE_BAND
) -> LayerBetas | None:
    """Count one layer's β by the band; None where none is known."""
    known = [value for value in beta if value is not None]
    if not known:
        return None
    low, high = band
    sizes = [abs(value) for value in known]
    inside = [low <= size <= high for size in sizes]
    near = [min(abs(size - low), abs(size - high)) <= NEAR for size in sizes]
    return LayerBetas(
        mean=sum(sizes) / len(sizes),
        count=len(known),
        inside=sum(inside),
        near_inside=sum(both for both, within in zip(near, inside, strict=True) if within),
        near_outside=sum(both for both, within in zip(near, inside, strict=True) if not within),
        negative=sum(value < 0 for value in known),
    )


def spread(beta: Sequence[float | None], seeds: int) -> float | None:
    """The deviation, over the starts, of log(mean over seeds of |β|).

    Args:
        beta: One layer's β, by start and then by seed; None has diverged and is left out.
        seeds: Number of seeds.

    Returns:
        The deviation; None with one start only, where a start has no replica left, or where a
        mean is 0 and has no logarithm.
    """
    logs = []
    for first in range(0, len(beta), seeds):
        known = [abs(value) for value in beta[first : first + seeds] if value is not None]
        mean = sum(known) / len(known) if known else 0.0
        if not 0.0 < mean < math.inf:
            return None
        logs.append(math.log(mean))
    if len(logs) < 2:
        return None
    centre = sum(logs) / len(logs)
    return math.sqrt(sum((each - centre) ** 2 for each in logs) / len(logs))


def share_in_band(
    beta: Sequence[Sequence[float | None]], band: tuple[float, float] = ARTICLE_BAND
) -> float | None:
    """The share of all known |β| that lie in ``band``, ends included; None where none is known."""
    whole = betas_of_layer([value for layer in beta for value in layer], band)
    return None if whole is None else whole.share


def have_met(now: Sequence[float | None], first: Sequence[float | None]) -> bool:
    """Whether C is below its limit in every layer that had a distance at the start.

    Args:
        now: C of each layer; None where it has none, or none any more.
        first: The same at the start: not every layer need have a β.
    """
    pairs = zip(now, first, strict=True)
    distances = [distance for distance, start in pairs if start is not None]
    return bool(distances) and all(
        distance is not None and distance < CONVERGED_BELOW for distance in distances
    )


def converged_step(reports: Sequence[Mapping[str, Any]]) -> int | None:
    """The step of the first report from which all starts have met for good.

    Args:
        reports: Those of one run, in order, as their JSON.

    Returns:
        The step; None where they are apart at the last report, or have met for fewer than `HELD`.
    """
    held = 0
    for report in reversed(reports):
        if not have_met(report["convergence"], reports[0]["convergence"]):
            break
        held += 1
    return reports[-held]["step"] if held >= HELD else None


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
        each layer where the last β lie (`swishdemo.training.summary.LayerBetas`), empty where
        they do not move; ``activations``: for Swish and each rival the mean and the sample
        deviation, over its replicas that have not diverged, of the last test accuracy and training
        loss, how many have, and what share of units was dead when last looked at; ``ended``: why
        the run did, if it came to its end; ``diverged``: how many replicas have.
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
        "activations": _by_activation(config, stored),
        "ended": last.get("ended"),
        "diverged": sum(step is not None for step in last["diverged"]),
        "elapsed_seconds": last["elapsed_seconds"],
    }


@dataclass(frozen=True, slots=True)
class _Moments:
    mean: float | None
    deviation: float | None


@dataclass(frozen=True, slots=True)
class _Activation:
    activation: str
    replicas: int
    accuracy: _Moments
    loss: _Moments
    diverged: int = 0  # older ones do not tell
    dead: float | None = None  # nor this


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
    betas: list[LayerBetas | None] = field(default_factory=list)  # older ones do not tell


def stored(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """A summary that was stored, perhaps by another version; None where it has not this form."""
    try:
        return asdict(formats.of_json(_Summary, record))
    except (ValueError, ZeroDivisionError):
        return None


def _by_activation(
    config: TrainingConfig, reports: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    rows, last = replicas(config), reports[-1]
    looked = next((each["layers"] for each in reversed(reports) if each.get("layers")), None)
    dead = looked["dead"] if looked else ()
    return [
        {
            "activation": name,
            "replicas": sum(row.activation == name for row in rows),
            "diverged": sum(
                row.activation == name and step is not None
                for row, step in zip(rows, last["diverged"], strict=True)
            ),
            "dead": mean_and_deviation(
                [
                    share
                    for layer in dead
                    for row, share in zip(rows, layer, strict=True)
                    if row.activation == name and share is not None
                ]
            )["mean"],
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


def as_csv(config: TrainingConfig, reports: Iterable[Mapping[str, Any]]) -> str:
    """A row for each report and replica: all that is traced of it, by layer where it has layers.

    Some reports alone tell the figures of layers. A cell is empty where a replica has no such
    number.
    """
    return formats.as_csv(row for report in reports for row in _rows(config, report))


def _rows(config: TrainingConfig, report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    moves = learns_beta(config)
    betas = [betas_of_layer(layer) for layer in report["beta"]] if moves else []
    for number, member in enumerate(replicas(config)):
        yield {
            "step": report["step"],
            "elapsed_seconds": report["elapsed_seconds"],
            "replica": number,
            **member.as_json(),
            **{
                f"{quantity}_{layer}": values[number]
                for quantity in ("beta", "beta_effective")
                for layer, values in enumerate(report[quantity], 1)
                if number < len(values)
            },
            **{
                quantity: report[quantity][number]
                for quantity in ("loss", "test_loss", "accuracy", "diverged")
            },
            **_learned(report, member.activation, number),
            **{
                f"convergence_{layer}": distance
                for layer, distance in enumerate(report["convergence"], 1)
                if not member.rival
            },
            **({} if member.rival else _of_layers(betas)),
            **{
                f"{quantity}_{layer}": values[number]
                for quantity, layers in (report["layers"] or {}).items()
                for layer, values in enumerate(layers, 1)
                if number < len(values)
            },
        }


def _of_layers(betas: Sequence[LayerBetas | None]) -> dict[str, float]:
    """Of each layer's learned β at a report: mean size, share in the band, those near its edge."""
    return {
        f"{name}_{layer}": value
        for layer, each in enumerate(betas, 1)
        if each is not None
        for name, value in (
            ("beta_size_mean", each.mean),
            ("beta_in_band_share", each.share),
            ("beta_near_edge_count", each.near),
            ("beta_negative_count", each.negative),
        )
    }


def _learned(report: Mapping[str, Any], activation: str, replica: int) -> dict[str, float | None]:
    """The other parameters that a replica's activation learns, by layer."""
    return {
        f"{activation}_{trace['parameter']}_{layer}": values[replica - trace["first"]]
        for trace in report["parameters"]
        if trace["activation"] == activation
        for layer, values in enumerate(trace["values"], 1)
        if 0 <= replica - trace["first"] < len(values)
    }
