"""The data that a run may name: records to list, arrays to load.

- `record`: a dataset, the options about it, its arrays, and how they are split into training and
  test parts; `registry`: all of them.
- `digits`, `generated`: what is there without a download.
- `csv`: a visitor's own table; `layout`: how its text is laid out; `table`: what is known of it.
- `pictures`: images of the Hugging Face hub, fetched and kept.
"""

from swishdemo.datasets.record import DataOptions, Dataset, Split
from swishdemo.datasets.registry import datasets, get, names
from swishdemo.datasets.table import Table

__all__ = ["DataOptions", "Dataset", "Split", "Table", "datasets", "get", "names"]
