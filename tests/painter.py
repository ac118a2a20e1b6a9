"""The real window, which paints strokes by mouse without end and says what it does: for the test that kills it.

    python tests/painter.py PROJECT SEED [free | paced | rests]

"free": strokes as fast as they come; "paced": each when the one before is said to be saved; "rests": after a few
strokes it waits until all is said to be saved and does nothing more.

Lines: "begun N" when step N is made, with a digest of the labels after it; "saved N" when all up to it is on disk;
"rests N".
"""

from __future__ import annotations

import hashlib
import random
import sys
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest

from segdesk.app.settings import Settings
from segdesk.domain.segmentation import Segmentation
from segdesk.ui.main_window import MainWindow
from segdesk.ui.start import make_application

LEFT = Qt.MouseButton.LeftButton


def digest(labels: Segmentation) -> str:
    """What tells two label maps apart."""
    table = sorted((k, s.class_id) for k, s in labels.pruned().segments.items())
    return hashlib.sha256(labels.ids.tobytes() + repr(table).encode()).hexdigest()[:16]


class Painter:
    """Strokes one after the other, each as soon as the event loop is free."""

    def __init__(self, window: MainWindow, seed: int, pace: str) -> None:
        self.window, self.random, self.pace = window, random.Random(seed), pace
        self.left = self.random.randrange(1, 9)  # strokes before the rest
        self.depth = 0  # steps that can be undone

    def start(self) -> None:
        """Begin once the picture is open; again until then."""
        document = self.window.desk.labels.document
        if document is None or not document.classes:
            QTimer.singleShot(10, self.start)
            return
        self.window.desk.labels.choose_tool("brush")
        self.depth = len(document.history.done)
        print("open", self.depth, digest(document.segmentation), flush=True)
        self.window.desk.save_changed.connect(self.saved)
        document.on_edit.insert(0, lambda *_: self.edited())  # before the step goes to the store thread
        self.step()

    def edited(self) -> None:
        """A step was made and goes to the store thread after this line."""
        document = self.window.desk.labels.document
        assert document is not None
        self.depth = len(document.history.done)
        print("begun", self.depth, digest(document.segmentation), flush=True)

    def saved(self, state: object) -> None:
        """The store thread has told that nothing waits."""
        if self.window.desk.session.save_state.status == "saved":
            print("saved", self.depth, flush=True)

    def step(self) -> None:
        """One stroke; now and then an undo."""
        canvas, rnd = self.window.canvas, self.random
        if self.pace != "free" and self.window.desk.session.save_state.status != "saved":
            QTimer.singleShot(1, self.step)
            return
        self.left -= 1
        if self.pace == "rests" and self.left < 0:
            print("rests", self.depth, flush=True)
            return
        if self.depth > 3 and rnd.random() < 0.15:
            self.window.action_set.by_id["undo"].trigger()
        else:
            points = [QPoint(rnd.randrange(canvas.width()), rnd.randrange(canvas.height())) for _ in range(4)]
            QTest.keyClick(canvas, (Qt.Key.Key_1, Qt.Key.Key_2)[rnd.randrange(2)])
            QTest.mousePress(canvas, LEFT, pos=points[0])
            for point in points[1:]:
                QTest.mouseMove(canvas, point)
            QTest.mouseRelease(canvas, LEFT, pos=points[-1])
        QTimer.singleShot(rnd.randrange(0, 30), self.step)


def main(project: str, seed: str, pace: str = "free") -> None:
    """Open the window on a project and paint until somebody ends it."""
    settings = Settings(language="en", theme="light")
    app = make_application(settings)
    window = MainWindow(settings)
    window.resize(1000, 700)
    window.show()
    window.desk.open_path(Path(project))
    painter = Painter(window, int(seed), pace)  # a timer does not keep it alive
    painter.start()
    app.exec()


if __name__ == "__main__":
    main(*sys.argv[1:])
