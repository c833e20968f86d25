"""What the pieces of code in Python share: names, heads, functions. This module loads SymPy."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from typing import Any

from swishdemo.activations import dialects
from swishdemo.activations.derive import derive
from swishdemo.activations.identifiers import PYTHON, unreserved
from swishdemo.activations.printing import Dialect, Printer
from swishdemo.activations.readable import Readable, readable, shortened
from swishdemo.activations.record import Activation
from swishdemo.activations.symbols import Constant

_SPELLED = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "theta": "θ",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "pi": "π", "rho": "ρ", "tau": "τ", "omega": "ω",
}  # fmt: skip


def names(activation: Activation, reserved: frozenset[str] = PYTHON) -> dict[str, str]:
    """What the parameters are called in the code."""
    return unreserved([parameter.name for parameter in activation.parameters], reserved)


def formula(activation: Activation) -> str:
    """The formula on a line, as its author wrote it."""
    return Printer(dialects.MATHEMATICS, _SPELLED).text(shortened(derive(activation).shown))


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


def in_steps(activation: Activation, expression: Any, called: Mapping[str, str]) -> Readable:
    """The expression in steps whose names are free."""
    return readable(expression, taken={"x", *called, *called.values(), *PYTHON})


def body(steps: Readable, dialect: Dialect, called: Mapping[str, str]) -> str:
    """The lines of a function's body, not indented."""
    printer = Printer(dialect, called, steps.shaped())
    lines = [f"# {dialect.branches}"] if steps.guards else []
    lines += [f"{name} = {printer.text(value)}" for name, value in (*steps.guards, *steps.steps)]
    return "\n".join([*lines, f"return {printer.value(steps.result)}"]) + "\n"


def function(
    name: str,
    title: str,
    arguments: str,
    activation: Activation,
    expression: Any,
    dialect: Dialect,
    called: Mapping[str, str],
) -> str:
    """A whole function."""
    lines = body(in_steps(activation, expression, called), dialect, called)
    return f"def {name}({arguments}):\n" + indent(f'"""{title}"""\n{lines}')


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
    used = [line for name, line in lines.items() if re.search(rf"(?<![\w.]){name}\.", text)]
    return "\n".join(used) + "\n" if used else ""


def indent(text: str, by: int = 4) -> str:
    """The lines, moved to the right."""
    return re.sub(r"(?m)^(?=.)", " " * by, text)
