"""The definition of every activation function, and what follows from it.

The records are plain data; SymPy and PyTorch are loaded by the first call that needs them.
"""

from swishdemo.activations.evaluation import Evaluation, evaluate, parameter_values
from swishdemo.activations.lookup import get, parse_formula, torch_function
from swishdemo.activations.record import (
    Activation,
    Landmark,
    Parameter,
    formula_label,
    formula_name,
    is_formula,
)
from swishdemo.activations.registry import activations, names

__all__ = [
    "Activation",
    "Evaluation",
    "Landmark",
    "Parameter",
    "activations",
    "evaluate",
    "formula_label",
    "formula_name",
    "get",
    "is_formula",
    "names",
    "parameter_values",
    "parse_formula",
    "torch_function",
]
