"""Memory of one call: what the forward keeps for the backward, and the most that is held at a time.

This module loads PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor
from torch.autograd import profiler


def saved_bytes(forward: Callable[[], Tensor], parameters: Sequence[Tensor]) -> int:
    """Bytes that ``forward`` keeps for the backward.

    Parameters are left out, for they are there anyway; a storage that several operations keep is
    counted once, and whole.
    """
    known = {parameter.untyped_storage().data_ptr() for parameter in parameters}
    storages: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = forward()  # held, or a freed storage's address could be used again
    del result
    return sum(storages.values())


def peak_bytes(call: Callable[[], object], device: torch.device) -> int:
    """The most bytes that ``call`` held at a time beyond what was there before.

    On the CPU every allocation of a tensor is seen by PyTorch's profiler, those of temporaries
    within an operation too; on a GPU its allocator keeps the count.
    """
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        call()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    with profiler.profile(use_cpu=True, profile_memory=True) as profile:
        call()
    assert profile.kineto_results is not None
    events: list[Any] = [e for e in profile.kineto_results.events() if e.name() == "[memory]"]
    events.sort(key=lambda event: event.start_ns())
    return int(max(accumulate((event.nbytes() for event in events), initial=0)))
