"""An error in the real window: its button puts the details on the clipboard, and the window works on meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from segdesk import __version__
from segdesk.ui.copy_details import CopyDetails
from segdesk.ui.main_window import MainWindow

Until = Callable[[Callable[[], object]], None]


def copy_button(window: MainWindow) -> CopyDetails:
    found = window.toasts.shown[-1].findChildren(CopyDetails)
    assert len(found) == 1
    return found[0]


def test_an_error_has_copy_details(window: MainWindow, until: Until) -> None:
    QGuiApplication.clipboard().clear()
    window.toasts.show("error", f"The disk is full: {Path.home() / 'a.png'} could not be written.", "Free some space.")
    button = copy_button(window)
    assert button.isVisible()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    until(lambda: QGuiApplication.clipboard().text())
    text = QGuiApplication.clipboard().text()
    assert text.startswith("The disk is full: ~")
    assert "Free some space." in text
    assert f"SegDesk {__version__}" in text
    until(lambda: button.text() == "Copied")
    assert button.isEnabled()


def test_a_message_that_went_meanwhile_is_copied_all_the_same(window: MainWindow, until: Until) -> None:
    QGuiApplication.clipboard().clear()
    window.toasts.show("error", "It failed.", "")
    QTest.mouseClick(copy_button(window), Qt.MouseButton.LeftButton)
    window.toasts.shown[-1].dismiss()
    until(lambda: QGuiApplication.clipboard().text().startswith("It failed."))


def test_what_nobody_caught_can_be_copied(window: MainWindow, until: Until) -> None:
    sys.excepthook(ValueError, ValueError("by nobody"), None)
    until(lambda: window.toasts.shown)
    assert "Copy details" in window.toasts.shown[-1].findChildren(CopyDetails)[0].text()
    QTest.mouseClick(copy_button(window), Qt.MouseButton.LeftButton)
    until(lambda: "ValueError: by nobody" in QGuiApplication.clipboard().text())


@pytest.mark.parametrize("kind", ["info", "good"])
def test_other_messages_have_none(window: MainWindow, kind: str) -> None:
    window.toasts.show(kind, "Saved.", "")
    assert window.toasts.shown[-1].findChildren(CopyDetails) == []
