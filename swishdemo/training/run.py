"""Trains all replicas of a run together, and reports on steps that the config fixes.

A sweep's runs are trained one after another.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from swishdemo import datasets
from swishdemo.errors import UserError, is_lack_of_memory
from swishdemo.text import Sentence
from swishdemo.ticks import Progress, Tick
from swishdemo.training.architecture import architecture, outputs, product_count
from swishdemo.training.checkpoint import Weights
from swishdemo.training.config import (
    TrainingConfig,
    evaluated_steps,
    rate_factor,
    replicas,
    report_steps,
    view_steps,
)
from swishdemo.training.engine.call_tape import Arena
from swishdemo.training.engine.ensemble import Ensemble, Trainer
from swishdemo.training.engine.samples import Batch, Samples, evaluated_together, in_batches, orders
from swishdemo.training.probes.reporting import Reporter
from swishdemo.training.probes.scores import Scorer, weights
from swishdemo.training.probes.views import Viewer, watched
from swishdemo.training.report import TICK, Report
from swishdemo.training.sweep import SweepRequest
from swishdemo.training.sweep_results import SweepRow, row_of

TESTED = 512
"""Test samples of all reports but the last, at most."""

_HEAVY_PRODUCTS = 5 * 10**8
"""Multiplications of a forward pass from which a step is done in pieces: some 20 ms on a core."""


def train(
    config: TrainingConfig,
    clock: Callable[[], float] = time.perf_counter,
    checkpoint: Mapping[str, Any] | None = None,
) -> Run:
    """Train, and yield reports; between them ticks, and the weights before some reports.

    The same config gives the same reports on the same machine, bit for bit, but for
    ``elapsed_seconds``; a run that ends by its time limit has one report more than others at that
    step. Closing the iterator stops the work.

    Args:
        config: What to train.
        clock: Tells the time in seconds.
        checkpoint: Where another run of this config was left (`Run.checkpoint`).

    Raises:
        UserError: The device or the data are not there, or all replicas have diverged.
    """
    return Run(config, clock, checkpoint)


class Run:
    """One run: an iterator of its reports, and the weights that it has reached.

    Args:
        config: What to train.
        clock: Tells the time in seconds.
        checkpoint: Where another run of this config was left.
    """

    def __init__(
        self,
        config: TrainingConfig,
        clock: Callable[[], float] = time.perf_counter,
        checkpoint: Mapping[str, Any] | None = None,
    ) -> None:
        self._config = config
        self._clock = clock
        self._left_at = checkpoint
        self._ensembles: list[Ensemble] = []
        self._trainers: list[Trainer] = []
        self._begun = self._away = 0.0
        self._counted = 0
        self._total: Tensor
        self._between: Callable[[], dict[str, Any]] | None = None
        self._items = self._paced()

    def __iter__(self) -> Run:
        """The run itself."""
        return self

    def __next__(self) -> Report | Weights | Tick:
        """The next item, after as many steps as it takes."""
        self._between = None
        return next(self._items)

    def close(self) -> None:
        """Stop the work."""
        self._items.close()

    def checkpoint(self) -> dict[str, Any] | None:
        """All that another run of this config needs to go on from here, picklable; on the CPU.

        Its reports are those that would have followed, bit for bit where the device is the same.
        None where it is in the middle of a step: then one of the next items will do.
        """
        return None if self._between is None else self._between()

    def _paced(self) -> Generator[Report | Weights | Tick, None, None]:
        """All items; what passes while it rests between two of them is no time of the run."""
        threads = torch.get_num_threads()
        torch.set_num_threads(self._config.threads)
        try:
            for item in self._reports():
                left = self._clock()
                yield item
                self._away += self._clock() - left
        finally:
            torch.set_num_threads(threads)

    def weights(self, replica: int) -> dict[str, Tensor]:
        """A replica's parameters as they are now, on the CPU.

        They are those of `swishdemo.training.reference.Network`: its ``state_dict``.

        Args:
            replica: Its number in `swishdemo.training.config.replicas`.

        Raises:
            IndexError: The run has not begun, or has no such replica.
        """
        places = [
            (ensemble, index)
            for ensemble in self._ensembles
            for index in range(len(ensemble.replicas))
        ]
        ensemble, index = places[replica]
        return {name: value.cpu() for name, value in ensemble.state(index).items()}

    def _reports(self) -> Iterator[Report | Weights | Tick]:
        config = self._config
        reporter = yield from self._build()
        self._begun, self._away = self._clock(), 0.0
        reported, looked = set(report_steps(config.steps)), set(view_steps(config.steps))
        for step in range((yield from self._begin(reporter)), config.steps + 1):
            late = 0 < config.max_seconds <= self._elapsed()
            last = step == config.steps
            if step in reported or late:
                looks = step in looked or late
                count, loss = self._tested(step, whole=last or late), self._total / self._counted
                report = yield from reporter.report(step, loss, count, looks=looks)
                ended = "steps" if last else "max_seconds" if late else reporter.reached(report)
                if looks or ended:
                    yield weights(step, self._ensembles, watched(replicas(config)))
                yield replace(report, elapsed_seconds=self._elapsed(), ended=ended)
                self._end_if_all_diverged()
                if ended:
                    return
                self._total, self._counted = torch.zeros_like(self._total), 0
            yield from self._step(step, measured=step + 1 in looked)
            self._between = partial(self._snapshot, reporter, step + 1, self._elapsed())
            yield TICK

    def _begin(self, reporter: Reporter) -> Generator[Tick, None, int]:
        """Stand before the first step that is to be reported, or taken."""
        self._batches = orders(self._config.seed, self._train.count, self._config.batch)
        if self._left_at is not None:
            return self._restore(self._left_at, reporter)
        self._load(next(self._batches))
        for trainer in self._trainers:
            yield from self._differentiate(trainer)
            trainer.measure()
        self._total, self._counted = self._losses(), 1
        return 0

    def _step(self, step: int, *, measured: bool) -> Iterator[Tick]:
        """Take a step; the gradients of the first one are there already."""
        factor = rate_factor(self._config.schedule, step, self._config.steps)
        if step > 0:
            self._load(next(self._batches))
        for trainer in self._trainers:
            if step > 0:
                yield from self._differentiate(trainer)
            if measured:
                trainer.measure()
            trainer.step(factor)
            if trainer is not self._trainers[-1]:
                yield TICK
        self._total += self._losses()
        self._counted += 1

    def _snapshot(self, reporter: Reporter, step: int, elapsed: float) -> dict[str, Any]:
        """How the run stands before the report of a step."""
        return {
            "step": step,
            "elapsed_seconds": elapsed,
            "counted": self._counted,
            "total": self._total.cpu().clone(),
            "parts": [len(ensemble.replicas) for ensemble in self._ensembles],
            "trainers": [trainer.snapshot() for trainer in self._trainers],
            "reporter": reporter.snapshot(),
        }

    def _restore(self, left: Mapping[str, Any], reporter: Reporter) -> int:
        """Stand as a run stood that was left; its next step."""
        for trainer, snapshot in zip(self._trainers, left["trainers"], strict=True):
            trainer.restore(snapshot)
        reporter.restore(left["reporter"])
        step: int = left["step"]
        for _ in range(step):  # batches that its steps have taken
            next(self._batches)
        self._begun -= left["elapsed_seconds"]
        self._total, self._counted = left["total"].to(self._losses()), left["counted"]
        return step

    def _tested(self, step: int, *, whole: bool) -> int:
        """How many test samples a report at ``step`` looks at."""
        if whole:
            return self._test.count
        asked = step in evaluated_steps(self._config.steps)
        return min(TESTED, self._test.count) if asked else 0

    def _build(self) -> Generator[Tick, None, Reporter]:
        """Load the data and make all parts."""
        config = self._config
        device = _device(config.device)
        dataset = config.described()
        split = datasets.get(config.dataset).load(config.data)
        labels = split.train_labels
        if config.shuffled_labels:
            labels = np.random.default_rng([config.data_seed, 1]).permutation(labels)
        count = outputs(config, dataset)
        self._train = Samples.of(split.train_inputs, labels, count, device)
        self._test = Samples.of(split.test_inputs, split.test_labels, count, device)
        self._batch = Batch(self._train, config.batch)
        parts = architecture(config, dataset)
        rows = replicas(config)
        self._device = device
        self._heavy = product_count(parts) * config.batch * len(rows) > _HEAVY_PRODUCTS
        learning, testing = (Arena(self._train.inputs) for _ in range(2))
        evaluators = []
        together = in_batches(rows, parts, config.batch, on_cpu=device.type == "cpu")
        if self._left_at is not None:  # as they were, perhaps on another device
            left = iter(rows)
            together = iter([tuple(islice(left, size)) for size in self._left_at["parts"]])
        for part in together:
            yield TICK
            ensemble = Ensemble(part, config, parts, device)
            yield TICK
            self._ensembles.append(ensemble)
            self._trainers.append(Trainer(ensemble, self._batch, learning))
            samples = evaluated_together(parts, len(part))
            evaluators.append(Scorer(ensemble, self._test, samples, testing))
        looked_at = Ensemble([rows[number] for number in watched(rows)], config, parts, device)
        viewer = Viewer(config, rows, looked_at, dataset, self._train, self._test)
        return Reporter(config, self._trainers, evaluators, viewer, device)

    def _load(self, numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        self._batch.load(torch.from_numpy(numbers).to(self._device))

    def _differentiate(self, trainer: Trainer) -> Iterator[Tick]:
        if self._heavy:
            yield from trainer.pieces()
        else:
            trainer.differentiate()

    def _losses(self) -> Tensor:
        return torch.cat([trainer.loss for trainer in self._trainers])

    def _elapsed(self) -> float:
        return self._clock() - self._begun - self._away

    def _end_if_all_diverged(self) -> None:
        diverged = [step for trainer in self._trainers for step in trainer.diverged]
        steps = [step for step in diverged if step is not None]
        if len(steps) < len(diverged):
            return
        last = max(steps)
        row = replicas(self._config)[diverged.index(last)]
        start = "" if row.beta_start is None else f" β₀ = {row.beta_start:g}"
        at_once = last == 1  # before any step had been taken
        raise UserError(
            "train.error.all_diverged_at_once" if at_once else "train.error.all_diverged",
            field="init_scale" if at_once else "lr",
            count=len(steps),
            activation=row.activation,
            start=start,
            seed=row.seed,
            step=last,
        )


def _device(name: str) -> torch.device:
    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise UserError("train.error.no_cuda", field="device")
    return torch.device("cuda" if found and name != "cpu" else "cpu")


def sweep(
    request: SweepRequest, clock: Callable[[], float] = time.perf_counter
) -> Iterator[SweepRow | Tick]:
    """Train, and yield a row for each run that has ended; between them ticks and progress.

    Each run gives the figures that it would give alone. One that fails is a row with its reason;
    the next one follows. Closing the iterator stops the work.

    Args:
        request: What to train.
        clock: Tells the time in seconds.
    """
    gc.freeze()  # what is there already need not be searched after each run
    try:
        for index in range(request.first, len(request.changes)):
            yield from _run(request, index, clock)
            gc.collect()  # a run's tensors lie in circles
    finally:
        gc.unfreeze()


def _run(
    request: SweepRequest, index: int, clock: Callable[[], float]
) -> Iterator[SweepRow | Tick]:
    begun = sum(request.steps[:index])
    reports: list[Report] = []
    failure = None
    try:
        for item in train(request.config(index), clock):
            if isinstance(item, Report):
                reports.append(replace(item, views=()))
                yield Progress(begun + item.step)
            elif isinstance(item, Tick):
                yield item
    except UserError as error:
        failure = Sentence(error.key, **error.filled)
    except (MemoryError, RuntimeError) as error:
        if not is_lack_of_memory(error):
            raise
        failure = Sentence("jobs.out_of_memory")
    yield row_of(request, index, reports, failure)
