"""Functions with a wave in them."""

from functools import partial

from swishdemo.activations.record import Activation, Parameter

_periodic = partial(Activation, family="periodic")

RECORDS: tuple[Activation, ...] = (
    _periodic(
        name="sine",
        label="Sine",
        formula="sin(omega*x)",
        parameters=(Parameter("omega", 1.0, 0.1, 30.0, r"\omega"),),
        purpose={
            "en": "SIREN: pictures, sounds and fields as functions of coordinates.",
            "zh": "SIREN：把图像、声音和场表示为坐标的函数。",
        },
        year=2020,
        source=(
            "Sitzmann et al., Implicit Neural Representations with Periodic Activation Functions, "
            "https://arxiv.org/abs/2006.09661"
        ),
        colour="#786d5b",
        colour_dark="#dfd2bf",
        dash="longdash",
        torch="sin(omega * x)",
    ),
    _periodic(
        name="snake",
        label="Snake",
        formula="x + sin(a*x)**2/a",
        parameters=(Parameter("a", 1.0, 0.1, 10.0, "a"),),
        purpose={
            "en": "Learns periodic data and goes on with it; used in audio vocoders.",
            "zh": "能学习并外推周期数据；用于音频声码器。",
        },
        year=2020,
        source=(
            "Ziyin, Hartwig and Ueda, Neural Networks Fail to Learn Periodic Functions and How to "
            "Fix It, https://arxiv.org/abs/2006.08195"
        ),
        colour="#9e0589",
        colour_dark="#f56ad9",
        dash="dashdot",
        torch="x + sin(a * x).square() / a",
    ),
    _periodic(
        name="gcu",
        label="GCU",
        formula="x*cos(x)",
        purpose={
            "en": "x times a cosine: one such unit can compute XOR.",
            "zh": "x 乘以余弦：单个单元即可计算 XOR。",
        },
        year=2021,
        source=(
            "Noel et al., Growing Cosine Unit: A Novel Oscillatory Activation Function That Can "
            "Speedup Training and Reduce Parameters in Convolutional Neural Networks, "
            "https://arxiv.org/abs/2108.12943"
        ),
        colour="#7a2961",
        colour_dark="#f79bd5",
        dash="dash",
        torch="x * cos(x)",
    ),
    _periodic(
        name="sinlu",
        label="SinLU",
        formula="(x + a*sin(b*x))*sigmoid(x)",
        parameters=(
            Parameter("a", 1.0, 0.0, 3.0, "a"),
            Parameter("b", 1.0, 0.0, 5.0, "b"),
        ),
        purpose={
            "en": "SiLU with a wave of learned height and frequency.",
            "zh": "带波动的 SiLU，波幅与频率可学习。",
        },
        year=2022,
        source="Paul et al., SinLU: Sinu-Sigmoidal Linear Unit, https://doi.org/10.3390/math10030337",
        colour="#581f68",
        colour_dark="#ca8cdc",
        dash="longdashdot",
        torch="(x + a * sin(b * x)) * sigmoid(x)",
    ),
)
