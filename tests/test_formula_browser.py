"""Typed formulas as JavaScript in a real browser: values, what is told of them, names."""

import numpy as np
import pytest

from swishdemo.activations import evaluate, get
from swishdemo.activations.typed.formula_worker import describe
from swishdemo.activations.typed.functions import CONSTANTS, FUNCTIONS

TYPED = [
    "x*sigmoid(beta*x)",
    "max(x, a*x)",
    "where(x>0, x, a*(exp(x)-1))",
    "x*exp(beta*x)/(1+exp(beta*x))",
    "(exp(x)-exp(-x))/(exp(x)+exp(-x))",
    "x + sin(a*x)**2/a",
    "x*tanh(log(1+exp(x)))",
    "x/sqrt(1 + a*x**2)",
    "x*sech(x) + Phi(x) - phi(a*x)",
    "atan(c*x) - asinh(x) + erf(x) + softsign(x)",
    "min(cosh(min(x, 3)), 2) + sinh(x/9)",
    "abs(x)**1.5 + log1p(x**2) + expm1(-abs(x))",
    "(1 if a > 0.2 else x)*x",
    "clip(x, -1.5, b) + tan(x/9) + cos(x)",
    "new*x + t0*sigmoid(t0*x)*t0 + near*x + Math",  # names that mean something in JavaScript
    "constructor*x**2 + var + arguments",
    "pi*x + e**x + beta",
]
POINTS = [*np.linspace(-7.03, 7.11, 61).tolist(), -300.0, -30.0, 30.0, 300.0]

# What typed_formula.js does with the server's answer, less the server.
LOAD = """async ([typed], [answers, call, argument]) => {
    const found = [];
    for (const answer of answers) {
      window.fetch = async () => Response.json(answer);
      const loaded = await typed.typedRecord(answer.name.slice(1));
      found.push(await eval(call)(typed, loaded, argument));
    }
    return found;
}"""


@pytest.fixture
def load(modules):
    def loaded(texts, call, argument=None):
        answers = [describe(text) for text in texts]
        return modules(LOAD, ["formulas/typed_formula.js"], [answers, call, argument])

    return loaded


def test_values_are_those_of_numpy(load):
    values = {
        text: {p.name: 0.6 + 0.3 * k for k, p in enumerate(get(f"={text}").parameters)}
        for text in TYPED
    }
    found = load(
        TYPED,
        """(_, { record: a }, [points, given]) => {
            const p = given[a.name.slice(1)];
            const all = { f: a.f, df: a.df, d2f: a.d2f, ...a.dparameters };
            const values = ([name, g]) => [name, points.map((x) => g(x, p))];
            return Object.fromEntries(Object.entries(all).map(values));
        }""",
        [POINTS, values],
    )
    for text, outputs in zip(TYPED, found, strict=True):
        expected = evaluate(get(f"={text}"), POINTS, values[text])
        wanted = {"f": expected.f, "df": expected.df, "d2f": expected.d2f, **expected.dparameters}
        assert set(outputs) == set(wanted), text
        for key, numbers in outputs.items():
            got = np.array(numbers, dtype=float)
            scale = np.maximum(1, np.abs(wanted[key]))
            there = np.isfinite(wanted[key])
            bad = there & ~(np.abs(got - wanted[key]) <= 1e-11 * scale)
            assert not bad.any(), (text, key, np.array(POINTS)[bad][:3], got[bad][:3])


def test_where_a_formula_is_not_its_derivatives_are_not(load):
    (found,) = load(
        ["log(x)"],
        "(_, { record: a }) => [-1, 1].map((x) => [a.f(x, {}), a.df(x, {}), a.d2f(x, {})])",
    )
    assert np.isnan(found[0]).all() and np.isfinite(found[1]).all()


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("x*sigmoid(beta*x)", []),
        ("x*exp(x)/(1+exp(x))", []),  # ∞/∞ as it is written; the stable form is none
        ("(exp(x)-exp(-x))/(exp(x)+exp(-x))", []),
        ("exp(x)", ["Beyond x = 709.8 its values exceed the largest double."]),
        ("exp(-3*x)", ["Below x = −236.6 its values exceed the largest double."]),
        ("x*sinh(x)/cosh(x)", []),
        ("log(x)", ["Not defined everywhere, for example at x = −30."]),
        (
            "cosh(x) - sinh(x)",
            [
                "Below x = −709.8 its values exceed the largest double.",
                "Beyond x = 0 double precision loses its digits; do not trust the curve there.",
            ],
        ),
    ],
)
def test_the_reader_is_told_where_doubles_end(load, text, sentences):
    assert load([text], "(typed, loaded) => typed.caveats(loaded)") == [sentences]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x*sigmoid(beta*x)+c", "smooth · 2 parameters"),
        ("max(x, a*x)", "kink at x = 0 · 1 parameter"),
        ("where(x > -1/3, 1, 0)", "jump at x = −0.3333 · 0 parameters"),
        ("abs(x-a)", "a kink that moves · 1 parameter"),
        ("abs(x*x-1)", "piecewise · 0 parameters"),
        ("+".join(f"abs(x-{k})" for k in range(6)), "kink at x = 0, 1, 2, 3 … · 0 parameters"),
        # Steep is not broken, and what exceeds the largest double is told in another line.
        *((text, "smooth · 0 parameters") for text in ("exp(exp(x))", "2^2^x", "exp(x^2)")),
        ("tanh(1e6*x)", "smooth · 0 parameters"),
        ("x^x", "broken or not defined near x = 0 · 0 parameters"),
        ("sqrt(x)", "broken or not defined near x = 0 · 0 parameters"),
        ("sqrt(x^2-4)", "broken or not defined near x = −2, 2 · 0 parameters"),
        ("log(3-x)", "broken or not defined near x = 3 · 0 parameters"),
        ("sin(1/x)", "broken or not defined near x = 0 · 0 parameters"),
        ("1/(x-1)", "broken or not defined near x = 1 · 0 parameters"),
        ("1/(x-0.3)^2", "broken or not defined near x = 0.3 · 0 parameters"),
        ("tan(x)", "broken or not defined near x = −7.85, −4.71, −1.57, 1.57 … · 0 parameters"),
    ],
)
def test_a_formula_is_summed_up(load, text, line):
    assert load([text], "(typed, loaded) => typed.summary(loaded)") == [line]


@pytest.mark.parametrize(
    ("text", "values", "name"),
    [
        ("x*sigmoid(beta*x)", {"beta": 1.702}, "=x*sigmoid(1.702*x)"),
        ("x*σ(β*x) + β", {"beta": -0.5}, "=x*σ((-0.5)*x) + (-0.5)"),
        ("max(x, a*x)", {"a": 1}, "=max(x, a*x)"),
        ("exp(e1*x)+a2*x-a", {"e1": 2, "a2": 0, "a": 3}, "=exp(2*x)+0*x-3"),
    ],
)
def test_parameters_are_written_into_the_name_for_other_tabs(load, text, values, name):
    (found,) = load([text], "(typed, loaded, values) => typed.settled(loaded, values)", values)
    assert found == name
    x = np.linspace(-2, 2, 9)
    given = {k: float(v) for k, v in values.items()}
    np.testing.assert_allclose(
        evaluate(get(found), x).f, evaluate(get(f"={text}"), x, given).f, rtol=1e-12, atol=1e-15
    )


def test_an_answer_is_kept_and_an_error_is_not(modules):
    answer = describe("x*x")
    found = modules(
        """async ([{ typedRecord }], answer) => {
            let asked = 0;
            window.fetch = async () => (asked++, Response.json(answer));
            const one = await typedRecord("x*x");
            const two = await typedRecord("x*x");
            const detail = [{ msg: "no", loc: ["body", "formula"], column: 3 }];
            window.fetch = async () => Response.json({ detail }, { status: 422 });
            const bad = await typedRecord("x*");
            return [asked, one === two, one.record.f(3), bad.error, bad.column];
        }""",
        ["formulas/typed_formula.js"],
        answer,
    )
    assert found == [1, True, 9, "no", 3]


def test_what_fails_in_a_formulas_code_is_no_number_and_no_fault_of_the_server(modules):
    """Nothing that draws curves may be stopped by one of them."""
    answer = describe("where(x > a, x, -a*x)")
    found = modules(
        """async ([{ typedRecord, caveats, summary }], [answer, swaps]) => {
            const found = [];
            for (const [text, from, to] of swaps) {
                const module = answer.module.replaceAll(from, to);
                if (module === answer.module) throw new Error(from);
                window.fetch = async () => Response.json({ ...answer, module });
                const loaded = await typedRecord(text);
                const { record: a } = loaded;
                if (!a) { found.push(loaded.error); continue; }
                const breaks = typeof a.breaks === "function" ? a.breaks({}) : a.breaks;
                const all = [a.f, a.df, a.d2f, a.dparameters.a].map((g) => String(g(2, {})));
                found.push([...all, breaks, caveats(loaded), summary(loaded)]);
            }
            return found;
        }""",
        ["formulas/typed_formula.js"],
        [
            answer,
            [["one", "=>", "=> gone +"], ["two", "=>", "=> ("], ["three", "(x,", "(x, x, x,"]],
        ],
    )
    no_code = "This formula could not be turned into code for the browser"
    assert found[0][:4] == ["NaN"] * 4
    assert found[1].startswith(no_code) and found[2].startswith(no_code)


def test_the_help_lists_the_grammar(modules):
    functions, constants, examples = modules(
        "([field]) => [field.FUNCTIONS, field.CONSTANTS, field.EXAMPLES]",
        ["formulas/typed_formula.js"],
    )
    assert sorted(functions) == sorted(FUNCTIONS)
    assert constants == list(CONSTANTS)
    assert len(examples) >= 10
    for _, formula in examples:
        assert get(f"={formula}").parameters is not None
