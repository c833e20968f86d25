"""Train all replicas of a run together, and report on steps that the config fixes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from swishdemo import datasets
from swishdemo.errors import UserError
from swishdemo.training.config import Replica, TrainingConfig, replicas, report_steps
from swishdemo.training.convergence import share_in_band, spread
from swishdemo.training.ensemble import Ensemble, Evaluation, Samples
from swishdemo.training.report import TICK, Report, Tick, Values

_BLOCK_REPLICAS = 128
_BLOCK_SAMPLES = 24 * 64
"""Replicas, and replicas × samples, that a CPU computes at a time. More are no faster, and control
comes back within milliseconds. A GPU computes all replicas at a time."""


def train(
    config: TrainingConfig, clock: Callable[[], float] = time.perf_counter
) -> Iterator[Report | Tick]:
    """Train, and yield reports; between them, ticks.

    The same config gives the same reports on the same machine, bit for bit, but for
    ``elapsed_seconds``. Closing the iterator stops the work.

    Args:
        config: What to train.
        clock: Tells the time in seconds.

    Raises:
        UserError: The device is not there, or all replicas have diverged.
    """
    device = _device(config.device)
    threads = torch.get_num_threads()
    torch.set_num_threads(config.threads)
    try:
        yield from _Run(config, device, clock).reports()
    finally:
        torch.set_num_threads(threads)


class _Run:
    """The state of one run."""

    def __init__(
        self, config: TrainingConfig, device: torch.device, clock: Callable[[], float]
    ) -> None:
        self._config = config
        self._device = device
        self._clock = clock
        self._replicas = replicas(config)
        split = datasets.get(config.dataset).load()
        self._train = Samples.of(split.train_inputs, split.train_labels, device)
        self._test = Samples.of(split.test_inputs, split.test_labels, device)
        self._blocks = [
            Ensemble(part, config, device) for part in _parts(self._replicas, config.batch, device)
        ]
        self._loss = torch.zeros(len(self._replicas), device=device)
        self._finite_steps = torch.zeros_like(self._loss, dtype=torch.int64)
        self._alive = torch.ones_like(self._loss, dtype=torch.bool)
        self._first_spread: list[float | None] = []

    def reports(self) -> Iterator[Report | Tick]:
        """Train to the end."""
        batches = _batches(self._config, len(self._train.labels), self._device)
        batch = self._train.take(next(batches))
        begun = self._clock()
        losses = []
        for block in self._blocks:
            losses.append(block.loss(batch))
            yield TICK
        self._loss += torch.cat(losses)
        previous = -1  # so that the loss of step 0 counts as that of one step
        for index, step in enumerate(report_steps(self._config.steps)):
            for _ in range(max(previous, 0), step):
                yield from self._advance(batch)
                batch = self._train.take(next(batches))
            evaluations = []
            for block in self._blocks:
                evaluations.append(block.evaluate(self._test))
                yield TICK
            means = self._loss / (step - previous)
            report = self._report(index, step, means, evaluations, self._clock() - begun)
            yield report
            self._end_if_all_diverged(report)
            self._loss.zero_()
            previous = step

    def _advance(self, batch: Samples) -> Iterator[Tick]:
        """One step of every block."""
        losses = []
        for block in self._blocks:
            losses.append(block.step(batch))
            yield TICK
        loss = torch.cat(losses)
        self._loss += loss
        self._alive &= loss.isfinite()
        self._finite_steps += self._alive

    def _report(
        self,
        index: int,
        step: int,
        loss: Tensor,
        evaluations: Sequence[Evaluation],
        elapsed_seconds: float,
    ) -> Report:
        alive = self._alive.tolist()
        swish = alive[: self._config.seeds * len(self._config.beta_starts)]
        beta = _layers([block.parameters.beta for block in self._blocks], swish)
        spreads = [spread(layer, self._config.seeds) for layer in beta]
        if index == 0:
            self._first_spread = spreads
        last_steps = self._finite_steps.tolist()
        return Report(
            index=index,
            step=step,
            steps=self._config.steps,
            beta=beta,
            beta_effective=_layers([part.beta_effective for part in evaluations], swish),
            loss=_values(loss.tolist(), alive),
            test_loss=_values(torch.cat([part.loss for part in evaluations]).tolist(), alive),
            accuracy=_values(torch.cat([part.accuracy for part in evaluations]).tolist(), alive),
            convergence=tuple(
                now / first if now is not None and first else None
                for now, first in zip(spreads, self._first_spread, strict=True)
            ),
            share=share_in_band(beta),
            diverged=tuple(
                None if finite else last + 1 for finite, last in zip(alive, last_steps, strict=True)
            ),
            elapsed_seconds=elapsed_seconds,
            device=self._device.type,
        )

    def _end_if_all_diverged(self, report: Report) -> None:
        steps = [step for step in report.diverged if step is not None]
        if len(steps) < len(self._replicas):
            return
        last = max(steps)
        row = self._replicas[report.diverged.index(last)]
        start = "" if row.beta_start is None else f" β₀ = {row.beta_start:g}"
        raise UserError(
            "train.error.all_diverged",
            field="lr",
            count=len(steps),
            activation=row.activation,
            start=start,
            seed=row.seed,
            step=last,
        )


def _layers(parts: Sequence[Tensor], alive: Sequence[bool]) -> tuple[Values, ...]:
    """The blocks' ``[layer, Swish replica]`` in one."""
    return tuple(_values(layer, alive) for layer in torch.cat(list(parts), 1).tolist())


def _values(numbers: Sequence[float], alive: Sequence[bool]) -> Values:
    """The numbers of the replicas that have not diverged."""
    return tuple(
        number if living and math.isfinite(number) else None
        for number, living in zip(numbers, alive, strict=True)
    )


def _device(name: str) -> torch.device:
    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise UserError("train.error.no_cuda", field="device")
    return torch.device("cuda" if found and name != "cpu" else "cpu")


def _parts(
    rows: Sequence[Replica], batch: int, device: torch.device
) -> Iterator[Sequence[Replica]]:
    """The replicas in parts of about equal size."""
    if device.type != "cpu":
        yield rows
        return
    most = max(1, min(_BLOCK_REPLICAS, _BLOCK_SAMPLES // batch))
    size = -(-len(rows) // -(-len(rows) // most))
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def _batches(config: TrainingConfig, samples: int, device: torch.device) -> Iterator[Tensor]:
    """Numbers of training samples, a batch at a time: a permutation for each epoch.

    What is left of an epoch and fills no batch is left out.
    """
    generator = np.random.default_rng([config.seed, 0])
    while True:
        order = torch.from_numpy(generator.permutation(samples)).to(device)
        full = samples - samples % config.batch
        yield from torch.split(order[:full], config.batch)
