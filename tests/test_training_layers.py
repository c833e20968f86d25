"""Gradients and outputs of the batched engine against single PyTorch modules and autograd."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from torch.nn import functional

from swishdemo import activations, datasets
from swishdemo.training import TrainingConfig, reference, replicas
from swishdemo.training.architecture import Dropout, architecture, outputs, parameter_count
from swishdemo.training.engine.batch import Arena, Batch, CallTape, Samples
from swishdemo.training.engine.ensemble import Ensemble
from swishdemo.training.engine.layers import Masks

CPU = torch.device("cpu")
BASE = TrainingConfig(
    beta_starts=(-0.5, 2.0), rivals=("relu", "prelu"), seeds=2, width=4, train_parameters=True
)
NETWORKS = {
    "mlp": {"network": "mlp", "dataset": "spiral"},
    "cnn": {"network": "cnn"},
    "deep cnn": {"network": "cnn", "depth": 4, "width": 3},
    "residual mlp": {"network": "residual_mlp", "depth": 4},
    "residual cnn": {"network": "residual_cnn", "depth": 3},
}


class Bench:
    """An ensemble of a config with values off their starts, and the same data for modules."""

    def __init__(self, config, size=7, dtype=torch.float64, stir=0.1):
        self.config, self.rows = config, replicas(config)
        dataset = config.described()
        split = datasets.get(config.dataset).load(config.data)
        count = outputs(config, dataset)
        self.samples = Samples.of(split.train_inputs, split.train_labels, count, CPU, dtype)
        self.ensemble = Ensemble(self.rows, config, architecture(config, dataset), CPU, dtype)
        generator = torch.Generator().manual_seed(1)
        for view in self.ensemble.values.values():
            view += stir * torch.randn(view.shape, generator=generator, dtype=torch.float64)
        for running in self.ensemble.running.values():
            running += 0.1
        self.numbers = np.random.default_rng(3).choice(self.samples.count, size, replace=False)
        self.batch = Batch(self.samples, size)
        self.batch.load(torch.from_numpy(self.numbers))
        self.inputs = torch.tensor(split.train_inputs[self.numbers]).double()
        self.labels = torch.tensor(split.train_labels[self.numbers])

    def run(self, training=True):
        bound = self.ensemble.bind(self.batch, training=training)
        if training:
            bound.tape.run()
        else:
            for call in bound.tape.forward:
                call()
        return bound

    def gradients(self, index):
        ensemble = self.ensemble
        kept, ensemble.values = ensemble.values, ensemble.gradients
        try:
            return ensemble.state(index)
        finally:
            ensemble.values = kept

    def module(self, index, state=None):
        network = reference.network(self.config, self.rows[index]).double()
        network.load_state_dict(state or self.ensemble.state(index))
        return network

    def objective(self, network):
        found = network(self.inputs)
        if self.config.objective == "cross-entropy":
            return functional.cross_entropy(found, self.labels)
        return functional.mse_loss(found, self.batch.targets.t())


def check(**changes):
    bench = Bench(BASE.replace(**changes))
    before = [bench.ensemble.state(index) for index in range(len(bench.rows))]
    bound = bench.run()
    for index, state in enumerate(before):
        network = bench.module(index, state)
        loss = bench.objective(network)
        loss.backward()
        torch.testing.assert_close(bound.loss[index], loss.detach(), rtol=1e-11, atol=1e-13)
        written = bench.gradients(index)
        learned = dict(network.named_parameters(remove_duplicate=False))
        assert learned
        for name, parameter in learned.items():
            torch.testing.assert_close(
                written[name], parameter.grad, rtol=1e-8, atol=1e-12, msg=f"{name} of {index}"
            )
        after = bench.ensemble.state(index)
        for name, value in network.state_dict().items():
            if "running" in name:
                torch.testing.assert_close(after[name], value, rtol=1e-10, atol=1e-12)
    tested = bench.run(training=False)
    for index in range(len(bench.rows)):
        network = bench.module(index).eval()
        expected = network(bench.inputs).detach()
        torch.testing.assert_close(tested.outputs.data[index].t(), expected, rtol=1e-9, atol=1e-11)


SCOPES, NORMALISATIONS = ("fixed", "network", "layer", "channel"), ("none", "batch", "layer")


@pytest.mark.parametrize(
    ("network", "normalisation", "scope"),
    [
        # Each pair of two of the three; all threes in the long tests.
        pytest.param(
            network, normalisation, scope, marks=[pytest.mark.long] * bool((i + j + k) % 3)
        )
        for i, network in enumerate(NETWORKS)
        for j, normalisation in enumerate(NORMALISATIONS)
        for k, scope in enumerate(SCOPES)
    ],
)
def test_gradients_are_those_of_autograd(network, normalisation, scope):
    check(**NETWORKS[network], normalisation=normalisation, beta_scope=scope)


@pytest.mark.parametrize("activation", ["swish", "acon_c", "tanh", "=x*tanh(beta*x)"])
@pytest.mark.parametrize("objective", ["cross-entropy", "mse"])
def test_so_are_those_of_softplus_and_of_any_activation(activation, objective):
    check(
        network="mlp",
        dataset="moons",
        beta_starts=(0.5, 3.0),
        beta_form="softplus",
        beta_scope="channel",
        activation=activation,
        objective=objective,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"network": "mlp", "dataset": "sine", "objective": "mse"},
        {"network": "mlp", "layer_activations": ("swish", "relu")},
        {"objective": "mse"},
        {"dataset": "spiral", "network": "mlp", "depth": 1, "width": 1},
        {"rivals": ("gelu", "sigmoid", "mish"), "train_parameters": False},
    ],
    ids=str,
)
def test_so_are_those_of_other_tasks(changes):
    check(**changes)


@pytest.mark.parametrize("name", activations.names())
def test_every_activation_in_float32_follows_float64(name):
    """Memory with gaps, as the engine has it, is where PyTorch's own kernels may err."""
    config = TrainingConfig(
        network="mlp",
        dataset="moons",
        activation=name,
        beta_starts=(1.5,),
        rivals=(),
        seeds=2,
        train_parameters=True,
    )
    exact, used = (Bench(config, 16, dtype, stir=0.0) for dtype in (torch.float64, torch.float32))
    expected, found = exact.run(), used.run()
    torch.testing.assert_close(found.loss.double(), expected.loss, rtol=1e-4, atol=1e-5)
    written = used.ensemble.parameters.gradients.double()
    wanted = exact.ensemble.parameters.gradients
    torch.testing.assert_close(written, wanted, rtol=1e-3, atol=1e-4)


def test_parameters_are_counted_as_modules_have_them():
    for changes, norm in product(NETWORKS.values(), ("none", "batch")):
        config = BASE.replace(
            **changes, normalisation=norm, beta_scope="fixed", train_parameters=False
        )
        network = reference.network(config, replicas(config)[0])
        told = parameter_count(architecture(config, config.described()))
        assert told == sum(each.numel() for each in network.parameters())


def test_the_recipe_s_network_is_the_one_of_the_claims():
    config = TrainingConfig()
    network = reference.network(config, replicas(config)[0])
    assert sum(parameter.numel() for parameter in network.parameters()) == 1900
    assert [tuple(each.weight.shape) for each in network.hidden] == [
        (8, 1, 3, 3),
        (16, 8, 3, 3),
    ]
    assert all(each.stride == (2, 2) for each in network.hidden)
    assert tuple(network.output.weight.shape) == (10, 64)


def test_a_network_that_shares_a_beta_shares_it():
    config = BASE.replace(network="mlp", beta_scope="network", depth=3)
    network = reference.network(config, replicas(config)[0])
    betas = [layer.beta for layer in network.activation]
    assert all(one is two for one, two in pairwise(betas))
    assert Bench(config).ensemble.activation_parameters.value(
        Bench(config).ensemble.groups[0].parameters[0]
    ).shape == (4, 1)


def dropped(config, steps=3):
    bench = Bench(config, size=64, stir=0.0)
    bound = bench.ensemble.bind(bench.batch)
    found = []
    for _ in range(steps):
        for call in bound.tape.forward:
            call()
        found.append(bound.outputs.data.clone())
    return found


DROPPING = TrainingConfig(network="mlp", beta_starts=(1.0,), rivals=("tanh",), seeds=3, dropout=0.4)


def test_dropout_drops_its_share_and_keeps_the_mean():
    like = torch.zeros(1)
    tape = CallTape(3, 50, Arena(like), training=True)
    x = tape.padded(400)
    x.data.fill_(2.0)
    out = Masks(Dropout(0, 400, 0.4), [(0, 0), (0, 1), (0, 0)], like).bind(x, tape)
    for call in tape.forward:
        call()
    assert sorted(out.data.unique().tolist()) == pytest.approx([0, 2 / 0.6])
    # Of 20,000 features the share deviates by 0.0035.
    assert (out.data == 0).double().mean((1, 2)).tolist() == pytest.approx([0.4] * 3, abs=0.018)
    assert torch.equal(out.data[0], out.data[2]) and not torch.equal(out.data[0], out.data[1])
    assert (out.padded[:, -1] == 1).all()


def test_dropout_has_a_stream_for_each_seed_whoever_is_beside():
    together = dropped(DROPPING)
    alone = dropped(DROPPING.replace(rivals=()))
    for one, two in zip(together, alone, strict=True):
        torch.testing.assert_close(one[:3], two)
    first, second, _ = together
    assert not torch.equal(first, second)
    again = dropped(DROPPING)
    assert all(torch.equal(one, two) for one, two in zip(together, again, strict=True))


def test_gradients_flow_through_what_was_kept_alone():
    bench = Bench(DROPPING.replace(width=16), size=8, stir=0.0)
    bound = bench.ensemble.bind(bench.batch)
    bound.tape.run()
    step = 1e-6
    view = bench.ensemble.values[bench.ensemble.blocks["hidden.0"]]
    told = bench.ensemble.gradients[bench.ensemble.blocks["hidden.0"]][0, 0, 0].item()
    losses = []
    for sign in (1, -1):
        fresh = Bench(DROPPING.replace(width=16), size=8, stir=0.0)
        view = fresh.ensemble.values[fresh.ensemble.blocks["hidden.0"]]
        view[0, 0, 0] += sign * step
        again = fresh.ensemble.bind(fresh.batch)
        again.tape.run()
        losses.append(again.loss[0].item())
    assert told == pytest.approx((losses[0] - losses[1]) / (2 * step), rel=1e-5, abs=1e-9)


def test_products_in_bfloat16_are_near_and_not_the_same():
    config = BASE.replace(network="cnn")
    exact = Bench(config, dtype=torch.float32).run()
    low = Bench(config.replace(amp=True), dtype=torch.float32).run()
    assert not torch.equal(low.loss, exact.loss)
    torch.testing.assert_close(low.loss, exact.loss, rtol=0.05, atol=0.02)


@pytest.mark.parametrize("order", [("prelu", "pelu"), ("pelu", "prelu")])
def test_a_parameter_that_unlike_activations_share_starts_as_the_first_has_it(order):
    config = TrainingConfig(
        dataset="spiral",
        network="mlp",
        layer_activations=order,
        rivals=(),
        seeds=1,
        beta_scope="network",
        train_parameters=True,
    )
    bench = Bench(config, stir=0.0)
    ours = bench.ensemble.state(0)
    theirs = reference.network(config, bench.rows[0]).state_dict()
    shared = [name for name in theirs if name.startswith("activation.") and name.endswith(".a")]
    assert len(shared) == 2
    wanted = {"prelu": 0.25, "pelu": 1.0}[order[0]]
    for name in shared:
        assert ours[name].tolist() == theirs[name].tolist() == [wanted]
