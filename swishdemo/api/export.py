"""A run as a file: everything as JSON, or one row for each report and replica as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

from starlette.responses import Response

from swishdemo.api.answers import FiniteJSON
from swishdemo.jobs.job import Job
from swishdemo.jobs.kinds import Reports


def as_json(job: Job, reports: Reports, replica: int) -> Response:
    """The job with its reports; its host tells the versions that computed it."""
    whole = {**job.as_json(), "reports": [value for _, value in reports]}
    return FiniteJSON(whole, headers=_file(job, "json"))


def as_csv(job: Job, reports: Reports, replica: int) -> Response:
    """A row for each report and replica: what it is, β by layer, losses and accuracy.

    A cell is empty where a replica has no such number.
    """
    rows = list(_rows(job, reports))
    written = io.StringIO()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    table = csv.DictWriter(written, columns, restval="", lineterminator="\r\n")
    table.writeheader()
    table.writerows(rows)
    return Response(
        written.getvalue(), media_type="text/csv; charset=utf-8", headers=_file(job, "csv")
    )


FORMATS: dict[str, Callable[[Job, Reports, int], Response]] = {"json": as_json, "csv": as_csv}
"""What a run can be had as: made from the job, its reports, and the number of one replica."""


def _file(job: Job, suffix: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{job.kind}-{job.id}.{suffix}"'}


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
