"""How long a person waits for the picture to follow a slider of the CRF: the real window, engine and VOC model on a
picture of one megapixel.

    python tests/benchmarks/bench_live_crf.py [SHARED_DATA_FOLDER] [--moves 25] [--megapixels 1.0]

Milliseconds from the slider's event to the painted quick answer, median and 95th percentile, in stages: until the
engine was asked and had answered ("engine" is the part that it computed, "cpu" its processor time for that, on all
cores), until the canvas had painted it; and to the full answer after the hand rests. Moves are made one by one, then
as a drag of one move each 30 ms, where what counts is how often the picture follows. Without a screen it runs
offscreen.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow

MODEL = "deeplabv3-mobilenetv2-voc21"
PATIENCE = 300.0
REFERENCE = 0.030  # seconds that `yardstick` takes on a core of 3 GHz that nobody else uses


def wait(check: Callable[[], object]) -> None:
    """Let the window live until something holds."""
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication

    end = time.perf_counter() + PATIENCE
    while not check():
        if time.perf_counter() > end:
            raise TimeoutError("the window did not get so far")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 5)


def processor_time(pid: int) -> float:
    """Seconds that a process has computed so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def yardstick() -> float:
    """Seconds of a fixed piece of work: how busy this machine is with other things."""
    a = np.random.default_rng(0).random((600, 600)).astype(np.float32)
    start = time.perf_counter()
    for _ in range(12):
        np.sort(a, axis=1)
    return time.perf_counter() - start


class Watch:
    """When the canvas paints a quick answer."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.painted: list[tuple[float, object]] = []
        self.came: list[tuple[float, float]] = []
        canvas = window.canvas
        paint = canvas.paint_over

        def painted(painter: object) -> None:
            paint(painter)  # type: ignore[arg-type]
            if canvas.seeing.glimpse is not None:
                self.painted.append((time.perf_counter(), canvas.seeing.glimpse))

        canvas.paint_over = painted  # type: ignore[method-assign]
        window.desk.runs.live.shown.connect(lambda g: self.came.append((time.perf_counter(), g.seconds)))


def opened(shared: Path, folder: Path, megapixels: float) -> MainWindow:
    """The window with the picture answered and the CRF on."""
    import cv2

    from segdesk.app.settings import Settings
    from segdesk.ui.main_window import MainWindow
    from segdesk.ui.start import make_application

    photo = cv2.imread(str(next(iter(sorted((shared / "photos" / "coco").rglob("*562150.jpg"))))))
    side = (megapixels * 1e6 / (photo.shape[0] * photo.shape[1])) ** 0.5
    cv2.imwrite(str(folder / "photo.png"), cv2.resize(photo, None, fx=side, fy=side, interpolation=cv2.INTER_CUBIC))
    settings = Settings(language="en", theme="light", model_folders=(str(shared / "checkpoints"),))
    make_application(settings)
    window = MainWindow(settings)
    window.setGeometry(0, 0, 1440, 900)
    window.show()
    desk = window.desk
    desk.open_path(folder)
    desk.runs.start()
    wait(lambda: desk.labels.document is not None and not desk.scanning and bool(desk.runs.devices))
    desk.runs.choose_model(MODEL)
    desk.runs.run_here()
    wait(lambda: bool(desk.labels.document and desk.labels.document.segmentation.segments))
    desk.runs.toggle_crf(True)
    settle(window)
    return window


def settle(window: MainWindow) -> None:
    """Until the full answer is there."""
    wait(lambda: not window.desk.jobs and window.canvas.seeing.glimpse is None and not resting(window))


def resting(window: MainWindow) -> bool:
    """Whether a full answer is still to be asked for."""
    return window.desk.runs.live.pending


def one_by_one(window: MainWindow, watch: Watch, field: str, values: list[float]) -> None:
    """Moves with a pause after each; every other one while the full answer of the one before is being worked out."""
    desk, engine = window.desk, window.desk.session._desk.engine
    rows = []
    for n, value in enumerate(values):
        if n % 2 == 0:
            settle(window)
        else:
            wait(lambda: not resting(window))
        watch.painted.clear()
        watch.came.clear()
        before = processor_time(engine.pid or 0)
        start = time.perf_counter()
        desk.runs.set_crf_options(replace(desk.runs.crf, **{field: value}))
        event = time.perf_counter() - start
        wait(lambda: watch.painted and watch.came)
        end = watch.painted[-1][0]
        came, computed = watch.came[0]
        spent = processor_time(engine.pid or 0) - before
        rows.append((end - start, event, came - start, computed, spent, end - came))
    settle(window)
    names = ("slider to picture", "slider's own", "answer there", "engine", "cpu", "painted")
    show(f"{field} one by one", names, np.array(rows) * 1000)


def drag(window: MainWindow, watch: Watch, field: str, values: list[float]) -> None:
    """A move each 30 ms."""
    desk = window.desk
    settle(window)
    watch.came.clear()
    start = time.perf_counter()
    for n, value in enumerate(values):
        desk.runs.set_crf_options(replace(desk.runs.crf, **{field: value}))
        wait(lambda n=n: time.perf_counter() - start > 0.03 * (n + 1))
    spent = time.perf_counter() - start
    shown = [t - start for t, _ in watch.came]
    end = time.perf_counter()
    settle(window)
    gaps = np.diff([0.0, *shown]) * 1000 if shown else np.array([spent * 1000])
    print(
        f"{field} dragged {spent:.1f} s: the picture followed {len(shown) / spent:.1f} times a second, longest pause "
        f"{gaps.max():.0f} ms; full answer {time.perf_counter() - end:.2f} s after the last move",
        flush=True,
    )


def show(title: str, names: tuple[str, ...], rows: np.ndarray) -> None:
    """Median and 95th percentile of each stage."""
    parts = [f"{n} {np.median(c):.0f} / {np.percentile(c, 95):.0f}" for n, c in zip(names, rows.T, strict=True)]
    print(f"{title} (ms, p50 / p95): " + ", ".join(parts), flush=True)


def main() -> None:
    """See the top of the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("shared", nargs="?", type=Path, default=Path("../shared/data"))
    parser.add_argument("--moves", type=int, default=25)
    parser.add_argument("--megapixels", type=float, default=1.0)
    arguments = parser.parse_args()
    if not os.environ.get("DISPLAY"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with tempfile.TemporaryDirectory() as home:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            os.environ[name] = home
        folder = Path(home) / "pictures"
        folder.mkdir()
        window = opened(arguments.shared, folder, arguments.megapixels)
        watch = Watch(window)
        for field, low, high in (("w1", 2.0, 12.0), ("sigma_beta", 3.0, 10.0), ("sigma_alpha", 20.0, 80.0)):
            busy = yardstick() / REFERENCE
            values = np.random.default_rng(3).permutation(np.linspace(low, high, arguments.moves)).tolist()
            one_by_one(window, watch, field, values)
            drag(window, watch, field, np.linspace(low, high, 2 * arguments.moves).tolist())
            print(f"  (the machine was {busy:.1f} to {yardstick() / REFERENCE:.1f} times as slow as an idle one)")
        window.close()
        wait(lambda: window.closing.finished)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
