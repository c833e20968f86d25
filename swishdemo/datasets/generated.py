"""Points of a plane in two classes, and a curve, made from a seed.

All lie in about [−1, 1]. NumPy has frozen the stream of its ``RandomState``, so the same options
give the same points in every version. Without noise each set can be learned without an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from swishdemo.datasets.record import DataOptions, Dataset, Kind, Raw, Script, Split, split
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


def spiral(count: int, random: Random) -> Points:
    """Two arms that wind about the origin, half a turn apart; evenly spaced along the radius."""
    y = np.arange(count) % 2
    along = (np.arange(count) // 2 + 1) / ((count + 1) // 2)
    angle = 2 * np.pi * _TURNS * along + np.pi * y
    return along[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1), y


def moons(count: int, random: Random) -> Points:
    """Two half circles that reach into each other; about the origin, half their usual size."""
    from sklearn.datasets import make_moons

    x, y = make_moons(count, random_state=random)
    return (x - [0.5, 0.25]) / 1.5, y


def circles(count: int, random: Random) -> Points:
    """A circle within another of twice its radius."""
    from sklearn.datasets import make_circles

    x, y = make_circles(count, factor=0.5, random_state=random)
    return x, y


def xor(count: int, random: Random) -> Points:
    """Squares of the four quadrants; opposite ones are of one class."""
    x = random.uniform(_MARGIN, 1, (count, 2)) * random.choice([-1, 1], (count, 2))
    return x, (x.prod(1) > 0).astype(np.int64)


def gaussians(count: int, random: Random) -> Points:
    """Two round clouds, four of their deviations off the line between them."""
    from sklearn.datasets import make_blobs

    centres = np.array([[-0.5, -0.5], [0.5, 0.5]])
    x, y = make_blobs(count, centers=centres, cluster_std=0.17, random_state=random)
    return x, y


def checkerboard(count: int, random: Random) -> Points:
    """A board of 4×4 squares."""
    cells = random.randint(0, _CELLS, (count, 2))
    places = random.uniform(_MARGIN, 1 - _MARGIN, (count, 2))
    return (cells + places) * 2 / _CELLS - 1, cells.sum(1) % 2


_MADE_BY: dict[str, Callable[[int, Random], Points]] = {
    make.__name__: make for make in (spiral, moons, circles, xor, gaussians, checkerboard)
}


def points(options: DataOptions, dataset: Dataset) -> Raw:
    """Points, and which of two classes they are of."""
    random = np.random.RandomState(options.seed)
    x, y = _MADE_BY[dataset.name](dataset.train + dataset.test, random)
    if options.noise:
        x = x + random.normal(size=x.shape) * options.noise
    order = random.permutation(len(x))
    return x, y.astype(np.int64), order[: dataset.train], order[dataset.train :]


def sine(options: DataOptions, dataset: Dataset) -> Raw:
    """Two periods of the sine over [−1, 1], at random places."""
    random = np.random.RandomState(options.seed)
    x = random.uniform(-1, 1, (dataset.train + dataset.test, 1))
    y = np.sin(2 * np.pi * x[:, 0])
    if options.noise:
        y = y + random.normal(size=y.shape) * options.noise
    order = random.permutation(len(x))
    return x, y, order[: dataset.train], order[dataset.train :]


def _dataset(
    name: str,
    titles: Mapping[Language, str],
    source: str,
    script: Script = points,
    kind: Kind = "points",
) -> Dataset:
    @lru_cache(maxsize=4)
    def load(options: DataOptions) -> Split:
        return split(*script(options, dataset.at(options)), (0,))

    curve = kind == "curve"
    dataset = Dataset(
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
        loader=load,
        script=script,
    )
    return dataset


GENERATED = (
    _dataset(
        "spiral",
        {"en": "Two spirals", "zh": "双螺旋"},
        "Lang and Witbrock, Learning to tell two spirals apart, 1988; generated here",
    ),
    _dataset(
        "moons",
        {"en": "Two moons", "zh": "双月牙"},
        "scikit-learn, make_moons",
    ),
    _dataset(
        "circles",
        {"en": "Two circles", "zh": "同心圆"},
        "scikit-learn, make_circles",
    ),
    _dataset(
        "xor",
        {"en": "Exclusive or", "zh": "异或"},
        "Minsky and Papert, Perceptrons, 1969; generated here",
    ),
    _dataset(
        "gaussians",
        {"en": "Two Gaussian clouds", "zh": "两团高斯点"},
        "scikit-learn, make_blobs",
    ),
    _dataset(
        "checkerboard",
        {"en": "Checkerboard", "zh": "棋盘格"},
        "generated here",
    ),
    _dataset(
        "sine",
        {"en": "A sine curve (regression)", "zh": "正弦曲线（回归）"},
        "generated here",
        sine,
        "curve",
    ),
)
