"""A server that leads elsewhere cannot fill the memory on the way."""

from __future__ import annotations

import http.server
from pathlib import Path

import pytest

from segdesk.io.fetching import fetch
from tests.io.serving import serving


class Leading(http.server.BaseHTTPRequestHandler):
    """Leads to /next with an answer that says it is a terabyte."""

    def do_GET(self) -> None:
        elsewhere = self.path == "/file"
        self.send_response(302 if elsewhere else 200)
        self.send_header("Location", "/next")
        self.send_header("Content-Length", str(1 << 40) if elsewhere else "4")
        self.end_headers()
        self.wfile.write(b"file")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.timeout(60)
def test_what_an_answer_that_leads_elsewhere_holds_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    server = http.server.HTTPServer(("127.0.0.1", 0), Leading)
    with serving(server, monkeypatch):
        address = f"http://127.0.0.1:{server.server_address[1]}/file"
        fetch(address, tmp_path / "a.part", 4, lambda done, total: None, lambda: False)
    assert (tmp_path / "a.part").read_bytes() == b"file"
