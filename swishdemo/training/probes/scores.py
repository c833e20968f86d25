"""Figures of all replicas: on the test set, of units there, and what gradient flow conserves.

The last tells why different starts of β stay apart without decay. Swish_β(z) = Swish₁(βz)/β. So
for every c > 0 the change (W, b, β, V) → (cW, cb, β/c, V/c), with W and b before the activation and
V the weights behind it, leaves the function as it is, and with it the loss L. Differentiated by c
at 1:

    ⟨W, ∂L/∂W⟩ + ⟨b, ∂L/∂b⟩ − β·∂L/∂β − ⟨V, ∂L/∂V⟩ = 0.

Under gradient flow, Ẇ = −∂L/∂W and likewise b and V, and β̇ = −r·∂L/∂β with β's own rate r. Hence

    Q = ‖W‖² + ‖b‖² − β²/r − ‖V‖²

does not change. Of several β in a layer, each has such a change of its own, and Q is their sum. A
normalisation before the activation undoes the size of W: there its scale and shift take the place
of W and b. Where all layers share one β, the change must be made in all of them at once: W of the
first, b of all, V of the last. ReLU's kin, f(c·z) = c·f(z), have the change without any β. A skip
round the layer, a β that is fixed, and its softplus have none in this form.

Noether's theorem for gradient flow: Kunin et al., https://arxiv.org/abs/2012.04728.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from swishdemo.ticks import TICK, Tick
from swishdemo.training.architecture import HOMOGENEOUS, Part, Residual, sites, weighted
from swishdemo.training.checkpoint import KEPT_BYTES, Entry, State, Weights
from swishdemo.training.engine.call_tape import Arena
from swishdemo.training.engine.ensemble import BoundEnsemble, Ensemble
from swishdemo.training.engine.layers import Site
from swishdemo.training.engine.optimisers import right
from swishdemo.training.engine.parameters import ParameterGroup
from swishdemo.training.engine.samples import Batch, Samples

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
            slope, z = site.gradient.abs_(), site.z.flatten(1)
            flat = (slope < SATURATED_BELOW).flatten(1).sum(1)
            around, mean = torch.var_mean(z, 1, correction=0)
            around *= z.shape[1]
            if not before:
                self._slope.append(slope.amax(2))
                self._flat.append(flat)
                self._mean.append(mean)
                self._around.append(around)
                continue
            torch.maximum(self._slope[index], slope.amax(2), out=self._slope[index])
            self._flat[index] += flat
            moved = mean - self._mean[index]
            share = count / self._samples
            self._mean[index] += moved * share
            self._around[index] += around + moved.square() * (z.shape[1] * (1 - share))

    def units(self) -> Units:
        """What they do at all of them."""
        dead, saturated, variance = [], [], []
        for slope, flat, around in zip(self._slope, self._flat, self._around, strict=True):
            values = slope.shape[1] * self._samples
            dead.append((slope < DEAD_BELOW).float().mean(1))
            saturated.append(flat / values)
            variance.append(around / values)
        return Units(*(torch.stack(each) for each in (dead, saturated, variance)))


def weights(step: int, ensembles: Sequence[Ensemble], watched: Collection[int]) -> Weights:
    """The weights of all replicas, or of the ``watched`` ones alone where they are many.

    Args:
        step: Steps done.
        ensembles: Networks with all replicas of the run, in their order.
        watched: Numbers of replicas.
    """
    size = sum(each.parameters.values.nbytes for each in ensembles)
    states: dict[int, State] = {}
    first = 0
    for ensemble in ensembles:
        numbers = range(first, first + len(ensemble.replicas))
        kept = [n for n in numbers if size <= KEPT_BYTES or n in watched]
        found = _states(ensemble, [number - first for number in kept])
        states.update(zip(kept, found, strict=True))
        first = numbers.stop
    return Weights(step, states)


@torch.no_grad()
def _states(ensemble: Ensemble, rows: Sequence[int]) -> Iterator[State]:
    """The states of these replicas; those that have the same entries are copied together."""
    entries = list(ensemble.entries())
    cuts = {0, len(ensemble.replicas)}
    for _, first, views in entries:
        cuts |= {first, first + len(views)}
    for start, end in pairwise(sorted(cuts)):
        chosen = [row for row in rows if start <= row < end]
        if not chosen:
            continue
        here = [
            (name, views[[row - first for row in chosen]])
            for name, first, views in entries
            if first <= start < first + len(views)
        ]
        layout = tuple(
            Entry(name, str(values.dtype).removeprefix("torch."), tuple(values.shape[1:]))
            for name, values in here
        )
        table = torch.cat([_bytes(values) for _, values in here], 1).cpu().numpy()
        yield from (State(layout, row.tobytes()) for row in table)


def _bytes(values: Tensor) -> Tensor:
    """The bytes of each replica, ``[replica, byte]``."""
    return values.reshape(len(values), -1).contiguous().view(torch.uint8)


def conserved(ensemble: Ensemble) -> Tensor:
    """Q of each layer, ``[layer, replica]``; NaN where there is none.

    Where all layers share a β, their one Q stands in the first.
    """
    linear = weighted(ensemble.parts)
    shape = len(linear) - 1, len(ensemble.replicas)
    found = ensemble.parameters.values.new_full(shape, math.nan)
    for group in ensemble.groups:
        term = _own_term(ensemble, group)
        if term is None or _skipped(ensemble.parts) & {group.site, group.site + 1}:
            continue
        total = _squares(ensemble, f"hidden.{group.site}", group.rows) - term
        last = group.site + 1
        if ensemble.config.beta_scope == "network" and group.activation not in HOMOGENEOUS:
            if not _one_change(ensemble, group):
                continue
            for each in linear[1:-1]:
                entries = ensemble.values[ensemble.blocks[each.name]][group.rows]
                total = total + entries[..., -1].square().sum(1)
            last = len(linear) - 1
        behind = ensemble.values[ensemble.blocks[linear[last].name]][group.rows]
        found[group.site, group.rows] = total - behind[..., :-1].square().sum((1, 2))
    return found


def _own_term(ensemble: Ensemble, group: ParameterGroup) -> Tensor | float | None:
    """β²/r; 0 for ReLU's kin; None where there is no such change."""
    if group.activation in HOMOGENEOUS:
        return 0.0
    factor = ensemble.config.beta_lr_factor
    learned = all(
        parameter.block is not None and not parameter.softplus for parameter in group.parameters
    )
    if group.activation != "swish" or not learned or factor == 0:
        return None
    return ensemble.activation_parameters.value(group.parameters[0]).square().sum(1) / factor


def _squares(ensemble: Ensemble, hidden: str, rows: slice) -> Tensor:
    """‖W‖² + ‖b‖², or of the scale and the shift that stand in their place."""
    norm = ensemble.blocks.get(hidden.replace("hidden", "norm"))
    block = ensemble.blocks[hidden] if norm is None else norm
    return ensemble.values[block][rows].square().sum((1, 2))


def _one_change(ensemble: Ensemble, group: ParameterGroup) -> bool:
    """Whether the layers that share a β can be changed at once; told of the first of them."""
    mine = [each for each in ensemble.groups if each.rows == group.rows]
    same = all(each.activation == group.activation for each in mine)
    plain = ensemble.config.normalisation == "none" and not _skipped(ensemble.parts)
    return group.site == 0 and same and plain


def _skipped(parts: tuple[Part, ...]) -> set[int]:
    """The layers that have a skip around them."""
    return {site.site for part in parts if isinstance(part, Residual) for site in sites(part.body)}
