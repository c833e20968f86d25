"""What may be timed: the fields, their limits, and the strict reading of a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from swishdemo.activations.registry import is_formula
from swishdemo.activations.workshop import checked_name
from swishdemo.errors import UserError
from swishdemo.settings import Settings
from swishdemo.timing import hardware
from swishdemo.timing.host import missing_cuda
from swishdemo.timing.measurement import ITEM_BYTES
from swishdemo.timing.reason import Reason
from swishdemo.timing.variants import REGISTRY, Registry

LAYER_WIDTH = 512
"""Outputs, and inputs, of the linear layer in context ``layer``."""

STEP_BATCH = 128
"""Samples of the training step in context ``step``."""

STEP_ELEMENTS: Mapping[str, int] = {
    "mlp": STEP_BATCH * (512 + 512),
    "mlp_small": STEP_BATCH * (64 + 64),
    "cnn": STEP_BATCH * (8 * 4 * 4 + 16 * 2 * 2),
}
"""Networks of context ``step`` and the elements that their activations see in one step:
MLP 784-512-512-10, MLP 64-64-64-10, and the CNN 8-16 on 8×8 digits."""

MOST_FORMULAS = 4
"""How many variants of one request may be typed formulas."""

# x, its gradient, the copy's target and the temporaries of the greediest eager variant, measured
# at 9 tensors alive at once.
_TENSORS_ALIVE = 12


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a request: the page draws it, REST documents it, `TimingRequest.parse` reads it.

    Attributes:
        name: Its name in JSON.
        default: Its value where it is left out.
        kind: ``choice``, ``choices``, ``integer``, ``integers`` or ``flag``.
        choices: Allowed names, for the two kinds of choice.
        low: The smallest allowed whole number.
        high: The largest.
        longest: Entries that a list may have.
        formulas: How many names may be typed formulas, such as ``=x*sigmoid(2*x)``.
        formula_seconds: In which each of them must be worked out.
    """

    name: str
    default: object
    kind: str
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    longest: int = 1
    formulas: int = 0
    formula_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TimingRequest:
    """A valid request; made by `parse`.

    Attributes:
        activation: The activation whose implementations are compared.
        variants: Names of the variants, in the order in which they are measured.
        elements: Sizes: elements of the tensor that the activation is applied to.
        dtype: Of the tensors and parameters.
        passes: ``forward`` (as in training: the graph is recorded), ``backward`` (alone) or
            ``both``; ``pass`` in JSON.
        device: ``cpu`` or ``cuda``.
        threads: CPU threads of one operation.
        context: ``kernel``: the activation alone; ``layer``: linear 512 → 512 and the activation;
            ``step``: a training step (both: with the loss and SGD's update).
        network: The network of context ``step``.
        amp: Whether the forward runs under autocast to bfloat16 (contexts layer and step).
    """

    activation: str
    variants: tuple[str, ...]
    elements: tuple[int, ...]
    dtype: str = "float32"
    passes: str = "both"
    device: str = "cpu"
    threads: int = 1
    context: str = "kernel"
    network: str = "mlp"
    amp: bool = False

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
            raise UserError("time.error.not_an_object", choices=", ".join(known))
        for name in mapping:
            if name not in known:
                raise UserError(
                    "error.unknown_field",
                    field=_short(name),
                    value=_short(name),
                    name="a timing",
                    choices=", ".join(known),
                )
        values = {
            name: _read(field, mapping[name]) if name in mapping else field.default
            for name, field in known.items()
        }
        request = cls(passes=str(values.pop("pass")), **values)  # type: ignore[arg-type]
        return request._resolved(registry)._checked(limits)

    def as_json(self) -> dict[str, object]:
        """The request as `parse` reads it."""
        record = asdict(self)
        record["pass"] = record.pop("passes")
        return {**record, "variants": list(self.variants), "elements": list(self.elements)}

    def _resolved(self, registry: Registry) -> TimingRequest:
        variants = self.variants or registry.defaults(self.activation)
        device = self.device
        if device == "auto":
            device = "cpu" if missing_cuda() else "cuda"
        elements = self.elements
        if self.context == "layer":  # whole rows of the linear layer
            elements = tuple(-(-n // LAYER_WIDTH) * LAYER_WIDTH for n in elements)
        elif self.context == "step":
            elements = (STEP_ELEMENTS[self.network],)
        values = {name: getattr(self, name) for name in self.__slots__} | {
            "variants": tuple(dict.fromkeys(variants)),
            "elements": tuple(dict.fromkeys(elements)),
            "device": device,
        }
        return TimingRequest(**values)

    def _checked(self, limits: Settings) -> TimingRequest:
        if limits.device not in ("auto", self.device):
            only = Reason("time.unavailable.setting", (("device", limits.device),))
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

    def _check_memory(self) -> None:
        available = hardware.available_memory_bytes()
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


def fields(limits: Settings, registry: Registry = REGISTRY) -> tuple[Field, ...]:
    """All fields of a request, with the limits of this server and this host."""
    names = registry.names()
    return (
        Field(
            "activation",
            "swish",
            "choice",
            registry.activations(),
            formulas=1,
            formula_seconds=limits.formula_seconds,
        ),
        Field(
            "variants",
            None,
            "choices",
            names,
            longest=len(names) + MOST_FORMULAS,
            formulas=MOST_FORMULAS,
            formula_seconds=limits.formula_seconds,
        ),
        Field(
            "elements",
            (min(2**20, limits.max_elements),),
            "integers",
            low=1,
            high=limits.max_elements,
            longest=12,
        ),
        Field("dtype", "float32", "choice", tuple(ITEM_BYTES)),
        Field("pass", "both", "choice", ("forward", "backward", "both")),
        Field("device", "cpu", "choice", ("cpu", "cuda", "auto")),
        Field("threads", 1, "integer", low=1, high=hardware.usable_cores()),
        Field("context", "kernel", "choice", ("kernel", "layer", "step")),
        Field("network", "mlp", "choice", tuple(STEP_ELEMENTS)),
        Field("amp", False, "flag"),
    )


def _read(field: Field, value: object) -> object:
    if field.kind == "flag":
        if not isinstance(value, bool):
            raise UserError("time.error.not_a_flag", field=field.name, name=field.name)
        return value
    if field.kind == "choice":
        return _choice(field, value)
    if field.kind == "integer":
        return _integer(field, value)
    if value is None and field.default is None:
        return None
    read = _choice if field.kind == "choices" else _integer
    entries = _list(field, value)
    if sum(map(is_formula, entries)) > field.formulas:
        raise UserError(
            "time.error.formulas", field=field.name, name=field.name, limit=field.formulas
        )
    return tuple(read(field, entry) for entry in entries)


def _list(field: Field, value: object) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise UserError("time.error.not_a_list", field=field.name, name=field.name)
    if not value:
        raise UserError("error.empty", field=field.name, name=field.name)
    if len(value) > field.longest:
        raise UserError(
            "error.too_long",
            field=field.name,
            name=field.name,
            count=len(value),
            limit=field.longest,
        )
    return value


def _choice(field: Field, value: object) -> str:
    if not isinstance(value, str):
        raise UserError("time.error.not_text", field=field.name, name=field.name)
    if field.formulas and is_formula(value):
        return checked_name(value, field.formula_seconds, field.name)
    if value not in field.choices:
        raise UserError(
            "error.unknown_choice",
            field=field.name,
            name=field.name,
            value=_short(value),
            choices=", ".join(field.choices),
        )
    return value


def _integer(field: Field, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise UserError("error.not_an_integer", field=field.name, name=field.name)
    if not field.low <= value <= field.high:
        raise UserError(
            "error.out_of_range",
            field=field.name,
            name=field.name,
            value=_number(value),
            low=field.low,
            high=field.high,
        )
    return value


def _number(value: int) -> str:
    # Python refuses to print integers of more than 4300 digits; JSON can carry them.
    return str(value) if abs(value) < 10**30 else "±10³⁰ or beyond"


def _short(value: object) -> str:
    """A foreign value that an error repeats, cut so that the answer stays small."""
    words = str(value)
    return words if len(words) <= 40 else words[:39] + "…"


def _refuse_device(device: str, why: Reason) -> None:
    raise UserError("time.error.device", field="device", value=device, why=why.sentence())
