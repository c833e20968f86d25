"""Values and derivatives of every record against an oracle at high precision."""

import warnings

import mpmath as mp
import numpy as np
import pytest
from activation_oracle import ORACLE, kinks, oracle
from activation_settings import settings

from swishdemo.activations import activations, evaluate, get, names
from swishdemo.errors import UserError

POINTS = np.array(
    [
        *(0.0, 1e-300, 1e-12, -1e-12, 0.1, -0.1, 1, -1, 2.5, -2.5, 3, -3, 6, 30, -30, 300, -300),
        *(700.0, -700.0, -17.0, -37.5, 12345.678, -12345.678),
        *np.random.default_rng(0).normal(0, 8, 5),
    ]
)
MORE = np.random.default_rng(1).normal(0, 8, 60)


def assert_close(computed, expected, where):
    """To 1e-12 relative, everywhere."""
    if np.isinf(expected):
        assert computed == expected, where
        return
    assert np.isfinite(computed), where
    # A result below the smallest normal number has lost digits as a double, whatever computes it.
    allowed = max(1e-12 * abs(expected), 3e-308)
    assert abs(computed - expected) <= allowed, (where, computed, expected)


def outputs(evaluation):
    yield "f", evaluation.f
    yield "df", evaluation.df
    yield "d2f", evaluation.d2f
    yield from evaluation.dparameters.items()


def test_oracle_covers_the_registry():
    assert set(ORACLE) == set(names())


@pytest.mark.parametrize("activation", activations(), ids=lambda a: a.name)
def test_values_and_derivatives(activation):
    """At all points with the first parameters, with the others at every third: each has its own."""
    for number, values in enumerate(chosen(activation)):
        hold(activation, POINTS[number % 3 :: 3] if number else POINTS, [values])


@pytest.mark.long
@pytest.mark.parametrize("activation", activations(), ids=lambda a: a.name)
def test_values_and_derivatives_at_many_points(activation):
    hold(activation, np.concatenate([POINTS, MORE]), chosen(activation))


def chosen(activation):
    more = [{"beta": 1e-3}, {"beta": 123.456}]
    return settings(activation) + (more if activation.name == "swish" else [])


def hold(activation, points, parameters):
    for values in parameters:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            evaluation = evaluate(activation, points, values)
        for place, x in enumerate(points):
            computed = {key: numbers[place] for key, numbers in outputs(evaluation)}
            where = (activation.name, float(x), values)
            if x not in kinks(activation.name, values):
                compare(computed, oracle(activation.name, float(x), values), where)
                continue
            left, right = (oracle(activation.name, float(x), values, side) for side in (-1, 1))
            try:
                compare(computed, left, where)
            except AssertionError:
                compare(computed, right, where)


def compare(computed, expected, where):
    for key, value in expected.items():
        assert_close(computed[key], value, (key, *where))


@pytest.mark.parametrize("name", names())
def test_huge_arguments(name):
    """No step overflows on the way to a value that is a number, and none that is not is made up."""
    # Beyond 10¹¹ this one's e^x·sech²(e^x) has exponents that no machine holds.
    huge = (1e11,) if name == "tanhexp" else (1e20, 1e155, 1e308)
    points = [*huge, *(-x for x in huge)]
    values = get(name).defaults()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluation = evaluate(get(name), points)
    for place, at in enumerate(points):
        computed = {key: numbers[place] for key, numbers in outputs(evaluation)}
        expected = oracle(name, at, values)
        for key in ("f", "df", "d2f"):
            if abs(expected[key]) < 1e-280:
                assert abs(computed[key]) < 1e-280, (name, key, at)
            else:
                assert_close(computed[key], expected[key], (name, key, at))


@pytest.mark.parametrize("activation", activations(), ids=lambda a: a.name)
def test_any_finite_parameters_give_numbers_or_none(activation):
    """Zeros, negatives and extremes end in a number, an infinity or NaN, and in no error."""
    extremes = (0.0, -1.0, 1e-310, -1e300, 1e308, 1e10)
    points = np.array([0.0, 1.0, -1.0, 3.7, -250.0, 1e300])
    for parameter in activation.parameters:
        for value in extremes:
            evaluation = evaluate(activation, points, {parameter.name: value})
            for _, numbers in outputs(evaluation):
                assert numbers.shape == points.shape


@pytest.mark.parametrize(
    ("x", "beta"),
    [
        (1e308, 1e308),
        (-1e308, 1e308),
        (1e-308, 1e308),
        (1e160, 1e-157),
        (-1e160, 1e-157),
        (1e200, 1e-200),
        (3e-5, -1e308),
        (-700.0, 1.0),
        (5e-324, 1.0),
        (1.0, 5e-324),
        (1e155, 0.0),
    ],
)
def test_extreme_products_of_swish(x, beta):
    evaluation = evaluate(get("swish"), [x], {"beta": beta})
    z, sigma = mp.mpf(x) * beta, lambda z: 1 / (1 + mp.exp(-z))
    slope = sigma(z) * sigma(-z)
    expected = {
        "f": x * sigma(z),
        "df": sigma(z) + z * slope,
        "d2f": beta * slope * (2 + z * (sigma(-z) - sigma(z))),
        "beta": mp.mpf(x) ** 2 * slope,
    }
    for key, computed in outputs(evaluation):
        value = expected[key]
        true = float(value) if abs(value) < mp.mpf(2) ** 1024 else float("inf")
        assert_close(computed[0], true, (key, x, beta))


def test_next_to_the_zero_of_the_slope():
    x = -1.278464542761074
    around = x + np.arange(-20, 21) * 2.0**-52
    evaluation = evaluate(get("swish"), around)
    for place, at in enumerate(around):
        true = oracle("swish", float(at), {"beta": 1.0})["df"]
        assert abs(evaluation.df[place] - true) <= 1e-15


def test_shapes_are_kept():
    evaluation = evaluate(get("swish"), np.zeros((2, 0, 3)))
    assert evaluation.f.shape == evaluation.dparameters["beta"].shape == (2, 0, 3)
    assert evaluate(get("relu"), 2.0).f.shape == ()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_points_that_are_not_finite_are_refused(bad):
    with pytest.raises(UserError) as refused:
        evaluate(get("swish"), [0.0, bad])
    assert (refused.value.field, refused.value.status) == ("x", 422)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "1", None, True, 10**400, [1.0]])
def test_parameters_that_are_no_finite_numbers_are_refused(bad):
    with pytest.raises(UserError, match="beta must be a finite number"):
        evaluate(get("swish"), [0.0], {"beta": bad})


def test_unknown_parameters_are_refused():
    with pytest.raises(UserError, match=r"“alpha” is not a field of Swish; the fields are: beta"):
        evaluate(get("swish"), [0.0], {"alpha": 1.0})


def test_where_f_is_not_its_derivatives_are_not():
    found = evaluate(get("=log(a*x)"), [-2.0, 0.5])
    for values in (found.f, found.df, found.d2f, *found.dparameters.values()):
        assert np.isnan(values[0]) and np.isfinite(values[1])


def test_a_factor_of_0_lets_the_others_be_negative_under_a_root():
    found = evaluate(get("=min(3, sqrt(relu(x)*x**3))"), [-2.0, 0.25, 4.0])
    assert found.f == pytest.approx([0.0, 0.0625, 3.0], rel=1e-14)


def test_roots_of_pieces_have_slopes():
    found = evaluate(get("=sqrt(relu(x)) + max(x, 1)**1.5"), [-2.0, 0.25, 4.0])
    assert found.df == pytest.approx([0.0, 1.0, 0.25 + 3.0], rel=1e-14)


@pytest.mark.parametrize(
    "formula",
    [
        "sqrt(x*relu(x))",  # 0/0
        "min(phi(x), sqrt(relu(x)*x**17)) + 1",
        "1e152*asinh(sinh(x))/x",  # a great factor before what cancels
        "1e140*asinh(sinh(x))/x",
    ],
)
def test_where_f_is_constant_its_slope_is_0_though_the_formula_of_that_comes_to_nothing(formula):
    found = evaluate(get(f"={formula}"), [-41.5, -3.7])
    assert (found.df == 0).all() and (found.d2f == 0).all()


def test_what_is_constant_on_one_side_alone_has_no_slope_made_up():
    assert np.isnan(evaluate(get("=sqrt(abs(x)*relu(x)*x)"), [0.0]).d2f).all()
    tilted = evaluate(get("=1e152*asinh(sinh(x))/x + 1e100*x"), [-41.5])
    assert tilted.df == pytest.approx([1e100], rel=1e-12)


@pytest.mark.parametrize(
    ("formula", "left", "right"),
    [
        ("sqrt(1+1/x**2)", 5**0.5, 5**0.5),
        ("bent_identity(1/x)", (5**0.5 - 1) / 2 - 2, (5**0.5 - 1) / 2 + 2),
        ("squareplus(1/x)", (8**0.5 - 2) / 2, (8**0.5 + 2) / 2),
    ],
)
def test_roots_of_squares_are_two_pieces(formula, left, right):
    found = evaluate(get(f"={formula}"), [-0.5, 0.5]).f
    assert found == pytest.approx([left, right], rel=1e-14)


@pytest.mark.parametrize(
    ("condition", "x"),
    [
        ("2*x > 1", 0.5),
        ("x/3 > 1", 3.0),
        ("x*x > 2.25", 1.5),
        ("x + 1 < 1", 0.0),
        ("exp(x) > 1", 0),
    ],
)
def test_at_an_edge_that_only_many_digits_show_the_edge_counts(condition, x):
    strict = evaluate(get(f"=where({condition}, 1, 2)"), [x]).f[0]
    weak = condition.replace(">", ">=").replace("<", "<=")
    assert (strict, evaluate(get(f"=where({weak}, 1, 2)"), [x]).f[0]) == (2, 1)


def test_0_times_what_may_be_any_number_is_none():
    hole = evaluate(get("=((x - 1) + 2)/((x + 0.5) - 0.5*x)"), [-1.0, 1.0]).f
    assert np.isnan(hole[0]) and hole[1] == 2
