"""On what a run was computed: kept with it, because its figures depend on it."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata
from typing import Any

import swishdemo
from swishdemo import hardware


@cache
def host() -> dict[str, Any]:
    """The machine and the versions of what computes, found without importing any of it.

    What a timing tells too has the same name here (`swishdemo.timing.host.HostCard`).
    """
    return {
        "cpu": hardware.cpu_model(),
        "cores": hardware.usable_cores(),
        "memory_bytes": hardware.memory_bytes(),
        "gpu": hardware.gpu_model(),
        "system": f"{platform.system()} {platform.release()}",
        "torch": hardware.torch_version(),
        "python": platform.python_version(),
        "versions": {
            "swishdemo": swishdemo.__version__,
            "python": platform.python_version(),
            **{name: _version(name) for name in ("torch", "numpy", "scikit-learn")},
        },
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
