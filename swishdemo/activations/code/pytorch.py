"""PyTorch: a module, its parameters trainable or fixed. It loads SymPy, and not PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from swishdemo.activations.code import python as python
from swishdemo.activations.code.python import MODULE, PYTHON, class_name, function_name
from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.derive import derive
from swishdemo.activations.symbolic.printing import PYTORCH

_IMPORTS = {
    "math": "import math\n",
    "torch": "import torch",
    "F": "import torch.nn.functional as F",
    "nn": "from torch import nn",
}


def write(activation: Activation, values: Mapping[str, float], trainable: bool) -> str:
    """The piece of code."""
    defined = definitions(activation, values, trainable)
    imports = python.imports("".join(defined), _IMPORTS)
    return "\n".join([imports, *(f"\n{part}" for part in defined)])


def attributes(activation: Activation) -> dict[str, str]:
    """What the parameters are called, as attributes of a module too."""
    return python.names(activation, PYTHON | MODULE)


def definitions(
    activation: Activation, values: Mapping[str, float], trainable: bool
) -> tuple[str, ...]:
    """What is defined, without the imports: functions that the module needs, then the module."""
    called = attributes(activation)
    learns = trainable and bool(called)
    builtin = "" if learns else _builtin(activation, values)
    if builtin:
        parts = [f"def forward(self, x):\n    return {builtin}\n"]
    else:
        f = derive(activation).f
        body = python.body(f, PYTORCH, called, values, of="self.")
        parts = [f"def forward(self, x):\n{python.indent(body)}"]
        if called:
            tensors = "parameter" if learns else "buffer" if _alone(f) else ""
            parts.insert(0, _init(activation, values, called, tensors))
            parts.append(_representation(called, ".item()" if tensors else ""))
    title = python.docstring(python.head(activation, python.given(values) if builtin else ""))
    lines = f"class {class_name(activation)}(nn.Module):\n"
    lines += "\n".join(map(python.indent, [title, *parts]))
    return *python.helpers(lines, "torch"), lines


def function(activation: Activation, values: Mapping[str, float], learned: bool) -> tuple[str, ...]:
    """What is defined for a function of x and of the parameters: what it needs, then itself.

    Args:
        activation: Whose function it is.
        values: The parameters' values.
        learned: Whether some parameter is given to it; else, where PyTorch has the same function,
            the values stand in it, and it is one of x alone.
    """
    called = attributes(activation)
    builtin = "" if learned and values else _builtin(activation, values)
    if builtin:
        lines, arguments = f"return {builtin}\n", ["x"]
    else:
        f = derive(activation).f
        lines, arguments = python.body(f, PYTORCH, called, values), ["x", *called.values()]
        if called and _alone(f):
            tensors = "".join(f"{name} = torch.as_tensor({name})\n" for name in called.values())
            lines = tensors + lines
    title = python.docstring(python.head(activation, python.given(values) if builtin else ""))
    text = f"def {function_name(activation)}({', '.join(arguments)}):\n"
    text += python.indent(title + lines)
    return *python.helpers(text, "torch"), text


def _builtin(activation: Activation, values: Mapping[str, float]) -> str:
    """A call of PyTorch's own function, where it is the same function; else empty."""
    if activation.call:
        written = {name: python.number(value) for name, value in values.items()}
        call = activation.call.format(**written)
        return call if call != activation.call or values == activation.defaults() else ""
    if activation.torch or not activation.builtin:
        return ""
    module, _, name = activation.builtin.partition(":")
    library = {"torch": "torch", "torch.nn.functional": "F"}[module]
    return f"{library}.{name}({', '.join(['x', *map(python.number, values.values())])})"


def _init(
    activation: Activation,
    values: Mapping[str, float],
    called: Mapping[str, str],
    tensors: str,
) -> str:
    given = python.defaults(activation, values, called)
    if tensors == "parameter":
        given.append("trainable=True")
    lines = ["super().__init__()"]
    for name in called.values():
        tensor = f"torch.tensor(float({name}))"
        lines.append(
            {
                "parameter": f"self.{name} = nn.Parameter({tensor}, requires_grad=trainable)",
                "buffer": f'self.register_buffer("{name}", {tensor})',
                "": f"self.{name} = {name}",
            }[tensors]
        )
    return f"def __init__(self, {', '.join(given)}):\n" + python.indent("\n".join(lines) + "\n")


def _representation(called: Mapping[str, str], number: str) -> str:
    shown = ", ".join(f"{name}={{self.{name}{number}:.6g}}" for name in called.values())
    return f'def extra_repr(self):\n    return f"{shown}"\n'


def _alone(f: Any) -> bool:
    """Whether a function has an argument without x: PyTorch's functions take no plain numbers.

    And Python's own powers of those below 0 are complex.
    """
    for node in f.atoms(sympy.Function) | {each for each in f.atoms(sympy.Pow) if not _whole(each)}:
        inputs = node.args[:2] if isinstance(node, s.Where) else node.args
        free = set().union(*(each.free_symbols for each in inputs))
        if free and s.X not in free:
            return True
    return False


def _whole(power: Any) -> bool:
    return bool(power.exp.is_integer)
