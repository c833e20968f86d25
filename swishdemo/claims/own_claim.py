"""Reads a visitor's own claim: what may be stated, and how each statement is decided.

A statement is a form of numbers, names and formulas; its sentence is made here, so no words of a
visitor's are shown to anyone. It is registered, with its rule, before anything is run
(`swishdemo.claims.registration`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from swishdemo import datasets
from swishdemo.activations.record import is_formula
from swishdemo.activations.registry import names, registered
from swishdemo.claims.cost import ELEMENTS, PriceAtMost
from swishdemo.claims.record import (
    Evidence,
    Kind,
    Part,
    Verdict,
    begun,
    typeset,
    verdict,
)
from swishdemo.claims.trained import Arm, AtLeast, Setting, Trained
from swishdemo.errors import UserError
from swishdemo.form import Form, declare
from swishdemo.settings import Settings
from swishdemo.text import Language, Sentence, numeral, text
from swishdemo.timing import REGISTRY

_BUILTIN = {"swish": "silu"}
"""The implementation that an activation is timed by, where it has another name."""

_LONGEST_NAME = 16
"""Letters of a name in a title: those of no activation are more."""

_SAME_TO = 1e-12
"""Two numbers that differ by no more, relatively, are one: values are right to twelve digits."""

_DATA = tuple(
    each.name
    for each in datasets.datasets()
    if each.task == "classification" and each.kind != "table"
)
_NETWORKS = ("mlp", "cnn", "residual_mlp", "residual_cnn")
_LEAST_STEPS, _MOST_STEPS = 10, 1000


class Statement(Form):
    """What is claimed of two activations; a valid one is made by `stated`."""

    what = "error.what.claim"
    not_an_object = "own.error.not_an_object"
    room = "own"
    kind: ClassVar[str]
    """Its name in requests."""

    activation: str = declare("swish", choices=names(), formulas=1)
    """The one that something is said of."""
    against: str = declare("relu", choices=names(), formulas=1)
    """The one that it is set against."""

    def as_json(self) -> dict[str, Any]:
        """The statement as `stated` takes it."""
        return {"kind": self.kind, **super().as_json()}

    def checked(self, server: Settings) -> None:
        """Refuse what cannot be true or false.

        Raises:
            UserError: About the field at fault.
        """
        if self.activation == self.against:
            raise UserError("own.error.same", field="against")

    def sentence(self, language: Language) -> str:
        """What is claimed, in words."""
        return text(f"own.statement.{self.kind}", language, **self._told(language))

    def title(self, language: Language) -> str:
        """The same in about six words; formulas that are long are not told to their ends."""
        told = self._told(language)
        told |= {name: _shortened(told[name]) for name in ("one", "other")}
        return begun(text(f"own.title.{self.kind}", language, **told))

    def rule(self, language: Language, server: Settings) -> str:
        """What is done, how often, and which result makes which verdict."""
        return text(f"own.rule.{self.kind}", language, **self._told(language), **self._done(server))

    def setup(self) -> dict[str, str]:
        """What Explore's address holds to draw what is claimed; empty where it cannot."""
        return {}

    @abstractmethod
    def part(self) -> Part:
        """How it is decided."""

    @abstractmethod
    def _told(self, language: Language) -> dict[str, str]:
        """What fills its sentence."""

    def _done(self, server: Settings) -> dict[str, str]:
        """What fills its rule beside that."""
        return {}

    def _names(self) -> dict[str, str]:
        return {"one": _name(self.activation), "other": _name(self.against)}


class Beats(Statement):
    """One is better than another on some data, with a network, by at least so much."""

    kind = "beats"

    dataset: str = declare("digits", choices=_DATA)
    network: str = declare("mlp", choices=_NETWORKS)
    depth: int = declare(2, low=1, high=20, unit="layers")
    """Hidden layers."""
    steps: int = declare(
        300,
        low=_LEAST_STEPS,
        high=_MOST_STEPS,
        unit="steps",
        here=lambda server: {"high": min(_MOST_STEPS, server.max_steps)},
    )
    margin: float = declare(2.0, low=0, high=100, unit="points")
    """By how many points of accuracy at least."""
    repeats: int = declare(8, low=8, high=32, unit="seeds")
    """How often both are trained, each time with other weights, batches and split."""

    def checked(self, server: Settings) -> None:
        """Refuse what no run can be made of."""
        from swishdemo.training.request import parse_run

        super().checked(server)
        part = self.part()
        try:
            parse_run({**part.base, "seeds": 1}, server)
        except UserError as error:
            own = error.field in type(self).model_fields
            here = error.field if own else "against" if error.field == "rivals" else "network"
            raise UserError(error.key, field=here, status=error.status, **error.values) from None

    def part(self) -> BetterBy:
        """Pairs of networks, trained side by side."""
        contrast = AtLeast(
            (Arm("own", self.activation), Arm("own", self.against, weight=-1.0)),
            smallest=self.margin / 100,
        )
        data = datasets.get(self.dataset)
        wide = prod(data.shape) / 64 if "cnn" in self.network else 1.0
        seconds = self.repeats * (0.3 + self.steps * (3e-4 + 2.5e-4 * self.depth) * max(1.0, wide))
        return BetterBy(
            "accuracy",
            base={
                **{"dataset": self.dataset, "network": self.network, "depth": self.depth},
                **{"width": 8 if "cnn" in self.network else 32, "steps": self.steps},
                **{"activation": self.activation, "rivals": [self.against]},
                **{"beta_starts": [1], "beta_scope": "fixed", "weight_decay": 0, "beta_decay": 0},
                **{"optimiser": "adam", "lr": 0.001, "test_share": 0.5},
            },
            runs={"own": {"steps": self.steps}},
            settings=(Setting("own.where", (contrast,)),),
            chance=1 / data.classes,
            repeats=self.repeats,
            cost=3 + round(seconds),
            margin=self.margin,
        )

    def _told(self, language: Language) -> dict[str, str]:
        return {
            **self._names(),
            "dataset": self.dataset,
            "data": text(f"data.title.{self.dataset}", language),
            "network": text(f"train.choice.network.{self.network}", language),
            "depth": f"{self.depth}",
            "steps": f"{self.steps}",
            "margin": _number(self.margin),
        }

    def _done(self, server: Settings) -> dict[str, str]:
        return {"repeats": f"{self.repeats}"}


class Costs(Statement):
    """One takes at most so many times as long as another."""

    kind = "costs"

    activation: str = declare("swish", choices=REGISTRY.activations(), formulas=1)
    """The one whose time is meant."""
    against: str = declare("relu", choices=REGISTRY.activations(), formulas=1)
    """The other."""
    at_most: float = declare(1.2, low=0.01, high=1000, unit="times")
    """How many times as long at most."""
    context: str = declare("kernel", choices=("kernel", "layer", "step"))
    """The activation alone, with a linear layer, or in a training step."""

    def checked(self, server: Settings) -> None:
        """Refuse what cannot be timed here."""
        from swishdemo.timing import TimingRequest

        super().checked(server)
        TimingRequest.parse(self.part().request(server), server)

    def part(self) -> PriceAtMost:
        """One timing of both."""
        one, other = (_BUILTIN.get(each, each) for each in (self.activation, self.against))
        return PriceAtMost(
            "time",
            variants=(one, other),
            context=self.context,
            variant=one,
            baseline=other,
            claimed_high=self.at_most,
        )

    def _told(self, language: Language) -> dict[str, str]:
        context = text(f"own.context.{self.context}", language)
        return {**self._names(), "ratio": _number(self.at_most), "context": context}

    def _done(self, server: Settings) -> dict[str, str]:
        return {"elements": numeral(min(ELEMENTS, server.max_elements))}


class Differs(Statement):
    """Two differ by at most so much on an interval."""

    kind = "differs"

    at_most: float = declare(0.1, low=0, high=1e6)
    """The largest difference, as it is claimed."""
    low: float = declare(-5.0, low=-1e6, high=1e6)
    """Where the interval begins."""
    high: float = declare(5.0, low=-1e6, high=1e6)
    """Where it ends."""

    def checked(self, server: Settings) -> None:
        """Refuse an interval that is none."""
        super().checked(server)
        if not self.low < self.high:
            raise UserError("own.error.interval", field="high", low=_number(self.low))

    def setup(self) -> dict[str, str]:
        """Both, and their difference, on the interval; of two formulas Explore draws but one."""
        pair = (self.activation, self.against)
        formulas = [each for each in pair if is_formula(each)]
        if len(formulas) > 1:
            return {}
        base = "formula" if is_formula(self.against) else self.against
        named = ",".join(each for each in pair if each not in ("swish", *formulas))
        shown = {"act": named, "base": base, "show": "f,diff", "x": f"{self.low:g},{self.high:g}"}
        return shown | ({"formula": formulas[0][1:]} if formulas else {})

    def part(self) -> ApartAtMost:
        """A search for the place at which they are farthest apart."""
        return ApartAtMost(
            "distance",
            one=self.activation,
            other=self.against,
            claimed_gap=self.at_most,
            low=self.low,
            high=self.high,
        )

    def _told(self, language: Language) -> dict[str, str]:
        ends = {"low": _number(self.low), "high": _number(self.high)}
        return {**self._names(), "gap": _number(self.at_most), **ends}


STATEMENTS: Mapping[str, type[Statement]] = {each.kind: each for each in (Beats, Costs, Differs)}


def _class_of(kind: object) -> type[Statement]:
    """The form of a kind of statement.

    Raises:
        UserError: There is none.
    """
    if not isinstance(kind, str) or kind not in STATEMENTS:
        raise UserError("own.error.kind", field="kind", choices=", ".join(STATEMENTS))
    return STATEMENTS[kind]


def stated(given: object, server: Settings) -> Statement:
    """Read a statement; a field that is left out takes its default.

    Args:
        given: The request's JSON, of any type; its ``kind`` is one of `STATEMENTS`.
        server: Its limits, and the time in which a formula must be worked out.

    Raises:
        UserError: A field is unknown, of another type, out of range, or no formula; or nothing
            can be run of it.
    """
    if not isinstance(given, Mapping):
        raise UserError(Statement.not_an_object, choices=", ".join(STATEMENTS))
    statement = _class_of(given.get("kind")).read(given, server, beside=("kind",))
    statement.checked(server)
    return statement


def restored(record: Mapping[str, Any]) -> Statement:
    """Read a statement that was stored, perhaps by another version. Limits are not asked.

    Raises:
        UserError: This version knows no such statement.
    """
    return _class_of(record.get("kind")).restored(record)


@dataclass(frozen=True, slots=True)
class BetterBy(Trained):
    """How much more accurate one is than another.

    Attributes:
        margin: By how many points at least, as it is claimed.
    """

    job: str = "training"
    margin: float = 2.0

    def summary(self, evidence: Evidence) -> Sentence:
        """What was compared, and how."""
        how = super(BetterBy, self).summary(evidence).values["how"]  # slots: a class made anew
        what = Sentence("own.compared", margin=self.margin)
        return Sentence("claims.why.trained_summary", what=what, how=how)


@dataclass(frozen=True, slots=True)
class ApartAtMost(Part):
    """How far apart two are on an interval; a process of its own looks for it.

    Attributes:
        one: An activation.
        other: Another.
        claimed_gap: The largest distance, as it is claimed.
        low: Where the interval begins.
        high: Where it ends.
    """

    kind: Kind = "searched"
    one: str = "swish"
    other: str = "relu"
    claimed_gap: float = 0.1
    low: float = -5.0
    high: float = 5.0

    def judge(self, evidence: Evidence) -> Verdict:
        """One place where they differ by more refutes it; one without a value leaves it open."""
        values = {name: evidence[name] for name in ("where", "gap")}
        if evidence["gap"] > self.claimed_gap * (1 + _SAME_TO):
            ends = {"low": self.low, "high": self.high, "claimed": self.claimed_gap}
            return verdict("refuted", "gap_above", **values, **ends)
        if evidence["undefined"] is not None:
            return Verdict("undecided", Sentence("own.undefined", x=evidence["undefined"]))
        found = {**values, "claimed": self.claimed_gap, "points": evidence["points"]}
        return Verdict("confirmed", Sentence("own.gap_within", **found))


def _name(activation: str) -> str:
    return activation[1:] if is_formula(activation) else registered(activation).label


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _number(value: float) -> str:
    """A number as it was given, to the digits that a reader reads."""
    return typeset(f"{value:.12g}")
