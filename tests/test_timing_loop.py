"""The measuring loop on a fake clock: no time passes but what the subjects say."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from swishdemo.timing.loop import Plan, Track, relative_error, rounds, warm_up


class Machine:
    """A clock that moves only while a subject is called, and a count of page faults."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pages = 0
        self.order: list[str] = []

    def clock(self) -> float:
        return self.now

    def faults(self) -> int:
        return self.pages


class Steady:
    """Takes the same time at each call, plus what it is told to."""

    def __init__(self, machine: Machine, name: str, seconds: float, extra=lambda count: 0.0):
        self.machine, self.name, self.seconds, self.extra = machine, name, seconds, extra
        self.counts: list[int] = []

    def time(self, calls: int) -> float:
        self.counts.append(calls)
        self.machine.order.append(self.name)
        took = self.seconds * calls + self.extra(len(self.counts))
        self.machine.now += took
        return took


def run(machine: Machine, tracks: list[Track], plan: Plan) -> list[int | None]:
    return list(rounds(tracks, plan, machine.clock, machine.faults))


@pytest.mark.parametrize("seconds", [1e-6, 1e-4, 3e-3, 0.5])
def test_warm_up_chooses_blocks_of_the_planned_length(seconds):
    machine, plan = Machine(), Plan()
    track = Track(Steady(machine, "a", seconds))
    for _ in warm_up(track, plan, machine.clock, machine.faults):
        pass
    assert track.calls == max(1, math.ceil(plan.block_seconds / seconds))
    assert track.blocks == [pytest.approx(seconds)]
    assert machine.now >= plan.warm_up_seconds


def test_a_slow_first_call_does_not_set_the_block_length():
    machine, plan = Machine(), Plan()
    track = Track(Steady(machine, "a", 1e-5, extra=lambda count: 2.0 if count == 1 else 0.0))
    for _ in warm_up(track, plan, machine.clock, machine.faults):
        pass
    assert track.calls == 400


def test_blocks_are_interleaved_and_their_order_changes():
    machine = Machine()
    names = ["a", "b", "c"]
    tracks = [Track(Steady(machine, name, 0.01)) for name in names]
    run(machine, tracks, Plan(fewest_rounds=12, most_rounds=12, settled=0))
    blocks = machine.order[1::2]  # an untimed call stands before each block
    assert machine.order[0::2] == blocks
    each_round = [tuple(blocks[i : i + 3]) for i in range(0, len(blocks), 3)]
    assert len(each_round) == 12
    assert all(sorted(one) == names for one in each_round)
    assert len(set(each_round)) > 1


def test_no_untimed_call_stands_before_a_block_of_one_long_call():
    machine, plan = Machine(), Plan(fewest_rounds=8, most_rounds=8)
    track = Track(Steady(machine, "a", 0.5))
    for _ in warm_up(track, plan, machine.clock, machine.faults):
        pass
    machine.order.clear()
    run(machine, [track], plan)
    assert track.is_long and len(machine.order) == len(track.blocks) == 8


def test_a_drift_of_the_machine_cancels_in_the_ratio():
    machine = Machine()

    def drift(count: int) -> float:
        return 1e-3 * count  # each call takes longer than the one before

    tracks = [Track(Steady(machine, "a", 0.01, drift)), Track(Steady(machine, "b", 0.01, drift))]
    run(machine, tracks, Plan(fewest_rounds=20, most_rounds=20, settled=0))
    assert tracks[0].blocks == tracks[1].blocks
    assert tracks[0].blocks[-1] > 2 * tracks[0].blocks[0]


def test_it_stops_when_all_are_settled_but_not_before_the_fewest_rounds():
    machine, plan = Machine(), Plan(fewest_rounds=6, most_rounds=50, budget_seconds=1e9)
    done = run(machine, [Track(Steady(machine, "a", 0.01))], plan)
    assert [item for item in done if item is not None] == [1, 2, 3, 4, 5, 6]


def test_it_goes_on_while_one_is_noisy_and_ends_at_its_budget():
    machine = Machine()
    plan = Plan(fewest_rounds=3, most_rounds=10_000, budget_seconds=1.0)
    noisy = Steady(machine, "b", 0.01, extra=lambda count: 0.01 * (count % 4 > 1))
    tracks = [Track(Steady(machine, "a", 0.01)), Track(noisy)]
    run(machine, tracks, plan)
    assert 2.0 <= machine.now < 2.1  # two subjects, one second each, and no more than a round over
    assert len(tracks[0].blocks) == len(tracks[1].blocks) > 10


def test_it_ends_at_the_most_rounds():
    machine = Machine()
    noisy = Steady(machine, "a", 0.01, extra=lambda count: 0.01 * (count % 4 > 1))
    track = Track(noisy)
    run(machine, [track], Plan(most_rounds=7, budget_seconds=1e9))
    assert len(track.blocks) == 7


def test_control_comes_back_after_each_call_of_a_subject():
    machine = Machine()
    track = Track(Steady(machine, "a", 0.15))
    moments = [machine.now for _ in rounds([track], Plan(), machine.clock, machine.faults)]
    assert max(later - earlier for earlier, later in pairwise(moments)) <= 0.15 + 1e-9


class Growing(Steady):
    """Takes new memory, slowly, in some of its calls."""

    def __init__(self, machine: Machine, grows) -> None:
        super().__init__(machine, "g", 0.01)
        self.grows = grows

    def time(self, calls: int) -> float:
        took = super().time(calls)
        if self.grows(len(self.counts)):
            self.machine.pages += 16_384
            self.machine.now += 0.2
            took += 0.2
        return took


@pytest.mark.parametrize("is_long", [False, True])
def test_a_block_in_which_the_heap_grew_is_taken_again(is_long):
    machine = Machine()
    track = Track(Growing(machine, lambda count: count in (1, 2, 6, 11)), is_long=is_long)
    run(machine, [track], Plan(fewest_rounds=8, most_rounds=8))
    assert track.blocks == [pytest.approx(0.01)] * 8


@pytest.mark.parametrize("is_long", [False, True])
def test_memory_that_every_call_takes_anew_is_part_of_its_cost(is_long):
    machine = Machine()
    track = Track(Growing(machine, lambda count: True), is_long=is_long)
    run(machine, [track], Plan(fewest_rounds=8, most_rounds=8))
    assert track.blocks == [pytest.approx(0.21)] * 8
    assert len(track.subject.counts) == (4 + 7 if is_long else 4 + 8 + 7)


def test_relative_error_of_a_normal_sample():
    import numpy as np

    generator = np.random.default_rng(0)
    size, scale = 60, 0.05
    samples = 1 + scale * generator.standard_normal((4000, size))
    spread_of_medians = np.median(samples, axis=1).std()
    estimated = np.mean([relative_error(list(sample)) for sample in samples])
    assert estimated == pytest.approx(spread_of_medians, rel=0.1)
    assert relative_error([1.0, 1.0, 1.0]) == math.inf
