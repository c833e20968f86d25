"""Handwritten digits of 8×8 pixels, as scikit-learn ships them: no download."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from swishdemo.datasets.record import DataOptions, Dataset, Raw, Split, split


def digits(options: DataOptions, dataset: Dataset) -> Raw:
    """Images of 1×8×8 pixels, and the digits that they show."""
    from sklearn.datasets import load_digits

    # RandomState: NumPy has frozen its stream, so the split is the same in every version.
    random = np.random.RandomState(options.seed)
    found = load_digits()
    x, y = found.images[:, None], found.target
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
    return split(*digits(options, DIGITS.at(options)), (0, 1, 2, 3))


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
