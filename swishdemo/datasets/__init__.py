"""The data that a run may name: records to list, arrays to load."""

from swishdemo.datasets.record import Dataset, Split
from swishdemo.datasets.registry import datasets, get, names

__all__ = ["Dataset", "Split", "datasets", "get", "names"]
