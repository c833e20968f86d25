"""Defines the trainings that decide the article's claims, and what other documents' are made of.

Each is a design that was fixed before it was run. The settings are those in which the claim could
hold or fail, small enough for two CPU cores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from swishdemo.claims.trained import Arm, AtLeast, Contrast, Quantity, Setting, Trained
from swishdemo.text import Language

_Words = Mapping[Language, str]

MLP: Mapping[str, Any] = {
    "dataset": "digits",
    "network": "mlp",
    "width": 32,
    "optimiser": "adam",
    "lr": 0.001,
    "weight_decay": 0,
    "beta_decay": 0,
    "beta_starts": [1],
    "beta_scope": "fixed",
    "test_share": 0.5,
    "steps": 300,
}
"""A small network of Swish with β = 1, and half of the digits to test it: a step of accuracy is
small then, and the best networks are not all alike."""

OFTEN = 16
"""Runs where a point of accuracy or less is what matters: the spread of eight is as large."""

NETWORKS: Mapping[str, Mapping[str, Any]] = {
    "cnn": {
        **{"network": "cnn", "depth": 2, "width": 8, "normalisation": "none"},
        "steps": 150,
    },
    "mlp": {
        **{"network": "mlp", "depth": 2, "width": 32, "normalisation": "none"},
        "steps": 200,
    },
    "deep": {
        **{"network": "residual_mlp", "depth": 10, "width": 32, "normalisation": "batch"},
        "steps": 100,
    },
}
"""Networks in which other documents' sentences about accuracy are tried."""

_NAMES: Mapping[str, _Words] = {
    "cnn": {"en": "digits, a CNN", "zh": "digits，CNN"},
    "mlp": {"en": "digits, an MLP of 2 layers", "zh": "digits，2 层 MLP"},
    "deep": {
        "en": "digits, 10 layers with skips and BatchNorm",
        "zh": "digits，10 层，跳连加 BatchNorm",
    },
}


def in_each(
    claim: str, contrast: Callable[[str], Contrast], named: Mapping[str, _Words] = _NAMES
) -> tuple[Setting, ...]:
    """A setting for each run, by default of `NETWORKS`: what it is called, and what is compared."""
    return tuple(
        Setting(f"claims.{claim}.{run}", (contrast(run),), labels=labels)
        for run, labels in named.items()
    )


_SCOPES = {"learned": "layer", "fixed": "fixed"}
_PLAIN = {"network": "mlp", "normalisation": "none"}
_SKIPS = {"network": "residual_mlp", "normalisation": "none"}
_NORMALISED = {"network": "residual_mlp", "normalisation": "batch"}


def swish_and_relu(run: str, sign: float = 1.0) -> tuple[Arm, Arm]:
    """Swish less ReLU in one run."""
    return Arm(run, "swish", weight=sign), Arm(run, "relu", weight=-sign)


def more(
    over: Arm, under: Arm, of: Quantity = "accuracy", smallest: float = 0.02, **rest: Any
) -> Contrast:
    """How much more the first has than the second."""
    under = Arm(under.run, under.activation, under.start, -under.weight)
    return Contrast((over, under), of, smallest, **rest)


def _cured(run: str, labels: _Words) -> Setting:
    fewer = more(Arm(run, "relu"), Arm(run, "swish"), "dead", 0.05)
    better = Contrast(swish_and_relu(run))
    learned = Contrast((Arm(run, "swish"),), "learned")  # nothing, and it is no cure
    return Setting(f"claims.alive.{run}", (fewer, better, learned), labels=labels)


def _dead(run: str, labels: _Words) -> Setting:
    alone = Contrast((Arm(run, "relu"),), "dead", 0.05)
    return Setting(f"claims.dead-relu.{run}", (alone,), labels=labels)


CURE = Trained(
    "cure",
    job="cure",
    base={**MLP, "depth": 2, "rivals": ["relu"]},
    runs={
        "bias_5": {"optimiser": "adam", "lr": 0.01, "init_bias": -5},
        "bias_20": {"optimiser": "adam", "lr": 0.01, "init_bias": -20},
        "bias_sgd": {"optimiser": "sgd", "lr": 0.1, "init_bias": -10},
        "fast_adam": {"optimiser": "adam", "lr": 0.1, "init_bias": 0},
        "fast_momentum": {"optimiser": "momentum", "lr": 0.2, "init_bias": 0},
        "fast_sgd": {"optimiser": "sgd", "lr": 1.0, "init_bias": 0},
    },
    settings=(
        _cured("bias_5", {"en": "biases from −5, Adam", "zh": "偏置初值 −5，Adam"}),
        _cured("bias_20", {"en": "biases from −20, Adam", "zh": "偏置初值 −20，Adam"}),
        _cured("bias_sgd", {"en": "biases from −10, SGD", "zh": "偏置初值 −10，SGD"}),
        _cured("fast_adam", {"en": "Adam, rate 0.1", "zh": "Adam，学习率 0.1"}),
        _cured("fast_momentum", {"en": "momentum, rate 0.2", "zh": "动量，学习率 0.2"}),
        _cured("fast_sgd", {"en": "SGD, rate 1", "zh": "SGD，学习率 1"}),
    ),
    why="cure",
    cost=7,
    labels={"en": "the cure", "zh": "能否避免神经元死亡"},
)

DEAD_UNITS = Trained(
    "units",
    job="units",
    base={**MLP, "depth": 2, "activation": "relu", "rivals": []},
    runs={
        "bias_5": {"optimiser": "adam", "lr": 0.01, "init_bias": -5},
        "fast_adam": {"optimiser": "adam", "lr": 0.03, "init_bias": 0},
        "fast_momentum": {"optimiser": "momentum", "lr": 0.2, "init_bias": 0},
    },
    settings=(
        _dead("bias_5", {"en": "biases from −5, Adam", "zh": "偏置初值 −5，Adam"}),
        _dead("fast_adam", {"en": "Adam, rate 0.03", "zh": "Adam，学习率 0.03"}),
        _dead("fast_momentum", {"en": "momentum, rate 0.2", "zh": "动量，学习率 0.2"}),
    ),
    why="dead",
    anywhere=True,
    cost=4,
    labels={"en": "dead units", "zh": "死亡单元"},
)

_ON_GPU: Mapping[str, Any] = {**MLP, "device": "cuda"}

_DIGITS = {"dataset": "digits", "samples": 1797, "test_share": 0.5}
_PHOTOGRAPHS = {"dataset": "cifar10", "samples": 2400, "test_share": 0.25}
"""Few enough to be passed through a hundred times. They are fetched: a run of them fails where the
hub cannot be reached, and its setting is not tried then."""


def _gained(size: str) -> Contrast:
    return more(Arm(f"{size}_learned"), Arm(f"{size}_fixed"), smallest=0.005)


_GAIN_OF_MILLIONS = Trained(
    "gain",
    job="gain",
    base={**_ON_GPU, "rivals": [], "beta_lr_factor": 10},
    runs={
        f"{size}_{name}": {**own, "beta_scope": scope}
        for size, own in {
            "one": {
                **{**_DIGITS, "network": "residual_mlp", "normalisation": "none", "steps": 1500},
                **{"depth": 17, "width": 256, "init_scale": 0.25},
            },
            "three": {
                **{**_DIGITS, "network": "residual_mlp", "normalisation": "none", "steps": 1500},
                **{"depth": 48, "width": 256, "init_scale": 0.1414},
            },
            "photographs": {
                **{**_PHOTOGRAPHS, "network": "cnn", "normalisation": "batch", "steps": 3000},
                **{"depth": 4, "width": 56, "init_scale": 1},
            },
        }.items()
        for name, scope in _SCOPES.items()
    },
    settings=in_each(
        "beta-start",
        _gained,
        {
            "one": {"en": "1.1 million, 17 layers, 107 epochs", "zh": "110 万个，17 层，107 轮"},
            "three": {"en": "3.1 million, 48 layers, 107 epochs", "zh": "310 万个，48 层，107 轮"},
            "photographs": {
                "en": "1.2 million, a CNN on CIFAR-10, 107 epochs",
                "zh": "120 万个，CIFAR-10 上的 CNN，107 轮",
            },
        },
    ),
    why="gain",
    repeats=5,
    networks=1,
    cost=300,
)

LEARNED_BETA = Trained(
    "gain",
    job="gain",
    base={**MLP, "depth": 2, "rivals": [], "beta_lr_factor": 10},
    runs={
        f"{size}_{name}": {**own, "beta_scope": scope}
        for size, own in {
            "small": {"network": "mlp", "depth": 2, "width": 32, "init_scale": 1, "steps": 300},
            "middle": {"network": "mlp", "depth": 2, "width": 128, "init_scale": 1, "steps": 300},
            "large": {"network": "mlp", "depth": 2, "width": 256, "init_scale": 1, "steps": 150},
            "million": {
                **{"network": "residual_mlp", "depth": 16, "width": 256},
                **{"init_scale": 0.25, "steps": 100},
            },
        }.items()
        for name, scope in _SCOPES.items()
    },
    settings=in_each(
        "beta-start",
        _gained,
        {
            "small": {"en": "3,500 parameters", "zh": "3500 个参数"},
            "middle": {"en": "26,000 parameters", "zh": "2.6 万个参数"},
            "large": {"en": "85,000 parameters", "zh": "8.5 万个参数"},
            "million": {"en": "1.0 million, after 100 steps", "zh": "100 万个，100 步之后"},
        },
    ),
    why="gain",
    repeats=5,
    networks=2,
    cost=17,
    large=_GAIN_OF_MILLIONS,
    labels={"en": "what training β gains", "zh": "训练 β 的收益"},
)

_DECAYED = {"weight_decay": 0.001, "beta_decay": 0.001, "beta_lr_factor": 30}
_CNN = {"dataset": "digits", "network": "cnn", "width": 8, "normalisation": "none", **_DECAYED}
_FEW = {"network": "mlp", "width": 32}

INGREDIENTS = Trained(
    "elsewhere",
    job="elsewhere",
    base={
        **{"depth": 2, "optimiser": "momentum", "lr": 0.05, "beta_scope": "layer"},
        **{"beta_starts": [0.5, 1, 2], "rivals": [], "steps": 500},
    },
    runs={
        "all": _CNN,
        "weights": {**_CNN, "weight_decay": 0},
        "betas": {**_CNN, "beta_decay": 0},
        "neither": {**_CNN, "weight_decay": 0, "beta_decay": 0},
        "slow": {**_CNN, "beta_lr_factor": 1},
        "batch": {**_CNN, "normalisation": "batch"},
        "skips": {**_CNN, "network": "residual_cnn"},
        "mlp": {**_CNN, **_FEW},
        "spiral": {**_CNN, **_FEW, "dataset": "spiral"},
    },
    settings=in_each(
        "beta-range",
        lambda run: AtLeast((Arm(run),), "inside", 0.5),
        {
            "all": {"en": "digits, a CNN, as in Train", "zh": "digits，CNN，同训练页"},
            "weights": {"en": "without decay of W", "zh": "W 无衰减"},
            "betas": {"en": "without decay of β", "zh": "β 无衰减"},
            "neither": {"en": "without either", "zh": "二者均无衰减"},
            "slow": {"en": "β as fast as W", "zh": "β 与 W 学习率相同"},
            "batch": {"en": "with BatchNorm", "zh": "加 BatchNorm"},
            "skips": {"en": "with skips", "zh": "加捷径"},
            "mlp": {"en": "digits, an MLP", "zh": "digits，MLP"},
            "spiral": {"en": "two spirals, an MLP", "zh": "双螺旋，MLP"},
        },
    ),
    why="inside",
    compared={
        "en": "Share of trained |β| in the range after 500 steps, from β₀ = 0.5, 1 and 2, with one "
        "ingredient changed at a time; more than half counts as “often”",
        "zh": "从 β₀ = 0.5、1、2 出发训练 500 步后 |β| 落入区间的比例，每次只改一个条件；"
        "超过一半才算“常”",
    },
    repeats=7,
    networks=2,
    cost=31,
    labels={"en": "share in the range", "zh": "落入区间的比例"},
)

_DEEPER = Trained(
    "accuracy",
    job="depth",
    base={**_ON_GPU, "width": 64, "rivals": ["relu"]},
    runs={
        "plain_50": {**_DIGITS, **_PLAIN, "depth": 50, "init_scale": 1, "steps": 1500},
        "skips_50": {**_DIGITS, **_SKIPS, "depth": 50, "init_scale": 0.1414, "steps": 1500},
        "both_50": {**_DIGITS, **_NORMALISED, "depth": 50, "init_scale": 1, "steps": 1500},
        "skips_100": {**_DIGITS, **_SKIPS, "depth": 100, "init_scale": 0.1, "steps": 1500},
        "photographs": {**_PHOTOGRAPHS, **_NORMALISED, "depth": 50, "init_scale": 1, "steps": 3000},
    },
    settings=in_each(
        "deep",
        lambda run: Contrast(swish_and_relu(run)),
        {
            "plain_50": {"en": "50 layers, plain, 107 epochs", "zh": "50 层，无捷径，107 轮"},
            "skips_50": {"en": "50 layers with skips, 107 epochs", "zh": "50 层，有捷径，107 轮"},
            "both_50": {
                "en": "50 layers with skips and BatchNorm, 107 epochs",
                "zh": "50 层，跳连加 BatchNorm，107 轮",
            },
            "skips_100": {
                "en": "100 layers with skips, 107 epochs",
                "zh": "100 层，有捷径，107 轮",
            },
            "photographs": {
                "en": "CIFAR-10, 50 layers with skips and BatchNorm, 107 epochs",
                "zh": "CIFAR-10，50 层，跳连加 BatchNorm，107 轮",
            },
        },
    ),
    why="better",
    repeats=4,
    networks=1,
    cost=285,
)

DEPTH = Trained(
    "accuracy",
    job="depth",
    base={**MLP, "depth": 50, "rivals": ["relu"]},
    runs={
        "plain": {**_PLAIN, "init_scale": 1, "steps": 150},
        "skips": {**_SKIPS, "init_scale": 0.1414, "steps": 150},
        "both": {
            "network": "residual_mlp",
            "normalisation": "batch",
            "init_scale": 1,
            "steps": 150,
        },
    },
    settings=in_each(
        "deep",
        lambda run: Contrast(swish_and_relu(run)),
        {
            "plain": {"en": "50 layers, plain", "zh": "50 层，无捷径"},
            "skips": {"en": "50 layers with skips", "zh": "50 层，有捷径"},
            "both": {"en": "50 layers with skips and BatchNorm", "zh": "50 层，跳连加 BatchNorm"},
        },
    ),
    why="better",
    cost=37,
    large=_DEEPER,
    labels={"en": "accuracy at depth", "zh": "深层的精度"},
)

SMALL_WEIGHTS = Trained(
    "accuracy",
    job="scale",
    base={**MLP, "rivals": ["relu"], "steps": 200},
    runs={
        "shallow": {"depth": 2, "init_scale": 1},
        "shallow_small": {"depth": 2, "init_scale": 0.1},
        "middle": {"depth": 5, "init_scale": 1},
        "middle_small": {"depth": 5, "init_scale": 0.2},
        "deep": {"depth": 20, "init_scale": 1},
        "deep_small": {"depth": 20, "init_scale": 0.5},
    },
    settings=in_each(
        "low-init",
        lambda run: Contrast((*swish_and_relu(f"{run}_small"), *swish_and_relu(run, -1.0))),
        {
            "shallow": {"en": "2 layers, weights × 0.1", "zh": "2 层，权重 × 0.1"},
            "middle": {"en": "5 layers, weights × 0.2", "zh": "5 层，权重 × 0.2"},
            "deep": {"en": "20 layers, weights × 0.5", "zh": "20 层，权重 × 0.5"},
        },
    ),
    why="less_lost",
    cost=14,
    labels={"en": "accuracy against scale", "zh": "精度与初始尺度"},
)


def _grown(short: str, long: str) -> Contrast:
    """Whether Swish's lead over ReLU is larger after the longer training."""
    return Contrast((*swish_and_relu(long), *swish_and_relu(short, -1.0)), smallest=0.005)


_LONGER = Trained(
    "gap",
    job="gap",
    base={
        **{"beta_starts": [1], "beta_scope": "fixed"},
        **{"width": 32, "rivals": ["relu"], "device": "cuda"},
    },
    runs={
        "short": {**_DIGITS, "test_share": 0.8, "steps": 600},
        "long": {**_DIGITS, "test_share": 0.8, "steps": 5000},
        "photographs_short": {**_PHOTOGRAPHS, "steps": 3000},
        "photographs_long": {**_PHOTOGRAPHS, "steps": 5000},
    },
    settings=(
        Setting(
            "claims.long.wide",
            (_grown("short", "long"),),
            labels={
                "en": "epochs 107 to 891, digits, a CNN of 32 and 64 channels",
                "zh": "107 至 891 轮，digits，32 与 64 通道的 CNN",
            },
        ),
        Setting(
            "claims.long.photographs",
            (_grown("photographs_short", "photographs_long"),),
            labels={
                "en": "epochs 107 to 178, CIFAR-10, a CNN of 32 and 64 channels",
                "zh": "107 至 178 轮，CIFAR-10，32 与 64 通道的 CNN",
            },
        ),
    ),
    why="growth",
    networks=2,
    cost=100,
)

LONG_TRAINING = Trained(
    "gap",
    job="gap",
    base={
        "dataset": "digits",
        "test_share": 0.8,
        "beta_starts": [1],
        "beta_scope": "fixed",
        "rivals": ["relu"],
    },
    runs={"short": {"steps": 500}, "long": {"steps": 2000}},
    settings=(
        Setting(
            "claims.long.digits",
            (_grown("short", "long"),),
            labels={"en": "epochs 100 to 400, digits, CNN", "zh": "100 至 400 轮，digits，CNN"},
        ),
    ),
    why="growth",
    cost=11,
    large=_LONGER,
    labels={"en": "gap against epochs", "zh": "差距与轮数"},
)

_INITS: Mapping[str, str] = {
    "xavier": "Xavier",
    "lecun": "LeCun",
    "gain": "gain 1.6765",
}

INITIALISATION = Trained(
    "accuracy",
    job="initialisation",
    base={**MLP, "rivals": []},
    runs={
        f"{init}_{depth}": {"depth": depth, "init": init, "steps": steps}
        for depth, steps in ((2, 200), (20, 300))
        for init in ("he_normal", *_INITS)
    },
    settings=tuple(
        Setting(
            f"claims.he.{init}_{depth}",
            (more(Arm(f"he_normal_{depth}"), Arm(f"{init}_{depth}")),),
            labels={"en": f"{depth} layers, over {name}", "zh": f"{depth} 层，较 {name}"},
        )
        for depth in (2, 20)
        for init, name in _INITS.items()
    ),
    why="he",
    cost=16,
    labels={"en": "accuracy by initialisation", "zh": "各初始化的精度"},
)

GRADIENT = Trained(
    "depth",
    job="gradient",
    base={**MLP, "rivals": ["tanh", "sigmoid"], "steps": 1},
    runs={
        f"{init}_{depth}": {"depth": depth, "init": init}
        for init in ("he_normal", "xavier")
        for depth in (5, 20)
    },
    settings=tuple(
        Setting(
            f"claims.vanishing.{activation}.{init}",
            # Beyond a factor of 0.9 a layer: 15 layers · log₁₀(1/0.9).
            (more(Arm(f"{init}_5", activation), Arm(f"{init}_20", activation), "gradient", 0.686),),
            labels={"en": f"{activation}, {name}", "zh": f"{activation}，{name}"},
        )
        for activation in ("sigmoid", "tanh")
        for init, name in (("he_normal", "He"), ("xavier", "Xavier"))
    ),
    why="gradient",
    cost=3,
    labels={"en": "measured against depth", "zh": "随深度的实测"},
)

_LEAKY = "=max(x, beta*x)"

LEAKY_SLOPE = Trained(
    "accuracy",
    job="slope",
    base={**MLP, "activation": _LEAKY, "beta_starts": [0.01, 0.8], "rivals": []},
    runs={
        "cnn": {"network": "cnn", "depth": 2, "width": 8, "steps": 200},
        "shallow": {"network": "mlp", "depth": 2, "width": 32, "steps": 200},
        "deep": {"network": "mlp", "depth": 20, "width": 32, "steps": 300},
    },
    settings=in_each(
        "leaky",
        lambda run: more(
            Arm(run, _LEAKY, 0.8), Arm(run, _LEAKY, 0.01), smallest=0.01, either_way=True
        ),
        {
            "cnn": {"en": "a CNN", "zh": "CNN"},
            "shallow": {"en": "2 layers", "zh": "2 层"},
            "deep": {"en": "20 layers", "zh": "20 层"},
        },
    ),
    why="leaky",
    repeats=OFTEN,
    cost=30,
    labels={"en": "accuracy against the slope", "zh": "精度与斜率"},
)

_AMP: Mapping[str, Any] = {
    "job": "amp",
    "base": {**MLP, "rivals": []},
    "on_each_device": True,
    "runs": {
        f"{network}_{name}": {**own, "amp": amp}
        for network, own in {
            "cnn": {"network": "cnn", "depth": 2, "width": 8},
            "mlp": {"network": "mlp", "depth": 2, "width": 32},
        }.items()
        for name, amp in (("with", True), ("without", False))
    },
    "cost": 6,
}
_AMP_NETWORKS: Mapping[str, _Words] = {
    "cnn": {"en": "a CNN", "zh": "CNN"},
    "mlp": {"en": "an MLP", "zh": "MLP"},
}


def _amp(of: Quantity, smallest: float, over: str, under: str) -> tuple[Setting, ...]:
    return tuple(
        Setting(
            f"claims.amp.{network}",
            (more(Arm(f"{network}_{over}"), Arm(f"{network}_{under}"), of, smallest),),
            labels=labels,
        )
        for network, labels in _AMP_NETWORKS.items()
    )


AMP_TIME = Trained(
    "time",
    settings=_amp("seconds", 0.05, "without", "with"),
    why="amp_time",
    labels={"en": "time", "zh": "时间"},
    **_AMP,
)
AMP_ACCURACY = Trained(
    "accuracy",
    settings=_amp("accuracy", 0.005, "with", "without"),
    why="amp_accuracy",
    labels={"en": "accuracy", "zh": "精度"},
    **_AMP,
)
