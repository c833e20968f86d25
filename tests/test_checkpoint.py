"""A replica's weights as a file, against `torch.load` and against a network of PyTorch's own."""

import io
import json
import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from swishdemo.training import Report, TrainingConfig, reference, replicas
from swishdemo.training import checkpoint as c
from swishdemo.training import reporting as taking
from swishdemo.training.config import view_steps
from swishdemo.training.probes import watched
from swishdemo.training.run import Run

SMALL = TrainingConfig(steps=20, batch=16, seeds=2, beta_starts=(0.5, 2.0), width=4)


def loaded(state):
    return torch.load(io.BytesIO(state.file()), weights_only=True)


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
        st.tuples(
            st.sampled_from(["float32", "int64"]),
            st.lists(st.integers(0, 4), max_size=4).map(tuple),
        ),
        max_size=5,
    ),
    st.integers(0, 2**32 - 1),
)
def test_what_is_written_is_what_torch_reads(shapes, seed):
    random = np.random.default_rng(seed)
    entries = tuple(c.Entry(name, *rest) for name, rest in shapes.items())
    arrays = [
        random.integers(0, 256, e.elements * (4 if e.dtype == "float32" else 8), np.uint8)
        for e in entries
    ]
    found = loaded(c.State(entries, b"".join(a.tobytes() for a in arrays)))
    assert list(found) == list(shapes)
    for entry, array in zip(entries, arrays, strict=True):
        tensor = found[entry.name]
        assert (str(tensor.dtype), tensor.shape) == (f"torch.{entry.dtype}", entry.shape)
        assert tensor.is_contiguous() and not tensor.requires_grad
        assert tensor.numpy().tobytes() == array.tobytes()


CONFIGS = {
    "cnn": SMALL,
    "batch normalisation, β a channel": SMALL.replace(
        normalisation="batch", beta_scope="channel", network="residual_cnn", depth=3
    ),
    "one β for the network": SMALL.replace(
        network="residual_mlp", beta_scope="network", normalisation="layer", depth=3
    ),
    "softplus, rivals that learn": SMALL.replace(
        network="mlp",
        beta_form="softplus",
        train_parameters=True,
        lr=0.005,
        rivals=("prelu", "relu", "elu"),
        dropout=0.2,
    ),
    "a formula, layers that differ": SMALL.replace(
        layer_activations=("=a*x*sigmoid(beta*x)", "relu"), train_parameters=True
    ),
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_kept_replica_loads_into_the_network_that_says_what_the_run_says(config):
    run = Run(config)
    items = [item for item in run if isinstance(item, c.Weights | Report)]
    last, report = items[-2:]
    kept = c.Weights.of_json(json.loads(json.dumps(last.as_json())))
    assert kept == last and kept.step == report.step == 20
    rows = replicas(config)
    assert list(kept.states) == list(range(len(rows)))
    split = config.described().load(config.data)
    for number, row in enumerate(rows):
        state = loaded(kept.states[number])
        expected = run.weights(number)
        assert list(state) == list(expected)
        assert all(torch.equal(state[name], expected[name]) for name in state)
        network = reference.network(config, row).eval()
        network.load_state_dict(state)  # strict: no name too many, none missing
        with torch.no_grad():
            answers = network(torch.tensor(split.test_inputs)).argmax(1).numpy()
        accuracy = (answers == split.test_labels).mean()
        assert accuracy == pytest.approx(report.accuracy[number], abs=1e-6)


def test_weights_come_before_each_report_that_looks_into_the_networks():
    items = [item for item in Run(SMALL) if isinstance(item, c.Weights | Report)]
    before = {
        report.step: item.step
        for item, report in pairwise(items)
        if isinstance(item, c.Weights) and isinstance(report, Report)
    }
    assert before == {step: step for step in view_steps(SMALL.steps)}
    assert sum(isinstance(item, c.Weights) for item in items) == len(before) > 1
    starts = [item.states for item in items if isinstance(item, c.Weights)]
    assert starts[0][0].content != starts[-1][0].content


def test_of_large_networks_only_those_looked_into_are_kept(monkeypatch):
    run = Run(SMALL)
    whole = next(item for item in run if isinstance(item, c.Weights))
    monkeypatch.setattr(taking, "KEPT_BYTES", 10_000)
    run = Run(SMALL)
    some = next(item for item in run if isinstance(item, c.Weights))
    assert list(some.states) == list(watched(replicas(SMALL))) == [0, 2, 4, 6]
    assert all(some.states[number] == whole.states[number] for number in some.states)


def test_a_file_weighs_little_more_than_its_numbers():
    (kept,) = [i for i in Run(SMALL.replace(steps=1)) if isinstance(i, c.Weights)][:1]
    state = kept.states[0]
    assert math.prod(loaded(state)["output.weight"].shape) * 4 < len(state.content)
    assert len(state.file()) < len(state.content) + 4000
