"""Downloads go through the proxy that the environment names, and past it where it says so."""

from __future__ import annotations

import hashlib
import http.server
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from segdesk.domain.card import ModelCard, NetSpec, Text, WeightsSpec
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.io import fetching, weights
from tests.io.serving import serving

CONTENT = b"weights" * 1000


class Proxy(http.server.ThreadingHTTPServer):
    """Answers every address itself and notes what it was asked; a tunnel is refused."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.length = str(len(CONTENT))
        self.piece = b""  # the length of the first piece, where it sends in pieces


class Handler(http.server.BaseHTTPRequestHandler):
    server: Proxy  # pyright: ignore[reportIncompatibleVariableOverride]

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        self.server.asked.append(f"GET {self.path}")
        self.send_response(200)
        if self.server.piece:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(self.server.piece + b"\r\n" + CONTENT)
            return
        self.send_header("Content-Length", self.server.length)
        self.end_headers()
        self.wfile.write(CONTENT)

    def do_CONNECT(self) -> None:
        self.server.asked.append(f"CONNECT {self.path}")
        self.send_error(403)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Both a proxy and a server; the environment names it as neither yet."""
    server = Proxy()
    with serving(server, monkeypatch):
        yield server


def card(url: str) -> ModelCard:
    spec = WeightsSpec("net.pth", (url,), hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
    return ModelCard(
        "net", Text("Net"), "semantic", "", Text(""), NetSpec("net"), ClassSet.from_names(["a"]), weights=spec
    )


def address(proxy: Proxy) -> str:
    return f"http://127.0.0.1:{proxy.server_port}"


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
def test_http_goes_through_the_proxy(name: str, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(name, address(proxy))
    path = weights.download(card("http://weights.invalid/net.pth"), tmp_path)
    assert path.read_bytes() == CONTENT
    assert proxy.asked == ["GET http://weights.invalid/net.pth"]  # no name was looked up here


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY"])
def test_https_asks_the_proxy_for_a_tunnel(name: str, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(name, address(proxy))
    with pytest.raises(SegDeskError, match="could not be downloaded"):
        weights.download(card("https://weights.invalid/net.pth"), tmp_path)
    assert proxy.asked == ["CONNECT weights.invalid:443"]


def test_no_proxy_is_a_way_past_it(proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(SegDeskError):
        weights.download(card(f"{address(proxy)}/net.pth"), tmp_path)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert weights.download(card(f"{address(proxy)}/net.pth"), tmp_path).read_bytes() == CONTENT
    assert proxy.asked == ["GET /net.pth"]


@pytest.mark.parametrize("length", ["many", "-5", "9" * 5000, "1e3"])
def test_a_length_that_is_none_is_left_alone(length: str, proxy: Proxy, tmp_path: Path):
    proxy.length = length
    assert weights.download(card(f"{address(proxy)}/net.pth"), tmp_path).read_bytes() == CONTENT


def test_a_server_that_sends_far_too_much_is_cut_off(proxy: Proxy, tmp_path: Path):
    proxy.length = str(1 << 50)
    with pytest.raises(SegDeskError, match="could not be downloaded"):
        weights.download(card(f"{address(proxy)}/net.pth"), tmp_path)
    proxy.length = "many"
    found = card(f"{address(proxy)}/net.pth")
    assert found.weights is not None
    small = replace(found, weights=replace(found.weights, bytes=100))
    with pytest.raises(SegDeskError, match="could not be downloaded"):
        weights.download(small, tmp_path)
    assert not (tmp_path / "net.pth").exists()


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://weights.invalid/a", "data:,x", "http://a b/\r\nc"])
def test_other_addresses_are_never_opened(url: str, tmp_path: Path):
    with pytest.raises(fetching.urllib.error.URLError):
        fetching.fetch(url, tmp_path / "part", 0, lambda done, total: None, lambda: False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("piece", [b"f" * 40, b"-1", b"zz", b""])
def test_a_piece_of_an_impossible_length_is_one_sentence(piece: bytes, proxy: Proxy, tmp_path: Path):
    proxy.piece = piece or b" "
    with pytest.raises(SegDeskError, match="could not be downloaded"):
        weights.download(card(f"{address(proxy)}/net.pth"), tmp_path)
    assert not (tmp_path / "net.pth").exists()
