"""The named functions in which formulas are written, as SymPy classes.

Each states its derivative without cancellation (σ′(z) = σ(z)·σ(−z), never 1 − σ), so that what
SymPy derives keeps its digits in the tails. This module loads SymPy: import it inside functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath  # type: ignore[import-untyped]
import sympy
from sympy.printing.latex import LatexPrinter

X = sympy.Symbol("x", real=True)
_GUARD_BITS = 16


def symbol(name: str) -> sympy.Symbol:
    """The real symbol of a parameter."""
    return sympy.Symbol(name, real=True)


class Constant(sympy.AtomicExpr):  # type: ignore[misc]
    """A number with a name or a fixed decimal form, which LaTeX keeps as it is written."""

    is_real = True
    is_number = True
    is_finite = True
    is_commutative = True

    def __new__(cls, symbol: str, digits: str) -> Constant:
        """Make the constant ``symbol`` (LaTeX) of the value ``digits`` (decimal)."""
        self: Constant = sympy.AtomicExpr.__new__(cls)
        self.symbol = symbol
        self.digits = digits
        return self

    symbol: str
    digits: str

    def _hashable_content(self) -> tuple[str, str]:
        return self.symbol, self.digits

    def __getnewargs__(self) -> tuple[str, str]:
        """What pickling and copying pass to ``__new__``."""
        return self.symbol, self.digits

    def sort_key(self, order: Any = None) -> Any:
        """Sort as a number of its value, so that printed products keep one order."""
        return self.class_key(), (1, (self.symbol,)), sympy.S.One.sort_key(), sympy.S.One

    def _eval_evalf(self, prec: int) -> sympy.Float:
        return sympy.Float(self.digits, precision=prec)

    def _latex(self, printer: LatexPrinter) -> str:
        return self.symbol


class Undefined(sympy.AtomicExpr):  # type: ignore[misc]
    """What stands where a formula has no value; so its derivatives and powers have none."""

    is_real = True
    is_commutative = True

    def diff(self, *symbols: Any, **assumptions: Any) -> Undefined:
        """None either."""
        return self

    def _eval_power(self, exponent: Any) -> Undefined:
        return self

    def _latex(self, printer: LatexPrinter) -> str:
        return r"\text{undefined}"


UNDEFINED = Undefined()


class _Named(sympy.Function):  # type: ignore[misc]
    """A function of one real argument that prints its exponent behind its name."""

    nargs = 1
    name_in_latex = ""
    numeric: Callable[[Any], Any]
    """The function of a number, to mpmath's working precision."""
    derivative: Callable[[Any], Any]
    """The derivative of the function by its argument."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """The derivative, as SymPy asks for it."""
        return self.derivative(self.args[0])

    def _eval_is_extended_real(self) -> bool | None:
        real: bool | None = self.args[0].is_extended_real
        return real

    def _eval_evalf(self, prec: int) -> sympy.Expr | None:
        if not self.args[0].is_number:
            return None
        with mpmath.workprec(prec + _GUARD_BITS):
            argument = mpmath.mpmathify(self.args[0]._to_mpmath(prec + _GUARD_BITS))
            return sympy.Expr._from_mpmath(self.numeric(argument), prec)

    def _latex(self, printer: LatexPrinter, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        argument = printer.doprint(self.args[0])
        return rf"{self.name_in_latex}{power}\left({argument}\right)"


class _Positive(_Named):
    """One whose values are above 0."""

    def _eval_is_positive(self) -> bool | None:
        return True if self.args[0].is_real else None


class Sigmoid(_Positive):
    """σ(z) = 1 / (1 + e^(−z)); σ′(z) = σ(z)·σ(−z)."""

    name_in_latex = r"\sigma"
    numeric = staticmethod(lambda z: 1 / (1 + mpmath.exp(-z)))
    derivative = staticmethod(lambda z: Sigmoid(z) * Sigmoid(-z))


class Softplus(_Positive):
    """log(1 + e^z); its derivative is σ(z)."""

    name_in_latex = r"\operatorname{softplus}"
    numeric = staticmethod(lambda z: mpmath.log1p(mpmath.exp(z)))
    derivative = staticmethod(lambda z: Sigmoid(z))


class Tanh(_Named):
    """tanh z; its derivative is sech² z."""

    name_in_latex = r"\tanh"
    numeric = staticmethod(mpmath.tanh)
    derivative = staticmethod(lambda z: Sech(z) ** 2)


class Sech(_Positive):
    """1 / cosh z; its derivative is −sech z · tanh z."""

    name_in_latex = r"\operatorname{sech}"
    numeric = staticmethod(mpmath.sech)
    derivative = staticmethod(lambda z: -Sech(z) * Tanh(z))


class Softsign(_Named):
    """z / (1 + |z|); its derivative is 1 / (1 + |z|)²."""

    numeric = staticmethod(lambda z: z / (1 + abs(z)))
    derivative = staticmethod(lambda z: Where(z, 0, 1 + z, 1 - z) ** -2)

    def _latex(self, printer: LatexPrinter, exp: str | None = None) -> str:
        argument = printer.doprint(self.args[0])
        fraction = rf"\frac{{{argument}}}{{1 + \left|{argument}\right|}}"
        return rf"\left({fraction}\right)^{{{exp}}}" if exp else fraction


class NormalCdf(_Positive):
    """Φ(z), the standard normal distribution function; Φ′ = φ."""

    name_in_latex = r"\Phi"
    numeric = staticmethod(mpmath.ncdf)
    derivative = staticmethod(lambda z: NormalPdf(z))


class NormalPdf(_Positive):
    """φ(z) = e^(−z²/2) / √(2π); φ′(z) = −z·φ(z)."""

    name_in_latex = r"\varphi"
    numeric = staticmethod(mpmath.npdf)
    derivative = staticmethod(lambda z: -z * NormalPdf(z))


class Expm1(_Named):
    """e^z − 1, exact near 0."""

    numeric = staticmethod(mpmath.expm1)
    derivative = staticmethod(lambda z: sympy.exp(z))

    def _latex(self, printer: LatexPrinter, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\left(e^{{{printer.doprint(self.args[0])}}} - 1\right){power}"


class Log1p(_Named):
    """log(1 + z), exact near 0."""

    numeric = staticmethod(mpmath.log1p)
    derivative = staticmethod(lambda z: 1 / (1 + z))

    def _latex(self, printer: LatexPrinter, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\log{power}\left(1 + {printer.doprint(self.args[0])}\right)"


class Erf(_Named):
    """The error function; erf′(z) = 2·e^(−z²)/√π."""

    name_in_latex = r"\operatorname{erf}"
    numeric = staticmethod(mpmath.erf)
    derivative = staticmethod(lambda z: 2 * sympy.exp(-(z**2)) / sympy.sqrt(sympy.pi))


class CubeRoot(_Named):
    """The real cube root, of numbers below 0 too; its derivative is 1 / (3·∛z²)."""

    numeric = staticmethod(lambda z: mpmath.sign(z) * mpmath.cbrt(abs(z)))
    derivative = staticmethod(lambda z: CubeRoot(z) ** -2 / 3)

    @classmethod
    def eval(cls, z: Any) -> Any:
        """Find whole roots."""
        if not z.is_Rational:
            return None
        roots = [sympy.integer_nthroot(abs(int(part)), 3) for part in (z.p, z.q)]
        if not all(exact for _, exact in roots):
            return None
        root = sympy.Rational(roots[0][0], roots[1][0])
        return -root if z.is_negative else root

    def _eval_is_positive(self) -> bool | None:
        positive: bool | None = self.args[0].is_positive
        return positive

    def _eval_is_negative(self) -> bool | None:
        negative: bool | None = self.args[0].is_negative
        return negative

    def _eval_is_zero(self) -> bool | None:
        zero: bool | None = self.args[0].is_zero
        return zero

    def _latex(self, printer: LatexPrinter, exp: str | None = None) -> str:
        root = rf"\sqrt[3]{{{printer.doprint(self.args[0])}}}"
        return rf"{root}^{{{exp}}}" if exp else root


class Where(sympy.Function):  # type: ignore[misc]
    """``Where(l, r, a, b)`` is a where l > r and b elsewhere, so also at the break l = r.

    It is differentiated piece by piece: at the break, the derivative is that of b.
    (SymPy's ``Piecewise`` and ``Max`` would answer with a Dirac delta, which no printer knows.)
    """

    nargs = 4

    @classmethod
    def eval(cls, left: Any, right: Any, above: Any, otherwise: Any) -> Any:
        """Fold equal pieces and comparisons of numbers."""
        if above == otherwise:
            return above
        if left.is_number and right.is_number:
            more = (left - right).is_positive
            return None if more is None else above if more else otherwise
        return None

    def _eval_is_extended_real(self) -> bool | None:
        return True if self.args[2].is_extended_real and self.args[3].is_extended_real else None

    def _eval_is_positive(self) -> bool | None:
        # That it is not negative is not told: SymPy would make 0·√u of √(0·u).
        left, right, above, otherwise = self.args
        first = above.is_positive or above == left - right or (above == left and right.is_positive)
        second = otherwise.is_positive or (otherwise == right and left.is_positive)
        return True if first and second else None

    def _eval_derivative(self, variable: sympy.Symbol) -> sympy.Expr:
        left, right, above, otherwise = self.args
        return Where(left, right, above.diff(variable), otherwise.diff(variable))

    def _latex(self, printer: LatexPrinter, exp: str | None = None) -> str:
        rows = []
        rest: sympy.Expr = self
        conditions = []
        while isinstance(rest, Where) and rest.args[3] == UNDEFINED:
            left, right, rest, _ = rest.args
            conditions.append(_condition(left, right, printer))
        if conditions:
            rows.append(printer.doprint(rest) + " & " + r",\ ".join(conditions))
            rest = UNDEFINED
        while isinstance(rest, Where) and rest.args[2] != UNDEFINED:
            left, right, above, rest = rest.args
            rows.append(rf"{printer.doprint(above)} & {_condition(left, right, printer)}")
        if isinstance(rest, Where):
            left, right, _, rest = rest.args
            condition = rf"{printer.doprint(left)} \le {printer.doprint(right)}"
            rows.append(rf"{printer.doprint(rest)} & {condition}")
        elif rest != UNDEFINED:
            rows.append(rf"{printer.doprint(rest)} & \text{{otherwise}}")
        cases = r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"
        return rf"\left({cases}\right)^{{{exp}}}" if exp else cases


def absolute(u: Any) -> Any:
    """|u| as two pieces."""
    return Where(u, 0, u, -u)


def _condition(left: Any, right: Any, printer: LatexPrinter) -> str:
    """Write a comparison; |u| > 0 as u ≠ 0, and 1 + |u| > 0, which says that u exists, as u ∈ ℝ."""
    number, size = left.as_coeff_Add()
    if right == 0 and number in (0, 1) and isinstance(size, Where):
        u = size.args[0]
        if size.args[1:] == (0, u, -u):
            told = r"\in \mathbb{R}" if number else r"\ne 0"
            return rf"{printer.doprint(u)} {told}"
    return rf"{printer.doprint(left)} > {printer.doprint(right)}"
