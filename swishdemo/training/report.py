"""What a training run reports: plain numbers, JSON as they are. Loads no torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from swishdemo.ticks import TICK, Tick

__all__ = ["TICK", "Report", "Tick"]

Values = tuple[float | None, ...]
"""One number for each replica; None where the replica has diverged."""


@dataclass(frozen=True, slots=True)
class Report:
    """The state of all replicas after ``step`` steps.

    Replicas are in the order of `swishdemo.training.config.replicas`; a Swish replica's number in
    ``beta`` is the same as in ``loss``. A number that is not known is None: a replica that has
    diverged, or a C(t) whose starts do not differ.

    Attributes:
        index: Number of the report, from 0.
        step: Optimiser steps done.
        steps: Optimiser steps of the whole run.
        beta: β, ``[layer][Swish replica]``.
        beta_effective: Root mean square of β·z over the layer's inputs z on the test set, likewise.
        loss: Mean cross-entropy (nats) of the training batches since the previous report; at
            step 0, of the first batch before the first update. ``[replica]``.
        test_loss: Cross-entropy (nats) on the test set, ``[replica]``.
        accuracy: Share of the test set that is recognised, ``[replica]``.
        convergence: C(t) of each layer: the deviation, over the starts, of log(mean over seeds of
            |β|), divided by its value at step 0.
        share: Share of all |β|, both layers, in [1.0, 1.5]; None without any.
        diverged: For each replica the step at which its loss ceased to be finite, or None.
        elapsed_seconds: Wall time since the first step began.
        device: Where it is computed, ``cpu`` or ``cuda``.
    """

    index: int
    step: int
    steps: int
    beta: tuple[Values, ...]
    beta_effective: tuple[Values, ...]
    loss: Values
    test_loss: Values
    accuracy: Values
    convergence: Values
    share: float | None
    diverged: tuple[int | None, ...]
    elapsed_seconds: float
    device: str

    def as_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        record: dict[str, Any] = _listed(asdict(self))
        return record


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(entry) for key, entry in value.items()}
    return [_listed(entry) for entry in value] if isinstance(value, tuple) else value
