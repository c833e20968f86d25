"""Every module on every kind of tensor under every transform, against x·σ(βx) written out.

What PyTorch's own autograd makes of ``x * torch.sigmoid(beta * x)`` is right; where it refuses, so
may a module. The table in `swishdemo.activations.swish` says what holds:

    python tests/test_modules_matrix.py    writes it from what this file finds
"""

import copy
import io
import pickle
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses import FakeTensorMode
from torch.autograd import forward_ad
from torch.func import functional_call
from torch.fx.experimental.proxy_tensor import make_fx
from torch.testing._internal.distributed.fake_pg import FakeStore
from torch.utils._pytree import tree_leaves
from torch.utils.checkpoint import checkpoint

from swishdemo import FusedSwish, MemoryEfficientSwish, ParametricSwish, Swish, fused_swish
from swishdemo.activations import swish
from swishdemo.kernels import autograd

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*nested tensors is in prototype.*"),
    pytest.mark.filterwarnings("ignore:.*Casting complex values to real.*"),
]


class Function(nn.Module):
    """`fused_swish` as a layer."""

    def __init__(self):
        super().__init__()
        self.beta = nn.Parameter(torch.tensor(1.3))

    def forward(self, x):
        return fused_swish(x, self.beta)


COLUMNS = ("Swish", "MemoryEfficientSwish", "ParametricSwish", "FusedSwish", "fused_swish")
FORMS: dict[str, Callable[[], nn.Module]] = {
    "Swish": Swish,
    "MemoryEfficientSwish": MemoryEfficientSwish,
    "ParametricSwish": lambda: ParametricSwish(1.3),
    "ParametricSwish of channels": lambda: ParametricSwish(1.3, channels=3),
    "FusedSwish": lambda: FusedSwish(1.3),
    "FusedSwish of channels": lambda: FusedSwish(1.3, channels=3),
    "FusedSwish in Python": lambda: FusedSwish(1.3),
    "fused_swish": Function,
}
"""A column's forms begin with its name; "in Python" is the kernel without its C++ node."""


def written_out(x, beta=None):
    if beta is None:
        return x * torch.sigmoid(x)
    if beta.numel() > 1:
        beta = beta.reshape(-1, *[1] * (x.dim() - 2))
    return x * torch.sigmoid(beta * x)


class WrittenOut(nn.Module):
    """The definition, with the parameters of a module."""

    def __init__(self, module):
        super().__init__()
        for name, value in module.named_parameters():
            self.register_parameter(name, nn.Parameter(value.detach().clone()))

    def forward(self, x):
        return written_out(x, *self.parameters())


# Kinds of tensors ---------------------------------------------------------------------------------

DTYPES = (
    torch.float64, torch.float32, torch.bfloat16, torch.float16, torch.complex64, torch.int64,
    torch.bool,
)  # fmt: skip


def numbers(*shape, dtype, seed=0):
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    if dtype.is_complex:
        return torch.complex(values, values.flip(0)).to(dtype)
    return (2 * values).to(dtype)


def negated(x):
    """The same values, lazily negated."""
    if x.is_complex() or not x.is_floating_point() or x.dtype.itemsize < 4:
        return x.conj_physical().conj() if x.is_complex() else x
    return torch.complex(torch.zeros_like(x), -x).conj().imag


LAYOUTS: dict[str, Callable[[torch.dtype], Tensor]] = {
    "contiguous": lambda dtype: numbers(4, 3, dtype=dtype),
    "transposed": lambda dtype: numbers(3, 4, dtype=dtype).T,
    "strided": lambda dtype: numbers(4, 6, dtype=dtype)[:, ::2],
    "expanded": lambda dtype: numbers(1, 3, dtype=dtype).expand(4, 3),
    "unaligned": lambda dtype: numbers(13, dtype=dtype)[1:].view(4, 3),
    "channels last": lambda dtype: numbers(2, 3, 2, 2, dtype=dtype).to(
        memory_format=torch.channels_last
    ),
    "empty": lambda dtype: numbers(0, 3, dtype=dtype),
    "lazily negated": lambda dtype: negated(numbers(4, 3, dtype=dtype)),
}

# Transforms: of f(x) with the parameters of f; the results of the two are compared ---------------


def gradient(x, seed=1):
    return numbers(*x.shape, dtype=x.dtype, seed=seed)


def learning(f, x):
    return [x, *f.parameters()] if x.is_floating_point() or x.is_complex() else [*f.parameters()]


def leaf(x):
    """Itself as a leaf with a gradient, where it may have one."""
    return x.detach().requires_grad_() if x.is_floating_point() or x.is_complex() else x


def derivatives(f, x, order, **how):
    x = leaf(x)
    inputs = learning(f, x)
    found = [f(x)]
    for _ in range(order):
        total = sum((each * gradient(each)).sum() for each in found)
        found = torch.autograd.grad(
            total.real if total.is_complex() else total, inputs, create_graph=True, **how
        )
    return found


def given_gradients(f, x, make):
    """What the backward pass makes of gradients of a kind."""
    x = leaf(x)
    y = f(x)
    return torch.autograd.grad(y, learning(f, x), make(y.detach()))


def batched(f, x):
    x = leaf(x)
    y = f(x)
    many = torch.stack([gradient(y, seed) for seed in (1, 2, 3)])
    return torch.autograd.grad(y, learning(f, x), many, is_grads_batched=True)


def dual_gradients(f, x):
    x = leaf(x)
    y = f(x)
    with forward_ad.dual_level():
        g = forward_ad.make_dual(gradient(y, 1), gradient(y, 2))
        found = torch.autograd.grad(y, learning(f, x), g)
        return [tuple(forward_ad.unpack_dual(each)) for each in found]


def forward_mode(f, x):
    state = {name: value.detach() for name, value in f.named_parameters()}
    with forward_ad.dual_level():
        dual = {
            name: forward_ad.make_dual(value, torch.ones_like(value))
            for name, value in state.items()
        }
        x = forward_ad.make_dual(x.detach(), gradient(x))
        return tuple(forward_ad.unpack_dual(functional_call(f, dual, (x,))))


def functional(transform, of_both=True):
    """A transform of torch.func's, of x and β as arguments."""

    def run(f, x):
        state = {name: value.detach() for name, value in f.named_parameters()}

        def call(x, state):
            return functional_call(f, state, (x,))

        return transform(call, x.detach(), state)

    return run


def loss(call):
    def total(x, state):
        y = call(x, state)
        return (y * y.conj()).real.sum() if y.is_complex() else y.square().sum()

    return total


def jvp(call, x, state):
    ones = {name: torch.ones_like(value) for name, value in state.items()}
    return torch.func.jvp(call, (x, state), (gradient(x), ones))


def vjp(call, x, state):
    y, back = torch.func.vjp(call, x, state)
    return y, back(gradient(y))


def each_sample(call, x, state):
    """Gradients of a loss for each sample, of the parameters and of x."""
    both = torch.func.grad(loss(call), argnums=(0, 1))
    return torch.func.vmap(lambda one: both(one.unsqueeze(0), state))(x)


def each_beta(call, x, state):
    many = {name: torch.stack([value, value + 1]) for name, value in state.items()}
    return torch.func.vmap(call, in_dims=(None, 0), randomness="error")(x, many) if many else ()


def vectorized(function, **how):
    def run(f, x):
        return function(f, x.detach(), vectorize=True, **how)

    return run


def total(f):
    return lambda x: loss(lambda x, _: f(x))(x, {})


def through_checkpoint(f, x):
    x = leaf(x)
    found = []
    for reentrant in (False, True):
        y = checkpoint(f, x, use_reentrant=reentrant)
        if y.requires_grad:
            y.backward(gradient(y))
        found += [y.detach(), *(each.grad for each in learning(f, x) if each.grad is not None)]
    return found


def saved_elsewhere(f, x):
    with torch.autograd.graph.save_on_cpu():
        return derivatives(f, x, 1)


def autocast(f, x):
    x = leaf(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = f(x)
    return y, *torch.autograd.grad(y, learning(f, x), gradient(y))


def without_gradients(f, x):
    with torch.no_grad():
        found = f(x)
    with torch.inference_mode():
        return found, f(x).clone()


def rewritten(rewrite):
    """A module written anew by one of PyTorch's tools; the definition is left as it is."""

    def run(f, x):
        return derivatives(f if isinstance(f, WrittenOut) else rewrite(f, x.detach()), x, 1)

    return run


def scripted(f, x):
    if x.is_complex():
        raise NotImplementedError("TorchScript's own gradients of complex numbers are wrong")
    return rewritten(lambda f, x: torch.jit.script(f))(f, x)


def by_make_fx(f, x):
    return make_fx(f)(x)(x)


def copies(f, x):
    file = io.BytesIO()
    torch.save(f, file)
    file.seek(0)
    twins = (copy.deepcopy(f), pickle.loads(pickle.dumps(f)), torch.load(file, weights_only=False))
    for twin in twins:
        twin.load_state_dict(f.state_dict())
    return [derivatives(twin, x, 1) for twin in twins]


TRANSFORMS: dict[str, Callable[[nn.Module, Tensor], object]] = {
    "values": lambda f, x: derivatives(f, x, 0),
    "gradients": lambda f, x: derivatives(f, x, 1),
    "second and third gradients": lambda f, x: (derivatives(f, x, 2), derivatives(f, x, 3)),
    "a lazily negated or conjugated gradient": partial(
        given_gradients, make=lambda y: negated(gradient(y))
    ),
    "a gradient of zeros without memory": partial(
        given_gradients, make=lambda y: torch._efficientzerotensor(y.shape, dtype=y.dtype)
    ),
    "a gradient that is expanded": partial(given_gradients, make=lambda y: y.sum().expand(y.shape)),
    "gradients that are dual numbers": dual_gradients,
    "is_grads_batched": batched,
    "forward-mode autograd": forward_mode,
    "jacobian(vectorize=True), both modes": lambda f, x: [
        vectorized(torch.autograd.functional.jacobian, strategy=mode)(f, x)
        for mode in ("reverse-mode", "forward-mode")
    ],
    "hessian(vectorize=True), both modes": lambda f, x: [
        vectorized(torch.autograd.functional.hessian, outer_jacobian_strategy=mode)(total(f), x)
        for mode in ("reverse-mode", "forward-mode")
    ],
    "func.grad": functional(lambda f, x, s: torch.func.grad(loss(f), argnums=(0, 1))(x, s)),
    "func.vjp": functional(vjp),
    "func.jvp": functional(jvp),
    "func.vmap over x": functional(
        lambda f, x, s: torch.func.vmap(f, in_dims=(0, None))(torch.stack([x, x]), s)
    ),
    "func.vmap over β": functional(each_beta),
    "func.jacrev and jacfwd": functional(
        lambda f, x, s: [
            each(f, argnums=(0, 1))(x, s) for each in (torch.func.jacrev, torch.func.jacfwd)
        ]
    ),
    "func.hessian": functional(lambda f, x, s: torch.func.hessian(loss(f), argnums=(0, 1))(x, s)),
    "gradients of each sample": functional(each_sample),
    "checkpoints": through_checkpoint,
    "saved_tensors_hooks": saved_elsewhere,
    "autocast": autocast,
    "no_grad and inference_mode": without_gradients,
    "fx.symbolic_trace, trained": rewritten(lambda f, x: torch.fx.symbolic_trace(f)),
    "make_fx": by_make_fx,
    "jit.trace, trained": rewritten(lambda f, x: torch.jit.trace(f, (x,), check_trace=False)),
    "jit.script, trained": scripted,
    "deepcopy, pickle, torch.save, state_dict": copies,
}

# What is not a transform of numbers in memory -----------------------------------------------------


def jagged(module, reference):
    parts = [numbers(2, 3, dtype=torch.float32), numbers(5, 3, dtype=torch.float32, seed=2)]
    x = torch.nested.nested_tensor(parts, layout=torch.jagged, requires_grad=True)
    y, flat = module(x), torch.cat(parts).requires_grad_()
    wanted = reference(flat)
    agree(y.values(), wanted)
    got = torch.autograd.grad(y.values().square().sum(), [x, *module.parameters()])
    parts = torch.autograd.grad(wanted.square().sum(), [flat, *reference.parameters()])
    agree([got[0].values(), *got[1:]], parts)


def strided_nested(module, reference):
    parts = [numbers(2, 3, dtype=torch.float32), numbers(5, 3, dtype=torch.float32, seed=2)]
    y = module(torch.nested.nested_tensor(parts))
    agree(list(y.unbind()), [reference(each) for each in parts])


def mkldnn(module, reference):
    x = numbers(4, 3, dtype=torch.float32).requires_grad_()
    y = module(x.to_mkldnn())
    assert y.layout == torch._mkldnn
    inputs = [
        torch.autograd.grad(each.square().sum(), [x, *f.parameters()])
        for each, f in ((y.to_dense(), module), (reference(x), reference))
    ]
    agree(*inputs)


def subclass(module, reference):
    class Own(Tensor):
        pass

    x = numbers(4, 3, dtype=torch.float32)
    y = module(x.as_subclass(Own))
    assert type(y) is Own
    agree(y.as_subclass(Tensor), reference(x))


def meta(module, reference):
    module.to("meta")
    y = module(torch.empty(4, 3, device="meta", requires_grad=True))
    y.sum().backward()
    assert y.is_meta and y.shape == (4, 3) and type(module).__name__ in repr(module)


def fake(module, reference):
    with FakeTensorMode():
        made = type(module)()
        y = made(torch.empty(4, 3, requires_grad=True))
        y.sum().backward()
        assert y.shape == (4, 3) and repr(made)


def emptied(module, reference):
    with torch.device("meta"):
        made = copy.deepcopy(module).to("meta")
    made.to_empty(device="cpu")
    if made.__dict__["_parameters"] and not isinstance(made, Function):
        made.reset_parameters()
        assert all((each == 1.3).all() for each in made.parameters())


def compiled(module, reference, **how):
    torch._dynamo.reset()
    run = torch.compile(module, fullgraph=True, backend="aot_eager", **how)
    for rows in (4, 7, 9):
        x = numbers(rows, 3, dtype=torch.float32).requires_grad_()
        found = [
            torch.autograd.grad(f(x).square().sum(), [x, *f0.parameters()])
            for f, f0 in ((run, module), (reference, reference))
        ]
        agree(*found)


def compiled_transform(module, reference):
    torch._dynamo.reset()
    x = numbers(4, 3, dtype=torch.float32)
    for transform in (lambda f: torch.func.grad(total(f)), torch.func.vmap):
        run = torch.compile(transform(module), fullgraph=True, backend="aot_eager")
        if transform is torch.func.vmap and any(each.numel() > 1 for each in module.parameters()):
            continue  # whose samples have no channels
        agree(run(x), transform(reference)(x))


def exported(module, reference):
    x = numbers(4, 3, dtype=torch.float32)
    for strict in (False, True):
        program = torch.export.export(module, (x,), strict=strict)
        names = {str(n.target) for n in program.graph.nodes if n.op == "call_function"}
        assert all(name.startswith("aten.") for name in names)
        agree(derivatives(program.module(), x, 1), derivatives(reference, x, 1))


def onnx(module, reference):
    import onnxruntime

    x, file = numbers(4, 3, dtype=torch.float32), io.BytesIO()
    torch.onnx.export(module.eval(), (x,), dynamo=True, verbose=False).save(file)
    session = onnxruntime.InferenceSession(file.getvalue(), providers=["CPUExecutionProvider"])
    (name,) = [each.name for each in session.get_inputs()]
    agree(torch.from_numpy(session.run(None, {name: x.numpy()})[0]), reference(x).detach())


def distributed(module, reference, wrap):
    """In a group of this one process; `test_two_processes_learn_as_one` has two."""
    x = numbers(4, 3, dtype=torch.float32)
    with Group():
        wrapped = wrap(nn.Sequential(nn.Linear(3, 3), copy.deepcopy(module)))
        wrapped(x).square().sum().backward()
        got = [getattr(each.grad, "full_tensor", lambda g=each.grad: g)()
               for each in wrapped.parameters()]  # fmt: skip
        twin = nn.Sequential(nn.Linear(3, 3), reference)
        state = wrapped.state_dict().items()
        for name, value in state:
            whole = getattr(value, "full_tensor", lambda v=value: v)()
            own = twin.get_parameter(name.removeprefix("module."))
            own.data.copy_(whole.reshape(own.shape))
        twin(x).square().sum().backward()
        wanted = [each.grad for each in twin.parameters()]
        agree([a.reshape(b.shape) for a, b in zip(got, wanted, strict=True)], wanted)


class Group:
    """A process group of this process alone, in which nothing is sent and no thread runs."""

    def __enter__(self):
        torch.distributed.init_process_group("fake", store=FakeStore(), rank=0, world_size=1)

    def __exit__(self, *_):
        torch.distributed.destroy_process_group()


def replicated(module):
    """By DDP, which here asks nobody for a gradient."""

    def own(_, bucket):
        future = torch.futures.Future()
        future.set_result(bucket.buffer())
        return future

    wrapped = nn.parallel.DistributedDataParallel(module)
    wrapped.register_comm_hook(None, own)
    return wrapped


def sharded(module):
    """By FSDP2, which refuses parameters of no dimension: β gets one."""
    from torch.distributed.fsdp import fully_shard

    own = module[1]
    if isinstance(own, ParametricSwish) and not own.beta.dim():
        module[1] = type(own)(own.start, channels=1)
        module[1].load_state_dict(own.state_dict())
    elif isinstance(own, Function):
        own.beta = nn.Parameter(own.beta.detach().reshape(1))
    mesh = torch.distributed.init_device_mesh("cpu", (torch.distributed.get_world_size(),))
    return fully_shard(module, mesh=mesh)


def of_dtensors(module, reference):
    from torch.distributed.tensor import Shard, distribute_module, distribute_tensor

    x = numbers(4, 3, dtype=torch.float32)
    with Group():
        mesh = torch.distributed.init_device_mesh("cpu", (1,))
        module = distribute_module(copy.deepcopy(module), mesh)
        spread = distribute_tensor(x, mesh, [Shard(0)]).requires_grad_()
        y, flat = module(spread), x.clone().requires_grad_()
        agree(y.full_tensor(), reference(flat))
        y.square().sum().full_tensor().backward()
        reference(flat).square().sum().backward()
        agree([each.grad.full_tensor() for each in (spread, *module.parameters())],
              [each.grad for each in (flat, *reference.parameters())])  # fmt: skip


OTHERS: dict[str, Callable[[nn.Module, nn.Module], None]] = {
    "nested tensors, jagged": jagged,
    "nested tensors, strided": strided_nested,
    "mkldnn": mkldnn,
    "subclasses": subclass,
    "meta, and printed there": meta,
    "FakeTensorMode, and printed there": fake,
    "to_empty and reset_parameters": emptied,
    "compile, one graph": partial(compiled, dynamic=False),
    "compile, one graph, dynamic": partial(compiled, dynamic=True),
    "compile of func.grad and vmap": compiled_transform,
    "export, trained": exported,
    "ONNX": onnx,
    "DDP": partial(distributed, wrap=replicated),
    "FSDP2": partial(distributed, wrap=sharded),
    "DTensor": of_dtensors,
}
SLOW = ("compile", "export", "ONNX")
"""Take seconds each: here the suite does them with `SHORT` alone, elsewhere with others."""
SHORT = ("FusedSwish",)
TRACED = ("make_fx", "gradients that are dual numbers")
"""Take seconds too, which PyTorch needs to trace them."""
ELSEWHERE = ("ONNX", "compile, one graph")
"""`test_swish_forms` has them in the suite."""


WORKER = """
import os, sys, torch
from torch import distributed, nn
sys.path.insert(0, "tests")
import test_modules_matrix as matrix
rank, path = int(sys.argv[1]), sys.argv[2]
distributed.init_process_group("gloo", init_method=f"file://{path}", rank=rank, world_size=2)
x = matrix.numbers(8, 3, dtype=torch.float32)
for form in matrix.FORMS:
    for shard in (False, True):
        torch.manual_seed(0)
        module, reference = matrix.prepared(form)
        twin = nn.Sequential(nn.Linear(3, 3), reference)
        plain = nn.Sequential(nn.Linear(3, 3), module)
        plain[0].load_state_dict(twin[0].state_dict())
        wrapped = matrix.sharded(plain) if shard else nn.parallel.DistributedDataParallel(plain)
        wrapped(x[rank::2]).square().mean().backward()
        twin(x).square().mean().backward()
        whole = [getattr(p.grad, "full_tensor", lambda p=p: p.grad)() for p in wrapped.parameters()]
        for got, other in zip(whole, twin.parameters(), strict=True):
            matrix.agree(got.reshape(other.shape), other.grad)
print("right", flush=True)
os._exit(0)  # gloo's threads may not end
"""


@pytest.mark.long
def test_two_processes_learn_as_one(tmp_path):
    both = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(rank), str(tmp_path / "store")],
            cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip
    assert [each.communicate(timeout=600)[0].strip() for each in both] == ["right", "right"]


REFUSED = {("jit.script, trained", "fused_swish")}  # its modules are scripted, it is not


# Comparing ----------------------------------------------------------------------------------------


def agree(got, wanted):
    got, wanted = tree_leaves(got), tree_leaves(wanted)
    assert len(got) == len(wanted)
    for a, b in zip(got, wanted, strict=True):
        assert (a is None) == (b is None)
        if b is None:
            continue
        assert a.dtype == b.dtype and a.shape == b.shape, (a.dtype, b.dtype, a.shape, b.shape)
        room = {2: 8e-2, 4: 1e-4, 8: 1e-4 if a.is_complex() else 1e-9}.get(a.dtype.itemsize, 0)
        a, b = (each.detach().resolve_neg().resolve_conj() for each in (a, b))
        largest = b.abs().max().item() if b.numel() and room else 0
        assert torch.allclose(a, b, rtol=room, atol=room * max(1, largest)), (a - b).abs().max()


def prepared(form, dtype=torch.float32):
    module = FORMS[form]()
    if any(each.numel() == 3 for each in module.parameters()):
        with torch.no_grad():
            module.beta += torch.tensor([0.0, -1.3, -3.0])  # 0 is one of the values
    if dtype.is_floating_point:
        module.to(dtype)
    return module, WrittenOut(module)


def compare(form, transform, layout, dtype):
    """Hold a module against the definition; False where the definition itself is refused."""
    module, reference = prepared(form, dtype)
    x = LAYOUTS[layout](dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            wanted = TRANSFORMS[transform](reference, x)
        except Exception:
            return False
        agree(TRANSFORMS[transform](module, x), wanted)
    return True


@pytest.fixture
def form(request, monkeypatch, built_node):
    if "in Python" in request.param:
        monkeypatch.setattr(autograd, "fused", lambda x, beta: None)
    return request.param


FEW = [pair for pair in product(LAYOUTS, DTYPES) if "contiguous" in pair or torch.float32 in pair]
every_form = pytest.mark.parametrize("form", FORMS, indirect=True)


@pytest.mark.parametrize(
    ("form", "transform"),
    [
        pytest.param(
            form, transform,
            marks=[pytest.mark.long] * (transform in TRACED and form not in SHORT),
        )
        for transform, form in product(TRANSFORMS, FORMS)
    ],
    indirect=["form"],
)  # fmt: skip
def test_it_is_x_times_sigmoid_of_beta_x(form, transform):
    if (transform, form) in REFUSED:
        with pytest.raises(RuntimeError):
            compare(form, transform, *FEW[0])
    else:
        assert sum(compare(form, transform, *pair) for pair in FEW)


@every_form
@pytest.mark.long
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_in_every_layout_and_type(form, transform):
    if (transform, form) not in REFUSED:
        for pair in product(LAYOUTS, DTYPES):
            compare(form, transform, *pair)


@pytest.mark.parametrize(
    ("form", "other"),
    [
        pytest.param(
            form, other,
            marks=[pytest.mark.long]
            if other in ELSEWHERE or (other.startswith(SLOW) and form not in SHORT)
            else [],
        )
        for other, form in product(OTHERS, FORMS)
    ],
    indirect=["form"],
)  # fmt: skip
def test_other_kinds(form, other):
    if "of channels" in form and "nested" in other:
        pytest.skip("a ragged axis has no channels")
    OTHERS[other](*prepared(form))


# The table ----------------------------------------------------------------------------------------


def table():
    """The table as the docstring has it: a cell is what all of a column's forms do in all kinds."""
    rows = [(name, partial(_whole, name)) for name in TRANSFORMS]
    rows += [(name, partial(_other, name)) for name in OTHERS]
    return "\n".join(
        line(name, [all(holds(f) for f in FORMS if f.split(" ")[0] == c) for c in COLUMNS])
        for name, holds in rows
    )


def line(name, cells):
    said = "".join(f"{'yes' if cell else 'no':4}" for cell in cells)
    return f"    {name:42}{said}".rstrip()


def _whole(transform, form):
    pairs = product(LAYOUTS, DTYPES)
    return bool(_succeeds(lambda: sum([compare(form, transform, *pair) for pair in pairs])))


def _other(other, form):
    if "of channels" in form and "nested" in other:
        return True
    return _succeeds(lambda: OTHERS[other](*prepared(form)) or True)


def _succeeds(run):
    try:
        return run()
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return False


def test_the_table_in_the_docstring_has_all_of_it():
    rows = re.findall(r"^    (.{42})((?:yes|no ) .*)$", swish.__doc__, re.MULTILINE)
    assert [name.strip() for name, _ in rows] == [*TRANSFORMS, *OTHERS]
    for name, cells in rows:
        refused = [(name.strip(), column) in REFUSED for column in COLUMNS]
        assert cells.split() == ["no" if each else "yes" for each in refused]


if __name__ == "__main__":
    autograd.build()
    path = Path(swish.__file__)
    text = path.read_text("utf-8")
    begin, end = text.index("    values  "), text.index("\n\nAt x = ±∞")
    path.write_text(text[:begin] + table() + text[end:], "utf-8")
