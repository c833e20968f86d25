"""The correctness gate: an implementation is compared with the definition before it is timed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from swishdemo import activations
from swishdemo.timing.implementation import Implementation, build
from swishdemo.timing.reason import Reason
from swishdemo.timing.variants import Variant

Array = NDArray[np.float64]

# Rounding errors allowed, in units of eps·max(1, |x|): eager forms round after each operation.
_ROUNDINGS = 6.0
# A gradient summed over many elements: its roundings average out, but for a common bias.
_SUM_ROUNDINGS = 32.0
_TRIED = (1.0, 0.4, 2.5)
"""Factors on a trainable parameter's value, so that one that ignores it is found out."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate found.

    Attributes:
        max_error: The largest error of value and derivative, a ratio to max(1, |x|).
        reason: Why the implementation is wrong; None where it is right.
    """

    max_error: float
    reason: Reason | None = None


def check(variant: Variant, device: torch.device, dtype: torch.dtype) -> Verdict:
    """Compare value, derivative and the gradients of all parameters with the definition.

    The definition is evaluated in float64, at the very inputs that ``dtype`` can represent: 0, ±300
    and a sample that covers both tails; trainable parameters at three values each.
    """
    implementation = build(variant, device, dtype)
    worst = 0.0
    for factor in _TRIED if variant.is_trainable else (1.0,):
        at = {
            name: value * factor if name in variant.trainable else value
            for name, value in variant.parameters.items()
        }
        with torch.no_grad():
            for name, parameter in implementation.parameters.items():
                parameter.fill_(at[name])
                at[name] = float(parameter)  # as the dtype rounds it
        verdict = _check_at(variant, implementation, at, device, dtype)
        worst = max(worst, verdict.max_error)
        if verdict.reason:
            return Verdict(worst, verdict.reason)
    return Verdict(worst)


def _check_at(
    variant: Variant,
    implementation: Implementation,
    at: Mapping[str, float],
    device: torch.device,
    dtype: torch.dtype,
) -> Verdict:
    x = _inputs(device, dtype).requires_grad_()
    slope = torch.linspace(0.5, 1.5, x.numel(), device=device, dtype=dtype)
    y = implementation.call(x)
    if y.shape != x.shape or y.dtype != x.dtype:
        values = (("shape", str(tuple(y.shape))), ("dtype", str(y.dtype)))
        return Verdict(float("inf"), Reason("time.gate.shape", values))
    leaves = [x, *implementation.parameters.values()]
    gradients = torch.autograd.grad(y, leaves, slope, allow_unused=True)
    for name, gradient in zip(("x", *implementation.parameters), gradients, strict=True):
        if gradient is None:
            return Verdict(float("inf"), Reason("time.gate.missing", (("parameter", name),)))

    points, weights = _float64(x), _float64(slope)
    exact = activations.evaluate(activations.get(variant.activation), points, at)
    eps = torch.finfo(dtype).eps
    worst = 0.0
    for key, got, wanted in (
        ("value", _float64(y), exact.f),
        ("gradient", _float64(gradients[0]) / weights, exact.df),
    ):
        error = np.abs(got - wanted) / np.maximum(1, np.abs(points))
        error[np.isnan(error)] = np.inf
        worst = max(worst, float(error.max()))
        # β scales what is rounded: the derivative contains βx·σ′.
        allowed = _ROUNDINGS * eps * max(1.0, *map(abs, at.values()), 1.0)
        if worst > allowed:
            index = int(error.argmax())
            found = Reason(f"time.gate.{key}", _told(error[index], points[index], allowed))
            return Verdict(worst, found)
    for name, gradient in zip(implementation.parameters, gradients[1:], strict=True):
        reason = _check_sum(name, at[name], float(gradient), weights * exact.dparameters[name], eps)
        if reason:
            return Verdict(worst, reason)
    return Verdict(worst)


def _check_sum(name: str, at: float, got: float, terms: Array, eps: float) -> Reason | None:
    error = abs(got - terms.sum()) / np.abs(terms).sum()
    allowed = _SUM_ROUNDINGS * eps
    if error <= allowed:  # false for NaN too
        return None
    return Reason(
        "time.gate.parameter",
        (
            ("parameter", name),
            ("at", f"{at:.3g}"),
            ("error", f"{error:.2g}"),
            ("tolerance", f"{allowed:.2g}"),
        ),
    )


def _told(error: float, x: float, allowed: float) -> tuple[tuple[str, str], ...]:
    return (("error", f"{error:.2g}"), ("x", f"{x:.4g}"), ("tolerance", f"{allowed:.2g}"))


def _inputs(device: torch.device, dtype: torch.dtype) -> Tensor:
    """Points of interest and a dense, reproducible sample of [−12, 12]."""
    edges = torch.tensor([0.0, -0.0, 300.0, -300.0, 88.0, -88.0, 104.0, -104.0, 20.1, -20.1])
    sample = torch.linspace(-12, 12, 4001)
    # A kink's derivative is a matter of convention: no point of the sample stands on 0 or ±3.
    sample = sample + 1e-3 * (1 + torch.arange(4001) % 3)
    return torch.cat([edges[2:], sample]).to(device, dtype)


def _float64(tensor: Tensor) -> Array:
    return tensor.detach().to("cpu", torch.float64).numpy().astype(np.float64)
