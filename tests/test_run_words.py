"""What is said of a run in words, from its summary alone."""

from types import SimpleNamespace

from swishdemo.ui.runwords import tie


def job(*activations, state="finished", share=0.5):
    names = ("swish", "relu", "=x*x")
    told = [
        {"activation": name, "accuracy": {"mean": mean, "deviation": deviation}}
        for name, (mean, deviation) in zip(names, activations, strict=False)
    ]
    return SimpleNamespace(state=state, summary={"activations": told, "share": share})


def test_a_tie_is_said_of_rivals_within_the_spread_and_of_no_others():
    near = job((0.95, 0.01), (0.955, 0.002), (0.7, 0.01))
    assert tie(near, "en").startswith("The score here ties with ReLU, within")
    both = job((0.95, 0.01), (0.955, 0.002), (0.9, 0.1))
    assert "ReLU, x*x," in tie(both, "en") and "ReLU, x*x" in tie(both, "zh")
    for other in (
        job((0.95, 0.01), (0.5, 0.01)),
        job((0.95, None), (0.95, None)),  # one seed has no spread
        job((None, None), (0.95, 0.01)),  # all have diverged
        job((0.95, 0.01)),
        job((0.95, 0.01), (0.95, 0.01), share=None),  # it has no beta
        job((0.95, 0.01), (0.95, 0.01), state="running"),
        SimpleNamespace(state="finished", summary=None),
    ):
        assert tie(other, "en") == ""
