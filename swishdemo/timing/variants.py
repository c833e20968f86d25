"""Lists the implementations that can be timed: one record each, in one registry.

Nothing here imports PyTorch; a record names its builder, which does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TypeGuard

from swishdemo import host
from swishdemo.activations.record import formula_label, is_formula
from swishdemo.errors import unknown_choice
from swishdemo.hardware import missing_cuda
from swishdemo.text import Language, Sentence, say, text
from swishdemo.timing.host_card import missing_c_compiler, missing_compiler
from swishdemo.timing.measurement import LONGEST_NAME

BASELINES = ("relu", "gelu")
"""Variants that stand beside those of every activation."""

_BETA_ONE: Mapping[str, float] = MappingProxyType({"beta": 1.0})


@dataclass(frozen=True, slots=True)
class Variant:
    """One implementation of an activation.

    Attributes:
        name: Its name in requests and measurements.
        activation: Name of the activation whose definition it must reproduce.
        builder: ``"module:function"``, or empty where `swishdemo.timing.implementations` has it by
            the variant's name. The function takes a torch device and dtype, and before them what
            stands behind a second colon; it returns an `Implementation` of there.
        parameters: The activation's parameters at which it is timed.
        trainable: Those of them that receive a gradient.
        shade: Its place among the implementations of one activation: 0 has the activation's own
            colour, each further one is a step lighter; the fused ones, below 0, are darker.
        devices: Kinds of device that it can run on.
        dtypes: Types of elements that it is made for; None for all.
        by_default: Whether a request that names no variants includes it.
        compiled: Whether it is compiled when first called, which needs a compiler.
        built: Whether it is the C kernel, which is built at first use.
        labels: Language → its name for a reader, ``time.variant.<name>.label`` of the catalogue.
        notes: Language → one line on what it is, ``time.variant.<name>.note``.
    """

    name: str
    activation: str
    builder: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)
    trainable: tuple[str, ...] = ()
    shade: int = 0
    devices: tuple[str, ...] = ("cpu", "cuda")
    dtypes: tuple[str, ...] | None = None
    by_default: bool = True
    compiled: bool = False
    built: bool = False
    labels: Mapping[Language, str] = field(default_factory=dict)
    notes: Mapping[Language, str] = field(default_factory=dict)

    @property
    def is_trainable(self) -> bool:
        """Whether it has a parameter that training changes."""
        return bool(self.trainable)

    def label(self, language: Language = "en") -> str:
        """Its name for a reader."""
        if is_formula(self.name):
            return formula_label(self.name)
        return text(f"time.variant.{self.name}.label", language)

    def note(self, language: Language = "en") -> str:
        """One line on what it is."""
        if is_formula(self.name):
            return text("formula.variant_note", language)
        return text(f"time.variant.{self.name}.note", language)

    def unavailable_reason(self, device: str, dtype: str | None = None) -> Sentence | None:
        """Why it cannot run on ``device`` (``"cpu"`` or ``"cuda"``); None where it can.

        With a ``dtype``, why it cannot run on elements of that type.
        """
        if device not in self.devices:
            return Sentence("time.unavailable.not_on_device", device=device)
        if dtype is not None and self.dtypes is not None and dtype not in self.dtypes:
            dtypes = ", ".join(self.dtypes)
            return Sentence("time.unavailable.not_of_dtype", dtype=dtype, dtypes=dtypes)
        if device == "cuda" and (why := missing_cuda()):
            return why
        return self.missing_tools(device)

    @property
    def by_torch_compile(self) -> bool:
        """Whether it is ``torch.compile`` that compiles it, and not Triton alone."""
        return self.compiled and "cpu" in self.devices

    def missing_tools(self, device: str) -> Sentence | None:
        """Why it cannot be built or compiled for ``device``; None where it can, or need not be."""
        if self.built:
            return missing_c_compiler()
        if self.by_torch_compile and device == "cuda" and host.lends_gpu():
            return Sentence("time.unavailable.lent")
        return missing_compiler(device) if self.compiled else None

    def as_json(self, language: Language = "en") -> dict[str, object]:
        """What ``GET /api/variants`` says of it."""
        reasons = {device: self.unavailable_reason(device) for device in ("cpu", "cuda")}
        return {
            "name": self.name,
            "label": self.label(),
            "activation": self.activation,
            "trainable": self.is_trainable,
            "unavailable": {
                device: why.sentence(language) if why else None for device, why in reasons.items()
            },
        }


class Registry:
    """Variants by name, in the order in which they were added."""

    def __init__(self, records: Iterable[Variant] = ()) -> None:
        self._records: dict[str, Variant] = {}
        for record in records:
            self.add(record)

    def add(self, variant: Variant) -> None:
        """Add ``variant``.

        Raises:
            ValueError: Its name is taken.
        """
        if variant.name in self._records:
            raise ValueError(f"timing variant {variant.name!r} is registered twice")
        self._records[variant.name] = variant
        for part, sentences in (("label", variant.labels), ("note", variant.notes)):
            if sentences:
                say(f"time.variant.{variant.name}.{part}", sentences)

    def get(self, name: str) -> Variant:
        """The variant called ``name``; a typed formula, valid or not, is one by its name.

        Raises:
            UserError: There is none (404).
        """
        if is_formula(name):
            builder = f"swishdemo.timing.implementations:formula:{name}"
            return Variant(name, name, builder, by_default=False)
        if name not in self._records:
            raise unknown_choice("variants", name, self._records, 404)
        return self._records[name]

    def names(self) -> tuple[str, ...]:
        """All names."""
        return tuple(self._records)

    def knows(self, name: object) -> TypeGuard[str]:
        """Whether `get` has something of that name."""
        if is_formula(name):
            return len(name) <= LONGEST_NAME
        return isinstance(name, str) and name in self._records

    def all(self) -> tuple[Variant, ...]:
        """All variants."""
        return tuple(self._records.values())

    def activations(self) -> tuple[str, ...]:
        """The activations that have a variant."""
        return tuple(dict.fromkeys(variant.activation for variant in self._records.values()))

    def defaults(self, activation: str, device: str) -> tuple[str, ...]:
        """Names timed where a request names none: the activation's own and the baselines.

        Those that are not made for ``device`` (``"cpu"`` or ``"cuda"``) are left out.
        """
        own = (activation,) if is_formula(activation) else ()
        return own + tuple(
            variant.name
            for variant in self._records.values()
            if variant.name in BASELINES
            or (
                variant.activation == activation
                and variant.by_default
                and device in variant.devices
            )
        )


_swish = partial(Variant, activation="swish", parameters=_BETA_ONE)

REGISTRY = Registry(
    (
        _swish(
            "silu",
            labels={"en": "F.silu", "zh": "F.silu"},
            notes={"en": "PyTorch's fused kernel, β = 1", "zh": "PyTorch 自带的融合核，β = 1"},
        ),
        _swish(
            "swish_eager",
            shade=1,
            labels={"en": "x·σ(x)", "zh": "x·σ(x)"},
            notes={"en": "two eager operations, β = 1", "zh": "两个 eager 运算，β = 1"},
        ),
        _swish(
            "swish_module",
            shade=2,
            labels={"en": "Swish", "zh": "Swish"},
            notes={"en": "the article's module, β = 1", "zh": "文章中的模块，β = 1"},
        ),
        _swish(
            "memory_efficient",
            shade=3,
            labels={"en": "MemoryEfficientSwish", "zh": "MemoryEfficientSwish"},
            notes={
                "en": "the article's module that keeps x alone and computes σ again, β = 1",
                "zh": "文章中的模块：只保存 x，反向时重新计算 σ，β = 1",
            },
        ),
        _swish(
            "swish_fused_c",
            trainable=("beta",),
            shade=-2,
            devices=("cpu",),
            dtypes=("float32", "float64", "bfloat16"),
            built=True,
            labels={"en": "x·σ(βx), fused C", "zh": "x·σ(βx)，融合 C"},
            notes={
                "en": (
                    "trainable β, forward and backward one pass each of a C kernel that is built "
                    "here, with its autograd in C++ where there is a C++ compiler"
                ),
                "zh": (
                    "β 可训练，前向与反向各由一个在本机编译的 C 核单次遍历完成；"
                    "有 C++ 编译器时自动求导也用 C++"
                ),
            },
        ),
        _swish(
            "swish_triton",
            trainable=("beta",),
            shade=-1,
            devices=("cuda",),
            compiled=True,
            labels={"en": "x·σ(βx), Triton", "zh": "x·σ(βx)，Triton"},
            notes={
                "en": (
                    "trainable β, forward and backward one pass each of a Triton kernel on the GPU"
                ),
                "zh": "β 可训练，前向与反向各由一个 GPU 上的 Triton 核单次遍历完成",
            },
        ),
        _swish(
            "parametric_module",
            trainable=("beta",),
            shade=4,
            labels={"en": "ParametricSwish", "zh": "ParametricSwish"},
            notes={"en": "the article's module with a trainable β", "zh": "文章中 β 可训练的模块"},
        ),
        _swish(
            "parametric_tuned",
            trainable=("beta",),
            shade=5,
            labels={"en": "x·σ(βx), tuned", "zh": "x·σ(βx)，调优"},
            notes={
                "en": "trainable β with a backward of few eager operations",
                "zh": "β 可训练，反向只用少量 eager 运算",
            },
        ),
        _swish(
            "parametric_eager",
            trainable=("beta",),
            shade=6,
            labels={"en": "x·σ(βx)", "zh": "x·σ(βx)"},
            notes={
                "en": "trainable β, eager operations, their backward by autograd",
                "zh": "β 可训练，eager 运算，反向由 autograd 完成",
            },
        ),
        _swish(
            "parametric_compiled",
            trainable=("beta",),
            shade=7,
            by_default=False,
            compiled=True,
            labels={"en": "x·σ(βx), compiled", "zh": "x·σ(βx)，已编译"},
            notes={
                "en": "trainable β, by torch.compile; the compilation is reported apart",
                "zh": "β 可训练，经 torch.compile 编译；编译时间单独列出",
            },
        ),
        Variant(
            "relu",
            "relu",
            labels={"en": "F.relu", "zh": "F.relu"},
            notes={"en": "baseline", "zh": "基线"},
        ),
        Variant(
            "gelu",
            "gelu",
            labels={"en": "F.gelu", "zh": "F.gelu"},
            notes={"en": "baseline, exact form x·Φ(x)", "zh": "基线，精确形式 x·Φ(x)"},
        ),
        Variant(
            "gelu_tanh",
            "gelu_tanh",
            labels={"en": "F.gelu (tanh)", "zh": "F.gelu (tanh)"},
            notes={"en": "the tanh approximation of GELU", "zh": "GELU 的 tanh 近似"},
        ),
        Variant(
            "mish",
            "mish",
            labels={"en": "F.mish", "zh": "F.mish"},
            notes={"en": "x·tanh(softplus(x))", "zh": "x·tanh(softplus(x))"},
        ),
        Variant(
            "hardswish",
            "hardswish",
            labels={"en": "F.hardswish", "zh": "F.hardswish"},
            notes={"en": "piecewise approximation of Swish", "zh": "Swish 的分段近似"},
        ),
    )
)
"""Every variant of the application; adding an implementation is adding a record here."""
