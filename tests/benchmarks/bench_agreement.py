"""Do verdicts agree if checked with other seeds? ``bench_agreement.py [TIMES] [CLAIM …]``

Runs each trained check of the article TIMES over (5), each time with other weights, batches and
splits, and prints its verdicts, those of its settings, and the share of pairs of checks that agree.
Nothing is timed: other work beside does no harm.
"""

import sys
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from swishdemo.claims.documents.article import CLAIMS
from swishdemo.claims.trained import Trained
from swishdemo.settings import Settings
from swishdemo.training.run import sweep
from swishdemo.training.sweep import SweepRequest
from swishdemo.training.sweep_results import SweepRow

APART = 1000
"""Between the seeds of two checks."""
AXIS = "seed+data_seed"

PARTS = {
    f"{claim.id}.{part.name}": part
    for claim in CLAIMS
    for part in claim.parts
    if isinstance(part, Trained)
}


def checked(task: tuple[str, int]) -> tuple[str, int, str, list[str]]:
    """A part's verdict and those of its settings, with the seeds of check ``number``."""
    name, number = task
    part = PARTS[name]
    asked = part.request(Settings())
    seeds = asked["grid"][AXIS]
    asked["grid"][AXIS] = [[seed + APART * number for seed in pair] for pair in seeds]
    request = SweepRequest.parse(asked, Settings())
    rows = [item.as_json() for item in sweep(request) if isinstance(item, SweepRow)]
    evidence = part.evidence(request.as_json(), rows)
    assert evidence is not None
    return name, number, part.judge(evidence).verdict, [each[0] for each in part.rows(evidence)]


def agreement(verdicts: list[str]) -> float:
    """The share of pairs that are the same."""
    pairs = list(combinations(verdicts, 2))
    return sum(one == other for one, other in pairs) / len(pairs)


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    # How long a training takes says nothing where others run beside it.
    wanted = [
        name
        for name in PARTS
        if name != "amp.time" and (not sys.argv[2:] or name.split(".")[0] in sys.argv[2:])
    ]
    found: dict[str, list[str]] = {name: [] for name in wanted}
    settings: dict[str, list[list[str]]] = {name: [] for name in wanted}
    tasks = [(name, number) for number in range(times) for name in wanted]
    with get_context("spawn").Pool(2) as pool:
        for name, _, verdict, each in pool.imap_unordered(checked, tasks):
            found[name].append(verdict)
            settings[name].append(each)
    for name, verdicts in found.items():
        print(f"{name:22} {agreement(verdicts):4.0%}  {', '.join(sorted(verdicts))}")
        for setting, seen in zip(
            PARTS[name].settings, zip(*settings[name], strict=True), strict=True
        ):
            print(f"    {setting.where:38} {agreement(list(seen)):4.0%}  {', '.join(sorted(seen))}")
    whole = sum(map(agreement, found.values())) / len(found)
    print(f"all verdicts: {whole:.0%} of pairs agree")


if __name__ == "__main__":
    main()
