"""Puts an ear into every Python process that a test starts: each call to another machine is written down and refused.

`ear(folder)` gives the environment for such processes; it works by `sitecustomize`, so it is there before the program's
first line, in the engine's process as in the window's.
"""

from __future__ import annotations

import os
from pathlib import Path

_EAR = '''
"""Written by a test: notes each call to another machine, and refuses it."""
import os, sys

_FILE = {file!r}
_LOCAL = ("127.0.0.1", "::1", "localhost", "", None)


def _note(text):
    line = os.open(_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(line, (text + chr(10)).encode(errors="replace"))
    os.close(line)


def _hook(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.bind"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if host not in _LOCAL:
        _note(f"CALL {{os.getpid()}} {{event}} {{host}}")
        raise ConnectionRefusedError("a test forbids it")


sys.addaudithook(_hook)
_note("HEARD " + str(os.getpid()) + " " + " ".join(getattr(sys, "orig_argv", [])[1:5]))
'''


class Ear:
    """What was heard in all processes with this `environment`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._file = folder / "heard.txt"
        (folder / "sitecustomize.py").write_text(_EAR.format(file=str(self._file)), encoding="utf-8")
        path = os.pathsep.join(p for p in (str(folder), os.environ.get("PYTHONPATH", "")) if p)
        self.environment = {**os.environ, "PYTHONPATH": path}

    @property
    def calls(self) -> list[str]:
        """Calls to other machines."""
        return [line for line in self._lines() if line.startswith("CALL")]

    @property
    def processes(self) -> list[str]:
        """The command of each process that was listened to."""
        return [line for line in self._lines() if line.startswith("HEARD")]

    def _lines(self) -> list[str]:
        return self._file.read_text(encoding="utf-8").splitlines() if self._file.exists() else []
