"""Records: ReLU and its kin: pieces that meet in a kink."""

from functools import partial

from swishdemo.activations.record import Activation, Parameter
from swishdemo.activations.records.entry import entry

_rectified = partial(entry, "rectified")

RECORDS: tuple[Activation, ...] = (
    _rectified(
        "relu",
        "ReLU",
        source=(
            2010,
            "Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines, "
            "https://www.cs.toronto.edu/~fritz/absps/reluICML.pdf",
        ),
        line=("#334155", "#cbd5e1", "solid"),
        torch="torch.nn.functional:relu",
    ),
    _rectified(
        "leaky_relu",
        "Leaky ReLU",
        Parameter("slope", 0.01, 0.0, 1.0, "s"),
        source=(
            2013,
            "Maas, Hannun and Ng, Rectifier Nonlinearities Improve Neural Network Acoustic "
            "Models, https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf",
        ),
        line=("#57534e", "#a8a29e", "dash"),
        builtin="torch.nn.functional:leaky_relu",
    ),
    _rectified(
        "prelu",
        "PReLU",
        Parameter("a", 0.25, -1.0, 1.0, "a"),
        source=(
            2015,
            "He, Zhang, Ren and Sun, Delving Deep into Rectifiers, "
            "https://arxiv.org/abs/1502.01852",
        ),
        line=("#475569", "#94a3b8", "dot"),
        torch="swishdemo.activations.forms.rectified:leaky_relu",
        builtin="torch.nn.functional:prelu",
    ),
    _rectified(
        "rrelu",
        "RReLU",
        Parameter("lower", 1 / 8, 0.0, 1.0, "l"),
        Parameter("upper", 1 / 3, 0.0, 1.0, "u"),
        source=(
            2015,
            "Xu, Wang, Chen and Li, Empirical Evaluation of Rectified Activations in "
            "Convolutional Network, https://arxiv.org/abs/1505.00853",
        ),
        line=("#a2419d", "#ca66c3", "solid"),
        builtin="torch.nn.functional:rrelu",
    ),
    _rectified(
        "relu6",
        "ReLU6",
        source=(
            2010,
            "Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10, "
            "https://www.cs.toronto.edu/~kriz/conv-cifar10-aug2010.pdf",
        ),
        line=("#713f12", "#facc15", "dashdot"),
        torch="torch.nn.functional:relu6",
    ),
    _rectified(
        "threshold",
        "Threshold",
        Parameter("theta", 1.0, -3.0, 3.0, r"\theta"),
        Parameter("value", 0.0, -3.0, 3.0, "v"),
        source=(
            2014,
            "Konda, Memisevic and Krueger, Zero-Bias Autoencoders and the Benefits of "
            "Co-Adapting Features, https://arxiv.org/abs/1402.3337",
        ),
        line=("#107c8b", "#8ae5f5", "longdash"),
        builtin="torch.nn.functional:threshold",
    ),
    _rectified(
        "relu_squared",
        "ReLU²",
        source=(
            2021,
            "So et al., Primer: Searching for Efficient Transformers for Language Modeling, "
            "https://arxiv.org/abs/2109.08668",
        ),
        line=("#963ac4", "#bc62ed", "dot"),
    ),
    _rectified(
        "star_relu",
        "StarReLU",
        Parameter("s", 0.8944, 0.0, 2.0, "s"),
        Parameter("b", -0.4472, -1.0, 1.0, "b"),
        source=(
            2022,
            "Yu et al., MetaFormer Baselines for Vision, https://arxiv.org/abs/2210.13452",
        ),
        line=("#314502", "#849c5e", "longdash"),
    ),
)
