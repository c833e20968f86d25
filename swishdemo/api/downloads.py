"""A job as a file.

A run is had as JSON, CSV, weights or a script; a sweep or a timing as JSON, CSV or Markdown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from swishdemo import formats
from swishdemo.api.responses import FiniteJSON
from swishdemo.errors import UserError
from swishdemo.jobs import records
from swishdemo.jobs.job import Job
from swishdemo.jobs.kinds import Reports
from swishdemo.text import Language

if TYPE_CHECKING:
    from swishdemo.training.summary import LayerBetas


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a job.

    Attributes:
        job: The job.
        reports: Its reports.
        attachment: Its weights (`swishdemo.training.checkpoint.Weights`), if there are any.
        language: Of what is said in words.
    """

    job: Job
    reports: Reports
    attachment: dict[str, Any] | None = None
    language: Language = "en"


def run_file(kept: Kept, format: str, replica: int) -> Response:
    """A run as ``json``, ``csv``, ``weights`` (of one replica) or ``code``.

    ``csv`` has a row for each report and replica: all that is traced of it, by layer where it has
    layers; some reports alone tell the figures of layers. ``code`` is a script of PyTorch that
    repeats the run without this project.

    Raises:
        UserError: There are no such weights (404), or none yet (409).
    """
    if format == "weights":
        return _weights(kept, replica)
    if format == "csv":
        return _text(kept, format, formats.as_csv(_rows(kept.job, kept.reports)))
    if format == "code":
        from swishdemo.training.script import script

        last = kept.reports[-1][1] if kept.reports else {}
        return _text(kept, format, script(kept.job.config, last))
    reports = [records.told(*each, kept.language) for each in kept.reports]
    return _json(kept, {**kept.job.as_json(kept.language), "reports": reports})


def timing_file(kept: Kept, format: str, baseline: str) -> Response:
    """A timing as ``json`` (what ``GET`` tells), ``csv`` or ``markdown``.

    Raises:
        UserError: The baseline is none of the timing's variants (422).
    """
    job, reports, language = kept.job, kept.reports, kept.language
    if format == "json":
        return _json(kept, records.timing_as_json(job, reports, language))
    return _text(kept, format, records.timing_as_text(job, reports, format, baseline, language))


def sweep_file(kept: Kept, format: str) -> Response:
    """A sweep as ``json`` (what ``GET`` tells), ``csv`` or ``markdown``."""
    job, reports, language = kept.job, kept.reports, kept.language
    if format == "json":
        return _json(kept, records.sweep_as_json(job, reports, language))
    return _text(kept, format, records.sweep_as_text(job, reports, format, language))


def _weights(kept: Kept, replica: int) -> Response:
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


_TEXTS = {"csv": ("csv", ".csv"), "markdown": ("markdown", ".md"), "code": ("x-python", ".py")}


def _json(kept: Kept, whole: dict[str, Any]) -> Response:
    return FiniteJSON(whole, headers=_file(kept.job, ".json"))


def _text(kept: Kept, format: str, content: str) -> Response:
    kind, ending = _TEXTS[format]
    headers = _file(kept.job, ending)
    return Response(content, media_type=f"text/{kind}; charset=utf-8", headers=headers)


def _file(job: Job, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{job.kind}-{job.id}{ending}"'}


def _rows(job: Job, reports: Reports) -> Iterator[dict[str, Any]]:
    from swishdemo.training.config import TrainingConfig, learns_beta, replicas
    from swishdemo.training.summary import betas_of_layer

    config = TrainingConfig.of_json(job.config)
    members, moves = replicas(config), learns_beta(config)
    for name, report in reports:
        if name != "Report":
            continue
        betas = [betas_of_layer(layer) for layer in report["beta"]] if moves else []
        for number, member in enumerate(members):
            yield {
                "step": report["step"],
                "elapsed_seconds": report["elapsed_seconds"],
                "replica": number,
                **member.as_json(),
                **{
                    f"{quantity}_{layer}": values[number]
                    for quantity in ("beta", "beta_effective")
                    for layer, values in enumerate(report[quantity], 1)
                    if number < len(values)
                },
                **{
                    quantity: report[quantity][number]
                    for quantity in ("loss", "test_loss", "accuracy", "diverged")
                },
                **_learned(report, member.activation, number),
                **{
                    f"convergence_{layer}": distance
                    for layer, distance in enumerate(report["convergence"], 1)
                    if not member.rival
                },
                **({} if member.rival else _of_layers(betas)),
                **{
                    f"{quantity}_{layer}": values[number]
                    for quantity, layers in (report["layers"] or {}).items()
                    for layer, values in enumerate(layers, 1)
                    if number < len(values)
                },
            }


def _of_layers(betas: Sequence[LayerBetas | None]) -> dict[str, float]:
    """Of each layer's learned β at a report: mean size, share in the band, those near its edge."""
    return {
        f"{name}_{layer}": value
        for layer, each in enumerate(betas, 1)
        if each is not None
        for name, value in (
            ("beta_size_mean", each.mean),
            ("beta_in_band_share", each.share),
            ("beta_near_edge_count", each.near),
            ("beta_negative_count", each.negative),
        )
    }


def _learned(report: Mapping[str, Any], activation: str, replica: int) -> dict[str, float | None]:
    """The other parameters that a replica's activation learns, by layer."""
    return {
        f"{activation}_{trace['parameter']}_{layer}": values[replica - trace["first"]]
        for trace in report["parameters"]
        if trace["activation"] == activation
        for layer, values in enumerate(trace["values"], 1)
        if 0 <= replica - trace["first"] < len(values)
    }
