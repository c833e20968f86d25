"""The article's three PyTorch modules. This module loads PyTorch.

They and :class:`swishdemo.FusedSwish` give what ``x * torch.sigmoid(beta * x)`` gives, and refuse
what it refuses (sparse tensors, float8). What of that is tested, each with all layouts and types of
elements that it can have: of Swish (S), MemoryEfficientSwish (M), ParametricSwish (P), FusedSwish
(F) and fused_swish (f), with one β and with one for each channel. ``tests/test_modules_matrix.py``
writes the table:

                                              S   M   P   F   f
    values                                    yes yes yes yes yes
    gradients                                 yes yes yes yes yes
    second and third gradients                yes yes yes yes yes
    a lazily negated or conjugated gradient   yes yes yes yes yes
    a gradient of zeros without memory        yes yes yes yes yes
    a gradient that is expanded               yes yes yes yes yes
    gradients that are dual numbers           yes yes yes yes yes
    is_grads_batched                          yes yes yes yes yes
    forward-mode autograd                     yes yes yes yes yes
    jacobian(vectorize=True), both modes      yes yes yes yes yes
    hessian(vectorize=True), both modes       yes yes yes yes yes
    func.grad                                 yes yes yes yes yes
    func.vjp                                  yes yes yes yes yes
    func.jvp                                  yes yes yes yes yes
    func.vmap over x                          yes yes yes yes yes
    func.vmap over β                          yes yes yes yes yes
    func.jacrev and jacfwd                    yes yes yes yes yes
    func.hessian                              yes yes yes yes yes
    gradients of each sample                  yes yes yes yes yes
    checkpoints                               yes yes yes yes yes
    saved_tensors_hooks                       yes yes yes yes yes
    autocast                                  yes yes yes yes yes
    no_grad and inference_mode                yes yes yes yes yes
    fx.symbolic_trace, trained                yes yes yes yes yes
    make_fx                                   yes yes yes yes yes
    jit.trace, trained                        yes yes yes yes yes
    jit.script, trained                       yes yes yes yes no
    deepcopy, pickle, torch.save, state_dict  yes yes yes yes yes
    nested tensors, jagged                    yes yes yes yes yes
    nested tensors, strided                   yes yes yes yes yes
    mkldnn                                    yes yes yes yes yes
    subclasses                                yes yes yes yes yes
    meta, and printed there                   yes yes yes yes yes
    FakeTensorMode, and printed there         yes yes yes yes yes
    to_empty and reset_parameters             yes yes yes yes yes
    compile, one graph                        yes yes yes yes yes
    compile, one graph, dynamic               yes yes yes yes yes
    compile of func.grad and vmap             yes yes yes yes yes
    export, trained                           yes yes yes yes yes
    ONNX                                      yes yes yes yes yes
    DDP                                       yes yes yes yes yes
    FSDP2                                     yes yes yes yes yes
    DTensor                                   yes yes yes yes yes

At x = ±∞ the fused kernel has the limits 0 and x, where PyTorch's operations give NaN; its second
derivative by β is 0 where theirs in float32 is NaN (|x| > 1.8e19).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch._jit_internal import is_scripting

from swishdemo.activations.functional import (
    channelwise_swish,
    definition,
    is_plain,
    memory_efficient,
    scripted_swish,
)


class Swish(nn.Module):
    """x·σ(x) in eager operations, which save x and σ(x) for the backward pass."""

    def forward(self, x: Tensor) -> Tensor:
        """The values x·σ(x), in the shape of ``x``."""
        if is_scripting():
            return x * torch.sigmoid(x)
        return definition(x)


class MemoryEfficientSwish(nn.Module):
    """The values of :class:`Swish`; x alone is saved, and σ recomputed in the backward pass."""

    def forward(self, x: Tensor) -> Tensor:
        """The values x·σ(x), in the shape of ``x``."""
        if is_scripting():
            return x * torch.sigmoid(x)
        return memory_efficient(x)


class ParametricSwish(nn.Module):
    """x·σ(βx) with one β for all elements, or one for each channel.

    Args:
        beta: The value of β at the start.
        trainable: Whether β learns; it is a parameter and stands in the state dict either way.
        channels: Size of axis 1, for a β for each channel; None for a single one, of no dimension.
            With 1 the single β has the shape (1,), as FSDP2 wants it. The states of both fit both.
    """

    def __init__(
        self, beta: float = 1.0, trainable: bool = True, channels: int | None = None
    ) -> None:
        super().__init__()
        self.start = float(beta)
        shape = () if channels is None else (channels,)
        self.beta = nn.Parameter(torch.full(shape, self.start), requires_grad=trainable)

    def reset_parameters(self) -> None:
        """Give β its value at the start, as after ``to_empty``."""
        with torch.no_grad():
            self.beta.fill_(self.start)

    def forward(self, x: Tensor) -> Tensor:
        """The values x·σ(βx), in the shape of ``x``."""
        if is_scripting():
            return scripted_swish(x, self.beta)
        return channelwise_swish(x, self.beta)

    def extra_repr(self) -> str:
        """What tells it from others, for ``print``; a β that cannot be read is left out."""
        said = []
        if self.beta.dim():
            said.append(f"channels={self.beta.numel()}")
        elif is_plain(self.beta) and not self.beta.is_meta:
            said.append(f"beta={self.beta.item():.6g}")
        return ", ".join([*said, f"trainable={self.beta.requires_grad}"])

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *others: Any) -> None:
        """Take a β of one element in any shape; PyTorch's own would take the first of several."""
        key = f"{prefix}beta"
        given = state_dict.get(key)
        if isinstance(given, Tensor) and given.shape != self.beta.shape:
            if given.numel() == self.beta.numel() == 1:
                state_dict[key] = given.reshape(self.beta.shape)
            elif self.beta.dim() == 0:
                state_dict[key] = given.reshape(1, -1)  # whose shape it refuses
        super()._load_from_state_dict(state_dict, prefix, *others)
