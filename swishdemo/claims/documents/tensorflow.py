"""TensorFlow: the reference pages of its Keras and of `tf.nn`, and an example that was proposed."""

from __future__ import annotations

from swishdemo.claims.experiments import MLP, in_each, more
from swishdemo.claims.record import Claim, SourceDocument
from swishdemo.claims.stated_numbers import PrintedValues
from swishdemo.claims.trained import Arm, Trained

_KERAS_2_15 = SourceDocument(
    "tensorflow-2-15",
    "https://www.tensorflow.org/versions/r2.15/api_docs/python/tf/keras/activations/swish",
    authors="TensorFlow",
    year=2023,
    titles={
        "en": "TensorFlow 2.15: tf.keras.activations.swish",
        "zh": "TensorFlow 2.15 文档：tf.keras.activations.swish",
    },
)
_PULL_REQUEST = SourceDocument(
    "tensorflow-74406",
    "https://github.com/tensorflow/tensorflow/pull/74406",
    authors="LakshmiKalaKadali",
    year=2024,
    titles={
        "en": "TensorFlow, pull request 74406: an example for tf.nn.silu",
        "zh": "TensorFlow 拉取请求 74406：为 tf.nn.silu 补充示例",
    },
)

_DEEP = Trained(
    "accuracy",
    job="deep",
    base={**MLP, "rivals": ["relu"]},
    runs={
        "plain": {
            **{"network": "mlp", "normalisation": "none"},
            **{"depth": 20, "init_scale": 1, "steps": 100},
        },
        "skips": {
            **{"network": "residual_mlp", "normalisation": "none"},
            **{"depth": 20, "init_scale": 0.2236, "steps": 60},
        },
        "deeper": {
            **{"network": "mlp", "normalisation": "none"},
            **{"depth": 100, "init_scale": 1, "steps": 100},
        },
    },
    settings=in_each(
        "tensorflow-swish",
        lambda run: more(Arm(run, "relu"), Arm(run), absent=True),
        {
            "plain": {"en": "20 layers, plain", "zh": "20 层，无跳连"},
            "skips": {"en": "20 layers with skips", "zh": "20 层，有跳连"},
            "deeper": {"en": "100 layers, plain", "zh": "100 层，无跳连"},
        },
    ),
    why="not_worse",
    compared={
        "en": "Accuracy of ReLU minus that of Swish: two points in ReLU’s favour speak against it",
        "zh": "ReLU 与 Swish 的准确率之差：ReLU 领先 2 个百分点即为反例",
    },
    cost=17,
    labels={"en": "accuracy at depth", "zh": "深层网络的准确率"},
)

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "tensorflow-swish",
        (
            PrintedValues(
                "values",
                claimed_at=(-20.0, -1.0, 0.0, 1.0, 20.0),
                claimed_values=(
                    "-4.1223075e-08",
                    "-2.6894143e-01",
                    "0.0000000e+00",
                    "7.3105860e-01",
                    "2.0000000e+01",
                ),
                labels={"en": "the printed values", "zh": "打印的数值"},
                proofs={
                    "en": (
                        r"$f(x)=x\,\sigma(x)$, computed to 12 digits at each point. A printed "
                        "value may be off by one unit of its last digit, or by the distance of "
                        "two neighbouring float32 numbers: that is how much float32 itself rounds."
                    ),
                    "zh": (
                        r"在每个点以 12 位精度计算 $f(x)=x\,\sigma(x)$。"
                        "打印值允许相差末位的一个单位，或相邻两个 float32 数之间的距离，"
                        "即 float32 自身的舍入误差。"
                    ),
                },
            ),
            _DEEP,
        ),
        document=_KERAS_2_15,
        tab="explore",
        titles={"en": "Its values; no worse than ReLU in depth", "zh": "示例数值；深层不逊于 ReLU"},
        statements={
            "en": (
                "In float32, swish of ({values.places}) is ({values.printed}); on deep networks it "
                "consistently matches or outperforms ReLU."
            ),
            "zh": (
                "在 float32 下，swish 在 ({values.places}) 处的值为 ({values.printed})；"
                "在深层网络上，它的表现始终与 ReLU 相当或更好。"
            ),
        },
    ),
    Claim(
        "tensorflow-proposed-example",
        (
            PrintedValues(
                "values",
                claimed_at=(1.0, -2.0, 3.0),
                claimed_values=("0.11920292", "-1.9640275", "0.00741787"),
                tried={"beta": -2.0},
                labels={"en": "the printed values", "zh": "打印的数值"},
                proofs={
                    "en": (
                        r"$f(x)=x\,\sigma(x)$, computed to 12 digits at each place, is not what "
                        r"is printed. What is printed is $x\,\sigma(-2x)$, to the last digit."
                    ),
                    "zh": (
                        r"在每个点以 12 位精度计算 $f(x)=x\,\sigma(x)$，与打印值不符。"
                        r"打印值逐位等于 $x\,\sigma(-2x)$。"
                    ),
                },
            ),
        ),
        document=_PULL_REQUEST,
        tab="explore",
        titles={"en": "Three printed values of silu", "zh": "silu 打印的三个值"},
        statements={
            "en": "With β = 1, silu of ({values.places}) is ({values.printed}).",
            "zh": "β = 1 时，silu 在 ({values.places}) 处的值为 ({values.printed})。",
        },
    ),
)
