"""Defines what a training run reports: plain numbers, JSON as they are. Loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import Any

from pydantic import ConfigDict, with_config

from swishdemo import formats
from swishdemo.text import Sentence
from swishdemo.training.config import TrainingConfig, replicas

Values = tuple[float | None, ...]
"""One number for each replica; None where the replica has diverged."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A learned parameter of an activation, other than the β of ``beta``.

    Attributes:
        activation: The activation's name.
        parameter: The parameter's.
        first: The first replica that has it.
        values: ``[layer][replica, from the first on]``; a mean over channels where each has one.
            A layer without it is empty.
    """

    activation: str
    parameter: str
    first: int
    values: tuple[Values, ...]


@dataclass(frozen=True, slots=True)
class LayerFigures:
    """Figures of all hidden layers, each ``[layer][replica]``; of some test samples.

    Attributes:
        dead: Share of units whose slope is below 0.001, in size, at every sample.
        saturated: Share of units and samples at which the slope is below 0.05, in size.
        variance: Variance of what comes into the activation.
        gradient_norm: Norm of the last batch's gradient by the layer's weights and biases; the
            output layer is the last.
        weight_norm: Norm of the layer's weights; the output layer is the last.
        conserved: What gradient flow conserves (`swishdemo.training.reporting.conserved`); None
            where it conserves nothing of that form.
    """

    dead: tuple[Values, ...]
    saturated: tuple[Values, ...]
    variance: tuple[Values, ...]
    gradient_norm: tuple[Values, ...]
    weight_norm: tuple[Values, ...]
    conserved: tuple[Values, ...]


@dataclass(frozen=True, slots=True)
class View:
    """A look into one replica.

    Attributes:
        replica: Which.
        extent: Of the grid: lowest and highest input, for each of the one or two inputs; in
            units of the training part's deviation. Empty where inputs are no such thing.
        size: Points of the grid along each input; 0 without a grid.
        surface: What the network says at each point, row by row, the second input rising slowest:
            a regression's output; of two classes the probability of the second; of more the
            number of the likeliest.
        hidden: What units answer on every second point of the grid, ``[layer][unit][point]``.
        beta: β of each layer, of each channel where it has one: ``[layer][channel]``; empty where
            it has none.
        predictions: The likeliest class of some test samples and its probability; of a
            regression the output, twice.
        histogram: How many inputs of the layer's activations fall into each of 48 equal bins of
            [−6, 6], ``[layer][bin]``; the outer bins take what lies beyond.
        weights: Of the first layers, the weights from the first inputs to the first units,
            ``[layer][unit][input]``, and so to the outputs where all layers are among them; empty
            of a convolution, and where an older version looked.
    """

    replica: int
    extent: tuple[tuple[float, float], ...]
    size: int
    surface: tuple[float, ...]
    hidden: tuple[tuple[tuple[float, ...], ...], ...]
    beta: tuple[tuple[float, ...], ...]
    predictions: tuple[tuple[float, float], ...]
    histogram: tuple[tuple[int, ...], ...]
    weights: tuple[tuple[tuple[float, ...], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run is computed, and why there.

    Attributes:
        device: ``cpu`` or ``cuda``.
        why: Why there, a `swishdemo.text.Sentence` as its JSON.
        graph: Whether a step is launched as one CUDA graph; None on a CPU, and before it is known.
        graph_why: Why it is not, likewise.
    """

    device: str
    why: dict[str, Any]
    graph: bool | None = None
    graph_why: dict[str, Any] | None = None


@with_config(ConfigDict(allow_inf_nan=False))
@dataclass(frozen=True, slots=True)
class Report:
    """The state of all replicas after ``step`` steps.

    Replicas are in the order of `swishdemo.training.config.replicas`; a replica's number in
    ``beta`` is the same as in ``loss``. A number that is not known is None: a replica that has
    diverged, or a C(t) whose starts do not differ.

    Attributes:
        index: Number of the report, from 0.
        step: Optimiser steps done.
        steps: Optimiser steps of the whole run.
        beta: β, ``[layer][replica that is no rival]``; where each channel has one, their mean; None
            where the activation has none.
        beta_effective: Root mean square of β·z over the layer's inputs z on the test set, likewise;
            as of ``tested_step``.
        loss: Mean objective (nats, or squared error) of the training batches since the previous
            report; at step 0, of the first batch before the first update. ``[replica]``.
        test_loss: The same on the test set as of ``tested_step``, ``[replica]``.
        accuracy: Share of the test set that is recognised, of a regression R²; likewise. Of a test
            set of more than 512 samples, the first 512, but all of them in the last report.
        convergence: C(t) of each layer: the deviation, over the starts, of log(mean over seeds of
            |β|), divided by its value at step 0; None where β does not move.
        share: Share of all |β|, all layers together, in [1.0, 1.5]; None where β does not move.
            Layers may differ much: `swishdemo.training.summary.betas_of_layer` tells one.
        diverged: For each replica the step at which its loss ceased to be finite, or exploded; or
            None.
        tested_step: The step at which the test set was evaluated last: it costs as much as some
            steps, and so is not done for every report.
        elapsed_seconds: Wall time since the first step began, rests left out.
        device: Where it is computed, ``cpu`` or ``cuda``.
        parameters: Other learned parameters of activations.
        layers: Figures of the layers, on some reports.
        views: A look into the first replica of each start and rival, on the same reports and on
            some between (`swishdemo.training.probes.snapshot_steps`).
        ended: Why this report is the last: ``steps``, ``max_seconds``, ``target_accuracy`` or
            ``converged``; else None.
        place: Where it is computed and why, on the first report, and on the one from which it is
            known whether a step is one graph.
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
    tested_step: int
    elapsed_seconds: float
    device: str
    parameters: tuple[Trace, ...] = ()
    layers: LayerFigures | None = None
    views: tuple[View, ...] = ()
    ended: str | None = None
    place: Place | None = None

    def as_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return formats.as_json(self)


def stored(record: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of a report that was stored, perhaps by another version, with today's fields.

    Args:
        record: The report.
        config: The JSON of its run's config, as `swishdemo.training.config.stored` gives it.

    Raises:
        ValueError: A field is missing or of another type, or the numbers are not those of so many
            layers and replicas.
    """
    report = formats.of_json(Report, record)
    run = TrainingConfig.of_json(config)
    count, layers = len(replicas(run)), run.depth
    own = count - len(run.rivals) * run.seeds
    by_layer = {"beta": own, "beta_effective": own}
    by_replica = (report.loss, report.test_loss, report.accuracy, report.diverged)
    fits = [
        *(len(values) == count for values in by_replica),
        len(report.convergence) == layers,
        *(_is_table(getattr(report, name), layers, rows) for name, rows in by_layer.items()),
        *(_fits(trace, layers, count) for trace in report.parameters),
        *(_is_whole(view, layers, count) for view in report.views),
    ]
    if report.layers:
        deep = {"gradient_norm": layers + 1, "weight_norm": layers + 1}
        fits += [
            _is_table(getattr(report.layers, field.name), deep.get(field.name, layers), count)
            for field in dataclass_fields(LayerFigures)
            if field.name != "conserved"
        ]
        fits.append(all(len(row) == count for row in report.layers.conserved))
    if not all(fits):
        raise ValueError("its numbers are of another network")
    if report.place:
        for said in filter(None, (report.place.why, report.place.graph_why)):
            Sentence.from_json(said)
    return report.as_json()


def _is_table(values: tuple[Values, ...], layers: int, rows: int) -> bool:
    return len(values) == layers and all(len(row) == rows for row in values)


def _fits(trace: Trace, layers: int, count: int) -> bool:
    rows = {len(values) for values in trace.values if values}
    return (
        len(trace.values) <= layers
        and len(rows) <= 1
        and trace.first >= 0
        and trace.first + max(rows, default=0) <= count
    )


def _is_whole(view: View, layers: int, count: int) -> bool:
    return (
        0 <= view.replica < count
        and len(view.extent) <= 2
        and len(view.surface) == (view.size ** len(view.extent) if view.size else 0)
        and len(view.histogram) <= layers
        and len(view.hidden) <= layers
    )
