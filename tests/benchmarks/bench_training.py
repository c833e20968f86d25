"""Seconds of the β-convergence demonstration; the ensemble against single networks; its reports.

Run from the repository's root: ``python tests/benchmarks/bench_training.py``. One thread, and
processor time, which other work on the machine disturbs less than wall time; for one thread on an
idle machine they are the same. Both peers do the same work, in turns within each round.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from torch.nn import functional

from swishdemo import datasets
from swishdemo.training import Report, TrainingConfig, reference, replicas
from swishdemo.training.architecture import architecture, outputs
from swishdemo.training.engine.batch import Arena, Batch, Samples, orders
from swishdemo.training.engine.ensemble import Ensemble, Trainer
from swishdemo.training.placement import in_batches
from swishdemo.training.probes import Scorer
from swishdemo.training.reporting import Reporter
from swishdemo.training.run import train

STEPS_OF_THE_ENSEMBLE = 40
STEPS_OF_THE_LOOP = 4


def seconds(work: Callable[[], None], times: int) -> float:
    """Processor time of some calls."""
    start = time.process_time()
    for _ in range(times):
        work()
    return time.process_time() - start


def peers(config: TrainingConfig) -> tuple[Callable[[], None], Callable[[], None]]:
    """A step of all replicas: as `train` does it, and network by network with torch.optim.SGD."""
    dataset = config.described()
    split = datasets.get(config.dataset).load(config.data)
    device = torch.device("cpu")
    width = outputs(config, dataset)
    samples = Samples.of(split.train_inputs, split.train_labels, width, device)
    images, labels = torch.tensor(split.train_inputs), torch.tensor(split.train_labels)
    batches = orders(config.seed, samples.count, config.batch)

    rows, parts = replicas(config), architecture(config, dataset)
    batch, arena = Batch(samples, config.batch), Arena(samples.inputs)
    trainers = [
        Trainer(Ensemble(part, config, parts, device), batch, arena)
        for part in in_batches(rows, parts, config.batch, on_cpu=True)
    ]

    def together() -> None:
        batch.load(torch.from_numpy(next(batches)))
        for trainer in trainers:
            trainer.differentiate()
            trainer.step(1.0)

    networks = []
    for trainer in trainers:
        for index, row in enumerate(trainer.ensemble.replicas):
            networks.append(reference.network(config, row))
            networks[-1].load_state_dict(trainer.ensemble.state(index))
    optimisers = [
        torch.optim.SGD(reference.groups(config, network), lr=config.lr, momentum=config.momentum)
        for network in networks
    ]

    def one_by_one() -> None:
        taken = torch.from_numpy(next(batches))
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
        seconds(warm, 3)
    rates: tuple[list[float], list[float]] = ([], [])
    count = len(replicas(config))
    for _ in range(rounds):
        for found, work, steps in (
            (rates[0], together, STEPS_OF_THE_ENSEMBLE),
            (rates[1], one_by_one, STEPS_OF_THE_LOOP),
        ):
            found.append(count * steps / seconds(work, steps))
    fast, slow = map(statistics.median, rates)
    ratios = sorted(one / two for one, two in zip(*rates, strict=True))
    print(
        f"{name:36s} {count:3d} replicas: {fast:7.0f} against {slow:5.0f} replica·steps/s, "
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
        f"{name:36s} {len(last.loss):3d} replicas × {last.steps} steps: "
        f"{statistics.median(spent):.2f} s median, {min(spent):.2f} s best; "
        f"C = {c1:.3f} / {c2:.3f}, share {last.share:.2f}"
    )


def reporting(config: TrainingConfig, rounds: int) -> None:
    """Print what the evaluation of the test set, and the rest of all reports, add to training."""
    shares: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        spent = {"report": 0.0, "evaluate": 0.0}

        def timed(owner: type, name: str, spent: dict[str, float] = spent) -> object:
            plain = getattr(owner, name)

            def pieces(*given: object, **named: object):  # type: ignore[no-untyped-def]
                work = plain(*given, **named)
                while True:
                    start = time.process_time()
                    try:
                        item = next(work)
                    except StopIteration as end:
                        return end.value
                    finally:
                        spent[name] += time.process_time() - start
                    yield item

            return patch.object(owner, name, pieces)

        with timed(Reporter, "report"), timed(Scorer, "evaluate"):  # type: ignore[attr-defined]
            start = time.process_time()
            for _ in train(config):
                pass
            whole = time.process_time() - start
        training = whole - spent["report"]
        shares[0].append(100 * spent["evaluate"] / training)
        shares[1].append(100 * (spent["report"] - spent["evaluate"]) / training)
    tested, rest = map(statistics.median, shares)
    print(
        f"of the time of {config.steps} steps: evaluation of the test set {tested:.1f} %, "
        f"the rest of the reports {rest:.1f} % ({min(shares[1]):.1f} to {max(shares[1]):.1f})"
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
    compare("one β₀ × six seeds", alone.model_copy(update={"beta_starts": (1.0,)}), rounds)
    reporting(TrainingConfig(), rounds)


if __name__ == "__main__":
    main()
