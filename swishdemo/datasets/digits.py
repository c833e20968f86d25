"""Handwritten digits of 8×8 pixels, as scikit-learn ships them: no download."""

from __future__ import annotations

from functools import cache

import numpy as np

from swishdemo.datasets.record import Dataset, Split

TRAIN = 1437
TEST = 360
SPLIT_SEED = 0


@cache
def load() -> Split:
    """Load, split by a permutation of seed 0, standardise by the training part's two numbers.

    One mean and one deviation for all pixels: some pixels are 0 in every image, and a deviation
    for each pixel would blow up the few grey values of the test part there.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.asarray(bunch.images, dtype=np.float64)[:, None]
    labels = np.asarray(bunch.target, dtype=np.int64)
    # RandomState: NumPy has frozen its stream, so the split is the same in every version.
    order = np.random.RandomState(SPLIT_SEED).permutation(TRAIN + TEST)
    train, test = order[:TRAIN], order[TRAIN:]
    mean, deviation = float(images[train].mean()), float(images[train].std())
    standard = ((images - mean) / deviation).astype(np.float32)
    arrays = standard[train], labels[train], standard[test], labels[test]
    for array in arrays:  # the cache hands the same arrays to everyone
        array.setflags(write=False)
    return Split(*arrays, mean=mean, deviation=deviation)


DIGITS = Dataset(
    name="digits",
    title="train.dataset.digits",
    train=TRAIN,
    test=TEST,
    shape=(1, 8, 8),
    classes=10,
    source=(
        "Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, "
        "https://doi.org/10.24432/C50P49, as in scikit-learn"
    ),
    load=load,
)
