"""What is said where code is written: docstrings, pull requests, a problem set, a visualiser."""

from __future__ import annotations

from swishdemo.claims.formulas import Identity
from swishdemo.claims.record import Claim, SourceDocument
from swishdemo.claims.stated_numbers import PrintedValues, SlopesAtZero

_SPEECHBRAIN = SourceDocument(
    "speechbrain",
    "https://github.com/speechbrain/speechbrain/blob/"
    "0c625c39e5d03913dd33373517e675b186ca856a/speechbrain/nnet/activations.py",
    authors="SpeechBrain",
    year=2021,
    titles={
        "en": "SpeechBrain: nnet.activations.Swish",
        "zh": "SpeechBrain：nnet.activations.Swish",
    },
)
_SPEECHBRAIN_PULL = SourceDocument(
    "speechbrain-2488",
    "https://github.com/speechbrain/speechbrain/pull/2488",
    authors="asumagic",
    year=2024,
    titles={
        "en": "SpeechBrain, pull request 2488: PyTorch’s SiLU",
        "zh": "SpeechBrain 拉取请求 2488：改用 PyTorch 的 SiLU",
    },
)
_CLICK4AI = SourceDocument(
    "click4ai",
    "https://click4ai.perfionixai.com/problems/swish-activation",
    authors="click4ai",
    year=2025,
    titles={"en": "click4ai: an exercise on Swish", "zh": "click4ai：一道 Swish 练习题"},
)
_KERNELS = SourceDocument(
    "composable-kernel",
    "https://github.com/ROCm/composable_kernel/pull/668",
    authors="rocking5566",
    year=2023,
    titles={
        "en": "Composable Kernel, pull request 668",
        "zh": "Composable Kernel 拉取请求 668",
    },
)
_E_SWISH = SourceDocument(
    "e-swish-issue",
    "https://github.com/hypnopump/E-swish/issues/1",
    authors="EliasHasle",
    year=2018,
    titles={"en": "E-swish, issue 1", "zh": "E-swish 议题 1"},
)
_ELYSIA = SourceDocument(
    "elysiatools",
    "https://elysiatools.com",
    authors="Elysia Tools",
    year=2025,
    titles={"en": "A visualiser of activations", "zh": "一个激活函数可视化工具"},
    opened=False,
)

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "speechbrain-formula",
        (
            Identity(
                "formula",
                claimed_formula="x/(1 + exp(beta*x))",
                formula="x*sigmoid(beta*x)",
                labels={"en": "the formula", "zh": "公式"},
                proofs={
                    "en": (
                        r"$x\,\sigma(\beta x)=\dfrac{{x}}{{1+e^{{-\beta x}}}}$: a sign is missing. "
                        r"What is written is $x\,\sigma(-\beta x)$, which is right for no "
                        r"$\beta\ne0$."
                    ),
                    "zh": (
                        r"$x\,\sigma(\beta x)=\dfrac{{x}}{{1+e^{{-\beta x}}}}$：原式漏了负号。"
                        r"所写的其实是 $x\,\sigma(-\beta x)$，对任何 $\beta\ne0$ 都不成立。"
                    ),
                },
            ),
        ),
        document=_SPEECHBRAIN,
        tab="explore",
        titles={"en": "Swish is x/(1 + exp(βx))", "zh": "Swish 为 x/(1 + exp(βx))"},
        statements={
            "en": "Swish(x) is {formula.shown}.",
            "zh": "Swish(x) = {formula.shown}。",
        },
    ),
    Claim(
        "speechbrain-silu",
        (
            Identity(
                "same",
                formula="x*sigmoid(beta*x)",
                claimed_formula="swish(beta*x)",
                labels={"en": "the same function", "zh": "是否同一函数"},
                proofs={
                    "en": (
                        r"$\mathrm{{SiLU}}(\beta x)=\beta x\,\sigma(\beta x)$ is $\beta$ times as "
                        r"large: the two are one for $\beta=1$ alone."
                    ),
                    "zh": (
                        r"$\mathrm{{SiLU}}(\beta x)=\beta x\,\sigma(\beta x)$ 多了一个因子 "
                        r"$\beta$，仅当 $\beta=1$ 时二者相同。"
                    ),
                },
            ),
        ),
        document=_SPEECHBRAIN_PULL,
        tab="explore",
        titles={"en": "x·σ(βx) can be SiLU(βx)", "zh": "x·σ(βx) 可写成 SiLU(βx)"},
        statements={
            "en": "x·σ(βx) can be computed as SiLU(βx).",
            "zh": "x·σ(βx) 可以用 SiLU(βx) 来计算。",
        },
    ),
    Claim(
        "click4ai-derivative",
        (
            Identity(
                "derivative",
                formula="swish(x, beta)",
                claimed_formula="swish(x, beta) + sigmoid(beta*x)*(beta - beta*swish(x, beta))",
                derivative=1,
                labels={"en": "the derivative", "zh": "导数"},
                proofs={
                    "en": (
                        r"$f'=\beta f+\sigma(\beta x)(1-\beta f)$. What is written differs from it "
                        r"by $(1-\beta)\,(f-\sigma(\beta x))$, which is 0 for $\beta=1$: at $x=0$, "
                        r"$\beta=2$ it gives 1 where the slope is $\frac12$."
                    ),
                    "zh": (
                        r"$f'=\beta f+\sigma(\beta x)(1-\beta f)$。所写之式与它相差 "
                        r"$(1-\beta)\,(f-\sigma(\beta x))$，$\beta=1$ 时为 0；而在 $x=0$、"
                        r"$\beta=2$ 时给出 1，实际斜率为 $\frac12$。"
                    ),
                },
            ),
        ),
        document=_CLICK4AI,
        tab="explore",
        titles={"en": "f′ = f + σ(βx)·(β − βf)", "zh": "f′ = f + σ(βx)·(β − βf)"},
        statements={
            "en": "The derivative of x·σ(βx), f′, is f + σ(βx)·(β − βf).",
            "zh": "x·σ(βx) 的导数 f′ 等于 f + σ(βx)·(β − βf)。",
        },
    ),
    Claim(
        "click4ai-values",
        (
            PrintedValues(
                "values",
                claimed_at=(-2.0, -1.0, 0.0, 1.0, 2.0),
                claimed_values=("-0.2384", "-0.2689", "0", "0.7311", "1.7616"),
                labels={"en": "the expected values", "zh": "预期数值"},
                proofs={
                    "en": r"$x\,\sigma(x)$, computed to 12 digits at each place.",
                    "zh": r"在每个点以 12 位精度计算 $x\,\sigma(x)$。",
                },
            ),
        ),
        document=_CLICK4AI,
        tab="explore",
        titles={"en": "The expected values at β = 1", "zh": "β = 1 时的预期数值"},
        statements={
            "en": "With β = 1, swish of ({values.places}) is ({values.printed}).",
            "zh": "β = 1 时，swish 在 ({values.places}) 处的值为 ({values.printed})。",
        },
    ),
    Claim(
        "composable-kernel-sign",
        (
            Identity(
                "formula",
                formula="swish(x, beta)",
                claimed_formula="x*sigmoid(-beta*x)",
                labels={"en": "the formula", "zh": "公式"},
                proofs={
                    "en": (
                        r"$x\,\sigma(-\beta x)=x-x\,\sigma(\beta x)$: the mirror image, which goes "
                        r"to 0 on the right and to $x$ on the left."
                    ),
                    "zh": (
                        r"$x\,\sigma(-\beta x)=x-x\,\sigma(\beta x)$：这是镜像，右端趋于 0，"
                        r"左端趋于 $x$。"
                    ),
                },
            ),
        ),
        document=_KERNELS,
        tab="explore",
        titles={"en": "Swish is x·σ(−βx)", "zh": "Swish 为 x·σ(−βx)"},
        statements={
            "en": "Swish(x) is {formula.shown}.",
            "zh": "Swish(x) = {formula.shown}。",
        },
    ),
    Claim(
        "e-swish-rescale",
        (
            Identity(
                "rescale",
                formula="swish(x, beta)",
                claimed_formula="swish(beta*x)/beta",
                labels={"en": "the same functions", "zh": "可表示的函数相同"},
                proofs={
                    "en": (
                        r"$x\,\sigma(\beta x)=\frac1\beta f_1(\beta x)$: weights into the unit "
                        r"$\times\beta$ and out of it $\times\frac1\beta$ make up for any "
                        r"$\beta\ne0$, so the network with β can represent nothing that is new."
                    ),
                    "zh": (
                        r"$x\,\sigma(\beta x)=\frac1\beta f_1(\beta x)$：把流入该单元的权重乘以 "
                        r"$\beta$、流出的权重乘以 $\frac1\beta$，就能抵消任何 $\beta\ne0$，"
                        "因此带 β 的网络并不能表示更多函数。"
                    ),
                },
            ),
        ),
        document=_E_SWISH,
        tab="explore",
        titles={"en": "β inside only rescales weights", "zh": "σ 内的 β 只是缩放权重"},
        statements={
            "en": "A β inside the sigmoid is the same as other weights into and out of the unit.",
            "zh": "sigmoid 内的 β 等同于改变流入和流出该单元的权重。",
        },
    ),
    Claim(
        "elysiatools-slopes",
        (
            SlopesAtZero(
                "slopes",
                claimed_slopes=(("sigmoid", 0.25), ("tanh", 1.0), ("swish", 0.5), ("gelu", 0.5)),
                labels={"en": "the slopes", "zh": "斜率"},
                proofs={
                    "en": (
                        r"$\sigma'(0)=\frac14$, $\tanh'(0)=1$; for $x\,g(x)$ the slope at 0 is "
                        r"$g(0)$: $\sigma(0)=\Phi(0)=\frac12$."
                    ),
                    "zh": (
                        r"$\sigma'(0)=\frac14$，$\tanh'(0)=1$；对 $x\,g(x)$，0 处斜率为 $g(0)$："
                        r"$\sigma(0)=\Phi(0)=\frac12$。"
                    ),
                },
            ),
        ),
        document=_ELYSIA,
        tab="explore",
        titles={"en": "The slopes at 0", "zh": "0 处的斜率"},
        statements={
            "en": "The slopes at 0 are: {slopes.listed}.",
            "zh": "0 处的斜率依次为：{slopes.listed}。",
        },
    ),
)
