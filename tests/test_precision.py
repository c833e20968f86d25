"""Low precision: each step against PyTorch's own types, errors against mpmath, hostile requests."""

import math
from fractions import Fraction
from itertools import product

import mpmath
import numpy as np
import pytest
import torch

from swishdemo.activations import activations, evaluate, get, names, parse_formula
from swishdemo.activations.evaluation import certified
from swishdemo.activations.precision import precision
from swishdemo.activations.rounding import (
    STABLE,
    TYPES,
    WRITTEN,
    numbers,
    run,
    ulp,
)
from swishdemo.activations.symbolic.tape import record
from swishdemo.activations.typed.expressions import expression_of

TORCH = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
RANGE = {"fp32": 110.0, "bf16": 110.0, "fp16": 24.0}


def tape_of(activation, way):

    from swishdemo.activations.symbolic.derive import slope

    if way is WRITTEN:
        return record([expression_of(activation)])
    return record([slope(activation)[0]])


@pytest.mark.parametrize("name", TYPES)
def test_numbers_are_those_of_the_type(name):
    dtype = TYPES[name]
    found, every = numbers(dtype, -3, 2)
    wide = found.astype(np.float64)
    assert (np.diff(wide) > 0).all()
    assert wide[0] == -3 and wide[-1] == 2
    assert every == (name != "fp32") == (0 in wide)
    if every:
        # PyTorch's next number after each is the next in the list.
        x = torch.tensor(wide.tolist(), dtype=TORCH[name])
        after = torch.nextafter(x, torch.tensor(math.inf, dtype=TORCH[name])).double().numpy()
        np.testing.assert_array_equal(after[:-1], wide[1:])
    assert every or 8_192 <= found.size <= 16_384


@pytest.mark.parametrize("name", TYPES)
def test_an_ulp_is_the_distance_of_neighbours(name):
    dtype, info = TYPES[name], torch.finfo(TORCH[name])
    rng = np.random.default_rng(0)
    for value in [1.0, 1.5, 1.999, 2.0, info.smallest_normal, *np.exp2(rng.uniform(-14, 15, 50))]:
        x = torch.tensor(value, dtype=TORCH[name])
        after = torch.nextafter(x, torch.tensor(math.inf, dtype=TORCH[name]))
        if not after.isinf():
            step = after.double().item() - x.double().item()
            assert ulp(x.double().item(), dtype) == step
            assert ulp(-x.double().item(), dtype) == step
    smallest = info.smallest_normal * info.eps
    assert ulp(0.0, dtype) == ulp(smallest, dtype) == smallest
    assert ulp(1e300, dtype) == ulp(info.max, dtype)


def by_torch(name, x, way):
    """The registry's formulas typed out in PyTorch, one rounded operation a call."""
    z = torch.tensor(x.astype(np.float64).tolist(), dtype=TORCH[name])
    one = torch.ones_like(z)
    e = torch.exp(-z.abs())
    sigmoid = torch.where(z < 0, e, one) / (1 + e) if way is STABLE else 1 / (1 + torch.exp(-z))
    log1p = torch.log1p(e)
    softplus = z.clamp(min=0) + log1p if way is STABLE else torch.log(1 + torch.exp(z))
    expm1 = torch.expm1(z) if way is STABLE else torch.exp(z) - 1
    return {
        "swish": z * sigmoid,
        "relu": torch.relu(z),
        "mish": z * torch.tanh(softplus),
        "elu": torch.where(z > 0, z, expm1),
        "softplus": softplus,
        "sigmoid": sigmoid,
        "tanh": torch.tanh(z),
        "softsign": z / (1 + z.abs()),
        "hardtanh": torch.clamp(z, -1, 1),
    }


@pytest.mark.parametrize("way", [WRITTEN, STABLE], ids=["written", "stable"])
@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_each_operation_is_rounded_as_pytorch_rounds_it(name, way):
    x, _ = numbers(TYPES[name], -RANGE[name], RANGE[name])
    for activation, expected in by_torch(name, x, way).items():
        record_ = get(activation)
        found = run(tape_of(record_, way), x, record_.defaults(), way).astype(np.float64)
        wanted = expected.double().numpy()
        # PyTorch computes a half's exp in float32 and rounds: where that lies next to a tie the two
        # may differ by one number, in a few places out of ten thousands.
        same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
        assert same.mean() > 0.999, (activation, x[~same][:5], found[~same][:5], wanted[~same][:5])
        with np.errstate(invalid="ignore"):
            off = np.abs(found - wanted)[~same] / ulp(wanted[~same], TYPES[name])
        # (e^z − 1 near 0 makes many units of that one.)
        assert (off <= (32 if activation == "elu" else 4)).all(), (activation, off.max())


@pytest.mark.parametrize("activation", activations(), ids=names())
def test_no_step_leaves_the_type(activation):
    for name, way in product(TYPES, (WRITTEN, STABLE)):
        x = np.linspace(-20, 20, 101).astype(TYPES[name])
        result = run(tape_of(activation, way), x, activation.defaults(), way)
        assert result.dtype == x.dtype and result.shape == x.shape


def rounded(value, bits, lowest):
    """A fraction to the nearest number with ``bits`` bits after the leading one, ties to even."""
    if not value:
        return Fraction(0)
    exponent = max(math.floor(math.log2(abs(value))), lowest)
    unit = Fraction(2) ** (exponent - bits)
    return round(value / unit) * unit


@pytest.mark.parametrize(("name", "bits", "lowest"), [("bf16", 7, -126), ("fp16", 10, -14)])
def test_swish_step_by_step_in_exact_fractions(name, bits, lowest):
    def near(value):
        return rounded(Fraction(value), bits, lowest)

    beta = 1.702
    with mpmath.workprec(200):
        for x in (-6.1, -5.77, -2.5, -1.0, -0.1, 0.3, 1.9, 8.4):
            at, slope = near(Fraction(x)), near(Fraction(beta))
            z = near(at * slope)
            power = mpmath.exp(mpmath.mpf(-z.numerator) / z.denominator)
            e = near(Fraction(int(power * 2**150), 2**150))
            wanted = near(at * near(1 / near(1 + e)))
            given = np.array([float(at)]).astype(TYPES[name])
            found = run(tape_of(get("swish"), WRITTEN), given, {"beta": beta}, WRITTEN)
            assert Fraction(float(found[0])) == wanted


@pytest.mark.parametrize("text", ["x/(1+exp(-x))", "x/3", "x**3", "x**-2", "x**0.5", "x**1.3"])
def test_divisions_and_powers_are_what_was_written(text):
    x = np.linspace(0.5, 9, 57).astype(np.float32)
    found = run(tape_of(parse_formula(text), WRITTEN), x, {}, WRITTEN)
    t = torch.tensor(x)
    wanted = {
        "x/(1+exp(-x))": t / (1 + torch.exp(-t)),
        "x/3": t / 3,
        "x**3": t * t * t,
        "x**-2": 1 / (t * t),
        "x**0.5": torch.sqrt(t.double()).float(),
        "x**1.3": t**1.3,
    }[text].numpy()
    if text in ("x/3", "x**3", "x**-2", "x**0.5"):
        np.testing.assert_array_equal(found, wanted)
    else:
        np.testing.assert_allclose(found, wanted, rtol=3e-7)


CANCELLING = {"tanhshrink", "bent_identity"}
"""Seconds each: the suite has them in one type."""


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        pytest.param(
            activation,
            name,
            marks=[pytest.mark.long] * (activation.name in CANCELLING and name != "fp16"),
            id=f"{activation.name}-{name}",
        )
        for activation in activations()
        for name in TYPES
    ],
)
def test_the_stable_form_is_never_worse_than_what_its_operations_allow(activation, name):
    found = precision(activation, None, -RANGE[name], RANGE[name], name)
    assert found.tried > 5_000 and not (found.every and name == "fp32")
    assert not [loss for loss in found.stable.lost if loss.kind != "zero"]
    # What the stable form loses, the written one has lost before; beside a zero both may.
    lost = {(loss.kind, loss.near > 0): abs(loss.near) for loss in found.written.lost}
    for loss in found.stable.lost:
        assert lost[loss.kind, loss.near > 0] <= 1.01 * abs(loss.near)
    if found.same:
        assert found.written == found.stable


@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_the_largest_error_is_the_largest(name):
    x, _ = numbers(TYPES[name], -4, 4)
    result = run(tape_of(get("swish"), STABLE), x, {"beta": 1}, STABLE).astype(np.float64)
    wide = x.astype(np.float64)
    # An oracle in PyTorch's doubles, whose own error is far below that of a narrow type.
    exact = torch.nn.functional.silu(torch.tensor(wide)).numpy()
    error = np.abs(result - exact) / ulp(exact, TYPES[name])
    found = precision(get("swish"), {"beta": 1.0}, -4, 4, name)
    assert found.tried == x.size
    assert found.stable.worst == pytest.approx(error.max(), rel=1e-6)
    assert abs(found.stable.at) == pytest.approx(abs(wide[error.argmax()]))
    assert max(value for value in found.stable.ulp if value is not None) == found.stable.worst
    assert found.stable.lost == found.written.lost == ()


def test_swish_in_fp16_is_lost_where_the_exponential_overflows():
    found = precision(get("swish"), None, -24, 24, "fp16")
    (loss,) = found.written.lost
    assert loss.kind == "zero"
    # e^z is infinite in fp16 from log 65520 on; there x·σ(x) is far from nothing.
    before = np.nextafter(np.float16(loss.near), np.float16(0))
    assert -loss.near >= math.log(65520) > -float(before)
    assert loss.exact == pytest.approx(loss.near / (1 + math.exp(-loss.near)), rel=1e-12)
    assert float(found.stable.lost[0].near) < -17


def test_where_fp32_begins_to_fail_is_found_to_a_number():
    found = precision(get("softplus"), None, -120, 120, "fp32")
    infinite = next(loss for loss in found.written.lost if loss.kind == "infinite")
    limit = np.float32(math.log(torch.finfo(torch.float32).max))
    assert abs(infinite.near - float(limit)) <= 2 * float(np.spacing(limit))
    zero = next(loss for loss in found.written.lost if loss.kind == "zero")
    # 1 + e^x is 1 from −24·log 2 on.
    assert zero.near == pytest.approx(-24 * math.log(2), abs=1e-4)


@pytest.mark.parametrize(
    ("text", "kind", "near"),
    [("x*exp(x)/(1+exp(x))", "nan", 11.09375), ("(exp(x)-exp(-x))/2", "infinite", 11.09375)],
)
def test_what_overflows_on_the_way_is_told_apart(text, kind, near):
    found = precision(parse_formula(text), None, 0.5, 11.5, "fp16")
    assert (kind, near) in [(loss.kind, loss.near) for loss in found.written.lost]


def test_a_value_beyond_the_type_is_rightly_infinite():
    found = precision(parse_formula("exp(x)"), None, 12, 20, "fp16")
    assert found.written.lost == () and found.written.worst == 0


def test_a_formula_without_a_value_is_not_held_against_the_type():
    found = precision(parse_formula("log(x)"), None, -4, -1, "bf16")
    assert found.written.lost == () and found.written.worst is None and found.written.at is None
    assert set(found.written.ulp) == {None}


@pytest.mark.parametrize("name", TYPES)
def test_what_cancels_is_held_against_proved_values_alone(name):
    # (√(x² + 1) − 1)/2 + x: near 0 a double has no digit of the root less one.
    found = precision(get("bent_identity"), None, -RANGE[name], RANGE[name], name)
    assert found.tried > 5_000 and not found.every
    with mpmath.workprec(400):
        for loss in found.written.lost + found.stable.lost:
            x = mpmath.mpf(loss.near)
            wanted = (mpmath.sqrt(x * x + 1) - 1) / 2 + x
            assert loss.exact == pytest.approx(float(wanted), rel=1e-11)
            assert loss.near != 0


def test_the_certified_are_right_and_a_fair_sample():
    activation = get("bent_identity")
    x = np.linspace(-1e-3, 1e-3, 40_001)
    found, proved = certified(activation, x, {})
    assert 500 < proved.sum() < x.size
    assert abs(np.mean(x[proved])) < 1e-4 and np.ptp(x[proved]) > 1.99e-3
    with mpmath.workprec(200):
        for at in np.flatnonzero(proved)[::50]:
            z = mpmath.mpf(float(x[at]))
            wanted = float((mpmath.sqrt(z * z + 1) - 1) / 2 + z)
            assert found[at] == pytest.approx(wanted, rel=1e-12, abs=1e-300)
    few = x[:500]
    again, proved = certified(activation, few, {})
    assert proved.all()
    np.testing.assert_allclose(again, evaluate(activation, few).f, rtol=2e-12)
