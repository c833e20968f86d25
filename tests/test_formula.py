"""Typed formulas: what they mean, what is refused and how; nothing hostile runs or hangs."""

import ast
import sys

import mpmath as mp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from swishdemo.activations import activations, evaluate, get, parse_formula, torch_function
from swishdemo.activations.analysis.properties import landmarks
from swishdemo.activations.code import LANGUAGES, code
from swishdemo.activations.symbolic.derive import breaks, latex, latex_derivative
from swishdemo.activations.symbolic.symbols import Undefined
from swishdemo.activations.typed.expressions import expression_of
from swishdemo.activations.typed.formula_worker import describe
from swishdemo.activations.typed.functions import FUNCTIONS
from swishdemo.activations.typed.syntax import MAX_CHARACTERS
from swishdemo.errors import UserError

X = np.array([-700.0, -300, -30, -3, -1, -1e-12, 0, 1e-12, 0.5, 2, 30, 300, 700])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("x*sigmoid(beta*x)", "swish"),
        ("x*σ(β*x)", "swish"),
        ("x/(1+exp(-beta*x))", "swish"),
        ("x*(1+tanh(beta*x/2))/2", "swish"),
        ("  x * exp(beta*x) / (1 + exp(beta*x))  ", "swish"),
        ("max(x, 0)", "relu"),
        ("(x + abs(x))/2", "relu"),
        ("where(x > 0, x, slope*x)", "leaky_relu"),
        ("where(x <= 0, slope*x, x)", "leaky_relu"),
        ("x if x > 0 else alpha*(exp(x)-1)", "elu"),
        ("x*(1+erf(x/sqrt(2)))/2", "gelu"),
        ("x*Φ(x)", "gelu"),
        ("log(1 + exp(beta*x))/beta", "softplus"),
        ("x*tanh(log(1+exp(x)))", "mish"),
        ("(exp(x)-exp(-x))/(exp(x)+exp(-x))", "tanh"),
        ("x/(1+abs(x))", "softsign"),
        ("x*min(max(x+3, 0), 6)/6", "hardswish"),
        ("clip(x, 0, 6)", "relu6"),
    ],
)
def test_textbook_forms_keep_all_digits_of_the_registry(text, name):
    """Though (1 + tanh(x/2))/2 has none at −40 in doubles, and e^x / (1 + e^x) is ∞/∞ at 800."""
    activation = parse_formula(text)
    values = {p.name: 0.7 for p in activation.parameters}
    found = evaluate(activation, X, values)
    expected = evaluate(get(name), X, {p.name: 0.7 for p in get(name).parameters})
    assert set(found.dparameters) == set(expected.dparameters)
    smooth = ~np.isin(X, [0.0, -3.0, 6.0]) if name not in ("swish", "gelu", "mish") else X == X
    for a, b in (
        (found.f, expected.f),
        (found.df[smooth], expected.df[smooth]),
        (found.d2f[smooth], expected.d2f[smooth]),
        *((found.dparameters[key], expected.dparameters[key]) for key in found.dparameters),
    ):
        assert np.allclose(a, b, rtol=2e-12, atol=3e-308)


def test_the_record():
    activation = parse_formula(" a*x + beta_2 ")
    assert activation.label == "a*x + beta_2"
    assert (activation.name, activation.family, activation.year) == ("=a*x + beta_2", "typed", 0)
    assert [(p.name, p.default, p.low, p.high, p.symbol) for p in activation.parameters] == [
        ("a", 1.0, -5.0, 5.0, "a"),
        ("beta_2", 1.0, -5.0, 5.0, r"\mathrm{beta\_2}"),
    ]
    assert latex(parse_formula("x*sigmoid(beta*x)")) == r"x \sigma\left(\beta x\right)"
    assert "sigma" in latex_derivative(parse_formula("x/(1+exp(-x))"))
    assert landmarks(parse_formula("x*sigmoid(x)"))[0].x == pytest.approx(-1.278464542761074)


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("2**3**2", 512),
        ("-2**2", -4),
        ("1/3", 1 / 3),
        ("1.5e3 + .5 - 1.", 1499.5),
        ("pi*e", float(mp.pi * mp.e)),
        ("sin(1)**2 + cos(1)**2", 1),
        ("tan(1) + atan(1) + sinh(1) + cosh(1) + asinh(1)", None),
        ("log1p(1) + expm1(1) + ln(2) + sech(1) + softsign(1)", None),
        ("0.1 + 0.2", 0.3),
        ("--1", 1),
        ("max(1, 3, 2) - min(1, 3, 2)", 2),
        ("where(2 >= 2, 1, 0) + where(2 < 2, 10, 20)", 21),
        ("(1 if 1 > 2 else 5 if 1 > 0 else 6)", 5),
    ],
)
def test_numbers(text, true):
    if true is None:
        s = mp.mpf(1)
        true = {
            "t": mp.tan(s) + mp.atan(s) + mp.sinh(s) + mp.cosh(s) + mp.asinh(s),
            "l": mp.log(2) + mp.e - 1 + mp.log(2) + mp.sech(s) + s / 2,
        }[text[0]]
    found = evaluate(parse_formula(text), [0.0, 7.0])
    assert found.f.tolist() == [pytest.approx(float(true), rel=1e-12)] * 2
    assert found.df.tolist() == [0.0, 0.0]


WIDENED = {
    "exp(log(x))": (False, False, True),
    "sqrt(x)**2": (False, True, True),
    "sqrt(x)*sqrt(x)": (False, True, True),
    "log(x)/log(x)": (False, False, True),
    "log(x) - log(x) + x": (False, False, True),
    "0*log(x)": (False, False, True),
    "x**2/x": (True, False, True),
    "x/(x*(x + 1))": (True, False, True),
    "1/(1/x)": (True, False, True),
    "x**1.5/x**0.5": (False, False, True),
    "exp(2*log(x))": (False, False, True),
    "(x**a)**2": (False, True, True),  # at a = 0.5
    "x**a*x**a": (False, True, True),
    "relu(log(x))": (False, False, True),
    "max(sqrt(x), 1) - max(sqrt(x), 1)": (False, True, True),
    "sign(log(x))*0 + 2": (False, False, True),
    "where(log(x) > 0, 1, 2)": (False, False, True),
    "where(x > 0, exp(log(x)), 1)": (True, True, True),
    "where(x > 1, 0, exp(log(x)))*0": (False, False, True),
    "where(x > 0 and log(x) > 0, 1, 2)": (True, True, True),
    "where(x < 0 or log(x) > 0, 1, 2)": (True, False, True),
    "where(-1 < x < log(x), 1, 2)": (True, False, True),
    "x if x > 0 else sqrt(x)**2": (False, True, True),
    "log1p(x - 1) - log1p(x - 1)": (False, False, True),
    "sigmoid(log(x) - log(x))": (False, False, True),
    "sqrt(1 + x**2)**2": (True, True, True),
    "exp(log(softplus(x)))": (True, True, True),
    "sqrt(abs(x))**2": (True, True, True),
}
"""Whether each has a value at −2, 0 and 2; simplified, most have one everywhere."""


@pytest.mark.parametrize("text", WIDENED)
def test_simplifying_gives_no_value_where_the_formula_has_none(text):
    activation = parse_formula(text)
    given = dict.fromkeys(activation.defaults(), 0.5)
    at = np.array([-2.0, 0.0, 2.0])
    found = evaluate(activation, at, given)
    assert tuple(np.isfinite(found.f)) == WIDENED[text]
    for derivative in (found.df, found.d2f, *found.dparameters.values()):
        assert not np.isfinite(derivative[~np.isfinite(found.f)]).any()
    x = torch.tensor(at, requires_grad=True)
    y = torch_function(activation.name)(x, *given.values())
    assert tuple(torch.isfinite(y).tolist()) == WIDENED[text]
    y[torch.isfinite(y)].sum().backward()
    assert torch.isfinite(x.grad[x.detach() > 0]).all()


def test_a_break_beyond_all_doubles_is_none():
    activation = parse_formula("max(1e155, x*1e-160)")
    told = describe(activation.name[1:])
    assert breaks(activation) == () and told["shape"] == "smooth"
    assert "inf" not in told["module"]
    assert "inf" not in describe("max(1e155*a, x*1e-160)")["module"]


def test_what_is_not_widened_stays_as_it_is():
    for text in ["log(x)", "abs(log(x))", "sqrt(4*x + 4)", "x**a*x", "log(x)/x", "1/(x*x + x)"]:
        assert not expression_of(parse_formula(text)).has(Undefined), text


@pytest.mark.parametrize(
    ("text", "f", "df"),
    [
        ("1.702*x", "1.702 x", "1.702"),
        ("x*sigmoid(-1.702*x)", r"x \sigma\left(- 1.702 x\right)", None),
        ("0.044715*x**3", "0.044715 x^{3}", "0.134145 x^{2}"),
        ("x + .1*x**2", "0.1 x^{2} + x", "0.2 x + 1"),
        ("x/4 + 0.5", r"\frac{x}{4} + 0.5", r"\frac{1}{4}"),
        ("x/4 + x*x/2", r"\frac{x^{2}}{2} + \frac{x}{4}", r"x + \frac{1}{4}"),
        ("x/3 - 1.50", r"\frac{x}{3} - 1.5", r"\frac{1}{3}"),
        ("x**0.5", r"\sqrt{x}", None),
        ("x**1.4142135", "x^{1.4142135}", "1.4142135 x^{0.4142135}"),
        ("2.5**x", "2.5^{x}", r"2.5^{x} \log{\left(2.5 \right)}"),
        ("1.5e-20*x", r"1.5 \cdot 10^{-20} x", r"1.5 \cdot 10^{-20}"),
        ("1e300*x", "10^{300} x", "10^{300}"),
        ("123456789012*x", "123456789012 x", "123456789012"),
        ("0.25*(x - 0.5)**2", r"0.25 \left(x - 0.5\right)^{2}", r"0.5 \left(x - 0.5\right)"),
    ],
)
def test_decimals_are_set_as_they_are_typed(text, f, df):
    activation = parse_formula(text)
    assert latex(activation) == f
    assert df is None or latex_derivative(activation) == df


def test_outside_the_domain_there_is_no_number():
    found = evaluate(parse_formula("log(x) + sqrt(x)"), [-1.0, 4.0])
    assert np.isnan(found.f[0]) and np.isnan(found.df[0])
    assert found.f[1] == pytest.approx(np.log(4) + 2)
    assert np.isnan(evaluate(parse_formula("1/x"), [0.0]).f[0])
    assert np.isnan(evaluate(parse_formula("sin(exp(exp(x)))"), [50.0]).f[0])
    assert np.isinf(evaluate(parse_formula("exp(exp(x))"), [50.0]).f[0])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x*sigmod(x)", "Unknown function `sigmod` at column 3: did you mean `sigmoid`?"),
        ("σ(x) + Sqrt(x)", "Unknown function `Sqrt` at column 8: did you mean `sqrt`?"),
        ("zzz(x)", "Unknown function `zzz` at column 1; choose one of: sigmoid,"),
        ("1/2x", "“x” at column 4 could belong to what stands before it in two ways"),
        ("1/(2)x", "“x” at column 6 could belong"),
        ("x^2x", "“x” at column 4 could belong"),
        ("e^-2x", "“x” at column 5 could belong"),
        ("x^2(x+1)", "“(” at column 4 could belong"),
        ("x + x/2|x|", "“|” at column 8 could belong"),
        ("sin x^2", "It is not clear where the argument of `sin` ends (column 6)"),
        ("sin x²", "It is not clear where the argument of `sin` ends (column 6)"),
        ("sin x*2", "It is not clear where the argument of `sin` ends (column 6)"),
        ("sin x/2", "It is not clear where the argument of `sin` ends (column 6)"),
        ("sin x cos x", "It is not clear where the argument of `sin` ends (column 7)"),
        ("√2x", "It is not clear where the argument of `√` ends (column 3)"),
        ("√", "“√” at column 1 needs an argument"),
        ("1 + √-x", "“√” at column 5 needs an argument"),
        ("²x", "The raised digit at column 1 has no base before it"),
        ("2^²", "The raised digit at column 3 has no base before it"),
        ("|x", "The “|” at column 1 cannot be read: write |x| or abs(x)"),
        ("x|", "The “|” at column 2 cannot be read"),
        ("(|x)|", "The “|” at column 2 cannot be read"),
        ("|x||x|", "The “|” at column 4 cannot be read"),
        ("|x|x", "An operator is missing before “x” at column 4"),
        ("where(x > 0 || x < -1, x, 0)", "The “|” at column 13 cannot be read"),
        ("0x10", "An operator is missing before “x10” at column 2"),
        ("1j", "An operator is missing before “j” at column 2"),
        ("x 2", "An operator is missing before “2” at column 3"),
        ("ax + 1", "Unknown name `ax` at column 1: did you mean `a*x`?"),
        ("xe^x", "Unknown name `xe` at column 1: did you mean `x*e`?"),
        ("e(x)", "`e` at column 1 is not a function"),
        ("beta*beta(2)", "`beta` at column 6 is not a function"),
        ("2x + 3sin x + foo(x)", "Unknown function `foo` at column 15"),
        ("|x|^2 + x²/(1-1)", "The expression at column 9 is not a real number."),
        ("  |x| +", "The formula cannot be read at column 7"),
        ("x = 2", "“=” at column 3 is not allowed: write only the expression for f(x)"),
        ("elu(x, alpha=0.5)", "“=” at column 13 is not allowed"),
        ("where(x>0 && x<1, x, 0)", "“&” at column 11 is not allowed: write “and”"),
        ("torch.relu(x)", "The point at column 6 is not part of a number"),
        ("0,5*x", "The comma before or after column 1 separates nothing here"),
        (
            "log10(x)",
            "There is no function `log10` (column 1): write, for example, log(x)/log(10).",
        ),
        ("x*floor(x)", "Unknown function `floor` at column 3; choose one of"),
        ("2*sinx", "Unknown name `sinx` at column 3: did you mean `sin(x)`?"),
        ("PI*x", "Unknown name `PI` at column 1: did you mean `pi`?"),
        ("x + Inf", "`Inf` at column 5 is not a finite number; use numbers, x and parameters with"),
        ("1 + sigmoid", "`sigmoid` at column 5 is a function: write sigmoid(…)."),
        ("max(x)", "The number of arguments of `max` at column 1 is 1; it takes 2–8."),
        ("exp(x, x)", "The number of arguments of `exp` at column 1 is 2; it takes 1."),
        ("where(x, 1, 2)", "A condition is expected at column 7"),
        ("where(x and x > 1, 1, 2)", "A condition is expected at column 7"),
        ("where(0 < x == 1, 1, 2)", "A condition is expected at column 11"),
        (
            "lambda*x",
            "`lambda` at column 1 is a reserved word; take another name, such as lambda_.",
        ),
        ("x*in", "`in` at column 3 is a reserved word"),
        ("X*sigmoid(x)", "`X` at column 1: the variable is a lower-case x."),
        ("x*mish", "`mish` at column 3 is a function: write mish(…)."),
        ("swich(x)", "Unknown function `swich` at column 1: did you mean `swish`?"),
        ("elu(x, 1, 2)", "The number of arguments of `elu` at column 1 is 3; it takes 1–2."),
        ("where(x == 1, 1, 2)", "A condition is expected at column 7"),
        ("1 + (x < 1)", "The comparison at column 6"),
        ("x +", "The formula cannot be read at column 3"),
        ("(x", "The bracket at column 1 is not closed."),
        ("max((x, 2)", "The bracket at column 4 is not closed."),
        ("1 + (2*(x", "The bracket at column 8 is not closed."),
        ("x)", "The formula cannot be read at column 2"),
        ("x // 2", "The operator after column 1"),
        ("x and 1", "The comparison at column 1 must be the first argument of where"),
        ("not x", "The comparison at column 1 must be the first argument of where"),
        ("False", "The text at column 1 is not part of a formula"),
        ("1 + sqrt(-1)", "The expression at column 5 is not a real number."),
        ("1/0", "The expression at column 1 is not a real number."),
        ("x/(1-1)", "The expression at column 1 is not a real number."),
        ("log(0)", "The expression at column 1 is not a real number."),
        ("x**101", "The exponent at column 4 must be a number from -100 to 100"),
        ("x**(60*e)", "The exponent at column 5 must be a number from -100 to 100"),
        ("1e999", "The number at column 1 is too large or too small"),
        ("x*1e-999", "The number at column 3 is too large or too small"),
        ("1" * 26, "The number at column 1 has too many digits; at most 25"),
        ("exp(exp(exp(9)))", "The expression at column 5 evaluates to a number outside double"),
        ("x + exp(1000)*x", "The expression at column 5 evaluates to a number outside double"),
        ("cosh(1000)*x", "The expression at column 1 evaluates to a number outside double"),
        ("x*1e300*1e9", "The expression at column 1 evaluates to a number outside double"),
        ("x + 1e-300/10**9", "The expression at column 5 evaluates to a number outside double"),
        ("(1e-200*x)**2", "The expression at column 1 evaluates to a number outside double"),
        ("x*Phi(-1e4)", "The expression at column 3 evaluates to a number outside double"),
        ("exp(1e300*x)", "A derivative of the formula has a number outside double precision"),
        ("(1.0000001**100)**100*x", "The constant at column 1 is too involved"),
        ("0**x", "The base at column 1 is 0"),
        ("x + (x-x)**(1+x)", "The base at column 5 is 0"),
        ("1 + (-1)**x", "The expression at column 5 is not a real number."),
        ("(-2)**(x*beta)", "The expression at column 1 is not a real number."),
        ("(-3)**(1/x)", "The expression at column 1 is not a real number."),
        ("sqrt(-1-x**2)", "The expression at column 1 is not a real number."),
        ("sqrt(-x**2)", "The expression at column 1 is not a real number."),
        ("log(-1-x**2)", "The expression at column 1 is not a real number."),
        ("x + log1p(-1)", "The expression at column 5 is not a real number."),
        ("log1p(-2-x**2)", "The expression at column 1 is not a real number."),
        ("x*(tanh(-1))**0.5", "The expression at column 3 is not a real number."),
        ("(-2)**(1/2)*x", "The expression at column 1 is not a real number."),
        ("(-8)**(1/3)*x", "Write the real cube root as cbrt(…)."),
        ("(-27)**(2/3)+x", "Write the real cube root as cbrt(…)."),
        ("a+b+c+d+f+g+h+i+j", "The name at column 17 is one parameter too many; at most 8"),
        ("", "The formula is empty"),
        (" \t ", "The formula is empty"),
        ("y" * 21, "The name at column 1 is too long"),
        ("x" + "+x" * 100, "The formula has 201 characters; at most 200 are allowed."),
        ("-" * 199 + "x", "nested too deeply at column 61; at most 60"),
        ("1+" * 99 + "1", "The formula"),
    ],
)
def test_refusals_say_where_and_why(text, sentence):
    with pytest.raises(UserError) as refused:
        parse_formula(text)
    assert sentence in str(refused.value)
    assert (refused.value.field, refused.value.status) == ("formula", 422)
    assert refused.value.sentence("zh") != str(refused.value)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("x^2", "x**2"),
        ("x ^ 2", "x ** 2"),
        ("ｘ＾２", "x**2"),
        ("2^x^2", "2**x**2"),
        ("-x^2", "-x**2"),
        ("e^(-x^2)", "e**(-x**2)"),
        ("e^-x", "e**-x"),
        ("2x", "2*x"),
        ("2 x", "2*x"),
        ("0.5x²", "0.5*x**2"),
        ("1e2x", "1e2*x"),
        ("2x^2 - 3x", "2*x**2 - 3*x"),
        ("a x", "a*x"),
        ("βx", "β*x"),
        ("2πx", "2*π*x"),
        ("x(x-1)", "x*(x-1)"),
        ("a(x+1)", "a*(x+1)"),
        ("(x+1)(x-1)", "(x+1)*(x-1)"),
        ("2(x+1)x", "2*(x+1)*x"),
        ("x(x-1)(x-2)/6", "x*(x-1)*(x-2)/6"),
        ("x²(x+1)", "x**2*(x+1)"),
        ("x⁻²", "x**(-2)"),
        ("x¹⁰", "x**10"),
        ("|x|", "abs(x)"),
        ("2|x|", "2*abs(x)"),
        ("||x|-1|", "abs(abs(x)-1)"),
        ("|x-|x||", "abs(x-abs(x))"),
        ("|x|^2", "abs(x)**2"),
        ("max(|x|, |x-1|)", "max(abs(x), abs(x-1))"),
        ("x/(1+|x|)", "x/(1+abs(x))"),
        ("sin x", "sin(x)"),
        ("sin 2x + 1", "sin(2*x) + 1"),
        ("x sin x", "x*sin(x)"),
        ("2sin(x)cos(x)", "2*sin(x)*cos(x)"),
        ("sin cos x", "sin(cos(x))"),
        ("1/cosh x", "1/cosh(x)"),
        ("sin^2 x", "(sin(x)**2)"),
        ("sin²(x) + cos^2(x)", "(sin(x)**2) + (cos(x)**2)"),
        ("tanh^3(2x)^2", "(tanh(2*x)**3)**2"),
        ("√x", "sqrt(x)"),
        ("√(1+x²)", "sqrt(1+x**2)"),
        ("√2*x", "sqrt(2)*x"),
        ("σ(βx)", "σ(β*x)"),
        ("xσ(x)", "x*σ(x)"),
        ("xΦ(x)", "x*Φ(x)"),
        ("x sigmoid(1.702x)", "x*sigmoid(1.702*x)"),
        ("where(x≥1, 2x, |x|)", "where(x>=1, 2*x, abs(x))"),
        ("x if x ≤ 0 else 0.1x", "x if x <= 0 else 0.1*x"),
    ],
)
def test_what_people_leave_out_is_written_out(typed, written):
    """And what is written out is read as it stands, in a page, over REST and in a stored run."""
    activation = parse_formula(typed)
    assert activation.name == f"={written}" and activation.label == written
    assert parse_formula(written).name == activation.name
    assert get(f"={typed}") == get(f"={written}")


OPERANDS = st.sampled_from(
    ["x", "2", "a", "β", "0.5", "(x+1)", "|x|", "sin x", "√x", "x²", "tanh(x)"]
)
JOINTS = st.sampled_from(["", " ", "*", "/", "^", "+", " - ", "**", "(", ")", "|", ",", "²"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(OPERANDS, JOINTS), min_size=1, max_size=6))
def test_whatever_is_typed_is_written_out_once_or_refused_where_it_stands(pieces):
    typed = "".join(operand + joint for operand, joint in pieces)
    try:
        activation = parse_formula(typed)
    except UserError as error:
        assert 1 <= error.values.get("column", 1) <= len(typed) + 1
        return
    written = activation.name[1:]
    assert parse_formula(written).name == activation.name
    assert not set(written) & set("^|²√")
    # Nothing but products, brackets and other spellings was added.
    plain = written.replace("abs", "|").replace("sqrt", "√").replace("**2", "²")
    for sign in "xaβ+-/":
        assert plain.count(sign) == typed.count(sign), (typed, written)


@pytest.mark.parametrize("many", [1, 60, 100])
def test_writing_out_takes_no_long_time_and_no_deep_stack(many):
    for typed in (
        "|" * many + "x" + "|" * many,
        "sin " * many + "x",
        "2(" * many,
        "x" + "²" * many,
    ):
        with pytest.raises(UserError):
            parse_formula(typed[:200] + "!")


@pytest.mark.parametrize(
    ("names", "function"),
    [
        ("sh Sh senh", mp.sinh),
        ("ch", mp.cosh),
        ("th tgh", mp.tanh),
        ("tg", mp.tan),
        ("arctan arctg ArcTan", mp.atan),
        ("arcsinh arsinh arsh", mp.asinh),
        ("arccosh arcosh acosh", mp.acosh),
        ("arctanh artanh atanh", mp.atanh),
        ("asin arcsin", mp.asin),
        ("acos arccos", mp.acos),
        ("acoth", mp.acoth),
        ("asech", mp.asech),
        ("acsch", mp.acsch),
        ("acot", lambda z: mp.pi / 2 - mp.atan(z)),
        ("cot ctg cotan ctan", mp.cot),
        ("coth cth", mp.coth),
        ("sec", mp.sec),
        ("csc cosec", mp.csc),
        ("csch", mp.csch),
        ("sinc", mp.sinc),
        ("lg log10", mp.log10),
        ("lb ld log2", lambda z: mp.log(z, 2)),
        ("exp10", lambda z: mp.mpf(10) ** z),
        ("logistic expit", lambda z: 1 / (1 + mp.exp(-z))),
        ("logit", lambda z: mp.log(z / (1 - z))),
        ("sgn signum", mp.sign),
        ("fabs absolute", abs),
        ("maximum fmax", lambda z: max(z, 0)),
        ("minimum fmin", lambda z: min(z, 0)),
        ("ndtr normcdf", mp.ncdf),
        ("npdf", mp.npdf),
        ("erfc", mp.erfc),
        ("rsqrt", lambda z: 1 / mp.sqrt(z)),
        ("sind", lambda z: mp.sin(mp.pi * z / 180)),
    ],
)
def test_names_of_other_languages_are_told_their_own_here(names, function):
    """And what is told is the same function, wherever it has a real value."""
    at = [-7.0, -1.75, -0.5, 0.25, 0.75, 1.0, 1.5, 30.0]
    for name in names.split():
        with pytest.raises(UserError) as refused:
            parse_formula(f"{name}(x)")
        assert refused.value.key == "activations.error_formula_written_out", name
        found = evaluate(parse_formula(refused.value.values["instead"]), at).f
        for x, value in zip(at, found, strict=True):
            try:
                true = function(mp.mpf(x))
            except ZeroDivisionError:
                continue
            if isinstance(true, mp.mpc):
                assert true.imag == 0 or np.isnan(value), (name, x)
            elif mp.isfinite(true):
                assert value == pytest.approx(float(true), rel=1e-12), (name, x)


def test_advice_is_a_slip_of_the_fingers_or_none():
    """So it is one letter, or two of a long name; never the first, and never a digit."""
    for name in ["log3", "expm2", "relu5", "erfi", "floor", "ceil", "atan2", "dtanh", "gamma"]:
        with pytest.raises(UserError) as refused:
            parse_formula(f"{name}(x)")
        assert refused.value.key == "activations.error_formula_unknown_function", name
    slips = {"sigmiod": "sigmoid", "tahn": "tanh", "sofplus": "softplus", "SQRT": "sqrt"}
    slips |= {"LeakyReLU": "leaky_relu", "hard_swish": "hardswish", "SiLU": "silu", "mihs": "mish"}
    for name, near in slips.items():
        with pytest.raises(UserError, match=f"did you mean `{near}`"):
            parse_formula(f"{name}(x)")


def test_zeros_before_a_number_are_none():
    assert evaluate(parse_formula("x**02 + 007*x + 00.5 + 1e02"), [3.0]).f[0] == 130.5
    with pytest.raises(UserError, match="`foo` at column 9"):
        parse_formula("x**002 +foo(x)")


CONSTANTS = [
    *(f"{name}({z})" for name in ("tanh", "softplus", "erf", "softsign", "cbrt") for z in (1, -2)),
    *("sigmoid(2)", "Phi(-3)", "phi(1)", "sech(1)", "expm1(-1)", "log1p(1)", "gelu(1)", "mish(2)"),
    *("cosh(700)", "exp(-700)", "tanh(1e300)", "sigmoid(1e300)", "2**pi", "e**sqrt(2)"),
    *("where(tanh(1) > sin(1), 2, 3)", "max(tanh(1), erf(1))", "cosh(30) - sinh(30)"),
    *("abs(tanh(-1))", "sqrt(tanh(1))**3", "exp(exp(tanh(1)))", "1.1**99.5", "tanh(tanh(1))"),
]


@pytest.mark.parametrize("text", CONSTANTS)
def test_a_function_of_constants_is_a_number_wherever_it_stands(text):
    (value,) = evaluate(parse_formula(text), [0.0]).f
    with mp.workdps(60):
        assert value == pytest.approx(float(by_hand(text, 0)), rel=1e-14)
    for whole, slope in [
        (f"({text})*x", value),
        (f"x + {text}", 1),
        (f"where(x > 0, x, {text})", 1),
        (f"x/({text})", 1 / value),
    ]:
        activation = parse_formula(whole)
        found = evaluate(activation, [1.0, 2.0])
        assert found.df.tolist() == pytest.approx([slope] * 2, rel=1e-13)
        for language in LANGUAGES:
            assert "nan" not in code(activation, language).replace("gradient NaN", "")
        assert describe(activation.name[1:])["module"]


ATTACKS = [
    "__import__('os').system('true')",
    "__import__(os)",
    "().__class__.__bases__",
    "x.__class__",
    "x[0]",
    "[x for x in x]",
    "{x}",
    "lambda: 0",
    "(lambda x: x)(x)",
    "f'{x}'",
    "'a'*10**9",
    "exec(x)",
    "eval(x)",
    "open(x)",
    "print(x)",
    "globals()",
    "x if exit() else x",
    "(y := x)",
    "yield x",
    "await x",
    "max(*x)",
    "max(x, **x)",
    "exp(x=1)",
    "9**9**9**9",
    "9**99**99",
    "((((9**99)**99)**99)**99)",
    "(((x**99)**99)**99)**99",
    "2**(2**(2**(2**(2**2))))",
    "1e300**1e300",
    "x**1e300",
    "sqrt(" * 60 + "x" + ")" * 60,
    "(" * 199,
    "-" * 200,
    "~x",
    "x@x",
    "x\n+1",
    "x;x",
    "x #",
    "x\\",
    "\x00",
    "x\u200b",
    "\ud800",
    "𝐱",
    "0x10",
    "1_000",
    "1j",
    "1if x>0else 2",
    "ifπ",
    "x*ifβ",
    "πif x>0 else 1",
    "...",
    "None",
    "import os",
    "lambda",
]


@pytest.mark.parametrize("text", ATTACKS, ids=range(len(ATTACKS)))
def test_attacks_are_refused(text):
    with pytest.raises(UserError):
        parse_formula(text)


@pytest.mark.parametrize("value", [None, 5, b"x", ["x"], {"x": 1}, 1.5])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(UserError, match="formula must be text"):
        parse_formula(value)


def test_a_huge_text_is_refused_before_it_is_read():
    with pytest.raises(UserError, match="10000000 characters"):
        parse_formula("x" * 10**7)


@pytest.mark.parametrize("activation", activations(), ids=lambda each: each.name)
def test_activations_are_functions(activation):
    at = X[np.abs(X) < 100] + 1 / 64
    values = {each.name: 0.25 + abs(each.default) for each in activation.parameters}
    given = "".join(f", {value!r}" for value in values.values())
    found = evaluate(parse_formula(f"2*{activation.name}(x/2{given})"), at)
    expected = evaluate(activation, at / 2, values)
    np.testing.assert_allclose(found.f, 2 * expected.f, rtol=2e-12, atol=1e-300)
    np.testing.assert_allclose(found.df, expected.df, rtol=2e-11, atol=1e-15)
    defaults = evaluate(parse_formula(f"{activation.name}(x)"), at)
    np.testing.assert_allclose(defaults.f, evaluate(activation, at).f, rtol=2e-12, atol=1e-300)


def test_a_parameter_is_handed_to_an_activation():
    mixed = parse_formula("a*swish(x, beta) + alpha*elu(x)")
    assert [each.name for each in mixed.parameters] == ["a", "beta", "alpha"]
    found = evaluate(mixed, [-1.5], {"a": 2.0, "beta": 0.5, "alpha": 3.0})
    swish, elu = evaluate(get("swish"), [-1.5], {"beta": 0.5}), evaluate(get("elu"), [-1.5])
    assert found.f[0] == pytest.approx(2 * swish.f[0] + 3 * elu.f[0], rel=1e-14)
    assert found.dparameters["beta"][0] == pytest.approx(2 * swish.dparameters["beta"][0])


CONDITIONS = [
    "0 < x < 1",
    "-1 <= x < 1 < 2",
    "x > 0 and x < 1",
    "x > 0 and x < 1 and x*x > 0.2",
    "x < -1 or x > 1",
    "x < -1 or -0.5 < x <= 0.5 or x >= 2",
    "not x > 0",
    "not (x > 0 and not x >= 1)",
    "(x < 0 or x > 1) and (x < -1 or x < 1.5)",
]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_mean_what_python_means(condition):
    points = [-2.5, -1.0, -0.75, -0.5, 0.0, 0.25, 0.5, 1.0, 1.25, 1.5, 2.0, 3.0]
    true = [eval(condition, {"x": x}) for x in points]
    for text in (f"where({condition}, 3, x/8)", f"3 if {condition} else x/8"):
        found = evaluate(parse_formula(text), points).f
        assert found.tolist() == [
            3 if holds else x / 8 for holds, x in zip(true, points, strict=True)
        ]


def test_signs_of_other_keyboards_are_read():
    found = parse_formula("x×（1－x）÷2，"[:-1])
    assert found.name == "=x*(1-x)/2"
    assert evaluate(found, [3.0]).f[0] == pytest.approx(-3.0)
    assert parse_formula("max（x，0）").label == "max(x,0)"
    assert parse_formula("ｘ＊２ – １").name == "=x*2 - 1"


def test_parameters_stand_in_the_order_of_the_text():
    found = parse_formula("where(a < x < b or x > c, d*x, h) + a")
    assert [each.name for each in found.parameters] == ["a", "b", "c", "d", "h"]


HEAVY = [
    "where(" + " and ".join(f"(x<{k} or x>{k}.5)" for k in range(9)) + ",x,1)",
    "mish(" * 18 + "x" + ")" * 18,
    "tanhexp(serf(smish(logish(mish(x)))))",
    "sin(" * 22 + "x" + ")" * 22,
    "exp(" * 20 + "x" + ")" * 20,
    "x**x**x**x**x**x**x",
    "*".join(f"sin({k}*x)" for k in range(1, 20)),
    "*".join(f"abs(x-{k})" for k in range(1, 20)),
    "max(" * 15 + "x" + ",sin(x))" * 15,
    "(((x+a)**99+b)**99+c)**99",
    "sin(exp(exp(exp(x))))",
    "tan(tan(tan(tan(tan(x)))))",
    "log(1+x)-x+x**2/2",
    "exp(1e300)**100*x",
    "max(" * 6 + "x" + ",x+1)" * 6,
    "abs(" * 28 + "x" + "-1)" * 28,
    "+".join("x" for _ in range(55)),
    "exp(x)*" * 28 + "x",
    "sqrt(x+" * 24 + "x" + ")" * 24,
]


@pytest.mark.parametrize(
    "text",
    # Each is read by `test_formula_process` as well.
    [
        pytest.param(text, marks=[pytest.mark.long] * (n in (2, 3, 4, 5, 6, 9, 11, 18)))
        for n, text in enumerate(HEAVY)
    ],
    ids=range(len(HEAVY)),
)
def test_heavy_formulas_end(text):
    """They are refused or evaluated; the work with more digits is bounded by a count."""
    try:
        activation = parse_formula(text)
    except UserError:
        return
    found = evaluate(activation, np.linspace(-20, 20, 101))
    assert found.f.shape == (101,)


NUMBERS = st.sampled_from(["0", "1", "2", "0.5", "3.25", ".1", "1e-3", "pi"])
LEAVES = st.one_of(st.sampled_from(["x", "x", "beta", "a"]), NUMBERS)
CALLS = [name for name, function in FUNCTIONS.items() if function.least == function.most == 1]


def larger(inner):
    binary = st.tuples(inner, st.sampled_from([" + ", "-", "*", "/"]), inner)
    return st.one_of(
        binary.map(lambda t: f"({t[0]}{t[1]}{t[2]})"),
        st.tuples(st.sampled_from(CALLS), inner).map(lambda t: f"{t[0]}({t[1]})"),
        inner.map(lambda t: f"(-{t})"),
        st.tuples(inner, st.sampled_from(["2", "3", "-1"])).map(lambda t: f"({t[0]})**{t[1]}"),
        st.tuples(inner, inner, inner).map(lambda t: f"where({t[0]} > {t[1]}, {t[2]}, x)"),
        st.tuples(inner, inner).map(lambda t: f"max({t[0]}, {t[1]})"),
    )


REFERENCE = {
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "softplus": lambda z: mp.log1p(mp.exp(z)),
    "softsign": lambda z: z / (1 + abs(z)),
    "Phi": lambda z: mp.erfc(-z / mp.sqrt(2)) / 2,
    "phi": lambda z: mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi),
    "abs": abs,
    "cbrt": lambda z: mp.sign(z) * abs(z) ** (mp.mpf(1) / 3),
    "gelu": lambda z: z * mp.ncdf(z),
    "mish": lambda z: z * mp.tanh(mp.log1p(mp.exp(z))),
    "e": mp.e,
    "ln": mp.log,
    "relu": lambda z: max(z, 0),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "max": max,
    "where": lambda test, a, b: a if test else b,
}


def by_hand(text, x):
    """The value of one of our own generated formulas, by Python's eval with mpmath's functions."""
    scope = {name: getattr(mp, name) for name in CALLS if name not in REFERENCE}
    scope |= REFERENCE | {"x": mp.mpf(x), "beta": mp.mpf(1), "a": mp.mpf(1), "pi": mp.pi}
    tree = ast.parse(text, mode="eval")
    for node in ast.walk(tree):  # numbers as mpmath's, each from its own digits
        for name, child in ast.iter_fields(node):
            if isinstance(child, ast.Constant) and isinstance(child.value, (int, float)):
                number = ast.Call(
                    ast.Name("mpf", ast.Load()), [ast.Constant(repr(child.value))], []
                )
                setattr(node, name, number)
            elif isinstance(child, list):
                child[:] = [
                    ast.Call(ast.Name("mpf", ast.Load()), [ast.Constant(repr(c.value))], [])
                    if isinstance(c, ast.Constant)
                    else c
                    for c in child
                ]
    scope["mpf"] = mp.mpf
    return eval(compile(ast.fix_missing_locations(tree), "formula", "eval"), scope)


@settings(max_examples=150, deadline=None)
@given(st.recursive(LEAVES, larger, max_leaves=6), st.sampled_from([-3.7, -0.4, 0.3, 1.9]))
def test_valid_formulas_mean_what_python_means(text, x):
    if len(text) > MAX_CHARACTERS:
        return
    try:
        found = float(evaluate(parse_formula(text), [x]).f[0])
    except UserError as refused:
        # Constants that are no real number (log(0)) or towers are the only valid ones refused.
        assert refused.key.rpartition("_")[2] in {
            *("undefined", "constant", "beyond", "derivative", "power", "base", "root"),
        }
        return
    with mp.workdps(400):
        try:
            true = by_hand(text, x)
        except (ZeroDivisionError, ValueError, OverflowError, TypeError):
            return  # a pole, the edge of a domain, or a comparison of complex numbers
        if isinstance(true, mp.mpc) or not mp.isfinite(true):
            return
        true = float(true) if abs(true) < mp.mpf(2) ** 1023 else None
    if true is not None and not np.isnan(found):
        assert found == pytest.approx(true, rel=1e-11, abs=1e-300)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=220), st.text("x0123()+-*/.,<>eEsin_ ^σ", max_size=60)))
def test_any_text_is_read_or_refused(text):
    try:
        activation = parse_formula(text)
    except UserError as refused:
        assert refused.sentence("en") and refused.sentence("zh")
        return
    assert evaluate(activation, [0.5]).f.shape == (1,)


def test_nothing_of_the_text_is_run(monkeypatch):
    """Neither eval nor exec nor compile to code nor SymPy's own reader sees the text."""
    import builtins

    import sympy

    parse_formula("x")  # load what is loaded lazily

    def forbidden(*arguments, **keywords):
        raise AssertionError("the text was given to an evaluator")

    real = builtins.compile

    def only_trees(source, filename, mode, flags=0, *rest, **keywords):
        assert flags & ast.PyCF_ONLY_AST, "the text was compiled to code"
        return real(source, filename, mode, flags, *rest, **keywords)

    events = []
    sys.addaudithook(lambda event, _: events.append(event) if event in ("exec",) else None)
    monkeypatch.setattr(builtins, "eval", forbidden)
    monkeypatch.setattr(builtins, "exec", forbidden)
    monkeypatch.setattr(sympy, "parse_expr", forbidden)
    monkeypatch.setattr(builtins, "compile", only_trees)
    events.clear()
    parse_formula("x*sigmoid(beta*x) + 0.3*sin(x)")
    assert events == []


def test_what_has_no_value_is_set_as_a_word():
    import sympy

    assert r"\text{undefined}" in sympy.latex(1 + Undefined())
