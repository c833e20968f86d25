"""Training on a pretended CUDA device: the CPU's numbers, steps that are one graph, launches."""

import pytest

from swishdemo.training.recipes import recipes

RECIPES = [recipe.name for recipe in recipes()]
FEW = {"seeds": 2, "beta_starts": (0.5, 2.0)}
VARIED = {
    "sgd": {"optimiser": "sgd"},
    "nesterov": {"optimiser": "nesterov", "clip": 0.5},
    "plain adam": {"optimiser": "adam", "lr": 0.003},
    "adamw": {"optimiser": "adamw", "lr": 0.003, "schedule": "cosine"},
    "warmup": {"schedule": "warmup"},
    "in steps": {"schedule": "step"},
    "dropout": {"dropout": 0.3, "network": "mlp", "depth": 3},
    "batch": {"normalisation": "batch"},
    "layer": {"normalisation": "layer", "network": "residual_mlp", "depth": 4},
    "residual": {"network": "residual_cnn", "depth": 3},
    "channel": {"beta_scope": "channel"},
    "one beta": {"beta_scope": "network"},
    "softplus": {"beta_form": "softplus"},
    "typed": {"rivals": ("=x*tanh(a*x)", "=max(x,0)"), "train_parameters": True},
    "by layer": {"layer_activations": ("swish", "tanh"), "rivals": ("prelu", "sigmoid")},
    "amp": {"amp": True},
    "regression": {"dataset": "sine", "network": "mlp", "objective": "mse"},
    "squared": {"objective": "mse"},
    "one output": {"dataset": "moons", "network": "mlp", "objective": "mse"},
    "orthogonal": {"init": "orthogonal", "shuffled_labels": True},
    "own gain": {"init": "gain"},
    "diverging": {"lr": 2.0, "beta_starts": (0.5, 10.0), "rivals": ("relu",)},
    "table": {"dataset": "csv", "network": "mlp", "csv": "a,b,label\n1,2,x\n3,1,y\n2,2,x\n4,0,y\n"},
}


def config(name, **changes):
    from swishdemo.datasets.csv import read
    from swishdemo.training.config import TrainingConfig

    known = {recipe.name: recipe.config for recipe in recipes()}
    if name in known:
        start, given = known[name], {"seeds": min(known[name].seeds, 2)}
    else:
        start, given = TrainingConfig(), FEW | VARIED[name]
    if "csv" in given:
        rows = given["csv"].partition("\n")[2] * 30
        given = given | {"csv": read("a,b,label\n" + rows, "auto"), "batch": 16}
    return start.replace(**({"steps": 12} | given | changes))


def trained(device, name, graphs=True, **changes):
    """The reports of a run as plain values, without where it is computed; and what it counted."""
    from pretended_cuda import card

    from swishdemo.training.report import Report
    from swishdemo.training.run import Run

    card.forget_counts()
    run = Run(config(name, device=device, **changes), graphs=graphs)
    reports = [item.as_json() for item in run if isinstance(item, Report)]
    places = [report.pop("place") for report in reports]
    for report in reports:
        assert report.pop("device") == device
        report.pop("elapsed_seconds")
    return reports, [place for place in places if place], card.counted()


def watched(name):
    """The same run on the CPU and on the card, whose steps are watched.

    Of the card also: the traces of the steps that were taken call by call, and of each step
    whether it was measured, and what was counted meanwhile.
    """
    import torch
    from pretended_cuda import card

    from swishdemo.training.engine.cuda_steps import DeviceSteps

    whole, take, traces, steps = DeviceSteps._whole, DeviceSteps.take, [], []

    def traced(self):
        capturing = torch.cuda.is_current_stream_capturing()
        with card.traced() as lines:
            whole(self)
        if not capturing:
            traces.append(lines)

    def counted(self, step, *, measured):
        card.forget_counts()
        yield from take(self, step, measured=measured)
        steps.append((measured, card.counted()))

    on_cpu = trained("cpu", name)
    DeviceSteps._whole, DeviceSteps.take = traced, counted
    return on_cpu, trained("cuda", name), traces, steps


ROUNDED = {"activation-race": 1e-5}
"""Where a CPU computes in parts that fit its cache, whose ends are rounded otherwise."""


@pytest.mark.parametrize("name", [*RECIPES, *VARIED])
def test_every_run_gives_the_cpus_numbers_and_a_step_is_one_graph(pretended, name):
    """Call by call on the same memory, with nothing from the host; then one launch a step."""
    (on_cpu, _, nothing), (on_card, places, _), traces, steps = pretended(watched, name)
    assert nothing.kernels == 0
    _check_same(name, on_cpu, on_card)
    lost = sum(step is not None for step in on_card[-1]["diverged"])
    assert name != "diverging" or 0 < lost < 6
    assert [place["graph"] for place in places] == [None, True], places
    first, second, third = traces
    assert len(first) > 20 and first == second == third
    plain = [found for measured, found in steps[1:] if not measured]
    assert not any(found.from_host for found in plain)
    # Before it begins to capture, PyTorch waits once.
    assert [n for n, found in enumerate(plain) if found.synchronisations] == [3]
    assert plain[3].captured == len(first)
    assert [(found.kernels, found.replays) for found in plain[3:]] == [(0, 1)] * 6


def _check_same(name, on_cpu, on_card):
    assert len(on_cpu) == len(on_card) == 13
    if name not in ROUNDED:
        assert on_card == on_cpu
        return
    pairs = [
        (one, other)
        for here, there in zip(on_cpu, on_card, strict=True)
        for one, other in zip(here["loss"], there["loss"], strict=True)
    ]
    assert all(one == pytest.approx(other, rel=ROUNDED[name]) for one, other in pairs)
    assert any(one != other for one, other in pairs), "it need not be among them"


def left(kind):
    """A run left on one device and continued on another, against one that was not left."""
    import pickle

    from swishdemo.training.report import Report
    from swishdemo.training.run import Run

    first, second = kind
    whole, _, _ = trained(first, "dropout", steps=24)
    run, before = Run(config("dropout", device=first, steps=24)), []
    while len(before) < 10 or run.checkpoint() is None:
        before += [item for item in [next(run)] if isinstance(item, Report)]
    checkpoint = pickle.loads(pickle.dumps(run.checkpoint()))
    run.close()
    again = Run(config("dropout", device=second, steps=24), checkpoint=checkpoint)
    after = [item for item in again if isinstance(item, Report)]
    return [r["loss"] for r in whole], [list(r.loss) for r in (*before, *after)]


@pytest.mark.parametrize("kind", [("cuda", "cuda"), ("cpu", "cuda"), ("cuda", "cpu")], ids=str)
def test_a_run_may_be_left_on_one_device_and_continued_on_another(pretended, kind):
    whole, losses = pretended(left, kind)
    assert whole == losses


def whole_steps(name):
    """Kernels of a whole step of a recipe with all its replicas; synchronisations and copies."""
    from pretended_cuda import card

    from swishdemo.training.engine.cuda_steps import DeviceSteps

    found, whole = [], DeviceSteps._whole

    def counted(steps):
        card.forget_counts()
        whole(steps)
        found.append(card.counted())

    DeviceSteps._whole = counted
    known = {recipe.name: recipe.config for recipe in recipes()}
    trained("cuda", name, graphs=False, steps=5, seeds=known[name].seeds)
    return found


LAUNCHES = {
    "beta-convergence": 89,
    "playground-spiral": 74,
    "activation-race": 143,
    "depth-50": 834,
    "depth-100": 1634,
    "batch-norm": 135,
    "adam": 97,
}
"""Kernels of a step. One more is one more for each step of every run: say here why."""


@pytest.mark.parametrize("name", LAUNCHES)
def test_a_steps_kernels_are_counted(pretended, name):
    first, second, *_ = pretended(whole_steps, name)
    assert first.launches == second.launches
    assert (second.kernels, second.synchronisations, second.from_host) == (LAUNCHES[name], 0, 0)


def hindered(how):
    """A run whose step has something that no graph can hold."""
    import torch

    from swishdemo.training.engine.ensemble import Trainer

    whole = Trainer.differentiate

    def differentiate(trainer):
        whole(trainer)
        if how == "read":
            assert trainer.loss.isfinite().all().item()
        elif how == "sent":
            trainer.loss.add_(torch.zeros(len(trainer.loss)).to("cuda"))

    Trainer.differentiate = differentiate
    plain = trained("cuda", "dropout", graphs=False)
    return plain, trained("cuda", "dropout")


@pytest.mark.parametrize(("how", "why"), [("read", "capturing"), ("sent", "capturing")])
def test_where_a_step_cannot_be_captured_it_is_taken_call_by_call_and_that_is_said(
    pretended, how, why
):
    (plain, off, counted), (reports, places, found) = pretended(hindered, how)
    assert reports == plain and found.replays == counted.replays == 0
    assert [place["graph"] for place in places] == [None, False]
    assert places[-1]["graph_why"]["key"] == "train.graph.failed"
    assert why in places[-1]["graph_why"]["values"]["error"]
    assert off[0]["graph"] is False and off[0]["graph_why"]["key"] == "train.graph.off"


def mixed():
    from swishdemo.training.engine.samples import Batch

    load = Batch.load
    Batch.load = lambda batch, rows: load(batch, rows.cpu())
    return trained("cuda", "beta-convergence")


def test_one_tensor_left_on_the_cpu_fails(pretended):
    with pytest.raises(pytest.fail.Exception, match="two devices, cuda:0 and cpu"):
        pretended(mixed)


def flags():
    import torch

    from swishdemo.training.run import Run

    def now():
        return (
            torch.are_deterministic_algorithms_enabled(),
            torch.backends.cuda.matmul.allow_tf32,
            torch.backends.cudnn.allow_tf32,
            torch.utils.deterministic.fill_uninitialized_memory,
        )

    torch.backends.cuda.matmul.allow_tf32 = True
    before, run = now(), Run(config("beta-convergence", device="cuda"))
    next(run)
    during = now()
    run.close()
    return before, during, now()


def test_products_are_in_float32_and_the_process_is_as_it_was_afterwards(pretended):
    before, during, after = pretended(flags)
    assert during == (True, False, False, False)
    assert before == after != during
