"""Initial weights, as PyTorch's layers shape them; they follow from the seeds alone.

``he_normal`` and ``he_uniform``: variance 2/fan_in, He, Zhang, Ren and Sun,
https://arxiv.org/abs/1502.01852. ``xavier``: uniform, variance 2/(fan_in + fan_out), Glorot and
Bengio, https://proceedings.mlr.press/v9/glorot10a.html. ``lecun``: normal, variance 1/fan_in.
``orthogonal``: orthonormal rows or columns, Saxe, McClelland and Ganguli,
https://arxiv.org/abs/1312.6120. ``gain``: normal, variance g²/fan_in, where g keeps the mean
square of what passes the layer's activation at 1. The last layer, behind which no activation
stands, has the gain 1 in all of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from swishdemo import activations
from swishdemo.training.architecture import Affine, Convolution

Array = npt.NDArray[np.float64]


def initial_weights(
    parts: Sequence[Affine | Convolution],
    init: str,
    scale: float,
    seed: tuple[int, int],
    gains: Mapping[str, float],
) -> dict[str, Tensor]:
    """The weights of one network, float32, by the layers' names.

    Args:
        parts: The layers that have weights, in the network's order.
        init: How they are drawn.
        scale: What all are multiplied by.
        seed: The run's base seed, and the replica's.
        gains: For ``gain``, the gain of each layer but the last.
    """
    random = np.random.default_rng([seed[0], 1 + seed[1]])
    found = {}
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        gain = 1.0 if last else gains.get(part.name, 1.0) if init == "gain" else math.sqrt(2)
        weights = scale * _draw(part, init, gain, random)
        found[part.name] = torch.from_numpy(weights.astype(np.float32))
    return found


def _draw(part: Affine | Convolution, init: str, gain: float, random: np.random.Generator) -> Array:
    shape = part.weight_shape
    if init in ("he_normal", "gain"):
        return random.normal(0.0, gain / math.sqrt(part.fan_in), shape)
    if init == "lecun":
        return random.normal(0.0, 1 / math.sqrt(part.fan_in), shape)
    if init == "orthogonal":
        return _orthogonal((shape[0], math.prod(shape[1:])), random).reshape(shape)
    if init == "xavier":
        bound = math.sqrt(6 / (part.fan_in + part.fan_out))
    else:
        bound = gain * math.sqrt(3 / part.fan_in)
    return random.uniform(-bound, bound, shape)


def _orthogonal(shape: tuple[int, int], random: np.random.Generator) -> Array:
    """Uniform among the matrices with orthonormal rows, or columns where there are fewer."""
    tall = random.normal(size=(max(shape), min(shape)))
    q, r = np.linalg.qr(tall)
    q = q * np.sign(np.diag(r))  # else QR's own signs would choose among them
    return q if shape[0] >= shape[1] else q.T


@lru_cache(maxsize=256)
def unit_gain(activation: str, parameters: tuple[float, ...]) -> float:
    """1/√E f(z)² for a standard normal z, by the trapezoidal rule on [−12, 12].

    For ReLU it is √2; for Swish at β = 1 it is 1.6765.
    """
    z = torch.linspace(-12, 12, 9601, dtype=torch.float64)
    density = torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    with torch.no_grad():
        values = activations.torch_function(activation)(z, *parameters)
    square = float(torch.trapezoid(values.square() * density, z))
    return 1 / math.sqrt(square) if math.isfinite(square) and square > 1e-12 else 1.0
