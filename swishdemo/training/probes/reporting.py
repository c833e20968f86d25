"""A report, put together from what the parts of a run know."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from copy import copy
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from swishdemo.ticks import TICK, Tick
from swishdemo.training.architecture import weighted
from swishdemo.training.config import TrainingConfig, learns_beta, replicas, starts
from swishdemo.training.engine.ensemble import Ensemble, Trainer
from swishdemo.training.engine.parameters import GroupParameter, ParameterGroup
from swishdemo.training.probes.scores import Scorer, Scores, Units, conserved
from swishdemo.training.probes.views import Viewer
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
