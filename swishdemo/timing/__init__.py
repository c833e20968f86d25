"""Measures what an activation costs here: every implementation is checked, then timed.

- `variants`: what can be timed; `implementations`: how it is built; `networks`: for whole steps.
- `request`, `presets`, `estimate`: what may be asked, and about how long it takes.
- `measuring`: the one function that answers; `correctness`: the check before; `workload`, `loop`:
  what is called and how it is clocked; `resume`: what is left after a process has died.
- `measurement`, `ratio`: figures, and how they compare; `caveats`: what to mind.
- `host_card`, `quantities`, `tables`, `export`: the machine and the figures in words and files.
- `imported`, `cited`: another host's figures, and published ones.

What builds, checks and times loads PyTorch; what stands here does not.
"""

from swishdemo.text import Sentence
from swishdemo.timing.caveats import caveats
from swishdemo.timing.host_card import HostCard, host_summary
from swishdemo.timing.measurement import Measurement, latest
from swishdemo.timing.ratio import Ratio, ratio
from swishdemo.timing.request import TimingRequest
from swishdemo.timing.variants import BASELINES, REGISTRY, Registry, Variant

__all__ = [
    "BASELINES",
    "REGISTRY",
    "HostCard",
    "Measurement",
    "Ratio",
    "Registry",
    "Sentence",
    "TimingRequest",
    "Variant",
    "caveats",
    "host_summary",
    "latest",
    "ratio",
]
