"""The registry: one record for each activation function. Adding one here adds it everywhere.

The colours have a contrast of at least 4.5 : 1 on their ground (#ffffff or #1b1d21); lines that
share a hue differ by their dash.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from swishdemo.activations.record import Activation, Parameter
from swishdemo.errors import UserError

_REGISTRY: dict[str, Activation] = {}


def register(activation: Activation) -> Activation:
    """Enter a record.

    Raises:
        ValueError: The name is taken.
    """
    if activation.name in _REGISTRY:
        raise ValueError(f"activation {activation.name} is registered twice")
    _REGISTRY[activation.name] = activation
    return activation


def names() -> tuple[str, ...]:
    """The names of all registered activations, in the order of menus."""
    return tuple(_REGISTRY)


def activations() -> tuple[Activation, ...]:
    """All registered activations, in the order of menus."""
    return tuple(_REGISTRY.values())


def get(name: object) -> Activation:
    """The activation called ``name``.

    Raises:
        UserError: No activation has that name (status 404).
    """
    found = _REGISTRY.get(name) if isinstance(name, str) else None
    if found is None:
        raise UserError(
            "activations.error_unknown",
            field="activation",
            status=404,
            value=str(name)[:80],
            choices=", ".join(_REGISTRY),
        )
    return found


def _add(
    name: str,
    label: str,
    expression: Callable[[], Any],
    *parameters: Parameter,
    source: tuple[int, str],
    family: str,
    line: tuple[str, str, str],
    torch: str,
    builtin: str = "",
) -> None:
    year, citation = source
    colour, colour_dark, dash = line
    register(
        Activation(
            name=name,
            label=label,
            expression=expression,
            parameters=parameters,
            year=year,
            source=citation,
            family=family,
            colour=colour,
            colour_dark=colour_dark,
            dash=dash,
            torch=torch,
            builtin=builtin or torch,
        )
    )


def _swish() -> Any:
    from swishdemo.activations import symbols as s

    return s.X * s.Sigmoid(s.symbol("beta") * s.X)


def _relu() -> Any:
    from swishdemo.activations import symbols as s

    return s.Where(s.X, 0, s.X, 0)


def _gelu() -> Any:
    from swishdemo.activations import symbols as s

    return s.X * s.NormalCdf(s.X)


def _gelu_tanh() -> Any:
    import sympy

    from swishdemo.activations import symbols as s

    inner = s.X + s.Constant("0.044715", "0.044715") * s.X**3
    return s.X / 2 * (1 + s.Tanh(sympy.sqrt(2 / sympy.pi) * inner))


def _quick_gelu() -> Any:
    from swishdemo.activations import symbols as s

    return s.X * s.Sigmoid(s.Constant("1.702", "1.702") * s.X)


def _mish() -> Any:
    from swishdemo.activations import symbols as s

    return s.X * s.Tanh(s.Softplus(s.X))


def _leaky_relu() -> Any:
    from swishdemo.activations import symbols as s

    return s.Where(s.X, 0, s.X, s.symbol("slope") * s.X)


def _prelu() -> Any:
    from swishdemo.activations import symbols as s

    return s.Where(s.X, 0, s.X, s.symbol("a") * s.X)


def _relu6() -> Any:
    from swishdemo.activations import symbols as s

    return s.Where(s.X, 6, 6, s.Where(s.X, 0, s.X, 0))


def _elu() -> Any:
    from swishdemo.activations import symbols as s

    return s.Where(s.X, 0, s.X, s.symbol("alpha") * s.Expm1(s.X))


def _selu() -> Any:
    from swishdemo.activations import symbols as s

    scale = s.Constant(r"\lambda", "1.0507009873554804934193349852946")
    alpha = s.Constant(r"\alpha", "1.6732632423543772848170429916717")
    return s.Where(s.X, 0, scale * s.X, scale * alpha * s.Expm1(s.X))


def _hardswish() -> Any:
    from swishdemo.activations import symbols as s

    return s.Where(s.X, 3, s.X, s.Where(s.X, -3, s.X * (s.X + 3) / 6, 0))


def _hardsigmoid() -> Any:
    from swishdemo.activations import symbols as s

    return s.Where(s.X, 3, 1, s.Where(s.X, -3, (s.X + 3) / 6, 0))


def _hardtanh() -> Any:
    from swishdemo.activations import symbols as s

    return s.Where(s.X, 1, 1, s.Where(s.X, -1, s.X, -1))


def _softplus() -> Any:
    import sympy

    from swishdemo.activations import symbols as s

    return sympy.log(1 + sympy.exp(s.X))


def _sigmoid() -> Any:
    import sympy

    from swishdemo.activations import symbols as s

    return 1 / (1 + sympy.exp(-s.X))


def _tanh() -> Any:
    from swishdemo.activations import symbols as s

    return s.Tanh(s.X)


def _softsign() -> Any:
    from swishdemo.activations import symbols as s

    return s.Softsign(s.X)


_add(
    "swish",
    "Swish",
    _swish,
    Parameter("beta", 1.0, -10.0, 10.0, r"\beta"),
    source=(
        2017,
        "Ramachandran, Zoph and Le, Searching for Activation Functions, "
        "https://arxiv.org/abs/1710.05941",
    ),
    family="sigmoid-gated",
    line=("#c2410c", "#fb923c", "solid"),
    torch="swishdemo.activations.functional:swish",
    builtin="torch.nn.functional:silu",
)
_add(
    "relu",
    "ReLU",
    _relu,
    source=(
        2010,
        "Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines, "
        "https://www.cs.toronto.edu/~fritz/absps/reluICML.pdf",
    ),
    family="rectified",
    line=("#334155", "#cbd5e1", "solid"),
    torch="torch.nn.functional:relu",
)
_add(
    "gelu",
    "GELU",
    _gelu,
    source=(
        2016,
        "Hendrycks and Gimpel, Gaussian Error Linear Units, https://arxiv.org/abs/1606.08415",
    ),
    family="sigmoid-gated",
    line=("#1d6fb8", "#60a5fa", "solid"),
    torch="torch.nn.functional:gelu",
)
_add(
    "mish",
    "Mish",
    _mish,
    source=(
        2019,
        "Misra, Mish: A Self Regularized Non-Monotonic Activation Function, "
        "https://arxiv.org/abs/1908.08681",
    ),
    family="sigmoid-gated",
    line=("#0f766e", "#2dd4bf", "solid"),
    torch="torch.nn.functional:mish",
)
_add(
    "elu",
    "ELU",
    _elu,
    Parameter("alpha", 1.0, 0.0, 3.0, r"\alpha"),
    source=(
        2015,
        "Clevert, Unterthiner and Hochreiter, Fast and Accurate Deep Network Learning by "
        "Exponential Linear Units, https://arxiv.org/abs/1511.07289",
    ),
    family="exponential",
    line=("#7c3aed", "#a78bfa", "solid"),
    torch="swishdemo.activations.functional:elu",
    builtin="torch.nn.functional:elu",
)
_add(
    "gelu_tanh",
    "GELU (tanh)",
    _gelu_tanh,
    source=(
        2016,
        "Hendrycks and Gimpel, Gaussian Error Linear Units, https://arxiv.org/abs/1606.08415",
    ),
    family="sigmoid-gated",
    line=("#0369a1", "#7dd3fc", "dash"),
    torch="swishdemo.activations.functional:gelu_tanh",
)
_add(
    "quick_gelu",
    "Quick GELU",
    _quick_gelu,
    source=(
        2016,
        "Hendrycks and Gimpel, Gaussian Error Linear Units, https://arxiv.org/abs/1606.08415",
    ),
    family="sigmoid-gated",
    line=("#1e40af", "#93c5fd", "dot"),
    torch="swishdemo.activations.functional:quick_gelu",
)
_add(
    "hardswish",
    "Hard Swish",
    _hardswish,
    source=(2019, "Howard et al., Searching for MobileNetV3, https://arxiv.org/abs/1905.02244"),
    family="rectified",
    line=("#9a3412", "#fdba74", "dash"),
    torch="torch.nn.functional:hardswish",
)
_add(
    "leaky_relu",
    "Leaky ReLU",
    _leaky_relu,
    Parameter("slope", 0.01, 0.0, 1.0, "s"),
    source=(
        2013,
        "Maas, Hannun and Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models, "
        "https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf",
    ),
    family="rectified",
    line=("#57534e", "#a8a29e", "dash"),
    torch="swishdemo.activations.functional:leaky_relu",
    builtin="torch.nn.functional:leaky_relu",
)
_add(
    "prelu",
    "PReLU",
    _prelu,
    Parameter("a", 0.25, -1.0, 1.0, "a"),
    source=(
        2015,
        "He, Zhang, Ren and Sun, Delving Deep into Rectifiers, https://arxiv.org/abs/1502.01852",
    ),
    family="rectified",
    line=("#475569", "#94a3b8", "dot"),
    torch="swishdemo.activations.functional:leaky_relu",
    builtin="torch.nn.functional:prelu",
)
_add(
    "relu6",
    "ReLU6",
    _relu6,
    source=(
        2010,
        "Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10, "
        "https://www.cs.toronto.edu/~kriz/conv-cifar10-aug2010.pdf",
    ),
    family="rectified",
    line=("#713f12", "#facc15", "dashdot"),
    torch="torch.nn.functional:relu6",
)
_add(
    "selu",
    "SELU",
    _selu,
    source=(
        2017,
        "Klambauer, Unterthiner, Mayr and Hochreiter, Self-Normalizing Neural Networks, "
        "https://arxiv.org/abs/1706.02515",
    ),
    family="exponential",
    line=("#a21caf", "#e879f9", "dash"),
    torch="torch.nn.functional:selu",
)
_add(
    "softplus",
    "Softplus",
    _softplus,
    source=(
        2000,
        "Dugas et al., Incorporating Second-Order Functional Knowledge for Better Option "
        "Pricing, https://proceedings.neurips.cc/paper/2000/hash/"
        "44968aece94f667e4095002d140b5896-Abstract.html",
    ),
    family="exponential",
    line=("#be185d", "#f472b6", "dot"),
    torch="torch.nn.functional:softplus",
)
_add(
    "sigmoid",
    "Sigmoid",
    _sigmoid,
    source=(
        1986,
        "Rumelhart, Hinton and Williams, Learning Representations by Back-Propagating Errors, "
        "https://doi.org/10.1038/323533a0",
    ),
    family="bounded",
    line=("#b91c1c", "#f87171", "dashdot"),
    torch="torch:sigmoid",
)
_add(
    "tanh",
    "Tanh",
    _tanh,
    source=(
        1998,
        "LeCun, Bottou, Orr and Müller, Efficient BackProp, "
        "https://doi.org/10.1007/3-540-49430-8_2",
    ),
    family="bounded",
    line=("#166534", "#4ade80", "dashdot"),
    torch="torch:tanh",
)
_add(
    "softsign",
    "Softsign",
    _softsign,
    source=(
        2009,
        "Turian, Bergstra and Bengio, Quadratic Features and Deep Architectures for Chunking, "
        "https://aclanthology.org/N09-2062/",
    ),
    family="bounded",
    line=("#4d7c0f", "#a3e635", "longdash"),
    torch="torch.nn.functional:softsign",
)
_add(
    "hardsigmoid",
    "Hard sigmoid",
    _hardsigmoid,
    source=(
        2015,
        "Courbariaux, Bengio and David, BinaryConnect, https://arxiv.org/abs/1511.00363",
    ),
    family="bounded",
    line=("#9f1239", "#fda4af", "longdash"),
    torch="torch.nn.functional:hardsigmoid",
)
_add(
    "hardtanh",
    "Hard tanh",
    _hardtanh,
    source=(
        2011,
        "Collobert et al., Natural Language Processing (Almost) from Scratch, "
        "https://arxiv.org/abs/1103.0398",
    ),
    family="bounded",
    line=("#155e75", "#67e8f9", "longdashdot"),
    torch="torch.nn.functional:hardtanh",
)
