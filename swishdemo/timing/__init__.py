"""What an activation costs here: every implementation, checked and timed by one function.

`variants` holds the implementations, `request` what may be asked, `measuring.measure` answers,
`measurement` compares, `host` describes the machine, `caveats` says what to mind. All but `gate`,
`implementation`, `builders`, `workload` and `measuring` are free of PyTorch, and what stands here
is too.
"""

from swishdemo.text import Sentence
from swishdemo.timing.caveats import caveats
from swishdemo.timing.host_card import HostCard, host_summary
from swishdemo.timing.measurement import Measurement, latest
from swishdemo.timing.ratio import Ratio, ratio
from swishdemo.timing.request import TimingRequest, fields
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
    "fields",
    "host_summary",
    "latest",
    "ratio",
]
