"""Samples in batches, as the networks see them, and how many replicas are computed at a time.

What is at work at a time fits the cache, or a GPU’s memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from swishdemo.training.architecture import (
    ActivationLayer,
    Affine,
    Convolution,
    Normalisation,
    Part,
    flat,
    sites,
    weighted,
)
from swishdemo.training.config import Replica
from swishdemo.training.engine.call_tape import Values

MOST_REPLICAS = 256
LAYER_NUMBERS = 750_000
"""Numbers that the largest layer of a part may work on at a time on a CPU."""

ALL_NUMBERS = 12_000_000
"""Numbers that all layers of a part may hold on a CPU, five for each value."""

EVALUATED_TOGETHER = 120
"""Samples whose values stand in memory at a time when a network is evaluated on a CPU."""

EVALUATED_SHARE = 1 / 8
"""Of a GPU's memory, for the values of one evaluation. There may be four: of a part of the test set
and of all of it, each in halves of two sizes."""

LARGEST_TENSOR = 2**30
"""Numbers of a tensor, at most, so that kernels count them in 32 bits."""


def layer_numbers(parts: tuple[Part, ...]) -> tuple[int, int]:
    """Numbers for one replica and sample: of the largest layer, and of all layers."""
    found = []
    for part, site in zip(weighted(parts), (*sites(parts), None), strict=True):
        values = 2 * site.channels * site.positions if site else part.outputs
        if isinstance(part, Convolution) and part.name != "hidden.0":
            values += part.fan_in * part.out_height * part.out_width
        found.append(values)
    return max(found), sum(found)


def in_batches(
    rows: Sequence[Replica], parts: tuple[Part, ...], batch: int, *, on_cpu: bool
) -> Iterator[Sequence[Replica]]:
    """The replicas in parts of about equal size; all in one on a GPU."""
    largest, total = layer_numbers(parts)
    most = min(MOST_REPLICAS, LAYER_NUMBERS // (batch * largest), ALL_NUMBERS // (batch * total))
    most = max(1, most) if on_cpu else len(rows)
    size = -(-len(rows) // -(-len(rows) // most))
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def evaluated_together(parts: tuple[Part, ...], replicas: int, device: torch.device) -> int:
    """Samples to evaluate at a time: what fits the cache, or a GPU's memory."""
    largest, _ = layer_numbers(parts)
    if device.type == "cpu":
        return max(1, min(EVALUATED_TOGETHER, 2 * LAYER_NUMBERS // (replicas * largest)))
    fitting = _room(device) // (4 * replicas * evaluated_numbers(parts))
    return max(1, min(fitting, LARGEST_TENSOR // (replicas * largest)))


def evaluated_numbers(parts: tuple[Part, ...]) -> int:
    """Numbers that an evaluation holds for one replica and sample, at most."""
    held = 0
    for part in flat(parts):
        if isinstance(part, Affine):
            held += 4 * part.outputs
        elif isinstance(part, Convolution):
            held += 2 * (part.outputs + part.fan_in + 1) * part.out_height * part.out_width
        elif isinstance(part, ActivationLayer | Normalisation):
            held += 10 * part.channels * part.positions
    return held


def _room(device: torch.device) -> int:
    """Bytes for an evaluation: a share of all, so that it is the same each time, if that is free.

    How many samples are summed up at a time decides how the sums are rounded.
    """
    free, total = torch.cuda.mem_get_info(device)
    free += torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    room = int(EVALUATED_SHARE * total)
    while room > free:
        room //= 2
    return room


@dataclass(frozen=True, slots=True)
class Samples:
    """Inputs and what is wanted of them.

    Attributes:
        inputs: ``[feature, sample]``.
        targets: ``[output, sample]``: one-hot, ±1 for one output, or a regression's.
        labels: Class numbers ``[sample]``, or None for a regression.
    """

    inputs: Tensor
    targets: Tensor
    labels: Tensor | None

    @classmethod
    def of(
        cls,
        inputs: npt.NDArray[np.float32],
        labels: npt.NDArray[np.generic],
        outputs: int,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
    ) -> Samples:
        """The samples of arrays as a dataset has them.

        Args:
            inputs: ``[sample, …]``.
            labels: ``[sample]`` of whole numbers, or ``[sample, 1]`` of a regression's targets.
            outputs: Units of the network's last layer.
            device: Where they shall be.
            dtype: What they shall be made of.
        """
        columns = torch.tensor(inputs.reshape(len(inputs), -1).T, dtype=dtype, device=device)
        known = torch.tensor(labels, device=device)
        if known.is_floating_point():
            return cls(columns.contiguous(), known.to(dtype).T.contiguous(), None)
        if outputs == 1:
            targets = (2 * known - 1).to(dtype)[None]
        else:
            targets = torch.nn.functional.one_hot(known, outputs).to(dtype).T.contiguous()
        return cls(columns.contiguous(), targets, known)

    @property
    def count(self) -> int:
        """How many samples there are."""
        return int(self.inputs.shape[1])


class Batch:
    """Memory for a number of samples, to which networks are bound.

    Args:
        samples: What it will hold some of.
        size: How many.
    """

    def __init__(self, samples: Samples, size: int) -> None:
        self._samples = samples
        memory = samples.inputs.new_ones(samples.inputs.shape[0] + 1, size)
        self.inputs = Values(memory[:-1], memory)
        self.targets = samples.targets.new_empty(samples.targets.shape[0], size)
        self.size = size

    def load(self, rows: Tensor) -> None:
        """Take the samples numbered ``rows``."""
        torch.index_select(self._samples.inputs, 1, rows, out=self.inputs.data)
        torch.index_select(self._samples.targets, 1, rows, out=self.targets)


def orders(seed: int, samples: int, batch: int) -> Iterator[npt.NDArray[np.int64]]:
    """Numbers of training samples, a batch at a time: a permutation for each epoch.

    What is left of an epoch and fills no batch is left out.
    """
    random = np.random.default_rng([seed, 0])
    while True:
        order = random.permutation(samples)
        for first in range(0, samples - samples % batch, batch):
            yield order[first : first + batch]
