"""What a server answers when weights are fetched: whatever it sends, the file is right or there is one sentence."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from functools import cache
from pathlib import Path

from segdesk.domain.card import ModelCard, NetSpec, Text, WeightsSpec
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.io import weights
from tests.fuzz.mutate import Files
from tests.fuzz.readers import Reader

CONTENT = bytes(range(256)) * 4
SPEC = WeightsSpec("net.pth", ("http://weights.example/net.pth",), hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
CARD = ModelCard("net", Text("Net"), "semantic", "", Text(""), NetSpec("net"), ClassSet.from_names(["a"]), weights=SPEC)


class Server:
    """Answers every question with the same bytes, as a proxy: no name is ever looked up."""

    def __init__(self) -> None:
        self.answer = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            line, _ = self._listener.accept()
            with line:
                line.settimeout(1)
                try:
                    line.recv(65_536)
                    line.sendall(self.answer)
                except OSError:
                    continue


@cache
def server() -> Server:
    """The one server of this process."""
    found = Server()
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        os.environ[name] = f"http://127.0.0.1:{found.port}"
    return found


def answer_seeds(_: Path) -> list[Files]:
    """Whole, in a range, in pieces, led elsewhere, refused."""
    server()
    length = f"Content-Length: {len(CONTENT)}\r\n".encode()
    pieces = b"".join(b"%x\r\n%s\r\n" % (256, CONTENT[n : n + 256]) for n in range(0, len(CONTENT), 256)) + b"0\r\n\r\n"
    half = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 512\r\nContent-Range: bytes 512-1023/1024\r\n\r\n"
    return [
        {
            "a.http": b'HTTP/1.1 200 OK\r\nX-Linked-ETag: "'
            + SPEC.sha256.encode()
            + b'"\r\n'
            + length
            + b"\r\n"
            + CONTENT
        },
        {"a.http": half + CONTENT[512:], "net.pth.part": CONTENT[:512]},
        {"a.http": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces},
        {"a.http": b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n"},
        {"a.http": b"HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n", "net.pth.part": CONTENT},
        {"a.http": b"HTTP/1.0 503 Busy\r\n\r\nwords"},
    ]


def read_answer(folder: Path) -> None:
    """The right file under its name, or a sentence and no such file."""
    answer = folder / "a.http"
    server().answer = answer.read_bytes() if answer.is_file() else b""
    target = folder / SPEC.file
    try:
        path = weights.download(CARD, folder)
    except SegDeskError:
        assert not target.is_file() or target.read_bytes() == CONTENT
        raise
    assert path.read_bytes() == CONTENT


READERS = [Reader("server answer", answer_seeds, read_answer, writes=True, network=True)]
