"""A typed formula is one function everywhere: generated formulas, held to mpmath in every place."""

import base64
import math
import random
from contextlib import contextmanager
from pathlib import Path

import gradio
import httpx
import numpy as np
import pytest
import torch
from api_server import fake_lab, serving
from formula_oracle import NoValue, Unknown, is_middling, slope, value
from torch import nn

from swishdemo.activations import get, torch_function
from swishdemo.activations.code import code
from swishdemo.activations.rounding import spreads
from swishdemo.activations.typed import formula_worker
from swishdemo.activations.typed.functions import FUNCTIONS
from swishdemo.activations.typed.syntax import MAX_CHARACTERS
from swishdemo.errors import UserError

POINTS = [-41.5, -3.7, -1.0, -0.4, 0.0, 0.3, 2.25, 17.0, 300.0]
EDGES = (-1.0, 0.0)
"""Points that may be poles or ends of domains, which floating point may pass over."""
LARGEST, SMALLEST = 1e250, 1e-200
"""Beyond the one, and for gradients below the other, what stands on the way may be no double."""

# -- the generator -------------------------------------------------------------------------------

_CALLS = [name for name, each in FUNCTIONS.items() if each.least == each.most == 1]
_ACTIVATIONS = ["mish(%s)", "swish(%s, beta)", "elu(%s, 0.5)", "softplus(%s, 2)", "isru(%s, 0.3)"]
_NUMBERS = [
    *("0", "1", "2", "3", "0.5", "1.702", "0.044715", ".1", "3.25", "1.4142135", "pi", "e", "7"),
    *("10", "100", "1000", "1e5", "1e20", "1e155", "1e300", "1e-3", "1e-20", "1e-160", "1e-300"),
    *("(-1)", "(-2)", "(-0.25)", "(1/3)", "(-8)", "(2/7)"),
]
_EXPONENTS = [
    *("2", "3", "-1", "-2", "0.5", "1.5", "(1/3)", "(2/3)", "(-0.5)", "1.4142135", "pi", "0", "1"),
    *("a", "x", "beta", "(x/2)", "(a + 1)", "17", "(-1/3)", "(-x)", "sqrt(2)"),
]


def generated(seed, count, depths):
    """Formulas over all of the grammar, the same ones for the same seed."""
    choose = random.Random(seed)
    found = []
    while len(found) < count:
        text = _formula(choose, choose.choice(depths))
        if len(text) <= MAX_CHARACTERS:
            found.append(text)
    return found


def _formula(choose, depth):
    if depth == 0 or choose.random() < 0.08:
        leaf = choose.random()
        if leaf < 0.58:
            return "x"
        return choose.choice(["a", "beta"]) if leaf < 0.68 else choose.choice(_NUMBERS)

    def inner():
        return _formula(choose, depth - 1)

    kind = choose.random()
    if kind < 0.36:
        return f"({inner()} {choose.choice('+-*/*')} {inner()})"
    if kind < 0.68:
        return f"{choose.choice(_CALLS)}({inner()})"
    if kind < 0.78:
        return f"({inner()})**{choose.choice(_EXPONENTS)}"
    if kind < 0.83:
        return f"(-{inner()})"
    if kind < 0.88:
        return choose.choice(["max(%s, %s)", "min(%s, %s)", "clip(%s, -1, %s)"]) % (
            inner(),
            inner(),
        )
    if kind < 0.91:
        return choose.choice(_ACTIVATIONS) % inner()
    test = f"{inner()} {choose.choice(['<', '<=', '>', '>='])} {inner()}"
    if choose.random() < 0.3:
        test = choose.choice(
            [f"{test} and x < 2", f"x > 1 or {test}", f"not {test}", f"-1 < {test}"]
        )
    if kind < 0.97:
        return f"where({test}, {inner()}, {inner()})"
    return f"({inner()} if {test} else {inner()})"


# -- the oracle's answers ------------------------------------------------------------------------


class Expected:
    """What a formula is at the points, by mpmath: None where unknown, NaN where it has no value."""

    def __init__(self, text, parameters):
        self.text = text
        self.parameters = parameters
        self.f = np.array([self._value(x) for x in POINTS], dtype=float)
        self.df = self._slopes("x")
        self.by = {name: self._slopes(name) for name in parameters}
        self.unknown = np.isinf(self.f)

    def _value(self, x):
        """NaN where there is none, ∞ where it is not known or no double."""
        try:
            found = value(self.text, x, self.parameters)
            if x in EDGES:  # a place beside which there is no value is left open
                value(self.text, x + 1e-9, self.parameters)
        except NoValue:
            return math.inf if x in EDGES else math.nan
        except Unknown:
            return math.inf
        return float(found) if abs(found) < LARGEST else math.inf

    def _slopes(self, by):
        found = []
        for x, f in zip(POINTS, self.f, strict=True):
            try:
                # Of a power that varies, the derivative has one form, which at 0 may be 0/0.
                open_edge = x in EDGES and (by != "x" or "**" in self.text)
                if open_edge or not math.isfinite(f):
                    raise NoValue
                there = slope(self.text, x, self.parameters, by)
                found.append(float(there) if abs(there) < LARGEST else math.nan)
            except (NoValue, Unknown):
                found.append(math.nan)  # not asked for
        return np.array(found)


# -- comparing -----------------------------------------------------------------------------------


class Disagreements:
    """What differs, by formula and place, so that one run tells all of it."""

    def __init__(self):
        self.found = []

    def values(self, place, text, found, true, allowed, needed=None):
        """Numbers are the true ones, and none where there is none."""
        found = np.array(found, dtype=float)
        none = np.isnan(true)
        wrong = none & np.isfinite(found) if needed is None else np.zeros(true.shape, dtype=bool)
        asked = np.isfinite(true) & np.isfinite(allowed)
        if needed is not None:
            asked &= needed
        with np.errstate(invalid="ignore"):
            wrong |= asked & ~(np.abs(found - true) <= allowed)
        for at in np.flatnonzero(wrong)[:2]:
            self.found.append((place, text, POINTS[at], found[at], true[at], allowed[at]))

    @contextmanager
    def trying(self, place, text):
        """Tell of an error as of a difference."""
        try:
            yield
        except Exception as error:
            self.found.append((place, text, f"{type(error).__name__}: {error}"[:200]))

    def check(self):
        """Fail with all of them."""
        lines = [" | ".join(map(str, each)) for each in self.found]
        assert not lines, f"{len(lines)} differ:\n" + "\n".join(lines[:60])


def exact(true):
    """What REST promises: 12 digits."""
    return 1e-12 * np.abs(true) + 3e-308


def rounded(expected):
    """What doubles may make of it: f and f′, infinite where no bound holds."""
    activation = get(f"={expected.text}")
    found = spreads(activation, np.array(POINTS), expected.parameters, 2.0**-52)
    size = np.maximum(1, np.abs(POINTS))
    far = [
        [not is_middling(expected.text, x, expected.parameters, largest) for x in POINTS]
        for largest in (1e290, 1e140)  # a slope has squares on its way
    ]
    return [
        np.where(
            beyond,
            np.inf,
            16 * spread + 1e-13 * size * np.maximum(1, np.abs(true)) + 1e-11 * np.abs(true),
        )
        for spread, true, beyond in zip(found, (expected.f, expected.df), far, strict=True)
    ]


def hold_rest(each, differ):
    """The worker's values, as REST and the page are told them."""
    told = formula_worker.values(each.text, POINTS, each.parameters)
    differ.values("REST f", each.text, told["f"], each.f, exact(each.f))
    for name, true in {"f′": each.df, **each.by}.items():
        found = told["df"] if name == "f′" else told["dparameters"][name]
        allowed = 10 * exact(true) + 1e-290  # of less, the oracle's differences have no digits
        differ.values(f"REST {name}", each.text, found, true, allowed, true == true)


def hold_torch(each, widths, differ):
    """PyTorch's forward and gradient, of what trains and of the exported module."""
    name, numbers = f"={each.text}", list(each.parameters.values())
    exported = run(code(get(name), "pytorch", each.parameters, trainable=True)).values()
    (made,) = [one for one in exported if isinstance(one, type) and issubclass(one, nn.Module)]
    function = torch_function(name)
    for place, call in [("torch", lambda x: function(x, *numbers)), ("torch export", made())]:
        x = torch.tensor(POINTS, requires_grad=True)
        y = call(x)
        differ.values(place, each.text, y.detach().numpy(), each.f, widths[0])
        # What vanishes comes by a way on which something else has vanished before it.
        sure = np.isfinite(each.df) & np.isfinite(widths[1]) & ~(np.abs(each.df) < SMALLEST)
        if y.requires_grad and sure.any():
            y[torch.tensor(sure)].sum().backward()
        got = np.zeros(len(POINTS)) if x.grad is None else x.grad.numpy()
        differ.values(f"{place} gradient", each.text, got, each.df, widths[1], sure)


def run(text):
    """The names that a piece of Python defines."""
    space = {"__name__": "piece"}
    exec(compile(text, "piece", "exec"), space)
    return space


def hold_numpy(each, widths, differ):
    """NumPy's function and derivative."""
    space = run(code(get(f"={each.text}"), "numpy", each.parameters))
    with np.errstate(all="ignore"):
        f, df = (space[name](np.array(POINTS)) for name in ("activation", "activation_derivative"))
    differ.values("NumPy", each.text, f, each.f, widths[0])
    differ.values("NumPy f′", each.text, df, each.df, widths[1], np.isfinite(each.df))


def hold_jax(each, widths, differ, jax):
    """JAX's function and gradient."""
    f = run(code(get(f"={each.text}"), "jax", each.parameters))["activation"]
    x = jax.numpy.asarray(POINTS)
    differ.values("JAX", each.text, f(x), each.f, widths[0])
    sure = np.isfinite(each.df) & ~(np.abs(each.df) < SMALLEST)
    differ.values("JAX gradient", each.text, jax.vmap(jax.grad(f))(x), each.df, widths[1], sure)


IN_BROWSER = """async ([typed], [library, cases, points]) => {
  const { default: all, ...rest } = await import(`data:text/javascript;base64,${library}`);
  const katex = [all, ...Object.values(rest)].find((each) => each?.renderToString);
  const told = (value) => (Number.isFinite(value) ? value : null);
  const at = (f, p) => points.map((x) => told(f(x, p)));
  const set = (latex) => {
    const html = katex.renderToString(latex, { displayMode: true, strict: "error" });
    if (html.includes("katex-error")) throw new Error(html);
  };
  const answers = new Map(cases.map(([answer]) => [answer.name.slice(1), answer]));
  window.fetch = async (_, { body }) => Response.json(answers.get(JSON.parse(body).formula));
  return Promise.all(cases.map(async ([answer, piece, latex, p]) => {
    try {
      const { record, error } = await typed.typedRecord(answer.name.slice(1));
      if (error) return error;
      typed.caveats({ ...answer, record });
      const m = await import(`data:text/javascript;base64,${piece}`);
      [latex, record.latex, record.latexDerivative].forEach(set);
      return [at(record.f, p), at(record.df, p), at(m.activation), at(m.activationDerivative)];
    } catch (error) { return String(error); }
  }));
}"""


def for_browser(each):
    """What the browser is given: the page's answer, a module, LaTeX, the parameters."""
    name = get(f"={each.text}")
    piece = base64.b64encode(code(name, "javascript", each.parameters).encode()).decode()
    return (
        formula_worker.describe(each.text),
        piece,
        code(name, "latex", each.parameters),
        each.parameters,
    )


def hold_browser(cases, differ, modules):
    """The page's record, the exported module, and LaTeX as KaTeX sets it."""
    folder = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
    (file,) = folder.glob("katex-*.js")
    library = base64.b64encode(file.read_bytes()).decode()
    given = [case for _, _, case in cases]
    found = modules(IN_BROWSER, ["formulas/typed_formula.js"], [library, given, POINTS])
    for (each, widths, _), told in zip(cases, found, strict=True):
        if isinstance(told, str):
            differ.found.append(("browser", each.text, told))
            continue
        sure = np.isfinite(each.df)
        differ.values("page f", each.text, told[0], each.f, widths[0])
        differ.values("page f′", each.text, told[1], each.df, widths[1], sure)
        differ.values("JavaScript", each.text, told[2], each.f, widths[0])
        differ.values("JavaScript f′", each.text, told[3], each.df, widths[1], sure)


def hold_refusal(text, error, differ):
    """One sentence, wherever it is asked for."""
    for work, arguments in [
        (formula_worker.values, (text, POINTS, {})),
        (formula_worker.describe, (text,)),
        (formula_worker.code, (f"={text}", {}, "jax", True)),
        (torch_function, (f"={text}",)),
    ]:
        try:
            work(*arguments)
            differ.found.append(("refused, and not by", work.__name__, text))
        except UserError as other:
            if other.sentence("en") != error.sentence("en"):
                differ.found.append(("refused otherwise", work.__name__, text))


@pytest.fixture
def double():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def hold_everywhere(seed, count, modules=None, jax=None, depths=(2, 3, 3, 4, 4, 5), more=0):
    """Hold each formula everywhere; what is expected of them, the refusals, what differs.

    Of ``more`` that follow, those that are refused.
    """
    differ, cases, valid, refused = Disagreements(), [], [], {}
    choose = random.Random(seed)
    for number, text in enumerate(generated(seed, count + more, depths)):
        with differ.trying("reading", text):
            try:
                activation = get(f"={text}")
            except UserError as error:
                refused[text] = error
                hold_refusal(text, error, differ)
                continue
            if number >= count:
                continue
            given = {p.name: choose.choice([1.0, 0.5, -1.5, 2.0]) for p in activation.parameters}
            each = Expected(text, given)
            valid.append(each)
            widths = rounded(each)
        for place, hold in [
            ("REST", lambda each=each: hold_rest(each, differ)),
            ("PyTorch", lambda each=each, widths=widths: hold_torch(each, widths, differ)),
            ("NumPy", lambda each=each, widths=widths: hold_numpy(each, widths, differ)),
            ("JAX", lambda each=each, widths=widths: jax and hold_jax(each, widths, differ, jax)),
            (
                "describing",
                lambda each=each, widths=widths: cases.append((each, widths, for_browser(each))),
            ),
        ]:
            with differ.trying(place, text):
                hold()
    if modules:
        hold_browser(cases, differ, modules)
    return valid, refused, differ


# -- the tests -----------------------------------------------------------------------------------


def test_a_formula_is_one_function_everywhere(modules, double, tmp_path):
    valid, refused, differ = hold_everywhere(1, 20, modules, depths=(1, 2, 2, 3, 3, 4), more=50)
    differ.check()
    assert len(valid) > 10 and refused
    lab = fake_lab(tmp_path, formula_seconds=60)
    with serving(lab) as address, httpx.Client(base_url=address, timeout=90) as client:
        for each in valid[:6]:
            asked = {"formula": each.text, "x": POINTS, "parameters": each.parameters}
            told = client.post("/api/evaluate", json=asked).json()
            differ.values("served", each.text, told["f"], each.f, exact(each.f))
        for text, error in list(refused.items())[:6]:
            answer = client.post("/api/evaluate", json={"formula": text, "x": [1.0]})
            assert answer.status_code == 422
            assert answer.json()["detail"][0]["msg"] == error.sentence("en")
    differ.check()


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 22))
def test_two_thousand_formulas_are_each_one_function_everywhere(seed, modules, double):
    jax = pytest.importorskip("jax", reason="pip install -r tests/requirements-jax.txt")
    jax.config.update("jax_enable_x64", True)
    _, _, differ = hold_everywhere(seed, 125, modules, jax)
    differ.check()
