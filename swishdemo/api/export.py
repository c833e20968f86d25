"""A run as a file: all as JSON, figures as CSV, weights, or a script that repeats it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from swishdemo.api.answers import FiniteJSON
from swishdemo.errors import UserError
from swishdemo.jobs.job import Job
from swishdemo.jobs.kinds import Reports


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a job.

    Attributes:
        job: The job.
        reports: Its reports.
        attachment: Its weights (`swishdemo.training.checkpoint.Weights`), if there are any.
    """

    job: Job
    reports: Reports
    attachment: dict[str, Any] | None


def as_json(kept: Kept, replica: int) -> Response:
    """The job with its reports; its host tells the versions that computed it."""
    whole = {**kept.job.as_json(), "reports": [value for _, value in kept.reports]}
    return FiniteJSON(whole, headers=_file(kept.job, ".json"))


def as_csv(kept: Kept, replica: int) -> Response:
    """A row for each report and replica: what it is, β by layer, losses and accuracy.

    A cell is empty where a replica has no such number.
    """
    rows = list(_rows(kept.job, kept.reports))
    written = io.StringIO()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    table = csv.DictWriter(written, columns, restval="", lineterminator="\r\n")
    table.writeheader()
    table.writerows(rows)
    return Response(
        written.getvalue(), media_type="text/csv; charset=utf-8", headers=_file(kept.job, ".csv")
    )


def as_weights(kept: Kept, replica: int) -> Response:
    """A replica's weights as they were last kept; the file's name tells at which step.

    Raises:
        UserError: There are none yet (409), or there is no such replica, or its weights were not
            kept (404).
    """
    from swishdemo.training.checkpoint import KEPT_BYTES, Weights
    from swishdemo.training.config import TrainingConfig, replicas

    count = len(replicas(TrainingConfig.of_json(kept.job.config)))
    if replica >= count:
        raise UserError(
            "api.export.no_replica", field="replica", status=404, count=count, last=count - 1
        )
    if kept.attachment is None:
        if kept.job.active:
            raise UserError("api.export.no_weights_yet", status=409)
        raise UserError("api.export.no_weights_ever", status=404)
    weights = Weights.of_json(kept.attachment)
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
        headers=_file(kept.job, f"-replica-{replica}-step-{weights.step}.pt"),
    )


def as_code(kept: Kept, replica: int) -> Response:
    """A script of PyTorch that repeats the run without this project."""
    from swishdemo.training.script import script

    last = kept.reports[-1][1] if kept.reports else {}
    text = script(kept.job.config, last)
    return Response(text, media_type="text/x-python; charset=utf-8", headers=_file(kept.job, ".py"))


FORMATS: dict[str, Callable[[Kept, int], Response]] = {
    "json": as_json,
    "csv": as_csv,
    "weights": as_weights,
    "code": as_code,
}
"""What a run can be had as: made from what is kept of it, and the number of one replica."""


def _file(job: Job, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{job.kind}-{job.id}{ending}"'}


def _rows(job: Job, reports: Reports) -> Iterator[dict[str, Any]]:
    from swishdemo.training.config import TrainingConfig, replicas

    members = replicas(TrainingConfig.of_json(job.config))
    for name, report in reports:
        if name != "Report":
            continue
        for number, member in enumerate(members):
            yield {
                "step": report["step"],
                "elapsed_seconds": report["elapsed_seconds"],
                "replica": number,
                **member.as_json(),
                **{
                    f"{quantity}_{layer}": betas[number]
                    for quantity in ("beta", "beta_effective")
                    for layer, betas in enumerate(report[quantity], 1)
                    if number < len(betas)
                },
                **{
                    quantity: report[quantity][number]
                    for quantity in ("loss", "test_loss", "accuracy")
                },
            }
