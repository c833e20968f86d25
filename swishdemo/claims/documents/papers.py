"""Papers on Swish, on what it grew out of, and on what grew out of it."""

from __future__ import annotations

from swishdemo.claims.formulas import FamilyLimit, Growth, Identity
from swishdemo.claims.record import Claim, SourceDocument
from swishdemo.claims.slope import LargestSlope, SlopeOfOne, SteepestPoint
from swishdemo.claims.stated_numbers import LargestGap, LowestPoint

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
_MISH = SourceDocument(
    "mish",
    "https://github.com/digantamisra98/Mish",
    authors="Misra",
    year=2019,
    titles={"en": "Mish: its repository’s page", "zh": "Mish 代码库主页"},
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
        ),
        document=_SWISH,
        tab="explore",
        titles={"en": "f′ = βf + σ(βx)·(1 − βf)", "zh": "f′ = βf + σ(βx)·(1 − βf)"},
        statements={
            "en": "The derivative of Swish, f′, is βf + σ(βx)·(1 − βf).",
            "zh": "Swish 的导数 f′ 等于 βf + σ(βx)·(1 − βf)。",
        },
    ),
    Claim(
        "swish-slope-of-one",
        (
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
        titles={"en": "The slope is below 1 for x < 1.25", "zh": "x < 1.25 时斜率小于 1"},
        statements={
            "en": "At β = 1 the slope is smaller than 1 for x below about {where.claimed_where:g}.",
            "zh": "β = 1 时，x 小于约 {where.claimed_where:g} 处的斜率都小于 1。",
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
        ),
        document=_SILU,
        tab="explore",
        titles={"en": "The minimum is −0.28, at −1.28", "zh": "最小值 −0.28，位于 −1.28"},
        statements={
            "en": (
                "The global minimum of SiLU is about {lowest.claimed_value}, at about "
                "{lowest.claimed_where}."
            ),
            "zh": (
                "SiLU 的全局最小值约为 {lowest.claimed_value}，位于约 {lowest.claimed_where} 处。"
            ),
        },
    ),
    Claim(
        "silu-slope",
        (
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
        titles={"en": "The slope peaks at 2.4 with 1.1", "zh": "斜率在 2.4 处达到最大值 1.1"},
        statements={
            "en": (
                "The derivative of SiLU overshoots: it is largest, about {how_much.claimed_max:g}, "
                "at about {where.claimed_where:g}."
            ),
            "zh": (
                "SiLU 的导数会超过 1：最大约为 {how_much.claimed_max:g}，位于约 "
                "{where.claimed_where:g} 处。"
            ),
        },
    ),
    Claim(
        "silu-large",
        (
            LargestGap(
                "right",
                one="swish",
                other="relu",
                claimed_gap=0.01,
                low=10.0,
                high=100.0,
                labels={"en": "far right", "zh": "右端"},
                proofs={
                    "en": (
                        r"$x-x\,\sigma(x)=x\,\sigma(-x)$ falls for $x>1.28$: it is largest at the "
                        "near end, ${gap:.3e}$."
                    ),
                    "zh": (
                        r"$x-x\,\sigma(x)=x\,\sigma(-x)$ 在 $x>1.28$ 时递减，在近端最大，为 "
                        "${gap:.3e}$。"
                    ),
                },
            ),
            LargestGap(
                "left",
                one="swish",
                other="relu",
                claimed_gap=0.01,
                low=-100.0,
                high=-10.0,
                labels={"en": "far left", "zh": "左端"},
                proofs={
                    "en": (
                        r"$|x\,\sigma(x)|$ falls from $-1.28$ to the left: it is largest at "
                        r"the near "
                        "end, ${gap:.3e}$."
                    ),
                    "zh": (r"$|x\,\sigma(x)|$ 从 $-1.28$ 起向左递减，在近端最大，为 ${gap:.3e}$。"),
                },
            ),
        ),
        document=_SILU,
        tab="explore",
        titles={"en": "Far out, SiLU is about ReLU", "zh": "远处 SiLU 与 ReLU 几乎相同"},
        statements={
            "en": (
                "Where |x| is large, {right.low:g} and more, SiLU is nearly ReLU (here: to "
                "{right.claimed_gap:g})."
            ),
            "zh": (
                "|x| 较大（不小于 {right.low:g}）时，SiLU 与 ReLU 几乎相同（此处取误差 "
                "{right.claimed_gap:g}）。"
            ),
        },
    ),
    Claim(
        "mish-minimum",
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
        ),
        document=_MISH,
        tab="explore",
        titles={"en": "Mish is lowest at −1.1924", "zh": "Mish 的最低点在 −1.1924"},
        statements={
            "en": (
                "Mish, which is much like Swish, has its minimum of {lowest.claimed_value} at "
                "{lowest.claimed_where}."
            ),
            "zh": (
                "与 Swish 相近的 Mish 在 {lowest.claimed_where} 处取得最小值 "
                "{lowest.claimed_value}。"
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
        titles={"en": "Swish is a smoothed ReLU", "zh": "Swish 是光滑化的 ReLU"},
        statements={
            "en": ("Swish is a smooth approximation of {limit.shown}: as β grows it comes to it."),
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
)
