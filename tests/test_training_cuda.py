"""Training on a pretended CUDA device: the CPU's numbers, steps that are one graph, launches."""

import gpu_training
import pytest
import test_gpu_training

from swishdemo.training.recipes import recipes

RECIPES = [recipe.name for recipe in recipes()]
LONG = pytest.mark.long
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
    # Much at once: where one of these differs, those of one kind each tell which.
    "pictures": {
        **{"network": "residual_cnn", "depth": 3, "normalisation": "batch", "amp": True},
        **{"optimiser": "adamw", "lr": 0.003, "schedule": "cosine", "dropout": 0.3},
    },
    "layers": {
        **{"network": "residual_mlp", "depth": 4, "normalisation": "layer", "dropout": 0.3},
        **{"layer_activations": ("swish", "tanh", "swish", "tanh"), "beta_scope": "channel"},
        **{"rivals": ("prelu", "=x*tanh(a*x)"), "train_parameters": True},
        **{"optimiser": "nesterov", "clip": 0.5, "schedule": "warmup", "shuffled_labels": True},
    },
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
    import torch
    from pretended_cuda import card

    from swishdemo.training.report import Report
    from swishdemo.training.run import Run

    # The same flag as by `use_deterministic_algorithms`, which loads torch.compile for it: 1.7 s.
    torch.set_deterministic_debug_mode("error")
    torch.utils.deterministic.fill_uninitialized_memory = False
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

    from swishdemo.training import run
    from swishdemo.training.engine.steps import DeviceSteps

    # The same passes over the test set, whose sums are then rounded alike.
    run.evaluated_together = lambda parts, count, device, found=run.evaluated_together: found(
        parts, count, torch.device("cpu")
    )
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


SHORT = {"beta-convergence": 89, "depth-50": 834, "diverging": 83, "pictures": 261, "layers": 388}
"""Steps that differ in kind, and their kernels; the others are much like these.

One more is one more for each step of every run: say here why.
"""


def short_or_long(names):
    """Parameters: those of `SHORT`, and the others, which are long."""
    return [pytest.param(name, marks=[LONG] * (name not in SHORT)) for name in names]


@pytest.mark.parametrize("name", short_or_long([*RECIPES, *VARIED]))
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
    assert len(first) == SHORT.get(name, len(first))
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


# From a card to a card: `gpu_training.continued` below.
@pytest.mark.parametrize(
    "kind",
    [pytest.param(("cuda", "cuda"), marks=LONG), ("cpu", "cuda"), ("cuda", "cpu")],
    ids=str,
)
def test_a_run_may_be_left_on_one_device_and_continued_on_another(pretended, kind):
    whole, losses = pretended(left, kind)
    assert whole == losses


def whole_steps(name):
    """Kernels of a whole step of a recipe with all its replicas; synchronisations and copies."""
    from pretended_cuda import card

    from swishdemo.training.engine.steps import DeviceSteps

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
"""Kernels of a step with all replicas. They are as many with a few: `SHORT`."""


@pytest.mark.parametrize(
    "name",
    [name if name == "beta-convergence" else pytest.param(name, marks=LONG) for name in LAUNCHES],
)
def test_a_steps_kernels_are_counted(pretended, name):
    first, second, *_ = pretended(whole_steps, name)
    assert first.launches == second.launches
    assert (second.kernels, second.synchronisations, second.from_host) == (LAUNCHES[name], 0, 0)


def hindered(ways):
    """A run whose step has something that no graph can hold: call by call, and as it is taken."""
    import torch

    from swishdemo.training.engine.ensemble import Trainer

    whole = Trainer.differentiate

    def differentiate(trainer):
        whole(trainer)
        if how == "read":
            assert trainer.loss.isfinite().all().item()
        elif how == "sent":
            trainer.loss.add_(torch.zeros(len(trainer.loss)).to("cuda"))

    Trainer.differentiate, how = differentiate, ways[0]
    plain, found = trained("cuda", "dropout", graphs=False, steps=8), []
    for way in ways:
        how = way
        found.append(trained("cuda", "dropout", steps=8))
    return plain, found


def test_where_a_step_cannot_be_captured_it_is_taken_call_by_call_and_that_is_said(pretended):
    (plain, off, counted), hindered_by = pretended(hindered, ("read", "sent"))
    assert counted.replays == 0
    assert off[0]["graph"] is False and off[0]["graph_why"]["key"] == "train.graph.off"
    for reports, places, found in hindered_by:
        assert reports == plain and found.replays == 0
        assert [place["graph"] for place in places] == [None, False]
        assert places[-1]["graph_why"]["key"] == "train.graph.failed"
        assert "capturing" in places[-1]["graph_why"]["values"]["error"]


def mixed():
    from swishdemo.training.engine.batch import Batch

    load = Batch.load
    Batch.load = lambda batch, rows: load(batch, rows.cpu())
    return trained("cuda", "beta-convergence", steps=1)


def test_one_tensor_left_on_the_cpu_fails(pretended):
    with pytest.raises(pytest.fail.Exception, match="two devices, cuda:0 and cpu"):
        pretended(mixed)


def flags():
    import torch

    from swishdemo.training.engine.ensemble import Trainer
    from swishdemo.training.run import Run

    def now():
        return torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32

    during, whole = set(), Trainer.differentiate

    def differentiate(trainer):
        during.add(now())
        whole(trainer)

    Trainer.differentiate = differentiate
    torch.backends.cuda.matmul.allow_tf32 = True
    before, run = now(), Run(config("beta-convergence", device="cuda", steps=3))
    resting = {now() for _ in run}
    return before, during, resting, now()


def test_products_are_in_float32_and_between_two_steps_the_process_is_as_it_was(pretended):
    before, during, resting, after = pretended(flags)
    assert during == {(False, False)}
    assert before == after == (True, True) and resting == {before}


WIDE = {
    "mlp": {"network": "mlp", "width": 64, "depth": 3},
    "cnn": {"network": "cnn", "width": 16, "depth": 3},
    "residual": {"network": "residual_cnn", "width": 8, "depth": 4, "normalisation": "layer"},
    "typed": {"network": "mlp", "width": 64, "rivals": ("=x*tanh(a*x)", "mish")},
}


def evaluation(changes, total):
    """Figures of the test set, in how many passes, and the bytes that it took."""
    import torch
    from pretended_cuda import card

    from swishdemo import datasets
    from swishdemo.training.architecture import architecture, outputs
    from swishdemo.training.config import TrainingConfig, replicas
    from swishdemo.training.engine.batch import Samples
    from swishdemo.training.engine.ensemble import Ensemble
    from swishdemo.training.placement import evaluated_numbers, evaluated_together
    from swishdemo.training.probes import Scorer

    config, device = TrainingConfig(**changes), torch.device("cuda")
    dataset = config.described()
    split = datasets.get(config.dataset).load(config.data)
    count, parts, rows = outputs(config, dataset), architecture(config, dataset), replicas(config)
    test = Samples.of(split.test_inputs, split.test_labels, count, device)
    ensemble = Ensemble(rows, config, parts, device)
    card.set_memory(total)
    together = evaluated_together(parts, len(rows), device)
    scorer, passes = Scorer(ensemble, test, together), 0
    torch.cuda.reset_peak_memory_stats()
    before, evaluated = torch.cuda.memory_allocated(), scorer.evaluate(test.count, units=True)
    try:
        while True:
            next(evaluated)
            passes += 1
    except StopIteration as end:
        found = end.value
    taken = torch.cuda.max_memory_allocated() - before
    estimated = 4 * len(rows) * evaluated_numbers(parts) * min(together, test.count)
    return found.loss.tolist(), found.accuracy.tolist(), passes, taken, estimated


@pytest.mark.parametrize(
    "name", ["mlp", pytest.param("cnn", marks=LONG), "residual", pytest.param("typed", marks=LONG)]
)
def test_an_evaluation_takes_one_pass_where_there_is_memory(pretended, name):
    loss, accuracy, passes, taken, estimated = pretended(evaluation, WIDE[name], 16 * 2**30)
    assert passes == 1 and taken <= estimated <= 16 * 2**30 / 8
    less, less_accuracy, more, bytes_, fitting = pretended(evaluation, WIDE[name], 2**29)
    assert more > 1 and bytes_ <= 2 * fitting <= 2**29 / 4  # passes of two sizes
    assert less == pytest.approx(loss, rel=1e-5) and less_accuracy == accuracy


def rooms():
    """Bytes for an evaluation as a card fills up."""
    import torch
    from pretended_cuda import card

    from swishdemo.training.placement import _room

    card.set_memory(2**24)
    device, found, kept = torch.device("cuda"), [], []
    for _ in range(8):
        found.append(_room(device))
        kept.append(torch.empty(2**21, dtype=torch.uint8, device=device))
    return found, _room(device)


def test_what_an_evaluation_takes_is_a_share_of_all_and_less_only_where_that_is_not_free(pretended):
    found, last = pretended(rooms)
    assert found == [2**21] * 8 and last == 0


@pytest.mark.parametrize(
    "name", [pytest.param("beta-convergence", marks=LONG), "playground-spiral"]
)
def test_what_a_real_gpu_is_checked_for_holds_here(pretended, name):
    found = pretended(gpu_training.compared, name, 8)
    test_gpu_training.check(found)
    assert found["to calls"] == 0


def test_a_run_gives_its_memory_back_and_goes_on_where_it_was_left(pretended):
    assert pretended(gpu_training.kept_memory) == 0
    assert pretended(gpu_training.continued) == 0


def exported():
    """A run's weights and its script, run there; and the weights of the same run on the CPU."""
    import io
    from contextlib import redirect_stderr, redirect_stdout

    import torch

    from swishdemo.training.checkpoint import Weights
    from swishdemo.training.report import Report
    from swishdemo.training.run import Run
    from swishdemo.training.script import script

    found = {}
    for device in ("cpu", "cuda"):
        changes = {"seeds": 1, "beta_starts": (0.5,), "steps": 6, "device": device}
        made = config("dropout", **changes)
        items = list(Run(made))
        found[device] = [i.as_json() for i in items if isinstance(i, Weights)][-1]
        last = [i.as_json() for i in items if isinstance(i, Report)][-1]
    text = script(made.as_json(), last)
    said, told = io.StringIO(), io.StringIO()
    with redirect_stderr(said), redirect_stdout(told):
        exec(compile(text, "script", "exec"), {"__name__": "__main__"})
    flags = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    return found, text, said.getvalue(), flags


def test_its_weights_and_its_script_are_those_of_the_cpu(pretended):
    found, text, said, flags = pretended(exported)
    assert found["cpu"] == found["cuda"]
    assert "without TF32" in text and flags == (False, False)
    assert said.startswith("3 of 3 networks have the run's test loss to 0.1 %"), said


def rates():
    import io
    import sys
    from contextlib import redirect_stdout
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
    import bench_gpu

    bench_gpu.WIDTHS = (16,)
    told = io.StringIO()
    with redirect_stdout(told):
        found = bench_gpu.training("cuda", turns=1, steps=2)
    return found, told.getvalue()


def test_the_benchmark_of_training_runs_and_says_what_is_missed(pretended):
    found, told = pretended(rates)
    assert found.keys() == {"graph", "calls", "cpu", "spiral 16"}
    assert "each step is one CUDA graph" in told
    assert "(goal 100 M/s: missed)" in told  # its kernels are the CPU's


def fused():
    """A run whose Swish is the fused kernel, for which PyTorch's operations stand here."""
    import sys
    from types import SimpleNamespace

    import torch

    from swishdemo.training.engine import activations

    def backward(g, x, beta):
        seen.append(x.shape)
        s = torch.sigmoid(beta[:, None] * x)
        slope = g * s * (1 - s) * x
        return g * s + slope * beta[:, None], (slope * x).sum((0, 2))

    seen, plain = [], trained("cuda", "beta-convergence")
    sys.modules["swishdemo.kernels.cuda"] = SimpleNamespace(
        forward=lambda x, beta: x * torch.sigmoid(beta[:, None] * x), backward=backward
    )
    activations.FUSED_ON_CUDA = True
    return seen, plain, trained("cuda", "beta-convergence")


def test_the_fused_kernel_is_used_where_it_is_switched_on_and_can_be_captured(pretended):
    seen, (plain, _, _), (reports, places, found) = pretended(fused)
    assert seen and all(shape[0] == 1 for shape in seen)
    assert places[-1]["graph"] is True and found.replays == 6
    for one, other in zip(plain, reports, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-4)
        assert one["beta"][0] == pytest.approx(other["beta"][0], rel=1e-3)


def waits(name):
    """How often each report has the host wait for the device, and what it tells."""
    from pretended_cuda import card

    from swishdemo.training.reporting import Reporter

    whole, found = Reporter.report, []

    def counted(reporter, step, loss, tested, *, looks, pictured):
        card.forget_counts()
        report = yield from whole(reporter, step, loss, tested, looks=looks, pictured=pictured)
        found.append((tested, looks or pictured, card.counted().synchronisations))
        return report

    Reporter.report = counted
    trained("cuda", name, steps=6, train_parameters=True, rivals=("relu", "prelu"))
    return found


@pytest.mark.parametrize("name", ["depth-100", "by layer"])
def test_a_report_waits_as_often_for_a_hundred_layers_as_for_two(pretended, name):
    found = pretended(waits, name)
    plain = {count for tested, looks, count in found if not tested and not looks}
    tested = {count for tested, looks, count in found if tested and not looks}
    # For the loss, β, and other parameters; then for the test loss, the accuracy, and β's sizes.
    assert plain == {3} and tested == {6}
