"""Records: functions that take something off the size of x."""

from functools import partial

from swishdemo.activations.record import Activation, Parameter
from swishdemo.activations.records.entry import entry

_shrinkage = partial(entry, "shrinkage")

RECORDS: tuple[Activation, ...] = (
    _shrinkage(
        "hardshrink",
        "Hard shrink",
        Parameter("lambd", 0.5, 0.0, 3.0, r"\lambda"),
        source=(
            1994,
            "Donoho and Johnstone, Ideal Spatial Adaptation by Wavelet Shrinkage, "
            "https://doi.org/10.1093/biomet/81.3.425",
        ),
        line=("#61538b", "#c0b3f3", "longdash"),
        builtin="torch.nn.functional:hardshrink",
    ),
    _shrinkage(
        "softshrink",
        "Soft shrink",
        Parameter("lambd", 0.5, 0.0, 3.0, r"\lambda"),
        source=(
            1995,
            "Donoho, De-Noising by Soft-Thresholding, https://doi.org/10.1109/18.382009",
        ),
        line=("#796977", "#9d8c9b", "longdashdot"),
        builtin="torch.nn.functional:softshrink",
    ),
    _shrinkage(
        "tanhshrink",
        "Tanh shrink",
        source=(
            2011,
            "Collobert, Kavukcuoglu and Farabet, Torch7: A Matlab-like Environment for Machine "
            "Learning; https://pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html",
        ),
        line=("#622536", "#c17b8a", "longdash"),
        torch="torch.nn.functional:tanhshrink",
    ),
)
