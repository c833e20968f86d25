"""Trains all replicas of a run together, and reports on steps that the config fixes.

A sweep's runs are trained one after another.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from swishdemo import datasets
from swishdemo.errors import UserError, is_lack_of_memory, lack_of_memory
from swishdemo.text import Sentence
from swishdemo.ticks import TICK, Progress, Tick
from swishdemo.training.architecture import architecture, outputs, product_count
from swishdemo.training.checkpoint import Weights
from swishdemo.training.config import (
    TrainingConfig,
    evaluated_steps,
    replicas,
    report_steps,
    view_steps,
)
from swishdemo.training.engine.batch import Arena, Batch, Samples
from swishdemo.training.engine.ensemble import Ensemble, Trainer
from swishdemo.training.engine.steps import DeviceSteps, DeviceTrainer, Steps, exactly
from swishdemo.training.placement import Placement, evaluated_together, in_batches, place
from swishdemo.training.probes import Scorer, Viewer, snapshot_steps, watched
from swishdemo.training.report import Place, Report
from swishdemo.training.reporting import Reporter, weights
from swishdemo.training.sweep import SweepRequest
from swishdemo.training.sweep_results import SweepRow, row_of

TESTED = 512
"""Test samples of all reports but the last, at most."""

_HEAVY_PRODUCTS = 5 * 10**8
"""Multiplications of a forward pass from which a step is done in pieces: some 20 ms on a core."""


@contextmanager
def _computing_with(threads: int) -> Iterator[None]:
    """Compute with so many CPU threads: they decide how a sum is rounded."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Run:
    """Trains: an iterator of reports; between them ticks, and the weights before some reports.

    The same config gives the same reports on the same machine and device, bit for bit, but for
    ``elapsed_seconds``; a run that ends by its time limit has one report more than others at that
    step. On a GPU that goes as far as `swishdemo.training.engine.steps.exactly`, and figures
    of the test set may be rounded otherwise where less memory is free. Closing it stops the work.

    Its items may raise a `UserError`: the device or the data are not there, or all replicas have
    diverged.

    Args:
        config: What to train.
        clock: Tells the time in seconds.
        checkpoint: Where another run of this config was left (`Run.checkpoint`).
        graphs: Whether a step on a GPU may be a CUDA graph.
        brief: Whether nothing is pictured, and the test set and the layers are looked at before
            the first step and after the last one alone, where it is known which that is: a
            sweep's row needs no more.
    """

    def __init__(
        self,
        config: TrainingConfig,
        clock: Callable[[], float] = time.perf_counter,
        checkpoint: Mapping[str, Any] | None = None,
        *,
        graphs: bool = True,
        brief: bool = False,
    ) -> None:
        self._config = config
        self._clock = clock
        self._left_at = checkpoint
        self._graphs = graphs
        self._pictures = not brief
        self._ends_alone = brief and not (config.target_accuracy or config.stop_when_converged)
        self._ensembles: list[Ensemble] = []
        self._trainers: list[Trainer] = []
        self._begun = self._away = 0.0
        self._steps: Steps
        self._told: tuple[bool | None, ...] = ()
        self._between: Callable[[], dict[str, Any]] | None = None
        self._items = self._reports()
        self._left: float | None = None

    def __iter__(self) -> Run:
        """The run itself."""
        return self

    def __next__(self) -> Report | Weights | Tick:
        """The next item, after as many steps as it takes.

        What passes while it rests between two of them is no time of the run, and PyTorch's
        settings are then as they were: who leaves a run half done changes nothing for others.
        """
        self._between = None
        if self._left is not None:
            self._away += self._clock() - self._left
        with _computing_with(self._config.threads), exactly():
            item = next(self._items)
        self._left = self._clock()
        return item

    def close(self) -> None:
        """Stop the work."""
        self._items.close()

    def checkpoint(self) -> dict[str, Any] | None:
        """All that another run of this config needs to go on from here, picklable; on the CPU.

        Its reports are those that would have followed, bit for bit where the device is the same.
        None where it is in the middle of a step: then one of the next items will do.
        """
        return None if self._between is None else self._between()

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

    def _reports(self) -> Generator[Report | Weights | Tick]:
        self._chosen = choose(self._config, graph=self._graphs)
        self._device = torch.device(self._chosen.device)
        reporter = yield from self._build()
        self._begun, self._away = self._clock(), 0.0
        yield from self._trained(reporter, (yield from self._begin(reporter)))

    def _trained(self, reporter: Reporter, first: int) -> Iterator[Report | Weights | Tick]:
        """Train from step ``first`` to the end."""
        config = self._config
        reported = set(report_steps(config.steps))
        looked = {0, config.steps} if self._ends_alone else set(view_steps(config.steps))
        pictured = {*snapshot_steps(config), *looked} if self._pictures else set()
        for step in range(first, config.steps + 1):
            late = 0 < config.max_seconds <= self._elapsed()
            last = step == config.steps
            if step in reported or late:
                looks = step in looked or late
                count, loss = self._tested(step, whole=last or late), self._steps.mean_loss()
                shows = step in pictured or (late and self._pictures)
                report = yield from reporter.report(step, loss, count, looks=looks, pictured=shows)
                ended = "steps" if last else "max_seconds" if late else reporter.reached(report)
                if self._pictures and (looks or ended):
                    yield weights(step, self._ensembles, watched(replicas(config)))
                yield replace(
                    report, elapsed_seconds=self._elapsed(), ended=ended, place=self._place()
                )
                self._end_if_all_diverged()
                if ended:
                    return
                self._steps.forget_losses()
            yield from self._steps.take(step, measured=step + 1 in looked)
            self._between = partial(self._snapshot, reporter, step + 1, self._elapsed())
            yield TICK

    def _place(self) -> Place | None:
        """Where it is computed and why; None where a report has told it."""
        graph, no_graph = self._steps.graph, self._steps.no_graph
        if self._told == (graph,):
            return None
        self._told = (graph,)
        because = no_graph.as_json() if no_graph else None
        return Place(self._device.type, self._chosen.why.as_json(), graph, because)

    def _begin(self, reporter: Reporter) -> Generator[Tick, None, int]:
        """Stand before the first step that is to be reported, or taken."""
        left = self._left_at
        if left is None:
            yield from self._steps.begin()
            return 0
        step: int = left["step"]
        self._steps.restore(left["steps"], step)
        reporter.restore(left["reporter"])
        self._begun -= left["elapsed_seconds"]
        return step

    def _snapshot(self, reporter: Reporter, step: int, elapsed: float) -> dict[str, Any]:
        """How the run stands before the report of a step."""
        return {
            "step": step,
            "elapsed_seconds": elapsed,
            "parts": [len(ensemble.replicas) for ensemble in self._ensembles],
            "steps": self._steps.snapshot(),
            "reporter": reporter.snapshot(),
        }

    def _tested(self, step: int, *, whole: bool) -> int:
        """How many test samples a report at ``step`` looks at."""
        if whole:
            return self._test.count
        asked = step == 0 if self._ends_alone else step in evaluated_steps(self._config.steps)
        return min(TESTED, self._test.count) if asked else 0

    def _build(self) -> Generator[Tick, None, Reporter]:
        """Load the data and make all parts."""
        config, device = self._config, self._device
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
            self._trainers.append(self._trainer(ensemble, learning))
            samples = evaluated_together(parts, len(part), device)
            evaluators.append(Scorer(ensemble, self._test, samples, testing))
        self._steps = self._stepping(product_count(parts) * config.batch * len(rows))
        looked_at = Ensemble([rows[number] for number in watched(rows)], config, parts, device)
        viewer = Viewer(config, rows, looked_at, dataset, self._train, self._test)
        return Reporter(config, self._trainers, evaluators, viewer, device)

    def _trainer(self, ensemble: Ensemble, arena: Arena) -> Trainer:
        made = DeviceTrainer if self._device.type == "cuda" else Trainer
        return made(ensemble, self._batch, arena)

    def _stepping(self, products: int) -> Steps:
        """What takes its steps, of each of which a forward pass has so many multiplications."""
        there = [each for each in self._trainers if isinstance(each, DeviceTrainer)]
        given = self._config, self._batch, self._train.count
        if there:
            return DeviceSteps(there, *given, graphs=self._graphs)
        return Steps(self._trainers, *given, heavy=products > _HEAVY_PRODUCTS)

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


def choose(config: TrainingConfig, *, graph: bool = True) -> Placement:
    """Where a run is computed, whose steps can be graphs or cannot.

    Raises:
        UserError: On a GPU, and there is none.
    """
    found = torch.cuda.is_available()
    if config.device == "cuda" and not found:
        raise UserError("train.error.no_cuda", field="device")
    return place(config, gpu=found, graph=graph)


class Sweep:
    """Trains a sweep: an iterator of a row for each ended run; between them ticks and progress.

    Each run gives the figures that it would give alone. One that fails is a row with its reason;
    the next one follows. Closing it stops the work.

    Args:
        request: What to train.
        clock: Tells the time in seconds.
        checkpoint: Where another sweep of this request was left (`Sweep.checkpoint`).
    """

    def __init__(
        self,
        request: SweepRequest,
        clock: Callable[[], float] = time.perf_counter,
        checkpoint: Mapping[str, Any] | None = None,
    ) -> None:
        self._request = request
        self._clock = clock
        left = checkpoint or {"index": request.first, "reports": (), "run": None}
        self._index: int = left["index"]
        self._reports: list[Report] = list(left["reports"])
        self._left_at = left["run"]
        self._run: Run | None = None
        self._items = self._rows()

    def __iter__(self) -> Sweep:
        """The sweep itself."""
        return self

    def __next__(self) -> SweepRow | Tick:
        """The next item, after as many steps as it takes."""
        return next(self._items)

    def close(self) -> None:
        """Stop the work."""
        self._items.close()

    def checkpoint(self) -> dict[str, Any] | None:
        """All that another sweep of this request needs to go on from here; see `Run.checkpoint`."""
        run = self._run and self._run.checkpoint()
        if self._run is not None and run is None:
            return None
        return {"index": self._index, "reports": tuple(self._reports), "run": run}

    def _rows(self) -> Generator[SweepRow | Tick, None, None]:
        gc.freeze()  # what is there already need not be searched after each run
        try:
            while self._index < len(self._request.changes):
                failure = yield from self._train()
                row = row_of(self._request, self._index, self._reports, failure)
                self._index, self._reports, self._run = self._index + 1, [], None
                yield row
                gc.collect()  # a run's tensors lie in circles
        finally:
            gc.unfreeze()

    def _train(self) -> Generator[Tick, None, Sentence | None]:
        """Train the run that is its turn; why it has failed."""
        behind = sum(self._request.steps[: self._index])
        left_at, self._left_at = self._left_at, None
        try:
            config = self._request.config(self._index)
            self._run = Run(config, self._clock, left_at, brief=True)
            for item in self._run:
                if isinstance(item, Report):
                    self._reports.append(item)
                    yield Progress(behind + item.step)
                elif isinstance(item, Tick):
                    yield item
        except UserError as error:
            return Sentence(error.key, **error.filled)
        except (MemoryError, RuntimeError) as error:
            if not is_lack_of_memory(error):
                raise
            return lack_of_memory(error)
        finally:
            if self._run is not None:
                self._run.close()
        return None


train, sweep = Run, Sweep
"""The works of a job, by what they do."""
