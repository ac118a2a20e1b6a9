"""Helpers for the tests of the canvas: showing a document, taking its picture, moving mouse and wheel."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segdesk.app import pyramid
from segdesk.app.document import Document
from segdesk.ui.canvas import Canvas

Left, Right, Middle = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
Plain, Ctrl, Alt = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


def shown(qtbot: QtBot) -> Canvas:
    """An empty canvas of 400 x 300 pixels."""
    widget = Canvas()
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    widget.show()
    qtbot.waitExposed(widget)
    widget.setFocus()
    return widget


def opened(canvas: Canvas, doc: Document) -> Document:
    """Show a document with everything ready, without waiting for a thread."""
    canvas.set_document(doc, pyramid.build(doc.pixels))
    doc.finish_counting()
    return doc


def shot(canvas: Canvas) -> np.ndarray:
    """(h, w, 3) uint8 RGB of the widget as it draws itself now."""
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return data[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def at(canvas: Canvas, x: float, y: float) -> QPoint:
    """The widget position of an image position."""
    dx, dy = canvas.view.to_device(x, y)
    return QPoint(int(dx), int(dy))


def image_at(canvas: Canvas, position: QPoint) -> tuple[float, float]:
    return canvas.view.to_image(position.x(), position.y())


def drag(qtbot: QtBot, canvas: Canvas, path: list[QPoint], button: Qt.MouseButton = Left) -> None:
    qtbot.mousePress(canvas, button, pos=path[0])
    for point in path[1:]:
        move(canvas, point, button)
    qtbot.mouseRelease(canvas, button, pos=path[-1])


def move(canvas: Canvas, point: QPoint, button: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(point), canvas.mapToGlobal(QPointF(point)), button, button, Plain
    )
    QApplication.sendEvent(canvas, event)


def wheel(canvas: Canvas, point: QPoint, notches: float, held: Qt.KeyboardModifier = Plain) -> None:
    turn = QPoint(round(120 * notches), 0) if held == Alt else QPoint(0, round(120 * notches))
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(
        QPointF(point), canvas.mapToGlobal(QPointF(point)), QPoint(), turn, Qt.MouseButton.NoButton, held, phase, False
    )
    QApplication.sendEvent(canvas, event)


def key(canvas: Canvas, code: Qt.Key, *, down: bool, when: int = 0) -> None:
    event = QKeyEvent(QEvent.Type.KeyPress if down else QEvent.Type.KeyRelease, code, Plain)
    event.setTimestamp(when)
    QApplication.sendEvent(canvas, event)
