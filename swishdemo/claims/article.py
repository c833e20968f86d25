"""The article's claims, in its order. A record holds the claimed numbers; its texts lie beside."""

from __future__ import annotations

from swishdemo.claims.beta import BetaRange
from swishdemo.claims.cost import ExtraTime, SavedBytes, SavingsPrice
from swishdemo.claims.history import First, Year
from swishdemo.claims.limits import Asymptote, AtZero, Forms, Smooth
from swishdemo.claims.record import Claim, Kind, Unbuilt
from swishdemo.claims.slope import (
    LargestSlope,
    Minimum,
    NegativeSide,
    SteepestPoint,
    VanishingGradient,
)
from swishdemo.errors import UserError


def _unbuilt(claim: str, name: str, kind: Kind) -> Unbuilt:
    return Unbuilt(name, kind, plan=f"claims.{claim}.plan.{name}")


_FULL_STEP = ("relu", "silu", "swish_eager", "parametric_eager")

CLAIMS: tuple[Claim, ...] = (
    Claim("history", (First("first"), Year("year"))),
    Claim(
        "limits",
        (
            Asymptote("right", side="right", claimed_slope=1.0),
            Asymptote("left", side="left", claimed_slope=0.0),
            AtZero("zero", claimed_value=0.0),
        ),
        tab="explore",
    ),
    Claim("minimum", (Minimum("where", claimed_low=-1.278, claimed_high=0.0),), tab="explore"),
    Claim("forms", (Forms("forms", claimed_beta=1.0),), tab="explore"),
    Claim(
        "max-slope",
        (
            LargestSlope("how-much", claimed_max=1.099),
            SteepestPoint("where", claimed_where=1.0),
        ),
        tab="explore",
    ),
    Claim(
        "alive",
        (NegativeSide("slope", claimed_zeros=0), _unbuilt("alive", "cure", "trained")),
        tab="explore",
    ),
    Claim("smooth", (Smooth("order", claimed_order=2),), tab="explore"),
    Claim(
        "beta-range",
        (BetaRange("share", claimed_low=1.0, claimed_high=1.5, claimed_share=0.5),),
        tab="train",
    ),
    Claim("beta-start", (_unbuilt("beta-start", "gain", "trained"),), tab="train"),
    Claim("deep", (_unbuilt("deep", "accuracy", "trained"),), tab="train"),
    Claim("low-init", (_unbuilt("low-init", "accuracy", "trained"),), tab="train"),
    Claim("long", (_unbuilt("long", "gap", "trained"),), tab="train"),
    Claim(
        "cost",
        (
            ExtraTime(
                "kernel",
                job="kernel",
                context="kernel",
                variants=("relu", "silu", "swish_eager", "memory_efficient", "parametric_eager"),
                claimed_extra=0.15,
            ),
            ExtraTime(
                "layer", job="layer", context="layer", variants=_FULL_STEP, claimed_extra=0.15
            ),
            ExtraTime("step", job="step", context="step", variants=_FULL_STEP, claimed_extra=0.15),
        ),
        tab="time",
    ),
    Claim(
        "memory",
        (SavedBytes("bytes", claimed_bytes=4.0), SavingsPrice("time", claimed_ratio=1.0)),
        tab="time",
    ),
    Claim("amp", (_unbuilt("amp", "time", "timed"), _unbuilt("amp", "accuracy", "trained"))),
    Claim("he", (_unbuilt("he", "accuracy", "trained"),), tab="train"),
    Claim(
        "vanishing",
        (
            VanishingGradient("sigmoid", activation="sigmoid"),
            VanishingGradient("tanh", activation="tanh"),
            _unbuilt("vanishing", "depth", "trained"),
        ),
        tab="explore",
    ),
    Claim("leaky", (_unbuilt("leaky", "accuracy", "trained"),), tab="train"),
    Claim("dead-relu", (_unbuilt("dead-relu", "units", "trained"),), tab="train"),
)


def get(claim_id: object, claims: tuple[Claim, ...] = CLAIMS) -> Claim:
    """The claim called ``claim_id``.

    Raises:
        UserError: There is none (404).
    """
    for claim in claims:
        if claim.id == claim_id:
            return claim
    raise UserError(
        "claims.error.unknown",
        field="id",
        status=404,
        value=str(claim_id)[:40],
        choices=", ".join(claim.id for claim in claims),
    )
