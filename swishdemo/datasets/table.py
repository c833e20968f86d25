"""A visitor's own table: how its text is laid out, and what is known of it while its run lasts.

Nothing in such a file tells its separator, whether its first line holds names, or its decimal sign.
Therefore all of it is read off the cells. Every separator is tried on the whole text, quotes first,
and the one is taken that gives rows of one length, and numbers in them. The first line holds names
where its types and values are not those of the lines below it (`has_names`). Python's own
``csv.Sniffer`` compares lengths of words, and takes names that are numbers for a sample:
https://github.com/python/cpython/issues/104380.

How the text travels. A request carries it, and `swishdemo.datasets.csv.read` makes a `Table` of
it in the web process, so that it is refused at once where it cannot be used. The `Table` is a
part of the run's config: it goes with it, pickled, through the pipe to the worker process, which
reads the arrays out of the text. It never goes into a file: what the store keeps of a config is
its JSON, and `Table.as_json` leaves the text out. The config lives as long as its run, so the
text is gone when the run has ended or the server has. That is why such a run cannot be repeated
from what is stored: `swishdemo.datasets.csv.read` refuses such JSON with a sentence that says so.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from swishdemo.formats import as_json, dump, of_json
from swishdemo.text import Language, text


@dataclass(frozen=True, slots=True)
class Table:
    """A table that has been read and found good.

    Attributes:
        name: What its owner calls it, such as the name of the file.
        rows: Number of samples.
        columns: Names of the columns, the label's last.
        class_names: The classes in the order of their numbers; empty for a regression.
        digest: SHA-256 of the text in UTF-8 with LF line ends, in hexadecimal.
        header: Whether its first line was taken for names; None in what an older version kept.
        separator: What stands between cells; empty in what an older version kept.
        decimal: The sign before a fraction.
        used: The columns that are read, counted from 0 in the file.
        row_names: Whether a first column was left out, since it only numbers the rows.
        text: The text.
    """

    name: str
    rows: int
    columns: tuple[str, ...]
    class_names: tuple[str, ...]
    digest: str
    header: bool | None = None
    separator: str = ""
    decimal: str = "."
    used: tuple[int, ...] = ()
    row_names: bool = False
    text: str = field(default="", repr=False)

    def sentence(self, language: Language = "en") -> str:
        """What it was taken for: rows, columns, classes, and its first line."""
        label = self.columns[-1]
        shape = text(
            f"data.csv.read.{'classes' if self.class_names else 'regression'}",
            language,
            rows=self.rows,
            columns=len(self.columns),
            label=label,
            count=len(self.class_names),
            classes=", ".join(self.class_names),
        )
        told = [shape]
        if self.header is not None:
            told.append(text(f"data.csv.read.{'names' if self.header else 'sample'}", language))
        if self.row_names:
            told.append(text("data.csv.read.row_names", language))
        if self.decimal == ",":
            told.append(text("data.csv.read.decimal", language))
        return text("language.space", language).join(told)

    def as_json(self) -> dict[str, Any]:
        """What may be kept of it: all but the text."""
        return as_json(self, "text")

    @classmethod
    def of_json(cls, record: Mapping[str, Any]) -> Table:
        """The table of which ``record`` is the JSON, perhaps of another version; without its text.

        Raises:
            ValueError: It is none.
        """
        table = of_json(cls, {**record, "text": ""})
        if table.rows < 1 or len(table.columns) < 2:
            raise ValueError("it has no rows or no columns")
        return table


def wordless(config: str) -> str:
    """A stored config of a run or a sweep with numbers for all words of a visitor's own table.

    The names of columns and classes are cells of it, and may be anything. What cannot be read is
    left out.
    """
    try:
        found = json.loads(config)
        for part in (found, found.get("base")):
            table = isinstance(part, dict) and part.get("csv")
            if table:
                words = {each: numbered(len(table[each])) for each in ("columns", "class_names")}
                part["csv"] = Table.of_json(table | {"name": "table.csv"} | words).as_json()
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return "{}"
    return dump(found)


def numbered(count: int) -> list[str]:
    """Names for so many columns or classes whose own are not kept."""
    return [f"#{place}" for place in range(1, count + 1)]


SEPARATORS = "\t;,| "
"""Tried in this order where nothing else tells them apart."""

MOST_CLASSES = 20
FLAGS = {"true": 1.0, "false": 0.0}
"""Words that are numbers, as pandas, R and spreadsheets write them in any case."""

_ABSENT = ("", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "nil", "?", "-", "\\n")
_NO_LABEL = ("", "nan", "null", "#n/a", "<na>", "\\n")
"""Those of them that no class is called: “none” is one, and so may “NA” be."""
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)
_INFINITE = re.compile(r"[+-]?(inf|infinity)", re.IGNORECASE)
_NO_NAME = re.compile(r"(unnamed: ?\d+)?", re.IGNORECASE)
_SEPARATOR_LINE = re.compile(r'"?sep=([\t;,| :^~])"?[ ,;\t]*\n', re.IGNORECASE)
_LOOKED_AT = 500
"""Rows whose cells tell one separator from another."""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of one row, without blanks around them, and the line on which it begins, from 1."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cells:
    """A text cut into rows by one separator.

    Attributes:
        separator: What stands between two cells.
        rows: All rows that hold something.
        broken: The line whose quotes cannot be read, and why (``quotes`` or ``long_cell``); the
            rows end before it.
    """

    separator: str
    rows: tuple[Row, ...]
    broken: tuple[int, str] | None = None

    @property
    def width(self) -> int:
        """The length that most rows have."""
        lengths = Counter(len(row.cells) for row in self.rows)
        return max(lengths, key=lambda length: (lengths[length], length), default=0)


def cut(text: str) -> Cells:
    """The text's cells, by the separator that fits it best; Excel's line ``sep=;`` is obeyed.

    Cells that are empty to the end of *every* row are left out: spreadsheets write them for
    columns that were once used. A first row that is one cell short has no name for the rows'
    own names, as R writes it; it is given an empty one.
    """
    told = _SEPARATOR_LINE.match(text)
    if told:
        return _trimmed(_cut_by(told[1], text[told.end() :], 2))
    found = [_trimmed(_cut_by(sign, text)) for sign in SEPARATORS if sign in text]
    return max(found, key=_fit) if found else _cut_by(",", text)


def has_names(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns, the last of which is the label.

    It does, where a word stands above numbers; where the first column numbers the rows and has no
    name; where no feature is a number. Names that are numbers themselves (``0, 1, 2`` by pandas,
    years, wavelengths) are known by their counting evenly, while the label above its column is no
    class of it, or a cell lies far from all below it, or is whole where they have fractions; or,
    where they do not count, by every one's being such a stranger to its column.
    """
    first, below = rows[0], rows[1:]
    if not below:
        return all(map(is_word, first))
    columns = list(zip(*below, strict=True))
    *features, labels = columns
    if any(is_word(cell) and _mostly_numbers(column) for cell, column in zip(first, features)):  # noqa: B905
        return True
    word = is_word(first[-1])
    if word and all(map(is_number, labels)):
        return True
    if not first[0] and _tell_rows_apart(columns[0]) and all(first[1:]):
        return True
    if all(map(is_word, first[:-1])):
        return True
    unseen = first[-1] not in labels
    known_classes = word or len(set(labels)) <= min(MOST_CLASSES, len(labels) // 2)
    if known_classes and not unseen and word:
        return False  # a class of the table
    counted = [cell for cell in (first[:-1] if word else first) if cell]
    if not counted or not all(map(_NUMBER.fullmatch, counted)):
        return False
    strange = [_is_strange(cell, column) for cell, column in zip(first, columns, strict=True)]
    strange_label = unseen if known_classes else strange[-1]
    if _count_evenly(counted):
        if len(counted) > 2 or word:
            return strange_label or any(strange[:-1])
        return all(strange[:-1]) and (known_classes or strange_label)
    distinct = len(set(counted)) == len(counted) > 1
    return distinct and strange_label and all(strange[:-1])


def are_row_names(name: str, column: Sequence[str]) -> bool:
    """Whether a first column is not data but the rows' own numbers or names, as pandas adds it."""
    return _NO_NAME.fullmatch(name) is not None and _tell_rows_apart(column)


def decimal_sign(separator: str, columns: Sequence[Sequence[str]]) -> str:
    """The sign before the fraction: a comma where numbers have one, and none has a point.

    ``1,234`` may be a thousand. Where a semicolon separates cells, the comma is a decimal sign:
    that is why spreadsheets take the semicolon. Elsewhere it is where some number shows it, such
    as ``0,5``, which stands in quotes where commas separate cells.
    """
    for group in (columns[:-1], columns[-1:]):
        cells = [cell for column in group for cell in column if _NUMBER.fullmatch(cell)]
        if any("." in cell for cell in cells):
            return "."
        commas = [cell for cell in cells if "," in cell]
        if commas:
            told = separator == ";" or not all(map(_THOUSANDS.fullmatch, commas))
            return "," if told else "."
    return "."


def is_number(cell: str) -> bool:
    """Whether it is a finite number, with a point or a comma, or true or false."""
    return _NUMBER.fullmatch(cell) is not None or cell.lower() in FLAGS


def is_absent(cell: str) -> bool:
    """Whether it stands for a value that is missing."""
    return cell.lower() in _ABSENT


def is_no_label(cell: str) -> bool:
    """Whether a label stands for a value that is missing."""
    return cell.lower() in _NO_LABEL


def is_infinite(cell: str) -> bool:
    """Whether it is a word for infinity, with or without a sign."""
    return _INFINITE.fullmatch(cell) is not None


def is_word(cell: str) -> bool:
    """Whether it can only be text: neither a number nor missing nor infinite."""
    return not (is_number(cell) or is_absent(cell) or is_infinite(cell))


def has_thousands(cell: str) -> bool:
    """Whether digits stand in groups of three, such as 1,234 or 1.234,5 or 1 234."""
    return re.fullmatch(r"[+-]?\d{1,3}(([.,' \u2019])\d{3})(\2\d{3})*([.,]\d+)?", cell) is not None


def _cut_by(separator: str, text: str, line: int = 1) -> Cells:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=separator,
        strict=True,
        skipinitialspace=separator != " ",
    )
    rows: list[Row] = []
    before = line - 1
    while True:
        try:
            cells = tuple(cell.strip() for cell in next(reader))
        except StopIteration:
            return Cells(separator, tuple(rows))
        except csv.Error as error:
            why = "long_cell" if "limit" in str(error) else "quotes"
            return Cells(separator, tuple(rows), (line, why))
        if separator == " ":  # several of them are one: some tools fill columns up with them
            cells = tuple(cell for cell in cells if cell)
        if any(cells):
            rows.append(Row(line, cells))
        line = before + reader.line_num + 1


def _trimmed(cells: Cells) -> Cells:
    width = max((_filled(row.cells) for row in cells.rows), default=0)
    rows = [replace(row, cells=row.cells[:width]) for row in cells.rows]
    lengths = {len(row.cells) for row in rows[1:]}
    if rows and lengths == {len(rows[0].cells) + 1} and all(map(is_word, rows[0].cells)):
        rows[0] = replace(rows[0], cells=("", *rows[0].cells))
    return replace(cells, rows=tuple(rows))


def _filled(cells: Sequence[str]) -> int:
    return next((at for at in range(len(cells), 0, -1) if cells[at - 1]), 0)


def _fit(cells: Cells) -> tuple[float, ...]:
    """How well a separator fits: by rows of one length and numbers in them."""
    width = cells.width
    if width < 2:
        return 0.0, 0.0
    even = sum(len(row.cells) == width for row in cells.rows) / len(cells.rows)
    even *= 0.5 if cells.broken else 1.0
    looked = [cell for row in cells.rows[:_LOOKED_AT] for cell in row.cells]
    numbers = sum(is_number(cell) or has_thousands(cell) for cell in looked)
    return even * numbers / len(looked), even


def _mostly_numbers(column: Sequence[str]) -> bool:
    """At least half of it: of a bad cell below it is told by its place."""
    return 2 * sum(map(is_number, column)) >= len(column)


def _tell_rows_apart(column: Sequence[str]) -> bool:
    different = len(set(column)) == len(column) and "" not in column
    return different and (
        all(map(_INTEGER.fullmatch, column)) or not any(map(_NUMBER.fullmatch, column))
    )


def _count_evenly(cells: Sequence[str]) -> bool:
    """Whether they grow by equal steps: two whole ones by 1; a single one is 0 or 1."""
    if len(cells) == 1:
        return cells[0] in ("0", "1")
    numbers = [_float(cell) for cell in cells]
    steps = [after - before for before, after in pairwise(numbers)]
    if len(cells) == 2:
        return all(map(_INTEGER.fullmatch, cells)) and steps == [1.0]
    even = all(math.isclose(step, steps[0], rel_tol=1e-6) for step in steps)
    return even and 0 < steps[0] < math.inf


def _is_strange(cell: str, column: Sequence[str]) -> bool:
    """Whether a number is whole where none below is, or further away than all of them reach."""
    below = [each for each in column if _NUMBER.fullmatch(each)]
    if not _NUMBER.fullmatch(cell) or not below:
        return False
    if _INTEGER.fullmatch(cell) and not any(map(_INTEGER.fullmatch, below)):
        return True
    numbers = [_float(each) for each in below]
    low, high = min(numbers), max(numbers)
    return not 2 * low - high <= _float(cell) <= 2 * high - low


def _float(cell: str) -> float:
    return float(cell.replace(",", "."))
