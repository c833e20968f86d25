"""The activations of a run, as lines of its script."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import groupby

from swishdemo import activations
from swishdemo.activations.code import pytorch as code_pytorch
from swishdemo.training.architecture import (
    ActivationLayer,
    ActivationParameter,
    activation_at,
    architecture,
    parameters_of,
    sites,
    start_of,
)
from swishdemo.training.config import Replica, TrainingConfig, replicas, starts

_RESERVED = {"Skip", "Dropout", "Linear", "Conv2d", "Positive", "Image"}

_LEARNING = '''
def learning(layer, *names):
    """Let these parameters alone be learned."""
    for name, value in layer.named_parameters():
        value.requires_grad_(name in names)
    return layer
'''
_PER_CHANNEL = '''
def per_channel(layer, *shape):
    """Give each channel parameters of its own."""
    for name, value in list(layer.named_parameters()):
        if value.requires_grad:
            setattr(layer, name, nn.Parameter(torch.full(shape, value.item())))
    return layer
'''
_POSITIVE = '''
class Positive(nn.Module):
    """β = softplus(ρ), where ρ is what is learned."""

    def forward(self, rho):
        return F.softplus(rho)

    def right_inverse(self, beta):
        return beta + (-(-beta).expm1()).log()


def positive(layer):
    """Keep β above 0."""
    return parametrize.register_parametrization(layer, "beta", Positive())
'''
_TIED = '''
def tied(layers):
    """Let all layers share what they learn."""
    shared = {}
    for layer in layers:
        shared |= {name: p for name, p in layer.named_parameters() if p.requires_grad}
    for layer in layers:
        for name in shared.keys() & dict(layer.named_parameters()).keys():
            module, _, last = name.rpartition(".")
            setattr(layer.get_submodule(module), last, shared[name])
    return layers
'''
_FUNCTIONS = {
    "learning": _LEARNING,
    "per_channel": _PER_CHANNEL,
    "positive": _POSITIVE,
    "tied": _TIED,
}


@dataclass(frozen=True, slots=True)
class Written:
    """The activations of a script.

    Attributes:
        definitions: Their modules, and ``ACTIVATIONS``, which makes those of all layers by name.
        main: The name of the replicas that are no rivals.
        rivals: Names of the rivals.
        learned: What is learned, as attributes of the modules.
    """

    definitions: tuple[str, ...]
    main: str
    rivals: tuple[str, ...]
    learned: tuple[str, ...]


def write(config: TrainingConfig) -> Written:
    """The modules, and what makes them for each layer."""
    writer = _Writer(config)
    layers = sites(architecture(config, config.described()))
    rows = [row for row in replicas(config) if row.seed == 0]
    families = [rows[0], *(row for row in rows if row.rival)]
    names, made = [], []
    for row in families:
        name = row.activation
        names.append(f"{name} (rival)" if row.rival and name in names else name)
        made.append(f"    {quoted(names[-1])}: lambda beta: {writer.layers(row, layers)},")
    table = "\n".join(
        ["# What makes the activations of all layers.", "ACTIVATIONS = {", *made, "}"]
    )
    used = [text for name, text in _FUNCTIONS.items() if f"{name}(" in table]
    return Written(
        (*writer.definitions, *used, table), names[0], tuple(names[1:]), tuple(writer.learned)
    )


def quoted(text: str) -> str:
    """The text as a Python string."""
    return json.dumps(text, ensure_ascii=False)


class _Writer:
    """Collects what is defined on the way."""

    def __init__(self, config: TrainingConfig) -> None:
        self._config = config
        self._beta_varies = len(starts(config)) > 1
        self._classes: dict[str, str] = {}
        self.definitions: dict[str, None] = {}
        self.learned: dict[str, None] = {}

    def layers(self, row: Replica, layers: tuple[ActivationLayer, ...]) -> str:
        """The expression of a list of modules, one for each layer."""
        calls = [self._call(row, layer) for layer in layers]
        runs = [(call, len(list(same))) for call, same in groupby(calls)]
        shares = self._config.beta_scope == "network" and any(
            parameter.learned for layer in layers for parameter in self._parameters(row, layer)
        )
        if len(runs) == 1:
            call, count = runs[0]
            if shares:
                return f"[{call}] * {count}"
            return f"[{call} for _ in range({count})]" if count > 2 else f"[{', '.join(calls)}]"
        parts = [call if n == 1 else f"*({call} for _ in range({n}))" for call, n in runs]
        listed = f"[{', '.join(parts)}]"
        return f"tied({listed})" if shares else listed

    def _parameters(self, row: Replica, layer: ActivationLayer) -> tuple[ActivationParameter, ...]:
        return parameters_of(self._config, activation_at(self._config, row, layer.site), row.rival)

    def _call(self, row: Replica, layer: ActivationLayer) -> str:
        """The expression of a layer's module, its parameters as they are learned."""
        config = self._config
        name = activation_at(config, row, layer.site)
        record = activations.get(name)
        parameters = self._parameters(row, layer)
        called = code_pytorch.attributes(record)
        learned = [called[each.name] for each in parameters if each.learned]
        self.learned.update(dict.fromkeys(learned))
        values = {each.name: start_of(name, each.name, row) for each in parameters}
        varies = "beta" in values and not row.rival and self._beta_varies
        if varies:
            values["beta"] = record.defaults()["beta"]
        *needed, lines = code_pytorch.definitions(record, values, bool(learned) or varies)
        self.definitions.update(dict.fromkeys(needed))
        given = []
        if varies:
            given.append("beta" if next(iter(called)) == "beta" else f"{called['beta']}=beta")
            given += [] if learned else ["trainable=False"]
        call = f"{self._class(lines)}({', '.join(given)})"
        if learned and len(learned) < len(called):
            call = f"learning({call}, {', '.join(map(quoted, learned))})"
        if learned and config.beta_scope == "channel":
            shape = [layer.channels, 1, 1] if "cnn" in config.network else [layer.channels]
            call = f"per_channel({call}, {', '.join(map(str, shape))})"
        if any(each.learned and each.softplus for each in parameters):
            call = f"positive({call})"
        return call

    def _class(self, lines: str) -> str:
        """The name of the class that the lines define, one that no other has."""
        if lines not in self._classes:
            found = re.search(r"^class (\w+)", lines, re.MULTILINE)
            assert found is not None
            taken = {*self._classes.values(), *_RESERVED}
            name, number = found[1], 2
            while name in taken:
                name, number = f"{found[1]}{number}", number + 1
            self._classes[lines] = name
            self.definitions[lines.replace(f"class {found[1]}(", f"class {name}(", 1)] = None
        return self._classes[lines]
