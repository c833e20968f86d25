"""Chooses between CPU and GPU for a run, and how much of it is computed at a time.

By launches against arithmetic: a small network's step is a hundred kernels that each have little to
do. To launch one costs the host some microseconds, whatever it does; a CPU makes its calls for
less, but computes slower. Where a step is one CUDA graph its kernels are launched as one. What is
at work at a time fits the cache, or a GPU’s memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from swishdemo.text import Sentence
from swishdemo.training.architecture import (
    ActivationLayer,
    Affine,
    Convolution,
    Dropout,
    Normalisation,
    Part,
    Residual,
    activation_at,
    architecture,
    flat,
    parameters_of,
    product_count,
    sites,
    weighted,
)
from swishdemo.training.config import Replica, TrainingConfig, replicas


@dataclass(frozen=True, slots=True)
class StepCosts:
    """What a step is made of, in seconds; orders of magnitude, the same on all machines.

    Attributes:
        launch: Of a kernel or of a graph, for the host, PyTorch's part included.
        node: Of a kernel on the GPU that has next to nothing to do.
        call: Of an operation on the CPU that has next to nothing to do.
        cpu_product: Of a multiplication in a product of matrices, on one thread.
        gpu_product: The same on a small GPU, in products as small as these.
        cpu_number: Of a number that an elementwise operation writes.
        gpu_number: The same on a small GPU.
    """

    launch: float = 8e-6
    node: float = 2e-6
    call: float = 2.5e-6
    cpu_product: float = 4e-11
    gpu_product: float = 1e-12
    cpu_number: float = 4e-10
    gpu_number: float = 2e-11


COSTS = StepCosts()


@dataclass(frozen=True, slots=True)
class Work:
    """What a step of all replicas is.

    Attributes:
        kernels: Operations that compute something.
        products: Multiplications in products of matrices.
        numbers: Numbers that elementwise operations write, about.
    """

    kernels: int
    products: int
    numbers: int

    def on_cpu(self, costs: StepCosts = COSTS) -> float:
        """Seconds of a step."""
        return (
            self.kernels * costs.call
            + self.products * costs.cpu_product
            + self.numbers * costs.cpu_number
        )

    def on_gpu(self, graph: bool, costs: StepCosts = COSTS) -> float:
        """Seconds of a step, as one graph or launched kernel by kernel."""
        there = (
            self.kernels * costs.node
            + self.products * costs.gpu_product
            + self.numbers * costs.gpu_number
        )
        launches = 1 if graph else self.kernels
        return max(launches * costs.launch, there)  # the host launches while the GPU computes


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a run is computed, ``cpu`` or ``cuda``, and why there."""

    device: str
    why: Sentence


def place(
    config: TrainingConfig, *, gpu: bool, graph: bool = True, costs: StepCosts = COSTS
) -> Placement:
    """Where a run is computed: as its field says; where that is ``auto``, where a step is shorter.

    Args:
        config: The run.
        gpu: Whether there is one.
        graph: Whether a step can be one graph.
        costs: Of what a step is made of.
    """
    if config.device != "auto":
        return Placement(config.device, Sentence("train.place.asked"))
    if not gpu:
        return Placement("cpu", Sentence("train.place.no_gpu"))
    work = work_of(config)
    cpu, there = work.on_cpu(costs), work.on_gpu(graph, costs)
    device = "cuda" if there < cpu else "cpu"
    launches = 1 if graph else work.kernels
    said = Sentence(
        f"train.place.{device}",
        cpu=f"{1e3 * cpu:.2g}",
        gpu=f"{1e3 * there:.2g}",
        kernels=work.kernels,
        launches=launches,
    )
    return Placement(device, said)


def work_of(config: TrainingConfig) -> Work:
    """What a step of a run is."""
    parts, rows = architecture(config, config.described()), replicas(config)
    layers = sum(_kernels(part, config, rows) for part in flat(parts))
    skips = sum(3 for part in parts if isinstance(part, Residual))
    numbers = sum(_numbers(part, config) for part in flat(parts))
    together = config.batch * len(rows)
    return Work(
        kernels=layers + skips + _around(config, parts),
        products=3 * product_count(parts) * together,
        numbers=numbers * together,
    )


_FORMS = {"swish": (3, 4), "tanh": (3, 1), "relu": (1, 1), "gelu": (2, 1), "sigmoid": (1, 1)}
"""Operations forward and backward (`swishdemo.training.engine.activations`)."""

_BY_AUTOGRAD = 8
"""About, both ways."""


def _kernels(part: Part, config: TrainingConfig, rows: tuple[Replica, ...]) -> int:
    """Operations of a layer, forward and backward."""
    match part:
        case Affine() | Convolution():
            first = part.name == "hidden.0"
            moved = 0 if isinstance(part, Affine) else 9 if first else 19
            return (2 if first else 3) * (4 if config.amp else 1) + moved
        case Normalisation():
            return 23 if part.kind == "batch" else 20
        case Dropout():
            return config.seeds + 4
        case ActivationLayer():
            return sum(_of_slices(part, config, rows))
        case _:
            return 0


def _of_slices(
    part: ActivationLayer, config: TrainingConfig, rows: tuple[Replica, ...]
) -> Iterator[int]:
    """Operations of each activation of a layer."""
    for row in dict.fromkeys((row.activation, row.rival) for row in rows):
        one = next(each for each in rows if (each.activation, each.rival) == row)
        name = activation_at(config, one, part.site)
        learned = sum(each.learned for each in parameters_of(config, name, one.rival))
        yield sum(_FORMS.get(name, (_BY_AUTOGRAD, 0))) + 2 * learned


def _numbers(part: Part, config: TrainingConfig) -> int:
    """Numbers that a layer's elementwise operations write for a sample, about."""
    match part:
        case ActivationLayer():
            return 8 * part.channels * part.positions
        case Normalisation():
            return 12 * part.channels * part.positions
        case Dropout():
            return 4 * part.features
        case Convolution():
            seen = part.fan_in * part.out_height * part.out_width
            return seen if part.name == "hidden.0" else 3 * seen
        case _:
            return 0


def _around(config: TrainingConfig, parts: tuple[Part, ...]) -> int:
    """Operations of the batch, the objective, the optimiser and what has diverged."""
    objective = 7 if config.objective == "cross-entropy" else 4
    moves = {"sgd": 1, "momentum": 3, "nesterov": 4}.get(config.optimiser, 11)
    decay = 1 if config.weight_decay or config.beta_decay else 0
    schedule = 2 if config.schedule != "constant" else 0
    clip = 8 * len(weighted(parts)) if config.clip else 0
    return 14 + objective + moves + decay + schedule + clip


MOST_REPLICAS = 256
LAYER_NUMBERS = 750_000
"""Numbers that the largest layer of a part may work on at a time on a CPU."""

ALL_NUMBERS = 12_000_000
"""Numbers that all layers of a part may hold on a CPU, five for each value."""

EVALUATED_TOGETHER = 120
"""Samples whose values stand in memory at a time when a network is evaluated on a CPU."""

EVALUATED_SHARE = 1 / 8
"""Of a GPU's memory, for the values of one evaluation. There may be four: of a part of the test set
and of all of it, each in halves of two sizes."""

LARGEST_TENSOR = 2**30
"""Numbers of a tensor, at most, so that kernels count them in 32 bits."""


def layer_numbers(parts: tuple[Part, ...]) -> tuple[int, int]:
    """Numbers for one replica and sample: of the largest layer, and of all layers."""
    found = []
    for part, site in zip(weighted(parts), (*sites(parts), None), strict=True):
        values = 2 * site.channels * site.positions if site else part.outputs
        if isinstance(part, Convolution) and part.name != "hidden.0":
            values += part.fan_in * part.out_height * part.out_width
        found.append(values)
    return max(found), sum(found)


def in_batches(
    rows: Sequence[Replica], parts: tuple[Part, ...], batch: int, *, on_cpu: bool
) -> Iterator[Sequence[Replica]]:
    """The replicas in parts of about equal size; all in one on a GPU."""
    largest, total = layer_numbers(parts)
    most = min(MOST_REPLICAS, LAYER_NUMBERS // (batch * largest), ALL_NUMBERS // (batch * total))
    most = max(1, most) if on_cpu else len(rows)
    size = -(-len(rows) // -(-len(rows) // most))
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def evaluated_together(parts: tuple[Part, ...], replicas: int, device: torch.device) -> int:
    """Samples to evaluate at a time: what fits the cache, or a GPU's memory."""
    largest, _ = layer_numbers(parts)
    if device.type == "cpu":
        return max(1, min(EVALUATED_TOGETHER, 2 * LAYER_NUMBERS // (replicas * largest)))
    fitting = _room(device) // (4 * replicas * evaluated_numbers(parts))
    return max(1, min(fitting, LARGEST_TENSOR // (replicas * largest)))


def evaluated_numbers(parts: tuple[Part, ...]) -> int:
    """Numbers that an evaluation holds for one replica and sample, at most."""
    held = 0
    for part in flat(parts):
        if isinstance(part, Affine):
            held += 4 * part.outputs
        elif isinstance(part, Convolution):
            held += 2 * (part.outputs + part.fan_in + 1) * part.out_height * part.out_width
        elif isinstance(part, ActivationLayer | Normalisation):
            held += 10 * part.channels * part.positions
    return held


def _room(device: torch.device) -> int:
    """Bytes for an evaluation: a share of all, so that it is the same each time, if that is free.

    How many samples are summed up at a time decides how the sums are rounded.
    """
    free, total = torch.cuda.mem_get_info(device)
    free += torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    room = int(EVALUATED_SHARE * total)
    while room > free:
        room //= 2
    return room
