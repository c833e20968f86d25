"""Lower rooms never import upper ones, and what is heavy stays out of the way."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "swishdemo"
FLOORS = [
    {"text"},
    {"errors", "settings", "host", "ticks", "formats", "pages"},
    {"hardware"},
    {"activations"},
    {"kernels", "form"},
    {"datasets", "training", "timing"},
    {"jobs"},
    {"claims"},
    {"figures"},
    {"ui", "generate"},
    {"api"},
    {"__main__"},
]
FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
# Beside one another, one arrow is allowed: training reads datasets.
BESIDE = {("training", "datasets"), ("errors", "settings")}


def dotted(path):
    """The name of a file's module."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {dotted(path): path for path in PACKAGE.rglob("*.py")}


@cache
def nodes():
    """(file, its imports and classes), those inside functions too."""
    kept = ast.Import, ast.ImportFrom, ast.ClassDef
    return [
        (path, [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, kept)])
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


def imports():
    """(file, room, imported module) for every import."""
    for path, found_there in nodes():
        inside = path.relative_to(PACKAGE).with_suffix("").parts
        room = inside[0] if inside[0] != "__init__" else ""
        for node in found_there:
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: a relative import"
                found = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
                modules = found or [node.module]
            else:
                continue
            for module in modules:
                yield path, room, module


def test_every_room_has_its_floor():
    rooms = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir()}
    assert rooms - {"__init__", "__pycache__"} == set(FLOOR)


def test_the_readmes_map_goes_from_the_lowest_floor_up():
    table = (ROOT / "README.md").read_text("utf-8").partition("## Map")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`swishdemo/.*?) \|", table, re.M)
    named = [re.findall(r"`(?:swishdemo/)?(\w+)(?:\.py)?`", row) for row in rows]
    levels = [FLOOR[room] for row in named for room in row]
    assert levels == sorted(levels) and len(levels) == len(FLOOR)


def test_lower_rooms_never_import_upper_ones():
    wrong = []
    for path, room, module in imports():
        if not module.startswith("swishdemo.") or not room:
            continue
        target = module.split(".")[1]
        if target not in FLOOR or target == room:
            continue
        level, other = FLOOR[room], FLOOR[target]
        if other > level or (other == level and (room, target) not in BESIDE):
            wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert wrong == []


def test_no_module_leads_back_to_itself():
    leads = {name: set() for name in MODULES}
    for path, _, module in imports():
        if module in MODULES and module != dotted(path):
            leads[module].add(dotted(path))
    TopologicalSorter(leads).prepare()  # it tells the circle that it finds


@pytest.mark.parametrize("room", sorted(PACKAGE.rglob("__init__.py")), ids=lambda p: p.parent.name)
def test_what_a_room_says_it_holds_is_there(room):
    told = ast.get_docstring(ast.parse(room.read_text("utf-8"))) or ""
    listed = set(re.findall(r"(?<!`)`([a-z_]+)`(?!`)", told.partition("\n- ")[2]))
    here = {path.stem if path.is_file() else path.name for path in room.parent.iterdir()}
    assert listed <= here, "the docstring names modules that are gone"


def test_only_the_page_knows_gradio_and_nothing_needs_plotly_to_run():
    for path, room, module in imports():
        top = module.split(".")[0]
        assert top != "plotly", f"{path} imports plotly"
        assert top != "gradio" or room == "ui", f"{path} imports gradio"


OPTIONAL = {
    "triton",  # brought by torch's CUDA builds, of no use without a GPU
    "spaces",  # brought by Spaces that lend a GPU, of no use elsewhere
}


def brought(requirement, found):
    """The names of the packages that a requirement installs, its own requirements included."""
    wanted = Requirement(requirement)
    name = canonicalize_name(wanted.name)
    if name in found or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
        return
    found.add(name)
    for further in requires(name) or ():
        brought(further, found)


def test_every_package_that_is_imported_is_required_or_brought_by_one_that_is():
    found = set()
    for line in (ROOT / "requirements.txt").read_text().split():
        brought(line, found)
    owners = packages_distributions()
    foreign = {module.split(".")[0] for _, _, module in imports()}
    foreign -= {"swishdemo", "__future__", *sys.stdlib_module_names}
    assert foreign >= {"gradio", "torch", "sympy"}
    unowned = {
        top
        for top in foreign
        if not {canonicalize_name(name) for name in owners.get(top, ())} & found
    }
    assert unowned == OPTIONAL


def loaded_by(statement):
    code = f"{statement}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(__import__("json").loads(done.stdout.splitlines()[-1]))


def test_the_web_process_loads_nothing_heavy():
    heavy = {"torch", "sympy", "sklearn", "scipy", "plotly", "mpmath"}
    assert not heavy & loaded_by(
        "import swishdemo.activations, swishdemo.training, swishdemo.timing, swishdemo.claims\n"
        "import swishdemo.claims.evaluate, swishdemo.figures.claims\n"
        "import swishdemo.figures.timing_bars, swishdemo.figures.timing_lines\n"
        "import swishdemo.kernels.libraries\n"
        "from swishdemo.settings import Settings\n"
        "swishdemo.activations.get('swish'), swishdemo.activations.names()\n"
        "timing = swishdemo.timing\n"
        "timing.TimingRequest.parse({}, Settings()), [v.as_json() for v in timing.REGISTRY.all()]\n"
        "timing.host_summary(), timing.HostCard.collect(threads=1)\n"
        "from swishdemo.ui import without_stubs\n"
        "with without_stubs():\n"
        "  import swishdemo.ui.page, swishdemo.api.application, swishdemo.ui.page\n"
        "import swishdemo.ui.train, swishdemo.ui.time, swishdemo.ui.claims"
    )


def test_the_modules_bring_torch_and_neither_kernel_nor_workers_its_compiler():
    """Which is a second and a half of each worker's start."""
    assert "torch._dynamo" not in loaded_by(
        "from swishdemo import Swish, MemoryEfficientSwish, ParametricSwish\n"
        "import sys\n"
        "assert 'torch' in sys.modules\n"
        "import swishdemo.training.run, swishdemo.timing.measuring, torch\n"
        "from swishdemo import FusedSwish\n"
        "FusedSwish()(torch.ones(3, requires_grad=True)).sum().backward()"
    )


BANNED = set(
    [
        "bench",
        "workshop",
        "turns",
        "court",
        "gate",
        "patience",
        "foreign",
        "reading",
        "parts",
        "answers",
        "bodies",
        "facts",
        "questions",
        "handlers",
        "learned",
        "runwords",
        "timewords",
        "timeanswers",
    ]
)
"""Names that tell a stranger nothing."""
ROLES = {"record", "registry", "request", "claims", "__init__", "__main__"}
"""What each room may have: its records, all of them, what may be asked, the part for Claims."""


def test_names_tell_what_is_inside_and_no_two_are_the_same():
    stems, classes = defaultdict(list), defaultdict(list)
    for path, found_there in nodes():
        stems[path.stem].append(path)
        for node in found_there:
            if isinstance(node, ast.ClassDef):
                classes[node.name].append(path)
    assert BANNED.isdisjoint(name.lower().strip("_") for name in {*stems, *classes})
    twice = {name: where for name, where in stems.items() if len(where) > 1 and name not in ROLES}
    assert twice == {}
    assert {name: where for name, where in classes.items() if len(where) > 1} == {}
