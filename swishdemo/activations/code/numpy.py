"""NumPy: the function and its derivative. This module loads SymPy."""

from __future__ import annotations

from collections.abc import Mapping

from swishdemo.activations.code import python as python
from swishdemo.activations.code.python import function_name
from swishdemo.activations.record import Activation
from swishdemo.activations.symbolic.derive import derive
from swishdemo.activations.symbolic.printing import NUMPY

_IMPORTS = {
    "math": "import math\n",
    "np": "import numpy as np",
    "special": "from scipy import special",
}


def write(activation: Activation, values: Mapping[str, float]) -> str:
    """The piece of code."""
    name, called = function_name(activation), python.names(activation)
    arguments = python.arguments(activation, values, called)
    f, df = derive(activation).f, python.derivative(activation)
    parts = [
        python.function(f"{name}({arguments})", "f(x).", python.body(f, NUMPY, called, values)),
        python.function(
            f"{name}_derivative({arguments})", "f′(x).", python.body(df, NUMPY, called, values)
        ),
    ]
    parts = [*python.helpers("".join(parts), "np"), *parts]
    head = python.docstring(python.head(activation))
    imports = python.imports("".join(parts), _IMPORTS)
    return "\n".join([head, imports, *(f"\n{part}" for part in parts)])
