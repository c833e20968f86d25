"""Any formula in PyTorch, from its tape: over the registry, and for what users type."""

import math

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from swishdemo.activations import (
    activations,
    evaluate,
    get,
    names,
    parse_formula,
    torch_function,
)
from swishdemo.activations.symbolic.derive import breaks
from swishdemo.activations.torch_tape import compiled

TYPED = [
    "x*sigmoid(beta*x)",
    "max(x, a*x)",
    "where(x>0, x, a*(exp(x)-1))",
    "where(x>0.3, sqrt(x-0.3)*b, a*x)",
    "where(x>1.3, log(x)*b, where(x>-0.7, x, sinh(x/4)))",
    "x*exp(beta*x)/(1+exp(beta*x))",
    "(exp(x)-exp(-x))/(exp(x)+exp(-x))",
    "x + sin(a*x)**2/a",
    "x*tanh(log(1+exp(x)))",
    "abs(x)**1.5 + atan(c*x) - asinh(x)",
    "x*sech(x) + Phi(x) - phi(a*x)",
    "min(cosh(min(x, 3)), 2) + erf(x)",
    "x/sqrt(1 + a*x**2)",
    "clip(x, -1.5, b)",
    "(1 if a > 0.2 else x)*x",
    "beta",
    "where(x>1.1, 1, 0)",
    "where(a>b, x, 2)",
    "3.5",
]
AT = np.linspace(-5.03, 5.11, 173)


def parameters(activation):
    return {p.name: 0.7 + 0.2 * k for k, p in enumerate(activation.parameters)}


def close(got, wanted, x):
    scale = np.maximum(1, np.maximum(np.abs(x), np.abs(wanted)))
    return np.abs(got - wanted) <= 1e-12 * scale


@pytest.mark.parametrize("name", [*names(), *(f"={text}" for text in TYPED)])
def test_values_and_gradients_are_those_of_the_definition(name):
    """Also where the piece that is not taken has no finite slope, or no value."""
    activation = get(name)
    at = np.setdiff1d(np.concatenate([AT, [-300.0, -30, 30, 300]]), breaks(activation))
    values = parameters(activation)
    with np.errstate(all="ignore"):
        expected = evaluate(activation, at, values)
    there = np.isfinite(expected.f) & np.isfinite(expected.df)
    at = at[there]
    x = torch.tensor(at, requires_grad=True)
    leaves = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in values.values()]
    y = compiled(activation)(x, *leaves)
    assert y.shape == x.shape and y.dtype == x.dtype
    dx, *others = torch.autograd.grad(y.sum(), [x, *leaves], create_graph=True, allow_unused=True)
    assert close(y.detach().numpy(), expected.f[there], at).all()
    assert close(dx.detach().numpy(), expected.df[there], at).all()
    for got, wanted in zip(others, expected.dparameters.values(), strict=True):
        wanted = wanted[there]
        assert (0 if got is None else got.item()) == pytest.approx(
            wanted.sum(), rel=1e-11, abs=1e-11 * max(1, np.abs(wanted).max())
        )
    if dx.requires_grad:
        d2x = torch.autograd.grad(dx.sum(), x, allow_unused=True)[0]
        got = np.zeros_like(at) if d2x is None else d2x.numpy()
        wanted = expected.d2f[there]
        fine = close(got, wanted, at) | (np.abs(got - wanted) <= 1e-11)
        assert fine[np.abs(at) < 40].all()


@pytest.mark.parametrize(
    "activation", [a for a in activations() if a.torch or a.builtin], ids=lambda a: a.name
)
def test_the_registrys_own_forms_agree_with_what_is_compiled(activation):
    """Two ways to PyTorch that share no code."""
    at = torch.tensor(np.setdiff1d(AT, breaks(activation)))
    values = list(parameters(activation).values())
    one, two = at.clone().requires_grad_(), at.clone().requires_grad_()
    first, second = (
        torch_function(activation.name)(one, *values),
        compiled(activation)(two, *values),
    )
    first.sum().backward()
    second.sum().backward()
    torch.testing.assert_close(second, first, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(two.grad, one.grad, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("text", TYPED[:13])
def test_it_is_differentiable_twice_in_all_arguments(text):
    activation = parse_formula(text)
    rng = np.random.default_rng(3)
    at = rng.uniform(-2.9, 2.9, 7)
    x = torch.tensor(at, requires_grad=True)
    leaves = [
        torch.tensor(rng.uniform(0.5, 1.5, 7), requires_grad=True) for _ in activation.parameters
    ]
    with torch.no_grad():
        finite = torch.isfinite(compiled(activation)(x, *leaves)).all()
    assert finite
    assert gradcheck(compiled(activation), (x, *leaves))
    assert gradgradcheck(compiled(activation), (x, *leaves))


@pytest.mark.parametrize(
    ("text", "at", "slope"),
    [
        ("where(x>0, sqrt(x), 0)", -1.0, 0.0),
        ("where(x>0, sqrt(x), x)", 0.0, 1.0),
        ("where(x>0, x, exp(-x*x*x))", 20.0, 1.0),
        ("where(x>0, log(x), a*x)", -2.0, 1.0),
        ("where(x>0, x**(-3), x)", -0.0, 1.0),
        ("where(x>1, (x-1)**0.5, where(x>0, x, (-x)**0.5 + (x-1)**0.5))", 0.5, 1.0),
        ("relu(x)*exp(exp(exp(-relu(x))))", 5.0, None),
        ("max(x, exp(exp(exp(-x))) - 1e300)", 3.0, 1.0),
    ],
)
def test_the_piece_not_taken_says_nothing(text, at, slope):
    """Its slope may be infinite, and its own inputs NaN."""
    activation = parse_formula(text)
    x = torch.tensor([at], dtype=torch.float64, requires_grad=True)
    leaves = [
        torch.tensor(1.0, dtype=torch.float64, requires_grad=True) for _ in activation.parameters
    ]
    y = compiled(activation)(x, *leaves)
    found = torch.autograd.grad(y.sum(), [x, *leaves], create_graph=True)
    assert all(torch.isfinite(gradient).all() for gradient in found)
    if slope is not None:
        assert found[0].item() == slope
    if found[0].requires_grad:
        second = torch.autograd.grad(found[0].sum(), x, allow_unused=True)[0]
        assert second is None or torch.isfinite(second).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("text", [*TYPED, "x*softsign(x)"])
def test_shape_and_dtype_stay(text, dtype):
    activation = parse_formula(text)
    x = torch.linspace(-2, 2, 12, dtype=dtype).reshape(3, 4).requires_grad_()
    y = torch_function(activation.name)(x, *[0.5] * len(activation.parameters))
    assert (y.shape, y.dtype) == (x.shape, dtype)
    y.sum().backward()
    assert x.grad is not None and x.grad.dtype == dtype


def test_parameters_broadcast_and_may_be_left_out():
    function = torch_function("=where(x > 0, x, a*(exp(b*x)-1))")
    x = torch.randn(4, 3, dtype=torch.float64)
    a = torch.tensor([[0.5], [1.0], [2.0], [-1.0]], dtype=torch.float64, requires_grad=True)
    b = torch.tensor([1.0, 0.5, 0.25], dtype=torch.float64, requires_grad=True)
    got = function(x, a, b)
    wanted = torch.where(x > 0, x, a * torch.expm1(b * x))
    torch.testing.assert_close(got, wanted)
    for one, two in zip(
        torch.autograd.grad(got.sum(), (a, b), retain_graph=True),
        torch.autograd.grad(wanted.sum(), (a, b)),
        strict=True,
    ):
        assert one.shape == two.shape
        torch.testing.assert_close(one, two)
    torch.testing.assert_close(function(x), function(x, 1.0, 1.0))
    assert torch_function("=beta")(torch.zeros(3), torch.ones(2, 1)).shape == (2, 3)


def test_a_function_of_numbers_is_worked_out_as_one():
    y = torch_function("=x*sigmoid(beta) + where(beta > 2, 1, exp(beta))")(torch.ones(1), 0.3)
    assert y.item() == pytest.approx(1 / (1 + math.exp(-0.3)) + math.exp(0.3), rel=1e-6)


def test_the_constants_are_those_of_the_formula():
    gelu = get("gelu_tanh")
    x = torch.tensor([1.3], dtype=torch.float64)
    inner = math.sqrt(2 / math.pi) * (1.3 + 0.044715 * 1.3**3)
    assert compiled(gelu)(x).item() == pytest.approx(0.65 * (1 + math.tanh(inner)), rel=1e-15)
