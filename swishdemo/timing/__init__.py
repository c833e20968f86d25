"""Measures what an activation costs here: every implementation is checked, then timed.

- `variants`: what can be timed; `implementations`: how it is built, and checked before.
- `request`, `presets`: what may be asked, and about how long it takes.
- `measuring`: the one function that answers; `workload`, `loop`: what is called, how it is clocked.
- `measurement`: figures, and how they compare; `elsewhere`: another host's, and published ones.
- `host_card`, `tables`: the machine and the figures in words and files.

What builds, checks and times loads PyTorch; what stands here does not.
"""

from swishdemo.timing.host_card import HostCard, host_summary
from swishdemo.timing.measurement import Measurement, Ratio, latest, ratio
from swishdemo.timing.request import TimingRequest
from swishdemo.timing.tables import caveats
from swishdemo.timing.variants import BASELINES, REGISTRY, Registry, Variant

__all__ = [
    "BASELINES",
    "REGISTRY",
    "HostCard",
    "Measurement",
    "Ratio",
    "Registry",
    "TimingRequest",
    "Variant",
    "caveats",
    "host_summary",
    "latest",
    "ratio",
]
