"""What the canvas costs on the UI thread at 24 and 100 megapixels: a brush step, views, undo, opening. Needs no screen.

Run `python -m tests.benchmarks.bench_canvas [MEGAPIXELS ...]`. A brush step is one mouse move: the tool's stroke and
the repaint. Each line gives p50 and p99 of the UI thread's own time (other programs on the machine do
not count) in milliseconds, p99 as a part of what is allowed, and the p99 by the clock on the wall.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from segdesk.app import pyramid
from segdesk.app.document import Document
from segdesk.app.tools import brush, fill
from segdesk.domain.classes import ClassSet
from segdesk.domain.history import History
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.project import PictureRow
from segdesk.ui.canvas import Canvas

STEP_MS, FRAME_MS = 8.0, 16.0
SCREEN = 1920, 1080
CLASSES = ClassSet.from_names(["sky", "road", "car", "person"], things=["car", "person"])


def scene(megapixels: float) -> tuple[np.ndarray, Segmentation]:
    """A picture of noise and a panoptic map of two stuff classes and 300 objects."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    width = round(height * 1.5)
    random = np.random.default_rng(5)
    small = random.integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    pixels = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    ids = np.ones((height, width), np.uint16)
    ids[height // 2 :] = 2
    segments = {1: Segment(1), 2: Segment(2)}
    for key in range(3, 303):
        centre = int(random.integers(width)), int(random.integers(height))
        cv2.circle(ids, centre, int(random.integers(20, height // 20)), key, -1)
        segments[key] = Segment(3 + key % 2, 0.8)
    return pixels, Segmentation(ids, segments)


Seconds = tuple[float, float]


def report(name: str, seconds: list[Seconds], allowed: float) -> None:
    """Print one line."""
    own, wall = np.array(seconds).T * 1e3
    p50, p99, clock = np.percentile(own, 50), np.percentile(own, 99), np.percentile(wall, 99)
    line = (
        f"  {name:44} p50 {p50:6.2f}  p99 {p99:6.2f} ms  {p99 / allowed:5.2f} of {allowed:.0f} ms  (clock {clock:.2f})"
    )
    print(line, flush=True)


def now() -> Seconds:
    """(this thread's processor time, clock)."""
    return time.thread_time(), time.perf_counter()


def since(start: Seconds) -> Seconds:
    """Both, counted from `start`."""
    end = now()
    return end[0] - start[0], end[1] - start[1]


def timed(work: Callable[[], object]) -> Seconds:
    """What one call takes."""
    start = now()
    work()
    return since(start)


def mouse(canvas: Canvas, kind: QEvent.Type, x: float, y: float) -> None:
    """One mouse event and the repaint that it causes."""
    held = Qt.MouseButton.LeftButton
    position = QPointF(x, y)
    event = QMouseEvent(kind, position, canvas.mapToGlobal(position), held, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(canvas, event)
    QApplication.processEvents()


def bench_brush(canvas: Canvas, doc: Document) -> None:
    """A curved stroke at four zooms with three radii, 16 screen pixels a step."""
    canvas.set_tool(brush.Tool())
    angle = np.linspace(0, 4 * np.pi, 160)
    path = np.stack([960 + 500 * np.cos(angle), 540 + 250 * np.sin(1.3 * angle)], axis=1)
    for zoom in (0.0, 1.0, 3.0, 12.0):
        canvas.zoom_fit() if zoom == 0 else canvas.zoom_to(zoom)
        QApplication.processEvents()
        for radius in (8, 50, 200):
            doc.brush_size = 2 * radius
            first = timed(lambda: mouse(canvas, QEvent.Type.MouseButtonPress, *path[0]))
            steps = [timed(lambda p=p: mouse(canvas, QEvent.Type.MouseMove, *p)) for p in path[1:]]
            last = timed(lambda: mouse(canvas, QEvent.Type.MouseButtonRelease, *path[-1]))
            undo = timed(lambda: (doc.undo(), QApplication.processEvents()))
            place = "fit" if zoom == 0 else f"{zoom:.0f}x"
            report(f"brush step, {place}, radius {radius}", steps, STEP_MS)
            report("    press, release", [first, last], FRAME_MS)
            report("    undo", [undo], 20.0)
            while doc.busy:
                QApplication.processEvents()


def bench_views(canvas: Canvas) -> None:
    """Zoom and pan with a full repaint each."""
    canvas.zoom_fit()
    QApplication.processEvents()
    zooms = [timed(lambda f=f: (canvas.zoom_by(f), QApplication.processEvents())) for f in [1.25] * 16 + [0.8] * 16]
    report("zoom step (full repaint)", zooms, FRAME_MS)
    canvas.zoom_to(1.0)
    QApplication.processEvents()
    moves = [
        timed(lambda: (canvas.set_view(canvas.view.moved(-9, 5)), QApplication.processEvents())) for _ in range(40)
    ]
    report("pan step at 1x", moves, FRAME_MS)


def bench_looks(canvas: Canvas, doc: Document) -> None:
    """Difference to an answer, and doubt: a zoom step, and a brush step in the whole picture with the minimap on."""
    answer = Segmentation(np.roll(doc.segmentation.ids, 40, axis=1), dict(doc.segmentation.segments))
    doc.prediction = PackedMap.of(answer).prepare()
    canvas.set_heat(np.random.default_rng(1).integers(0, 256, (171, 256)).astype(np.uint8))
    angle = np.linspace(0, 2 * np.pi, 80)
    path = np.stack([960 + 500 * np.cos(angle), 540 + 250 * np.sin(angle)], axis=1)
    for look in ("difference", "doubt"):
        canvas.zoom_fit()
        report(f"switch to {look}", [timed(lambda look=look: (canvas.set_look(look), canvas.repaint()))], FRAME_MS)
        zooms = [timed(lambda f=f: (canvas.zoom_by(f), QApplication.processEvents())) for f in [1.25] * 16 + [0.8] * 16]
        report(f"{look}, zoom step (full repaint)", zooms, FRAME_MS)
        canvas.zoom_to(canvas.zoom * 1.3)
        doc.brush_size = 100
        mouse(canvas, QEvent.Type.MouseButtonPress, *path[0])
        steps = [timed(lambda p=p: mouse(canvas, QEvent.Type.MouseMove, *p)) for p in path[1:]]
        mouse(canvas, QEvent.Type.MouseButtonRelease, *path[-1])
        report(f"{look}, brush step, radius 50", steps, STEP_MS)
        doc.undo()
        while doc.busy:
            QApplication.processEvents()
    canvas.set_look("labels")
    doc.prediction = None


def bench_stalls(canvas: Canvas, doc: Document) -> None:
    """The longest pause of the UI thread while large changes run in the background."""
    answer = doc.segmentation.copy()
    answer.ids[:] = np.roll(answer.ids, 400, axis=1)
    packed = PackedMap.of(answer).prepare()  # as it comes from the thread that asks the model
    operations = {
        "a new answer": lambda: doc.apply_result(packed, "Model"),
        "its undo": doc.undo,
        "delete an object": lambda: doc.delete(5),
        "fill a large region": lambda: fill.Tool().press(doc, 5, 5),
    }
    for name, operation in operations.items():
        doc.active_class = 4
        QApplication.processEvents()
        canvas.repaint()  # what waits from before is not the operation's
        pauses, start = [], now()
        operation()
        while doc.changes.under_way:
            QApplication.processEvents()
            pauses.append(since(start))
            time.sleep(0.001)
            start = now()
        pauses.append(since(start))
        canvas.repaint()
        report(f"{name}: longest pause", [max(pauses)], FRAME_MS)


def bench(megapixels: float, canvas: Canvas) -> None:
    """All of it for one size."""
    pixels, segmentation = scene(megapixels)
    print(f"{megapixels:g} megapixels, {pixels.shape[1]} x {pixels.shape[0]}, canvas {SCREEN[0]} x {SCREEN[1]}")
    row = PictureRow(1, "scene.png", pixels.shape[1], pixels.shape[0], "new", 0.0, 0.0, 0, "")
    report("pyramid (in a thread)", [timed(lambda: pyramid.build(pixels)) for _ in range(3)], 1000.0)
    doc = Document(row, pixels, segmentation, History(), CLASSES)
    report("set_document", [timed(lambda: canvas.set_document(doc))], FRAME_MS)
    report("first repaint, smaller copies not there yet", [timed(canvas.repaint)], FRAME_MS)
    while not doc.areas_ready or len(canvas._renderer.pyramid.levels) == 1 or not canvas._copies.fresh:
        QApplication.processEvents()
    bench_views(canvas)
    doc.active_class = 4
    bench_brush(canvas, doc)
    bench_looks(canvas, doc)
    bench_stalls(canvas, doc)


def main() -> None:
    """Sizes in megapixels come from the command line; 24 and 100 without."""
    app = QApplication.instance() or QApplication([])
    canvas = Canvas()
    canvas.resize(*SCREEN)
    canvas.show()
    QApplication.processEvents()
    for megapixels in [float(a) for a in sys.argv[1:]] or [24.0, 100.0]:
        bench(megapixels, canvas)
        canvas.clear()
    canvas.close()
    del app


if __name__ == "__main__":
    main()
