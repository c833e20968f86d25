"""What is said of a run in words, from its summary alone."""

import re

import numpy as np
import pytest

from swishdemo.activations import activations, evaluate
from swishdemo.activations.registry import has_beta
from swishdemo.jobs.job import Job
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES, Sentence, catalogue
from swishdemo.training import TrainingConfig, recipes
from swishdemo.training.architecture import MIRRORED
from swishdemo.training.config import learns_beta, starts
from swishdemo.ui.run_text import (
    beta_note,
    line,
    network_note,
    score,
    titles,
    told,
    watched,
    what,
)


def test_a_run_is_called_by_its_recipe_and_what_differs():
    titles = {what(each.config.as_json(), "en") for each in recipes()}
    assert len(titles) == len(recipes())
    few = TrainingConfig(steps=40, beta_starts=(1.0, 2.0)).as_json()
    assert what(few, "en").startswith("β convergence · ")
    assert "40" in what(few, "en") and "1 2" in what(few, "en")
    many = TrainingConfig(dataset="moons", network="mlp", activation="tanh", steps=7, lr=0.5)
    assert what(many.as_json(), "en") == "Two moons · MLP · Tanh · 7 steps"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_value_is_told_as_the_fields_menu_has_it(language):
    labels = {each.name: each.label for each in activations()}
    for field in TrainingConfig.fields(Settings()).values():
        area = "data.title" if field.name == "dataset" else f"train.choice.{field.name}"
        for choice in field.choices:
            menu = f"{area}.{choice}"
            words = labels[choice] if field.formulas else catalogue()[menu][language]
            assert told(choice, field.name, language) == words
    assert told(["swish@-1.5"], "rivals", language) == "Swish, β ≡ −1.5"
    assert told(["leaky_relu", "=x*x"], "rivals", language) in (
        "Leaky ReLU, x*x",
        "Leaky ReLU、x*x",
    )
    assert told([0.5, 2.0], "beta_starts", language) == "0.5 2"
    assert told([], "rivals", language) == told(None, "csv", language) == "–"
    table = {"name": "mine.csv", "rows": 9, "columns": ["a", "b"]}
    assert told(table, "csv", language) == "mine.csv"
    assert told(table | {"name": ""}, "csv", language) == "9 × 2"
    config = TrainingConfig(optimiser="adamw", schedule="warmup").as_json()
    assert catalogue()["train.choice.schedule.warmup"][language] in what(config, language)


def test_a_score_is_r2_where_a_number_is_learned():
    table = {"name": "", "rows": 9, "columns": ["a", "b"], "class_names": [], "digest": ""}
    config = TrainingConfig().as_json()
    assert score(config) == "accuracy" and score(config | {"dataset": "sine"}) == "r2"
    assert score(config | {"dataset": "csv", "csv": table}) == "r2"
    named = table | {"class_names": ["no", "yes"]}
    assert score(config | {"dataset": "csv", "csv": named}) == "accuracy"


WITH_BETA = [each for each in activations() if has_beta(each.name)]


@pytest.mark.parametrize("activation", WITH_BETA, ids=lambda each: each.name)
def test_a_negative_beta_is_called_a_mirror_of_those_that_it_mirrors(activation):
    x = np.linspace(-4, 4, 33)
    f, of_minus = (evaluate(activation, x, {"beta": beta}).f for beta in (1.7, -1.7))
    mirrors = np.allclose(of_minus, x - f, atol=1e-12)
    assert mirrors == (activation.name in MIRRORED)
    config = TrainingConfig(activation=activation.name, rivals=(), beta_starts=(1.0,), seeds=2)
    record, negative = config.as_json(), {"beta": [[1.0, -1.7], [1.0, 2.0]]}
    note = beta_note(record, negative, True, False, "en")
    assert "negative in layer 1 (1 of 2 networks)" in note and mirrors == ("mirrored" in note)
    of_one = network_note(record, activation.name, {"beta": -1.7}, "en")
    assert mirrors == (f"x minus {activation.label} with β = 1.7" in of_one) == bool(of_one)
    assert network_note(record, activation.name, {"beta": 1.7}, "en") == ""
    assert network_note(record, "relu", {}, "en") == ""
    channels = config.replace(beta_scope="channel").as_json()  # a mean tells no channel's sign
    assert network_note(channels, activation.name, {"beta": -1.7}, "zh") == ""


VARIATIONS = (
    {},
    {"beta_scope": "fixed"},
    {"beta_lr_factor": 0.0},
    {"activation": "tanh", "rivals": ()},
    {"beta_starts": (1.0,), "seeds": 1},
    {"weight_decay": 0.0, "beta_decay": 0.0},
    {"dataset": "sine", "network": "mlp", "objective": "mse"},
)


@pytest.mark.parametrize("changes", VARIATIONS, ids=str)
@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.name)
def test_no_words_suppose_what_a_config_does_not_have(recipe, changes):
    config = recipe.config.replace(**changes)
    record, moves = config.as_json(), learns_beta(config)
    begun = starts(config)
    betas = [] if begun == (None,) else [[1.0] * len(begun) * config.seeds] * config.depth
    note = beta_note(record, {"beta": betas}, moves, False, "en")
    heads = " ".join(titles(record, "beta" if moves else "effective", "en").values())
    said = f"{note} {heads}"
    if not moves:
        assert not re.search(r"learns|\bQ\b|start|decay|converge", said, re.IGNORECASE)
        assert watched(record).first != "beta" and "β convergence" not in what(record, "en")
    if begun == (None,):
        assert note == ""
    if len(begun) == 1:
        assert "One line per" not in said and "starts" not in said
        if config.seeds == 1:
            assert "mean" not in said and "±" not in said
    if config.weight_decay + config.beta_decay > 0:
        assert "Without decay" not in said
    assert ("R²" in heads) == (record["dataset"] == "sine") != ("accuracy" in heads)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ["running", "finished"])
def test_a_run_on_the_cpu_says_why_the_gpu_that_is_there_was_not_used(language, state):
    def said(device="auto", on="cpu", **noted):
        config = TrainingConfig(device=device).as_json()
        told = Job("it", "run", "anna", config, 0.0, state=state, host=noted, seconds=1.0)
        return line(told, [{"device": on, "diverged": [], "step": 3}], language)

    why = Sentence("hardware.old_driver", driver="11.4", runtime="CUDA 12.9")
    assert why.sentence(language) in said(gpu_gap=why.as_json())
    for other in (
        said(),
        said(gpu_gap=None),
        said(gpu_gap={"key": 3}),
        said(device="cpu", gpu_gap=why.as_json()),
        said(on="cuda", gpu_gap=why.as_json()),
    ):
        assert why.sentence(language) not in other
    assert said() == said(gpu_gap={"key": 3})
