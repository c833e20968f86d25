"""Serves jobs: runs under /api/runs, sweeps of them under /api/sweeps, timings."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from swishdemo import host
from swishdemo.api import responses, watching
from swishdemo.api.dependencies import Given, Tongue, Visitor
from swishdemo.api.responses import FiniteJSON
from swishdemo.errors import UserError
from swishdemo.form import Schema
from swishdemo.jobs.access import absent
from swishdemo.jobs.job import Job
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.records import (
    run_as_text,
    sweep_as_json,
    sweep_as_text,
    timing_as_json,
    timing_as_text,
    told,
)
from swishdemo.text import LANGUAGES, Language, text
from swishdemo.ui.lab import Lab

Last = Annotated[int, Depends(watching.last_event)]
_BUSY: dict[int | str, dict[str, Any]] = {
    404: {"description": "There is no such job of yours."},
    409: {"description": "The job's state does not allow it."},
}
_STARTING: dict[int | str, dict[str, Any]] = {
    **responses.answers(responses.STARTED, "The job runs or waits.", 201),
    422: {"description": "A field is unknown or has a bad value."},
    429: {"description": "Too many jobs wait; `Retry-After` says for how many seconds."},
    503: {"description": "The server is shutting down."},
}


def routes(lab: Lab) -> APIRouter:
    """The routes of all kinds of job."""
    from swishdemo.timing import TimingRequest
    from swishdemo.training import TrainingConfig, recipes
    from swishdemo.training.sweep import sweep_schema

    recipe = {"type": "string", "enum": [entry.name for entry in recipes()]}
    run = TrainingConfig.schema_on(lab.settings, recipe=recipe)
    for name, schema in run["properties"].items():
        tips = [text(f"train.field.{name}.tip", language) for language in LANGUAGES]
        schema["description"] = " · ".join(tips)
    timing = TimingRequest.schema_on(lab.settings)
    router = APIRouter()
    router.include_router(_runs(lab, run))
    router.include_router(_sweeps(lab.manager, sweep_schema(run, lab.settings)))
    router.include_router(_timings(lab.manager, timing))
    for kind in ("run", "sweep", "timing"):
        router.include_router(_shared(lab.manager, kind, f"/api/{kind}s"))
    return router


def _runs(lab: Lab, schema: Schema) -> APIRouter:
    manager = lab.manager
    router = APIRouter(tags=["runs"], prefix="/api/runs")
    example = {"recipe": "beta-convergence", "seed": 0, "steps": 200}

    @router.post(
        "",
        status_code=201,
        responses=_STARTING
        | responses.answers(responses.RUN_STARTED, "The job runs or waits.", 201),
        openapi_extra=responses.body(schema, example=example),
    )
    def start_run(given: Given, visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """Start a training run; a field left out takes the recipe's value, or its default.

        A default that does not fit the data or this server's limits is fitted, and ``fitted``
        says so; a value that was sent is refused. ``table`` says what a table of yours was taken
        for.
        """
        from swishdemo.training import TrainingConfig
        from swishdemo.training.request import fitted

        job = manager.submit("run", given, visitor)
        config = TrainingConfig.of_json(job.config)
        table = config.csv and {**config.csv.as_json(), "said": config.csv.sentence(tongue)}
        changed = [each.as_json(tongue) for each in fitted(given, config, lab.settings)]
        return _started(job, tongue, table=table, fitted=changed)

    @router.get("", responses=responses.answers(responses.listed(responses.RUN), "Newest first."))
    def list_runs(visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """Your runs, the newest first."""
        runs = manager.list(visitor, kind="run")
        return FiniteJSON([{**job.as_json(tongue), "own": True} for job in runs])

    @router.get("/{job_id}", responses=_BUSY | responses.answers(responses.ONE_RUN, "The run."))
    def get_run(job_id: str, visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """One of your runs, by its id; or anyone's by the token of its ``share``.

        ``sentence`` says what it has found, so far or at its end.
        """
        run = _of_kind(manager, job_id, visitor, "run")
        return _told(run, visitor, tongue, sentence=_sentence(run, manager, tongue))

    @router.get(
        "/{job_id}/reports",
        responses=_BUSY | responses.answers(responses.listed(responses.REPORT), "In order."),
    )
    def get_reports(
        job_id: str, visitor: Visitor, tongue: Tongue, after: watching.After = -1
    ) -> FiniteJSON:
        """The stored reports with an index greater than ``after``.

        One that cannot be read has its ``index`` and a ``reason``, and no numbers.
        """
        _of_kind(manager, job_id, visitor, "run")
        return FiniteJSON(
            [told(*each, tongue) for each in manager.reports(job_id, visitor, after=after)]
        )

    @router.get("/{job_id}/export", responses=_BUSY)
    def export_run(
        job_id: str,
        visitor: Visitor,
        tongue: Tongue,
        format: Literal["json", "csv", "weights", "code"] = "json",
        replica: Annotated[int, Query(ge=0, le=2**31, description="Whose weights.")] = 0,
    ) -> Response:
        """The run as a file.

        ``json`` and ``csv`` hold its reports; ``weights`` is a ``state_dict`` of one replica for
        ``torch.load(path, weights_only=True)``, as of the step in the file's name; ``code`` is a
        script of PyTorch that repeats the run by itself.
        """
        job = _to_export(manager, job_id, visitor, "run", format)
        if format == "weights":
            return _weights(job, manager.attachment(job_id, visitor), replica)
        reports = manager.reports(job_id, visitor)
        if format == "json":
            listed = [told(*each, tongue) for each in reports]
            return _file(job, format, {**job.as_json(tongue), "reports": listed})
        return _file(job, format, run_as_text(job, reports, format))

    return router


def _sweeps(manager: JobManager, schema: Schema) -> APIRouter:
    router = APIRouter(tags=["sweeps"], prefix="/api/sweeps")
    example = {"base": {"recipe": "depth-50", "steps": 200}, "grid": {"depth": [2, 5, 10]}}

    @router.post(
        "",
        status_code=201,
        responses=_STARTING | responses.answers(responses.SWEEP_STARTED, "It runs or waits.", 201),
        openapi_extra=responses.body(schema, required=True, example=example),
    )
    def start_sweep(given: Given, visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """Train all combinations of the values in ``grid``, one run after another, as one job.

        ``base`` is what a single run is asked for. All is refused before anything runs: a value in
        any of the runs, too many runs, or too many steps of all their networks together.
        """
        job = manager.submit("sweep", given, visitor)
        return _started(job, tongue, runs=len(job.config["runs"]))

    @router.get("", responses=responses.answers(responses.listed(responses.JOB), "Newest first."))
    def list_sweeps(visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """Your sweeps, the newest first, without their rows."""
        return FiniteJSON([job.as_json(tongue) for job in manager.list(visitor, kind="sweep")])

    @router.get("/{job_id}", responses=_BUSY | responses.answers(responses.SWEEP, "The sweep."))
    def get_sweep(job_id: str, visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """One of your sweeps, or anyone's by the token of its ``share``, with its rows so far.

        A row tells a run that has ended, by itself or by a fault; ``effects`` how the accuracy
        goes with each field of the grid, the largest first; ``lost`` lists rows that cannot be
        read, each with its ``index`` and a ``reason``.
        """
        job = _of_kind(manager, job_id, visitor, "sweep")
        told = sweep_as_json(job, manager.reports(job_id, visitor), tongue)
        return FiniteJSON({**told, "own": job.visitor == visitor})

    @router.get("/{job_id}/reports", responses=_BUSY)
    def get_rows(
        job_id: str, visitor: Visitor, tongue: Tongue, after: watching.After = -1
    ) -> FiniteJSON:
        """The rows with an index greater than ``after``."""
        _of_kind(manager, job_id, visitor, "sweep")
        return FiniteJSON(
            [told(*each, tongue) for each in manager.reports(job_id, visitor, after=after)]
        )

    @router.get("/{job_id}/export", responses=_BUSY)
    def export_sweep(
        job_id: str,
        visitor: Visitor,
        tongue: Tongue,
        format: Literal["json", "csv", "markdown"] = "json",
    ) -> Response:
        """The sweep as a file.

        ``json`` holds what ``GET`` tells; ``csv`` has a row for each network of each run;
        ``markdown`` is the table of runs, and one for each field of the grid.
        """
        job = _to_export(manager, job_id, visitor, "sweep", format)
        reports = manager.reports(job_id, visitor)
        if format == "json":
            return _file(job, format, sweep_as_json(job, reports, tongue))
        return _file(job, format, sweep_as_text(job, reports, format, tongue))

    return router


def _timings(manager: JobManager, schema: Schema) -> APIRouter:
    router = APIRouter(tags=["timings"], prefix="/api/timings")
    example = {"activation": "swish", "elements": [1048576], "pass": "both", "threads": 1}

    @router.post(
        "",
        status_code=201,
        responses=_STARTING,
        openapi_extra=responses.body(schema, example=example),
    )
    def start_timing(given: Given, visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """Time implementations of an activation on this host."""
        if host.lends_gpu() and given.get("device", "auto") == "auto":
            given = {**given, "device": "cpu"}  # no visitor's time on a GPU comes with a request
        return _started(manager.submit("timing", given, visitor), tongue)

    @router.get("", responses=responses.answers(responses.listed(responses.JOB), "Newest first."))
    def list_timings(visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """Your timings, the newest first, without their measurements."""
        return FiniteJSON([job.as_json(tongue) for job in manager.list(visitor, kind="timing")])

    @router.get("/{job_id}", responses=_BUSY | responses.answers(responses.TIMING, "The timing."))
    def get_timing(job_id: str, visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """One of your timings, or anyone's by the token of its ``share``, with its measurements.

        Those so far; a later one replaces an earlier. ``unreadable`` lists results that cannot be
        read, each with its ``index`` and a ``reason``.
        """
        job = _of_kind(manager, job_id, visitor, "timing")
        return FiniteJSON(timing_as_json(job, manager.reports(job_id, visitor), tongue))

    @router.get("/{job_id}/export", responses=_BUSY)
    def export_timing(
        job_id: str,
        visitor: Visitor,
        tongue: Tongue,
        format: Literal["json", "csv", "markdown"] = "json",
        baseline: Annotated[
            str,
            Query(max_length=300, description="The variant that counts as 1 in csv and markdown."),
        ] = "relu",
    ) -> Response:
        """The timing as a file.

        ``json`` holds the request, the host and every block, and can be laid beside another
        host's figures; ``csv`` has a row for each measurement, with its ratio; ``markdown`` is a
        report: tables, the host, and what to mind.
        """
        job = _to_export(manager, job_id, visitor, "timing", format)
        reports = manager.reports(job_id, visitor)
        if format == "json":
            return _file(job, format, timing_as_json(job, reports, tongue))
        return _file(job, format, timing_as_text(job, reports, format, baseline, tongue))

    return router


def _shared(manager: JobManager, kind: str, prefix: str) -> APIRouter:
    router = APIRouter(tags=[prefix.rpartition("/")[2]], prefix=prefix, responses=_BUSY)

    def to_watch(job_id: str, visitor: Visitor) -> None:
        _of_kind(manager, job_id, visitor, kind)

    # What can be refused is refused before the stream begins.
    @router.get(
        "/{job_id}/events",
        response_class=EventSourceResponse,
        dependencies=[Depends(to_watch)],
    )
    async def get_events(
        job_id: str, visitor: Visitor, tongue: Tongue, after: Last
    ) -> AsyncGenerator[ServerSentEvent]:
        """Reports and states as server-sent events, live; ``Last-Event-ID`` resumes."""
        async with aclosing(watching.of_job(manager, job_id, visitor, after, tongue)) as told:
            async for event in told:
                yield event

    @router.post("/{job_id}/{wish}", responses=responses.answers(responses.JOB, "As it is now."))
    def wish(
        job_id: str,
        wish: Literal["pause", "resume", "step", "stop"],
        visitor: Visitor,
        tongue: Tongue,
    ) -> FiniteJSON:
        """Pause, resume, step (to the next report) or stop the job."""
        _of_kind(manager, job_id, visitor, kind)
        job: Job = getattr(manager, wish)(job_id, visitor)
        return FiniteJSON(job.as_json(tongue))

    @router.patch(
        "/{job_id}",
        responses=responses.answers(responses.RUN, "As it is now."),
        openapi_extra=responses.body(responses.ANNOTATION, example={"name": "Without decay"}),
    )
    def annotate(job_id: str, given: Given, visitor: Visitor, tongue: Tongue) -> FiniteJSON:
        """Name the job, note something, or share it: who has ``share`` may read it by that.

        The token stands in place of the id in every address that reads. ``"shared": false``
        takes it back.
        """
        _of_kind(manager, job_id, visitor, kind)
        return _told(manager.annotate(job_id, visitor, given), visitor, tongue)

    @router.delete("/{job_id}", status_code=204)
    def delete(job_id: str, visitor: Visitor) -> Response:
        """Remove the job and its reports; it is stopped first."""
        _of_kind(manager, job_id, visitor, kind)
        manager.delete(job_id, visitor)
        return Response(status_code=204)

    return router


def _told(job: Job, visitor: str, tongue: Language, **more: Any) -> FiniteJSON:
    return FiniteJSON({**job.as_json(tongue), "own": job.visitor == visitor, **more})


def _sentence(job: Job, manager: JobManager, tongue: Language) -> str:
    """What a run has found, of one that goes on by its reports so far."""
    from swishdemo.training.in_words import result

    if job.unreadable:
        return ""
    summary = manager.summary(job) if job.active else job.summary
    return result(job.config, summary, job.state, tongue)


def _started(job: Job, tongue: Language, **more: Any) -> FiniteJSON:
    given = {
        "id": job.id,
        "state": job.state,
        "position": job.position,
        "estimate_seconds": job.estimate_seconds,
        "placement": job.placement and job.placement.sentence(tongue),
    }
    return FiniteJSON(given | more, 201)


def _to_export(manager: JobManager, job_id: str, visitor: str, kind: str, form: str) -> Job:
    """The job; what cannot be read can be had as JSON alone, as it is stored."""
    job = _of_kind(manager, job_id, visitor, kind)
    return job if form == "json" else manager.readable(job_id, visitor)


def _of_kind(manager: JobManager, job_id: str, visitor: str, kind: str) -> Job:
    """The visitor's job; one of the other kind has another address."""
    job = manager.get(job_id, visitor)
    if job.kind != kind:
        raise absent(job_id, kind)
    return job


_FILES = {
    "csv": ("text/csv", ".csv"),
    "markdown": ("text/markdown", ".md"),
    "code": ("text/x-python", ".py"),
}


def _file(job: Job, format: str, content: str | dict[str, Any]) -> Response:
    """A job as a file that is taken along; its name tells the kind and the id."""
    if not isinstance(content, str):
        return FiniteJSON(content, headers=_named(job, ".json"))
    kind, ending = _FILES[format]
    return Response(content, media_type=f"{kind}; charset=utf-8", headers=_named(job, ending))


def _named(job: Job, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{job.kind}-{job.id}{ending}"'}


def _weights(job: Job, attachment: dict[str, Any] | None, replica: int) -> Response:
    """A replica's weights as they were last kept; the file's name tells at which step.

    Raises:
        UserError: There are none yet (409), or there is no such replica, or its weights were not
            kept (404).
    """
    from swishdemo.training.checkpoint import KEPT_BYTES, Weights
    from swishdemo.training.config import TrainingConfig, replicas

    count = len(replicas(TrainingConfig.of_json(job.config)))
    if replica >= count:
        raise UserError(
            "api.export.no_replica", field="replica", status=404, count=count, last=count - 1
        )
    if attachment is None:
        if job.active:
            raise UserError("api.export.no_weights_yet", status=409)
        raise UserError("api.export.no_weights_ever", status=404)
    weights = Weights.of_json(attachment)
    if replica not in weights.states:
        raise UserError(
            "api.export.large_weights",
            field="replica",
            status=404,
            limit=KEPT_BYTES // 1_000_000,
            replicas=", ".join(map(str, weights.states)),
        )
    return Response(
        weights.states[replica].file(),
        media_type="application/octet-stream",
        headers=_named(job, f"-replica-{replica}-step-{weights.step}.pt"),
    )
