"""A run as a script, in a process without this project: its final figures are the run's."""

import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from test_datasets_hub import COLOUR, GREY, as_parquet
from test_training_any import REQUESTS, mended

from swishdemo.datasets import images, names
from swishdemo.datasets.csv import read
from swishdemo.datasets.table import wordless
from swishdemo.errors import UserError
from swishdemo.training import Report, TrainingConfig, recipes, reference, replicas
from swishdemo.training.run import Run, train
from swishdemo.training.script import script

RUNNER = Path(__file__).with_name("script_runner.py")
SMALL = TrainingConfig(seeds=2, beta_starts=(0.5, 2.0), steps=30, width=4)
MLP = SMALL.replace(dataset="spiral", network="mlp", width=6, lr=0.01)
TABLE = "size;weight;kind\n" + "\n".join(
    f"{n % 7 - 3};{(n * n) % 11 / 3};{'odd ones' if n % 3 else 'the rest'}" for n in range(90)
)


@pytest.fixture(scope="module")
def execute(tmp_path_factory):
    """Runs a script in the process that cannot import this project."""
    folder = tmp_path_factory.mktemp("scripts")
    process = subprocess.Popen(
        [sys.executable, "-I", str(RUNNER)],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def executed(text, table=None):
        path, arguments = folder / "script.py", []
        path.write_text(text, "utf-8")
        if table is not None:
            (folder / "table.csv").write_bytes(table.encode())
            arguments = ["table.csv"]
        process.stdin.write(json.dumps({"path": str(path), "arguments": arguments}) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        assert not answer["failed"], f"{answer['failed']}\n{text}"
        executed.said = answer["said"]
        return [json.loads(line) for line in answer["written"].splitlines()]

    with process:  # which closes its ends and waits
        yield executed


def final(config):
    return [item for item in train(config) if isinstance(item, Report)][-1]


def written(config, last=None):
    text = script(json.loads(json.dumps(config.as_json())), last.as_json() if last else {})
    assert "swishdemo" not in text
    return text


def hold(found, config, report, relative=2e-3, absolute=2e-5, answers=True):
    """The script's figures are the report's; where answers are all but ties, their losses."""
    rows = replicas(config)
    assert [(one["beta_start"], one["seed"]) for one in found] == [
        (row.beta_start, row.seed) for row in rows
    ]
    assert all(
        one["activation"] in (row.activation, f"{row.activation} (rival)")
        for one, row in zip(found, rows, strict=True)
    )

    def near(value):
        return pytest.approx(value, rel=relative, abs=absolute)

    test = config.described().test
    regression = config.described().task == "regression"
    for number, (one, row) in enumerate(zip(found, rows, strict=True)):
        assert one.get("diverged") == report.diverged[number]
        if "diverged" in one:
            continue
        assert one["loss"] == near(report.loss[number])
        if report.test_loss[number] is None:  # the last step of all went astray
            assert not math.isfinite(one["test_loss"])
            continue
        assert one["test_loss"] == near(report.test_loss[number])
        # Some answers are all but ties, and fall as the processor rounds.
        apart = 10 * relative if regression else 5.5 / test
        if answers:
            assert one["accuracy"] == pytest.approx(report.accuracy[number], abs=apart)
        if not row.rival and config.beta_scope != "fixed":
            betas = [layer[number] for layer in report.beta]
            assert one.get("beta", []) == [near(beta) for beta in betas if beta is not None]


CONFIGS = {
    "beta-convergence": recipes()[0].config.replace(seeds=2, beta_starts=(0.1, 10.0), steps=60),
    "MLP on the spiral": MLP.replace(
        normalisation="batch",
        dropout=0.2,
        optimiser="adam",
        schedule="cosine",
        beta_lr_factor=2.0,
    ),
    "residual MLP, a formula that learns": MLP.replace(
        network="residual_mlp",
        depth=4,
        activation="=a*x*sigmoid(beta*x) + c*tanh(x)",
        train_parameters=True,
        beta_form="softplus",
        beta_scope="channel",
        rivals=("prelu", "acon_c", "leaky_relu"),
        init="gain",
    ),
    "regression": MLP.replace(
        dataset="sine", objective="mse", noise=0.1, schedule="step", optimiser="adamw"
    ),
    "residual CNN": SMALL.replace(
        network="residual_cnn",
        depth=3,
        normalisation="batch",
        beta_scope="channel",
        schedule="warmup",
        optimiser="nesterov",
        clip=0.5,
        lr=0.01,
    ),
    "one β for layers that differ": MLP.replace(
        depth=4,
        beta_scope="network",
        beta_form="softplus",
        train_parameters=True,
        layer_activations=("swish", "acon_c", "tanh", "swish"),
        rivals=("swish",),
        normalisation="layer",
        network="residual_mlp",
    ),
    "squared error to ±1, shuffled": MLP.replace(
        dataset="moons", objective="mse", shuffled_labels=True, noise=0.1, init="orthogonal"
    ),
    "squared error to one-hot targets": SMALL.replace(
        objective="mse", init="xavier", samples=400, noise=0.5, test_share=0.4
    ),
    "fixed β, no decay": SMALL.replace(
        beta_scope="fixed", weight_decay=0.0, init="he_uniform", rivals=("elu", "softplus")
    ),
    "fixed β at 1, no other": SMALL.replace(
        beta_scope="fixed", beta_starts=(1.0,), rivals=(), init="lecun", optimiser="sgd"
    ),
    "itself with a fixed β": SMALL.replace(rivals=("swish@2", "swish@-0.5", "e_swish@1.5")),
    "one that diverges": SMALL.replace(lr=0.5, optimiser="sgd", init_scale=3.0, rivals=("relu",)),
    "circles": MLP.replace(dataset="circles", depth=1, init_bias=0.3),
    "xor": MLP.replace(dataset="xor", noise=0.05),
    "gaussians": MLP.replace(dataset="gaussians", steps=3, samples=50, batch=16),
    "checkerboard": MLP.replace(dataset="checkerboard", data_seed=3, seed=9, dropout=0.5),
    "images as rows": MLP.replace(dataset="digits"),
}


MORE = {
    *("beta-convergence", "squared error to one-hot targets", "fixed β, no decay", "circles"),
    *("xor", "gaussians", "checkerboard", "images as rows"),
}
"""Much like others; the datasets are read below, and a journey repeats the first."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (name in MORE)) for name in CONFIGS]
)
def test_the_script_finds_what_the_run_found(name, execute):
    """After few steps, which are enough to differ."""
    repeated(name, CONFIGS[name].replace(steps=min(CONFIGS[name].steps, 12)), execute)


@pytest.mark.long
@pytest.mark.parametrize("name", CONFIGS)
def test_the_script_finds_what_a_longer_run_found(name, execute):
    repeated(name, CONFIGS[name], execute)


def repeated(name, config, execute):
    report = final(config)
    found = execute(written(config))
    hold(found, config, report)
    if name == "one that diverges":
        assert any(report.diverged) and not all(report.diverged)
    assert len({json.dumps(one) for one in found}) == len(found)


UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


@settings(max_examples=8, derandomize=True, **UNHURRIED)
@given(request=REQUESTS)
def test_whatever_is_allowed_is_repeated(request, execute):
    repeat(request, execute)


@pytest.mark.long
@settings(max_examples=400, **UNHURRIED)
@given(request=REQUESTS)
def test_whatever_else_is_allowed_is_repeated(request, execute):
    repeat(request, execute)


def repeat(request, execute):
    # Of what is chaotic, such as the norm of units that all say the same, no figures are repeated.
    tame = {"lr": 0.01, "amp": False, "init_scale": 1.0, "batch": max(8, request["batch"])}
    if request.get("normalisation", "none") != "none":
        tame["init_bias"] = 0.0
        # One unit is its layer's mean: what is left of it is rounding, which Adam follows all the
        # same.
        tame["width"] = max(4, request.get("width", 4))
    config = mended(request | tame | {"stop_when_converged": False, "target_accuracy": 0.0})
    try:
        report = final(config)
    except UserError:
        return
    hold(
        execute(written(config), config.csv and config.csv.text),
        config,
        report,
        relative=0.02,
        answers=False,
        absolute=1e-3,
    )


def test_products_in_bfloat16(execute):
    config = SMALL.replace(amp=True, steps=10)
    hold(execute(written(config)), config, final(config), relative=0.03, absolute=0.02)
    assert written(config).count("bfloat16()") == 2


@pytest.mark.parametrize("labels", ["words", "numbers", "targets"])
def test_a_table_is_read_from_the_first_argument(labels, execute):
    text = {
        "words": TABLE,
        "numbers": TABLE.replace("odd ones", "3.0").replace("the rest", "-12"),
        "targets": "\n".join(f"{n % 7},7,{n % 5 * 0.13 + n * 0.01:.3f}" for n in range(90)),
    }[labels]
    table = read({"name": "mine.csv", "text": "\ufeff\n" + text + "\n\n"})
    config = MLP.replace(dataset="csv", csv=table, objective="mse", batch=16, samples=80)
    config = config.replace(noise=0.1, steps=12)
    hold(execute(written(config), "\ufeff\n" + text + "\n\n"), config, final(config))
    assert "odd ones;" not in written(config)


SAVED = {
    "by Excel in Europe": "sep=;\r\nsize;weight;kind\r\n"
    + "".join(f"{n},5;{n * n % 11};{'ab'[n % 2]}\r\n" for n in range(40)),
    "by pandas with its index": ",old,weight,id\n"
    + "".join(f"{n},{n % 3 == 0},{n / 8},{2**53 + n % 3}\n" for n in range(40)),
    "by pandas without names": "0,1,2\n"
    + "".join(f"{n / 8},{-n / 16},{n % 2}\n" for n in range(40)),
    "by R, with empty columns": '"","a b","y",\n'
    + "".join(f'"{n}",{n / 8},{n * 1.25},\n' for n in range(40)),
    "by R with blanks": '"a" "y"\n' + "".join(f'"{n}" {n / 8} "{n % 2}"\n' for n in range(40)),
    "with a line in a label": '"a;\n1",label\n'
    + "".join(f'{n},"{n % 2};\n{n % 2}"\n' for n in range(40)),
    "in Latin letters": "a,sort\n" + "".join(f"{n},{'éü'[n % 2]}\n" for n in range(40)),
    "without a header": "".join(f"{n / 8},{n % 3},{n % 2}\n" for n in range(40)),
}
WORDED = ("by Excel in Europe", "with a line in a label")
"""Tables of which words are told: the suite has these without their words."""
WAYS = ("utf-8", "utf-8-sig", "utf-16", "gb18030", "cp1252")


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        pytest.param(
            name,
            encoding,
            # Each table in one encoding, and a table of letters in each.
            marks=[pytest.mark.long] * (encoding != "utf-8" and name != "in Latin letters"),
        )
        for encoding in WAYS
        for name in SAVED
    ],
)
def test_a_table_is_read_in_the_script_as_it_was_here(
    name, encoding, tmp_path, monkeypatch, capsys
):
    path = tmp_path / "mine.csv"
    path.write_bytes(SAVED[name].encode(encoding))
    # A browser hands over text, and its text field knows one line end.
    table = read({"name": "mine.csv", "text": SAVED[name].replace("\r\n", "\n")})
    config = MLP.replace(dataset="csv", csv=table, objective="mse", batch=8, data_seed=3)
    text = written(config)
    monkeypatch.setattr("sys.argv", ["script.py", str(path)])
    space = {}
    exec(text.partition("\nclass ")[0], space)
    assert capsys.readouterr().err == ""  # the table is known again
    split = config.described().load(config.data)
    for part in ("train", "test"):
        x, y = space[f"{part}_x"].numpy(), space[f"{part}_y"].numpy()
        np.testing.assert_allclose(x, getattr(split, f"{part}_inputs"), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(y, getattr(split, f"{part}_labels"), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.long] * (name not in WORDED)) for name in SAVED],
)
def test_a_table_whose_words_are_not_archived_is_read_alike(name, tmp_path, monkeypatch, capsys):
    path = tmp_path / "mine.csv"
    path.write_text(SAVED[name], "utf-8")
    table = read({"name": "mine.csv", "text": SAVED[name].replace("\r\n", "\n")})
    config = MLP.replace(dataset="csv", csv=table, objective="mse", batch=8, data_seed=3)
    monkeypatch.setattr("sys.argv", ["script.py", str(path)])
    spaces = {}, {}
    archived = json.loads(wordless(json.dumps(config.as_json())))
    for space, record in zip(spaces, (config.as_json(), archived), strict=True):
        exec(script(record, {}).partition("\nclass ")[0], space)
    assert capsys.readouterr().err == ""
    for part in ("train_x", "train_y", "test_x", "test_y"):
        assert spaces[0][part].equal(spaces[1][part])


def test_another_table_is_told_to_be_another(tmp_path, monkeypatch, capsys):
    path = tmp_path / "other.csv"
    path.write_text(SAVED["without a header"].replace("0.125", "0.375"))
    table = read(SAVED["without a header"])
    text = written(MLP.replace(dataset="csv", csv=table, batch=8))
    monkeypatch.setattr("sys.argv", ["script.py", str(path)])
    exec(text.partition("\nclass ")[0], {})
    assert "not the table" in capsys.readouterr().err


def test_a_table_of_an_older_version_has_its_script():
    text = SAVED["without a header"]
    record = MLP.replace(dataset="csv", csv=read(text), batch=8).as_json()
    del record["csv_header"]
    for name in ("header", "separator", "decimal", "used", "row_names"):
        del record["csv"][name]
    older = script(record, {})
    compile(older, "script.py", "exec")
    assert "delimiter = next(" in older and "str(int(float(" in older


@pytest.mark.parametrize(
    ("name", "source", "noise"),
    [
        ("mnist", GREY, 0.0),
        ("cifar10", COLOUR, 0.3),
        pytest.param("mnist", GREY, 0.3, marks=pytest.mark.long),
        pytest.param("cifar10", COLOUR, 0.0, marks=pytest.mark.long),
    ],
)
def test_images_of_the_hub_are_fetched_and_chosen_alike(name, source, noise, tmp_path, monkeypatch):
    def fetched(repository, file, **given):
        assert repository == source.repository and given in ({}, {"repo_type": "dataset"})
        path = tmp_path / file.replace("/", "-")
        part = file.rpartition("/")[2].partition("-")[0]
        path.write_bytes(as_parquet(source, part))
        return path

    monkeypatch.setitem(images.SOURCES, name, source)
    monkeypatch.setattr(images, "fetch", fetched)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", fetched)
    config = SMALL.replace(dataset=name, samples=100, noise=noise, data_seed=4)
    text = written(config)
    assert "pip install torch numpy huggingface_hub pillow pyarrow\n" in text
    space = {}
    exec(text.partition("\nclass ")[0], space)
    split = images.loader(source)(config.data)
    for part in ("train", "test"):
        x, y = space[f"{part}_x"].numpy(), space[f"{part}_y"].numpy()
        np.testing.assert_allclose(x, getattr(split, f"{part}_inputs"), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(y, getattr(split, f"{part}_labels"))


@pytest.mark.parametrize("name", sorted({*names()} - {"csv", *images.SOURCES}))
@pytest.mark.parametrize("options", [{}, {"noise": 0.3, "samples": 90, "data_seed": 4}], ids=str)
def test_each_dataset_has_its_lines_in_the_script(name, options):
    config = MLP.replace(dataset=name, objective="mse", batch=8, **options)
    space = {}
    exec(written(config).partition("\nclass ")[0], space)
    split = config.described().load(config.data)
    for part in ("train", "test"):
        x, y = space[f"{part}_x"].numpy(), space[f"{part}_y"].numpy()
        np.testing.assert_allclose(x, getattr(split, f"{part}_inputs"), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(y, getattr(split, f"{part}_labels"), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "name", ["MLP on the spiral", "residual CNN", "one β for layers that differ"]
)
def test_weights_of_the_run_load_into_the_network_of_the_script(name):
    config = CONFIGS[name].replace(steps=2)
    run = Run(config)
    list(run)
    space = {}
    exec(written(config).partition("\nREPLICAS = ")[0], space)
    inputs = torch.tensor(config.described().load(config.data).test_inputs)
    for number, row in enumerate(replicas(config)):
        name = f"{row.activation} (rival)" if row.rival else row.activation
        made = space["ACTIVATIONS"].get(name) or space["ACTIVATIONS"][row.activation]
        theirs = space["Network"](made(row.beta_start), row.seed).eval()
        ours = reference.network(config, row).eval()
        for network in (theirs, ours):
            network.load_state_dict(run.weights(number))
        torch.testing.assert_close(theirs(inputs), ours(inputs))


def test_a_run_that_ended_early_is_repeated_up_to_there(execute):
    config = SMALL.replace(target_accuracy=0.5, steps=400)
    report = final(config)
    assert report.ended == "target_accuracy" and 0 < report.step < 400
    text = written(config, report)
    assert f"STEPS, BATCH, LR = {report.step}," in text and "test accuracy was reached" in text
    hold(execute(text), config, report)
    late = replace(report, ended="max_seconds", step=7)
    assert "STEPS, BATCH, LR = 7," in written(config, late)
    assert "STEPS, BATCH, LR = 400," in written(config, replace(report, ended=None))


@pytest.mark.parametrize("name", ["beta-convergence", "one that diverges"])
def test_the_script_says_how_far_it_is_from_the_run(name, execute):
    config = CONFIGS[name].replace(steps=10)
    report = final(config)
    count = len(replicas(config))
    execute(written(config, report))
    assert execute.said.startswith(f"{count} of {count} networks have the run's test loss to 0.1 %")
    losses = [None if loss is None else 1.5 * loss for loss in report.test_loss]
    execute(written(config, replace(report, test_loss=tuple(losses))))
    lost = sum(loss is None for loss in losses)
    assert execute.said.startswith(f"{lost} of {count}") and "33 % off" in execute.said
    assert "RUN" not in written(config)  # what has not ended has no figures to be held to


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.name)
def test_the_script_names_figures_as_measured_where_they_were(recipe):
    other = "not measured for this run"
    head = " ".join(written(recipe.config).split('"""')[1].split())
    measured = {"beta-convergence": "of 48 networks 47", "depth-50": "of 9 networks none"}
    assert (other in head) != (recipe.name in measured)
    for name, found in measured.items():
        # Another recipe's figures stand under its own title.
        assert (found in head) == (other in head or recipe.name == name)
    if recipe.name in measured:
        changed = recipe.config.replace(lr=0.5 * recipe.config.lr)
        assert other in " ".join(written(changed).split())


def test_only_what_the_run_uses_is_written():
    plain = written(MLP.replace(weight_decay=0.0, beta_decay=0.0, beta_lr_factor=1.0, rivals=()))
    for absent in ("Dropout", "Norm", "Skip", "groups", "schedule", "clip", "softplus", "sklearn"):
        assert absent not in plain
    assert len(plain.splitlines()) < 200
    assert not re.search(r"[ \t]$", plain, re.MULTILINE)
    longest = written(CONFIGS["residual MLP, a formula that learns"])
    for present in ("before + x", "Positive(activation, 6", "unit_gain(", "groups("):
        assert present in longest


def test_on_a_gpu_all_lies_there():
    record = final(MLP.replace(steps=1, dropout=0.1))
    text = written(MLP.replace(dropout=0.1), replace(record, device="cuda"))
    assert (
        'torch.set_default_device("cuda")' in text
        and "torch.Generator(torch.get_default_device())" in text
    )
    compile(text, "script.py", "exec")


def test_names_that_visitors_chose_stay_words():
    rows = "\n".join(f'{n},{"abc"[n % 3]}"""\'\\n{{x}}' for n in range(30)).replace('"""', "")
    table = read({"name": '"""\nimport os', "text": f"a,label\n{rows}"})
    text = written(MLP.replace(dataset="csv", csv=table, batch=8))
    compile(text, "script.py", "exec")
    assert "import os" not in text


def test_a_network_without_a_test_loss_is_as_the_run_had_it(capsys):
    diverged, infinite, far = {"diverged": 3}, {"test_loss": math.inf}, {"test_loss": 2.0}
    reference.compare([diverged, infinite], [None, None])
    assert capsys.readouterr().err.startswith("2 of 2 networks have")
    reference.compare([diverged, infinite, far], [1.0, 1.0, None])
    assert capsys.readouterr().err.startswith("0 of 3 networks have")
