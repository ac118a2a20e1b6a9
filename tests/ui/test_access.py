"""The window by the keyboard and by a screen reader: everything is reached, named, and seen when it has the focus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QLineEdit,
    QListWidget,
    QPushButton,
    QScrollBar,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from segdesk.app.settings import Settings
from segdesk.ui import comfort, motion, theme
from segdesk.ui.main_window import MainWindow
from segdesk.ui.panel_steps import STOPS, parts, step_panel
from segdesk.ui.start import make_application

Until = Callable[[Callable[[], object]], None]
NAMED = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QAbstractSlider, QAbstractItemView)
INSIDE = (
    "qt_spinbox_lineedit",
    "qt_scrollarea_viewport",
    "ScrollLeftButton",
    "ScrollRightButton",
    "qt_toolbar_ext_button",
)
# What the desk asks for by name and needs no file dialog of the system.
PAGES = ("gallery", "plugins", "train")  # may be pages of the window instead
DIALOGS = (
    "preferences", "cheat_sheet", "edit_keys", "about", "model_folders", "export", "import", "report", "classes",
    "plugins", "gallery", "train",
)  # fmt: skip


def said(widget: QWidget) -> str:
    """What a screen reader says of a widget."""
    interface = QAccessible.queryAccessibleInterface(widget)
    name = interface.text(QAccessible.Text.Name) if interface is not None else ""
    return name or widget.accessibleName()


def shown(root: QWidget) -> Iterator[QWidget]:
    """The widgets below a root that are visible and are not Qt's own parts of another one."""
    for widget in root.findChildren(QWidget):
        inner = isinstance(widget, QScrollBar) or widget.objectName() in INSIDE
        cell = isinstance(widget.parent(), (QComboBox, QAbstractSpinBox, QLineEdit))
        header = (
            type(widget).__name__ in ("QHeaderView", "QTableCornerButton") or "CornerButton" in type(widget).__name__
        )
        if widget.isVisible() and not inner and not cell and not header and widget.window() is root.window():
            yield widget


def nameless(root: QWidget) -> set[str]:
    found = {w for w in shown(root) if isinstance(w, NAMED) and not said(w).strip()}
    return {f"{type(w).__name__} {w.objectName()!r} in {type(w.parent()).__name__}" for w in found}


def reached(root: QWidget, first: QWidget, qtbot: QtBot) -> set[QWidget]:
    """What gets the focus by Tab alone, from a widget on."""
    first.setFocus()
    around: set[QWidget] = set()
    for _ in range(400):
        focus = QApplication.focusWidget()
        if focus is None or focus.window() is not root.window():
            break
        if focus in around and len(around) > 1:
            break
        around.add(focus)
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    return around


def unreached(root: QWidget, first: QWidget, qtbot: QtBot) -> set[str]:
    """Enabled widgets that take the focus and that Tab does not come to. Of buttons of one choice Tab comes to one."""
    around = reached(root, first, qtbot)
    missed = set()
    for widget in shown(root):
        if widget.focusPolicy() not in STOPS or not widget.isEnabled() or widget in around or widget.focusProxy():
            continue
        group = widget.group() if isinstance(widget, QAbstractButton) else None
        if group is not None and any(b in around for b in group.buttons()):
            continue
        missed.add(f"{type(widget).__name__} {said(widget)!r} in {type(widget.parent()).__name__}")
    return missed


def mouse_only(root: QWidget) -> set[str]:
    """Enabled controls that can only be clicked."""
    kinds = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QAbstractSlider)
    found = {w for w in shown(root) if isinstance(w, kinds) and w.isEnabled() and w.focusPolicy() not in STOPS}
    own = {w for w in found if w.objectName() in ("qt_dockwidget_closebutton", "qt_dockwidget_floatbutton")}
    return {f"{type(w).__name__} {said(w)!r} in {type(w.parent()).__name__}" for w in found - own}


def dialog_of(window: MainWindow, name: str) -> QWidget | None:
    """Ask for a dialog and find it."""
    before = window.findChildren(QDialog)
    window.desk.dialog_asked.emit(name)
    QApplication.processEvents()
    return next((d for d in window.findChildren(QDialog) if d not in before and d.isVisible()), None)


def test_the_first_page(window: MainWindow, qtbot: QtBot):
    window.activateWindow()
    assert nameless(window) == set()
    assert mouse_only(window) == set()
    assert unreached(window, window.welcome.samples, qtbot) == set()


def test_the_window(opened: MainWindow, qtbot: QtBot):
    assert nameless(opened) == set()
    assert mouse_only(opened) == set()
    assert unreached(opened, opened.files.search, qtbot) == set()


def test_f6_goes_round_and_leaves_the_picture(opened: MainWindow, qtbot: QtBot):
    opened.canvas.setFocus()
    seen = []
    for _ in parts(opened):
        focus = QApplication.focusWidget()
        assert focus is not None
        seen.append(next(part for part in parts(opened) if part is focus or part.isAncestorOf(focus)))
        qtbot.keyClick(focus, Qt.Key.Key_F6)
    assert set(seen) == set(parts(opened))
    assert QApplication.focusWidget() is opened.canvas
    step_panel(opened, -1)
    assert QApplication.focusWidget() is not opened.canvas


def test_dialogs(opened: MainWindow, qtbot: QtBot):
    wrong: dict[str, set[str]] = {}
    for name in DIALOGS:
        dialog = dialog_of(opened, name)
        if dialog is None:
            assert name in PAGES, name
            continue
        first = dialog.focusWidget() or dialog.nextInFocusChain()
        found = nameless(dialog) | mouse_only(dialog) | (unreached(dialog, first, qtbot) if first else set())
        if found:
            wrong[name] = found
        dialog.close()
        dialog.deleteLater()
        QApplication.processEvents()
    assert wrong == {}


def test_the_canvas_describes_itself(opened: MainWindow):
    opened.canvas_words.tell()
    assert opened.canvas.accessibleDescription() == "a.png; 96 × 64 pixels; 0 objects; tool: Brush; class: void"
    assert said(opened.canvas) == "Picture"


def kinds() -> dict[str, QWidget]:
    """One widget of each kind that takes the focus, in its states."""
    from segdesk.ui.widgets import button

    listing = QListWidget()
    listing.addItem("one")
    checked, tool, pill, box = QPushButton("on"), QToolButton(), QPushButton("pill"), QCheckBox("on")
    for part in (checked, tool, pill, box):
        part.setCheckable(True)
        part.setChecked(True)
    tool.setText("tool")
    pill.setProperty("kind", "pill")
    plain_tool = QToolButton()
    plain_tool.setText("tool")
    combo = QComboBox()
    combo.addItem("one")
    main, quiet = button("main", "main"), button("quiet", "quiet")
    return {
        "button": QPushButton("one"), "main": main, "quiet": quiet, "checked": checked, "pill": pill,
        "tool": plain_tool, "checked tool": tool, "box": QCheckBox("off"), "checked box": box,
        "field": QLineEdit("one"),
        "combo": combo, "spin": QSpinBox(), "slider": QSlider(Qt.Orientation.Horizontal), "list": listing,
    }  # fmt: skip


def picture(widget: QWidget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return data[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


@pytest.mark.parametrize("look", ["light", "dark"])
def test_focus_is_seen(app: QApplication, qtbot: QtBot, look: str):
    theme.apply(app, look)
    page = QWidget()
    qtbot.addWidget(page)
    other = QPushButton("other", page)
    other.setGeometry(10, 10, 120, 30)
    places = kinds()
    for at, (name, widget) in enumerate(places.items()):
        widget.setParent(page)
        widget.setGeometry(10, 50 + 70 * at, 120, 60 if name == "list" else 30)
    page.resize(160, 60 + 70 * len(places))
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    for name, widget in places.items():
        other.setFocus()
        without = picture(page)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        assert QApplication.focusWidget() is widget, name
        if isinstance(widget, QLineEdit):
            widget.deselect()
        top = widget.y() - 5
        seen = np.abs(picture(page) - without)[top : top + 70].max(axis=2) > 40
        assert seen.sum() >= 30, f"{name}: {seen.sum()} pixels"


def test_larger_letters(app: QApplication, qtbot: QtBot):
    plain = app.font().pointSizeF()
    try:
        make_application(Settings(language="en", theme="light", ui={"text_percent": 150}))
        assert app.font().pointSizeF() == pytest.approx(1.5 * plain)
        window = MainWindow(Settings(language="en", theme="light", ui={"text_percent": 150}))
        window.resize(1280, 720)
        window.show()
        title = window.welcome.title
        title.ensurePolished()
        assert title.fontInfo().pixelSize() >= 30
        for part in window.welcome.findChildren(QPushButton):
            if part.isVisible() and part.text():
                assert part.width() >= part.fontMetrics().horizontalAdvance(part.text()), part.text()
        window.close()
        qtbot.waitUntil(lambda: window.closing.finished, timeout=60_000)
        window.deleteLater()
    finally:
        make_application(Settings(language="en", theme="light"))
    assert app.font().pointSizeF() == pytest.approx(plain)
    for wrong in (0, 10_000, "150", None, True, 1.5):
        assert comfort.text_percent({"text_percent": wrong}) == 100


def test_less_motion(app: QApplication, tmp_path: Path):
    try:
        comfort.apply(app, {"motion": "less"})
        assert motion.reduced()
        assert not app.isEffectEnabled(Qt.UIEffect.UI_AnimateMenu)
        comfort.apply(app, {"motion": "full"})
        assert not motion.reduced()
    finally:
        comfort.apply(app, {"motion": ["nonsense"]})
    file = tmp_path / "settings.ini"
    for text, wanted in (("gtk-enable-animations=0", True), ("gtk-enable-animations=true", False), ("x=1", False)):
        file.write_text(f"[Settings]\n{text}\n", "utf-8")
        assert motion._gtk(file) is wanted
