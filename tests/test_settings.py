"""The environment: each variable is read, and a bad value stops the start with one sentence."""

import errno
import getpass
import os
import re
import socket
import subprocess
import sys
import tempfile
from dataclasses import fields
from pathlib import Path

import gradio
import httpx
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from playwright.sync_api import expect
from serving import serving

from swishdemo.hardware import missing_cuda
from swishdemo.settings import Settings, SettingsError, Toolchain, gradios_part, placed

ROOT = Path(__file__).parents[1]
NUMBERS = (
    "threads",
    "queue_limit",
    "max_steps",
    "max_replicas",
    "max_job_seconds",
    "max_runs",
    "max_active",
    "max_megabytes",
    "store_megabytes",
)


def read(tmp_path, **given):
    return Settings.read({"SWISHDEMO_DATA_DIR": str(tmp_path / "data"), **given})


def test_defaults(tmp_path):
    settings, default = read(tmp_path), Settings()
    for field in fields(Settings):
        if field.name != "data_dir":
            assert getattr(settings, field.name) == getattr(default, field.name)
    assert not settings.data_dir.exists(), "it is made where it is used"


@pytest.mark.parametrize("name", [*NUMBERS, "keep_days", "max_elements"])
def test_a_number_is_read_and_an_empty_one_is_left_out(tmp_path, name):
    variable = f"SWISHDEMO_{name.upper()}"
    assert getattr(read(tmp_path, **{variable: "300"}), name) == 300
    assert getattr(read(tmp_path, **{variable: ""}), name) == getattr(Settings(), name)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *(
            (f"SWISHDEMO_{name.upper()}", value)
            for name in NUMBERS
            for value in ("0", "x", "1.5", "1e1", "-3", "+3", "1_0", "1 0", "３", "9" * 5000)
        ),
        ("SWISHDEMO_RUNNER", "thread"),
        ("SWISHDEMO_DEVICE", "tpu"),
        ("SWISHDEMO_DEVICE", "CUDA"),
        ("SWISHDEMO_DATA_DIR", "~no-such-user/data"),
    ],
)
def test_a_bad_value_is_named(tmp_path, variable, value):
    with pytest.raises(SettingsError, match=f"^{variable} is '.*'; it must .*\\.$") as caught:
        read(tmp_path, **{variable: value})
    assert len(str(caught.value)) < 300


OWN = sorted({*re.findall(r"`(SWISHDEMO_\w+|GRADIO_\w+)`", (ROOT / "README.md").read_text())})
TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=30)


ALIKE = st.from_regex(r"\A[-\[/~:.0-9 ]{,9}\Z")


@hypothesis_settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*OWN, "HOME"]), TEXT | ALIKE))
def test_whatever_a_variable_holds_it_is_read_or_named(values):
    try:
        found = Settings.read(values)
    except SettingsError as error:
        variable = str(error).split(" is ")[0]
        assert values[variable].strip()
        assert str(error).isprintable()
    else:
        for name in NUMBERS:
            if not values.get(f"SWISHDEMO_{name.upper()}", "").strip():
                assert getattr(found, name) == getattr(Settings(), name)


@hypothesis_settings(deadline=None)
@given(TEXT | st.text("'gc " + '"\\'))
def test_whatever_names_a_compiler_is_read_or_named(value):
    for variable in ("CC", "CXX"):
        try:
            Toolchain.read({variable: value})
        except SettingsError as error:
            assert str(error).startswith(f"{variable} is ") and "must be a command" in str(error)


def test_blanks_are_no_value_and_a_folder_may_begin_with_the_users(tmp_path):
    blank = dict.fromkeys([*OWN, "SWISHDEMO_DATA_DIR"], "  ")
    assert Settings.read(blank) == Settings.read({})
    there = Settings.read({"SWISHDEMO_DATA_DIR": "~/somewhere"}).data_dir
    assert there == Path.home() / "somewhere"


def test_the_environment_is_read_in_one_place_and_settings_once_a_program():
    readers, programs = set(), set()
    for path in [ROOT / "app.py", *(ROOT / "swishdemo").rglob("*.py")]:
        text = path.read_text("utf-8").replace("**os.environ,  # handed on whole, not read", "")
        readers |= {path.name} if re.search(r"\benviron\b(?!\")|\bgetenv\b", text) else set()
        programs |= {path.name} if "Settings.read(" in text else set()
    assert readers == {"settings.py"}
    assert programs == {"app.py", "__main__.py"}


def test_the_listening_address_is_gradios(tmp_path):
    given = {
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": "7999",
        "GRADIO_ROOT_PATH": "/lab",
    }
    settings = read(tmp_path, **given)
    assert (settings.server_name, settings.server_port) == ("0.0.0.0", 7999)
    assert settings.root_path == "/lab"


def test_a_space_without_storage_is_told_to_forget():
    space = {"SPACE_ID": "someone/lab"}
    assert Settings.read(space).ephemeral and not Settings.read({}).ephemeral
    assert Settings.read(space).data_dir == Settings.read({}).data_dir, "on its own disk"
    archived = Settings.read({**space, "SWISHDEMO_ARCHIVE_DIR": "~/bucket"})
    assert archived.archive_dir == Path.home() / "bucket" and not archived.ephemeral


def started(**given):
    """What the app says that ends at once."""
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
    )


NAME = "must be a name or an address of this machine"
PATH = "it must start with '/', 'http://' or 'https://'"


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("SWISHDEMO_QUEUE_LIMIT", "many", "it must be a whole number from 1 to 1000."),
        (
            "SWISHDEMO_DEVICE",
            "gpu",
            "it must be one of: auto, cpu, cuda, a card",
        ),
        *(
            ("GRADIO_SERVER_NAME", value, NAME)
            for value in (
                *("no-such-host.invalid", "203.0.113.7", "2001:db8::1", "127.0.0.1:80", "[::1"),
                *("http://127.0.0.1", "a b", "..", "x" * 300, "主机。", "fe80::1%lo"),
            )
        ),
        *(
            ("GRADIO_SERVER_PORT", value, "it must be a whole number from 0 to 65535.")
            for value in ("78x", "-1", "70000", "1e3", "7860.0", "７８６０")
        ),
        *(
            ("GRADIO_ROOT_PATH", value, PATH)
            for value in (
                *("lab", "/a b", '/"><script>', "http://", "http://[bad", "//other"),
                *("/a?b", "/a#b"),
            )
        ),
        ("CC", "gcc 'x", "its quotation marks in pairs."),
        ("CXX", '"', "its quotation marks in pairs."),
        ("GRADIO_TEMP_DIR", "/dev/null/folder", "it must be a folder that can be written."),
        pytest.param(
            *("SWISHDEMO_DEVICE", "cuda", "it must be auto or cpu on this host: "),
            marks=pytest.mark.skipif(not missing_cuda(), reason="this host may have a GPU"),
        ),
    ],
)
def test_the_app_stops_with_a_sentence_that_names_the_variable(tmp_path, variable, value, allowed):
    usual = {"SWISHDEMO_DATA_DIR": str(tmp_path), "GRADIO_SERVER_PORT": "0"}
    done = started(**usual | {variable: value})
    assert (done.returncode, done.stdout) == (1, "")
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith(f"{variable} is ") and allowed in sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1"])
def test_a_port_that_is_taken_is_named(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as other:
        try:
            other.bind((host, 0))
        except OSError:
            pytest.skip("this host has no IPv6")
        other.listen()
        port = str(other.getsockname()[1])
        done = started(GRADIO_SERVER_NAME=host, GRADIO_SERVER_PORT=port)
    assert done.returncode == 1
    said = f"GRADIO_SERVER_PORT is {port}; it must be a port that no other program uses."
    assert done.stderr.splitlines() == [said]


def test_a_port_that_is_the_administrators_is_named(monkeypatch):
    class Refusing(socket.socket):
        def bind(self, address):
            raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "socket", Refusing)
    with pytest.raises(SettingsError, match=r"^GRADIO_SERVER_PORT is 80; .* administrator"):
        placed(Settings(server_port=80))


@pytest.mark.parametrize(
    ("name", "host"),
    [("", "127.0.0.1"), ("localhost", "127.0.0.1"), ("127.0.0.2", "127.0.0.2"),
     ("0.0.0.0", "0.0.0.0"), (" [::1] ", "[::1]"), ("::1", "[::1]"), ("::", "[::]"),
     ("0:0::1", "[::1]")],
)  # fmt: skip
def test_a_name_is_placed_at_an_address_and_a_free_port(name, host):
    if ":" in name and not socket.has_ipv6:
        pytest.skip("this host has no IPv6")
    found = placed(Settings.read({"GRADIO_SERVER_NAME": name, "GRADIO_SERVER_PORT": "0"}))
    assert found.server_name == host and 0 < found.server_port < 65_536


def test_gradio_is_not_told_of_an_address_that_it_cannot_try():
    environ = {}
    with gradios_part("[::1]", environ):
        assert "GRADIO_SERVER_NAME" not in environ


def test_a_user_whose_folder_nobody_knows_has_the_root(monkeypatch):
    def unknown():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", unknown)
    assert Toolchain.read({}).cache_dir == Path("/.cache/swishdemo")


def test_gradio_reads_nothing_by_itself_and_the_way_out_comes_back(tmp_path):
    package = Path(gradio.__file__).parent
    named = {"GRADIO_NEWLY_INVENTED"}
    for file in package.glob("*.py"):
        named |= set(re.findall(r"['\"](GRADIO_[A-Z_]+)['\"]", file.read_text("utf-8")))
    assert len(named) > 30
    way_out = {"ALL_PROXY": "socks://a", "https_proxy": "b", "SSL_CERT_FILE": "/nothing"}
    other = {"PATH": "c", "NO_PROXY": "d"}
    environ = {**dict.fromkeys(named, "junk"), **way_out, **other, "GRADIO_TEMP_DIR": str(tmp_path)}
    with gradios_part("127.0.0.2", environ) as unused:
        assert environ == other | {
            "GRADIO_TEMP_DIR": str(tmp_path),
            "GRADIO_SERVER_NAME": "127.0.0.2",
            "GRADIO_ANALYTICS_ENABLED": "False",
        }
        assert {"GRADIO_SHARE", "GRADIO_NEWLY_INVENTED"} <= set(unused)
        assert not {"GRADIO_SERVER_PORT", "GRADIO_ROOT_PATH", "GRADIO_TEMP_DIR"} & set(unused)
    assert environ.items() >= (way_out | other).items()


def test_gradios_folder_is_another_where_its_own_is_another_users(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "gradio").touch()
    environ = {}
    with gradios_part("127.0.0.1", environ):
        folder = Path(environ["GRADIO_TEMP_DIR"])
        assert folder.is_dir() and folder.parent == tmp_path


JUNK = {
    **dict.fromkeys(
        ["GRADIO_NUM_PORTS", "GRADIO_NODE_NUM_PORTS", "GRADIO_NUM_WORKERS", "GRADIO_DEBUG",
         "GRADIO_ANALYTICS_MAX_EVENTS", "GRADIO_ANALYTICS_CACHE_FREQUENCY", "WEB_CONCURRENCY",
         "GRADIO_DEFAULT_CONCURRENCY_LIMIT", "GRADIO_HEARTBEAT_INTERVAL"], "junk",
    ),
    **dict.fromkeys(
        ["GRADIO_SHARE", "GRADIO_SSR_MODE", "GRADIO_MCP_SERVER", "GRADIO_ANALYTICS_ENABLED",
         "GRADIO_RUN_HISTORY", "GRADIO_VIBE_MODE", "GRADIO_LOCAL_DEV_MODE"], "True",
    ),
    "GRADIO_ALLOWED_PATHS": "/", "GRADIO_WATCH_DIRS": "/tmp",
    "ALL_PROXY": "socks://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1",
    "SSL_CERT_FILE": "/nowhere", "SSLKEYLOGFILE": "/nowhere/keys",
    "HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null/caches", "TMPDIR": "/nowhere",
    "SWISHDEMO_THREADS": "1000", "GRADIO_SERVER_NAME": "::1",
}  # fmt: skip


@pytest.fixture(scope="module")
def in_a_bad_place(tmp_path_factory):
    """The address of an app that can write nothing and whose environment is junk, and its log."""
    log = tmp_path_factory.mktemp("log") / "stderr"
    nowhere = Path("/dev/null/data")
    with log.open("wb") as file, serving(nowhere, log=file, **JUNK) as (address, _):
        yield address, log


def test_it_serves_in_a_bad_place_and_says_that_runs_are_lost(in_a_bad_place):
    address, log = in_a_bad_place
    with httpx.Client(base_url=address, timeout=60, headers={"X-Visitor": "x" * 16}) as client:
        health = client.get("/api/health").json()
        assert health["kept"] is False and "data folder cannot be written" in health["unkept"]
        chinese = client.get("/api/health", params={"lang": "zh"}).json()
        assert chinese["unkept"].endswith("数据文件夹无法写入。")
        assert client.get("/gradio_api/file=/etc/passwd").status_code in (403, 404)
        assert client.get("/gradio_api/mcp/").status_code == 404
        run = client.post("/api/runs", json={"steps": 2, "seeds": 1, "rivals": []}).json()["id"]
        with client.stream("GET", f"/api/runs/{run}/events") as events:
            list(events.iter_lines())  # to its end
        assert client.get(f"/api/runs/{run}").json()["state"] == "finished"
        assert client.get(f"/api/runs/{run}/reports").json()[-1]["step"] == 2
    told = log.read_text()
    assert "Traceback" not in told
    assert "GRADIO_SHARE" in told and "without effect here" in told
    assert "/dev/null/data (SWISHDEMO_DATA_DIR) cannot be used" in told


@pytest.mark.long
def test_the_page_says_that_runs_are_lost(in_a_bad_place, browser):
    address, _ = in_a_bad_place
    page = browser.new_page()
    page.goto(address)
    expect(page.locator("#lab-footer")).to_contain_text("lost when the server restarts")
    page.locator("[data-lang=zh]").click()
    expect(page.locator("#lab-footer")).to_contain_text("服务器重启后会丢失")
    page.close()


def test_the_toolchain_is_the_environments_or_found():
    found = Toolchain.read({})
    assert (found.cc, found.cxx, found.builds) == ((), (), True)
    assert found.cache_dir == Path.home() / ".cache" / "swishdemo"
    assert found.triton_dir == Path.home() / ".triton" / "cache"
    named = Toolchain.read(
        {
            "CC": "ccache 'my gcc' -m64",
            "CXX": "g++ -m64",
            "SWISHDEMO_BUILD": "0",
            "XDG_CACHE_HOME": "/somewhere",
            "TORCHINDUCTOR_CACHE_DIR": "/inductor",
            "TRITON_CACHE_DIR": "/triton",
        }
    )
    assert named == Toolchain(
        cc=("ccache", "my gcc", "-m64"),
        cxx=("g++", "-m64"),
        builds=False,
        cache_dir=Path("/somewhere/swishdemo"),
        inductor_dir=Path("/inductor"),
        triton_dir=Path("/triton"),
    )
    assert Toolchain.read({"TRITON_HOME": "/there"}).triton_dir == Path("/there/.triton/cache")
    empty = ("CC", "SWISHDEMO_BUILD", "XDG_CACHE_HOME", "TRITON_CACHE_DIR", "TRITON_HOME")
    assert Toolchain.read(dict.fromkeys(empty, "")) == Toolchain.read({})


@pytest.mark.parametrize("named", [None, "kept", "", "/"])
@pytest.mark.parametrize("user", ["me", 'a\\b/c:d*e?f"g<h>i|j', KeyError("uid"), OSError("uid")])
def test_what_torch_compile_keeps_is_looked_for_where_pytorch_keeps_it(
    tmp_path, monkeypatch, named, user
):
    from torch._inductor.runtime.cache_dir_utils import cache_dir

    def getuser() -> str:
        if isinstance(user, Exception):
            raise user
        return user

    monkeypatch.setattr(getpass, "getuser", getuser)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", named or "")  # for `cache_dir` sets it
    if named is None:
        monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")
    here = Toolchain.read().inductor_dir
    assert str(here) == cache_dir()
