"""Landmarks and properties, against brute force, closed forms and mpmath."""

import json
import math

import mpmath as mp
import numpy as np
import pytest
from activation_oracle import ORACLE
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from swishdemo.activations import activations, evaluate, get, parse_formula
from swishdemo.activations.analysis.ends import Ends, has_waves
from swishdemo.activations.analysis.properties import described, landmarks, properties, scaled
from swishdemo.activations.analysis.search import changes
from swishdemo.activations.evaluation import tape
from swishdemo.activations.symbolic.derive import derive
from swishdemo.activations.symbolic.tape import record
from swishdemo.claims import CLAIMS, proofs
from swishdemo.claims.record import Instant
from swishdemo.generate import FILES, same

EACH = pytest.mark.parametrize("activation", activations(), ids=lambda a: a.name)
# A failing example is looked at as it is: to make it smaller takes minutes.
QUICK = (Phase.explicit, Phase.generate)
TUNED = [activation for activation in activations() if activation.parameters]
# Many points near 0, some at every size; none is a break, so that no slope is one-sided.
FAR = np.geomspace(30.001, 1e7, 60)
NEAR = np.linspace(-30, 30, 6007) + 1e-5
MANY = np.sort(np.concatenate([NEAR, FAR, -FAR]))
# Where most are all but their asymptotes a value takes long: there every fifth is enough.
SAMPLE = np.sort(np.concatenate([NEAR[np.abs(NEAR) < 8], NEAR[np.abs(NEAR) >= 8][::5], FAR, -FAR]))


def facts(activation, parameters=None):
    return properties(activation, parameters)


def check_by_brute_force(activation, parameters, sample=SAMPLE):
    """No sampled value beats what is claimed, and what is claimed is come to."""
    found = properties(activation, parameters)
    curve = evaluate(activation, sample, parameters)
    check_bound(found.low, -1, curve.f)
    check_bound(found.high, 1, curve.f)
    size = np.abs(curve.df)
    if found.lipschitz.kind in ("attained", "approached"):
        assert size.max() <= found.lipschitz.value * (1 + 1e-12)
        assert size.max() >= found.lipschitz.value * 0.98 - 1e-3  # points are 0.01 apart
    signs = np.sign(np.where(size > 1e-300, curve.df, 0))
    # The last digits of a value may be wrong by 10⁻¹².
    steps = np.diff(curve.f)
    steps[np.abs(steps) < 2e-12 * np.abs(curve.f[1:])] = 0
    if found.monotone == "increasing":
        assert (signs >= 0).all() and (steps >= 0).all() and (signs > 0).any()
    elif found.monotone == "decreasing":
        assert (signs <= 0).all() and (steps <= 0).all() and (signs < 0).any()
    elif found.monotone == "constant":
        assert np.ptp(curve.f) == 0
    else:
        assert found.monotone == "no" and np.ptp(np.sign(steps)) == 2
    # Slopes of chords rise on a convex curve.
    near = sample[np.abs(sample) < 30]
    chords = np.diff(curve.f[np.abs(sample) < 30]) / np.diff(near)
    turns = np.diff(chords)[np.abs(np.diff(chords)) > 1e-9 * np.abs(chords).max()]
    bends = set(np.sign(turns))
    assert bends <= {"convex": {1}, "concave": {-1}, "both": set(), "no": {1, -1}}[found.convex]
    check_zeros(activation, parameters, found, curve.f, sample)
    check_extremes(activation, parameters, found, curve, sample)


def check_bound(bound, side, values):
    best = side * (side * values).max()
    if bound.kind == "unbounded":
        assert side * best > 30
        return
    assert bound.kind in ("attained", "approached")
    assert side * best <= side * bound.value + 1e-12 * max(1, abs(bound.value))
    assert abs(best - bound.value) <= 0.01 * max(1, abs(bound.value))  # as far apart are points


def check_zeros(activation, parameters, found, values, sample):
    """Every sampled change of sign has one zero, and every flat sample lies in a stretch."""
    zeros = found.zeros
    jumped = found.smooth == -1  # a jump may pass over 0
    changed = np.flatnonzero(values[:-1] * values[1:] < 0)
    for place in changed:
        low, high = sample[place], sample[place + 1]
        inside = [x for x in zeros.at if low <= x <= high]
        ends = [x for stretch in zeros.flat for x in stretch if low <= x <= high]
        assert len(inside) + len(ends) == 1 or zeros.kind != "all" or jumped
    flat = sample[(values == 0) & (np.abs(sample) < 12)]
    for x in flat:
        # Alone, for of thousands that cancel not all are given the digits that they need.
        if not any(low <= x <= high for low, high in zeros.flat):
            assert evaluate(activation, [x], parameters).f[0] != 0
    if zeros.kind == "all":
        assert len(zeros.at) <= len(changed) + 1


def check_extremes(activation, parameters, found, curve, sample):
    """Sampled dips and tops are landmarks, and landmarks of f are dips and tops."""
    marks = landmarks(activation, parameters)
    inner = curve.f[1:-1]
    room = 1e-13 * (1 + np.abs(inner))
    for kind, sign in (("minimum", 1), ("maximum", -1)):
        dips = np.flatnonzero(
            (sign * (curve.f[:-2] - inner) > room) & (sign * (curve.f[2:] - inner) > room)
        )
        listed = [mark for mark in marks if mark.kind == kind]
        if found.smooth == -1:
            dips = dips[:0]  # beside a jump a sample dips where no value is the least
        if has_waves(derive(activation).f) and listed:
            # Of those without end the nearest are listed.
            near = min(abs(listed[0].x), abs(listed[-1].x))
            dips = dips[np.abs(sample[dips + 1]) < near]
        for dip in dips:
            assert any(sample[dip] <= mark.x <= sample[dip + 2] for mark in listed)
        for mark in listed:
            step = 1e-4 * max(1e-3, abs(mark.x))
            beside = evaluate(activation, [mark.x - step, mark.x + step], parameters).f
            assert (sign * (beside - mark.value) >= 0).all()


@EACH
def test_no_sample_beats_what_is_claimed(activation):
    check_by_brute_force(activation, activation.defaults())


@pytest.mark.long
@EACH
def test_no_sample_of_many_beats_what_is_claimed(activation):
    check_by_brute_force(activation, activation.defaults(), MANY)


@pytest.mark.parametrize("activation", TUNED, ids=lambda a: a.name)
@settings(max_examples=1, deadline=None, derandomize=True, phases=QUICK)
@given(data=st.data())
def test_nor_at_other_parameters(activation, data):
    check_at_other_parameters(activation, data)


@pytest.mark.long
@pytest.mark.parametrize("activation", TUNED, ids=lambda a: a.name)
@settings(max_examples=12, deadline=None, derandomize=True, phases=QUICK)
@given(data=st.data())
def test_nor_at_many_others(activation, data):
    check_at_other_parameters(activation, data)


def check_at_other_parameters(activation, data):
    values = {
        each.name: data.draw(
            st.one_of(
                st.floats(each.low, each.high).map(lambda v: round(v, 3)),
                st.sampled_from([each.low, each.high, each.default]),
            ),
            each.name,
        )
        for each in activation.parameters
    }
    if activation.name == "swish" and 0 < abs(values["beta"]) < 0.3:
        return  # wider than the sample
    check_by_brute_force(activation, values)


@EACH
def test_limits_are_what_the_formula_comes_to(activation):
    found = properties(activation)
    oracle = ORACLE.get(activation.name)
    if oracle is None:
        pytest.skip("no formula by hand")
    values = [mp.mpf(value) for value in activation.defaults().values()]
    for side, limit in ((-1, found.left), (1, found.right)):
        with mp.workdps(60):
            far = [(x, oracle(x, *values)) for x in (side * mp.mpf(10) ** k for k in (6, 9, 12))]
            for x, value in far:
                if limit.kind == "number":
                    assert abs(value - limit.value) <= 1e-15 + 10 / abs(x)
                elif limit.kind == "line":
                    line = mp.mpf(limit.slope) * x + limit.offset
                    assert abs(value - line) <= 1e-15 * abs(x) + 10 / abs(x)
                    assert mp.sign(value) == mp.sign(limit.value)
                else:
                    assert limit.kind in ("infinite", "oscillating")


@EACH
def test_places_are_right_to_the_last_digits(activation):
    """By mpmath, from the formula as it is written by hand."""
    oracle = ORACLE.get(activation.name)
    if oracle is None:
        pytest.skip("no formula by hand")
    values = [mp.mpf(value) for value in activation.defaults().values()]
    breaks = {mark.x for mark in landmarks(activation)} & {-3.0, 3.0, -1.0, 1.0, 0.0, 6.0}
    orders = {"minimum": 1, "maximum": 1, "steepest": 2, "shallowest": 2}
    for mark in landmarks(activation):
        if mark.kind not in orders or mark.x in breaks:
            continue
        with mp.workdps(60):

            def slope(x, order=orders[mark.kind]):
                return mp.diff(lambda z: oracle(z, *values), x, order)

            true = mp.findroot(slope, (mark.x * 0.999 - 1e-6, mark.x * 1.001 + 1e-6), tol=1e-25)
            assert mark.x == pytest.approx(float(true), rel=1e-14, abs=1e-15)
            assert mark.value == pytest.approx(float(oracle(true, *values)), rel=1e-14, abs=1e-15)


@pytest.mark.parametrize(
    ("name", "parameters", "low", "lipschitz"),
    [
        ("gelu", {}, -0.16997120747990366, 1.1289041451851547),
        ("mish", {}, -0.3088434130172504, 1.088498161251728),
        ("swish", {}, -0.2784645427610738, 1.099839320128867),
        ("swish", {"beta": 2.0}, -0.2784645427610738 / 2, 1.099839320128867),
        ("hardswish", {}, -0.375, 1.5),
        ("selu", {}, -1.0507009873554805 * 1.6732632423543772, 1.7580993408473766),
        ("elu", {}, -1.0, 1.0),
        ("elu", {"alpha": 2.5}, -2.5, 2.5),
        ("elu", {"alpha": 0.0}, 0.0, 1.0),
        ("softplus", {}, 0.0, 1.0),
        ("sigmoid", {}, 0.0, 0.25),
        ("tanh", {}, -1.0, 1.0),
        ("hardsigmoid", {}, 0.0, 1 / 6),
    ],
)
def test_closed_forms(name, parameters, low, lipschitz):
    found = properties(get(name), parameters)
    assert found.low.value == pytest.approx(low, rel=1e-14, abs=0)
    assert found.lipschitz.value == pytest.approx(lipschitz, rel=1e-14)


def test_what_is_reached_and_what_is_not():
    kinds = {
        name: (properties(get(name)).low.kind, properties(get(name)).high.kind)
        for name in ("relu", "relu6", "elu", "sigmoid", "swish", "leaky_relu")
    }
    assert kinds == {
        "relu": ("attained", "unbounded"),
        "relu6": ("attained", "attained"),
        "elu": ("approached", "unbounded"),
        "sigmoid": ("approached", "approached"),
        "swish": ("attained", "unbounded"),
        "leaky_relu": ("unbounded", "unbounded"),
    }
    assert properties(get("softplus")).lipschitz.kind == "approached"
    assert properties(get("sigmoid")).lipschitz.kind == "attained"


@pytest.mark.parametrize(
    ("name", "parameters", "smooth"),
    [
        *((name, {}, 0) for name in ("relu", "leaky_relu", "selu", "hardswish", "relu6")),
        ("elu", {}, 1),
        ("elu", {"alpha": 1.5}, 0),
        ("leaky_relu", {"slope": 1.0}, math.inf),
        ("softsign", {}, 1),
        *((name, {}, math.inf) for name in ("swish", "gelu", "mish", "tanh", "softplus")),
    ],
)
def test_smoothness(name, parameters, smooth):
    assert properties(get(name), parameters).smooth == smooth


def test_gates_and_symmetry():
    for name, expected in {
        **dict.fromkeys(("swish", "gelu", "mish", "relu", "hardswish", "quick_gelu"), "yes"),
        **dict.fromkeys(("elu", "leaky_relu", "tanh", "sigmoid", "softplus", "relu6"), "no"),
    }.items():
        assert properties(get(name)).gate == expected
    assert properties(get("swish"), {"beta": 0.0}).gate == "no"
    assert properties(get("swish"), {"beta": -2.0}).gate == "yes"
    parities = {name: properties(get(name)).parity for name in ("tanh", "swish", "softsign")}
    assert parities == {"tanh": "odd", "swish": "no", "softsign": "odd"}
    assert properties(get("tanh")).centred == "yes"
    assert properties(get("relu")).centred == properties(get("sigmoid")).centred == "no"


FORMULAS = [
    # formula, low, high, left, right, Lipschitz, monotone, convex, smooth, zeros
    ("x + sin(x)**2", None, None, "infinite", "infinite", 2, "increasing", "no", None, [0.0]),
    ("x*cos(x)", None, None, "oscillating", "oscillating", None, "no", "no", None, "endless"),
    ("sin(x)", -1, 1, "oscillating", "oscillating", 1, "no", "no", None, "endless"),
    ("exp(sin(x))", math.exp(-1), math.e, "oscillating", "oscillating", ..., "no", "no", None, []),
    ("1/x", None, None, "number", "number", None, "no", "no", -1, []),
    ("log(x)", None, None, "none", "infinite", None, "increasing", "concave", None, [1.0]),
    ("sqrt(x)", 0, None, "none", "infinite", None, "increasing", "concave", None, [0.0]),
    ("abs(x)", 0, None, "line", "line", 1, "no", "convex", 0, [0.0]),
    ("abs(x*x-2)", 0, None, "infinite", "infinite", None, "no", "no", 0, [-(2**0.5), 2**0.5]),
    ("where(x>0, x**3, 0)", 0, None, "number", "infinite", None, "increasing", "convex", 2, []),
    ("where(x>1, x, 0)", 0, None, "number", "line", None, "increasing", "no", -1, []),
    ("(x-3)**2*(x+2)", None, None, "infinite", "infinite", None, "no", "no", None, [-2.0, 3.0]),
    ("x/(exp(x)-1)", 0, None, "line", "number", 1, "decreasing", "convex", None, []),
    ("sin(x)/x", -0.21723362821122166, 1, "number", "number", ..., "no", "no", None, "endless"),
    ("3", 3, 3, "number", "number", 0, "constant", "both", None, []),
    ("x", None, None, "line", "line", 1, "increasing", "both", None, [0.0]),
    ("log(1+x*x)", 0, None, "infinite", "infinite", 1, "no", "no", None, [0.0]),
    ("x**2*sigmoid(x)", 0, None, "number", "infinite", None, "no", "no", None, [0.0]),
    ("sqrt(1+x*x)", 1, None, "line", "line", 1, "no", "convex", None, []),
    ("x*atan(x)", 0, None, "line", "line", math.pi / 2, "no", "convex", None, [0.0]),
    ("x*exp(-exp(-x))", ..., None, "number", "line", ..., "no", "no", None, [0.0]),
    ("max(x/3, x - 1/7)", None, None, "line", "line", 1, "increasing", "convex", 0, [0.0]),
    ("tan(x)", None, None, "unknown", "unknown", None, "no", "no", -1, "searched"),
    ("sin(x*x)", "unknown", "unknown", "unknown", "unknown", "unknown", "no", "no", None, ...),
]


@pytest.mark.parametrize("case", FORMULAS, ids=lambda case: case[0])
def test_typed_formulas(case):
    text, low, high, left, right, lipschitz, monotone, convex, smooth, zeros = case
    found = properties(parse_formula(text))

    def agrees(bound, wanted):
        if wanted is ...:
            return True
        if wanted is None or wanted == "unknown":
            return bound.kind == (wanted or "unbounded")
        return bound.value == pytest.approx(wanted, rel=1e-14, abs=0)

    assert agrees(found.low, low) and agrees(found.high, high)
    assert agrees(found.lipschitz, lipschitz)
    assert (found.left.kind, found.right.kind) == (left, right)
    assert (found.monotone, found.convex) == (monotone, convex)
    assert found.smooth == (math.inf if smooth is None else smooth)
    if isinstance(zeros, str):
        assert found.zeros.kind == zeros
    elif zeros is not ...:
        assert found.zeros.kind == "all"
        assert found.zeros.at == pytest.approx(zeros, rel=1e-15, abs=0)


NARROW, FAR_OFF = (1.0, 1e-3, 30.0, 1.0, 1e-3), (0.0, -3e-6, 123.456, 3e7, -1e9)


def test_asymptotes():
    right = properties(parse_formula("x*atan(x)")).right
    assert (right.slope, right.offset) == (math.pi / 2, -1.0)
    left = properties(parse_formula("x/(exp(x)-1)")).left
    assert (left.value, left.slope, left.offset) == (math.inf, -1.0, 0.0)


@pytest.mark.parametrize(
    ("width", "place"),
    [
        # Each place and each width; the narrowest at the farthest.
        pytest.param(
            width,
            place,
            marks=[pytest.mark.long] * ((width, place) not in zip(NARROW, FAR_OFF, strict=True)),
        )
        for width in (1e-3, 1.0, 30.0)
        for place in (0.0, -3e-6, 123.456, 3e7, -1e9)
    ],
)
def test_features_that_are_narrow_or_far_are_found(place, width):
    """A bump whose width is small against its distance: a fine grid would step over it."""
    top = parse_formula(f"sech((x - ({place!r}))/{width!r})")
    marks = landmarks(top)
    assert [mark.kind for mark in marks] == ["maximum", "shallowest", "steepest"]
    assert marks[0].x == pytest.approx(place, rel=1e-15, abs=1e-20)
    assert marks[0].value == 1.0
    with mp.workdps(40):
        bend = float(mp.asinh(1)) * width
    assert marks[2].x == pytest.approx(place - bend, rel=1e-12)


ROOTS = st.lists(st.integers(-4000, 4000), min_size=1, max_size=6, unique=True)


@settings(max_examples=1, deadline=None, derandomize=True, phases=QUICK)
@given(ROOTS)
@example([0])
@example([-1, 1])
@example([3999, 4000])
@example([-4000, -1597, 0, 241, 3902, 4000])
def test_the_roots_of_polynomials(roots):
    check_roots(roots)


@pytest.mark.long
@settings(max_examples=30, deadline=None, derandomize=True, phases=QUICK)
@given(ROOTS)
def test_the_roots_of_many_polynomials(roots):
    check_roots(roots)


def check_roots(roots):
    places = sorted(root / 8 for root in roots)
    text = "*".join(f"(x-({place!r}))" for place in places)
    found = properties(parse_formula(text))
    assert found.zeros.kind == "all"
    assert found.zeros.at == pytest.approx(places, rel=1e-15, abs=1e-18)
    turning = np.sort(np.polynomial.Polynomial.fromroots(places).deriv().roots().real)
    marks = landmarks(parse_formula(text))
    extremes = sorted(mark.x for mark in marks if mark.kind in ("minimum", "maximum"))
    assert extremes == pytest.approx(turning, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("a", [-2.5, 0.1, 1 / 3, 40.0])
def test_breaks_move_with_parameters(a):
    step = parse_formula("where(x > a, x, 2*a - x)")
    (minimum,) = (mark for mark in landmarks(step, {"a": a}) if mark.kind == "minimum")
    assert (minimum.x, minimum.value) == (a, a)
    found = properties(step, {"a": a})
    assert (found.low.value, found.smooth, found.convex) == (a, 0, "convex")


def test_stretches_of_zeros_join_and_hold_their_ends():
    shrink = parse_formula("where(abs(x) > 0.5, x, 0)")
    assert properties(shrink).zeros.flat == ((-0.5, 0.5),)
    assert properties(shrink).zeros.at == ()
    assert properties(get("relu")).zeros.flat == ((-math.inf, 0.0),)


@pytest.mark.parametrize("beta", [1e-300, -1e-300, 0.37, -4.0, 1e12, 1e300])
def test_swish_is_scaled_at_any_beta(beta):
    found = properties(get("swish"), {"beta": beta})
    low, other = (found.low, found.high) if beta > 0 else (found.high, found.low)
    assert low.value == pytest.approx(-0.2784645427610738 / beta, rel=1e-15)
    assert other.kind == "unbounded"
    assert found.lipschitz.value == pytest.approx(1.099839320128867, rel=1e-15)
    line = found.right if beta > 0 else found.left
    assert (line.kind, line.slope, line.offset) == ("line", 1.0, 0.0)


def test_the_scaled_are_the_searched():
    """Of x·σ(βx) typed as a formula, which is searched like any other."""
    typed = parse_formula("x*sigmoid(beta*x)")
    for beta in (0.02, 0.5, -3.0, 40.0):
        mine = properties(get("swish"), {"beta": beta}).as_json()
        searched = properties(typed, {"beta": beta}).as_json()
        for key in ("low", "high", "lipschitz"):
            assert mine[key]["kind"] == searched[key]["kind"]
            if mine[key]["value"] is not None:
                assert mine[key]["value"] == pytest.approx(searched[key]["value"], rel=1e-14)
        for key in ("monotone", "convex", "smooth", "gate", "left", "right", "atZero"):
            assert mine[key] == searched[key]
    assert scaled(properties(get("swish")), 1.0) == properties(get("swish"))


@pytest.mark.parametrize(
    ("text", "side", "kind", "value"),
    [
        ("log(log(10 + x*x))", 1, "unknown", None),
        ("1 - 1/log(10 + x*x)", 1, "unknown", None),
        ("1e-300*x", 1, "infinite", math.inf),
        ("x*sigmoid(1e-250*x)", -1, "number", 0.0),
        ("(x + sqrt(x*x + 4))/2", -1, "number", 0.0),
        ("exp(exp(x))", -1, "number", 1.0),
        ("exp(-exp(x))*exp(x)", 1, "number", 0.0),
        ("x - softplus(x)", 1, "number", 0.0),
        ("sqrt(x*x + x) - x", 1, "number", 0.5),
        ("asinh(x)", -1, "infinite", -math.inf),
        ("atan(x)", -1, "number", -math.pi / 2),
    ],
)
def test_limits_of_typed_formulas(text, side, kind, value):
    ends = Ends({})
    found = ends.limit(tape(parse_formula(text)).select((0,)), side * math.inf, side)
    assert found.kind == kind
    if value is not None:
        assert found.value == value


def test_a_tape_of_some_outputs_gives_the_same():
    import sympy

    from swishdemo.activations.symbolic import symbols as s

    whole = record([s.X**2 + 1, sympy.sin(s.X) * s.X, s.Sigmoid(s.X)])
    some = whole.select((2, 0))
    assert len(some.steps) < len(whole.steps)
    assert record([s.Sigmoid(s.X), s.X**2 + 1]).operations == some.operations


def test_a_search_tells_how_far_it_came():
    import sympy

    from swishdemo.activations.symbolic import symbols as s

    waves = sympy.sin(s.X) + s.Constant("c", "0.3")
    found = changes(record([waves, waves.diff(s.X)]), 0, (-math.inf, math.inf), {})
    assert found.reach < math.inf
    assert max(map(abs, found.at)) <= found.reach
    true = [-math.asin(0.3), math.pi + math.asin(0.3)]
    assert [x for x in found.at if -1 < x < 4] == pytest.approx(true, rel=1e-15)


# Here, for the shapes of all activations are known here; nothing else takes as long.
@pytest.mark.parametrize(
    "file",
    [pytest.param(file, marks=[pytest.mark.long] * (file.path == proofs.KEPT)) for file in FILES],
    ids=lambda file: file.path.name,
)
def test_what_is_generated_is_current(file):
    assert file.news() is None, f"{file.name} is stale: python -m swishdemo generate"


def test_the_proofs_that_are_kept_are_of_these_claims_and_some_are_made_anew():
    """All of them take half a minute; every twelfth is proved."""
    parts = {f"{claim.id}.{part.name}": part for claim in CLAIMS for part in claim.parts}
    proved = {name: part for name, part in parts.items() if isinstance(part, Instant)}
    known = proofs.kept()
    assert {name: proof.of for name, proof in known.items()} == {
        name: repr(part) for name, part in proved.items()
    }
    for name, part in list(proved.items())[::12]:
        found = proofs.prove(part).evidence
        assert same(json.dumps(known[name].evidence), json.dumps(found)), name


@EACH
def test_facts_are_json(activation):
    json.dumps([mark.as_json() for mark in landmarks(activation)], allow_nan=False)
    text = json.dumps(described(activation), allow_nan=False)
    assert '"unknown"' not in text


@pytest.mark.parametrize(
    ("formula", "parity"),
    [("cosh(x)", "even"), ("sinh(x)", "odd"), ("exp(sqrt(x**2))", "even"), ("exp(x)", "no")],
)
def test_parity_where_values_overflow(formula, parity):
    assert properties(get(f"={formula}")).parity == parity


@pytest.mark.parametrize(
    ("formula", "convex"),
    [
        ("sqrt(abs(x))", "no"),
        ("abs(x)**1.5", "convex"),
        ("-abs(x)", "concave"),
        ("where(x > 0, sqrt(x), x)", "no"),
        ("where(x > 0, sqrt(x), 2*x)", "no"),
    ],
)
def test_at_a_cusp_the_slopes_decide(formula, convex):
    assert properties(parse_formula(formula)).convex == convex


@pytest.mark.parametrize("at", [3.0, 10.0, 11.3])
def test_what_is_tiny_is_not_zero(at):
    gate = parse_formula(f"x*sigmoid(50*(x - {at}))")
    found = properties(gate)
    assert found.zeros.at == (0.0,)
    assert found.minimum is not None and found.minimum[1] == evaluate(gate, [found.minimum[0]]).f[0]
    assert found.low.value < 0


@pytest.mark.parametrize("formula", ["(x-0.1)**2", "x**2-0.2*x+0.01", "(x-0.1)**4*sigmoid(x)"])
def test_what_touches_zero_is_zero(formula):
    found = properties(parse_formula(formula))
    assert found.zeros.at == (0.1,)
    assert (found.low.kind, found.low.value) == ("attained", 0.0)
    assert properties(parse_formula(f"{formula} + 1e-24")).zeros.at == ()


@pytest.mark.parametrize(
    ("formula", "low", "high"),
    [
        ("1/(x-0.5)", None, None),
        ("1/(x-0.7)", None, None),
        ("x/(2*x-1)", None, None),
        ("1/(x+0.3)**2", ("approached", 0.0), None),
        ("sqrt(1+1/x**2)", ("approached", 1.0), None),
        ("isru(1/x)", ("approached", -1.0), ("approached", 1.0)),
        ("relu(x-sqrt(3))", ("attained", 0.0), None),
        ("max(x, 1.5**(1/3))", ("attained", 1.5 ** (1 / 3)), None),
        ("x/max(x,0)", ("attained", 1.0), ("attained", 1.0)),
        ("sqrt(clip(x,-1,1))", ("attained", 0.0), ("attained", 1.0)),
        ("where(-1<x<1, exp(-1/(1-x**2)), 0)", ("attained", 0.0), ("attained", math.exp(-1))),
        ("where(x**2<2, exp(-1/(2-x**2)), 0)", ("attained", 0.0), ("attained", math.exp(-0.5))),
        ("sqrt(x**2-3)", ("attained", 0.0), None),
    ],
)
def test_poles_edges_and_gaps(formula, low, high):
    found = properties(parse_formula(formula))
    for bound, expected in ((found.low, low), (found.high, high)):
        if expected is None:
            assert bound.kind == "unbounded"
        else:
            assert (bound.kind, bound.value) == (expected[0], pytest.approx(expected[1], rel=1e-14))


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        ("sin(x)**2", "endless"),
        ("1+sin(x)", "endless"),
        ("1-cos(x)", "endless"),
        ("x*sin(x)**2", "searched"),
        ("x**2*(2+sin(x))", "searched"),
        ("2+sin(x)", "all"),
    ],
)
def test_zeros_that_are_only_touched(formula, kind):
    found = properties(parse_formula(formula)).zeros
    assert found.kind == kind
    assert all(abs(evaluate(parse_formula(formula), [x]).f[0]) < 1e-15 for x in found.at)
    assert bool(found.at) == (kind != "all")


def test_where_a_case_has_no_value_there_is_none():
    for formula in ("relu(log(x))", "max(log(x), 0)"):
        found = properties(parse_formula(formula))
        assert (found.left.kind, found.zeros.flat) == ("none", ((0.0, 1.0),))
    assert properties(parse_formula("where(log(x) > 0, 1, 2)")).left.kind == "none"
    assert properties(parse_formula("log(relu(x))")).zeros.at == (1.0,)


def test_a_gap_is_no_part_of_an_interval():
    falls = properties(parse_formula("where(x>0, sqrt(x-1), 5-sqrt(-x-1))"))
    rises = properties(parse_formula("where(x>0, sqrt(x-1), -sqrt(-x-1))"))
    assert (falls.monotone, rises.monotone) == ("no", "increasing")
    assert properties(parse_formula("sqrt(x**2-1)")).convex == "no"


@pytest.mark.parametrize(
    ("formula", "zero", "minimum"),
    [
        ("x*sigmoid(1000*(x-3))", 0.0, -0.001),
        ("(x+20)*sigmoid(1000*(x-3))", -20.0, -20.001),
        ("x*exp(-100*(x-3)**2)", 0.0, (3 - math.sqrt(9 + 0.02)) / 2),
    ],
)
def test_what_doubles_underflow_to_nothing_has_a_sign(formula, zero, minimum):
    found = properties(parse_formula(formula))
    assert found.zeros.at == (zero,) and found.monotone == "no"
    assert found.minimum == (pytest.approx(minimum, rel=1e-12), -5e-324)


def test_no_zero_is_made_up_far_out():
    assert properties(parse_formula("1/softplus(x)")).zeros.at == ()
    assert properties(parse_formula("((x-1)/x)/sech(x)")).zeros.at == (1.0,)
    assert properties(parse_formula("1-cos(x)")).at_zero == 0
    assert properties(parse_formula("x-sin(x)")).slope_after == 0


def test_the_class_is_told_as_far_as_it_is_known():
    assert properties(parse_formula("relu(x)**3")).smooth == 2
    bump = properties(parse_formula("where(x>0, exp(-1/x), 0)"))
    assert math.isnan(bump.smooth) and bump.as_json()["smooth"] == "unknown"
    assert properties(parse_formula("where(x>0, exp(-1/x), 0) + abs(x-2)")).smooth == 0


@pytest.mark.parametrize(
    ("formula", "right", "cuts"),
    [
        ("atan(hardtanh(sqrt(x)))", math.pi / 4, [1.0]),
        ("relu(1 - log(x))", 0.0, [math.e]),
        ("min(sqrt(x - 2), 3)", 3.0, [11.0]),
    ],
)
def test_edges_of_what_is_not_defined_everywhere(formula, right, cuts):
    found = properties(parse_formula(formula))
    assert found.right.value == pytest.approx(right, rel=1e-15) and found.smooth == 0
    from swishdemo.activations.analysis.pieces import pieces

    at = [cut.at for cut in pieces(parse_formula(formula), {}).cuts]
    assert all(any(x == pytest.approx(cut, rel=1e-15) for x in at) for cut in cuts)


def test_an_end_of_the_domain_may_jump():
    found = properties(parse_formula("log1p(sign(x))"))
    assert (found.smooth, found.monotone, found.convex) == (-1, "increasing", "no")
