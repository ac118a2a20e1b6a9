"""The whole window in Chinese: no English is left in it, and its letters can be drawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QAction, QFont, QFontDatabase, QImage, QRawFont
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QTableView,
    QTreeView,
    QWidget,
)

from segdesk.ui import comfort, i18n
from segdesk.ui.command_search import CommandSearch
from segdesk.ui.i18n import number, tr
from segdesk.ui.main_window import MainWindow
from tests.ui.test_access import DIALOGS

Until = Callable[[Callable[[], object]], None]
WORD = re.compile(r"[A-Za-z][A-Za-z'-]*[A-Za-z]")
# Names, keys, units and letters that are the same in every language.
NAMES = frozenset(Path(__file__).with_name("same_in_every_language.txt").read_text("utf-8").split())
PLACES = re.compile(r"<[^>]*>|\(&\w\)|https?://\S+|\S+@\S+|\S*[/\\_]\S*|\*?\.[a-z]+\b|\b\S*\d\S*")  # paths, codes


def english_left(text: str, own: set[str]) -> list[str]:
    """Words of a text that are neither Chinese nor a name."""
    words = [w.strip(".-+") for w in WORD.findall(PLACES.sub(" ", text))]
    return [w for w in words if w not in NAMES and w not in own and len(w) > 1]


def texts(root: QWidget) -> Iterator[tuple[str, str]]:
    """(where, text) of everything below a widget that is read or heard."""
    for widget in [root, *root.findChildren(QWidget)]:
        where = f"{type(widget).__name__} in {type(widget.parent()).__name__}"
        heard = (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.windowTitle())
        yield from ((where, text) for text in (*heard, *written(widget)))
    for action in root.findChildren(QAction):
        for text in (action.text(), action.iconText(), action.toolTip(), action.statusTip()):
            yield f"action {action.objectName()}", text.partition("\t")[0]


def written(widget: QWidget) -> Iterator[str]:
    """What stands in a widget."""
    if isinstance(widget, (QLabel, QAbstractButton)):
        yield widget.text()
    elif isinstance(widget, QLineEdit):
        yield widget.placeholderText()
    elif isinstance(widget, QComboBox):
        yield from (widget.itemText(at) for at in range(widget.count()))
    elif isinstance(widget, QMenu):
        yield widget.title()
    elif isinstance(widget, (QTreeView, QTableView)):
        yield from heads(widget.model())


def heads(model: QAbstractItemModel | None) -> Iterator[str]:
    """The headings of a list."""
    if model is None or isinstance(model, QAbstractListModel):
        return
    for column in range(model.columnCount(QModelIndex())):
        head = model.headerData(column, Qt.Orientation.Horizontal)
        if isinstance(head, str):
            yield head


def of_data(window: MainWindow) -> set[str]:
    """Words of the person's own data: classes, pictures, models."""
    words: set[str] = set()
    names = [c.name for c in window.desk.session.classes] + [r.path for r in window.desk.session.pictures]
    for card in window.desk.session.cards:  # what a card says in its maker's words
        names += [card.name.en, card.name.zh, card.id, card.system, card.data, card.group]
        names += [repr(card.licence), repr(card.scores)]
    for name in names:
        words |= {w.strip(".-+") for w in WORD.findall(name)}
    return words


@pytest.fixture
def chinese(opened: MainWindow, until: Until) -> Iterator[MainWindow]:
    """The window in Chinese."""
    opened.desk.change_settings(language="zh_CN")
    until(lambda: opened.docks["files"].windowTitle() == "图片")
    yield opened
    opened.desk.change_settings(language="en")
    until(lambda: opened.docks["files"].windowTitle() == "Pictures")


def test_no_english_is_left(chinese: MainWindow, until: Until):
    own = of_data(chinese)
    left = {(where, text) for where, text in texts(chinese) if english_left(text, own)}
    for menu in chinese.menuBar().findChildren(QMenu):
        menu.aboutToShow.emit()
        left |= {("menu", a.text()) for a in menu.actions() if english_left(a.text().partition("\t")[0], own)}
    chinese.desk.dialog_asked.emit("command_search")
    search = chinese.findChild(CommandSearch)
    assert isinstance(search, CommandSearch)
    for entry in search._commands:
        left |= {("search", text) for text in (entry.text, entry.detail, entry.why) if english_left(text, own)}
    search.leave()
    assert not left, "\n".join(map(str, sorted(left)))


def test_no_english_is_left_in_dialogs(chinese: MainWindow):
    own = of_data(chinese)
    left: set[tuple[str, str, str]] = set()
    for name in DIALOGS:
        before = chinese.findChildren(QDialog)
        chinese.desk.dialog_asked.emit(name)
        QApplication.processEvents()
        for dialog in [d for d in chinese.findChildren(QDialog) if d not in before and d.isVisible()]:
            left |= {(name, where, text) for where, text in texts(dialog) if english_left(text, own)}
            dialog.close()
            dialog.deleteLater()
        QApplication.processEvents()
    assert not left, "\n".join(map(str, sorted(left)))


def test_numbers_as_the_language_writes_them(app: QApplication):
    for code, wanted in (("en", ("12,345", "0.5")), ("zh_CN", ("12,345", "0.5"))):
        i18n.install(app, code)
        assert (number(12345.4), number(0.5, 1)) == wanted
    i18n.install(app, "en")
    assert tr("%n picture(s) segmented", 1) == "1 picture segmented"


def test_families_hold_chinese_of_every_system(app: QApplication):
    families = app.font().families()
    assert {"Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "WenQuanYi Micro Hei", "SimSun"} <= set(families)
    assert families.index("Segoe UI") < families.index("Microsoft YaHei")


def test_chinese_letters_are_no_boxes(app: QApplication):
    there = set(QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese))
    if not there & set(comfort.CHINESE):
        pytest.skip("no font with Chinese letters is installed here")
    sample = "分割标注图片类别"
    raw = QRawFont.fromFont(app.font(), QFontDatabase.WritingSystem.SimplifiedChinese)
    assert all(raw.supportsCharacter(ord(letter)) for letter in sample)
    drawn = [ink(app.font(), letter) for letter in sample]
    box = ink(app.font(), "\U0010fffd")  # of no font: what Qt draws in its place
    assert all(not np.array_equal(letter, box) for letter in drawn)
    assert len({letter.tobytes() for letter in drawn}) == len(sample)


def ink(font: QFont, letter: str) -> np.ndarray:
    part = QLabel(letter)
    part.setFont(font)
    part.setFixedSize(32, 32)
    image = part.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())[:, :32].copy()
