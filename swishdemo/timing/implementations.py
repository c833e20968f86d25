"""Builds each implementation that can be timed, and checks it against the definition before.

The records of `swishdemo.timing.variants` name them.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from swishdemo import activations
from swishdemo.activations.swish import MemoryEfficientSwish, ParametricSwish, Swish, swish
from swishdemo.text import Sentence
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
    if not variant.builder and variant.name in _PLAIN:
        implementation = Implementation(_PLAIN[variant.name])
    else:
        module, function, *argument = (variant.builder or f"{__name__}:{variant.name}").split(
            ":", 2
        )
        builder = getattr(importlib.import_module(module), function)
        implementation = builder(*argument, device, dtype)
    if set(implementation.parameters) != set(variant.trainable):
        raise ValueError(
            f"{variant.name} trains {sorted(implementation.parameters)}; "
            f"its record says {sorted(variant.trainable)}"
        )
    return implementation


_PLAIN: Mapping[str, Callable[[Tensor], Tensor]] = {
    "silu": F.silu,
    "swish_eager": lambda x: x * torch.sigmoid(x),
    "swish_module": Swish(),
    "memory_efficient": MemoryEfficientSwish(),
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_tanh": partial(F.gelu, approximate="tanh"),
    "mish": F.mish,
    "hardswish": F.hardswish,
}
"""What is there as it is: without parameters, for each device and type."""


def parametric_module(device: torch.device, dtype: torch.dtype) -> Implementation:
    """The article's ``ParametricSwish`` with a trainable β."""
    module = ParametricSwish(beta=1.0, trainable=True).to(device, dtype)
    return Implementation(module, dict(module.named_parameters()))


def parametric_tuned(device: torch.device, dtype: torch.dtype) -> Implementation:
    """Trainable β with a backward of few eager operations."""
    beta = _beta(device, dtype)
    return Implementation(lambda x: swish(x, beta), {"beta": beta})


def swish_fused_c(device: torch.device, dtype: torch.dtype) -> Implementation:
    """Trainable β by the C kernel; where that cannot be built, the builder says why."""
    from swishdemo.kernels import autograd
    from swishdemo.kernels.function import fused_swish
    from swishdemo.kernels.libraries import BuildError, library
    from swishdemo.kernels.native import ELEMENTS

    library(ELEMENTS[dtype])
    with suppress(BuildError):  # without it small tensors take longer, and nothing else changes
        autograd.build()
    beta = _beta(device, dtype)
    return Implementation(lambda x: fused_swish(x, beta), {"beta": beta})


def swish_triton(device: torch.device, dtype: torch.dtype) -> Implementation:
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


def formula(name: str, device: torch.device, dtype: torch.dtype) -> Implementation:
    """A typed formula in eager operations, its parameters fixed at their defaults."""
    from swishdemo.activations import torch_function

    return Implementation(torch_function(name))


def _beta(device: torch.device, dtype: torch.dtype) -> Tensor:
    return torch.ones((), device=device, dtype=dtype, requires_grad=True)


def _swish(x: Tensor, beta: Tensor) -> Tensor:
    return x * torch.sigmoid(beta * x)


# Rounding errors allowed in units of eps·max(1, |x|), as eager forms round after each operation.
# Measured over all variants and dtypes: up to 3.1.
_ROUNDINGS = 6.0
# The same for a parameter's gradient, in units of eps·Σ|terms|; measured: up to 2.2.
_SUM_ROUNDINGS = 16.0
_TRIED = (1.0, 0.4, 2.5)
"""Factors on a trainable parameter's value, so that one that ignores it is found out."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the check against the definition found.

    Attributes:
        max_error: The largest error of value and derivative, a ratio to max(1, |x|); None where
            there was nothing to compare.
        reason: Why the implementation is wrong, or not known to be right; None where it is right.
    """

    max_error: float | None
    reason: Sentence | None = None


def check(variant: Variant, device: torch.device, dtype: torch.dtype) -> CheckResult:
    """Compare value, derivative and the gradients of all parameters with the definition.

    The definition is evaluated in float64, at inputs and parameters as ``dtype`` rounds them: both
    tails, ±300, and a dense sample between; trainable parameters at three values each.
    """
    implementation = build(variant, device, dtype)
    like = torch.empty((), device=device, dtype=dtype)
    worst = 0.0
    for factor in _TRIED if variant.is_trainable else (1.0,):
        at = {
            name: value * factor if name in variant.trainable else value
            for name, value in variant.parameters.items()
        }
        with torch.no_grad():
            for name, parameter in implementation.parameters.items():
                parameter.fill_(at[name])
                at[name] = parameter.item()  # as the dtype rounds it
        verdict = _check_at(variant, implementation, at, like)
        if verdict.max_error is None:
            return verdict
        worst = max(worst, verdict.max_error)
        if verdict.reason:
            return CheckResult(worst, verdict.reason)
    return CheckResult(worst)


def _check_at(
    variant: Variant, implementation: Implementation, at: Mapping[str, float], like: Tensor
) -> CheckResult:
    """Check at one value of each parameter; ``like`` is a tensor of the device and the dtype."""
    names = list(implementation.parameters)
    leaves = list(implementation.parameters.values())
    definition = activations.get(variant.activation)

    x = _wide().to(like)
    # At a kink the derivative is a matter of convention; all known kinks are whole numbers.
    x = x[(x != x.round()) | (x.abs() > 12)].requires_grad_()
    slopes = _slopes(x)
    y = implementation.call(x)
    if y.shape != x.shape or y.dtype != x.dtype:
        shape, dtype = str(tuple(y.shape)), str(y.dtype)
        return CheckResult(math.inf, Sentence("time.gate.shape", shape=shape, dtype=dtype))
    gradients = torch.autograd.grad(y, [x, *leaves], slopes, allow_unused=True)
    for name, gradient in zip(("x", *names), gradients, strict=True):
        if gradient is None:
            return CheckResult(math.inf, Sentence("time.gate.missing", parameter=name))
    points = _float64(x)
    exact = activations.evaluate(definition, points, at)
    eps = torch.finfo(like.dtype).eps
    # β multiplies what is rounded: the derivative contains βx·σ′.
    allowed = _ROUNDINGS * eps * max(1.0, *map(abs, at.values()), 1.0)
    spreads = _spreads(definition, points, at, exact, like.dtype)
    worst = 0.0
    for key, got, wanted, spread in (
        ("value", _float64(y), exact.f, spreads[0]),
        ("gradient", _float64(gradients[0]) / _float64(slopes), exact.df, spreads[1]),
    ):
        size = np.maximum(1, np.abs(points))
        with np.errstate(invalid="ignore"):
            error = np.abs(got - wanted) / size
        error[np.isnan(error)] = np.inf
        unknown = ~np.isfinite(wanted) | np.isinf(spread)
        if key == "value" and unknown.all():
            return CheckResult(None, Sentence("time.gate.nothing"))
        error[unknown] = 0  # there is nothing to compare with
        worst = max(worst, float(error.max()))
        beyond = error - (allowed + np.where(np.isinf(spread), 0, spread) / size)
        if beyond.max() > 0:
            index = int(beyond.argmax())
            limit = allowed + float(np.broadcast_to(spread, size.shape)[index] / size[index])
            return CheckResult(worst, _reason(key, error[index], limit, x=f"{points[index]:.4g}"))
    if not leaves:
        return CheckResult(worst)

    x = _bulk().to(like)
    slopes = _slopes(x)
    sums = torch.autograd.grad(implementation.call(x), leaves, slopes)
    exact = activations.evaluate(definition, _float64(x), at)
    for name, got_sum in zip(names, sums, strict=True):
        terms = _float64(slopes) * exact.dparameters[name]
        error = abs(got_sum.item() - terms.sum()) / np.abs(terms).sum()
        if not error <= _SUM_ROUNDINGS * eps:  # so that NaN is wrong too
            allowed = _SUM_ROUNDINGS * eps
            reason = _reason("parameter", error, allowed, parameter=name, at=f"{at[name]:.3g}")
            return CheckResult(worst, reason)
    return CheckResult(worst)


def _spreads(
    definition: activations.Activation,
    points: NDArray[np.float64],
    at: Mapping[str, float],
    exact: activations.Evaluation,
    dtype: torch.dtype,
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | tuple[float, float]:
    """What more a formula of any kind may lose than max(1, |x|) roundings; 0 for what is known.

    A typed x**9 or sin(1000*x) loses more than any activation of the registry, and rightly so.
    """
    if not activations.is_formula(definition.name):
        return 0.0, 0.0
    from swishdemo.activations.rounding import spreads

    limits = torch.finfo(dtype)
    value, slope = spreads(definition, points, at, limits.eps)
    for width, wanted in ((value, exact.f), (slope, exact.df)):
        width[~(np.abs(wanted) < limits.max)] = np.inf  # beyond the type
    # Autograd takes other steps to f′ than the definition does.
    return 2 * value, 8 * slope


def _reason(key: str, error: float, tolerance: float, **where: str) -> Sentence:
    told = {"error": f"{error:.2g}", "tolerance": f"{tolerance:.2g}", **where}
    return Sentence(f"time.gate.{key}", **told)


def _wide() -> Tensor:
    """Far points, and a dense sample of [−12, 12], for what is compared element by element."""
    far = torch.tensor([300.0, -300.0, 104.0, -104.0, 88.0, -88.0, 20.1, -20.1])
    return torch.cat([far, torch.linspace(-12, 12, 4001)])


def _bulk() -> Tensor:
    """Quantiles of a normal distribution of deviation 2, for sums over all elements.

    Far out, the terms x²·σ′ of dβ vanish while eager code's roundings of 1 − σ grow with x²: there
    a wrong formula could hide behind them.
    """
    return 2 * math.sqrt(2) * torch.erfinv(torch.linspace(-0.9995, 0.9995, 4001))


def _slopes(x: Tensor) -> Tensor:
    """Gradients that arrive at the result: all of one sign, so that no sum cancels."""
    return torch.linspace(0.5, 1.5, x.numel(), device=x.device).to(x.dtype)


def _float64(tensor: Tensor) -> NDArray[np.float64]:
    return tensor.detach().to("cpu", torch.float64).numpy()
