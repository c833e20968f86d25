"""An activation as code in Python: NumPy, JAX, and PyTorch as a module. It loads SymPy alone.

Names in exported code: those of a record, where the language allows them, and none twice.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from textwrap import indent, wrap
from typing import Any

import sympy

from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic import printing
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.derive import derive
from swishdemo.activations.symbolic.printing import JAX, NUMPY, PYTORCH, Dialect, Printer
from swishdemo.activations.symbolic.readable import readable, shortened
from swishdemo.activations.symbolic.stable import stable
from swishdemo.activations.typed.functions import GREEK

INDENT = " " * 4
_OWN_WORDS = """
F cube_root float jax jnp math nn normal_cdf normal_pdf np sech self special super torch trainable x
"""
PYTHON = frozenset([*keyword.kwlist, *keyword.softkwlist, *_OWN_WORDS.split()])
"""What no parameter may be called in Python: words of the language and of our own lines."""

_MODULE_WORDS = """
T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda
double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
get_submodule half ipu load_state_dict modules mtia named_buffers named_children
named_modules named_parameters parameters register_backward_hook register_buffer
register_forward_hook register_forward_pre_hook register_full_backward_hook
register_full_backward_pre_hook register_load_state_dict_post_hook
register_load_state_dict_pre_hook register_module register_parameter
register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
set_submodule share_memory state_dict to to_empty train training type xpu zero_grad
"""
MODULE = frozenset(_MODULE_WORDS.split())
"""The attributes of ``nn.Module``, which a parameter would replace."""


def _unreserved(names: Sequence[str], reserved: Collection[str]) -> dict[str, str]:
    """Each name as it may stand: an underscore behind one that is reserved."""
    found: dict[str, str] = {}
    for name in names:
        free = name
        while free in reserved or free in found.values() or (free != name and free in names):
            free += "_"
        found[name] = free
    return found


def _class_name(activation: Activation) -> str:
    """A class's name: the label in CamelCase, ``Activation`` for a typed formula."""
    if not activation.source:
        return "Activation"
    plain = unicodedata.normalize("NFKC", activation.label)
    words = re.findall(r"[A-Za-z0-9]+", plain)
    name = "".join(word[0].upper() + word[1:] for word in words)
    return name if name.isidentifier() else f"Activation{name}"


def function_name(activation: Activation) -> str:
    """A function's name: the record's own, ``activation`` for a typed formula."""
    name = activation.name
    return name if activation.source and name.isidentifier() else "activation"


_SPELLED = {name: letter for letter, name in GREEK.items() if name not in ("sigmoid", "Phi", "phi")}

_HELD = (
    "Where it changes nothing any more, an exponential is held: infinite, its slope would be NaN."
)


def names(activation: Activation, reserved: frozenset[str] = PYTHON) -> dict[str, str]:
    """What the parameters are called in the code."""
    return _unreserved([parameter.name for parameter in activation.parameters], reserved)


def _formula(activation: Activation) -> str:
    """The formula on a line, as its author wrote it."""
    return Printer(printing.MATHEMATICS, _SPELLED).text(shortened(derive(activation).shown))


def derivative(activation: Activation) -> Any:
    """f′, without exponentials that came of a common factor: e^(−x²) taken out leaves e^(x²)."""
    derived = derive(activation)
    plain = stable(derived.f.diff(s.X))
    made = derived.df.atoms(sympy.exp) - plain.atoms(sympy.exp)
    return plain if made else derived.df


def number(value: float) -> str:
    """A parameter's value."""
    return repr(float(value))


def _given(values: Mapping[str, float]) -> str:
    """The parameters' values as words behind a formula; empty where there is none."""
    each = [f"{_SPELLED.get(name, name)} = {value:.10g}" for name, value in values.items()]
    return ", with " + ", ".join(each) if each else ""


def head(activation: Activation, given: str = "") -> list[str]:
    """The lines that tell what the code is: name, formula and what is ``given``; source."""
    name = f"{' '.join(activation.label.split())}: " if activation.source else ""
    lines = [f"{name}f(x) = {_formula(activation)}{given or _constants(activation)}."]
    if activation.source:
        citation, _, address = activation.source.rpartition(", ")
        cited = wrap(f"{citation} ({activation.year}).", 88, break_on_hyphens=False)
        lines += ["", *cited, address]
    return lines


def _constants(activation: Activation) -> str:
    """The values of the letters in a formula that are no parameters."""
    found = {
        each.symbol.removeprefix("\\"): each for each in derive(activation).shown.atoms(s.Constant)
    }
    return _given({name: float(found[name].digits) for name in sorted(found) if name in _SPELLED})


def _docstring(lines: list[str]) -> str:
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


def _defaults(
    activation: Activation, values: Mapping[str, float], called: Mapping[str, str]
) -> list[str]:
    """The parameters as arguments with their values."""
    return [f"{called[each.name]}={number(values[each.name])}" for each in activation.parameters]


def _helpers(text: str, library: str) -> list[str]:
    """The definitions that a text needs beside it."""
    return [
        lines.format(library=library)
        for name, lines in printing.HELPERS.items()
        if re.search(rf"\b{name}\(", text)
    ]


_IMPORTS = {
    "np": {"np": "import numpy as np", "special": "from scipy import special"},
    "jnp": {
        "jax": "import jax",
        "jnp": "import jax.numpy as jnp",
        "special": "from jax.scipy import special",
    },
    "torch": {
        "torch": "import torch",
        "F": "import torch.nn.functional as F",
        "nn": "from torch import nn",
    },
}
"""By the name of the library: the names in code that it is for, and the lines that give them."""


def _imports(text: str, library: str) -> str:
    """The import lines whose names stand in the text."""
    bare = re.sub(r'"""[^"]*"""', "", text)
    lines = {"math": "import math\n", **_IMPORTS[library]}
    used = [line for name, line in lines.items() if re.search(rf"(?<![\w.]){name}\.", bare)]
    return "\n".join(used) + "\n" if used else ""


def numpy(activation: Activation, values: Mapping[str, float]) -> str:
    """NumPy: the function and its derivative."""
    own = partial(_function, activation, values, NUMPY)
    derived = own(derivative(activation), "f′(x).", "_derivative")
    return _file(activation, "np", [own(derive(activation).f, "f(x)."), derived])


def jax(activation: Activation, values: Mapping[str, float]) -> str:
    """JAX: a function that ``jax.grad`` differentiates in x and its parameters."""
    title = "f(x), differentiable in every argument."
    f = _function(activation, values, JAX, derive(activation).f, title)
    return _file(activation, "jnp", [f])


def _function(
    activation: Activation,
    values: Mapping[str, float],
    dialect: Dialect,
    expression: Any,
    title: str,
    kind: str = "",
) -> str:
    """A function of x and the parameters, which have their values by default."""
    called = names(activation)
    given = ", ".join(["x", *_defaults(activation, values, called)])
    lines = indent(f'"""{title}"""\n{body(expression, dialect, called, values)}', INDENT)
    return f"def {function_name(activation)}{kind}({given}):\n{lines}"


def _file(activation: Activation, library: str, parts: list[str]) -> str:
    """The whole of a piece of code: what it is, imports, the functions that it needs, its own."""
    parts = [*_helpers("".join(parts), library), *parts]
    top = [_docstring(head(activation)), _imports("".join(parts), library)]
    return "\n".join([*top, *(f"\n{part}" for part in parts)])


def attributes(activation: Activation) -> dict[str, str]:
    """What the parameters are called, as attributes of a module too."""
    return names(activation, PYTHON | MODULE)


def pytorch(activation: Activation, values: Mapping[str, float], trainable: bool) -> str:
    """PyTorch: a module, its parameters trainable or fixed."""
    called = attributes(activation)
    learns = trainable and bool(called)
    builtin = "" if learns else _builtin(activation, values)
    if builtin:
        parts = [f"def forward(self, x):\n    return {builtin}\n"]
    else:
        f = derive(activation).f
        lines = body(f, PYTORCH, called, values, of="self.")
        parts = [f"def forward(self, x):\n{indent(lines, INDENT)}"]
        if called:
            tensors = "parameter" if learns else "buffer" if _alone(f) else ""
            parts.insert(0, _init(activation, values, called, tensors))
            item = ".item()" if tensors else ""
            shown = ", ".join(f"{each}={{self.{each}{item}:.6g}}" for each in called.values())
            parts.append(f'def extra_repr(self):\n    return f"{shown}"\n')
    title = _docstring(head(activation, _given(values) if builtin else ""))
    lines = f"class {_class_name(activation)}(nn.Module):\n"
    lines += "\n".join(indent(part, INDENT) for part in (title, *parts))
    defined = [*_helpers(lines, "torch"), lines]
    return "\n".join([_imports("".join(defined), "torch"), *(f"\n{part}" for part in defined)])


def torch_function(
    activation: Activation, values: Mapping[str, float], learned: bool
) -> tuple[str, ...]:
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
        lines, arguments = body(f, PYTORCH, called, values), ["x", *called.values()]
        if called and _alone(f):
            tensors = "".join(f"{name} = torch.as_tensor({name})\n" for name in called.values())
            lines = tensors + lines
    title = _docstring(head(activation, _given(values) if builtin else ""))
    text = f"def {function_name(activation)}({', '.join(arguments)}):\n"
    text += indent(title + lines, INDENT)
    return *_helpers(text, "torch"), text


def _builtin(activation: Activation, values: Mapping[str, float]) -> str:
    """A call of PyTorch's own function, where it is the same function; else empty."""
    if activation.call:
        written = {name: number(value) for name, value in values.items()}
        call = activation.call.format(**written)
        return call if call != activation.call or values == activation.defaults() else ""
    if activation.torch or not activation.builtin:
        return ""
    module, _, name = activation.builtin.partition(":")
    library = {"torch": "torch", "torch.nn.functional": "F"}[module]
    return f"{library}.{name}({', '.join(['x', *map(number, values.values())])})"


def _init(
    activation: Activation,
    values: Mapping[str, float],
    called: Mapping[str, str],
    tensors: str,
) -> str:
    given = _defaults(activation, values, called)
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
    return f"def __init__(self, {', '.join(given)}):\n" + indent("\n".join(lines) + "\n", INDENT)


def _alone(f: Any) -> bool:
    """Whether a function has an argument without x: PyTorch's functions take no plain numbers.

    And Python's own powers of those below 0 are complex.
    """
    powers = {power for power in f.atoms(sympy.Pow) if not power.exp.is_integer}
    for node in f.atoms(sympy.Function) | powers:
        inputs = node.args[:2] if isinstance(node, s.Where) else node.args
        free = set().union(*(each.free_symbols for each in inputs))
        if free and s.X not in free:
            return True
    return False
