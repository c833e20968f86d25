"""Says how a timing stands: sentences, how far it is, and the table of all figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from swishdemo import activations
from swishdemo.figures.plotly import colour_of
from swishdemo.figures.timing_bars import ARTICLE_BASELINE, ARTICLE_RATIO
from swishdemo.jobs.job import ACTIVE, Job, State
from swishdemo.text import Language, numeral, text
from swishdemo.timing import REGISTRY, HostCard, Measurement, caveats
from swishdemo.timing.elsewhere import ImportedTiming
from swishdemo.timing.host_card import threads_words
from swishdemo.timing.measurement import (
    CONTEXTS,
    Ratio,
    byte_size,
    duration,
    figures,
    quartiles,
    seconds_of,
    size_label,
)
from swishdemo.timing.presets import to_be_built
from swishdemo.timing.tables import NONE, label_of, limit_words, rate_words, ratio_words

_SUBJECT = "swish"


def answer(
    here: Sequence[Measurement],
    others: Sequence[Sequence[Measurement]],
    state: State,
    language: Language,
    again: Sequence[Sequence[Measurement]] = (),
) -> list[str]:
    """The sentence that answers the article's, and a line on what it rests on.

    A quotient stands in bold only where its interval says on which side of the article's it lies.

    Args:
        here: The measurements looked at: one size, one context.
        others: Other timings of this visitor, the newest first, in other contexts.
        state: Of the timing that ``here`` is of.
        language: Of the words.
        again: Other timings of this visitor of the same thing on such a machine, the newest first.
    """
    found = _subjects(here, others, state)
    if not here or here[0].context not in found:
        key = "answer_starting" if state in ACTIVE else "answer_without"
        return [text(f"time.ui.{'answer_queued' if state == 'waiting' else key}", language), ""]
    context = here[0].context
    what = found[context][0].variant
    names = {
        "what": REGISTRY.get(what).label(language),
        "base": activations.get(REGISTRY.get(ARTICLE_BASELINE).activation).label,
    }
    parts, notes = [], []
    verdict: Ratio | None = None
    for each in CONTEXTS:
        if each not in found or found[each][0].variant != what:
            continue
        subject, base, growing = found[each]
        interval = None if growing else _interval(subject, base)
        if interval is not None and interval.is_vague and each != context:
            continue
        quotient = f"{seconds_of(subject) / seconds_of(base):.2f}"
        part = text(f"time.ui.answer_{each}", language, ratio=quotient, base=names["base"])
        clear = interval is not None and _against_the_article(interval) != "within"
        parts.append(part if clear else part.replace("**", ""))
        notes.append(_note(subject, interval, growing, language))
        if each == context and interval is not None:
            verdict = interval
            notes += _again(interval, what, again, language)
    rests_on = " · ".join([*notes, setting(here[0], language)])
    if verdict is not None and verdict.is_vague:
        return [text("time.ui.answer_vague", language, **names, **_ends(verdict)), rests_on]
    against = "open" if verdict is None else _against_the_article(verdict)
    place = text(f"time.ui.context.{context}", language)
    sentence = text(
        f"time.ui.answer{'_growing' if found[context][2] else ''}",
        language,
        what=names["what"],
        parts=text("time.ui.answer_join", language).join(parts),
        verdict=text(f"time.ui.answer_{against}", language, context=place),
    )
    return [sentence, rests_on]


def hero(
    here: Sequence[Measurement],
    host: HostCard | None,
    language: Language,
) -> dict[str, Any] | None:
    """The interval behind the answer, to be drawn; None while it is not known.

    Returns:
        ``low``, ``value`` and ``high``; ``base`` and ``article``, what 1 and 1.15 are; whether the
        interval ``separates`` the quotient from the article's; ``label``, all of it in words; and
        ``doubt``: why measuring again may tell more, None where it may not.
    """
    found = _subjects(here, (), "finished").get(here[0].context) if here else None
    interval = _interval(*found[:2]) if found else None
    if found is None or interval is None:
        return None
    busy = [why.sentence(language) for why in caveats((), host) if why.key == "time.warning.busy"]
    separates = not interval.is_vague and _against_the_article(interval) != "within"
    # Of a vague one the answer itself says so.
    told = separates or interval.is_vague
    unclear = [] if told else [text("time.ui.interval_unclear", language)]
    base = activations.get(REGISTRY.get(ARTICLE_BASELINE).activation).label
    return {
        **interval.as_json(),
        "base": base,
        "article": ARTICLE_RATIO,
        "separates": separates,
        "label": text("time.ui.interval_label", language, base=base, **_ends(interval)),
        "doubt": " ".join([*busy, *unclear]) if busy or not separates else None,
    }


def _interval(subject: Measurement, base: Measurement) -> Ratio | None:
    """The quotient of two measurements where it has an interval."""
    found = subject.ratio(base)
    return found if found.has_interval else None


def _subjects(
    here: Sequence[Measurement], others: Sequence[Sequence[Measurement]], state: State
) -> dict[str, tuple[Measurement, Measurement, bool]]:
    """Context → what was timed of Swish, the article's baseline, and whether they still grow."""
    found: dict[str, tuple[Measurement, Measurement, bool]] = {}
    for measured, growing in [(here, state in ACTIVE), *((other, False) for other in others)]:
        timed = {m.variant: m for m in measured if m.is_timed}
        ranked = [timed[name] for name in REGISTRY.names() if name in timed]
        subject = next((m for m in ranked if m.activation == _SUBJECT), None)
        if subject and ARTICLE_BASELINE in timed:
            found.setdefault(subject.context, (subject, timed[ARTICLE_BASELINE], growing))
    return found


def _note(subject: Measurement, interval: Ratio | None, growing: bool, language: Language) -> str:
    """Where a ratio was taken, and its interval where there is one."""
    if subject.context == "step":
        size = text(f"time.ui.network.{subject.network}", language)
    else:
        size = text("time.ui.note_elements", language, count=size_label(subject.elements))
    name = text(f"time.ui.context.{subject.context}", language)
    named = {"context": name[:1].upper() + name[1:], "size": size}
    if interval is None:
        key = "note_part_growing" if growing else "note_part_rough"
        return text(f"time.ui.{key}", language, **named)
    return text("time.ui.note_part", language, **named, **_ends(interval))


def _ends(found: Ratio) -> dict[str, str]:
    """A ratio and its interval, as sentences have them."""
    return {name: f"{value:.2f}" for name, value in found.as_json().items()}


def _again(
    found: Ratio, what: str, again: Sequence[Sequence[Measurement]], language: Language
) -> list[str]:
    """What the same implementation cost in other timings: the newest that disagrees, or the range.

    Args:
        found: Its ratio to the article's baseline here.
        what: The variant.
        again: The other timings' measurements of the same setting, the newest first.
        language: Of the words.
    """
    ratios = []
    for measured in again:
        timed = {m.variant: m for m in measured if m.is_timed}
        if what in timed and ARTICLE_BASELINE in timed:
            ratios.append(timed[what].ratio(timed[ARTICLE_BASELINE]))
    ratios = [each for each in ratios if each.has_interval and not each.is_vague]
    if not ratios:
        return []
    other = next((each for each in ratios if not each.agrees(found)), None)
    if other is not None:
        return [text("time.ui.note_differs", language, ratio=f"{other.value:.2f}", **_ends(other))]
    low = f"{min(each.low for each in ratios):.2f}"
    high = f"{max(each.high for each in ratios):.2f}"
    return [text("time.ui.note_again", language, count=len(ratios), low=low, high=high)]


def unreached(
    variants: Sequence[str], measured: Sequence[Measurement], language: Language
) -> list[list[str]]:
    """Label and reason of what was asked for and had no turn before the timing ended."""
    known = {m.variant for m in measured}
    return [
        [REGISTRY.get(name).label(language), text("time.ui.left_unreached", language)]
        for name in variants
        if name not in known
    ]


def _against_the_article(found: Ratio) -> str:
    if found.low > ARTICLE_RATIO:
        return "above"
    return "below" if found.high < ARTICLE_RATIO else "within"


def setting(measurement: Measurement, language: Language) -> str:
    """Pass, dtype, device, threads and allocator in a line."""
    return text(
        "time.ui.note_setting",
        language,
        passes=text(f"time.ui.passes.{measurement.passes}", language),
        dtype=measurement.dtype + (" amp" if measurement.amp else ""),
        device=text(f"time.ui.device.{measurement.device}", language),
        threads=threads_words(measurement.threads, language),
        allocator=text(f"timed.allocator.{measurement.allocator}", language),
    )


def title(
    here: Sequence[Measurement], job: Job, baseline: str | None, language: Language
) -> list[str]:
    """The heading over the bars, and what it is of."""
    passes = text(f"time.ui.passes.{job.config['pass']}", language)
    context = text(f"time.ui.context.{job.config['context']}", language)
    if not any(m.is_timed for m in here):
        heading = passes
    elif baseline is None:
        heading = text("time.ui.bars_title_seconds", language, passes=passes)
    else:
        label = REGISTRY.get(baseline).label(language)
        heading = text("time.ui.bars_title", language, passes=passes, baseline=label)
    size = _size(job, here[0].elements if here else None, language)
    return [heading, " · ".join([context, *size, text("time.ui.bars_note", language)])]


def _size(job: Job, elements: int | None, language: Language) -> list[str]:
    """What fixes the elements: a network, a typed shape, or their number."""
    if job.config["context"] == "step":
        return [text(f"time.ui.network.{job.config['network']}", language)]
    if job.config.get("shape"):
        return [" × ".join(map(str, job.config["shape"]))]
    return [] if elements is None else [size_label(elements)]


def host_name(imported: ImportedTiming, language: Language) -> str:
    """What another host is called; a file may not say."""
    return imported.name or text("timed.beside.unnamed", language)


def beside(
    other: ImportedTiming | None,
    theirs: Sequence[Measurement],
    here: Sequence[Measurement],
    baseline: str,
    language: Language,
) -> list[str] | None:
    """Who is laid beside, and what its bars are or why there are none; None without it.

    Args:
        other: The other timing.
        theirs: Its figures that answer the same question.
        here: One's own.
        baseline: The variant that counts as 1.
        language: Of the words.
    """
    if other is None:
        return None
    has_ratios = any(m.variant == baseline and m.is_timed for m in here)
    if not theirs:
        return [other.name, text("timed.beside.nothing", language)]
    if has_ratios and not any(m.variant == baseline for m in theirs):
        label = REGISTRY.get(baseline).label(language)
        return [other.name, text("timed.beside.no_baseline", language, baseline=label)]
    told = [setting(theirs[0], language)] + ([f"torch {other.torch}"] if other.torch else [])
    return [other.name, text("timed.beside.hatched", language, setting=", ".join(told))]


def progress(job: Job, known: Sequence[Measurement], language: Language) -> dict[str, Any]:
    """How far it is: a line, the share that is done, and whether it went wrong.

    Args:
        job: The timing.
        known: What it has measured, of each variant and size the latest.
        language: Of the words.
    """
    return {
        "line": _line(job, known, language),
        "share": min(1.0, len(known) / job.steps) if job.steps else 0.0,
        "failed": job.unreadable or job.state == "failed",
    }


def _line(job: Job, known: Sequence[Measurement], language: Language) -> str:
    why = job.why(language)
    if job.unreadable:
        return why or NONE
    if why and (job.active or job.state == "stopped"):  # where it is active, it waits for a GPU
        return why
    values: dict[str, Any] = {
        "seconds": f"{job.seconds:.0f}" if job.active else f"{job.seconds:.1f}",
        "done": len(known),
        "all": job.steps or 0,
        "why": why or NONE,
    }
    key: str = job.state
    if job.state == "waiting":
        values |= {"position": job.position or 1, "seconds": f"{job.estimate_seconds or 0:.0f}"}
    elif job.state == "running":
        key = "starting" if not known else "running"
        if job.steps and len(known) >= job.steps:
            key = "refining"
        started = {m.variant for m in known}
        waiting = [name for name in job.config["variants"] if name not in started]
        if started and waiting:
            # They come in this order, and building one may take a minute.
            now = waiting[0]
            key = "building" if to_be_built({**job.config, "variants": [now]}) else "preparing"
            values["label"] = REGISTRY.get(now).label(language)
    return text(f"time.ui.state_{key}", language, **values)


def entry(job: Job, language: Language) -> dict[str, Any]:
    """A timing in the list of earlier ones; the browser adds the time of day."""
    told = {"id": job.id, "name": job.name, "share": job.share, "at": job.created_at}
    if job.unreadable:
        return told | {"what": text("timed.kept.unreadable", language)}
    config = job.config
    sizes = config["elements"]
    what = [text(f"time.ui.context.{config['context']}", language)]
    what.append(text(f"time.ui.pass.{config['pass']}", language))
    what += _size(job, sizes[0], language)
    what[-1] += f" … {size_label(sizes[-1])}" if len(sizes) > 1 else ""
    what += [config["dtype"]] if config["dtype"] != "float32" else []
    what += [text("time.ui.device.cuda", language)] if config.get("device") == "cuda" else []
    what += [text("timed.allocator.plain", language)] if config.get("allocator") == "plain" else []
    return told | {"what": " · ".join(what)}


_COLUMNS = (
    *("variant", "ratio", "median", "rate", "limit"),
    *("saved", "peak", "error", "repeats", "build"),
)


def table(
    here: Sequence[Measurement],
    variants: Sequence[str],
    baseline: str,
    language: Language,
    *,
    ended: bool,
    beside: Sequence[Measurement] = (),
    beside_name: str = "",
) -> dict[str, Any]:
    """Heads (with their tooltips) and rows of the table, the fastest first.

    Intervals of ratios are computed once a timing has ended, for they take a while.

    Args:
        here: The measurements of one size.
        variants: What was asked for.
        baseline: The variant that counts as 1.
        language: Of the words.
        ended: Whether no more will come.
        beside: Another timing's figures of the same question, for a column of their own.
        beside_name: What that timing is called.
    """
    timed = {m.variant: m for m in here if m.is_timed}
    known = {m.variant for m in here}
    rows = [timed[name] for name in variants if name in timed]
    if ended:
        rows.sort(key=seconds_of)
    base = timed.get(baseline)
    label = REGISTRY.get(baseline).label(language)
    theirs = {m.variant: m for m in beside}
    alone = sorted((m for m in beside if m.variant not in timed), key=seconds_of)
    heads = [
        [
            text(f"time.ui.col_{name}", language, baseline=label),
            "" if name == "variant" else text(f"time.ui.tip_{name}", language),
        ]
        for name in _COLUMNS
    ]
    made = [(m.variant, _cells(m, base, language, ended)) for m in rows]
    if not ended:  # nothing below jumps while figures come in: what has none yet has its row
        written = dict(made)
        waiting = {each: _row(REGISTRY.get(each).label(language), "…") for each in variants}
        made = [
            (name, written.get(name, waiting[name]))
            for name in variants
            if name in written or name not in known
        ]
    made += [(m.variant, _row(label_of(m, language))) for m in alone]
    if theirs:
        place = _COLUMNS.index("rate")  # next to one's own times
        heads.insert(place, [beside_name, text("time.ui.tip_beside", language, name=beside_name)])
        for name, cells in made:
            cells.insert(place, _there(theirs, name, baseline))
    return {
        "heads": heads,
        "rows": [
            {
                "variant": name,
                "note": REGISTRY.get(name).note(language) if REGISTRY.knows(name) else "",
                "colour": colour_of(name),
                "cells": cells,
            }
            for name, cells in made
        ],
    }


def _row(*cells: str) -> list[str]:
    return [*cells, *[NONE] * (len(_COLUMNS) - len(cells))]


def _there(theirs: Mapping[str, Measurement], name: str, baseline: str) -> str:
    """Another timing's median, and its ratio to that timing's own baseline."""
    if name not in theirs:
        return NONE
    median = seconds_of(theirs[name])
    ratio = f"{median / seconds_of(theirs[baseline]):.2f} · " if baseline in theirs else ""
    return f"{ratio}{figures(median * 1e6)} µs"


def _cells(m: Measurement, base: Measurement | None, language: Language, ended: bool) -> list[str]:
    low, high = quartiles(m)
    spread = f" ± {figures((high - low) / 2e-6)}" if ended else ""
    return [
        label_of(m, language),
        ratio_words(m, base, interval=ended),
        f"{figures(seconds_of(m) * 1e6)} µs{spread}",
        rate_words(m),
        limit_words(m),
        _memory(m, m.saved_bytes, language),
        _memory(m, m.peak_bytes, language),
        NONE if m.max_error is None else numeral(m.max_error, ".1e") if m.max_error else "0",
        str(m.repeats),
        NONE if m.build_seconds is None else duration(m.build_seconds),
    ]


def _memory(m: Measurement, count: int | None, language: Language) -> str:
    if count is None:
        return NONE
    if m.context != "kernel":  # a layer's own input, or a network's, is among it
        return byte_size(count)
    return text("time.ui.unit_saved", language, count=f"{count / m.elements:.3g}")
