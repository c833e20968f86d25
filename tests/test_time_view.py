"""What the Time tab says of a timing: the answer, the table, states, and whose timings it shows."""

import json
import re
from dataclasses import replace

import httpx
import pytest
from api_server import ANNA, idle_lab, serving

from swishdemo.errors import UserError
from swishdemo.formats import dump
from swishdemo.jobs.job import Job
from swishdemo.jobs.records import timing_as_json, timing_as_text
from swishdemo.kernels import libraries
from swishdemo.settings import Toolchain
from swishdemo.text import LANGUAGES, Sentence, catalogue, text
from swishdemo.timing import REGISTRY, HostCard, Measurement, variants
from swishdemo.ui import time_text as words
from swishdemo.ui.time_text import table
from swishdemo.ui.time_view import Look, TimeView

HOST = HostCard.collect(threads=1, torch_simd="AVX2")
CONFIG = {
    "variants": ["relu", "silu", "gelu"],
    "elements": [4096],
    "pass": "both",
    "context": "kernel",
    "network": "mlp",
    "dtype": "float32",
}


def measured(variant, seconds, **more):
    activation = {"silu": "swish", "relu": "relu", "gelu": "gelu"}[variant]
    blank = Measurement(variant, activation, 4096, "float32", "both", "cpu", 1)
    blocks = tuple(seconds * factor for factor in (0.98, 0.98, 0.99, 1.0, 1.01, 1.02, 1.02))
    known = {"block_seconds": blocks, "saved_bytes": 4 * 4096, "max_error": 1e-7}
    return replace(blank, **known | more)


def pair(ratio, **more):
    return [measured("relu", 1e-5, **more), measured("silu", ratio * 1e-5, **more)]


class Jobs:
    """Stands for the manager: jobs with their reports, newest first; counts what is read."""

    def __init__(self):
        self.jobs, self.kept, self.reads = {}, {}, 0

    def add(self, name, measurements, state="finished", visitor="me", host=HOST, **more):
        given = [("HostCard", host.as_json())]
        given += [("Measurement", m.as_json()) for m in measurements]
        self.kept[name] = [(n, {**v, "index": place}) for place, (n, v) in enumerate(given)]
        job = Job(name, "timing", visitor, CONFIG, 1e9, state, reports=len(given), steps=3)
        self.jobs = {name: replace(job, **more), **self.jobs}

    def get(self, name, visitor=None):
        job = self.jobs.get(name)
        if job is None or (visitor is not None and job.visitor != visitor):
            raise UserError("jobs.not_found", status=404, what="job", id=name)
        return job

    readable = get

    def list(self, visitor=None, kind=None):
        assert kind == "timing"
        return [job for job in self.jobs.values() if job.visitor == visitor]

    def reports(self, name, visitor=None, *, after=-1):
        self.reads += 1
        return [(n, v) for n, v in self.kept[name] if v["index"] > after]


@pytest.fixture
def jobs():
    return Jobs()


def drawn(jobs, name=None, **look):
    return TimeView(jobs).answer(name, "", Look(**look), "me")["drawn"]


def test_the_answer_names_what_was_measured_and_no_more(jobs):
    jobs.add("a", pair(1.42))
    sentence, note = drawn(jobs)["answer"]
    assert sentence == (
        "On this host F.silu costs **1.42 ×** ReLU as a kernel."
        " The kernel costs more than the article's 1.15 ×."
    )
    assert (
        "2¹² elements, 95 % interval within one timing 1." in note
        and "float32, CPU, 1 thread, tuned allocator" in note
    )


def test_the_answer_adds_other_contexts_of_this_visitor_measured_alike(jobs):
    step = {"context": "step", "network": "cnn"}
    jobs.add("theirs", pair(9.0, context="layer"), visitor="someone else")
    jobs.add("old", pair(8.0, **step))
    jobs.add("step", pair(1.02, **step))
    jobs.add("double", pair(7.0, context="layer", dtype="float64"))
    jobs.add("elsewhere", pair(6.0, context="layer"), host=replace(HOST, cpu="another"))
    jobs.add("unfinished", pair(5.0, context="layer"), state="stopped")
    jobs.add("kernel", pair(1.42))
    sentence, note = drawn(jobs)["answer"]
    assert sentence == (
        "On this host F.silu costs **1.42 ×** ReLU as a kernel and **1.02 ×** ReLU in a training"
        " step. The kernel costs more than the article's 1.15 ×."
    )
    assert "CNN 8-16" in note


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ([1.3, 1.31, 1.29] * 3, "costs more than the article's"),
        ([1.1, 1.09, 1.11] * 3, "costs less than the article's"),
        ([1.0, 1.4, 1.16] * 3, "Not distinguishable from the article's"),
        ([1.3, 1.31], "The article says about 1.15"),  # too few for an interval
    ],
)
def test_the_answer_says_on_which_side_of_the_article_this_host_falls(jobs, seconds, said):
    base = replace(measured("relu", 1.0), block_seconds=(1.0,) * len(seconds))
    jobs.add("a", [base, replace(measured("silu", 1.0), block_seconds=tuple(seconds))])
    sentence, note = drawn(jobs)["answer"]
    assert said in sentence and "busy" not in note


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_figures_are_called_so(jobs, language):
    jobs.add("a", pair(1.42), state="running")
    sentence, _ = drawn(jobs, language=language)["answer"]
    assert sentence.startswith(catalogue()["time.ui.answer_growing"][language].partition("{")[0])
    assert "1.42" in sentence and "**" not in sentence and "1.15" not in sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_interval_that_says_nothing_is_no_answer(jobs, language):
    wild = (0.2, 6.0, 1.0, 0.3, 5.0, 1.1, 0.25, 4.0, 0.9, 3.0)
    base = replace(measured("relu", 1.0), block_seconds=(1.0,) * 10)
    jobs.add("a", [base, replace(measured("silu", 1.0), block_seconds=wild)])
    sentence, _ = drawn(jobs, language=language)["answer"]
    assert sentence.startswith(catalogue()["time.ui.answer_vague"][language].partition("{")[0])
    low, high = re.findall(r"([0-9]\.[0-9]{2})", sentence)
    assert 2 * float(low) < 1 < float(high)
    assert "1.05" not in sentence and "1.15" not in sentence
    # Nor does it lend its quotient to the answer of another timing.
    jobs.add("b", pair(1.4, context="layer"))
    sentence, _ = drawn(jobs, language=language)["answer"]
    assert "**1.40" in sentence and "1.05" not in sentence


def test_another_timing_of_the_same_that_disagrees_is_told_beside(jobs):
    jobs.add("theirs", pair(9.0), visitor="someone else")
    jobs.add("other size", [replace(m, elements=64) for m in pair(8.0)])
    jobs.add("elsewhere", pair(7.0), host=replace(HOST, cpu="another"))
    jobs.add("first", pair(2.54))
    assert "another timing" not in drawn(jobs)["answer"][1]
    jobs.add("second", pair(4.15))
    for name, other in (("first", "4.15"), ("second", "2.54")):
        note = drawn(jobs, name)["answer"][1]
        assert f"another timing of yours here gave {other} × (" in note and "disagrees" in note


def test_other_timings_of_the_same_that_agree_are_told_with_their_range(jobs):
    for name, quotient in (("a", 1.40), ("b", 1.42), ("c", 1.41)):
        jobs.add(name, pair(quotient))
    assert "other timings of this here (2): 1.40–1.42 ×" in drawn(jobs)["answer"][1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_stopped_timing_did_not_reach_is_not_said_to_have_run(jobs, language):
    jobs.add("a", pair(1.4), state="stopped")
    assert drawn(jobs, language=language)["left_out"] == [
        ["F.gelu", text("time.ui.left_unreached", language)]
    ]
    jobs.add("b", pair(1.4), state="running")
    assert drawn(jobs, language=language)["left_out"] == []


def test_a_busy_host_is_told_under_the_answer(jobs):
    jobs.add("a", pair(1.42), host=replace(HOST, others_busy_cores=1.5))
    assert "kept 1.5 cores busy" in drawn(jobs)["interval"]["doubt"]
    jobs.add("b", pair(1.42))
    assert drawn(jobs)["interval"]["doubt"] is None


@pytest.mark.parametrize(
    ("seconds", "separates"),
    [
        ([1.3, 1.31, 1.29] * 3, True),
        ([1.1, 1.09, 1.11] * 3, True),
        ([1.0, 1.4, 1.16] * 3, False),
        ([0.2, 6.0, 1.0, 0.3, 5.0, 1.1, 0.25, 4.0, 0.9, 3.0], False),
        ([2.0, 60.0, 10.0, 3.0, 50.0, 11.0, 2.5, 40.0, 9.0, 30.0], False),  # vague, and above 1.15
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_quotient_is_bold_only_where_its_interval_separates(jobs, seconds, separates, language):
    base = replace(measured("relu", 1.0), block_seconds=(1.0,) * len(seconds))
    jobs.add("a", [base, replace(measured("silu", 1.0), block_seconds=tuple(seconds))])
    found = drawn(jobs, language=language)
    interval = found["interval"]
    assert interval["separates"] == separates
    assert not (separates and interval["low"] <= 1.15 <= interval["high"])
    assert ("**" in found["answer"][0]) == separates
    assert (interval["doubt"] is None) == separates
    for end in ("low", "value", "high"):
        assert f"{interval[end]:.2f}" in interval["label"]
    # The interval is that of a comparison of pairs, by hand.
    low, value, high = (interval[name] for name in ("low", "value", "high"))
    assert min(seconds) <= low <= value <= high <= max(seconds)


def test_without_an_interval_none_is_drawn(jobs):
    jobs.add("a", pair(1.42), state="running")
    assert drawn(jobs)["interval"] is None
    short = replace(measured("silu", 1.0), block_seconds=(1.3, 1.31))
    jobs.add("b", [replace(measured("relu", 1.0), block_seconds=(1.0, 1.0)), short])
    assert drawn(jobs)["interval"] is None
    jobs.add("c", [m for m in pair(1.4) if m.variant != "relu"])
    assert drawn(jobs)["interval"] is None


@pytest.mark.parametrize("without", ["relu", "silu"])
def test_without_both_sides_there_is_no_ratio(jobs, without):
    jobs.add("a", [m for m in [*pair(1.4), measured("gelu", 2e-5)] if m.variant != without])
    sentence, _ = drawn(jobs)["answer"]
    assert "F.relu" in sentence and "1.15" in sentence and "**" not in sentence


def test_before_the_first_timing(jobs):
    answer = TimeView(jobs).answer(None, "", Look(), "me")
    assert answer["id"] is None and answer["done"] and answer["drawn"]["figures"] == {}


def test_nothing_is_drawn_twice_or_read_twice(jobs):
    jobs.add("a", pair(1.4), state="running")
    view = TimeView(jobs)
    first = view.answer("a", "", Look(), "me")
    reads = jobs.reads
    assert "drawn" not in view.answer("a", first["mark"], Look(), "me")
    assert view.answer("a", "", Look(), "me")["drawn"] is first["drawn"]
    assert jobs.reads == reads
    assert "drawn" in view.answer("a", first["mark"], Look(baseline="silu"), "me")
    jobs.jobs["a"] = replace(jobs.jobs["a"], state="finished")
    assert view.answer("a", first["mark"], Look(), "me")["done"]


def test_later_figures_replace_earlier_ones(jobs):
    jobs.add("a", [*pair(3.0), *pair(1.5)])
    assert [row["cells"][0] for row in drawn(jobs)["table"]["rows"]] == ["F.relu", "F.silu"]
    assert drawn(jobs)["figures"]["bars"]["data"][0]["x"] == pytest.approx([1, 1.5])


def test_only_one_s_own_timings_are_shown(jobs):
    jobs.add("a", pair(1.4), visitor="someone else")
    with pytest.raises(UserError) as refused:
        TimeView(jobs).answer("a", "", Look(), "me")
    assert refused.value.status == 404


def test_the_export_holds_every_measurement(jobs):
    jobs.add("a", pair(1.4))

    def saved(form, baseline, language="en"):
        return timing_as_text(jobs.get("a"), jobs.reports("a"), form, baseline, language)

    told = json.loads(dump(timing_as_json(jobs.get("a"), jobs.reports("a"))))
    assert [Measurement.from_json(m) for m in told["measurements"]] == pair(1.4)
    assert HostCard.from_json(told["host"]) == HOST
    report = saved("markdown", "silu", "zh")
    assert "× F.silu" in report and "处理器" in report
    assert saved("csv", "relu").count("\r\n") == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_left_out_has_its_reason(jobs, language):
    blank = replace(measured("gelu", 1), block_seconds=(), saved_bytes=None)
    gone = replace(blank, unavailable=Sentence("time.unavailable.no_cuda"))
    wrong = replace(blank, variant="mish", gate=Sentence("time.gate.missing", parameter="x"))
    jobs.add("a", [*pair(1.4), gone, wrong])
    left = drawn(jobs, language=language)["left_out"]
    assert [name for name, _ in left] == ["F.gelu", "F.mish"]
    assert left[0][1] == gone.unavailable.sentence(language)
    assert wrong.gate.sentence(language) in left[1][1]


def test_a_timing_that_measured_nothing_has_no_bars(jobs):
    gone = replace(measured("relu", 1), block_seconds=(), gate=Sentence("time.gate.missing"))
    jobs.add("a", [replace(gone, gate=Sentence("time.gate.missing", parameter="x"))])
    found = drawn(jobs)
    assert not any(found["figures"].values()) and found["table"]["rows"] == [] and found["left_out"]


def test_the_table_has_units_and_the_arithmetic_is_right():
    fast = measured("relu", 10e-6, copy_limit_seconds=9e-6, peak_bytes=8 * 4096, build_seconds=0.25)
    slow = measured("silu", 20e-6, copy_limit_seconds=9e-6)
    made = table([slow, fast], ("silu", "relu", "gelu"), "relu", "en", ended=True)
    assert len(made["heads"]) == len(made["rows"][0]["cells"]) == 10
    relu, silu = (row["cells"] for row in made["rows"])
    assert relu[:2] == ["F.relu", "1.00"] and silu[1].startswith("2.00 (")
    assert relu[2] == "10.0 µs ± 0.15"
    # 5 tensors of 4096 float32 in 10 µs are 8.192 GB/s.
    assert relu[3:] == ["8.19", "90 %", "4 B/el.", "8 B/el.", "1.0e−07", "7", "250 ms"]


def test_while_figures_come_every_row_has_its_place():
    fast, gone = measured("relu", 10e-6), measured("gelu", 1, block_seconds=())
    asked = ("silu", "relu", "gelu")
    made = table([fast, gone], asked, "relu", "en", ended=False)
    assert [row["variant"] for row in made["rows"]] == ["silu", "relu"]
    assert made["rows"][0]["cells"] == ["F.silu", "…", *["–"] * 8]
    whole = table([fast, gone, measured("silu", 20e-6)], asked, "relu", "en", ended=False)
    assert [row["variant"] for row in whole["rows"]] == ["silu", "relu"]
    assert [row["variant"] for row in table([fast], asked, "relu", "en", ended=True)["rows"]] == [
        "relu"
    ]


def test_a_layer_s_saved_bytes_are_told_whole():
    layer = measured("relu", 1e-5, context="layer")
    [row] = table([layer], ("relu",), "relu", "en", ended=True)["rows"]
    assert row["cells"][3:6] == ["–", "–", "16 KiB"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("state", "more", "said"),
    [
        ("waiting", {"position": 3, "estimate_seconds": 41.0}, ["3", "41"]),
        ("running", {"seconds": 2.0}, ["1", "3", "2"]),
        ("finished", {"seconds": 6.25}, ["6.2"]),
        ("stopped", {"seconds": 2.1}, ["2.1"]),
        ("stopped", {"reason": Sentence("jobs.time_limit", seconds=900)}, ["900"]),
        ("failed", {"reason": Sentence("jobs.worker_ended", code=3, output="")}, ["3"]),
    ],
)
def test_each_state_has_its_sentence(state, more, said, language):
    job = Job("a", "timing", "me", CONFIG, 0.0, state, steps=3, **more)
    told = words.progress(job, [measured("relu", 1e-3)], language)
    assert all(part in told["line"] for part in said)
    assert told["failed"] == (state == "failed")
    assert told["share"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_being_prepared_is_named(language):
    job = Job("a", "timing", "me", CONFIG, 0.0, "running", steps=3, seconds=9.0)
    first, second, third = (measured(name, 1e-3) for name in CONFIG["variants"])
    label = REGISTRY.get("silu").label(language)
    assert label in words.progress(job, [first], language)["line"]
    assert label not in words.progress(job, [first, second], language)["line"]
    assert label not in words.progress(job, [], language)["line"]
    done = words.progress(job, [first, second, third], language)["line"]
    assert not any(REGISTRY.get(name).label(language) in done for name in CONFIG["variants"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [*REGISTRY.names(), "=x*sigmoid(2*x)"])
def test_building_is_said_of_what_is_built_and_until_it_is_there(
    name, language, tmp_path, monkeypatch
):
    for variable in ("XDG_CACHE_HOME", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setattr(libraries, "PREBUILT", tmp_path / "none")
    monkeypatch.setattr(variants, "missing_cuda", lambda: None)
    monkeypatch.setattr(variants, "missing_compiler", lambda device: None)
    variant = REGISTRY.get(name)
    first = "silu" if name == "relu" else "relu"
    config = {**CONFIG, "variants": [first, name], "device": variant.devices[0]}
    job = Job("a", "timing", "me", config, 0.0, "running", steps=2, seconds=9.0)

    def says(key: str) -> bool:
        line = words.progress(job, [measured(first, 1e-3)], language)["line"]
        told = {"done": 1, "all": 2, "seconds": 9, "label": variant.label(language)}
        return line == text(f"time.ui.state_{key}", language, **told)

    assert says("building" if variant.built or variant.compiled else "preparing")
    tools = Toolchain.read()
    (tmp_path / "fxgraph" / "ab").mkdir(parents=True)
    for recipe in (libraries.recipe("float", tools), libraries.node_recipe(tools)):
        kept = libraries.kept_in(tools) / recipe.file_name
        kept.parent.mkdir(exist_ok=True, parents=True)
        kept.touch()
    assert says("preparing")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    lab = idle_lab(tmp_path_factory.mktemp("data"))
    with serving(lab) as address, httpx.Client(base_url=address, headers=ANNA) as client:
        yield client


@pytest.mark.parametrize(
    "asked",
    [
        {"elements": "x"},
        {"elements": 2.5},
        {"elements": 0},
        {"elements": 10**300},
        {"narrow": "perhaps"},
        {"baseline": "x" * 10_000},
        {"beside": "x" * 65},
        {"mark": "x" * 10_000},
        {"timing": "x" * 65},
    ],
)
def test_a_hostile_look_is_refused(client, asked):
    answer = client.get("/api/timings/view", params=asked)
    assert answer.status_code == 422 and len(answer.text) < 1000
    assert answer.json()["detail"][0]["loc"] == ["query", next(iter(asked))]


@pytest.mark.parametrize("baseline", ["nobody", "", "=x", "="])
def test_a_baseline_that_is_none_is_the_usual_one(jobs, baseline):
    jobs.add("a", pair(1.4), state="running")
    assert drawn(jobs, baseline=baseline)["figures"]["bars"]
    assert drawn(jobs, baseline="nobody") == drawn(jobs)


def test_a_look_is_taken_as_given(client, monkeypatch):
    looks = []

    def answer(view, timing, mark, look, visitor):
        looks.append((timing, mark, look))
        return {"done": False}

    monkeypatch.setattr(TimeView, "answer", answer)
    given = {"baseline": "silu", "elements": 1024, "narrow": True, "beside": "file-x"}
    asked = {"timing": "a", "mark": "m", "lang": "zh"}
    assert client.get("/api/timings/view", params=given | asked).json() == {"done": False}
    assert client.get("/api/timings/view").status_code == 200
    assert looks == [("a", "m", Look("silu", 1024, True, "zh", "file-x")), (None, "", Look())]


def test_a_file_of_another_host_is_laid_beside_by_its_token(client):
    content = json.dumps({"measurements": [m.as_json() for m in pair(2)], "note": '"' * 400_000})
    told = client.post("/api/timings/files", json={"text": content})  # each quote takes two bytes
    assert told.status_code == 201 and told.json()["token"].startswith("file-")
    for content, said in (("<html>", "not JSON"), ("0" * 1_000_001, "larger than 1 MB")):
        refused = client.post("/api/timings/files", json={"text": content})
        assert refused.status_code == 422 and said in refused.json()["detail"][0]["msg"]
    assert client.post("/api/timings/files", json={"text": "0" * 3_000_000}).status_code == 413
    assert client.post("/api/timings/files", json={"text": 3}).status_code == 422
    assert client.post("/api/runs", json={"csv": "0" * 1_000_001}).status_code == 413


def hatched(found):
    traces = found["figures"]["bars"]["data"]
    return next((trace["x"] for trace in traces if trace.get("name") == "beside"), None)


def test_another_timing_of_one_s_own_is_laid_beside(jobs):
    jobs.add("other", pair(2.5))
    jobs.jobs["other"] = replace(jobs.jobs["other"], name="plain allocator")
    jobs.add("a", pair(1.4))
    found = drawn(jobs, "a", beside="other")
    assert hatched(found) == pytest.approx([1, 2.5])
    assert found["beside"][0] == "plain allocator" and "hatched" in found["beside"][1]
    assert found["table"]["heads"][3][0] == "plain allocator"
    assert [row["cells"][3] for row in found["table"]["rows"]] == [
        "1.00 · 10.0 µs", "2.50 · 25.0 µs",
    ]  # fmt: skip
    assert hatched(drawn(jobs, "a")) is None


def test_another_host_s_file_is_laid_beside_and_kept_for_its_visitor_alone(jobs):
    jobs.add("a", pair(1.4))
    theirs = [
        replace(m, threads=8, variant=m.variant.replace("silu", "their_kernel")) for m in pair(3)
    ]
    host = replace(HOST, cpu="Another CPU", torch="9.9")
    content = json.dumps({"host": host.as_json(), "measurements": [m.as_json() for m in theirs]})
    view = TimeView(jobs)
    token = view.lay(content, "me")
    answer = view.answer("a", "", Look(beside=token), "me")
    assert answer["files"] == [[token, "Another CPU"]]
    found = answer["drawn"]
    assert hatched(found) == pytest.approx([1, 3])
    assert found["beside"][0] == "Another CPU"
    assert "8 threads" in found["beside"][1] and "torch 9.9" in found["beside"][1]
    assert [row["cells"][0] for row in found["table"]["rows"]][-1] == "their_kernel"

    jobs.add("b", pair(1.4), visitor="you")
    other = view.answer("b", "", Look(beside=token), "you")
    assert "beside_gone" in other and other["files"] == [] and hatched(other["drawn"]) is None
    for _ in range(4):
        view.lay(content, "me")
    assert "beside_gone" in view.answer("a", "", Look(beside=token), "me")  # the oldest went


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_be_laid_beside_is_told(jobs, language):
    jobs.add("layer", pair(2.5, context="layer"))
    jobs.add("alone", pair(2.5)[1:])
    jobs.add("running", pair(2.5), state="running")
    jobs.add("theirs", pair(2.5), visitor="someone else")
    jobs.add("a", pair(1.4))
    view = TimeView(jobs)

    def laid(other):
        return view.answer("a", "", Look(beside=other, language=language), "me")

    for other in ("layer", "alone"):
        found = laid(other)["drawn"]
        assert hatched(found) is None and found["beside"][1]
    for other in ("running", "theirs", "file-unknown", "nobody"):
        answer = laid(other)
        assert answer["beside_gone"] and answer["drawn"]["beside"] is None


def test_ratios_beside_are_of_the_nearest_setting(jobs):
    mixed = [replace(m, threads=4) for m in pair(9.0)] + pair(2.0)
    token_of = {"measurements": [m.as_json() for m in mixed]}
    jobs.add("a", pair(1.4))
    view = TimeView(jobs)
    token = view.lay(json.dumps(token_of), "me")
    assert hatched(view.answer("a", "", Look(beside=token), "me")["drawn"]) == pytest.approx([1, 2])


def test_a_step_has_its_parts_and_several_sizes_have_lines_and_a_roofline(jobs):
    spent = {"forward": 1e-6, "backward": 2e-6, "update": 1e-6}
    jobs.add("step", pair(1.1, context="step", network="cnn", part_seconds=spent))
    figures = drawn(jobs)["figures"]
    assert figures["steps"] and not figures["sizes"] and not figures["roofline"]
    large = [replace(m, elements=2**14) for m in pair(1.3)]
    jobs.add("sizes", [*pair(1.4), *large])
    figures = drawn(jobs)["figures"]
    assert figures["sizes"] and figures["roofline"] and figures["memory"] and not figures["steps"]


def test_the_plain_allocator_is_named_with_the_figures(jobs):
    jobs.add("a", pair(1.4, allocator="plain"))
    assert "plain allocator" in drawn(jobs)["answer"][1]
