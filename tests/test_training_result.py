"""The sentence of a run's result, on summaries of every kind of run and end."""

import re

import pytest

from swishdemo.text import LANGUAGES
from swishdemo.training import TrainingConfig
from swishdemo.training.in_words import Interval, result
from swishdemo.training.summary import LayerBetas


def entry(activation, mean, deviation=0.01, replicas=6, diverged=0, **more):
    accuracy = {"mean": mean, "deviation": deviation}
    return {
        "activation": activation, "replicas": replicas, "diverged": diverged,
        "accuracy": accuracy, "loss": accuracy, **more,
    }  # fmt: skip


def summary(*activations, **fields):
    start = {
        "step": 500, "steps": 500, "convergence": [0.01, 0.02], "converged_step": None,
        "share": None, "best_share": None, "best_share_step": None, "betas": [],
        "ended": "steps", "diverged": sum(each["diverged"] for each in activations),
        "elapsed_seconds": 1.0, "activations": list(activations),
    }  # fmt: skip
    return start | fields


def betas(*means):
    return [LayerBetas(mean, 36, 30, 0, 0, 0).as_json() for mean in means]


def said(told, state="finished", language="en", **fields):
    return result(TrainingConfig(**fields).as_json(), told, state, language)


SWISH, RELU = entry("swish", 0.978, replicas=36), entry("relu", 0.976)
FIXED = {"beta_starts": (1.0,), "beta_scope": "fixed"}


def test_starts_that_met_are_told_with_where_the_layers_lie_and_the_rivals():
    met = summary(SWISH, RELU, converged_step=240, betas=betas(1.21, 0.95))
    words = said(met, rivals=("relu",))
    assert words == (
        "All six starts met after 240 steps, at |β| ≈ 1.2 and 0.95; layer 1 lies in the article’s "
        "range, layer 2 just below. Swish and ReLU score alike (test accuracy 0.976–0.978): the "
        "seeds separate no winner."
    )
    same = said(met | {"betas": betas(1.2, 1.2)}, rivals=("relu",))
    assert "at |β| ≈ 1.2; all layers lie in the article’s range." in same


def test_starts_that_did_not_meet_are_told_apart():
    words = said(summary(SWISH, convergence=[0.54, 0.1], betas=betas(3, 8)), rivals=())
    assert "met after" not in words and "still apart" in words and "0.54" in words
    # Near each other for a moment is not met.
    assert "met after" not in said(summary(SWISH, betas=betas(3, 8)), rivals=())


@pytest.mark.parametrize(
    ("others", "winner", "behind"),
    [
        ([(0.95, 0.01), (0.955, 0.01)], None, []),
        ([(0.95, 0.01), (0.99, 0.001)], "ReLU", ["Swish"]),
        ([(0.99, 0.001), (0.95, 0.01)], "Swish", ["ReLU"]),
        ([(0.95, 0.01), (0.955, 0.01), (0.5, 0.01)], None, ["GELU"]),
        # A mean far above, of seeds that are farther apart still.
        ([(0.5, 0.3), (0.9, 0.3)], None, []),
        ([(1.0, 0.0), (1.0, 0.0)], None, []),
        ([(None, None), (0.9, 0.01)], None, []),
    ],
)
@pytest.mark.parametrize("state", ["running", "paused", "finished", "stopped", "failed"])
def test_a_winner_is_named_only_where_the_seeds_separate_it(others, winner, behind, state):
    names = ("swish", "relu", "gelu")[: len(others)]
    entries = [entry(name, *each) for name, each in zip(names, others, strict=True)]
    words = said(summary(*entries), state, rivals=names[1:], **FIXED)
    found = re.findall(r"(\S+) is ahead", words)
    alone = others[0][0] is None
    assert found == ([winner] if winner else ["ReLU"] if alone else [])
    told = re.search(r"Clearly behind: (.*)\.", words)
    assert [each for each in ("Swish", "ReLU", "GELU") if told and each in told[1]] == behind


def test_one_seed_separates_nobody():
    told = summary(entry("swish", 0.9, None, 1), entry("relu", 0.1, None, 1))
    words = said(told, seeds=1, rivals=("relu",), **FIXED)
    assert "no winner" in words and "ahead" not in words and "behind" not in words


def test_networks_of_several_starts_are_no_more_than_their_seeds():
    wide, narrow = (Interval.of(entry("swish", 0.9, 0.1, 36), seeds) for seeds in (2, 36))
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)


@pytest.mark.parametrize(("seeds", "t"), [(2, 12.706), (14, 2.160), (16, 2.131), (21, 2.086)])
def test_an_interval_of_many_seeds_is_as_wide_as_student_says(seeds, t):
    found = Interval.of(entry("swish", 0.9, 0.1, seeds), seeds)
    assert found.high - found.mean == pytest.approx(t * 0.1 / seeds**0.5, rel=1e-3)


def test_dead_units_are_told_where_some_are_dead():
    told = summary(entry("swish", 0.94, dead=0.0), entry("relu", 0.09, dead=1.0))
    words = said(told, rivals=("relu",), **FIXED)
    assert words.startswith("Dead units: none with Swish and all with ReLU.")
    few = summary(entry("swish", 0.94, dead=0.0), entry("relu", 0.93, dead=0.03))
    assert "Dead" not in said(few, rivals=("relu",), **FIXED)


def test_diverged_networks_are_counted_with_whose_they_are():
    lost = summary(entry("swish", None, None, 6, 6), entry("relu", 0.9, 0.1, 6, 2))
    words = said(lost, "failed", rivals=("relu",), **FIXED)
    assert words.startswith("Failed at step 500 of 500.")
    assert words.endswith("8 of 12 networks diverged (Swish and ReLU).")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ["running", "paused", "finished", "stopped", "failed"])
def test_extremes_have_a_sentence_in_every_language(state, language):
    nothing = entry("swish", None, None, 6, 6)
    for told, fields in (
        (summary(nothing, betas=[None, None], convergence=[None, None]), {}),
        (summary(SWISH, betas=betas(1e30, 1e-30, 0.0), converged_step=0), {}),
        (summary(SWISH, betas=betas(*[1.2] * 30, 5), converged_step=5), {}),
        (summary(SWISH, betas=betas(1.2, 3)), {"beta_starts": (-2.0,)}),
        (summary(entry("swish", -1e30, 1e30)), {"dataset": "sine", "objective": "mse", **FIXED}),
        (summary(SWISH, *[entry("=x*x", 0.5) for _ in range(20)]), FIXED),
        (summary(SWISH, RELU, betas=betas(1.2, 1.1), step=0), {"beta_scope": "network"}),
    ):
        words = said(told, state, language, rivals=(), **fields)
        assert words or told["activations"] == [nothing]
        assert "{" not in words and "nan" not in words and "None" not in words
        assert len(words) < 700
        assert ("Step" in words or "步" in words) or state == "finished" or "step" in words


def test_there_is_no_sentence_before_a_report():
    assert said(None, "running") == ""
