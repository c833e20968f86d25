"""Looks into a few replicas: what they say on a grid of inputs, and what their units answer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from swishdemo.datasets import Dataset
from swishdemo.training.architecture import Affine, sites, weighted
from swishdemo.training.config import (
    Replica,
    TrainingConfig,
    replicas,
    report_steps,
    view_steps,
)
from swishdemo.training.engine.ensemble import BoundEnsemble, Ensemble
from swishdemo.training.engine.samples import Samples
from swishdemo.training.probes.scores import Scorer
from swishdemo.training.report import View

PLANE, CURVE = 32, 128
"""Points of the grid along each of two inputs, and along one."""

SAMPLES = 16
"""Test samples of which the predictions are told."""

PROBED = 64
"""Test samples that the histograms are taken over."""

BINS, REACH = 48, 6.0
MOST_LAYERS, MOST_UNITS = 4, 16
MOST_WEIGHTS = 8
"""Units and inputs of a layer between which the weights are told."""
_MARGIN = 0.15

MOST_NUMBERS = 1_000_000
"""Numbers in all looks of a run: some 7 MB of its reports."""
_EVERY = (2, 5)
"""Reports from look to look, where there is room for so many; else 10."""


def watched(replicas: Sequence[Replica]) -> tuple[int, ...]:
    """The replicas that are looked into: the first of each start and of each rival."""
    return tuple(number for number, row in enumerate(replicas) if row.seed == 0)


def snapshot_steps(config: TrainingConfig) -> frozenset[int]:
    """The reported steps at which networks are looked into: 60 at most, fewer where looks are big.

    Among them are all of `swishdemo.training.config.view_steps`.
    """
    reported, dataset = report_steps(config.steps), config.described()
    size = {1: CURVE, 2: PLANE**2}.get(math.prod(dataset.shape), 0)
    layers, units = min(config.depth, MOST_LAYERS), min(config.width, MOST_UNITS)
    hidden = layers * units * size // (4 if size > CURVE else 2)
    beside = layers * BINS + 2 * SAMPLES + (layers + 1) * MOST_WEIGHTS**2
    look = (size + hidden + beside) * len(watched(replicas(config)))
    for every in _EVERY:
        if look * (len(reported) // every + 1) <= MOST_NUMBERS:
            return frozenset((*reported[:-1:every], *view_steps(config.steps)))
    return frozenset(view_steps(config.steps))


class Viewer:
    """Looks into replicas, of which it has copies.

    Args:
        config: What they are.
        rows: All replicas of the run.
        ensemble: A network of the watched ones alone, in the order of `watched`.
        dataset: What they learn.
        train: The training set, for the extent of the grid.
        test: The test set.
    """

    def __init__(
        self,
        config: TrainingConfig,
        rows: Sequence[Replica],
        ensemble: Ensemble,
        dataset: Dataset,
        train: Samples,
        test: Samples,
    ) -> None:
        self._numbers = watched(rows)
        self._ensemble = ensemble
        self._dataset = dataset
        self._softmax = config.objective == "cross-entropy"
        inputs = train.inputs
        self._size = {1: CURVE, 2: PLANE}.get(len(inputs), 0)
        self._extent: list[tuple[float, float]] = []
        probe = min(PROBED, test.count)
        self._first = torch.arange(probe, device=inputs.device)
        self._test = Scorer(ensemble, test, probe)
        if self._size:
            low, high = inputs.amin(1), inputs.amax(1)
            margin = _MARGIN * (high - low)
            self._extent = list(zip((low - margin).tolist(), (high + margin).tolist(), strict=True))
            axes = [torch.linspace(*ends, self._size).to(inputs) for ends in self._extent]
            points = torch.stack([axis.flatten() for axis in torch.meshgrid(*axes, indexing="xy")])
            grid = Samples(points, test.targets.new_zeros(len(test.targets), points.shape[1]), None)
            self._grid = Scorer(ensemble, grid, grid.count)
            self._points = torch.arange(grid.count, device=inputs.device)

    @torch.no_grad()
    def views(self, trained: Sequence[Ensemble], alive: Sequence[bool]) -> tuple[View, ...]:
        """The views of the watched replicas that have not diverged.

        Args:
            trained: Networks with all replicas of the run, in their order.
            alive: Which have not diverged.
        """
        places = [(each, index) for each in trained for index in range(len(each.replicas))]
        for place, number in enumerate(self._numbers):
            source, index = places[number]
            self._ensemble.load(place, source.state(index))
        self._ensemble.activation_parameters.refresh()
        surfaces, hidden = self._on_grid() if self._size else ([()] * len(self._numbers), [])
        bound = self._test.run(self._first)
        predictions = self._predictions(bound.outputs.data[:, :, :SAMPLES])
        histograms = [_histogram(site.z) for site in bound.sites[:MOST_LAYERS]]
        weights = self._weights()
        return tuple(
            View(
                replica=number,
                extent=tuple(self._extent),
                size=self._size,
                surface=surfaces[place],
                hidden=tuple(layer[place] for layer in hidden),
                beta=self._betas(place),
                predictions=predictions[place],
                histogram=tuple(layer[place] for layer in histograms),
                weights=tuple(layer[place] for layer in weights),
            )
            for place, number in enumerate(self._numbers)
            if alive[number]
        )

    def _weights(self) -> list[list[tuple[tuple[float, ...], ...]]]:
        """``[layer][replica][unit][input]``, see `View.weights`."""
        layers = weighted(self._ensemble.parts)
        layers = layers if len(layers) <= MOST_LAYERS + 1 else layers[:MOST_LAYERS]
        if not all(isinstance(layer, Affine) for layer in layers):
            return []
        named = {name: values for name, _, values in self._ensemble.entries()}
        return [
            [
                tuple(_rounded(row) for row in weight)
                for weight in named[f"{layer.name}.weight"][:, :MOST_WEIGHTS, :MOST_WEIGHTS].cpu()
            ]
            for layer in layers
        ]

    def _betas(self, place: int) -> tuple[tuple[float, ...], ...]:
        found: list[tuple[float, ...]] = [() for _ in sites(self._ensemble.parts)]
        for group in self._ensemble.groups:
            for parameter in group.parameters:
                inside = group.rows.start <= place < group.rows.stop
                if inside and parameter.name == "beta":
                    values = self._ensemble.activation_parameters.value(parameter)
                    found[group.site] = _rounded(values[place - group.rows.start])
        return tuple(found)

    def _on_grid(
        self,
    ) -> tuple[list[tuple[float, ...]], list[list[tuple[tuple[float, ...], ...]]]]:
        bound = self._grid.run(self._points)
        said = self._said(bound.outputs.data)
        return [_rounded(row) for row in said], self._hidden(bound)

    def _hidden(self, bound: BoundEnsemble) -> list[list[tuple[tuple[float, ...], ...]]]:
        found = []
        shape = (self._size,) * len(self._extent)
        for site in bound.sites[:MOST_LAYERS]:
            answers = site.out[:, :MOST_UNITS]
            answers = answers.reshape(*answers.shape[:2], *shape)
            for axis in range(len(shape)):
                answers = answers.index_select(2 + axis, self._points[: self._size : 2])
            found.append([tuple(map(_rounded, units)) for units in answers.flatten(2)])
        return found

    def _said(self, outputs: Tensor) -> Tensor:
        """Of each point, ``[replica, point]``: see `View.surface`."""
        if self._dataset.task == "regression":
            return outputs[:, 0]
        if outputs.shape[1] > 2:
            return outputs.argmax(1)
        return self._probabilities(outputs)[:, 1]

    def _probabilities(self, outputs: Tensor) -> Tensor:
        """``[replica, class, sample]``; of a squared error, outputs cut to where targets are."""
        if outputs.shape[1] == 1:
            second = ((outputs + 1) / 2).clamp(0, 1)
            return torch.cat([1 - second, second], 1)
        return outputs.softmax(1) if self._softmax else outputs.clamp(0, 1)

    def _predictions(self, outputs: Tensor) -> list[tuple[tuple[float, float], ...]]:
        if self._dataset.task == "regression":
            values = outputs[:, 0]
            pairs = torch.stack([values, values], 2)
        else:
            best = self._probabilities(outputs).max(1)
            pairs = torch.stack([best.indices.to(outputs), best.values], 2)
        return [
            tuple((round(first, 3), round(second, 3)) for first, second in row)
            for row in pairs.tolist()
        ]


def _rounded(values: Tensor) -> tuple[float, ...]:
    return tuple(float(f"{value:.3g}") for value in values.tolist())


def _histogram(z: Tensor) -> list[tuple[int, ...]]:
    """Of each replica, how many values fall into each bin."""
    values = z.flatten(1).clamp(-REACH, REACH).cpu()  # on a GPU, counts of floats may vary
    return [
        tuple(int(count) for count in torch.histc(row, BINS, -REACH, REACH).tolist())
        for row in values
    ]
