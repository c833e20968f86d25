"""The hand-written step against single PyTorch networks and autograd, in float64."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from swishdemo import activations, datasets
from swishdemo.training import Replica, TrainingConfig, replicas
from swishdemo.training.ensemble import Ensemble, Samples
from swishdemo.training.module import DigitsNetwork
from swishdemo.training.parameters import initial_weights

CPU = torch.device("cpu")
CONFIG = TrainingConfig(
    beta_starts=(-1.5, 0.0, 0.1, 1.0, 10.0), rivals=("relu", "gelu", "mish", "elu"), seeds=2
)


@pytest.fixture(scope="module")
def split():
    return datasets.get("digits").load()


def samples(split, rows, dtype=torch.float64):
    taken = Samples.of(split.train_inputs[rows], split.train_labels[rows], CPU)
    return Samples(taken.patches.to(dtype), taken.labels)


def images(split, rows):
    return torch.tensor(split.train_inputs[rows]).double(), torch.tensor(split.train_labels[rows])


def singles(config):
    networks = []
    for row in replicas(config):
        network = DigitsNetwork.start(row, config).double()
        if row.beta_start is not None:
            network.beta.data.fill_(row.beta_start)  # not its float32 neighbour
        networks.append(network)
    return networks


def batches(steps, size, seed=1):
    generator = np.random.default_rng(seed)
    return [generator.choice(1437, size, replace=False) for _ in range(steps)]


def test_the_single_network_is_the_one_described():
    network = DigitsNetwork(Replica("swish", 2.0, 0))
    assert sum(parameter.numel() for parameter in network.parameters()) == 1900
    x = torch.randn(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    plain = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.Conv2d(8, 16, 3, 2, 1), nn.Linear(64, 10))
    first, second, last = plain
    network.conv1, network.conv2, network.linear = first, second, last
    expected = last((functional.silu(2 * second(functional.silu(2 * first(x)) / 2)) / 2).flatten(1))
    torch.testing.assert_close(network(x), expected)


@pytest.mark.parametrize("size", [1, 7, 64])
def test_gradients_are_those_of_autograd(split, size):
    # Three steps first, so that no bias is 0 and no β is at its start.
    ensemble = Ensemble(replicas(CONFIG), CONFIG, CPU, torch.float64)
    for rows in batches(3, 32):
        ensemble.step(samples(split, rows))
    rows = batches(1, size, seed=5)[0]
    losses = ensemble.differentiate(samples(split, rows))
    inputs, labels = images(split, rows)
    for index, network in enumerate(singles(CONFIG)):
        network.load_state_dict(ensemble.parameters.network(index))
        loss = functional.cross_entropy(network(inputs), labels)
        loss.backward()
        torch.testing.assert_close(losses[index], loss.detach(), rtol=1e-12, atol=1e-14)
        written = ensemble.gradients.network(index)
        for name, parameter in network.named_parameters():
            torch.testing.assert_close(written.pop(name), parameter.grad, rtol=1e-9, atol=1e-13)
        assert not written


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"beta_scope": "fixed"},
        {"weight_decay": 0.0, "beta_decay": 0.1},
        {"weight_decay": 0.1, "beta_decay": 0.0, "momentum": 0.0},
        {"beta_lr_factor": 0.0, "lr": 0.2},
    ],
    ids=str,
)
def test_steps_are_those_of_sgd_on_single_networks(split, changes):
    config = TrainingConfig(beta_starts=(0.1, 2.0), rivals=("relu",), seeds=2, seed=7, **changes)
    ensemble = Ensemble(replicas(config), config, CPU, torch.float64)
    networks = singles(config)
    optimisers = [
        torch.optim.SGD(network.groups(config), lr=config.lr, momentum=config.momentum)
        for network in networks
    ]
    for rows in batches(12, 64):
        losses = ensemble.step(samples(split, rows))
        inputs, labels = images(split, rows)
        for index, (network, optimiser) in enumerate(zip(networks, optimisers, strict=True)):
            optimiser.zero_grad()
            loss = functional.cross_entropy(network(inputs), labels)
            loss.backward()
            optimiser.step()
            torch.testing.assert_close(losses[index], loss.detach(), rtol=1e-9, atol=0)
    for index, network in enumerate(networks):
        held = ensemble.parameters.network(index)
        for name, value in network.state_dict().items():
            torch.testing.assert_close(held[name], value, rtol=1e-8, atol=1e-12)
    if config.beta_scope == "fixed":
        starts = [row.beta_start for row in replicas(config) if row.beta_start is not None]
        assert ensemble.parameters.beta.tolist() == [starts, starts]


def test_float32_follows_float64(split):
    config = TrainingConfig(rivals=("relu", "gelu"), seeds=1)
    exact = Ensemble(replicas(config), config, CPU, torch.float64)
    used = Ensemble(replicas(config), config, CPU)
    for rows in batches(10, 64):
        high = exact.step(samples(split, rows))
        low = used.step(samples(split, rows, torch.float32))
        torch.testing.assert_close(low.double(), high, rtol=1e-3, atol=1e-4)


def test_a_replica_is_the_same_alone_and_among_36(split):
    config = TrainingConfig(rivals=())
    together = Ensemble(replicas(config), config, CPU)
    chosen = 13
    alone_config = TrainingConfig(beta_starts=(1.0,), rivals=(), seeds=1)
    alone = Ensemble([replicas(config)[chosen]], alone_config, CPU)
    for rows in batches(10, 64):
        batch = samples(split, rows, torch.float32)
        torch.testing.assert_close(
            together.step(batch)[chosen], alone.step(batch)[0], rtol=1e-4, atol=1e-5
        )
    torch.testing.assert_close(
        together.parameters.beta[:, chosen], alone.parameters.beta[:, 0], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("name", sorted(set(activations.names()) - {"swish"}))
def test_every_registered_activation_can_be_a_rival(split, name):
    config = TrainingConfig(beta_starts=(1.0,), rivals=(name,), seeds=1)
    ensemble = Ensemble(replicas(config), config, CPU, torch.float64)
    network = DigitsNetwork.start(replicas(config)[1], config).double()
    rows = batches(1, 16)[0]
    losses = ensemble.differentiate(samples(split, rows))
    inputs, labels = images(split, rows)
    loss = functional.cross_entropy(network(inputs), labels)
    loss.backward()
    torch.testing.assert_close(losses[1], loss.detach(), rtol=1e-12, atol=0)
    written = ensemble.gradients.network(1)
    for parameter_name, parameter in network.named_parameters():
        torch.testing.assert_close(written[parameter_name], parameter.grad, rtol=1e-9, atol=1e-13)


def test_evaluation_is_that_of_single_networks(split):
    ensemble = Ensemble(replicas(CONFIG), CONFIG, CPU, torch.float64)
    for rows in batches(3, 64):
        ensemble.step(samples(split, rows))
    rows = np.arange(200)  # a full part and a rest
    figures = ensemble.evaluate(samples(split, rows))
    inputs, labels = images(split, rows)
    for index, (row, network) in enumerate(zip(replicas(CONFIG), singles(CONFIG), strict=True)):
        network.load_state_dict(ensemble.parameters.network(index))
        seen = []
        for layer in (network.conv1, network.conv2):
            layer.register_forward_hook(lambda _module, _inputs, z, seen=seen: seen.append(z))
        with torch.no_grad():
            logits = network(inputs)
        loss = functional.cross_entropy(logits, labels)
        torch.testing.assert_close(figures.loss[index], loss, rtol=1e-12, atol=0)
        right = int((logits.argmax(1) == labels).sum())
        assert float(figures.accuracy[index]) == right / 200
        if row.beta_start is not None:
            for layer, z in enumerate(seen):
                expected = (network.beta[layer] * z).square().mean().sqrt().detach()
                torch.testing.assert_close(figures.beta_effective[layer, index], expected)


def test_a_replica_that_is_not_finite_does_not_touch_the_others(split):
    config = TrainingConfig(beta_starts=(0.5, 1.0), rivals=("relu",), seeds=1)
    broken, sound = (Ensemble(replicas(config), config, CPU) for _ in range(2))
    broken.parameters.conv1[1] = torch.nan
    for rows in batches(3, 64):
        batch = samples(split, rows, torch.float32)
        bad, good = broken.step(batch), sound.step(batch)
        assert bad[1].isnan() and good.isfinite().all()
        assert bad[[0, 2]].tolist() == good[[0, 2]].tolist()


def test_initial_weights_are_he_normal_and_follow_from_both_seeds():
    drawn = [initial_weights(seed, replica) for seed in range(20) for replica in range(10)]
    for name, deviation in (
        ("conv1.weight", (2 / 9) ** 0.5),
        ("conv2.weight", (2 / 72) ** 0.5),
        ("linear.weight", (1 / 64) ** 0.5),
    ):
        values = torch.stack([weights[name] for weights in drawn])
        assert float(values.std()) == pytest.approx(deviation, rel=0.02)
        assert abs(float(values.mean())) < 0.05 * deviation
        assert len({tuple(weights[name].flatten().tolist()) for weights in drawn}) == len(drawn)
    assert torch.equal(initial_weights(3, 4)["conv2.weight"], initial_weights(3, 4)["conv2.weight"])


def test_replicas_of_one_seed_share_their_weights():
    config = TrainingConfig(beta_starts=(0.5, 2.0), rivals=("relu",), seeds=2)
    ensemble = Ensemble(replicas(config), config, CPU)
    for seed in range(2):
        same = [ensemble.parameters.network(index) for index in (seed, 2 + seed, 4 + seed)]
        for name in ("conv1.weight", "conv2.weight", "linear.weight"):
            assert torch.equal(same[0][name], same[1][name])
            assert torch.equal(same[0][name], same[2][name])
