"""What is said of a run in words, from its summary alone."""

from types import SimpleNamespace

from swishdemo.training import TrainingConfig, recipes
from swishdemo.ui.runwords import score, tie, what


def job(*activations, state="finished", **fields):
    names = ("swish", "relu", "=x*x")
    config = TrainingConfig(rivals=names[1 : len(activations)], **fields)
    told = [
        {"activation": name, "accuracy": {"mean": mean, "deviation": deviation}}
        for name, (mean, deviation) in zip(names, activations, strict=False)
    ]
    return SimpleNamespace(state=state, summary={"activations": told}, config=config.as_json())


def test_a_tie_is_said_of_rivals_within_the_spread_and_of_no_others():
    near = job((0.95, 0.01), (0.955, 0.002), (0.7, 0.01))
    assert tie(near, "en").startswith("The score here ties with ReLU, within")
    assert tie(near, "en").endswith("what β learns, not the score.")
    fixed = job((0.95, 0.01), (0.955, 0.002), (0.7, 0.01), beta_scope="fixed")
    assert "β" not in tie(fixed, "en") and tie(near, "en").startswith(tie(fixed, "en"))
    both = job((0.95, 0.01), (0.955, 0.002), (0.9, 0.1))
    assert "ReLU, x*x," in tie(both, "en") and "ReLU, x*x" in tie(both, "zh")
    for other in (
        job((0.95, 0.01), (0.5, 0.01)),
        job((0.56, 0.01), (0.56, 0.01), (0.7, 0.01)),  # one does better
        job((0.95, None), (0.95, None)),  # one seed has no spread
        job((None, None), (0.95, 0.01)),  # all have diverged
        job((0.95, 0.01)),
        job((0.95, 0.01), (0.95, 0.01), state="running"),
        SimpleNamespace(state="finished", summary=None, config={}),
    ):
        assert tie(other, "en") == ""


def test_a_run_is_called_by_its_recipe_and_what_differs():
    titles = {what(each.config.as_json(), "en") for each in recipes()}
    assert len(titles) == len(recipes())
    few = TrainingConfig(steps=40, beta_starts=(1.0, 2.0)).as_json()
    assert what(few, "en").startswith("β convergence · ")
    assert "40" in what(few, "en") and "1 2" in what(few, "en")
    many = TrainingConfig(dataset="moons", network="mlp", activation="tanh", steps=7, lr=0.5)
    assert what(many.as_json(), "en") == "Two moons · MLP · Tanh · 7 steps"


def test_a_score_is_r2_where_a_number_is_learned():
    table = {"name": "", "rows": 9, "columns": ["a", "b"], "class_names": [], "digest": ""}
    config = TrainingConfig().as_json()
    assert score(config) == "accuracy" and score(config | {"dataset": "sine"}) == "r2"
    assert score(config | {"dataset": "csv", "csv": table}) == "r2"
    named = table | {"class_names": ["no", "yes"]}
    assert score(config | {"dataset": "csv", "csv": named}) == "accuracy"
