"""Names in exported code: those of a record, where the language allows them, and none twice."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Collection, Sequence

from swishdemo.activations.record import Activation

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
