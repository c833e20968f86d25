"""ReLU and its kin, in pieces with a kink at 0."""

from functools import partial

from swishdemo.activations.record import Activation, Parameter

_rectified = partial(Activation, family="rectified")

RECORDS: tuple[Activation, ...] = (
    _rectified(
        name="relu",
        label="ReLU",
        formula="where(x > 0, x, 0)",
        purpose={
            "en": "The default for a decade: cheap, sparse, has a kink at 0; its units can die.",
            "zh": "十余年来的默认选择：计算量小、输出稀疏，在 0 处不可导；神经元可能“死亡”。",
        },
        year=2010,
        source=(
            "Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines, "
            "https://www.cs.toronto.edu/~fritz/absps/reluICML.pdf"
        ),
        colour="#334155",
        colour_dark="#cbd5e1",
        dash="solid",
        builtin="torch.nn.functional:relu",
    ),
    _rectified(
        name="leaky_relu",
        label="Leaky ReLU",
        formula="where(x > 0, x, slope*x)",
        parameters=(Parameter("slope", 0.01, 0.0, 1.0, "s"),),
        purpose={
            "en": "ReLU with a small slope below 0, so that no unit dies.",
            "zh": "小于 0 时保留小斜率的 ReLU，使神经元不会“死亡”。",
        },
        year=2013,
        source=(
            "Maas, Hannun and Ng, Rectifier Nonlinearities Improve Neural Network Acoustic "
            "Models, https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf"
        ),
        colour="#57534e",
        colour_dark="#a8a29e",
        dash="dash",
        torch="leaky_relu(x, slope) if number(slope) else where(x > 0, x, slope * x)",
        call="F.leaky_relu(x, negative_slope={slope})",
        builtin="torch.nn.functional:leaky_relu",
    ),
    _rectified(
        name="prelu",
        label="PReLU",
        formula="where(x > 0, x, a*x)",
        parameters=(Parameter("a", 0.25, -1.0, 1.0, "a"),),
        purpose={
            "en": "Leaky ReLU whose slope is learned.",
            "zh": "斜率可学习的 Leaky ReLU。",
        },
        year=2015,
        source=(
            "He, Zhang, Ren and Sun, Delving Deep into Rectifiers, https://arxiv.org/abs/1502.01852"
        ),
        colour="#475569",
        colour_dark="#94a3b8",
        dash="dot",
        torch="leaky_relu(x, a) if number(a) else where(x > 0, x, a * x)",
        builtin="torch.nn.functional:prelu",
    ),
    _rectified(
        name="rrelu",
        label="RReLU",
        formula="where(x > 0, x, (lower + upper)/2*x)",
        parameters=(
            Parameter("lower", 1 / 8, 0.0, 1.0, "l"),
            Parameter("upper", 1 / 3, 0.0, 1.0, "u"),
        ),
        purpose={
            "en": (
                "Leaky ReLU with a random slope while training; after it, shown here, with the "
                "mean slope."
            ),
            "zh": "训练时斜率随机的 Leaky ReLU；这里是训练后的形式，取平均斜率。",
        },
        year=2015,
        source=(
            "Xu, Wang, Chen and Li, Empirical Evaluation of Rectified Activations in "
            "Convolutional Network, https://arxiv.org/abs/1505.00853"
        ),
        colour="#a2419d",
        colour_dark="#ca66c3",
        dash="solid",
        # As it is after training, with the mean slope.
        torch=(
            "leaky_relu(x, (lower + upper) / 2) if number(lower, upper) "
            "else where(x > 0, x, (lower + upper) / 2 * x)"
        ),
        builtin="torch.nn.functional:rrelu",
    ),
    _rectified(
        name="relu6",
        label="ReLU6",
        formula="where(x > 6, 6, where(x > 0, x, 0))",
        purpose={
            "en": "ReLU cut at 6, so that few bits hold it; MobileNets.",
            "zh": "在 6 处截断的 ReLU，便于低位数表示；用于 MobileNet。",
        },
        year=2010,
        source=(
            "Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10, "
            "https://www.cs.toronto.edu/~kriz/conv-cifar10-aug2010.pdf"
        ),
        colour="#713f12",
        colour_dark="#facc15",
        dash="dashdot",
        builtin="torch.nn.functional:relu6",
    ),
    _rectified(
        name="threshold",
        label="Threshold",
        formula="where(x > theta, x, value)",
        parameters=(
            Parameter("theta", 1.0, -3.0, 3.0, r"\theta"),
            Parameter("value", 0.0, -3.0, 3.0, "v"),
        ),
        purpose={
            "en": "Passes x above θ only: it jumps there, and makes codes sparse.",
            "zh": "只让大于 θ 的 x 通过：在该处跳变，使编码稀疏。",
        },
        year=2014,
        source=(
            "Konda, Memisevic and Krueger, Zero-Bias Autoencoders and the Benefits of Co-Adapting "
            "Features, https://arxiv.org/abs/1402.3337"
        ),
        colour="#107c8b",
        colour_dark="#8ae5f5",
        dash="longdash",
        # Where it jumps has the gradient 0 too.
        torch=(
            "threshold(x, theta, value) if number(theta, value) "
            "else where(x > theta, x, value) + 0 * theta"
        ),
        builtin="torch.nn.functional:threshold",
    ),
    _rectified(
        name="relu_squared",
        label="ReLU²",
        formula="where(x > 0, x**2, 0)",
        purpose={
            "en": (
                "ReLU squared, found by search for Transformers: Primer; no kink, but growth like "
                "x²."
            ),
            "zh": "ReLU 的平方，为 Transformer 搜索得到（Primer）；没有折点，但按 x² 增长。",
        },
        year=2021,
        source=(
            "So et al., Primer: Searching for Efficient Transformers for Language Modeling, "
            "https://arxiv.org/abs/2109.08668"
        ),
        colour="#963ac4",
        colour_dark="#bc62ed",
        dash="dot",
        torch="relu(x).square()",
    ),
    _rectified(
        name="star_relu",
        label="StarReLU",
        formula="where(x > 0, s*x**2 + b, b)",
        parameters=(
            Parameter("s", 0.8944, 0.0, 2.0, "s"),
            Parameter("b", -0.4472, -1.0, 1.0, "b"),
        ),
        purpose={
            "en": (
                "ReLU squared, scaled and shifted so that N(0, 1) inputs give mean 0 and "
                "variance 1."
            ),
            "zh": "缩放并平移的 ReLU 平方，使 N(0, 1) 输入的输出均值为 0、方差为 1。",
        },
        year=2022,
        source="Yu et al., MetaFormer Baselines for Vision, https://arxiv.org/abs/2210.13452",
        colour="#314502",
        colour_dark="#849c5e",
        dash="longdash",
        torch="s * relu(x).square() + b",
    ),
)
