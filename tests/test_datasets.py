import json
import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from swishdemo import datasets
from swishdemo.datasets import registry
from swishdemo.errors import UserError
from swishdemo.text import text


def test_digits_are_those_of_scikit_learn_split_and_standardised_by_the_training_part():
    bunch = load_digits()
    order = np.random.RandomState(0).permutation(1797)
    pixels = bunch.images[order[:1437]]
    split = datasets.get("digits").load()
    assert split.mean == pytest.approx(pixels.mean(), rel=1e-12)
    assert split.deviation == pytest.approx(pixels.std(), rel=1e-12)
    back = np.concatenate([split.train_inputs, split.test_inputs])[:, 0] * split.deviation
    np.testing.assert_allclose(back + split.mean, bunch.images[order], atol=1e-5)
    labels = np.concatenate([split.train_labels, split.test_labels])
    np.testing.assert_array_equal(labels, bunch.target[order])
    assert split.train_inputs.mean(dtype=np.float64) == pytest.approx(0, abs=1e-6)
    assert split.train_inputs.std(dtype=np.float64) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("dataset", datasets.datasets(), ids=lambda dataset: dataset.name)
def test_what_is_listed_is_what_is_loaded(dataset):
    split = dataset.load()
    assert split.train_inputs.shape == (dataset.train, *dataset.shape)
    assert split.test_inputs.shape == (dataset.test, *dataset.shape)
    assert split.train_inputs.dtype == split.test_inputs.dtype == np.float32
    assert set(split.train_labels) == set(split.test_labels) == set(range(dataset.classes))
    assert np.isfinite(split.train_inputs).all() and np.isfinite(split.test_inputs).all()
    listed = json.loads(json.dumps(dataset.as_json()))
    assert listed["train"] == len(split.train_labels)
    assert listed["shape"] == list(dataset.shape)
    assert text(dataset.title, "en") and text(dataset.title, "zh")


def test_loaded_arrays_cannot_be_changed_under_the_next_run():
    with pytest.raises(ValueError, match="read-only"):
        datasets.get("digits").load().train_inputs[0] = 0


def test_names_are_unique():
    with pytest.raises(ValueError, match="twice"):
        registry.register(datasets.get("digits"))


@pytest.mark.parametrize("name", ["mnist", "", None, 3, ["digits"], "x" * 10_000])
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
        "t.TrainingConfig.parse({'recipe': 'beta-convergence'}, Settings())\n"
        "print([m for m in ('torch', 'sklearn', 'scipy', 'sympy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
