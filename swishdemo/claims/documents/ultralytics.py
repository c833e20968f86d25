"""The entry on SiLU in Ultralytics’ glossary."""

from __future__ import annotations

from dataclasses import replace

from swishdemo.claims.experiments import MLP, NETWORKS, in_each, more, swish_and_relu
from swishdemo.claims.record import Claim, SourceDocument
from swishdemo.claims.trained import Arm, Contrast, Setting, Trained

_GLOSSARY = SourceDocument(
    "ultralytics",
    "https://www.ultralytics.com/glossary/silu-sigmoid-linear-unit",
    authors="Ultralytics",
    year=2025,
    titles={"en": "Ultralytics’ glossary: SiLU", "zh": "Ultralytics 术语表：SiLU"},
)

_SOONER = Trained(
    "sooner",
    job="sooner",
    base={**MLP, "rivals": ["relu", "hardswish"]},
    runs={name: {**own, "steps": 50} for name, own in NETWORKS.items()},
    settings=in_each("ultralytics-silu", lambda run: Contrast(swish_and_relu(run))),
    why="sooner",
    compared={
        "en": "Accuracy of Swish minus ReLU’s after 50 steps; 2 points count",
        "zh": "训练 50 步后 Swish 与 ReLU 的准确率之差，2 个百分点以上才算数",
    },
    cost=6,
    labels={"en": "accuracy after 50 steps", "zh": "50 步后的准确率"},
)
_CAUSE = replace(
    _SOONER,
    name="cause",
    settings=in_each("ultralytics-silu", lambda run: more(Arm(run), Arm(run, "hardswish"))),
    why="cause",
    compared={
        "en": "Accuracy of Swish minus that of h-swish, which has the same shape with kinks, after "
        "50 steps; 2 points count",
        "zh": "训练 50 步后 Swish 与形状相同但带折点的 h-swish 的准确率之差，2 个百分点以上才算数",
    },
    labels={"en": "is it the smoothness?", "zh": "是光滑性的功劳吗"},
)
_KEPT = Trained(
    "gradient",
    job="gradient",
    base={**MLP, "rivals": ["relu"], "steps": 1},
    runs={
        f"{init}_{depth}": {"depth": depth, "init": init}
        for init in ("he_normal", "xavier")
        for depth in (5, 20)
    },
    settings=tuple(
        Setting(
            f"claims.ultralytics-silu.{init}",
            (
                Contrast(
                    (
                        *swish_and_relu(f"{init}_20"),
                        *(
                            Arm(f"{init}_5", name, weight=weight)
                            for name, weight in (("swish", -1.0), ("relu", 1.0))
                        ),
                    ),
                    "gradient",
                    0.686,
                ),
            ),
            labels={"en": name, "zh": name},
        )
        for init, name in (("he_normal", "He"), ("xavier", "Xavier"))
    ),
    why="kept",
    compared={
        "en": "By how many powers of ten less the first layer’s gradient falls with Swish than "
        "with ReLU from 5 layers to 20, where 0.69 counts (a factor of 0.9 a layer)",
        "zh": "从 5 层到 20 层，Swish 首层梯度的下降比 ReLU 少几个数量级，0.69 以上才算数"
        "（每层 0.9 倍）",
    },
    cost=3,
    labels={"en": "the first layer’s gradient", "zh": "首层梯度"},
)

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "ultralytics-silu",
        (
            _SOONER,
            _CAUSE,
            _KEPT,
        ),
        document=_GLOSSARY,
        tab="train",
        titles={
            "en": "Smooth: faster. Non-monotonic: deeper",
            "zh": "光滑则收敛快，非单调利于深层",
        },
        statements={
            "en": (
                "Because it is smooth, SiLU often makes training converge faster; because it is "
                "non-monotonic, it helps against vanishing gradients in deep networks."
            ),
            "zh": "SiLU 光滑，往往使训练收敛更快；它又非单调，有助于缓解深层网络的梯度消失。",
        },
    ),
)
