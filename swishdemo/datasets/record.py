"""The record of a dataset: what can be listed without loading it, and how it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Split:
    """A dataset's arrays, split into a training and a test part.

    Attributes:
        train_inputs: Standardised inputs, float32, ``[train, *shape]``.
        train_labels: Class numbers, int64, ``[train]``.
        test_inputs: Standardised by the *training* part's figures, ``[test, *shape]``.
        test_labels: Class numbers, int64, ``[test]``.
        mean: The mean that was subtracted, in the units of the source.
        deviation: The standard deviation that was divided by, in the units of the source.
    """

    train_inputs: npt.NDArray[np.float32]
    train_labels: npt.NDArray[np.int64]
    test_inputs: npt.NDArray[np.float32]
    test_labels: npt.NDArray[np.int64]
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset.

    Attributes:
        name: The key in the registry.
        title: The key of its title in the text catalogue.
        train: Samples in the training part.
        test: Samples in the test part.
        shape: Shape of one input: channels, height, width.
        classes: Number of classes.
        source: Where it is from: citation and address.
        load: Returns the arrays; what it needs is imported when it is called.
    """

    name: str
    title: str
    train: int
    test: int
    shape: tuple[int, ...]
    classes: int
    source: str
    load: Callable[[], Split] = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """What is listed of it, as a JSON object."""
        return {
            "name": self.name,
            "title": self.title,
            "train": self.train,
            "test": self.test,
            "shape": list(self.shape),
            "classes": self.classes,
            "source": self.source,
        }
