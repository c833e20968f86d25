"""The functions and constants that a typed formula may use. This module loads SymPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sympy

from swishdemo.activations import registry
from swishdemo.activations.symbolic import symbols as s


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the grammar: how many arguments it takes, and what it builds."""

    least: int
    most: int
    build: Callable[..., Any]


def _absolute(u: Any) -> Any:
    return s.Where(u, 0, u, -u)


def _maximum(*values: Any) -> Any:
    return reduce(lambda a, b: s.Where(a, b, a, b), values)


def _minimum(*values: Any) -> Any:
    return reduce(lambda a, b: s.Where(b, a, a, b), values)


def _one(build: Callable[[Any], Any]) -> Function:
    return Function(1, 1, build)


FUNCTIONS: dict[str, Function] = {
    "sigmoid": _one(s.Sigmoid),
    "softplus": _one(s.Softplus),
    "softsign": _one(s.Softsign),
    "tanh": _one(s.Tanh),
    "sech": _one(s.Sech),
    "Phi": _one(s.NormalCdf),
    "phi": _one(s.NormalPdf),
    "erf": _one(s.Erf),
    "exp": _one(sympy.exp),
    "expm1": _one(s.Expm1),
    "log": _one(sympy.log),
    "ln": _one(sympy.log),
    "log1p": _one(s.Log1p),
    "sqrt": _one(sympy.sqrt),
    "cbrt": _one(s.CubeRoot),
    "abs": _one(_absolute),
    "sin": _one(sympy.sin),
    "cos": _one(sympy.cos),
    "tan": _one(lambda u: sympy.sin(u) / sympy.cos(u)),
    "atan": _one(sympy.atan),
    "sinh": _one(sympy.sinh),
    "cosh": _one(sympy.cosh),
    "asinh": _one(sympy.asinh),
    "sign": _one(lambda u: s.Where(u, 0, 1, s.Where(0, u, -1, 0))),
    "relu": _one(lambda u: s.Where(u, 0, u, 0)),
    "silu": _one(lambda u: u * s.Sigmoid(u)),
    "gelu": _one(lambda u: u * s.NormalCdf(u)),
    "max": Function(2, 8, _maximum),
    "min": Function(2, 8, _minimum),
    "clip": Function(3, 3, lambda u, low, high: _minimum(_maximum(u, low), high)),
    "where": Function(3, 3, s.Where),
}


def function_names() -> list[str]:
    """All that may be called: the grammar's own functions, then the registry's activations."""
    return [*FUNCTIONS, *(name for name in registry.names() if name not in FUNCTIONS)]


def _spelled(table: str) -> dict[str, str]:
    """Names and how they are written here, from lines of names, a colon, and a formula."""
    lines = (line.split(": ") for line in table.strip().splitlines())
    return {name: formula for names, formula in lines for name in names.split()}


WRITTEN_OUT: dict[str, str] = _spelled("""
lg log10: log(x)/log(10)
lb ld log2: log(x)/log(2)
exp2: 2**x
exp10: 10**x
pow power: x**a
sqr square: x**2
rsqrt: 1/sqrt(x)
reciprocal inv: 1/x
neg negative: -x
root: sqrt(x)
cuberoot: cbrt(x)
fabs absolute modulus: abs(x)
sgn signum: sign(x)
maximum fmax amax: max(x, 0)
minimum fmin amin: min(x, 0)
clamp: clip(x, 0, 6)
step heaviside: where(x > 0, 1, 0)
ramp rectifier pos: relu(x)
sen: sin(x)
sind: sin(pi*x/180)
cosd: cos(pi*x/180)
tand: tan(pi*x/180)
tg: tan(x)
sec: 1/cos(x)
csc cosec: 1/sin(x)
cot ctg ctan cotan: cos(x)/sin(x)
sinc: where(abs(x) > 0, sin(x)/x, 1)
asin arcsin: 2*atan(x/(1 + sqrt(1 - x**2)))
acos arccos: pi/2 - 2*atan(x/(1 + sqrt(1 - x**2)))
arctan arctg atg: atan(x)
acot arccot arcctg: pi/2 - atan(x)
sh senh: sinh(x)
ch: cosh(x)
th tgh: tanh(x)
sch: sech(x)
csch cosech: 1/sinh(x)
cth coth ctgh: 1/tanh(x)
arcsinh arsinh arsh: asinh(x)
arccosh arcosh arch acosh: log(x + sqrt(x**2 - 1))
arctanh artanh arth atanh: log((1 + x)/(1 - x))/2
arccoth arcoth acoth: log((x + 1)/(x - 1))/2
arcsech arsech asech: log((1 + sqrt(1 - x**2))/x)
arccsch arcsch acsch: asinh(1/x)
logit: log(x/(1 - x))
logistic expit sigm: sigmoid(x)
softmax: sigmoid(x)
log_sigmoid log_expit: logsigmoid(x)
log1pexp logaddexp: softplus(x)
logsumexp: log(exp(x) + exp(a))
hypot: sqrt(x**2 + a**2)
ndtr normcdf normal_cdf norm_cdf pnorm: Phi(x)
npdf normpdf normal_pdf norm_pdf dnorm: phi(x)
erfc: 1 - erf(x)
""")
"""Functions of other languages, and how they are written here."""

NO_FUNCTIONS = frozenset(
    {"floor", "ceil", "round", "trunc", "frac", "mod", "fmod", "gamma", "lgamma", "gammaln"}
    | {"erfi", "erfinv", "erfcx", "atan2", "sum", "prod", "mean", "diff"}
)
"""Names that look like functions of the grammar and mean others, which there are none of here."""

CONSTANTS: dict[str, Any] = {"pi": sympy.pi, "e": sympy.E}

NOT_FINITE = frozenset({"nan", "inf", "infinity", "oo"})
"""Names that would read as a number that is none; no parameter is called so."""

GREEK: dict[str, str] = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "θ": "theta",
    "κ": "kappa",
    "λ": "lambda",
    "μ": "mu",
    "π": "pi",
    "ρ": "rho",
    "σ": "sigmoid",
    "τ": "tau",
    "Φ": "Phi",
    "φ": "phi",
    "ω": "omega",
}


def latex_name(name: str) -> str:
    """A parameter's name in LaTeX."""
    if name in GREEK.values():
        return f"\\{name}"
    plain = name.replace("_", r"\_")
    return plain if len(name) == 1 else rf"\mathrm{{{plain}}}"
