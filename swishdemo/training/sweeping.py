"""Train the runs of a sweep, one after another."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from swishdemo.errors import UserError, is_lack_of_memory
from swishdemo.text import Sentence
from swishdemo.ticks import Progress, Tick
from swishdemo.training.report import Report
from swishdemo.training.run import train
from swishdemo.training.sweep import SweepRequest
from swishdemo.training.sweep_row import SweepRow, row_of


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
