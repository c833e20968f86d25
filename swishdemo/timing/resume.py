"""What is left of a timing whose process has died, by an implementation or by the system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from swishdemo.text import Sentence
from swishdemo.timing.measurement import Measurement
from swishdemo.timing.request import TimingRequest
from swishdemo.timing.variants import REGISTRY, Registry

_KILLED = "jobs.worker_killed_memory"


def remaining(
    request: TimingRequest,
    measured: Sequence[Measurement],
    why: str,
    *,
    registry: Registry = REGISTRY,
) -> tuple[tuple[Measurement, ...], TimingRequest] | None:
    """The measurements that are lost, and a request for the others; None where nothing is left.

    Where the process ended while a variant was being prepared, that variant is left out of this
    and of all further sizes. Where it ended among the blocks of all, none can be blamed: that size
    keeps the figures that it has, and the next ones are measured.

    Args:
        request: What the process was asked for.
        measured: What it told, of each variant and size the latest.
        why: How the process ended, as a key of the catalogue.
        registry: The variants.
    """
    for place, elements in enumerate(request.elements):
        here = {m.variant: m for m in measured if m.elements == elements}
        missing = [name for name in request.variants if name not in here]
        if not missing and all(m.final for m in here.values()):
            continue
        if not missing:
            later = request.elements[place + 1 :]
            return ((), request.replace(elements=later)) if later else None
        culprit = registry.get(missing[0])
        reason = Sentence("time.unavailable.killed" if why == _KILLED else "time.unavailable.died")
        sizes = request.elements[place:]
        lost = tuple(replace(request.blank(culprit, size), unavailable=reason) for size in sizes)
        others = tuple(name for name in request.variants if name != culprit.name)
        return (lost, request.replace(elements=sizes, variants=others)) if others else None
    return None
