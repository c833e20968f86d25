"""The pretended CUDA device refuses what a GPU refuses, and counts what it does."""

import pretended_cuda
import pytest
import torch


def test_a_machine_without_a_compiler_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.fail.Exception, match="apt-get install g"):
        pretended_cuda._build(tmp_path / "device.cpp", tmp_path / "device.so", tmp_path)


def test_it_takes_no_build_of_pytorch_that_has_devices_of_its_own(request, monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", "12.9")
    build = pretended_cuda.pretended_library.__wrapped__
    with pytest.raises(pytest.skip.Exception, match="CPU build"):
        build(request)


def refusals():
    import torch

    x, host = torch.ones(3, device="cuda"), torch.ones(3)
    tried = {
        "mixed": lambda: x + host,
        "mixed out": lambda: torch.mul(host, 2.0, out=x),
        "numpy": x.numpy,
        "generator": lambda: x.bernoulli_(0.5, generator=torch.Generator()),
        "varying": lambda: torch.histc(x, 4, 0, 1),
    }
    torch.set_deterministic_debug_mode("error")
    found = {}
    for name, call in tried.items():
        try:
            found[name] = str(call())
        except (RuntimeError, TypeError) as error:
            found[name] = str(error)
    return found


def test_it_refuses_what_a_gpu_refuses(pretended):
    found = pretended(refusals)
    assert "two devices, cuda:0 and cpu" in found["mixed"]
    assert "two devices, cuda:0 and cpu" in found["mixed out"]
    assert "can't convert cuda:0" in found["numpy"]
    assert "'cuda' device type for generator" in found["generator"]
    assert "deterministic" in found["varying"]


def counts():
    import torch
    from pretended_cuda import card

    x = torch.ones(4, 3, device="cuda")
    card.forget_counts()
    y = x.t()[1:].reshape(8)  # this copies
    y.mul_(2.0).sum()
    launched = card.counted()
    y.sum().item()
    y.cpu()
    y + torch.tensor(1.0)  # a number of the host's is no copy
    y.copy_(torch.ones(8))
    torch.empty(0, device="cuda").add_(1)
    return launched, card.counted()


def test_it_counts_kernels_and_no_views_copies_and_synchronisations(pretended):
    launched, found = pretended(counts)
    assert launched.kernels == 3 and launched.synchronisations == 0
    assert launched.launches.keys() == {"aten::copy_", "aten::mul", "aten::sum"}
    assert (found.synchronisations, found.from_host) == (2, 1)
    assert found.kernels == 5  # and sum, add


def graphs():
    import torch
    from pretended_cuda import card

    def step():
        x.mul_(2.0)
        kept.copy_(x.exp().sum(0, keepdim=True))  # exp has memory of its own
        drawn.bernoulli_(0.5, generator=random)

    x, kept, drawn = torch.ones(3, device="cuda"), torch.zeros(1, device="cuda"), None
    drawn = torch.zeros(16, device="cuda")
    random = torch.Generator("cuda").manual_seed(1)
    graph = torch.cuda.CUDAGraph()
    graph.register_generator_state(random)
    card.forget_counts()
    with torch.cuda.graph(graph):
        step()
    untouched = x.tolist() + kept.tolist() + drawn.tolist()
    graph.replay()
    first = x.tolist(), kept.item(), drawn.tolist()
    graph.replay()
    both = card.counted()
    second = x.tolist(), kept.item(), drawn.tolist()
    x.fill_(1.0)
    random.manual_seed(1)
    step()
    eager_first = x.tolist(), kept.item(), drawn.tolist()
    step()
    return untouched, first, second, eager_first, (x.tolist(), kept.item(), drawn.tolist()), both


def test_a_graph_runs_at_its_replays_alone_and_as_eager_calls_do(pretended):
    untouched, first, second, eager_first, eager_second, found = pretended(graphs)
    assert untouched == [1.0] * 3 + [0.0] * 17
    assert (first, second) == (eager_first, eager_second)
    assert first[2] != second[2]
    assert (found.replays, found.captured, found.kernels) == (2, 5, 0)


def captures():
    import torch

    x = torch.ones(3, device="cuda")
    random = torch.Generator("cuda")
    tried = {
        "item": lambda: x.sum().item(),
        "cpu": x.cpu,
        "from the host": lambda: x.copy_(torch.ones(3)),
        "new from the host": lambda: torch.tensor([1.0], device="cuda"),
        "synchronise": torch.cuda.synchronize,
        "mask": lambda: x[x > 0],
        "generator": lambda: x.bernoulli_(0.5, generator=random),
    }
    found = {}
    try:
        torch.cuda.CUDAGraph().capture_begin()
    except RuntimeError as error:
        found["default stream"] = str(error)
    for name, call in tried.items():
        try:
            with torch.cuda.graph(torch.cuda.CUDAGraph()):
                call()
            found[name] = "captured"
        except RuntimeError as error:
            found[name] = str(error)
        found[f"{name}, then"] = (x * 1).sum().item()  # the device goes on
    return found


def test_a_capture_refuses_to_synchronise_and_to_copy_from_the_host(pretended):
    found = pretended(captures)
    assert "non-default stream" in found.pop("default stream")
    refused = {name: said for name, said in found.items() if "then" not in name}
    assert len(refused) == 7 and not any(said == "captured" for said in refused.values())
    assert all("capture" in said or "capturing" in said for said in refused.values())
    assert {found[f"{name}, then"] for name in refused} == {3.0}


def traces():
    import torch
    from pretended_cuda import card

    x, other = torch.ones(3, device="cuda"), torch.ones(3, device="cuda")
    found = []
    for place in (x, x, other):
        with card.traced() as lines:
            place.add_(torch.exp(place))
        found.append(lines)
    return found


def test_two_steps_on_the_same_memory_have_the_same_trace(pretended):
    first, second, other = pretended(traces)
    assert len(first) == 2 and first == second != other


def faults():
    import torch
    from pretended_cuda import card

    found = []
    card.set_memory(2**20)
    kept = torch.zeros(2**16, device="cuda")
    try:
        torch.zeros(2**18, device="cuda")
    except torch.OutOfMemoryError as error:
        found.append(str(error))
    free, total = torch.cuda.mem_get_info()
    card.fail()
    for call in (lambda: kept + 1, lambda: kept.sum().item(), torch.cuda.synchronize):
        try:
            call()
        except torch.AcceleratorError as error:
            found.append(str(error))
    return free, total, found


def test_its_memory_ends_and_its_context_may_die(pretended):
    free, total, (lack, *dead) = pretended(faults)
    assert (free, total) == (3 * 2**18, 2**20)
    assert "CUDA out of memory. Tried to allocate 1 MiB" in lack
    assert len(dead) == 3 and all("illegal memory access" in said for said in dead)


def timed():
    import torch

    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    end.record()
    try:
        start.elapsed_time(end)
        early = "told"
    except RuntimeError as error:
        early = str(error)
    torch.cuda.synchronize()
    return early, start.elapsed_time(end) >= 0


def test_an_event_tells_its_time_to_those_who_waited_for_it(pretended):
    early, told = pretended(timed)
    assert "not ready" in early and told


def streams_after_a_failed_capture():
    import torch

    for _ in range(3):
        graph, left = torch.cuda.CUDAGraph(), [torch.Generator("cuda") for _ in range(50)]
        for generator in left:
            graph.register_generator_state(generator)
        try:
            with torch.cuda.graph(graph):
                torch.ones(1, device="cuda").item()
        except RuntimeError:
            pass
        try:
            torch.ones(1, device="cuda").bernoulli_(0.5, generator=left[0])
        except RuntimeError as error:
            said = str(error)
        del graph, left, generator
        for new in [torch.Generator("cuda") for _ in range(50)]:
            torch.ones(1, device="cuda").bernoulli_(0.5, generator=new)
    return said


def test_generators_of_a_failed_capture_stay_in_it_and_new_ones_do_not(pretended):
    assert "outside graph capture" in pretended(streams_after_a_failed_capture)
