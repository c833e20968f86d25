"""The data that a run may name: records to list, arrays to load.

- `record`: a dataset, the options about it, its arrays, and how they are split into training and
  test parts; the registry of all of them.
- `images`: digits that are there without a download, and what the Hugging Face hub has.
- `generated`: points and a curve.
- `csv`: a visitor's own table, refused or read; `table`: its layout, and what is known of it.
"""

from swishdemo.datasets.csv import CSV
from swishdemo.datasets.generated import GENERATED
from swishdemo.datasets.images import DIGITS, PICTURES
from swishdemo.datasets.record import DataOptions, Dataset, datasets, get, names, register
from swishdemo.datasets.table import Table

__all__ = ["DataOptions", "Dataset", "Table", "datasets", "get", "names"]

for _dataset in (DIGITS, *GENERATED, CSV, *PICTURES):
    register(_dataset)
