"""From raw samples to a `Split`: noise, the two parts, and the training part's own scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from swishdemo.datasets.record import DataOptions, Split, test_size

_TOGETHER = 4096
"""Samples that stand in memory as float64 at a time."""

_FINITE = 1e30
"""Standardised values are kept within ±this: float32 ends at 3.4e38."""

Indices = npt.NDArray[np.int64]


def parts(total: int, options: DataOptions, random: np.random.RandomState) -> tuple[Indices, ...]:
    """The numbers of the training samples and of the test samples, by a random permutation."""
    chosen = total if options.samples is None else options.samples
    order = random.permutation(total)[:chosen].astype(np.int64)
    test = test_size(chosen, options.test_share)
    return order[: chosen - test], order[chosen - test :]


def split(
    inputs: npt.NDArray[Any],
    labels: npt.NDArray[Any],
    train: Indices,
    test: Indices,
    axes: tuple[int, ...],
) -> Split:
    """Standardise by the training part alone, and close the arrays to writing.

    Args:
        inputs: All samples, ``[sample, *shape]``.
        labels: Class numbers, or targets in floating point: a regression's are standardised too.
        train: Numbers of the training samples.
        test: Numbers of the test samples.
        axes: Over what the inputs' figures are taken: 0 is the samples.
    """
    mean, deviation = _moments(inputs, train, axes)
    regression = labels.dtype.kind == "f"
    label_mean, label_deviation = 0.0, 1.0
    if regression:
        centre, scale = _moments(labels, train, (0,))
        label_mean, label_deviation = centre.item(), scale.item()
        labels = _standard(labels[:, None], np.arange(len(labels)), centre[None], scale[None])
    whole = Split(
        _standard(inputs, train, mean, deviation),
        labels[train],
        _standard(inputs, test, mean, deviation),
        labels[test],
        mean,
        deviation,
        label_mean,
        label_deviation,
    )
    for array in (
        *(whole.train_inputs, whole.train_labels, whole.test_inputs, whole.test_labels),
        *(whole.mean, whole.deviation),
    ):  # what is cached is handed to everyone
        array.setflags(write=False)
    return whole


def with_noise(
    values: npt.NDArray[Any], options: DataOptions, random: np.random.RandomState, unit: Any = 1.0
) -> npt.NDArray[Any]:
    """The values with Gaussian noise of ``options.noise`` times ``unit``."""
    if not options.noise:
        return values
    return np.asarray(values + random.normal(size=values.shape) * (options.noise * unit))


def _moments(
    inputs: npt.NDArray[Any], train: Indices, axes: tuple[int, ...]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean and standard deviation of the training part, of the shape that `Split` tells."""
    count = len(train) * int(np.prod([inputs.shape[axis] for axis in axes if axis]))

    def average(of: npt.NDArray[np.float64] | float, power: int) -> npt.NDArray[np.float64]:
        sums = [
            ((inputs[train[first : first + _TOGETHER]].astype(np.float64) - of) ** power).sum(
                axes, keepdims=True
            )
            for first in range(0, len(train), _TOGETHER)
        ]
        return np.asarray(np.sum(sums, 0)[0] / count, dtype=np.float64)

    mean = average(0.0, 1)
    deviation = np.sqrt(average(mean, 2))
    # What does not vary has the deviation 0, or that of float64's rounding.
    return mean, np.where(deviation <= 1e-12 * np.abs(mean), 1.0, deviation)


def _standard(
    inputs: npt.NDArray[Any],
    rows: Indices,
    mean: npt.NDArray[np.float64],
    deviation: npt.NDArray[np.float64],
) -> npt.NDArray[np.float32]:
    out = np.empty((len(rows), *inputs.shape[1:]), dtype=np.float32)
    for first in range(0, len(rows), _TOGETHER):
        part = inputs[rows[first : first + _TOGETHER]].astype(np.float64)
        out[first : first + _TOGETHER] = np.clip((part - mean) / deviation, -_FINITE, _FINITE)
    return out
