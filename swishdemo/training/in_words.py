"""Says a run in words: the values of its fields, its scores, and what it has found.

That is a sentence or two, from its config and its summary alone. A winner is named only where the
seeds separate it: where the 95 % interval of its mean score lies above that of every other
activation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from statistics import fmean, stdev
from typing import Any

from swishdemo import datasets
from swishdemo.activations import formula_label, is_formula
from swishdemo.activations.registry import registered
from swishdemo.text import Language, catalogue, numeral, text
from swishdemo.training.config import TrainingConfig, learns_beta, starts
from swishdemo.training.intervals import student
from swishdemo.training.summary import ARTICLE_BAND, CONVERGED_BELOW

_ACTIVATION_FIELDS = ("activation", "rivals", "layer_activations")


def told(value: object, field: str, language: Language) -> str:
    """A field's value in words: a choice as the field's menu has it, a table by its name."""
    if value is None or value == []:
        return "–"
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        between = (
            text("language.comma", language)
            if any(isinstance(each, str) for each in value)
            else " "
        )
        return between.join(told(each, field, language) for each in value)
    if isinstance(value, Mapping):
        return value["name"] or f"{value['rows']} × {len(value['columns'])}"
    if field in _ACTIVATION_FIELDS:
        return activation_label(str(value))
    if field == "dataset":
        return text(datasets.get(str(value)).title, language)
    choice = f"train.choice.{field}.{value}"
    return text(choice, language) if choice in catalogue() else str(value)


def activation_label(activation: str) -> str:
    """What an activation is called, a typed formula too."""
    return formula_label(activation) if is_formula(activation) else registered(activation).label


def with_deviation(values: Sequence[float]) -> str:
    """Mean ± sample deviation, to no more digits than the deviation lets stand."""
    mean = fmean(values)
    if len(values) < 2:
        return rounded(mean, 3)
    deviation = stdev(values)
    digits = min(3, max(0, 1 - math.floor(math.log10(deviation)))) if deviation > 0 else 3
    return f"{rounded(mean, digits)} ± {rounded(deviation, digits)}"


def rounded(value: float, digits: int) -> str:
    """A number with so many digits behind its point; a very large one in three."""
    return f"{value:.{digits}f}" if abs(value) < 1e4 else f"{value:.3g}"


_JUST = 0.15
"""A mean |β| no farther from the article's range lies just below it, or just above."""
_LISTED_LAYERS = 4
_NAMED = 4
"""Activations that are named; of more, how many they are."""
_DEAD = 0.1
"""The share of dead units from which they are spoken of."""
_NONE, _ALL = 0.005, 0.995
"""From here on a share is told as all, and to there as none."""
_UNDER_WAY = ("running", "paused", "stopped", "failed")


def result(
    config: Mapping[str, Any], summary: Mapping[str, Any] | None, state: str, language: Language
) -> str:
    """What a run has found so far, or at its end.

    Args:
        config: The JSON of its config.
        summary: What `swishdemo.training.summary.summarise` told of its reports; None before them.
        state: The job's, such as ``running``.
        language: Of the words.

    Returns:
        A few sentences; empty where there is nothing to tell yet.
    """
    if not summary or not summary.get("activations"):
        return ""
    run = TrainingConfig.of_json(config)
    told = _Telling(run, summary, language)
    said = [*told.beta(), *told.scores(), *told.dead(), *told.diverged()]
    if not learns_beta(run) or len(starts(run)) < 2:
        said = [*told.dead(), *told.scores(), *told.beta(), *told.diverged()]
    if state in _UNDER_WAY:
        key = f"result.at_{state}" if state in ("stopped", "failed") else "result.at"
        given = {"step": summary["step"], "steps": summary["steps"]}
        said.insert(0, text(key, language, **given))
    if not said:
        return ""
    return told.joined("next", said)


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean score and the ends of its 95 % interval; they are the mean where a seed is alone."""

    name: str
    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, told: Mapping[str, Any], seeds: int) -> Interval | None:
        """That of one activation in a summary; None where none of its networks is left.

        Networks of one seed and several starts of β begin alike: they count as one.
        """
        mean, deviation = told["accuracy"]["mean"], told["accuracy"]["deviation"]
        if mean is None:
            return None
        count = min(told["replicas"] - told["diverged"], seeds)
        half = 0.0
        if deviation is not None and count > 1:
            half = student(0.95, count - 1) * deviation / math.sqrt(count)
        return cls(activation_label(told["activation"]), mean, mean - half, mean + half)

    def meets(self, other: Interval) -> bool:
        """Whether the two overlap."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True, slots=True)
class _Telling:
    """What is told of one summary in one language."""

    run: TrainingConfig
    summary: Mapping[str, Any]
    language: Language

    def _say(self, key: str, **values: object) -> str:
        return text(f"result.{key}", self.language, **values)

    def joined(self, key: str, words: Sequence[str]) -> str:
        """One after another, as the language puts them."""
        return reduce(lambda first, last: self._say(key, first=first, last=last), words)

    def _list(self, words: Sequence[str]) -> str:
        """A, B and C."""
        if len(words) < 2:
            return "".join(words)
        comma = text("language.comma", self.language)
        return self._say("and", first=comma.join(words[:-1]), last=words[-1])

    def beta(self) -> Iterator[str]:
        """Whether the starts have met, and where each layer's β lies."""
        layers = [layer for layer in self.summary["betas"] if layer]
        if not learns_beta(self.run) or not layers:
            return
        if self.run.beta_scope == "network":
            layers = layers[:1]
        count = len(starts(self.run))
        places = self._places(layers)
        if count < 2:
            start = starts(self.run)[0]
            begun = "–" if start is None else numeral(start, "g")
            yield self._say("beta_alone", start=begun, values=self._values(layers), places=places)
            return
        given = {"count": self._number(count), "step": self.summary["converged_step"]}
        if given["step"] is not None:
            yield self._say("met", **given, values=self._values(layers), places=places)
            return
        apart = [c for c in self.summary["convergence"] if c is not None]
        key = "apart" if apart and max(apart) >= CONVERGED_BELOW else "close"
        yield self._say(
            key,
            **given,
            spread=f"{max(apart, default=0):.2f}",
            limit=CONVERGED_BELOW,
            values=self._values(layers),
        )

    def _values(self, layers: Sequence[Mapping[str, Any]]) -> str:
        """The mean |β| of the layers, once where they are the same."""
        values = [layer["mean"] for layer in layers]
        shown = [f"{value:.2g}" if value < 100 else f"{value:.0f}" for value in values]
        if len(set(shown)) == 1:
            return shown[0]
        if len(shown) <= _LISTED_LAYERS:
            return self._list(shown)
        ends = f"{min(values):.2g}", f"{max(values):.2g}"
        return self._say("from_to", low=ends[0], high=ends[1])

    def _places(self, layers: Sequence[Mapping[str, Any]]) -> str:
        """Where the layers lie, seen from the article's range."""
        places = [_place(layer["mean"]) for layer in layers]
        if len(places) == 1:
            return self._say("it_lies", place=self._say(places[0]))
        if len(set(places)) == 1:
            return self._say("all_lie", place=self._say(places[0]))
        if len(places) > _LISTED_LAYERS:
            inside = places.count("inside")
            return self._say("some_lie", count=inside, layers=len(places))
        first = self._say("layer_lies", layer=1, place=self._say(places[0]))
        rest = [
            self._say(f"layer_{place}", layer=number) for number, place in enumerate(places[1:], 2)
        ]
        return self.joined("clause", (first, *rest))

    def scores(self) -> Iterator[str]:
        """How the activations stand to each other, by what the seeds separate."""
        told = self.summary["activations"]
        known = [each for entry in told if (each := Interval.of(entry, self.run.seeds))]
        if not known:
            return
        what = self._say("r2" if self._is_regression() else "accuracy")
        best = max(known, key=lambda each: each.mean)
        level = [each for each in known if each.meets(best)]
        behind = [each for each in known if each not in level]
        if len(told) == 1:
            yield self._say("alone", name=best.name, score=_score(best.mean), what=what)
        elif self.run.seeds == 1:
            scores = [f"{each.name} {_score(each.mean)}" for each in known]
            yield self._say("one_seed", scores=self._named(scores), what=what)
        elif len(level) > 1:
            low, high = (_score(end([each.mean for each in level])) for end in (min, max))
            between = low if low == high else f"{low}–{high}"
            yield self._say("same", names=self._names(level), between=between, what=what)
        else:
            yield self._say("ahead", name=best.name, score=_score(best.mean), what=what)
        if behind and self.run.seeds > 1:
            scores = [f"{each.name} {_score(each.mean)}" for each in behind]
            yield self._say("behind", scores=self._named(scores))

    def _names(self, level: Sequence[Interval]) -> str:
        if len(level) <= _NAMED:
            return self._list([each.name for each in level])
        return self._say("of", count=len(level), all=len(self.summary["activations"]))

    def _named(self, scores: Sequence[str]) -> str:
        """Scores one by one; of many the first, and how many more."""
        if len(scores) <= _NAMED:
            return self._list(scores)
        shown = text("language.comma", self.language).join(scores[: _NAMED - 1])
        return self._say("and_more", shown=shown, count=len(scores) - _NAMED + 1)

    def _is_regression(self) -> bool:
        if self.run.csv is not None:
            return not self.run.csv.class_names
        return datasets.get(self.run.dataset).task == "regression"

    def dead(self) -> Iterator[str]:
        """Which activations have units that answer nothing any more, where some have."""
        shares = {
            activation_label(each["activation"]): share
            for each in self.summary["activations"]
            if (share := each.get("dead")) is not None
        }
        if not any(share >= _DEAD for share in shares.values()):
            return
        if len(shares) > _NAMED:
            shares = {name: share for name, share in shares.items() if share >= _DEAD}
        said = [
            self._say("dead_all", name=name)
            if share >= _ALL
            else self._say("dead_none", name=name)
            if share < _NONE
            else self._say("dead_some", name=name, share=f"{100 * share:.0f}")
            for name, share in shares.items()
        ]
        yield self._say("dead", shares=self._named(said))

    def diverged(self) -> Iterator[str]:
        """How many networks have diverged, and whose."""
        told, count = self.summary["activations"], self.summary["diverged"]
        if not count:
            return
        whose = [activation_label(each["activation"]) for each in told if each["diverged"]]
        total = sum(each["replicas"] for each in told)
        yield self._say("diverged", count=count, all=total, names=self._list(whose))

    def _number(self, count: int) -> str:
        words = self._say("numbers").split()
        return words[count] if count < len(words) else str(count)


def _place(mean: float) -> str:
    low, high = ARTICLE_BAND
    if mean < low:
        return "just_below" if mean >= low - _JUST else "below"
    if mean > high:
        return "just_above" if mean <= high + _JUST else "above"
    return "inside"


def _score(value: float) -> str:
    """In three digits behind the point, cut so that what is not all right does not seem so."""
    shown = f"{value:.3f}" if abs(value) < 1000 else f"{value:.3g}"
    return ("0.999" if shown == "1.000" and value < 1 else shown).replace("-", "−")
