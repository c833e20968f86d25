"""Handwritten digits of 8×8 pixels, as scikit-learn ships them: no download."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swishdemo.datasets.record import DataOptions, Dataset, Raw, Split, split

_FILE = "datasets/data/digits.csv.gz"
"""Where scikit-learn has them."""


def digits(options: DataOptions, dataset: Dataset) -> Raw:
    """Images of 1×8×8 pixels, and the digits that they show."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return arranged(found.images, found.target, options, dataset)


def arranged(
    images: npt.NDArray[Any], labels: npt.NDArray[Any], options: DataOptions, dataset: Dataset
) -> Raw:
    """The images in the order of a seed, with what noise is asked for."""
    # RandomState: NumPy has frozen its stream, so the split is the same in every version.
    random = np.random.RandomState(options.seed)
    x, y = images[:, None], labels
    order = random.permutation(len(x))
    if options.samples:
        order = order[: options.samples]
    if options.noise:
        x = x + random.normal(size=x.shape) * (options.noise * x.std())
    return x, y, order[: dataset.train], order[dataset.train :]


@lru_cache(maxsize=4)
def load(options: DataOptions) -> Split:
    """Load, split by a permutation, standardise by the training part's two numbers.

    One mean and one deviation for all pixels: some pixels are 0 in every image, and a deviation
    for each pixel would blow up the few grey values of the test part there.
    """
    dataset = DIGITS.at(options)
    # Read without scikit-learn, whose import takes a second or more before a run's first picture.
    found = find_spec("sklearn")
    places = (found and found.submodule_search_locations) or ()
    files = [file for place in places if (file := Path(place, _FILE)).exists()]
    if not files:
        return split(*digits(options, dataset), (0, 1, 2, 3))
    values = np.loadtxt(files[0], delimiter=",")
    images, labels = values[:, :-1].reshape(-1, 8, 8), values[:, -1].astype(int)
    return split(*arranged(images, labels, options, dataset), (0, 1, 2, 3))


DIGITS = Dataset(
    name="digits",
    titles={
        "en": "Handwritten digits, 8×8 pixels",
        "zh": "手写数字，8×8 像素",
    },
    kind="image",
    task="classification",
    shape=(1, 8, 8),
    classes=10,
    train=1437,
    test=360,
    most_samples=1797,
    source=(
        "Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, "
        "https://doi.org/10.24432/C50P49, as in scikit-learn"
    ),
    loader=load,
    script=digits,
)
