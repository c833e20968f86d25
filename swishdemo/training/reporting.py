"""Puts reports together from what the parts of a run know, and takes the weights beside them."""

from __future__ import annotations

import math
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from copy import copy
from itertools import islice, pairwise
from typing import Any

import torch
from torch import Tensor

from swishdemo.ticks import TICK, Tick
from swishdemo.training.architecture import HOMOGENEOUS, Part, Residual, sites, weighted
from swishdemo.training.checkpoint import KEPT_BYTES, Entry, State, Weights
from swishdemo.training.config import TrainingConfig, learns_beta, replicas, starts
from swishdemo.training.engine.ensemble import Ensemble, Trainer
from swishdemo.training.engine.parameters import GroupParameter, ParameterGroup
from swishdemo.training.probes import Scorer, Scores, Units, Viewer
from swishdemo.training.report import LayerFigures, Report, Trace, Values, View
from swishdemo.training.summary import HELD, have_met, share_in_band, spread


class Reporter:
    """Makes the reports of a run.

    Args:
        config: The run.
        trainers: The replicas, in parts.
        evaluators: Of each part.
        viewer: Looks into some of them.
        device: Where it is computed.
    """

    _REMEMBERED = (
        *("_first_spread", "_index", "_tested_step", "_held"),
        *("_test_loss", "_accuracy", "_effective"),
    )

    def __init__(
        self,
        config: TrainingConfig,
        trainers: Sequence[Trainer],
        evaluators: Sequence[Scorer],
        viewer: Viewer,
        device: torch.device,
    ) -> None:
        self._config, self._trainers, self._evaluators = config, trainers, evaluators
        self._viewer, self._device = viewer, device
        self._ensembles = [trainer.ensemble for trainer in trainers]
        self._layers = len(weighted(self._ensembles[0].parts)) - 1
        self._first_count = config.seeds * len(starts(config))
        self._count = len(replicas(config))
        self._first_spread: list[float | None] = []
        self._index = self._tested_step = self._held = 0
        self._test_loss: list[float] = []
        self._accuracy: list[float] = []
        self._effective: list[list[float]] = []

    def report(
        self, step: int, loss: Tensor, tested: int, *, looks: bool, pictured: bool
    ) -> Generator[Tick, None, Report]:
        """Make the next report, without its time and its end.

        Args:
            step: Steps done.
            loss: Mean objective since the previous report, ``[replica]``.
            tested: Samples of the test set to evaluate on; 0 repeats what was found last.
            looks: Whether layers are told; the test set is then evaluated too.
            pictured: Whether views are.
        """
        found: list[Scores] = []
        if tested:
            for evaluator in self._evaluators:
                found.append((yield from evaluator.evaluate(tested, units=looks)))
            self._test_loss, self._accuracy = (
                torch.cat(each).tolist()
                for each in ([one.loss for one in found], [one.accuracy for one in found])
            )
            self._effective = self._sizes(found)
            self._tested_step = step
        diverged = [step for trainer in self._trainers for step in trainer.diverged]
        alive = [step is None for step in diverged]
        shown = alive[: self._first_count]
        betas = tuple(_values(layer, shown) for layer in self._betas())
        spreads = [spread(layer, self._config.seeds) for layer in betas]
        self._first_spread = self._first_spread or spreads
        moves = learns_beta(self._config)
        layers: LayerFigures | None = None
        views: tuple[View, ...] = ()
        if looks:
            layers = self._figures([part.units for part in found if part.units], alive)
            yield TICK
        if pictured:
            views = self._viewer.views(self._ensembles, alive)
        self._index += 1
        return Report(
            index=self._index - 1,
            step=step,
            steps=self._config.steps,
            beta=betas,
            beta_effective=tuple(_values(layer, shown) for layer in self._effective),
            loss=_values(loss.tolist(), alive),
            test_loss=_values(self._test_loss, alive),
            accuracy=_values(self._accuracy, alive),
            convergence=tuple(
                now / first if moves and now is not None and first else None
                for now, first in zip(spreads, self._first_spread, strict=True)
            ),
            share=share_in_band(betas) if moves else None,
            diverged=tuple(diverged),
            tested_step=self._tested_step,
            elapsed_seconds=0.0,
            device=self._device.type,
            parameters=self._traces(alive),
            layers=layers,
            views=views,
        )

    def snapshot(self) -> dict[str, Any]:
        """What it remembers from report to report."""
        return {name: copy(getattr(self, name)) for name in self._REMEMBERED}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Remember what `snapshot` told."""
        for name in self._REMEMBERED:
            setattr(self, name, snapshot[name])

    def reached(self, report: Report) -> str | None:
        """The stop condition that a report fulfils."""
        config = self._config
        known = [value for value in report.accuracy[: self._first_count] if value is not None]
        if config.target_accuracy and known and sum(known) / len(known) >= config.target_accuracy:
            return "target_accuracy"
        if config.stop_when_converged:
            met = have_met(report.convergence, [first or None for first in self._first_spread])
            self._held = self._held + 1 if met else 0
            if self._held == HELD:
                return "converged"
        return None

    def _betas(self) -> list[list[float]]:
        """β of each layer and replica that is no rival; NaN where it has none."""
        means, places = [], []
        for first, ensemble in self._placed():
            for group, parameter in _own_betas(ensemble):
                values = ensemble.activation_parameters.value(parameter)
                means.append(values[:, 0] if values.shape[1] == 1 else values.mean(1))
                places.append((group.site, first + group.rows.start))
        return self._table(means, places)

    def _sizes(self, evaluations: Sequence[Scores]) -> list[list[float]]:
        """The effective size of each β, likewise."""
        sizes, places = [], []
        for (first, ensemble), evaluation in zip(self._placed(), evaluations, strict=True):
            rms = dict(zip(map(_place, ensemble.groups), evaluation.rms, strict=True))
            for group, parameter in _own_betas(ensemble):
                size = ensemble.activation_parameters.value(parameter) * rms[_place(group)]
                sizes.append(size.square().mean(1).sqrt())
                places.append((group.site, first + group.rows.start))
        return self._table(sizes, places)

    def _table(
        self, values: Sequence[Tensor], places: Sequence[tuple[int, int]]
    ) -> list[list[float]]:
        """``[layer][replica]``: values from their layer and replica on, and else NaN."""
        found = [[math.nan] * self._first_count for _ in range(self._layers)]
        for (site, first), numbers in zip(places, _read(values), strict=True):
            found[site][first : first + len(numbers)] = numbers
        return found

    def _placed(self) -> Iterator[tuple[int, Ensemble]]:
        """The parts, and the number of their first replica."""
        first = 0
        for ensemble in self._ensembles:
            yield first, ensemble
            first += len(ensemble.replicas)

    def _traces(self, alive: Sequence[bool]) -> tuple[Trace, ...]:
        """The learned parameters that are not in ``beta``."""
        learned = [
            (
                (group.activation, parameter.name, group.rival),
                group.site,
                first + group.rows.start,
                ensemble.activation_parameters.value(parameter).mean(1),
            )
            for first, ensemble in self._placed()
            for group in ensemble.groups
            for parameter in group.parameters
            if parameter.block is not None and (parameter.name != "beta" or group.rival)
        ]
        found: dict[tuple[str, str, bool], dict[int, dict[int, float]]] = {}
        means = _read([values for *_, values in learned])
        for (key, site, start, _), numbers in zip(learned, means, strict=True):
            layer = found.setdefault(key, {}).setdefault(site, {})
            layer.update(enumerate(numbers, start))
        return tuple(
            Trace(
                activation=name,
                parameter=parameter,
                first=min(min(layer) for layer in layers.values()),
                values=tuple(
                    _values(list(values.values()), [alive[index] for index in values])
                    for values in (layers.get(site, {}) for site in range(self._layers))
                ),
            )
            for (name, parameter, _), layers in found.items()
        )

    def _figures(self, units: Sequence[Units], alive: Sequence[bool]) -> LayerFigures:
        def told(parts: Sequence[Tensor]) -> tuple[Values, ...]:
            return tuple(_values(layer, alive) for layer in torch.cat(list(parts), 1).tolist())

        return LayerFigures(
            dead=told([part.dead for part in units]),
            saturated=told([part.saturated for part in units]),
            variance=told([part.variance for part in units]),
            gradient_norm=told([trainer.norms for trainer in self._trainers]),
            weight_norm=told([_weight_norms(each) for each in self._ensembles]),
            conserved=told([conserved(each) for each in self._ensembles]),
        )


def _read(values: Sequence[Tensor]) -> list[list[float]]:
    """The numbers of each, read at once: a GPU is waited for once."""
    numbers = iter(torch.cat(list(values)).tolist() if values else ())
    return [list(islice(numbers, len(each))) for each in values]


def _own_betas(ensemble: Ensemble) -> Iterator[tuple[ParameterGroup, GroupParameter]]:
    """The β of those that are no rivals."""
    for group in ensemble.groups:
        for parameter in group.parameters:
            if parameter.name == "beta" and not group.rival:
                yield group, parameter


def _place(group: ParameterGroup) -> tuple[int, int]:
    return group.site, group.rows.start


def _weight_norms(ensemble: Ensemble) -> Tensor:
    views = [ensemble.values[ensemble.blocks[part.name]] for part in weighted(ensemble.parts)]
    return torch.stack([view[..., :-1].flatten(1).norm(dim=1) for view in views])


def _values(numbers: Sequence[float], alive: Sequence[bool]) -> Values:
    """The numbers of the replicas that have not diverged."""
    return tuple(
        number if living and math.isfinite(number) else None
        for number, living in zip(numbers, alive, strict=True)
    )


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
    """What gradient flow conserves: Q of each layer, ``[layer, replica]``; NaN where there is none.

    Where all layers share a β, their one Q stands in the first. Q tells why different starts of β
    stay apart without decay.

    Swish_β(z) = Swish₁(βz)/β. So for every c > 0 the change (W, b, β, V) → (cW, cb, β/c, V/c), with
    W and b before the activation and V the weights behind it, leaves the function as it is, and
    with it the loss L. Differentiated by c at 1:

        ⟨W, ∂L/∂W⟩ + ⟨b, ∂L/∂b⟩ − β·∂L/∂β − ⟨V, ∂L/∂V⟩ = 0.

    Under gradient flow, Ẇ = −∂L/∂W and likewise b and V, and β̇ = −r·∂L/∂β with β's own rate r.
    Hence

        Q = ‖W‖² + ‖b‖² − β²/r − ‖V‖²

    does not change. Of several β in a layer, each has such a change of its own, and Q is their
    sum. A normalisation before the activation undoes the size of W: there its scale and shift
    take the place of W and b. Where all layers share one β, the change must be made in all of
    them at once: W of the first, b of all, V of the last. ReLU's kin, f(c·z) = c·f(z), have the
    change without any β. A skip round the layer, a β that is fixed, and its softplus have none in
    this form.

    Noether's theorem for gradient flow: Kunin et al., https://arxiv.org/abs/2012.04728.
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
