"""Swish in PyTorch: its definition, with a trainable β, and the article's memory-efficient form.

This module loads PyTorch.

What saves memory or time here has a backward pass of its own, which is right for plain tensors.
Whatever else PyTorch has (`is_plain` tells) is served by `definition`, whose derivatives, of every
order and mode, are PyTorch's.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import torch
from torch import Tensor
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
