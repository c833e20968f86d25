"""What may be timed: the fields, their limits, and the strict reading of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from math import prod
from typing import Any

from swishdemo import host
from swishdemo.errors import UserError
from swishdemo.fields import Field, short
from swishdemo.settings import Settings
from swishdemo.text import Sentence
from swishdemo.timing.host_card import missing_cuda
from swishdemo.timing.measurement import ITEM_BYTES, Measurement
from swishdemo.timing.variants import REGISTRY, Registry, Variant

LAYER_WIDTH = 512
"""Outputs, and inputs, of the linear layer in context ``layer``."""

STEP_BATCH = 128
"""Samples of the training step in context ``step``."""

SEQUENCES, SEQUENCE_LENGTH, TRANSFORMER_WIDTH = 8, 64, 128
"""The transformer block's batch, the tokens of a sequence, and the width; 4 heads, and a
feed-forward part of four times the width."""

STEP_ELEMENTS: Mapping[str, int] = {
    "mlp": STEP_BATCH * (512 + 512),
    "mlp_small": STEP_BATCH * (64 + 64),
    "cnn": STEP_BATCH * (8 * 4 * 4 + 16 * 2 * 2),
    "transformer": SEQUENCES * SEQUENCE_LENGTH * 4 * TRANSFORMER_WIDTH,
}
"""Networks of context ``step`` and the elements that their activations see in one step:
MLP 784-512-512-10, MLP 64-64-64-10, the CNN 8-16 on 8×8 digits, and a transformer block."""

ALLOCATORS = ("tuned", "plain")
"""Whether the C library keeps large blocks in the process, or has its own settings."""

MOST_FORMULAS = 4
"""How many variants of one request may be typed formulas."""

# x, its gradient, the copy's target and the temporaries of the greediest eager variant, measured
# at 9 tensors alive at once.
_TENSORS_ALIVE = 12


@dataclass(frozen=True, slots=True)
class TimingRequest:
    """A valid request; made by `parse`.

    Attributes:
        activation: The activation whose implementations are compared.
        variants: Names of the variants, in the order in which they are measured.
        elements: Sizes: elements of the tensor that the activation is applied to.
        shape: Of the one tensor, in context ``kernel``; it gives ``elements``. None for vectors.
        dtype: Of the tensors and parameters.
        passes: ``forward`` (as in training: the graph is recorded), ``backward`` (alone) or
            ``both``; ``pass`` in JSON.
        device: ``cpu`` or ``cuda``.
        threads: CPU threads of one operation.
        context: ``kernel``: the activation alone; ``layer``: linear 512 → 512 and the activation;
            ``step``: a training step (both: with the loss and SGD's update).
        network: The network of context ``step``.
        amp: Whether the forward runs under autocast to bfloat16 (contexts layer and step).
        allocator: One of `ALLOCATORS`; the process that measures must have been started so.
        budget_seconds: Time for the blocks of one variant at one size, at most.
    """

    activation: str
    variants: tuple[str, ...]
    elements: tuple[int, ...]
    shape: tuple[int, ...] | None = None
    dtype: str = "float32"
    passes: str = "both"
    device: str = "cpu"
    threads: int = 1
    context: str = "kernel"
    network: str = "mlp"
    amp: bool = False
    allocator: str = "tuned"
    budget_seconds: float = 0.35

    @classmethod
    def parse(
        cls, mapping: object, limits: Settings, *, registry: Registry = REGISTRY
    ) -> TimingRequest:
        """Read a request; a field that is left out takes its default.

        Args:
            mapping: The request's JSON, of any type.
            limits: The server's settings.
            registry: The variants that may be named.

        Raises:
            UserError: A field is unknown, of the wrong type, out of range, not to be had on this
                host, or asks for more memory than is free.
        """
        known = {field.name: field for field in fields(limits, registry)}
        if not isinstance(mapping, Mapping):
            raise UserError("time.error.not_an_object", choices=tuple(known))
        for name in mapping:
            if name not in known:
                raise UserError(
                    "error.unknown_field",
                    field=short(name),
                    value=short(name),
                    name=Sentence("error.what.timing"),
                    choices=tuple(known),
                )
        values = {
            name: field.read(mapping[name]) if name in mapping else field.default
            for name, field in known.items()
        }
        request = cls(passes=values.pop("pass"), **values)
        if "elements" in mapping and request.shape is not None:
            request._check_elements(request.shape)
        return request._resolved(limits, registry)._checked(limits)

    def as_json(self) -> dict[str, object]:
        """The request as `parse` reads it."""
        record = asdict(self)
        record["pass"] = record.pop("passes")
        return {name: list(v) if isinstance(v, tuple) else v for name, v in record.items()}

    def blank(self, variant: Variant, elements: int) -> Measurement:
        """The measurement of a variant at one size that nothing is known of yet."""
        return Measurement(
            variant=variant.name,
            activation=variant.activation,
            elements=elements,
            dtype=self.dtype,
            passes=self.passes,
            device=self.device,
            threads=self.threads,
            context=self.context,
            network=self.network if self.context == "step" else None,
            amp=self.amp,
            allocator=self.allocator,
        )

    def _resolved(self, limits: Settings, registry: Registry) -> TimingRequest:
        device = self.device
        if device == "auto":
            device = limits.device
        if device == "auto":
            device = "cpu" if missing_cuda() else "cuda"
        variants = self.variants or registry.defaults(self.activation, device)
        elements = self.elements
        if self.context == "layer":  # whole rows of the linear layer
            elements = tuple(-(-n // LAYER_WIDTH) * LAYER_WIDTH for n in elements)
        elif self.context == "step":
            elements = (STEP_ELEMENTS[self.network],)
        elif self.shape is not None:
            elements = (prod(self.shape),)
        return replace(self, variants=variants, elements=_once(elements), device=device)

    def _checked(self, limits: Settings) -> TimingRequest:
        if self.shape is not None:
            self._check_shape(limits)
        if limits.device not in ("auto", self.device):
            only = Sentence("time.unavailable.setting", device=limits.device)
            _refuse_device(self.device, only)
        if self.device == "cuda" and (why := missing_cuda()):
            _refuse_device(self.device, why)
        if self.amp and self.context == "kernel":
            raise UserError("time.error.amp_kernel", field="amp")
        if self.amp and self.dtype != "float32":
            raise UserError("time.error.amp_dtype", field="amp", value=self.dtype)
        if self.device == "cpu":  # a GPU's memory is asked by the worker, which has PyTorch
            self._check_memory()
        return self

    def _check_shape(self, limits: Settings) -> None:
        assert self.shape is not None
        if self.context != "kernel":
            raise UserError("time.error.shape_context", field="shape")
        if prod(self.shape) > limits.max_elements:
            raise UserError(
                "time.error.shape",
                field="shape",
                shape=" × ".join(map(str, self.shape)),
                elements=prod(self.shape),
                limit=limits.max_elements,
            )

    def _check_elements(self, shape: tuple[int, ...]) -> None:
        if self.elements != (prod(shape),):
            raise UserError(
                "time.error.shape_elements",
                field="shape",
                shape=" × ".join(map(str, shape)),
                elements=prod(shape),
            )

    def _check_memory(self) -> None:
        available = host.available_memory_bytes()
        largest = max(self.elements)
        needed = largest * ITEM_BYTES[self.dtype] * _TENSORS_ALIVE
        if available is not None and needed > available:
            raise UserError(
                "time.error.memory",
                field="elements",
                elements=largest,
                dtype=self.dtype,
                needed=f"{needed / 1e9:.3g}",
                available=f"{available / 1e9:.3g}",
            )


def stored(record: Mapping[str, Any], registry: Registry = REGISTRY) -> dict[str, Any]:
    """The JSON of a request that was stored, perhaps by another version, with today's fields.

    A field that is newer takes its default, one that is gone is left out, as are variants that
    this version does not know. Limits are not asked.

    Raises:
        UserError: A value is of another type, or names what this version does not know.
        ValueError: No variant is known, or no size is told.
    """
    kept = {**record, "variants": [each for each in record["variants"] if registry.knows(each)]}
    values = {
        name: field.stored(kept[name])
        for name, field in _stored_fields(registry).items()
        if name in kept and name != "activation"
    }
    activation = record["activation"]
    if not isinstance(activation, str) or not values["variants"] or "elements" not in values:
        raise ValueError("it does not say what was timed")
    return TimingRequest(activation, passes=values.pop("pass", "both"), **values).as_json()


@cache
def _stored_fields(registry: Registry) -> dict[str, Field]:
    return {field.name: field for field in fields(Settings(), registry)}


def fields(limits: Settings, registry: Registry = REGISTRY) -> tuple[Field, ...]:
    """All fields of a request, with the limits of this server and this host."""
    names = registry.names()
    formula_seconds = limits.formula_seconds
    most = limits.max_elements
    return (
        Field(
            "activation",
            "choice",
            "swish",
            choices=registry.activations(),
            formulas=1,
            formula_seconds=formula_seconds,
        ),
        Field(
            "variants",
            "choices",
            None,
            choices=names,
            shortest=1,
            longest=len(names) + MOST_FORMULAS,
            formulas=MOST_FORMULAS,
            formula_seconds=formula_seconds,
        ),
        Field(
            "elements",
            "integers",
            (min(2**20, most),),
            low=1,
            high=most,
            unit="elements",
            shortest=1,
            longest=19,
        ),
        Field("shape", "integers", None, low=1, high=most, shortest=1, longest=6),
        Field("dtype", "choice", "float32", choices=tuple(ITEM_BYTES)),
        Field("pass", "choice", "both", choices=("forward", "backward", "both")),
        Field(
            "device",
            "choice",
            "cpu" if limits.device == "auto" else limits.device,
            choices=("cpu", "cuda", "auto"),
        ),
        Field("threads", "integer", 1, low=1, high=host.usable_cores(), unit="threads"),
        Field("context", "choice", "kernel", choices=("kernel", "layer", "step")),
        Field("network", "choice", "mlp", choices=tuple(STEP_ELEMENTS)),
        Field("amp", "flag", False),
        Field("allocator", "choice", "tuned", choices=ALLOCATORS),
        Field("budget_seconds", "number", 0.35, low=0.05, high=30, unit="seconds"),
    )


def _once(entries: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(entries))


def _refuse_device(device: str, why: Sentence) -> None:
    raise UserError("time.error.device", field="device", value=device, why=why)
