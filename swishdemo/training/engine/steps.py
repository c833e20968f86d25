"""Takes the steps of a run, one after the other, and sums up the losses between two reports.

On a GPU each is one CUDA graph where it can be captured. A step of a small network is a hundred
kernels of a few microseconds; to launch one costs the host more. A graph is launched as one. It
holds calls, not values: so all that changes from step to step lies on the device (the batches'
order, the number of the step, the rates, what has diverged), and the host reads nothing before a
report. The same calls one by one give the same numbers.

https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from swishdemo.text import Sentence
from swishdemo.ticks import TICK, Tick
from swishdemo.training.config import TrainingConfig, rate_factor
from swishdemo.training.engine.batch import Arena, Batch, orders
from swishdemo.training.engine.ensemble import EXPLODED, Ensemble, Trainer


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
        self.graph: bool | None = None
        """Whether a step is one CUDA graph; None where there are none, or it is not known yet."""
        self.no_graph: Sentence | None = None
        """Why it is none."""
        self._heavy = heavy

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


WARM_UP = 3
"""Steps call by call before the capture, so that libraries have set up what they need."""

_ORDER_NUMBERS = 2**18
"""Numbers of samples that are sent ahead at a time, 2 MB."""

_NEVER = 2**62


class DeviceTrainer(Trainer):
    """Replicas that advance without the host reading anything.

    Args:
        ensemble: The replicas.
        batch: What each step learns from.
        arena: Memory that trainers share.
    """

    def __init__(self, ensemble: Ensemble, batch: Batch, arena: Arena | None = None) -> None:
        super().__init__(ensemble, batch, arena)
        values, device = ensemble.parameters.values, ensemble.parameters.values.device
        count = len(ensemble.replicas)
        self._since = torch.full((count,), _NEVER, device=device)
        self._never = self._since.clone()
        self._before = torch.empty_like(values)
        owner = torch.empty(values.shape, dtype=torch.int64, device=device)
        numbers = torch.arange(count, device=device)
        for block, view in ensemble.parameters.views(owner).items():
            view.copy_(numbers[block.rows].view(-1, *(1 for _ in block.shape)).expand_as(view))
        self._owner = owner
        self._columns = self._scheduled(ensemble.config)

    @torch.no_grad()
    def advance(self, number: Tensor) -> None:
        """Move the parameters, but those of replicas that have diverged.

        Args:
            number: Of this step, counted from 1; ``[1]``.
        """
        values = self.ensemble.parameters.values
        found = torch.where(self.loss <= EXPLODED, self._never, number)
        torch.minimum(self._since, found, out=self._since)
        self._before.copy_(values)
        if self._clip:
            self._cut()
        self._optimiser.move(
            *(
                column if isinstance(column, float) else column.index_select(0, number)
                for column in self._columns
            )
        )
        gone = (self._since <= number).index_select(0, self._owner)
        torch.where(gone, self._before, values, out=values)

    def settle(self) -> None:
        """Read from the device what has diverged."""
        self.diverged = [None if step == _NEVER else step for step in self._since.tolist()]

    def snapshot(self) -> dict[str, Any]:
        """All that changes from step to step, on the CPU, between two steps."""
        self.settle()
        return super().snapshot()

    @torch.no_grad()
    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go on from where `snapshot` told."""
        super().restore(snapshot)
        known = [_NEVER if step is None else step for step in self.diverged]
        self._since.copy_(torch.tensor(known))

    def _scheduled(self, config: TrainingConfig) -> list[float | Tensor]:
        """What the optimiser takes: a number, or one for each step where they differ."""
        factors = [rate_factor(config.schedule, step, config.steps) for step in range(config.steps)]
        rows = [self._optimiser.numbers(number, f) for number, f in enumerate(factors, 1)]
        return [
            column[0]
            if len(set(column)) == 1
            # Steps are counted from 1.
            else self.loss.new_tensor((0.0, *column))
            for column in zip(*rows, strict=True)
        ]


class DeviceSteps(Steps):
    """Steps that the host begins, and does not watch.

    Args:
        trainers: The replicas, in parts.
        config: The run.
        batch: What they learn from.
        samples: Of the training set.
        graphs: Whether a graph is tried.
    """

    trainers: tuple[DeviceTrainer, ...]

    def __init__(
        self,
        trainers: Sequence[DeviceTrainer],
        config: TrainingConfig,
        batch: Batch,
        samples: int,
        *,
        graphs: bool = True,
    ) -> None:
        super().__init__(trainers, config, batch, samples)
        device = self.total.device
        ahead = max(1, min(config.steps, _ORDER_NUMBERS // config.batch))
        self._order = torch.empty(ahead, config.batch, dtype=torch.int64, device=device)
        self._at, self._number = (torch.zeros(1, dtype=torch.int64, device=device) for _ in "12")
        self._loaded = ahead  # of the batches that were sent
        self._beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._warmed = 0
        self._whole_graph: torch.cuda.CUDAGraph | None = None
        if not graphs:
            self.graph, self.no_graph = False, Sentence("train.graph.off")

    def begin(self) -> Iterator[Tick]:
        """Compute the loss and the gradients of the first batch."""
        self._send()
        self._differentiate_all()
        yield TICK
        for trainer in self.trainers:
            trainer.measure()
        self.total.add_(self.losses())
        self.counted = 1

    def take(self, step: int, *, measured: bool) -> Iterator[Tick]:
        """Take a step; the gradients of the first one are there already."""
        if step > 0:
            self._send()
        if step == 0 or measured:
            if step > 0:
                self._differentiate_all()
            if measured:
                for trainer in self.trainers:
                    trainer.measure()
            self._move_all()
        elif self.graph or self._captured():
            assert self._whole_graph
            self._whole_graph.replay()
        else:
            with self._aside():
                self._whole()
        for trainer in self.trainers:
            trainer.ensemble.steps += 1
        self.counted += 1
        yield from ()

    def mean_loss(self) -> Tensor:
        """Mean objective since the last report, ``[replica]``; trainers know what has diverged."""
        for trainer in self.trainers:
            trainer.settle()
        return super().mean_loss()

    def forget_losses(self) -> None:
        """Begin a new mean, in the same memory."""
        self.total.zero_()
        self.counted = 0

    def restore(self, snapshot: Mapping[str, Any], step: int) -> None:
        """Go on from where `snapshot` told, before a step."""
        total = self.total
        super().restore(snapshot, step)
        self.total = total.copy_(self.total)
        self._number.fill_(step)

    def _send(self) -> None:
        """Send the next batches' order where all that were sent are used up."""
        if self._loaded == len(self._order):
            ahead = np.stack([next(self.batches) for _ in range(len(self._order))])
            self._order.copy_(torch.from_numpy(ahead))
            self._at.zero_()
            self._loaded = 0
        self._loaded += 1

    @torch.no_grad()
    def _differentiate_all(self) -> None:
        self.batch.load(self._order.index_select(0, self._at).view(-1))
        self._at.add_(1)
        for trainer in self.trainers:
            trainer.differentiate()

    @torch.no_grad()
    def _move_all(self) -> None:
        self._number.add_(1)
        for trainer in self.trainers:
            trainer.advance(self._number)
        self.total.add_(self.losses())

    def _whole(self) -> None:
        self._differentiate_all()
        self._move_all()

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """On another stream, as calls have to run before they can be captured."""
        main = torch.cuda.current_stream()
        self._beside.wait_stream(main)
        with torch.cuda.stream(self._beside):
            yield
        main.wait_stream(self._beside)

    def _captured(self) -> bool:
        """Capture a step where that is to be tried now; it has not run then."""
        if self.graph is False:
            return False
        if self._warmed < WARM_UP:
            self._warmed += 1
            return False
        ensembles = [trainer.ensemble for trainer in self.trainers]
        states = [ensemble.stream_states() for ensemble in ensembles]
        main = torch.cuda.current_stream()
        try:
            self._whole_graph = self._capture([g for e in ensembles for g in e.generators()])
        except RuntimeError as error:
            # What the capture itself says at its end hides what went wrong in it. What is wrong
            # with the device will be told by the next call.
            first = error.__context__ or error
            said = str(first).strip().partition("\n")[0]
            self.no_graph = Sentence("train.graph.failed", error=said[:200])
            for ensemble, state in zip(ensembles, states, strict=True):
                ensemble.renew_streams(state)  # those in a capture that failed stay in it
        finally:
            torch.cuda.set_stream(main)  # a capture that fails leaves its own
        self.graph = self._whole_graph is not None
        return self.graph

    def _capture(self, generators: Sequence[torch.Generator]) -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        for generator in generators:
            graph.register_generator_state(generator)
        with torch.cuda.graph(graph, stream=self._beside):
            self._whole()
        return graph


@contextmanager
def exactly() -> Iterator[None]:
    """Compute in float32 where that is asked for; TF32 would round factors to 10 bits.

    The numbers of a run are equal bit for bit on the same card with the same versions: a step has
    no operation that sums by atomic additions, and one stream at a time
    (https://docs.nvidia.com/cuda/cublas/#results-reproducibility). Another card may sum in another
    order.
    """
    backends: Any = torch.backends
    before = backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32
    backends.cuda.matmul.allow_tf32 = backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32 = before
