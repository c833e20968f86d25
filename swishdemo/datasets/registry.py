"""The registry of datasets. Adding a record here adds it to every menu and test."""

from __future__ import annotations

from swishdemo.datasets.csv import CSV
from swishdemo.datasets.digits import DIGITS
from swishdemo.datasets.generated import GENERATED
from swishdemo.datasets.pictures import PICTURES
from swishdemo.datasets.record import Dataset
from swishdemo.errors import UserError
from swishdemo.text import say

_REGISTRY: dict[str, Dataset] = {}


def register(dataset: Dataset) -> Dataset:
    """Enter a record.

    Raises:
        ValueError: The name is taken.
    """
    if dataset.name in _REGISTRY:
        raise ValueError(f"dataset {dataset.name} is registered twice")
    _REGISTRY[dataset.name] = dataset
    say(dataset.title, dataset.titles)
    return dataset


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
        raise UserError(
            "error.unknown_choice",
            field="dataset",
            status=404,
            name="dataset",
            value=str(name)[:40],
            choices=tuple(_REGISTRY),
        )
    return found


for _dataset in (DIGITS, *GENERATED, CSV, *PICTURES):
    register(_dataset)
