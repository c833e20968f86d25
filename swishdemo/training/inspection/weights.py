"""The weights of a run's replicas, taken out of what is trained."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from swishdemo.training.checkpoint import KEPT_BYTES, Entry, State, Weights
from swishdemo.training.engine.ensemble import Ensemble


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
