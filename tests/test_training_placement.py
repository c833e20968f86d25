"""Where a run is computed: launches against arithmetic, by stated costs, and said in words."""

import pytest
from test_training_cuda import LAUNCHES

from swishdemo.errors import UserError
from swishdemo.jobs.job import Job
from swishdemo.text import LANGUAGES, Sentence
from swishdemo.training import Report, TrainingConfig
from swishdemo.training.config import replicas
from swishdemo.training.placement import StepCosts, Work, place, work_of
from swishdemo.training.recipes import recipes
from swishdemo.training.run import choose, train
from swishdemo.ui.run_text import line, placed

CONFIGS = {recipe.name: recipe.config for recipe in recipes()}
SPIRAL, WIDE = CONFIGS["playground-spiral"], CONFIGS["beta-convergence"]


@pytest.mark.parametrize("name", LAUNCHES)
def test_the_kernels_of_a_step_are_known_before_it_is_taken(name):
    assert work_of(CONFIGS[name]).kernels == pytest.approx(LAUNCHES[name], rel=0.05)


def test_without_a_graph_the_spiral_stays_on_the_cpu_and_a_wide_ensemble_does_not():
    assert len(replicas(WIDE)) >= 48
    for graph, device in ((False, "cpu"), (True, "cuda")):
        assert place(SPIRAL, gpu=True, graph=graph).device == device
    for graph in (False, True):
        assert place(WIDE, gpu=True, graph=graph).device == "cuda"


def test_the_costs_decide():
    free = StepCosts(0, 0, 0, 0, 0, 0, 0)
    assert place(WIDE, gpu=True, costs=free).device == "cpu"  # nothing is won there
    work = work_of(SPIRAL)
    for changed, graph, device in (
        ({"launch": 1e-6, "call": 2e-6}, False, "cuda"),
        ({"launch": 3e-6, "call": 2e-6}, False, "cpu"),
        ({"launch": 3e-6, "call": 2e-6}, True, "cuda"),  # one launch
        ({"launch": 3e-6, "call": 2e-6, "node": 2.5e-6}, True, "cpu"),
        ({"launch": 2.1e-6 * work.kernels, "call": 2e-6}, True, "cpu"),
        ({"cpu_product": 2e-9, "gpu_product": 1e-9}, False, "cuda"),
        ({"cpu_product": 1e-9, "gpu_product": 2e-9}, False, "cpu"),
        ({"cpu_number": 2e-9, "gpu_number": 1e-9}, True, "cuda"),
        ({"cpu_number": 1e-9, "gpu_number": 2e-9}, True, "cpu"),
    ):
        costs = StepCosts(**(dict.fromkeys(StepCosts.__slots__, 0.0) | changed))
        assert place(SPIRAL, gpu=True, graph=graph, costs=costs).device == device, changed


def test_a_launch_is_hidden_by_what_the_gpu_still_computes():
    costs = StepCosts(launch=1.0, node=0.0, call=0.0, gpu_product=1.0, gpu_number=0.0)
    assert Work(10, 5, 0).on_gpu(False, costs) == 10
    assert Work(10, 50, 0).on_gpu(False, costs) == 50
    assert Work(10, 5, 0).on_gpu(True, costs) == 5


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_field_overrules(device):
    for config in (SPIRAL, WIDE):
        found = place(config.replace(device=device), gpu=True)
        assert (found.device, found.why.key) == (device, "train.place.asked")


def test_without_a_gpu_it_is_the_cpu(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    found = choose(WIDE)
    assert (found.device, found.why.key) == ("cpu", "train.place.no_gpu")
    with pytest.raises(UserError, match="no CUDA device"):
        choose(WIDE.replace(device="cuda"))
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert choose(WIDE).device == "cuda"
    assert choose(SPIRAL, graph=False).device == "cpu"


def test_a_run_tells_it_once():
    told = [item.place for item in train(TrainingConfig(steps=4, seeds=1, device="cpu"))
            if isinstance(item, Report)]  # fmt: skip
    assert [place and place.device for place in told] == ["cpu", None, None, None, None]
    assert Sentence.from_json(told[0].why).key == "train.place.asked"
    assert told[0].graph is None


def reports(why, graph=None, because=None):
    place = {"device": "cuda", "why": why.as_json(), "graph": graph}
    place["graph_why"] = because.as_json() if because else None
    row = {"device": "cuda", "diverged": [None], "step": 3, "ended": "steps"}
    return [
        row | {"place": place | {"graph": None, "graph_why": None}},
        row,
        row | {"place": place},
    ]


def job(state):
    config = TrainingConfig().as_json()
    return Job("j", "run", "someone", config, created_at=0.0, state=state, seconds=2.0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_where_and_why(language):
    chosen = place(WIDE, gpu=True).why
    said = placed(reports(chosen, graph=True), language)
    assert (
        chosen.sentence(language) in said
        and Sentence("train.graph.captured").sentence(language) in said
    )
    failed = Sentence("train.graph.failed", error="operation not permitted")
    for state in ("running", "finished"):
        told = line(job(state), reports(chosen, False, failed), language)
        assert told.endswith(failed.sentence(language)) and chosen.sentence(language) in told
    # Who chose knows why; of a machine without a GPU there is nothing to say.
    assert placed(reports(Sentence("train.place.asked")), language) == ""
    none = Sentence("train.place.no_gpu")
    assert placed(reports(none), language) == ""
    old = [{name: v for name, v in each.items() if name != "place"} for each in reports(none)]
    assert placed(old, language) == ""
