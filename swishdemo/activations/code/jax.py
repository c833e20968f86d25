"""JAX: a function that ``jax.grad`` differentiates in x and its parameters. It loads SymPy."""

from __future__ import annotations

from collections.abc import Mapping

from swishdemo.activations.code import python as python
from swishdemo.activations.code.python import function_name
from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic.derive import derive
from swishdemo.activations.symbolic.printing import JAX

_IMPORTS = {
    "math": "import math\n",
    "jax": "import jax",
    "jnp": "import jax.numpy as jnp",
    "special": "from jax.scipy import special",
}


def write(activation: Activation, values: Mapping[str, float]) -> str:
    """The piece of code."""
    called = python.names(activation)
    arguments = python.arguments(activation, values, called)
    f = python.function(
        f"{function_name(activation)}({arguments})",
        "f(x), differentiable in every argument.",
        python.body(derive(activation).f, JAX, called, values),
    )
    parts = [*python.helpers(f, "jnp"), f]
    head = python.docstring(python.head(activation))
    imports = python.imports("".join(parts), _IMPORTS)
    return "\n".join([head, imports, *(f"\n{part}" for part in parts)])
