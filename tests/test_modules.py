"""The article's three modules: values, gradients, state, copies."""

import copy
import io
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

import swishdemo
from swishdemo import MemoryEfficientSwish, ParametricSwish, Swish
from swishdemo.activations import evaluate, get

POINTS = [0.0, 1.0, -1.0, 30.0, -30.0, 700.0, -700.0, 1e-12, -1e-12, 1e308, -1e308]
MODULES = [Swish, MemoryEfficientSwish, ParametricSwish]


@pytest.mark.parametrize("module", MODULES)
def test_values_and_gradients_everywhere(module):
    x = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
    y = module().double()(x)
    y.sum().backward()
    expected = evaluate(get("swish"), POINTS)
    assert np.allclose(y.detach().numpy(), expected.f, rtol=1e-14, atol=1e-300)
    assert np.allclose(x.grad.numpy(), expected.df, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("module", MODULES)
def test_first_and_second_derivatives(module):
    x = torch.linspace(-6, 6, 11, dtype=torch.float64, requires_grad=True)
    function = module().double()
    assert gradcheck(function, (x,))
    assert gradgradcheck(function, (x,))


@pytest.mark.parametrize("beta", [0.0, -2.0, 5.0])
def test_parametric_beta_has_its_gradient(beta):
    function = ParametricSwish(beta).double()
    x = torch.linspace(-6, 6, 101, dtype=torch.float64)
    function(x).sum().backward()
    expected = evaluate(get("swish"), x.numpy(), {"beta": beta}).dparameters["beta"].sum()
    assert function.beta.grad.item() == pytest.approx(expected, rel=1e-12)


def test_beta_is_a_scalar_parameter_in_the_state():
    function = ParametricSwish(1.5, trainable=False)
    assert list(function.state_dict()) == ["beta"]
    assert isinstance(function.beta, torch.nn.Parameter)
    assert function.beta.shape == () and not function.beta.requires_grad
    assert ParametricSwish().beta.requires_grad and ParametricSwish().beta.item() == 1.0
    other = ParametricSwish()
    other.load_state_dict(function.state_dict())
    assert other.beta.item() == 1.5
    assert repr(function) == "ParametricSwish(beta=1.5, trainable=False)"


def test_a_fixed_beta_still_passes_gradients_to_x():
    x = torch.ones(3, requires_grad=True)
    ParametricSwish(2.0, trainable=False)(x).sum().backward()
    assert x.grad[0].item() == pytest.approx(evaluate(get("swish"), [1.0], {"beta": 2.0}).df[0])


@pytest.mark.parametrize("module", MODULES)
def test_copies_and_pickles(module):
    function = module()
    x = torch.randn(9)
    file = io.BytesIO()
    torch.save(function, file)
    file.seek(0)
    for twin in (
        copy.deepcopy(function),
        pickle.loads(pickle.dumps(function)),
        torch.load(file, weights_only=False),
    ):
        assert torch.equal(twin(x), function(x))


@pytest.mark.parametrize("module", MODULES)
def test_under_autocast(module):
    layer = torch.nn.Linear(8, 8)
    function = module()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = function(layer(torch.randn(4, 8)))
    y.float().sum().backward()
    assert y.dtype == torch.bfloat16
    assert all(torch.isfinite(p.grad).all() for p in (*layer.parameters(), *function.parameters()))


def saved_bytes(function):
    saved = {}

    def keep(tensor):
        saved[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        function(torch.randn(10_000, requires_grad=True))
    return sum(saved.values())


def test_saved_bytes_an_element():
    assert saved_bytes(Swish()) == 80_000
    assert saved_bytes(MemoryEfficientSwish()) == 40_000
    assert saved_bytes(ParametricSwish()) == 40_004


@pytest.mark.parametrize("layout", ["transposed", "expanded", "strided", "empty"])
@pytest.mark.parametrize("module", MODULES)
def test_memory_layouts(module, layout):
    base = {
        "transposed": torch.randn(4, 6).T,
        "expanded": torch.randn(1, 6).expand(4, 6),
        "strided": torch.randn(12)[::2],
        "empty": torch.randn(0, 3),
    }[layout]
    x = base.clone().requires_grad_()
    view = base.detach().requires_grad_()
    one, two = module(), module()
    one(x).sum().backward()
    two(view).sum().backward()
    assert torch.allclose(x.grad, view.grad)


@pytest.mark.long  # `test_layering` asks it of more modules together
def test_the_package_loads_torch_only_for_its_modules():
    code = (
        "import sys, swishdemo, swishdemo.activations as a;"
        "a.get('swish'), a.names();"
        "heavy = {'torch', 'sympy', 'scipy', 'sklearn'} & set(sys.modules);"
        "assert not heavy, heavy;"
        "from swishdemo import Swish;"
        "assert 'torch' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=600)


def test_other_attributes_do_not_exist():
    with pytest.raises(AttributeError, match="no attribute 'Swich'"):
        _ = swishdemo.Swich
