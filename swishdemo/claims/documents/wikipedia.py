"""Wikipedia's article on the Swish function."""

from __future__ import annotations

from swishdemo.claims.formulas import Identity, PowerSeries
from swishdemo.claims.record import Claim, SourceDocument
from swishdemo.claims.stated_numbers import BestBeta

_WIKIPEDIA = SourceDocument(
    "wikipedia",
    "https://en.wikipedia.org/wiki/Swish_function",
    authors="Wikipedia",
    year=2025,
    titles={"en": "Wikipedia: Swish function", "zh": "维基百科：Swish function"},
)

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "wikipedia-zoom",
        (
            Identity(
                "zoom",
                formula="swish(x, beta)",
                claimed_formula="swish(beta*x)/beta",
                labels={"en": "the zoom", "zh": "缩放关系"},
                proofs={
                    "en": (
                        r"$\dfrac{{f_1(\beta x)}}\beta=\dfrac{{\beta x\,\sigma(\beta x)}}\beta"
                        r"=x\,\sigma(\beta x)$, for every $\beta\ne0$."
                    ),
                    "zh": (
                        r"对任意 $\beta\ne0$，$\dfrac{{f_1(\beta x)}}\beta=\dfrac{{\beta "
                        r"x\,\sigma(\beta x)}}\beta=x\,\sigma(\beta x)$。"
                    ),
                },
            ),
            Identity(
                "reflection",
                formula="swish(x, -beta)",
                claimed_formula="x - swish(x, beta)",
                labels={"en": "a negative β", "zh": "负的 β"},
                proofs={
                    "en": (
                        r"$\sigma(-z)=1-\sigma(z)$, so $x\,\sigma(-\beta x)=x-x\,\sigma(\beta x)$."
                    ),
                    "zh": (
                        r"$\sigma(-z)=1-\sigma(z)$，故 $x\,\sigma(-\beta x)=x-x\,\sigma(\beta x)$。"
                    ),
                },
            ),
        ),
        document=_WIKIPEDIA,
        tab="explore",
        titles={"en": "All Swish are one shape, zoomed", "zh": "所有 Swish 同形，仅缩放不同"},
        statements={
            "en": (
                "swish_β(x) = swish₁(βx)/β: every Swish has one shape, zoomed; a negative β "
                "gives a "
                "linear transform of the Swish for −β, and so no new shape."
            ),
            "zh": (
                "swish_β(x) = swish₁(βx)/β：任何 Swish 都同形，只是缩放不同；负的 β 只是 −β 时 "
                "Swish 的线性变换，并不产生新的形状。"
            ),
        },
    ),
    Claim(
        "wikipedia-series",
        (
            PowerSeries(
                "series",
                claimed_terms=((1, "1/2"), (2, "1/4"), (4, "-1/48"), (6, "1/480")),
                labels={"en": "the series", "zh": "级数"},
                proofs={
                    "en": (
                        r"$\sigma(x)=\frac12+\frac12\tanh\frac x2$ and "
                        r"$\tanh\frac x2=\frac x2-\frac{{x^3}}{{24}}+\frac{{x^5}}{{240}}-\dots$; "
                        "times $x$. Each coefficient was also found by differentiating at "
                        "0, exactly."
                    ),
                    "zh": (
                        r"$\sigma(x)=\frac12+\frac12\tanh\frac x2$，而 "
                        r"$\tanh\frac x2=\frac x2-\frac{{x^3}}{{24}}+\frac{{x^5}}{{240}}-\dots$，"
                        "再乘以 $x$。各系数另由 0 处的逐阶导数精确求得。"
                    ),
                },
            ),
            Identity(
                "tanh",
                formula="swish(x)",
                claimed_formula="x/2*tanh(x/2) + x/2",
                labels={"en": "with tanh", "zh": "用 tanh 表示"},
                proofs={
                    "en": r"$\sigma(x)=\frac12\bigl(1+\tanh\frac x2\bigr)$, times $x$.",
                    "zh": r"$\sigma(x)=\frac12\bigl(1+\tanh\frac x2\bigr)$，再乘以 $x$。",
                },
            ),
            Identity(
                "sum",
                formula="swish(x) + swish(x, -1)",
                claimed_formula="x*tanh(x/2)",
                labels={"en": "the sum with β = −1", "zh": "与 β = −1 之和"},
                proofs={
                    "en": (
                        r"$\sigma(x)+\sigma(-x)=1$, so the sum is $x$. The difference is "
                        r"$x\tanh\frac x2$."
                    ),
                    "zh": r"$\sigma(x)+\sigma(-x)=1$，故其和为 $x$；差才是 $x\tanh\frac x2$。",
                },
            ),
            Identity(
                "difference",
                formula="swish(x) - swish(x, -1)",
                claimed_formula="x",
                labels={"en": "the difference from β = −1", "zh": "与 β = −1 之差"},
                proofs={
                    "en": r"$\sigma(x)-\sigma(-x)=\tanh\frac x2$, times $x$. The sum is $x$.",
                    "zh": r"$\sigma(x)-\sigma(-x)=\tanh\frac x2$，再乘以 $x$；和才是 $x$。",
                },
            ),
        ),
        document=_WIKIPEDIA,
        tab="explore",
        titles={"en": "The series, and Swish in tanh", "zh": "幂级数与 tanh 表示"},
        statements={
            "en": (
                "About 0, swish₁(x) = {series.terms} + … It is also x/2·tanh(x/2) + x/2; "
                "its sum with "
                "swish₋₁(x) is x·tanh(x/2), its difference from it is x."
            ),
            "zh": (
                "在 0 附近，swish₁(x) = {series.terms} + …；它又等于 x/2·tanh(x/2) + x/2，"
                "与 swish₋₁(x) 之和为 x·tanh(x/2)，之差为 x。"
            ),
        },
    ),
    Claim(
        "wikipedia-gelu",
        (
            BestBeta(
                "beta",
                claimed_beta=1.702,
                labels={"en": "how near", "zh": "有多接近"},
                proofs={
                    "en": (
                        r"The largest $|x\,\sigma(\beta x)-x\,\Phi(x)|$ over 801 points of "
                        r"$[-8, 8]$, for $\beta$ from 0.5 to 4: ${gap:.5f}$ at "
                        r"$\beta={beta:g}$, least, "
                        r"${least:.5f}$, at $\beta={best:.4f}$."
                    ),
                    "zh": (
                        r"在 $[-8, 8]$ 内取 801 个点，$\beta$ 从 0.5 到 4，求 "
                        r"$|x\,\sigma(\beta x)-x\,\Phi(x)|$ 的最大值：$\beta={beta:g}$ 时为 "
                        r"${gap:.5f}$；在 $\beta={best:.4f}$ 处最小，为 ${least:.5f}$。"
                    ),
                },
            ),
        ),
        document=_WIKIPEDIA,
        tab="explore",
        setup={"beta": "1.702", "act": "gelu", "show": "f,diff"},
        titles={"en": "β = 1.702 approximates GELU", "zh": "β = 1.702 时近似 GELU"},
        statements={
            "en": "At β = {beta.claimed_beta:g} Swish approximates GELU.",
            "zh": "β = {beta.claimed_beta:g} 时，Swish 近似于 GELU。",
        },
    ),
)
