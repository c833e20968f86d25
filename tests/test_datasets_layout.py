"""Tables as spreadsheets, pandas, R and SQL clients save them are read as they were meant."""

import csv
import io
import random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from swishdemo import datasets
from swishdemo.datasets import DataOptions
from swishdemo.datasets.csv import read
from swishdemo.errors import UserError

RANDOM = random.Random(5)


def rows(*columns, count=30):
    """Lines of a table, a cell of each column made from the number of its row."""
    return "".join(",".join(str(column(n)) for column in columns) + "\n" for n in range(count))


def number(n):
    return f"{RANDOM.uniform(-3, 3):.3f}"


def quoted(n):
    """As LibreOffice saves a number where fractions have a comma and so have the cells."""
    return f'"{number(n)}"'.replace(".", ",")


def whole(n):
    return RANDOM.randint(-3, 3)


def bit(n):
    return n % 2


def word(n):
    return "ab"[n % 2]


NAMED = {
    "pandas' own names over labels 0 and 1": "0,1,2\n" + rows(number, number, bit),
    "the same over whole features": "0,1,2\n" + rows(whole, whole, bit),
    "the same over three classes": "0,1,2\n" + rows(number, number, lambda n: n % 3),
    "the same over targets": "0,1,2\n" + rows(number, number, number),
    "pandas' names of 64 pixels": ",".join(map(str, range(65)))
    + "\n"
    + rows(*[lambda n: RANDOM.randint(0, 16)] * 64, lambda n: n % 10),
    "numbers and target": "1,2,target\n" + rows(number, number, bit),
    "numbers and target over words": "1,2,target\n" + rows(whole, whole, word),
    "one number and target": "0,target\n" + rows(whole, word),
    "years": "2019,2020,2021\n" + rows(number, number, number),
    "years over whole numbers": "2019,2020,2021\n" + rows(whole, whole, whole),
    "years and a word": "2010,2015,2018,kind\n" + rows(whole, whole, whole, word),
    "every other year": "2015,2017,2019,2021\n" + rows(whole, whole, whole, bit),
    "a word and years": "region,2023,2024,2025\n" + rows(whole, *[lambda n: 10 + n % 90] * 3),
    "wavelengths": "400.5,410.5,420.5,kind\n" + rows(number, number, number, word),
    "quantiles": "10,25,50,kind\n" + rows(number, number, number, word),
    "words": "length,width,kind\n" + rows(number, number, word),
    "words over flags": "old,tall,kind\n" + rows(lambda n: n % 3 == 0, whole, word),
    "the same name twice": "x,x,x\n" + rows(number, number, word),
    "a name missing": "a,,kind\n" + rows(number, number, word),
    "pandas with its index": ",a,kind\n" + rows(lambda n: n, number, word),
    "pandas with a shuffled index": ",a,kind\n" + rows(lambda n: 7 * n % 31, number, word),
    "pandas with its index twice": "Unnamed: 0,a,kind\n" + rows(lambda n: n, number, word),
    "pandas' index and own names": ",0,1,2\n" + rows(lambda n: n, number, number, bit),
    "R": '"","a","kind"\n' + rows(lambda n: f'"{n + 1}"', number, lambda n: f'"{word(n)}"'),
    "R with names of rows": '"","a","kind"\n' + rows(lambda n: f"Mazda RX{n}", number, word),
    "R's write.table": '"a" "kind"\n' + rows(lambda n: f'"{n}"', number, word).replace(",", " "),
}
UNNAMED = {
    "numbers": rows(number, number, bit),
    "whole numbers": rows(lambda n: n % 7, lambda n: n % 3, bit),
    "targets": rows(number, number, number),
    "words as labels": rows(number, number, word),
    "a cosine from 0": "".join(f"{x / 10:g},{np.cos(x / 10):g}\n" for x in range(60)),
    "exclusive or": "0,1,1\n1,0,1\n0,0,0\n1,1,0\n" * 5,
    "0,1,2 where 2 is a class": "0,1,2\n" + rows(whole, whole, lambda n: n % 3),
    "a grid": "".join(f"{n // 6},{n % 6},{n // 6 * n % 6 * 1.5}\n" for n in range(36)),
    "a first row like others": "1,2,3\n" + rows(whole, whole, lambda n: n % 4),
    "one feature": rows(number, word),
}


@pytest.mark.parametrize("text", NAMED.values(), ids=NAMED)
def test_a_first_line_of_names_is_no_sample(text):
    found = read(text)
    assert found.header and found.rows == text.count("\n") - 1
    assert (
        found.as_json()["header"] and "names" in found.sentence() and "列名" in found.sentence("zh")
    )
    for name in text.partition("\n")[0].replace('"', "").replace(" ", ",").split(",")[1:]:
        assert name in found.class_names or name in found.columns or name in ("", "0")


@pytest.mark.parametrize("text", UNNAMED.values(), ids=UNNAMED)
def test_a_first_line_of_values_stays_a_sample(text):
    found = read(text)
    assert found.header is False and found.rows == text.count("\n")
    assert found.columns[:-1] == tuple(f"x{n + 1}" for n in range(len(found.columns) - 1))
    assert "sample" in found.sentence()


@pytest.mark.parametrize("text", [*NAMED.values(), *UNNAMED.values()])
def test_who_sends_the_table_has_the_last_word(text):
    lines = text.count("\n")
    assert read(text, "yes").rows == lines - 1 and read(text, "yes").header
    if text in UNNAMED.values():
        assert read(text, "no").rows == lines and not read(text, "no").header
    loaded = datasets.get("csv").load(DataOptions(table=read(text, "yes")))
    assert len(loaded.train_labels) + len(loaded.test_labels) == lines - 1


@pytest.mark.parametrize("name", [name for name in NAMED if "index" in name or name[0] == "R"])
def test_a_column_that_numbers_the_rows_teaches_nothing_and_is_left_out(name):
    found = read(NAMED[name])
    assert found.row_names and found.used[0] == 1 and found.rows == 30
    assert "left out" in found.sentence()
    loaded = datasets.get("csv").load(DataOptions(table=found))
    assert loaded.train_inputs.shape[1] == len(found.columns) - 1 == len(found.used) - 1


def test_an_unnamed_column_of_measurements_is_kept():
    assert not read(",b,kind\n" + rows(number, number, word)).row_names
    assert not read("id,b,kind\n" + rows(lambda n: n, number, word)).row_names


@pytest.mark.parametrize(
    "text",
    [
        '"a;\nb",c,label\n' + rows(number, number, word),
        '"a\tb;c|d",c,label\n' + rows(number, number, word),
        "a,b,label\n" + rows(number, number, lambda n: f'"{n % 2};\n{n % 2}"'),
        "a;b,label\n" + rows(number, lambda n: f'"x;y{n % 2}"'),
        "sepal length, sepal width, kind of it\n" + rows(number, number, lambda n: f" {word(n)} z"),
        'a,b,"the kind, of it"\n' + rows(number, number, lambda n: f'"{word(n)};,"'),
    ],
)
def test_the_separator_is_sought_outside_of_quotes(text):
    found = read(text)
    assert (found.separator, found.header, len(found.class_names)) == (",", True, 2)


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("a;b;y\n" + rows(number, number, word).replace(",", ";").replace(".", ","), ","),
        (rows(number, word).replace(",", ";").replace(".", ","), ","),
        ("a\tb\ty\n" + rows(number, number, word).replace(",", "\t").replace(".", ","), ","),
        ("a;b;y\n" + rows(number, number, number).replace(",", ";").replace(".", ","), ","),
        ("a,b,y\n" + rows(quoted, quoted, word), ","),
        (rows(quoted, whole, word), ","),
        ("a,b,y\n" + rows(whole, whole, quoted), ","),
        ("a;b;y\n" + rows(number, whole, word).replace(",", ";"), "."),
        ("a;b;y\n" + rows(whole, whole, word).replace(",", ";"), "."),
    ],
)
def test_a_comma_is_a_decimal_sign_where_it_can_be_nothing_else(text, decimal):
    found = read(text)
    assert (found.decimal, found.rows) == (decimal, 30)
    assert ("decimal" in found.sentence()) == (decimal == ",")


def test_a_thousand_is_never_read_as_one():
    for text in (
        "a\tb\ty\n" + rows(number, lambda n: f"{n + 1};234", word).replace(",", "\t"),
        "a,b,y\n" + rows(number, lambda n: f'"{n + 1};234"', word),
    ):
        with pytest.raises(UserError) as caught:
            read(text.replace(";", ","))
        assert caught.value.key == "data.csv.thousands"


def test_columns_that_are_filled_up_with_blanks_are_cut_where_cells_are():
    """As NumPy's ``fmt="%9.3f"``, R's print and many an older data set have them."""
    cells = [(float(number(n)) * 10 ** (n % 4), whole(n), word(n)) for n in range(30)]
    body = "".join(f"{a:10.3f}  {b:4d} {c:>5}{' ' * (a > 0)}\n" for a, b, c in cells)
    for names in ("", "       mass   age  kind\n"):
        found = read(names + body)
        assert (found.separator, found.rows, found.header) == (" ", 30, bool(names))
        assert found.class_names == ("a", "b") and len(found.columns) == 3


def test_a_german_thousand_is_told_from_cells():
    with pytest.raises(UserError, match=r"Line 2, column 1 \(Umsatz\): “1\.234,5”"):
        read(
            "Umsatz;Art\n"
            + rows(lambda n: f"{n + 1}.234!5", word).replace(",", ";").replace("!", ",")
        )


@pytest.mark.parametrize("separator", ";,\t|")
def test_excel_s_line_that_names_the_separator_is_obeyed(separator):
    text = f"sep={separator}\r\n" + ("a,b,y\n" + rows(number, number, word)).replace(",", separator)
    found = read(text.replace("\n", "\r\n"))
    assert (found.separator, found.rows, found.columns) == (separator, 30, ("a", "b", "y"))
    bad = text.replace("sep=", "SEP=").splitlines()
    bad[4] = separator.join("1xa")
    with pytest.raises(UserError, match="Line 5, column 2"):
        read("\n".join(bad))


@pytest.mark.parametrize(
    "text",
    [
        ("a,b,y\n" + rows(number, number, word)).replace("\n", ",\n"),
        ("a,b,y\n" + rows(number, number, word)).replace("\n", ",,,\n") + ",,,,,\n" * 3,
        "a,b,y\n" + rows(number, number, word).replace("\n", ",\n"),
        ",,,\n,a,b,y\n" + rows(lambda n: "", number, number, word),
        "a,,b,y\n" + rows(number, lambda n: "", number, word),
    ],
)
def test_what_a_spreadsheet_leaves_empty_is_no_data(text):
    found = read(text)
    assert (found.rows, found.columns) == (30, ("a", "b", "y"))


FEATURES = {
    "float": st.floats(-1e6, 1e6).map(lambda value: round(value, 3)),
    "whole": st.integers(-1000, 1000),
    "flag": st.booleans(),
}
LABELS = {
    "words": st.sampled_from(
        ["setosa", "versicolor", "a, b", 'say "b"', "c;d", "two\nlines", "猫"]
    ),
    "bits": st.integers(0, 1),
    "codes": st.sampled_from(["007", "7", "1e3", "1000"]),
    "ids": st.sampled_from([2**53, 2**53 + 1, 2**53 + 2]),
    "targets": st.floats(-1e6, 1e6).map(lambda value: round(value, 3) + 0.0005),
}
ENCODINGS = {
    "text": lambda text: text,
    "text with a mark": lambda text: "\ufeff" + text,
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, big end first": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
}


@st.composite
def tables(draw):
    """A table's rows, how it is written, and what is to be read of it."""
    kinds = draw(st.lists(st.sampled_from(sorted(FEATURES)), min_size=1, max_size=5))
    label = draw(st.sampled_from(sorted(LABELS)))
    row = st.tuples(*(FEATURES[kind] for kind in kinds), LABELS[label])
    body = draw(st.lists(row, min_size=10, max_size=25))
    body.insert(0, body[draw(st.integers(0, len(body) - 1))])  # it cannot be told from the others
    header = draw(st.sampled_from(["none", "words", "pandas", "index", "R"]))
    comma = draw(st.booleans())
    return {
        "body": body,
        "label": label,
        "header": header,
        "separator": draw(st.sampled_from(",;\t|")),
        "comma": comma,
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        "line_end": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        "flags": draw(st.sampled_from([("TRUE", "FALSE"), ("True", "False"), ("true", "false")])),
        "empty": draw(st.integers(0, 2)),
        "encoding": draw(st.sampled_from(sorted(ENCODINGS))),
        "excel": draw(st.booleans()),
    }


def written(made):
    def cell(value):
        if isinstance(value, bool):
            return made["flags"][not value]
        if isinstance(value, float):
            text = f"{value:.4f}"
            return text.replace(".", ",") if made["comma"] else text
        return str(value).replace("\n", made["line_end"])

    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=made["separator"],
        quoting=made["quoting"],
        lineterminator=made["line_end"],
    )
    if made["excel"]:
        out.write(f"sep={made['separator']}{made['line_end']}")
    width = len(made["body"][0])
    names = {
        "none": None,
        "words": [f"column {n}; {n}" for n in range(width)],
        "pandas": [str(n) for n in range(5000, 5000 + width)],
        "index": ["", *(f"x{n}" for n in range(width))],
        "R": ["", *(f"V{n + 1}" for n in range(width))],
    }[made["header"]]
    empty = [""] * made["empty"]
    if names:
        writer.writerow([*names, *empty])
    for number, row in enumerate(made["body"]):
        index = [number + (made["header"] == "R")] * (made["header"] in ("index", "R"))
        writer.writerow([*index, *map(cell, row), *empty])
    return ENCODINGS[made["encoding"]](out.getvalue())


@settings(deadline=None, max_examples=50)
@given(tables())
def test_every_table_is_read_as_it_was_written(made):
    check_as_written(made)


@pytest.mark.long
@settings(deadline=None, max_examples=1000)
@given(tables())
def test_more_tables_are_read_as_they_were_written(made):
    check_as_written(made)


def check_as_written(made):
    body, label = made["body"], made["label"]
    if made["header"] == "pandas" and (len(body[0]) < 3 or label == "words"):
        made["header"] = "words"  # two numbers may be a sample
    classes = {str(row[-1]) for row in body}
    assume(len(classes) > 1)
    found = read(written(made))
    assert found.rows == len(body)
    assert found.header == (made["header"] != "none")
    assert found.row_names == (made["header"] in ("index", "R"))
    assert len(found.columns) == len(body[0])
    if label == "targets":
        assert found.class_names == ()
    else:
        assert set(found.class_names) == {name.replace("\n", " ") for name in classes}
    loaded = datasets.get("csv").load(DataOptions(table=found))
    order = np.random.RandomState(0).permutation(len(body))
    features = np.array([row[:-1] for row in body], dtype=np.float64)[order]
    read_back = np.concatenate([loaded.train_inputs, loaded.test_inputs]).astype(np.float64)
    scale = 1e-5 * (np.abs(features).max() + 1)
    np.testing.assert_allclose(
        read_back * loaded.deviation + loaded.mean, features, rtol=1e-5, atol=scale
    )
    labels = np.concatenate([loaded.train_labels, loaded.test_labels])
    if label != "targets":
        told = [found.class_names[number] for number in labels]
        assert told == [str(body[at][-1]).replace("\n", " ") for at in order]
