"""The article's claims, in its order: a record holds the claimed numbers and all its texts.

Curly braces of LaTeX are doubled in them, because single ones are places for numbers.
"""

from __future__ import annotations

from swishdemo.claims.beta import BetaRange
from swishdemo.claims.cost import ExtraTime, SavedBytes, SavingsPrice
from swishdemo.claims.curve_shape import (
    LargestSlope,
    Minimum,
    NegativeSide,
    Smooth,
    SteepestPoint,
    VanishingGradient,
)
from swishdemo.claims.experiments import (
    AMP_ACCURACY,
    AMP_TIME,
    CURE,
    DEAD_UNITS,
    DEPTH,
    GRADIENT,
    INGREDIENTS,
    INITIALISATION,
    LEAKY_SLOPE,
    LEARNED_BETA,
    LONG_TRAINING,
    SMALL_WEIGHTS,
)
from swishdemo.claims.formulas import Asymptote, AtZero, Forms
from swishdemo.claims.history import First, Year
from swishdemo.claims.record import Claim

_FULL_STEP = ("relu", "silu", "swish_eager", "parametric_eager")

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "history",
        (
            First("first", labels={"en": "who was first", "zh": "谁最早"}),
            Year("year", labels={"en": "which year", "zh": "哪一年"}),
        ),
        titles={"en": "Google Brain proposed it first", "zh": "最早由 Google Brain 提出"},
        statements={
            "en": "Google Brain was the first to propose Swish, in {year.claimed_year}.",
            "zh": "Swish 最早由 Google Brain 于 {year.claimed_year} 年提出。",
        },
    ),
    Claim(
        "limits",
        (
            Asymptote(
                "right",
                side="right",
                claimed_slope=1.0,
                labels={"en": "far right", "zh": "右端"},
                proofs={
                    "en": (
                        r"For $\beta>0$: $x-x\,\sigma(\beta x)=x\,\sigma(-\beta "
                        r"x)=\dfrac{{x}}{{1+e^{{\beta x}}}}\to 0$ for $x\to+\infty$, so $f$ "
                        r"approaches the line ${lines[positive][slope]:g}\cdot "
                        "x+{lines[positive][offset]:g}$. The reflection "
                        r"$f_{{-\beta}}(x)=x-f_\beta(x)$, checked symbolically, swaps the sides: "
                        r"for $\beta<0$ the slope is ${lines[negative][slope]:g}$. At $\beta=0$, "
                        "$f=x/2$, of slope ${lines[zero][slope]:g}$ everywhere."
                    ),
                    "zh": (
                        r"当 $\beta>0$：$x-x\,\sigma(\beta x)=x\,\sigma(-\beta "
                        r"x)=\dfrac{{x}}{{1+e^{{\beta x}}}}\to 0$（$x\to+\infty$），故 $f$ "
                        r"趋近直线 ${lines[positive][slope]:g}\cdot "
                        "x+{lines[positive][offset]:g}$。反射式 "
                        r"$f_{{-\beta}}(x)=x-f_\beta(x)$（已符号验证）使两端互换：$\beta<0$ "
                        r"时斜率为 ${lines[negative][slope]:g}$。$\beta=0$ 时 $f=x/2$，斜率处处为 "
                        "${lines[zero][slope]:g}$。"
                    ),
                },
            ),
            Asymptote(
                "left",
                side="left",
                claimed_slope=0.0,
                labels={"en": "far left", "zh": "左端"},
                proofs={
                    "en": (
                        r"For $\beta>0$ and $x\to-\infty$: $x\,\sigma(\beta "
                        r"x)=\dfrac{{x}}{{1+e^{{-\beta x}}}}\to 0$, because the exponential "
                        "outgrows $x$; slope ${lines[positive][slope]:g}$, offset "
                        "${lines[positive][offset]:g}$. The reflection "
                        r"$f_{{-\beta}}(x)=x-f_\beta(x)$ gives slope ${lines[negative][slope]:g}$ "
                        r"for $\beta<0$; at $\beta=0$ it is ${lines[zero][slope]:g}$."
                    ),
                    "zh": (
                        r"当 $\beta>0$ 且 $x\to-\infty$：$x\,\sigma(\beta "
                        r"x)=\dfrac{{x}}{{1+e^{{-\beta x}}}}\to 0$，因指数增长快于 $x$；斜率 "
                        "${lines[positive][slope]:g}$，截距 ${lines[positive][offset]:g}$。"
                        r"由反射式 $f_{{-\beta}}(x)=x-f_\beta(x)$，$\beta<0$ 时斜率为 "
                        r"${lines[negative][slope]:g}$；$\beta=0$ 时为 ${lines[zero][slope]:g}$。"
                    ),
                },
            ),
            AtZero(
                "zero",
                claimed_value=0.0,
                labels={"en": "at 0", "zh": "x = 0 处"},
                proofs={
                    "en": (
                        r"$f(0)=0\cdot\sigma(\beta\cdot 0)=0\cdot\tfrac12={value:g}$, which "
                        r"does not depend on $\beta$."
                    ),
                    "zh": (
                        r"$f(0)=0\cdot\sigma(\beta\cdot 0)=0\cdot\tfrac12={value:g}$，结果与 "
                        r"$\beta$ 无关。"
                    ),
                },
            ),
        ),
        tab="explore",
        setup={"beta": "1", "x": "-12,12"},
        titles={"en": "It tends to x, and to 0", "zh": "两端分别趋于 x 与 0"},
        statements={
            "en": (
                "For large positive x Swish approaches x, for large negative x it approaches 0, "
                "and Swish(0) = {zero.claimed_value:g}."
            ),
            "zh": (
                "x 趋于正无穷时 Swish 趋近 x，趋于负无穷时趋近 0，且 Swish(0) = "
                "{zero.claimed_value:g}。"
            ),
        },
    ),
    Claim(
        "minimum",
        (
            Minimum(
                "where",
                claimed_low=-1.278,
                claimed_high=0.0,
                labels={"en": "where", "zh": "位置"},
                proofs={
                    "en": (
                        r"With $z=\beta x$: $f'=\dfrac{{e^z\,(1+z+e^z)}}{{(1+e^z)^2}}$. The "
                        "bracket rises for every $z$ (its derivative is $1+e^z>0$), so $f'$ has "
                        "exactly one zero. Put $z=-(1+w)$: $e^{{-1-w}}=w$, that is "
                        r"$w\,e^w=e^{{-1}}$, so $w=W(1/e)={omega:.15f}$. Hence "
                        r"$x^*=-(1+w)/\beta={minimum:.15f}$ at $\beta={beta:g}$, with $f'<0$ to "
                        "its left and $f'>0$ to its right, and "
                        r"$f(x^*)=-w/\beta={minimum_value:.15f}$."
                    ),
                    "zh": (
                        r"令 $z=\beta x$：$f'=\dfrac{{e^z\,(1+z+e^z)}}{{(1+e^z)^2}}$。"
                        "括号内恒增（导数 $1+e^z>0$），故 $f'$ 恰有一个零点。令 $z=-(1+w)$："
                        r"$e^{{-1-w}}=w$，即 $w\,e^w=e^{{-1}}$，于是 $w=W(1/e)={omega:.15f}$。"
                        r"因此在 $\beta={beta:g}$ 时 $x^*=-(1+w)/\beta={minimum:.15f}$，其左 "
                        r"$f'<0$、其右 $f'>0$，且 $f(x^*)=-w/\beta={minimum_value:.15f}$。"
                    ),
                },
            ),
        ),
        tab="explore",
        setup={"beta": "1", "x": "-3,1"},
        titles={
            "en": "A minimum within ({where.claimed_low:g}, {where.claimed_high:g})",
            "zh": "极小值在 ({where.claimed_low:g}, {where.claimed_high:g}) 内",
        },
        statements={
            "en": (
                "Swish has a local minimum for some x in ({where.claimed_low:g}, "
                "{where.claimed_high:g})."
            ),
            "zh": (
                "Swish 在 x ∈ ({where.claimed_low:g}, {where.claimed_high:g}) 内有一个局部极小值。"
            ),
        },
    ),
    Claim(
        "forms",
        (
            Forms(
                "forms",
                claimed_beta=1.0,
                labels={"en": "the three forms", "zh": "三种形式"},
                proofs={
                    "en": (
                        r"The product rule with $\sigma'=\sigma(1-\sigma)$ gives $f'=\sigma+\beta "
                        r"x\,\sigma(1-\sigma)$. Taking $\sigma$ out: $\sigma(1+\beta x-\beta "
                        r"x\,\sigma)$. With $x\,\sigma=f$: $\beta f+\sigma(1-\beta f)$. SymPy "
                        r"simplifies each difference from $f'$ to 0 with $\beta$ left open. "
                        r"Without $\beta$ written, they are the forms for $\beta=1$; they were "
                        r"compared with $f'$ at $\beta={beta:g}$."
                    ),
                    "zh": (
                        r"由乘积法则与 $\sigma'=\sigma(1-\sigma)$ 得 $f'=\sigma+\beta "
                        r"x\,\sigma(1-\sigma)$。提出 $\sigma$：$\sigma(1+\beta x-\beta "
                        r"x\,\sigma)$。代入 $x\,\sigma=f$：$\beta f+\sigma(1-\beta f)$。SymPy 在 "
                        r"$\beta$ 任意时将各式与 $f'$ 之差化简为 0。不写 $\beta$ 的形式对应 "
                        r"$\beta=1$；这里在 $\beta={beta:g}$ 时与 $f'$ 作了比对。"
                    ),
                },
            ),
        ),
        tab="explore",
        setup={"beta": "1", "show": "f,df"},
        titles={"en": "Three forms of the derivative", "zh": "导数的三种写法"},
        statements={
            "en": (
                "The derivative at β = {forms.claimed_beta:g} can be written in three "
                "ways: σ + xσ(1−σ), σ(1 + x − xσ) and f + σ(1−f)."
            ),
            "zh": (
                "β = {forms.claimed_beta:g} 时导数有三种等价写法：σ + xσ(1−σ)、σ(1 + x − "
                "xσ) 与 f + σ(1−f)。"
            ),
        },
    ),
    Claim(
        "max-slope",
        (
            LargestSlope(
                "how-much",
                claimed_max=1.099,
                labels={"en": "how much", "zh": "多大"},
                proofs={
                    "en": (
                        r"$f''=\beta\,\sigma(z)\,\sigma(-z)\,\bigl(2-z\tanh\tfrac z2\bigr)$ with "
                        r"$z=\beta x$. The product $z\tanh\frac z2$ is even and rises for $z>0$, "
                        r"so $f''$ has two zeros, $\pm z^*$ with $z^*={steep:.15f}\cdot\beta$ "
                        r"($\beta={beta:g}$): $f'$ rises between them and falls outside, towards "
                        "1 on the right and 0 on the left. So the largest slope is "
                        r"$f'(z^*/\beta)={largest:.15f}$ and the smallest "
                        r"$f'(-z^*/\beta)={smallest:.15f}$; they add up to 1, because "
                        "$f'(x)+f'(-x)=1$. As $f'$ depends on $z$ alone, both are the same for "
                        r"every $\beta>0$."
                    ),
                    "zh": (
                        r"令 $z=\beta x$，$f''=\beta\,\sigma(z)\,\sigma(-z)\,\bigl(2-z\tanh\tfrac "
                        r"z2\bigr)$。$z\tanh\frac z2$ 为偶函数且在 $z>0$ 时递增，故 $f''$ "
                        r"有两个零点 $\pm z^*$，其中 "
                        r"$z^*={steep:.15f}\cdot\beta$（$\beta={beta:g}$）：$f'$ 在两点之间递增，"
                        "在外侧递减，右端趋于 1，左端趋于 0。因此最大斜率为 "
                        r"$f'(z^*/\beta)={largest:.15f}$，最小斜率为 "
                        r"$f'(-z^*/\beta)={smallest:.15f}$；二者之和为 1，因为 $f'(x)+f'(-x)=1$。"
                        r"由于 $f'$ 只依赖于 $z$，对任意 $\beta>0$ 两值不变。"
                    ),
                },
            ),
            SteepestPoint(
                "where",
                claimed_where=1.0,
                labels={"en": "where", "zh": "位置"},
                proofs={
                    "en": (
                        r"$f''=\beta\,\sigma(z)\,\sigma(-z)\,\bigl(2-z\tanh\tfrac z2\bigr)$ with "
                        r"$z=\beta x$ is zero where $z\tanh\frac z2=2$, at $x={steep:.15f}$ for "
                        r"$\beta={beta:g}$, and nowhere else on the right. At the claimed place, "
                        "$f'({claimed_where:g})={slope_there:.15f}$: less than the "
                        "${largest:.15f}$ of the peak."
                    ),
                    "zh": (
                        r"令 $z=\beta x$，$f''=\beta\,\sigma(z)\,\sigma(-z)\,\bigl(2-z\tanh\tfrac "
                        r"z2\bigr)$ 在 $z\tanh\frac z2=2$ 处为零，即 $\beta={beta:g}$ 时 "
                        "$x={steep:.15f}$，右侧别无零点。在所述位置，"
                        "$f'({claimed_where:g})={slope_there:.15f}$，小于峰值 ${largest:.15f}$。"
                    ),
                },
            ),
        ),
        tab="explore",
        setup={"beta": "1", "x": "-4,6"},
        titles={
            "en": "Largest slope {how_much.claimed_max:g}, near x = {where.claimed_where:g}",
            "zh": "最大斜率 {how_much.claimed_max:g}，在 x ≈ {where.claimed_where:g} 处",
        },
        statements={
            "en": (
                "The largest gradient of Swish is about {how_much.claimed_max:g}, and it "
                "is reached near x = {where.claimed_where:.1f}."
            ),
            "zh": (
                "Swish 的梯度最大约为 {how_much.claimed_max:g}，出现在 x ≈ "
                "{where.claimed_where:.1f} 处。"
            ),
        },
    ),
    Claim(
        "alive",
        (
            NegativeSide(
                "slope",
                claimed_zeros=0,
                labels={"en": "the gradient", "zh": "梯度"},
                proofs={
                    "en": (
                        r"$f'=\dfrac{{e^z(1+z+e^z)}}{{(1+e^z)^2}}$, $z=\beta x$, has exactly one "
                        r"zero, $x^*={minimum:.15f}$ at $\beta={beta:g}$, and it is negative. "
                        "Left of it $f'<0$, never below ${smallest:.6f}$, and "
                        r"$f'\sim(1+z)\,e^z\to {limit:g}$: $f'({probe:g})={slope_at_probe:.6e}$. "
                        "So the gradient is not zero, except at one point, but as small as one "
                        "likes."
                    ),
                    "zh": (
                        r"$f'=\dfrac{{e^z(1+z+e^z)}}{{(1+e^z)^2}}$（$z=\beta x$）恰有一个零点，"
                        r"$\beta={beta:g}$ 时为 $x^*={minimum:.15f}$，位于负半轴。其左 $f'<0$，"
                        r"不低于 ${smallest:.6f}$，且 $f'\sim(1+z)\,e^z\to {limit:g}$："
                        "$f'({probe:g})={slope_at_probe:.6e}$。所以除一点外梯度非零，"
                        "但可以任意小。"
                    ),
                },
            ),
            CURE,
        ),
        tab="explore",
        setup={"beta": "1", "x": "-10,2", "act": "relu"},
        titles={"en": "Its gradient cures dying units", "zh": "梯度不为零，神经元不死亡"},
        statements={
            "en": (
                "On the negative side Swish keeps a gradient that is not zero, which "
                "cures dying ReLUs."
            ),
            "zh": "Swish 在负半轴保持非零梯度，从而解决 ReLU 神经元死亡的问题。",
        },
    ),
    Claim(
        "smooth",
        (
            Smooth(
                "order",
                claimed_order=2,
                labels={"en": "how smooth", "zh": "光滑程度"},
                proofs={
                    "en": (
                        r"Write $s=\sigma(\beta x)$; then $s'=\beta s(1-s)$, again a polynomial "
                        "in $s$. So the derivative of a polynomial in $x$ and $s$ is one too, "
                        r"and $f=x\,s$ has derivatives of every order. The first: "
                        "$f'={derivatives[0]}$, $f''={derivatives[1]}$, "
                        "$f^{{(3)}}={derivatives[2]}$."
                    ),
                    "zh": (
                        r"记 $s=\sigma(\beta x)$，则 $s'=\beta s(1-s)$ 仍是 $s$ 的多项式。因此 "
                        r"$x$ 与 $s$ 的多项式求导后仍是这样的多项式，$f=x\,s$ 的任意阶导数都存在。"
                        "前几阶：$f'={derivatives[0]}$，$f''={derivatives[1]}$，"
                        "$f^{{(3)}}={derivatives[2]}$。"
                    ),
                },
            ),
        ),
        tab="explore",
        setup={"beta": "1", "show": "f,d2f", "act": "relu"},
        titles={"en": "Its gradient is twice differentiable", "zh": "梯度二阶可导"},
        statements={
            "en": "The gradient of Swish is twice differentiable.",
            "zh": "Swish 的梯度二阶可导。",
        },
    ),
    Claim(
        "beta-range",
        (
            BetaRange(
                "share",
                claimed_low=1.0,
                claimed_high=1.5,
                claimed_share=0.5,
                elsewhere=INGREDIENTS,
                labels={"en": "share in the range", "zh": "落入区间的比例"},
            ),
        ),
        tab="train",
        titles={
            "en": "Trained β ends in {share.claimed_low:.1f}–{share.claimed_high:.1f}",
            "zh": "训练后 β 多在 {share.claimed_low:.1f}–{share.claimed_high:.1f}",
        },
        statements={
            "en": (
                "In image classification a trained β often ends between "
                "{share.claimed_low:.1f} and {share.claimed_high:.1f}."
            ),
            "zh": (
                "在图像分类中，训练得到的 β 常落在 {share.claimed_low:.1f} 到 "
                "{share.claimed_high:.1f} 之间。"
            ),
        },
    ),
    Claim(
        "beta-start",
        (LEARNED_BETA,),
        tab="train",
        titles={"en": "Train β in large models only", "zh": "大模型才训练 β"},
        statements={
            "en": (
                "Start with β fixed at 1; make it trainable in models of more than one "
                "million parameters."
            ),
            "zh": "先把 β 固定为 1；参数超过一百万的模型再让 β 可训练。",
        },
    ),
    Claim(
        "deep",
        (DEPTH,),
        tab="train",
        titles={"en": "Suits networks of 50 layers or more", "zh": "适合 50 层以上的网络"},
        statements={
            "en": "Swish suits deep networks, of 50 layers and more.",
            "zh": "Swish 适合 50 层及以上的深层网络。",
        },
    ),
    Claim(
        "low-init",
        (SMALL_WEIGHTS,),
        tab="train",
        titles={"en": "Less sensitive to small weights", "zh": "更能容忍过小的初始化"},
        statements={
            "en": ("Swish is less sensitive than ReLU to an initialisation that is too small."),
            "zh": "与 ReLU 相比，Swish 对过小的初始化不那么敏感。",
        },
    ),
    Claim(
        "long",
        (LONG_TRAINING,),
        tab="train",
        titles={"en": "Its lead grows beyond 100 epochs", "zh": "超过 100 轮优势更大"},
        statements={
            "en": "The advantage of Swish grows in trainings of more than 100 epochs.",
            "zh": "训练超过 100 轮后，Swish 的优势会更大。",
        },
    ),
    Claim(
        "cost",
        (
            ExtraTime(
                "kernel",
                job="kernel",
                context="kernel",
                variants=("relu", "silu", "swish_eager", "memory_efficient", "parametric_eager"),
                claimed_extra=0.15,
                labels={"en": "the activation alone", "zh": "仅激活函数"},
            ),
            ExtraTime(
                "layer",
                job="layer",
                context="layer",
                variants=_FULL_STEP,
                claimed_extra=0.15,
                labels={"en": "a layer", "zh": "一层"},
            ),
            ExtraTime(
                "step",
                job="step",
                context="step",
                variants=_FULL_STEP,
                claimed_extra=0.15,
                labels={"en": "a training step", "zh": "一个训练步"},
            ),
        ),
        tab="time",
        titles={
            "en": "Costs {kernel.claimed_percent:g} % more than ReLU",
            "zh": "计算量比 ReLU 多 {kernel.claimed_percent:g}%",
        },
        statements={
            "en": ("Swish takes about {kernel.claimed_percent:g} % more computation than ReLU."),
            "zh": "Swish 的计算量比 ReLU 多约 {kernel.claimed_percent:g}%。",
        },
    ),
    Claim(
        "memory",
        (
            SavedBytes("bytes", claimed_bytes=4.0, labels={"en": "bytes", "zh": "字节"}),
            SavingsPrice("time", labels={"en": "its cost in time", "zh": "时间代价"}),
        ),
        tab="time",
        titles={"en": "A custom backward saves memory", "zh": "自定义反向传播省显存"},
        statements={
            "en": "A custom backward pass that stores only x saves memory.",
            "zh": "自定义反向传播、只保存 x，可以节省显存。",
        },
    ),
    Claim(
        "amp",
        (
            AMP_TIME,
            AMP_ACCURACY,
        ),
        titles={"en": "Needs mixed precision", "zh": "需要混合精度"},
        statements={
            "en": "Swish needs automatic mixed precision.",
            "zh": "Swish 需要配合自动混合精度。",
        },
    ),
    Claim(
        "he",
        (INITIALISATION,),
        tab="train",
        titles={"en": "Best with He initialisation", "zh": "宜用 He 初始化"},
        statements={
            "en": "Swish goes best with He-normal initialisation.",
            "zh": "Swish 宜配合 He 正态初始化。",
        },
    ),
    Claim(
        "vanishing",
        (
            VanishingGradient(
                "sigmoid",
                activation="sigmoid",
                labels={"en": "sigmoid", "zh": "sigmoid"},
                proofs={
                    "en": (
                        r"$\sigma'=\sigma(1-\sigma)$ turns only where "
                        r"$\sigma''=\sigma(1-\sigma)(1-2\sigma)=0$, at $z={where[0]:g}$, and is 0 "
                        "at both ends: its maximum is ${largest:g}$. The activations’ share in "
                        "the gradient of the first of $L$ layers is at most ${largest:g}^L$; for "
                        "$L={depth}$ that is ${product:.3e}$."
                    ),
                    "zh": (
                        r"$\sigma'=\sigma(1-\sigma)$ 仅在 "
                        r"$\sigma''=\sigma(1-\sigma)(1-2\sigma)=0$ 即 $z={where[0]:g}$ 处取极值，"
                        "两端趋于 0：最大值为 ${largest:g}$。$L$ "
                        "层网络首层梯度中激活函数的因子至多为 ${largest:g}^L$；$L={depth}$ 时为 "
                        "${product:.3e}$。"
                    ),
                },
            ),
            VanishingGradient(
                "tanh",
                activation="tanh",
                labels={"en": "tanh", "zh": "tanh"},
                proofs={
                    "en": (
                        r"$\tanh'=1-\tanh^2$ turns only at $z={where[0]:g}$, where it is "
                        "${largest:g}$, and is 0 at both ends. A product of $L$ factors is below "
                        "1 but has no bound that falls with $L$: at $z=0$ it stays "
                        "${product:g}$, at $|z|={probe:g}$ it is "
                        "${slope_at_probe:.6f}^{{{depth}}}={product_at_probe:.3e}$."
                    ),
                    "zh": (
                        r"$\tanh'=1-\tanh^2$ 仅在 $z={where[0]:g}$ 处取极值 ${largest:g}$，"
                        "两端趋于 0。$L$ 个因子之积虽不超过 1，却没有随 $L$ 下降的上界：在 $z=0$ "
                        "处保持 ${product:g}$，在 $|z|={probe:g}$ 处为 "
                        "${slope_at_probe:.6f}^{{{depth}}}={product_at_probe:.3e}$。"
                    ),
                },
            ),
            GRADIENT,
        ),
        tab="explore",
        setup={"act": "sigmoid,tanh"},
        titles={"en": "Sigmoid and tanh gradients vanish", "zh": "Sigmoid、tanh 梯度消失"},
        statements={
            "en": "Sigmoid and tanh suffer from vanishing gradients.",
            "zh": "Sigmoid 与 tanh 存在梯度消失问题。",
        },
    ),
    Claim(
        "leaky",
        (LEAKY_SLOPE,),
        tab="train",
        titles={"en": "LeakyReLU is sensitive to its slope", "zh": "LeakyReLU 对斜率敏感"},
        statements={
            "en": "LeakyReLU is sensitive to its parameter.",
            "zh": "LeakyReLU 对其参数敏感。",
        },
    ),
    Claim(
        "dead-relu",
        (DEAD_UNITS,),
        tab="train",
        titles={"en": "ReLU units can die", "zh": "ReLU 单元会死亡"},
        statements={"en": "ReLU units can die.", "zh": "ReLU 单元会死亡。"},
    ),
)
