"""Swish in PyTorch: its definition with a trainable β, and the article's three modules.

This module loads PyTorch.

What saves memory or time here has a backward pass of its own, which is right for plain tensors.
Whatever else PyTorch has (`is_plain` tells) is served by `definition`, whose derivatives, of every
order and mode, are PyTorch's.

The modules and :class:`swishdemo.FusedSwish` give what ``x * torch.sigmoid(beta * x)`` gives, and
refuse what it refuses (sparse tensors, float8). What of that is tested, each with all layouts and
types of elements that it can have: of Swish (S), MemoryEfficientSwish (M), ParametricSwish (P),
FusedSwish (F) and fused_swish (f), with one β and with one for each channel.
``tests/test_modules_matrix.py`` writes the table:

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

from functools import reduce
from operator import or_
from typing import Any

import torch
from torch import Tensor, nn
from torch._jit_internal import is_scripting
from torch.autograd import forward_ad
from torch.nn import functional
from torch.overrides import handle_torch_function, has_torch_function


def swish(x: Tensor, beta: Tensor | float = 1.0) -> Tensor:
    """Swish_β(x) = x·σ(βx), with the gradients of x and β.

    With s = σ(βx) and u = g·s·σ(−βx)·x the gradients are dx = β·u + g·s and dβ = Σ u·x, which hold
    at β = 0 too. σ(−βx) is computed, not 1 − s, so that both tails keep their digits. The backward
    pass recomputes s: only x is saved, 4 bytes an element in float32 where x·sigmoid(beta·x) in
    eager operations saves 8, and saving s too would spare one exponential in five passes over the
    memory.

    Args:
        x: Values of any shape.
        beta: A number or a tensor that broadcasts with ``x``; its gradient has its own shape.

    Returns:
        The values, in the broadcast shape.
    """
    if not is_plain(x) or not x.is_floating_point():
        return definition(x, beta)
    if not isinstance(beta, Tensor):
        if beta == 1:
            return functional.silu(x)
        beta = torch.tensor(beta, dtype=x.dtype, device=x.device)
    if not is_plain(beta) or not beta.is_floating_point():
        return definition(x, beta)
    result: Tensor = _Swish.apply(x, beta)  # type: ignore[no-untyped-call]
    return result


def channelwise_swish(x: Tensor, beta: Tensor | float) -> Tensor:
    """Swish with one β, or one for each channel.

    Args:
        x: Values of any shape.
        beta: A number, a tensor of one element, or one of a value for each channel (axis 1).

    Returns:
        The values, of the shape and dtype of ``x``, where that is a floating-point type.

    Raises:
        ValueError: ``beta`` has neither one element nor one for each channel.
    """
    if not torch.compiler.is_compiling() and has_torch_function((x, beta)):
        own: Tensor = handle_torch_function(channelwise_swish, (x, beta), x, beta)
        return own
    y = swish(x, beside(beta, x) if isinstance(beta, Tensor) else beta)
    return y.to(x.dtype) if y.is_floating_point() and x.is_floating_point() else y


def scripted_swish(x: Tensor, beta: Tensor) -> Tensor:
    """`channelwise_swish` in what TorchScript reads."""
    if beta.numel() > 1:
        beta = beta.reshape([-1] + [1] * (x.dim() - 2))
    return x * torch.sigmoid(beta * x)


def memory_efficient(x: Tensor) -> Tensor:
    """x·σ(x), saving x alone for the backward pass, which computes σ again."""
    if not is_plain(x) or not x.is_floating_point():
        return definition(x)
    result: Tensor = MemoryEfficientSwishFunction.apply(x)  # type: ignore[no-untyped-call]
    return result


def definition(x: Tensor, beta: Tensor | float | None = None) -> Tensor:
    """x·σ(βx), or x·σ(x), in PyTorch's own operations."""
    if isinstance(x, Tensor) and x.layout != torch.strided:
        if x.layout == torch._mkldnn:  # type: ignore[attr-defined]  # it has no β beside it
            return definition(x.to_dense(), beta).to_mkldnn()
    elif isinstance(x, Tensor) and x.is_nested:  # the older kind, which knows no sigmoid
        return torch.nested.as_nested_tensor([definition(each, beta) for each in x.unbind()])
    return x * torch.sigmoid(x if beta is None else beta * x)


def beside(beta: Tensor, x: Tensor) -> Tensor:
    """``beta`` in a shape that broadcasts with ``x``.

    Raises:
        ValueError: It has neither one element nor one for each channel.
    """
    if not beta.dim() or beta.numel() == 1:
        return beta.reshape(())
    if beta.dim() != 1 or x.dim() < 2 or beta.numel() != x.shape[1]:
        raise ValueError(
            f"beta has shape {tuple(beta.shape)} and x {tuple(x.shape)}; "
            "beta must have one element, or one for each channel (axis 1 of x)"
        )
    return beta.reshape(-1, *[1] * (x.dim() - 2))


def is_plain(*tensors: Tensor) -> bool:
    """Whether tensors are their values in memory and no more, and nobody watches or transforms.

    Not plain are subclasses, batched, dual, lazily negated or conjugated, nested, sparse and fake
    tensors, and zeros without memory. Those who watch are tracers, compilers, modes and
    ``torch.func``.
    """
    return (
        not torch.compiler.is_compiling()
        and torch._C._dispatch_tls_local_include_set().raw_repr() & _WATCHED == 0
        and forward_ad._current_level < 0
        and all(
            type(each) in _PLAIN and torch._C._dispatch_keys(each).raw_repr() & _SPECIAL == 0
            for each in tensors
        )
    )


def _all_but(*names: str) -> int:
    """The bits of all of PyTorch's dispatch keys but these."""
    keys = (torch._C.DispatchKeySet(getattr(torch._C.DispatchKey, name)) for name in names)
    return ~reduce(or_, (each.raw_repr() for each in keys))


_PLAIN = (Tensor, torch.nn.Parameter)
_WATCHED = _all_but("BackendSelect", "ADInplaceOrView")
_SPECIAL = _all_but(
    *("CPU", "CUDA", "MPS", "XPU", "Meta", "AutogradCPU", "ADInplaceOrView"),
    *("AutocastCPU", "AutocastCUDA", "AutocastMPS", "AutocastXPU"),
)


class _Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, beta: Tensor) -> Tensor:
        ctx.save_for_backward(x, beta)
        return torch.mul(x, beta).sigmoid_().mul_(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:
        (g,) = gradients
        x, beta = ctx.saved_tensors
        if not is_plain(g, x, beta):
            return swish_gradients(g, x, beta)
        if torch.is_grad_enabled():  # a second derivative was asked for
            twice: tuple[Tensor, Tensor] = _Gradients.apply(g, x, beta)  # type: ignore[no-untyped-call]
            return twice
        wants_x, wants_beta = ctx.needs_input_grad
        z = torch.mul(x, beta)
        s = torch.sigmoid(z)
        u = z.neg_().sigmoid_().mul_(s).mul_(g).mul_(x)
        dx = s.mul_(g).addcmul_(u, beta.to(u.dtype)) if wants_x else s
        return (
            dx.sum_to_size(x.shape).to(x.dtype) if wants_x else None,
            _inner(u, x, beta) if wants_beta else None,
        )


def swish_gradients(g: Tensor, x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of x and β, where ``g`` is that of the values, in PyTorch's own operations."""
    z = beta * x
    s = torch.sigmoid(z)
    u = s * torch.sigmoid(-z) * g * x
    dx = beta * u + g * s
    return dx.sum_to_size(x.shape).to(x.dtype), _inner(u, x, beta)


class _Gradients(torch.autograd.Function):
    """`swish_gradients`, whose own gradients stay finite where autograd's do not."""

    @staticmethod
    def forward(ctx: Any, g: Tensor, x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(g, x, beta)
        return swish_gradients(g, x, beta)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return swish_second_gradients(*gradients, *ctx.saved_tensors)


def swish_second_gradients(
    a: Tensor, b: Tensor, g: Tensor, x: Tensor, beta: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of ⟨a, dx⟩ + ⟨b, dβ⟩ for g, x and β, in operations that autograd knows.

    With z = βx, s = σ(z), s′ = s·σ(−z) and s″ = s′·(σ(−z) − s): dx = g·(s + z·s′) and
    dβ = Σ g·x²·s′, whose derivatives share k = 2·s′ + z·s″. A factor that vanishes comes before
    those that may overflow: float32 holds x² to |x| = 1.8e19 only.
    """
    shapes = [(each.shape, each.dtype) for each in (g, x, beta)]
    wide = torch.promote_types(torch.promote_types(x.dtype, beta.dtype), torch.float32)
    a, b, g, x, beta = (each.to(wide) for each in (a, b, g, x, beta))
    z = (beta * x).clamp(-_FAR, _FAR)
    s, t = torch.sigmoid(z), torch.sigmoid(-z)
    slope = s * t
    bend = slope * (t - s)
    k = 2 * slope + z * bend
    to_g = a * (s + z * slope) + b * (x * (x * slope))
    to_x = g * (a * (beta * k) + b * (x * k))
    to_beta = g * (a * (x * k) + b * (x * (x * (x * bend))))
    found = zip((to_g, to_x, to_beta), shapes, strict=True)
    to_g, to_x, to_beta = (each.sum_to_size(shape).to(dtype) for each, (shape, dtype) in found)
    return to_g, to_x, to_beta


_FAR = 2000.0
"""Beyond this z = βx no number holds a derivative of σ."""


def _inner(u: Tensor, x: Tensor, beta: Tensor) -> Tensor:
    """Σ u·x over what ``beta`` was broadcast to, in float32 at least."""
    plain = u.dtype == x.dtype and u.dtype in (torch.float32, torch.float64)
    if plain and beta.numel() == 1 and u.shape == x.shape:
        return torch.dot(u.reshape(-1), x.reshape(-1)).reshape(beta.shape).to(beta.dtype)
    wide = torch.promote_types(torch.promote_types(u.dtype, beta.dtype), torch.float32)
    return (u.to(wide) * x.to(wide)).sum_to_size(beta.shape).to(beta.dtype)


class MemoryEfficientSwishFunction(torch.autograd.Function):
    """x·σ(x), saving x alone and computing σ again in the backward pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """The values x·σ(x)."""
        ctx.save_for_backward(x)
        return torch.sigmoid(x).mul_(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """The gradient g·σ(x)·(1 + x·σ(−x)), itself differentiable."""
        (g,) = gradients
        (x,) = ctx.saved_tensors
        dx: Tensor = g * (torch.sigmoid(x) * (1 + x * torch.sigmoid(-x)))
        return dx


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
