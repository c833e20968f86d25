"""The evidence's figures: valid Plotly, from the evidence alone, in both languages."""

import json
import re

import numpy as np
import plotly.graph_objects as go
import pytest
from test_claims_measured import ALL, CONFIG, NONE, measurement, report

from swishdemo.activations import evaluate
from swishdemo.activations import get as activation
from swishdemo.claims import CLAIMS, Instant, get
from swishdemo.figures.claims import claim_figure

TOKEN = re.compile(r"@[a-z0-9_-]+(/[0-9.]+)?$")


def evidence_of(claim, part):
    record = get(claim).part(part)
    if isinstance(record, Instant):
        return record.check()
    if claim == "beta-range":
        return record.evidence(CONFIG, [report(300, [ALL, ALL]), report(2000, [ALL, NONE])])
    context = record.context
    stored = [
        measurement("relu", 1e-3, context=context),
        measurement("silu", 1.15e-3, context=context),
        measurement("swish_eager", 2e-3, saved=8, context=context),
        measurement("memory_efficient", 3e-3, context=context),
    ]
    return record.evidence({}, stored)


DRAWN = [
    ("limits", "right"),
    ("limits", "left"),
    ("minimum", "where"),
    ("max-slope", "how-much"),
    ("max-slope", "where"),
    ("alive", "slope"),
    ("vanishing", "sigmoid"),
    ("vanishing", "tanh"),
    ("beta-range", "share"),
    ("cost", "kernel"),
    ("cost", "layer"),
    ("cost", "step"),
    ("memory", "bytes"),
    ("memory", "time"),
    ("silu-minimum", "how-much"),
    ("silu-minimum", "where"),
    ("swish-derivative", "where"),
    ("speechbrain-silu", "time"),
    ("efficientnet-memory", "bytes"),
    ("efficientnet-memory", "time"),
    ("classyvision-silu", "time"),
    ("mlx-gelu", "gap"),
]


def colours(value):
    if isinstance(value, dict):
        for name, entry in value.items():
            if name in ("color", "fillcolor") and isinstance(entry, str):
                yield entry
            else:
                yield from colours(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from colours(entry)


def plain_colours(value):
    """The figure as Plotly gets it, once the browser has put in its colours."""
    return json.loads(re.sub(r'"@[^"]*"', '"#123456"', json.dumps(value, allow_nan=False)))


@pytest.mark.parametrize(("claim", "part"), DRAWN)
def test_figures_are_valid_and_coloured_by_tokens(claim, part):
    evidence = evidence_of(claim, part)
    english, chinese = (claim_figure(evidence, each) for each in ("en", "zh"))
    for figure in (english, chinese):
        go.Figure(plain_colours(figure))
        found = list(colours(figure))
        assert found
        assert all(TOKEN.match(colour) for colour in found)
    assert english["layout"]["xaxis"]["range"] == chinese["layout"]["xaxis"]["range"]


def test_nothing_is_drawn_without_evidence_or_without_a_picture():
    assert claim_figure(None) is None
    assert claim_figure({"order": None}) is None
    drawn = {(claim, part) for claim, part in DRAWN}
    names = {(claim.id, part.name) for claim in CLAIMS for part in claim.parts}
    assert drawn <= names


def markers(figure):
    return {
        trace["marker"]["color"]: (trace["x"][0], trace["y"][0])
        for trace in figure["data"]
        if "markers" in trace.get("mode", "")
    }


def test_the_slope_marks_the_peak_and_the_place_claimed():
    figure = claim_figure(evidence_of("max-slope", "where"))
    points = markers(figure)
    assert points["@ok"] == pytest.approx((2.399357280515467, 1.099839320128867))
    assert points["@bad"] == pytest.approx((1.0, 0.927670511871487))
    names = {trace["name"] for trace in figure["data"][1:]}
    assert names == {"found x = 2.3994", "claimed x = 1"}
    # Where the value is what is claimed, the value stands at the point, not its place.
    values = claim_figure(evidence_of("max-slope", "how-much"))["data"][1:]
    assert {trace["name"] for trace in values} == {"found f′ = 1.0998", "f′ = −0.0998"}
    curve = figure["data"][0]
    x = np.array(curve["x"])
    e = np.exp(x)
    assert curve["y"] == pytest.approx(e * (1 + x + e) / (1 + e) ** 2, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("claim", "part", "of"),
    [
        *(("limits", side, "f") for side in ("right", "left")),
        ("minimum", "where", "f"),
        *(("max-slope", part, "df") for part in ("how-much", "where")),
        ("alive", "slope", "df"),
    ],
)
def test_curves_are_those_of_the_registrys_formula(claim, part, of):
    curves = [
        trace
        for trace in claim_figure(evidence_of(claim, part))["data"]
        if trace["mode"] == "lines"
    ]
    betas = (1.0, 0.0, -1.0) if claim == "limits" else (1.0,)
    for curve, beta in zip(curves, betas, strict=True):
        true = getattr(evaluate(activation("swish"), curve["x"], {"beta": beta}), of)
        assert curve["y"] == pytest.approx(true, rel=1e-4, abs=1e-5)


def test_the_minimum_lies_on_its_curve():
    figure = claim_figure(evidence_of("minimum", "where"))
    assert markers(figure)["@ok"] == pytest.approx((-1.278464542761074, -0.278464542761074))
    assert min(figure["data"][0]["y"]) == pytest.approx(-0.27846, abs=1e-4)
    (band,) = figure["layout"]["shapes"]
    assert (band["x0"], band["x1"]) == (-1.278, 0.0)


def test_ratio_bars_have_intervals_and_the_claimed_line():
    evidence = evidence_of("cost", "step")
    figure = claim_figure(evidence, "zh")
    (bars,) = figure["data"]
    assert bars["y"] == ["F.silu", "x·σ(x)", "MemoryEfficientSwish"]
    assert bars["x"] == [entry["value"] for entry in evidence["ratios"]]
    assert all(width > 0 for width in bars["error_x"]["array"] + bars["error_x"]["arrayminus"])
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == [1.0, 1.15]


def test_share_bars():
    figure = claim_figure(evidence_of("beta-range", "share"))
    (bars,) = figure["data"]
    assert bars["x"] == [100, 50]
    assert bars["y"] == ["step 300", "step 2\u202f000"]
    assert figure["layout"]["shapes"][0]["x0"] == 50


def test_byte_bars():
    figure = claim_figure(evidence_of("memory", "bytes"))
    (bars,) = figure["data"]
    assert dict(zip(bars["y"], bars["x"], strict=True))["x·σ(x)"] == 8
