"""Steps against `torch.optim` on single modules: optimisers, clipping, schedules, weights."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from swishdemo import datasets
from swishdemo.training import TrainingConfig, reference, replicas
from swishdemo.training.architecture import Affine, Convolution, architecture, outputs
from swishdemo.training.config import rate_factor
from swishdemo.training.engine.batch import Batch, Samples, orders
from swishdemo.training.engine.ensemble import Ensemble, Trainer
from swishdemo.training.engine.parameters import initial_weights, unit_gain

CPU = torch.device("cpu")
BASE = TrainingConfig(
    network="cnn",
    width=4,
    beta_starts=(0.1, 2.0),
    rivals=("relu", "prelu"),
    seeds=2,
    seed=7,
    train_parameters=True,
)


class Race:
    """An ensemble and single modules that learn the same batches in float64."""

    def __init__(self, config):
        self.config, self.rows = config, replicas(config)
        dataset = config.described()
        self.split = datasets.get(config.dataset).load(config.data)
        self.samples = Samples.of(
            self.split.train_inputs,
            self.split.train_labels,
            outputs(config, dataset),
            CPU,
            torch.float64,
        )
        self.batch = Batch(self.samples, config.batch)
        parts = architecture(config, dataset)
        ensemble = Ensemble(self.rows, config, parts, CPU, torch.float64)
        self.trainer = Trainer(ensemble, self.batch)
        self.networks = []
        for index, row in enumerate(self.rows):
            network = reference.network(config, row).double()
            network.load_state_dict(ensemble.state(index))
            self.networks.append(network)
        self.optimisers = [
            make(config, reference.groups(config, network)) for network in self.networks
        ]

    def run(self, steps, factor=lambda step: 1.0):
        batches = orders(5, self.samples.count, self.config.batch)
        rates = [[group["lr"] for group in each.param_groups] for each in self.optimisers]
        for step in range(steps):
            numbers = torch.from_numpy(next(batches))
            self.batch.load(numbers)
            self.trainer.differentiate()
            self.trainer.step(factor(step))
            inputs = torch.tensor(self.split.train_inputs)[numbers].double()
            labels = torch.tensor(self.split.train_labels)[numbers]
            for index, (network, optimiser) in enumerate(
                zip(self.networks, self.optimisers, strict=True)
            ):
                for group, rate in zip(optimiser.param_groups, rates[index], strict=True):
                    group["lr"] = rate * factor(step)
                optimiser.zero_grad()
                loss = functional.cross_entropy(network(inputs), labels)
                loss.backward()
                if self.config.clip:
                    torch.nn.utils.clip_grad_norm_(network.parameters(), self.config.clip)
                optimiser.step()
                torch.testing.assert_close(
                    self.trainer.loss[index], loss.detach(), rtol=1e-8, atol=1e-12
                )

    def check(self):
        for index, network in enumerate(self.networks):
            held = self.trainer.ensemble.state(index)
            for name, value in network.state_dict().items():
                if "tracked" not in name:
                    torch.testing.assert_close(held[name], value, rtol=1e-7, atol=1e-10)


def make(config, groups):
    groups = list(groups)
    if config.optimiser in ("adam", "adamw"):
        kind = torch.optim.Adam if config.optimiser == "adam" else torch.optim.AdamW
        return kind(groups, lr=config.lr)
    momentum = 0.0 if config.optimiser == "sgd" else config.momentum
    nesterov = config.optimiser == "nesterov"
    return torch.optim.SGD(groups, lr=config.lr, momentum=momentum, nesterov=nesterov)


PLAIN = {("sgd", 0.0), ("adamw", 0.0)}


@pytest.mark.parametrize(
    ("name", "decay"),
    [
        # Each with a decay of both, and two without any.
        pytest.param(
            name,
            decay,
            marks=[pytest.mark.long] * (decay[1] == 0 and (name, decay[0]) not in PLAIN),
            id=f"{name}-{decay}",
        )
        for name in ("sgd", "momentum", "nesterov", "adam", "adamw")
        for decay in ((0.0, 0.0), (0.1, 0.0), (0.02, 0.1))
    ],
)
def test_each_optimiser_is_pytorchs(name, decay):
    adam = name.startswith("adam")
    race = Race(
        BASE.replace(
            optimiser=name,
            lr=0.003 if adam else 0.05,
            beta_lr_factor=7.0,
            weight_decay=decay[0],
            beta_decay=decay[1],
        )
    )
    race.run(10)
    race.check()


@pytest.mark.parametrize(
    "changes",
    [
        {"beta_scope": "fixed", "train_parameters": False},
        {"beta_scope": "network"},
        {"beta_scope": "channel", "beta_form": "softplus"},
        {"beta_lr_factor": 0.0},
        {"normalisation": "batch"},
        {"normalisation": "layer", "network": "residual_mlp", "depth": 3},
    ],
    ids=str,
)
def test_steps_are_those_of_single_networks(changes):
    race = Race(BASE.replace(**changes))
    race.run(8)
    race.check()


@pytest.mark.parametrize("clip", [0.05, 1.0])
def test_each_replicas_gradient_is_clipped_by_its_own_norm(clip):
    race = Race(BASE.replace(clip=clip, lr=0.3))
    race.run(8)
    race.check()


def scheduled(name, steps):
    parameter = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.SGD([parameter], lr=1.0)
    kind = torch.optim.lr_scheduler
    made = {
        "constant": lambda: kind.ConstantLR(optimiser, factor=1.0),
        "cosine": lambda: kind.CosineAnnealingLR(optimiser, T_max=steps),
        "step": lambda: kind.MultiStepLR(optimiser, [steps // 2, 3 * steps // 4]),
        "warmup": lambda: kind.LinearLR(
            optimiser, start_factor=10 / steps, total_iters=steps // 10 - 1
        ),
    }[name]()
    for _ in range(steps):
        yield optimiser.param_groups[0]["lr"]
        optimiser.step()
        made.step()


@pytest.mark.parametrize("name", ["constant", "cosine", "step", "warmup"])
def test_schedules_are_pytorchs(name):
    told = [rate_factor(name, step, 200) for step in range(200)]
    assert told == pytest.approx(list(scheduled(name, 200)), abs=1e-12)
    assert all(0 < factor <= 1 for factor in told)
    assert rate_factor(name, 0, 1) <= 1.0


def test_a_schedule_moves_the_steps_as_pytorchs_does():
    race = Race(BASE.replace(schedule="cosine"))
    race.run(8, lambda step: rate_factor("cosine", step, 8))
    race.check()


PARTS = (Affine("hidden.0", 300, 200), Affine("output", 200, 100))
INITS = {
    "he_normal": (2 / 300, 1 / 200),
    "he_uniform": (2 / 300, 1 / 200),
    "xavier": (2 / 500, 2 / 300),
    "lecun": (1 / 300, 1 / 200),
    "gain": (3.0**2 / 300, 1 / 200),
    "orthogonal": (1 / 300, 1 / 200),
}


@pytest.mark.parametrize("init", INITS)
def test_initial_weights_have_the_variance_of_their_source(init):
    drawn = initial_weights(PARTS, init, 1.0, (0, 0), {"hidden.0": 3.0})
    for part, variance in zip(PARTS, INITS[init], strict=True):
        weights = drawn[part.name].double()
        # Of 20,000 or more values, the variance deviates by about 1 %.
        assert float(weights.var()) == pytest.approx(variance, rel=0.05)
        assert abs(float(weights.mean())) < 4 * math.sqrt(variance / weights.numel())
        if init in ("he_uniform", "xavier"):
            assert float(weights.abs().max()) <= math.sqrt(3 * variance) + 1e-6
            assert float(weights.abs().max()) > 0.999 * math.sqrt(3 * variance)
        if init == "orthogonal":
            square = weights @ weights.t()
            torch.testing.assert_close(square, torch.eye(len(square)).double(), atol=1e-5, rtol=0)
    half = initial_weights(PARTS, init, 0.5, (0, 0), {"hidden.0": 3.0})
    torch.testing.assert_close(half["output"], drawn["output"] / 2)


def test_weights_follow_from_both_seeds_and_convolutions_count_their_taps():
    parts = (Convolution("hidden.0", 8, 8, 8, 64, 1), Affine("output", 4096, 10))
    drawn = [
        initial_weights(parts, "he_normal", 1.0, (seed, row), {})
        for seed in (0, 1)
        for row in (0, 1)
    ]
    seen = {tuple(each["hidden.0"].flatten().tolist()) for each in drawn}
    assert len(seen) == 4
    assert float(drawn[0]["hidden.0"].var()) == pytest.approx(2 / 72, rel=0.1)
    again = initial_weights(parts, "he_normal", 1.0, (0, 0), {})
    assert torch.equal(again["hidden.0"], drawn[0]["hidden.0"])


def test_the_gain_keeps_the_mean_square():
    assert unit_gain("relu", ()) == pytest.approx(math.sqrt(2), rel=1e-6)
    assert unit_gain("swish", (1.0,)) == pytest.approx(1.6765, abs=5e-5)
    z = torch.from_numpy(np.random.default_rng(0).normal(size=2_000_000))
    square = float(functional.mish(z).square().mean())
    assert unit_gain("mish", ()) == pytest.approx(square**-0.5, rel=2e-3)


def test_replicas_of_one_seed_share_their_weights_up_to_the_gain():
    config = BASE.replace(init="gain", beta_starts=(1.0, 3.0), rivals=("relu",))
    rows = replicas(config)
    ensemble = Ensemble(rows, config, architecture(config, config.described()), CPU)
    first, other_start, rival = (ensemble.state(index) for index in (0, 2, 4))
    for state, gain in ((other_start, unit_gain("swish", (3.0,))), (rival, math.sqrt(2))):
        expected = first["hidden.0.weight"] * gain / unit_gain("swish", (1.0,))
        torch.testing.assert_close(state["hidden.0.weight"], expected)
        assert torch.equal(state["output.weight"], first["output.weight"])
    assert not torch.equal(ensemble.state(1)["output.weight"], first["output.weight"])


@pytest.mark.parametrize("init", INITS)
def test_a_network_alone_starts_with_the_weights_that_it_has_among_others(init):
    config = BASE.replace(
        init=init, init_scale=0.7, init_bias=0.2, beta_scope="channel", beta_form="softplus"
    )
    rows = replicas(config)
    ensemble = Ensemble(rows, config, architecture(config, config.described()), CPU)
    for index, row in enumerate(rows):
        state = ensemble.state(index)
        for name, value in reference.network(config, row).state_dict().items():
            torch.testing.assert_close(value, state[name], rtol=1e-5, atol=1e-6)


def test_biases_start_where_they_are_told():
    config = BASE.replace(init_bias=-3.0)
    ensemble = Ensemble(replicas(config), config, architecture(config, config.described()), CPU)
    state = ensemble.state(0)
    assert (state["hidden.1.bias"] == -3).all() and (state["output.bias"] == 0).all()


def test_a_diverged_replica_is_frozen_and_its_neighbours_are_not_touched():
    config = BASE.replace(rivals=(), train_parameters=False)
    race = Race(config)
    broken = 2
    with torch.no_grad():
        race.trainer.ensemble.values[race.trainer.ensemble.blocks["hidden.1"]][broken] = math.inf
    before = race.trainer.ensemble.state(broken)
    batches = orders(5, race.samples.count, config.batch)
    alone = Race(config)
    for _ in range(6):
        numbers = torch.from_numpy(next(batches))
        for each in (race, alone):
            each.batch.load(numbers)
            each.trainer.differentiate()
            each.trainer.step(1.0)
    assert race.trainer.diverged == [1 if index == broken else None for index in range(4)]
    for name, value in race.trainer.ensemble.state(broken).items():
        assert torch.equal(value, before[name])
    for index in (0, 1, 3):
        expected = alone.trainer.ensemble.state(index)
        for name, value in race.trainer.ensemble.state(index).items():
            torch.testing.assert_close(value, expected[name])
    assert alone.trainer.diverged == [None] * 4


@pytest.mark.parametrize("network", ["mlp", "cnn", "residual_cnn"])
def test_a_replica_is_the_same_alone_and_among_64(network):
    config = BASE.replace(
        network=network,
        depth=3,
        beta_starts=(0.5, 1.0, 2.0, 4.0),
        rivals=("relu", "tanh", "mish", "elu"),
        seeds=8,
        train_parameters=False,
        normalisation="batch",
        dropout=0.2,
        clip=1.0,
    )
    rows = replicas(config)
    parts = architecture(config, config.described())
    split = datasets.get("digits").load(config.data)
    samples = Samples.of(split.train_inputs, split.train_labels, 10, CPU)
    chosen = 21  # β₀ = 2, seed 5
    batch = Batch(samples, 16)
    together = Trainer(Ensemble(rows, config, parts, CPU), batch)
    alone = Trainer(Ensemble([rows[chosen]], config, parts, CPU), batch)
    batches = orders(0, samples.count, 16)
    for _ in range(6):
        batch.load(torch.from_numpy(next(batches)))
        for each in (together, alone):
            each.differentiate()
            each.step(1.0)
        torch.testing.assert_close(together.loss[chosen], alone.loss[0], rtol=1e-4, atol=1e-5)
    expected = alone.ensemble.state(0)
    for name, value in together.ensemble.state(chosen).items():
        torch.testing.assert_close(value, expected[name], rtol=1e-3, atol=1e-4)
