"""Trained claims get the same verdict from a plain loop of PyTorch as from the engine."""

import pytest
import torch

from swishdemo import datasets
from swishdemo.claims import get
from swishdemo.settings import Settings
from swishdemo.training import reference, replicas
from swishdemo.training.sweep import SweepRequest


def dead(net, inputs):
    """By layer the share of units whose slope is below 0.001 at every sample, by autograd."""
    found = []

    def look(layer, given, out):
        z = given[0].detach().requires_grad_()
        with torch.enable_grad():
            (slope,) = torch.autograd.grad(layer.forward(z).sum(), z)
        found.append(float((slope.abs() < 0.001).all(0).float().mean()))

    held = [layer.register_forward_hook(look) for layer in net.activation]
    net.eval()(inputs)
    for each in held:
        each.remove()
    return found


def first_norms(config, net, inputs, labels):
    """By layer the norm of the gradient by weights and biases at the first batch."""
    rows = next(iter(reference.batches(config, len(inputs))))
    reference.loss_of(config, net(inputs[rows]), labels[rows]).backward()
    layers = [*net.hidden, net.output]
    gradients = [(layer.weight.grad.flatten(), layer.bias.grad) for layer in layers]
    norms = [float(torch.linalg.vector_norm(torch.cat(each))) for each in gradients]
    net.zero_grad()
    return norms


def by_hand(part):
    """The rows of a part's sweep, each network trained alone."""
    request = SweepRequest.parse(part.request(Settings()), Settings())
    torch.set_num_threads(1)
    for index in range(len(request.changes)):
        config = request.config(index)
        split = datasets.get(config.dataset).load(config.data)
        train = torch.tensor(split.train_inputs), torch.tensor(split.train_labels)
        test = torch.tensor(split.test_inputs), torch.tensor(split.test_labels)
        row = {"replicas": [], "accuracy": [], "diverged": [], "dead": [], "norms": []}
        for replica in replicas(config):
            net = reference.network(config, replica)
            row["norms"].append(first_norms(config, net, *train))
            ended = reference.learn(config, config.steps, net, *train)
            figures = {} if "diverged" in ended else reference.evaluate(config, net, *test)
            row["replicas"].append(replica.as_json())
            row["accuracy"].append(figures.get("accuracy"))
            row["diverged"].append(ended.get("diverged"))
            row["dead"].append(dead(net, test[0]))
        yield {
            **row,
            "index": index,
            "values": request.values(index),
            "state": "finished",
            "summary": {"ended": "steps"},
            "dead": list(zip(*row["dead"], strict=True)),
            "first_gradient_norm": list(zip(*row["norms"], strict=True)),
            "elapsed_seconds": 1.0,
        }


def by_engine(part):
    from swishdemo.training.run import sweep
    from swishdemo.training.sweep_results import SweepRow

    request = SweepRequest.parse(part.request(Settings()), Settings())
    return [item.as_json() for item in sweep(request) if isinstance(item, SweepRow)]


@pytest.mark.parametrize(
    ("claim", "part"),
    [
        ("vanishing", "depth"),
        pytest.param("dead-relu", "units", marks=pytest.mark.long),
        pytest.param("alive", "cure", marks=pytest.mark.long),
    ],
)
def test_a_plain_loop_gives_the_same_verdict(claim, part):
    record = get(claim).part(part)
    config = SweepRequest.parse(record.request(Settings()), Settings()).as_json()
    mine = record.evidence(config, list(by_hand(record)))
    theirs = record.evidence(config, by_engine(record))
    assert record.judge(mine).verdict == record.judge(theirs).verdict != "undecided"
    pairs = [
        (one, other)
        for here, there in zip(mine["settings"], theirs["settings"], strict=True)
        for one, other in zip(here["effects"], there["effects"], strict=True)
    ]
    assert all(one["blind"] == other["blind"] for one, other in pairs)
    for one, other in pairs:  # training makes rounding larger, most of all at large rates
        if None not in (one["low"], other["low"]):  # as where a network is always dead
            assert one["low"] <= other["high"] and other["low"] <= one["high"]
        if one["of"] == "gradient":
            assert one["mean"] == pytest.approx(other["mean"], abs=1e-4)
