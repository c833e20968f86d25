"""Points of a plane in two classes, and a curve, made from a seed.

All lie in about [−1, 1]. NumPy has frozen the stream of its ``RandomState``, so the same options
give the same points in every version. Without noise each set can be learned without an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from swishdemo.datasets.record import DataOptions, Dataset, Kind, Split, parts, split, with_noise
from swishdemo.text import Language

SAMPLES = 1000
"""How many are made by default."""

_MOST = 20_000
_MARGIN = 0.06
"""Half the empty strip between the squares of ``xor`` and ``checkerboard``, in their sides."""

_CELLS = 4
"""Squares on a side of the checkerboard."""

_TURNS = 1.75
"""Turns of each arm of the spiral."""

Random = np.random.RandomState
Points = tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]


def _spiral(count: int, random: Random) -> Points:
    """Two arms that wind about the origin, half a turn apart; evenly spaced along the radius."""
    labels = np.arange(count) % 2
    along = (np.arange(count) // 2 + 1) / ((count + 1) // 2)
    angle = 2 * np.pi * _TURNS * along + np.pi * labels
    return along[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1), labels


def _moons(count: int, random: Random) -> Points:
    """Two half circles that reach into each other; about the origin, half their usual size."""
    from sklearn.datasets import make_moons

    inputs, labels = make_moons(count, random_state=random)
    return (inputs - [0.5, 0.25]) / 1.5, labels


def _circles(count: int, random: Random) -> Points:
    """A circle within another of twice its radius."""
    from sklearn.datasets import make_circles

    inputs, labels = make_circles(count, factor=0.5, random_state=random)
    return inputs, labels


def _xor(count: int, random: Random) -> Points:
    """Squares of the four quadrants; opposite ones are of one class."""
    inputs = random.uniform(_MARGIN, 1, (count, 2)) * random.choice([-1, 1], (count, 2))
    return inputs, (inputs.prod(1) > 0).astype(np.int64)


def _gaussians(count: int, random: Random) -> Points:
    """Two round clouds, four of their deviations off the line between them."""
    from sklearn.datasets import make_blobs

    centres = np.array([[-0.5, -0.5], [0.5, 0.5]])
    inputs, labels = make_blobs(count, centers=centres, cluster_std=0.17, random_state=random)
    return inputs, labels


def _checkerboard(count: int, random: Random) -> Points:
    """A board of 4×4 squares."""
    cells = random.randint(0, _CELLS, (count, 2))
    places = random.uniform(_MARGIN, 1 - _MARGIN, (count, 2))
    return (cells + places) * 2 / _CELLS - 1, cells.sum(1) % 2


def _points(
    name: str, titles: Mapping[Language, str], make: Callable[[int, Random], Points], source: str
) -> Dataset:
    @lru_cache(maxsize=4)
    def load(options: DataOptions) -> Split:
        random = Random(options.seed)
        inputs, labels = make(options.samples or SAMPLES, random)
        inputs = with_noise(inputs, options, random)
        train, test = parts(len(inputs), options, random)
        return split(inputs, labels.astype(np.int64), train, test, (0,))

    return _dataset(name, titles, "points", load, source)


@lru_cache(maxsize=4)
def _sine(options: DataOptions) -> Split:
    """Two periods of the sine over [−1, 1], at random places."""
    random = Random(options.seed)
    inputs = random.uniform(-1, 1, (options.samples or SAMPLES, 1))
    targets = with_noise(np.sin(2 * np.pi * inputs[:, 0]), options, random)
    train, test = parts(len(inputs), options, random)
    return split(inputs, targets, train, test, (0,))


def _dataset(
    name: str,
    titles: Mapping[Language, str],
    kind: Kind,
    loader: Callable[[DataOptions], Split],
    source: str,
) -> Dataset:
    curve = kind == "curve"
    return Dataset(
        name=name,
        titles=titles,
        kind=kind,
        task="regression" if curve else "classification",
        shape=(1,) if curve else (2,),
        classes=1 if curve else 2,
        train=SAMPLES * 4 // 5,
        test=SAMPLES // 5,
        most_samples=_MOST,
        source=source,
        loader=loader,
    )


GENERATED = (
    _points(
        "spiral",
        {
            "en": "Two spirals",
            "zh": "双螺旋",
        },
        _spiral,
        "Lang and Witbrock, Learning to tell two spirals apart, 1988; generated here",
    ),
    _points(
        "moons",
        {
            "en": "Two moons",
            "zh": "双月牙",
        },
        _moons,
        "scikit-learn, make_moons",
    ),
    _points(
        "circles",
        {
            "en": "Two circles",
            "zh": "同心圆",
        },
        _circles,
        "scikit-learn, make_circles",
    ),
    _points(
        "xor",
        {
            "en": "Exclusive or",
            "zh": "异或",
        },
        _xor,
        "Minsky and Papert, Perceptrons, 1969; generated here",
    ),
    _points(
        "gaussians",
        {
            "en": "Two Gaussian clouds",
            "zh": "两团高斯点",
        },
        _gaussians,
        "scikit-learn, make_blobs",
    ),
    _points(
        "checkerboard",
        {
            "en": "Checkerboard",
            "zh": "棋盘格",
        },
        _checkerboard,
        "generated here",
    ),
    _dataset(
        "sine",
        {
            "en": "A sine curve (regression)",
            "zh": "正弦曲线（回归）",
        },
        "curve",
        _sine,
        "generated here",
    ),
)
