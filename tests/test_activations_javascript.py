"""The printer and its special functions: all of the grammar, in a real browser, against mpmath."""

import mpmath as mp
import numpy as np
import pytest

from swishdemo.activations import evaluate, parse_formula
from swishdemo.activations.symbolic.javascript import imports, literal
from swishdemo.activations.symbolic.printing import JAVASCRIPT
from swishdemo.activations.symbolic.tape import FUNCTIONS as TAPE
from swishdemo.activations.typed.functions import FUNCTIONS as GRAMMAR

EVERYWHERE = sorted(
    sign * float(size)
    for size in (0.0, 5e-324, 1e-300, *np.logspace(-20, 2.8, 120), 705.0, 1e5, 1e20, 1e155, 1e308)
    for sign in (1, -1)
)


@pytest.fixture
def words(modules, modules_address):
    """What a piece of JavaScript, a function of one number, answers at ``points``, as words."""

    def call(source, points):
        special = f"{modules_address}/js/formulas/special_functions.js"
        text = f"import {{ {', '.join(imports())} }} from '{special}';\nexport default {source};"
        return modules(
            """async (_, [text, points]) => {
              const url = URL.createObjectURL(new Blob([text], {type: "text/javascript"}));
              const { default: f } = await import(url);
              return points.map((x) => String(f(x)));
            }""",
            [],
            [text, points],
        )

    return call


def number(word):
    return float(word.replace("Infinity", "inf"))


@pytest.fixture
def values(words):
    """The same, as numbers."""
    return lambda source, points: [*map(number, words(source, points))]


@pytest.fixture
def derivatives(words):
    """The values f, df and d2f of a formula's code, by name."""

    def call(activation, points):
        source = (
            f"(record => x => [record.f(x), record.df(x), record.d2f(x)])({literal(activation)})"
        )
        rows = [[*map(number, row.split(","))] for row in words(source, points)]
        return dict(zip(("f", "df", "d2f"), np.array(rows).T, strict=True))

    return call


def _far(z, limit):
    return max(-limit, min(limit, z))


ORACLE = {
    "sigmoid": lambda z: 1 / (1 + mp.exp(-_far(z, 10**6))),
    "softplus": lambda z: mp.log1p(mp.exp(z)) if abs(z) < 10**6 else mp.mpf(max(z, 0)),
    "tanh": mp.tanh,
    "sech": lambda z: mp.sech(_far(z, 10**6)),
    "softsign": lambda z: z / (1 + abs(z)),
    "normal_cdf": lambda z: mp.erfc(-_far(z, 10**4) / mp.sqrt(2)) / 2,
    "normal_pdf": lambda z: mp.npdf(_far(z, 10**4)),
    "erf": lambda z: mp.erf(_far(z, 10**4)),
    "cbrt": lambda z: mp.sign(z) * mp.cbrt(abs(z)),
    "expm1": lambda z: mp.expm1(_far(z, 10**4)),
    "exp": lambda z: mp.exp(_far(z, 10**4)),
    "sinh": lambda z: mp.sinh(_far(z, 10**4)),
    "cosh": lambda z: mp.cosh(_far(z, 10**4)),
    "log": lambda z: mp.log(z) if z > 0 else mp.nan,
    "log1p": lambda z: mp.log1p(z) if z > -1 else mp.nan,
}


@pytest.mark.parametrize("function", TAPE, ids=TAPE.get)
def test_every_function_is_right_everywhere(values, function):
    name = TAPE[function]
    exact = ORACLE.get(name) or getattr(mp, name)
    found = values(JAVASCRIPT.functions[function].removesuffix("({})"), EVERYWHERE)
    for x, value in zip(EVERYWHERE, found, strict=True):
        with mp.workdps(60 if 1e-20 <= abs(x) <= 1e3 else 400):
            true = exact(mp.mpf(x))
            if mp.isnan(true) or (not x and name == "log"):
                assert not np.isfinite(value), x
                continue
            if abs(true) >= mp.mpf(2) ** 1024:
                assert value == float(mp.sign(true)) * np.inf, (x, value)
                continue
            assert np.isfinite(value), (x, value)
            assert abs(value - true) <= max(8 * 2.0**-52 * abs(true), 1e-307), (x, value)


TYPED = [
    *(f"x + {name}(x)" for name, function in GRAMMAR.items() if function.least == 1),
    *("max(x, x**2, 1 - x)", "min(x, 1)", "clip(x, -1, 2)", "where(x > 1, x, exp(x))"),
    *("1/x**2", "x/(x*x + 3)", "2/(x**2*(x + 9))", "x**-3", "x**0.5", "x**1.5", "abs(x)**-0.5"),
    *("abs(x)**a", "x**(1/3)", "pi*x - e", "3*x/7", "-x", "-(x + 1)", "-x**2*sin(x)", "1/(2*x)"),
    *("x*tanh(exp(x))", "exp(-x**2)*x**3", "x*exp(-x)*sigmoid(x)", "exp(-exp(-x))*x"),
    *("1/cosh(x)", "x*sinh(x)/cosh(x)", "sqrt(1 + x**2)/x", "a*x**2/sqrt(1 + a*x**2)"),
    *("(exp(x) - exp(-x))/(exp(x) + exp(-x))", "exp(x)/(1 + exp(x))", "log(1/(1 + exp(-x)))"),
    *("(x + sqrt(x**2 + 4))/2", "x + (sqrt(x**2 + 1) - 1)/2", "1 - tanh(x)**2", "1 - sigmoid(x)"),
]
POINTS = sorted(
    [*np.random.default_rng(5).normal(0, 4, 60).tolist(), 0.55, -0.55, 1e-9, -1e-9, 37.0, -37.0]
)


@pytest.mark.parametrize("formula", TYPED)
def test_typed_formulas_equal_numpy(derivatives, formula):
    activation = parse_formula(formula)
    expected = evaluate(activation, POINTS)
    wanted = {"f": expected.f, "df": expected.df, "d2f": expected.d2f}
    all_found = derivatives(activation, POINTS)
    for key, numbers in wanted.items():
        found = all_found[key]
        found[np.isnan(all_found["f"])] = (
            np.nan
        )  # as the page does with a typed formula (typed_formula.js)
        defined = np.isfinite(numbers)
        differ = np.isfinite(found) != defined
        assert not differ.any(), (key, np.array(POINTS)[differ])
        scale = np.maximum(1e-2, np.abs(numbers))  # next to a zero, to the scale of the terms
        error = np.abs(found - numbers)[defined] / scale[defined]
        assert error.max(initial=0) <= 1e-12, (key, np.array(POINTS)[defined][error.argmax()])


@pytest.mark.parametrize(
    "formula",
    [
        *("x*tanh(exp(x))", "exp(-x**2)*x**3", "x*erf(softplus(x))", "x*exp(-exp(-x))", "x*cos(x)"),
        *("1/cosh(x)", "x*sinh(x)/cosh(x)", "exp(x)/(1 + exp(x))", "x*sigmoid(x)*x", "erf(x)*x"),
        "(exp(x) - exp(-x))/(exp(x) + exp(-x))",
    ],
)
def test_nothing_overflows_into_no_number(derivatives, formula):
    points = [sign * size for size in (200.0, 400.0, 711.0, 1e4, 1e60, 1e200) for sign in (1, -1)]
    for key, found in derivatives(parse_formula(formula), points).items():
        assert not np.isnan(found).any(), (key, found)


def test_breaks_move_with_the_parameters(words):
    written = literal(parse_formula("where(x > lam, x, where(x < -lam, x, 0)) + max(x, 2)"))
    source = f"(lam) => ({written}).breaks({{lam}}).sort((a, b) => a - b).join()"
    assert words(source, [0.5, 3]) == ["-0.5,0.5,2", "-3,2,3"]
    fixed = literal(parse_formula("max(x, 2)"))
    assert words(f"() => ({fixed}).breaks.join()", [0]) == ["2"]
