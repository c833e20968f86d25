"""The network of a run and its initial weights, as lines of its script."""

from __future__ import annotations

from itertools import groupby

from swishdemo.training.architecture import (
    Affine,
    Convolution,
    Dropout,
    Normalisation,
    Part,
    Residual,
    architecture,
    flat,
    parameter_count,
    weighted,
)
from swishdemo.training.config import TrainingConfig

_SKIP = '''
class Skip(nn.Sequential):
    """x + body(x)."""

    def forward(self, x):
        return x + super().forward(x)
'''
_DROPOUT = '''
class Dropout(nn.Module):
    """Sets features to 0 in training; which, follows from the seed and the layer's number."""

    def __init__(self, rate, seed, number):
        super().__init__()
        self.kept = 1 - rate
        start = np.random.SeedSequence([SEED, seed, number]).generate_state(1)[0]
        self.random = torch.Generator(DEVICE).manual_seed(int(start))

    def forward(self, x):
        if not self.training:
            return x
        mask = torch.empty(x[0].numel(), len(x)).bernoulli_(self.kept, generator=self.random)
        return x * mask.T.reshape(x.shape) / self.kept
'''
_LOW = '''
class LAYER(nn.LAYER):
    """Computes in bfloat16."""

    def forward(self, x):
        x, weight, bias = (each.bfloat16() for each in (x, self.weight, self.bias))
        return CALL.float()
'''
_ORTHOGONAL = '''
def orthogonal(random, rows, columns):
    """Uniform among the matrices with orthonormal rows, or columns where there are fewer."""
    q, r = np.linalg.qr(random.normal(size=(max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return q if rows >= columns else q.T
'''
_UNIT_GAIN = '''
@torch.no_grad()
def unit_gain(activation):
    """The gain that keeps the mean square at 1: 1/√E f(z)² for a standard normal z."""
    z = torch.linspace(-12, 12, 9601, dtype=torch.float64)
    density = torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    values = activation(z.view(SHAPE)).flatten(1)[:, 0]
    square = torch.trapezoid(values.square() * density, z).item()
    return square**-0.5 if 1e-12 < square < math.inf else 1.0
'''
_DRAWN = {
    "he_normal": "random.normal(0, gain / fan_in**0.5, shape)",
    "gain": "random.normal(0, gain / fan_in**0.5, shape)",
    "lecun": "random.normal(0, 1 / fan_in**0.5, shape)",
    "he_uniform": "random.uniform(-bound, bound, shape)",
    "xavier": "random.uniform(-bound, bound, shape)",
    "orthogonal": "orthogonal(random, shape[0], fan_in).reshape(shape)",
}
_BOUNDS = {
    "he_uniform": ["bound = gain * (3 / fan_in) ** 0.5"],
    "xavier": [
        "fan_out = layer.weight[:, 0].numel()",
        "bound = (6 / (fan_in + fan_out)) ** 0.5",
    ],
}


def write(config: TrainingConfig, device: str) -> list[str]:
    """The definitions of ``network`` and of what it needs."""
    parts = architecture(config, config.described())
    found = []
    if config.amp:
        found.append(_low("Linear", "F.linear(x, weight, bias)"))
    if config.amp and "cnn" in config.network:
        found.append(_low("Conv2d", "F.conv2d(x, weight, bias, self.stride, self.padding)"))
    if any(isinstance(part, Residual) for part in parts):
        found.append(_SKIP)
    if config.dropout:
        found.append(_DROPOUT.replace("DEVICE", '"cuda"' if device == "cuda" else ""))
    if config.init == "orthogonal":
        found.append(_ORTHOGONAL)
    if config.init == "gain":
        shape = "-1, 1, 1, 1" if "cnn" in config.network else "-1, 1"
        found.append(_UNIT_GAIN.replace("SHAPE", shape))
    return [*found, _layers(config, parts), _weights(config)]


def _low(layer: str, call: str) -> str:
    return _LOW.replace("LAYER", layer).replace("CALL", call)


def _layers(config: TrainingConfig, parts: tuple[Part, ...]) -> str:
    *hidden, last = weighted(parts)
    first = hidden[0]
    convolves = isinstance(first, Convolution)
    shapes = [
        (each.inputs, each.outputs, each.stride)
        if isinstance(each, Convolution)
        else (each.inputs, each.outputs)
        for each in hidden
    ]
    runs = [(shape, len(list(same))) for shape, same in groupby(shapes)]
    listed = ", ".join(f"{s}" if n == 1 else f"*{n} * [{s}]" for s, n in runs)
    names = "inputs, outputs, stride" if convolves else "inputs, outputs"
    prefix = "" if config.amp else "nn."
    body = [
        f"{prefix}Conv2d(inputs, outputs, 3, stride, padding=1)"
        if convolves
        else f"{prefix}Linear(inputs, outputs)"
    ]
    norm = next((part for part in flat(parts) if isinstance(part, Normalisation)), None)
    if norm is not None:
        kind = "GroupNorm(1, " if norm.kind == "layer" else f"BatchNorm{2 if convolves else 1}d("
        body.append(f"nn.{kind}outputs)")
    body.append("activation")
    if any(isinstance(part, Dropout) for part in flat(parts)):
        body.append(f"Dropout({config.dropout!r}, seed, number)")
    residual = any(isinstance(part, Residual) for part in parts)
    added = "layers += [Skip(*body)] if number else body" if residual else "layers += body"
    numbered = residual or bool(config.dropout)
    each = f"({names}), activation"
    pairs = "zip(SHAPES, activations)"
    loop = f"number, ({each}) in enumerate({pairs})" if numbered else f"{each} in {pairs}"
    assert isinstance(last, Affine)
    output = f"{prefix}Linear({last.inputs}, {last.outputs})"
    what = f"# The hidden {'convolutions' if convolves else 'layers'}: {names}."
    return "\n".join(
        [
            f"LINEAR = {'nn.Linear | nn.Conv2d' if convolves else 'nn.Linear'}",
            what,
            f"SHAPES = [{listed}]",
            "",
            "",
            "def network(activations, seed):",
            f'    """A network of {parameter_count(parts)} weights, as the seed draws them."""',
            "    layers = []",
            f"    for {loop}:",
            *(
                [f"        layers += [{', '.join(body)}]"]
                if not residual and len(body) < 4
                else [
                    "        body = [",
                    *(f"            {line}," for line in body),
                    "        ]",
                    f"        {added}",
                ]
            ),
            *(["    layers.append(nn.Flatten())"] if convolves else []),
            f"    net = nn.Sequential(*layers, {output})",
            *(
                ["    draw(net, seed, [unit_gain(each) for each in activations])"]
                if config.init == "gain"
                else ["    draw(net, seed)"]
            ),
            "    return net",
        ]
    )


def _weights(config: TrainingConfig) -> str:
    given = config.init == "gain"
    gains = config.init in ("he_normal", "he_uniform", "gain")
    scale = "" if config.init_scale == 1 else f"{config.init_scale!r} * "
    of_last = "0 if layer is layers[-1] else " if config.init_bias else ""
    drawn = f"{scale}{_DRAWN[config.init]}"
    last = ["gain = 1 if layer is layers[-1] else 2**0.5"] if gains and not given else []
    return "\n".join(
        [
            "@torch.no_grad()",
            f"def draw(net, seed{', gains' if given else ''}):",
            f'    """Draw the initial weights: {config.init.replace("_", " ")}."""',
            "    random = np.random.default_rng([SEED, 1 + seed])",
            "    layers = [each for each in net.modules() if isinstance(each, LINEAR)]",
            *(
                ["    for layer, gain in zip(layers, [*gains, 1]):"]
                if given
                else ["    for layer in layers:"]
            ),
            "        shape, fan_in = layer.weight.shape, layer.weight[0].numel()",
            *(f"        {line}" for line in [*last, *_BOUNDS.get(config.init, [])]),
            f"        layer.weight.copy_(torch.tensor({drawn}))",
            f"        layer.bias.fill_({of_last}{config.init_bias or 0!r})",
        ]
    )
