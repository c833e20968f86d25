"""What the reference pages of Keras, Chainer, PyTorch, OpenVINO, Paddle, OneFlow and MLX say."""

from __future__ import annotations

from swishdemo.claims.cost import TimeRatio
from swishdemo.claims.curve_shape import PieceDegree, Smooth, SwishShape
from swishdemo.claims.formulas import FamilyLimit, Identity
from swishdemo.claims.history import GELU, First
from swishdemo.claims.record import Claim, SourceDocument
from swishdemo.claims.stated_numbers import LargestGap, PrintedValues

_KERAS = SourceDocument(
    "keras",
    "https://www.tensorflow.org/api_docs/python/tf/keras/activations/silu",
    authors="Keras",
    year=2024,
    titles={"en": "Keras 3: activations.silu, hard_silu", "zh": "Keras 3 文档：silu 与 hard_silu"},
)
_CHAINER = SourceDocument(
    "chainer",
    "https://docs.chainer.org/en/v6.1.0/reference/generated/chainer.functions.swish.html",
    authors="Chainer",
    year=2019,
    titles={"en": "Chainer: functions.swish", "zh": "Chainer 文档：functions.swish"},
)
_PYTORCH = SourceDocument(
    "pytorch",
    "https://docs.pytorch.org/docs/stable/generated/torch.nn.SiLU.html",
    authors="PyTorch",
    year=2025,
    titles={"en": "PyTorch: nn.SiLU", "zh": "PyTorch 文档：nn.SiLU"},
)
_OPENVINO = SourceDocument(
    "openvino",
    "https://docs.openvino.ai/2024/documentation/openvino-ir-format/operation-sets/"
    "operation-specs/activation/swish-4.html",
    authors="OpenVINO",
    year=2024,
    titles={"en": "OpenVINO: Swish-4", "zh": "OpenVINO 算子规范：Swish-4"},
)
_PADDLE = SourceDocument(
    "paddle",
    "https://paddlepaddle.org.cn/documentation/docs/zh/2.4/api/paddle/fluid/layers/swish_cn.html",
    authors="PaddlePaddle",
    year=2022,
    titles={
        "en": "PaddlePaddle 2.4: fluid.layers.swish",
        "zh": "飞桨 2.4 文档：fluid.layers.swish",
    },
)
_ONEFLOW = SourceDocument(
    "oneflow",
    "https://oneflow.readthedocs.io/en/master/generated/oneflow.nn.QuickGELU.html",
    authors="OneFlow",
    year=2023,
    titles={"en": "OneFlow: nn.QuickGELU", "zh": "OneFlow 文档：nn.QuickGELU"},
)
_MLX = SourceDocument(
    "mlx",
    "https://ml-explore.github.io/mlx/build/html/python/nn/_autosummary_functions/"
    "mlx.nn.gelu_fast_approx.html",
    authors="MLX",
    year=2025,
    titles={"en": "MLX: nn.gelu_fast_approx", "zh": "MLX 文档：nn.gelu_fast_approx"},
)

_EXAMPLE_PROOF = {
    "en": "The function, computed to 12 digits at each point, compared with the printed value.",
    "zh": "在每个点以 12 位精度计算该函数，与打印值逐一比对。",
}

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "keras-shape",
        (
            Smooth(
                "smooth",
                claimed_order=100,
                labels={"en": "smooth", "zh": "光滑"},
                proofs={
                    "en": (
                        r"With $s=\sigma(x)$, $s'=s(1-s)$: every derivative is again a polynomial "
                        "in $x$ and $s$, so there is one of every order. The second: "
                        "${derivatives[1]}$."
                    ),
                    "zh": (
                        r"记 $s=\sigma(x)$，则 $s'=s(1-s)$：每一阶导数仍是 $x$ 与 $s$ "
                        "的多项式，故任意阶导数都存在。二阶导数：${derivatives[1]}$。"
                    ),
                },
            ),
            SwishShape(
                "non-monotonic",
                claimed="non-monotonic",
                labels={"en": "non-monotonic", "zh": "非单调"},
                proofs={
                    "en": (
                        r"$f(x)=x\,\sigma(x)$ has the sign of $x$, $f(0)=0$ and "
                        r"$\lim_{{x\to-\infty}}f=0$: between two places of height 0 it is lower."
                    ),
                    "zh": (
                        r"$f(x)=x\,\sigma(x)$ 与 $x$ 同号，$f(0)=0$，且 "
                        r"$\lim_{{x\to-\infty}}f=0$：两端高度同为 0，其间更低。"
                    ),
                },
            ),
            SwishShape(
                "above",
                claimed="bounded above",
                claimed_is=False,
                labels={"en": "unbounded above", "zh": "上无界"},
                proofs={
                    "en": r"$\lim_{{x\to+\infty}}x\,\sigma(x)=+\infty$.",
                    "zh": r"$\lim_{{x\to+\infty}}x\,\sigma(x)=+\infty$。",
                },
            ),
            SwishShape(
                "below",
                claimed="bounded below",
                labels={"en": "bounded below", "zh": "下有界"},
                proofs={
                    "en": (
                        r"$f$ is continuous, tends to 0 at $-\infty$ and to $+\infty$ at "
                        r"$+\infty$."
                    ),
                    "zh": r"$f$ 连续，在 $-\infty$ 处趋于 0，在 $+\infty$ 处趋于 $+\infty$。",
                },
            ),
        ),
        document=_KERAS,
        tab="explore",
        setup={"beta": "1", "x": "-6,6"},
        titles={"en": "Smooth, non-monotonic, bounded below only", "zh": "光滑、非单调、仅下有界"},
        statements={
            "en": "Swish is smooth and non-monotonic, has no upper bound, and has a lower bound.",
            "zh": "Swish 光滑、非单调，上无界而下有界。",
        },
    ),
    Claim(
        "keras-hard",
        (
            PieceDegree(
                "pieces",
                claimed_degree=1,
                labels={"en": "the pieces", "zh": "各段的次数"},
                proofs={
                    "en": (
                        "Of the three pieces, $0$, ${piece}$ and $x$, the middle one is a parabola."
                    ),
                    "zh": "三段分别为 $0$、${piece}$ 与 $x$，中间一段是抛物线。",
                },
            ),
            TimeRatio(
                "time",
                job="time",
                variants=("silu", "hardswish"),
                variant="hardswish",
                baseline="silu",
                claimed_high=1.0,
                labels={"en": "the time", "zh": "耗时"},
            ),
        ),
        document=_KERAS,
        tab="explore",
        setup={"act": "hardswish", "show": "f,df,d2f"},
        titles={"en": "Hard SiLU: faster, piecewise linear", "zh": "Hard SiLU：更快的分段线性函数"},
        statements={
            "en": (
                "Hard SiLU is a faster approximation of SiLU, of pieces of degree "
                "{pieces.claimed_degree}: of straight lines."
            ),
            "zh": (
                "Hard SiLU 是 SiLU 的近似，计算更快，由次数为 {pieces.claimed_degree} 的各段"
                "（即直线段）组成。"
            ),
        },
    ),
    Claim(
        "chainer-limits",
        (
            FamilyLimit(
                "zero",
                towards="zero",
                claimed_formula="x/2",
                labels={"en": "β = 0", "zh": "β = 0"},
                proofs={
                    "en": r"$\sigma(0)=\frac12$, whatever $x$ is.",
                    "zh": r"无论 $x$ 取何值，$\sigma(0)=\frac12$。",
                },
            ),
            FamilyLimit(
                "infinity",
                towards="infinity",
                claimed_formula="max(0, x)",
                labels={"en": "β → ∞", "zh": "β → ∞"},
                proofs={
                    "en": (
                        r"$\sigma(\beta x)\to 1$ for $x>0$ and $\to 0$ for $x<0$; at $x=0$ "
                        r"all are 0."
                    ),
                    "zh": (r"$x>0$ 时 $\sigma(\beta x)\to 1$，$x<0$ 时 $\to 0$；$x=0$ 处恒为 0。"),
                },
            ),
        ),
        document=_CHAINER,
        tab="explore",
        setup={"beta": "10", "act": "relu", "x": "-4,4"},
        titles={"en": "β = 0: a line. β → ∞: ReLU", "zh": "β = 0 为直线，β → ∞ 为 ReLU"},
        statements={
            "en": ("At β = 0 Swish is {zero.shown}; as β → ∞ it approaches {infinity.shown}."),
            "zh": ("β = 0 时 Swish 为 {zero.shown}；β → ∞ 时趋于 {infinity.shown}。"),
        },
    ),
    Claim(
        "pytorch-name",
        (First("first", claimed=GELU, labels={"en": "who was first", "zh": "谁最早"}),),
        document=_PYTORCH,
        titles={"en": "SiLU comes from the GELU paper", "zh": "SiLU 最早见于 GELU 论文"},
        statements={
            "en": (
                "SiLU was first described in the paper on GELU; later ones tried it again, "
                "one as Swish."
            ),
            "zh": "SiLU 最早出自 GELU 论文，后来的论文再次试验，其中之一称之为 Swish。",
        },
    ),
    Claim(
        "openvino-formula",
        (
            Identity(
                "formula",
                formula="x*sigmoid(beta*x)",
                claimed_formula="x*(1 + exp(-beta*x))**(-1)",
                labels={"en": "the formula", "zh": "公式"},
                proofs={
                    "en": r"$\sigma(z)=\dfrac1{{1+e^{{-z}}}}$ by definition, at $z=\beta x$.",
                    "zh": r"由定义 $\sigma(z)=\dfrac1{{1+e^{{-z}}}}$，取 $z=\beta x$。",
                },
            ),
            SwishShape(
                "non-monotonic",
                claimed="non-monotonic",
                claimed_for=("positive", "zero"),
                labels={"en": "non-monotonic", "zh": "非单调"},
                proofs={
                    "en": (
                        r"For $\beta>0$, $f(x)=x\,\sigma(\beta x)$ has the sign of $x$, "
                        r"$f(0)=0$ and "
                        r"$\lim_{{x\to-\infty}}f=0$: it falls and rises. At $\beta=0$, $f=x/2$."
                    ),
                    "zh": (
                        r"$\beta>0$ 时 $f(x)=x\,\sigma(\beta x)$ 与 $x$ 同号，$f(0)=0$，且 "
                        r"$\lim_{{x\to-\infty}}f=0$：先降后升。$\beta=0$ 时 $f=x/2$。"
                    ),
                },
            ),
        ),
        document=_OPENVINO,
        tab="explore",
        setup={"beta": "0"},
        titles={"en": "x/(1 + exp(−βx)), non-monotonic", "zh": "x/(1 + exp(−βx))，且非单调"},
        statements={
            "en": (
                "Swish, x·σ(βx), is x divided by 1 + exp(−βx), and is non-monotonic, whatever "
                "non-negative β it is given."
            ),
            "zh": "Swish 即 x·σ(βx)，等于 x 除以 1 + exp(−βx)；无论取怎样的非负 β，它都非单调。",
        },
    ),
    Claim(
        "paddle-example",
        (
            PrintedValues(
                "values",
                parameters={"beta": 2.0},
                claimed_at=(-1.1239197, 1.3391294, 0.03921051, 1.1970421, 0.02440812, 1.2055548),
                claimed_values=(
                    *("-0.2756806", "1.0610548", "0.01998957"),
                    *("0.9193261", "0.01235299", "0.9276883"),
                ),
                tried={"beta": 1.0},
                labels={"en": "the printed values", "zh": "打印的数值"},
                proofs={
                    "en": (
                        r"$x\,\sigma(2x)$, computed to 12 digits at each place, is not what is "
                        r"printed. What is printed is $x\,\sigma(x)$: the example's β is not used."
                    ),
                    "zh": (
                        r"在每个点以 12 位精度计算 $x\,\sigma(2x)$，与打印值不符。打印的是 "
                        r"$x\,\sigma(x)$：示例中的 β 没有起作用。"
                    ),
                },
            ),
        ),
        document=_PADDLE,
        tab="explore",
        setup={"beta": "2"},
        titles={"en": "Printed values for β = 2", "zh": "β = 2 的示例输出"},
        statements={
            "en": "With β = 2, swish of ({values.places}) is ({values.printed}).",
            "zh": "β = 2 时，swish 在 ({values.places}) 处的值为 ({values.printed})。",
        },
    ),
    Claim(
        "oneflow-example",
        (
            PrintedValues(
                "values",
                activation="quick_gelu",
                claimed_at=(-0.5, 0.0, 0.5),
                claimed_values=("-0.1496", "0.0000", "0.3504"),
                labels={"en": "the printed values", "zh": "打印的数值"},
                proofs=_EXAMPLE_PROOF,
            ),
        ),
        document=_ONEFLOW,
        tab="explore",
        setup={"beta": "1.702", "act": "quick_gelu"},
        titles={"en": "Printed values of QuickGELU", "zh": "QuickGELU 的示例输出"},
        statements={
            "en": "QuickGELU, x·σ(1.702x), of ({values.places}) is ({values.printed}).",
            "zh": "QuickGELU 即 x·σ(1.702x)，在 ({values.places}) 处的值为 ({values.printed})。",
        },
    ),
    Claim(
        "mlx-gelu",
        (
            LargestGap(
                "gap",
                one="quick_gelu",
                other="gelu",
                claimed_gap=0.015,
                low=-6.0,
                high=6.0,
                labels={"en": "the largest error", "zh": "最大误差"},
                proofs={
                    "en": (
                        r"$|x\,\sigma(1.702x)-x\,\Phi(x)|$ was looked at in {points} points of the "
                        "interval, and the largest place was refined: at $x={where:.6f}$ it is "
                        "${gap:.6f}$. That one point is enough to break the bound."
                    ),
                    "zh": (
                        r"在区间内取 {points} 个点计算 $|x\,\sigma(1.702x)-x\,\Phi(x)|$，"
                        "并在最大处加密：$x={where:.6f}$ 时为 ${gap:.6f}$。"
                        "仅此一点便足以推翻该上界。"
                    ),
                },
            ),
        ),
        document=_MLX,
        tab="explore",
        setup={"beta": "1.702", "act": "gelu", "show": "f,diff"},
        titles={
            "en": "x·σ(1.702x) is within 0.015 of GELU",
            "zh": "x·σ(1.702x) 与 GELU 相差不到 0.015",
        },
        statements={
            "en": (
                "On [{gap.low:g}, {gap.high:g}] x·σ(1.702x) is never farther from GELU than "
                "{gap.claimed_gap:g}."
            ),
            "zh": (
                "在 [{gap.low:g}, {gap.high:g}] 上，x·σ(1.702x) 与 GELU 的误差不超过 "
                "{gap.claimed_gap:g}。"
            ),
        },
    ),
)
