"""Rectifiers that bend where ReLU has its kink."""

from functools import partial

from swishdemo.activations.record import Activation, FixedNumber, Parameter

_soft = partial(Activation, family="soft")

RECORDS: tuple[Activation, ...] = (
    _soft(
        name="elu",
        label="ELU",
        formula="where(x > 0, x, alpha*expm1(x))",
        parameters=(Parameter("alpha", 1.0, 0.0, 3.0, r"\alpha"),),
        purpose={
            "en": "Saturates at −α, which draws the mean output towards 0.",
            "zh": "在 −α 处饱和，使输出均值靠近 0。",
        },
        year=2015,
        source=(
            "Clevert, Unterthiner and Hochreiter, Fast and Accurate Deep Network Learning by "
            "Exponential Linear Units, https://arxiv.org/abs/1511.07289"
        ),
        colour="#7c3aed",
        colour_dark="#a78bfa",
        dash="dashdot",
        torch=(
            "elu(x, alpha) if number(alpha) else where(x > 0, x, alpha * expm1(x.clamp(max=0)))"
        ),
        call="F.elu(x, alpha={alpha})",
        builtin="torch.nn.functional:elu",
    ),
    _soft(
        name="selu",
        label="SELU",
        formula="where(x > 0, scale*x, scale*alpha*expm1(x))",
        constants=(
            FixedNumber("scale", "1.0507009873554804934193349852946", r"\lambda"),
            FixedNumber("alpha", "1.6732632423543772848170429916717", r"\alpha"),
        ),
        purpose={
            "en": "ELU with the two constants that keep mean 0 and variance 1 from layer to layer.",
            "zh": "取特定两个常数的 ELU，使均值 0、方差 1 逐层保持。",
        },
        year=2017,
        source=(
            "Klambauer, Unterthiner, Mayr and Hochreiter, Self-Normalizing Neural Networks, "
            "https://arxiv.org/abs/1706.02515"
        ),
        colour="#a21caf",
        colour_dark="#e879f9",
        dash="longdash",
        builtin="torch.nn.functional:selu",
    ),
    _soft(
        name="celu",
        label="CELU",
        formula="where(x > 0, x, alpha*expm1(x/alpha))",
        parameters=(Parameter("alpha", 1.0, 0.1, 3.0, r"\alpha"),),
        purpose={
            "en": "ELU whose slope at 0 is 1 for every α.",
            "zh": "对任意 α 在 0 处斜率都为 1 的 ELU。",
        },
        year=2017,
        source=(
            "Barron, Continuously Differentiable Exponential Linear Units, "
            "https://arxiv.org/abs/1704.07483"
        ),
        colour="#525001",
        colour_dark="#979653",
        dash="solid",
        # PyTorch's own rounds 1/alpha.
        torch="where(x > 0, x, alpha * expm1(x.clamp(max=0) / alpha))",
        builtin="torch.nn.functional:celu",
    ),
    _soft(
        name="pelu",
        label="PELU",
        formula="where(x > 0, a/b*x, a*expm1(x/b))",
        parameters=(
            Parameter("a", 1.0, 0.1, 3.0, "a"),
            Parameter("b", 1.0, 0.1, 3.0, "b"),
        ),
        purpose={
            "en": "ELU with learned slope and depth.",
            "zh": "斜率和深度都可学习的 ELU。",
        },
        year=2016,
        source=(
            "Trottier, Giguère and Chaib-draa, Parametric Exponential Linear Unit for Deep "
            "Convolutional Neural Networks, https://arxiv.org/abs/1605.09332"
        ),
        colour="#bd1e84",
        colour_dark="#e84da8",
        dash="dash",
        torch="where(x > 0, a * x / b, a * expm1(x.clamp(max=0) / b))",
    ),
    _soft(
        name="isrlu",
        label="ISRLU",
        formula="where(x > 0, x, x/sqrt(1 + alpha*x**2))",
        parameters=(Parameter("alpha", 1.0, 0.0, 5.0, r"\alpha"),),
        purpose={
            "en": "ELU's shape by a root instead of an exponential.",
            "zh": "用平方根代替指数，形状与 ELU 相似。",
        },
        year=2017,
        source=(
            "Carlile et al., Improving Deep Learning by Inverse Square Root Linear Units, "
            "https://arxiv.org/abs/1710.09967"
        ),
        colour="#755914",
        colour_dark="#d9b979",
        dash="dot",
        torch="where(x > 0, x, x.clamp(max=0) * rsqrt(1 + alpha * x.clamp(max=0).square()))",
    ),
    _soft(
        name="softplus",
        label="Softplus",
        formula="log(1 + exp(beta*x))/beta",
        parameters=(Parameter("beta", 1.0, 0.1, 10.0, r"\beta"),),
        purpose={
            "en": "A smooth ReLU whose slope is the sigmoid; keeps variances and rates positive.",
            "zh": "平滑的 ReLU，斜率即 sigmoid；常用来保证方差和速率为正。",
        },
        year=2000,
        source=(
            "Dugas et al., Incorporating Second-Order Functional Knowledge for Better Option "
            "Pricing, "
            "https://proceedings.neurips.cc/paper/2000/hash/44968aece94f667e4095002d140b5896-Abstract.html"
        ),
        colour="#be185d",
        colour_dark="#f472b6",
        dash="dot",
        # PyTorch's own is x from 20 on; so is float64, to its last digit, from 40 on.
        torch="softplus(beta * x, threshold=40) / beta",
        builtin="torch.nn.functional:softplus",
    ),
    _soft(
        name="squareplus",
        label="Squareplus",
        formula="(x + sqrt(x**2 + b))/2",
        parameters=(Parameter("b", 4.0, 0.0, 10.0, "b"),),
        purpose={
            "en": "Softplus by a root alone: cheap, with tails that fall like b/(4|x|).",
            "zh": "只用平方根的 Softplus：计算量小，尾部按 b/(4|x|) 下降。",
        },
        year=2021,
        source=(
            "Barron, Squareplus: A Softplus-Like Algebraic Rectifier, "
            "https://arxiv.org/abs/2112.11687"
        ),
        colour="#7e6e2a",
        colour_dark="#b8a864",
        dash="dashdot",
    ),
    _soft(
        name="smelu",
        label="SmeLU",
        formula="where(x > beta, x, where(x > -beta, (x + beta)**2/(4*beta), 0))",
        parameters=(Parameter("beta", 1.0, 0.1, 3.0, r"\beta"),),
        purpose={
            "en": "ReLU with its corner rounded by a parabola; made for results that repeat.",
            "zh": "用抛物线把折角磨圆的 ReLU；为结果可复现而设。",
        },
        year=2020,
        source=(
            "Shamir, Lin and Coviello, Smooth Activations and Reproducibility in Deep Networks, "
            "https://arxiv.org/abs/2010.09931"
        ),
        colour="#183680",
        colour_dark="#7ea6f9",
        dash="longdashdot",
        torch="where(x > beta, x, where(x > -beta, (x + beta).square() / (4 * beta), 0 * beta))",
    ),
    _soft(
        name="bent_identity",
        label="Bent identity",
        formula="(sqrt(x**2 + 1) - 1)/2 + x",
        purpose={
            "en": "A line whose slope goes from ½ to 3⁄2; never saturates.",
            "zh": "斜率从 ½ 变到 3⁄2 的曲线；从不饱和。",
        },
        year=2024,
        source=(
            "Listed by Kunc and Kléma, Three Decades of Activations, "
            "https://arxiv.org/abs/2402.09092"
        ),
        colour="#236f27",
        colour_dark="#9eeb9d",
        dash="longdashdot",
    ),
    _soft(
        name="logsigmoid",
        label="Log-sigmoid",
        formula="log(sigmoid(x))",
        purpose={
            "en": "The log-likelihood of a logistic unit; at home in losses.",
            "zh": "逻辑单元的对数似然；多用于损失函数。",
        },
        year=1958,
        source=(
            "Cox, The Regression Analysis of Binary Sequences, "
            "https://doi.org/10.1111/j.2517-6161.1958.tb00292.x"
        ),
        colour="#701033",
        colour_dark="#eb839b",
        dash="solid",
        builtin="torch.nn.functional:logsigmoid",
    ),
)
