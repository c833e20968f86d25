"""The generated JavaScript: current, and equal to the NumPy values in a real browser."""

import ast
import re

import mpmath as mp
import numpy as np
import pytest
from activation_settings import settings

from swishdemo.activations import activations, evaluate, names
from swishdemo.activations.analysis.properties import swish_landmarks
from swishdemo.activations.symbolic.derive import breaks
from swishdemo.activations.symbolic.javascript import MODULE

POINTS = sorted(
    [
        *(0.0, 1e-12, -1e-12, 1, -1, 3, -3, 6, 17, -17, 30, -30, 300, -300, 700, -700, 1e5, -1e5),
        *np.random.default_rng(1).normal(0, 6, 200).tolist(),
        *np.linspace(-38, 38, 77).tolist(),
    ]
)


@pytest.fixture
def run(modules):
    """Runs a function of the module and an argument in the browser."""

    def call(function, argument=None):
        return modules(f"([m], a) => ({function})(m, a)", ["generated/activations.js"], argument)

    return call


def test_values_equal_numpy_over_the_registry(run):
    found = run(
        """(m, {points, settings}) => Object.fromEntries(m.activations.map((a) => [a.name,
            settings[a.name].map((p) => ({
              f: points.map((x) => a.f(x, p)),
              df: points.map((x) => a.df(x, p)),
              d2f: points.map((x) => a.d2f(x, p)),
              ...Object.fromEntries(Object.entries(a.dparameters).map(
                ([name, g]) => [name, points.map((x) => g(x, p))])),
            }))]))""",
        {"points": POINTS, "settings": {a.name: settings(a) for a in activations()}},
    )
    assert tuple(found) == names()
    for activation in activations():
        for values, outputs in zip(settings(activation), found[activation.name], strict=True):
            expected = evaluate(activation, POINTS, values)
            scale = max(1.0, *(abs(value) for value in values.values()), 0.0)
            wanted = {"f": expected.f, "df": expected.df, "d2f": expected.d2f}
            wanted.update(expected.dparameters)
            assert set(outputs) == set(wanted)
            for key, numbers in outputs.items():
                error = np.abs(np.array(numbers) - wanted[key])
                size = np.abs(wanted[key])
                allowed = np.maximum(1e-12 * size, 3e-308)
                # Next to a zero, where |value| is far below the function's own scale there.
                allowed = np.where(
                    (size < 1e-2 * scale) & (np.abs(POINTS) < 10), allowed + 2e-15 * scale, allowed
                )
                if activation.family == "periodic":  # a wave is as uncertain as its argument
                    amplitude = np.maximum(1, np.abs(POINTS)) if key in values else scale**2
                    allowed = allowed + 2.0**-52 * scale * np.abs(POINTS) * amplitude
                bad = ~(error <= allowed)
                assert not bad.any(), (
                    activation.name,
                    key,
                    values,
                    [(POINTS[i], numbers[i], wanted[key][i]) for i in np.flatnonzero(bad)[:3]],
                )


def test_no_huge_argument_gives_nan(run):
    found = run(
        """(m, points) => m.activations.flatMap((a) => points
            // A parameter above 1 times 1e308 is beyond all numbers.
            .filter((x) => Math.abs(x) < 1e308 || !a.parameters.length)
            .flatMap((x) => [a.f(x), a.df(x), a.d2f(x)].map((value) => [a.name, x, value])))""",
        [1e60, -1e60, 1e100, -1e100, 1e155, -1e155, 1e308, -1e308],
    )
    assert [entry for entry in found if entry[2] != entry[2]] == []


def test_records_carry_what_the_page_shows(run):
    found = run(
        """(m) => m.activations.map((a) => [a.name, a.label, a.family, a.year, a.source, a.colour,
            a.colourDark, a.dash, (a.breaks.call ? a.breaks() : a.breaks).sort((p, q) => p - q),
            a.parameters.map((p) => [p.name, p.default, p.min, p.max])])"""
    )
    assert found == [
        [
            *(a.name, a.label, a.family, a.year, a.source, a.colour, a.colour_dark, a.dash),
            list(breaks(a)),
            [[p.name, p.default, p.low, p.high] for p in a.parameters],
        ]
        for a in activations()
    ]


@pytest.mark.parametrize("beta", [1, 0.1, 10, -1, -3.5, 0, 1e-320, -1e300])
def test_landmarks_equal_pythons(run, beta):
    found = run("(m, beta) => m.swishLandmarks(beta)", beta)
    expected = [mark.as_json() for mark in swish_landmarks(beta)]
    assert [mark["kind"] for mark in found] == [mark["kind"] for mark in expected]
    for mark, wanted in zip(found, expected, strict=True):
        for key in ("x", "value", "slope"):
            assert mark[key] == pytest.approx(wanted[key], rel=1e-15)


@pytest.mark.parametrize("beta", ["NaN", "Infinity"])
def test_landmarks_of_no_finite_beta(run, beta):
    assert all(abs(mark["x"]) == 0 for mark in run(f"(m) => m.swishLandmarks({beta})"))


def test_chebyshev_coefficients_of_erfcx():
    text = (MODULE.parents[1] / "formulas/special_functions.js").read_text("utf-8")
    listed = re.search(r"ERFCX_COEFFICIENTS = (\[[^\]]*\])", text)
    coefficients = ast.literal_eval(listed.group(1))
    with mp.workdps(40):
        nodes = [mp.cos(mp.pi * (k + mp.mpf(1) / 2) / 60) for k in range(60)]
        zs = [mp.mpf("3.75") * (1 + t) / (1 - t) for t in nodes]
        values = [(1 + 2 * z) * mp.exp(z * z) * mp.erfc(z) for z in zs]
        for order, coefficient in enumerate(coefficients):
            true = sum(
                v * mp.cos(order * mp.pi * (k + mp.mpf(1) / 2) / 60) for k, v in enumerate(values)
            )
            assert abs(coefficient - true / 30) < 1e-18 + 1e-16 * abs(coefficient)
