"""A server on this machine for the tests of downloads, which no proxy of the environment comes before."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@contextmanager
def serving(server: http.server.HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It answers in a thread of its own; afterwards the thread has ended and the port is free."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
