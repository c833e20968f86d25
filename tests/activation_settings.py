"""At which parameters the records are tested: one place for all targets."""

from swishdemo.activations import Activation

BETAS = (1.0, 0.0, -1.0, 0.1, 1.702, 10.0, -10.0)
# Records whose formula is a number for every value of their parameters.
ENTIRE = {
    *("elu", "leaky_relu", "prelu", "rrelu", "threshold", "star_relu", "e_swish", "acon_c"),
    *("flatten_t_swish", "hardshrink", "softshrink", "sine", "sinlu"),
}


def settings(activation: Activation) -> list[dict[str, float]]:
    """The defaults, and each parameter alone at other values, within the slider's range or not."""
    if activation.name == "swish":
        return [{"beta": beta} for beta in BETAS]
    found = [activation.defaults()]
    for parameter in activation.parameters:
        low, width = parameter.low, parameter.high - parameter.low
        inside = [low + 0.05 * width, low + 0.37 * width]
        values = [0.0, -1.37, inside[1]] if activation.name in ENTIRE else inside
        if activation.family == "shrinkage":
            values = values[1:]  # at 0 the pieces leave one point between them
        if len(activation.parameters) > 2:
            values = values[1:2]  # the others' zeros and signs are tried with them
        found += [{**activation.defaults(), parameter.name: value} for value in values]
    return found
