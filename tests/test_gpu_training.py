"""Training on a CUDA device: `python -m pytest -m gpu`. The pretended one runs the same checks."""

import gpu_training
import pytest
import torch

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"),
]


def check(found):
    assert found["graph"] is True, found["why"]
    assert found["plain"] is False
    assert found["repeats"], "the same run has other numbers the second time"
    assert found["to calls"] <= 1e-5  # the same kernels, whose products may be cut otherwise
    assert found["to the CPU"] <= 1e-2


@pytest.mark.parametrize("name", gpu_training.RECIPES)
def test_every_recipe_by_graphs_is_the_recipe_call_by_call(name):
    check(gpu_training.compared(name, 60))


def test_a_run_gives_its_memory_back():
    assert gpu_training.kept_memory() == 0


def test_a_run_that_was_left_goes_on():
    assert gpu_training.continued() <= 1e-5
