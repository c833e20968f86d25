"""The data that a run may name: records to list, arrays to load.

- `record`: a dataset, the options about it, its arrays; `registry`: all of them.
- `digits`, `generated`: what is there without a download.
- `csv`: a visitor's own table; `table`: what is known of it, and how its text travels.
- `pictures`: images of the Hugging Face hub; `hub`: how its files are fetched and kept.
- `splitting`: noise, the two parts, and the training part's scale.
"""

from swishdemo.datasets.record import DataOptions, Dataset, Split
from swishdemo.datasets.registry import datasets, get, names
from swishdemo.datasets.table import Table

__all__ = ["DataOptions", "Dataset", "Split", "Table", "datasets", "get", "names"]
