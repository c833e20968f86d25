"""What grew out of Swish: Mish, E-swish, ACON, SwiGLU, MobileNetV3’s h-swish."""

from __future__ import annotations

from swishdemo.claims.experiments import MLP, NETWORKS, OFTEN, in_each, more
from swishdemo.claims.formulas import FamilyLimit, Growth
from swishdemo.claims.record import Claim, SourceDocument
from swishdemo.claims.stated_numbers import LowestPoint
from swishdemo.claims.trained import Arm, Trained

_MISH = SourceDocument(
    "mish",
    "https://arxiv.org/abs/1908.08681",
    authors="Misra",
    year=2020,
    titles={"en": "Mish: abstract and code’s page", "zh": "Mish：论文摘要与代码库主页"},
)
_ACON = SourceDocument(
    "acon",
    "https://arxiv.org/abs/2009.04759",
    authors="Ma, Zhang, Liu, Sun",
    year=2021,
    titles={"en": "Activate or Not (ACON)", "zh": "Activate or Not（ACON 论文）"},
)
_SWIGLU = SourceDocument(
    "swiglu-growth",
    "https://arxiv.org/abs/2605.25704",
    authors="arXiv 2605.25704",
    year=2026,
    titles={"en": "A paper on SwiGLU in low precision", "zh": "一篇关于低精度 SwiGLU 的论文"},
)
_E_SWISH = SourceDocument(
    "e-swish",
    "https://arxiv.org/abs/1801.07145",
    authors="Alcaide",
    year=2018,
    titles={"en": "E-swish: the paper", "zh": "E-swish 论文"},
)
_MOBILENET = SourceDocument(
    "mobilenet-v3",
    "https://arxiv.org/abs/1905.02244",
    authors="Howard et al.",
    year=2019,
    titles={"en": "Searching for MobileNetV3", "zh": "MobileNetV3 论文"},
    opened=False,
)

_OVER_RELU = Trained(
    "accuracy",
    job="mish",
    base={**MLP, "activation": "mish", "beta_starts": [1], "rivals": ["relu"]},
    runs=NETWORKS,
    settings=in_each("mish", lambda run: more(Arm(run, "mish"), Arm(run, "relu"), smallest=0.01)),
    why="mish",
    compared={
        "en": "Accuracy of Mish minus ReLU’s in the same network, where one point counts (no "
        "ResNet-50 on ImageNet: that does not fit here)",
        "zh": "同一网络中 Mish 与 ReLU 的准确率之差，1 个百分点以上才算数"
        "（此处无法在 ImageNet 上训练 ResNet-50）",
    },
    repeats=OFTEN,
    cost=12,
    labels={"en": "accuracy", "zh": "准确率"},
)
_STEEPER = Trained(
    "accuracy",
    job="steeper",
    base={**MLP, "activation": "e_swish", "beta_starts": [1, 1.5], "rivals": []},
    runs=NETWORKS,
    settings=in_each(
        "e-swish-accuracy",
        lambda run: more(Arm(run, "e_swish", 1.5), Arm(run, "e_swish", 1), smallest=0.0035),
    ),
    why="steeper",
    compared={
        "en": "Accuracy of 1.5·x·σ(x) minus that of Swish; 0.35 points count",
        "zh": "1.5·x·σ(x) 与 Swish 的准确率之差，0.35 个百分点以上才算数",
    },
    repeats=OFTEN,
    cost=12,
    labels={"en": "accuracy", "zh": "准确率"},
)
_HARD = Trained(
    "accuracy",
    job="hard",
    base={**MLP, "rivals": ["hardswish"]},
    runs=NETWORKS,
    settings=in_each(
        "mobilenet-hard",
        lambda run: more(
            Arm(run, "hardswish"), Arm(run), smallest=0.01, either_way=True, absent=True
        ),
    ),
    why="hard",
    compared={
        "en": "Accuracy of h-swish minus that of Swish, where one point to either side speaks "
        "against it",
        "zh": "h-swish 与 Swish 的准确率之差，相差 1 个百分点以上即为反例",
    },
    repeats=OFTEN,
    cost=12,
    labels={"en": "accuracy", "zh": "准确率"},
)

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "mish",
        (
            LowestPoint(
                "lowest",
                activation="mish",
                claimed_value="-0.30884",
                claimed_where="-1.1924",
                labels={"en": "the lowest point", "zh": "最低点"},
                proofs={
                    "en": (
                        r"$x\tanh(\ln(1+e^x))$, looked for in {points} points of $[-20, 20]$ and "
                        "refined: ${value:.7f}$ at $x={where:.6f}$."
                    ),
                    "zh": (
                        r"对 $x\tanh(\ln(1+e^x))$ 在 $[-20, 20]$ 内取 {points} 个点并逐次加密："
                        "$x={where:.6f}$ 处为 ${value:.7f}$。"
                    ),
                },
            ),
            _OVER_RELU,
        ),
        document=_MISH,
        tab="explore",
        setup={"act": "mish", "x": "-4,1"},
        titles={
            "en": "Mish: minimum −0.31, a point over ReLU",
            "zh": "Mish：最小 −0.31，比 ReLU 高 1 点",
        },
        statements={
            "en": (
                "Mish, which is much like Swish, has its minimum of {lowest.claimed_value} at "
                "{lowest.claimed_where}; with everything else kept, it is about one point more "
                "accurate than ReLU (ResNet-50 on ImageNet)."
            ),
            "zh": (
                "与 Swish 相近的 Mish 在 {lowest.claimed_where} 处取得最小值 "
                "{lowest.claimed_value}；其余不变时，准确率比 ReLU 高约 1 个百分点"
                "（ImageNet，ResNet-50）。"
            ),
        },
    ),
    Claim(
        "acon-smooth-relu",
        (
            FamilyLimit(
                "limit",
                towards="infinity",
                claimed_formula="max(0, x)",
                labels={"en": "the limit", "zh": "极限"},
                proofs={
                    "en": (
                        r"$\max(0,x)-x\,\sigma(\beta x)=|x|\,\sigma(-\beta|x|)$, which is at most "
                        r"$W(1/e)/\beta\approx0.2785/\beta$: it goes to 0 for all $x$ at once."
                    ),
                    "zh": (
                        r"$\max(0,x)-x\,\sigma(\beta x)=|x|\,\sigma(-\beta|x|)$，至多为 "
                        r"$W(1/e)/\beta\approx0.2785/\beta$：对所有 $x$ 一致趋于 0。"
                    ),
                },
            ),
        ),
        document=_ACON,
        tab="explore",
        setup={"beta": "1", "act": "relu", "show": "f,diff"},
        titles={"en": "Swish is a smoothed ReLU", "zh": "Swish 是光滑化的 ReLU"},
        statements={
            "en": (
                "Swish is a smooth approximation of {limit.shown}, which it approaches as β grows."
            ),
            "zh": "Swish 是 {limit.shown} 的光滑近似：β 增大时趋近于它。",
        },
    ),
    Claim(
        "swiglu-growth",
        (
            Growth(
                "growth",
                formula="x*swish(x)",
                claimed_power=2.0,
                labels={"en": "the growth", "zh": "增长速度"},
                proofs={
                    "en": (
                        r"With both branches equal to $x$: $x\cdot x\,\sigma(x)=x^2\sigma(x)$, and "
                        r"$\sigma(x)\to1$. The limit of $x\,g'/g$ gives the power, ${power:g}$."
                    ),
                    "zh": (
                        r"两支路都等于 $x$ 时：$x\cdot x\,\sigma(x)=x^2\sigma(x)$，而 "
                        r"$\sigma(x)\to1$。$x\,g'/g$ 的极限给出幂次 ${power:g}$。"
                    ),
                },
            ),
        ),
        document=_SWIGLU,
        tab="explore",
        titles={"en": "SwiGLU grows like x²", "zh": "SwiGLU 按 x² 增长"},
        statements={
            "en": (
                "For large x, SwiGLU with aligned branches grows like x to the power "
                "{growth.claimed_power:g}."
            ),
            "zh": "当 x 很大且两支路方向一致时，SwiGLU 按 x 的 {growth.claimed_power:g} 次方增长。",
        },
    ),
    Claim(
        "e-swish-accuracy",
        (_STEEPER,),
        document=_E_SWISH,
        tab="train",
        titles={"en": "β·x·σ(x) beats Swish", "zh": "β·x·σ(x) 优于 Swish"},
        statements={
            "en": (
                "β·x·σ(x) with a β between 1 and 2 is more accurate than Swish (by 0.35 points on "
                "CIFAR-10)."
            ),
            "zh": ("β 取 1 到 2 之间时，β·x·σ(x) 比 Swish 更准确（CIFAR-10 上高 0.35 个百分点）。"),
        },
    ),
    Claim(
        "mobilenet-hard",
        (_HARD,),
        document=_MOBILENET,
        tab="train",
        titles={"en": "h-swish is as accurate as Swish", "zh": "h-swish 与 Swish 准确率相当"},
        statements={
            "en": "Replacing Swish by h-swish makes no discernible difference in accuracy.",
            "zh": "用 h-swish 代替 Swish，准确率没有可察觉的差别。",
        },
    ),
)
