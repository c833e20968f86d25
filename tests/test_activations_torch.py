"""PyTorch's forms over the registry: values and gradients against the definition."""

from itertools import product
from pkgutil import resolve_name

import numpy as np
import pytest
import torch
from activation_settings import BETAS, settings
from torch.autograd import gradcheck, gradgradcheck

from swishdemo.activations import activations, evaluate, get, torch_function
from swishdemo.activations.swish import swish
from swishdemo.activations.symbolic.derive import breaks
from swishdemo.errors import UserError

EPSILON = float(np.finfo(np.float64).eps)
POINTS = np.array(
    [
        *(0.0, 1e-12, -1e-12, 1, -1, 6.5, -6.5, 30, -30, 300, -300, 700, -700),
        *np.random.default_rng(2).normal(0, 8, 60),
    ]
)


def points(activation, values=None):
    """The points away from the breaks, where PyTorch chooses its own side."""
    return np.setdiff1d(POINTS, breaks(activation, values))


@pytest.mark.parametrize("as_tensor", [False, True])
@pytest.mark.parametrize("activation", activations(), ids=lambda a: a.name)
def test_values_and_gradients(activation, as_tensor):
    function = torch_function(activation.name)
    at = points(activation)
    for values in settings(activation):
        expected = evaluate(activation, at, values)
        x = torch.tensor(at, requires_grad=True)
        numbers = list(values.values())
        if as_tensor:
            numbers = [torch.tensor(n, dtype=torch.float64, requires_grad=True) for n in numbers]
        y = function(x, *numbers)
        y.sum().backward()
        scale = np.maximum(1, np.abs(at)) * max(1, *(abs(v) for v in values.values()), 0)
        allowed = 8 * EPSILON * np.maximum(scale, np.abs(expected.f))
        assert (np.abs(y.detach().numpy() - expected.f) <= allowed).all()
        assert (np.abs(x.grad.numpy() - expected.df) <= 8 * EPSILON * scale**2).all()
        if as_tensor:
            for number, terms in zip(numbers, expected.dparameters.values(), strict=True):
                size = max(1.0, np.abs(terms).sum())
                assert number.grad.item() == pytest.approx(terms.sum(), abs=1e-12 * size)


def test_the_builtins_are_all_of_pytorchs_that_work_elementwise():
    builtins = {activation.builtin.partition(":")[2] for activation in activations()}
    assert builtins - {""} == {
        *("threshold", "relu", "hardtanh", "hardswish", "relu6", "elu", "selu", "celu", "sigmoid"),
        *("leaky_relu", "prelu", "rrelu", "gelu", "logsigmoid", "hardshrink", "tanhshrink"),
        *("softsign", "softplus", "softshrink", "tanh", "hardsigmoid", "silu", "mish"),
    }


@pytest.mark.parametrize(
    "activation", [a for a in activations() if a.builtin], ids=lambda a: a.name
)
def test_the_builtin_is_the_activation_at_its_defaults(activation):
    at = points(activation)
    arguments = [torch.tensor(at)]
    if activation.builtin.endswith(":prelu"):
        arguments.append(torch.tensor([0.25], dtype=torch.float64))
    if activation.builtin.endswith(":threshold"):
        arguments += activation.defaults().values()
    value = resolve_name(activation.builtin)(*arguments).numpy()
    error = np.abs(value - evaluate(activation, at).f)
    # F.softplus turns into x from 20 on, wrong by e^(−20) there.
    cut = 2.1e-9 if activation.name == "softplus" else 0.0
    assert (error <= 8 * EPSILON * np.maximum(1, np.abs(at)) + cut).all()


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("x", [700.0, -700.0, 40.0, -40.0, 0.0, 17.0, 1e-12, 1e150, -1e150])
def test_swish_is_right_in_its_tails_too(x, beta):
    """Relative, not absolute: what sigmoid_backward's 1 − σ would lose."""
    at = torch.tensor([x], dtype=torch.float64, requires_grad=True)
    b = torch.tensor(beta, dtype=torch.float64, requires_grad=True)
    swish(at, b).sum().backward()
    expected = evaluate(get("swish"), [x], {"beta": beta})
    assert at.grad.item() == pytest.approx(expected.df[0], rel=1e-12, abs=3e-308)
    assert b.grad.item() == pytest.approx(expected.dparameters["beta"][0], rel=1e-12, abs=3e-300)


@pytest.mark.parametrize("shape", [(), (1,), (3,), (4, 1, 1), (4, 5, 3)])
def test_swish_is_differentiable_twice_with_any_shape_of_beta(shape):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(4, 5, 3, dtype=torch.float64, generator=generator, requires_grad=True)
    beta = torch.randn(shape, dtype=torch.float64, generator=generator, requires_grad=True)
    assert gradcheck(swish, (x, beta))
    assert gradgradcheck(swish, (x, beta))


def test_swish_broadcasts_x_over_beta():
    x = torch.randn(3, dtype=torch.float64, requires_grad=True)
    beta = torch.randn(4, 1, dtype=torch.float64, requires_grad=True)
    assert swish(x, beta).shape == (4, 3)
    assert gradcheck(swish, (x, beta))


@pytest.mark.parametrize("beta", [1.0, 0.5, 0.0])
def test_swish_takes_a_number(beta):
    x = torch.randn(7, dtype=torch.float64, requires_grad=True)
    swish(x, beta).sum().backward()
    expected = evaluate(get("swish"), x.detach().numpy(), {"beta": beta})
    assert np.allclose(x.grad.numpy(), expected.df, rtol=1e-12, atol=1e-15)


def test_swish_saves_x_alone():
    saved = []
    x = torch.randn(1000, requires_grad=True)
    beta = torch.tensor(2.0, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(
        lambda t: saved.append(t.numel() * t.element_size()) or t, lambda t: t
    ):
        swish(x, beta)
    assert sorted(saved) == [4, 4000]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_swish_keeps_the_dtype_and_sums_beta_wide(dtype):
    x = torch.full((4096,), 0.5, dtype=dtype, requires_grad=True)
    beta = torch.tensor(1.0, requires_grad=True)
    y = swish(x, beta)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == dtype
    assert beta.grad.dtype == torch.float32
    expected = 4096 * evaluate(get("swish"), [0.5]).dparameters["beta"][0]
    assert beta.grad.item() == pytest.approx(expected, rel=2e-2 if dtype != torch.float32 else 1e-5)


def test_swish_leaves_unasked_gradients_out():
    x = torch.randn(5)
    beta = torch.tensor(1.5, requires_grad=True)
    swish(x, beta).sum().backward()
    assert x.grad is None and beta.grad is not None


@pytest.mark.parametrize("activation", activations(), ids=lambda a: a.name)
def test_every_form_is_differentiable_twice_in_all_its_arguments(activation):
    """Tensors that broadcast, and tails in which the piece that is not taken must stay finite."""
    x = torch.tensor([-90.0, -3.1, -0.45, 0.6, 1.45, 3.3, 900.0], dtype=torch.float64)
    x.requires_grad_(True)
    function = torch_function(activation.name)
    numbers = [
        torch.full((3, 1), value, dtype=torch.float64, requires_grad=True)
        for value in activation.defaults().values()
    ]
    assert function(x, *numbers).shape == ((3, 7) if numbers else (7,))
    # A difference at 900 has lost too many digits.
    near = x[:-1].detach().requires_grad_(True)
    assert gradcheck(function, (near, *numbers))
    assert gradgradcheck(function, (near, *numbers))
    first = torch.autograd.grad(function(x, *numbers).sum(), (x, *numbers), create_graph=True)
    assert all(torch.isfinite(gradient).all() for gradient in first)


@pytest.mark.parametrize(
    "activation", [a for a in activations() if a.parameters], ids=lambda a: a.name
)
def test_no_number_as_parameter_raises(activation):
    """What the formula has no value for is NaN here too."""
    x = torch.tensor([-2.0, 0.0, 0.3, 5.0], dtype=torch.float64)
    for parameter, value in product(activation.parameters, (0.0, -0.5)):
        arguments = {**activation.defaults(), parameter.name: value}
        found = torch_function(activation.name)(x, *arguments.values()).numpy()
        wanted = evaluate(activation, x.numpy(), arguments).f
        known = np.isfinite(wanted)
        assert np.allclose(found[known], wanted[known], rtol=1e-12, atol=1e-15)


def test_an_unknown_name_is_a_404():
    with pytest.raises(UserError) as refused:
        torch_function("swich")
    assert refused.value.status == 404
    assert "swish" in str(refused.value) and "relu" not in str(refused.value)
