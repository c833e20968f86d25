"""The measuring loop: blocks of calls, interleaved across everything that is compared.

It knows neither PyTorch nor the wall clock: what it times is a `Subject`, and the clock is given.
"""

from __future__ import annotations

import math
import random
import resource
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Clock = Callable[[], float]
Counter = Callable[[], int]

_LONG = 10  # blocks of the length aimed at
_FEW_FAULTS = 16  # Python's own memory grows by a page now and then


def page_faults() -> int:
    """Pages that the system has given to this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


class Subject(Protocol):
    """Something that can be called many times and says how long that took."""

    def time(self, calls: int) -> float:
        """Seconds that ``calls`` calls took together."""

    def part_seconds(self, calls: int) -> Mapping[str, float]:
        """Median seconds of a call's parts over the blocks of so many calls; empty without any."""


@dataclass(frozen=True, slots=True)
class Plan:
    """When blocks end and when measuring ends.

    Attributes:
        warm_up_seconds: Untimed calls before the first figure.
        block_seconds: The length that a block aims at; one call where a call takes longer.
        fewest_rounds: Blocks of each subject at least, however long they take: as many as a
            ratio's interval needs (`swishdemo.timing.measurement.FEWEST_BLOCKS`).
        most_rounds: Blocks of each subject at most.
        budget_seconds: Time for one subject's blocks, after which no further round begins.
        settled: Relative standard error of the median under which a subject is known well enough.
    """

    warm_up_seconds: float = 0.03
    block_seconds: float = 0.004
    fewest_rounds: int = 7
    most_rounds: int = 60
    budget_seconds: float = 0.35
    settled: float = 0.005

    @classmethod
    def of(cls, budget_seconds: float) -> Plan:
        """The plan with another budget, and as many more or fewer rounds as it allows."""
        usual = cls()
        most = round(usual.most_rounds * max(1.0, budget_seconds / usual.budget_seconds))
        return cls(budget_seconds=budget_seconds, most_rounds=most)


@dataclass(slots=True)
class Track:
    """One subject's blocks so far.

    Attributes:
        subject: What is called.
        calls: Calls in one block.
        blocks: Mean seconds of one call, a block each; from the warm-up before the first round.
        is_long: Whether one call takes as long as many blocks should: then it fills any cache
            by itself, and an untimed call before its block would change nothing but the time.
        tries: Attempts at a call for which the process needs no new memory. A process grows, and
            pays for it in page faults, while its heap finds its shape; but where every call takes
            its memory anew (an untuned allocator), that is part of the cost and stays in.
    """

    subject: Subject
    calls: int = 1
    blocks: list[float] = field(default_factory=list)
    tries: int = 4
    is_long: bool = False


def warm_up(
    track: Track, plan: Plan, clock: Clock, faults: Counter = page_faults
) -> Iterator[None]:
    """Call a subject until it is warm, and choose the calls of its blocks.

    Its first, rough, figure stands in ``track.blocks`` afterwards. Yields after each block.
    """
    track.subject.time(1)  # pays for what only the first call does: code paths, kernels
    yield
    yield from _prime(track, faults)
    until = clock() + plan.warm_up_seconds
    calls = 1
    while True:
        block = track.subject.time(calls)
        if block < plan.block_seconds / 2:
            calls *= 2
        elif clock() >= until:
            break
        yield
    call = block / calls
    track.calls = max(1, math.ceil(plan.block_seconds / call))
    track.blocks = [call]
    track.is_long = call >= _LONG * plan.block_seconds
    yield


def rounds(
    tracks: Sequence[Track], plan: Plan, clock: Clock, faults: Counter = page_faults
) -> Iterator[int | None]:
    """Run rounds of one block a subject until every figure is settled or time is up.

    The subjects of a round run in an order drawn anew, so that none always follows the same
    neighbour, and a drift of the machine hits all alike. Blocks of the warm-up are dropped.

    Yields:
        None after each block, the number of rounds done after each round.
    """
    order = list(tracks)
    generator = random.Random(0)
    for track in tracks:
        track.blocks = []
    start = clock()
    for done in range(1, plan.most_rounds + 1):
        generator.shuffle(order)
        for track in order:
            # Untimed, so that the neighbour's caches and memory are not this one's cost.
            if not track.is_long:
                yield from _prime(track, faults)
            for _ in range(track.tries):
                before = faults()
                block = track.subject.time(track.calls)
                if faults() - before < _FEW_FAULTS:
                    break
                yield None
            else:
                if track.is_long:  # of another, `_prime` finds out
                    track.tries = 1
            track.blocks.append(block / track.calls)
            yield None
        yield done
        out_of_time = clock() - start >= plan.budget_seconds * len(tracks)
        if done >= plan.fewest_rounds and (
            out_of_time or all(relative_error(track.blocks) < plan.settled for track in tracks)
        ):
            return


def _prime(track: Track, faults: Counter) -> Iterator[None]:
    """Call once, and again while the process still takes new memory for it."""
    for _ in range(track.tries):
        before = faults()
        track.subject.time(1)
        yield
        if faults() - before < _FEW_FAULTS:
            return
    track.tries = 1


def relative_error(blocks: Sequence[float]) -> float:
    """The standard error of the median over the median, from the interquartile range.

    For a normal sample the median's standard error is 1.2533·s/√n, and s is IQR/1.349.
    """
    if len(blocks) < 4:
        return math.inf
    ordered = sorted(blocks)
    quarter = len(ordered) // 4
    iqr = ordered[-1 - quarter] - ordered[quarter]
    median = ordered[len(ordered) // 2]
    return 0.929 * iqr / math.sqrt(len(ordered)) / median if median > 0 else math.inf
