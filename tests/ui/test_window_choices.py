"""Choices at run time, for real: language, theme, device; a new answer over hand work; classes and objects by hand."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QAction, QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDockWidget, QLabel, QLineEdit, QMenu, QWidget

from segdesk import paths
from segdesk.app import settings as settings_io
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.project import Project
from segdesk.ui import i18n, theme
from segdesk.ui.main_window import MainWindow
from segdesk.ui.preferences import Preferences

FIELD = re.compile(r"\\\{\w+\\\}|%n|\\\((?:s|es)\\\)")
WORD = re.compile(r"[A-Za-z]{3}")


def english() -> list[re.Pattern[str]]:
    """Every text of the program that has another form in Chinese, as a pattern."""
    tree = ET.parse(paths.resources_dir() / "i18n" / "segdesk_zh_CN.ts")
    found = []
    for message in tree.iter("message"):
        source, other = message.findtext("source", ""), message.findtext("translation", "")
        if source != other and WORD.search(re.sub(r"\{\w+\}|%n", "", source)):
            found.append(re.compile(FIELD.sub(".*", re.escape(source)).replace(r"\ ", " "), re.DOTALL))
    assert len(found) > 300
    return found


def named_parts(window: MainWindow) -> list[QWidget]:
    """All but the cards of recent projects: they hold the name of the folder, "pictures", a word of many texts."""
    cards = window.welcome.recent
    return [window, *(part for part in window.findChildren(QWidget) if not cards.isAncestorOf(part))]


def texts(window: MainWindow) -> Iterator[tuple[str, str]]:
    """(where, text) of everything that the window shows or tells, but for the docks' hidden button to float."""
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # what is gone already says nothing
    for part in named_parts(window):
        where = f"{type(part).__name__} in {type(part.parent()).__name__}"
        if part.objectName() == "qt_dockwidget_floatbutton":
            continue
        yield where, part.windowTitle() if isinstance(part, QDockWidget) else ""
        yield where, part.toolTip()
        yield where, part.accessibleName()
        if isinstance(part, (QLabel, QAbstractButton)):
            yield where, part.text()
        if isinstance(part, QLineEdit):
            yield where, part.placeholderText()
        if isinstance(part, QMenu):
            yield where, part.title()
    for action in window.findChildren(QAction):
        yield "action", action.text()
        yield "action", action.toolTip()
    for column in range(4):
        yield "objects", window.objects.model.headerData(column, Qt.Orientation.Horizontal)
    yield "objects", window.objects.model.headerData(4, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole)
    for panel in (window.classes.list,):
        for at in range(panel.topLevelItemCount()):
            yield "classes", panel.topLevelItem(at).text(1)


def preferences(window: MainWindow, **chosen: str) -> None:
    """Choose in the preferences and apply."""
    dialog = Preferences(window.desk, window)
    dialog.show()
    for field, value in chosen.items():
        combo = getattr(dialog, field)
        assert combo.findData(value) >= 0
        combo.setCurrentIndex(combo.findData(value))
    dialog.accept()


def label_two(window: MainWindow, until) -> None:
    """Two cells and a bit of ground in the open picture."""
    desk = window.desk
    desk.session.set_classes(
        ClassSet([ClassInfo(1, "zelle", (200, 0, 0), is_thing=True), ClassInfo(2, "grund", (0, 0, 200))])
    )
    until(lambda: len(desk.labels.document.classes) == 2)
    ids = np.zeros((64, 96), np.uint16)
    ids[5:30, 10:40], ids[40:60, 50:90], ids[:4] = 1, 2, 3
    segments = {1: Segment(1), 2: Segment(1), 3: Segment(2)}
    desk.labels.document.apply(Segmentation(ids, segments), "replace labels")
    until(lambda: window.objects.model.rowCount() == 3 and desk.save_state.status == "saved")


def test_language_switches_everywhere_and_back(opened: MainWindow, until):
    label_two(opened, until)
    preferences(opened, language="zh_CN")
    assert i18n.language() == "zh_CN"
    until(lambda: opened.docks["files"].windowTitle() != "Pictures")
    patterns = english()
    names = {"English", *(d.text() for d in opened.findChildren(QAction) if d.text() == "English")}
    left = {(w, t) for w, t in texts(opened) if t and t not in names and any(p.fullmatch(t) for p in patterns)}
    assert left == set()
    card = opened.welcome.recent.cards[0]
    until(lambda: "已在此处" in card.accessibleName())
    assert "从列表中移除" in card.remove.toolTip()
    preferences(opened, language="en")
    until(lambda: opened.docks["files"].windowTitle() == "Pictures")
    chinese = re.compile(r"[一-鿿]")
    left = {(w, t) for w, t in texts(opened) if t and t != "简体中文" and chinese.search(t)}
    assert left == set()
    assert not chinese.search(card.accessibleName() + card.toolTip() + card.remove.toolTip())
    until(lambda: settings_io.load()[0].language == "en")


def brightness(widget: QWidget) -> float:
    """Mean of a widget as it is drawn, 0 to 255."""
    image = widget.grab().toImage()
    step = max(1, image.width() // 24)
    grey = [image.pixelColor(x, y).lightness() for x in range(0, image.width(), step) for y in range(image.height())]
    return sum(grey) / len(grey)


def test_theme_switches_every_panel(opened: MainWindow, until):
    label_two(opened, until)
    panels = (opened.files, opened.classes, opened.objects, opened.model_panel, opened.footer, opened.tools)
    light = [brightness(p) for p in panels]
    preferences(opened, theme="dark")
    assert theme.current().name == "dark"
    dark = [brightness(p) for p in panels]
    assert all(a > 160 > 110 > b for a, b in zip(light, dark, strict=True)), (light, dark)
    preferences(opened, theme="light")
    assert [brightness(p) for p in panels] == pytest.approx(light, abs=3)


def test_the_chosen_device_computes(opened: MainWindow, until):
    desk = opened.desk
    desk.runs.start()
    until(lambda: desk.runs.devices)
    assert opened.footer.device.text().startswith("auto")
    preferences(opened, device="cpu")
    assert opened.footer.device.text() == "processor"
    until(lambda: settings_io.load()[0].device == "cpu")
    opened.action_set.by_id["run_here"].trigger()
    until(lambda: desk.session.pictures[0].state == "predicted")


def test_a_new_answer_is_applied_and_can_be_undone(opened: MainWindow, until):
    label_two(opened, until)
    desk = opened.desk
    mine = desk.labels.document.segmentation.ids.copy()
    desk.runs.choose_model("regions")
    opened.action_set.by_id["run_here"].trigger()
    until(lambda: opened.preview_bar.isVisible())
    assert np.array_equal(desk.labels.document.segmentation.ids, mine)
    opened.preview_bar.apply.click()
    until(lambda: len(desk.labels.document.history.done) == 2 and desk.save_state.status == "saved")
    assert not opened.preview_bar.isVisible()
    answer = desk.labels.document.segmentation.ids.copy()
    assert not np.array_equal(answer, mine)
    assert np.array_equal(desk.session.project.load_map(1, "annotation").ids, answer)
    opened.action_set.by_id["undo"].trigger()
    until(lambda: np.array_equal(desk.labels.document.segmentation.ids, mine))


def type_name(window: MainWindow, text: str, until) -> None:
    """Type into the class list's open field and end it."""
    (editor,) = window.classes.list.findChildren(QLineEdit)
    editor.setText(text)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    until(lambda: not window.classes.list.findChildren(QLineEdit))


def test_classes_by_the_panel(opened: MainWindow, pictures: Path, until, monkeypatch):
    panel, desk = opened.classes, opened.desk
    panel.add.click()
    type_name(opened, "cell", until)
    until(lambda: [c.name for c in desk.session.classes] == ["cell"])
    monkeypatch.setattr("segdesk.ui.class_panel.QColorDialog.getColor", lambda *_: QColor(10, 20, 30))
    panel.colour.click()
    panel.kind.click()
    until(lambda: desk.session.classes[0] == ClassInfo(1, "cell", (10, 20, 30), is_thing=False))
    until(lambda: panel.list.topLevelItem(0).text(1) == "stuff")
    panel.rename.click()
    type_name(opened, "  ", until)
    assert panel.list.topLevelItem(0).text(0) == "cell", "an empty name is not taken"
    panel.add.click()
    type_name(opened, "cell", until)
    until(lambda: any("already a class named cell" in t.key[1] for t in opened.toasts.shown))
    path = desk.session.project.path
    desk.close_project()
    until(lambda: opened.stage.currentWidget() is opened.welcome)
    with Project.open(path) as project:
        assert [c.name for c in project.classes] == ["cell", "class 2"]
        assert project.classes[0].color == (10, 20, 30)


def click_in_menu(text: str) -> list[str]:
    """Choose this entry of the next menu that pops up; gives the entries that were there."""
    seen: list[str] = []

    def click() -> None:
        menu = QApplication.activePopupWidget()
        if not isinstance(menu, QMenu):
            QTimer.singleShot(20, click)
            return
        seen.extend(action.text() for action in menu.actions())
        chosen = next(action for action in menu.actions() if action.text() == text)
        menu.setActiveAction(chosen)
        QTest.keyClick(menu, Qt.Key.Key_Return)

    QTimer.singleShot(0, click)
    return seen


def test_objects_by_the_list(opened: MainWindow, until):
    label_two(opened, until)
    panel, document = opened.objects, opened.desk.labels.document
    panel.view.setCurrentIndex(panel.model.index(panel.model.line_of(2), 0))
    assert document.active_segment == 2
    seen = click_in_menu("grund")
    panel.class_button.click()
    until(lambda: document.class_of(int(document.segmentation.ids[50, 60])) == 2)
    assert "zelle" in seen
    until(lambda: panel.model.rowCount() == len({int(k) for k in np.unique(document.segmentation.ids) if k}))
    panel.view.setCurrentIndex(panel.model.index(panel.model.line_of(1), 0))
    panel.delete.click()
    until(lambda: not (document.segmentation.ids == 1).any() and panel.model.line_of(1) is None)
    assert not panel.delete.isEnabled()
    opened.action_set.by_id["undo"].trigger()
    until(lambda: panel.model.line_of(1) is not None)


def test_what_is_locked_keeps_its_class_and_its_pixels(opened: MainWindow, until):
    label_two(opened, until)
    labels = opened.desk.labels
    before = labels.document.segmentation.ids.copy()
    labels.hand.locked_segments.add((labels.document.row.id, 1))
    labels.hand.locked_classes.add(2)
    labels.relabel_nth(1, 1)
    labels.select(1)
    until(opened.objects.delete.isEnabled)
    opened.objects.delete.click()
    labels.relabel_nth(1, 2)  # into a class that is locked
    assert np.array_equal(labels.document.segmentation.ids, before)
    assert labels.document.class_of(2) == 1
    assert any("locked" in t.key[1] for t in opened.toasts.shown)
    labels.hand.locked_segments.clear()
    opened.objects.delete.click()
    until(lambda: not (labels.document.segmentation.ids == 1).any())
