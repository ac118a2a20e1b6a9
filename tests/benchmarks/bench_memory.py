"""Memory and time of the real window on a 100-megapixel JPEG: until something is seen, until one can paint, and the
peak of the window's and the engine's memory while one paints, undoes and goes on to the next picture.

    python tests/benchmarks/bench_memory.py [--megapixels N] [--pictures N] [--run]

Needs Linux. The window is a process of its own with the offscreen platform. Times count from the moment when the
folder is opened, in a window that is up; an empty project is the measure for memory. `--run`: a model answers too.
"""

from __future__ import annotations

import argparse
import importlib
import json
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
ALLOWED_MB, ALLOWED_SECONDS = 900.0, 1.0
Figures = dict[str, float]


def write_picture(path: Path, megapixels: float, seed: int) -> None:
    """A JPEG of smooth structure with fine noise, 3:2."""
    import cv2
    import simplejpeg

    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    width = round(height * 1.5)
    rng = np.random.default_rng(seed)
    pixels = cv2.resize(rng.integers(0, 256, (height // 60, width // 60, 3), np.uint8), (width, height))
    noise = rng.integers(0, 24, (256, 256, 1), np.uint8)
    for y in range(0, height - 256, 256):
        for x in range(0, width - 256, 256):
            pixels[y : y + 256, x : x + 256] //= 2
            pixels[y : y + 256, x : x + 256] += noise
    path.write_bytes(simplejpeg.encode_jpeg(pixels, 90))


def memory(pid: int | str = "self", *, peak: bool = True) -> float:
    """Megabytes of a process: the most so far, or now."""
    wanted = "VmHWM:" if peak else "VmRSS:"
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(wanted):
            return int(line.split()[1]) / 1024
    return 0.0


class Run:
    """The window's process: a real window, driven from outside, and the figures noted on the way."""

    def __init__(self) -> None:
        from PySide6.QtWidgets import QApplication

        from segdesk.app.settings import Settings
        from segdesk.ui.main_window import MainWindow
        from segdesk.ui.start import make_application

        settings = Settings(language="en", model_id="regions")
        make_application(settings)
        self._events = QApplication.processEvents
        self.window = MainWindow(settings)
        self.window.resize(1600, 1000)
        self.window.show()
        self.window.begin(None)
        self.until(lambda: bool(self.window.desk.runs.devices))
        self.figures: Figures = {"empty window": memory()}

    def until(self, check: Callable[[], bool], seconds: float = 1200.0) -> None:
        """Run the event loop until something holds."""
        end = time.monotonic() + seconds
        while not check():
            if time.monotonic() > end:
                raise TimeoutError
            self._events()
            time.sleep(0.001)

    def note(self, name: str) -> None:
        """Wait for what goes on in the background, then note the peak so far."""
        self.until(lambda: ready(self.window))
        self.figures[name] = memory()

    def open(self, folder: Path) -> None:
        """Until something is seen, and until one can paint."""
        canvas, began = self.window.canvas, time.perf_counter()
        self.window.desk.open_path(folder)
        self.until(lambda: canvas.picture_size is not None)
        canvas.repaint()
        self.figures["seen after"] = time.perf_counter() - began
        self.until(lambda: canvas.document is not None)
        canvas.repaint()
        self.figures["usable after"] = time.perf_counter() - began
        self.note("opened")

    def run_model(self) -> None:
        """A model answers for the picture."""
        labels = self.window.desk.labels
        self.window.desk.runs.run_here()
        self.until(lambda: labels.document is not None and labels.document.prediction is not None)
        self.note("a model's answer")

    def go_on(self) -> None:
        """The next picture, if there is one."""
        before = self.window.canvas.document
        if len(self.window.desk.session.pictures) > 1:
            self.window.desk.queue.next()
            self.until(lambda: self.window.canvas.document not in (None, before))
            self.note("the next picture")

    def close(self) -> None:
        """What is left after a while, the engine's peak, and the end."""
        settled = time.monotonic() + 3
        self.until(lambda: time.monotonic() > settled)
        self.figures["in the end, not the peak"] = memory(peak=False)
        self.figures["engine, peak"] = max((memory(pid) for pid in children()), default=0.0)
        self.window.close()
        self.until(lambda: self.window.closing.finished)


def child(folder: Path, run: bool) -> Figures:
    """In the window's process: open, paint, undo, go on."""
    it = Run()
    it.open(folder)
    paint(it)
    operate(it)
    if run:
        it.run_model()
        look(it)
    it.go_on()
    it.close()
    return it.figures


def children() -> list[int]:
    """The processes that this one has started."""
    lists = Path("/proc/self/task").glob("*/children")  # each thread has its own
    return [int(pid) for one in lists for pid in one.read_text().split()]


def ready(window: MainWindow) -> bool:
    """Whether everything that happens in the background after opening is done."""
    document, levels = window.canvas.document, window.canvas._renderer.pyramid
    counted = document is not None and document.areas_ready and not document.changes.under_way and document.has_pixels
    return counted and levels is not None and len(levels.levels) > 1


def paint(it: Run) -> None:
    """A class, a long stroke, a change of the whole map, undo and redo of it."""
    from segdesk.domain.capsule import Line
    from segdesk.domain.packed import PackedMap
    from segdesk.domain.segmentation import Segment

    labels = it.window.desk.labels
    labels.add_class("thing")
    document = labels.document
    assert document is not None
    height, width = document.segmentation.size
    stroke = document.begin("Brush")
    stroke.set_segment(1, Segment(1))
    document.paint_line(Line((200.0, 200.0), (width - 200.0, height - 200.0), 200.0), 1)
    document.commit()
    it.note("a long stroke")
    document.apply(PackedMap.of_ids(a_map, (height, width), {1: Segment(1), 2: Segment(1)}), "Import")
    it.note("a map replaced")
    it.until(lambda: it.window.desk.save_state.status == "saved")
    it.note("a map replaced and saved")
    for step in (labels.undo, labels.redo, labels.undo):
        step()
        it.until(lambda: not document.changes.under_way)
    it.until(lambda: it.window.desk.save_state.status == "saved")
    it.note("undone, redone, undone")


def a_map(rect: tuple[int, int, int, int]) -> np.ndarray:
    """Two segments in waves, of which a quarter is void: labels with many borders."""
    x, y = np.arange(rect[0], rect[2]), np.arange(rect[1], rect[3])[:, None]
    waves = (np.sin(x / 61) * 40 + y) // 150 % 4
    return np.where(waves == 3, 0, 1 + waves % 2).astype(np.uint16)


def operate(it: Run) -> None:
    """Two operations on the whole picture, and undo of them."""
    for name, options in (("no_void", {}), ("smooth", {"scope": "picture"}), ("remove_islands", {"scope": "picture"})):
        document = it.window.canvas.document
        assert document is not None
        began = time.perf_counter()
        importlib.import_module(f"segdesk.app.operations.{name}").run(document, **options)
        it.until(lambda document=document: not document.changes.under_way)
        it.figures[f"{name} after"] = time.perf_counter() - began
        it.note(name)
        it.window.desk.labels.undo()
        it.until(lambda document=document: not document.changes.under_way)
        it.note(f"{name} undone")


def look(it: Run) -> None:
    """The model's answer before correction, the difference to it, and doubt, each from near and from far."""
    canvas = it.window.canvas
    for show in (canvas.show_prediction, lambda on: canvas.set_look("difference" if on else "labels")):
        show(True)
        for zoom in (0.1, 0.3, 0.6, 1.0, 4.0):
            canvas.zoom_to(zoom)
            canvas.repaint()
        show(False)
    canvas.zoom_fit()
    it.note("prediction and difference")


def report(figures: Figures) -> None:
    """Print the figures with their parts of what is allowed."""
    for name, value in figures.items():
        if name.endswith("after") and name not in ("seen after", "usable after"):
            print(f"  {name:28} {value:7.2f} s")
        elif name.endswith("after"):
            print(f"  {name:28} {value:7.2f} s   {value / ALLOWED_SECONDS:5.2f} of {ALLOWED_SECONDS:.0f} s")
        elif name.startswith("engine"):
            print(f"  {name:28} {value:7.0f} MB")
        else:
            part = f"{value / ALLOWED_MB:5.2f} of {ALLOWED_MB:.0f} MB, {value / figures['empty window']:.1f} x empty"
            print(f"  {name:28} {value:7.0f} MB  {part}")


def main() -> None:
    """Write the pictures, run the child, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, default=100.0)
    parser.add_argument("--pictures", type=int, default=1)
    parser.add_argument("--run", action="store_true")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        print(json.dumps(child(options.child, options.run)))
        return
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "pictures"
        folder.mkdir()
        for at in range(options.pictures):
            write_picture(folder / f"p{at}.jpg", options.megapixels, at)
        settings = {key: str(Path(home) / key) for key in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")}
        command = [sys.executable, __file__, "--child", str(folder), *(["--run"] if options.run else [])]
        environment = {**os.environ, **settings, "QT_QPA_PLATFORM": "offscreen"}
        answer = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        size = (folder / "p0.jpg").stat().st_size / 1e6
        print(f"{options.pictures} JPEG of {options.megapixels:g} megapixels, {size:.0f} MB each")
        report(json.loads(answer.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
