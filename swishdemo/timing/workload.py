"""What is timed: the activation alone, a layer with it, or a training step. This loads PyTorch.

What each pass means, in every context:

* ``forward`` records the graph, as in training, and frees it.
* ``backward`` is timed alone: the forward runs once outside of the clock, and its graph is kept
  and differentiated again and again. Nothing is subtracted from anything.
* ``both`` is a forward and its backward; in context ``step`` with the loss and SGD's update.

Memory of one call: what the forward keeps for the backward, and the most that is held at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise, repeat
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd import profiler
from torch.nn import functional as F

from swishdemo.timing.implementations import Implementation, build
from swishdemo.timing.loop import Clock
from swishdemo.timing.request import (
    LAYER_WIDTH,
    SEQUENCE_LENGTH,
    SEQUENCES,
    STEP_BATCH,
    TRANSFORMER_WIDTH,
    TimingRequest,
)
from swishdemo.timing.variants import Variant

_LEARNING_RATE = 1e-3
_HEADS = 4
_MLPS = {"mlp": (784, 512, 512, 10), "mlp_small": (64, 64, 64, 10)}


class TrainingStep:
    """One training step, part by part, on data that stay the same.

    Args:
        loss_of: Computes the loss.
        parameters: All that SGD updates.
    """

    def __init__(self, loss_of: Callable[[], Tensor], parameters: list[Tensor]) -> None:
        self.parameters = parameters
        self._loss_of = loss_of
        self._optimiser = torch.optim.SGD(parameters, lr=_LEARNING_RATE)

    def forward(self) -> Tensor:
        """The loss; the gradients of the step before are dropped."""
        self._optimiser.zero_grad(set_to_none=True)
        self._loss = self._loss_of()
        return self._loss

    def backward(self) -> None:
        """The gradients of the latest loss."""
        self._loss.backward()  # type: ignore[no-untyped-call]

    def update(self) -> None:
        """SGD's update."""
        self._optimiser.step()


def step(
    activation: Callable[[], Implementation],
    request: TimingRequest,
    device: torch.device,
    dtype: torch.dtype,
) -> TrainingStep:
    """The request's network and its step.

    Args:
        activation: Makes the activation of one place, with parameters of its own.
        request: The network, and whether its forward runs under autocast.
        device: Where it runs.
        dtype: Of data and weights.
    """
    criterion: Callable[[Tensor, Tensor], Tensor]
    if request.network == "transformer":
        made = [activation()]
        network, inputs, targets = _transformer(_Placed(made[0]), device, dtype)
        criterion = F.mse_loss
    else:
        made = [activation(), activation()]
        between = [_Placed(one) for one in made]
        network, inputs, targets = _classifier(between, request.network, device, dtype)
        criterion = F.cross_entropy
    own = [parameter for one in made for parameter in one.parameters.values()]

    def loss_of() -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=request.amp):
            return criterion(network(inputs), targets)

    return TrainingStep(loss_of, [*network.parameters(), *own])


class _Placed(nn.Module):
    """An implementation in its place; its parameters are those of the `Implementation`."""

    def __init__(self, made: Implementation) -> None:
        super().__init__()
        self._call = (made.call,)  # within a tuple, so that a module's parameters count once

    def forward(self, x: Tensor) -> Tensor:
        return self._call[0](x)


def _classifier(
    between: list[_Placed], name: str, device: torch.device, dtype: torch.dtype
) -> tuple[nn.Module, Tensor, Tensor]:
    layers: list[nn.Module]
    if name == "cnn":
        inputs = torch.randn(STEP_BATCH, 1, 8, 8, device=device, dtype=dtype)
        layers = [nn.Conv2d(1, 8, 3, 2, 1), nn.Conv2d(8, 16, 3, 2, 1), nn.Linear(64, 10)]
    else:
        widths = _MLPS[name]
        inputs = torch.randn(STEP_BATCH, widths[0], device=device, dtype=dtype)
        layers = [nn.Linear(*pair) for pair in pairwise(widths)]
    first, second, last = (layer.to(device, dtype) for layer in layers)
    network = nn.Sequential(first, between[0], second, between[1], nn.Flatten(), last)
    return network, inputs, torch.randint(10, (STEP_BATCH,), device=device)


def _transformer(
    activation: _Placed, device: torch.device, dtype: torch.dtype
) -> tuple[nn.Module, Tensor, Tensor]:
    block = _Block(activation).to(device, dtype)
    shape = (SEQUENCES, SEQUENCE_LENGTH, TRANSFORMER_WIDTH)
    inputs, targets = (torch.randn(shape, device=device, dtype=dtype) for _ in range(2))
    return block, inputs, targets


class _Block(nn.Module):
    """A transformer block that normalises first (Xiong et al. 2020, arXiv 2002.04745)."""

    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        width = TRANSFORMER_WIDTH
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.mixed = nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        split = self.queries_keys_values(self.norms[0](x)).unflatten(-1, (3, _HEADS, -1))
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(queries, keys, values)
        x = x + self.mixed(attended.transpose(1, 2).flatten(2))
        hidden: Tensor = self.activation(self.wide(self.norms[1](x)))
        out: Tensor = x + self.narrow(hidden)
        return out


def saved_bytes(forward: Callable[[], Tensor], parameters: Sequence[Tensor]) -> int:
    """Bytes that ``forward`` keeps for the backward.

    Parameters are left out, for they are there anyway; a storage that several operations keep is
    counted once, and whole.
    """
    known = {parameter.untyped_storage().data_ptr() for parameter in parameters}
    storages: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = forward()  # held, or a freed storage's address could be used again
    del result
    return sum(storages.values())


def peak_bytes(call: Callable[[], object], device: torch.device) -> int:
    """The most bytes that ``call`` held at a time beyond what was there before.

    On the CPU every allocation of a tensor is seen by PyTorch's profiler, those of temporaries
    within an operation too; on a GPU its allocator keeps the count.
    """
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        call()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    with profiler.profile(use_cpu=True, profile_memory=True) as profile:
        call()
    assert profile.kineto_results is not None
    events: list[Any] = [e for e in profile.kineto_results.events() if e.name() == "[memory]"]
    events.sort(key=lambda event: event.start_ns())
    return int(max(accumulate((event.nbytes() for event in events), initial=0)))


_SEED = 0


@dataclass(frozen=True, slots=True)
class Workload:
    """Calls that can be timed; a `swishdemo.timing.loop.Subject`.

    Attributes:
        forward: Computes what is differentiated.
        differentiate: The backward of such a result, whose graph is kept.
        whole: The parts of both passes, by name and in turn: one part where a forward and its
            backward are one call, three in context ``step``.
        parameters: Tensors that are there whether or not anything is saved.
        passes: Which of the three is timed.
        device: Where it runs.
        clock: Seconds; for the CPU, since a GPU is timed by its own events.
    """

    forward: Callable[[], Tensor]
    differentiate: Callable[[Tensor], object]
    whole: Mapping[str, Callable[[], object]]
    parameters: Sequence[Tensor]
    passes: str
    device: torch.device
    clock: Clock
    _blocks: list[tuple[int, list[float]]] = field(default_factory=list)

    def time(self, calls: int) -> float:
        """Seconds that ``calls`` calls took together."""
        if self.passes == "backward":
            result = self.forward()
            return timed([lambda: self.differentiate(result)], calls, self.device, self.clock)[0]
        parts = self.whole if self.passes == "both" else {"forward": self.forward}
        spent = timed(list(parts.values()), calls, self.device, self.clock)
        self._blocks.append((calls, spent))
        return sum(spent)

    def part_seconds(self, calls: int) -> dict[str, float]:
        """Median seconds of each part of a call, over the blocks of so many calls so far."""
        spent = [np.array(parts) / calls for count, parts in self._blocks if count == calls]
        if self.passes != "both" or len(self.whole) < 2 or not spent:
            return {}
        return dict(zip(self.whole, np.median(spent, axis=0).tolist(), strict=True))

    def saved_bytes(self) -> int:
        """Bytes that the forward keeps for the backward (`swishdemo.timing.workload`)."""
        return saved_bytes(self.forward, self.parameters)

    def peak_bytes(self) -> int:
        """The most bytes that one call of a forward, or of both passes, held at a time."""
        parts = [self.forward] if self.passes == "forward" else list(self.whole.values())
        return peak_bytes(lambda: [part() for part in parts], self.device)


@dataclass(frozen=True, slots=True)
class Stream:
    """A loop that moves tensors and computes next to nothing.

    Attributes:
        tensors: How many tensors one call reads and writes.
        call: Moves them.
        device: Where it runs.
        clock: Seconds.
    """

    tensors: int
    call: Callable[[], object]
    device: torch.device
    clock: Clock

    def time(self, calls: int) -> float:
        """Seconds that ``calls`` calls took together."""
        return timed([self.call], calls, self.device, self.clock)[0]

    def part_seconds(self, calls: int) -> dict[str, float]:
        """A stream has no parts."""
        return {}


def streams(source: Tensor, cotangent: Tensor, clock: Clock) -> dict[str, Stream]:
    """The streams that say what the memory moves, by name, on the tensors that are timed.

    No single one of them is a limit: a copy reads its target's cache lines before it writes them,
    so that it moves half as much again as it seems to, and an activation that is kinder to the
    caches runs faster (`F.hardswish` by a quarter at 2^23 elements). The fastest of them is.

    Args:
        source: The input; only its bytes matter, as integers, so that no type is slow to add.
        cotangent: The gradient that arrives, as large as ``source``.
        clock: Seconds.
    """
    first, second = _words(source), _words(cotangent)
    target = torch.empty_like(first)
    calls: dict[str, tuple[int, Callable[[], object]]] = {
        "read": (2, lambda: (first.sum(), second.sum())),
        "fill": (1, target.zero_),
        "copy": (2, lambda: target.copy_(first)),
        "combine": (3, lambda: torch.bitwise_xor(first, second, out=target)),
    }
    return {
        name: Stream(tensors, call, source.device, clock) for name, (tensors, call) in calls.items()
    }


def _words(tensor: Tensor) -> Tensor:
    """The tensor's memory as integers, of 8 bytes where they fill it."""
    flat = tensor.detach().view(-1)
    narrow = {2: torch.int16, 4: torch.int32, 8: torch.int64}[flat.element_size()]
    return flat.view(narrow if flat.nbytes % 8 else torch.int64)


def timed(
    parts: Sequence[Callable[[], object]], calls: int, device: torch.device, clock: Clock
) -> list[float]:
    """Seconds of each part of ``calls`` calls in a row; on a GPU between events of its stream."""
    if device.type == "cuda":
        return _timed_by_events(parts, calls, device)
    if len(parts) == 1:
        (call,) = parts
        start = clock()
        for _ in repeat(None, calls):
            call()
        return [clock() - start]
    spent = [0.0] * len(parts)
    last = clock()
    for _ in repeat(None, calls):
        for place, part in enumerate(parts):
            part()
            now = clock()
            spent[place] += now - last
            last = now
    return spent


def _timed_by_events(
    parts: Sequence[Callable[[], object]], calls: int, device: torch.device
) -> list[float]:
    """One event between any two parts; with a single part, around all calls together."""

    def event() -> torch.cuda.Event:
        return torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]

    torch.cuda.synchronize(device)
    marks = [event()]
    marks[0].record()
    for _ in repeat(None, calls):
        for part in parts:
            part()
            if len(parts) > 1:
                marks.append(event())
                marks[-1].record()
    if len(parts) == 1:
        marks.append(event())
        marks[-1].record()
    torch.cuda.synchronize(device)
    between = [before.elapsed_time(after) / 1e3 for before, after in pairwise(marks)]
    return [sum(between[place :: len(parts)]) for place in range(len(parts))]


def workload(
    variant: Variant, request: TimingRequest, source: Tensor, cotangent: Tensor, clock: Clock
) -> Workload:
    """Build one variant's calls in the request's context.

    Args:
        variant: What is timed.
        request: The context, the pass and the dtype.
        source: The input of ``kernel`` and ``layer``, shared by all variants of one size; it
            requires a gradient.
        cotangent: The gradient that arrives at their result.
        clock: Seconds.
    """
    torch.manual_seed(_SEED)
    device, dtype = source.device, source.dtype

    def activation() -> Implementation:
        return build(variant, device, dtype)

    if request.context == "step":
        return _step(step(activation, request, device, dtype), request, device, clock)
    made = activation()
    inner, parameters = made.call, list(made.parameters.values())
    forward: Callable[[], Tensor]
    if request.context == "layer":
        linear = nn.Linear(LAYER_WIDTH, LAYER_WIDTH).to(device, dtype)
        parameters += linear.parameters()

        def forward() -> Tensor:
            with torch.autocast(device.type, torch.bfloat16, enabled=request.amp):
                return inner(linear(source))

    else:

        def forward() -> Tensor:
            return inner(source)

    leaves = [source, *parameters]
    if request.amp:
        cotangent = cotangent.to(torch.bfloat16)
    grad = torch.autograd.grad
    return Workload(
        forward=forward,
        differentiate=lambda result: grad(result, leaves, cotangent, retain_graph=True),
        whole={"both": lambda: grad(forward(), leaves, cotangent)},
        parameters=parameters,
        passes=request.passes,
        device=device,
        clock=clock,
    )


def _step(
    step: TrainingStep, request: TimingRequest, device: torch.device, clock: Clock
) -> Workload:
    grad = torch.autograd.grad
    return Workload(
        forward=step.forward,
        differentiate=lambda loss: grad(loss, step.parameters, retain_graph=True),
        whole={"forward": step.forward, "backward": step.backward, "update": step.update},
        parameters=step.parameters,
        passes=request.passes,
        device=device,
        clock=clock,
    )
