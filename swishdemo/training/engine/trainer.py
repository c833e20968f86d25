"""Some replicas of a run as they are trained: gradients, clipping, steps, and the end of one."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from swishdemo.ticks import TICK, Tick
from swishdemo.training.architecture import weighted
from swishdemo.training.engine.call_tape import Arena
from swishdemo.training.engine.ensemble import Ensemble
from swishdemo.training.engine.optimisers import optimiser
from swishdemo.training.engine.parameters import Block
from swishdemo.training.engine.samples import Batch

EXPLODED = 1e6
"""A replica whose loss is beyond it, or no number, has diverged."""

_CLIP_EPSILON = 1e-6
"""As in `torch.nn.utils.clip_grad_norm_`."""


class Trainer:
    """Replicas that advance together.

    Args:
        ensemble: The replicas.
        batch: What each step learns from.
        arena: Memory that trainers share; they do not run at a time.
    """

    def __init__(self, ensemble: Ensemble, batch: Batch, arena: Arena | None = None) -> None:
        self.ensemble = ensemble
        self._bound = ensemble.bind(batch, arena=arena)
        self._optimiser = optimiser(ensemble.config, ensemble.parameters, ensemble.learns)
        self._clip = ensemble.config.clip
        self.loss = self._bound.loss
        """Mean objective of the last batch, ``[replica]``."""
        self.diverged: list[int | None] = [None] * len(ensemble.replicas)
        """The step at which each replica diverged; its parameters stay as they were then."""
        self.norms = self.loss.new_zeros(len(weighted(ensemble.parts)), len(ensemble.replicas))
        """Norm of the gradient by each layer's weights and biases, as it was last taken."""
        self._kept: dict[Block, tuple[Tensor, Tensor]] = {}

    @torch.no_grad()
    def differentiate(self) -> None:
        """Compute the loss and all gradients."""
        self._bound.tape.run()

    def pieces(self) -> Iterator[Tick]:
        """The same in pieces, for networks of which one step takes long."""
        for call in (*self._bound.tape.forward, *self._bound.tape.backward):
            with torch.no_grad():
                call()
            yield TICK

    @torch.no_grad()
    def measure(self) -> None:
        """Take the norm of the gradient by each layer's weights, ``[layer, replica]``."""
        blocks = self.ensemble.blocks
        found = [self.ensemble.gradients[blocks[p.name]] for p in weighted(self.ensemble.parts)]
        self.norms = torch.stack([each.flatten(1).norm(dim=1) for each in found])

    @torch.no_grad()
    def step(self, factor: float) -> None:
        """Move the parameters; the rates are multiplied by ``factor``."""
        self.ensemble.steps += 1
        if not self.loss.amax().item() <= EXPLODED:
            self._freeze()
        if self._clip:
            self._cut()
        self._optimiser.step(factor)
        for block, (rows, values) in self._kept.items():
            self.ensemble.values[block].index_copy_(0, rows, values)

    def _cut(self) -> None:
        """Cut each replica's gradient to the norm that is allowed."""
        total = torch.zeros_like(self.loss)
        for block, gradient in self.ensemble.gradients.items():
            total[block.rows] += gradient.flatten(1).norm(dim=1).square()
        factor = (self._clip / (total.sqrt() + _CLIP_EPSILON)).clamp_(max=1.0)
        for block, gradient in self.ensemble.gradients.items():
            gradient.mul_(factor[block.rows].view(-1, *(1 for _ in block.shape)))

    def _freeze(self) -> None:
        """Mark what has diverged in this step, and keep its parameters as they are."""
        for index, bad in enumerate((~(self.loss <= EXPLODED)).tolist()):
            if bad and self.diverged[index] is None:
                self.diverged[index] = self.ensemble.steps
        for block, view in self.ensemble.values.items():
            rows = [n for n in range(block.count) if self.diverged[block.first + n] is not None]
            if rows:
                places = torch.tensor(rows, device=view.device)
                self._kept[block] = places, view.index_select(0, places)
