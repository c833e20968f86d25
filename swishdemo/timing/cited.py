"""Figures that others have published for a tensor of 16 × 10 × 256 × 256, beside one's own.

They were taken on other machines, with other releases of PyTorch and by another procedure: the mean
of 100 calls, each between two CUDA events, the backward alone. So they are cited, never mixed with
what is measured here. Each was read in its source, and the shape in the script that made it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SHAPE = (16, 10, 256, 256)
"""Of the tensor in all of them."""


@dataclass(frozen=True, slots=True)
class CitedSource:
    """Where figures were published.

    Attributes:
        title: What it is.
        url: Its address, at the version that was read.
        year: Of the figures.
        clock: ``events``: CUDA events; ``processor``: processor time of all threads.
    """

    title: str
    url: str
    year: int
    clock: str = "events"


@dataclass(frozen=True, slots=True)
class Cited:
    """One published figure.

    Attributes:
        activation: Name of the activation.
        implementation: Which code computed it, as the source names it.
        device: The machine.
        dtype: Of the tensor.
        passes: ``forward`` or ``backward`` (alone).
        seconds: Mean of 100 calls.
        source: Where it stands.
    """

    activation: str
    implementation: str
    device: str
    dtype: str
    passes: str
    seconds: float
    source: CitedSource


_POSTS = (
    "https://github.com/warner-benjamin/code_for_blog_posts/blob/"
    "aeeb7f4d6ec1c7a5314121a5e0b65568a386538c/2021/benchmarking_mish/Native_Mish_Benchmark_{}.ipynb"
)
_WARNER = "B. Warner, Benchmarking PyTorch's Native Mish"
_V100 = CitedSource(_WARNER, _POSTS.format("V100"), 2021)
_P100 = CitedSource(_WARNER, _POSTS.format("P100"), 2021)
_SKYLAKE = CitedSource(_WARNER, _POSTS.format("CPU"), 2021, clock="processor")
_BRANDON = CitedSource(
    "T. Brandon, mish-cuda",
    "https://github.com/thomasbrandon/mish-cuda/blob/"
    "25412ed711cb73e482b65089ec997a27ccd8a255/README.md",
    2019,
)
# A third source, hytana's README for an RTX 2070 SUPER, is left out: its backward means have a
# deviation of more than half their size. For an H100 no published figure of this tensor was found.

# (source, device, dtype) -> activation -> implementation, forward and backward in microseconds.
_MICROSECONDS: Mapping[
    tuple[CitedSource, str, str], Mapping[str, tuple[tuple[str, float, float], ...]]
] = {
    (_V100, "Tesla V100-SXM2", "float32"): {
        "relu": (("F.relu", 132.7, 235.3),),
        "swish": (("F.silu", 127.4, 217.9), ("fastai, TorchScript", 305.7, 974.2)),
        "mish": (("F.mish", 128.3, 220.5),),
    },
    (_V100, "Tesla V100-SXM2", "float16"): {
        "relu": (("F.relu", 100.4, 179.6),),
        "swish": (("F.silu", 86.78, 158.8), ("fastai, TorchScript", 114.3, 249.7)),
        "mish": (("F.mish", 84.57, 168.2),),
    },
    (_P100, "Tesla P100-PCIE", "float32"): {
        "relu": (("F.relu", 189.9, 468.4),),
        "swish": (("F.silu", 181.3, 447.2), ("fastai, TorchScript", 433.0, 1574.0)),
        "mish": (("F.mish", 208.9, 497.6),),
    },
    (_BRANDON, "GeForce RTX 2070", "float32"): {
        "relu": (("F.relu", 234.2, 419.3),),
        "mish": (("mish-cuda", 282.9, 496.3), ("eager", 797.4, 1689.0)),
    },
    (_SKYLAKE, "Xeon 2.00 GHz (Skylake)", "float32"): {
        "relu": (("F.relu", 9791.0, 26250.0),),
        "swish": (("F.silu", 13830.0, 30660.0), ("fastai, TorchScript", 27550.0, 95210.0)),
        "mish": (("F.mish", 113900.0, 142700.0),),
    },
}


def all_cited() -> tuple[Cited, ...]:
    """Every cited figure, those of one machine and dtype together."""
    return tuple(
        Cited(activation, implementation, device, dtype, passes, microseconds * 1e-6, source)
        for (source, device, dtype), activations in _MICROSECONDS.items()
        for activation, implementations in activations.items()
        for implementation, forward, backward in implementations
        for passes, microseconds in (("forward", forward), ("backward", backward))
    )
