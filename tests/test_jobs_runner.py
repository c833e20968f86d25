"""The contract of a runner, held by every runner that there is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_work import FakeConfig
from visiting import eventually

from swishdemo.jobs.job import (
    Attached,
    Failed,
    Finished,
    Item,
    Message,
    Paused,
    RunnerError,
    Stopped,
    Task,
)
from swishdemo.jobs.process import ProcessHandle, ProcessRunner
from swishdemo.settings import Settings
from swishdemo.text import Sentence
from swishdemo.ticks import Tick

WORK = "fake_work:work"


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner(Settings(), grace_seconds=60.0)
    yield runner
    runner.close()


def collect(handle: ProcessHandle) -> list[Message]:
    """All messages but ticks, up to and with the ending."""
    found: list[Message] = []
    while not (found and isinstance(found[-1], Finished | Stopped | Failed)):
        message = handle.receive(90)
        assert message is not None, "the handle fell silent"
        if not isinstance(message, Tick):
            found.append(message)
    handle.close()
    return found


def ending(runner: ProcessRunner, mode: str, work: str = WORK) -> Message:
    return collect(runner.start(work, FakeConfig(steps=1, mode=mode)))[-1]


def test_the_same_seed_gives_the_same_reports(runner: ProcessRunner) -> None:
    first = collect(runner.start(WORK, FakeConfig(seed=3)))
    again = collect(runner.start(WORK, FakeConfig(seed=3)))
    other = collect(runner.start(WORK, FakeConfig(seed=4)))
    assert first == again != other
    assert [m.value["index"] for m in first if isinstance(m, Item)] == [0, 1, 2, 3, 4]
    assert first[-1] == Finished()


def test_a_worker_is_kept_for_the_next_job(runner: ProcessRunner) -> None:
    first = runner.start(WORK, FakeConfig())
    collect(first)
    second = runner.start(WORK, FakeConfig())
    collect(second)
    assert first.pid == second.pid


def test_a_job_with_an_environment_of_its_own_has_a_worker_of_its_own(
    runner: ProcessRunner,
) -> None:
    usual = runner.start(WORK, FakeConfig())
    collect(usual)
    plain = runner.start(WORK, FakeConfig(), Task(environment={"GLIBC_TUNABLES": ""}))
    environment = Path(f"/proc/{plain.pid}/environ")

    def shown() -> bytes:  # a moment after the program has been started
        variables = environment.read_bytes()
        assert variables
        return variables

    started = eventually(shown).split(b"\0")
    assert [v for v in started if v.startswith(b"GLIBC_TUNABLES=")] == [b"GLIBC_TUNABLES="]
    collect(plain)
    plain.close()
    again = runner.start(WORK, FakeConfig())
    collect(again)
    assert usual.pid == again.pid != plain.pid
    with pytest.raises(ProcessLookupError):
        os.kill(plain.pid, 0)


def test_two_jobs_at_once_have_two_workers(runner: ProcessRunner) -> None:
    first = runner.start(WORK, FakeConfig(seconds=0.2))
    second = runner.start(WORK, FakeConfig(seconds=0.2))
    assert first.pid != second.pid
    assert collect(first) == collect(second)


def test_a_handle_repeats_its_ending(runner: ProcessRunner) -> None:
    handle = runner.start(WORK, FakeConfig(steps=0))
    collect(handle)
    handle.close()
    assert handle.receive(0) == Finished()


def test_close_closes_the_generator(runner: ProcessRunner, tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    handle = runner.start(WORK, FakeConfig(steps=10_000, seconds=0.05, path=str(sign)))
    assert handle.receive(90) is not None
    handle.close()
    assert sign.read_text("ascii") == "closed"
    assert handle.receive(0) == Stopped()
    assert collect(runner.start(WORK, FakeConfig()))[-1] == Finished()


def test_work_that_does_not_come_back_is_killed(tmp_path: Path) -> None:
    runner, sign = ProcessRunner(Settings(), grace_seconds=0.2), tmp_path / "sign"
    handle = runner.start(WORK, FakeConfig(steps=1, mode="hang", path=str(sign)))
    while not sign.exists():
        handle.receive(0.05)
    handle.close()
    assert handle.receive(0) == Stopped()
    with pytest.raises(ProcessLookupError):
        os.kill(handle.pid, 0)
    assert collect(runner.start(WORK, FakeConfig()))[-1] == Finished()
    runner.close()


def test_a_user_error_arrives_as_its_sentence(runner: ProcessRunner) -> None:
    failed = ending(runner, "user")
    assert failed == Failed(Sentence("error.not_a_number", name="lr"))
    assert failed.reason.sentence("en") == "lr must be a finite number."


def test_any_other_error_tells_an_id_and_keeps_its_details_for_the_log(
    runner: ProcessRunner,
) -> None:
    failed = ending(runner, "crash")
    assert isinstance(failed, Failed)
    assert failed.reason.sentence().startswith("Internal error, id ")
    assert "secret" not in failed.reason.sentence()
    assert "ZeroDivisionError: a secret path" in failed.details


def test_a_lack_of_memory_is_named(runner: ProcessRunner) -> None:
    failed = ending(runner, "memory")
    assert isinstance(failed, Failed)
    assert failed.reason.key == "jobs.out_of_memory"


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("kill", "SIGKILL"),
        ("segv", "SIGABRT"),
        ("segv", "about to fall"),
        ("exit", "3"),
        ("exit", "last words"),
    ],
)
def test_a_dead_worker_is_told_with_its_last_words(
    runner: ProcessRunner, mode: str, words: str
) -> None:
    failed = ending(runner, mode)
    assert isinstance(failed, Failed)
    assert words in failed.reason.sentence("en")
    assert words in failed.reason.sentence("zh"), failed
    assert collect(runner.start(WORK, FakeConfig()))[-1] == Finished()


def test_a_worker_killed_while_idle_is_replaced(runner: ProcessRunner) -> None:
    handle = runner.start(WORK, FakeConfig())
    collect(handle)
    os.kill(handle.pid, signal.SIGKILL)
    # Until its last thread is gone; /proc says Z when the first one is.
    os.waitid(os.P_PID, handle.pid, os.WEXITED | os.WNOWAIT)
    assert collect(runner.start(WORK, FakeConfig()))[-1] == Finished()


@pytest.mark.parametrize(
    "work", ["fake_work:no_generator", "fake_work:absent", "no_such_module:work", "nonsense"]
)
def test_work_that_is_none_fails(runner: ProcessRunner, work: str) -> None:
    failed = ending(runner, "finish", work)
    assert isinstance(failed, Failed)
    assert failed.reason.key == "error.internal"


def test_pause_step_and_resume(runner: ProcessRunner) -> None:
    handle = runner.start(WORK, FakeConfig(steps=40, seconds=0.05))
    handle.pause()
    seen = until_rest(handle)
    assert handle.receive(0.3) is None, "it went on although it was paused"
    handle.step()
    assert len(until_rest(handle)) == 1
    handle.step()
    assert len(until_rest(handle)) == 1
    handle.resume()
    rest = [message for message in collect(handle) if isinstance(message, Item)]
    indices = [item.value["index"] for item in rest]
    assert indices == list(range(len(seen) + 2, 40))


def test_a_step_goes_to_the_next_report_and_brings_its_attachment(runner: ProcessRunner) -> None:
    handle = runner.start(WORK, FakeConfig(steps=40, seconds=0.05, mode="attach"))
    handle.pause()
    rested = len(until_rest(handle))
    for step in range(rested + 1, rested + 4):
        handle.step()
        found: list[Message] = []
        while not isinstance(message := handle.receive(90), Paused):
            assert message is not None
            found += [] if isinstance(message, Tick) else [message]
        attached, report = found
        assert attached == Attached({"step": step})
        assert isinstance(report, Item) and report.value["step"] == step
    handle.close()


def until_rest(handle: ProcessHandle) -> list[Item]:
    items: list[Item] = []
    while True:
        message = handle.receive(90)
        if isinstance(message, Item):
            items.append(message)
        if isinstance(message, Paused) and message.turn == handle.turn:
            return items


def test_a_closed_runner_starts_nothing_and_leaves_no_process() -> None:
    runner = ProcessRunner(Settings())
    running = runner.start(WORK, FakeConfig(steps=1000, seconds=0.1))
    runner.close()
    with pytest.raises(ProcessLookupError):
        os.kill(running.pid, 0)
    with pytest.raises(RunnerError):
        runner.start(WORK, FakeConfig())


def test_an_idle_worker_is_ended_after_a_while() -> None:
    runner = ProcessRunner(Settings(), idle_seconds=0.1)
    handle = runner.start(WORK, FakeConfig())
    collect(handle)
    assert gone(handle.pid)
    runner.close()


def test_a_prepared_worker_takes_the_first_job() -> None:
    runner = ProcessRunner(Settings())
    runner.prepare(WORK)
    runner.prepare("no_such_module:work")
    assert collect(runner.start(WORK, FakeConfig()))[-1] == Finished()
    runner.close()


def test_the_worker_has_the_tuned_allocator_and_the_servers_settings(tmp_path: Path) -> None:
    runner = ProcessRunner(Settings(data_dir=tmp_path))
    handle = runner.start(WORK, FakeConfig(seconds=0.1))
    assert handle.receive(90) is not None  # the program has been started, and not just its process
    environ = Path(f"/proc/{handle.pid}/environ").read_bytes()
    runner.close()
    # The loader of some versions of glibc cuts the variable at its colon while it reads it.
    assert b"GLIBC_TUNABLES=glibc.malloc.mmap_threshold=4294967296" in environ
    assert b"glibc.malloc.trim_threshold=17179869184\0" in environ
    assert b"OMP_NUM_THREADS=1\0" in environ
    assert f"HF_HUB_CACHE={tmp_path / 'hub'}\0".encode() in environ


def test_a_worker_dies_with_its_parent() -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import time; from fake_work import FakeConfig\n"
            "from swishdemo.jobs.process import ProcessRunner\n"
            "from swishdemo.settings import Settings\n"
            "runner, config = ProcessRunner(Settings()), FakeConfig(steps=1, mode='hang')\n"
            "handle = runner.start('fake_work:work', config)\n"
            "handle.receive(90); print(handle.pid, flush=True); time.sleep(600)",
        ],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)},
        text=True,
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    os.kill(worker, 0)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(worker)


def gone(pid: int) -> bool:
    """Whether the process ends, however busy the machine is."""
    for _ in range(1800):
        try:
            state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":  # ended; nobody in this container takes its exit status
            return True
        time.sleep(0.05)
    return False
