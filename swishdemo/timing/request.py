"""Reads what may be timed: the fields, their limits, and the strict reading of a request.

`remaining` tells what is left of one whose process has died, by an implementation or by the system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from swishdemo import hardware, host
from swishdemo.errors import UserError
from swishdemo.form import Form, declare
from swishdemo.settings import Settings
from swishdemo.text import Sentence
from swishdemo.timing.measurement import ALLOCATORS, CONTEXTS, ITEM_BYTES, MOVED, Measurement
from swishdemo.timing.variants import REGISTRY, Variant

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

MOST_FORMULAS = 4
"""How many variants of one request may be typed formulas."""

# x, its gradient, the copy's target and the temporaries of the greediest eager variant, measured
# at 9 tensors alive at once.
_TENSORS_ALIVE = 12


def _sizes(server: Settings) -> dict[str, int]:
    return {"high": server.max_elements}


class TimingRequest(Form):
    """What is timed, and how; a valid one is made by `parse`."""

    what = "error.what.timing"
    not_an_object = "time.error.not_an_object"

    activation: str = declare("swish", choices=REGISTRY.activations(), formulas=1)
    """The activation whose implementations are compared."""
    variants: tuple[str, ...] = declare(
        (),
        choices=REGISTRY.names(),
        shortest=1,
        longest=len(REGISTRY.names()) + MOST_FORMULAS,
        formulas=MOST_FORMULAS,
    )
    """Names in the order in which they are measured; left out, those of the activation."""
    elements: tuple[int, ...] = declare(
        (2**20,), low=1, unit="elements", shortest=1, longest=19, repeats=True, here=_sizes
    )
    """Sizes: elements of the tensor that the activation is applied to."""
    shape: tuple[int, ...] | None = declare(
        None, low=1, shortest=1, longest=6, repeats=True, here=_sizes
    )
    """Of the one tensor, in context ``kernel``; it gives ``elements``. None for vectors."""
    dtype: str = declare("float32", choices=tuple(ITEM_BYTES))
    """Of the tensors and parameters."""
    passes: str = declare("both", choices=tuple(MOVED), name="pass")
    """``forward`` (as in training: the graph is recorded), ``backward`` (alone) or ``both``."""
    device: str = declare(
        "auto", choices=("auto", "cpu", "cuda"), here=lambda server: {"default": server.device}
    )
    """``auto``: a GPU where there is one. A valid request names the device that it is."""
    threads: int = declare(1, low=1, unit="threads", here=lambda _: {"high": host.usable_cores()})
    """CPU threads of one operation."""
    context: str = declare("kernel", choices=CONTEXTS)
    """``kernel``: the activation alone; ``layer``: linear 512 → 512 and the activation; ``step``: a
    training step (both: with the loss and SGD's update)."""
    network: str = declare("mlp", choices=tuple(STEP_ELEMENTS))
    """The network of context ``step``."""
    amp: bool = declare(False)
    """Whether the forward runs under autocast to bfloat16 (contexts layer and step)."""
    allocator: str = declare("tuned", choices=ALLOCATORS)
    """The process that measures must have been started so."""
    budget_seconds: float = declare(0.35, low=0.05, high=30, unit="seconds")
    """Time for the blocks of one variant at one size, at most."""

    @classmethod
    def parse(cls, given: object, limits: Settings) -> TimingRequest:
        """Read a request; a field that is left out takes its default.

        Args:
            given: The request's JSON, of any type.
            limits: The server's settings.

        Raises:
            UserError: A field is unknown, of the wrong type, out of range, not to be had on this
                host, or asks for more memory than is free.
        """
        if isinstance(given, Mapping) and given.get("variants", ()) is None:
            given = {name: value for name, value in given.items() if name != "variants"}
        request = cls.read(given, limits)
        if request.shape is not None and isinstance(given, Mapping) and "elements" in given:
            request._check_elements(request.shape)
        return request._resolved(limits)._checked(limits)

    @classmethod
    def stored(cls, record: Mapping[str, Any]) -> TimingRequest:
        """Read a request that was stored, perhaps by another version. Limits are not asked.

        Variants that this version does not know are left out.

        Raises:
            UserError: A value is of another type, or names what this version does not know; or it
                knows none of the variants.
            ValueError: No activation is told, or no size.
        """
        variants = [each for each in record["variants"] if REGISTRY.knows(each)]
        activation = record["activation"]
        if not isinstance(activation, str) or "elements" not in record:
            raise ValueError("it does not say what was timed")
        kept = {name: value for name, value in record.items() if name != "activation"}
        return cls.restored(kept | {"variants": variants}).replace(activation=activation)

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

    def _resolved(self, limits: Settings) -> TimingRequest:
        device = hardware.device_of(self.device, limits)
        variants = self.variants or REGISTRY.defaults(self.activation, device)
        elements = self.elements
        if self.context == "layer":  # whole rows of the linear layer
            elements = tuple(-(-n // LAYER_WIDTH) * LAYER_WIDTH for n in elements)
        elif self.context == "step":
            elements = (STEP_ELEMENTS[self.network],)
        elif self.shape is not None:
            elements = (prod(self.shape),)
        return self.replace(
            variants=variants, elements=tuple(dict.fromkeys(elements)), device=device
        )

    def _checked(self, limits: Settings) -> TimingRequest:
        if self.shape is not None:
            self._check_shape(limits)
        if limits.device not in ("auto", self.device):
            only = Sentence("time.unavailable.setting", device=limits.device)
            _refuse_device(self.device, only)
        if self.device == "cuda" and (why := hardware.missing_cuda()):
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


def _refuse_device(device: str, why: Sentence) -> None:
    raise UserError("time.error.device", field="device", value=device, why=why)


_ENDED = {"jobs.worker_killed_memory": "killed", "jobs.gpu_failed": "gpu_failed"}


def remaining(
    request: TimingRequest, measured: Sequence[Measurement], why: str
) -> tuple[tuple[Measurement, ...], TimingRequest] | None:
    """The measurements that are lost, and a request for the others; None where nothing is left.

    Where the process ended while a variant was being prepared, that variant is left out of this
    and of all further sizes. Where it ended among the blocks of all, none can be blamed: that size
    keeps the figures that it has, and the next ones are measured.

    Args:
        request: What the process was asked for.
        measured: What it told, of each variant and size the latest.
        why: How the process ended, as a key of the catalogue.
    """
    for place, elements in enumerate(request.elements):
        here = {m.variant: m for m in measured if m.elements == elements}
        missing = [name for name in request.variants if name not in here]
        if not missing and all(m.final for m in here.values()):
            continue
        if not missing:
            later = request.elements[place + 1 :]
            return ((), request.replace(elements=later)) if later else None
        culprit = REGISTRY.get(missing[0])
        reason = Sentence(f"time.unavailable.{_ENDED.get(why, 'died')}")
        sizes = request.elements[place:]
        lost = tuple(replace(request.blank(culprit, size), unavailable=reason) for size in sizes)
        others = tuple(name for name in request.variants if name != culprit.name)
        return (lost, request.replace(elements=sizes, variants=others)) if others else None
    return None
