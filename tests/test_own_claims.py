"""A visitor's own claim: stated, registered before it is run, decided by real engines, kept."""

import json
import shutil
import sqlite3
import time
from contextlib import contextmanager

import httpx
import mpmath
import numpy as np
import pytest
from activation_oracle import ORACLE
from api_server import ANNA, BERT, serving
from formula_oracle import value
from hypothesis import given, settings
from hypothesis import strategies as st

from swishdemo.activations import evaluate, get
from swishdemo.activations.evaluation import distance
from swishdemo.claims.own_claim import STATEMENTS, AtLeast, BetterBy, PriceAtMost, restored, stated
from swishdemo.claims.registration import MOST_OF_ONE, Registration
from swishdemo.claims.trained import Arm
from swishdemo.errors import UserError
from swishdemo.jobs.manager import JobManager
from swishdemo.jobs.store import Registered
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES
from swishdemo.ui.lab import Lab

GAP = {"kind": "differs", "activation": "gelu", "against": "=x*sigmoid(1.702*x)"}
NEAR = {**GAP, "at_most": 0.0204, "low": -6, "high": 6}
"""Their largest distance is 0.02033."""
TRAINED = {"kind": "beats", "against": "=0*x", "dataset": "xor", "steps": 40, "margin": 2}
TIMED = {"kind": "costs", "activation": "relu", "against": "=x*tanh(x)"}


@contextmanager
def visiting(folder, who=ANNA):
    lab = Lab.open(Settings(data_dir=folder, max_elements=2**14))
    try:
        with (
            serving(lab) as address,
            httpx.Client(base_url=address, headers=who, timeout=120) as client,
        ):
            yield client
    finally:
        lab.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("own")


@pytest.fixture(scope="module")
def anna(folder):
    with pytest.MonkeyPatch.context() as patch, visiting(folder) as client:
        patch.setattr("swishdemo.claims.cost._PAIR_SECONDS", 0.2)
        yield client


def registered(client, claim):
    answer = client.post("/api/claims", json=claim)
    assert answer.status_code == 201, answer.text
    return answer.json()


def decided(client, claim_id):
    """The one part of a claim, once it has been checked."""
    answer = client.post(f"/api/claims/{claim_id}/check")
    assert answer.status_code in (200, 201), answer.text
    deadline = time.monotonic() + 240
    for address in answer.json().get("jobs", ()):
        while (job := client.get(address).json())["state"] in ("waiting", "running"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert job["state"] == "finished", job
    (part,) = client.get(f"/api/claims/{claim_id}").json()["parts"]
    return part


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (NEAR, "confirmed"),
        ({**NEAR, "at_most": 0.0203}, "refuted"),
        ({**GAP, "activation": "=log(x)", "at_most": 1e6, "low": -1, "high": 5}, "undecided"),
        (TRAINED, "confirmed"),
        ({**TRAINED, "activation": "=0*x", "against": "relu"}, "refuted"),
        ({**TIMED, "at_most": 1}, "confirmed"),
        ({**TIMED, "against": "=x*tanh(exp(x))"}, "undecided"),  # its slope overflows: not timed
        pytest.param(
            {**TIMED, "activation": TIMED["against"], "against": "relu", "at_most": 1},
            "refuted",
            marks=pytest.mark.long,
        ),
    ],
)
def test_each_kind_is_decided_by_its_engine(anna, claim, verdict):
    told = registered(anna, claim)
    assert [part["verdict"] for part in told["parts"]] == ["not run"]
    part = decided(anna, told["id"])
    assert part["verdict"] == verdict, part["why"]
    assert part["evidence"] and part["checked_at"] >= told["registered"]["at"]
    # It stays as it was registered, and every way to take it along has it.
    after = anna.get(f"/api/claims/{told['id']}").json()
    assert after["registered"] == told["registered"]
    assert told["registered"]["stated"].items() >= claim.items()
    for language in LANGUAGES:
        ask = {"lang": language}
        page = anna.get(f"/claim/{told['id']}", params=ask).text
        report = anna.get(f"/api/claims/{told['id']}/report", params=ask).text
        marked = anna.get(f"/api/claims/{told['id']}/report", params={**ask, "format": "md"}).text
        view = {card["id"]: card for card in anna.get("/api/claims/own/view", params=ask).json()}
        (shown,) = view[told["id"]]["parts"]
        badge = anna.get(f"/api/claims/{told['id']}/badge.svg", params=ask).text
        for file in (page, report, marked, badge):
            assert shown["verdict_label"] in file
        if "untimed" not in part["evidence"]:
            assert "<svg" in shown["picture"] and "<svg" in page and "<svg" in report
        moment = told["registered"]["at"][:19].replace("T", " ")
        assert all(moment in file for file in (page, report, marked))
    assert anna.delete(f"/api/claims/{told['id']}").status_code == 204


def test_its_address_shows_it_and_its_visitor_alone_changes_it(anna):
    told = registered(anna, NEAR)
    address = f"/api/claims/{told['id']}"
    assert len(told["id"]) >= len("own-") + 32  # 128 bits that nobody guesses
    assert anna.get(address, headers=BERT).json()["statement"] == told["statement"]
    assert anna.get(f"/claim/{told['id']}", headers=BERT).status_code == 200
    assert anna.get("/api/claims/own", headers=BERT).json() == []
    assert anna.get("/api/claims/own/view", headers=BERT).json() == []
    assert all(each["id"] != told["id"] for each in anna.get("/api/claims").json())
    for method, path in (("POST", "/check"), ("POST", "/stop"), ("DELETE", "")):
        answer = anna.request(method, address + path, headers=BERT)
        assert answer.status_code == 404 and "not yours" in answer.json()["detail"]
    assert decided(anna, told["id"])["verdict"] == "confirmed"
    assert anna.delete(address).status_code == 204
    assert anna.get(address).status_code == anna.delete(address).status_code == 404
    assert anna.get(f"/claim/{told['id']}").status_code == 404


def test_its_job_is_the_visitors_and_goes_with_it(anna):
    told = registered(anna, {**TRAINED, "steps": 1000, "repeats": 32})
    job = anna.post(f"/api/claims/{told['id']}/check").json()["job"]
    assert job in [f"/api/sweeps/{each['id']}" for each in anna.get("/api/sweeps").json()]
    progress = anna.get("/api/claims/progress", params={"claim": told["id"]}).json()[told["id"]]
    assert progress["active"] and progress["mine"]
    assert anna.delete(f"/api/claims/{told['id']}").status_code == 204
    assert anna.get(job).status_code == 404


HOSTILE = [
    ({}, "kind"),
    ({"kind": "proves"}, "kind"),
    ({"kind": ["beats"]}, "kind"),
    ({**NEAR, "activation": "<img src=x onerror=alert(1)>"}, "activation"),
    ({**NEAR, "against": "=<script>alert(1)</script>"}, "against"),
    ({**NEAR, "against": "=__import__('os').system('id')"}, "against"),
    ({**NEAR, "against": "=" + "x*" * 5000 + "x"}, "against"),
    ({**NEAR, "against": "={x}"}, "against"),
    ({**NEAR, "against": "gelu"}, "against"),
    ({**NEAR, "against": None}, "against"),
    ({**NEAR, "at_most": -1}, "at_most"),
    ({**NEAR, "at_most": 1e300}, "at_most"),
    ({**NEAR, "at_most": 10**400}, None),
    ({**NEAR, "at_most": "0.1"}, "at_most"),
    ({**NEAR, "at_most": True}, "at_most"),
    ({**NEAR, "low": 6}, "high"),
    ({**NEAR, "statement": "Swish is <b>best</b>"}, "statement"),
    ({**TRAINED, "margin": 101}, "margin"),
    ({**TRAINED, "repeats": 2}, "repeats"),
    ({**TRAINED, "repeats": 8.5}, "repeats"),
    ({**TRAINED, "steps": 10**6}, "steps"),
    ({**TRAINED, "dataset": "csv"}, "dataset"),
    ({**TRAINED, "dataset": "sine"}, "dataset"),
    ({**TRAINED, "network": "cnn"}, "network"),
    ({**TIMED, "activation": "tanh"}, "activation"),
    ({**TIMED, "at_most": 0}, "at_most"),
]


@pytest.mark.parametrize(("claim", "field"), HOSTILE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_be_claimed_is_refused_in_a_sentence(anna, claim, field, language):
    for path in ("/api/claims", "/api/claims/preview"):
        answer = anna.post(path, json=claim, params={"lang": language})
        assert answer.status_code == 422, answer.text
        (said,) = answer.json()["detail"]
        assert field is None or said["loc"] == ["body", field]
        assert said["msg"].endswith((".", "。", "！", "？")) and "<script" not in said["msg"]
    assert anna.get("/api/claims/own").json() == []


@pytest.mark.parametrize("body", ["[]", "3", '{"kind": "differs", "at_most": NaN}', "{", '"x"'])
def test_what_is_no_claim_at_all_is_refused(anna, body):
    sent = {"Content-Type": "application/json"}
    assert anna.post("/api/claims", content=body, headers=sent).status_code == 422


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
NEARLY = {
    "at_most": st.floats(0, 10),
    "margin": st.floats(0, 100),
    "repeats": st.integers(8, 32),
    "activation": st.sampled_from(["gelu", "tanh", "=x*tanh(x)", "=x", "= ", "=1/0"]),
    "dataset": st.sampled_from(["digits", "csv", "sine", "spiral"]),
    "network": st.sampled_from(["mlp", "cnn", "residual_cnn"]),
    "low": st.floats(-10, 10),
}


@st.composite
def anything(draw):
    """A claim of which some fields hold what they may, and one whatever there is."""
    kind = draw(st.sampled_from(list(STATEMENTS)))
    names = [name for name in STATEMENTS[kind].model_fields if name in NEARLY]
    claim = {"kind": kind, **{name: draw(NEARLY[name]) for name in names if draw(st.booleans())}}
    if draw(st.booleans()):
        claim[draw(st.sampled_from([*names, "kind", "own"]))] = draw(VALUES)
    return claim


def is_read_or_refused(claim):
    try:
        statement = stated(claim, Settings())
    except UserError as error:
        assert error.status in (409, 422)
        assert all(error.sentence(language) for language in LANGUAGES)
        return
    assert restored(json.loads(json.dumps(statement.as_json()))) == statement
    for language in LANGUAGES:
        assert statement.sentence(language) and statement.rule(language, Settings())
        title = statement.title(language)
        assert title and (columns(title) <= 42 or len(title.split()) <= 6), title


def columns(words):
    """How wide words are: a Chinese letter is two wide."""
    return sum(1 + (letter > "\u2e80") for letter in words)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(anything())
def test_whatever_is_claimed_is_read_or_refused(claim):
    is_read_or_refused(claim)


@pytest.mark.long
@settings(max_examples=3000, deadline=None)
@given(anything())
def test_much_more_that_is_claimed_is_read_or_refused(claim):
    is_read_or_refused(claim)


def test_signs_of_html_in_a_formula_are_text(anna):
    claim = {**NEAR, "against": "=where(x > 0, x, 0) + (x < 1)*0"}
    answer = anna.post("/api/claims", json=claim)
    if answer.status_code == 422:
        claim["against"] = "=where(x > 0, x, 0)"
        answer = anna.post("/api/claims", json=claim)
    told = answer.json()
    assert "x > 0" in told["statement"]["en"]
    for path in (f"/claim/{told['id']}", f"/api/claims/{told['id']}/report"):
        page = anna.get(path).text
        assert "x &gt; 0" in page and "x > 0" not in page
    anna.delete(f"/api/claims/{told['id']}")


def test_a_visitor_has_so_many_and_no_more(tmp_path):
    manager = JobManager.open(Settings(data_dir=tmp_path))
    own = Registration(manager)
    plain = {"kind": "differs"}
    ids = [own.register(plain, "anna").id for _ in range(MOST_OF_ONE)]
    assert [each.id for each in own.of("anna")] == ids[::-1]
    with pytest.raises(UserError, match="delete one") as refused:
        own.register(plain, "anna")
    assert refused.value.status == 409
    own.delete(ids[0], "anna")
    own.register(plain, "anna")
    own.register(plain, "bert")
    manager.close()


def test_old_claims_and_those_beyond_the_number_of_all_go(tmp_path, monkeypatch):
    manager = JobManager.open(Settings(data_dir=tmp_path, keep_days=2))
    own = Registration(manager)
    plain = {"kind": "differs"}
    old = Registered("own-old", "anna", plain, "0", time.time() - 3 * 86_400)
    manager.claims.add(old)
    first = own.register(plain, "bert").id
    assert own.of("anna") == []
    monkeypatch.setattr("swishdemo.claims.registration._MOST", 2)
    second, third = own.register(plain, "bert").id, own.register(plain, "carl").id
    with pytest.raises(UserError):
        own.get(first)
    assert own.get(second) and own.get(third)
    manager.close()


def test_a_claim_of_another_version_or_damaged_is_as_good_as_absent(tmp_path):
    manager = JobManager.open(Settings(data_dir=tmp_path))
    own = Registration(manager)
    for number, statement in enumerate(({"kind": "foresees"}, {"kind": "costs", "at_most": []})):
        manager.claims.add(Registered(f"own-{number}", "anna", statement, "9", time.time()))
    with manager.claims._database.writing() as database:
        row = "('own-cut', 'anna', '{\"kind\":', '1', 5, NULL, NULL, NULL)"
        database.execute(f"INSERT INTO own_claims VALUES {row}")
    whole = own.register({"kind": "costs"}, "anna")
    assert [each.id for each in own.of("anna")] == [whole.id]
    manager.close()


@pytest.mark.parametrize("kind", STATEMENTS)
def test_a_statement_says_its_numbers_in_each_language_and_comes_back(kind):
    claim = STATEMENTS[kind]()
    for language in LANGUAGES:
        sentence, rule = claim.sentence(language), claim.rule(language, Settings())
        for name in ("Swish", "ReLU"):
            assert name in sentence
        number = f"{getattr(claim, 'at_most', getattr(claim, 'margin', None)):g}"
        assert number in sentence and number in rule
    assert stated(json.loads(json.dumps(claim.as_json())), Settings()) == claim


@pytest.mark.parametrize(
    "claim, english, chinese",
    [
        (
            {"kind": "beats", "activation": "gelu", "dataset": "spiral"},
            "GELU beats ReLU on spiral",
            "GELU 优于 ReLU（spiral）",
        ),
        ({"kind": "costs", "at_most": 1.5}, "Swish costs ≤ 1.5 × ReLU", "Swish 耗时 ≤ 1.5 × ReLU"),
        (
            {"kind": "differs", "against": "gelu", "at_most": 0.02},
            "|Swish − GELU| ≤ 0.02",
            "|Swish − GELU| ≤ 0.02",
        ),
        (
            {"kind": "costs", "activation": "=x*tanh(exp(x))*sigmoid(x)", "at_most": 2},
            "x*tanh(exp(x))*… costs ≤ 2 × ReLU",
            "x*tanh(exp(x))*… 耗时 ≤ 2 × ReLU",
        ),
    ],
)
def test_a_title_says_it_in_a_few_words(claim, english, chinese):
    told = stated(claim, Settings())
    assert (told.title("en"), told.title("zh")) == (english, chinese)


# ---- The rules ----


@settings(max_examples=200)
@given(st.floats(-1, 1), st.floats(0, 0.5), st.floats(0, 0.5))
def test_at_least_counts_the_whole_interval(mean, half, smallest):
    found = {"blind": None, "mean": mean, "low": mean - half, "high": mean + half}
    judged = AtLeast((Arm("own"),), smallest=smallest).judged(found)
    whole = found["low"] >= smallest and found["low"] > 0
    below = found["high"] < smallest or found["high"] <= 0
    assert judged == ("refuted" if below else "confirmed" if whole else "undecided")
    assert AtLeast((), smallest=smallest).judged(found | {"blind": "chance"}) == "undecided"


def test_a_distance_is_opened_in_explore_where_it_can_be_drawn():
    both = {"kind": "differs", "activation": "=x", "against": "=2*x"}
    assert stated(both, Settings()).setup() == {}
    setup = stated({**NEAR, "activation": "swish"}, Settings()).setup()
    assert setup["formula"] == "x*sigmoid(1.702*x)" and setup["base"] == "formula"
    assert setup["x"] == "-6,6" and setup["act"] == ""
    assert stated(GAP, Settings()).setup()["act"] == "gelu"


def test_of_a_damaged_database_own_claims_go_on(tmp_path):
    manager = JobManager.open(Settings(data_dir=tmp_path))
    ids = [Registration(manager).register({"kind": "differs"}, str(n)).id for n in range(40)]
    manager.close()
    path = tmp_path / "jobs.sqlite"
    whole = bytearray(path.read_bytes())
    with sqlite3.connect(path) as database:  # a page of the jobs' own, which are none
        select = "SELECT rootpage FROM sqlite_master WHERE name = 'jobs'"
        (root,) = database.execute(select).fetchone()
    whole[(root - 1) * 4096 : root * 4096] = b"\x55" * 4096
    path.write_bytes(whole)
    for _ in range(3):  # once for what is found only as it is read
        try:
            manager = JobManager.open(Settings(data_dir=tmp_path))
            manager.list("anna")
            break
        except Exception:
            manager.close()
    own = Registration(manager)
    assert list(tmp_path.glob("*.damaged-*"))
    assert [own.get(each).id for each in ids] == ids
    manager.close()


@pytest.mark.parametrize("times", [500, pytest.param(2000, marks=pytest.mark.long)])
def test_few_claims_are_confirmed_by_chance(times):
    """Simulated at the margin itself, where half would be true: at most 2.5 % are confirmed."""
    part = stated({"kind": "beats", "margin": 2}, Settings()).part()
    assert isinstance(part, BetterBy)
    chance = np.random.default_rng(5)
    config = part.request(Settings())

    def verdict(effect):
        rows = [
            {
                "index": number,
                "values": {"steps": 300, "seed": number},
                "state": "finished",
                "summary": {"ended": "steps"},
                "accuracy": [0.8 + effect + noise, 0.8],
                "diverged": [None, None],
                "replicas": [
                    {"activation": "swish", "beta_start": 1.0},
                    {"activation": "relu", "beta_start": None},
                ],
            }
            for number, noise in enumerate(chance.normal(0, 0.02, part.repeats))
        ]
        return part.judge(part.evidence(config, rows)).verdict

    at_margin = [verdict(0.02) for _ in range(times)]
    assert at_margin.count("confirmed") / times < 0.045  # 2.5 % and its own spread
    assert at_margin.count("refuted") / times < 0.045
    assert [verdict(0.06) for _ in range(50)].count("confirmed") > 45
    assert [verdict(-0.02) for _ in range(50)].count("refuted") > 45


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.9, 1.2, "confirmed"), (1.21, 1.5, "refuted"), (1.0, 1.21, "undecided")],
)
def test_a_price_is_judged_by_the_whole_interval(low, high, verdict):
    ratio = {"variant": "silu", "value": (low + high) / 2, "low": low, "high": high}
    part = PriceAtMost("time", claimed_high=1.2)
    assert part.judge({"ratios": [ratio]}).verdict == verdict


# ---- The largest distance, against an oracle of its own ----

PAIRS = [
    ("swish", "relu", -5, 5),
    ("gelu", "=x*sigmoid(1.702*x)", -6, 6),
    ("mish", "swish", -1e6, 1e6),
    ("=sin(50*x)", "=sin(49*x)", -3, 4),
    ("=x", "=2*x", 0, 1),
    ("hardswish", "swish", -8, 8),
    ("=exp(-1000*(x-0.123)**2)", "=0*x", -5, 5),
    ("=where(x > 0.3, 1, 0)", "=0*x", -1, 1),
]


@pytest.mark.parametrize(("one", "other", "low", "high"), PAIRS)
def test_the_largest_distance_is_what_brute_force_finds(one, other, low, high):
    found = distance(get(one), get(other), low, high)
    assert low <= found.where <= high and found.undefined is None

    def exact(name, x):
        if name in ORACLE:
            return ORACLE[name](mpmath.mpf(x), *get(name).defaults().values())
        return value(name[1:], x, {})

    def apart(x):
        return abs(exact(one, x) - exact(other, x))

    with mpmath.workdps(30):
        assert abs(apart(found.where) - found.gap) <= 1e-12 * max(1, found.gap)
        near = np.linspace(max(low, -10), min(high, 10), 701)
        assert max(float(apart(float(x))) for x in near) <= found.gap * (1 + 1e-12)


@pytest.mark.long
@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(ORACLE)), st.sampled_from(sorted(ORACLE)), st.data())
def test_no_place_of_any_pair_is_farther_apart(one, other, data):
    low = data.draw(st.floats(-20, 19))
    high = low + data.draw(st.floats(0.01, 40))
    first, second = get(one), get(other)
    found = distance(first, second, low, high)
    x = np.random.default_rng(3).uniform(low, high, 20_000)
    apart = np.abs(evaluate(first, x).f - evaluate(second, x).f)
    assert apart.max() <= found.gap + 1e-9 * max(1, found.gap)


def test_where_one_has_no_value_it_is_told():
    found = distance(get("=log(x)"), get("relu"), -1, 1)
    assert found.undefined is not None and found.undefined <= 0 and found.gap > 30


@pytest.mark.parametrize(
    "other", [TRAINED, pytest.param({**TIMED, "at_most": 2}, marks=pytest.mark.long)]
)
def test_a_claim_outlives_the_server_with_its_verdict(anna, folder, tmp_path, other):
    """The last one here: a server that ends takes the process along in which formulas are read.

    The claims are as the disk holds them while the server still runs, as if it had been killed.
    """
    claims = [registered(anna, each) for each in (NEAR, other)]
    before = [decided(anna, each["id"]) for each in claims]
    kept = shutil.copytree(folder, tmp_path / "kept")
    with visiting(kept) as client:
        after = [client.get(f"/api/claims/{each['id']}").json() for each in claims]
        assert [each["parts"][0] for each in after] == before
        assert [each["registered"] for each in after] == [each["registered"] for each in claims]
        listed = client.get("/api/claims/own").json()
        assert [each["id"] for each in listed] == [each["id"] for each in reversed(claims)]
    for each in claims:
        assert anna.delete(f"/api/claims/{each['id']}").status_code == 204
