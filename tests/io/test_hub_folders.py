"""Weights that are a folder: fetched from a real server on this machine, located, refused."""

from __future__ import annotations

import hashlib
import http.server
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from segdesk.domain.card import ModelCard, NetSpec, Text, WeightsSpec
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.io import weights
from segdesk.io.cards import read_cards
from tests.io.serving import serving

HEAD = json.dumps({"w": {"dtype": "F32", "shape": [50_000], "data_offsets": [0, 200_000]}}).encode()
TENSORS = len(HEAD).to_bytes(8, "little") + HEAD + bytes(200_000)
CONFIG = b'{"architectures": ["X"]}'


class Hub(http.server.ThreadingHTTPServer):
    """A hub: parameters lie elsewhere, and the way there tells their SHA-256. `cut`: closes the line after so many
    bytes of them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {"config.json": CONFIG, "model.safetensors": TENSORS}
        self.sha = hashlib.sha256(TENSORS).hexdigest()
        self.cut = 1 << 30
        self.asked: list[tuple[str, str]] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/net/resolve/main/"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Hub  # type: ignore[assignment]

    def do_GET(self) -> None:
        name, asked = self.path.rpartition("/")[2], self.headers.get("Range", "")
        self.server.asked.append((self.path, asked))
        content = self.server.files.get(name)
        if content is None:
            self.send_error(404)
            return
        if name.endswith(".safetensors") and not self.path.startswith("/store/"):
            self.send_response(302)
            self.send_header("Location", f"/store/{name}")
            self.send_header("X-Linked-ETag", f'"{self.server.sha}"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = int(asked[6:-1]) if asked else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : start + self.server.cut])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    server = Hub()
    with serving(server, monkeypatch):
        yield server


def card(hub: Hub, *files: str) -> ModelCard:
    names = files or ("config.json", "model.safetensors|pytorch_model.bin")
    spec = WeightsSpec("them--net", (hub.base,), bytes=200_100, layout="hf", files=names)
    net = NetSpec("transformers", {"class": "X"})
    return ModelCard("x", Text("X"), "panoptic", "", Text(""), net, ClassSet(()), weights=spec)


def test_a_folder_is_fetched_file_by_file_with_progress(hub: Hub, tmp_path: Path) -> None:
    assert weights.status(card(hub), [tmp_path]).kind == "download"
    seen: list[tuple[int, int]] = []
    path = weights.download(card(hub), tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert path == tmp_path / "them--net"
    assert sorted(p.name for p in path.iterdir()) == ["config.json", "model.safetensors"]
    assert (path / "model.safetensors").read_bytes() == TENSORS
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1][0] == len(CONFIG) + len(TENSORS)
    status = weights.status(card(hub), [tmp_path])
    assert (status.kind, status.path, status.bytes) == ("here", path, len(CONFIG) + len(TENSORS))
    assert weights.statuses([card(hub)], [tmp_path])["x"] == status


def test_a_broken_line_is_taken_up_where_it_ended(hub: Hub, tmp_path: Path) -> None:
    hub.cut = 70_000
    with pytest.raises(SegDeskError, match="could not be downloaded"):
        weights.download(card(hub), tmp_path)
    assert weights.status(card(hub), [tmp_path]).kind == "download", "half a folder is none"
    hub.cut = 1 << 30
    hub.asked.clear()
    weights.download(card(hub), tmp_path)
    assert ("/store/model.safetensors", "bytes=70000-") in hub.asked
    assert not any("config.json" in path for path, _ in hub.asked), "it is there"
    assert (tmp_path / "them--net" / "model.safetensors").read_bytes() == TENSORS


def test_a_person_may_cancel(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        weights.download(card(hub), tmp_path, cancelled=lambda: any("store" in p for p, _ in hub.asked))
    assert weights.status(card(hub), [tmp_path]).kind == "download"


@pytest.mark.parametrize("fault", ["checksum", "length", "settings"])
def test_what_is_damaged_is_refused_and_not_kept(hub: Hub, tmp_path: Path, fault: str) -> None:
    if fault == "checksum":
        hub.sha = "0" * 64
    elif fault == "length":
        hub.files["model.safetensors"] = TENSORS[:-7]
        hub.sha = "no sha"
    else:
        hub.files["config.json"] = b"<html>"
    with pytest.raises(SegDeskError, match="is damaged"):
        weights.download(card(hub), tmp_path)
    assert weights.status(card(hub), [tmp_path]).kind == "download"
    assert not list((tmp_path / "them--net").glob("*.part"))


def test_older_folders_have_pickled_parameters(hub: Hub, tmp_path: Path) -> None:
    del hub.files["model.safetensors"]
    hub.files["pytorch_model.bin"] = b"pickle"
    assert (weights.download(card(hub), tmp_path) / "pytorch_model.bin").read_bytes() == b"pickle"
    with pytest.raises(SegDeskError, match="answer 404"):
        weights.download(card(hub, "preprocessor_config.json"), tmp_path)


def test_a_located_folder_is_copied_whole_or_not_at_all(hub: Hub, tmp_path: Path) -> None:
    mine, models = tmp_path / "mine", tmp_path / "models"
    mine.mkdir()
    (mine / "config.json").write_bytes(CONFIG)
    with pytest.raises(SegDeskError, match=r"it has no model\.safetensors / pytorch_model\.bin"):
        weights.adopt(card(hub), mine, models)
    (mine / "model.safetensors").write_bytes(TENSORS)
    (mine / "training.log").write_text("not needed")
    path = weights.adopt(card(hub), mine / "config.json", models)  # any file of the folder may be shown
    assert sorted(p.name for p in path.iterdir()) == ["config.json", "model.safetensors"]
    assert weights.status(card(hub), [models]).kind == "here"
    assert weights.adopt(card(hub), path, models) == path
    (mine / "model.safetensors").write_bytes(TENSORS[:-1])
    with pytest.raises(SegDeskError, match="is damaged"):
        weights.adopt(card(hub), mine, tmp_path / "other")
    assert not (tmp_path / "other").exists()


CARD = """
id = "x"
name = "X"
task = "panoptic"
net = { type = "transformers", options = { class = "X" } }
classes = { names = ["a"] }
weights = { file = "f", layout = "hf", urls = ["https://hub/x/resolve/main/"], files = ["config.json"] }
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://", "http://"),
        ('main/"', 'main"'),
        ('layout = "hf"', 'layout = "plain"'),
        ('["config.json"]', '["modeling.py"]'),
        ('["config.json"]', '["../config.json"]'),
        ('layout = "hf"', 'layout = "hf", sha256 = "0123456789"'),
    ],
)
def test_a_folder_without_a_hash_comes_over_tls_and_holds_no_program(old: str, new: str, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(CARD)
    spec = read_cards(path)[0].weights
    assert spec is not None
    assert replace(spec, urls=()) == WeightsSpec("f", layout="hf", files=("config.json",))
    path.write_text(CARD.replace(old, new))
    with pytest.raises(SegDeskError, match="cannot be read"):
        read_cards(path)
