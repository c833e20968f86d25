"""Starts the app as a Space that lends a GPU does: tests/zerogpu/space.py LIBRARY SECONDS.

A lease is worked in for so many seconds.

Where the lent GPU would be, the process of a lease finds the pretended CUDA device.
"""

from __future__ import annotations

import ctypes
import runpy
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def _is_in_bad_fork() -> bool:
    return False


def main(library: str, seconds: float) -> None:
    """Stub what a machine without a GPU lacks, and run the app."""
    sys.path[:0] = [str(TESTS.parent), str(TESTS)]
    ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)  # PyTorch asks for devices when it is loaded
    import torch

    torch.version.cuda = "12.8"  # there PyTorch is built with it
    torch._C._cuda_init = lambda: None
    _is_in_bad_fork.__module__ = "torch.cuda"  # it is pickled by its name
    torch.cuda._is_in_bad_fork = _is_in_bad_fork

    from swishdemo.ui import without_stubs

    with without_stubs():  # the package brings Gradio, which the app has before it
        import spaces.zero.torch as lent
    from pretended_cuda import card

    def init(uuid: str) -> None:
        """What the package does first in a lease's process."""
        assert uuid.startswith("GPU-")
        card.install()

    lent.init, lent.move = init, lambda callback=None: None

    from swishdemo.jobs import zerogpu

    zerogpu.SLICE_SECONDS = seconds
    runpy.run_path(str(TESTS.parent / "app.py"), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
