"""Runs networks to find out about them: on the test set, and on a grid of inputs.

A `Scorer` takes the figures of all replicas, and of what their units do; a `Viewer` looks into a
few of them: what they say of a grid, and what their units answer there.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from swishdemo.datasets import Dataset
from swishdemo.ticks import TICK, Tick
from swishdemo.training.architecture import Affine, sites, weighted
from swishdemo.training.config import Replica, TrainingConfig, replicas, report_steps, view_steps
from swishdemo.training.engine.batch import Arena, Batch, Samples
from swishdemo.training.engine.ensemble import BoundEnsemble, Ensemble
from swishdemo.training.engine.layers import Site
from swishdemo.training.engine.optimisers import right
from swishdemo.training.report import View

DEAD_BELOW = 1e-3
"""A unit is dead where its slope is smaller than this, in size, at every sample."""

SATURATED_BELOW = 0.05
"""A unit is saturated at a sample where its slope is smaller than this, in size."""


@dataclass(frozen=True, slots=True)
class Units:
    """What the units of each layer do, on the samples looked at; all ``[layer, replica]``.

    Attributes:
        dead: Share of units that are dead.
        saturated: Share of units and samples that are saturated.
        variance: Variance of the activations' inputs over units and samples.
    """

    dead: Tensor
    saturated: Tensor
    variance: Tensor


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures on the test set.

    Attributes:
        loss: Mean objective, ``[replica]``.
        accuracy: Share recognised, ``[replica]``; of a regression, 1 − (mean squared error) ÷
            (variance of the targets), which is R².
        rms: Root mean square of the activations' inputs, for each channel that has a parameter of
            its own: ``[replica, channel]`` for each group of each layer.
        units: What the units do, if that was asked for.
    """

    loss: Tensor
    accuracy: Tensor
    rms: tuple[Tensor, ...]
    units: Units | None


class Scorer:
    """Evaluates an ensemble, a part of the samples at a time.

    Args:
        ensemble: The replicas.
        samples: The test set.
        together: Samples whose values stand in memory at a time.
        arena: Memory that evaluators share; they do not run at a time.
    """

    def __init__(
        self, ensemble: Ensemble, samples: Samples, together: int, arena: Arena | None = None
    ) -> None:
        self._ensemble, self._samples, self._together = ensemble, samples, together
        self._arena = arena or Arena(ensemble.parameters.values)
        self._bound: dict[int, tuple[Batch, BoundEnsemble]] = {}
        self._numbers = torch.arange(samples.count, device=samples.inputs.device)

    def evaluate(self, count: int, *, units: bool) -> Generator[Tick, None, Scores]:
        """Evaluate on the first ``count`` samples.

        Args:
            count: How many.
            units: Whether it is told what the units do.
        """
        groups = self._ensemble.groups
        total = torch.zeros_like(self._ensemble.parameters.values[:1])
        loss = total.repeat(len(self._ensemble.replicas))
        recognised = torch.zeros_like(loss)
        squares = [
            loss.new_zeros(group.rows.stop - group.rows.start, group.channels) for group in groups
        ]
        tally = _Tally() if units else None
        for rows in torch.tensor_split(self._numbers[:count], -(-count // self._together)):
            with torch.no_grad():
                bound = self.run(rows)
                loss += bound.loss * len(rows)
                if self._samples.labels is not None:
                    labels = self._samples.labels[rows]
                    recognised += right(bound.outputs.data, labels)
                for group, sums in zip(groups, squares, strict=True):
                    z = bound.sites[group.site].z[group.rows].view(*sums.shape, -1)
                    sums += z.norm(dim=2).square()
                if tally:
                    tally.add(bound.sites)
            yield TICK
        features = [bound.sites[group.site].z.shape[1] // group.channels for group in groups]
        targets = self._samples.targets[:, :count]
        mean_loss = loss / count
        if self._samples.labels is None:
            accuracy = 1 - mean_loss / targets.var(unbiased=False).clamp_min(1e-12)
        else:
            accuracy = recognised / count
        return Scores(
            mean_loss,
            accuracy,
            tuple((s / (n * count)).sqrt() for s, n in zip(squares, features, strict=True)),
            tally.units() if tally else None,
        )

    def run(self, rows: Tensor) -> BoundEnsemble:
        """The network on the samples numbered ``rows``, forward."""
        size = len(rows)
        if size not in self._bound:
            batch = Batch(self._samples, size)
            bound = self._ensemble.bind(batch, training=False, arena=self._arena)
            self._bound[size] = batch, bound
        batch, bound = self._bound[size]
        batch.load(rows)
        for call in bound.tape.forward:
            call()
        return bound


class _Tally:
    """What the units do at one part of the test set after another.

    A unit that is dead at a few samples need not be so at many: how many stand in memory at a time
    must not decide it.
    """

    def __init__(self) -> None:
        self._samples = 0
        self._slope: list[Tensor] = []  # greatest of each unit, [replica, unit]
        self._flat: list[Tensor] = []  # units and samples that are saturated, [replica]
        self._mean: list[Tensor] = []  # of the inputs, [replica]
        self._around: list[Tensor] = []  # sum of squares around it, [replica]

    @torch.no_grad()
    def add(self, sites: Sequence[Site]) -> None:
        """Count the samples that the network saw last."""
        before, count = self._samples, sites[0].z.shape[2]
        self._samples += count
        for index, site in enumerate(sites):
            site.gradient.fill_(1.0)
            for call in site.turn:
                call()
            slope, z = site.gradient.abs_(), site.z
            greatest, values = slope.amax(2), z.shape[1] * count
            # Its memory is that of all that follows, of which var_mean would take nine times as
            # long, and a sum of booleans three times.
            flat = torch.lt(slope, SATURATED_BELOW, out=slope).flatten(1).sum(1)
            mean = z.flatten(1).mean(1)
            around = torch.sub(z, mean[:, None, None], out=slope).flatten(1).norm(dim=1).square()
            if not before:
                self._slope.append(greatest)
                self._flat.append(flat)
                self._mean.append(mean)
                self._around.append(around)
                continue
            torch.maximum(self._slope[index], greatest, out=self._slope[index])
            self._flat[index] += flat
            moved = mean - self._mean[index]
            share = count / self._samples
            self._mean[index] += moved * share
            self._around[index] += around + moved.square() * (values * (1 - share))

    def units(self) -> Units:
        """What they do at all of them."""
        dead, saturated, variance = [], [], []
        for slope, flat, around in zip(self._slope, self._flat, self._around, strict=True):
            values = slope.shape[1] * self._samples
            dead.append((slope < DEAD_BELOW).float().mean(1))
            saturated.append(flat / values)
            variance.append(around / values)
        return Units(*(torch.stack(each) for each in (dead, saturated, variance)))


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
