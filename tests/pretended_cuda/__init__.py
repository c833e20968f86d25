"""A CUDA device that is pretended on PyTorch's CPU build, in processes of their own.

- `device.cpp`: the device. Its memory is the processor's, its kernels are the CPU's; it refuses
  what a GPU refuses, counts what is launched, copied and waited for, and captures graphs.
- `card`: the names of `torch.cuda` over it, and what it has counted; for the functions that run.
- `serve`: the process, which has loaded all of it and forks for each function.

A test has the fixture ``pretended`` and hands it a function of its module, with arguments and a
result that can be pickled: ``pretended(losses, "beta-convergence")``. Times mean nothing there.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CPU_ALONE = (
    "the pretended device is for PyTorch's CPU build: "
    "pip install torch --index-url https://download.pytorch.org/whl/cpu"
)
NO_COMPILER = "the pretended device needs a C++ compiler: apt-get install g++ (or set CXX)"


class Pretended:
    """The process in which functions find the device.

    Args:
        library: The built device.
    """

    def __init__(self, library: Path) -> None:
        ours, theirs = socket.socketpair()
        paths = [str(HERE.parent), str(HERE.parents[1]), *filter(None, sys.path)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pretended_cuda.serve", str(library), str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                env=environment,
            )
        self._connection: Connection[Any, Any] = Connection(ours.detach())

    def __call__(self, function: Callable[..., Any], *given: Any) -> Any:
        """What ``function`` returns there; what it raises there fails the test."""
        self._connection.send((function.__module__, function.__qualname__, given))
        how, what = self._connection.recv()
        if how != "returned":
            pytest.fail(f"in the process with the pretended device:\n{what}", pytrace=False)
        return what

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.wait(10)


@pytest.fixture(scope="session")
def pretended_library(request: pytest.FixtureRequest) -> Path:
    """The built device."""
    import torch

    if torch.version.cuda or torch.version.hip:
        pytest.skip(CPU_ALONE)
    return built(Path(request.config.cache.mkdir("pretended_cuda")))  # type: ignore[union-attr]


def built(folder: Path) -> Path:
    """The device in ``folder``, built once, and again where it or PyTorch has changed."""
    import torch

    source = HERE / "device.cpp"
    told = source.read_bytes() + f"{torch.__version__} {sys.version}".encode()
    library = folder / f"device-{hashlib.sha256(told).hexdigest()[:16]}.so"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not library.exists():
            _build(source, library, Path(torch.__file__).parent)
    return library


def _build(source: Path, library: Path, torch: Path) -> None:
    compiler = shlex.split(os.environ.get("CXX") or shutil.which("c++") or "")
    if not compiler or not shutil.which(compiler[0]):
        pytest.fail(NO_COMPILER)
    written = library.with_suffix(".part")
    include = torch / "include"
    folders = [f"-I{include}", f"-I{include / 'torch' / 'csrc' / 'api' / 'include'}"]
    libraries = [f"-L{torch / 'lib'}", "-ltorch", "-ltorch_cpu", "-lc10"]
    done = subprocess.run(
        [
            # Headers of each operator by itself: all of them are a third of the time.
            *(*compiler, "-std=c++20", "-O1", "-DAT_PER_OPERATOR_HEADERS", "-shared", "-fPIC"),
            *(*folders, str(source), *libraries, f"-Wl,-rpath,{torch / 'lib'}", "-o", str(written)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"the pretended device cannot be built:\n{done.stderr[-4000:]}", pytrace=False)
    written.rename(library)


@pytest.fixture(scope="session")
def pretended(pretended_library: Path) -> Iterator[Pretended]:
    """Calls a function, in a process of its own that has a pretended CUDA device."""
    process = Pretended(pretended_library)
    yield process
    process.close()
