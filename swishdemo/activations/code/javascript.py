"""JavaScript: an ES module without imports. This module loads SymPy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from swishdemo.activations.code import python as shared
from swishdemo.activations.code.python import JAVASCRIPT as RESERVED
from swishdemo.activations.code.python import camel, function_name
from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic.derive import derive
from swishdemo.activations.symbolic.printing import JAVASCRIPT, Printer
from swishdemo.activations.symbolic.readable import readable

_SPECIAL = Path(__file__).resolve().parents[3] / "assets/js/formulas/special_functions.js"
_DECLARATION = re.compile(r"^(?:export )?(?:function|const) (\w+)", re.MULTILINE)


def write(activation: Activation, values: Mapping[str, float]) -> str:
    """The piece of code."""
    special = _special()
    reserved = RESERVED | special.keys()
    called = shared.names(activation, frozenset(reserved))
    name = camel(function_name(activation))
    if name in reserved:
        name += "Activation"
    derived = derive(activation)
    defaults = [
        f"{called[each.name]} = {_number(values[each.name])}" for each in activation.parameters
    ]
    arguments = ", ".join(["x", *defaults])
    lines = "\n".join(f" * {line}".rstrip() for line in shared.head(activation))
    f, df = (
        _body(expression, called, reserved, values)
        for expression in (derived.f, shared.derivative(activation))
    )
    parts = [
        f"/**\n{lines.replace('*/', '* /')}\n */\n{_function(name, arguments, f)}",
        f"/** f′(x). */\n{_function(f'{name}Derivative', arguments, df)}",
    ]
    needed = _closure("".join(parts), special)
    return "\n".join([*parts, *needed])


def _function(name: str, arguments: str, body: str) -> str:
    return f"export function {name}({arguments}) {{\n{shared.indent(body, 2)}\n}}\n"


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


def _number(value: float) -> str:
    return shared.number(value).removesuffix(".0")


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
