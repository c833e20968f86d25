"""A few samples of a run's data, to be shown beside what a network makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from swishdemo import datasets
from swishdemo.datasets import DataOptions
from swishdemo.errors import UserError

MOST_POINTS = 300
MOST_IMAGES = 16
_SHOWN_IMAGES = ("digits",)
"""Image sets small enough for the web process; the others are loaded by workers alone."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Samples as the page shows them.

    Attributes:
        points: Training inputs of one or two numbers, and their classes or targets.
        images: Test images in the order of a view's predictions: ``pixels`` in rows, each from 0
            to 1, and ``label``.
    """

    points: tuple[list[list[float]], list[float]] = ((), ())  # type: ignore[assignment]
    images: tuple[dict[str, Any], ...] = ()


def examples(config: Mapping[str, Any]) -> Examples:
    """The samples of a run; none where its data are not at hand in this process."""
    if config["csv"] is not None:
        return Examples()
    names = ("dataset", "samples", "noise", "test_share", "data_seed")
    return _examples(*(config[name] for name in names))


@lru_cache(maxsize=16)
def _examples(name: str, samples: int, noise: float, test_share: float, data_seed: int) -> Examples:
    dataset = datasets.get(name)
    if dataset.kind not in ("points", "curve") and name not in _SHOWN_IMAGES:
        return Examples()
    try:
        split = dataset.load(
            DataOptions(samples or None, noise=noise, test_share=test_share, seed=data_seed)
        )
    except UserError:
        return Examples()
    if dataset.kind == "image":
        images = split.test_inputs[:MOST_IMAGES, 0]
        low, high = float(images.min()), float(images.max())
        return Examples(
            images=tuple(
                {"pixels": np.round((image - low) / (high - low), 2).tolist(), "label": int(label)}
                for image, label in zip(images, split.test_labels, strict=False)
            )
        )
    labels = split.train_labels[:MOST_POINTS].ravel()
    return Examples((split.train_inputs[:MOST_POINTS].tolist(), labels.tolist()))
