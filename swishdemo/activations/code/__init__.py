"""An activation as code to take along: PyTorch, JAX, NumPy (`python`), JavaScript, LaTeX.

Each piece is whole (imports, a line on what it is and where it comes from, the function, what it
needs) and is generated from the record's formula. This module loads SymPy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from textwrap import indent
from typing import Any, Literal, get_args

from swishdemo.activations.code import python
from swishdemo.activations.evaluation import parameter_values
from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.derive import derive, latex, latex_derivative
from swishdemo.activations.symbolic.javascript import WORDS
from swishdemo.activations.symbolic.printing import JAVASCRIPT, Printer
from swishdemo.activations.symbolic.readable import readable
from swishdemo.errors import UserError

Language = Literal["pytorch", "jax", "numpy", "javascript", "latex"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


def code(
    activation: Activation,
    language: object,
    parameters: Mapping[str, float] | None = None,
    trainable: bool = True,
) -> str:
    """The activation as a piece of code, its parameters' values standing in it.

    Args:
        activation: A registered record or a typed formula's.
        language: One of ``LANGUAGES``.
        parameters: Finite values by name; one left out takes its default.
        trainable: For PyTorch: whether the parameters are ``nn.Parameter``; else they are numbers,
            and PyTorch's own function stands there where it is the same one.

    Raises:
        UserError: There is no such language or parameter, or a value is not finite.
    """
    if language not in LANGUAGES:
        raise UserError(
            "code.error_language",
            field="language",
            status=404,
            value=str(language)[:80],
            choices=LANGUAGES,
        )
    values = parameter_values(activation, parameters)
    if language == "pytorch":
        return python.pytorch(activation, values, trainable)
    writers = {
        "jax": python.jax,
        "numpy": python.numpy,
        "javascript": _javascript,
        "latex": _latex,
    }
    return writers[language](activation, values)


_SPECIAL = Path(__file__).resolve().parents[3] / "assets/js/formulas/special_functions.js"
_DECLARATION = re.compile(r"^(?:export )?(?:function|const) (\w+)", re.MULTILINE)


def _javascript(activation: Activation, values: Mapping[str, float]) -> str:
    """JavaScript: an ES module without imports."""
    special = _special()
    reserved = WORDS | {"x"} | special.keys()
    called = python.names(activation, frozenset(reserved))
    name = _camel(python.function_name(activation))
    if name in reserved:
        name += "Activation"
    derived = derive(activation)
    defaults = [
        f"{called[each.name]} = {_number(values[each.name])}" for each in activation.parameters
    ]
    arguments = ", ".join(["x", *defaults])
    lines = "\n".join(f" * {line}".rstrip() for line in python.head(activation))
    f, df = (
        _body(expression, called, reserved, values)
        for expression in (derived.f, python.derivative(activation))
    )
    parts = [
        f"/**\n{lines.replace('*/', '* /')}\n */\n{_function(name, arguments, f)}",
        f"/** f′(x). */\n{_function(f'{name}Derivative', arguments, df)}",
    ]
    needed = _closure("".join(parts), special)
    return "\n".join([*parts, *needed])


def _function(name: str, arguments: str, body: str) -> str:
    return f"export function {name}({arguments}) {{\n{indent(body, '  ')}\n}}\n"


def _body(
    expression: Any,
    called: Mapping[str, str],
    reserved: frozenset[str],
    values: Mapping[str, float],
) -> str:
    printer = Printer(JAVASCRIPT, called)
    taken = {*called, *called.values(), *reserved}
    steps = readable(expression, taken, printer, values, both_branches=False)
    lines = [f"const {name} = {printer.text(value)};" for name, value in steps.steps]
    return "\n".join([*lines, f"return {printer.text(steps.result)};"])


def _camel(name: str) -> str:
    """The name in camelCase."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def _number(value: float) -> str:
    return python.number(value).removesuffix(".0")


@cache
def _special() -> dict[str, str]:
    """The declarations of the page's own special functions, by name, as they stand there."""
    _, *parts = re.split(r"\n(?=/\*\*\n| ?/\*\* )", _SPECIAL.read_text("utf-8"))
    found = {}
    for part in parts:
        match = _DECLARATION.search(part)
        if match:
            found[match.group(1)] = part.replace("export ", "", 1).strip() + "\n"
    return found


def _closure(text: str, special: Mapping[str, str]) -> list[str]:
    """The declarations that a text needs, and those that they need, in the file's order."""
    needed: set[str] = set()
    texts = [text]
    while texts:
        words = set(re.findall(r"\w+", re.sub(r"/\*.*?\*/", "", texts.pop(), flags=re.DOTALL)))
        fresh = (words & special.keys()) - needed
        needed |= fresh
        texts += [special[name] for name in fresh]
    return [lines for name, lines in special.items() if name in needed]


# What a reader of the equations may not know by the name alone.
_MEANINGS = {
    s.Sigmoid: r"\sigma(z) &= \frac{1}{1 + e^{-z}}",
    s.Softplus: r"\operatorname{softplus}(z) &= \log\left(1 + e^{z}\right)",
    s.Sech: r"\operatorname{sech}(z) &= \frac{1}{\cosh(z)}",
    s.NormalCdf: r"\Phi(z) &= \frac{1}{\sqrt{2\pi}} \int_{-\infty}^{z} e^{-t^2/2} \, dt",
    s.NormalPdf: r"\varphi(z) &= \frac{1}{\sqrt{2\pi}} e^{-z^2/2}",
    s.Erf: r"\operatorname{erf}(z) &= \frac{2}{\sqrt{\pi}} \int_{0}^{z} e^{-t^2} \, dt",
}


def _latex(activation: Activation, values: Mapping[str, float]) -> str:
    """LaTeX: f and f′ as aligned equations, with what their functions mean."""
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
    rows += [f"{each.symbol} &= {_number(values[each.name])}" for each in activation.parameters]
    comment = "\n".join(f"% {line}".rstrip() for line in python.head(activation) if line)
    body = " \\\\\n".join(f"  {row}" for row in rows)
    return f"{comment}\n\\begin{{align*}}\n{body}\n\\end{{align*}}\n"
