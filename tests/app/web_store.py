"""A store of files behind HTTP for tests: as much of WebHDFS (Hadoop's REST interface) as fsspec's client needs.

As the real one it does not rename onto a file that exists, and says so only in the body of its answer.
"""

from __future__ import annotations

import json
import posixpath
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ROOT = "/webhdfs/v1"


class WebStore(ThreadingHTTPServer):
    """`files`: path -> bytes. `refuse`: path -> how many of its next readings end in an error of the server."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.refuse: dict[str, int] = {}
        self.lock = threading.Lock()
        self.url = f"webhdfs://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End it."""
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: WebStore

    def _begin(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        return unquote(parts.path).removeprefix(ROOT), {k: v[0] for k, v in parse_qs(parts.query).items()}

    def _end(self, value: object = None, code: int = 200, location: str = "") -> None:
        body = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def _missing(self) -> None:
        self._end({"RemoteException": {"exception": "FileNotFoundException", "message": "it is not there"}}, 404)

    def _status(self, path: str, suffix: str = "") -> dict[str, Any] | None:
        files = self.server.files
        if path in files:
            return {"type": "FILE", "length": len(files[path]), "pathSuffix": suffix}
        inside = any(name.startswith(path.rstrip("/") + "/") for name in files)
        return {"type": "DIRECTORY", "length": 0, "pathSuffix": suffix} if inside else None

    def do_GET(self) -> None:
        path, query = self._begin()
        with self.server.lock:
            status = self._status(path)
            if status is None:
                self._missing()
            elif query["op"] == "GETFILESTATUS":
                self._end({"FileStatus": status})
            elif query["op"] == "LISTSTATUS":
                self._end({"FileStatuses": {"FileStatus": self._listed(path, status)}})
            elif self.server.refuse.get(path, 0):
                self.server.refuse[path] -= 1
                self._end({"RemoteException": {"exception": "IOException", "message": "a disk is ill"}}, 500)
            else:
                start = int(query.get("offset", 0))
                data = self.server.files[path]
                self._end(data[start : start + int(query.get("length", len(data)))])

    def _listed(self, path: str, status: dict[str, Any]) -> list[dict[str, Any]]:
        if status["type"] == "FILE":
            return [status]
        base = path.rstrip("/") + "/"
        names = sorted({name[len(base) :].partition("/")[0] for name in self.server.files if name.startswith(base)})
        return [found for name in names if (found := self._status(base + name, name))]

    def do_PUT(self) -> None:
        path, query = self._begin()
        files = self.server.files
        with self.server.lock:
            if query["op"] == "CREATE" and "data" not in query:
                self._end(code=307, location=self._again())
            elif query["op"] == "CREATE":
                files[path] = b""
                self._end(code=201)
            elif query["op"] == "RENAME":
                target = posixpath.normpath(query["destination"])
                free = path in files and target not in files
                if free:
                    files[target] = files.pop(path)
                self._end({"boolean": free})
            else:
                self._end({"boolean": True})  # folders are there by themselves

    def do_POST(self) -> None:
        path, query = self._begin()
        if "data" not in query:
            self._end(code=307, location=self._again())
            return
        data = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.files[path] += data
        self._end()

    def do_DELETE(self) -> None:
        path, _ = self._begin()
        with self.server.lock:
            self._end({"boolean": self.server.files.pop(path, None) is not None})

    def _again(self) -> str:
        """Where the data goes: as the real one says it, another address."""
        return f"http://127.0.0.1:{self.server.server_address[1]}{self.path}&data=true"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the screen."""
