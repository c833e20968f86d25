"""LaTeX: f and f′ as aligned equations, with what their functions mean. It loads SymPy."""

from __future__ import annotations

from collections.abc import Mapping

from swishdemo.activations.code import python as shared
from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.derive import derive, latex, latex_derivative

# What a reader of the equations may not know by the name alone.
_MEANINGS = {
    s.Sigmoid: r"\sigma(z) &= \frac{1}{1 + e^{-z}}",
    s.Softplus: r"\operatorname{softplus}(z) &= \log\left(1 + e^{z}\right)",
    s.Sech: r"\operatorname{sech}(z) &= \frac{1}{\cosh(z)}",
    s.NormalCdf: r"\Phi(z) &= \frac{1}{\sqrt{2\pi}} \int_{-\infty}^{z} e^{-t^2/2} \, dt",
    s.NormalPdf: r"\varphi(z) &= \frac{1}{\sqrt{2\pi}} e^{-z^2/2}",
    s.Erf: r"\operatorname{erf}(z) &= \frac{2}{\sqrt{\pi}} \int_{0}^{z} e^{-t^2} \, dt",
}


def write(activation: Activation, values: Mapping[str, float]) -> str:
    """The piece of code."""
    derived = derive(activation)
    rows = [f"f(x) &= {latex(activation)}", f"f'(x) &= {latex_derivative(activation)}"]
    rows += [
        row
        for function, row in _MEANINGS.items()
        if any(each.has(function) for each in (derived.shown, derived.df))
    ]
    constants = derived.shown.atoms(s.Constant) | derived.df.atoms(s.Constant)
    rows += [
        f"{each.symbol} &= {each.digits}"
        for each in sorted(constants, key=lambda each: str(each.symbol))
        if each.symbol != each.digits
    ]
    rows += [
        f"{each.symbol} &= {shared.number(values[each.name]).removesuffix('.0')}"
        for each in activation.parameters
    ]
    comment = "\n".join(f"% {line}".rstrip() for line in shared.head(activation) if line)
    body = " \\\\\n".join(f"  {row}" for row in rows)
    return f"{comment}\n\\begin{{align*}}\n{body}\n\\end{{align*}}\n"
