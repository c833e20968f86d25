"""Dropout: Srivastava et al., https://jmlr.org/papers/v15/srivastava14a.html."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from swishdemo.training.architecture import Dropout
from swishdemo.training.engine.layers.tape import Tape, Values


class Masks:
    """Which features are kept: a stream of its own for each seed, whoever trains beside.

    Args:
        part: The layer.
        seeds: Of each replica, numbers that its stream follows from.
        like: A tensor of the type and on the device of the masks.
    """

    def __init__(self, part: Dropout, seeds: Sequence[tuple[int, int]], like: Tensor) -> None:
        self.part = part
        distinct = sorted(set(seeds))
        self._index = torch.tensor([distinct.index(seed) for seed in seeds], device=like.device)
        self._like = like
        self._streams = [
            torch.Generator(device=like.device).manual_seed(
                int(np.random.SeedSequence([*seed, part.site]).generate_state(1)[0])
            )
            for seed in distinct
        ]

    def bind(self, x: Values, tape: Tape) -> Values:
        """Bind the layer: each step draws anew. In evaluation it is not there."""
        if not tape.training:
            return x
        keep = 1 - self.part.rate
        out = tape.padded(x.features, x.gradient)
        assert x.gradient is not None
        drawn = self._like.new_empty(len(self._streams), x.features, tape.samples)
        mask = tape.beside(x.gradient)

        def draw() -> None:
            for row, stream in zip(drawn, self._streams, strict=True):
                row.bernoulli_(keep, generator=stream)
            torch.index_select(drawn, 0, self._index, out=mask)
            mask.mul_(1 / keep)

        tape.then(draw, partial(torch.mul, x.data, mask, out=out.data))
        tape.before(partial(x.gradient.mul_, mask))
        return out
