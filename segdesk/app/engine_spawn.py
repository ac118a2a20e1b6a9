"""Starting the engine's program with a log of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from segdesk import processes

LOG_BYTES = 1 << 20  # a longer log starts anew

# On Windows: no console, and behind the window when both want the processor (elsewhere the host steps back itself).
WINDOWS_FLAGS = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)


def spawn(arguments: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start the host with its messages going to `log`."""
    stderr = opened_log(log)
    try:
        return subprocess.Popen(
            [*processes.module_command("segdesk.engines.host"), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=processes.module_environment(),
            creationflags=WINDOWS_FLAGS,
        )
    finally:
        if stderr != subprocess.DEVNULL:
            os.close(stderr)


def opened_log(log: Path) -> int:
    """A descriptor that appends to the log, which starts anew when it has grown; nowhere if it cannot be written."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_BYTES:
            os.replace(log, log.with_suffix(".old.log"))
        return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError:
        return subprocess.DEVNULL


def last_line(log: Path) -> str:
    """The last thing that the engine said, "?" if nothing."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return "?"
    return lines[-1][:200] if lines else "?"
