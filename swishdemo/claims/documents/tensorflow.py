"""TensorFlow: the reference pages of its Keras and of `tf.nn`, and an example that was proposed."""

from __future__ import annotations

from swishdemo.claims.record import Claim, SourceDocument
from swishdemo.claims.stated_numbers import PrintedValues

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

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "tensorflow-example",
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
                        r"$f(x)=x\,\sigma(x)$, computed to 12 digits at each place. A printed "
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
        ),
        document=_KERAS_2_15,
        tab="explore",
        titles={"en": "Five printed values in float32", "zh": "float32 下打印的五个值"},
        statements={
            "en": "In float32, swish of ({values.places}) is ({values.printed}).",
            "zh": "在 float32 下，swish 在 ({values.places}) 处的值为 ({values.printed})。",
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
