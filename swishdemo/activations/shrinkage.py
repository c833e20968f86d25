"""Functions that take something off the size of x."""

from functools import partial

from swishdemo.activations.record import Activation, Parameter

_shrinkage = partial(Activation, family="shrinkage")

RECORDS: tuple[Activation, ...] = (
    _shrinkage(
        name="hardshrink",
        label="Hard shrink",
        formula="where(x > lambd, x, where(-lambd > x, x, 0))",
        parameters=(Parameter("lambd", 0.5, 0.0, 3.0, r"\lambda"),),
        purpose={
            "en": "Keeps what is larger than λ: the hard threshold of wavelet denoising.",
            "zh": "只保留绝对值大于 λ 的部分：小波去噪的硬阈值。",
        },
        year=1994,
        source=(
            "Donoho and Johnstone, Ideal Spatial Adaptation by Wavelet Shrinkage, "
            "https://doi.org/10.1093/biomet/81.3.425"
        ),
        colour="#61538b",
        colour_dark="#c0b3f3",
        dash="longdash",
        # PyTorch's own takes numbers only.
        torch=(
            "hardshrink(x, lambd) if number(lambd) "
            "else where((x > lambd) | (x < -lambd), x, 0 * lambd)"
        ),
        builtin="torch.nn.functional:hardshrink",
    ),
    _shrinkage(
        name="softshrink",
        label="Soft shrink",
        formula="where(x > lambd, x - lambd, where(-lambd > x, x + lambd, 0))",
        parameters=(Parameter("lambd", 0.5, 0.0, 3.0, r"\lambda"),),
        purpose={
            "en": "The proximal step of λ|x|: sparse coding, ISTA, the lasso.",
            "zh": "λ|x| 的近端算子：稀疏编码、ISTA、lasso。",
        },
        year=1995,
        source="Donoho, De-Noising by Soft-Thresholding, https://doi.org/10.1109/18.382009",
        colour="#796977",
        colour_dark="#9d8c9b",
        dash="longdashdot",
        # PyTorch's own takes numbers only, and none below 0.
        torch=(
            "softshrink(x, lambd) if number(lambd) and lambd >= 0 "
            "else where(x > lambd, x - lambd, where(x < -lambd, x + lambd, 0 * lambd))"
        ),
        builtin="torch.nn.functional:softshrink",
    ),
    _shrinkage(
        name="tanhshrink",
        label="Tanh shrink",
        formula="x - tanh(x)",
        purpose={
            "en": "What tanh leaves: about x³/3 near 0, a line far out.",
            "zh": "tanh 余下的部分：在 0 附近近似 x³/3，远处成直线。",
        },
        year=2011,
        source=(
            "Collobert, Kavukcuoglu and Farabet, Torch7: A Matlab-like Environment for Machine "
            "Learning; https://pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html"
        ),
        colour="#622536",
        colour_dark="#c17b8a",
        dash="longdash",
        builtin="torch.nn.functional:tanhshrink",
    ),
)
