"""The table of all activation functions. Adding one here adds it to every tab, test and menu.

The formula of the record ``name`` is the function of that name in
:mod:`swishdemo.activations.formulas`. The colours have a contrast of at least 4.5 : 1 on their
ground (#ffffff or #1b1d21); lines that share a hue differ by their dash.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from swishdemo.activations.record import Activation, Parameter


def _formula(name: str) -> Any:
    return getattr(import_module("swishdemo.activations.formulas"), name)()


def _record(
    name: str,
    label: str,
    *parameters: Parameter,
    source: tuple[int, str],
    family: str,
    line: tuple[str, str, str],
    torch: str,
    builtin: str = "",
) -> Activation:
    year, citation = source
    colour, colour_dark, dash = line
    return Activation(
        name=name,
        label=label,
        expression=partial(_formula, name),
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


RECORDS: tuple[Activation, ...] = (
    _record(
        "swish",
        "Swish",
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
    ),
    _record(
        "relu",
        "ReLU",
        source=(
            2010,
            "Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines, "
            "https://www.cs.toronto.edu/~fritz/absps/reluICML.pdf",
        ),
        family="rectified",
        line=("#334155", "#cbd5e1", "solid"),
        torch="torch.nn.functional:relu",
    ),
    _record(
        "gelu",
        "GELU",
        source=(
            2016,
            "Hendrycks and Gimpel, Gaussian Error Linear Units, https://arxiv.org/abs/1606.08415",
        ),
        family="sigmoid-gated",
        line=("#1d6fb8", "#60a5fa", "solid"),
        torch="torch.nn.functional:gelu",
    ),
    _record(
        "mish",
        "Mish",
        source=(
            2019,
            "Misra, Mish: A Self Regularized Non-Monotonic Activation Function, "
            "https://arxiv.org/abs/1908.08681",
        ),
        family="sigmoid-gated",
        line=("#0f766e", "#2dd4bf", "solid"),
        torch="torch.nn.functional:mish",
    ),
    _record(
        "elu",
        "ELU",
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
    ),
    _record(
        "gelu_tanh",
        "GELU (tanh)",
        source=(
            2016,
            "Hendrycks and Gimpel, Gaussian Error Linear Units, https://arxiv.org/abs/1606.08415",
        ),
        family="sigmoid-gated",
        line=("#0369a1", "#7dd3fc", "dash"),
        torch="swishdemo.activations.functional:gelu_tanh",
    ),
    _record(
        "quick_gelu",
        "Quick GELU",
        source=(
            2016,
            "Hendrycks and Gimpel, Gaussian Error Linear Units, https://arxiv.org/abs/1606.08415",
        ),
        family="sigmoid-gated",
        line=("#1e40af", "#93c5fd", "dot"),
        torch="swishdemo.activations.functional:quick_gelu",
    ),
    _record(
        "hardswish",
        "Hard Swish",
        source=(2019, "Howard et al., Searching for MobileNetV3, https://arxiv.org/abs/1905.02244"),
        family="rectified",
        line=("#9a3412", "#fdba74", "dash"),
        torch="torch.nn.functional:hardswish",
    ),
    _record(
        "leaky_relu",
        "Leaky ReLU",
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
    ),
    _record(
        "prelu",
        "PReLU",
        Parameter("a", 0.25, -1.0, 1.0, "a"),
        source=(
            2015,
            "He, Zhang, Ren and Sun, Delving Deep into Rectifiers, https://arxiv.org/abs/1502.01852",
        ),
        family="rectified",
        line=("#475569", "#94a3b8", "dot"),
        torch="swishdemo.activations.functional:leaky_relu",
        builtin="torch.nn.functional:prelu",
    ),
    _record(
        "relu6",
        "ReLU6",
        source=(
            2010,
            "Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10, "
            "https://www.cs.toronto.edu/~kriz/conv-cifar10-aug2010.pdf",
        ),
        family="rectified",
        line=("#713f12", "#facc15", "dashdot"),
        torch="torch.nn.functional:relu6",
    ),
    _record(
        "selu",
        "SELU",
        source=(
            2017,
            "Klambauer, Unterthiner, Mayr and Hochreiter, Self-Normalizing Neural Networks, "
            "https://arxiv.org/abs/1706.02515",
        ),
        family="exponential",
        line=("#a21caf", "#e879f9", "dash"),
        torch="torch.nn.functional:selu",
    ),
    _record(
        "softplus",
        "Softplus",
        source=(
            2000,
            "Dugas et al., Incorporating Second-Order Functional Knowledge for Better Option "
            "Pricing, https://proceedings.neurips.cc/paper/2000/hash/"
            "44968aece94f667e4095002d140b5896-Abstract.html",
        ),
        family="exponential",
        line=("#be185d", "#f472b6", "dot"),
        torch="swishdemo.activations.functional:softplus",
        builtin="torch.nn.functional:softplus",
    ),
    _record(
        "sigmoid",
        "Sigmoid",
        source=(
            1986,
            "Rumelhart, Hinton and Williams, Learning Representations by Back-Propagating Errors, "
            "https://doi.org/10.1038/323533a0",
        ),
        family="bounded",
        line=("#b91c1c", "#f87171", "dashdot"),
        torch="torch:sigmoid",
    ),
    _record(
        "tanh",
        "Tanh",
        source=(
            1998,
            "LeCun, Bottou, Orr and Müller, Efficient BackProp, "
            "https://doi.org/10.1007/3-540-49430-8_2",
        ),
        family="bounded",
        line=("#166534", "#4ade80", "dashdot"),
        torch="torch:tanh",
    ),
    _record(
        "softsign",
        "Softsign",
        source=(
            2009,
            "Turian, Bergstra and Bengio, Quadratic Features and Deep Architectures for Chunking, "
            "https://aclanthology.org/N09-2062/",
        ),
        family="bounded",
        line=("#4d7c0f", "#a3e635", "longdash"),
        torch="torch.nn.functional:softsign",
    ),
    _record(
        "hardsigmoid",
        "Hard sigmoid",
        source=(
            2015,
            "Courbariaux, Bengio and David, BinaryConnect, https://arxiv.org/abs/1511.00363",
        ),
        family="bounded",
        line=("#9f1239", "#fda4af", "longdash"),
        torch="swishdemo.activations.functional:hardsigmoid",
        builtin="torch.nn.functional:hardsigmoid",
    ),
    _record(
        "hardtanh",
        "Hard tanh",
        source=(
            2011,
            "Collobert et al., Natural Language Processing (Almost) from Scratch, "
            "https://arxiv.org/abs/1103.0398",
        ),
        family="bounded",
        line=("#155e75", "#67e8f9", "longdashdot"),
        torch="torch.nn.functional:hardtanh",
    ),
)
