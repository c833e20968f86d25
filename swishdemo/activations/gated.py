"""Swish and its kin: x times a gate that x itself opens."""

from functools import partial

from swishdemo.activations.record import Activation, Parameter

_gated = partial(Activation, family="gated")

RECORDS: tuple[Activation, ...] = (
    _gated(
        name="swish",
        label="Swish",
        formula="x*sigmoid(beta*x)",
        parameters=(Parameter("beta", 1.0, -10.0, 10.0, r"\beta"),),
        purpose={
            "en": (
                "Found by search over formulas; SiLU is its case β = 1, used in EfficientNet, "
                "YOLO and gated in Llama."
            ),
            "zh": (
                "由公式搜索得到；β = 1 即 SiLU，用于 EfficientNet、YOLO，并以门控形式用于 Llama。"
            ),
        },
        year=2017,
        source=(
            "Ramachandran, Zoph and Le, Searching for Activation Functions, "
            "https://arxiv.org/abs/1710.05941"
        ),
        colour="#c2410c",
        colour_dark="#fb923c",
        dash="solid",
        torch="swish(x, beta)",
        call="F.silu(x)",
        builtin="torch.nn.functional:silu",
    ),
    _gated(
        name="gelu",
        label="GELU",
        formula="x*Phi(x)",
        purpose={
            "en": (
                "x times the chance that a normal variable is below x; the standard of BERT and "
                "GPT-2."
            ),
            "zh": "x 乘以标准正态变量小于 x 的概率；BERT 与 GPT-2 的标准选择。",
        },
        year=2016,
        source="Hendrycks and Gimpel, Gaussian Error Linear Units, https://arxiv.org/abs/1606.08415",
        colour="#1d6fb8",
        colour_dark="#60a5fa",
        dash="solid",
        builtin="torch.nn.functional:gelu",
    ),
    _gated(
        name="gelu_tanh",
        label="GELU (tanh)",
        formula="x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))",
        purpose={
            "en": "GELU by a tanh, as GPT-2's code computes it; within 0.0005 of the exact one.",
            "zh": "用 tanh 近似的 GELU，GPT-2 的代码即如此计算；与精确值相差不到 0.0005。",
        },
        year=2016,
        source="Hendrycks and Gimpel, Gaussian Error Linear Units, https://arxiv.org/abs/1606.08415",
        colour="#0369a1",
        colour_dark="#7dd3fc",
        dash="dash",
        torch="gelu(x, approximate='tanh')",
        call='F.gelu(x, approximate="tanh")',
    ),
    _gated(
        name="quick_gelu",
        label="Quick GELU",
        formula="x*sigmoid(1.702*x)",
        purpose={
            "en": "GELU by one sigmoid: Swish with β = 1.702; used in CLIP.",
            "zh": "用一个 sigmoid 近似的 GELU，即 β = 1.702 的 Swish；用于 CLIP。",
        },
        year=2016,
        source="Hendrycks and Gimpel, Gaussian Error Linear Units, https://arxiv.org/abs/1606.08415",
        colour="#1e40af",
        colour_dark="#93c5fd",
        dash="dot",
        torch="swish(x, 1.702)",
    ),
    _gated(
        name="mish",
        label="Mish",
        formula="x*tanh(softplus(x))",
        purpose={
            "en": "Close to Swish, with a deeper dip; used in YOLOv4.",
            "zh": "与 Swish 相近，凹陷更深；用于 YOLOv4。",
        },
        year=2019,
        source=(
            "Misra, Mish: A Self Regularized Non-Monotonic Activation Function, "
            "https://arxiv.org/abs/1908.08681"
        ),
        colour="#0f766e",
        colour_dark="#2dd4bf",
        dash="solid",
        builtin="torch.nn.functional:mish",
    ),
    _gated(
        name="hardswish",
        label="Hard Swish",
        formula="where(x > 3, x, where(x > -3, x*(x + 3)/6, 0))",
        purpose={
            "en": "Swish without an exponential, for phones: MobileNetV3.",
            "zh": "不含指数函数的 Swish，面向移动端：MobileNetV3。",
        },
        year=2019,
        source="Howard et al., Searching for MobileNetV3, https://arxiv.org/abs/1905.02244",
        colour="#9a3412",
        colour_dark="#fdba74",
        dash="dash",
        builtin="torch.nn.functional:hardswish",
    ),
    _gated(
        name="e_swish",
        label="E-Swish",
        formula="beta*x*sigmoid(x)",
        parameters=(Parameter("beta", 1.25, 0.0, 3.0, r"\beta"),),
        purpose={
            "en": "SiLU stretched by β, which its author chooses from 1 to 2.",
            "zh": "把 SiLU 拉伸 β 倍；作者取 β 为 1 到 2。",
        },
        year=2018,
        source=(
            "Alcaide, E-swish: Adjusting Activations to Different Network Depths, "
            "https://arxiv.org/abs/1801.07145"
        ),
        colour="#37356b",
        colour_dark="#898bc8",
        dash="longdash",
        torch="beta * silu(x)",
    ),
    _gated(
        name="acon_c",
        label="ACON-C",
        formula="(p1 - p2)*x*sigmoid(beta*(p1 - p2)*x) + p2*x",
        parameters=(
            Parameter("p1", 1.2, -2.0, 2.0, "p_1"),
            Parameter("p2", -0.8, -2.0, 2.0, "p_2"),
            Parameter("beta", 1.0, -10.0, 10.0, r"\beta"),
        ),
        purpose={
            "en": (
                "Learns per channel whether to bend: a smooth maximum of two lines; Swish is p₁ = "
                "1, p₂ = 0."
            ),
            "zh": "按通道学习是否弯折：两条直线的平滑最大值；p₁ = 1、p₂ = 0 即 Swish。",
        },
        year=2020,
        source=(
            "Ma et al., Activate or Not: Learning Customized Activation, "
            "https://arxiv.org/abs/2009.04759"
        ),
        colour="#0e861e",
        colour_dark="#89f189",
        dash="dot",
        # Swish of the lines' difference, and the second line.
        torch="swish((p1 - p2) * x, beta) + p2 * x",
    ),
    _gated(
        name="flatten_t_swish",
        label="Flatten-T Swish",
        formula="where(x > 0, x*sigmoid(x) + T, T)",
        parameters=(Parameter("T", -0.2, -1.0, 1.0, "T"),),
        purpose={
            "en": (
                "SiLU for positive x, a constant below 0: as sparse as ReLU, but with a negative "
                "value."
            ),
            "zh": "x 为正时是 SiLU，小于 0 时为常数：与 ReLU 一样稀疏，但取负值。",
        },
        year=2018,
        source=(
            "Chieng et al., Flatten-T Swish: A Thresholded ReLU-Swish-Like Activation Function "
            "for Deep Learning, https://arxiv.org/abs/1812.06247"
        ),
        colour="#8f5a83",
        colour_dark="#fbbeeb",
        dash="dashdot",
        torch="silu(relu(x)) + T",
    ),
    _gated(
        name="elish",
        label="ELiSH",
        formula="where(x > 0, x*sigmoid(x), expm1(x)*sigmoid(x))",
        purpose={
            "en": "SiLU for positive x, ELU times a gate below 0; found by a genetic search.",
            "zh": "x 为正时是 SiLU，小于 0 时是 ELU 乘以门；由遗传搜索得到。",
        },
        year=2018,
        source=(
            "Basirat and Roth, The Quest for the Golden Activation Function, "
            "https://arxiv.org/abs/1808.00783"
        ),
        colour="#721118",
        colour_dark="#d66f6a",
        dash="dot",
        torch="elu(x) * sigmoid(x)",
    ),
    _gated(
        name="tanhexp",
        label="TanhExp",
        formula="x*tanh(exp(x))",
        purpose={
            "en": "Meets the line y = x sooner than Swish or Mish; meant for light networks.",
            "zh": "比 Swish 和 Mish 更早贴近直线 y = x；面向轻量网络。",
        },
        year=2020,
        source=(
            "Liu and Di, TanhExp: A Smooth Activation Function with High Convergence Speed for "
            "Lightweight Neural Networks, https://arxiv.org/abs/2003.09855"
        ),
        colour="#732ebf",
        colour_dark="#a86bfd",
        dash="longdashdot",
        # From x = 5 on the tanh is 1, and e^x must not overflow in the gradient.
        torch="x * tanh(exp(x.clamp(max=5)))",
    ),
    _gated(
        name="serf",
        label="Serf",
        formula="x*erf(softplus(x))",
        purpose={
            "en": "Mish with an erf in place of the tanh.",
            "zh": "以 erf 代替 tanh 的 Mish。",
        },
        year=2021,
        source=(
            "Nag and Bhattacharyya, Serf: Towards Better Training of Deep Neural Networks Using "
            "Log-Softplus Error Activation Function, https://arxiv.org/abs/2108.09598"
        ),
        colour="#6a1449",
        colour_dark="#cb6fa0",
        dash="dashdot",
        torch="x * erf(softplus(x, threshold=40))",
    ),
    _gated(
        name="logish",
        label="Logish",
        formula="x*log(1 + sigmoid(x))",
        purpose={
            "en": "x times log(1 + σ(x)): its slope ends at log 2, not at 1.",
            "zh": "x 乘以 log(1 + σ(x))：斜率趋于 log 2 而不是 1。",
        },
        year=2021,
        source=(
            "Zhu, Zeng, Liu and Zhang, Logish: A New Nonlinear Nonmonotonic Activation Function "
            "for Convolutional Neural Network, https://doi.org/10.1016/j.neucom.2021.06.067"
        ),
        colour="#541081",
        colour_dark="#ac72e3",
        dash="dash",
        torch="x * log1p(sigmoid(x))",
    ),
    _gated(
        name="smish",
        label="Smish",
        formula="x*tanh(log(1 + sigmoid(x)))",
        purpose={
            "en": "Logish through a tanh: its slope ends at 0.6.",
            "zh": "经 tanh 的 Logish：斜率趋于 0.6。",
        },
        year=2022,
        source=(
            "Wang, Ren and Wang, Smish: A Novel Activation Function for Deep Learning Methods, "
            "https://doi.org/10.3390/electronics11040540"
        ),
        colour="#463b2b",
        colour_dark="#c9bca9",
        dash="longdashdot",
        torch="x * tanh(log1p(sigmoid(x)))",
    ),
    _gated(
        name="lisht",
        label="LiSHT",
        formula="x*tanh(x)",
        purpose={
            "en": "Even and never negative: a smooth |x|.",
            "zh": "偶函数且不为负：平滑的 |x|。",
        },
        year=2019,
        source=(
            "Roy et al., LiSHT: Non-Parametric Linearly Scaled Hyperbolic Tangent Activation "
            "Function for Neural Networks, https://arxiv.org/abs/1901.05894"
        ),
        colour="#04844d",
        colour_dark="#40a970",
        dash="dash",
        torch="x * tanh(x)",
    ),
)
