"""How each language writes the functions of formulas. This module loads SymPy.

Where a language lacks a function that keeps its digits, a few lines beside the formula give it.
"""

from __future__ import annotations

from typing import Any

import sympy

from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.javascript import FUNCTIONS as JAVASCRIPT_NAMES
from swishdemo.activations.symbolic.printing import CONDITION, Absolute, Dialect, Relu


def _plainly(prefix: str, **other_names: str) -> dict[Any, str]:
    """The functions that every library has, under the names of C where none is given."""
    names = {
        s.Tanh: "tanh",
        s.Expm1: "expm1",
        s.Log1p: "log1p",
        s.CubeRoot: "cbrt",
        Absolute: "abs",
        sympy.Abs: "abs",
        sympy.exp: "exp",
        sympy.log: "log",
        sympy.sin: "sin",
        sympy.cos: "cos",
        sympy.atan: "atan",
        sympy.sinh: "sinh",
        sympy.cosh: "cosh",
        sympy.asinh: "asinh",
    }
    return {
        function: f"{prefix}{other_names.get(name, name)}({{}})" for function, name in names.items()
    }


_HELPERS = {s.Sech: "sech({})", s.NormalPdf: "normal_pdf({})"}

NUMPY = Dialect(
    functions={
        **_plainly("np.", atan="arctan", asinh="arcsinh"),
        **_HELPERS,
        s.Sigmoid: "special.expit({})",
        s.Softplus: "np.logaddexp(0, {})",
        s.NormalCdf: "special.ndtr({})",
        s.Erf: "special.erf({})",
        Relu: "np.maximum({}, 0)",
    },
    where="np.where({test}, {above}, {otherwise})",
    root="np.sqrt({})",
    undefined="np.nan",
    scalar_power="np.power({base}, {exponent})",
    constant="np.full(np.shape(x), {})",
    branches="NumPy computes both branches: the one not taken must not overflow.",
)

JAX = Dialect(
    functions={
        **_plainly("jnp.", atan="arctan", asinh="arcsinh"),
        **_HELPERS,
        s.Sigmoid: "jax.nn.sigmoid({})",
        s.Softplus: "jax.nn.softplus({})",
        s.NormalCdf: "special.ndtr({})",
        s.Erf: "special.erf({})",
        Relu: "jax.nn.relu({})",
    },
    where="jnp.where({test}, {above}, {otherwise})",
    root="jnp.sqrt({})",
    undefined="jnp.nan",
    scalar_power="jnp.power({base}, {exponent})",
    constant="jnp.full(jnp.shape(x), {})",
    branches="An infinite slope in the branch not taken would make the gradient NaN.",
)

PYTORCH = Dialect(
    functions={
        **_plainly("torch."),
        **_HELPERS,
        s.CubeRoot: "cube_root({})",
        s.Sigmoid: "torch.sigmoid({})",
        # Its own threshold, 20, is too early for float64.
        s.Softplus: "F.softplus({}, threshold=40)",
        s.NormalCdf: "normal_cdf({})",
        s.Erf: "torch.erf({})",
        Relu: "torch.relu({})",
    },
    where="torch.where({test}, {above}, {otherwise})",
    root="torch.sqrt({})",
    undefined="math.nan",
    constant="torch.zeros_like(x) + {}",
    otherwise="torch.zeros_like(x) + {}",
    branches="An infinite slope in the branch not taken would make the gradient NaN.",
)

JAVASCRIPT = Dialect(
    functions={
        **_plainly("Math."),
        s.Erf: "(2 * normalCdf(Math.SQRT2 * ({})) - 1)",
        **{function: f"{name}({{}})" for function, name in JAVASCRIPT_NAMES.items()},
        Relu: "Math.max({}, 0)",
    },
    where="{test} ? {above} : {otherwise}",
    where_binds=CONDITION,
    root="Math.sqrt({})",
    power="{base} ** {exponent}",
)

MATHEMATICS = Dialect(
    functions={
        **_plainly("", abs="abs", atan="arctan", asinh="arsinh"),
        s.Sigmoid: "σ({})",
        s.Softplus: "softplus({})",
        s.Sech: "sech({})",
        s.NormalCdf: "Φ({})",
        s.NormalPdf: "φ({})",
        s.Erf: "erf({})",
        s.Expm1: "(exp({}) − 1)",
        s.Log1p: "log(1 + {})",
        s.CubeRoot: "∛({})",
        Relu: "max({}, 0)",
    },
    where="{above} if {test} else {otherwise}",
    where_binds=CONDITION,
    root="√({})",
    undefined="undefined",
    power="{base}^{exponent}",
    times="·",
    divided="/",
    minus="−",
    negated_power=True,
    exact=True,
)

HELPERS: dict[str, str] = {
    "sech": '''\
def sech(z):
    """1 / cosh(z), without overflow."""
    e = {library}.exp(-{library}.abs(z))
    return 2 * e / (1 + e**2)
''',
    "normal_cdf": '''\
def normal_cdf(z):
    """The standard normal distribution function; torch.special.ndtr loses its left tail."""
    return {library}.erfc(-z / math.sqrt(2)) / 2
''',
    "cube_root": '''\
def cube_root(z):
    """The real cube root."""
    return {library}.sign(z) * {library}.abs(z) ** (1 / 3)
''',
    "normal_pdf": '''\
def normal_pdf(z):
    """The standard normal density."""
    return {library}.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
''',
}
"""The functions that the libraries of Python lack."""
