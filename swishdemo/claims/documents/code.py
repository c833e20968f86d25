"""What is said where code is written: docstrings, pull requests, a problem set, a visualiser."""

from __future__ import annotations

from swishdemo.claims.cost import SavedBytes, TimeRatio
from swishdemo.claims.experiments import MLP, in_each, more
from swishdemo.claims.formulas import Identity
from swishdemo.claims.record import Claim, SourceDocument
from swishdemo.claims.stated_numbers import PrintedValues, SlopesAtZero
from swishdemo.claims.trained import Arm, Trained

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
_EFFICIENTNET = SourceDocument(
    "efficientnet-pytorch-88",
    "https://github.com/lukemelas/EfficientNet-PyTorch/pull/88",
    authors="qubvel",
    year=2019,
    titles={
        "en": "EfficientNet-PyTorch, pull request 88: two Swish",
        "zh": "EfficientNet-PyTorch 拉取请求 88：两种 Swish 实现",
    },
)
_CLASSY_VISION = SourceDocument(
    "classyvision-755",
    "https://github.com/facebookresearch/ClassyVision/pull/755",
    authors="mannatsingh",
    year=2021,
    titles={
        "en": "ClassyVision, pull request 755: nn.SiLU",
        "zh": "ClassyVision 拉取请求 755：改用 nn.SiLU",
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

_LEARNING = Trained(
    "learning",
    job="learning",
    base={**MLP, "depth": 2, "rivals": [], "beta_starts": [1, 8], "steps": 100},
    runs={
        "adam": {"optimiser": "adam", "lr": 0.001},
        "sgd": {"optimiser": "sgd", "lr": 0.1},
    },
    settings=in_each(
        "e-swish-rescale",
        lambda run: more(Arm(run, start=8), Arm(run, start=1), smallest=0.01, either_way=True),
        {
            "adam": {"en": "Adam, 100 steps", "zh": "Adam，100 步"},
            "sgd": {"en": "SGD, 100 steps", "zh": "SGD，100 步"},
        },
    ),
    why="rescale",
    compared={
        "en": "Accuracy with β = 8 minus that with β = 1, from equal weights, where one point to "
        "either side counts",
        "zh": "权重初值相同时，β = 8 与 β = 1 的准确率之差，相差 1 个百分点以上才算数",
    },
    cost=2,
    labels={"en": "does it affect learning?", "zh": "是否影响学习"},
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
            TimeRatio(
                "time",
                job="time",
                passes="forward",
                variants=("silu", "swish_eager"),
                variant="swish_eager",
                baseline="silu",
                claimed_low=2.0,
                claimed_high=3.0,
                labels={"en": "the time, forward", "zh": "前向耗时"},
            ),
        ),
        document=_SPEECHBRAIN_PULL,
        tab="explore",
        titles={
            "en": "SiLU(βx) for x·σ(βx), 2–3 times as fast",
            "zh": "以 SiLU(βx) 代替 x·σ(βx)，快 2–3 倍",
        },
        statements={
            "en": (
                "x·σ(βx) can be computed as SiLU(βx), which is {time.claimed_low:g} to "
                "{time.claimed_high:g} times as fast in the forward pass (said of a GPU)."
            ),
            "zh": (
                "x·σ(βx) 可以用 SiLU(βx) 来计算，前向速度是原来的 {time.claimed_low:g} 至 "
                "{time.claimed_high:g} 倍（原文就 GPU 而言）。"
            ),
        },
    ),
    Claim(
        "efficientnet-memory",
        (
            SavedBytes(
                "bytes",
                job="kernel",
                variants=("silu", "swish_eager", "memory_efficient"),
                claimed_bytes=4.0,
                labels={"en": "the memory", "zh": "内存"},
            ),
            TimeRatio(
                "time",
                job="kernel",
                variants=("silu", "swish_eager", "memory_efficient"),
                variant="memory_efficient",
                baseline="swish_eager",
                claimed_low=1.0,
                labels={"en": "its cost in time", "zh": "时间代价"},
            ),
        ),
        document=_EFFICIENTNET,
        tab="time",
        titles={"en": "Less memory for more time", "zh": "以时间换内存"},
        statements={
            "en": (
                "A Swish that keeps only x ({bytes.claimed_bytes:g} bytes per element) needs less "
                "memory than x·σ(x), and in training more time."
            ),
            "zh": (
                "只保存 x（每个元素 {bytes.claimed_bytes:g} 字节）的 Swish 比 x·σ(x) 占用内存更少，"
                "但训练时更慢。"
            ),
        },
    ),
    Claim(
        "classyvision-silu",
        (
            SavedBytes(
                "bytes",
                job="kernel",
                variants=("silu", "swish_eager"),
                variant="silu",
                claimed_bytes=4.0,
                labels={"en": "the memory", "zh": "内存"},
            ),
            TimeRatio(
                "time",
                job="kernel",
                variants=("silu", "swish_eager"),
                variant="silu",
                baseline="swish_eager",
                claimed_high=1.0,
                labels={"en": "the time", "zh": "耗时"},
            ),
        ),
        document=_CLASSY_VISION,
        tab="time",
        titles={"en": "nn.SiLU: half the memory, faster", "zh": "nn.SiLU：内存减半，而且更快"},
        statements={
            "en": (
                "PyTorch’s SiLU halves the layer’s memory, to {bytes.claimed_bytes:g} bytes an "
                "element, and speeds training up."
            ),
            "zh": (
                "PyTorch 的 SiLU 使该层内存减半，即每个元素 {bytes.claimed_bytes:g} 字节，"
                "训练也更快。"
            ),
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
            PrintedValues(
                "values",
                claimed_at=(-2.0, -1.0, 0.0, 1.0, 2.0),
                claimed_values=("-0.2384", "-0.2689", "0", "0.7311", "1.7616"),
                labels={"en": "the expected values", "zh": "预期数值"},
                proofs={
                    "en": r"$x\,\sigma(x)$, computed to 12 digits at each point.",
                    "zh": r"在每个点以 12 位精度计算 $x\,\sigma(x)$。",
                },
            ),
        ),
        document=_CLICK4AI,
        tab="explore",
        setup={"beta": "2", "show": "f,df"},
        titles={"en": "f′ = f + σ(βx)·(β − βf)", "zh": "f′ = f + σ(βx)·(β − βf)"},
        statements={
            "en": (
                "The derivative of x·σ(βx), f′, is f + σ(βx)·(β − βf); with β = 1, f of "
                "({values.places}) is ({values.printed})."
            ),
            "zh": (
                "x·σ(βx) 的导数 f′ 等于 f + σ(βx)·(β − βf)；β = 1 时，f 在 ({values.places}) "
                "处的值为 ({values.printed})。"
            ),
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
        setup={"beta": "-1"},
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
            _LEARNING,
        ),
        document=_E_SWISH,
        tab="explore",
        titles={"en": "β inside only rescales weights", "zh": "σ 内的 β 只是缩放权重"},
        statements={
            "en": (
                "A β inside the sigmoid is the same as other weights into and out of the unit: "
                "it only affects how the network learns."
            ),
            "zh": "sigmoid 内的 β 等同于改变流入和流出该单元的权重，只会影响学习过程。",
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
        setup={"act": "sigmoid,tanh,gelu", "show": "f,df", "x": "-3,3"},
        titles={"en": "The slopes at 0", "zh": "0 处的斜率"},
        statements={
            "en": "The slopes at 0 are: {slopes.listed}.",
            "zh": "0 处的斜率依次为：{slopes.listed}。",
        },
    ),
)
