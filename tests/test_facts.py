"""No first answer of facts works out what was worked out beforehand: nothing heavy is loaded.

A process of its own asks a lab as it is, with its real workers and store: every list of REST, its
documentation, and what the page's tabs ask before anybody has done anything.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "sympy", "mpmath", "scipy", "sklearn", "plotly")
ASK = """
import json, sys
from pathlib import Path
from types import SimpleNamespace

from starlette.testclient import TestClient

from swishdemo.api.application import build_api
from swishdemo.settings import Settings
from swishdemo.ui import page
from swishdemo.ui.lab import Lab

lab = Lab.open(Settings(data_dir=Path(sys.argv[1])))
demo = page.build(lab)
api = build_api(lab)
asked = [path for path, each in api.openapi()["paths"].items() if "get" in each and "{" not in path]
asked += ["/openapi.json", "/docs"]
found = {}

def loaded():
    return [name for name in json.loads(sys.argv[2]) if name in sys.modules]

with TestClient(api) as client:
    for path in asked:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        found[path] = loaded()

visitor = SimpleNamespace(headers={"x-visitor": "somebody-who-looks-on"}, cookies={})
blocks = {getattr(block, "elem_id", None): block for block in demo.blocks.values()}
given = {"run": None, "after": -1, "id": None, "known": ""}
for element, function in (("claims", "cards"), ("train", "poll"), ("time", "poll")):
    answer = getattr(blocks[f"lab-{element}"], function)(given, visitor)
    assert not answer.get("error"), answer
    found[f"{element} {function}"] = loaded()
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
        *("/api/variants", "/api/runs", "/api/timings", "/openapi.json", "/docs"),
        *("claims cards", "train poll", "time poll"),
    }


def test_nothing_heavy_is_loaded_by_any_of_them(answers):
    assert {name: loaded for name, loaded in answers.items() if loaded} == {}
