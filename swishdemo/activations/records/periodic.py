"""Records: functions with a wave in them."""

from functools import partial

from swishdemo.activations.record import Activation, Parameter
from swishdemo.activations.records.entry import entry

_periodic = partial(entry, "periodic")

RECORDS: tuple[Activation, ...] = (
    _periodic(
        "sine",
        "Sine",
        Parameter("omega", 1.0, 0.1, 30.0, r"\omega"),
        source=(
            2020,
            "Sitzmann et al., Implicit Neural Representations with Periodic Activation "
            "Functions, https://arxiv.org/abs/2006.09661",
        ),
        line=("#786d5b", "#dfd2bf", "longdash"),
    ),
    _periodic(
        "snake",
        "Snake",
        Parameter("a", 1.0, 0.1, 10.0, "a"),
        source=(
            2020,
            "Ziyin, Hartwig and Ueda, Neural Networks Fail to Learn Periodic Functions and How "
            "to Fix It, https://arxiv.org/abs/2006.08195",
        ),
        line=("#9e0589", "#f56ad9", "dashdot"),
    ),
    _periodic(
        "gcu",
        "GCU",
        source=(
            2021,
            "Noel et al., Growing Cosine Unit: A Novel Oscillatory Activation Function That Can "
            "Speedup Training and Reduce Parameters in Convolutional Neural Networks, "
            "https://arxiv.org/abs/2108.12943",
        ),
        line=("#7a2961", "#f79bd5", "dash"),
    ),
    _periodic(
        "sinlu",
        "SinLU",
        Parameter("a", 1.0, 0.0, 3.0, "a"),
        Parameter("b", 1.0, 0.0, 5.0, "b"),
        source=(
            2022,
            "Paul et al., SinLU: Sinu-Sigmoidal Linear Unit, https://doi.org/10.3390/math10030337",
        ),
        line=("#581f68", "#ca8cdc", "longdashdot"),
    ),
)
