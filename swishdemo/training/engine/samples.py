"""Data as the networks see them, and the memory of one batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from swishdemo.training.engine.layers.tape import Values


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
