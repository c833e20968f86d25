"""A visitor's own table: what is read, what is refused with line and column, and nothing kept."""

import csv
import io
import json
import math
import pickle
import random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from swishdemo import datasets
from swishdemo.datasets import DataOptions
from swishdemo.datasets.csv import MOST_BYTES, MOST_CLASSES, MOST_FEATURES, MOST_ROWS, read
from swishdemo.errors import UserError


def table(rows=12, label=lambda n: "ab"[n % 2]):
    return "".join(f"{n},{n * n / 7},{label(n)}\n" for n in range(rows))


def refused(value):
    with pytest.raises(UserError) as caught:
        read(value)
    assert (caught.value.field, caught.value.status) == ("csv", 422)
    for language in ("en", "zh"):
        sentence = caught.value.sentence(language)
        assert len(sentence) < 250 and sentence.isprintable()
    return caught.value


def raw(options):
    loaded = datasets.get("csv").load(options)
    inputs = np.concatenate([loaded.train_inputs, loaded.test_inputs])
    labels = np.concatenate([loaded.train_labels, loaded.test_labels])
    return inputs * loaded.deviation + loaded.mean, labels, loaded


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\n\n"])
def test_iris_is_read_as_it_was_written(delimiter, header, ending, start):
    from sklearn.datasets import load_iris

    iris = load_iris()
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator=ending)
    if header:
        writer.writerow([*iris.feature_names, "kind, of iris"])
    for features, kind in zip(iris.data, iris.target, strict=True):
        writer.writerow([*features, iris.target_names[kind]])
    found = read(start + written.getvalue())
    assert (found.rows, found.class_names) == (150, ("setosa", "versicolor", "virginica"))
    names = ("x1", "x2", "x3", "x4", "label")
    assert found.columns == ((*iris.feature_names, "kind, of iris") if header else names)
    order = np.random.RandomState(4).permutation(150)
    inputs, labels, loaded = raw(DataOptions(seed=4, table=found))
    np.testing.assert_allclose(inputs, iris.data[order], atol=1e-5)
    np.testing.assert_array_equal(labels, iris.target[order])
    train = iris.data[order[:120]]
    np.testing.assert_allclose(loaded.mean, train.mean(0), rtol=1e-12)
    np.testing.assert_allclose(loaded.deviation, train.std(0), rtol=1e-12)


def test_the_record_takes_its_shape_from_the_table():
    options = DataOptions(table=read(table(20)))
    told = datasets.get("csv").at(options)
    assert (told.shape, told.classes, told.task) == ((2,), 2, "classification")
    assert (told.train, told.test, told.class_names) == (16, 4, ("a", "b"))
    fewer = datasets.get("csv").at(DataOptions(samples=10, table=options.table))
    assert (fewer.train, fewer.test) == (8, 2)
    with pytest.raises(UserError, match="20"):
        datasets.get("csv").at(DataOptions(samples=21, table=options.table))
    for ask in (datasets.get("csv").at, datasets.get("csv").load):
        with pytest.raises(UserError) as caught:
            ask(DataOptions())
        assert (caught.value.key, caught.value.field) == ("data.csv.missing", "csv")


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["no", "yes"], ("no", "yes")),
        (["1", "0"], ("0", "1")),
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["1.0", "2", "+2", "1e0"], ("1.0", "1e0", "+2", "2")),
        (["007", "7"], ("007", "7")),
        (["1000", "1e3"], ("1000", "1e3")),
        ([str(2**53), str(2**53 + 1), str(2**53 + 2)], tuple(str(2**53 + n) for n in range(3))),
        (["9" * 25 + "1", "9" * 25 + "2"], ("9" * 25 + "1", "9" * 25 + "2")),
        (["TRUE", "FALSE"], ("FALSE", "TRUE")),
        (["2024-01-05", "2024-01-06"], ("2024-01-05", "2024-01-06")),
        (["\U0001f469\u200d\U0001f52c", "x"], ("x", "\U0001f469\u200d\U0001f52c")),
        (["1", "x"], ("1", "x")),
        (["none", "mild"], ("mild", "none")),
        (["猫", "狗"], ("狗", "猫")),
        (['"a,b"', '"say ""b"""'], ("a,b", 'say "b"')),
    ],
)
def test_labels_that_are_classes(labels, classes):
    found = read(table(24, lambda n: labels[n % len(labels)]))
    assert found.class_names == classes
    _, numbers, _ = raw(DataOptions(table=found))
    assert numbers.dtype == np.int64 and set(numbers) == set(range(len(classes)))


@pytest.mark.parametrize(
    "label",
    [lambda n: n / 2, lambda n: n % 3 + 0.5, lambda n: n, lambda n: (n % 25) * 1000],
    ids=["halves", "three fractions", "every one another", "more than are classes"],
)
def test_numbers_that_are_no_classes_are_a_regression(label):
    found = read(table(60, label))
    assert found.class_names == ()
    options = DataOptions(seed=1, table=found)
    told = datasets.get("csv").at(options)
    assert (told.task, told.classes) == ("regression", 1)
    _, targets, loaded = raw(options)
    assert targets.dtype == np.float32 and targets.shape == (60, 1)
    expected = np.array([label(n) for n in range(60)])[np.random.RandomState(1).permutation(60)]
    back = targets[:, 0] * loaded.label_deviation + loaded.label_mean
    np.testing.assert_allclose(back, expected, rtol=1e-5, atol=1e-3)
    assert loaded.train_labels.std(dtype=np.float64) == pytest.approx(1, abs=1e-5)


def with_line(line, at=5):
    lines = table().splitlines()
    lines[at - 1] = line
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "key", "place"),
    [
        (with_line("1,nan,a"), "absent", (5, 2)),
        (with_line("1,NaN,a", 1), "absent", (1, 2)),
        (with_line("nan,inf,a", 1), "absent", (1, 1)),
        (with_line("1,NA,a"), "absent", (5, 2)),
        (with_line("1,#N/A,a"), "absent", (5, 2)),
        (with_line("inf,2,a"), "no_number", (5, 1)),
        (with_line("2024-01-05,2,a"), "no_number", (5, 1)),
        (with_line("12 %,2,a"), "no_number", (5, 1)),
        (with_line('1,"1,234",a'), "thousands", (5, 2)),
        (with_line('1,"1,234.5",a'), "thousands", (5, 2)),
        (with_line("1,1 234,a"), "thousands", (5, 2)),
        (with_line("1,1'234,a"), "thousands", (5, 2)),
        (with_line("-Infinity,1,a"), "no_number", (5, 1)),
        (with_line("1,1e999,a"), "too_great", (5, 2)),
        (with_line("1,-2e30,a"), "too_great", (5, 2)),
        (with_line("1,1_000,a"), "no_number", (5, 2)),
        (with_line("1,0x10,a"), "no_number", (5, 2)),
        (with_line("1,٣,a"), "sign", (5, 2)),
        (with_line("1,\u22125,a"), "sign", (5, 2)),
        (with_line("1,1\u00a0234,a"), "sign", (5, 2)),
        (with_line("1,5 €,a"), "sign", (5, 2)),
        (with_line("1,red,a"), "no_number", (5, 2)),
        (with_line("1,,a"), "empty", (5, 2)),
        (with_line("1,2, "), "empty", (5, 3)),
        (with_line("1,2,nan"), "absent", (5, 3)),
        (with_line("1,2,NULL"), "absent", (5, 3)),
        (with_line(r"1,2,\N"), "absent", (5, 3)),
        (with_line("1,2,<NA>"), "absent", (5, 3)),
        (with_line("1,2,-inf"), "no_number", (5, 3)),
        (with_line("1,2,1e31"), "too_great", (5, 3)),
        (with_line("1,2"), "ragged", (5, None)),
        (with_line("1,2,a,4"), "ragged", (5, None)),
        (with_line('1,"2,a'), "quotes", (5, None)),
        (with_line('1,"2"3,a'), "quotes", (5, None)),
        (with_line("1,2,a\0"), "no_sign", (5, None)),
        (with_line("\x1b[2J,2,a"), "no_sign", (5, None)),
        (with_line("1,2," + "a" * 61), "long_label", (5, 3)),
        (with_line("1,2,\u200b\u202e"), "sign", (5, 3)),
        (with_line("1,2,a\u00adb"), "sign", (5, 3)),
        (with_line("1,2,\ufeffa"), "sign", (5, 3)),
        (with_line("1," + "2" * 200_000 + ",a"), "long_cell", (5, None)),
        (with_line("1," + "2" * 100_000 + "x,a"), "no_number", (5, 2)),
        ("a;b;c\n" + table(), "ragged", (1, None)),
        ("A title of the table\n" + table(), "ragged", (1, None)),
    ],
)
def test_what_cannot_be_learned_is_told_with_its_place(text, key, place):
    error = refused(text)
    assert error.key == f"data.csv.{key}"
    assert (error.values["line"], error.values.get("column")) == place
    assert str(place[0]) in str(error)


@pytest.mark.parametrize(
    "sign", ["\u200b", "\ufeff", "\u00ad", "\u202e", "\u200e", "\u2060", "\u00a0", "\u2212"]
)
@pytest.mark.parametrize("place", [0, 2, 5])
def test_a_sign_that_is_not_seen_is_named(sign, place):
    number = "0.066"[:place] + sign + "0.066"[place:]
    text = with_line(f"1,{number},a")
    if number.strip() == "0.066":  # a blank around a cell does no harm
        assert read(text).rows == 12
        return
    error = refused(text)
    assert error.key == "data.csv.sign" and f"U+{ord(sign):04X}" in str(error)
    assert "column 2 (x2)" in str(error)


@pytest.mark.parametrize(
    "pair", [("a b", "a\u00a0b"), ("caf\u00e9", "cafe\u0301"), ("ab", "a\u200db"), ("a b", "a  b")]
)
def test_labels_that_look_alike_are_not_two_classes(pair):
    error = refused(table(12, lambda n: pair[n % 2]))
    assert (error.key, error.values["line"]) == ("data.csv.alike", 2)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("", "too_few_rows"),
        ("\n\n  \n", "too_few_rows"),
        ("a,b\n", "too_few_rows"),
        (table(9), "too_few_rows"),
        ("x\n" * 20, "one_column"),
        (table(12, lambda n: "same"), "one_class"),
        (table(12, lambda n: "7"), "one_class"),
        (table(12, lambda n: "0.5"), "one_class"),
        (table(60, lambda n: f"class {n}"), "too_many_classes"),
        (("1," * (MOST_FEATURES + 1) + "a\n") * 12, "too_many_columns"),
        ("1,2,a\n" * MOST_ROWS + "1,2,b\n", "too_many_rows"),
        ("1" * (MOST_BYTES + 1), "too_large"),
        ("é" * (MOST_BYTES // 2 + 1), "too_large"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "no_text"),
        (table().encode("utf-16")[:-1], "no_text"),
        (table().encode("utf-16-le"), "no_sign"),
        ("1,2,\ud800\n" * 12, "no_text"),
        ({"name": "x.csv", "rows": 3, "digest": "0" * 64}, "gone"),
    ],
)
def test_other_refusals(value, key):
    assert refused(value).key == f"data.csv.{key}"


def test_the_21st_class_is_told_by_its_place():
    error = refused(table(60, lambda n: f"class {n}"))
    assert (error.values["line"], error.values["column"]) == (MOST_CLASSES + 1, 3)


@pytest.mark.parametrize(
    "value", [None, 3, [], ["1,2,a"], {}, {"text": 3}, {"name": 1, "text": table()}]
)
def test_what_is_no_text_is_refused(value):
    assert refused(value).key == "error.wrong_type"


def test_ten_megabytes_are_refused_before_they_are_read(monkeypatch):
    monkeypatch.setattr("swishdemo.datasets.csv._parse", lambda text: pytest.fail("it was read"))
    for value in ("1,2,a\n" * 1_700_000, b"\0" * 10_000_000, "é" * 300_000):
        assert refused(value).key == "data.csv.too_large"


TEXTS = st.text() | st.binary() | st.text(alphabet='0123456789.,;\t"\n\rabeE+-\0nif ')


@settings(deadline=None, max_examples=100)
@given(TEXTS)
def test_anything_is_read_or_refused_in_one_sentence(value):
    check_read(value)


@pytest.mark.long
@settings(deadline=None, max_examples=1000)
@given(TEXTS)
def test_much_else_is_read_or_refused_in_one_sentence(value):
    check_read(value)


def check_read(value):
    try:
        found = read(value)
    except UserError as error:
        assert error.key.startswith("data.csv.")
        return
    inputs, _, loaded = raw(DataOptions(table=found))
    assert np.isfinite(loaded.train_inputs).all() and np.isfinite(loaded.test_inputs).all()
    assert np.isfinite(loaded.train_labels).all() and np.isfinite(loaded.test_labels).all()
    assert inputs.shape == (found.rows, len(found.columns) - 1)


NUMBERS = st.floats(-1e30, 1e30, allow_nan=False) | st.integers(-(10**6), 10**6)


OF_NUMBERS = {
    "data": st.data(),
    "width": st.integers(1, 5),
    "rows": st.integers(10, 30),
    "delimiter": st.sampled_from(",;\t"),
    "named": st.booleans(),
}


@settings(deadline=None, max_examples=40)
@given(**OF_NUMBERS)
def test_every_table_of_numbers_comes_back(data, width, rows, delimiter, named):
    check_table(data, width, rows, delimiter, named)


@pytest.mark.long
@settings(deadline=None, max_examples=500)
@given(**OF_NUMBERS)
def test_more_tables_of_numbers_come_back(data, width, rows, delimiter, named):
    check_table(data, width, rows, delimiter, named)


def check_table(data, width, rows, delimiter, named):
    cells = data.draw(
        st.lists(st.lists(NUMBERS, min_size=width, max_size=width), min_size=rows, max_size=rows)
    )
    kinds = data.draw(st.lists(st.sampled_from("pqrs"), min_size=rows, max_size=rows))
    assume(len(set(kinds)) > 1 and kinds[0] in kinds[1:])  # else it may be a name
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, quoting=data.draw(st.sampled_from([0, 1])))
    if named:
        writer.writerow([f"column {delimiter} {n}" for n in range(width + 1)])
    for row, kind in zip(cells, kinds, strict=True):
        writer.writerow([*map(repr, row), kind])
    found = read(written.getvalue())
    assert (found.rows, found.class_names) == (rows, tuple(sorted(set(kinds))))
    loaded = datasets.get("csv").load(DataOptions(table=found))
    order = np.random.RandomState(0).permutation(rows)
    train = np.array(cells, dtype=np.float64)[order[: len(loaded.train_labels)]]
    np.testing.assert_allclose(loaded.mean, train.mean(0), rtol=1e-9, atol=1e-9 * abs(train).max())
    assert np.isfinite(loaded.train_inputs).all() and np.isfinite(loaded.test_inputs).all()
    wanted = [found.class_names.index(kinds[n]) for n in order]
    assert [*loaded.train_labels, *loaded.test_labels] == wanted


def test_noise_is_in_units_of_each_column():
    words = random.Random(0)
    text = "".join(f"{words.gauss(0, 1)},{words.gauss(0, 1e6)},{n % 2}\n" for n in range(2000))
    clean, noisy = (
        datasets.get("csv").load(DataOptions(noise=noise, table=read(text))) for noise in (0, 1.0)
    )
    np.testing.assert_allclose(noisy.deviation / clean.deviation, math.sqrt(2), rtol=0.1)


def test_the_text_goes_to_the_worker_and_never_into_the_store():
    text = table(12, lambda n: f"secret {n % 2}")
    found = read({"name": "C:\\my files\\data\x00.csv", "text": text})
    assert found.name == "data .csv"
    again = pickle.loads(pickle.dumps(DataOptions(table=found)))
    assert datasets.get("csv").load(again).train_labels.tolist()
    kept = json.dumps(found.as_json())
    assert "1.2857" not in kept and text not in kept and "1.2857" not in repr(again)
    assert json.loads(kept)["digest"] == found.digest != read(table()).digest
    assert refused(found.as_json()).key == "data.csv.gone"


def test_nothing_of_a_table_is_cached():
    loaded = [datasets.get("csv").load(DataOptions(table=read(table()))) for _ in range(2)]
    assert loaded[0].train_inputs is not loaded[1].train_inputs
