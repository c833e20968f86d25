"""An activation as code to take along: PyTorch, JAX, NumPy, JavaScript, LaTeX.

Each piece is whole (imports, a line on what it is and where it comes from, the function, what it
needs) and is generated from the record's formula. SymPy is loaded by the first call.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Literal, get_args

from swishdemo.activations.evaluation import parameter_values
from swishdemo.activations.record import Activation
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
            choices=tuple(LANGUAGES),
        )
    values = parameter_values(activation, parameters)
    writer = import_module(f"swishdemo.activations.code.{language}")
    if language == "pytorch":
        text: str = writer.write(activation, values, trainable)
    else:
        text = writer.write(activation, values)
    return text
