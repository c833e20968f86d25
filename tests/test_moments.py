"""Moments of a normal signal: the browser's quadrature against SciPy, mpmath and closed forms."""

import math

import mpmath as mp
import numpy as np
import pytest
import torch
from scipy import special

from swishdemo.activations import activations, evaluate, get, names, torch_function
from swishdemo.activations.symbolic.derive import breaks

FILES = ["formulas/moments.js", "generated/activations.js"]
MOMENTS = """([m, { activations }], [name, p, sigma]) => {
    const record = activations.find((each) => each.name === name);
    return m.moments(record, p, sigma); }"""
SIGMAS = (0.1, 1.0, 10.0)


@pytest.fixture
def moments(modules):
    return lambda name, sigma, **p: modules(MOMENTS, FILES, [name, p, sigma])


def density(t):
    return np.exp(-t * t / 2) / math.sqrt(2 * math.pi)


def oracle(name, sigma, parameters):
    """E[f], E[f²], E[f′²] and E[(t² − 1)·f²]/2 by Gauss–Legendre with 24 nodes on short pieces.

    Pieces end at the breaks, and are as short as the function bends: 0.05 in x near 0.
    """
    places = [at / sigma for at in breaks(get(name), parameters)]
    scale = max(1.0, *(abs(value) for value in parameters.values())) if parameters else 1.0
    near = np.geomspace(1e-4 / scale, 12, 60)
    ends = np.unique(np.concatenate([[0], near, -near, [at for at in places if abs(at) < 12]]))
    nodes, weights = np.polynomial.legendre.leggauss(24)
    middles, halves = (ends[1:] + ends[:-1]) / 2, (ends[1:] - ends[:-1]) / 2
    t = (middles[:, None] + halves[:, None] * nodes).ravel()
    w = (halves[:, None] * weights).ravel() * density(t)
    values = evaluate(get(name), sigma * t, parameters)
    f, df = values.f, values.df
    return {
        "mean": (w * f).sum(),
        "second": (w * f * f).sum(),
        "steepness": (w * df * df).sum(),
        "tilt": (w * (t * t - 1) * f * f).sum() / 2,
        "variance": (w * (f - (w * f).sum()) ** 2).sum(),
    }


# One call for the whole registry: a page for each record would take longer than all else.
ALL = """([m, { activations }], given) => given.map(([name, p, sigma, below]) => {
    const record = activations.find((each) => each.name === name);
    return { ...m.moments(record, p, sigma), flat: below && m.flatShare(record, p, sigma, below),
      near: [1, -1].map((side) => m.secondMoment(record, p, sigma ** 2 * Math.exp(1e-4 * side))) };
})"""


LONG = pytest.mark.long


@pytest.mark.parametrize(
    "sigma", [pytest.param(0.1, marks=LONG), 1.0, pytest.param(10.0, marks=LONG)]
)
def test_moments_equal_a_fine_fixed_rule_over_the_registry(modules, sigma):
    asked = [[each.name, each.defaults(), sigma] for each in activations()]
    asked += [["swish", {"beta": 10.0}, sigma], ["swish", {"beta": -3.0}, sigma]]
    for (name, given, _), found in zip(asked, modules(ALL, FILES, asked), strict=True):
        wanted, about = oracle(name, sigma, given), (name, given)
        for key in ("second", "steepness", "variance"):
            assert found[key] == pytest.approx(wanted[key], rel=1e-10), (key, about)
        small = 1e-11 * math.sqrt(wanted["second"])
        assert found["mean"] == pytest.approx(wanted["mean"], rel=1e-10, abs=small), about
        growth = wanted["tilt"] / wanted["second"]
        assert found["growth"] == pytest.approx(growth, rel=1e-9, abs=1e-11), about
        # And it is the slope of the map, by differences.
        up, down = found["near"]
        assert growth == pytest.approx((math.log(up) - math.log(down)) / 2e-4, abs=1e-6), about


@pytest.mark.parametrize("beta", [0.1, 1.0, 100.0])
@pytest.mark.parametrize("sigma", [0.3, 4.0])
def test_swish_equals_scipys_quadrature(moments, beta, sigma):
    from scipy import integrate

    def square(t):
        x = sigma * t
        return (x / (1 + math.exp(min(700.0, -beta * x)))) ** 2 * density(t)

    pieces = [(-12, -1), (-1, -0.05), (-0.05, 0), (0, 0.05), (0.05, 1), (1, 12)]
    wanted = sum(integrate.quad(square, *ends, epsabs=0, epsrel=1e-12)[0] for ends in pieces)
    assert moments("swish", sigma, beta=beta)["second"] == pytest.approx(wanted, rel=1e-10)


def test_closed_forms(moments):
    for sigma in SIGMAS:
        relu = moments("relu", sigma)
        assert relu["second"] == pytest.approx(sigma**2 / 2, rel=1e-12)
        assert relu["mean"] == pytest.approx(sigma / math.sqrt(2 * math.pi), rel=1e-12)
        assert relu["growth"] == pytest.approx(1, rel=1e-12)
        assert moments("tanh", sigma)["second"] < 1
        assert moments("swish", sigma, beta=0.0)["second"] == pytest.approx(sigma**2 / 4, rel=1e-12)
        # σ(x) + σ(−x) = 1, so the sigmoid's mean is one half.
        assert moments("sigmoid", sigma)["mean"] == pytest.approx(0.5, rel=1e-12)
    selu = moments("selu", 1)
    # Its two constants are made for this: mean 0 and variance 1 are kept.
    assert selu["mean"] == moments("tanh", 1)["mean"] == 0 and selu["variance"] == pytest.approx(
        1, rel=1e-12
    )

    with mp.workdps(30):
        wanted = mp.quad(lambda t: (t * mp.ncdf(t)) ** 2 * mp.npdf(t), [-12, -4, -1, 0, 1, 4, 12])
    assert moments("gelu", 1)["second"] == pytest.approx(float(wanted), rel=1e-12)


def test_the_numbers_of_swish_at_one(moments):
    found = moments("swish", 1, beta=1.0)
    with mp.workdps(30):

        def second(q):
            root = mp.sqrt(q)
            return mp.quad(
                lambda t: (root * t / (1 + mp.exp(-root * t))) ** 2 * mp.npdf(t),
                [-14, -6, -2, 0, 2, 6, 14],
            )

        gain = 1 / mp.sqrt(second(1))
        step = mp.mpf("1e-6")
        slope = gain**2 * (second(1 + step) - second(1 - step)) / (2 * step)
    assert 1 / math.sqrt(found["second"]) == pytest.approx(float(gain), rel=1e-12)
    assert round(float(gain), 4) == 1.6765
    assert found["growth"] == pytest.approx(float(slope), rel=1e-10)
    assert round(found["growth"], 3) == 1.173


CASES = {
    # e^x at σ = 10: the weight lies at t = 20, where the density is 10⁻⁸⁷.
    "Math.exp(x)": math.exp(200),
    "x * Math.cos(x)": 50 * (1 + (1 - 400) * math.exp(-200)),
    "x > 3 ? 1 : 0": float(special.ndtr(-0.3)),
}


@pytest.mark.parametrize(("body", "wanted"), CASES.items(), ids=list(CASES))
def test_what_grows_turns_or_jumps(modules, body, wanted):
    script = """([m], [body]) => m.secondMoment(
        { f: new Function("x", `return ${body}`), breaks: [] }, {}, 100)"""
    assert modules(script, ["formulas/moments.js"], [body]) == pytest.approx(wanted, rel=1e-8)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("Math.exp(x * x)", "Infinity"),
        ("Math.exp(x * x / 3.9)", "Infinity"),
        ("Math.exp(5 * x)", "Infinity"),
        ("1 / x", "NaN"),
        ("Math.log(x)", "NaN"),
    ],
)
def test_what_has_no_second_moment_has_none(modules, body, said):
    script = """([m], [body]) => String(m.secondMoment(
        { f: new Function("x", `return ${body}`), breaks: [] }, {}, 100))"""
    assert modules(script, ["formulas/moments.js"], [body]) == said


@pytest.mark.parametrize(
    "sigma", [pytest.param(0.1, marks=LONG), 1.0, pytest.param(10.0, marks=LONG)]
)
def test_the_flat_share_is_that_of_many_points(modules, sigma):
    # Quantiles of the normal distribution, evenly spread in probability.
    count = 30_000
    t = special.ndtri((np.arange(count) + 0.5) / count)
    slopes = {}
    for name in names():
        x = torch.tensor(sigma * t, requires_grad=True)
        torch_function(name)(x, *get(name).defaults().values()).sum().backward()
        slopes[name] = np.abs(x.grad.numpy())
    asked = [[name, {}, sigma, below] for name in names() for below in (0.01, 0.3)]
    for (name, _, _, below), found in zip(asked, modules(ALL, FILES, asked), strict=True):
        wanted = (slopes[name] < below).mean()
        assert found["flat"] == pytest.approx(wanted, abs=8 / count), (name, below)


def test_the_flat_share_of_swish_and_relu(modules):
    script = """([{ flatShare }, { activations }], [name, p]) =>
        flatShare(activations.find((each) => each.name === name), p, 1, 0.01)"""
    assert modules(script, FILES, ["relu", {}]) == 0.5
    assert modules(script, FILES, ["swish", {"beta": 0}]) == 0
    # Swish_β has the slope of Swish₁ at βx, so that it sees a signal β times as wide.
    wide = """([{ flatShare }, { activations: [swish] }], beta) =>
        [flatShare(swish, { beta }, 1, 0.01), flatShare(swish, { beta: 1 }, beta, 0.01)]"""
    one, other = modules(wide, FILES, 50)
    assert one == pytest.approx(other, rel=1e-12) and 0.4 < one < 0.5


DEPTHS = """([m, { activations }], [name, network]) => {
    const record = activations.find((each) => each.name === name);
    return m.depths((q) => m.secondMoment(record, {}, q), network); }"""


def test_depth_keeps_halves_and_draws(modules):
    def depths(name, gain, start, layers=50):
        return modules(DEPTHS, FILES, [name, {"gain": gain, "start": start, "layers": layers}])

    np.testing.assert_allclose(depths("relu", math.sqrt(2), 0.7), 0.7, rtol=1e-10)
    np.testing.assert_allclose(depths("relu", 1, 1.0), 0.5 ** np.arange(51), rtol=1e-10)
    assert depths("selu", 1, 3.0, 100)[-1] == pytest.approx(1, rel=1e-6)
    # The claims' network: gain √2, variance 1.8, 100 layers of Swish.
    path = depths("swish", math.sqrt(2), 1.8, 100)
    assert len(path) == 101 and 1e-30 < path[-1] < 1e-28
    # It ends where there is no next one.
    gone = depths("relu", 100, 1.0, 100)
    assert len(gone) < 101 and gone[-1] > 1e300


def test_depth_equals_a_network_of_random_weights(modules):
    import torch

    torch.manual_seed(0)
    width, layers = 1024, 3
    z = torch.randn(256, width, dtype=torch.float64)
    measured = [1.0]
    for _ in range(layers):
        weights = torch.randn(width, width, dtype=torch.float64) * 1.6765 / math.sqrt(width)
        z = torch.nn.functional.silu(z) @ weights
        measured.append(float((z * z).mean()))
    found = modules(DEPTHS, FILES, ["swish", {"gain": 1.6765, "start": 1, "layers": layers}])
    np.testing.assert_allclose(found, measured, rtol=0.05)


@pytest.mark.parametrize("beta", [0.1, 1, 3, 10])
def test_the_rough_rule_is_right_to_the_eye(modules, beta):
    script = """([m, { activations: [swish] }], [beta, q]) =>
        m.roughSecondMoment(swish, { beta }, q) / m.secondMoment(swish, { beta }, q)"""
    for q in (1e-6, 0.1, 1, 10, 1e6):
        assert modules(script, FILES, [beta, q]) == pytest.approx(1, abs=1e-3)


def test_every_record_is_there(modules):
    script = "([, { activations }]) => activations.map(({ name }) => name)"
    assert modules(script, FILES) == [each.name for each in activations()]
