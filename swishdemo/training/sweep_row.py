"""What a sweep tells of each of its runs: plain numbers, JSON as they are. Loads no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, with_config

from swishdemo.text import Sentence
from swishdemo.training.config import Replica, TrainingConfig, replicas
from swishdemo.training.report import Report, Values
from swishdemo.training.summary import stored as stored_summary
from swishdemo.training.summary import summarise
from swishdemo.training.sweep import SweepRequest, axis_of


@with_config(ConfigDict(allow_inf_nan=False))
@dataclass(frozen=True, slots=True)
class SweepRow:
    """One run of a sweep, when it has ended.

    Where a run has failed, its figures are those of its last report, or empty.

    Attributes:
        index: Which run, from 0.
        values: What the grid sets in it: field → value.
        state: ``finished``, or ``failed``.
        failure: Why it has failed, in English; None where it has not.
        failure_reason: The same as a `Sentence`'s JSON.
        behind: Steps of the sweep that are behind it, those that it left out among them.
        replicas: Its networks; a network's number here is the same in what follows.
        accuracy: Test accuracy at the end, ``[replica]``; of a regression R².
        loss: Training loss at the end, likewise.
        test_loss: Test loss at the end, likewise.
        diverged: The step at which the network diverged, likewise; None where it has not.
        dead: Share of dead units at the end, ``[layer][replica]``
            (`swishdemo.training.report.LayerFigures`).
        first_gradient_norm: Norm of the gradient before the first step, ``[layer][replica]``, the
            output layer last.
        summary: What is said of an ended run (`swishdemo.training.summary.summarise`); None
            before the first report.
        elapsed_seconds: Wall time of its training.
        device: Where it was computed, ``cpu`` or ``cuda``.
    """

    index: int
    values: Mapping[str, Any]
    state: Literal["finished", "failed"]
    behind: int
    failure: str | None = None
    failure_reason: Mapping[str, Any] | None = None
    replicas: tuple[Replica, ...] = ()
    accuracy: Values = ()
    loss: Values = ()
    test_loss: Values = ()
    diverged: tuple[int | None, ...] = ()
    dead: tuple[Values, ...] = ()
    first_gradient_norm: tuple[Values, ...] = ()
    summary: Mapping[str, Any] | None = None
    elapsed_seconds: float = 0.0
    device: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The row as a JSON object."""
        return asdict(self)


def row_of(
    request: SweepRequest, index: int, reports: Sequence[Report], failure: Sentence | None = None
) -> SweepRow:
    """The row of a run that has ended.

    Args:
        request: The sweep.
        index: Which of its runs.
        reports: All of its reports, as far as it came.
        failure: Why it has failed; None where it has not.
    """
    config = request.config(index)
    row = SweepRow(
        index=index,
        values=request.values(index),
        state="failed" if failure else "finished",
        failure=failure.sentence() if failure else None,
        failure_reason=failure.as_json() if failure else None,
        behind=sum(request.steps[: index + 1]),
        replicas=replicas(config),
    )
    return _with_figures(row, config, reports) if reports else row


def _with_figures(row: SweepRow, config: TrainingConfig, reports: Sequence[Report]) -> SweepRow:
    last = reports[-1]
    looks = [report.layers for report in reports if report.layers]
    return replace(
        row,
        accuracy=last.accuracy,
        loss=last.loss,
        test_loss=last.test_loss,
        diverged=last.diverged,
        dead=looks[-1].dead if looks else (),
        first_gradient_norm=looks[0].gradient_norm if looks else (),
        summary=summarise(config, reports),
        elapsed_seconds=last.elapsed_seconds,
        device=last.device,
    )


def stored(record: Mapping[str, Any], sweep: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of a row that was stored, perhaps by another version, with today's fields.

    Args:
        record: The row.
        sweep: The JSON of its sweep, as `swishdemo.training.sweep.SweepRequest.stored` gives it.

    Raises:
        ValueError: A field is missing or of another type, or the numbers are not those of so many
            networks, or there is no such run.
    """
    row = _adapter().validate_python(record)
    changes = dict(enumerate(sweep["runs"])).get(row.index)
    names = {name for axis in sweep["grid"] for name in axis_of(axis)}
    if changes is None or row.values != {name: changes[name] for name in names}:
        raise ValueError("there is no such run")
    members = replicas(TrainingConfig.of_json({**sweep["base"], **changes}))
    by_replica = (row.accuracy, row.loss, row.test_loss, row.diverged, *row.dead)
    if row.replicas != members or any(
        len(values) not in (0, len(members)) for values in (*by_replica, *row.first_gradient_norm)
    ):
        raise ValueError("its numbers are of other networks")
    if row.failure_reason is not None:
        Sentence.from_json(row.failure_reason)
    plain: dict[str, Any] = _adapter().dump_python(row, mode="json")
    return {**plain, "summary": row.summary and stored_summary(row.summary)}


@cache
def _adapter() -> TypeAdapter[SweepRow]:
    return TypeAdapter(SweepRow)
