"""A report, put together from what the parts of a run know."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from swishdemo.training.architecture import weighted
from swishdemo.training.config import TrainingConfig, replicas, starts
from swishdemo.training.conserved import conserved
from swishdemo.training.convergence import CONVERGED_BELOW, share_in_band, spread
from swishdemo.training.ensemble import Ensemble
from swishdemo.training.evaluation import Evaluation, Evaluator
from swishdemo.training.report import LayerFigures, Report, Trace, Values
from swishdemo.training.trainer import Trainer
from swishdemo.training.views import Viewer


class Reporter:
    """Makes the reports of a run.

    Args:
        config: The run.
        trainers: The replicas, in parts.
        evaluators: Of each part.
        viewer: Looks into some of them.
        device: Where it is computed.
    """

    def __init__(
        self,
        config: TrainingConfig,
        trainers: Sequence[Trainer],
        evaluators: Sequence[Evaluator],
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
        self._index = 0

    def pieces(
        self, step: int, loss: Tensor, tested: int, *, looks: bool
    ) -> Iterator[Report | None]:
        """Make the next report; the last piece is it, without its time and end.

        Args:
            step: Steps done.
            loss: Mean objective since the previous report, ``[replica]``.
            tested: Samples of the test set to evaluate on.
            looks: Whether layers and views are told.
        """
        evaluations: list[Evaluation] = []
        for evaluator in self._evaluators:
            for piece in evaluator.pieces(tested):
                yield None
            assert piece is not None
            evaluations.append(piece)
        diverged = [step for trainer in self._trainers for step in trainer.diverged]
        alive = [step is None for step in diverged]
        betas, effective = self._betas(evaluations, alive)
        spreads = [spread(layer, self._config.seeds) for layer in betas]
        self._first_spread = self._first_spread or spreads
        layers, views = None, ()
        if looks:
            layers = self._figures(alive)
            yield None
            views = self._viewer.views(self._ensembles, alive)
        yield Report(
            index=self._index,
            step=step,
            steps=self._config.steps,
            beta=betas,
            beta_effective=effective,
            loss=_values(loss.tolist(), alive),
            test_loss=_values(torch.cat([part.loss for part in evaluations]).tolist(), alive),
            accuracy=_values(torch.cat([part.accuracy for part in evaluations]).tolist(), alive),
            convergence=tuple(
                now / first if now is not None and first else None
                for now, first in zip(spreads, self._first_spread, strict=True)
            ),
            share=share_in_band(betas),
            diverged=tuple(diverged),
            elapsed_seconds=0.0,
            device=self._device.type,
            own=self._traces(alive),
            layers=layers,
            views=views,
        )
        self._index += 1

    def reached(self, report: Report) -> str | None:
        """The stop condition that a report fulfils."""
        config = self._config
        known = [value for value in report.accuracy[: self._first_count] if value is not None]
        if config.target_accuracy and known:
            if sum(known) / len(known) >= config.target_accuracy:
                return "target_accuracy"
        if config.stop_when_converged:
            # A layer whose activation has no β has nothing to wait for.
            pairs = zip(report.convergence, self._first_spread, strict=True)
            distances = [distance for distance, first in pairs if first]
            if all(value is not None and value < CONVERGED_BELOW for value in distances):
                return "converged" if distances else None
        return None

    def _betas(
        self, evaluations: Sequence[Evaluation], alive: Sequence[bool]
    ) -> tuple[tuple[Values, ...], tuple[Values, ...]]:
        """β and its effective size, ``[layer][replica that is no rival]``."""
        plain = torch.full((self._layers, self._count), math.nan)
        effective = plain.clone()
        first = 0
        for ensemble, evaluation in zip(self._ensembles, evaluations, strict=True):
            for group, rms in zip(ensemble.groups, evaluation.rms, strict=True):
                for own in group.own:
                    if own.name == "beta" and not group.rival:
                        beta = ensemble.own.value(own)
                        rows = slice(first + group.rows.start, first + group.rows.stop)
                        plain[group.site, rows] = beta.mean(1).cpu().float()
                        size = (beta * rms).square().mean(1).sqrt()
                        effective[group.site, rows] = size.cpu().float()
            first += len(ensemble.replicas)
        shown = alive[: self._first_count]
        return tuple(
            tuple(_values(layer[: self._first_count], shown) for layer in table.tolist())
            for table in (plain, effective)
        )  # type: ignore[return-value]

    def _traces(self, alive: Sequence[bool]) -> tuple[Trace, ...]:
        """The learned parameters that are not in ``beta``."""
        found: dict[tuple[str, str, bool], dict[int, dict[int, float]]] = {}
        first = 0
        for ensemble in self._ensembles:
            for group in ensemble.groups:
                for own in group.own:
                    if own.block is None or (own.name == "beta" and not group.rival):
                        continue
                    key = group.activation, own.name, group.rival
                    layer = found.setdefault(key, {}).setdefault(group.site, {})
                    means = ensemble.own.value(own).mean(1).tolist()
                    layer.update(enumerate(means, first + group.rows.start))
            first += len(ensemble.replicas)
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

    def _figures(self, alive: Sequence[bool]) -> LayerFigures:
        units = [evaluator.units() for evaluator in self._evaluators]

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


def _weight_norms(ensemble: Ensemble) -> Tensor:
    views = [ensemble.values[ensemble.blocks[part.name]] for part in weighted(ensemble.parts)]
    return torch.stack([view[..., :-1].flatten(1).norm(dim=1) for view in views])


def _values(numbers: Sequence[float], alive: Sequence[bool]) -> Values:
    """The numbers of the replicas that have not diverged."""
    return tuple(
        number if living and math.isfinite(number) else None
        for number, living in zip(numbers, alive, strict=True)
    )
