"""A job as a file.

A run is had as JSON, CSV, weights or a script; a sweep or a timing as JSON, CSV or Markdown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from swishdemo import formats
from swishdemo.api.responses import FiniteJSON
from swishdemo.errors import UserError
from swishdemo.jobs import records
from swishdemo.jobs.job import Job
from swishdemo.jobs.kinds import Reports, measurements, rows_of
from swishdemo.text import Language

if TYPE_CHECKING:
    from swishdemo.timing import Measurement
    from swishdemo.timing.host_card import HostCard
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


def as_json(kept: Kept, replica: int) -> Response:
    """The job with its reports; its host tells the versions that computed it."""
    whole = {
        **kept.job.as_json(kept.language),
        "reports": [records.told(*each, kept.language) for each in kept.reports],
    }
    return FiniteJSON(whole, headers=_file(kept.job, ".json"))


def as_csv(kept: Kept, replica: int) -> Response:
    """A row for each report and replica: all that is traced of it, by layer where it has layers.

    Some reports alone tell the figures of layers. A cell is empty where a replica has no such
    number.
    """
    rows = _rows(kept.job, kept.reports)
    return _text(kept, "csv", ".csv", formats.as_csv(rows))


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
    return _text(kept, "x-python", ".py", script(kept.job.config, last))


FORMATS: dict[str, Callable[[Kept, int], Response]] = {
    "json": as_json,
    "csv": as_csv,
    "weights": as_weights,
    "code": as_code,
}
"""What a run can be had as: made from what is kept of it, and the number of one replica."""


def timing_as_json(kept: Kept, baseline: str) -> Response:
    """The timing as ``GET`` tells it: its request, its host and every block."""
    whole = records.timing_as_json(kept.job, kept.reports, kept.language)
    return FiniteJSON(whole, headers=_file(kept.job, ".json"))


def timing_as_csv(kept: Kept, baseline: str) -> Response:
    """A row for each measurement (`swishdemo.timing.export.as_csv`).

    Raises:
        UserError: The baseline is none of the timing's variants (422).
    """
    from swishdemo.timing.export import as_csv

    _check_baseline(kept, baseline)
    return _text(kept, "csv", ".csv", as_csv(_timed(kept), _host(kept), baseline))


def timing_as_markdown(kept: Kept, baseline: str) -> Response:
    """Tables, the host and what to mind (`swishdemo.timing.export.as_markdown`).

    Raises:
        UserError: The baseline is none of the timing's variants (422).
    """
    from swishdemo.timing.export import as_markdown

    _check_baseline(kept, baseline)
    return _text(
        kept, "markdown", ".md", as_markdown(_timed(kept), _host(kept), baseline, kept.language)
    )


TIMING_FORMATS: dict[str, Callable[[Kept, str], Response]] = {
    "json": timing_as_json,
    "csv": timing_as_csv,
    "markdown": timing_as_markdown,
}
"""What a timing can be had as: made from what is kept of it, and the variant that counts as 1."""


def sweep_as_json(kept: Kept) -> Response:
    """The sweep as ``GET`` tells it: its request, its host and every row."""
    whole = records.sweep_as_json(kept.job, kept.reports, kept.language)
    return FiniteJSON(whole, headers=_file(kept.job, ".json"))


def sweep_as_csv(kept: Kept) -> Response:
    """A row for each network of each run (`swishdemo.training.in_words.as_csv`)."""
    from swishdemo.training.sweep_results import as_csv

    return _text(kept, "csv", ".csv", as_csv(kept.job.config, rows_of(kept.reports)))


def sweep_as_markdown(kept: Kept) -> Response:
    """The tables of its runs and its effects (`swishdemo.training.in_words.as_markdown`)."""
    from swishdemo.training.sweep_results import as_markdown

    told = as_markdown(kept.job.config, rows_of(kept.reports), kept.language)
    return _text(kept, "markdown", ".md", told)


SWEEP_FORMATS: dict[str, Callable[[Kept], Response]] = {
    "json": sweep_as_json,
    "csv": sweep_as_csv,
    "markdown": sweep_as_markdown,
}
"""What a sweep can be had as: made from what is kept of it."""


def _check_baseline(kept: Kept, baseline: str) -> None:
    variants = kept.job.config["variants"]
    if baseline not in (*variants, "relu"):
        raise UserError(
            "error.unknown_choice",
            field="baseline",
            name="baseline",
            value=baseline[:40],
            choices=tuple(variants),
        )


def _host(kept: Kept) -> HostCard | None:
    from swishdemo.timing.host_card import HostCard

    cards = [value for name, value in kept.reports if name == "HostCard"]
    return HostCard.from_json(cards[-1]) if cards else None


def _timed(kept: Kept) -> list[Measurement]:
    from swishdemo.timing import Measurement

    return [Measurement.from_json(value) for value in measurements(kept.reports)]


def _text(kept: Kept, kind: str, ending: str, content: str) -> Response:
    return Response(
        content, media_type=f"text/{kind}; charset=utf-8", headers=_file(kept.job, ending)
    )


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
