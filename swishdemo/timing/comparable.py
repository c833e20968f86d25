"""Which of another timing's figures answer the same question as one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from swishdemo.timing.measurement import Measurement


def comparable(
    theirs: Sequence[Measurement], here: Measurement, *, at_all_sizes: bool = False
) -> tuple[Measurement, ...]:
    """The timed ones of the same pass, context, network, dtype, autocast and size.

    Device, threads and allocator may differ, for hosts do. Of several such settings, the one that
    is nearest to ``here`` is taken whole, so that its figures compare among themselves.

    Args:
        theirs: The other timing's measurements.
        here: One of one's own.
        at_all_sizes: Whether those of other sizes are taken too.
    """
    alike = [
        m
        for m in theirs
        if m.is_timed
        and _question(m) == _question(here)
        and (at_all_sizes or m.elements == here.elements)
    ]
    settings = {_setting(m) for m in alike}
    if not settings:
        return ()

    def distance(setting: tuple[str, int, str]) -> tuple[bool, bool, int]:
        device, threads, allocator = setting
        return device != here.device, allocator != here.allocator, abs(threads - here.threads)

    nearest = min(sorted(settings), key=distance)
    return tuple(m for m in alike if _setting(m) == nearest)


def by_variant(measurements: Sequence[Measurement]) -> Mapping[str, Measurement]:
    """The measurements of one size, by the names of their variants."""
    return {m.variant: m for m in measurements}


def _question(m: Measurement) -> tuple[object, ...]:
    return (m.passes, m.context, m.network, m.dtype, m.amp)


def _setting(m: Measurement) -> tuple[str, int, str]:
    return (m.device, m.threads, m.allocator)
