"""Records: functions whose values stay between bounds."""

from functools import partial

from swishdemo.activations.record import Activation, Parameter
from swishdemo.activations.records.entry import entry

_bounded = partial(entry, "bounded")

RECORDS: tuple[Activation, ...] = (
    _bounded(
        "sigmoid",
        "Sigmoid",
        source=(
            1986,
            "Rumelhart, Hinton and Williams, Learning Representations by Back-Propagating "
            "Errors, https://doi.org/10.1038/323533a0",
        ),
        line=("#b91c1c", "#f87171", "longdashdot"),
        torch="torch:sigmoid",
    ),
    _bounded(
        "tanh",
        "Tanh",
        source=(
            1998,
            "LeCun, Bottou, Orr and Müller, Efficient BackProp, "
            "https://doi.org/10.1007/3-540-49430-8_2",
        ),
        line=("#166534", "#4ade80", "dashdot"),
        torch="torch:tanh",
    ),
    _bounded(
        "softsign",
        "Softsign",
        source=(
            1993,
            "Elliott, A Better Activation Function for Artificial Neural Networks, "
            "https://drum.lib.umd.edu/handle/1903/5355",
        ),
        line=("#4d7c0f", "#a3e635", "longdash"),
        torch="torch.nn.functional:softsign",
    ),
    _bounded(
        "isru",
        "ISRU",
        Parameter("alpha", 1.0, 0.0, 5.0, r"\alpha"),
        source=(
            2017,
            "Carlile et al., Improving Deep Learning by Inverse Square Root Linear Units, "
            "https://arxiv.org/abs/1710.09967",
        ),
        line=("#044069", "#6298c6", "dashdot"),
    ),
    _bounded(
        "sqnl",
        "SQNL",
        source=(
            2018,
            "Wuraola and Patel, SQNL: A New Computationally Efficient Activation Function, "
            "https://doi.org/10.1109/IJCNN.2018.8489043",
        ),
        line=("#157f76", "#8ce8dd", "dot"),
    ),
    _bounded(
        "hardsigmoid",
        "Hard sigmoid",
        source=(
            2019,
            "Howard et al., Searching for MobileNetV3, https://arxiv.org/abs/1905.02244",
        ),
        line=("#9f1239", "#fda4af", "longdash"),
        builtin="torch.nn.functional:hardsigmoid",
    ),
    _bounded(
        "hardtanh",
        "Hard tanh",
        Parameter("low", -1.0, -3.0, 0.0, r"\mathrm{low}"),
        Parameter("high", 1.0, 0.0, 3.0, r"\mathrm{high}"),
        source=(
            2011,
            "Collobert et al., Natural Language Processing (Almost) from Scratch, "
            "https://arxiv.org/abs/1103.0398",
        ),
        line=("#155e75", "#67e8f9", "longdashdot"),
        builtin="torch.nn.functional:hardtanh",
    ),
    _bounded(
        "gaussian",
        "Gaussian",
        source=(
            1988,
            "Broomhead and Lowe, Multivariable Functional Interpolation and Adaptive Networks, "
            "https://www.complex-systems.com/abstracts/v02_i03_a05/",
        ),
        line=("#64337f", "#daa5fa", "solid"),
    ),
)
