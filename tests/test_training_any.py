"""Any config that is allowed trains: a few steps of whatever is put together."""

import dataclasses
import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swishdemo.errors import UserError
from swishdemo.settings import Settings
from swishdemo.training import Report, TrainingConfig, replicas, summarise
from swishdemo.training.request import parse_run
from swishdemo.training.run import train

SETTINGS = Settings()
TABLE = TrainingConfig.fields(SETTINGS)
FORMULA = "=x*sigmoid(beta*x)+c*x"
NAMES = st.sampled_from(["swish", "relu", "prelu", "acon_c", "tanh", "gelu", "mish", FORMULA])
FIXED = st.sampled_from(["swish@1.5", "swish@-2", "acon_c@0", "softplus@3"])
ROWS = "\n".join(f"{math.sin(n)},{n % 7},{n % 3},{'uvw'[n % 3]}" for n in range(60))


def choices(name):
    return st.sampled_from(TABLE[name].choices)


REQUESTS = st.fixed_dictionaries(
    {
        "dataset": st.sampled_from(["digits", "spiral", "sine", "csv", "checkerboard"]),
        "depth": st.integers(1, 5),
        "width": st.sampled_from([1, 2, 5]),
        "steps": st.integers(1, 4),
        "batch": st.sampled_from([1, 2, 8, 33]),
        "seeds": st.integers(1, 2),
        "beta_starts": st.lists(st.sampled_from([-1.0, 0.0, 0.5, 3.0]), min_size=1, max_size=2),
        "rivals": st.lists(NAMES | FIXED, max_size=2),
    },
    optional={
        **{
            name: choices(name)
            for name in (
                *("network", "normalisation", "beta_scope", "beta_form", "init"),
                *("objective", "optimiser", "schedule"),
            )
        },
        **{
            name: st.booleans()
            for name in ("train_parameters", "amp", "shuffled_labels", "stop_when_converged")
        },
        "activation": NAMES,
        "layer_activations": st.lists(NAMES, max_size=5),
        "dropout": st.sampled_from([0.0, 0.3, 0.9]),
        "clip": st.sampled_from([0.0, 0.5]),
        "init_scale": st.sampled_from([0.0, 1.0, 10.0]),
        "init_bias": st.sampled_from([-20.0, 0.5]),
        "lr": st.sampled_from([0.0, 0.05, 10.0]),
        "noise": st.sampled_from([0.0, 0.5]),
        "target_accuracy": st.sampled_from([0.0, 0.2]),
        "samples": st.sampled_from([0, 50]),
    },
)


def mended(request):
    """The request as far as it is allowed: what is refused is left out, field by field."""
    request = dict(request)
    if request["dataset"] == "csv":
        request["csv"] = f"a,b,c,label\n{ROWS}\n"
    if request["dataset"] != "digits":
        request["network"] = "mlp"
    if request["dataset"] == "sine":
        request |= {"objective": "mse", "target_accuracy": 0.0}
    for _ in range(12):
        try:
            return parse_run(request, SETTINGS)
        except UserError as error:
            assert error.field in TABLE, error
            later = {"batch": 2, "width": 2, "depth": 2, "beta_starts": [1.0, 2.0], "rivals": []}
            request.pop(error.field, None)
            if error.field in later:
                request[error.field] = later[error.field]
            if error.field == "stop_when_converged":
                request[error.field] = False
    pytest.fail(f"nothing is left of it: {request}")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REQUESTS)
def test_whatever_is_allowed_trains_and_tells_it_in_json(request_):
    check_reports(request_)


@pytest.mark.long
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REQUESTS)
def test_whatever_else_is_allowed_trains_and_tells_it_in_json(request_):
    check_reports(request_)


def check_reports(request_):
    config = mended(request_)
    found = []
    try:
        found.extend(item for item in train(config) if isinstance(item, Report))
    except UserError as error:  # a rate of 10 may drive all of them away
        assert error.key in {"train.error.all_diverged", "train.error.all_diverged_at_once"}
    for report in found:
        json.dumps(report.as_json(), allow_nan=False)
        assert len(report.loss) == len(report.accuracy) == len(replicas(config))
        assert len(report.beta) == len(report.convergence) == config.depth
    if len(found) > 1:
        assert found[-1].ended or all(step is not None for step in found[-1].diverged)
        assert summarise(config, found) is not None


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REQUESTS)
def test_whatever_is_allowed_is_the_same_twice(request_):
    config = mended(request_)
    pair = []
    for _ in range(2):
        found = []
        try:
            for item in train(config):
                if isinstance(item, Report):
                    found.append(dataclasses.replace(item, elapsed_seconds=0.0))
        except UserError as error:
            found.append(str(error))
        pair.append(found)
    assert pair[0] == pair[1]
