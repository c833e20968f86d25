"""The functions that a typed formula may use, and what they ask of their arguments. It loads SymPy.

SymPy makes x of exp(log(x)), and 1 of x/x: true where the left side has a value, and the right side
has one everywhere. So a builder notes what each function and quotient asks for, and in the end what
the built expression no longer asks for itself is put before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sympy

from swishdemo.activations import registry
from swishdemo.activations.symbolic import symbols as s

_CASES = 4
"""Choices of an expression that are looked into."""

Demand = tuple[str, Any]
"""``positive``, ``nonnegative`` or ``nonzero``, or that it has a ``value``; and of what."""


class Domain:
    """The demands of a formula, or of a piece that counts under a condition of its own."""

    def __init__(self) -> None:
        self._demands: dict[Demand, None] = {}

    @property
    def is_everywhere(self) -> bool:
        """Whether nothing is asked for."""
        return not self._demands

    def include(self, other: Domain) -> None:
        """Note all that another notes."""
        self._demands.update(other._demands)

    def ask(self, kind: str, u: Any) -> None:
        """Note a demand, unless it always holds."""
        if u.free_symbols:
            self._demands.update(dict.fromkeys(_simplest(kind, u)))

    def power(self, base: Any, exponent: Any) -> None:
        """Note what a power asks of its base."""
        if exponent.is_integer:
            if exponent.is_negative:
                self.ask("nonzero", base)
        elif not exponent.free_symbols:
            self.ask("positive" if exponent.is_negative else "nonnegative", base)
        elif not base.is_positive:
            self.ask("value", base**exponent)

    def kept(self, built: Any) -> Any:
        """The built expression, without a value where a demand does not hold."""
        own = _Made().by(built)
        for kind, u in self._demands:
            # Floating point makes of 1/0 an infinity, and of that again a number.
            flat = kind in ("nonzero", "positive") and _vanishes(u)
            if flat or not _covered(kind, u, own):
                built = _within(kind, u, built)
        return built


def _simplest(kind: str, u: Any) -> list[Demand]:
    """A demand by the simplest ones that say the same together; none where it always holds."""
    if kind == "value":
        return [(kind, _modulo_whole(u) if u.is_Pow else u)]
    if getattr(u, f"is_{kind}") or is_above(u, kind != "nonnegative"):
        return []
    if kind == "nonzero" and is_above(-u, True):
        return []
    u = u.primitive()[1]
    if kind == "nonzero":
        if u.is_Mul:
            return [demand for factor in u.args for demand in _simplest(kind, factor)]
        if u.is_Pow:
            return _simplest(kind, u.base) if u.exp.is_positive else []
        return [(kind, -u if u.could_extract_minus_sign() else u)]
    if u.is_Mul:
        # A factor that may be 0 lets all others be below 0, where that is allowed.
        known = [factor for factor in u.args if is_above(factor, kind == "nonnegative")]
        rest = [factor for factor in u.args if factor not in known]
        beside = [each for factor in known for each in _simplest("nonzero", factor)]
        return [(kind, sympy.Mul(*rest)), *(beside if kind == "positive" else [])]
    if u.is_Pow and u.exp.is_Rational and not u.exp.is_Integer:
        return _simplest(kind, u.base) if kind == "positive" else []
    return [(kind, u)]


def is_above(u: Any, strictly: bool = False) -> bool:
    """Whether a real expression is known not to be below 0, or to be above it."""
    if u.is_positive or (u.is_nonnegative and not strictly) or isinstance(u, sympy.exp):
        return True
    if isinstance(u, s.Where):
        left, right, above, otherwise = u.args
        return (above == left - right or is_above(above, strictly)) and (
            (otherwise == right - left and not strictly) or is_above(otherwise, strictly)
        )
    if u.is_Add:
        return all(map(is_above, u.args)) and (
            not strictly or any(is_above(term, True) for term in u.args)
        )
    return bool(u.is_Mul) and all(is_above(factor, strictly) for factor in u.args)


def _vanishes(u: Any, depth: int = _CASES) -> bool:
    """Whether one of an expression's cases is 0 throughout, as one of max(x, 0) is."""
    choices = u.atoms(s.Where)
    if not choices or not depth:
        return bool(u.is_zero)
    outer = max(choices, key=lambda choice: choice.count_ops())
    return any(_vanishes(u.xreplace({outer: piece}), depth - 1) for piece in outer.args[2:])


def _modulo_whole(power: Any) -> Any:
    """The power less whole powers of its base, which have a value wherever the base has one."""
    number, rest = power.exp.as_coeff_Add()
    return power.base ** (rest + number - sympy.floor(number)) if rest else power


def _covered(kind: str, u: Any, by: frozenset[Demand]) -> bool:
    if (kind, u) in by:
        return True
    if kind == "positive":
        turned = -u if u.could_extract_minus_sign() else u
        return ("nonnegative", u) in by and ("nonzero", turned) in by
    if kind == "nonnegative":
        return ("positive", u) in by
    return kind == "nonzero" and (("positive", u) in by or ("positive", -u) in by)


class _Made:
    """What expressions ask for themselves: outside of that, none of them is a number."""

    def __init__(self) -> None:
        self._known: dict[Any, frozenset[Demand]] = {}

    def by(self, node: Any) -> frozenset[Demand]:
        """The demands of all parts that count everywhere."""
        if node not in self._known:
            self._known[node] = self._found(node)
        return self._known[node]

    def _found(self, node: Any) -> frozenset[Demand]:
        if isinstance(node, s.Where):
            above, otherwise = node.args[2:]
            itself = frozenset({("value", node)})
            if s.UNDEFINED in (above, otherwise):
                return self.by(otherwise if above == s.UNDEFINED else above) | itself
            # Comparing what has no value goes on with the second piece.
            return self.by(above) & self.by(otherwise) | itself
        own = Domain()
        if node.is_Pow:
            own.power(node.base, node.exp)
        elif isinstance(node, sympy.log):
            own.ask("positive", node.args[0])
        elif isinstance(node, s.Log1p):
            own.ask("positive", 1 + node.args[0])
        return frozenset(own._demands).union(*map(self.by, node.args))


def _within(kind: str, u: Any, built: Any) -> Any:
    """The expression where a demand holds."""
    if kind == "nonnegative":
        return s.Where(0, u, s.UNDEFINED, built)
    size = u if kind == "positive" else s.absolute(u)
    if kind == "value":
        size = 1 + size  # above 0 wherever it is a number
    return s.Where(size, 0, built, s.UNDEFINED)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the grammar: how many arguments it takes, and what it builds."""

    least: int
    most: int
    build: Callable[..., Any]


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
    "abs": _one(s.absolute),
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
