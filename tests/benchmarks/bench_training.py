"""Seconds of the β-convergence demonstration, and the ensemble against a loop of single networks.

Run from the repository's root: ``python tests/benchmarks/bench_training.py``. One thread, and
processor time, which other work on the machine disturbs less than wall time; for one thread on an
idle machine they are the same. Both peers do the same work, in turns within each round.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch.nn import functional

from swishdemo import datasets
from swishdemo.training import Report, TrainingConfig, replicas
from swishdemo.training.ensemble import Ensemble, Samples
from swishdemo.training.module import DigitsNetwork
from swishdemo.training.train import train

STEPS_OF_THE_ENSEMBLE = 30
STEPS_OF_THE_LOOP = 4


def seconds(work: Callable[[], None]) -> float:
    """Processor time of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def peers(config: TrainingConfig) -> tuple[Callable[[], None], Callable[[], None]]:
    """A step of all replicas: as one ensemble, and network by network with torch.optim.SGD."""
    split = datasets.get(config.dataset).load()
    device = torch.device("cpu")
    samples = Samples.of(split.train_inputs, split.train_labels, device)
    images, labels = torch.tensor(split.train_inputs), torch.tensor(split.train_labels)
    generator = torch.Generator().manual_seed(config.seed)

    def batch() -> torch.Tensor:
        return torch.randint(len(labels), (config.batch,), generator=generator)

    rows = replicas(config)
    # As `train` does it: parts of 24 × 64 samples at most.
    parts = -(-len(rows) // 24)
    size = -(-len(rows) // parts)
    blocks = [
        Ensemble(rows[first : first + size], config, device) for first in range(0, len(rows), size)
    ]

    def together() -> None:
        taken = samples.take(batch())
        for block in blocks:
            block.step(taken)

    networks = [DigitsNetwork.start(row, config) for row in rows]
    optimisers = [
        torch.optim.SGD(network.groups(config), lr=config.lr, momentum=config.momentum)
        for network in networks
    ]

    def one_by_one() -> None:
        taken = batch()
        x, y = images[taken], labels[taken]
        for network, optimiser in zip(networks, optimisers, strict=True):
            optimiser.zero_grad()
            functional.cross_entropy(network(x), y).backward()
            optimiser.step()

    return together, one_by_one


def compare(name: str, config: TrainingConfig, rounds: int) -> None:
    """Print both rates, in replica·steps per second, and their ratio."""
    together, one_by_one = peers(config)
    for warm in (together, one_by_one):
        warm()
    rates: tuple[list[float], list[float]] = ([], [])
    count = len(replicas(config))
    for _ in range(rounds):
        for found, work, steps in (
            (rates[0], together, STEPS_OF_THE_ENSEMBLE),
            (rates[1], one_by_one, STEPS_OF_THE_LOOP),
        ):
            spent = seconds(lambda work=work, steps=steps: [work() for _ in range(steps)] and None)
            found.append(count * steps / spent)
    fast, slow = map(statistics.median, rates)
    ratios = sorted(one / two for one, two in zip(*rates, strict=True))
    print(
        f"{name:34s} {count:3d} replicas: {fast:7.0f} against {slow:5.0f} replica·steps/s, "
        f"{statistics.median(ratios):5.1f} × ({ratios[0]:.1f} to {ratios[-1]:.1f} by round)"
    )


def demonstration(name: str, config: TrainingConfig, rounds: int) -> None:
    """Print the seconds of a whole run, its reports included."""
    spent = []
    for _ in range(rounds):
        run = train(config, clock=time.process_time)
        last = [item for item in run if isinstance(item, Report)][-1]
        spent.append(last.elapsed_seconds)
    c1, c2 = last.convergence
    print(
        f"{name:34s} {len(last.loss):3d} replicas × {last.steps} steps: "
        f"{statistics.median(spent):.2f} s median, {min(spent):.2f} s best; "
        f"C = {c1:.3f} / {c2:.3f}, share {last.share:.2f}"
    )


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    alone, beside = TrainingConfig(rivals=(), steps=200), TrainingConfig(steps=200)
    demonstration("beta-convergence, six β₀ × six seeds", alone, rounds)
    demonstration("beta-convergence with its rivals", beside, rounds)
    compare("Swish, six β₀ × six seeds", alone, rounds)
    compare("with ReLU and GELU", beside, rounds)
    compare("one β₀ × six seeds", TrainingConfig(beta_starts=(1.0,), rivals=()), rounds)


if __name__ == "__main__":
    main()
