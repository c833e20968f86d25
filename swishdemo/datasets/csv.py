"""A visitor's own table: numeric features, the last column the label.

Cells are separated by a comma, a semicolon or a tab, whichever the first line has (tab before
semicolon before comma); quotes are those of RFC 4180. The first line holds names where none of
its features is a number. Labels are classes, unless all are numbers that cannot be class numbers:
with a fraction, more than 20 different ones, or hardly one that occurs twice. Those are the
targets of a regression.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swishdemo.datasets.record import FEWEST_SAMPLES, DataOptions, Dataset, Split
from swishdemo.datasets.splitting import parts, split, with_noise
from swishdemo.datasets.table import Table
from swishdemo.errors import UserError

MOST_BYTES = 500_000
MOST_ROWS = 10_000
MOST_FEATURES = 100
MOST_CLASSES = 20

_LARGEST = 1e30
_LONGEST_LABEL = 60
_LONGEST_NAME = 80
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_ABSENT = ("", "na", "n/a", "null", "none", "?")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BREAK = re.compile(r"\r\n|\r|\n")


def read(value: object) -> Table:
    """Read a request's table, and refuse what cannot be learned from.

    Args:
        value: The text; its bytes in UTF-8; or ``{"name": …, "text": …}``.

    Raises:
        UserError: A sentence about the field ``csv`` that says in which line and column.
    """
    name: object = "table.csv"
    if isinstance(value, Mapping):
        if "digest" in value and "text" not in value:
            raise _refusal("gone")
        name, value = value.get("name", name), value.get("text")
    text = _text(value)
    if not isinstance(name, str):
        raise UserError("error.wrong_type", field="csv", name="csv.name", expected="a text")
    content = _parse(text)
    return Table(
        name=_shown(re.split(r"[/\\]", name)[-1], _LONGEST_NAME),
        rows=len(content.features),
        columns=content.columns,
        class_names=content.class_names,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        text=text,
    )


def load(options: DataOptions) -> Split:
    """The table's arrays. They are not cached: nothing of it stays when the run is over."""
    assert options.table is not None
    content = _parse(options.table.text)
    random = np.random.RandomState(options.seed)
    train, test = parts(len(content.features), options, random)
    inputs = with_noise(content.features, options, random, content.features.std(0))
    return split(inputs, content.labels, train, test, (0,))


@dataclass(frozen=True, slots=True)
class _Content:
    columns: tuple[str, ...]
    class_names: tuple[str, ...]
    features: npt.NDArray[np.float64]
    labels: npt.NDArray[Any]


def _text(value: object) -> str:
    if isinstance(value, str | bytes) and len(value) > MOST_BYTES:
        raise _refusal("too_large", limit=MOST_BYTES)
    try:
        if isinstance(value, str):
            size = len(value.encode())
        elif isinstance(value, bytes):
            size, value = len(value), value.decode()
        else:
            raise UserError("error.wrong_type", field="csv", name="csv", expected="a text")
    except UnicodeError:
        raise _refusal("no_text") from None
    if size > MOST_BYTES:
        raise _refusal("too_large", limit=MOST_BYTES)
    return value.removeprefix("\ufeff")


def _parse(text: str) -> _Content:
    delimiter = _delimiter(text)
    odd = _NO_TEXT.search(text)
    if odd:
        before = _BREAK.split(text[: odd.start()])
        raise _refusal("no_sign", line=len(before), column=before[-1].count(delimiter) + 1)
    columns: tuple[str, ...] = ()
    features: list[list[float]] = []
    labels: list[tuple[int, str]] = []
    for line, row in _rows(text, delimiter):
        if not columns:
            named = _holds_names(line, row)
            columns = _names(row) if named else _names([""] * len(row))
            if named:
                continue
        if len(row) != len(columns):
            raise _refusal("ragged", line=line, count=len(row), expected=len(columns))
        if len(features) == MOST_ROWS:
            raise _refusal("too_many_rows", line=line, limit=MOST_ROWS)
        features.append([_number(cell, line, number) for number, cell in enumerate(row[:-1], 1)])
        labels.append((line, _label(row[-1], line, len(row))))
    if len(features) < FEWEST_SAMPLES:
        raise _refusal("too_few_rows", count=len(features), limit=FEWEST_SAMPLES)
    class_names, targets = _targets(labels, len(columns))
    return _Content(columns, class_names, np.array(features), targets)


def _delimiter(text: str) -> str:
    first = next((line for line in _BREAK.split(text) if line.strip()), "")
    unquoted = re.sub(r'"[^"]*"', "", first)
    return next((sign for sign in "\t;," if sign in unquoted), ",")


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the number of the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            key = "long_cell" if "limit" in str(error) else "quotes"
            raise _refusal(key, line=line) from None
        cells = [cell.strip() for cell in row]
        if cells and cells != [""]:
            yield line, cells
        line = reader.line_num + 1


def _holds_names(line: int, row: list[str]) -> bool:
    """Whether the first row names the columns: some feature's cell is a word, and none a number."""
    if len(row) < 2:
        raise _refusal("one_column", line=line)
    if len(row) > MOST_FEATURES + 1:
        raise _refusal("too_many_columns", count=len(row), limit=MOST_FEATURES + 1)
    names = [cell for cell in row[:-1] if not (_absent(cell) or _NUMBER.fullmatch(cell))]
    return bool(names) and not any(_NUMBER.fullmatch(cell) for cell in row[:-1])


def _names(row: list[str]) -> tuple[str, ...]:
    """The columns' names; made ones for those that have none."""
    made = [*(f"x{number}" for number in range(1, len(row))), "label"]
    return tuple(_shown(cell, _LONGEST_LABEL) or name for cell, name in zip(row, made, strict=True))


def _absent(cell: str) -> bool:
    return cell.lower() in _ABSENT or _NOT_FINITE.fullmatch(cell) is not None


def _number(cell: str, line: int, column: int) -> float:
    if not cell:
        raise _refusal("empty", line=line, column=column)
    if not _NUMBER.fullmatch(cell):
        raise _refusal("no_number", line=line, column=column, value=_shown(cell))
    value = float(cell)
    if abs(value) > _LARGEST:
        raise _refusal("too_great", line=line, column=column, value=_shown(cell))
    return value


def _label(cell: str, line: int, column: int) -> str:
    cell = _shown(cell, _LONGEST_LABEL + 1)
    if not cell:
        raise _refusal("empty", line=line, column=column)
    if _NOT_FINITE.fullmatch(cell):
        raise _refusal("no_number", line=line, column=column, value=cell)
    if _NUMBER.fullmatch(cell):
        _number(cell, line, column)
    elif len(cell) > _LONGEST_LABEL:
        raise _refusal("long_label", line=line, column=column, limit=_LONGEST_LABEL)
    return cell


def _targets(
    labels: list[tuple[int, str]], column: int
) -> tuple[tuple[str, ...], npt.NDArray[Any]]:
    """Names of the classes and their numbers; or no names, and targets in floating point."""
    cells = [cell for _, cell in labels]
    numeric = all(_NUMBER.fullmatch(cell) for cell in cells)
    if numeric:
        numbers = [float(cell) for cell in cells]
        different = len(set(numbers))
        whole = all(number.is_integer() for number in numbers)
        if different > 1 and not (whole and different <= min(MOST_CLASSES, len(cells) // 2)):
            return (), np.array(numbers)
        cells = [str(int(number)) for number in numbers] if whole else cells[:1] * len(cells)
    order: dict[str, int] = {}
    for (line, _), cell in zip(labels, cells, strict=True):
        order.setdefault(cell, line)
        if len(order) > MOST_CLASSES:
            raise _refusal("too_many_classes", line=line, column=column, limit=MOST_CLASSES)
    if len(order) == 1:
        raise _refusal("one_class", value=_shown(cells[0]))
    class_names = tuple(sorted(order, key=int if numeric else str))
    numbered = {name: number for number, name in enumerate(class_names)}
    return class_names, np.array([numbered[cell] for cell in cells], dtype=np.int64)


def _shown(cell: str, longest: int = 40) -> str:
    """What was typed, made fit for a sentence."""
    clean = "".join(sign if sign.isprintable() else " " for sign in cell).strip()
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def _refusal(key: str, **values: Any) -> UserError:
    return UserError(f"data.csv.{key}", field="csv", **values)


CSV = Dataset(
    name="csv",
    title="data.title.csv",
    kind="table",
    task="classification",
    shape=(),
    classes=0,
    train=0,
    test=0,
    most_samples=MOST_ROWS,
    source="yours; not kept longer than the run",
    loader=load,
)
