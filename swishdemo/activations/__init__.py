"""The definition of every activation function, and what follows from it.

The records are plain data; SymPy and PyTorch are loaded by the first call that needs them.
"""

from swishdemo.activations.analysis.properties import landmarks
from swishdemo.activations.evaluation import Evaluation, evaluate, parameter_values
from swishdemo.activations.record import Activation, Landmark, Parameter
from swishdemo.activations.registry import (
    activations,
    formula_label,
    formula_name,
    get,
    is_formula,
    names,
)
from swishdemo.activations.symbolic.typeset import latex, latex_derivative
from swishdemo.activations.torch_forms import torch_function
from swishdemo.activations.typed.parse import parse_formula

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
    "landmarks",
    "latex",
    "latex_derivative",
    "names",
    "parameter_values",
    "parse_formula",
    "torch_function",
]
