"""On a small screen and on a large one with scaling, in both languages, no text of a label or a button is cut."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from segdesk.ui import comfort, i18n
from segdesk.ui.main_window import MainWindow
from segdesk.ui.recent_cards import RecentCard
from segdesk.ui.widgets import ElidedLabel, PickerButton

ROOT = Path(__file__).resolve().parent.parent.parent
ELIDED = (ElidedLabel, PickerButton, RecentCard)  # they end in an ellipsis by themselves, and say all in the tooltip
SLACK = 1  # pixels


def cut(window: QWidget) -> Iterator[str]:
    """Visible labels and buttons that have less room than their text needs."""
    for part in window.findChildren(QWidget):
        if not part.isVisibleTo(window) or not isinstance(part, (QLabel, QAbstractButton)) or isinstance(part, ELIDED):
            continue
        if not part.text() or (isinstance(part, QToolButton) and part.toolButtonStyle().value == 0):
            continue
        width, height = room(part), part.height()
        if isinstance(part, QLabel) and part.wordWrap():
            if height + SLACK < part.heightForWidth(part.width()):
                yield f"{part.text()!r}: {height} of {part.heightForWidth(part.width())} high"
        elif width + SLACK < part.sizeHint().width() or height + SLACK < part.minimumSizeHint().height():
            yield f"{part.text()!r}: {width} x {height} of {part.sizeHint().width()} x {part.sizeHint().height()}"


def room(part: QWidget) -> int:
    """Its width, as far as its parents show it."""
    shown = part.visibleRegion().boundingRect()
    return part.width() if shown.isEmpty() else shown.width()


def test_what_is_cut_is_found(app: QApplication, qtbot: QtBot):
    box = QWidget()
    qtbot.addWidget(box)
    for at, part in enumerate((QLabel("A label of some length"), QPushButton("A button"), QLabel("Much " * 30))):
        part.setParent(box)
        part.setGeometry(0, 40 * at, 40, 30)
    box.findChildren(QLabel)[1].setWordWrap(True)
    box.resize(300, 200)
    box.show()
    assert len(list(cut(box))) == 3
    for part in box.findChildren(QWidget):
        part.resize(290, 120)
    assert list(cut(box)) == []


def settle() -> None:
    for _ in range(4):
        QApplication.sendPostedEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        QApplication.processEvents()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_a_project(opened: MainWindow, size: tuple[int, int], language: str, until):
    opened.desk.change_settings(language=language)
    until(lambda: i18n.language() == language)
    opened.resize(QSize(*size))
    until(lambda: opened.width() == size[0])
    settle()
    assert list(cut(opened)) == []
    opened.desk.runs.choose_model("regions")
    opened.desk.view.plain_picture()
    opened.view_card.adjust.setChecked(True)
    settle()
    assert list(cut(opened)) == []
    opened.desk.change_settings(language="en")
    until(lambda: i18n.language() == "en")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("size", [(900, 600), (1280, 720)])
def test_the_first_page(window: MainWindow, size: tuple[int, int], language: str, until):
    window.desk.change_settings(language=language)
    until(lambda: i18n.language() == language)
    window.resize(QSize(*size))
    settle()
    assert list(cut(window)) == []
    window.desk.change_settings(language="en")
    until(lambda: i18n.language() == "en")


FOUR_K = """
import sys
from segdesk.app.settings import Settings
from segdesk.ui.main_window import MainWindow
from segdesk.ui.start import make_application
from PySide6.QtWidgets import QApplication
from tests.ui.test_nothing_is_cut import cut, settle

settings = Settings(language=sys.argv[1], theme="light")
app = make_application(settings)
window = MainWindow(settings)
window.resize(1920, 1080)
window.show()
window.stage.setCurrentWidget(window.canvas)
for part in (window.model_panel, window.options_panel, window.tool_row, window.tools, window.footer):
    part.setVisible(True)
for dock in window.docks.values():
    dock.setVisible(True)
settle()
assert window.devicePixelRatioF() == 2.0
picture = window.grab()
assert picture.size().width() == 2 * window.width() == 3840, picture.size()
assert picture.size().height() == 2160
print("\\n".join(cut(window)))
window.close()
while not window.closing.finished:
    QApplication.processEvents()
"""


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_four_k_at_twice_the_size(language: str, no_display: dict[str, str]):
    """A screen of 3840 x 2160 with a scale of 200 %: everything is drawn with twice the pixels, nothing is cut."""
    environment = {**no_display, "QT_SCALE_FACTOR": "2"}
    done = subprocess.run(
        [sys.executable, "-c", FOUR_K, language],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_large_letters_take_a_second_line(opened: MainWindow, app: QApplication, language: str, until):
    opened.desk.change_settings(language=language)
    until(lambda: i18n.language() == language)
    opened.resize(1440, 900)
    settle()
    assert not opened.options_panel.stacked
    comfort.apply(app, {"text_percent": 150})
    strips = (opened.options_panel, opened.tool_row)
    until(lambda: not [words for strip in strips for words in cut(strip)])
    opened.resize(1000, 720)  # less than any language needs at this size of letters
    until(lambda: opened.options_panel.stacked)
    until(lambda: not [words for strip in strips for words in cut(strip)])
    lines = opened.files.view
    assert lines.rowHeight(0) > lines.fontMetrics().height()
    comfort.apply(app, {})
    opened.resize(1440, 900)
    until(lambda: not opened.options_panel.stacked)
    opened.desk.change_settings(language="en")
    until(lambda: i18n.language() == "en")


PAGES = (
    "export", "import", "report", "preferences", "compare", "train", "match_classes", "model_folders", "cheat_sheet",
    "edit_keys", "gallery", "classes", "about", "command_search",
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_pages_and_dialogs(opened: MainWindow, language: str, until):
    """Each of them at the size that it opens with."""
    opened.desk.change_settings(language=language)
    until(lambda: i18n.language() == language)
    opened.desk.runs.choose_model("regions")
    found = {}
    for page in PAGES:
        before = set(shown(opened))
        opened.desk.dialog_asked.emit(page)
        settle()
        new = [part for part in shown(opened) if part not in before]
        assert new, page
        for part in new:
            found.update({f"{page}: {words}": part.size() for words in cut(part)})
            part.close()
    assert found == {}
    opened.desk.change_settings(language="en")
    until(lambda: i18n.language() == "en")


def shown(window: MainWindow) -> list[QWidget]:
    """Dialogs, docks and cards over the window that are visible."""
    parts = [w for w in QApplication.topLevelWidgets() if w is not window and w.isVisible()]
    inner = [
        w for w in window.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly) if w.isVisible()
    ]
    return [*parts, *(w for w in inner if not w.isWindow())]
