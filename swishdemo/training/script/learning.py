"""How a run learns, and what it tells at its end, as lines of its script."""

from __future__ import annotations

from collections.abc import Sequence

from swishdemo.training.architecture import outputs
from swishdemo.training.config import TrainingConfig, report_steps, starts
from swishdemo.training.script.activation import Written, quoted

_BATCHES = '''
def batches():
    """Numbers of samples, a batch at a time; each epoch is a new permutation."""
    random = np.random.default_rng([SEED, 0])
    while True:
        order = random.permutation(len(train_x))
        for first in range(0, len(order) - BATCH + 1, BATCH):
            yield torch.tensor(order[first : first + BATCH])
'''

_COMPARE = '''
# The test losses of the run; None where a network diverged.
RUN = [LOSSES]


def apart(found, run):
    """How far a network's test loss is from the run's, as a share of it."""
    if run is None or "test_loss" not in found:
        return 0.0 if run is None and "diverged" in found else math.inf
    return abs(found["test_loss"] - run) / max(abs(run), 1e-12)


shares = [apart(found, run) for found, run in zip(FOUND, RUN)]
near = sum(share <= 1e-3 for share in shares)
print(
    f"{near} of {len(shares)} networks have the run's test loss to 0.1 %; "
    f"the farthest is {100 * max(shares):.2g} % off.",
    file=sys.stderr,
)
'''


def write(config: TrainingConfig, written: Written, steps: int) -> list[str]:
    """The definitions of ``learn`` and ``evaluate``, and the loop over all replicas."""
    constants = [f"STEPS, BATCH, LR = {steps}, {config.batch}, {config.lr!r}"]
    return [
        "\n".join(constants),
        _BATCHES,
        *([_groups(config, written)] if _has_groups(config, written) else []),
        _train(config, written, steps),
        _test(config),
        _replicas(config, written),
    ]


def compare(test_loss: Sequence[float | None]) -> str:
    """Lines that say how far the networks are from those of the run, whose test losses are given.

    Args:
        test_loss: Of each replica at the end; None where it has diverged.
    """
    listed = ", ".join("None" if loss is None else f"{loss:.7g}" for loss in test_loss)
    return _COMPARE.replace("LOSSES", listed)


def _has_groups(config: TrainingConfig, written: Written) -> bool:
    decays = config.weight_decay > 0 or (config.beta_decay > 0 and bool(written.learned))
    return decays or (bool(written.learned) and config.beta_lr_factor != 1)


def _groups(config: TrainingConfig, written: Written) -> str:
    lines = [
        "def groups(net, activations):",
        '    """Weights, all else, and what activations learn: each with its decay and rate."""',
        "    weights = [each.weight for each in net.modules() if isinstance(each, LINEAR)]",
        "    own = [p for p in nn.ModuleList(activations).parameters() if p.requires_grad]",
        "    others = [p for p in net.parameters() if id(p) not in map(id, weights + own)]",
        "    return [",
        f'        {{"params": weights, "weight_decay": {config.weight_decay!r}}},',
        '        {"params": others},',
    ]
    if not written.learned:
        lines[3:5] = ["    others = [p for p in net.parameters() if id(p) not in map(id, weights)]"]
        return "\n".join([*lines, "    ]"]).replace("net, activations", "net")
    rate = f', "lr": LR * {config.beta_lr_factor!r}' if config.beta_lr_factor != 1 else ""
    own = f'        {{"params": own{rate}, "weight_decay": {config.beta_decay!r}}},'
    return "\n".join([*lines, own, "    ]"])


def _optimiser(config: TrainingConfig) -> str:
    """What makes the optimiser of ``parameters``."""
    name = {"adam": "Adam", "adamw": "AdamW"}.get(config.optimiser, "SGD")
    given = ["parameters", "LR"]
    if config.optimiser in ("momentum", "nesterov"):
        given.append(f"momentum={config.momentum!r}")
    if config.optimiser == "nesterov":
        given.append("nesterov=True")
    if config.optimiser == "adamw":
        given.append("weight_decay=0")  # else its own default
    return f"torch.optim.{name}({', '.join(given)})"


def _factor(config: TrainingConfig) -> str | None:
    """What the rates are multiplied by, as an expression of ``step``."""
    return {
        "cosine": f"(1 + math.cos(math.pi * step / {config.steps})) / 2",
        "step": f"0.1 ** ((2 * step >= {config.steps}) + (4 * step >= 3 * {config.steps}))",
        "warmup": f"min(1, (step + 1) / {max(1, config.steps // 10)})",
    }.get(config.schedule)


def _loss(config: TrainingConfig, part: str, rows: str = "") -> str:
    if config.objective == "cross-entropy":
        return f"F.cross_entropy({{}}, {part}_y{rows})"
    target = "y" if config.described().task == "regression" else "t"
    return f"F.mse_loss({{}}, {part}_{target}{rows})"


def _train(config: TrainingConfig, written: Written, steps: int) -> str:
    factor = _factor(config)
    grouped = _has_groups(config, written)
    given = "net, activations" if grouped and written.learned else "net"
    loss = _loss(config, "train", "[rows]").format("net(train_x[rows])")
    before = max(step for step in report_steps(config.steps) if step < steps)
    return "\n".join(
        [
            f"def learn({given}):",
            '    """Train; the mean loss of the last batches, or the step of a divergence."""',
            f"    parameters = {f'groups({given})' if grouped else 'net.parameters()'}",
            f"    optimiser = {_optimiser(config)}",
            *(
                [
                    "    schedule = torch.optim.lr_scheduler.LambdaLR(",
                    f"        optimiser, lambda step: {factor}",
                    "    )",
                ]
                if factor
                else []
            ),
            "    losses = []",
            "    for step, rows in zip(range(STEPS), batches()):",
            f"        loss = {loss}",
            "        if not loss.item() <= 1e6:",
            '            return {"diverged": step + 1}',
            "        losses.append(loss.item())",
            "        optimiser.zero_grad()",
            "        loss.backward()",
            *(
                [f"        nn.utils.clip_grad_norm_(net.parameters(), {config.clip!r})"]
                if config.clip
                else []
            ),
            "        optimiser.step()",
            *(["        schedule.step()"] if factor else []),
            f'    return {{"loss": float(np.mean(losses[-{steps - before}:]))}}',
        ]
    )


def _test(config: TrainingConfig) -> str:
    dataset = config.described()
    if dataset.task == "regression":
        accuracy = "1 - loss / test_y.var(unbiased=False)  # R²"
    else:
        one = outputs(config, dataset) == 1
        answers = "(answers[:, 0] > 0)" if one else "answers.argmax(1)"
        accuracy = f"({answers} == test_y).float().mean()"
    return "\n".join(
        [
            "@torch.no_grad()",
            "def evaluate(net):",
            '    """Loss and accuracy on the test set."""',
            "    answers = net.eval()(test_x)",
            f"    loss = {_loss(config, 'test').format('answers')}",
            f"    accuracy = {accuracy}",
            '    return {"test_loss": loss.item(), "accuracy": accuracy.item()}',
        ]
    )


def _replicas(config: TrainingConfig, written: Written) -> str:
    listed = [
        "REPLICAS = [",
        f"    ({quoted(written.main)}, beta, seed)",
        f"    for beta in [{', '.join(map(repr, starts(config)))}]",
        f"    for seed in range({config.seeds})",
        "]",
    ]
    if written.rivals:
        listed += [
            "REPLICAS += [",
            "    (name, None, seed)",
            f"    for name in [{', '.join(map(quoted, written.rivals))}]",
            f"    for seed in range({config.seeds})",
            "]",
        ]
    given = "net, activations" if _has_groups(config, written) and written.learned else "net"
    names = ", ".join(map(quoted, written.learned))
    learned = [
        f"    for learned in [{names}]:",
        "        values = [getattr(each, learned, None) for each in activations]",
        "        found[learned] = [v.mean().item() for v in values if isinstance(v, torch.Tensor)]",
    ]
    return "\n".join(
        [
            *listed,
            "FOUND = []",
            "for name, beta, seed in REPLICAS:",
            "    activations = ACTIVATIONS[name](beta)",
            "    net = network(activations, seed)",
            '    found = {"activation": name, "beta_start": beta, "seed": seed}',
            f"    found |= learn({given})",
            '    if "diverged" not in found:',
            "        found |= evaluate(net)",
            *(learned if written.learned else []),
            "    FOUND.append(found)",
            "    print(json.dumps(found), flush=True)",
        ]
    )
