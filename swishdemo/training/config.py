"""Defines what a run may be asked for: plain numbers, validated in one place. Loads no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pydantic

from swishdemo import datasets, host
from swishdemo.activations.registry import has_beta, names
from swishdemo.datasets.record import LARGEST_NOISE, TEST_SHARES
from swishdemo.form import Form, declare

MOST_FORMULAS = 4
"""How many entries of one list may be typed formulas."""

MOST_DEPTH = 100
MOST_BATCH = 4096
LARGEST_SEED = 2**32 - 1

_MOST_SAMPLES = max(dataset.most_samples for dataset in datasets.datasets())
_ALWAYS = frozenset({"dataset", "network", "activation", "seeds", "steps"})
"""Fields that no version has left out."""

_MOST_STORED = 10_000
"""More replicas than any version has allowed."""


def rate_factor(schedule: str, step: int, steps: int) -> float:
    """The factor at ``step``, counted from 0, of a run of ``steps``.

    ``cosine`` falls to 0 along half a cosine (Loshchilov and Hutter,
    https://arxiv.org/abs/1608.03983); ``step`` falls to a tenth after half of the steps and to a
    hundredth after three quarters; ``warmup`` rises in a line over the first tenth, and stays.
    """
    if schedule == "cosine":
        return (1 + math.cos(math.pi * step / steps)) / 2
    if schedule == "step":
        return 0.1 ** ((2 * step >= steps) + (4 * step >= 3 * steps))
    if schedule == "warmup":
        return min(1.0, (step + 1) / max(1, steps // 10))
    return 1.0


@dataclass(frozen=True, slots=True)
class Replica:
    """One of the networks that are trained side by side.

    Attributes:
        activation: Name of its activation.
        beta_start: β of all layers at step 0; None where the activation has none to choose.
        seed: Which of the config's seeds, from 0: replicas of one seed share initial weights.
        rival: Whether it is one of the config's rivals.
    """

    activation: str
    beta_start: float | None
    seed: int
    rival: bool = False

    def as_json(self) -> dict[str, Any]:
        """The replica as a JSON object."""
        return {"activation": self.activation, "beta_start": self.beta_start, "seed": self.seed}


class TrainingConfig(Form):
    """What is trained, and how; the defaults are the recipe ``beta-convergence``.

    What a field's label and tip say is not said again below it.
    """

    what = "error.what.run"
    not_an_object = "train.error.not_an_object"
    room = "train"

    # A start at β·z far beyond float's useful range teaches nothing, it only diverges.
    beta_starts: tuple[float, ...] = declare(
        (0.1, 0.5, 1.0, 2.0, 5.0, 10.0),
        "beta",
        low=-20,
        high=20,
        longest=12,
        shortest=1,
        labels={"en": "β₀, starting values", "zh": "β₀ 初值"},
        tips={"en": "Each is trained with every seed", "zh": "每个初值都与每个种子各训练一次"},
    )
    """Values of β at step 0; each is trained with every seed. They count where the activation has
    a parameter called β."""
    beta_scope: str = declare(
        "layer",
        "beta",
        labels={"en": "Learn β", "zh": "β 的学习方式"},
        tips={
            "en": "One trained value for the network, a layer or a channel, or fixed at its start",
            "zh": "每个网络、每层或每个通道训练一个值，或固定为初值",
        },
        choice_labels={
            "layer": {"en": "per layer", "zh": "每层一个"},
            "fixed": {"en": "fixed", "zh": "固定"},
            "network": {"en": "one shared", "zh": "全网共用"},
            "channel": {"en": "per channel", "zh": "每通道一个"},
        },
    )
    beta_form: str = declare(
        "plain",
        "beta",
        labels={"en": "Form of β", "zh": "β 的形式"},
        tips={
            "en": "plain, or softplus of what is trained, which keeps β above 0",
            "zh": "直接训练，或取 softplus 使 β 恒为正",
        },
        choice_labels={
            "plain": {"en": "β itself", "zh": "β 本身"},
            "softplus": {"en": "softplus(ρ), so β > 0", "zh": "softplus(ρ)，故 β > 0"},
        },
    )
    weight_decay: float = declare(
        1e-3,
        "beta",
        low=0,
        high=1,
        labels={"en": "Weight decay of W", "zh": "W 的权重衰减"},
        tips={
            "en": "Pulls the weights towards 0; biases are left alone",
            "zh": "把权重拉向 0；偏置不受影响",
        },
    )
    beta_decay: float = declare(
        1e-3,
        "beta",
        low=0,
        high=1,
        labels={"en": "Weight decay of β", "zh": "β 的权重衰减"},
        tips={
            "en": "Pulls β towards 0; without it and the weights' decay the starts stay apart",
            "zh": "把 β 拉向 0；没有它和权重衰减，各初值会保持分离",
        },
    )
    beta_lr_factor: float = declare(
        30.0,
        "beta",
        low=0,
        high=1000,
        labels={"en": "β's learning rate ×", "zh": "β 的学习率 ×"},
        tips={
            "en": "β's learning rate is the weights' times this",
            "zh": "β 的学习率为学习率乘以此数",
        },
    )

    activation: str = declare(
        "swish",
        "activations",
        choices=names(),
        formulas=1,
        labels={"en": "Activation", "zh": "激活函数"},
        tips={
            "en": "Its β, if it has one, is learned from every starting value; a formula of "
            "your own begins with =",
            "zh": "若有 β，则从每个初值开始学习；自定义公式以 = 开头",
        },
    )
    """Name in `swishdemo.activations`, or ``=`` and a formula."""
    rivals: tuple[str, ...] = declare(
        ("relu", "gelu"),
        "activations",
        choices=names(),
        longest=len(names()),
        formulas=MOST_FORMULAS,
        fixed=True,
        labels={"en": "Rivals", "zh": "对照"},
        tips={
            "en": "Trained beside, on the same batches; swish@1 is Swish with β fixed at 1; a "
            "formula of your own begins with =, such as =x*tanh(x)",
            "zh": "用同样的批次并行训练；swish@1 即 β 固定为 1 的 Swish；自定义公式以 = "
            "开头，例如 =x*tanh(x)",
        },
    )
    """Activations that are trained beside, with the same seeds and batches. ``swish@1.5`` is Swish
    whose β is 1.5 and is not trained."""
    layer_activations: tuple[str, ...] = declare(
        (),
        "activations",
        choices=names(),
        longest=MOST_DEPTH,
        repeats=True,
        formulas=MOST_FORMULAS,
        labels={"en": "Activation by layer", "zh": "逐层激活函数"},
        tips={
            "en": "One for each hidden layer; empty: the same in all",
            "zh": "每个隐藏层一个；留空则各层相同",
        },
    )
    train_parameters: bool = declare(
        False,
        "activations",
        labels={"en": "Train other parameters", "zh": "训练其他参数"},
        tips={
            "en": "Those of all activations, such as PReLU's a, like β",
            "zh": "所有激活函数的参数（如 PReLU 的 a）都像 β 一样训练",
        },
    )
    """Whether the other parameters of activations, rivals' too, are trained, with β's scope, rate
    and decay."""

    steps: int = declare(
        500,
        "replicas",
        low=1,
        unit="steps",
        here=lambda server: {"high": server.max_steps},
        labels={"en": "Steps", "zh": "步数"},
        tips={
            "en": "Optimiser steps; 22 steps of 64 samples are one pass over the digits",
            "zh": "优化步数；每步 64 个样本时，22 步约为一轮",
        },
    )
    seeds: int = declare(
        6,
        "replicas",
        low=1,
        unit="seeds",
        here=lambda server: {"high": server.max_replicas},
        labels={"en": "Seeds", "zh": "种子数"},
        tips={
            "en": "How many sets of initial weights each start is trained from",
            "zh": "每个初值用多少组初始权重训练",
        },
    )
    seed: int = declare(
        0,
        "replicas",
        low=0,
        high=LARGEST_SEED,
        labels={"en": "Base seed", "zh": "基础种子"},
        tips={
            "en": "All initial weights and batches follow from it: the same seed gives the "
            "same run",
            "zh": "所有初始权重与批次都由它决定：同一种子得到同一结果",
        },
    )

    dataset: str = declare(
        "digits",
        "data",
        choices=datasets.names(),
        labels={"en": "Data", "zh": "数据"},
        tips={"en": "What the network learns to recognise", "zh": "网络学习识别的内容"},
    )
    """Name in `swishdemo.datasets`."""
    csv: pydantic.InstanceOf[datasets.Table] | None = declare(
        None,
        "data",
        labels={"en": "Your own table", "zh": "上传的表格"},
        tips={
            "en": "Numbers, the last column the label, as a spreadsheet or pandas saves it; it "
            "is not kept longer than the run",
            "zh": "数值列，最后一列为标签；电子表格或 pandas 导出的格式均可；训练结束后不保留",
        },
    )
    """The visitor's own table, for the dataset ``csv`` alone."""
    csv_header: str = declare(
        "auto",
        "data",
        labels={"en": "First line of the table", "zh": "表格第一行"},
        tips={
            "en": "Names of the columns, or a sample; “auto” decides by types and values, and "
            "says what it decided",
            "zh": "列名或样本；“自动”按类型和数值判断，并说明判断结果",
        },
        choice_labels={
            "auto": {"en": "auto", "zh": "自动"},
            "yes": {"en": "names", "zh": "列名"},
            "no": {"en": "a sample", "zh": "样本"},
        },
    )
    samples: int = declare(
        0,
        "data",
        low=0,
        high=_MOST_SAMPLES,
        unit="samples",
        labels={"en": "Samples", "zh": "样本数"},
        tips={
            "en": "Of both parts together; 0 takes what the data have",
            "zh": "训练与测试合计；0 表示数据的默认值",
        },
    )
    noise: float = declare(
        0.0,
        "data",
        low=0,
        high=LARGEST_NOISE,
        labels={"en": "Noise", "zh": "噪声"},
        tips={
            "en": "Standard deviation of the noise added to the data",
            "zh": "加到数据上的噪声的标准差",
        },
    )
    test_share: float = declare(
        0.2,
        "data",
        low=TEST_SHARES[0],
        high=TEST_SHARES[1],
        labels={"en": "Test part", "zh": "测试比例"},
        tips={"en": "Share of the samples kept for the test", "zh": "不参与训练的样本比例"},
    )
    data_seed: int = declare(
        0,
        "data",
        low=0,
        high=LARGEST_SEED,
        labels={"en": "Data seed", "zh": "数据种子"},
        tips={
            "en": "It determines the points, the noise and the split",
            "zh": "数据点、噪声与划分都由它决定",
        },
    )
    shuffled_labels: bool = declare(
        False,
        "data",
        labels={"en": "Shuffle the labels", "zh": "打乱标签"},
        tips={
            "en": "A control: with nothing to learn, what does β do?",
            "zh": "对照实验：没有规律可学时，β 会怎样？",
        },
    )
    """Whether the training labels are permuted, so that nothing can be learned but by heart."""

    network: str = declare(
        "cnn",
        "network",
        labels={"en": "Network", "zh": "网络"},
        tips={
            "en": "Fully connected, or convolutions of 3×3; residual: with a skip around each "
            "layer that keeps its shape",
            "zh": "全连接，或 3×3 卷积；残差：形状不变的层带跳连",
        },
        choice_labels={
            "cnn": {"en": "CNN", "zh": "CNN"},
            "mlp": {"en": "MLP", "zh": "MLP"},
            "residual_mlp": {"en": "residual MLP", "zh": "残差 MLP"},
            "residual_cnn": {"en": "residual CNN", "zh": "残差 CNN"},
        },
    )
    """`swishdemo.training.architecture.architecture` has its layers."""
    depth: int = declare(
        2,
        "network",
        low=1,
        high=MOST_DEPTH,
        unit="layers",
        labels={"en": "Hidden layers", "zh": "隐藏层数"},
        tips={"en": "Each has an activation", "zh": "每层后有一个激活函数"},
    )
    width: int = declare(
        8,
        "network",
        low=1,
        high=256,
        unit="units",
        labels={"en": "Width", "zh": "宽度"},
        tips={
            "en": "Units of a hidden layer; of a CNN, channels of its first convolution",
            "zh": "隐藏层的单元数；CNN 为第一层卷积的通道数",
        },
    )
    normalisation: str = declare(
        "none",
        "network",
        labels={"en": "Normalisation", "zh": "归一化"},
        tips={
            "en": "Before each activation: over the batch, or over the layer",
            "zh": "在每个激活函数之前：按批次或按层",
        },
        choice_labels={
            "none": {"en": "none", "zh": "无"},
            "batch": {"en": "BatchNorm", "zh": "BatchNorm"},
            "layer": {"en": "LayerNorm", "zh": "LayerNorm"},
        },
    )
    dropout: float = declare(
        0.0,
        "network",
        low=0,
        high=0.9,
        labels={"en": "Dropout", "zh": "随机失活"},
        tips={
            "en": "Share of the features after each activation that training sets to 0",
            "zh": "训练时每个激活函数之后被置 0 的特征比例",
        },
    )
    init: str = declare(
        "he_normal",
        "network",
        labels={"en": "Initial weights", "zh": "初始权重"},
        tips={
            "en": "“own gain” keeps the mean square at 1 for this activation",
            "zh": "gain：使该激活函数的均方保持为 1",
        },
        choice_labels={
            "he_normal": {"en": "He, normal", "zh": "He 正态"},
            "he_uniform": {"en": "He, uniform", "zh": "He 均匀"},
            "xavier": {"en": "Xavier", "zh": "Xavier"},
            "lecun": {"en": "LeCun", "zh": "LeCun"},
            "orthogonal": {"en": "orthogonal", "zh": "正交"},
            "gain": {"en": "the activation's own gain", "zh": "激活函数自身的增益"},
        },
    )
    """How weights are drawn (`swishdemo.training.engine.parameters`)."""
    init_scale: float = declare(
        1.0,
        "network",
        low=0,
        high=10,
        labels={"en": "Initial weights ×", "zh": "初始权重 ×"},
        tips={"en": "Multiplies all initial weights", "zh": "所有初始权重都乘以它"},
    )
    init_bias: float = declare(
        0.0,
        "network",
        low=-20,
        high=20,
        labels={"en": "Initial bias", "zh": "初始偏置"},
        tips={
            "en": "Of the hidden layers; far below 0, a ReLU is dead from the start",
            "zh": "隐藏层的偏置；远小于 0 时 ReLU 一开始就失活",
        },
    )

    optimiser: str = declare(
        "momentum",
        "optimisation",
        labels={"en": "Optimiser", "zh": "优化器"},
        tips={"en": "How parameters follow their gradients", "zh": "参数如何随梯度更新"},
        choice_labels={
            "momentum": {"en": "SGD with momentum", "zh": "带动量的 SGD"},
            "sgd": {"en": "SGD", "zh": "SGD"},
            "nesterov": {"en": "Nesterov", "zh": "Nesterov"},
            "adam": {"en": "Adam", "zh": "Adam"},
            "adamw": {"en": "AdamW", "zh": "AdamW"},
        },
    )
    lr: float = declare(
        0.05,
        "optimisation",
        low=0,
        high=10,
        labels={"en": "Learning rate", "zh": "学习率"},
        tips={"en": "Step size for weights and biases", "zh": "权重与偏置的学习率"},
    )
    momentum: float = declare(
        0.9,
        "optimisation",
        low=0,
        high=0.999,
        labels={"en": "Momentum", "zh": "动量"},
        tips={"en": "Share of the previous update that is kept", "zh": "保留上一步更新的比例"},
    )
    """Momentum of SGD, for ``momentum`` and ``nesterov``."""
    batch: int = declare(
        64,
        "optimisation",
        low=1,
        high=min(MOST_BATCH, _MOST_SAMPLES - 1),
        unit="samples",
        labels={"en": "Batch", "zh": "批大小"},
        tips={
            "en": "Samples per step, the same for all replicas",
            "zh": "每步的样本数，所有副本相同",
        },
    )
    schedule: str = declare(
        "constant",
        "optimisation",
        labels={"en": "Schedule", "zh": "学习率调度"},
        tips={"en": "How the learning rate changes over the steps", "zh": "学习率随步数的变化"},
        choice_labels={
            "constant": {"en": "constant", "zh": "恒定"},
            "cosine": {"en": "cosine", "zh": "余弦"},
            "step": {"en": "step-wise", "zh": "阶梯"},
            "warmup": {"en": "warm-up", "zh": "预热"},
        },
    )
    """How the learning rate goes on (`rate_factor`)."""
    clip: float = declare(
        0.0,
        "optimisation",
        low=0,
        high=1000,
        labels={"en": "Clip gradients at", "zh": "梯度裁剪"},
        tips={
            "en": "A replica's gradient is clipped to this norm; 0 for never",
            "zh": "把每个副本的梯度裁剪到此范数；0 表示不裁剪",
        },
    )
    objective: str = declare(
        "cross-entropy",
        "optimisation",
        labels={"en": "Objective", "zh": "目标函数"},
        tips={
            "en": "What is minimised: cross-entropy, or the mean squared error",
            "zh": "最小化的量：交叉熵或均方误差",
        },
        choice_labels={
            "cross-entropy": {"en": "cross-entropy", "zh": "交叉熵"},
            "mse": {"en": "mean squared error", "zh": "均方误差"},
        },
    )

    max_seconds: int = declare(
        0,
        "ends",
        low=0,
        unit="seconds",
        here=lambda server: {"high": server.max_job_seconds},
        labels={"en": "Stop after", "zh": "时间上限"},
        tips={"en": "Seconds of training; 0 for no limit", "zh": "训练秒数；0 表示不限"},
    )
    target_accuracy: float = declare(
        0.0,
        "ends",
        low=0,
        high=1,
        labels={"en": "Stop at accuracy", "zh": "准确率目标"},
        tips={
            "en": "The run ends at this mean test accuracy; 0 for never",
            "zh": "平均测试准确率达到此值时结束；0 表示不启用",
        },
    )
    stop_when_converged: bool = declare(
        False,
        "ends",
        labels={"en": "Stop when all starts agree", "zh": "各初值一致时停止"},
        tips={
            "en": "The run ends when C(t) has been below 0.05 in every layer for 10 reports in "
            "a row",
            "zh": "各层 C(t) 连续 10 次报告低于 0.05 时结束",
        },
    )

    device: str = declare(
        "auto",
        "machine",
        here=lambda server: {} if server.device == "auto" else {"choices": ("auto", server.device)},
        labels={"en": "Device", "zh": "设备"},
        tips={
            "en": "automatic takes the GPU, where there is one, if a step should be shorter "
            "there; the run says why",
            "zh": "自动：有 GPU 且估计每步更快时使用 GPU，训练中会说明理由",
        },
        choice_labels={
            "auto": {"en": "automatic", "zh": "自动"},
            "cpu": {"en": "CPU", "zh": "CPU"},
            "cuda": {"en": "CUDA", "zh": "CUDA"},
        },
    )
    """``auto``: a GPU where there is one, and a step should be shorter there
    (`swishdemo.training.placement`)."""
    threads: int = declare(
        1,
        "machine",
        low=1,
        unit="threads",
        here=lambda server: {"high": host.usable_cores(), "default": server.threads},
        labels={"en": "CPU threads", "zh": "CPU 线程"},
        tips={
            "en": "Results are bit-identical only with the same number of threads",
            "zh": "只有线程数相同时，结果才逐位一致",
        },
    )
    amp: bool = declare(
        False,
        "machine",
        labels={"en": "Mixed precision", "zh": "混合精度"},
        tips={
            "en": "Matrix products in bfloat16; slower on a CPU without it",
            "zh": "矩阵乘法用 bfloat16；不支持的 CPU 上更慢",
        },
    )

    @classmethod
    def of_json(cls, record: Mapping[str, Any]) -> TrainingConfig:
        """The config of which ``record`` is the JSON; without the text of a visitor's table.

        A record of an older version lacks fields that are newer; they take their defaults.
        """
        return cls.model_validate({n: v for n, v in record.items() if n in cls.model_fields})

    @classmethod
    def stored(cls, record: Mapping[str, Any]) -> TrainingConfig:
        """Read a config that was stored, perhaps by another version. Limits are not asked.

        Raises:
            UserError: A value is of another type, or names what this version does not know.
            ValueError: It lacks what every version has told; it would be more replicas than any
                has allowed, or activations for other layers than it has; or its table is none.
        """
        if not record.keys() >= _ALWAYS:
            raise ValueError("it does not say what was trained")
        config = cls.restored(record)
        if (len(starts(config)) + len(config.rivals)) * config.seeds > _MOST_STORED:
            raise ValueError("so many replicas there never were")
        if len(config.layer_activations) not in (0, config.depth):
            raise ValueError("its activations are not those of its layers")
        if (config.dataset == "csv") != (config.csv is not None):
            raise ValueError("its table is missing, or goes with other data")
        return config

    @pydantic.field_validator("csv", mode="before")
    @classmethod
    def _table(cls, value: object) -> object:
        return datasets.Table.of_json(value) if isinstance(value, Mapping) else value

    @pydantic.field_serializer("csv")
    def _told_table(self, table: datasets.Table | None) -> dict[str, Any] | None:
        """All but its text."""
        return table.as_json() if table else None

    @property
    def data(self) -> datasets.DataOptions:
        """What is asked of the dataset."""
        return datasets.DataOptions(
            samples=self.samples or None,
            noise=self.noise,
            test_share=self.test_share,
            seed=self.data_seed,
            table=self.csv,
        )

    def described(self) -> datasets.Dataset:
        """The dataset as the config's options make it; loads nothing.

        Raises:
            UserError: It has not so many samples, or its table is missing.
        """
        return datasets.get(self.dataset).at(self.data)


def starts(config: TrainingConfig) -> tuple[float | None, ...]:
    """The values of β at step 0; one None where the activation has no β."""
    used = config.layer_activations or (config.activation,)
    return config.beta_starts if any(map(has_beta, used)) else (None,)


def learns_beta(config: TrainingConfig) -> bool:
    """Whether some layer has a β that moves: it is trained, at a rate above 0."""
    moves = config.lr * config.beta_lr_factor > 0
    return config.beta_scope != "fixed" and moves and starts(config) != (None,)


def replicas(config: TrainingConfig) -> tuple[Replica, ...]:
    """The replicas in the order of every report: by start, then seed; then rivals, by seed."""
    seeds = range(config.seeds)
    first = [Replica(config.activation, start, seed) for start in starts(config) for seed in seeds]
    rivals = [Replica(rival, None, seed, rival=True) for rival in config.rivals for seed in seeds]
    return (*first, *rivals)


def report_steps(steps: int) -> tuple[int, ...]:
    """The steps that are reported: 0, every n-th, and the last; about 100 in all.

    n is 1, 2 or 5 times a power of ten, so that round steps (200, 500, 1000 …) are among them.
    """
    interval = next(
        factor * 10**power
        for power in range(len(str(steps)) + 1)
        for factor in (1, 2, 5)
        if steps <= 120 * factor * 10**power
    )
    return (*range(0, steps, interval), steps)


def last_interval(config: TrainingConfig, step: int) -> int:
    """Steps between a report at ``step``, where a run may have ended, and the one before."""
    return step - max(each for each in report_steps(config.steps) if each < step)


def evaluated_steps(steps: int) -> tuple[int, ...]:
    """The reported steps at which the test set is evaluated: 0, every fifth, and the last."""
    reported = report_steps(steps)
    return (*reported[:-1:5], reported[-1])


def view_steps(steps: int) -> tuple[int, ...]:
    """The reported steps at which the networks are looked into: 0, every tenth, and the last."""
    reported = report_steps(steps)
    return (*reported[:-1:10], reported[-1])
