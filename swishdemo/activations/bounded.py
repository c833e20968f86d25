"""Functions whose values stay between bounds."""

from functools import partial

from swishdemo.activations.record import Activation, Parameter

_bounded = partial(Activation, family="bounded")

RECORDS: tuple[Activation, ...] = (
    _bounded(
        name="sigmoid",
        label="Sigmoid",
        formula="1/(1 + exp(-x))",
        purpose={
            "en": "A probability from a number; the gate of LSTMs. Its slope is at most ¼.",
            "zh": "把数变成概率；LSTM 的门。斜率至多为 ¼。",
        },
        year=1986,
        source=(
            "Rumelhart, Hinton and Williams, Learning Representations by Back-Propagating Errors, "
            "https://doi.org/10.1038/323533a0"
        ),
        colour="#b91c1c",
        colour_dark="#f87171",
        dash="longdashdot",
        builtin="torch:sigmoid",
    ),
    _bounded(
        name="tanh",
        label="Tanh",
        formula="tanh(x)",
        purpose={
            "en": (
                "The classic with mean 0; the state of LSTMs. Its gradient vanishes in the tails."
            ),
            "zh": "以 0 为中心的经典函数；LSTM 的状态。尾部梯度消失。",
        },
        year=1998,
        source=(
            "LeCun, Bottou, Orr and Müller, Efficient BackProp, "
            "https://doi.org/10.1007/3-540-49430-8_2"
        ),
        colour="#166534",
        colour_dark="#4ade80",
        dash="dashdot",
        builtin="torch:tanh",
    ),
    _bounded(
        name="softsign",
        label="Softsign",
        formula="softsign(x)",
        purpose={
            "en": "Saturates slowly, like 1/|x|, and needs no exponential.",
            "zh": "按 1/|x| 缓慢饱和，不需要指数函数。",
        },
        year=1993,
        source=(
            "Elliott, A Better Activation Function for Artificial Neural Networks, "
            "https://drum.lib.umd.edu/handle/1903/5355"
        ),
        colour="#4d7c0f",
        colour_dark="#a3e635",
        dash="longdash",
        builtin="torch.nn.functional:softsign",
    ),
    _bounded(
        name="isru",
        label="ISRU",
        formula="x/sqrt(1 + alpha*x**2)",
        parameters=(Parameter("alpha", 1.0, 0.0, 5.0, r"\alpha"),),
        purpose={
            "en": "tanh's shape by a root; saturates at ±1/√α.",
            "zh": "用平方根得到 tanh 的形状；在 ±1/√α 处饱和。",
        },
        year=2017,
        source=(
            "Carlile et al., Improving Deep Learning by Inverse Square Root Linear Units, "
            "https://arxiv.org/abs/1710.09967"
        ),
        colour="#044069",
        colour_dark="#6298c6",
        dash="dashdot",
        torch="x * rsqrt(1 + alpha * x.square())",
    ),
    _bounded(
        name="sqnl",
        label="SQNL",
        formula="where(x > 2, 1, where(x > 0, x - x**2/4, where(x > -2, x + x**2/4, -1)))",
        purpose={
            "en": "tanh's shape from two parabolas, for hardware without an exponential.",
            "zh": "由两段抛物线拼成的 tanh 形状，面向没有指数运算的硬件。",
        },
        year=2018,
        source=(
            "Wuraola and Patel, SQNL: A New Computationally Efficient Activation Function, "
            "https://doi.org/10.1109/IJCNN.2018.8489043"
        ),
        colour="#157f76",
        colour_dark="#8ce8dd",
        dash="dot",
        torch="x.clamp(-2, 2) * (1 - x.clamp(-2, 2).abs() / 4)",
    ),
    _bounded(
        name="hardsigmoid",
        label="Hard sigmoid",
        formula="where(x > 3, 1, where(x > -3, (x + 3)/6, 0))",
        purpose={
            "en": "The sigmoid as three lines; the gate of Hard Swish.",
            "zh": "由三段直线组成的 sigmoid；Hard Swish 的门。",
        },
        year=2019,
        source="Howard et al., Searching for MobileNetV3, https://arxiv.org/abs/1905.02244",
        colour="#9f1239",
        colour_dark="#fda4af",
        dash="longdash",
        # PyTorch's own has the slope float32(1/6).
        torch="relu6(x + 3) / 6",
        builtin="torch.nn.functional:hardsigmoid",
    ),
    _bounded(
        name="hardtanh",
        label="Hard tanh",
        formula="where(x > high, high, where(x > low, x, low))",
        parameters=(
            Parameter("low", -1.0, -3.0, 0.0, r"\mathrm{low}"),
            Parameter("high", 1.0, 0.0, 3.0, r"\mathrm{high}"),
        ),
        purpose={
            "en": "tanh as three lines; used where weights or outputs are quantised.",
            "zh": "由三段直线组成的 tanh；用于权重或输出量化的网络。",
        },
        year=2011,
        source=(
            "Collobert et al., Natural Language Processing (Almost) from Scratch, "
            "https://arxiv.org/abs/1103.0398"
        ),
        colour="#155e75",
        colour_dark="#67e8f9",
        dash="longdashdot",
        torch=(
            "hardtanh(x, low, high) if number(low, high) "
            "else where(x > high, high, where(x > low, x, low))"
        ),
        builtin="torch.nn.functional:hardtanh",
    ),
    _bounded(
        name="gaussian",
        label="Gaussian",
        formula="exp(-x**2)",
        purpose={
            "en": "A bump: the unit of radial-basis networks, and of coordinate networks.",
            "zh": "一个隆起：径向基网络和坐标网络的单元。",
        },
        year=1988,
        source=(
            "Broomhead and Lowe, Multivariable Functional Interpolation and Adaptive Networks, "
            "https://www.complex-systems.com/abstracts/v02_i03_a05/"
        ),
        colour="#64337f",
        colour_dark="#daa5fa",
        dash="solid",
        torch="exp(-x.square())",
    ),
)
