"""Published figures are well-formed, plausible for their machines, and have an address."""

import math

from swishdemo import activations
from swishdemo.timing.elsewhere import SHAPE, all_cited

# Memory bandwidth by the makers' data sheets, bytes a second.
PEAK = {"V100": 900e9, "P100": 732e9, "RTX 2070": 448e9, "Xeon": 128e9}


def test_every_figure_has_a_source_and_no_figure_stands_twice():
    figures = all_cited()
    keys = [(f.activation, f.implementation, f.device, f.dtype) for f in figures]
    assert len(keys) == len(set(keys))
    assert {f.activation for f in figures} <= set(activations.names())
    for figure in figures:
        assert figure.url.startswith("https://") and 2017 <= figure.year <= 2026


def test_no_figure_beats_its_machine_s_memory():
    """The forward moves two tensors, the backward three: a slipped digit would show here."""
    for figure in all_cited():
        if figure.clock != "events":
            continue
        [peak] = [speed for name, speed in PEAK.items() if name in figure.device]
        tensor = math.prod(SHAPE) * (2 if figure.dtype == "float16" else 4)
        for tensors, seconds in ((2, figure.forward), (3, figure.backward)):
            assert 0.03 < tensors * tensor / seconds / peak < 1.0


def test_each_machine_has_relu_to_compare_with():
    groups = {(f.device, f.dtype) for f in all_cited()}
    relu = {(f.device, f.dtype) for f in all_cited() if f.activation == "relu"}
    assert groups == relu and len(groups) >= 5
