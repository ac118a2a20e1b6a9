"""The main job through the real window and the real engine process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.segmentation import Segmentation
from segdesk.ui.export_dialog import ExportDialog
from segdesk.ui.main_window import MainWindow

NO_HEAVY = """
import sys
from pathlib import Path
from segdesk.app import settings
from segdesk.ui.start import make_application
from segdesk.ui.main_window import MainWindow
app = make_application(settings.Settings())
window = MainWindow(settings.Settings())
window.show()
app.processEvents()
print(sorted({"torch", "torchvision", "scipy", "skimage"} & set(sys.modules)))
window.close()
while not window.closing.finished:
    app.processEvents()
"""


def test_window_comes_up_without_heavy_libraries(no_display):
    done = subprocess.run(
        [sys.executable, "-c", NO_HEAVY], env=no_display, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"


def drag(window: MainWindow, start: tuple[int, int], end: tuple[int, int]) -> None:
    canvas = window.canvas
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(*start))
    for part in range(1, 6):
        at = QPoint(start[0] + (end[0] - start[0]) * part // 5, start[1] + (end[1] - start[1]) * part // 5)
        QTest.mouseMove(canvas, at)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(*end))


def test_open_run_paint_undo_verify_export(opened: MainWindow, until, tmp_path: Path):
    desk = opened.desk
    desk.runs.choose_model("regions")
    opened.action_set.by_id["run_here"].trigger()
    until(lambda: desk.labels.document.history.done)
    answer = desk.labels.document.segmentation.ids.copy()
    assert answer.any()
    assert [c.name for c in desk.session.classes]
    until(lambda: desk.session.pictures[0].state == "predicted")

    assert desk.labels.add_class("mine")
    until(lambda: opened.classes.list.topLevelItemCount() == len(desk.session.classes))
    desk.labels.choose_tool("brush")
    middle = opened.canvas.rect().center()
    drag(opened, (middle.x() - 60, middle.y()), (middle.x() + 60, middle.y()))
    until(lambda: len(desk.labels.document.history.done) == 2)
    painted = desk.labels.document.segmentation.ids.copy()
    assert (painted != answer).any()
    until(lambda: desk.session.pictures[0].state == "edited")

    opened.action_set.by_id["undo"].trigger()
    until(lambda: np.array_equal(desk.labels.document.segmentation.ids, answer))
    opened.action_set.by_id["redo"].trigger()
    until(lambda: np.array_equal(desk.labels.document.segmentation.ids, painted))

    opened.action_set.by_id["accept"].trigger()
    until(lambda: desk.labels.document is not None and desk.current.path == "b.png")
    assert desk.session.pictures[0].state == "verified"
    assert opened.footer.counter.text() == "1 of 3 verified"

    dialog = ExportDialog(desk, [p.info for p in desk.session.formats], opened)
    dialog.format.setCurrentIndex(dialog.format.findData("coco_instances"))
    dialog.verified.setChecked(True)
    dialog.folder.setText(str(tmp_path / "out"))
    assert dialog.ok.isEnabled()
    dialog.accept()
    until(lambda: any(t.key[0] == "good" for t in opened.toasts.shown))
    written = [json.loads(file.read_text("utf-8")) for file in (tmp_path / "out").rglob("*.json")]
    assert [len(data["images"]) for data in written if "images" in data] == [1]


def test_run_on_all_marks_rows_and_says_so(opened: MainWindow, until):
    desk = opened.desk
    desk.runs.choose_model("regions")
    desk.runs.run_all()
    assert not opened.action_set.enabling.allows("run_all")
    until(lambda: desk.runs.batch_id is None)
    assert {row.state for row in desk.session.pictures} == {"predicted"}
    assert opened.toasts.shown[-1].key[1].startswith("3 pictures segmented")
    assert desk.labels.document.segmentation.ids.any(), "the open picture shows its answer"


def test_an_answer_for_another_picture_stays_out_of_the_document(opened: MainWindow, until):
    desk = opened.desk
    desk.runs.choose_model("regions")
    first, second = desk.session.pictures[0], desk.session.pictures[1]
    desk.runs.run_here()
    desk.go_to(second.id)
    until(lambda: desk.labels.document is not None and desk.labels.document.row.id == second.id)
    until(lambda: desk.session.row(first.id).state == "predicted")
    assert not desk.labels.document.history.done
    assert not desk.labels.document.segmentation.ids.any()


def test_single_letters_need_the_canvas(opened: MainWindow, until):
    desk = opened.desk
    opened.files.search.setFocus()
    QTest.keyClicks(opened.files.search, "d")
    assert desk.current.path == "a.png"
    assert opened.files.search.text() == "d"
    opened.files.search.clear()
    opened.canvas.setFocus()
    QTest.keyClick(opened.canvas, Qt.Key.Key_D)
    assert desk.current.path == "b.png"
    QTest.keyClick(opened.canvas, Qt.Key.Key_A)
    assert desk.current.path == "a.png"


def test_number_keys_choose_the_class(opened: MainWindow, until):
    desk = opened.desk
    desk.session.set_classes(ClassSet([ClassInfo(7, "first", (200, 0, 0)), ClassInfo(3, "second", (0, 0, 200), True)]))
    until(lambda: opened.classes.list.topLevelItemCount() == 2)
    until(lambda: desk.labels.document is not None)
    opened.canvas.setFocus()
    QTest.keyClick(opened.canvas, Qt.Key.Key_2)
    assert desk.labels.hand.active_class == 3
    assert opened.classes.list.currentItem().text(0) == "second"
    QTest.keyClick(opened.canvas, Qt.Key.Key_1)
    assert desk.labels.hand.active_class == 7


def test_hand_work_is_not_overwritten_silently(opened: MainWindow, until):
    desk = opened.desk
    desk.labels.add_class("mine")
    until(lambda: len(desk.session.classes) == 1 and desk.labels.document.classes)
    ids = np.zeros((64, 96), np.uint16)
    ids[:20] = desk.labels.hand.active_class
    desk.labels.document.apply(Segmentation.from_class_map(ids), "replace labels")
    until(lambda: desk.labels.document.history.done)
    desk.runs.choose_model("regions")
    desk.runs.run_here()
    until(lambda: desk.labels.document.preview is not None)
    assert np.array_equal(desk.labels.document.segmentation.ids, ids)
    assert opened.preview_bar.isVisible()
    opened.preview_bar.discard.click()
    assert desk.labels.document.preview is None
    assert not opened.preview_bar.isVisible()


def test_a_broken_picture_shows_its_sentence(opened: MainWindow, pictures: Path, until):
    (pictures / "b.png").write_bytes(b"not a picture")
    desk = opened.desk
    desk.go_to(desk.session.pictures[1].id)
    until(lambda: opened.stage.currentWidget() is opened.stage.message)
    assert "b.png" in opened.stage.message.head.text()
    desk.queue.next()
    until(lambda: desk.labels.document is not None)
    assert opened.stage.currentWidget() is opened.canvas


def test_a_dropped_folder_opens(window: MainWindow, pictures: Path, until):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(pictures))])
    drop = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dropEvent(drop)
    until(lambda: window.desk.labels.document is not None)
    assert window.desk.session.settings.recent
    assert window.tools.isVisible()


def test_labels_survive_closing_and_opening(opened: MainWindow, pictures: Path, until):
    desk = opened.desk
    desk.labels.add_class("mine")
    until(lambda: desk.labels.document.classes)
    ids = np.zeros((64, 96), np.uint16)
    ids[5:30, 10:40] = desk.labels.hand.active_class
    desk.labels.document.apply(Segmentation.from_class_map(ids), "replace labels")
    until(lambda: desk.labels.document.history.done and desk.save_state.status == "saved")
    desk.close_project()
    until(lambda: desk.session.project is None and opened.stage.currentWidget() is opened.welcome)
    desk.open_path(pictures)
    until(lambda: desk.labels.document is not None)
    assert np.array_equal(desk.labels.document.segmentation.ids, ids)
    assert desk.labels.document.can_undo
