"""The paper that named Swish, and the one that had it before as SiLU."""

from __future__ import annotations

from swishdemo.claims.beta import BetaRange
from swishdemo.claims.curve_shape import LargestSlope, SlopeOfOne, SteepestPoint
from swishdemo.claims.experiments import MLP, NETWORKS, OFTEN, in_each, more
from swishdemo.claims.formulas import Identity
from swishdemo.claims.record import Claim, SourceDocument
from swishdemo.claims.stated_numbers import LowestPoint
from swishdemo.claims.trained import Arm, Trained

_SWISH = SourceDocument(
    "swish-paper",
    "https://arxiv.org/abs/1710.05941",
    authors="Ramachandran, Zoph, Le",
    year=2017,
    titles={
        "en": "The paper: Searching for Activation Functions",
        "zh": "Swish 论文：Searching for Activation Functions",
    },
    opened=False,
)
_SILU = SourceDocument(
    "silu-paper",
    "https://arxiv.org/abs/1702.03118",
    authors="Elfwing, Uchibe, Doya",
    year=2017,
    titles={
        "en": "Sigmoid-Weighted Linear Units in Reinforcement Learning",
        "zh": "SiLU 论文：强化学习中的 Sigmoid 加权线性单元",
    },
    opened=False,
)

_SWAPPED = Trained(
    "accuracy",
    job="swapped",
    base={**MLP, "rivals": ["relu"]},
    runs=NETWORKS,
    settings=in_each(
        "swish-accuracy", lambda run: more(Arm(run), Arm(run, "relu"), smallest=0.006)
    ),
    why="swapped",
    compared={
        "en": "Accuracy of Swish minus ReLU’s in the same network, where 0.6 points count "
        "(ImageNet does not fit here: these are small networks on small pictures)",
        "zh": "同一网络中 Swish 与 ReLU 的准确率之差，0.6 个百分点以上才算数"
        "（此处无法训练 ImageNet，仅用小网络和小图片）",
    },
    repeats=OFTEN,
    cost=9,
    labels={"en": "accuracy", "zh": "准确率"},
)

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "swish-derivative",
        (
            Identity(
                "derivative",
                formula="swish(x, beta)",
                claimed_formula="beta*swish(x, beta) + sigmoid(beta*x)*(1 - beta*swish(x, beta))",
                derivative=1,
                labels={"en": "the derivative", "zh": "导数"},
                proofs={
                    "en": (
                        r"$f'=\sigma+\beta x\,\sigma(1-\sigma)=\beta f+\sigma-\beta f\sigma"
                        r"=\beta f+\sigma\,(1-\beta f)$ with $\sigma=\sigma(\beta x)$."
                    ),
                    "zh": (
                        r"记 $\sigma=\sigma(\beta x)$，则 $f'=\sigma+\beta x\,\sigma(1-\sigma)"
                        r"=\beta f+\sigma-\beta f\sigma=\beta f+\sigma\,(1-\beta f)$。"
                    ),
                },
            ),
            SlopeOfOne(
                "where",
                claimed_where=1.25,
                labels={"en": "where", "zh": "位置"},
                proofs={
                    "en": (
                        r"$f'(x)+f'(-x)=1$, so the slope is 1 where it is 0 at $-x$: mirrored from "
                        r"the minimum, $x=(1+W(1/e))/\beta={where:.15f}$ at $\beta={beta:g}$. "
                        "To the left of it $f'<1$, and never below ${smallest:.6f}$."
                    ),
                    "zh": (
                        r"$f'(x)+f'(-x)=1$，故斜率为 1 处正是极小值点的镜像：$\beta={beta:g}$ 时 "
                        r"$x=(1+W(1/e))/\beta={where:.15f}$。其左侧 $f'<1$，且不低于 "
                        "${smallest:.6f}$。"
                    ),
                },
            ),
        ),
        document=_SWISH,
        tab="explore",
        setup={"beta": "1", "show": "f,df", "x": "-4,4"},
        titles={
            "en": "f′ = βf + σ(1 − βf), below 1 to 1.25",
            "zh": "f′ = βf + σ(1 − βf)，1.25 前小于 1",
        },
        statements={
            "en": (
                "The derivative of Swish, f′, is βf + σ(βx)·(1 − βf); at β = 1 it is "
                "smaller than 1 "
                "for x below about {where.claimed_where:g}."
            ),
            "zh": (
                "Swish 的导数 f′ 等于 βf + σ(βx)·(1 − βf)；β = 1 时，x 小于约 "
                "{where.claimed_where:g} 处的导数都小于 1。"
            ),
        },
    ),
    Claim(
        "swish-accuracy",
        (_SWAPPED,),
        document=_SWISH,
        tab="train",
        titles={"en": "Swapping ReLU for Swish pays", "zh": "把 ReLU 换成 Swish 有收益"},
        statements={
            "en": (
                "Replacing ReLU by Swish, and nothing else, raises accuracy (on ImageNet by 0.9 "
                "and 0.6 points)."
            ),
            "zh": (
                "只把 ReLU 换成 Swish，其余不变，准确率就会提高（ImageNet 上分别提高 0.9 和 0.6 "
                "个百分点）。"
            ),
        },
    ),
    Claim(
        "swish-beta",
        (
            BetaRange(
                "spread",
                job="spread",
                claimed_low=0.0,
                claimed_high=1.5,
                claimed_share=0.9,
                marks=(200, 300, 500),
                labels={"en": "share in the range", "zh": "落入区间的比例"},
            ),
        ),
        document=_SWISH,
        tab="train",
        titles={"en": "Trained β spread over 0 to 1.5", "zh": "训练得到的 β 分布于 0–1.5"},
        statements={
            "en": (
                "Trained β spread from {spread.claimed_low:g} to {spread.claimed_high:g}: "
                "nearly all, here {spread.claimed_percent:g} %, lie there."
            ),
            "zh": (
                "训练得到的 β 分布于 {spread.claimed_low:g} 到 {spread.claimed_high:g}："
                "绝大多数（此处取 {spread.claimed_percent:g} %）落在其中。"
            ),
        },
    ),
    Claim(
        "silu-minimum",
        (
            LowestPoint(
                "lowest",
                activation="swish",
                claimed_value="-0.28",
                claimed_where="-1.28",
                labels={"en": "the lowest point", "zh": "最低点"},
                proofs={
                    "en": (
                        "Looked for in {points} points of $[-20, 20]$ and refined: "
                        "$f({where:.6f})={value:.6f}$. It is where $1+x+e^x=0$, at $-1-W(1/e)$."
                    ),
                    "zh": (
                        "在 $[-20, 20]$ 内取 {points} 个点并逐次加密："
                        "$f({where:.6f})={value:.6f}$。"
                        "即 $1+x+e^x=0$ 的解 $-1-W(1/e)$。"
                    ),
                },
            ),
            LargestSlope(
                "how-much",
                claimed_max=1.1,
                labels={"en": "how much", "zh": "多大"},
                proofs={
                    "en": (
                        r"$f''=\sigma(x)\,\sigma(-x)\,\bigl(2-x\tanh\tfrac x2\bigr)$ is 0 where "
                        r"$x\tanh\frac x2=2$: the largest slope is ${largest:.9f}$, the smallest "
                        "${smallest:.9f}$."
                    ),
                    "zh": (
                        r"$f''=\sigma(x)\,\sigma(-x)\,\bigl(2-x\tanh\tfrac x2\bigr)$ 在 "
                        r"$x\tanh\frac x2=2$ 处为 0：最大斜率为 ${largest:.9f}$，最小为 "
                        "${smallest:.9f}$。"
                    ),
                },
            ),
            SteepestPoint(
                "where",
                claimed_where=2.4,
                labels={"en": "where", "zh": "位置"},
                proofs={
                    "en": (
                        r"$x\tanh\frac x2=2$ has the roots $\pm{steep:.9f}$; at the place stated, "
                        "$f'({claimed_where:g})={slope_there:.9f}$."
                    ),
                    "zh": (
                        r"$x\tanh\frac x2=2$ 的根为 $\pm{steep:.9f}$；在所述位置，"
                        "$f'({claimed_where:g})={slope_there:.9f}$。"
                    ),
                },
            ),
        ),
        document=_SILU,
        tab="explore",
        setup={"beta": "1", "show": "f,df", "x": "-4,4"},
        titles={
            "en": "Minimum −0.28; the slope peaks at 2.4",
            "zh": "极小值 −0.28；斜率在 2.4 处最大",
        },
        statements={
            "en": (
                "The global minimum of SiLU is about {lowest.claimed_value}, at about "
                "{lowest.claimed_where}; its derivative is largest, about "
                "{how_much.claimed_max:g}, at about {where.claimed_where:g}."
            ),
            "zh": (
                "SiLU 的全局最小值约为 {lowest.claimed_value}，位于约 {lowest.claimed_where} 处；"
                "其导数最大约为 {how_much.claimed_max:g}，位于约 {where.claimed_where:g} 处。"
            ),
        },
    ),
)
