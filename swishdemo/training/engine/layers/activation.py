"""An activation layer: each slice of the replicas has its own activation and parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from swishdemo.training.engine.layers.forms import Operand, bind_form
from swishdemo.training.engine.layers.tape import Call, Tape, Values


@dataclass(frozen=True, slots=True)
class Slice:
    """Replicas that share an activation in a layer.

    Attributes:
        activation: Its name.
        rows: The replicas.
        operands: Its parameters.
        groups: The channels, where a parameter has a value for each; else 1.
    """

    activation: str
    rows: slice
    operands: tuple[Operand, ...]
    groups: int


@dataclass(frozen=True, slots=True)
class Site:
    """A bound activation layer, for those who look into the network.

    Attributes:
        z: Pre-activations, ``[replica, feature, sample]``.
        out: Activations, likewise.
        gradient: The memory of gradients, likewise.
        turn: Calls that turn the gradient by ``out`` in that memory into the one by ``z``.
    """

    z: Tensor
    out: Tensor
    gradient: Tensor
    turn: Sequence[Call]


def bind_activation(slices: Sequence[Slice], z: Values, tape: Tape) -> tuple[Values, Site]:
    """Bind an activation layer behind the pre-activations ``z``."""
    assert z.gradient is not None
    out = tape.padded(z.features, z.gradient)
    turn: list[Call] = []
    for part in slices:
        shape = part.rows.stop - part.rows.start, part.groups, -1
        before, after, gradient = (
            memory[part.rows].view(shape) for memory in (z.data, out.data, z.gradient)
        )
        bound = bind_form(part.activation, part.operands, before, after, gradient, tape)
        tape.then(*bound.forward)
        turn += bound.backward
    tape.before(*turn)
    return out, Site(z.data, out.data, z.gradient, tuple(turn))
