"""What a server makes of the jobs that the one before it left in the middle."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from swishdemo.jobs.database import StoreError
from swishdemo.jobs.job import thinned
from swishdemo.jobs.kinds import Kind
from swishdemo.jobs.records import UNREADABLE, reports_of, understood
from swishdemo.jobs.store import Store

_LOG = logging.getLogger(__name__)


def sum_up(store: Store, kinds: Mapping[str, Kind]) -> None:
    """Give each job that opening the store has closed what its stored reports tell of it.

    While a job runs the store has its reports alone: how far it came, and the sum of it, are
    written at its end, which these jobs did not live to see.
    """
    for job_id in store.interrupted:
        try:
            _sum_up(store, job_id, kinds)
        except StoreError as error:
            _LOG.error("job %s could not be summed up: %s", job_id, error)
        except Exception:  # a record of an older version, say: its reports are there all the same
            _LOG.warning("job %s could not be summed up", job_id, exc_info=True)


def _sum_up(store: Store, job_id: str, kinds: Mapping[str, Kind]) -> None:
    job = store.get(job_id)
    if job is None or job.kind not in kinds:
        return
    kind, known = kinds[job.kind], understood(job, kinds)
    reports = [
        each for each in reports_of(known, kind, store.reports(job_id)) if each[0] != UNREADABLE
    ]
    if known.unreadable or not reports:
        return  # what cannot be read stays as it is
    trace = [kind.trace(name, value) for name, value in reports]
    for name, value in reports:
        job = kind.advance(job, name, value)
    job = replace(
        job,
        sparkline=thinned([number for number in trace if number is not None]),
        seconds=reports[-1][1].get("elapsed_seconds", job.seconds),
    )
    store.save(job)
    store.save(replace(job, summary=kind.summarise(known.config, reports)))
