"""What a window does about its memory while nobody is at work."""

from __future__ import annotations

import gc
import platform
import subprocess
import sys
from collections.abc import Iterator

import pytest

from segdesk.ui import housekeeping
from segdesk.ui.housekeeping import Housekeeping
from segdesk.ui.main_window import MainWindow


@pytest.fixture
def given_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """One entry each time that memory is given back, with the name of the thread."""
    import threading

    calls: list[str] = []
    monkeypatch.setattr(
        housekeeping, "give_back", lambda least: calls.append(f"{threading.current_thread().name} {least}")
    )
    yield calls
    gc.unfreeze()


def test_what_is_there_is_no_longer_looked_over(window: MainWindow, given_back: list[str]):
    before = gc.get_freeze_count()
    Housekeeping(window)
    assert gc.get_freeze_count() > max(before, 10_000)


def test_memory_goes_back_when_nothing_is_under_way(opened: MainWindow, given_back: list[str], until):
    document = opened.desk.labels.document
    assert document is not None
    keeping = Housekeeping(opened)
    until(lambda: not opened.desk.jobs and not document.changes.under_way)
    document.begin("Brush")
    keeping.tidy()
    assert given_back == []
    document.commit()
    until(lambda: not opened.desk.jobs and not document.changes.under_way)
    keeping.tidy()
    until(lambda: given_back)
    assert given_back == [f"housekeeping {housekeeping.MUCH}"]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_what_lies_between_is_given_back():
    """Freed blocks under one that is still in use stay with the process until it gives them back."""
    program = """
from pathlib import Path
from segdesk.app.arenas import give_back, share_arenas
share_arenas()
size = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
blocks = [bytearray(100_000) for _ in range(800)]
last = bytearray(100_000)
blocks.clear()
before = size()
assert not give_back(200_000_000)
assert give_back(40_000_000)
assert before - size() > 40_000_000, (before, size())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
