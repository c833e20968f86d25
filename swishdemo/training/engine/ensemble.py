"""Many replicas of one network, computed and trained together, with a hand-written backward.

All replicas see the same batch. A network is a list of layers that are bound to memory once
(`swishdemo.training.engine.batch`); values lie as ``[replica, feature, sample]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from swishdemo.ticks import TICK, Tick
from swishdemo.training.architecture import (
    ActivationLayer,
    Affine,
    Convolution,
    Dropout,
    Normalisation,
    Part,
    Residual,
    activation_at,
    flat,
    parameters_of,
    sites,
    start_of,
    weighted,
)
from swishdemo.training.config import Replica, TrainingConfig
from swishdemo.training.engine.batch import Arena, Batch, CallTape, Values
from swishdemo.training.engine.layers import (
    Masks,
    Site,
    bind_activation,
    bind_affine,
    bind_convolution,
    bind_normalisation,
)
from swishdemo.training.engine.optimisers import bind_objective, optimiser
from swishdemo.training.engine.parameters import (
    ActivationParameters,
    Block,
    Parameters,
    blocks_of,
    groups_of,
    initial_weights,
    unit_gain,
)


@dataclass(frozen=True, slots=True)
class BoundEnsemble:
    """A network bound to a batch.

    Attributes:
        tape: The calls that compute it.
        outputs: Of the last layer.
        loss: The mean objective, ``[replica]``.
        sites: The activation layers.
    """

    tape: CallTape
    outputs: Values
    loss: Tensor
    sites: tuple[Site, ...]


class Ensemble:
    """Replicas of one network, with the parameters of all of them.

    Args:
        replicas: The replicas.
        config: What they are, and the seeds that they start from.
        parts: The network's layers.
        device: Where it is computed.
        dtype: In what precision; that of the samples.
    """

    def __init__(
        self,
        replicas: Sequence[Replica],
        config: TrainingConfig,
        parts: tuple[Part, ...],
        device: torch.device,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.replicas, self.config, self.parts = tuple(replicas), config, parts
        count = len(self.replicas)
        self.groups = groups_of(config, replicas, sites(parts))
        weights = {
            part.name: Block(part.name, 0, count, (part.outputs, part.fan_in + 1), "weight")
            for part in weighted(parts)
        }
        norms = {
            part.name: Block(part.name, 0, count, (2, part.channels), "norm")
            for part in flat(parts)
            if isinstance(part, Normalisation)
        }
        learned = blocks_of(self.groups)
        self.learns = bool(learned)
        self.parameters = Parameters((*weights.values(), *norms.values(), *learned), device, dtype)
        self.values = self.parameters.views(self.parameters.values)
        self.gradients = self.parameters.views(self.parameters.gradients)
        self.activation_parameters = ActivationParameters(self.groups, self.parameters)
        self.blocks = weights | norms
        moments = self.parameters.values.new_tensor([0.0, 1.0])[None, :, None]
        self.running = {
            part.name: moments.repeat(count, 1, part.channels)
            for part in flat(parts)
            if isinstance(part, Normalisation) and part.kind == "batch"
        }
        seeds = [(config.seed, row.seed) for row in replicas]
        self._masks = {
            part.site: Masks(part, seeds, self.parameters.values)
            for part in flat(parts)
            if isinstance(part, Dropout)
        }
        self.steps = 0
        self._start()

    def bind(
        self, batch: Batch, *, training: bool = True, arena: Arena | None = None
    ) -> BoundEnsemble:
        """Bind the network to a batch's memory.

        Args:
            batch: The batch.
            training: Whether it learns from it.
            arena: Memory that it shares with others; they do not run at a time.
        """
        arena = arena or Arena(self.parameters.values)
        arena.restart()
        products = torch.bfloat16 if self.config.amp else None
        tape = CallTape(len(self.replicas), batch.size, arena, training, products)
        tape.then(*self.activation_parameters.forward)
        found: list[Site] = []
        outputs = self._bind(self.parts, batch.inputs, tape, found)
        loss = bind_objective(self.config.objective, outputs, batch.targets, tape)
        if training:
            tape.backward += self.activation_parameters.backward
        return BoundEnsemble(tape, outputs, loss, tuple(found))

    def entries(self) -> Iterator[tuple[str, int, Tensor]]:
        """What replicas' states have: a name, the first replica that has it, and their values.

        The names are those of `swishdemo.training.reference.Network`; the values are views
        ``[replica, …]`` of the parameters, and each is shaped as in that network.
        """
        for part in weighted(self.parts):
            view = self.values[self.blocks[part.name]]
            weight = view[..., :-1].view(len(view), *part.weight_shape)
            yield f"{part.name}.weight", 0, weight
            yield f"{part.name}.bias", 0, view[..., -1]
        for name, moments in self.running.items():
            yield f"{name}.running_mean", 0, moments[:, 0]
            yield f"{name}.running_var", 0, moments[:, 1]
            counted = torch.full((len(self.replicas),), self.steps, device=moments.device)
            yield f"{name}.num_batches_tracked", 0, counted
        for block, view in self.values.items():
            if block.role == "norm":
                yield f"{block.name}.weight", 0, view[:, 0]
                yield f"{block.name}.bias", 0, view[:, 1]
        for group in self.groups:
            for parameter in group.parameters:
                if (learned := parameter.block) is not None:
                    name = f"activation.{group.site}.{parameter.name}"
                    yield name, learned.first, self.values[learned]

    def state(self, index: int) -> dict[str, Tensor]:
        """The parameters of one replica, as `swishdemo.training.reference.Network` names them."""
        return {name: view.detach().clone() for name, view in self._entries_of(index)}

    @torch.no_grad()
    def load(self, index: int, state: Mapping[str, Tensor]) -> None:
        """Give one replica the parameters of a `state`."""
        for name, view in self._entries_of(index):
            view.copy_(state[name])

    def generators(self) -> Iterator[torch.Generator]:
        """The streams of random numbers that a step draws from."""
        for masks in self._masks.values():
            yield from masks.streams

    def stream_states(self) -> list[list[Tensor]]:
        """Where they stand."""
        return [masks.snapshot() for masks in self._masks.values()]

    def renew_streams(self, states: Sequence[Sequence[Tensor]]) -> None:
        """Draw from other generators that stand where `stream_states` told."""
        for masks, state in zip(self._masks.values(), states, strict=True):
            masks.renew(state)

    def snapshot(self) -> dict[str, Any]:
        """All that changes as it learns, on the CPU; `restore` goes on from there, bit for bit."""
        return {
            "steps": self.steps,
            "values": self.parameters.values.cpu().clone(),
            "running": {name: moments.cpu().clone() for name, moments in self.running.items()},
            "activations": self.activation_parameters.snapshot(),
            "masks": self.stream_states(),
        }

    @torch.no_grad()
    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Become what `snapshot` told, in the same memory."""
        self.steps = snapshot["steps"]
        self.parameters.values.copy_(snapshot["values"])
        for name, moments in self.running.items():
            moments.copy_(snapshot["running"][name])
        self.activation_parameters.restore(snapshot["activations"])
        for masks, state in zip(self._masks.values(), snapshot["masks"], strict=True):
            masks.restore(state, self.steps)

    def _entries_of(self, index: int) -> Iterator[tuple[str, Tensor]]:
        for name, first, views in self.entries():
            if first <= index < first + len(views):
                yield name, views[index - first]

    def _bind(self, parts: Sequence[Part], x: Values, tape: CallTape, found: list[Site]) -> Values:
        for part in parts:
            match part:
                case Affine():
                    x = bind_affine(*self._weights(part.name, tape), x, tape)
                case Convolution():
                    x = bind_convolution(part, *self._weights(part.name, tape), x, tape)
                case Normalisation():
                    running = self.running.get(part.name)
                    weights = self._weights(part.name, tape)
                    x = bind_normalisation(part, *weights, running, x, tape)
                case ActivationLayer():
                    operands = self.activation_parameters.operands
                    here = [each for each in self.groups if each.site == part.site]
                    slices = [(each, operands(each, tape.training)) for each in here]
                    x, site = bind_activation(slices, x, tape)
                    found.append(site)
                case Dropout():
                    x = self._masks[part.site].bind(x, tape)
                case Residual():
                    x = self._bind_residual(part, x, tape, found)
        return x

    def _bind_residual(
        self, part: Residual, x: Values, tape: CallTape, found: list[Site]
    ) -> Values:
        assert x.gradient is not None
        out = tape.padded(x.features)
        assert out.gradient is not None
        tape.before(partial(x.gradient.add_, out.gradient))
        inner = self._bind(part.body, x, tape, found)
        assert inner.gradient is not None
        tape.before(partial(inner.gradient.copy_, out.gradient))
        tape.then(partial(torch.add, x.data, inner.data, out=out.data))
        return out

    def _weights(self, name: str, tape: CallTape) -> tuple[Tensor, Tensor]:
        block = self.blocks[name]
        return self.values[block], self.gradients[block]

    def _start(self) -> None:
        config = self.config
        linear = weighted(self.parts)
        for index, row in enumerate(self.replicas):
            gains = {}
            if config.init == "gain":
                for part in sites(self.parts):
                    name = activation_at(config, row, part.site)
                    parameter = parameters_of(config, name, row.rival)
                    start = tuple(start_of(name, each.name, row) for each in parameter)
                    gains[f"hidden.{part.site}"] = unit_gain(name, start)
            drawn = initial_weights(
                linear, config.init, config.init_scale, (config.seed, row.seed), gains
            )
            for layer in linear:
                view = self.values[self.blocks[layer.name]][index]
                view[:, :-1] = drawn[layer.name].flatten(1)
                view[:, -1] = 0.0 if layer.name == "output" else config.init_bias
        for block, view in self.values.items():
            if block.role == "norm":
                view[:, 0] = 1.0
        self.activation_parameters.start()


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
        self._optimiser.move(*self._optimiser.numbers(self.ensemble.steps, factor))
        for block, (rows, values) in self._kept.items():
            self.ensemble.values[block].index_copy_(0, rows, values)

    def snapshot(self) -> dict[str, Any]:
        """All that changes from step to step, on the CPU, between two steps."""
        return {
            "ensemble": self.ensemble.snapshot(),
            "optimiser": self._optimiser.snapshot(),
            "loss": self.loss.cpu().clone(),
            "norms": self.norms.cpu().clone(),
            "diverged": list(self.diverged),
        }

    @torch.no_grad()
    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go on from where `snapshot` told, bit for bit where the device is the same."""
        self.ensemble.restore(snapshot["ensemble"])
        self._optimiser.restore(snapshot["optimiser"])
        self.loss.copy_(snapshot["loss"])
        self.norms = snapshot["norms"].to(self.norms)
        self.diverged = list(snapshot["diverged"])
        self._keep_diverged()

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
        self._keep_diverged()

    def _keep_diverged(self) -> None:
        for block, view in self.ensemble.values.items():
            rows = [n for n in range(block.count) if self.diverged[block.first + n] is not None]
            if rows:
                places = torch.tensor(rows, device=view.device)
                self._kept[block] = places, view.index_select(0, places)
