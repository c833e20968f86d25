"""What the pieces of code in Python share: names, heads, functions. This module loads SymPy.

Names in exported code: those of a record, where the language allows them, and none twice.
"""

from __future__ import annotations

import keyword
import re
import textwrap
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sympy

from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic import printing
from swishdemo.activations.symbolic.derive import derive
from swishdemo.activations.symbolic.printing import Dialect, Printer
from swishdemo.activations.symbolic.readable import readable, shortened
from swishdemo.activations.symbolic.stable import stable
from swishdemo.activations.symbolic.symbols import Constant, X

PYTHON = frozenset(
    {*keyword.kwlist, *keyword.softkwlist}
    | {"x", "self", "super", "float", "trainable"}
    | {
        "np",
        "special",
        "math",
        "jax",
        "jnp",
        "torch",
        "nn",
        "F",
        "sech",
        "normal_pdf",
        "cube_root",
        "normal_cdf",
    }
)
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

_JAVASCRIPT_WORDS = """
arguments await break case catch class const continue debugger default delete do else enum
eval export extends false finally for function if implements import in instanceof interface
let new null package private protected public return static super switch this throw true try
typeof undefined var void while with yield x Math NaN Infinity
"""
JAVASCRIPT = frozenset(_JAVASCRIPT_WORDS.split())
"""What no name may be in a JavaScript module."""


def unreserved(names: Sequence[str], reserved: Collection[str]) -> dict[str, str]:
    """Each name as it may stand: an underscore behind one that is reserved."""
    found: dict[str, str] = {}
    for name in names:
        free = name
        while free in reserved or free in found.values() or (free != name and free in names):
            free += "_"
        found[name] = free
    return found


def class_name(activation: Activation) -> str:
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


def camel(name: str) -> str:
    """The name in camelCase."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


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
    return Printer(printing.MATHEMATICS, _SPELLED).text(shortened(derive(activation).shown))


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
        for name, lines in printing.HELPERS.items()
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
