"""A whole day's work by mouse and keyboard in the real window: open, run, correct with every kind of tool, review,
close, come back, report, export. What came of it is read from the project file and the exported one."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QMenu, QWidget

from segdesk.io.project import Project
from segdesk.ui import object_panel
from segdesk.ui.export_dialog import ExportDialog
from segdesk.ui.main_window import MainWindow
from segdesk.ui.report_dialog import ReportDialog

Until = Callable[[Callable[[], object]], None]
LEFT, RIGHT, CTRL, SHIFT, ALT, NONE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.NoModifier,
)
KEY = Qt.Key
NAMES = [f"field {number}.png" for number in range(1, 5)]
DISC, BOX = (60, 60), (150, 40, 220, 90)  # centre; x0, y0, x1, y1


def picture(number: int) -> np.ndarray:
    """(160, 240, 3): two touching discs, a box, and noise."""
    pixels = np.full((160, 240, 3), 60, np.uint8)
    for x in (60, 104):
        cv2.circle(pixels, (x, 60), 25, (70, 190, 210), -1)
    cv2.rectangle(pixels, BOX[:2], (BOX[2] - 1, BOX[3] - 1), (200, 90, 40), -1)
    noise = np.random.default_rng(number).integers(-5, 6, pixels.shape)
    return (pixels + noise).clip(0, 255).astype(np.uint8)


@pytest.fixture
def fields(tmp_path: Path) -> Path:
    """Four pictures."""
    folder = tmp_path / "fields"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        cv2.imwrite(str(folder / name), picture(number))
    return folder


class Hands:
    """Mouse and keyboard of a person who sits at the window."""

    def __init__(self, window: MainWindow, until: Until) -> None:
        self.window, self.until = window, until

    @property
    def document(self):
        """The open document."""
        return self.window.desk.labels.document

    @property
    def ids(self) -> np.ndarray:
        """Its labels."""
        return self.document.segmentation.ids

    def classes(self) -> np.ndarray:
        """(H, W) class ids."""
        return self.document.segmentation.class_map()

    def at(self, x: float, y: float) -> QPoint:
        """Where an image point is seen."""
        left, top = self.window.canvas.view.to_device(x, y)
        scale = self.window.canvas.devicePixelRatioF()
        return QPoint(round(left / scale), round(top / scale))

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        """Press a key over the picture."""
        self.window.activateWindow()  # nobody manages windows on the screen that is none
        self.until(self.window.isActiveWindow)
        self.window.canvas.setFocus()
        QTest.keyClick(self.window.canvas, key, held)
        self.rest()

    def click(self, x: float, y: float, held: Qt.KeyboardModifier = NONE, button: Qt.MouseButton = LEFT) -> None:
        """Click on the picture."""
        QTest.mouseMove(self.window.canvas, self.at(x, y))
        QTest.mouseClick(self.window.canvas, button, held, self.at(x, y))
        self.rest()

    def drag(
        self, *places: tuple[float, float], button: Qt.MouseButton = LEFT, held: Qt.KeyboardModifier = NONE
    ) -> None:
        """Draw a line through image points."""
        canvas = self.window.canvas
        QTest.mousePress(canvas, button, held, self.at(*places[0]))
        for (ax, ay), (bx, by) in pairwise(places):
            for part in range(1, 6):
                QTest.mouseMove(canvas, self.at(ax + (bx - ax) * part / 5, ay + (by - ay) * part / 5))
        QTest.mouseRelease(canvas, button, held, self.at(*places[-1]))
        self.rest()

    def press(self, part: QWidget) -> None:
        """Click a button of the window."""
        QTest.mouseClick(part, LEFT, pos=part.rect().center())

    def rest(self) -> None:
        """Wait until the document has done what it was asked for."""
        self.until(lambda: self.document is None or not (self.document.busy or self.document.changes.under_way))

    def shows(self, name: str) -> None:
        """Wait until this picture is open."""
        self.until(lambda: self.document is not None and self.document.row.path == name)
        self.window.activateWindow()

    def steps(self) -> int:
        """Undo steps of the open picture."""
        return len(self.document.history.done)


def answer_dialog(kind: type[QDialog], fill: Callable[[QDialog], None]) -> None:
    """When a dialog of this kind comes up: fill it in and click its OK."""

    def look() -> None:
        found = [d for d in QApplication.topLevelWidgets() if isinstance(d, kind) and d.isVisible()]
        if not found:
            QTimer.singleShot(20, look)
            return
        fill(found[0])
        QTest.mouseClick(found[0].ok, LEFT, pos=found[0].ok.rect().center())

    QTimer.singleShot(0, look)


@pytest.fixture
def hands(window: MainWindow, fields: Path, until: Until, monkeypatch: pytest.MonkeyPatch) -> Hands:
    """The folder is open, by Ctrl+O."""
    monkeypatch.setattr("segdesk.ui.dialogs.ask_folder", lambda *_: fields)
    window.activateWindow()
    until(window.isActiveWindow)
    QTest.keyClick(window.welcome, KEY.Key_O, CTRL)
    result = Hands(window, until)
    until(lambda: len(window.desk.session.pictures) == 4 and not window.desk.scanning)
    result.shows(NAMES[0])
    return result


def add_class(hands: Hands, text: str) -> None:
    panel = hands.window.classes
    count = len(hands.window.desk.session.classes)
    hands.press(panel.add)
    (editor,) = (e for e in panel.list.viewport().findChildren(QLineEdit) if e.isVisible())
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, KEY.Key_Return)
    hands.until(lambda: len(hands.window.desk.session.classes) == count + 1)
    hands.until(lambda: hands.window.desk.session.classes[count].name == text)
    hands.until(lambda: not any(e.isVisible() for e in panel.list.viewport().findChildren(QLineEdit)))


def run_on_all(hands: Hands) -> None:
    desk = hands.window.desk
    hands.key(KEY.Key_B, CTRL)
    hands.until(lambda: desk.runs.batch_id is None and all(r.state == "predicted" for r in desk.session.pictures))
    hands.until(lambda: hands.ids.any() and hands.steps() == 1)


def class_id(hands: Hands, name: str) -> int:
    return hands.window.desk.session.classes.named(name).id


def paint_and_undo(hands: Hands) -> None:
    """Rectangle, brush, undo, Escape, each by its key."""
    window, cell = hands.window, class_id(hands, "cell")
    hands.key(KEY.Key_U)
    hands.drag((1, 1), (239, 159), button=RIGHT)
    assert not hands.ids[2:-2, 2:-2].any(), "a rectangle by the right button makes void"

    window.desk.labels.choose_class(cell)
    hands.key(KEY.Key_B)
    hands.drag((20, 140), (120, 140))
    assert hands.classes()[140, 25:115].tolist() == [cell] * 90
    wide = (hands.ids > 0).sum()
    hands.drag((60, 140), (80, 140), held=CTRL)
    assert hands.classes()[140, 70] == 0
    hands.key(KEY.Key_Z, CTRL)
    assert (hands.ids > 0).sum() == wide
    hands.key(KEY.Key_Z, CTRL | SHIFT)
    assert hands.classes()[140, 70] == 0
    hands.key(KEY.Key_Z, CTRL)
    QTest.mousePress(window.canvas, LEFT, NONE, hands.at(200, 140))
    QTest.mouseMove(window.canvas, hands.at(210, 140))
    assert hands.classes()[140, 205] == cell
    hands.key(KEY.Key_Escape)
    QTest.mouseRelease(window.canvas, LEFT, NONE, hands.at(220, 140))
    assert hands.classes()[140, 205] == 0, "Escape takes the stroke back"


def cut_and_join(hands: Hands) -> None:
    """Wand, knife, merge, split on two discs that touch."""
    cell = class_id(hands, "cell")
    hands.key(KEY.Key_W)
    hands.click(60, 60)
    hands.until(lambda: hands.classes()[60, 104] == cell)
    joined = int(hands.ids[60, 60])
    assert joined == hands.ids[60, 104]
    hands.key(KEY.Key_K)
    hands.drag((82, 20), (82, 100))
    hands.until(lambda: hands.ids[60, 60] != hands.ids[60, 104])
    hands.key(KEY.Key_M)
    hands.drag((60, 60), (104, 60))
    hands.until(lambda: hands.ids[60, 60] == hands.ids[60, 104])
    hands.key(KEY.Key_T)
    hands.click(60, 60)
    hands.until(lambda: hands.ids[60, 60] != hands.ids[60, 104])


def click_and_relabel(hands: Hands) -> None:
    """A click prompt for the box; another class for a stroke, by the tool and by the number keys."""
    window = hands.window
    cell, box = class_id(hands, "cell"), class_id(hands, "box")
    window.desk.labels.choose_class(box)
    hands.key(KEY.Key_S)
    hands.click(185, 65)
    tool = window.canvas.tool
    hands.until(lambda: any(s.role == "area" for s in tool.sketches(hands.document)) and not tool.waiting)
    hands.rest()  # a busy document takes no proposal
    hands.key(KEY.Key_Return)
    hands.until(lambda: hands.classes()[65, 185] == box)
    inside = hands.classes()[BOX[1] : BOX[3], BOX[0] : BOX[2]] == box
    assert inside.mean() > 0.9
    hands.key(KEY.Key_Q)
    window.desk.labels.choose_class(box)
    hands.click(30, 140)
    assert hands.classes()[140, 30] == box
    QTest.mouseMove(window.canvas, hands.at(30, 140))
    order = [c.id for c in window.desk.session.classes]
    hands.key(Qt.Key(KEY.Key_1.value + order.index(cell)), SHIFT)
    assert hands.classes()[140, 30] == cell


def lock_and_spare(hands: Hands) -> int:
    """Lock the left disc by a click in its row; nothing erases it. Returns its id."""
    window, disc = hands.window, int(hands.ids[60, 60])
    hands.click(60, 60, held=ALT)
    assert hands.document.active_segment == disc
    panel = window.objects
    hands.until(lambda: panel.model.line_of(disc) is not None)
    index = panel.model.index(panel.model.line_of(disc), object_panel.LOCK)
    panel.view.scrollTo(index)
    QTest.mouseClick(panel.view.viewport(), LEFT, pos=panel.view.visualRect(index).center())
    before = hands.ids == disc
    hands.key(KEY.Key_E)
    hands.drag((40, 60), (140, 60))
    assert np.array_equal(hands.ids == disc, before)
    assert hands.ids[60, 104] == 0
    return disc


def review(hands: Hands) -> None:
    """Accept the first; copy it to the second and accept; skip the third and take that back; accept all."""
    window, session = hands.window, hands.window.desk.session
    first = hands.classes().copy()
    hands.key(KEY.Key_Return, CTRL)
    hands.shows(NAMES[1])
    assert session.pictures[0].state == "verified"
    window.operations.run("copy_previous")
    hands.rest()
    hands.until(lambda: np.array_equal(hands.classes(), first))
    hands.key(KEY.Key_Return, CTRL)
    hands.shows(NAMES[2])
    hands.key(KEY.Key_Delete, CTRL)
    hands.shows(NAMES[3])
    assert [r.state for r in session.pictures] == ["verified", "verified", "skipped", "predicted"]
    hands.key(KEY.Key_A)
    hands.shows(NAMES[2])
    hands.key(KEY.Key_Return, CTRL | SHIFT)
    hands.until(lambda: session.pictures[2].state == "predicted")
    if window.desk.places.places:
        hands.key(KEY.Key_Tab)
        assert window.desk.places.at == 0
    hands.key(KEY.Key_Return, CTRL)
    hands.shows(NAMES[3])


def come_back(hands: Hands, fields: Path, disc: int) -> None:
    """Close the project and open it again: the undo, the lock and what was before the marks are there."""
    window, session = hands.window, hands.window.desk.session
    labels = session.project.load_map(session.pictures[0].id, "annotation").ids.copy()
    hands.until(lambda: window.desk.save_state.status == "saved")
    QTest.keyClick(window.canvas, KEY.Key_W, CTRL)
    hands.until(lambda: window.stage.currentWidget() is window.welcome)
    with Project.open(fields / "fields.segdesk") as project:
        assert [r.state for r in project.pictures()] == ["verified", "verified", "verified", "predicted"]
        assert project.locks() == {project.pictures()[0].id: frozenset({disc})}
        assert project.pictures()[0].pixels_changed > 0
    QTest.keyClick(window.welcome, KEY.Key_O, CTRL)
    hands.shows(NAMES[0])
    assert np.array_equal(hands.ids, labels)
    steps = hands.steps()
    assert steps > 10
    hands.key(KEY.Key_Z, CTRL)
    assert hands.steps() == steps - 1
    hands.key(KEY.Key_Y, CTRL)
    assert np.array_equal(hands.ids, labels)
    assert window.desk.labels.is_locked(disc)
    hands.key(KEY.Key_PageDown)
    hands.shows(NAMES[1])
    hands.key(KEY.Key_PageDown)
    hands.shows(NAMES[2])
    hands.key(KEY.Key_Return, CTRL | SHIFT)
    hands.until(lambda: session.pictures[2].state == "predicted")
    hands.key(KEY.Key_Return, CTRL)
    hands.shows(NAMES[3])
    hands.key(KEY.Key_Return, CTRL)
    hands.until(lambda: {r.state for r in session.pictures} == {"verified"})
    hands.until(lambda: any("All pictures are verified" in t.key[1] for t in window.toasts.shown))


def report_and_export(hands: Hands, tmp_path: Path) -> None:
    window = hands.window

    def fill_report(dialog: QDialog) -> None:
        assert isinstance(dialog, ReportDialog)
        dialog.layer.setCurrentIndex(dialog.layer.findData("prediction"))
        dialog.against.setCurrentIndex(dialog.against.findData("annotation"))
        dialog.folder.setText(str(tmp_path / "report"))
        dialog.show_it.setChecked(False)

    def fill_export(dialog: QDialog) -> None:
        assert isinstance(dialog, ExportDialog)
        dialog.format.setCurrentIndex(dialog.format.findData("coco_instances"))
        dialog.verified.setChecked(True)
        dialog.folder.setText(str(tmp_path / "out"))

    answer_dialog(ReportDialog, fill_report)
    hands.key(KEY.Key_R, CTRL | SHIFT)
    hands.until(lambda: any("report is in" in t.key[1] for t in window.toasts.shown))
    assert any((tmp_path / "report").glob("*.html"))
    answer_dialog(ExportDialog, fill_export)
    hands.key(KEY.Key_E, CTRL)
    hands.until(lambda: (tmp_path / "out").exists())  # it appears complete
    written = [json.loads(file.read_text("utf-8")) for file in (tmp_path / "out").rglob("*.json")]
    (labels,) = (data for data in written if "annotations" in data)
    assert len(labels["images"]) == 4
    assert {"cell", "box"} <= {c["name"] for c in labels["categories"]}


def test_a_whole_day(hands: Hands, fields: Path, tmp_path: Path):
    add_class(hands, "cell")
    add_class(hands, "box")
    run_on_all(hands)
    paint_and_undo(hands)
    cut_and_join(hands)
    click_and_relabel(hands)
    disc = lock_and_spare(hands)
    review(hands)
    come_back(hands, fields, disc)
    report_and_export(hands, tmp_path)


def test_menus_of_the_day_are_whole(hands: Hands):
    """Every menu opens, and everything in it that cannot be done says why."""
    bar = hands.window.menuBar()
    for action in bar.actions():
        menu = action.menu()
        assert isinstance(menu, QMenu)
        for entry in menu.actions():
            if not entry.isSeparator() and entry.menu() is None and not entry.isEnabled():
                assert "\n" in entry.toolTip() or entry.toolTip().endswith("."), entry.text()
