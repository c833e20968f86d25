"""Tries the newest Gradio and Plotly: ``python tests/newest.py [what pytest is told]``.

In a clone of what is committed, with an environment of its own, their pins are lifted and npm's
newest parts of plotly.js put in place of ours; then run the tests of what the page uses of them
without a promise of theirs (Gradio's markup and routes, the nodes of a drawn trace).
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
VENDOR = Path("assets", "vendor", "plotly")
TESTS = (
    *("test_page_explore.py", "test_page_surface.py", "test_page_train.py", "test_page_time.py"),
    *("test_page_claims.py", "test_first_visit.py", "test_start.py", "test_quality.py"),
    "test_api_hostile.py",
)


def lift_pins(folder: Path) -> None:
    """Let pip choose among all versions of the two."""
    path = folder / "requirements.txt"
    path.write_text(re.sub(r"^(gradio|plotly)\b.*$", r"\1", path.read_text(), flags=re.M))


def renew_plotly(folder: Path) -> None:
    """Put npm's newest parts of plotly.js in place of ours."""
    vendor, sums = folder / VENDOR, []
    for part in ("cartesian", "gl3d"):
        package = f"plotly.js-{part}-dist-min"
        packed = subprocess.check_output(
            ["npm", "pack", "--silent", package], cwd=folder, text=True
        )
        with tarfile.open(folder / packed.strip()) as archive:
            file = archive.extractfile(f"package/plotly-{part}.min.js")
            assert file is not None
            content = file.read()
        (vendor / f"plotly-{part}.min.js").write_bytes(content)
        sums.append(f"{hashlib.sha256(content).hexdigest()}  plotly-{part}.min.js\n")
    (vendor / "SHA256SUMS").write_text("".join(sums))


def main(told: list[str]) -> int:
    """Install, run, and give pytest's status."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        lift_pins(folder)
        renew_plotly(folder)
        venv.create(folder / ".venv", with_pip=True)
        python = folder / ".venv" / "bin" / "python"
        pip = [python, "-m", "pip"]
        wanted = ["--upgrade", "-r", "tests/requirements.txt"]
        subprocess.run([*pip, "install", "--quiet", *wanted], cwd=folder, check=True)
        subprocess.run([*pip, "show", "gradio", "plotly"], cwd=folder, check=True)
        tests = told or [f"tests/{each}" for each in TESTS]
        return subprocess.run([python, "-m", "pytest", *tests], cwd=folder).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
