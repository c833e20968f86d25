"""Loads the pretended device, and forks for each function that is to be called with it.

python -m pretended_cuda.serve LIBRARY FD
"""

from __future__ import annotations

import ctypes
import os
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

HEAVY = ("torch.", "sympy", "mpmath", "sklearn", "scipy", "numpy")
"""Packages whose parts take long to load, and do no more than that."""


def main(library: str, descriptor: int) -> None:
    """Serve until the other end of the socket is closed."""
    ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)  # PyTorch asks for devices when it is loaded
    import torch

    from pretended_cuda import card

    torch.set_num_threads(1)
    card.install()
    _warm_up()
    connection: Connection[Any, Any] = Connection(descriptor)
    while True:
        try:
            called = connection.recv()
        except EOFError:
            return
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            _answer(connection, writer, *called)
        os.close(writer)
        with open(reader, encoding="utf-8") as told:
            _load(told.read().split())
        _, status = os.waitpid(child, 0)
        if status:
            connection.send(("died", f"the process ended with status {status}"))


def _warm_up() -> None:
    """Have loaded what runs load, once for all forks."""
    from swishdemo.training.config import TrainingConfig
    from swishdemo.training.run import train

    for _ in train(TrainingConfig(steps=1, seeds=1, device="cpu")):
        pass


def _load(names: list[str]) -> None:
    """Load what a fork had to load, so that the next one finds it."""
    for name in names:
        with suppress(Exception):
            import_module(name)


def _answer(
    connection: Connection[Any, Any], writer: int, module: str, name: str, given: tuple[Any, ...]
) -> None:
    before = set(sys.modules)
    try:
        found = getattr(import_module(module), name)(*given)
        connection.send(("returned", found))
    except BaseException:
        connection.send(("raised", traceback.format_exc()))
    sys.stdout.flush()
    news = [each for each in sys.modules if each not in before and each.startswith(HEAVY)]
    os.write(writer, "\n".join(news).encode())
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
