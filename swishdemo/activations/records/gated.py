"""Records: x times a gate that x itself opens: Swish and its kin."""

from functools import partial

from swishdemo.activations.record import Activation, Parameter
from swishdemo.activations.records.entry import entry

_gated = partial(entry, "gated")

RECORDS: tuple[Activation, ...] = (
    _gated(
        "swish",
        "Swish",
        Parameter("beta", 1.0, -10.0, 10.0, r"\beta"),
        source=(
            2017,
            "Ramachandran, Zoph and Le, Searching for Activation Functions, "
            "https://arxiv.org/abs/1710.05941",
        ),
        line=("#c2410c", "#fb923c", "solid"),
        torch="swishdemo.activations.functional:swish",
        builtin="torch.nn.functional:silu",
    ),
    _gated(
        "gelu",
        "GELU",
        source=(
            2016,
            "Hendrycks and Gimpel, Gaussian Error Linear Units, https://arxiv.org/abs/1606.08415",
        ),
        line=("#1d6fb8", "#60a5fa", "solid"),
        torch="torch.nn.functional:gelu",
    ),
    _gated(
        "gelu_tanh",
        "GELU (tanh)",
        source=(
            2016,
            "Hendrycks and Gimpel, Gaussian Error Linear Units, https://arxiv.org/abs/1606.08415",
        ),
        line=("#0369a1", "#7dd3fc", "dash"),
    ),
    _gated(
        "quick_gelu",
        "Quick GELU",
        source=(
            2016,
            "Hendrycks and Gimpel, Gaussian Error Linear Units, https://arxiv.org/abs/1606.08415",
        ),
        line=("#1e40af", "#93c5fd", "dot"),
    ),
    _gated(
        "mish",
        "Mish",
        source=(
            2019,
            "Misra, Mish: A Self Regularized Non-Monotonic Activation Function, "
            "https://arxiv.org/abs/1908.08681",
        ),
        line=("#0f766e", "#2dd4bf", "solid"),
        torch="torch.nn.functional:mish",
    ),
    _gated(
        "hardswish",
        "Hard Swish",
        source=(
            2019,
            "Howard et al., Searching for MobileNetV3, https://arxiv.org/abs/1905.02244",
        ),
        line=("#9a3412", "#fdba74", "dash"),
        torch="torch.nn.functional:hardswish",
    ),
    _gated(
        "e_swish",
        "E-Swish",
        Parameter("beta", 1.25, 0.0, 3.0, r"\beta"),
        source=(
            2018,
            "Alcaide, E-swish: Adjusting Activations to Different Network Depths, "
            "https://arxiv.org/abs/1801.07145",
        ),
        line=("#37356b", "#898bc8", "longdash"),
    ),
    _gated(
        "acon_c",
        "ACON-C",
        Parameter("p1", 1.2, -2.0, 2.0, "p_1"),
        Parameter("p2", -0.8, -2.0, 2.0, "p_2"),
        Parameter("beta", 1.0, -10.0, 10.0, r"\beta"),
        source=(
            2020,
            "Ma et al., Activate or Not: Learning Customized Activation, "
            "https://arxiv.org/abs/2009.04759",
        ),
        line=("#0e861e", "#89f189", "dot"),
    ),
    _gated(
        "flatten_t_swish",
        "Flatten-T Swish",
        Parameter("T", -0.2, -1.0, 1.0, "T"),
        source=(
            2018,
            "Chieng et al., Flatten-T Swish: A Thresholded ReLU-Swish-Like Activation Function "
            "for Deep Learning, https://arxiv.org/abs/1812.06247",
        ),
        line=("#8f5a83", "#fbbeeb", "dashdot"),
    ),
    _gated(
        "elish",
        "ELiSH",
        source=(
            2018,
            "Basirat and Roth, The Quest for the Golden Activation Function, "
            "https://arxiv.org/abs/1808.00783",
        ),
        line=("#721118", "#d66f6a", "dot"),
    ),
    _gated(
        "tanhexp",
        "TanhExp",
        source=(
            2020,
            "Liu and Di, TanhExp: A Smooth Activation Function with High Convergence Speed for "
            "Lightweight Neural Networks, https://arxiv.org/abs/2003.09855",
        ),
        line=("#732ebf", "#a86bfd", "longdashdot"),
    ),
    _gated(
        "serf",
        "Serf",
        source=(
            2021,
            "Nag and Bhattacharyya, Serf: Towards Better Training of Deep Neural Networks Using "
            "Log-Softplus Error Activation Function, https://arxiv.org/abs/2108.09598",
        ),
        line=("#6a1449", "#cb6fa0", "dashdot"),
    ),
    _gated(
        "logish",
        "Logish",
        source=(
            2021,
            "Zhu, Zeng, Liu and Zhang, Logish: A New Nonlinear Nonmonotonic Activation Function "
            "for Convolutional Neural Network, https://doi.org/10.1016/j.neucom.2021.06.067",
        ),
        line=("#541081", "#ac72e3", "dash"),
    ),
    _gated(
        "smish",
        "Smish",
        source=(
            2022,
            "Wang, Ren and Wang, Smish: A Novel Activation Function for Deep Learning Methods, "
            "https://doi.org/10.3390/electronics11040540",
        ),
        line=("#463b2b", "#c9bca9", "longdashdot"),
    ),
    _gated(
        "lisht",
        "LiSHT",
        source=(
            2019,
            "Roy et al., LiSHT: Non-Parametric Linearly Scaled Hyperbolic Tangent Activation "
            "Function for Neural Networks, https://arxiv.org/abs/1901.05894",
        ),
        line=("#04844d", "#40a970", "dash"),
    ),
)
