"""A dialog that was closed is gone: a day of exports must not leave a day of dialogs in memory."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QDialog

from segdesk.ui.main_window import MainWindow

NAMES = (
    "export", "import", "report", "match_classes", "preferences", "cheat_sheet", "edit_keys", "classes", "about",
    "plugins", "model_folders", "gallery", "train",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_dialog_that_was_closed_is_gone_or_used_again(opened: MainWindow, name: str, until):
    desk, counts = opened.desk, []
    for _ in range(3):
        desk.dialog_asked.emit(name)
        until(lambda: any(isinstance(w, QDialog) and w.isVisible() for w in QApplication.topLevelWidgets()))
        for dialog in [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]:
            dialog.close()
        until(lambda: not desk.jobs)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        counts.append(len(opened.findChildren(QDialog)))
    assert counts[2] == counts[0]
