"""Many replicas of the digits network, computed together, with a hand-written backward.

The network: convolution 3×3, stride 2, padding 1, 1→8 · activation · the same, 8→16 · activation ·
flatten 64 · linear → 10. Two things make it fast. All replicas see the same batch, so the first
convolution of all of them is one matrix product with the batch's patches. And the second, of a
4×4 image, is a 64×128 matrix for each replica: as a batched product it needs no unfolded copy
of its input. Values lie as ``[replica, feature, sample]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from swishdemo.training.config import LAYERS, Replica, TrainingConfig
from swishdemo.training.parameters import Momentum
from swishdemo.training.slices import ActivationLayer, Scratch

_EVALUATED_TOGETHER = 120
"""Samples of the test set whose values stand in memory at a time."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Inputs as the first convolution sees them, and their classes.

    Attributes:
        patches: ``[10, 16, sample]``: nine taps and a 1, for each of the 4×4 positions.
        labels: ``[sample]``.
    """

    patches: Tensor
    labels: Tensor

    @classmethod
    def of(
        cls,
        images: npt.NDArray[np.float32],
        labels: npt.NDArray[np.int64],
        device: torch.device,
    ) -> Samples:
        """The samples of images ``[sample, 1, 8, 8]``."""
        taps = functional.unfold(torch.tensor(images), 3, padding=1, stride=2)  # [sample, 9, 16]
        patches = torch.cat([taps, torch.ones(len(taps), 1, 16)], 1).permute(1, 2, 0)
        return cls(patches.contiguous().to(device), torch.tensor(labels).to(device))

    def take(self, rows: Tensor) -> Samples:
        """The samples numbered ``rows``."""
        return Samples(self.patches.index_select(2, rows), self.labels.index_select(0, rows))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures on the test set.

    Attributes:
        loss: Mean cross-entropy in nats, ``[replica]``.
        accuracy: Share recognised, ``[replica]``.
        beta_effective: rms(β·z), ``[layer, Swish replica]``.
    """

    loss: Tensor
    accuracy: Tensor
    beta_effective: Tensor


class Ensemble:
    """Replicas that advance together.

    Args:
        replicas: The replicas, Swish's first.
        config: Rates, decays and seeds.
        device: Where it is computed.
        dtype: In what precision; that of the samples.
    """

    def __init__(
        self,
        replicas: Sequence[Replica],
        config: TrainingConfig,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.replicas = tuple(replicas)
        self._optimiser = Momentum(replicas, config, device, dtype)
        self.parameters = self._optimiser.parameters
        self.gradients = self._optimiser.gradients
        self._layers = [
            ActivationLayer(replicas, beta, gradient)
            for beta, gradient in zip(self.parameters.beta, self.gradients.beta, strict=True)
        ]
        self._scratch = Scratch()
        count = len(self.replicas)
        self._conv1 = self.parameters.conv1.view(count * 8, 10)
        self._conv1_gradient = self.gradients.conv1.view(count * 8, 10)
        self._bias2 = self.parameters.bias2[:, None, :, None]
        self._bias3 = self.parameters.bias3[:, :, None]
        # conv2 as a matrix [replica, (8 in, 4, 4), (2, 2, 16 out)]; what stays 0 are the pairs
        # of positions that no tap connects.
        shape = count, 8, 4, 4, 2, 2, 16
        matrix, by_matrix = torch.zeros(2, *shape, device=device, dtype=dtype)
        self._matrix, self._by_matrix = (
            entry.view(count, 128, 64) for entry in (matrix, by_matrix)
        )
        self._pairs = tuple(_connections(self.parameters.conv2, matrix))
        self._by_pairs = tuple(_connections(self.gradients.conv2, by_matrix))

    @torch.no_grad()
    def step(self, batch: Samples) -> Tensor:
        """One step of SGD; returns the loss before it, ``[replica]``."""
        loss = self.differentiate(batch)
        self._optimiser.step()
        return loss

    @torch.no_grad()
    def differentiate(self, batch: Samples) -> Tensor:
        """Write the gradients of the mean cross-entropy; returns it, ``[replica]``."""
        count, samples = len(self.replicas), len(batch.labels)
        first, second, logits = self._forward(batch)
        loss, logarithms, index = _cross_entropy(logits, batch.labels)
        by_logits = logarithms.exp_().scatter_(1, index, -1.0, reduce="add").div_(samples)
        take, weights, gradients = self._scratch.take, self.parameters, self.gradients

        torch.sum(by_logits, 2, out=gradients.bias3)
        torch.bmm(by_logits, second.transpose(1, 2), out=gradients.linear)
        by_second = take("by_second", second, count, 64, samples)
        torch.bmm(weights.linear.transpose(1, 2), by_logits, out=by_second)
        self._layers[1].backward(by_second.view(count, -1))

        torch.sum(by_second.view(count, 4, 16, samples), (1, 3), out=gradients.bias2)
        torch.bmm(first, by_second.transpose(1, 2), out=self._by_matrix)
        gradients.conv2.zero_()
        for taps, pairs in self._by_pairs:
            taps.add_(pairs)
        by_first = take("by_first", first, count, 128, samples)
        torch.bmm(self._matrix, by_second, out=by_first)
        self._layers[0].backward(by_first.view(count, -1))

        torch.mm(
            by_first.view(count * 8, 16 * samples),
            batch.patches.view(10, 16 * samples).t(),
            out=self._conv1_gradient,
        )
        return loss

    @torch.no_grad()
    def loss(self, batch: Samples) -> Tensor:
        """The mean cross-entropy, ``[replica]``."""
        return _cross_entropy(self._forward(batch)[2], batch.labels)[0]

    @torch.no_grad()
    def evaluate(self, samples: Samples) -> Evaluation:
        """The figures on ``samples``."""
        size, swish = len(samples.labels), self.parameters.beta.shape[1]
        loss = samples.patches.new_zeros(len(self.replicas))
        right, squares = loss.clone(), loss.new_zeros(LAYERS, swish)
        numbers = torch.arange(size, device=samples.labels.device)
        for part in map(samples.take, torch.split(numbers, _EVALUATED_TOGETHER)):
            logits = self._forward(part, squares)[2]
            loss += _cross_entropy(logits, part.labels)[0] * len(part.labels)
            right += (logits.argmax(1) == part.labels).sum(1)
        inputs = size * squares.new_tensor([[128], [64]])
        effective = self.parameters.beta.abs() * (squares / inputs).sqrt()
        return Evaluation(loss / size, right / size, effective)

    def _forward(
        self, batch: Samples, squares: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Both activations and the logits; Σz² of Swish's layers is added to ``squares``."""
        count, samples = len(self.replicas), len(batch.labels)
        take, like = self._scratch.take, batch.patches
        z1 = take("z1", like, count * 8, 16 * samples)
        z2, second = (take(name, like, count, 64, samples) for name in ("z2", "second"))
        first = take("first", like, count, 128, samples)
        torch.mm(self._conv1, batch.patches.view(10, 16 * samples), out=z1)
        self._layers[0].forward(z1.view(count, -1), first.view(count, -1))
        for taps, pairs in self._pairs:
            pairs.copy_(taps)
        torch.bmm(self._matrix.transpose(1, 2), first, out=z2)
        z2.view(count, 4, 16, samples).add_(self._bias2)
        self._layers[1].forward(z2.view(count, -1), second.view(count, -1))
        logits = torch.baddbmm(self._bias3, self.parameters.linear, second)
        if squares is not None:
            for total, z in zip(squares, (z1, z2), strict=True):
                total += torch.linalg.vector_norm(z.view(count, -1)[: len(total)], dim=1).square()
        return first, second, logits


def _connections(taps: Tensor, matrix: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """For each of the 2×2 outputs, the taps that meet the image and where they stand.

    Args:
        taps: ``[replica, in, 3, 3, out]``.
        matrix: ``[replica, in, 4, 4, 2, 2, out]``.

    Yields:
        Views of equal shape ``[replica, in, rows, columns, out]``.
    """
    # With stride 2 and padding 1, output 0 sees pixels 0 and 1 by taps 1 and 2; output 1 sees
    # pixels 1, 2 and 3 by all three.
    seen = (slice(1, 3), slice(0, 2)), (slice(0, 3), slice(1, 4))
    for row, (row_taps, rows) in enumerate(seen):
        for column, (column_taps, columns) in enumerate(seen):
            yield taps[:, :, row_taps, column_taps], matrix[:, :, rows, columns, row, column]


def _cross_entropy(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The mean over the samples, ``[replica]``; log p, and where each sample's class stands."""
    logarithms = logits.log_softmax(1)
    index = labels.expand(len(logits), 1, -1)
    return logarithms.gather(1, index).mean((1, 2)).neg(), logarithms, index
