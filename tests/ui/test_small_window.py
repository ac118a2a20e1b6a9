"""On a small screen every tool and every step of the review can be seen and clicked."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from segdesk.domain.classes import ClassSet
from segdesk.ui.main_window import MainWindow

STEPS = ("undo", "redo", "previous", "next", "accept")


def shown_whole(window: MainWindow, button: QToolButton) -> bool:
    """Nothing of it is cut off."""
    return button.isVisible() and button.visibleRegion().boundingRect() == button.rect()


@pytest.mark.parametrize("size", [(900, 600), (1280, 680), (1280, 720), (1920, 1040)])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_no_tool_is_hidden(opened: MainWindow, size: tuple[int, int], language: str, until):
    opened.desk.change_settings(language=language)
    opened.resize(*size)
    until(lambda: opened.size().height() <= size[1])
    for _ in range(3):
        QApplication.sendPostedEvents()
        QApplication.processEvents()
    buttons = {b.defaultAction(): b for b in opened.tools.findChildren(QToolButton) if b.defaultAction() is not None}
    wanted = [*opened.tools.by_id.values(), *(opened.action_set.by_id[key] for key in STEPS)]
    assert [a.objectName() for a in wanted if not shown_whole(opened, buttons[a])] == []
    opened.desk.change_settings(language="en")


def test_the_panels_have_room_on_a_small_screen(opened: MainWindow):
    """What stands over the picture asks for so little that the lists beside it stay readable."""
    middle = opened.centralWidget().minimumSizeHint().width()
    assert middle + opened.tools.sizeHint().width() + 240 <= 1280


def test_words_come_back_with_the_room(opened: MainWindow, until):
    opened.resize(1280, 600)
    until(lambda: not opened.tools.grid.words or not opened.tools.others.words)
    opened.resize(1280, 1040)
    until(lambda: opened.tools.grid.words and opened.tools.others.words)
    assert opened.tools.grid.columns == 2


def test_accept_is_clicked_on_a_small_screen(opened: MainWindow, until):
    opened.resize(900, 600)
    until(lambda: not opened.tools.others.words)
    opened.desk.session.set_classes(ClassSet.from_names(["cell"]))
    until(lambda: opened.desk.labels.document is not None)
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    accept = opened.action_set.by_id["accept"]
    button = next(b for b in opened.tools.findChildren(QToolButton) if b.defaultAction() is accept)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=button.rect().center())
    until(lambda: opened.desk.session.pictures[0].state == "verified")
