"""A training run's stored reports as arrays, for the figures to draw.

Reports come oldest first, in the form of ``Report.as_json()``; a value that is no number any more
(a diverged replica) is None there and NaN here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swishdemo.training.config import TrainingConfig
from swishdemo.training.config import starts as training_starts

Json = Mapping[str, Any]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """A run's reports as arrays.

    Attributes:
        steps: Step of each report, shape (reports,).
        beta: |β|, shape (layers, starts, seeds, reports).
        loss: Training loss, shape (replicas, reports).
        accuracy: Test accuracy, shape (replicas, reports).
        tested: Whether the report's accuracy is of its own step, shape (reports,).
        convergence: C(t), shape (layers, reports).
        share: Share of all |β| in the article's band, shape (reports,).
        groups: Name of each activation and the replicas that have it.
        starts: The starting values of β.
        last: The step at which the run ends.
    """

    steps: Array
    beta: Array
    loss: Array
    accuracy: Array
    tested: NDArray[np.bool_]
    convergence: Array
    share: Array
    groups: Mapping[str, slice]
    starts: tuple[float, ...]
    last: int

    @classmethod
    def of(cls, config: Json, reports: Sequence[Json]) -> Series:
        """The arrays of a run with ``config`` that has made ``reports`` (at least one)."""
        # An activation without β has one start, which is no number.
        starts = tuple(
            float("nan") if start is None else start
            for start in training_starts(TrainingConfig.of_json(config))
        )
        seeds = config["seeds"]
        swish = len(starts) * seeds
        groups = {config["activation"]: slice(0, swish)}
        for place, rival in enumerate(config["rivals"]):
            groups[rival] = slice(swish + place * seeds, swish + (place + 1) * seeds)
        beta = np.abs(_array([report["beta"] for report in reports]))
        return cls(
            steps=_array([report["step"] for report in reports]),
            beta=np.moveaxis(beta, 0, -1).reshape(beta.shape[1], len(starts), seeds, len(reports)),
            loss=_array([report["loss"] for report in reports]).T,
            accuracy=_array([report["accuracy"] for report in reports]).T,
            tested=np.array(
                [report.get("tested_step", report["step"]) == report["step"] for report in reports]
            ),
            convergence=_array([report["convergence"] for report in reports]).T,
            share=_array([report["share"] for report in reports]),
            groups=groups,
            starts=starts,
            last=config["steps"],
        )


def _array(values: object) -> Array:
    return np.array(values, dtype=np.float64)  # None becomes NaN
