"""A batch as networks see it: its samples, and the memory and the calls that are bound to its size.

Shapes do not change from step to step. So every layer is bound once to a batch's size: it takes
its memory and leaves calls on it. A step is then nothing but those calls, each one operation of
PyTorch for all replicas; for small networks, whose cost is that of dispatch, this is what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Call = Callable[[], object]


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


@dataclass(frozen=True, slots=True)
class Values:
    """What stands between two layers.

    Attributes:
        data: ``[replica, feature, sample]``; the network's input, the same for all replicas, is
            ``[feature, sample]``.
        padded: The same with a feature more, which is 1: the bias' input. Or None.
        gradient: Where the gradient by ``data`` is written, contiguous; None at the input.
    """

    data: Tensor
    padded: Tensor | None = None
    gradient: Tensor | None = None

    @property
    def shared(self) -> bool:
        """Whether all replicas see the same."""
        return self.data.dim() == 2

    @property
    def features(self) -> int:
        """How many there are."""
        return int(self.data.shape[-2])


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


class Arena:
    """Memory that tapes which are never run at a time share: the same calls get the same memory.

    Constants that are written when it is made (the 1 of a bias) must stay as they are.

    Args:
        like: A tensor of the type and on the device of all memory.
    """

    def __init__(self, like: Tensor) -> None:
        self.like = like
        self._held: dict[tuple[int, tuple[int, ...], float | None], Tensor] = {}
        self._shared: dict[tuple[int, ...], Tensor] = {}
        self._taken = 0

    def share(self, shape: tuple[int, ...]) -> Tensor:
        """The one tensor of ``shape`` that all who ask for it share."""
        if shape not in self._shared:
            self._shared[shape] = self.like.new_empty(shape)
        return self._shared[shape]

    def restart(self) -> None:
        """Give out from the start again, to another tape."""
        self._taken = 0

    def take(self, shape: tuple[int, ...], fill: float | None = None) -> Tensor:
        """A tensor of ``shape``, filled when it is first made."""
        key = self._taken, shape, fill
        self._taken += 1
        if key not in self._held:
            empty = fill is None
            self._held[key] = (
                self.like.new_empty(shape) if empty else self.like.new_full(shape, fill or 0.0)
            )
        return self._held[key]


@dataclass(slots=True)
class CallTape:
    """The calls of one forward and backward pass over fixed memory.

    Attributes:
        replicas: How many.
        samples: How many.
        arena: Where its memory is from.
        training: Whether features are dropped and a batch's own moments are used.
        products: The type in which matrices are multiplied, where it is not that of the memory.
        forward: The calls that compute the network, in order.
        backward: The calls that compute gradients, in order.
    """

    replicas: int
    samples: int
    arena: Arena
    training: bool
    products: torch.dtype | None = None
    forward: list[Call] = field(default_factory=list)
    backward: list[Call] = field(default_factory=list)

    def then(self, *calls: Call) -> None:
        """Add to the forward pass."""
        self.forward.extend(calls)

    def before(self, *calls: Call) -> None:
        """Put at the head of the backward pass, in the order given."""
        self.backward[:0] = calls

    def empty(self, *shape: int) -> Tensor:
        """Memory."""
        return self.arena.take(shape)

    def filled(self, value: float, *shape: int) -> Tensor:
        """Memory that holds ``value`` where it is never written."""
        return self.arena.take(shape, value)

    def passing(self, *shape: int) -> Tensor:
        """Memory for what is read again by the next calls alone: layers share it."""
        return self.arena.share(shape)

    def beside(self, tensor: Tensor) -> Tensor:
        """Memory of the shape of ``tensor``."""
        return self.arena.take(tuple(tensor.shape))

    def plain(self, features: int) -> Values:
        """Memory for values and their gradient."""
        shape = self.replicas, features, self.samples
        return Values(self.empty(*shape), gradient=self.empty(*shape))

    def padded(self, features: int, gradient: Tensor | None = None) -> Values:
        """The same with the 1 that a bias is multiplied by; the gradient's memory may be given."""
        memory = self.filled(1.0, self.replicas, features + 1, self.samples)
        if gradient is None:
            gradient = self.empty(self.replicas, features, self.samples)
        return Values(memory[:, :features], memory, gradient)

    def multiply(self, left: Tensor, right: Tensor, out: Tensor) -> list[Call]:
        """The calls of ``out = left @ right``, batched or not."""
        product = torch.bmm if out.dim() == 3 else torch.mm
        if self.products is None:
            return [partial(product, left, right, out=out)]
        low = [torch.empty_like(each, dtype=self.products) for each in (left, right, out)]
        return [
            partial(low[0].copy_, left),
            partial(low[1].copy_, right),
            partial(product, low[0], low[1], out=low[2]),
            partial(out.copy_, low[2]),
        ]

    def run(self) -> None:
        """Both passes."""
        for call in self.forward:
            call()
        for call in self.backward:
            call()
