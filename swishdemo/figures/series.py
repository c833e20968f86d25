"""Turns a run's stored reports into arrays to draw, and reads what a reader picked to see.

Reports come oldest first, in the form of ``Report.as_json()``; a value that is no number any more
(a diverged replica) is None there and NaN here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from swishdemo.training.config import TrainingConfig, learns_beta
from swishdemo.training.config import starts as training_starts

Json = Mapping[str, Any]
Array = NDArray[np.float64]
PerLayer = Literal["", "dead", "saturated", "gradient_norm", "variance", "weight_norm"]
_Index = Annotated[int, Field(ge=0, lt=10_000)]
_Figure = (
    Literal["beta", "convergence", "ends", "conserved", "loss", "accuracy"]
    | Literal["inside", "inputs", "layers"]
)


@dataclass(frozen=True, slots=True)
class CurveGroup:
    """The replicas of one activation.

    Attributes:
        activation: Its name.
        rows: Which replicas have it.
    """

    activation: str
    rows: slice


@dataclass(frozen=True, slots=True)
class Series:
    """A run's reports as arrays.

    Attributes:
        steps: Step of each report, shape (reports,).
        beta: β, shape (layers, starts, seeds, reports); NaN where there is none.
        beta_effective: Root mean square of β·z, likewise.
        loss: Training loss, shape (replicas, reports).
        accuracy: Test accuracy, shape (replicas, reports); NaN where it was not evaluated.
        convergence: C(t), shape (layers, reports).
        share: Share of all |β| in the article's band, shape (reports,).
        groups: The activations: the config's own first, then its rivals.
        starts: The starting values of β; None alone where there is no β.
        moves: Whether β is learned.
        last: The step at which the run ends.
        reports: The reports themselves.
    """

    steps: Array
    beta: Array
    beta_effective: Array
    loss: Array
    accuracy: Array
    convergence: Array
    share: Array
    groups: tuple[CurveGroup, ...]
    starts: tuple[float | None, ...]
    moves: bool
    last: int
    reports: Sequence[Json]

    @classmethod
    def of(cls, config: Json, reports: Sequence[Json]) -> Series:
        """The arrays of a run with ``config`` that has made ``reports`` (at least one)."""
        seeds, rivals = config["seeds"], config["rivals"]
        own = len(reports[0]["loss"]) - len(rivals) * seeds
        parsed = TrainingConfig.of_json(config)
        starts = training_starts(parsed)
        names = (config["activation"], *rivals)
        ends = [own + place * seeds for place in range(len(names))]
        begins = [0, *ends[:-1]]
        tested = np.array([report.get("tested_step", report["step"]) for report in reports])
        steps = _array([report["step"] for report in reports])

        def by_start(name: str) -> Array:
            values = _array([report[name] for report in reports])
            return np.moveaxis(values, 0, -1).reshape(
                values.shape[1], len(starts), seeds, len(reports)
            )

        accuracy = _array([report["accuracy"] for report in reports]).T
        return cls(
            steps=steps,
            beta=by_start("beta"),
            beta_effective=by_start("beta_effective"),
            loss=_array([report["loss"] for report in reports]).T,
            accuracy=np.where(tested == steps, accuracy, np.nan),
            convergence=_array([report["convergence"] for report in reports]).T,
            share=_array([report["share"] for report in reports]),
            groups=tuple(
                CurveGroup(name, slice(begin, end))
                for name, begin, end in zip(names, begins, ends, strict=True)
            ),
            starts=starts,
            moves=learns_beta(parsed),
            last=config["steps"],
            reports=reports,
        )

    def latest(self, part: str) -> Json | None:
        """The last report in which ``part`` stands, ``layers`` or ``views``; None without any."""
        return next((report for report in reversed(self.reports) if report.get(part)), None)

    def first(self, part: str) -> Json | None:
        """The first such report."""
        return next((report for report in self.reports if report.get(part)), None)

    def history(self, name: str) -> tuple[Array, Array]:
        """A figure of the layers over time.

        Args:
            name: An attribute of `swishdemo.training.report.LayerFigures`.

        Returns:
            Its steps, shape (looks,), and its values, shape (layers, replicas, looks).
        """
        looks = [report for report in self.reports if report.get("layers")]
        if not looks:
            return np.zeros(0), np.zeros((0, 0, 0))
        values = _array([report["layers"][name] for report in looks])
        return _array([report["step"] for report in looks]), np.moveaxis(values, 0, -1)


def _array(values: object) -> Array:
    return np.array(values, dtype=np.float64)  # None becomes NaN


def mean(values: Array, axis: int) -> Array:
    """The mean along an axis, what is no number left out; NaN where nothing is one."""
    return np.asarray(np.ma.masked_invalid(values).mean(axis).filled(np.nan))


def least(values: Array, axis: int) -> Array:
    """The least, likewise."""
    return np.asarray(np.ma.masked_invalid(values).min(axis).filled(np.nan))


def most(values: Array, axis: int) -> Array:
    """The most, likewise."""
    return np.asarray(np.ma.masked_invalid(values).max(axis).filled(np.nan))


class Picked(BaseModel, frozen=True):
    """The choices beside the plots.

    Attributes:
        quantity: Of the parameters: ``size`` |β|, ``signed`` β, ``effective`` β_eff, or ``own``:
            the other learned parameters of activations.
        layer: Index of the layer.
        seed: 0 for all seeds, their mean and range; n for the n-th alone.
        look: Which of the replicas that are looked into, counted from 0.
        per_layer: What is drawn by layer; empty for what the run is about.
        smooth: Weight of the past in the smoothed losses, from 0 (none) to 0.98.
        log_loss: Whether the loss has a logarithmic axis.
        log_steps: Whether the steps of loss and accuracy have one.
        at: The step as of which all is drawn; None for the last.
        only: Names of the figures that are on the screen; empty for all.
    """

    quantity: Literal["size", "signed", "effective", "own"] = "size"
    layer: _Index = 0
    seed: _Index = 0
    look: _Index = 0
    per_layer: PerLayer = "dead"
    smooth: Annotated[float, Field(ge=0, le=0.98)] = 0.0
    log_loss: bool = True
    log_steps: bool = False
    at: Annotated[int, Field(ge=0, le=2**53)] | None = None
    only: frozenset[_Figure] = frozenset()

    def until(self, reports: Sequence[Json]) -> Sequence[Json]:
        """The reports up to the step that is picked; the first in any case."""
        if self.at is None:
            return reports
        return [each for each in reports if each["step"] <= self.at] or reports[:1]

    def wants(self, name: str) -> bool:
        """Whether a figure is to be drawn."""
        return not self.only or name in self.only
