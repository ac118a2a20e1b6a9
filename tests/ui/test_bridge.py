"""Reports from threads arrive on the UI thread, in order; progress is thinned out, ends never are."""

from __future__ import annotations

import threading

from PySide6.QtCore import QThread

from segdesk.app.jobs import Done, Progress
from segdesk.ui.bridge import Bridge


def test_order_and_thinning(qtbot):
    bridge, got, threads = Bridge(), [], set()
    bridge.report.connect(lambda report: (got.append(report), threads.add(QThread.currentThread())))

    def work() -> None:
        for step in range(2000):
            bridge(Progress(1, "job", step, 2000))
        bridge("between")
        bridge(Done(1, "job"))

    thread = threading.Thread(target=work)
    thread.start()
    qtbot.waitUntil(lambda: any(isinstance(r, Done) for r in got), timeout=10_000)
    thread.join()
    assert threads == {bridge.thread()}
    assert [r for r in got if not isinstance(r, Progress)] == ["between", Done(1, "job")]
    assert sum(isinstance(r, Progress) for r in got) < 200


def test_the_last_progress_arrives(qtbot):
    bridge, got = Bridge(), []
    bridge.report.connect(got.append)
    for step in range(50):
        bridge(Progress(3, "job", step, 50))
    qtbot.waitUntil(lambda: bool(got) and got[-1].done == 49, timeout=10_000)
    bridge(Progress(3, "job", 50, 50))
    qtbot.waitUntil(lambda: got[-1].done == 50, timeout=10_000)
