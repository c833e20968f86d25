"""What is timed: the activation alone, a layer with it, or a training step with it.

What each pass means, in every context:

* ``forward`` records the graph, as in training, and frees it.
* ``backward`` is timed alone: the forward runs once outside of the clock, and its graph is kept
  and differentiated again and again. Nothing is subtracted from anything.
* ``both`` is a forward and its backward; in context ``step`` with the loss and SGD's update.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from swishdemo.timing.implementation import Implementation, build
from swishdemo.timing.loop import Clock
from swishdemo.timing.request import LAYER_WIDTH, STEP_BATCH, TimingRequest
from swishdemo.timing.variants import Variant

_SEED = 0
_LEARNING_RATE = 1e-3


@dataclass(frozen=True, slots=True)
class Workload:
    """Calls that can be timed; a `swishdemo.timing.loop.Subject`.

    Attributes:
        forward: Computes what is differentiated.
        differentiate: The backward of such a result, whose graph is kept.
        whole: A forward, its backward and what belongs to the context after it.
        parameters: Tensors that are there whether or not anything is saved.
        passes: Which of the three is timed.
        device: Where it runs.
        clock: Seconds; for the CPU, since a GPU is timed by its own events.
    """

    forward: Callable[[], Tensor]
    differentiate: Callable[[Tensor], object]
    whole: Callable[[], object]
    parameters: Sequence[Tensor]
    passes: str
    device: torch.device
    clock: Clock

    def time(self, calls: int) -> float:
        """Seconds that ``calls`` calls took together."""
        if self.passes == "forward":
            return timed(self.forward, calls, self.device, self.clock)
        if self.passes == "both":
            return timed(self.whole, calls, self.device, self.clock)
        result = self.forward()
        return timed(lambda: self.differentiate(result), calls, self.device, self.clock)

    def saved_bytes(self) -> int:
        """Bytes that the forward keeps for the backward.

        Parameters are left out, for they are there anyway; a storage that several operations
        keep is counted once, and whole.
        """
        known = {parameter.untyped_storage().data_ptr() for parameter in self.parameters}
        storages: dict[int, int] = {}

        def pack(tensor: Tensor) -> Tensor:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in known:
                storages[storage.data_ptr()] = storage.nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            result = self.forward()  # held, or a freed storage's address could be used again
        del result
        return sum(storages.values())


@dataclass(frozen=True, slots=True)
class Copy:
    """``copy_`` of one tensor to another: 2N elements through memory, the hardware's limit."""

    source: Tensor
    target: Tensor
    clock: Clock

    def time(self, calls: int) -> float:
        """Seconds that ``calls`` copies took together."""
        device = self.source.device
        return timed(lambda: self.target.copy_(self.source), calls, device, self.clock)


def timed(call: Callable[[], object], calls: int, device: torch.device, clock: Clock) -> float:
    """Seconds of ``calls`` calls in a row; on a GPU between two events of its stream."""
    if device.type == "cuda":
        begin, end = (
            torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
            for _ in range(2)
        )
        torch.cuda.synchronize(device)
        begin.record()
        for _ in repeat(None, calls):
            call()
        end.record()
        torch.cuda.synchronize(device)
        return float(begin.elapsed_time(end)) / 1e3
    start = clock()
    for _ in repeat(None, calls):
        call()
    return clock() - start


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
        return _step(activation, request, source, clock)
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
        whole=lambda: grad(forward(), leaves, cotangent),
        parameters=parameters,
        passes=request.passes,
        device=device,
        clock=clock,
    )


def _step(
    activation: Callable[[], Implementation], request: TimingRequest, source: Tensor, clock: Clock
) -> Workload:
    device, dtype = source.device, source.dtype
    made = [activation(), activation()]  # each layer has parameters of its own
    sizes = {"mlp": (784, 512, 512, 10), "mlp_small": (64, 64, 64, 10)}
    layers: list[nn.Module]
    if request.network == "cnn":
        images = torch.randn(STEP_BATCH, 1, 8, 8, device=device, dtype=dtype)
        layers = [nn.Conv2d(1, 8, 3, 2, 1), nn.Conv2d(8, 16, 3, 2, 1), nn.Linear(64, 10)]
    else:
        widths = sizes[request.network]
        images = torch.randn(STEP_BATCH, widths[0], device=device, dtype=dtype)
        layers = [nn.Linear(*pair) for pair in pairwise(widths)]
    first, second, last = (layer.to(device, dtype) for layer in layers)
    labels = torch.randint(10, (STEP_BATCH,), device=device)
    parameters: list[Tensor] = [p for layer in (first, second, last) for p in layer.parameters()]
    parameters += [p for one in made for p in one.parameters.values()]
    optimiser = torch.optim.SGD(parameters, lr=_LEARNING_RATE)

    def forward() -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=request.amp):
            hidden = made[1].call(second(made[0].call(first(images))))
            return F.cross_entropy(last(hidden.flatten(1)), labels)

    def whole() -> None:
        optimiser.zero_grad(set_to_none=True)
        forward().backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    return Workload(
        forward=forward,
        differentiate=lambda loss: torch.autograd.grad(loss, parameters, retain_graph=True),
        whole=whole,
        parameters=parameters,
        passes=request.passes,
        device=device,
        clock=clock,
    )
