"""Defines the kinds of job (run, sweep, timing): how each is read, started and summed up."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from operator import attrgetter
from statistics import fmean
from typing import Any, Protocol

from swishdemo.errors import UserError
from swishdemo.hardware import machine, missing_cuda, refuse_without
from swishdemo.jobs.job import Item, Job
from swishdemo.settings import Settings
from swishdemo.text import Sentence

Json = dict[str, Any]
Reports = Sequence[tuple[str, Json]]
"""Class name and JSON of each stored report, in order."""


class Config(Protocol):
    """A validated request: picklable, and JSON for the store."""

    def as_json(self) -> dict[str, Any]:
        """The request as `Kind.parse` reads it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job.

    Attributes:
        name: As in `Job.kind`.
        work: ``"module:function"`` of the generator.
        parse: Reads a request; raises `swishdemo.errors.UserError`.
        device: What a configuration asks for: ``auto``, ``cpu`` or ``cuda``.
        on: The configuration on another device.
        divisible: Whether it can be left in the middle and continued in another process.
        steps: The last step of a run of this configuration, where it is known.
        step: The step reached, from the one before and a new item's class name and JSON.
        summarise: What is said of an ended job, from its configuration and its reports.
        trace: The one number of an item that a list of jobs draws; None where it has none.
        host: What is noted of the machine when a job is asked for.
        environment: Variables that the process of a job of this configuration is started with.
        stored: A stored configuration, of whatever version, with the fields of today; raises where
            it cannot be understood.
        report: The same for a stored report, from the job's configuration, the report's class
            name and its JSON.
        summary: The same for a stored summary; None where it cannot be understood.
        attachment: Raises where what can be taken along cannot be understood.
        elapsed: How long a job has run, from its reports; None where they do not tell.
        estimate: About how many seconds a job of this configuration takes; None where unknown.
        remaining: What is left to do where the process of a job has died, from its configuration,
            its reports and the reason; with items to be recorded before. None where the job
            cannot go on.
    """

    name: str
    work: str
    parse: Callable[[object, Settings], Config]
    steps: Callable[[Mapping[str, Any]], int | None]
    step: Callable[[int, str, Json], int]
    summarise: Callable[[Mapping[str, Any], Reports], Json | None]
    trace: Callable[[str, Json], float | None] = lambda name, value: None
    host: Callable[[], Json | None] = lambda: None
    divisible: bool = True
    device: Callable[[Any], str] = lambda config: "cpu"
    on: Callable[[Any, str], Config] = lambda config, device: config
    environment: Callable[[Mapping[str, Any]], Mapping[str, str]] = lambda config: {}
    stored: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda config: config
    report: Callable[[Mapping[str, Any], str, Json], Json] = lambda config, name, value: value
    summary: Callable[[Mapping[str, Any]], Mapping[str, Any] | None] = lambda summary: summary
    attachment: Callable[[Json], None] = lambda value: None
    elapsed: Callable[[Reports], float | None] = lambda reports: reports[-1][1].get(
        "elapsed_seconds"
    )
    estimate: Callable[[Mapping[str, Any]], float | None] = lambda config: None
    remaining: Callable[[Any, Reports, Sentence], tuple[Sequence[Item], Config] | None] = (
        lambda config, reports, why: None
    )

    def advance(self, job: Job, name: str, value: Json) -> Job:
        """The job after one more item of its work."""
        return replace(
            job,
            step=self.step(job.step, name, value),
            device=value.get("device") or job.device,
            host=value if name == "HostCard" else job.host,
        )


def kinds() -> dict[str, Kind]:
    """The kinds that the app knows; what they need is imported when they are first used."""
    run = Kind(
        name="run",
        work="swishdemo.training.run:train",
        parse=_on_a_device("swishdemo.training.request:parse_run"),
        steps=lambda config: int(config["steps"]),
        step=lambda step, name, value: int(value["step"]),
        summarise=_summarise_run,
        trace=_mean_loss,
        host=machine,
        device=lambda config: str(config.device),
        on=lambda config, device: config.replace(device=device),
        stored=_as_of_today("swishdemo.training.config:TrainingConfig.stored"),
        report=_of_class("Report", "swishdemo.training.report:stored"),
        summary=_later("swishdemo.training.summary:stored"),
        attachment=_later("swishdemo.training.checkpoint:Weights.of_json"),
    )
    timing = Kind(
        name="timing",
        work="swishdemo.timing.measuring:measure",
        parse=_later("swishdemo.timing.request:TimingRequest.parse"),
        steps=lambda config: len(config["variants"]) * len(config["elements"]),
        step=lambda step, name, value: step + bool(value.get("final")),
        summarise=lambda config, reports: None,
        divisible=False,
        device=lambda config: str(config.device),
        on=lambda config, device: config.replace(device=device),
        environment=_allocator,
        stored=_as_of_today("swishdemo.timing.request:TimingRequest.stored"),
        report=_stored_measurement,
        estimate=lambda config: _later("swishdemo.timing.presets:estimate")(config).seconds,
        remaining=_remaining_timing,
    )
    sweep = Kind(
        name="sweep",
        work="swishdemo.training.run:sweep",
        parse=_on_a_device("swishdemo.training.sweep:SweepRequest.parse"),
        steps=_steps_of_sweep,
        step=lambda step, name, value: int(value["behind"]),
        summarise=_summarise_sweep,
        trace=_own_accuracy,
        host=machine,
        device=lambda config: str(config.base.device),
        on=lambda config, device: replace(config, base=config.base.replace(device=device)),
        stored=_as_of_today("swishdemo.training.sweep:SweepRequest.stored"),
        report=_of_class("SweepRow", "swishdemo.training.sweep_results:stored"),
        summary=_stored_counts,
        elapsed=lambda reports: sum(value["elapsed_seconds"] for _, value in reports),
        remaining=_remaining_sweep,
    )
    return {kind.name: kind for kind in (run, timing, sweep)}


def _later(name: str) -> Callable[..., Any]:
    """The function ``"module:function"``, whose module is imported by the first call."""
    module, _, path = name.partition(":")
    return lambda *given: attrgetter(path)(import_module(module))(*given)


def _on_a_device(name: str) -> Callable[[object, Settings], Config]:
    """A kind's ``parse``, which refuses a GPU that a worker has not found."""
    parse = _later(name)

    def read(request: object, settings: Settings) -> Config:
        config: Config = parse(request, settings)
        refuse_without(config, missing_cuda())
        return config

    return read


def _as_of_today(name: str) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """A kind's ``stored``: what the function makes of a configuration, as JSON."""
    stored = _later(name)
    return lambda config: stored(config).as_json()


def _of_class(known: str, name: str) -> Callable[[Mapping[str, Any], str, Json], Json]:
    """A kind's ``report`` where all are of one class, which the function reads."""
    stored: Callable[..., Json] = _later(name)

    def read(config: Mapping[str, Any], found: str, value: Json) -> Json:
        if found != known:
            raise UserError("jobs.unreadable.class", name=found[:40])
        return stored(value, config)

    return read


def measurements(reports: Reports) -> list[Json]:
    """The measurements among a timing's reports; of several of one thing the latest holds."""
    latest: dict[tuple[object, ...], Json] = {}
    for name, value in reports:
        if name == "Measurement":
            latest[tuple(str(value.get(field)) for field in _MEASURED)] = value
    return list(latest.values())


_MEASURED = (
    *("variant", "activation", "elements", "dtype", "pass", "device", "threads"),
    *("context", "network", "amp", "allocator"),
)
"""What a measurement is a measurement of (`swishdemo.timing.measurement.Measurement.key`)."""


def _summarise_run(config: Mapping[str, Any], reports: Reports) -> Json | None:
    from swishdemo.training.config import TrainingConfig
    from swishdemo.training.summary import summarise

    stored = TrainingConfig.of_json(config)
    return summarise(stored, [value for name, value in reports if name == "Report"])


def _stored_measurement(config: Mapping[str, Any], name: str, value: Json) -> Json:
    from swishdemo.timing import REGISTRY, HostCard, Measurement

    if name == "HostCard":
        return HostCard.from_json(value).as_json()
    if name != "Measurement":
        raise UserError("jobs.unreadable.class", name=name[:40])
    measurement = Measurement.from_json(value)
    if not REGISTRY.knows(measurement.variant):
        raise UserError("jobs.unreadable.variant", name=measurement.variant[:40])
    return measurement.as_json()


def _mean_loss(name: str, value: Json) -> float | None:
    """The training loss, averaged over the replicas that have not diverged."""
    known = [loss for loss in value.get("loss", ()) if loss is not None and math.isfinite(loss)]
    return fmean(known) if name == "Report" and known else None


def _allocator(config: Mapping[str, Any]) -> Mapping[str, str]:
    """The C library's own settings where the plain allocator is asked for."""
    return {"GLIBC_TUNABLES": ""} if config.get("allocator") == "plain" else {}


def _remaining_timing(
    config: Any, reports: Reports, why: Sentence
) -> tuple[Sequence[Item], Config] | None:
    from swishdemo.timing.measurement import Measurement
    from swishdemo.timing.request import remaining

    rest = remaining(config, [Measurement.from_json(m) for m in measurements(reports)], why.key)
    if rest is None:
        return None
    lost, request = rest
    return [Item("Measurement", measurement.as_json()) for measurement in lost], request


def rows_of(reports: Reports) -> list[Json]:
    """The rows of a sweep, one for each run that has ended, among its reports."""
    return [value for name, value in reports if name == "SweepRow"]


def _steps_of_sweep(config: Mapping[str, Any]) -> int:
    return sum(int(run.get("steps", config["base"]["steps"])) for run in config["runs"])


def _summarise_sweep(config: Mapping[str, Any], reports: Reports) -> Json:
    states = [row["state"] for row in rows_of(reports)]
    ended = {state: states.count(state) for state in ("finished", "failed")}
    return {"runs": len(config["runs"]), **ended}


def _own_accuracy(name: str, value: Json) -> float | None:
    """The mean test accuracy of the run's own activation."""
    told = value["summary"] if name == "SweepRow" else None
    return told["activations"][0]["accuracy"]["mean"] if told else None


def _stored_counts(summary: Mapping[str, Any]) -> Mapping[str, Any] | None:
    counts = {name: summary.get(name) for name in ("runs", "finished", "failed")}
    return counts if all(type(count) is int for count in counts.values()) else None


def _remaining_sweep(
    config: Any, reports: Reports, why: Sentence
) -> tuple[Sequence[Item], Config] | None:
    """The run in which the process died has failed; those that follow are left to do."""
    from swishdemo.training.sweep_results import row_of

    died = len(rows_of(reports))
    if died == len(config.changes):
        return None
    lost = row_of(config, died, (), why)
    return [Item("SweepRow", lost.as_json())], config.from_run(died + 1)
