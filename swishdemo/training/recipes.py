"""Lists named training runs that show something, with title and notes in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from swishdemo.text import LANGUAGES, Language, say, text
from swishdemo.training.config import TrainingConfig


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named config, and the pictures that its notes say to watch.

    Attributes:
        name: The key by which a request names it.
        title: Language → title, ``train.recipe.<name>.title`` of the catalogue.
        notes: Language → what it shows and what to watch, ``train.recipe.<name>.notes``.
        config: What it runs.
        watch: Which pictures stand first: ``beta``, ``race`` (loss and accuracy), ``inside`` (what
            a network and its units answer) or ``layers``.
        per_layer: What is drawn by layer, a name of `swishdemo.training.report.LayerFigures`.
    """

    name: str
    title: Mapping[Language, str]
    notes: Mapping[Language, str]
    config: TrainingConfig
    watch: str = "beta"
    per_layer: str = "dead"

    def __post_init__(self) -> None:
        """Say the title and the notes."""
        say(f"train.recipe.{self.name}.title", self.title)
        say(f"train.recipe.{self.name}.notes", self.notes)

    def as_json(self) -> dict[str, Any]:
        """The recipe with its title and its notes in each language."""
        return {
            "name": self.name,
            "title": {
                tongue: text(f"train.recipe.{self.name}.title", tongue) for tongue in LANGUAGES
            },
            "notes": {
                tongue: text(f"train.recipe.{self.name}.notes", tongue) for tongue in LANGUAGES
            },
            "config": self.config.as_json(),
        }


@cache
def recipes() -> tuple[Recipe, ...]:
    """All recipes, in the order of menus."""
    return (
        Recipe(
            "beta-convergence",
            title={"en": "β convergence", "zh": "β 的收敛"},
            notes={
                "en": "Six starting values of β, six seeds, one small network. With weight "
                "decay, all starts meet after about 200 steps, in both layers mostly "
                "within the article's range. Then β drifts on: at step 500 the first "
                "layer's is still there, most of the second layer's just below.",
                "zh": "β 取六个初值、六个随机种子，同一个小网络。有权重衰减时，约 200 "
                "步后所有初值汇合，两层的 β 大多落在文章所说的区间内。随后 β 继续漂移："
                "到第 500 步，第一层仍在区间内，第二层多数已略低于区间。",
            },
            config=TrainingConfig(),
        ),
        *_controls(),
        *_depth(),
        Recipe(
            "dying-relu",
            title={"en": "Dying ReLU", "zh": "ReLU 神经元死亡"},
            notes={
                "en": "All hidden biases start at −10, where every unit's input is below 0. A "
                "ReLU has no gradient there: all stay dead, for good. Swish has one, if a "
                "very small one, and Adam, whose step does not depend on the gradient's "
                "size, revives it; Leaky ReLU recovers sooner.",
                "zh": "所有隐藏层偏置从 −10 开始，各单元的输入都小于 0。ReLU 在那里没有梯度："
                "全部死亡，再也回不来。Swish 仍有极小的梯度，而 Adam 的步长与梯度大小无关，"
                "能使其恢复；Leaky ReLU 恢复得更快。",
            },
            config=TrainingConfig(
                network="mlp",
                depth=2,
                width=32,
                beta_starts=(1.0,),
                beta_scope="fixed",
                rivals=("relu", "leaky_relu"),
                init_bias=-10.0,
                optimiser="adam",
                lr=0.01,
                weight_decay=0.0,
                beta_decay=0.0,
                steps=300,
            ),
            watch="layers",
        ),
        Recipe(
            "activation-race",
            title={"en": "A race of activations", "zh": "激活函数竞赛"},
            notes={
                "en": "Eight activations from the same initial weights, on the same batches. "
                "Look at the bands before you name a winner: on this task most overlap.",
                "zh": "八种激活函数，初始权重与批次都相同。先看误差带再下结论：在此任务上，"
                "多数曲线的误差带相互重叠。",
            },
            config=TrainingConfig(
                beta_starts=(1.0,),
                rivals=("relu", "gelu", "mish", "elu", "leaky_relu", "tanh", "sigmoid"),
                beta_lr_factor=1.0,
                steps=500,
            ),
            watch="race",
        ),
        Recipe(
            "playground-spiral",
            title={"en": "The spiral", "zh": "螺旋"},
            notes={
                "en": "Two arms of a spiral, two inputs, two small layers. See what each hidden "
                "unit responds to, and how the boundary is made of them; which activation "
                "is the first to bend it?",
                "zh": "两条螺旋臂，两个输入，两个小的隐藏层。看每个隐藏单元对什么有响应，"
                "边界怎样由它们组成；哪种激活函数最先学出弯曲的边界？",
            },
            config=TrainingConfig(
                dataset="spiral",
                network="mlp",
                depth=2,
                width=8,
                beta_starts=(1.0,),
                rivals=("tanh", "relu", "sigmoid"),
                optimiser="adam",
                lr=0.01,
                beta_lr_factor=1.0,
                weight_decay=0.0,
                beta_decay=0.0,
                batch=30,
                steps=3000,
            ),
            watch="inside",
        ),
    )


def nearest(config: Mapping[str, Any]) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe that a run's config differs from in the fewest fields, and these.

    Args:
        config: The JSON of a config; where it is computed counts for nothing.
    """

    def differing(recipe: Recipe) -> tuple[str, ...]:
        record = recipe.config.as_json()
        return tuple(
            name
            for name, value in record.items()
            if name != "device" and config.get(name, value) != value
        )

    return min(((each, differing(each)) for each in recipes()), key=lambda found: len(found[1]))


def _controls() -> tuple[Recipe, ...]:
    """The first recipe with one thing changed."""
    base = TrainingConfig(seeds=3)
    return (
        Recipe(
            "no-decay",
            title={"en": "β without weight decay", "zh": "无权重衰减时的 β"},
            notes={
                "en": "The same without weight decay of W and β: the starts stay apart, because "
                "the size of β can be traded against the size of the weights. The conserved "
                "quantity would not move at all if the steps were infinitely small.",
                "zh": "同样的网络，但 W 与 β 都没有衰减：各初值保持分离，因为 β "
                "的大小可以与权重的大小互相抵换。若步长无穷小，守恒量将完全不变。",
            },
            config=base.replace(weight_decay=0.0, beta_decay=0.0),
        ),
        Recipe(
            "same-rate",
            title={"en": "β at the weights' learning rate", "zh": "β 与权重用同一学习率"},
            notes={
                "en": "β learns no faster than the weights (× 1 in place of × 30): the starts "
                "have not met when the weights have long learned.",
                "zh": ("β 的学习率与权重相同（× 1 而不是 × 30）：权重早已学好时，各初值仍未汇合。"),
            },
            config=base.replace(beta_lr_factor=1.0),
        ),
        Recipe(
            "shuffled-labels",
            title={"en": "Shuffled labels", "zh": "打乱标签"},
            notes={
                "en": "Each digit gets the label of another: nothing can be learned except by "
                "heart, and the test accuracy stays at chance. The starts of β come "
                "together all the same, above the article's range: so it is not the task "
                "that brings them together.",
                "zh": "随机打乱标签：网络只能死记硬背，测试准确率停在随机水平。β "
                "的各初值照样靠拢，且高于文章所说的区间：可见使它们靠拢的不是任务。",
            },
            config=base.replace(shuffled_labels=True),
        ),
        Recipe(
            "batch-norm",
            title={"en": "With BatchNorm", "zh": "使用 BatchNorm"},
            notes={
                "en": "BatchNorm fixes the size of the activation's inputs, up to a scale "
                "that it learns and that does not decay. The second layer's β meets at a "
                "larger value than without it; the first layer's comes to about the same, "
                "more slowly.",
                "zh": "BatchNorm 固定了激活函数输入的大小，只剩一个可学习且不衰减的缩放。"
                "第二层的 β 汇合处比没有它时更大；第一层的值相近，但靠拢得更慢。",
            },
            config=base.replace(normalisation="batch"),
        ),
        Recipe(
            "adam",
            title={"en": "With Adam", "zh": "使用 Adam"},
            notes={
                "en": "Adam moves every parameter by about its rate, however small the gradient: "
                "what gradient flow conserves is lost at once. The starts come together "
                "more slowly: after 500 steps those of the first layer have not all met.",
                "zh": "无论梯度多小，Adam 都让每个参数移动约一个学习率："
                "梯度流的守恒量立刻被破坏。各初值靠拢得更慢：500 步后第一层仍未全部汇合。",
            },
            config=base.replace(optimiser="adam", lr=0.003, beta_lr_factor=10.0),
        ),
        Recipe(
            "long-run",
            title={"en": "A long run", "zh": "长时间训练"},
            notes={
                "en": "Ten times as many steps. The starts stay together, and β drifts down, "
                "out of the article's range: the second layer's by step 1000, half of the "
                "first layer's by step 5000. Swish does not pull away from ReLU.",
                "zh": "步数为十倍。各初值保持汇合，β 逐渐降到文章所说的区间以下：第二层在第 "
                "1000 步之前，第一层到第 5000 步约有一半。Swish 并没有拉开与 ReLU 的差距。",
            },
            config=base.replace(steps=5000),
        ),
    )


def _depth() -> tuple[Recipe, ...]:
    """Plain networks in which signals have a long way."""
    deep = TrainingConfig(
        network="mlp",
        depth=50,
        width=32,
        beta_starts=(1.0,),
        beta_scope="fixed",
        rivals=("relu", "tanh"),
        seeds=3,
        optimiser="adam",
        lr=0.001,
        weight_decay=0.0,
        beta_decay=0.0,
        steps=500,
    )
    low = deep.replace(depth=20, init_scale=0.5, seeds=6, steps=300)
    return (
        Recipe(
            "depth-50",
            title={"en": "50 layers", "zh": "50 层"},
            notes={
                "en": "A plain network of 50 layers, no skips, no normalisation. Watch the "
                "variance by layer, dotted as it was at the start: which activation lets "
                "it through, and which network learns?",
                "zh": "50 层的普通网络，没有跳连，没有归一化。看各层的方差（点线为开始时）："
                "哪种激活函数能让信号通过，哪种网络能训练起来？",
            },
            config=deep,
            watch="layers",
            per_layer="variance",
        ),
        Recipe(
            "depth-100",
            title={"en": "100 layers", "zh": "100 层"},
            notes={
                "en": "The same with 100 layers. For Swish the gain of He's weights is too "
                "small: at the start (dotted) the variance dies out on the way, and with "
                "it the gradient. Of ReLU's about a hundredth is left, and it learns. Tanh "
                "keeps more of it, and hardly learns all the same.",
                "zh": "同样，但有 100 层。对 Swish 而言，He 初始化的增益太小："
                "开始时（点线）方差在途中消失，梯度也随之消失。ReLU 的方差还剩约百分之一，"
                "能训练起来。Tanh 保留得更多，却几乎学不会。",
            },
            config=deep.replace(depth=100),
            watch="layers",
            per_layer="variance",
        ),
        Recipe(
            "low-init",
            title={"en": "Small initial weights", "zh": "小的初始权重"},
            notes={
                "en": "Twenty layers whose weights start at half of He's: from layer to layer "
                "the variance falls to about a quarter with ReLU, and to an eighth with "
                "Swish, which is x/2 near 0. The article says that Swish is less sensitive "
                "to small initial weights; here no network with Swish learns in 300 steps, "
                "and most with ReLU or Tanh do.",
                "zh": "二十层，权重从 He 的一半开始：每过一层，ReLU 的方差约降为四分之一，Swish "
                "约降为八分之一（在 0 附近 Swish 近似 x/2）。文章说 Swish "
                "受初始权重过小的影响更小；而这里 300 步内没有一个 Swish 网络学会，ReLU 与 "
                "Tanh 的网络大多能学。",
            },
            config=low,
            watch="layers",
            per_layer="variance",
        ),
    )
