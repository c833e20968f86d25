"""Builds each implementation that can be timed; `swishdemo.timing.variants` names its builder."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from swishdemo.timing.variants import Variant


@dataclass(frozen=True, slots=True)
class Implementation:
    """A variant, ready to run.

    Attributes:
        call: The activation: a tensor of any shape → one of the same shape.
        parameters: The trainable parameters by name, leaves that require a gradient.
    """

    call: Callable[[Tensor], Tensor]
    parameters: Mapping[str, Tensor] = field(default_factory=dict)


def build(variant: Variant, device: torch.device, dtype: torch.dtype) -> Implementation:
    """Build ``variant``, with parameters of its own, at the values of its record.

    Raises:
        ValueError: The builder's trainable parameters are not those that the record names.
    """
    module, function, *argument = variant.builder.split(":", 2)
    implementation = getattr(importlib.import_module(module), function)(*argument, device, dtype)
    assert isinstance(implementation, Implementation)
    if set(implementation.parameters) != set(variant.trainable):
        raise ValueError(
            f"{variant.name} trains {sorted(implementation.parameters)}; "
            f"its record says {sorted(variant.trainable)}"
        )
    return implementation


def silu(device: torch.device, dtype: torch.dtype) -> Implementation:
    """PyTorch's own fused kernel for β = 1."""
    return Implementation(F.silu)


def swish_eager(device: torch.device, dtype: torch.dtype) -> Implementation:
    """x·σ(x) as two eager operations."""
    return Implementation(lambda x: x * torch.sigmoid(x))


def swish_module(device: torch.device, dtype: torch.dtype) -> Implementation:
    """The article's ``Swish``."""
    from swishdemo.activations.swish import Swish

    return Implementation(Swish())


def memory_efficient(device: torch.device, dtype: torch.dtype) -> Implementation:
    """The article's ``MemoryEfficientSwish``, which keeps x alone and recomputes σ."""
    from swishdemo.activations.swish import MemoryEfficientSwish

    return Implementation(MemoryEfficientSwish())


def parametric_module(device: torch.device, dtype: torch.dtype) -> Implementation:
    """The article's ``ParametricSwish`` with a trainable β."""
    from swishdemo.activations.swish import ParametricSwish

    module = ParametricSwish(beta=1.0, trainable=True).to(device, dtype)
    return Implementation(module, dict(module.named_parameters()))


def parametric_tuned(device: torch.device, dtype: torch.dtype) -> Implementation:
    """Trainable β with a backward of few eager operations."""
    from swishdemo.activations.swish import swish

    beta = _beta(device, dtype)
    return Implementation(lambda x: swish(x, beta), {"beta": beta})


def fused_c(device: torch.device, dtype: torch.dtype) -> Implementation:
    """Trainable β by the C kernel; where that cannot be built, the builder says why."""
    from swishdemo.kernels import node
    from swishdemo.kernels.build import library
    from swishdemo.kernels.function import fused_swish
    from swishdemo.kernels.libraries import BuildError
    from swishdemo.kernels.native import ELEMENTS

    library(ELEMENTS[dtype])
    with suppress(BuildError):  # without it small tensors take longer, and nothing else changes
        node.build()
    beta = _beta(device, dtype)
    return Implementation(lambda x: fused_swish(x, beta), {"beta": beta})


def fused_triton(device: torch.device, dtype: torch.dtype) -> Implementation:
    """Trainable β by the Triton kernel."""
    from swishdemo.kernels.function import fused_swish

    beta = _beta(device, dtype)
    return Implementation(lambda x: fused_swish(x, beta), {"beta": beta})


def parametric_eager(device: torch.device, dtype: torch.dtype) -> Implementation:
    """x·σ(βx) written out, its backward left to autograd."""
    beta = _beta(device, dtype)
    return Implementation(lambda x: _swish(x, beta), {"beta": beta})


def parametric_compiled(device: torch.device, dtype: torch.dtype) -> Implementation:
    """x·σ(βx) by ``torch.compile``, compiled anew for each shape."""
    import torch._dynamo.config as dynamo
    import torch._inductor.config as inductor

    # No pool of compiling processes that outlives its use; and beyond the limit on shapes an
    # error, for by default the function would silently run eagerly.
    inductor.compile_threads = 1
    dynamo.recompile_limit = 64
    dynamo.fail_on_recompile_limit_hit = True
    beta = _beta(device, dtype)
    fused = torch.compile(_swish, dynamic=False)
    return Implementation(lambda x: fused(x, beta), {"beta": beta})


def relu(device: torch.device, dtype: torch.dtype) -> Implementation:
    """max(x, 0)."""
    return Implementation(F.relu)


def gelu(device: torch.device, dtype: torch.dtype) -> Implementation:
    """x·Φ(x)."""
    return Implementation(F.gelu)


def gelu_tanh(device: torch.device, dtype: torch.dtype) -> Implementation:
    """The tanh approximation of x·Φ(x)."""
    return Implementation(partial(F.gelu, approximate="tanh"))


def mish(device: torch.device, dtype: torch.dtype) -> Implementation:
    """x·tanh(softplus(x))."""
    return Implementation(F.mish)


def hardswish(device: torch.device, dtype: torch.dtype) -> Implementation:
    """x·relu6(x + 3)/6."""
    return Implementation(F.hardswish)


def formula(name: str, device: torch.device, dtype: torch.dtype) -> Implementation:
    """A typed formula in eager operations, its parameters fixed at their defaults."""
    from swishdemo.activations import torch_function

    return Implementation(torch_function(name))


def _beta(device: torch.device, dtype: torch.dtype) -> Tensor:
    return torch.ones((), device=device, dtype=dtype, requires_grad=True)


def _swish(x: Tensor, beta: Tensor) -> Tensor:
    return x * torch.sigmoid(beta * x)
