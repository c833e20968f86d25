"""Many replicas of a 2-8-8-1 tanh network on the spiral, against a scalar engine in Node.

Run from the repository's root: ``python tests/benchmarks/bench_playground.py``; an engine with
TensorFlow Playground's functions, as an ES module, is timed too where ``--engine`` names it. One
thread, processor time on both sides, in turns within each round. A sample·replica is one sample
that one network has learned from; both sides square the error, and step by plain gradient descent.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch

from swishdemo import datasets
from swishdemo.training import TrainingConfig, replicas
from swishdemo.training.architecture import architecture, outputs
from swishdemo.training.engine.batch import Batch, Samples, orders
from swishdemo.training.engine.ensemble import Ensemble, Trainer

HERE = Path(__file__).parent
SECONDS = 0.6
"""About what one turn of each side takes."""

CASES = ((64, 30), (64, 10), (128, 10), (256, 10))
"""Replicas and samples a batch."""


class Scalar:
    """A Node process that trains by a scalar engine."""

    def __init__(self, engine: Path, data: Path, batch: int) -> None:
        command = ["node", str(HERE / "scalar_loop.mjs"), str(engine), str(data), str(batch)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.samples = 100_000
        for _ in range(3):  # its compiler warms up
            self.samples = int(self.samples * SECONDS / self.turn()[0])

    def turn(self) -> tuple[float, float]:
        """Processor seconds of one turn, and the mean error."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{self.samples}\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer["seconds"], answer["error"]

    def close(self) -> None:
        """End it."""
        self._process.communicate()


class Together:
    """All replicas, a step at a time, as `swishdemo.training.run` does it."""

    def __init__(self, count: int, batch: int) -> None:
        config = TrainingConfig(
            dataset="spiral",
            network="mlp",
            activation="tanh",
            rivals=(),
            seeds=count,
            init="xavier",
            objective="mse",
            optimiser="sgd",
            weight_decay=0.0,
            beta_decay=0.0,
            batch=batch,
        )
        dataset = config.described()
        split = datasets.get("spiral").load(config.data)
        device = torch.device("cpu")
        width = outputs(config, dataset)
        samples = Samples.of(split.train_inputs, split.train_labels, width, device)
        ensemble = Ensemble(replicas(config), config, architecture(config, dataset), device)
        self._batch = Batch(samples, batch)
        self._trainer = Trainer(ensemble, self._batch)
        self._orders = orders(0, samples.count, batch)
        self.work = count * batch
        self.steps = 100
        self.steps = int(self.steps * SECONDS / self.turn()[0])

    def turn(self) -> tuple[float, float]:
        """Processor seconds of one turn, and the mean error."""
        begun = time.process_time()
        for _ in range(self.steps):
            self._batch.load(torch.from_numpy(next(self._orders)))
            self._trainer.differentiate()
            self._trainer.step(1.0)
        return time.process_time() - begun, float(self._trainer.loss.mean()) / 2


def compare(name: str, engine: Path, data: Path, rounds: int) -> None:
    """Print the rates of all cases and their ratios."""
    for count, batch in CASES:
        scalar, together = Scalar(engine, data, batch), Together(count, batch)
        rates: tuple[list[float], list[float]] = ([], [])
        for _ in range(rounds):
            slow, error = scalar.turn()
            fast, other = together.turn()
            rates[0].append(together.steps * together.work / fast / 1e6)
            rates[1].append(scalar.samples / slow / 1e6)
        scalar.close()
        ratios = sorted(one / two for one, two in zip(*rates, strict=True))
        print(
            f"K = {count:3d}, batch {batch}: {statistics.median(rates[0]):5.2f} against "
            f"{statistics.median(rates[1]):4.2f} M samples·replicas/s of {name}, "
            f"{statistics.median(ratios):4.1f} × ({ratios[0]:.1f} to {ratios[-1]:.1f} by round); "
            f"errors {other:.3f} and {error:.3f}"
        )


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--engine", type=Path, help="an ES module with Playground's functions")
    given = parser.parse_args()
    torch.set_num_threads(1)
    split = datasets.get("spiral").load(TrainingConfig(dataset="spiral").data)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "spiral.json"
        points, labels = split.train_inputs.tolist(), (2 * split.train_labels - 1).tolist()
        data.write_text(json.dumps({"points": points, "labels": labels}))
        compare("our scalar engine", HERE / "scalar_engine.mjs", data, given.rounds)
        if given.engine:
            compare(given.engine.name, given.engine.resolve(), data, given.rounds)


if __name__ == "__main__":
    main()
