"""Weights: where they are found, download from a real server on this machine, adoption of a located file."""

from __future__ import annotations

import hashlib
import http.server
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from segdesk.domain.card import ModelCard, NetSpec, Text, WeightsSpec
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.io import weights
from tests.io.serving import serving

CONTENT = bytes(range(256)) * 4096
SHA = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves CONTENT and notes the ranges that were asked for. `ranges` off: sends everything, always. `cut`: closes
    the line after so many bytes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.ranges = True
        self.cut = len(CONTENT)
        self.status = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/net.pth"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        self.server.asked.append(asked)
        if self.server.status:
            self.send_error(self.server.status)
            return
        start = int(asked[6:-1]) if asked and self.server.ranges else 0
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : start + self.server.cut])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    with serving(server, monkeypatch):
        yield server


def card(url: str = "", **changes: object) -> ModelCard:
    spec = WeightsSpec("net.pth", (url,) if url else (), SHA, len(CONTENT))
    base = ModelCard("net", Text("Net"), "semantic", "", Text(""), NetSpec("net"), ClassSet.from_names(["a"]))
    return replace(base, weights=replace(spec, **changes))  # type: ignore[arg-type]


def test_download_whole(server: Server, tmp_path: Path):
    steps: list[tuple[int, int]] = []
    path = weights.download(card(server.url), tmp_path / "new", progress=lambda *step: steps.append(step))
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["net.pth"]
    assert steps[0] == (0, len(CONTENT))
    assert steps[-1] == (len(CONTENT), len(CONTENT))
    assert steps == sorted(steps)


def test_a_broken_line_is_taken_up_where_it_broke(server: Server, tmp_path: Path):
    server.cut = 300_000
    with pytest.raises(SegDeskError, match="no connection"):
        weights.download(card(server.url), tmp_path)
    assert (tmp_path / "net.pth.part").stat().st_size == 300_000
    server.cut = len(CONTENT)
    assert weights.download(card(server.url), tmp_path).read_bytes() == CONTENT
    assert server.asked == ["", "bytes=300000-"]


def test_a_server_without_ranges_sends_it_again(server: Server, tmp_path: Path):
    (tmp_path / "net.pth.part").write_bytes(b"x" * 1000)
    server.ranges = False
    assert weights.download(card(server.url), tmp_path).read_bytes() == CONTENT


def test_a_part_that_is_whole_needs_no_byte(server: Server, tmp_path: Path):
    (tmp_path / "net.pth.part").write_bytes(CONTENT)
    assert weights.download(card(server.url), tmp_path).read_bytes() == CONTENT


def test_cancel_keeps_what_arrived(server: Server, tmp_path: Path):
    arrived: list[int] = []
    with pytest.raises(Cancelled):
        weights.download(
            card(server.url),
            tmp_path,
            progress=lambda done, total: arrived.append(done),
            cancelled=lambda: arrived[-1] > 0,
        )
    assert 0 < (tmp_path / "net.pth.part").stat().st_size < len(CONTENT)
    assert not (tmp_path / "net.pth").exists()
    weights.download(card(server.url), tmp_path)
    assert server.asked[1].startswith("bytes=")


def test_a_wrong_file_is_refused_and_removed(server: Server, tmp_path: Path):
    with pytest.raises(SegDeskError, match="checksum differs"):
        weights.download(card(server.url, sha256="0" * 64), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_next_address_is_tried(server: Server, tmp_path: Path):
    urls = ("http://127.0.0.1:9/net.pth", server.url)
    assert weights.download(card(urls=urls), tmp_path).read_bytes() == CONTENT


def test_a_hash_prefix_is_enough(server: Server, tmp_path: Path):
    assert weights.download(card(server.url, sha256=SHA[:8]), tmp_path).exists()


def test_where_only_an_md5_is_published_that_is_compared(server: Server, tmp_path: Path):
    right = hashlib.md5(CONTENT).hexdigest()[:6]
    assert weights.download(card(server.url, sha256="", md5=right), tmp_path).read_bytes() == CONTENT
    weights.verify(tmp_path / "net.pth", card(server.url, sha256=SHA, md5="0" * 6))  # the better one counts
    with pytest.raises(SegDeskError, match="checksum differs") as error:
        weights.verify(tmp_path / "net.pth", card(server.url, sha256="", md5="00000f"))
    assert "00000f" in error.value.hint_text()


def test_offline_is_one_sentence_with_a_way_out(tmp_path: Path):
    with pytest.raises(SegDeskError) as caught:
        weights.download(card("http://127.0.0.1:9/net.pth"), tmp_path)
    assert caught.value.text() == "The weights of Net could not be downloaded: no connection to the server."
    assert "net.pth" in caught.value.hint_text()


def test_a_server_that_refuses_is_quoted(server: Server, tmp_path: Path):
    server.status = 403
    with pytest.raises(SegDeskError, match="answer 403"):
        weights.download(card(server.url), tmp_path)


def test_without_an_address(tmp_path: Path):
    with pytest.raises(SegDeskError, match="no address"):
        weights.download(card(), tmp_path)


def test_a_folder_that_cannot_be_written(server: Server, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SegDeskError, match="cannot be written"):
        weights.download(card(server.url), tmp_path / "file" / "folder")


def test_status_looks_beside_the_card_then_in_the_folders_then_in_the_cache(tmp_path: Path):
    own, models = tmp_path / "own", tmp_path / "models"
    own.mkdir()
    models.mkdir()
    here = replace(card(), origin=str(own / "net.toml"))
    assert weights.status(here, [models]).kind == "missing"
    assert weights.status(card("http://x/net.pth"), [models]) == weights.WeightsStatus("download", None, len(CONTENT))
    assert weights.status(replace(here, weights=None)).kind == "not_needed"
    weights.weights_cache().mkdir(parents=True)
    for folder, kind in ((weights.weights_cache(), "here"), (models, "here"), (own, "shipped")):
        (folder / "net.pth").write_bytes(CONTENT)
        assert weights.status(here, [models]) == weights.WeightsStatus(kind, folder / "net.pth", len(CONTENT))


def test_a_file_of_another_size_is_not_taken(tmp_path: Path):
    (tmp_path / "net.pth").write_bytes(CONTENT[: len(CONTENT) // 2])
    assert weights.status(card(), [tmp_path]).kind == "missing"
    assert weights.status(card(bytes=len(CONTENT) // 2 + 100), [tmp_path]).kind == "here"  # sizes may be rounded


def test_adopt_copies_under_the_name_of_the_card(tmp_path: Path):
    found = tmp_path / "下载 (1).pth"
    found.write_bytes(CONTENT)
    path = weights.adopt(card(), found, tmp_path / "models")
    assert path == tmp_path / "models" / "net.pth"
    assert path.read_bytes() == CONTENT
    assert weights.adopt(card(), path, tmp_path / "models") == path
    assert [p.name for p in path.parent.iterdir()] == ["net.pth"]


def test_adopt_refuses_another_file(tmp_path: Path):
    other = tmp_path / "other.pth"
    other.write_bytes(b"no")
    with pytest.raises(SegDeskError, match=r"other\.pth is not the weights file of Net"):
        weights.adopt(card(), other, tmp_path / "models")
    with pytest.raises(SegDeskError, match="cannot be read"):
        weights.adopt(card(), tmp_path / "absent", tmp_path / "models")
    assert not (tmp_path / "models").exists()
