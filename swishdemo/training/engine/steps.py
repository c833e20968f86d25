"""Takes the steps of a run, one after the other, and sums up the losses between two reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from swishdemo.text import Sentence
from swishdemo.ticks import TICK, Tick
from swishdemo.training.config import TrainingConfig, rate_factor
from swishdemo.training.engine.ensemble import Trainer
from swishdemo.training.engine.samples import Batch, orders


class Steps:
    """Steps of which the host makes every call, and looks after each for what has diverged.

    Args:
        trainers: The replicas, in parts.
        config: The run.
        batch: What they learn from.
        samples: Of the training set.
        heavy: Whether a step takes so long that it is to be done in pieces.
    """

    def __init__(
        self,
        trainers: Sequence[Trainer],
        config: TrainingConfig,
        batch: Batch,
        samples: int,
        *,
        heavy: bool = False,
    ) -> None:
        self.config, self.trainers, self.batch = config, tuple(trainers), batch
        self.batches = orders(config.seed, samples, config.batch)
        self.counted = 0
        """Losses that are summed up."""
        self.total = torch.zeros_like(self.losses())
        """Their sum, ``[replica]``."""
        self._heavy = heavy

    @property
    def graph(self) -> bool | None:
        """Whether a step is one CUDA graph; None where there are none, or it is not known yet."""
        return None

    @property
    def no_graph(self) -> Sentence | None:
        """Why it is none."""
        return None

    def begin(self) -> Iterator[Tick]:
        """Compute the loss and the gradients of the first batch."""
        self._load()
        for trainer in self.trainers:
            yield from self._differentiate(trainer)
            trainer.measure()
        self.total, self.counted = self.losses(), 1

    def take(self, step: int, *, measured: bool) -> Iterator[Tick]:
        """Take a step; the gradients of the first one are there already.

        Args:
            step: Steps done.
            measured: Whether the norms of the gradients are taken.
        """
        factor = rate_factor(self.config.schedule, step, self.config.steps)
        if step > 0:
            self._load()
        for trainer in self.trainers:
            if step > 0:
                yield from self._differentiate(trainer)
            if measured:
                trainer.measure()
            trainer.step(factor)
            if trainer is not self.trainers[-1]:
                yield TICK
        self.total += self.losses()
        self.counted += 1

    def mean_loss(self) -> Tensor:
        """Mean objective since the last report, ``[replica]``; trainers know what has diverged."""
        return self.total / self.counted

    def forget_losses(self) -> None:
        """Begin a new mean."""
        self.total, self.counted = torch.zeros_like(self.total), 0

    def losses(self) -> Tensor:
        """Of the last batch, ``[replica]``."""
        return torch.cat([trainer.loss for trainer in self.trainers])

    def snapshot(self) -> dict[str, Any]:
        """All that changes from step to step, on the CPU."""
        return {
            "counted": self.counted,
            "total": self.total.cpu().clone(),
            "trainers": [trainer.snapshot() for trainer in self.trainers],
        }

    def restore(self, snapshot: Mapping[str, Any], step: int) -> None:
        """Go on from where `snapshot` told, before a step."""
        for trainer, kept in zip(self.trainers, snapshot["trainers"], strict=True):
            trainer.restore(kept)
        for _ in range(step):  # batches that its steps have taken
            next(self.batches)
        self.total, self.counted = snapshot["total"].to(self.total), snapshot["counted"]

    def _load(self) -> None:
        self.batch.load(torch.from_numpy(next(self.batches)))

    def _differentiate(self, trainer: Trainer) -> Iterator[Tick]:
        if self._heavy:
            yield from trainer.pieces()
        else:
            trainer.differentiate()
