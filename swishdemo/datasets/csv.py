"""A visitor's own table: numeric features, the last column the label.

It is read as spreadsheets, pandas, R and SQL clients save it (`swishdemo.datasets.table`); what it
was taken for stands in the `Table`, so that it can be told. Labels are compared as text, for
ids and codes may differ in signs that a number drops (007, 1e3, the last digit of
9007199254740993). They are classes, unless all are numbers that cannot be class numbers: with a
fraction, more than 20 different ones, or hardly one that occurs twice. Those are the targets of
a regression.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from swishdemo.datasets.record import FEWEST_SAMPLES, DataOptions, Dataset, Raw, Split, split
from swishdemo.datasets.table import (
    FLAGS,
    MOST_CLASSES,
    Cells,
    Row,
    Table,
    are_row_names,
    cut,
    decimal_sign,
    has_names,
    has_thousands,
    is_absent,
    is_infinite,
    is_no_label,
    is_number,
)
from swishdemo.errors import UserError, wrong_type
from swishdemo.text import Sentence

MOST_BYTES = 500_000
MOST_ROWS = 10_000
MOST_FEATURES = 100

_LARGEST = 1e30
_LONGEST_LABEL = 60
_LONGEST_NAME = 80
_LONGEST_TOLD = 30
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_CODE = re.compile(r"[+-]?0\d+", re.ASCII)
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_JOINERS = "\u200c\u200d"
"""They shape letters of Persian and pictures of several people; between others nothing is seen."""


def read(value: object, header: str = "auto") -> Table:
    """Read a request's table, and refuse what cannot be learned from.

    Args:
        value: The text; its bytes in UTF-8, or in UTF-16 with its mark; or
            ``{"name": …, "text": …}``.
        header: Whether the first line holds names: ``yes``, ``no``, or ``auto``, which decides.

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
        raise UserError(
            "error.wrong_type", field="csv", name="csv.name", expected=Sentence("error.kind.text")
        )
    shown = _shown(re.split(r"[/\\]", name)[-1], _LONGEST_NAME)
    return _parse(text, header, shown)[0]


def load(options: DataOptions) -> Split:
    """The table's arrays. They are not cached: nothing of it stays when the run is over."""
    assert options.table is not None
    _, x, y = _parse(options.table.text, "yes" if options.table.header else "no")
    return split(*divided(options, CSV.at(options), x, y), (0,))


def divided(
    options: DataOptions, dataset: Dataset, x: npt.NDArray[Any], y: npt.NDArray[Any]
) -> Raw:
    """Add the noise, and choose the rows of both parts."""
    random = np.random.RandomState(options.seed)
    order = random.permutation(len(x))
    if options.samples:
        order = order[: options.samples]
    if options.noise:
        x = x + random.normal(size=x.shape) * (options.noise * x.std(0))
    return x, y, order[: dataset.train], order[dataset.train :]


def decoded(raw: bytes, digest: str) -> str:
    """The text of a table's file, whichever way it was saved."""
    for encoding in ("utf-16", "gb18030", "cp1252", "utf-8-sig"):
        text = raw.decode(encoding, "replace").lstrip("\ufeff")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if hashlib.sha256(text.encode()).hexdigest() == digest:
            return text
    print("This is not the table that the run had.", file=sys.stderr)
    return text


def argument(options: DataOptions, dataset: Dataset) -> Raw:
    """Features and labels of the table that the first argument names."""
    table = options.table
    assert table is not None

    def number(cell: str) -> float:
        if cell.lower() in ("true", "false"):
            return float(cell.lower() == "true")
        return float(cell.replace(",", ".") if table.decimal == "," else cell)

    with open(sys.argv[1], "rb") as file:
        text = decoded(file.read(), table.digest)
    if table.separator:
        delimiter = table.separator
    else:  # an older version has not kept it: it was that of the first line
        head = next(line for line in text.splitlines() if line.strip())
        head = re.sub(r'"[^"]*"', "", head)
        delimiter = next((sign for sign in "\t;," if sign in head), ",")
    lines = io.StringIO(text, newline="")
    found = csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " ")
    rows = [[cell.strip() for cell in row] for row in found]
    rows = [row for row in rows if any(row)][-table.rows :]
    if table.used:  # not what is empty, nor what only numbers the rows
        rows = [[row[at] for at in list(table.used)] for row in rows]
    x = np.array([[number(cell) for cell in row[:-1]] for row in rows])
    if table.class_names:
        classes = list(table.class_names)
        if table.separator:
            labels = [row[-1].replace("\n", " ") for row in rows]
        else:  # to an older version 1.0 was the class 1
            whole = all(re.fullmatch(r"-?[0-9]+", name) for name in classes)
            labels = [str(int(float(row[-1]))) if whole else row[-1] for row in rows]
        if not {*labels} <= {*classes}:  # what the archive gave back has numbers for their names
            try:
                values = {label: number(label) for label in labels}
            except ValueError:
                values = dict.fromkeys(labels, 0.0)
            classes = sorted({*labels}, key=lambda label: (values[label], label))
        y = np.array([classes.index(label) for label in labels])
    else:
        y = np.array([number(row[-1]) for row in rows])
    return divided(options, dataset, x, y)


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the file, for refusals: its line from 1, its columns' numbers from 0 and names."""

    number: int
    used: tuple[int, ...]
    names: tuple[str, ...]

    def refusal(self, at: int, key: str, **values: Any) -> UserError:
        name = _shown(self.names[at], _LONGEST_TOLD)
        return _refusal(key, line=self.number, column=self.used[at] + 1, name=name, **values)


def _text(value: object) -> str:
    if isinstance(value, str | bytes) and len(value) > MOST_BYTES * 2:
        raise _refusal("too_large", limit=MOST_BYTES)
    try:
        if isinstance(value, bytes):
            marked = value.startswith((b"\xff\xfe", b"\xfe\xff"))
            value = value.decode("utf-16" if marked else "utf-8")
        elif not isinstance(value, str):
            raise wrong_type("csv", "text")
        size = len(value.encode())
    except UnicodeError:
        raise _refusal("no_text") from None
    if size > MOST_BYTES:
        raise _refusal("too_large", limit=MOST_BYTES)
    # A browser's text field knows one line end: it must not make another table of the same file.
    return value.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _parse(
    text: str, header: str, name: str = ""
) -> tuple[Table, npt.NDArray[np.float64], npt.NDArray[Any]]:
    """The table of a text, its features and its labels."""
    odd = _NO_TEXT.search(text)
    if odd:
        raise _refusal("no_sign", line=text.count("\n", 0, odd.start()) + 1, sign=_sign(odd[0]))
    cells = cut(text)
    rows = _even(cells)
    named = bool(rows) and (
        has_names([row.cells for row in rows]) if header == "auto" else header == "yes"
    )
    names, body = (rows[0].cells if named else (), rows[named:])
    if len(body) > MOST_ROWS:
        raise _refusal("too_many_rows", line=body[MOST_ROWS].line, limit=MOST_ROWS)
    if len(body) < FEWEST_SAMPLES:
        raise _refusal("too_few_rows", count=len(body), limit=FEWEST_SAMPLES)
    columns = list(zip(*(row.cells for row in body), strict=True))
    used = tuple(at for at, column in enumerate(columns) if any(column) or (named and names[at]))
    row_names = bool(named and len(used) > 2 and are_row_names(names[used[0]], columns[used[0]]))
    used = used[row_names:]
    if len(used) > MOST_FEATURES + 1:
        raise _refusal("too_many_columns", count=len(used), limit=MOST_FEATURES + 1)
    called = _names([names[at] if named else "" for at in used])
    decimal = decimal_sign(cells.separator, [columns[at] for at in used])
    lines = [_Line(row.line, used, called) for row in body]
    features = [
        [_number(row.cells[at], decimal, line, place) for place, at in enumerate(used[:-1])]
        for row, line in zip(body, lines, strict=True)
    ]
    labels = [
        _label(row.cells[used[-1]], decimal, line) for row, line in zip(body, lines, strict=True)
    ]
    class_names, targets = _targets(labels, decimal, lines)
    table = Table(
        name=name,
        rows=len(features),
        columns=called,
        class_names=class_names,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        header=named,
        separator=cells.separator,
        decimal=decimal,
        used=used,
        row_names=row_names,
        text=text,
    )
    return table, np.array(features), targets


def _even(cells: Cells) -> tuple[Row, ...]:
    """The rows, all of one length."""
    width = cells.width
    if cells.rows and width < 2:
        raise _refusal("one_column", line=cells.rows[0].line)
    for row in cells.rows:
        if len(row.cells) != width:
            raise _refusal("ragged", line=row.line, count=len(row.cells), expected=width)
    if cells.broken:
        line, why = cells.broken
        raise _refusal(why, line=line)
    return cells.rows


def _names(row: Sequence[str]) -> tuple[str, ...]:
    """The columns' names; made ones for those that have none."""
    made = [*(f"x{number}" for number in range(1, len(row))), "label"]
    visible = ("".join(sign for sign in cell if not _is_invisible(sign)) for cell in row)
    return tuple(
        _shown(cell, _LONGEST_LABEL) or name for cell, name in zip(visible, made, strict=True)
    )


def _number(cell: str, decimal: str, line: _Line, at: int) -> float:
    plain = _plain(cell, decimal)
    if _NUMBER.fullmatch(plain):
        value = float(plain)
        if abs(value) > _LARGEST:
            raise line.refusal(at, "too_great", value=_shown(cell))
        return value
    if cell.lower() in FLAGS:
        return FLAGS[cell.lower()]
    if not cell:
        raise line.refusal(at, "empty")
    if is_absent(cell):
        raise line.refusal(at, "absent", value=cell)
    foreign = [sign for sign in cell if not sign.isascii()]
    rest = "".join(sign for sign in cell if sign.isascii()).replace(" ", "")
    if foreign and (not rest or is_number(rest)):
        raise line.refusal(at, "sign", value=_shown(cell), sign=_sign(foreign[0]))
    if has_thousands(cell) or is_number(cell):
        raise line.refusal(at, "thousands", value=_shown(cell), sign=decimal)
    raise line.refusal(at, "no_number", value=_shown(cell))


def _plain(cell: str, decimal: str) -> str:
    """The cell with a point before the fraction."""
    return cell.replace(",", ".") if decimal == "," and "." not in cell else cell


def _label(cell: str, decimal: str, line: _Line) -> str:
    last = len(line.used) - 1
    if not cell:
        raise line.refusal(last, "empty")
    odd = next((sign for sign in cell if _is_invisible(sign) and sign not in _JOINERS), None)
    if odd is not None:
        raise line.refusal(last, "sign", value=_shown(cell), sign=_sign(odd))
    if is_no_label(cell):
        raise line.refusal(last, "absent", value=cell)
    if is_infinite(cell):
        raise line.refusal(last, "no_number", value=cell)
    if _NUMBER.fullmatch(_plain(cell, decimal)):
        _number(cell, decimal, line, last)
    elif len(cell) > _LONGEST_LABEL:
        raise line.refusal(last, "long_label", limit=_LONGEST_LABEL)
    return cell.replace("\n", " ")


def _targets(
    labels: Sequence[str], decimal: str, lines: Sequence[_Line]
) -> tuple[tuple[str, ...], npt.NDArray[Any]]:
    """Names of the classes and their numbers; or no names, and targets in floating point."""
    numeric = all(_NUMBER.fullmatch(_plain(cell, decimal)) for cell in labels)
    if numeric and not any(map(_CODE.fullmatch, labels)):
        numbers = [Decimal(_plain(cell, decimal)) for cell in labels]
        different = len(set(labels))
        whole = all(number == number.to_integral_value() for number in numbers)
        if different > 1 and not (whole and different <= min(MOST_CLASSES, len(labels) // 2)):
            return (), np.array([float(number) for number in numbers])
    seen: dict[str, str] = {}
    for cell, line in zip(labels, lines, strict=True):
        first = seen.setdefault(_looks(cell), cell)
        if first != cell:
            odd = next((sign for sign in cell + first if (sign in cell) != (sign in first)), " ")
            raise line.refusal(len(line.used) - 1, "alike", value=_shown(cell), sign=_sign(odd))
        if len(seen) > MOST_CLASSES:
            raise line.refusal(len(line.used) - 1, "too_many_classes", limit=MOST_CLASSES)
    if len(seen) == 1:
        raise _refusal("one_class", value=_shown(labels[0]))
    classes = seen.values()
    class_names = (
        tuple(sorted(classes, key=lambda cell: (Decimal(_plain(cell, decimal)), cell)))
        if numeric
        else tuple(sorted(classes))
    )
    numbered = {name: number for number, name in enumerate(class_names)}
    return class_names, np.array([numbered[cell] for cell in labels], dtype=np.int64)


def _is_invisible(sign: str) -> bool:
    """Whether nothing is seen where it stands: U+200B, a soft hyphen, a mark of direction."""
    return unicodedata.category(sign) in ("Cf", "Cc", "Zl", "Zp") and sign not in "\n\t"


def _looks(cell: str) -> str:
    """What a reader sees of it: two labels that look the same would be two classes."""
    composed = unicodedata.normalize("NFC", "".join(s for s in cell if not _is_invisible(s)))
    return " ".join(composed.split())


def _sign(sign: str) -> str:
    """A sign by its code point and, where it has one, its name."""
    return f"U+{ord(sign):04X} {unicodedata.name(sign, '').lower()}".strip()


def _shown(cell: str, longest: int = 40) -> str:
    """What was typed, made fit for a sentence."""
    clean = "".join(sign if sign.isprintable() else " " for sign in cell).strip()
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def _refusal(key: str, **values: Any) -> UserError:
    return UserError(f"data.csv.{key}", field="csv", **values)


CSV = Dataset(
    name="csv",
    titles={
        "en": "Your own table (CSV)",
        "zh": "上传的表格（CSV）",
    },
    kind="table",
    task="classification",
    shape=(),
    classes=0,
    train=0,
    test=0,
    most_samples=MOST_ROWS,
    source="yours; not kept longer than the run",
    loader=load,
    script=argument,
)
