"""The definition of every activation function, and what follows from it.

The records are plain data; SymPy and PyTorch are loaded by the first call that needs them. Here an
activation is found by its name, registered or typed, read and checked; and so is its PyTorch form.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, lru_cache
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from swishdemo.activations.evaluation import Evaluation, evaluate
from swishdemo.activations.record import (
    Activation,
    Landmark,
    Parameter,
    formula_label,
    formula_name,
    is_formula,
)
from swishdemo.activations.registry import activations, names, registered
from swishdemo.activations.typed import syntax
from swishdemo.activations.typed.notation import told_at, written_out

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "Activation",
    "Evaluation",
    "Landmark",
    "Parameter",
    "activations",
    "evaluate",
    "formula_label",
    "get",
    "is_formula",
    "names",
    "parse_formula",
    "torch_function",
]

MAX_SLOPE = 3000
MAX_OPERATIONS = 3000


def get(name: object) -> Activation:
    """The activation called ``name``; ``=`` and a formula is the name of the typed one.

    Raises:
        UserError: No activation has that name (status 404), or the formula is none (422).
    """
    return _typed(formula_name(name)[1:]) if is_formula(name) else registered(name)


@lru_cache(maxsize=64)
def _typed(text: str) -> Activation:
    # One record for one text: what is derived from it is kept by the record.
    return parse_formula(text)


def parse_formula(text: object) -> Activation:
    """Read a formula in ``x``, such as ``x*sigmoid(beta*x)``, as an activation's record.

    What people leave out is written out first (`swishdemo.activations.typed.notation`): the record
    of ``2x^2`` is that of ``2*x**2``. A name that is neither a function nor a constant becomes a
    parameter with default 1 and a slider from −5 to 5. Pieces are written ``where(x > 0, a, b)`` or
    ``a if x > 0 else b``.

    Raises:
        UserError: The text is no formula; the sentence names the column and what is allowed.
    """
    from swishdemo.activations.typed.expressions import built
    from swishdemo.activations.typed.functions import function_names, latex_name

    text, offsets = written_out(syntax.typed(text), function_names())
    with told_at(offsets):
        syntax.check(text)
        _, parameters = built(text)
    activation = Activation(
        name=f"={text.strip()}",
        label=formula_label(text),
        formula=text,
        parameters=tuple(Parameter(name, 1.0, -5.0, 5.0, latex_name(name)) for name in parameters),
        year=0,
        source="",
        family="typed",
        colour="#be123c",
        colour_dark="#fb7185",
        dash="solid",
    )
    _check_steps(activation)
    return activation


def _check_steps(activation: Activation) -> None:
    """Refuse what would take long, before each longer step, and what no double holds."""
    from swishdemo.activations.analysis.accurate import is_held, numbers
    from swishdemo.activations.evaluation import tape
    from swishdemo.activations.symbolic.derive import derive, slope
    from swishdemo.activations.symbolic.stable import tree_size

    if tree_size(slope(activation)[1]) > MAX_SLOPE or tape(activation).operations > MAX_OPERATIONS:
        raise syntax.refuse("steps")
    derived = derive(activation)
    seen: set[object] = set()
    for expression in (derived.f, derived.df, derived.d2f, *derived.dparameters.values()):
        # In f″ one too small for a double is nothing beside what else there is.
        enough = is_held if expression in (derived.f, derived.df) else _is_finite
        if not all(map(enough, numbers(expression, seen))):
            raise syntax.refuse("derivative")


def _is_finite(number: Any) -> bool:
    from swishdemo.activations.analysis.accurate import double

    return math.isfinite(double(number))


def torch_function(name: str) -> Callable[..., Tensor]:
    """The differentiable function ``f(x, *parameters)`` of an activation.

    The parameters come in the record's order, as numbers or as tensors that broadcast with ``x``.
    A typed formula's (``"=x*sigmoid(beta*x)"``) is made from its definition. The first call loads
    PyTorch.

    Raises:
        UserError: No activation has that name (status 404), or the formula is none (422).
    """
    activation = get(name)
    if activation.torch:
        given = "".join(f", {each.name}={each.default!r}" for each in activation.parameters)
        return _written(f"lambda x{given}: {activation.torch}")
    if activation.builtin:
        own: Callable[..., Tensor] = resolve_name(activation.builtin)
        return own
    from swishdemo.activations.torch_tape import compiled

    return compiled(activation)


@cache
def _written(text: str) -> Callable[..., Tensor]:
    """The function of a record's text, which is ours, never a visitor's."""
    function: Callable[..., Tensor] = eval(text, _names())
    return function


@cache
def _names() -> dict[str, Any]:
    """What a record's PyTorch form may name."""
    import torch
    from torch.nn import functional

    from swishdemo.activations.swish import swish

    def number(*values: object) -> bool:
        return not any(isinstance(value, torch.Tensor) for value in values)

    return {**vars(functional), **vars(torch), "swish": swish, "number": number}
