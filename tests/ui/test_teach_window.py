"""Teach mode in the real window: strokes by mouse, the model's answer under them, what becomes of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from segdesk.app.scribbles import BACKGROUND, ScribbleDocument
from segdesk.domain.classes import ClassSet
from segdesk.ui.main_window import MainWindow

Until = Callable[[Callable[[], object]], None]
NONE = Qt.KeyboardModifier.NoModifier


def drag(window: MainWindow, *points: tuple[float, float]) -> None:
    """Draw with the left button, in picture coordinates."""
    canvas = window.canvas
    at = [canvas._to_widget(*point) for point in points]
    spots = [QPoint(round(p.x()), round(p.y())) for p in at]
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, NONE, spots[0])
    for spot in spots[1:]:
        place = QPointF(spot)
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            place,
            canvas.mapToGlobal(place),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton,
            NONE,
        )
        QApplication.sendEvent(canvas, event)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, NONE, spots[-1])


def begun(window: MainWindow, until: Until) -> ScribbleDocument:
    """Teach mode on the first picture, with one class."""
    window.desk.session.set_classes(ClassSet.from_names(["block"]))
    until(lambda: window.teach_card.list.topLevelItemCount() == 2)
    window.action_set.by_id["teach"].trigger()
    until(lambda: window.desk.teaching.document is not None)
    document = window.desk.teaching.document
    assert document is not None
    window.desk.labels.set_brush(4)
    return document


def painted(window: MainWindow) -> None:
    """A stroke on the block, and one beside it by key 0."""
    window.desk.labels.choose_nth(0)
    drag(window, (30, 30), (50, 34))
    QTest.keyClick(window.canvas, Qt.Key.Key_0)
    drag(window, (6, 58), (88, 58))


def test_strokes_are_learned_from_and_applied(opened: MainWindow, until: Until):
    desk = opened.desk
    labels = desk.labels.document
    assert labels is not None
    document = begun(opened, until)
    assert desk.labels.document is opened.canvas.document is document
    assert opened.docks["objects"].windowTitle() == "Teach by strokes"
    assert opened.teach_card.isVisible()
    assert "No strokes" in opened.teach_card.told.text() or desk.teaching.state == "learning"
    assert not opened.teach_card.apply.isEnabled()
    assert not opened.action_set.enabling.allows("accept")
    painted(opened)
    until(lambda: desk.teaching.state == "shown")
    assert document.painted().keys() == {1, BACKGROUND}
    assert document.under is not None
    classes = document.under.class_table()[document.under.unpacked().ids]
    assert (classes[32, 40], classes[5, 5]) == (1, 0)
    assert not labels.segmentation.ids.any()
    assert "Learned from 1 picture" in opened.teach_card.told.text()

    opened.teach_card.apply.click()
    until(lambda: not desk.teaching.on and labels.segmentation.segments)
    assert desk.labels.document is opened.canvas.document is labels
    assert np.array_equal(labels.segmentation.class_table()[labels.segmentation.ids], classes)
    assert desk.runs.card is not None
    assert desk.runs.card.net.type == "taught"
    desk.labels.undo()
    assert not labels.segmentation.ids.any()


def test_undo_is_of_the_strokes_and_they_are_there_again(opened: MainWindow, until: Until):
    desk = opened.desk
    document = begun(opened, until)
    drag(opened, (30, 30), (50, 34))
    before = document.segmentation.ids.copy()
    drag(opened, (30, 40), (50, 44))
    opened.action_set.by_id["undo"].trigger()
    assert np.array_equal(document.segmentation.ids, before)
    opened.teach_card.leave.click()
    assert not desk.teaching.on
    drag(opened, (10, 10), (14, 10))
    labels = desk.labels.document
    assert labels is not None
    assert labels.segmentation.ids[10, 12] != 0
    assert not labels.segmentation.ids[30, 30]
    opened.action_set.by_id["teach"].trigger()
    until(lambda: desk.teaching.document is not None)
    again = desk.labels.document
    assert again is not None
    assert np.array_equal(again.segmentation.ids, before)
    desk.labels.redo()
    assert again.segmentation.ids[40, 30] != 0


def test_it_goes_on_with_the_next_picture_and_clears(opened: MainWindow, until: Until):
    desk = opened.desk
    first = begun(opened, until)
    painted(opened)
    until(lambda: desk.teaching.state == "shown")
    desk.queue.next()
    until(lambda: desk.teaching.document is not None and desk.teaching.document is not first)
    until(lambda: desk.teaching.state == "shown")
    second = desk.teaching.document
    assert second is not None
    assert second.under is not None
    assert not second.segmentation.ids.any()
    opened.teach_card.strokes.setChecked(False)
    assert not second.shows_strokes
    desk.queue.previous()
    until(lambda: desk.teaching.document is not None and desk.teaching.document is not second)
    back = desk.teaching.document
    assert back is not None
    assert back.segmentation.ids.any()
    assert opened.teach_card.clear.isEnabled()
    opened.teach_card.clear.click()
    until(lambda: not back.segmentation.ids.any())
    until(lambda: desk.teaching.problem is not None)
    assert not opened.teach_card.apply.isEnabled()
    back.undo()
    until(lambda: desk.teaching.state == "shown")


def test_labels_become_strokes(opened: MainWindow, until: Until):
    desk = opened.desk
    desk.session.set_classes(ClassSet.from_names(["block"]))
    until(lambda: len(desk.session.classes) == 1 and opened.teach_card.list.topLevelItemCount() == 2)
    drag(opened, (30, 30), (50, 34))
    labels = desk.labels.document
    assert labels is not None
    assert labels.segmentation.ids.any()
    document = begun(opened, until)
    opened.teach_card.take.click()
    until(lambda: document.can_undo and not document.busy)
    assert np.array_equal(document.segmentation.ids != 0, labels.segmentation.ids != 0)
