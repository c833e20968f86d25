"""The samples of a run, as lines of its script."""

from __future__ import annotations

import re
from collections.abc import Callable

from swishdemo.datasets import Dataset, Table
from swishdemo.datasets.generated import SAMPLES
from swishdemo.datasets.pictures import SOURCES
from swishdemo.training.architecture import outputs
from swishdemo.training.config import TrainingConfig

NEEDED = ["huggingface_hub", "pyarrow", "pillow"]
"""Packages that read the images of the Hugging Face hub."""


def write(config: TrainingConfig) -> str:
    """Lines that define ``train_x``, ``train_y``, ``test_x`` and ``test_y``."""
    dataset = config.described()
    raw = _hub if dataset.name in SOURCES else _SOURCES[dataset.name]
    lines = [
        f"# The data: {dataset.name}, {dataset.train} samples to learn, {dataset.test} to test.",
        f"random = np.random.RandomState({config.data_seed})",
        *raw(config, dataset),
        "",
        "# Standardised by the training part alone.",
        *_standard(config, dataset),
        "",
        "train_x, test_x = (torch.tensor(x[rows], dtype=torch.float32) for rows in (train, test))",
        "train_y, test_y = (torch.tensor(y[rows]) for rows in (train, test))",
    ]
    if config.shuffled_labels:
        lines += [
            "# As a control, the labels of the training part are shuffled.",
            f"shuffled = np.random.default_rng([{config.data_seed}, 1]).permutation(y[train])",
            "train_y = torch.tensor(shuffled)",
        ]
    return "\n".join(lines + _targets(config, dataset))


def _split(config: TrainingConfig, dataset: Dataset) -> list[str]:
    chosen = f"[:{config.samples}]" if config.samples else ""
    return [
        f"order = random.permutation(len(x)){chosen}",
        f"train, test = order[:{dataset.train}], order[{dataset.train}:]",
    ]


def _noise(config: TrainingConfig, to: str = "x", unit: str = "") -> list[str]:
    scale = f"({config.noise!r} * {unit})" if unit else repr(config.noise)
    return [f"{to} = {to} + random.normal(size={to}.shape) * {scale}"] if config.noise else []


def _digits(config: TrainingConfig, dataset: Dataset) -> list[str]:
    return [
        "digits = load_digits()",
        "x, y = digits.images[:, None], digits.target",
        *_split(config, dataset),
        *_noise(config, unit="x.std()"),
    ]


def _points(*made: str) -> Callable[[TrainingConfig, Dataset], list[str]]:
    def lines(config: TrainingConfig, dataset: Dataset) -> list[str]:
        count = config.samples or SAMPLES
        written = [line.replace("COUNT", str(count)) for line in made]
        return [*written, *_noise(config), *_split(config, dataset)]

    return lines


def _sine(config: TrainingConfig, dataset: Dataset) -> list[str]:
    return [
        f"x = random.uniform(-1, 1, ({config.samples or SAMPLES}, 1))",
        "y = np.sin(2 * np.pi * x[:, 0])",
        *_noise(config, "y"),
        *_split(config, dataset),
    ]


def _table(config: TrainingConfig, dataset: Dataset) -> list[str]:
    table = config.csv
    assert table is not None
    return [
        "",
        "",
        "def table(raw):",
        '    """The text of a table\'s file, whichever way it was saved."""',
        '    for encoding in ("utf-16", "gb18030", "cp1252", "utf-8-sig"):',
        '        text = raw.decode(encoding, "replace").lstrip("\\ufeff")',
        r"""        text = text.replace("\r\n", "\n").replace("\r", "\n")""",
        f'        if hashlib.sha256(text.encode()).hexdigest() == "{table.digest}":',
        "            return text",
        '    print("This is not the table that the run had.", file=sys.stderr)',
        "    return text",
        "",
        "",
        *_numbers(table),
        'with open(sys.argv[1], "rb") as file:',
        "    text = table(file.read())",
        *(_cells(table) if table.separator else _cells_of_an_older_run()),
        f"rows = [row for row in rows if any(row)][-{table.rows}:]",
        *_columns(table),
        "x = np.array([[number(cell) for cell in row[:-1]] for row in rows])",
        *_labels(table),
        *_split(config, dataset),
        *_noise(config, unit="x.std(0)"),
    ]


def _numbers(table: Table) -> list[str]:
    point = '.replace(",", ".")' if table.decimal == "," else ""
    return [
        "def number(cell):",
        '    """A cell as a number; true and false are 1 and 0."""',
        "    flag = cell.lower()",
        f'    return float(flag == "true") if flag in ("true", "false") else float(cell{point})',
        "",
        "",
    ]


def _cells(table: Table) -> list[str]:
    blanks = ", skipinitialspace=True" if table.separator != " " else ""
    return [
        f'found = csv.reader(io.StringIO(text, newline=""), delimiter={table.separator!r}{blanks})',
        "rows = [[cell.strip() for cell in row] for row in found]",
    ]


def _cells_of_an_older_run() -> list[str]:
    """Of what an older version kept the separator is not known: it was that of the first line."""
    return [
        "head = next(line for line in text.splitlines() if line.strip())",
        r"""head = re.sub(r'"[^"]*"', "", head)""",
        r"""delimiter = next((sign for sign in "\t;," if sign in head), ",")""",
        'found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)',
        "rows = [[cell.strip() for cell in row] for row in found]",
    ]


def _columns(table: Table) -> list[str]:
    """What is left out: columns that are empty, and one that numbers the rows."""
    if not table.used:
        return []
    return [f"rows = [[row[at] for at in {list(table.used)}] for row in rows]"]


def _labels(table: Table) -> list[str]:
    names = table.class_names
    if not names:
        return ["y = np.array([number(row[-1]) for row in rows])"]
    numeric = all(re.fullmatch(r"-?\d+", name, re.ASCII) for name in names)
    older = numeric and not table.separator
    cell = "str(int(float(row[-1])))" if older else 'row[-1].replace("\\n", " ")'
    return [
        f"CLASSES = {list(names)!r}",
        f"y = np.array([CLASSES.index({cell}) for row in rows])",
    ]


def _hub(config: TrainingConfig, dataset: Dataset) -> list[str]:
    source = SOURCES[dataset.name]
    channels, height, width = source.shape
    mode = "L" if channels == 1 else "RGB"
    return [
        "",
        "",
        "def read(part, rows):",
        '    """Images and classes of a part of the dataset on the Hugging Face hub."""',
        f'    file = f"{source.folder}/{{part}}-00000-of-00001.parquet"',
        f'    path = hf_hub_download("{source.repository}", file, repo_type="dataset")',
        "    table = parquet.read_table(path).take(rows)",
        f'    files = [io.BytesIO(entry["bytes"].as_py()) for entry in table["{source.column}"]]',
        f'    images = [np.asarray(Image.open(each).convert("{mode}")) for each in files]',
        f"    images = np.stack(images).reshape(-1, {height}, {width}, {channels})",
        '    return images.transpose(0, 3, 1, 2), table["label"].to_numpy()',
        "",
        "",
        f'first = read("train", random.permutation({source.train})[:{dataset.train}])',
        f'second = read("test", random.permutation({source.test})[:{dataset.test}])',
        "x, y = (np.concatenate(both) for both in zip(first, second))",
        f"train, test = np.arange({dataset.train}), np.arange({dataset.train}, len(x))",
        *_noise(config, unit="x.std()"),
    ]


_SOURCES: dict[str, Callable[[TrainingConfig, Dataset], list[str]]] = {
    "digits": _digits,
    "spiral": _points(
        "y = np.arange(COUNT) % 2",
        "along = (np.arange(COUNT) // 2 + 1) / ((COUNT + 1) // 2)",
        "angle = 2 * np.pi * 1.75 * along + np.pi * y",
        "x = along[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)",
    ),
    "moons": _points(
        "x, y = make_moons(COUNT, random_state=random)",
        "x = (x - [0.5, 0.25]) / 1.5",
    ),
    "circles": _points("x, y = make_circles(COUNT, factor=0.5, random_state=random)"),
    "xor": _points(
        "x = random.uniform(0.06, 1, (COUNT, 2)) * random.choice([-1, 1], (COUNT, 2))",
        "y = (x.prod(1) > 0).astype(int)",
    ),
    "gaussians": _points(
        "centres = np.array([[-0.5, -0.5], [0.5, 0.5]])",
        "x, y = make_blobs(COUNT, centers=centres, cluster_std=0.17, random_state=random)",
    ),
    "checkerboard": _points(
        "cells = random.randint(0, 4, (COUNT, 2))",
        "x = (cells + random.uniform(0.06, 0.94, (COUNT, 2))) / 2 - 1",
        "y = cells.sum(1) % 2",
    ),
    "sine": _sine,
    "csv": _table,
}


def _standard(config: TrainingConfig, dataset: Dataset) -> list[str]:
    axes = "(0, 2, 3), keepdims=True" if dataset.kind == "image" else "0"
    lines = [
        f"mean, deviation = x[train].mean({axes}), x[train].std({axes})",
        "x = (x - mean) / deviation",
    ]
    if dataset.kind == "table":  # a column may be the same in all rows
        lines[1:1] = ["deviation = np.where(deviation <= 1e-12 * abs(mean), 1, deviation)"]
    if dataset.task == "regression":
        lines.append("y = ((y - y[train].mean()) / y[train].std())[:, None].astype(np.float32)")
    if dataset.kind == "image" and "mlp" in config.network:
        lines.append("x = x.reshape(len(x), -1)")
    return lines


def _targets(config: TrainingConfig, dataset: Dataset) -> list[str]:
    """What the squared error compares the outputs of a classifier with."""
    if config.objective != "mse" or dataset.task == "regression":
        return []
    count = outputs(config, dataset)
    one = "(2.0 * {0} - 1)[:, None]" if count == 1 else f"F.one_hot({{0}}, {count}).float()"
    return [
        "",
        f"# The squared error is taken to {'±1' if count == 1 else 'one-hot targets'}.",
        f"train_t, test_t = {one.format('train_y')}, {one.format('test_y')}",
    ]
