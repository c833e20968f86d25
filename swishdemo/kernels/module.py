"""The kernel as a layer. This module loads PyTorch."""

from __future__ import annotations

from torch import Tensor
from torch._jit_internal import is_scripting

from swishdemo.activations.functional import scripted_swish
from swishdemo.activations.modules import ParametricSwish
from swishdemo.kernels.function import fused_swish


class FusedSwish(ParametricSwish):
    """x·σ(βx) by the fused kernel, with one β or one for each channel.

    Args:
        beta: The value of β at the start.
        trainable: Whether β learns; it is a parameter and stands in the state dict either way.
        channels: Size of axis 1, for a β for each channel; None for a single one.
    """

    def forward(self, x: Tensor) -> Tensor:
        """The values x·σ(βx), of the shape and dtype of ``x``."""
        if is_scripting():
            return scripted_swish(x, self.beta)
        return fused_swish(x, self.beta)
