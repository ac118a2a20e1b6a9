"""How fast the window comes up, how it takes 10,000 pictures, and how long the UI thread stalls while models run.

    python tests/benchmarks/bench_window.py [--pictures N]

A 5 ms timer on the UI thread measures stalls: how much later than due it comes. Figures are also given as ratios to
the bare cost of the same machine (an empty window; the timer of an idle window).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
INTERVAL = 0.005

BARE = """
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.show()
app.processEvents()
"""
FULL = """
from segdesk.app import settings
from segdesk.ui.start import make_application
from segdesk.ui.main_window import MainWindow
loaded, _ = settings.load()
app = make_application(loaded)
window = MainWindow(loaded)
window.show()
app.processEvents()
"""


def cold_start(code: str, rounds: int = 3) -> float:
    """Seconds of the fastest of some fresh processes from start to a painted window."""
    best = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter()
        with subprocess.Popen([sys.executable, "-c", code + "\nprint('up', flush=True)\nimport os; os._exit(0)"],
                              stdout=subprocess.PIPE, cwd=ROOT) as process:  # fmt: skip
            assert process.stdout is not None
            process.stdout.readline()
            best = min(best, time.perf_counter() - begin)
    return best


class Pulse:
    """Measures how late a 5 ms timer comes, in milliseconds."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.late: list[float] = []
        self._due = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.setInterval(int(INTERVAL * 1000))

    def _beat(self) -> None:
        now = time.perf_counter()
        if self._due:
            self.late.append(max(0.0, now - self._due) * 1000)
        self._due = now + INTERVAL

    def during(self, check: Callable[[], bool], seconds: float = 120.0) -> list[float]:
        """Run the event loop until `check()`; returns how late each beat was."""
        from PySide6.QtCore import QEventLoop

        loop, end = QEventLoop(), time.monotonic() + seconds
        self.late, self._due = [], 0.0
        self._timer.start()
        while not check() and time.monotonic() < end:
            loop.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        self._timer.stop()
        return self.late


def show(name: str, late: list[float], idle: float) -> None:
    """A line of figures."""
    p99, most = float(np.percentile(late, 99)), max(late)
    print(f"{name:34} p99 {p99:6.1f} ms  max {most:6.1f} ms  ({most / max(idle, 0.1):.1f} x idle)  {len(late)} beats")


def write_pictures(folder: Path, count: int, size: tuple[int, int] = (480, 640)) -> None:
    """Blurred noise with structure, different in each."""
    from PIL import Image

    rng = np.random.default_rng(5)
    for at in range(count):
        small = rng.integers(0, 255, (size[0] // 40, size[1] // 40, 3), np.uint8)
        Image.fromarray(small).resize((size[1], size[0]), Image.Resampling.BICUBIC).save(folder / f"p{at:05d}.jpg")


def stalls(window: MainWindow, folder: Path) -> None:
    """Open a folder, run a batch while going through the pictures, run the CRF."""
    from dataclasses import replace

    desk, pulse = window.desk, Pulse()
    idle_until = time.monotonic() + 2.0
    idle = max(pulse.during(lambda: time.monotonic() > idle_until))
    desk.open_path(folder)
    late = pulse.during(lambda: desk.labels.document is not None and not desk.scanning)
    show("open a folder", late, idle)
    desk.runs.choose_model("regions")
    pulse.during(lambda: bool(desk.runs.devices))
    step = [time.monotonic()]

    def done() -> bool:
        if time.monotonic() - step[0] > 0.7:
            step[0] = time.monotonic()
            desk.queue.next()
        return desk.runs.batch_id is None

    desk.runs.run_all()
    show("batch, going through pictures", pulse.during(done), idle)
    ready = [c.id for c in desk.session.cards if desk.session.weights_status(c.id).kind in ("here", "shipped")]
    answers: list[object] = []
    desk.runs.answered.connect(answers.append)
    for card_id in ready:
        desk.runs.choose_model(card_id)
        if desk.runs.can_refine and desk.runs.crf_installed and desk.labels.document is not None:
            desk.session.set_options(replace(desk.runs.options, crf=desk.runs.crf))
            desk.runs.run_here()
            show(f"CRF with {card_id}", pulse.during(lambda: bool(answers)), idle)
            return
    print("CRF: no model with scores has its weights here (set SEGDESK_SHARED)")


def list_of(window: MainWindow, count: int) -> None:
    """How long the list takes 10,000 rows, in the UI thread."""
    from segdesk.io.project import PictureRow
    from segdesk.ui.file_list import FileModel

    class Desk:
        session: object
        queue: object
        pictures: list[PictureRow]
        shown = None  # all, in their own order

    desk = Desk()
    desk.session = desk.queue = desk
    desk.pictures = [PictureRow(i + 1, f"a/p{i:06d}.jpg", 0, 0, "new", 0.0, 0.0, 0, "") for i in range(count)]
    model = FileModel(desk, window)  # type: ignore[arg-type]
    window.files.view.setModel(model)
    begin = time.perf_counter()
    model.reload()
    window.files.view.scrollToBottom()
    window.files.view.grab()
    print(f"list of {count} names: {(time.perf_counter() - begin) * 1000:.0f} ms to the painted end of the list")
    window.files.view.setModel(window.files.model)


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=24)
    count = parser.parse_args().pictures
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = str(Path(home) / name)
        bare, full = cold_start(BARE), cold_start(FULL)
        print(f"window up, cold process: {full:.2f} s ({full / bare:.1f} x an empty Qt window)")
        folder = Path(home) / "pictures"
        folder.mkdir()
        write_pictures(folder, count)
        shared = Path(os.environ.get("SEGDESK_SHARED", ROOT.parent / "shared")) / "data" / "checkpoints"
        from segdesk.app.settings import Settings
        from segdesk.ui.main_window import MainWindow
        from segdesk.ui.start import make_application

        settings = Settings(language="en", theme="light", model_folders=(str(shared),) if shared.is_dir() else ())
        app = make_application(settings)
        window = MainWindow(settings)
        window.resize(1440, 900)
        window.show()
        app.processEvents()
        window.begin(None)
        list_of(window, 10_000)
        stalls(window, folder)
        window.close()
        while not window.closing.finished:
            app.processEvents()


if __name__ == "__main__":
    main()
