"""A file that the system hands over reaches the program, and nothing else is held back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segdesk.ui.file_open import FileOpener


def test_a_file_is_opened_and_other_events_pass(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    opened: list[Path] = []
    opener = FileOpener(opened.append, qapp)
    qapp.installEventFilter(opener)
    try:
        project = tmp_path / "名字 1.segdesk"
        QApplication.sendEvent(qapp, QFileOpenEvent(QUrl.fromLocalFile(str(project))))
        QApplication.sendEvent(qapp, QEvent(QEvent.Type.ApplicationActivate))
    finally:
        qapp.removeEventFilter(opener)
        opener.deleteLater()
    assert opened == [project]
