"""What every PyTorch form of Swish has to stand: to be differentiated twice, compiled, exported…"""

import copy
import io
import pickle

import pytest
import torch
from torch import nn

from swishdemo import FusedSwish, MemoryEfficientSwish, ParametricSwish, Swish
from swishdemo.kernels import autograd
from swishdemo.timing.host_card import missing_compiler

FORMS = {
    "Swish": Swish,
    "MemoryEfficientSwish": MemoryEfficientSwish,
    "ParametricSwish": lambda: ParametricSwish(1.3),
    "ParametricSwish, fixed": lambda: ParametricSwish(0.7, trainable=False),
    "FusedSwish": lambda: FusedSwish(1.3),
    "FusedSwish, fixed": lambda: FusedSwish(0.7, trainable=False),
    "FusedSwish of channels": lambda: FusedSwish(1.3, channels=3),
    "FusedSwish in Python": lambda: FusedSwish(1.3),
    "FusedSwish of channels in Python": lambda: FusedSwish(1.3, channels=3),
}


SHORT = ("Swish", "ParametricSwish", "FusedSwish", "FusedSwish of channels in Python")
COMPILED = pytest.mark.parametrize(
    "form",
    [name if name in SHORT else pytest.param(name, marks=pytest.mark.long) for name in FORMS],
    indirect=True,
)
"""Compiling and exporting take seconds each: the suite does it with one form of each kind."""
EXPORTED = {
    *(("ParametricSwish", (4, 3)), ("FusedSwish", (4, 3))),
    ("FusedSwish of channels in Python", (2, 3, 5, 7)),
}
"""Forms and shapes of which ONNX is made in the suite."""


@pytest.fixture(params=FORMS)
def form(request, monkeypatch, built_node):
    if "in Python" in request.param:
        monkeypatch.setattr(autograd, "fused", lambda x, beta: None)
    module = FORMS[request.param]()
    if getattr(module, "beta", None) is not None and module.beta.dim():
        with torch.no_grad():
            module.beta += torch.tensor([0.0, -1.3, -3.0])  # 0 is one of the values
    return module


def learning(module):
    return [parameter for parameter in module.parameters() if parameter.requires_grad]


def written_out(module, x):
    beta = getattr(module, "beta", torch.tensor(1.0))
    return x * torch.sigmoid(beta.reshape(-1, *[1] * (x.dim() - 2)) * x if beta.dim() else beta * x)


def test_it_is_differentiated_twice(form):
    form.double()
    x = torch.linspace(-5, 5, 12, dtype=torch.float64).reshape(2, 3, 2).requires_grad_()
    inputs = [x, *learning(form)]

    def call(x, *_):
        return form(x)

    assert torch.autograd.gradcheck(call, inputs)
    assert torch.autograd.gradgradcheck(call, inputs)
    bends = []
    for f in (form, lambda x: written_out(form, x)):
        slopes = torch.autograd.grad(f(x).square().sum(), inputs, create_graph=True)
        bends.append(torch.autograd.grad(sum(s.square().sum() for s in slopes), inputs))
    for got, wanted in zip(*bends, strict=True):
        assert torch.allclose(got, wanted)


def test_under_autocast_it_keeps_the_type_and_learns(form):
    layer = nn.Conv1d(2, 3, 1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        h = layer(torch.randn(4, 2, 5))
        y = form(h)
    assert h.dtype == y.dtype == torch.bfloat16
    assert torch.allclose(y.float(), written_out(form, h.float()), rtol=2e-2, atol=2e-2)
    y.float().sum().backward()
    for parameter in (*layer.parameters(), *learning(form)):
        assert parameter.grad.dtype == torch.float32 and parameter.grad.isfinite().all()


@COMPILED
@pytest.mark.parametrize("backend", ["aot_eager", pytest.param("inductor", marks=pytest.mark.long)])
def test_it_compiles_to_one_graph_backward_too(form, backend):
    why = missing_compiler("cpu") if backend == "inductor" else None
    if why:  # as where PyTorch lies in a folder whose name has a blank
        pytest.skip(why.sentence())
    torch._dynamo.reset()
    compiled = torch.compile(form, fullgraph=True, backend=backend)
    x = torch.randn(4, 3, requires_grad=True)
    inputs, g = [x, *learning(form)], torch.randn(4, 3)
    y, wanted = compiled(x), form(x)
    assert torch.allclose(y, wanted, atol=1e-6)
    gradients = [torch.autograd.grad(each, inputs, g) for each in (y, wanted)]
    for got, want in zip(*gradients, strict=True):
        assert torch.allclose(got, want, atol=1e-5)


def test_copies_pickles_and_its_state(form):
    file = io.BytesIO()
    torch.save(form, file)
    file.seek(0)
    x = torch.randn(2, 3)
    twins = [copy.deepcopy(form), pickle.loads(pickle.dumps(form)),
             torch.load(file, weights_only=False)]  # fmt: skip
    for twin in twins:
        assert torch.equal(twin(x), form(x)) and repr(twin) == repr(form)
        for own, other in zip(form.parameters(), twin.parameters(), strict=True):
            assert own is not other and own.requires_grad == other.requires_grad
    assert list(form.state_dict()) == [name for name, _ in form.named_parameters()]
    for parameter in twins[0].parameters():
        nn.init.zeros_(parameter)
    twins[0].load_state_dict(form.state_dict())
    assert torch.equal(twins[0](x), form(x))


@COMPILED
def test_an_exported_program_has_plain_operations(form):
    x = torch.randn(4, 3)
    exported = torch.export.export(form, (x,))
    names = {str(n.target) for n in exported.graph.nodes if n.op == "call_function"}
    assert names and all(name.startswith("aten.") for name in names)
    assert torch.allclose(exported.module()(x), form(x), atol=1e-6)


ROWS, PICTURES = (4, 3), (2, 3, 5, 7)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize(
    ("form", "shape"),
    [
        pytest.param(form, shape, marks=[pytest.mark.long] * ((form, shape) not in EXPORTED))
        for shape in (ROWS, PICTURES)
        for form in FORMS
    ],
    indirect=["form"],
)
def test_onnx_holds_it_in_standard_operators_and_computes_the_same(form, shape, tmp_path):
    import onnx
    import onnxruntime

    first = nn.Linear(3, 3) if len(shape) == 2 else nn.Conv2d(3, 3, 3, padding=1)
    model = nn.Sequential(first, form).eval()
    x, path = torch.randn(shape) * 3, tmp_path / "model.onnx"
    torch.onnx.export(model, (x,), path, dynamo=True, verbose=False)
    written = onnx.load(path)
    onnx.checker.check_model(written, full_check=True)
    assert {each.domain for each in written.graph.node} == {""}
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (name,) = [each.name for each in session.get_inputs()]
    (got,) = session.run(None, {name: x.numpy()})
    with torch.no_grad():
        assert torch.allclose(torch.from_numpy(got), model(x), atol=1e-5)
