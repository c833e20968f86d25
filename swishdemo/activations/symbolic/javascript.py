"""Writes activations for the browser: printing of formulas as JavaScript, and whole modules.

What depends on the registry alone is generated, so that nobody waits for it:
``assets/js/generated/activations.js`` draws, ``properties.js`` beside it tells the properties at
the default parameters, ``facts.json`` holds what REST tells and only SymPy can find. All are
written by ``python -m swishdemo generate`` and committed; a test holds them to the registry.

The functions are JavaScript's own, and those of ``assets/js/formulas/special_functions.js``. In a
product the bounded functions come first: they are what vanishes where the other factors grow, and 0
· x · x is 0 where x · x · 0 is not a number once x² has overflowed. Exponentials overflow before x²
does: where one stands in a product, ``times`` keeps 0 · ∞ at 0. This module loads SymPy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import sympy

from swishdemo.activations.analysis import properties
from swishdemo.activations.analysis.accurate import folded
from swishdemo.activations.record import Activation
from swishdemo.activations.registry import activations
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.derive import derive, latex, latex_derivative
from swishdemo.activations.symbolic.printing import JAVASCRIPT, Printer, is_divisor
from swishdemo.activations.symbolic.stable import is_root

_BOUNDED = (
    *(s.Sigmoid, s.Tanh, s.Sech, s.Softsign, s.NormalCdf, s.NormalPdf, s.Erf),
    *(sympy.sin, sympy.cos, sympy.atan),
)
_WORDS = """
Infinity Math NaN arguments await break case catch class const continue debugger default delete do
else enum eval export extends false finally for function if implements import in instanceof
interface let new null package private protected public return static super switch this throw true
try typeof undefined var void while with yield
"""
WORDS = frozenset(_WORDS.split())
"""What no name may be in a JavaScript module."""
_GROWING = (sympy.exp, sympy.sinh, sympy.cosh)
# What may vanish where a power of x overflows.
_VANISHING = (s.Sigmoid, s.Tanh, s.Sech, s.Softsign, s.NormalCdf, s.NormalPdf, s.Erf, sympy.exp)


def imports() -> tuple[str, ...]:
    """The names that printed formulas may need from ``special_functions.js``."""
    called = {pattern.partition("(")[0] for pattern in JAVASCRIPT.functions.values()}
    return tuple(sorted({"near", "times", *(name for name in called if "." not in name)}))


def body(expression: Any) -> tuple[list[tuple[str, str]], str]:
    """The expression as named intermediate values, each used twice or more, and a result."""
    taken = {symbol.name for symbol in expression.free_symbols}
    names = (sympy.Symbol(f"t{at}") for at in count() if f"t{at}" not in taken)
    replacements, (result,) = sympy.cse([folded(expression)], symbols=names, optimizations=None)
    printer = _CurvePrinter(JAVASCRIPT, _locals(expression), meanings=dict(replacements))
    return [(name.name, printer.text(value)) for name, value in replacements], printer.text(result)


def inline(expression: Any) -> str:
    """The expression as one piece of JavaScript."""
    return _CurvePrinter(JAVASCRIPT, _locals(expression)).text(folded(expression))


def local(name: str) -> str:
    """A parameter's name in the text: its own, unless that means something else there."""
    return f"${name}" if name in WORDS or name in imports() else name


def _locals(expression: Any) -> dict[str, str]:
    return {symbol.name: local(symbol.name) for symbol in expression.free_symbols}


def overflows(expression: Any) -> bool:
    """Whether a power of x may overflow in it where what it stands beside vanishes.

    So it is with a product of what vanishes and of what grows, and with roots of sums, by which
    an algebraic function's derivatives are divided.
    """
    if any(is_root(power) for power in expression.atoms(sympy.Pow)):
        return True
    for product in expression.atoms(sympy.Mul):
        bases = [factor.base if factor.is_Pow else factor for factor in product.args]
        vanishing = [isinstance(base, _VANISHING) for base in bases]
        growing = [base.has(s.X) and not one for base, one in zip(bases, vanishing, strict=True)]
        if any(vanishing) and any(growing):
            return True
    return False


@dataclass(frozen=True, slots=True)
class _CurvePrinter(Printer):
    """Prints what the page draws: 0 stays 0 in a product though another factor has overflowed.

    Args:
        meanings: What the names of intermediate values stand for.
    """

    meanings: Mapping[Any, Any] = field(default_factory=dict)

    def _product(self, node: Any) -> str:
        number, rest = node.as_independent(*node.free_symbols, as_Add=False)
        bounded: list[Any] = []  # may be 0 where the others overflow
        growing: list[Any] = []
        others: list[Any] = []
        overflows = False
        for factor in sorted(sympy.Mul.make_args(rest), key=sympy.default_sort_key):
            base = self._meaning(factor.base if factor.is_Pow else factor)
            if is_divisor(factor):
                others.append(factor)
            elif isinstance(base, _BOUNDED):
                bounded.append(factor)
            elif isinstance(base, _GROWING):
                growing.append(factor)
            else:
                others.append(factor)
                overflows |= self._overflows(base) or (factor.is_Pow and factor.exp != 2)
        guarded = growing and (bounded or len(growing) > 1 or overflows)
        if not (guarded or (bounded and overflows)):
            return Printer._product(self, node)
        size = abs(number)
        text = self.text(_together(size, *others)) if others or size != 1 else ""
        for factor in reversed([*([_together(*bounded)] if bounded else []), *growing]):
            text = f"times({self.text(factor)}, {text})" if text else self.text(factor)
        return f"-{text}" if number.is_negative else text

    def _meaning(self, node: Any) -> Any:
        while node in self.meanings:
            node = self.meanings[node]
        return node

    def _overflows(self, node: Any) -> bool:
        """Whether an exponential stands somewhere in it."""
        return isinstance(node, _GROWING) or any(
            self._overflows(self._meaning(part)) for part in node.args
        )


def _together(*factors: Any) -> Any:
    """The product as it stands: SymPy would multiply a number into a sum."""
    return sympy.Mul(*factors, evaluate=False) if len(factors) > 1 else factors[0]


MODULE = Path(__file__).resolve().parents[3] / "assets/js/generated/activations.js"
PROPERTIES = MODULE.with_name("properties.js")

_HEADER = """\
// Generated by `python -m swishdemo generate` from the records in swishdemo/activations.
// Do not edit: change a record and run the command.
"""

_TYPES = """\
/**
 * @typedef {object} Parameter
 * @property {string} name
 * @property {string} symbol LaTeX.
 * @property {number} default
 * @property {number} min The slider's lower end.
 * @property {number} max The slider's upper end.
 */

/** @typedef {Record<string, number>} Values Parameters by name; one left out takes its default. */

/**
 * @typedef {object} Activation
 * @property {string} name
 * @property {string} label
 * @property {string} latex The right-hand side of f(x).
 * @property {string} latexDerivative The right-hand side of f′(x).
 * @property {string} family
 * @property {number} year
 * @property {string} source
 * @property {string} colour For a light ground.
 * @property {string} colourDark For a dark ground.
 * @property {string} dash Plotly's name of the line's dash.
 * @property {number[] | ((p?: Values) => number[])} breaks Where f or a derivative may jump; which
 *     piece holds there is the formula's choice. In any order; NaN where there is none.
 * @property {Parameter[]} parameters
 * @property {(x: number, p?: Values) => number} f
 * @property {(x: number, p?: Values) => number} df
 * @property {(x: number, p?: Values) => number} d2f
 * @property {Record<string, (x: number, p?: Values) => number>} dparameters
 */
"""


def module() -> str:
    """The text of the ES module."""
    records = "\n".join(f"  {literal(activation)}," for activation in activations())
    return (
        f"{_HEADER}\n"
        f"{_imports(records)}\n"
        'export { swishLandmarks } from "../formulas/special_functions.js";\n\n'
        f"{_TYPES}\n"
        "/** @type {readonly Activation[]} */\n"
        f"export const activations = [\n{records}\n];\n"
    )


def typed_module(activation: Activation) -> str:
    """The text of an ES module that exports one record as ``activation``, for a typed formula.

    It imports from ``special_functions.js``, for which the browser sets the whole address.
    """
    record = literal(activation)
    return f"{_imports(record)}export const activation = {record};\n"


def _imports(records: str) -> str:
    used = [name for name in imports() if re.search(rf"\b{name}\(", records)]
    return (
        f'import {{ {", ".join(used)} }} from "../formulas/special_functions.js";\n' if used else ""
    )


def literal(activation: Activation) -> str:
    """A record, registered or of a typed formula, as an object of the module's type."""
    derived = derive(activation)
    plain = {
        "name": activation.name,
        "label": activation.label,
        "latex": latex(activation),
        "latexDerivative": latex_derivative(activation),
        "family": activation.family,
        "year": activation.year,
        "source": activation.source,
        "colour": activation.colour,
        "colourDark": activation.colour_dark,
        "dash": activation.dash,
        "parameters": [
            {
                "name": parameter.name,
                "symbol": parameter.symbol,
                "default": _plain(parameter.default),
                "min": _plain(parameter.low),
                "max": _plain(parameter.high),
            }
            for parameter in activation.parameters
        ],
    }
    lines = [f"    {key}: {json.dumps(value, ensure_ascii=False)}," for key, value in plain.items()]
    lines.insert(-1, f"    breaks: {_breaks(activation, derived.breaks)},")
    lines.append(f"    f: {_function(activation, derived.f)},")
    lines.append(f"    df: {_function(activation, derived.df, near=True)},")
    lines.append(f"    d2f: {_function(activation, derived.d2f, near=True)},")
    if derived.dparameters:
        lines.append("    dparameters: {")
        for name, expression in derived.dparameters.items():
            function = _function(activation, expression).replace("\n", "\n  ")
            lines.append(f"      {name}: {function},")
        lines.append("    },")
    else:
        lines.append("    dparameters: {},")
    return "{\n" + "\n".join(lines) + "\n  }"


def _breaks(activation: Activation, places: Sequence[Any]) -> str:
    listed = f"[{', '.join(map(inline, places))}]"
    taken = _taken(activation, *places)
    return f"({taken}) => {listed}" if taken else listed


def _taken(activation: Activation, *expressions: Any) -> str:
    """The argument by which a function takes the parameters that it uses; empty if it uses none."""
    used = {symbol.name for expression in expressions for symbol in expression.free_symbols}
    taken = [
        f"{_named(parameter.name)} = {_plain(parameter.default)}"
        for parameter in activation.parameters
        if parameter.name in used
    ]
    return f"{{ {', '.join(taken)} }} = {{}}" if taken else ""


def _named(name: str) -> str:
    """A parameter in the argument: its name, and the variable's where that is another."""
    return name if local(name) == name else f"{name}: {local(name)}"


def _function(activation: Activation, expression: Any, near: bool = False) -> str:
    taken = _taken(activation, expression)
    arguments = f"x, {taken}" if taken else "x" if expression.has(s.X) else ""
    steps, result = body(expression)
    lines = ["x = near(x);"] if near and overflows(expression) else []
    lines += [f"const {name} = {value};" for name, value in steps]
    if not lines:
        return f"({arguments}) => {result}"
    text = "".join(f"\n      {line}" for line in [*lines, f"return {result};"])
    return f"({arguments}) => {{{text}\n    }}"


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else value


def property_module() -> str:
    """The text of the ES module of properties; JSON but for its first lines and its semicolon."""
    listed = {activation.name: properties.described(activation) for activation in activations()}
    return f"{_HEADER}\nexport const properties = {_lines(listed)};\n"


def facts_text() -> str:
    """The text of the file that `swishdemo.activations.registry.facts` reads."""
    listed = {
        activation.name: {
            "latex": latex(activation),
            "landmarks": [mark.as_json() for mark in properties.landmarks(activation)],
        }
        for activation in activations()
    }
    return f"{_lines(listed)}\n"


def _lines(listed: Mapping[str, Any]) -> str:
    """A JSON object with a line for each entry, in which a change is seen where it is."""
    lines = (
        f"{json.dumps(name)}: {json.dumps(entry, ensure_ascii=False, allow_nan=False)}"
        for name, entry in listed.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}"
