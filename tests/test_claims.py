"""The records, the proofs against independent numbers, and verdicts that follow the claim."""

import string
from dataclasses import fields, replace
from datetime import date

import mpmath
import pytest

from swishdemo.claims import CLAIMS as ALL
from swishdemo.claims import VERDICTS, Instant, Measured, get
from swishdemo.claims.curve_shape import Smooth
from swishdemo.claims.documents.article import CLAIMS
from swishdemo.claims.formulas import Asymptote, AtZero
from swishdemo.claims.history import GELU, SILU, SWISH, DatedSource, First
from swishdemo.claims.proofs import landmarks, slope_at
from swishdemo.claims.record import combine, typeset
from swishdemo.errors import UserError
from swishdemo.text import LANGUAGES, catalogue

IDS = [
    "history",
    "limits",
    "minimum",
    "forms",
    "max-slope",
    "alive",
    "smooth",
    "beta-range",
    "beta-start",
    "deep",
    "low-init",
    "long",
    "cost",
    "memory",
    "amp",
    "he",
    "vanishing",
    "leaky",
    "dead-relu",
]

KNOWN = {
    ("history", "first"): "refuted",
    ("history", "year"): "confirmed",
    ("limits", "right"): "depends",
    ("limits", "left"): "depends",
    ("limits", "zero"): "confirmed",
    ("minimum", "where"): "imprecise",
    ("forms", "forms"): "confirmed",
    ("max-slope", "how-much"): "confirmed",
    ("max-slope", "where"): "refuted",
    ("alive", "slope"): "imprecise",
    ("smooth", "order"): "confirmed",
    ("vanishing", "sigmoid"): "confirmed",
    ("vanishing", "tanh"): "depends",
}


def instant_parts():
    return [
        (claim.id, part) for claim in CLAIMS for part in claim.parts if isinstance(part, Instant)
    ]


def verdict_of(part):
    return part.judge(part.check()).verdict


def swish(x, beta):
    return x / (1 + mpmath.exp(-beta * x))


def oracle_slope(x, beta):
    """f′ by numerical differentiation at 80 digits, free of our derivation."""
    with mpmath.workdps(80):
        h = mpmath.mpf(10) ** -25
        x, beta = mpmath.mpf(x), mpmath.mpf(beta)
        return (swish(x + h, beta) - swish(x - h, beta)) / (2 * h)


def test_the_claims_are_the_nineteen_of_the_article():
    assert [claim.id for claim in CLAIMS] == IDS
    assert {claim.document.address for claim in CLAIMS} == {"http://www.kler.cn/a/542810.html"}


def test_every_instant_part_has_a_known_verdict():
    assert {(claim, part.name) for claim, part in instant_parts()} == set(KNOWN)


@pytest.mark.parametrize(
    ("claim", "part"), instant_parts(), ids=lambda value: getattr(value, "name", value)
)
def test_verdict_is_what_is_known(claim, part):
    assert verdict_of(part) == KNOWN[claim, part.name]


@pytest.mark.parametrize("beta", [0.1, 0.5, 1.0, 1.702, 3.0, 10.0])
def test_landmarks_against_high_precision_root_finding(beta):
    found = landmarks(beta)
    assert all(found.steps.values())
    with mpmath.workdps(50):
        b = mpmath.mpf(beta)
        minimum = mpmath.findroot(lambda x: oracle_slope(x, b), -1.3 / b, tol=1e-40)
        assert found.minimum == pytest.approx(float(minimum), rel=1e-15)
        assert found.minimum_value == pytest.approx(float(swish(minimum, b)), rel=1e-15)

        def bend(x):
            h = mpmath.mpf(10) ** -12
            return (oracle_slope(x + h, b) - oracle_slope(x - h, b)) / (2 * h)

        steep = mpmath.findroot(bend, 2.4 / b, tol=1e-18)
        assert found.steep == pytest.approx(float(steep), rel=1e-11)
        assert found.largest == pytest.approx(float(oracle_slope(steep, b)), rel=1e-15)
        assert found.smallest == pytest.approx(float(oracle_slope(-steep, b)), rel=1e-15)


def test_published_digits():
    found = landmarks(1.0)
    assert found.omega == pytest.approx(0.278464542761074, abs=5e-16)
    assert found.minimum == pytest.approx(-1.278464542761074, abs=1e-15)
    assert found.largest == pytest.approx(1.09983932012887, abs=5e-15)
    assert found.steep == pytest.approx(2.39935728051547, abs=5e-15)
    assert found.smallest == pytest.approx(-0.0998393201288669, abs=5e-17)
    assert slope_at(1.0, 1.0) == pytest.approx(0.927670511871487, abs=5e-16)


@pytest.mark.parametrize("x", [-300.0, -40.0, -20.0, -1.278464542761074, 0.0, 1.0, 300.0])
def test_slope_keeps_its_digits_in_the_tails(x):
    with mpmath.workdps(200):
        z = mpmath.mpf(x)
        e = mpmath.exp(z)
        assert slope_at(x, 1.0) == pytest.approx(float(e * (1 + z + e) / (1 + e) ** 2), rel=1e-12)


@pytest.mark.parametrize("beta", [0.0, -1.0, float("nan")])
def test_landmarks_need_a_positive_beta(beta):
    with pytest.raises(ValueError, match="must be above 0"):
        landmarks(beta)


CHANGED = [
    ("minimum", "where", {"claimed_low": -1.279}, "confirmed"),
    ("minimum", "where", {"claimed_low": -1.27}, "refuted"),
    ("minimum", "where", {"claimed_high": -1.3, "claimed_low": -2.0}, "refuted"),
    ("minimum", "where", {"claimed_beta": 2.0}, "confirmed"),
    ("minimum", "where", {"claimed_beta": 0.5}, "refuted"),
    ("minimum", "where", {"claimed_low": float("nan")}, "refuted"),
    ("forms", "forms", {"claimed_beta": 2.0}, "imprecise"),
    ("max-slope", "how-much", {"claimed_max": 1.0998}, "confirmed"),
    ("max-slope", "how-much", {"claimed_max": 1.1}, "confirmed"),
    ("max-slope", "how-much", {"claimed_max": 1.09}, "imprecise"),
    ("max-slope", "how-much", {"claimed_max": 1.12}, "imprecise"),
    ("max-slope", "how-much", {"claimed_max": 1.0}, "refuted"),
    ("max-slope", "how-much", {"claimed_max": 1.25}, "refuted"),
    ("max-slope", "how-much", {"claimed_max": float("nan")}, "refuted"),
    ("max-slope", "where", {"claimed_where": 2.4}, "confirmed"),
    ("max-slope", "where", {"claimed_where": 2.5}, "imprecise"),
    ("max-slope", "where", {"claimed_where": 2.3}, "imprecise"),
    ("max-slope", "where", {"claimed_where": -2.4}, "refuted"),
    ("max-slope", "where", {"claimed_beta": 2.39935728}, "confirmed"),
    ("alive", "slope", {"claimed_zeros": 1}, "confirmed"),
    ("smooth", "order", {"claimed_order": 10**6}, "confirmed"),  # every order is reached
    ("smooth", "order", {"activation": "elu"}, "refuted"),
    ("smooth", "order", {"activation": "elu", "claimed_order": 0}, "confirmed"),
    ("smooth", "order", {"activation": "relu", "claimed_order": 0}, "refuted"),
    ("limits", "right", {"claimed_slope": 0.0}, "depends"),  # now true for β < 0 alone
    ("limits", "right", {"claimed_slope": 2.0}, "refuted"),
    ("limits", "right", {"claimed_offset": 1.0}, "refuted"),
    ("limits", "left", {"claimed_slope": 0.5}, "depends"),  # true for β = 0 alone
    ("limits", "left", {"claimed_offset": -1.0}, "refuted"),
    ("limits", "zero", {"claimed_value": 0.5}, "refuted"),
    ("vanishing", "sigmoid", {"claimed_bound": 0.2}, "refuted"),
    ("vanishing", "sigmoid", {"claimed_bound": 0.25}, "depends"),
    ("vanishing", "tanh", {"claimed_bound": 0.9}, "refuted"),
    ("vanishing", "tanh", {"claimed_bound": 1.1}, "confirmed"),
    ("history", "year", {"claimed_year": 2016}, "refuted"),
    ("history", "year", {"claimed_year": 2016, "paper": GELU}, "confirmed"),
    ("history", "first", {"claimed": GELU}, "confirmed"),
    ("history", "first", {"claimed": SILU}, "refuted"),
    ("history", "first", {"known": (SWISH,)}, "confirmed"),
]


FLIPPED = {
    (claim, part): change
    for claim, part, change, expected in reversed(CHANGED)
    if expected != KNOWN[claim, part]
}
"""Of each part the first change that turns its verdict; the others are long tests."""


@pytest.mark.parametrize(
    ("claim", "part", "change", "expected"),
    [
        pytest.param(*case, marks=[pytest.mark.long] * (FLIPPED[case[:2]] is not case[2]))
        for case in CHANGED
    ],
)
def test_another_claimed_number_gives_another_verdict(claim, part, change, expected):
    assert verdict_of(replace(get(claim).part(part), **change)) == expected


def test_every_proved_part_with_a_number_is_changed_above():
    changed = {(claim, part) for claim, part, change, _ in CHANGED if "claimed" in " ".join(change)}
    with_number = {
        (claim, part.name)
        for claim, part in instant_parts()
        if any(field.name.startswith("claimed") for field in fields(part))
    }
    assert with_number == changed


def test_an_older_source_with_beta_leaves_nothing_to_claim():
    older = DatedSource("A. Author", "A title", "1601.00001", date(2016, 1, 1), trainable=True)
    part = First("first", known=(older, SWISH))
    verdict = part.judge(part.check())
    assert verdict.verdict == "refuted"
    assert "added" not in verdict.sentence("en")
    assert "A. Author" in verdict.sentence("en")


def test_limits_of_each_sign_of_beta():
    lines = Asymptote("right", side="right").check()["lines"]
    assert lines["positive"] == {"slope": 1.0, "offset": 0.0}
    assert lines["zero"] == {"slope": 0.5, "offset": 0.0}
    assert lines["negative"] == {"slope": 0.0, "offset": 0.0}
    for sign, beta in (("positive", 0.7), ("zero", 0.0), ("negative", -0.7)):
        far = 200.0
        line = lines[sign]
        assert float(swish(mpmath.mpf(far), beta)) == pytest.approx(
            line["slope"] * far + line["offset"], abs=1e-12
        )
    assert AtZero("zero").check()["value"] == 0.0


def test_derivatives_of_the_ring_are_written_out():
    written = Smooth("order").check()["derivatives"]
    assert len(written) == 3
    assert all("s" in polynomial and r"\beta" in polynomial for polynomial in written)


def test_a_failed_step_decides_nothing():
    part = get("max-slope").part("how-much")
    evidence = dict(part.check())
    evidence["steps"] = evidence["steps"] | {"bend": False}
    verdict = part.judge(evidence)
    assert verdict.verdict == "undecided"
    assert "bend" in verdict.sentence("en")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (["confirmed"], "confirmed"),
        (["refuted", "refuted"], "refuted"),
        (["confirmed", "refuted", "undecided"], "depends"),
        (["confirmed", "undecided"], "undecided"),
        (["refuted", "undecided"], "undecided"),
        ([], "undecided"),
    ],
)
def test_combining_settings(settings, expected):
    assert combine(settings) == expected


@pytest.mark.parametrize(
    ("plain", "read"),
    [
        ("x = -1.5", "x = −1.5"),
        ("(-1.278, 0)", "(−1.278, 0)"),
        ("3.92e-08", "3.92·10⁻⁸"),
        ("-3.92e-08", "−3.92·10⁻⁸"),
        ("1.00e+12", "1.00·10¹²"),
        ("on 2017-10-16", "on 2017-10-16"),
        ("ReLU-like", "ReLU-like"),
    ],
)
def test_numbers_are_set_as_a_reader_writes_them(plain, read):
    assert typeset(plain) == read


def test_an_unknown_claim_is_refused():
    with pytest.raises(UserError) as refused:
        get("no-such")
    assert refused.value.status == 404
    assert "max-slope" in refused.value.sentence("en")
    with pytest.raises(UserError):
        get(None)
    with pytest.raises(KeyError):
        get("cost").part("no-such")


def test_two_parts_of_one_name_are_refused():
    with pytest.raises(ValueError, match="different names"):
        replace(get("cost"), parts=get("cost").parts[:1] * 2)
    with pytest.raises(ValueError, match="different names"):
        replace(get("cost"), parts=())


def ours():
    return {key: entry for key, entry in catalogue().items() if key.startswith("claims.")}


def test_both_languages_have_every_sentence_with_the_same_numbers():
    for key, entry in ours().items():
        assert set(entry) == set(LANGUAGES), key
        named = [
            sorted(name for _, name, _, _ in string.Formatter().parse(entry[each]) if name)
            for each in LANGUAGES
        ]
        if ".proof." in key:  # a proof may name a number twice in one language
            named = [sorted(set(names)) for names in named]
        assert named[0] == named[1], key
        assert all(entry[each].strip() for each in LANGUAGES), key


def test_every_claim_has_its_texts():
    for claim in ALL:
        assert f"claims.{claim.id}.statement" in catalogue()
        for part in claim.parts:
            assert f"claims.{claim.id}.part.{part.name}" in catalogue()
            has_proof = f"claims.{claim.id}.proof.{part.name}" in catalogue()
            assert has_proof == (part.kind == "proved")
            assert isinstance(part, Instant | Measured)
    for verdict in VERDICTS:
        assert f"claims.verdict.{verdict.replace(' ', '_')}" in catalogue()


def test_every_text_of_a_part_belongs_to_one():
    known = {f"{claim.id}.{part.name}" for claim in ALL for part in claim.parts}
    for key in ours():
        pieces = key.split(".")
        if pieces[2] in ("part", "proof"):
            assert f"{pieces[1]}.{pieces[3]}" in known, key


def test_the_statement_follows_the_record():
    claim = get("max-slope")
    assert "1.099" in claim.statement("en")
    assert "1.099" in claim.statement("zh")
    changed = replace(claim, parts=(replace(claim.parts[0], claimed_max=1.25), claim.parts[1]))
    assert "1.25" in changed.statement("en")
    assert "1.099" not in changed.statement("zh")
    assert "15 %" in get("cost").statement("en")
    assert "(−1.278, 0)" in get("minimum").statement("zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_title_is_short_and_follows_the_record(language):
    for claim in CLAIMS:
        wide = sum(1 + (letter > "\u2e80") for letter in claim.title(language))
        assert 6 <= wide <= 40, claim.title(language)
        begun = replace(claim, titles={}).title(language)
        assert claim.statement(language).startswith(begun.removesuffix(" …"))
        assert sum(1 + (letter > "\u2e80") for letter in begun) <= 42
    assert all(set(claim.titles) == set(LANGUAGES) for claim in CLAIMS)
    claim = get("max-slope")
    changed = replace(claim, parts=(replace(claim.parts[0], claimed_max=1.25), claim.parts[1]))
    assert "1.25" in changed.title(language) and "1.099" in claim.title(language)


def test_kinds_are_as_documented():
    kinds = {claim.id: [part.kind for part in claim.parts] for claim in CLAIMS}
    assert kinds["cost"] == ["timed"] * 3
    assert kinds["memory"] == ["timed"] * 2
    assert kinds["beta-range"] == ["trained"]
    assert kinds["alive"] == ["proved", "trained"]
    assert kinds["vanishing"] == ["proved", "proved", "trained"]
    assert kinds["amp"] == ["trained", "trained"]
