"""Firefox through all tabs: nothing fails in its console, and nothing is wider than its screen.

Playwright drives a Firefox of its own alone; puppeteer-core drives the one that readers have, by
WebDriver BiDi.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

VISIT = Path(__file__).parent / "firefox_visit.mjs"
FIREFOX = "no Firefox found; install one: apt-get install -y firefox-esr"
PUPPETEER = "no puppeteer-core found; install it: npm install --global puppeteer-core"


def firefox():
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    if found is None:
        pytest.fail(FIREFOX)
    return found


def puppeteer():
    """The folder in which Node finds puppeteer-core: of `NODE_PATH`, or npm's global one."""
    folders = os.environ.get("NODE_PATH", "").split(os.pathsep)
    if npm := shutil.which("npm"):
        asked = [npm, "root", "--global"]
        folders.append(subprocess.run(asked, capture_output=True, text=True).stdout.strip())
    for folder in filter(None, folders):
        if (Path(folder) / "puppeteer-core").is_dir():
            return Path(folder).parent
    pytest.fail(PUPPETEER)


@pytest.mark.long
@pytest.mark.parametrize(
    ("language", "theme", "sentence", "verdicts"),
    [
        ("en", "light", "β began at 1", ["confirmed", "refuted"]),
        ("zh", "dark", "β", ["成立", "不成立"]),
    ],
)
def test_every_tab_works_in_firefox(server, tmp_path, language, theme, sentence, verdicts):
    command = ["node", VISIT, puppeteer(), firefox(), server, tmp_path, language, theme]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == [] and found["wide"] == []
    seen = found["seen"]
    assert seen["moved"] and seen["beta"] > 1
    assert sentence in seen["sentence"]
    assert seen["verdicts"] == verdicts
