"""Records: rectifiers without a kink at 0, or with a soft one: they bend."""

from functools import partial

from swishdemo.activations.record import Activation, Parameter
from swishdemo.activations.records.entry import entry

_soft = partial(entry, "soft")

RECORDS: tuple[Activation, ...] = (
    _soft(
        "elu",
        "ELU",
        Parameter("alpha", 1.0, 0.0, 3.0, r"\alpha"),
        source=(
            2015,
            "Clevert, Unterthiner and Hochreiter, Fast and Accurate Deep Network Learning by "
            "Exponential Linear Units, https://arxiv.org/abs/1511.07289",
        ),
        line=("#7c3aed", "#a78bfa", "dashdot"),
        builtin="torch.nn.functional:elu",
    ),
    _soft(
        "selu",
        "SELU",
        source=(
            2017,
            "Klambauer, Unterthiner, Mayr and Hochreiter, Self-Normalizing Neural Networks, "
            "https://arxiv.org/abs/1706.02515",
        ),
        line=("#a21caf", "#e879f9", "longdash"),
        torch="torch.nn.functional:selu",
    ),
    _soft(
        "celu",
        "CELU",
        Parameter("alpha", 1.0, 0.1, 3.0, r"\alpha"),
        source=(
            2017,
            "Barron, Continuously Differentiable Exponential Linear Units, "
            "https://arxiv.org/abs/1704.07483",
        ),
        line=("#525001", "#979653", "solid"),
        builtin="torch.nn.functional:celu",
    ),
    _soft(
        "pelu",
        "PELU",
        Parameter("a", 1.0, 0.1, 3.0, "a"),
        Parameter("b", 1.0, 0.1, 3.0, "b"),
        source=(
            2016,
            "Trottier, Giguère and Chaib-draa, Parametric Exponential Linear Unit for Deep "
            "Convolutional Neural Networks, https://arxiv.org/abs/1605.09332",
        ),
        line=("#bd1e84", "#e84da8", "dash"),
    ),
    _soft(
        "isrlu",
        "ISRLU",
        Parameter("alpha", 1.0, 0.0, 5.0, r"\alpha"),
        source=(
            2017,
            "Carlile et al., Improving Deep Learning by Inverse Square Root Linear Units, "
            "https://arxiv.org/abs/1710.09967",
        ),
        line=("#755914", "#d9b979", "dot"),
    ),
    _soft(
        "softplus",
        "Softplus",
        Parameter("beta", 1.0, 0.1, 10.0, r"\beta"),
        source=(
            2000,
            "Dugas et al., Incorporating Second-Order Functional Knowledge for Better Option "
            "Pricing, "
            "https://proceedings.neurips.cc/paper/2000/hash/44968aece94f667e4095002d140b5896-Abstract.html",
        ),
        line=("#be185d", "#f472b6", "dot"),
        builtin="torch.nn.functional:softplus",
    ),
    _soft(
        "squareplus",
        "Squareplus",
        Parameter("b", 4.0, 0.0, 10.0, "b"),
        source=(
            2021,
            "Barron, Squareplus: A Softplus-Like Algebraic Rectifier, "
            "https://arxiv.org/abs/2112.11687",
        ),
        line=("#7e6e2a", "#b8a864", "dashdot"),
    ),
    _soft(
        "smelu",
        "SmeLU",
        Parameter("beta", 1.0, 0.1, 3.0, r"\beta"),
        source=(
            2020,
            "Shamir, Lin and Coviello, Smooth Activations and Reproducibility in Deep Networks, "
            "https://arxiv.org/abs/2010.09931",
        ),
        line=("#183680", "#7ea6f9", "longdashdot"),
    ),
    _soft(
        "bent_identity",
        "Bent identity",
        source=(
            2024,
            "Listed by Kunc and Kléma, Three Decades of Activations, "
            "https://arxiv.org/abs/2402.09092",
        ),
        line=("#236f27", "#9eeb9d", "longdashdot"),
    ),
    _soft(
        "logsigmoid",
        "Log-sigmoid",
        source=(
            1958,
            "Cox, The Regression Analysis of Binary Sequences, "
            "https://doi.org/10.1111/j.2517-6161.1958.tb00292.x",
        ),
        line=("#701033", "#eb839b", "solid"),
        torch="torch.nn.functional:logsigmoid",
    ),
)
