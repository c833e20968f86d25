"""Data of the Hugging Face hub, from a server on this host that speaks as the hub does."""

import errno
import hashlib
import io
import os
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import huggingface_hub
import numpy as np
import pyarrow
import pytest
from huggingface_hub import constants
from PIL import Image
from pyarrow import parquet

from swishdemo import datasets
from swishdemo.datasets import DataOptions, images
from swishdemo.datasets.images import SAMPLES, HubSource, loader
from swishdemo.errors import UserError
from swishdemo.jobs.manager import JobManager
from swishdemo.settings import Settings

ROOT = Path(__file__).parents[1]
GREY = HubSource("someone/tiny", "tiny", "image", (1, 28, 28), train=120, test=60)
COLOUR = HubSource("someone/tiny", "tiny", "img", (3, 32, 32), train=120, test=60)
NAMES = ("mnist", "fashion-mnist", "cifar10")


def pixels(source, part):
    """Images and classes of a part; a sample's own number stands in its first two pixels."""
    size = source.train if part == "train" else source.test
    channels, height, width = source.shape
    random = np.random.RandomState(len(part))
    images = random.randint(0, 256, (size, height, width, channels)).astype(np.uint8)
    images[:, 0, 0, :] = np.arange(size)[:, None]
    images[:, 0, 1, :] = part == "train"
    return images, np.arange(size) % 10


def as_parquet(source, part, *, change=lambda rows: rows):
    images, labels = pixels(source, part)
    rows = []
    for image, label in zip(images, labels, strict=True):
        written = io.BytesIO()
        Image.fromarray(image.squeeze()).save(written, "PNG")
        rows.append({source.column: {"bytes": written.getvalue(), "path": None}, "label": label})
    written = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(change(rows)), written)
    return written.getvalue()


class Hub(ThreadingHTTPServer):
    """Files as the hub serves them; `status` answers for all of them."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.files, self.asked, self.status, self.cut = {}, [], 200, False
        self.address = f"http://127.0.0.1:{self.server_port}"

    def keep(self, source, part, content):
        file = f"{source.folder}/{part}-00000-of-00001.parquet"
        self.files[f"/datasets/{source.repository}/resolve/main/{file}"] = content


class Answer(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.answer(b"")

    def do_GET(self):
        content = self.server.files.get(self.path, b"")
        self.answer(content[: len(content) // 2] if self.server.cut else content)

    def answer(self, body):
        self.server.asked.append((self.command, self.path, self.headers.get("authorization")))
        content = self.server.files.get(self.path)
        if content is None or self.server.status != 200:
            self.send_response(404 if self.server.status == 200 else self.server.status)
            if self.server.status == 200:
                self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", "a" * 40)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(body)
        if self.server.cut:
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *words):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    server = Hub()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    point_to(monkeypatch, server.address)
    for part in ("train", "test"):
        server.keep(GREY, part, as_parquet(GREY, part))
    yield server
    server.shutdown()
    server.server_close()


def point_to(monkeypatch, address):
    monkeypatch.setattr(constants, "ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


def refused(load, key):
    with pytest.raises(UserError) as caught:
        load(DataOptions(samples=40))
    assert caught.value.key == f"data.hub.{key}"
    assert caught.value.field == "dataset" and caught.value.status == 503
    assert caught.value.sentence("zh")
    return caught.value


@pytest.mark.parametrize("source", [GREY, COLOUR], ids=["grey", "colour"])
def test_images_and_classes_are_those_of_the_file(server, source):
    for part in ("train", "test"):
        server.keep(source, part, as_parquet(source, part))
    options = DataOptions(samples=100, test_share=0.3, seed=2)
    loaded = loader(source)(options)
    assert loaded.train_inputs.shape == (70, *source.shape)
    assert loaded.test_inputs.shape == (30, *source.shape)
    seen = []
    for part, inputs, labels in (
        ("train", loaded.train_inputs, loaded.train_labels),
        ("test", loaded.test_inputs, loaded.test_labels),
    ):
        raw = np.rint(inputs * loaded.deviation + loaded.mean)
        rows = raw[:, 0, 0, 0].astype(int)
        images, classes = pixels(source, part)
        np.testing.assert_array_equal(raw, images[rows].transpose(0, 3, 1, 2))
        np.testing.assert_array_equal(labels, classes[rows])
        assert len(set(rows)) == len(rows)
        seen.append(raw)
    per_channel = seen[0].mean((0, 2, 3))
    np.testing.assert_allclose(loaded.mean[:, 0, 0], per_channel, rtol=1e-6)
    np.testing.assert_allclose(loaded.deviation[:, 0, 0], seen[0].std((0, 2, 3)), rtol=1e-6)
    other = loader(source)(replace(options, seed=3))
    assert (other.train_inputs != loaded.train_inputs).any()


def test_fetched_once_and_then_read_without_a_request(server, tmp_path):
    first = loader(GREY)(DataOptions(samples=40))
    assert {method for method, _, _ in server.asked} == {"HEAD", "GET"}
    assert {token for _, _, token in server.asked} == {None}, "no token is sent"
    assert list((tmp_path / "hub").rglob("*.parquet"))
    server.asked.clear()
    again = loader(GREY)(DataOptions(samples=40))
    assert server.asked == []
    np.testing.assert_array_equal(first.train_inputs, again.train_inputs)
    server.shutdown()
    server.server_close()
    loader(GREY)(DataOptions(samples=50))


def test_a_missing_file_a_sick_hub_and_a_refusal_are_told_apart(server):
    server.files.clear()
    assert "someone/tiny" in str(refused(loader(GREY), "absent"))
    for status, key in ((401, "absent"), (500, "unwell"), (503, "unwell"), (429, "unwell")):
        server.status = status
        refused(loader(GREY), key)
    assert len(server.asked) == 5, "nothing is tried again for minutes"


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[:-1],
        lambda rows: [{**row, "label": 10} for row in rows],
        lambda rows: [{**row, "label": None} for row in rows],
        lambda rows: [{"picture": row["image"], "label": 1} for row in rows],
        lambda rows: [{**row, "image": {"bytes": b"x", "path": None}} for row in rows],
        lambda rows: [{**row, "image": {"bytes": None, "path": "x"}} for row in rows],
    ],
    ids=["a row less", "other classes", "no classes", "other columns", "no picture", "a path"],
)
def test_a_file_of_another_form_is_told_dropped_and_fetched_anew(server, tmp_path, change):
    server.keep(GREY, "train", as_parquet(GREY, "train", change=change))
    refused(loader(GREY), "damaged")
    assert not list((tmp_path / "hub").rglob("train*.parquet"))
    server.keep(GREY, "train", as_parquet(GREY, "train"))
    assert len(loader(GREY)(DataOptions(samples=40)).train_labels) == 32


def test_bytes_that_are_no_parquet(server):
    server.keep(GREY, "train", b"<html>please sign in to the airport</html>")
    refused(loader(GREY), "damaged")


def test_a_download_that_breaks_off(server, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between the hub client's attempts
    server.cut = True
    refused(loader(GREY), "offline")
    server.cut = False
    loader(GREY)(DataOptions(samples=40))


def test_nobody_listens(server, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    point_to(monkeypatch, f"http://127.0.0.1:{port}")
    assert "Offline" in str(refused(loader(GREY), "offline"))


def test_a_hub_that_never_answers_is_given_up(server, monkeypatch):
    monkeypatch.setattr(images, "_PATIENCE_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        point_to(monkeypatch, f"http://127.0.0.1:{deaf.getsockname()[1]}")
        refused(loader(GREY), "offline")


def test_a_name_that_is_looked_up_for_ever_is_given_up(server, monkeypatch):
    never = threading.Event()
    monkeypatch.setattr(images, "_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **named: never.wait())
    refused(loader(GREY), "offline")
    never.set()


def test_a_full_disk_is_told(server, monkeypatch):
    def full(*given, **named):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", full)
    refused(loader(GREY), "full")


def test_a_data_folder_that_cannot_be_written_is_told(server, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file" / "folder"))
    refused(loader(GREY), "unwritable")


def test_without_a_network_a_built_in_name_says_so_in_one_sentence(tmp_path):
    """For real: the hub's own address, or where this host is online one that nobody serves."""
    code = (
        "from swishdemo import datasets\nfrom swishdemo.errors import UserError\n"
        "try:\n    datasets.get('mnist').load()\n"
        "except UserError as error:\n    print(error)\n"
    )
    environment = {
        **os.environ,
        "HF_HUB_CACHE": str(tmp_path),
        "HF_ENDPOINT": "http://hub.invalid",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.stdout.startswith("Offline: this host cannot reach the Hugging Face hub"), (
        done.stderr
    )


@pytest.mark.parametrize("name", NAMES)
def test_what_is_listed_can_be_asked_for(name):
    record = datasets.get(name)
    assert (record.train, record.test) == (SAMPLES * 4 // 5, SAMPLES // 5)
    most = record.at(DataOptions(samples=record.most_samples))
    assert most.test <= 10_000 and most.train + most.test == record.most_samples
    with pytest.raises(UserError) as caught:
        record.at(DataOptions(samples=record.most_samples, test_share=0.9))
    assert caught.value.field == "test_share"
    assert "https://huggingface.co/datasets/" in record.source


def test_a_run_on_data_that_cannot_be_fetched_fails_with_that_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    manager = JobManager.open(Settings(data_dir=tmp_path))
    job = manager.submit("run", {"dataset": "mnist", "steps": 1, "seeds": 1}, "anna")
    while job.active:
        job = manager.wait_for(job.id, after=10**6)
    manager.close()
    assert job.state == "failed" and job.reason.sentence().startswith("Offline: ")
    assert job.reason.sentence("zh").startswith("离线")
