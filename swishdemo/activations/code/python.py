"""What the pieces of code in Python share: names, heads, functions. This module loads SymPy."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from typing import Any

import sympy

from swishdemo.activations.code.identifiers import PYTHON, unreserved
from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic import dialects
from swishdemo.activations.symbolic.derive import derive
from swishdemo.activations.symbolic.printing import Dialect, Printer
from swishdemo.activations.symbolic.readable import readable, shortened
from swishdemo.activations.symbolic.stable import stable
from swishdemo.activations.symbolic.symbols import Constant, X

_SPELLED = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "theta": "θ",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "pi": "π", "rho": "ρ", "tau": "τ", "omega": "ω",
}  # fmt: skip

_HELD = (
    "Where it changes nothing any more, an exponential is held: infinite, its slope would be NaN."
)


def names(activation: Activation, reserved: frozenset[str] = PYTHON) -> dict[str, str]:
    """What the parameters are called in the code."""
    return unreserved([parameter.name for parameter in activation.parameters], reserved)


def formula(activation: Activation) -> str:
    """The formula on a line, as its author wrote it."""
    return Printer(dialects.MATHEMATICS, _SPELLED).text(shortened(derive(activation).shown))


def derivative(activation: Activation) -> Any:
    """f′, without exponentials that came of a common factor: e^(−x²) taken out leaves e^(x²)."""
    derived = derive(activation)
    plain = stable(derived.f.diff(X))
    made = derived.df.atoms(sympy.exp) - plain.atoms(sympy.exp)
    return plain if made else derived.df


def number(value: float) -> str:
    """A parameter's value."""
    return repr(float(value))


def given(values: Mapping[str, float]) -> str:
    """The parameters' values as words behind a formula; empty where there is none."""
    each = [f"{_SPELLED.get(name, name)} = {value:.10g}" for name, value in values.items()]
    return ", with " + ", ".join(each) if each else ""


def head(activation: Activation, given: str = "") -> list[str]:
    """The lines that tell what the code is: name, formula and what is ``given``; source."""
    name = f"{' '.join(activation.label.split())}: " if activation.source else ""
    lines = [f"{name}f(x) = {formula(activation)}{given or _constants(activation)}."]
    if activation.source:
        citation, _, address = activation.source.rpartition(", ")
        cited = textwrap.wrap(f"{citation} ({activation.year}).", 88, break_on_hyphens=False)
        lines += ["", *cited, address]
    return lines


def _constants(activation: Activation) -> str:
    """The values of the letters in a formula that are no parameters."""
    found = {
        each.symbol.removeprefix("\\"): each for each in derive(activation).shown.atoms(Constant)
    }
    return given({name: float(found[name].digits) for name in sorted(found) if name in _SPELLED})


def docstring(lines: list[str]) -> str:
    """The lines as a docstring."""
    text = "\n".join(lines).replace("\\", "/").replace('"""', "'''")
    return f'"""{text}\n"""\n' if len(lines) > 1 else f'"""{text}"""\n'


def body(
    expression: Any,
    dialect: Dialect,
    called: Mapping[str, str],
    values: Mapping[str, float],
    of: str = "",
) -> str:
    """The lines that compute an expression, not indented.

    Args:
        expression: In x and the parameters.
        dialect: The language.
        called: What the parameters are called.
        values: The parameters' values.
        of: What stands before their names.
    """
    names = {name: of + free for name, free in called.items()}
    taken = {"x", *called, *called.values(), *PYTHON}
    steps = readable(expression, taken, Printer(dialect, names), values)
    printer = Printer(dialect, names, steps.shaped())
    lines = [f"# {dialect.branches}"] if steps.guards else []
    lines += [f"# {_HELD}"] if steps.held else []
    lines += [f"{name} = {printer.text(value)}" for name, value in (*steps.guards, *steps.steps)]
    return "\n".join([*lines, f"return {printer.value(steps.result)}"]) + "\n"


def function(head: str, title: str, lines: str) -> str:
    """A whole function.

    Args:
        head: Its name and arguments, as a call of it.
        title: Its docstring.
        lines: Its body, not indented.
    """
    return f"def {head}:\n" + indent(f'"""{title}"""\n{lines}')


def arguments(
    activation: Activation, values: Mapping[str, float], called: Mapping[str, str]
) -> str:
    """The arguments of a function of x and the parameters."""
    return ", ".join(["x", *defaults(activation, values, called)])


def defaults(
    activation: Activation, values: Mapping[str, float], called: Mapping[str, str]
) -> list[str]:
    """The parameters as arguments with their values."""
    return [f"{called[each.name]}={number(values[each.name])}" for each in activation.parameters]


def helpers(text: str, library: str) -> list[str]:
    """The definitions that a text needs beside it."""
    return [
        lines.format(library=library)
        for name, lines in dialects.HELPERS.items()
        if re.search(rf"\b{name}\(", text)
    ]


def imports(text: str, lines: Mapping[str, str]) -> str:
    """The import lines whose names stand in the text, in the order of ``lines``."""
    bare = re.sub(r'"""[^"]*"""', "", text)
    used = [line for name, line in lines.items() if re.search(rf"(?<![\w.]){name}\.", bare)]
    return "\n".join(used) + "\n" if used else ""


def indent(text: str, by: int = 4) -> str:
    """The lines, moved to the right."""
    return re.sub(r"(?m)^(?=.)", " " * by, text)
