"""What gradient flow conserves, and so why different starts of β stay apart without decay.

Swish_β(z) = Swish₁(βz)/β. So for every c > 0 the change (W, b, β, V) → (cW, cb, β/c, V/c), with W
and b before the activation and V the weights behind it, leaves the function as it is, and with it
the loss L. Differentiated by c at 1:

    ⟨W, ∂L/∂W⟩ + ⟨b, ∂L/∂b⟩ − β·∂L/∂β − ⟨V, ∂L/∂V⟩ = 0.

Under gradient flow, Ẇ = −∂L/∂W and likewise b and V, and β̇ = −r·∂L/∂β with β's own rate r. Hence

    Q = ‖W‖² + ‖b‖² − β²/r − ‖V‖²

does not change. Of several β in a layer, each has such a change of its own, and Q is their sum. A
normalisation before the activation undoes the size of W: there its scale and shift take the place
of W and b. Where all layers share one β, the change must be made in all of them at once: W of the
first, b of all, V of the last. ReLU's kin, f(c·z) = c·f(z), have the change without any β. A skip
round the layer, a β that is fixed, and its softplus have none in this form.

Noether's theorem for gradient flow: Kunin et al., https://arxiv.org/abs/2012.04728.
"""

from __future__ import annotations

import math

from torch import Tensor

from swishdemo.training.architecture import HOMOGENEOUS, Part, Residual, sites, weighted
from swishdemo.training.engine.ensemble import Ensemble
from swishdemo.training.engine.parameters import ParameterGroup


def conserved(ensemble: Ensemble) -> Tensor:
    """Q of each layer, ``[layer, replica]``; NaN where there is none.

    Where all layers share a β, their one Q stands in the first.
    """
    linear = weighted(ensemble.parts)
    shape = len(linear) - 1, len(ensemble.replicas)
    found = ensemble.parameters.values.new_full(shape, math.nan)
    for group in ensemble.groups:
        term = _own_term(ensemble, group)
        if term is None or _skipped(ensemble.parts) & {group.site, group.site + 1}:
            continue
        total = _squares(ensemble, f"hidden.{group.site}", group.rows) - term
        last = group.site + 1
        if ensemble.config.beta_scope == "network" and group.activation not in HOMOGENEOUS:
            if not _one_change(ensemble, group):
                continue
            for each in linear[1:-1]:
                entries = ensemble.values[ensemble.blocks[each.name]][group.rows]
                total = total + entries[..., -1].square().sum(1)
            last = len(linear) - 1
        behind = ensemble.values[ensemble.blocks[linear[last].name]][group.rows]
        found[group.site, group.rows] = total - behind[..., :-1].square().sum((1, 2))
    return found


def _own_term(ensemble: Ensemble, group: ParameterGroup) -> Tensor | float | None:
    """β²/r; 0 for ReLU's kin; None where there is no such change."""
    if group.activation in HOMOGENEOUS:
        return 0.0
    factor = ensemble.config.beta_lr_factor
    learned = all(
        parameter.block is not None and not parameter.softplus for parameter in group.parameters
    )
    if group.activation != "swish" or not learned or factor == 0:
        return None
    return ensemble.activation_parameters.value(group.parameters[0]).square().sum(1) / factor


def _squares(ensemble: Ensemble, hidden: str, rows: slice) -> Tensor:
    """‖W‖² + ‖b‖², or of the scale and the shift that stand in their place."""
    norm = ensemble.blocks.get(hidden.replace("hidden", "norm"))
    block = ensemble.blocks[hidden] if norm is None else norm
    return ensemble.values[block][rows].square().sum((1, 2))


def _one_change(ensemble: Ensemble, group: ParameterGroup) -> bool:
    """Whether the layers that share a β can be changed at once; told of the first of them."""
    mine = [each for each in ensemble.groups if each.rows == group.rows]
    same = all(each.activation == group.activation for each in mine)
    plain = ensemble.config.normalisation == "none" and not _skipped(ensemble.parts)
    return group.site == 0 and same and plain


def _skipped(parts: tuple[Part, ...]) -> set[int]:
    """The layers that have a skip around them."""
    return {site.site for part in parts if isinstance(part, Residual) for site in sites(part.body)}
