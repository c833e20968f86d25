"""No first answer of facts works out what was worked out beforehand: nothing heavy is loaded.

A process of its own asks a lab as it is, with its real workers and store: every list of REST, its
documentation, and what the page's tabs ask before anybody has done anything; and it has a claim
proved anew, which another process does. What was worked out beforehand is written by one command.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from swishdemo import generate
from swishdemo.__main__ import main
from swishdemo.claims import get, proofs

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "sympy", "mpmath", "scipy", "sklearn", "plotly")
ASK = """
import json, sys
from pathlib import Path

from starlette.testclient import TestClient

from swishdemo.ui import without_stubs

with without_stubs():
    from swishdemo.api.application import build_api
    from swishdemo.settings import Settings
    from swishdemo.ui import page
    from swishdemo.ui.lab import Lab

lab = Lab.open(Settings(data_dir=Path(sys.argv[1])))
demo = page.build(lab)
api = build_api(lab)
asked = [path for path, each in api.openapi()["paths"].items() if "get" in each and "{" not in path]
asked += ["/openapi.json", "/docs"]
asked.remove("/api/events")  # has no end
asked.remove("/api/runs/compare")  # needs two that are there
asked[asked.index("/api/claims/progress")] += "?claim=minimum"
found = {}

def loaded():
    return [name for name in json.loads(sys.argv[2]) if name in sys.modules]

with TestClient(api) as client:
    for path in asked:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        found[path] = loaded()

answer = client.post("/api/claims/minimum/check")
assert answer.status_code == 200 and answer.json()["id"] == "minimum", answer.text
found["check"] = loaded()
lab.close()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What is loaded after each first answer, by its name, in the order of asking."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path_factory.mktemp("facts")), json.dumps(HEAVY)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_list_and_every_tab_is_asked(answers):
    assert set(answers) == {
        *("/api/health", "/api/activations", "/api/claims", "/api/datasets", "/api/recipes"),
        *("/api/variants", "/api/runs", "/api/sweeps", "/api/timings"),
        *("/openapi.json", "/docs"),
        *("/api/claims/view", "/api/claims/progress?claim=minimum"),
        *("/api/claims/report", "/api/documents", "/curve/embed", "/preview.png"),
        "/qr.svg",
        *("/api/claims/own", "/api/claims/own/view"),
        *("/api/timings/view", "/api/runs/view", "/api/sweeps/view", "check"),
    }


def test_nothing_heavy_is_loaded_by_any_of_them(answers):
    assert {name: loaded for name, loaded in answers.items() if loaded} == {}


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A generated file in a project that has no other."""
    file = generate.Generated(tmp_path / "made.json", lambda before: '{"x": 0.25}\n')
    monkeypatch.setattr(generate, "_ROOT", tmp_path)
    monkeypatch.setattr(generate, "FILES", (file,))
    return file


def test_the_command_writes_what_is_stale_and_only_that(file, capsys):
    assert main(["generate", "--check"]) == 1
    assert not file.path.exists()
    assert main(["generate"]) == 0
    assert file.path.read_text() == '{"x": 0.25}\n'
    assert main(["generate", "--check"]) == 0
    # Another processor's last digit is no news, so the file is not touched.
    file.path.write_text('{"x": 0.25000000000000006}\n')
    assert main(["generate"]) == 0
    assert file.path.read_text() == '{"x": 0.25000000000000006}\n'
    said = [line.removeprefix("made.json is ") for line in capsys.readouterr().out.splitlines()]
    assert said == ["stale", "written", "current", "current"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "x"),
        ("f = 1.5", "f = 1.5000001"),
        ("f = 3", "f = 4"),
        ("f = 1.5", "g = 1.5"),
        ("f = 1.5", "f = 1.5, 2.5"),
        ("f = 1e-300 ", "f = 2e-300 "),
        ("null", "0.0"),
    ],
)
def test_anything_but_a_last_digit_is_news(before, after):
    assert not generate.same(before, after)
    assert generate.same(before, before)


def test_a_proof_keeps_its_date_until_it_finds_something_else():
    kept = proofs.KEPT.read_text("utf-8")
    claims = (get("minimum"),)

    def anew(before):
        text = proofs.kept_text(claims, before, generate._same_evidence)
        return json.loads(text)["minimum.where"]

    known = json.loads(kept)["minimum.where"]
    assert anew(kept) == known
    assert anew("")["checked_at"] != known["checked_at"]
    other = json.dumps({"minimum.where": {**known, "evidence": {**known["evidence"], "beta": 2}}})
    assert anew(other)["checked_at"] != known["checked_at"]
    assert generate._same_evidence(anew(other)["evidence"], known["evidence"])
    record = json.dumps({"minimum.where": {**known, "of": "Minimum(claimed_low=-1.3)"}})
    assert anew(record)["checked_at"] != known["checked_at"]
