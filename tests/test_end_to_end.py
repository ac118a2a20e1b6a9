"""One day's work in one process of the real program: open, run, paint, undo, redo, accept, run on all, export, quit.

The process is driven from inside by a generator that runs between events; what it leaves behind (threads, widgets,
torch) is printed as JSON when the window has closed, and looked at here together with the files.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segdesk.io.project import Project

ROOT = Path(__file__).resolve().parent.parent

DRIVER = '''
import gc, json, sys, threading, time
from pathlib import Path
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from segdesk.ui import start
from segdesk.ui.main_window import MainWindow

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
found = {}

def work(window):
    """Yields until something holds, then goes on."""
    desk, canvas = window.desk, window.canvas
    yield lambda: desk.labels.document is not None and not desk.scanning
    document = desk.labels.document
    canvas.setFocus()
    desk.runs.choose_model("regions")
    QTest.keyClick(canvas, Qt.Key.Key_R)
    yield lambda: len(document.segmentation.segments) > 0 and not document.busy
    found["after the run"] = len(document.segmentation.pruned().segments)
    before = document.segmentation.ids.copy()
    QTest.keyClick(canvas, Qt.Key.Key_B)
    middle = QPoint(canvas.width() // 2, canvas.height() // 2)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    for step in range(1, 6):
        QTest.mouseMove(canvas, middle + QPoint(12 * step, 4 * step))
        yield lambda: True
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle + QPoint(60, 20))
    yield lambda: not document.busy
    painted = document.segmentation.ids.copy()
    found["painted"] = int((painted != before).sum())
    QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    yield lambda: bool((document.segmentation.ids == before).all())
    QTest.keyClick(canvas, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    yield lambda: bool((document.segmentation.ids == painted).all())
    QTest.keyClick(canvas, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    yield lambda: desk.session.counts().get("verified") == 1
    desk.runs.run_all()
    yield lambda: desk.runs.batch_id is None and desk.session.counts().get("predicted", 0) == 2
    desk.session.export("coco_instances", out)
    yield lambda: (out / "annotations").is_dir()
    yield lambda: desk.session.save_state.status == "saved"

def begin(window, path):
    ordinary(window, path)
    steps = work(window)
    state = {"check": next(steps), "end": time.monotonic() + 150}
    timer = QTimer(window)
    def tick():
        if time.monotonic() > state["end"]:
            found["stuck"] = True
            timer.stop()
            window.close()
        elif state["check"]():
            try:
                state["check"] = next(steps)
            except StopIteration:
                timer.stop()
                window.close()
    timer.timeout.connect(tick)
    timer.start(10)

ordinary, MainWindow.begin = MainWindow.begin, begin
found["code"] = start.start_window(folder)
gc.collect()
found["threads"] = [t.name for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon]
found["windows"] = [type(w).__name__ for w in QApplication.topLevelWidgets() if w.isVisible()]
found["torch"] = "torch" in sys.modules
print(json.dumps(found))
'''


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], Path, Path]:
    """(what the driver found, the picture folder, the export) of one whole run of the program."""
    home = tmp_path_factory.mktemp("day")
    folder, out = home / "pictures", home / "coco"
    folder.mkdir()
    for number in range(3):
        pixels = np.full((120, 160, 3), 50, np.uint8)
        pixels[30:90, 20 + 20 * number : 90 + 20 * number] = (210, 130, 40)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    command = [sys.executable, "-c", DRIVER, str(folder), str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), folder, out


def test_everything_was_done(ran):
    found, _, _ = ran
    assert "stuck" not in found, found
    assert found["code"] == 0
    assert found["after the run"] >= 2
    assert found["painted"] > 50


def test_nothing_is_left_running(ran):
    found, _, _ = ran
    assert found["threads"] == []
    assert found["windows"] == []


def test_the_windows_process_never_had_torch(ran):
    assert ran[0]["torch"] is False


def test_the_project_has_it_all(ran):
    _, folder, _ = ran
    with Project.open(folder / "pictures.segdesk") as project:
        assert [row.state for row in project.pictures()] == ["verified", "predicted", "predicted"]
        first = project.pictures()[0]
        labels = project.load_map(first.id, "annotation")
        answer = project.load_map(first.id, "prediction")
        assert (
            np.count_nonzero(labels.class_map() != answer.class_map()) + np.count_nonzero(labels.ids != answer.ids) > 0
        )
        assert len(project.load_history(first.id).done) >= 1


def test_the_export_is_complete(ran):
    _, _, out = ran
    (file,) = (out / "annotations").glob("*.json")
    data = json.loads(file.read_text(encoding="utf-8"))
    assert len(data["images"]) == 3
    assert {a["image_id"] for a in data["annotations"]} == {i["id"] for i in data["images"]}
