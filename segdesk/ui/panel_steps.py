"""F6 and Shift+F6: the focus goes round the parts of the window, also out of the picture, whose Tab key has another
meaning while doubtful places are known. And the names of the docks' own buttons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QDockWidget, QWidget

from segdesk.ui.i18n import tr
from segdesk.ui.widgets import name

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow


STOPS = (Qt.FocusPolicy.TabFocus, Qt.FocusPolicy.StrongFocus, Qt.FocusPolicy.WheelFocus)


def name_docks(window: QWidget) -> None:
    """Give the small buttons of all docks names in the current language, now and whenever a dock's title changes."""
    for dock in window.findChildren(QDockWidget):
        if not dock.property("named"):
            dock.setProperty("named", True)
            dock.windowTitleChanged.connect(lambda _, dock=dock: _name_buttons(dock))
        _name_buttons(dock)


def _name_buttons(dock: QDockWidget) -> None:
    texts = {
        "qt_dockwidget_closebutton": tr("Hide the panel {name}", name=dock.windowTitle()),
        "qt_dockwidget_floatbutton": tr("Make the panel {name} a window of its own", name=dock.windowTitle()),
    }
    for key, text in texts.items():
        for small in dock.findChildren(QAbstractButton, key):
            name(small, text)
            small.setAccessibleDescription("")


def parts(window: MainWindow) -> list[QWidget]:
    """The parts that are visible, in the order in which one goes through them."""
    stage = window.canvas if window.canvas.isVisible() else window.welcome
    rows = (window.tools, window.model_panel, window.options_panel, window.tool_row)
    docks = tuple(window.docks.values())
    return [part for part in (stage, *rows, *docks) if part.isVisible() and next(_stops(part), None) is not None]


def step_panel(window: MainWindow, by: int) -> None:
    """Give the next (`by` 1) or previous (-1) part the focus: the widget that had it there last, else its first."""
    focus = QApplication.focusWidget()
    around = parts(window)
    if not around:
        return
    here = next((at for at, part in enumerate(around) if focus is not None and _holds(part, focus)), -by % len(around))
    part = around[(here + by) % len(around)]
    kept = part.focusWidget()
    target = kept if kept is not None and _takes(kept) else next(_stops(part))
    target.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _holds(part: QWidget, focus: QWidget) -> bool:
    return part is focus or part.isAncestorOf(focus)


def _takes(widget: QWidget) -> bool:
    return widget.isVisible() and widget.isEnabled() and widget.focusPolicy() in STOPS


def _stops(part: QWidget) -> Iterator[QWidget]:
    """What takes the focus in a part, in the order of Tab."""
    if _takes(part):
        yield part
    widget = part.nextInFocusChain()
    while widget is not None and widget is not part:
        if part.isAncestorOf(widget) and _takes(widget):
            yield widget
        widget = widget.nextInFocusChain()
