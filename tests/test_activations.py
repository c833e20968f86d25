"""The registry, and what is derived from its records."""

import dataclasses
import re
import subprocess
import sys

import mpmath as mp
import numpy as np
import pytest

from swishdemo.activations import Landmark, Parameter, activations, evaluate, get, names
from swishdemo.activations.analysis.properties import landmarks
from swishdemo.activations.registry import index
from swishdemo.activations.symbolic.derive import breaks, latex, latex_derivative
from swishdemo.errors import UserError
from swishdemo.text import LANGUAGES, text

NEEDED = {
    *("swish", "relu", "leaky_relu", "prelu", "elu", "selu", "gelu", "gelu_tanh", "mish"),
    *("hardswish", "softplus", "sigmoid", "tanh"),
}
EACH = pytest.mark.parametrize("activation", activations(), ids=lambda a: a.name)


def test_the_registry_has_what_the_article_compares():
    assert set(names()) >= NEEDED
    assert tuple(a.name for a in activations()) == names()
    assert get("swish").parameters == (Parameter("beta", 1.0, -10.0, 10.0, r"\beta"),)


def test_a_duplicate_name_raises():
    with pytest.raises(ValueError, match="activation relu is registered twice"):
        index([get("relu"), get("swish"), get("relu")])


@pytest.mark.parametrize("name", ["swich", "", None, 3, ["relu"], "x" * 10**6])
def test_an_unknown_name_is_a_404(name):
    with pytest.raises(UserError) as refused:
        get(name)
    assert (refused.value.status, refused.value.field) == (404, "activation")
    assert len(str(refused.value)) < 300 and f"{len(names())}" in str(refused.value)
    assert refused.value.sentence("zh") != refused.value.sentence("en")


@EACH
def test_records_are_complete(activation):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", activation.name)
    assert 1950 <= activation.year <= 2026
    assert re.search(r"https://\S+$", activation.source)
    for language in LANGUAGES:
        assert text(f"activations.family.{activation.family}", language)
        assert 10 <= len(text(f"activations.purpose.{activation.name}", language)) <= 120
    for parameter in activation.parameters:
        assert parameter.low <= parameter.default <= parameter.high
    with pytest.raises(dataclasses.FrozenInstanceError):
        activation.year = 1


def test_labels_and_names_are_of_one_each():
    assert len({a.label for a in activations()}) == len(activations())


@EACH
def test_latex_is_well_formed(activation):
    for written in (latex(activation), latex_derivative(activation)):
        assert written.count("{") == written.count("}")
        assert written.count(r"\left") == written.count(r"\right")
        assert written.count(r"\begin") == written.count(r"\end")
        # No class name of ours and no Dirac delta got through.
        assert not re.search(r"Where|Sigmoid|Normal|Constant|Piecewise|delta", written)


def test_latex_is_as_one_writes_it():
    assert latex(get("swish")) == r"x \sigma\left(\beta x\right)"
    assert latex(get("relu")) == r"\begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}"
    assert latex(get("gelu")) == r"x \Phi\left(x\right)"


def test_breaks_are_found_in_the_formula():
    found = {a.name: breaks(a) for a in activations() if breaks(a)}
    expected = {
        **dict.fromkeys(("relu", "leaky_relu", "prelu", "elu", "selu", "softsign"), (0.0,)),
        "hardswish": (-3.0, 3.0),
        "hardsigmoid": (-3.0, 3.0),
        "hardtanh": (-1.0, 1.0),
        "relu6": (0.0, 6.0),
    }
    assert {name: found[name] for name in expected} == expected
    assert not {"swish", "gelu", "mish", "softplus", "sigmoid", "tanh"} & set(found)


@EACH
def test_at_a_break_one_side_holds_and_the_other_differs(activation):
    def at(x):
        here = evaluate(activation, [x])
        return np.array([here.f[0], here.df[0], here.d2f[0]])

    for place in breaks(activation):
        here, left, right = at(place), at(place - 1e-9), at(place + 1e-9)
        assert np.allclose(here, left, atol=1e-7) or np.allclose(here, right, atol=1e-7)
        if activation.name != "isrlu":  # only its third derivative jumps
            assert np.abs(left - right).max() > 1e-3


@pytest.mark.parametrize("beta", [1.0, 0.1, 10.0, 1.702, -1.0, -7.5, 1e-300, 1e300])
def test_landmarks_of_swish_are_exact(beta):
    with mp.workdps(40):
        w = mp.lambertw(mp.exp(-1)).real
        z = mp.findroot(lambda z: z * mp.tanh(z / 2) - 2, 2.4)
        sigma = 1 / (1 + mp.exp(-z))
        slope = sigma + z * sigma * (1 - sigma)
        expected = [
            ("minimum" if beta > 0 else "maximum", -(1 + w) / beta, -w / beta, 0),
            ("steepest", z / beta, z * sigma / beta, slope),
            ("shallowest", -z / beta, -z * (1 - sigma) / beta, 1 - slope),
        ]
        *found, zero = landmarks(get("swish"), {"beta": beta})
        assert zero == Landmark("zero", 0.0, 0.0, 0.5)
        for mark, (kind, *numbers) in zip(found, expected, strict=True):
            assert mark.kind == kind
            for computed, true in zip((mark.x, mark.value, mark.slope), numbers, strict=True):
                assert computed == pytest.approx(float(true), rel=1e-15, abs=0)


@pytest.mark.parametrize("beta", [0.0, -0.0, 1e-320])
def test_a_line_has_no_landmark_but_its_zero(beta):
    assert [mark.kind for mark in landmarks(get("swish"), {"beta": beta})] == ["zero"]


@pytest.mark.parametrize("beta", [1.0, -2.0])
def test_landmarks_are_what_their_names_say(beta):
    grid = np.linspace(-12, 12, 24_001)
    curve = evaluate(get("swish"), grid, {"beta": beta})
    marks = {mark.kind: mark for mark in landmarks(get("swish"), {"beta": beta})}
    assert marks["steepest"].slope >= curve.df.max()
    assert marks["shallowest"].slope <= curve.df.min()
    if beta > 0:
        assert marks["minimum"].value <= curve.f.min()
    else:
        here = np.abs(grid - marks["maximum"].x) < 0.5
        assert marks["maximum"].value >= curve.f[here].max()


def test_landmarks_that_are_searched():
    minimum, *others = landmarks(get("gelu"))
    assert [(m.kind, m.x) for m in others] == [
        ("shallowest", -(2**0.5)),
        ("steepest", 2**0.5),
        ("zero", 0.0),
    ]
    with mp.workdps(40):
        true = mp.findroot(lambda x: mp.ncdf(x) + x * mp.npdf(x), -0.75)
    assert (minimum.kind, minimum.x) == ("minimum", pytest.approx(float(true), rel=1e-15))
    assert [m.kind for m in landmarks(get("sigmoid"))] == ["steepest"]
    assert landmarks(get("softplus")) == ()


def test_landmarks_stand_on_breaks_too():
    assert landmarks(get("hardswish")) == (
        Landmark("minimum", -1.5, -0.375, 0.0),
        Landmark("shallowest", -3.0, 0.0, -0.5),
        Landmark("steepest", 3.0, 3.0, 1.5),
        Landmark("zero", 0.0, 0.0, 0.5),
        Landmark("zero", -np.inf, 0.0, 0.0, -3.0),
    )
    assert landmarks(get("relu")) == (Landmark("zero", -np.inf, 0.0, 0.0, 0.0),)
    assert landmarks(get("relu"))[0].as_json() == {
        **{"kind": "zero", "x": None, "value": 0.0, "slope": 0.0, "end": 0.0}
    }


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.long)])
def test_many_threads_get_one_answer(every):
    code = (
        "import numpy as np\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from swishdemo.activations import evaluate, activations\n"
        "x = np.linspace(-800, 800, 11)\n"
        f"some = activations()[::{every}]\n"
        "jobs = [a for a in some for _ in range(4)]\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    found = list(pool.map(lambda a: evaluate(a, x).d2f.tobytes(), jobs))\n"
        "assert len({(a.name, d) for a, d in zip(jobs, found)}) == len(some)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=600)
