"""Exported code, run in its own language, against the definition."""

import base64
import math
import re
import shutil
import subprocess
import sys
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path

import gradio
import numpy as np
import pytest
import torch
from torch import nn

from swishdemo.activations import activations, evaluate, get, names, parse_formula
from swishdemo.activations.code import LANGUAGES, code
from swishdemo.activations.code.python import MODULE
from swishdemo.activations.symbolic.derive import breaks
from swishdemo.errors import UserError

POINTS = np.array(
    [
        *(0.0, 1e-12, -1e-12, 0.5, -0.5, 1, -1, 3, -3, 6, 17, -17, 30, -30, 300, -300, 750, -750),
        *np.random.default_rng(3).normal(0, 5, 60),
    ]
)
PLACE = {x: at for at, x in enumerate(POINTS.tolist())}
FAR = 10.0
FORMULAS = [
    "x*sigmoid(beta*x)",
    "max(x, a*x/2) + min(x, -1)/7",
    "where(x > 0, log(x), a*(exp(x) - 1))",
    "where(x > c, sqrt(x - c), x/3)",
    "where(x < -2, exp(x), x**3/8 + 3*x/2)",
    "x if x > 1 else 1/(3 - x)**2",
    "where(x > 0, 1, 0) - where(x > k, k, 0.25)",
    "-x**2/3 + abs(x)**1.5 - 2**-3",
    "x*Phi(x) - erf(x)*phi(x) + sech(a*x)*softsign(x)",
    "x**3*exp(-x**2) + cosh(tanh(x)) + sinh(atan(x)) + asinh(x)*cos(x) - sin(b*x)/b",
    "λ*x + exp(training)*x + self + float*2",
    "lambda_*x + λ*x + forward*T_destination + type**2 + training_*training",
    "s*sigmoid(z*x) + z*sigmoid(z*x) + e*exp(-abs(x)) + t + p + normalCdf*Phi(x) + Math",
    "var*x + new + gaussian_*phi(x) + function*erfcx + ROOT_2",
    "np*x + torch + F*nn*jnp*jax*special + math",
    "where(x > 0, x, exp(x)*left + right) + trainable*extra_repr + z*in_features",
    "a",
    "2",
    "where(a > 0, x, exp(a))",
    "where(x*a > 1, x, tanh(x)) * (1 - a)",
    "softplus(-x)/2 - log1p(x**2)*expm1(-x**2)",
    "(x + a)**2 / -(x**2 + 1)**2",
    "-(-x)**2 * sqrt(2/pi)",
    "abs(exp(relu(x))) + cbrt(x - c)*cbrt(a)",
    "a**(1/3)*sigmoid(2)*x + where(x > 0, x, tanh(1))",
    "exp(log(x)) + Phi(x)/7",
    "(x*x)**x/(1 + x**8)",
    "asinh(where((-x)**(-1/3) <= log(.1 + x), -1e300, sinh(x)))",
    "elu(sqrt(1e20 + x), 0.5)",
]
"""Among them names that are words of a language, of a library, or of the code itself."""


def settings(activation):
    """The defaults, and parameters off them."""
    off = {
        each.name: round(each.low + 0.7 * (each.high - each.low), 3)
        for each in activation.parameters
    }
    found = [{}, off] if off else [{}]
    if activation.name == "swish":
        found += [{"beta": beta} for beta in (0.0, -1.0, 1.702, -10.0)]
    return found


NAMES = [*names(), *FORMULAS]
of_formula = cache(parse_formula)


def of(name):
    """A record by its name, or what a formula is."""
    return get(name) if name in names() else of_formula(name)


@cache
def everywhere(activation, *values):
    """What `evaluate` finds at all points: once for all languages."""
    return evaluate(activation, POINTS, dict(values))


def expected_of(activation, x, values):
    """What `evaluate` finds at some of the points."""
    found = everywhere(activation, *values.items())
    at = [PLACE[each] for each in x.tolist()]
    return replace(
        found,
        **{name: getattr(found, name)[at] for name in ("f", "df", "d2f")},
        dparameters={name: each[at] for name, each in found.dparameters.items()},
    )


def cases(*chosen):
    """Activations, each at all its settings."""
    return [(of(name), values) for name in chosen for values in settings(of(name))]


def spread(activation, values):
    """How large values and slopes may be made by the parameters."""
    return max(1.0, *(abs(value) for value in (activation.defaults() | values).values()), 0.0)


def allowed(expected, x, scale, tails):
    """Errors that rounding explains: in the tails relative to the value, elsewhere to x."""
    near = 1e-14 * scale**2 * np.maximum(1, np.abs(x)) + 1e-11 * np.abs(expected)
    return np.where(tails & (np.abs(x) >= FAR), 1e-9 * np.abs(expected) + 1e-300, near)


def hold(found, expected, x, scale, tails=False):
    """Found values are the definition's; where that has none, none is asked for."""
    found = np.broadcast_to(np.asarray(found, dtype=float), x.shape)
    known = np.isfinite(expected)
    wrong = known & ~(np.abs(found - expected) <= allowed(expected, x, scale, tails))
    assert not wrong.any(), list(zip(x[wrong], found[wrong], expected[wrong], strict=True))[:3]


def away(activation, x, values=None):
    """Points off every kink."""
    return np.setdiff1d(x, [0.0, 1.0, *breaks(activation, values)])


def run(text, tmp_path, name="piece"):
    """The names that a piece of Python defines."""
    path = tmp_path / f"{name}.py"
    path.write_text(text, "utf-8")
    space = {"__name__": name}
    exec(compile(text, str(path), "exec"), space)
    return space


def one(space, wanted):
    """The only thing of a kind that a piece defines itself."""
    (found,) = [each for each in space.values() if wanted(each)]
    return found


# -- NumPy ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_numpy(name, tmp_path):
    for activation, values in cases(name):
        check_numpy(activation, values, tmp_path)


def check_numpy(activation, values, tmp_path):
    space = run(code(activation, "numpy", values), tmp_path)
    slope = next(name for name in space if name.endswith("_derivative"))
    expected = expected_of(activation, POINTS, values)
    tails = bool(activation.source)
    # Typed formulas may overflow, or have no value, by their own fault.
    with np.errstate(over="raise" if tails else "ignore", invalid="raise" if tails else "ignore"):
        f = space[slope.removesuffix("_derivative")](POINTS)
        df = space[slope](POINTS)
    scale = spread(activation, values)
    assert np.shape(f) == np.shape(df) == POINTS.shape
    assert f.dtype == df.dtype == np.float64
    hold(f, expected.f, POINTS, scale, tails)
    hold(df, expected.df, POINTS, scale, tails)


# -- PyTorch -------------------------------------------------------------------------------------


@pytest.fixture
def double():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def module(activation, values, trainable, tmp_path):
    space = run(code(activation, "pytorch", values, trainable), tmp_path)
    return one(space, lambda each: isinstance(each, type) and issubclass(each, nn.Module))


@cache
def is_builtin(activation):
    text = code(activation, "pytorch")
    return re.search(r"F\.(?!softplus)\w+\(", text) is not None


@pytest.mark.parametrize("name", NAMES)
def test_pytorch(name, tmp_path, double):
    for activation, values in cases(name):
        for trainable in (True, False):
            check_pytorch(activation, values, trainable, tmp_path)


def check_pytorch(activation, values, trainable, tmp_path):
    made = module(activation, values, trainable, tmp_path)()
    known = activation.defaults() | values
    at = away(activation, POINTS, values)
    expected = expected_of(activation, at, values)
    x = torch.tensor(at, requires_grad=True)
    y = made(x)
    assert y.shape == x.shape and y.dtype == x.dtype
    scale = spread(activation, values) * (2 if is_builtin(activation) else 1)
    hold(y.detach().numpy(), expected.f, at, scale)
    # Where a formula has no value, its gradient has none either: those points stay out.
    sure = [expected.f, expected.df, *expected.dparameters.values()]
    inside = torch.tensor(np.isfinite(sure).all(axis=0))
    if y.requires_grad:
        # A sum over all points: one NaN in a branch that is not taken would show in its own place.
        y[inside].sum().backward()
    slopes = np.zeros_like(at) if x.grad is None else x.grad.numpy()
    hold(np.where(inside, slopes, expected.df), expected.df, at, scale * np.maximum(1, np.abs(at)))
    names = [name for name, _ in made.named_parameters()]
    assert len(names) == (len(activation.parameters) if trainable else 0)
    for name, number, gradient in zip(
        names, known.values(), expected.dparameters.values(), strict=bool(names)
    ):
        learnt = made.get_parameter(name)
        assert learnt.item() == number
        found = 0.0 if learnt.grad is None else learnt.grad.item()
        true = gradient[inside.numpy()]
        size = np.abs(true).max(initial=1)
        assert found == pytest.approx(math.fsum(true), rel=1e-9, abs=1e-11 * size * scale)
    assert all(f"{number:.6g}" in repr(made) for number in known.values() if names)


@pytest.mark.parametrize("activation", activations(), ids=lambda a: a.name)
def test_pytorch_takes_a_side_at_a_kink(activation, tmp_path, double):
    for trainable in (True, False):
        for at in breaks(activation):
            x = torch.tensor([at], requires_grad=True)
            y = module(activation, {}, trainable, tmp_path)()(x)
            y.sum().backward()
            assert y.item() == pytest.approx(evaluate(activation, [at]).f[0], abs=1e-12)
            left, right = evaluate(activation, [at - 1e-9, at + 1e-9]).df
            slack = 1e-7
            assert min(left, right) - slack <= x.grad.item() <= max(left, right) + slack


def test_a_state_comes_back(tmp_path):
    Swish = module(get("swish"), {"beta": 1.3}, True, tmp_path)
    first, second = Swish(), Swish(0.2)
    assert set(first.state_dict()) == {"beta"}
    second.load_state_dict(first.state_dict())
    assert second.beta.item() == pytest.approx(1.3)
    assert second.beta.requires_grad and not Swish(trainable=False).beta.requires_grad
    optimiser = torch.optim.SGD(second.parameters(), lr=0.1)
    second(torch.linspace(-2, 2, 9)).sum().backward()
    optimiser.step()
    assert second.beta.item() != pytest.approx(1.3, abs=1e-6)


def test_pytorchs_own_function_stands_there_where_it_is_the_same():
    assert "F.silu(x)" in code(get("swish"), "pytorch", {"beta": 1.0}, trainable=False)
    assert "F.silu" not in code(get("swish"), "pytorch", {"beta": 1.1}, trainable=False)
    assert "F.silu" not in code(get("swish"), "pytorch", {"beta": 1.0}, trainable=True)
    assert "F.elu(x, alpha=2.5)" in code(get("elu"), "pytorch", {"alpha": 2.5}, trainable=False)
    assert "F.gelu(x)" in code(get("gelu"), "pytorch")
    assert 'approximate="tanh"' in code(get("gelu_tanh"), "pytorch")


@pytest.mark.parametrize("activation", activations(), ids=lambda a: a.name)
def test_the_type_of_x_is_kept(activation, tmp_path):
    made = module(activation, {}, True, tmp_path)()
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        assert made(torch.linspace(-3, 3, 7, dtype=dtype)).dtype == dtype


JOINED = [
    "where(0<=x<=1, sqrt(x), x**2)",
    "where(x>=0 and x<=1, x**1.5, x**2)",
    "where(not (0<=x<=1), x**2, sqrt(x))",
    "where(x**2>1, sqrt(x**2-1), 0)",
    "where(-1<x<1, exp(-1/(1-x**2)), 0)",
    "where(x>0 and x>c/2, log(x), x)",
    "where(x<-b, exp(x), where(x<b/2, 1/(x-2), x))",
    "where(-b<x<b and x*x>0.1, sqrt(x+b), x)",
    "elu(exp(x)-2)",
    "clip(exp(x),0,5)",
    "where(-5<x<5, sinh(x), x)",
    "relu(sinh(x))",
    "clip(x**3,-1,1)",
    "x if x > 0 and not x > 10 else x*exp(min(x, 0))",
]
"""Branches that overflow, or are not defined, where they are not taken."""


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16])
@pytest.mark.parametrize("formula", JOINED)
def test_a_branch_that_is_not_taken_leaves_gradients_alone(formula, dtype, tmp_path):
    activation = of(formula)
    made = module(activation, {}, True, tmp_path)().to(dtype)
    far = {torch.float64: 1000.0, torch.float32: 300.0, torch.float16: 40.0}[dtype]
    at = [-far, -20.0, -3.1, -1.7, -0.7, -0.3, 0.2, 0.4, 0.7, 1.7, 4.1, 20.0, far]
    x = torch.tensor(at, dtype=dtype, requires_grad=True)
    y = made(x)
    y.sum().backward()
    expected = evaluate(activation, x.detach().double().numpy())
    sure = np.isfinite(expected.df) & (np.abs(expected.df) < 1e4) & (np.abs(expected.f) < 1e4)
    assert sure.sum() > 8
    size = 64 * torch.finfo(dtype).eps * np.maximum(1, np.abs(at))
    for found, true in ((y.detach(), expected.f), (x.grad, expected.df)):
        allowed = size * np.maximum(1, np.abs(true))
        hold_to(found.double().numpy()[sure], true[sure], allowed[sure])


# Beyond 200, x² is infinite in half precision.
NARROW = {torch.float32: 1000.0, torch.bfloat16: 1000.0, torch.float16: 200.0}
SATURATING = [
    "x*tanh(2*exp(x))",
    "x*exp(-exp(a*x))",
    "x*sigmoid(exp(x))",
    "Phi(exp(x))*sech(exp(x))",
]


@pytest.mark.parametrize("trainable", [True, False])
@pytest.mark.parametrize("name", [*names(), *SATURATING])
def test_gradients_are_numbers_far_out_in_every_type(name, trainable, tmp_path):
    made = module(of(name), {}, trainable, tmp_path)
    for dtype, far in NARROW.items():
        check_far_out(of(name), made().to(dtype), dtype, far)


def check_far_out(activation, made, dtype, far):
    at = [-far, -100.0, -17.0, -12.0, 12.0, 17.0, 100.0, far]
    x = torch.tensor(at, dtype=dtype, requires_grad=True)
    y = made(x)
    y.sum().backward()
    expected = evaluate(activation, x.detach().double().numpy())
    size = np.maximum(1, np.abs(at)) * 16 * torch.finfo(dtype).eps
    # What is larger than the type can hold is not asked for, nor what waves with every digit of x.
    sure = (np.abs(expected.f) < 1e4) & (activation.family != "periodic")
    for found, true in ((y.detach(), expected.f), (x.grad, expected.df)):
        assert np.isfinite(found.double().numpy())[sure].all()
        hold_to(
            found.double().numpy()[sure], true[sure], (size * np.maximum(1, np.abs(true)))[sure]
        )


def hold_to(found, expected, allowed):
    wrong = ~(np.abs(found - expected) <= allowed)
    assert not wrong.any(), (found[wrong], expected[wrong])


def test_a_module_with_parameters_is_shown_without_a_warning(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for trainable in (True, False):
            assert "beta=0.5" in repr(module(get("swish"), {"beta": 0.5}, trainable, tmp_path)())


def test_no_parameter_replaces_an_attribute_of_a_module():
    public = {name for name in dir(nn.Module()) if not name.startswith("_")}
    assert public <= MODULE


# -- JAX -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def jax():
    jax = pytest.importorskip("jax", reason="pip install -r tests/requirements-jax.txt")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


@pytest.mark.parametrize("name", NAMES)
def test_jax(name, tmp_path, jax):
    for activation, values in cases(name):
        check_jax(activation, values, tmp_path, jax)


def check_jax(activation, values, tmp_path, jax):
    space = run(code(activation, "jax", values), tmp_path)
    wanted = activation.name if activation.source else "activation"
    f = space[wanted]
    at = away(activation, POINTS, values)
    expected = expected_of(activation, at, values)
    scale = spread(activation, values)
    y = f(jax.numpy.asarray(at))
    assert y.shape == at.shape and y.dtype == np.float64
    hold(y, expected.f, at, scale, tails=bool(activation.source))
    inside = np.isfinite(expected.f) & np.isfinite(expected.df)
    slopes = np.asarray(jax.vmap(jax.grad(f))(jax.numpy.asarray(at)))
    hold(np.where(inside, slopes, expected.df), expected.df, at, scale * np.maximum(1, np.abs(at)))
    known = activation.defaults() | values
    for place, gradient in enumerate(expected.dparameters.values(), 1):
        numbers = [float(value) for value in known.values()]
        by = jax.vmap(jax.grad(f, argnums=place), in_axes=(0, *[None] * len(numbers)))
        found = np.asarray(by(jax.numpy.asarray(at), *numbers))
        size = np.maximum(1, np.abs(at)) ** 2 * scale
        hold(np.where(inside, found, gradient), gradient, at, size)


# -- JavaScript ----------------------------------------------------------------------------------


def test_javascript(modules_page):
    """Every case in one page, each piece imported as the module that it is."""
    pieces = []
    for activation, values in cases(*NAMES):
        text = code(activation, "javascript", values)
        pieces.append(base64.b64encode(text.encode()).decode())
    found = modules_page.evaluate(
        """async ([pieces, points]) => Promise.all(pieces.map(async (piece) => {
            const m = await import(`data:text/javascript;base64,${piece}`);
            const slope = Object.keys(m).find((name) => name.endsWith("Derivative"));
            const f = m[slope.replace(/Derivative$/, "")];
            const told = (value) => Number.isFinite(value) ? value : null;
            return [points.map((x) => told(f(x))), points.map((x) => told(m[slope](x)))];
        }))""",
        [pieces, POINTS.tolist()],
    )
    for (activation, values), (f, df) in zip(cases(*NAMES), found, strict=True):
        expected = expected_of(activation, POINTS, values)
        scale, tails = spread(activation, values), bool(activation.source)
        try:
            hold(np.array(f, dtype=float), expected.f, POINTS, scale, tails)
            hold(np.array(df, dtype=float), expected.df, POINTS, scale, tails)
        except AssertionError as error:
            raise AssertionError(f"{activation.label} {values}: {error}") from error


# -- LaTeX ---------------------------------------------------------------------------------------


def test_latex_is_set_by_katex(modules_page):
    folder = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
    (file,) = folder.glob("katex-*.js")
    library = base64.b64encode(file.read_bytes()).decode()
    texts = [code(activation, "latex", values) for activation, values in cases(*NAMES)]
    found = modules_page.evaluate(
        """async ([library, texts]) => {
            const m = await import(`data:text/javascript;base64,${library}`);
            const katex = Object.values(m).find((each) => each.renderToString);
            const set = (text) => {
              try {
                const html = katex.renderToString(text, { displayMode: true, strict: "error" });
                return html.includes("katex-error") ? html : html.includes("mtable");
              } catch (error) { return String(error); }
            };
            return [set("\\\\frac{1"), ...texts.map(set)];
        }""",
        [library, texts],
    )
    assert "ParseError" in found[0]
    assert [each for each in found[1:] if each is not True] == []


def test_latex_tells_the_values():
    text = code(get("swish"), "latex", {"beta": 1.702})
    assert r"\beta &= 1.702" in text and r"f'(x) &=" in text and r"\sigma(z) &=" in text


# -- all -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_piece_names_its_source(language):
    for activation in activations():
        text = code(activation, language)
        assert activation.label in text and str(activation.year) in text
        assert activation.source.rpartition(", ")[2] in text
        assert text.endswith("\n") and not re.search(r"[ \t]+$", text, re.MULTILINE)


@pytest.mark.parametrize("language", ["pytorch", "jax", "numpy"])
def test_python_looks_as_its_formatter_would_have_it(language, tmp_path):
    for at, (activation, values) in enumerate(cases(*names())):
        file = tmp_path / f"{activation.name}_{at}.py"
        file.write_text(code(activation, language, values), "utf-8")
    ruff = shutil.which("ruff", path=Path(sys.executable).parent)
    command = [ruff, "format", "--diff", "--isolated", "--line-length", "100", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == ""
    checked = [ruff, "check", "--isolated", "--select", "F,E7,E9", str(tmp_path)]
    done = subprocess.run(checked, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_values_of_the_moment_stand_there():
    for language in LANGUAGES:
        assert "-2.75" in code(get("swish"), language, {"beta": -2.75})


@pytest.mark.parametrize("language", ["rust", "", None, 3, ["numpy"], "../code_python", "python"])
def test_no_other_language(language):
    with pytest.raises(UserError) as refused:
        code(get("swish"), language)
    assert refused.value.status == 404 and refused.value.field == "language"


@pytest.mark.parametrize("values", [{"gamma": 1.0}, {"beta": math.nan}, {"beta": "1"}])
def test_no_other_parameters(values):
    with pytest.raises(UserError):
        code(get("swish"), "numpy", values)


def test_no_name_ends_a_comment():
    """A typed formula's label is what was typed: it must not reach the code."""
    hostile = replace(parse_formula("x"), label='x"""\nimport os\n*/ alert(1)')
    named = replace(get("relu"), label='R"""\nimport os # \\u0022 */ alert(1)')
    for language in LANGUAGES:
        assert "import os" not in code(hostile, language)
    for language in ("pytorch", "jax", "numpy"):
        compiled = compile(code(named, language), "piece", "exec")
        assert "os" not in compiled.co_names
    assert "*/ alert" not in code(named, "javascript")
