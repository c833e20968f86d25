"""Writes a run as one short script of PyTorch, which repeats it without this project.

It is the lines of `swishdemo.training.reference` and of the dataset's own ``script``, tailored to
the run, with its activations as `swishdemo.activations.code.python` writes them. To tailor is to
work out what is known: an expression of known names becomes its value, an ``if`` of them the branch
that it takes; the names themselves are gone, and so are annotations and comments.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from swishdemo import activations
from swishdemo.activations.code import python
from swishdemo.training.architecture import (
    ActivationLayer,
    activation_at,
    architecture,
    has_groups,
    layer_shapes,
    learns_parameters,
    outputs,
    parameters_of,
    sites,
    start_of,
)
from swishdemo.training.config import Replica, TrainingConfig, last_interval, replicas, starts
from swishdemo.training.recipes import nearest


class Tailor(ast.NodeTransformer):
    """Tailors the functions and classes at the top of a source.

    Args:
        source: The source.
        known: What is known, by the names that the source has for it; ``self.config`` is
            ``config``.
        named: Expressions of what is known that have a name in the result, with that name.

    Attributes:
        names: The names of these functions and classes.
    """

    def __init__(self, source: str, known: Mapping[str, Any], named: Mapping[str, str]) -> None:
        self._known, self._named = dict(known), named
        tree = ast.parse(re.sub(rf"\bself\.({'|'.join(known)})\b", r"\1", source))
        kinds = ast.FunctionDef | ast.ClassDef
        self._nodes = {node.name: node for node in tree.body if isinstance(node, kinds)}
        self.names = frozenset(self._nodes)

    def needed(self, text: str) -> list[str]:
        """The definitions that a text needs, and those that they need, in their own order."""
        found: dict[str, str] = {}
        texts = [text]
        while texts:
            for name in (used(texts.pop()) & self.names) - found.keys():
                found[name] = ast.unparse(self.visit(self._nodes[name]))
                texts.append(found[name])
        return [found[name] for name in self._nodes if name in found]

    def visit(self, node: ast.AST) -> Any:
        """What stands in a node's place."""
        text = self._text(node) if isinstance(node, ast.expr) else ""
        return ast.parse(text, mode="eval").body if text else super().visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        """Cut parameters that are known."""
        node.args.args = [each for each in node.args.args if each.arg not in self._known]
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> Any:
        """Cut an annotation."""
        return ast.arg(node.arg)

    def visit_Call(self, node: ast.Call) -> Any:
        """Cut known arguments of functions of this source."""
        if ast.unparse(node.func) in self.names:
            node.args = [each for each in node.args if ast.unparse(each) not in self._known]
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> Any:
        """Cut what gives a known record a name, which is then known too."""
        target = node.targets[0]
        if isinstance(target, ast.Name) and self._is_known(node.value):
            value = self._value(node.value)
            if not isinstance(value, str | int | float | list | tuple):
                self._known[target.id] = value
                return None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        """Cut an annotation."""
        return node.value and self.visit(ast.Assign([node.target], node.value, lineno=node.lineno))

    def visit_Assert(self, node: ast.Assert) -> Any:
        """Cut what is known to hold."""
        return None if self._is_known(node.test) else node

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        """Keep the value that is taken."""
        if self._is_known(node.test):
            return self.visit(node.body if self._value(node.test) else node.orelse)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> Any:
        """Keep the branch that is taken."""
        if not self._is_known(node.test):
            return self.generic_visit(node)
        kept = ast.Module(node.body if self._value(node.test) else node.orelse, [])
        self.generic_visit(kept)
        return kept.body

    def _text(self, node: ast.expr) -> str:
        """What is known of an expression as text; empty where that is not all of it."""
        text = self._named.get(ast.unparse(node), "")
        if text or isinstance(node, ast.Constant | ast.Slice) or not self._is_known(node):
            return text
        whole = isinstance(node, ast.Call) and ast.unparse(node.func) in self._known
        if not whole and any(ast.unparse(each) in self._named for each in ast.walk(node)):
            return ""
        try:
            return literal(self._value(node))
        except TypeError:
            return ""

    def _is_known(self, node: ast.expr) -> bool:
        """Whether the expression has known names, and no others but its own and Python's."""
        names = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
        read = {each.id for each in names} - {
            each.id for each in names if isinstance(each.ctx, ast.Store)
        }
        return bool(read & self._known.keys()) and all(
            name in self._known or hasattr(builtins, name) for name in read
        )

    def _value(self, node: ast.expr) -> Any:
        return eval(ast.unparse(node), dict(self._known))


def imported(source: str) -> dict[str, str]:
    """The names that a source imports at its top, each with the line that imports it alone."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            start = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                found[alias.asname or alias.name] = f"{start}import {ast.unparse(alias)}"
    return found


def used(text: str) -> set[str]:
    """The names that a text uses."""
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}


def literal(value: Any) -> str:
    """A value as Python; what a list repeats is written once.

    Raises:
        TypeError: It is none of numbers, texts, lists of them and named functions.
    """
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        runs = [(text, len(list(same))) for text, same in groupby(map(literal, value))]
        return f"[{', '.join(t if n == 1 else f'*{n} * [{t}]' for t, n in runs)}]"
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    raise TypeError(f"{value!r} is not written as Python")


_REFERENCE = Path(__file__).with_name("reference.py")
_PROJECT = (layer_shapes, outputs, last_interval, has_groups, learns_parameters)
"""What the reference calls of this project: a script has what it gives."""

_NAMED = {"config.seed": "SEED", "steps": "STEPS", "config.batch": "BATCH", "config.lr": "LR"}
_PACKAGES = {"sklearn": "scikit-learn", "PIL": "pillow"}
"""What a module's package is called where it is not called the same."""


def script(record: Mapping[str, Any], last: Mapping[str, Any]) -> str:
    """The script. Loads SymPy, and not torch.

    Args:
        record: The run's config as JSON.
        last: Its last report as JSON, empty where there is none: it tells the device, and where
            a stop condition has ended the run.
    """
    config = TrainingConfig.of_json(record)
    ended, on_gpu = last.get("ended"), last.get("device") == "cuda"
    steps = config.steps if ended in (None, "steps") else int(last["step"])
    compared = last["test_loss"] if ended and last["step"] == steps else None
    dataset = config.described()
    beside = inspect.getmodule(dataset.script)
    sources = inspect.getsource(beside or dataset.script), _REFERENCE.read_text("utf-8")
    imports = imported("\n".join([*sources, "from functools import partial"]))
    constants = {name: value for name, value in vars(beside).items() if name.isupper()}
    data = Tailor(sources[0], constants | {"options": config.data, "dataset": dataset}, {})
    project = {each.__name__: each for each in _PROJECT}
    network = Tailor(sources[1], project | {"config": config, "steps": steps}, _NAMED)
    families = _Families(config, {*data.names, *network.names, *imports, "beta"})
    load, table = f"standardised(*{dataset.script.__name__}())", families.table()
    run = _run(config, families.names, compared)
    sections = [
        _start(config, steps, on_gpu),
        *data.needed(load),
        *network.needed(load),
        f"# The data: {dataset.name}, {dataset.train} samples to learn, {dataset.test} to test.\n"
        f"(train_x, train_y), (test_x, test_y) = {load}",
        *families.definitions,
        *network.needed(f"{table}\n{run}"),
        f"{table}\n{run}",
    ]
    body = "\n\n\n".join(section.strip("\n") for section in sections) + "\n"
    head = _head(config, steps, ended, compared is not None, _packages(body), on_gpu)
    return f"{head}\n{_imports(body, imports)}\n{body}"


def _start(config: TrainingConfig, steps: int, on_gpu: bool) -> str:
    lines = ["torch.set_num_threads(1)  # small networks are fastest so"]
    if on_gpu:
        lines.append('torch.set_default_device("cuda")')
        lines.append(
            "torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False"
        )
    lines += [f"SEED = {config.seed}", f"STEPS, BATCH, LR = {steps}, {config.batch}, {config.lr!r}"]
    return "\n".join(lines)


class _Families:
    """The activations of a run: functions, and what makes the layers of a network.

    Args:
        config: The run.
        taken: Names that no function may have.

    Attributes:
        definitions: The functions, and what they need.
        names: The names of the replicas' activations, the rivals' behind that of all others.
    """

    def __init__(self, config: TrainingConfig, taken: set[str]) -> None:
        self._config, self._taken = config, taken
        self._called: dict[str, str] = {}
        self.definitions: dict[str, None] = {}
        self.names: list[str] = []

    def table(self) -> str:
        """The lines of ``ACTIVATIONS``."""
        layers = sites(architecture(self._config, self._config.described()))
        rows = [row for row in replicas(self._config) if row.seed == 0]
        made = []
        for row in [rows[0], *(row for row in rows if row.rival)]:
            name = row.activation
            self.names.append(f"{name} (rival)" if name in self.names else name)
            calls = [self._call(row, layer) for layer in layers]
            parts = []
            for call, same in groupby(calls):
                number = len(list(same))
                several = f"{call} for _ in range({number})"
                parts.append(
                    call if number == 1 else several if number == len(calls) else f"*({several})"
                )
            made.append(f"    {literal(self.names[-1])}: lambda beta: [{', '.join(parts)}],")
        return "\n".join(
            ["# What makes the activations of all layers.", "ACTIVATIONS = {", *made, "}"]
        )

    def _call(self, row: Replica, layer: ActivationLayer) -> str:
        """The expression of a layer's activation, its parameters as they are learned."""
        config, name = self._config, activation_at(self._config, row, layer.site)
        record, used = activations.get(name), parameters_of(config, name, row.rival)
        called = python.attributes(record)
        values = {each.name: start_of(name, each.name, row) for each in used}
        given = {called[each]: literal(value) for each, value in values.items()}
        if "beta" in values and row.beta_start is not None:
            given[called["beta"]] = "beta"
        learned = [called[each.name] for each in used if each.learned]
        varies = "beta" in given.values() and len(starts(config)) > 1
        *needed, lines = python.torch_function(record, values, bool(learned) or varies)
        self.definitions.update(dict.fromkeys(needed))
        made = self._function(python.function_name(record), lines)
        fixed = [f"{each}={value}" for each, value in given.items() if each not in learned]
        if fixed and "(x):" not in lines:
            made = f"partial({', '.join([made, *fixed])})"
        channels = [str(layer.channels)] if learned and config.beta_scope == "channel" else []
        starting = [f"{each}={given[each]}" for each in learned]
        positive = any(each.learned and each.softplus for each in used)
        made = ", ".join([made, *channels, *starting])
        return f"{'Positive' if positive else 'ActivationModule'}({made})"

    def _function(self, name: str, lines: str) -> str:
        """What the function that the lines define is called, as no other is."""
        if lines not in self._called:
            free, number = name, 2
            while free in self._taken:
                free, number = f"{name}{number}", number + 1
            self._taken.add(free)
            self._called[lines] = free
            self.definitions[lines.replace(f"def {name}(", f"def {free}(", 1)] = None
        return self._called[lines]


def _run(
    config: TrainingConfig, names: Sequence[str], test_loss: Sequence[float | None] | None
) -> str:
    """Lines that train all networks; and compare them, where their test losses are given."""
    main, *rivals = names
    betas, seeds = literal(list(starts(config))), f"for seed in range({config.seeds})"
    lines = [f"REPLICAS = [({literal(main)}, beta, seed) for beta in {betas} {seeds}]"]
    if rivals:
        lines.append(f"REPLICAS += [(name, None, seed) for name in {literal(rivals)} {seeds}]")
    lines.append("FOUND = repeat(REPLICAS, ACTIVATIONS, (train_x, train_y), (test_x, test_y))")
    if test_loss is not None:
        listed = ", ".join("None" if loss is None else f"{loss:.7g}" for loss in test_loss)
        lines += ["", "# The test losses of the run; None where a network diverged."]
        lines += [f"RUN = [{listed}]", "compare(FOUND, RUN)"]
    return "\n".join(lines)


def _imports(body: str, lines: Mapping[str, str]) -> str:
    """Those lines of import that are used: Python's own first."""
    names = used(body)
    listed = sorted(
        {
            line
            for name, line in lines.items()
            if name.partition(".")[0] in names and "swishdemo" not in line
        },
        key=lambda line: (line.startswith("from"), line.lower()),
    )
    own = [line for line in listed if line.split()[1] in sys.stdlib_module_names]
    others = [line for line in listed if line not in own]
    return "\n".join([*own, *([""] if own else []), *others]) + "\n"


def _packages(body: str) -> list[str]:
    """What has to be installed for what a body imports itself, PyTorch and NumPy first."""
    modules = {
        node.module.partition(".")[0]
        for node in ast.walk(ast.parse(body))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    packages = {_PACKAGES.get(each, each) for each in modules - sys.stdlib_module_names}
    return ["torch", "numpy", *sorted(packages - {"torch", "numpy"})]


def _head(
    config: TrainingConfig,
    steps: int,
    ended: str | None,
    compared: bool,
    packages: list[str],
    on_gpu: bool,
) -> str:
    argument = " TABLE.csv" if config.csv else ""
    lines = [
        "A training run of Swish Lab, repeated by PyTorch alone.",
        "",
        f"    pip install {' '.join(packages)}",
        f"    python FILE{argument}",
        "",
        "It trains one network after the other, and prints the final figures of each as a line of",
        "JSON. Data, initial weights, batches and formulas are the run's; but sums are taken in",
        "another order, so the last bit is rounded differently, and training may amplify that as",
        "it does any change.",
        "",
        *_off(config),
    ]
    if on_gpu:
        lines += [
            "",
            "It needs a GPU, as the run had one. Both compute in float32 without TF32; a CNN's",
            "convolutions are cuDNN's here, and products of matrices there.",
        ]
    if compared:
        lines += ["At the end it says how far its own networks are from those of the run."]
    if steps < config.steps:
        lines += ["", f"The run was to have {config.steps} steps; {_ENDED[str(ended)]}."]
    return '"""' + "\n".join(lines) + '\n"""\n'


_MEASURED = {
    "beta-convergence": (
        "β convergence",
        "of 48 networks 47 had the run's test loss to 0.01 %, and one was 7 % off",
    ),
    "depth-50": (
        "50 layers",
        "of 9 networks none had the run's test loss to 0.1 %, and they were up to 44 % off",
    ),
}
"""Of recipes, how far scripts were from their runs on one CPU."""


def _off(config: TrainingConfig) -> list[str]:
    """How far scripts were found to be from their runs: of this one if it was measured."""
    recipe, differing = nearest(config.as_json())
    if not differing and recipe.name in _MEASURED:
        name, found = _MEASURED[recipe.name]
        return textwrap.wrap(f"Measured for this recipe, {name}, on a CPU: {found}.", 91)
    others = " ".join(f"{name}: {found}." for name, found in _MEASURED.values())
    start = "How far that leads was not measured for this run. For two recipes it was, on a CPU."
    return textwrap.wrap(f"{start} {others}", 91)


_ENDED = {
    "max_seconds": "its time was over at the last one here",
    "target_accuracy": "it ended because its test accuracy was reached",
    "converged": "it ended because all β had met",
}
