"""Programs in processes of their own that find PyTorch loaded: to load it takes them two seconds.

They are forked from a process that has loaded it and nothing of this project.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import runpy
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["torch"])


class Program:
    """A program that runs; what is asked of it is what `subprocess.Popen` tells of one.

    Args:
        arguments: Python's: ``-c`` and code, or ``-m`` and a module, and what they are given.
        cwd: The folder that it runs in, and imports from.
        env: Its environment.
    """

    def __init__(self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._files = [Path(self._folder.name) / name for name in ("out", "err")]
        self._process = _CONTEXT.Process(
            target=_run, args=(list(arguments), cwd, dict(env), self._files)
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int | None:
        """Wait until it has ended; how it did."""
        self._process.join(timeout)
        if self.returncode is None:
            raise TimeoutError
        return self.returncode

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Wait until it has ended; what it printed, and what it said of errors."""
        self.wait(timeout)
        out, err = (file.read_text() for file in self._files)
        return out, err


def _run(arguments: list[str], cwd: Path, env: dict[str, str], files: list[Path]) -> None:
    for number, path in enumerate(files, 1):
        with path.open("w") as file:
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.path.insert(0, str(cwd))
    os._exit(_status(arguments))


def _status(arguments: list[str]) -> int:
    how, what, *given = arguments
    sys.argv = [how, *given]
    try:
        if how == "-m":
            runpy.run_module(what, run_name="__main__", alter_sys=True)
        else:
            exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    streams: tuple[TextIO, ...] = (sys.stdout, sys.stderr)
    for stream in streams:
        stream.flush()
    return status
