"""A run as one short script of PyTorch, which repeats it without this project.

Only what the run uses is written: what is off is not there.

- `data`: the samples and their split.
- `activation`: modules of the activations, their parameters as the run learns them.
- `network`: the layers, and their initial weights.
- `learning`: objective, optimiser, steps, and the final figures.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from typing import Any

from swishdemo.training.config import TrainingConfig
from swishdemo.training.recipes import nearest
from swishdemo.training.script import activation, data, learning, network

_IMPORTS = {
    **{name: f"import {name}" for name in ("csv", "hashlib", "io", "json", "math", "re", "sys")},
    "np": "import numpy as np",
    "torch": "import torch",
    "F": "import torch.nn.functional as F",
    "hf_hub_download": "from huggingface_hub import hf_hub_download",
    "Image": "from PIL import Image",
    "parquet": "from pyarrow import parquet",
    **{f"load_{name}": f"from sklearn.datasets import load_{name}" for name in ("digits",)},
    **{
        f"make_{name}": f"from sklearn.datasets import make_{name}"
        for name in ("blobs", "circles", "moons")
    },
    "nn": "from torch import nn",
    "parametrize": "from torch.nn.utils import parametrize",
}
_STANDARD = 7
"""How many of them are of Python itself."""


def script(record: Mapping[str, Any], last: Mapping[str, Any]) -> str:
    """The script. Loads SymPy, and not torch.

    Args:
        record: The run's config as JSON.
        last: Its last report as JSON, empty where there is none: it tells the device, and where
            a stop condition has ended the run.
    """
    config = TrainingConfig.of_json(record)
    ended = last.get("ended")
    steps = config.steps if ended in (None, "steps") else int(last["step"])
    device = "cuda" if last.get("device") == "cuda" else "cpu"
    compared = bool(ended) and last["step"] == steps
    written = activation.write(config)
    sections = [
        _start(config, device),
        data.write(config),
        *written.definitions,
        *network.write(config, device),
        *learning.write(config, written, steps),
        *([learning.compare(last["test_loss"])] if compared else []),
    ]
    body = "\n\n".join(section.strip("\n") + "\n" for section in sections)
    return f"{_head(config, steps, ended, compared)}\n{_imports(body)}\n{body}"


def _head(config: TrainingConfig, steps: int, ended: str | None, compared: bool) -> str:
    needed = ["torch", "numpy"]
    if config.dataset in ("digits", "moons", "circles", "gaussians"):
        needed.append("scikit-learn")
    needed += data.NEEDED if config.described().kind == "image" and not needed[2:] else []
    argument = " TABLE.csv" if config.csv else ""
    lines = [
        "A training run of Swish Lab, repeated by PyTorch alone.",
        "",
        f"    pip install {' '.join(needed)}",
        f"    python FILE{argument}",
        "",
        "It trains one network after the other, and prints the final figures of each as a line of",
        "JSON. Data, initial weights, batches and formulas are the run's; but sums are taken in",
        "another order, so the last bit is rounded differently, and training may amplify that as",
        "it does any change.",
        "",
        *_off(config),
    ]
    if compared:
        lines += ["At the end it says how far its own networks are from those of the run."]
    if steps < config.steps:
        lines += ["", f"The run was to have {config.steps} steps; {_ENDED[str(ended)]}."]
    return '"""' + "\n".join(lines) + '\n"""\n'


_MEASURED = {
    "beta-convergence": (
        "β convergence",
        "of 48 networks 47 had the run's test loss to 0.01 %, and one was 7 % off",
    ),
    "depth-50": (
        "50 layers",
        "of 9 networks none had the run's test loss to 0.1 %, and they were up to 44 % off",
    ),
}
"""Of recipes, how far scripts were from their runs on one CPU."""


def _off(config: TrainingConfig) -> list[str]:
    """How far scripts were found to be from their runs: of this one if it was measured."""
    recipe, differing = nearest(config.as_json())
    if not differing and recipe.name in _MEASURED:
        name, found = _MEASURED[recipe.name]
        return textwrap.wrap(f"Measured for this recipe, {name}, on a CPU: {found}.", 91)
    others = " ".join(f"{name}: {found}." for name, found in _MEASURED.values())
    start = "How far that leads was not measured for this run. For two recipes it was, on a CPU."
    return textwrap.wrap(f"{start} {others}", 91)


_ENDED = {
    "max_seconds": "its time was over at the last one here",
    "target_accuracy": "it ended because its test accuracy was reached",
    "converged": "it ended because all β had met",
}


def _start(config: TrainingConfig, device: str) -> str:
    lines = ["torch.set_num_threads(1)  # small networks are fastest so"]
    if device == "cuda":
        lines.append('torch.set_default_device("cuda")')
    return "\n".join([*lines, f"SEED = {config.seed}"])


def _imports(body: str) -> str:
    bare = re.sub(r'"""[\s\S]*?"""|#.*', "", body)
    used = [
        line for name, line in _IMPORTS.items() if re.search(rf"(?<![\w.\"']){name}(?=[.(])", bare)
    ]
    standard = [line for line in list(_IMPORTS.values())[:_STANDARD] if line in used]
    others = [line for line in used if line not in standard]
    return "\n".join([*standard, *([""] if standard else []), *others]) + "\n"
