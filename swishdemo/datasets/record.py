"""Describes a dataset: what is listed of it, how it is loaded; and registers all of them.

`split` makes of raw samples a training and a test part, by the training part's own scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from swishdemo.datasets.table import Table
from swishdemo.errors import UserError, unknown_choice
from swishdemo.text import Language, say

Kind = Literal["image", "points", "curve", "table"]
Task = Literal["classification", "regression"]

FEWEST_SAMPLES = 10
LARGEST_NOISE = 2.0
TEST_SHARES = (0.05, 0.9)
"""The smallest and the largest part that may be kept for the test."""


@dataclass(frozen=True, slots=True)
class DataOptions:
    """What may be chosen about a dataset; the defaults are each dataset's own.

    Attributes:
        samples: Samples of both parts together; None takes the dataset's default.
        noise: Standard deviation of Gaussian noise that is added before the split: to the
            coordinates of generated points, which lie in about [−1, 1]; to the target of a
            curve; to the inputs of images and tables in units of their own deviation.
        test_share: The part of the samples that is kept for the test.
        seed: What is generated, the noise and the split follow from it.
        table: The visitor's own table, for the dataset ``csv`` alone.
    """

    samples: int | None = None
    noise: float = 0.0
    test_share: float = 0.2
    seed: int = 0
    table: Table | None = None


_DEFAULTS = DataOptions()

Raw = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""Inputs ``[sample, *shape]``, with the noise that was asked for; class numbers or targets; the
rows of the training part, and those of the test part."""

Script = Callable[[DataOptions, "Dataset"], Raw]


@dataclass(frozen=True, slots=True)
class Split:
    """A dataset's arrays, split into a training and a test part. All are read-only.

    Attributes:
        train_inputs: Standardised inputs, float32, ``[train, *shape]``.
        train_labels: Class numbers, int64, ``[train]``; for a regression standardised targets,
            float32, ``[train, 1]``.
        test_inputs: Standardised by the *training* part's figures, ``[test, *shape]``.
        test_labels: As `train_labels`.
        mean: What was subtracted from inputs, in the units of the source; float64, of a shape
            that broadcasts to one input: one number for grey images, one a channel for coloured
            ones, one a feature for all else.
        deviation: What they were divided by, of the same shape.
        label_mean: What was subtracted from the targets of a regression.
        label_deviation: What they were divided by.
    """

    train_inputs: npt.NDArray[np.float32]
    train_labels: npt.NDArray[Any]
    test_inputs: npt.NDArray[np.float32]
    test_labels: npt.NDArray[Any]
    mean: npt.NDArray[np.float64]
    deviation: npt.NDArray[np.float64]
    label_mean: float = 0.0
    label_deviation: float = 1.0


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset.

    Attributes:
        name: The key in the registry.
        titles: Language → title, ``data.title.<name>`` of the catalogue.
        kind: ``image``, ``points`` of a plane, ``curve`` (one input, one target) or ``table``.
        task: ``classification`` or ``regression``.
        shape: Shape of one input: channels, height, width; or the number of features.
        classes: Number of classes; 1 for a regression.
        train: Samples in the training part.
        test: Samples in the test part.
        most_samples: How many samples may be asked for.
        most_test: How many of them may be for the test, where the source keeps such a part.
        class_names: What the classes are called; empty where they are but numbers.
        source: Where it is from: citation and address.
        loader: Makes the arrays; what it needs is imported when it is called.
        script: Loads the raw samples without this project, of arguments ``options`` and
            ``dataset``: its lines stand in the script of a run
            (`swishdemo.training.script`), with what depends on these two worked out. Constants
            and functions beside it may be used.
    """

    name: str
    titles: Mapping[Language, str]
    kind: Kind
    task: Task
    shape: tuple[int, ...]
    classes: int
    train: int
    test: int
    most_samples: int
    source: str
    loader: Callable[[DataOptions], Split] = field(repr=False)
    script: Script = field(repr=False)
    most_test: int | None = None
    class_names: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The key of its title in the text catalogue."""
        return f"data.title.{self.name}"

    def at(self, options: DataOptions) -> Dataset:
        """The same dataset as these options make it: its sizes, and what a table holds.

        Raises:
            UserError: It has not so many samples, or its table is missing.
        """
        described = self._described(options.table)
        total = described.train + described.test if options.samples is None else options.samples
        most = described.most_samples
        if not FEWEST_SAMPLES <= total <= most:
            raise UserError(
                "error.out_of_range",
                field="samples",
                name="samples",
                value=total,
                low=FEWEST_SAMPLES,
                high=most,
            )
        test = test_size(total, options.test_share)
        if self.most_test is not None and test > self.most_test:
            raise UserError("data.test_part", field="test_share", count=test, limit=self.most_test)
        return replace(described, train=total - test, test=test)

    def load(self, options: DataOptions = _DEFAULTS) -> Split:
        """The arrays.

        Raises:
            UserError: As `at`; or the data have to be fetched and cannot be.
        """
        self.at(options)
        return self.loader(options)

    def as_json(self) -> dict[str, Any]:
        """What is listed of it, as a JSON object."""
        return {
            "name": self.name,
            "title": self.title,
            "kind": self.kind,
            "task": self.task,
            "shape": list(self.shape),
            "classes": self.classes,
            "class_names": list(self.class_names),
            "train": self.train,
            "test": self.test,
            "most_samples": self.most_samples,
            "source": self.source,
        }

    def _described(self, table: Table | None) -> Dataset:
        if self.kind != "table":
            return self
        if table is None:
            raise UserError("data.csv.missing", field="csv")
        return replace(
            self,
            task="classification" if table.class_names else "regression",
            shape=(len(table.columns) - 1,),
            classes=len(table.class_names) or 1,
            class_names=table.class_names,
            train=table.rows,
            test=0,
            most_samples=table.rows,
        )


_REGISTRY: dict[str, Dataset] = {}


def register(dataset: Dataset) -> None:
    """Enter a record.

    Raises:
        ValueError: The name is taken.
    """
    if dataset.name in _REGISTRY:
        raise ValueError(f"dataset {dataset.name} is registered twice")
    _REGISTRY[dataset.name] = dataset
    say(dataset.title, dataset.titles)


def datasets() -> tuple[Dataset, ...]:
    """All datasets, in the order of menus."""
    return tuple(_REGISTRY.values())


def names() -> tuple[str, ...]:
    """The names of all datasets, in the order of menus."""
    return tuple(_REGISTRY)


def get(name: object) -> Dataset:
    """The dataset called ``name``.

    Raises:
        UserError: No dataset has that name (status 404).
    """
    found = _REGISTRY.get(name) if isinstance(name, str) else None
    if found is None:
        raise unknown_choice("dataset", name, _REGISTRY, 404)
    return found


def test_size(total: int, share: float) -> int:
    """How many of ``total`` samples are kept for the test: rounded up, none and all left out."""
    # 3 × 0.2 is a little more than 0.6: what the product has too much is not rounded up.
    return min(max(1, math.ceil(total * share - 1e-9)), total - 1)


_TOGETHER = 4096
"""Samples that stand in memory as float64 at a time."""

_FINITE = 1e30
"""Standardised values are kept within ±this: float32 ends at 3.4e38."""

Indices = npt.NDArray[np.int64]


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
