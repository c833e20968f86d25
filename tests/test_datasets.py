import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swishdemo import datasets
from swishdemo.datasets import DataOptions, record
from swishdemo.datasets.record import split
from swishdemo.datasets.record import test_size as size_of_test
from swishdemo.errors import UserError
from swishdemo.text import text

ROOT = Path(__file__).parents[1]
POINTS = ("spiral", "moons", "circles", "xor", "gaussians", "checkerboard")
HERE = [dataset for dataset in datasets.datasets() if dataset.name in ("digits", "sine", *POINTS)]


def test_digits_are_those_of_scikit_learn_split_and_standardised_by_the_training_part():
    from sklearn.datasets import load_digits

    bunch = load_digits()
    order = np.random.RandomState(0).permutation(1797)
    pixels = bunch.images[order[:1437]]
    split = datasets.get("digits").load()
    assert split.mean.item() == pytest.approx(pixels.mean(), rel=1e-12)
    assert split.deviation.item() == pytest.approx(pixels.std(), rel=1e-12)
    back = np.concatenate([split.train_inputs, split.test_inputs])[:, 0] * split.deviation
    np.testing.assert_allclose(back + split.mean, bunch.images[order], atol=1e-5)
    labels = np.concatenate([split.train_labels, split.test_labels])
    np.testing.assert_array_equal(labels, bunch.target[order])
    assert split.train_inputs.mean(dtype=np.float64) == pytest.approx(0, abs=1e-6)
    assert split.train_inputs.std(dtype=np.float64) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("dataset", HERE, ids=lambda dataset: dataset.name)
def test_what_is_listed_is_what_is_loaded(dataset):
    for options in (DataOptions(), DataOptions(samples=333, noise=0.2, test_share=0.31, seed=5)):
        loaded, told = dataset.load(options), dataset.at(options)
        assert loaded.train_inputs.shape == (told.train, *told.shape)
        assert loaded.test_inputs.shape == (told.test, *told.shape)
        assert loaded.train_inputs.dtype == loaded.test_inputs.dtype == np.float32
        assert np.isfinite(loaded.train_inputs).all() and np.isfinite(loaded.test_inputs).all()
        if told.task == "regression":
            assert told.classes == 1
            assert loaded.train_labels.dtype == loaded.test_labels.dtype == np.float32
            assert loaded.train_labels.shape == (told.train, 1)
            assert loaded.test_labels.shape == (told.test, 1)
        else:
            assert loaded.train_labels.dtype == loaded.test_labels.dtype == np.int64
            assert set(loaded.train_labels) == set(range(told.classes))
            assert set(loaded.test_labels) == set(range(told.classes))
    assert (dataset.train, dataset.test) == (
        dataset.at(DataOptions()).train,
        dataset.at(DataOptions()).test,
    )


@pytest.mark.parametrize("dataset", datasets.datasets(), ids=lambda dataset: dataset.name)
def test_a_record_can_be_listed(dataset):
    listed = json.loads(json.dumps(dataset.as_json()))
    assert listed["shape"] == list(dataset.shape)
    assert (listed["kind"], listed["task"]) == (dataset.kind, dataset.task)
    assert len(listed["class_names"]) in (0, listed["classes"])
    assert text(dataset.title, "en") and text(dataset.title, "zh")


HASHES = """
import hashlib
from swishdemo import datasets

def hashed(dataset, seed):
    found = dataset.load(datasets.DataOptions(samples=60, noise=0.1, seed=seed))
    parts = (found.train_inputs, found.train_labels, found.test_inputs, found.test_labels)
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()
"""


def test_the_same_options_give_the_same_arrays_in_another_process():
    names = [dataset.name for dataset in HERE]
    printing = f"for name in {names}: print(*(hashed(datasets.get(name), n) for n in (3, 3, 4)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{HASHES}\n{printing}"], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    exec(HASHES, here := {})
    for dataset, line in zip(HERE, done.stdout.splitlines(), strict=True):
        first, again, other = line.split()
        assert first == again != other, dataset.name
        assert here["hashed"](dataset, 3) == first, dataset.name


def test_the_stream_is_numpys_frozen_one():
    """The first points of a set, made a second time from nothing but NumPy's RandomState."""
    random = np.random.RandomState(7)
    inputs = random.uniform(0.06, 1, (50, 2)) * random.choice([-1, 1], (50, 2))
    inputs = inputs + random.normal(size=(50, 2)) * 0.1
    order = random.permutation(50)
    loaded = datasets.get("xor").load(DataOptions(samples=50, noise=0.1, seed=7))
    raw = np.concatenate([loaded.train_inputs, loaded.test_inputs]) * loaded.deviation + loaded.mean
    np.testing.assert_allclose(raw, inputs[order], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "linear"),
    [
        *(("spiral", 0.75), ("moons", 0.93), ("circles", 0.70), ("xor", 0.75)),
        *(("gaussians", None), ("checkerboard", 0.75)),
    ],
)
def test_a_support_vector_machine_separates_what_a_line_does_not(name, linear):
    loaded = datasets.get(name).load(DataOptions(seed=1))
    from sklearn.svm import SVC

    curved = SVC(C=1000, gamma=8).fit(loaded.train_inputs, loaded.train_labels)
    assert curved.score(loaded.test_inputs, loaded.test_labels) >= 0.95
    straight = SVC(kernel="linear").fit(loaded.train_inputs, loaded.train_labels)
    score = straight.score(loaded.test_inputs, loaded.test_labels)
    assert score >= 0.99 if linear is None else score <= linear


def test_the_sine_is_no_line():
    loaded = datasets.get("sine").load()
    inputs, targets = loaded.train_inputs, loaded.train_labels[:, 0]
    test = loaded.test_inputs, loaded.test_labels[:, 0]
    from sklearn.linear_model import LinearRegression
    from sklearn.svm import SVR

    assert SVR(C=100, gamma=8, epsilon=0.01).fit(inputs, targets).score(*test) > 0.99
    assert LinearRegression().fit(inputs, targets).score(*test) < 0.3
    raw = loaded.test_inputs * loaded.deviation + loaded.mean
    back = loaded.test_labels * loaded.label_deviation + loaded.label_mean
    np.testing.assert_allclose(back, np.sin(2 * np.pi * raw), atol=1e-5)


@pytest.mark.parametrize("dataset", HERE, ids=lambda dataset: dataset.name)
def test_noise_is_of_the_size_that_was_asked_for(dataset):
    clean, noisy = (dataset.load(DataOptions(noise=noise, seed=2)) for noise in (0.0, 0.3))

    def raw(loaded):
        if dataset.kind == "curve":
            return loaded.train_labels * loaded.label_deviation + loaded.label_mean
        inputs = loaded.train_inputs * loaded.deviation + loaded.mean
        return inputs / clean.deviation if dataset.kind == "image" else inputs

    if dataset.kind == "curve":  # sorted by place: the noise changes the split
        inputs = (noisy.train_inputs * noisy.deviation + noisy.mean)[:, 0]
        away = raw(noisy)[:, 0] - np.sin(2 * np.pi * inputs)
        assert away.std() == pytest.approx(0.3, rel=0.15)
        return
    variance = raw(noisy).var(0).mean() - raw(clean).var(0).mean()
    assert variance == pytest.approx(0.09, rel=0.25)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    train=st.integers(1, 30),
    test=st.integers(1, 30),
    floating=st.booleans(),
)
def test_standardised_by_the_training_part_alone(seed, train, test, floating):
    """The oracle is NumPy's mean and deviation; the test part is far off, so it would show."""
    random = np.random.RandomState(seed)
    inputs = random.normal(3, 5, (train + test, 4))
    labels = random.normal(-2, 7, train + test) if floating else random.randint(0, 3, train + test)
    order = random.permutation(train + test)
    first, second = order[:train], order[train:]
    inputs[second] += 1000
    inputs[first, 3] = 0.1  # a column that does not vary
    made = split(inputs, labels, first, second, (0,))
    mean, deviation = inputs[first].mean(0), inputs[first].std(0)
    deviation[deviation < 1e-12] = 1
    np.testing.assert_allclose(made.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(made.deviation, deviation, rtol=1e-9)
    expected = (inputs - mean) / deviation
    np.testing.assert_allclose(made.train_inputs, expected[first], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(made.test_inputs, expected[second], rtol=1e-5)
    if floating and train > 1:
        scaled = (labels - labels[first].mean()) / labels[first].std()
        np.testing.assert_allclose(made.test_labels[:, 0], scaled[second], rtol=1e-4, atol=1e-4)
    elif not floating:
        np.testing.assert_array_equal(made.train_labels, labels[first])
        assert (made.label_mean, made.label_deviation) == (0.0, 1.0)


@given(total=st.integers(10, 100_000), hundredths=st.integers(5, 90))
def test_the_share_of_the_test_is_rounded_up_in_whole_numbers(total, hundredths):
    assert size_of_test(total, hundredths / 100) == -(-total * hundredths // 100)


def test_many_samples_are_standardised_in_pieces_as_in_one():
    inputs = np.random.RandomState(0).randint(0, 256, (10_000, 3, 2, 2)).astype(np.uint8)
    rows = np.arange(10_000)
    made = split(inputs, rows % 10, rows[:9000], rows[9000:], (0, 2, 3))
    wide = inputs[:9000].astype(np.float64)
    mean = wide.mean((0, 2, 3), keepdims=True)[0]
    assert made.mean.shape == made.deviation.shape == (3, 1, 1)
    np.testing.assert_allclose(made.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(
        made.test_inputs, (inputs[9000:] - mean) / wide.std((0, 2, 3), keepdims=True)[0], rtol=1e-5
    )


@pytest.mark.parametrize("dataset", HERE, ids=lambda dataset: dataset.name)
def test_loaded_arrays_cannot_be_changed_under_the_next_run(dataset):
    loaded = dataset.load()
    for array in (
        *(loaded.train_inputs, loaded.train_labels, loaded.test_inputs, loaded.test_labels),
        *(loaded.mean, loaded.deviation),
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    assert dataset.load().train_inputs is loaded.train_inputs, "it is made once"


@pytest.mark.parametrize("samples", [0, -1, 9, 1798, 10**30])
def test_more_samples_than_there_are_are_refused(samples):
    digits = datasets.get("digits")
    for ask in (digits.at, digits.load):
        with pytest.raises(UserError) as caught:
            ask(DataOptions(samples=samples))
        assert (caught.value.field, caught.value.status) == ("samples", 422)
        assert "1797" in str(caught.value)


def test_a_source_with_a_test_part_of_its_own_gives_no_more():
    limited = replace(datasets.get("digits"), most_test=400)
    assert limited.at(DataOptions(test_share=400 / 1797)).test == 400
    with pytest.raises(UserError) as caught:
        limited.at(DataOptions(test_share=0.3))
    assert caught.value.field == "test_share" and "400" in str(caught.value)


def test_names_are_unique():
    with pytest.raises(ValueError, match="twice"):
        record.register(datasets.get("digits"))


@pytest.mark.parametrize("name", ["Digits", "", None, 3, ["digits"], "x" * 10_000])
def test_an_unknown_name_is_refused_in_a_short_sentence(name):
    with pytest.raises(UserError) as caught:
        datasets.get(name)
    assert caught.value.status == 404
    assert len(str(caught.value)) < 300


def test_listing_and_configuring_load_neither_torch_nor_scikit_learn():
    code = (
        "import sys, swishdemo.datasets, swishdemo.training as t\n"
        "from swishdemo.settings import Settings\n"
        "[d.as_json() for d in swishdemo.datasets.datasets()]\n"
        "[r.as_json() for r in t.recipes()]\n"
        "t.parse_run({'recipe': 'beta-convergence'}, Settings())\n"
        "heavy = 'torch', 'sklearn', 'scipy', 'sympy', 'pyarrow', 'PIL', 'huggingface_hub'\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
