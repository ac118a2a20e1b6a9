"""Where the window stands and how its docks lie: kept for each screen, safe when a screen is gone, and set anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication, QScreen

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow

KEEP = 6  # screens
TITLE_BAR = 40
START = QSize(1360, 850)
SEEN = 80  # pixels of the window's upper edge that must be on a screen


class WindowLayout:
    """Part of the main window; UI thread. The entry `layouts` of the settings: screen -> geometry and docks."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._arranged = False
        window.desk.dialog_asked.connect(lambda asked: self.reset() if asked == "reset_layout" else None)

    def restore(self) -> None:
        """At the start: size and place of the last time on a screen that is here, or good ones."""
        window = self._window
        window.resize(START.boundedTo(window.screen().availableSize() - QSize(0, TITLE_BAR)))
        for kept in (_kept(self._layouts().get(screen_key(s))) for s in self._screens()):
            if kept is not None and window.restoreGeometry(_bytes(kept.get("geometry"))):
                break
        self._bring_back()

    def arrange(self) -> None:
        """At the first project: docks as they were on this screen, or in good proportions."""
        if self._arranged:
            return
        self._arranged = True
        kept = _kept(self._layouts().get(screen_key(self._window.screen())))
        if kept is None or not self._window.restoreState(_bytes(kept.get("docks"))):
            self._good_sizes()

    def reset(self) -> None:
        """Every dock in its place, visible, in good proportions; the window in its first size; what was kept goes."""
        window = self._window
        window.desk.remember(layouts={})
        window.files.as_grid.setChecked(False)
        for key, dock in window.docks.items():
            dock.setFloating(False)
            window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
            dock.setVisible(window.desk.session.project is not None)
            dock.setObjectName(key)
        if not window.isMaximized() and not window.isFullScreen():
            window.resize(START.boundedTo(window.screen().availableSize() - QSize(0, TITLE_BAR)))
            self._bring_back()
        self._good_sizes()

    def remember(self) -> None:
        """Keep size and docks for the next start on this screen."""
        window, key = self._window, screen_key(self._window.screen())
        now = dict(_kept(self._layouts().get(key)) or {})
        now["geometry"] = _text(window.saveGeometry())
        if window.desk.session.project is not None:
            now["docks"] = _text(window.saveState())
        others = {k: v for k, v in self._layouts().items() if k != key}
        window.desk.remember(layouts={key: now, **dict(list(others.items())[: KEEP - 1])})

    def _layouts(self) -> Mapping[str, object]:
        kept = self._window.desk.session.settings.ui.get("layouts")
        return kept if isinstance(kept, Mapping) else {}

    def _screens(self) -> list[QScreen]:
        """The one that was used last first, if it is here."""
        order = list(self._layouts())
        here = [s for s in QGuiApplication.screens() if screen_key(s) in order]
        return sorted(here, key=lambda s: order.index(screen_key(s)))

    def _bring_back(self) -> None:
        """Onto a screen that is there, no larger than it."""
        window = self._window
        grip = QRect(window.pos(), QSize(window.width(), SEEN))
        rooms = [s.availableGeometry() for s in QGuiApplication.screens()]
        seen = any(room.intersected(grip).width() >= SEEN for room in rooms)
        room = window.screen().availableGeometry()
        if not seen:
            room = QGuiApplication.primaryScreen().availableGeometry()
            window.move(room.topLeft() + (room.center() - window.rect().center() - room.topLeft()))
        if window.width() > room.width() or window.height() > room.height():
            window.resize(window.size().boundedTo(room.size()))
            window.move(room.topLeft())

    def _good_sizes(self) -> None:
        window = self._window
        docks = list(window.docks.values())
        height = window.height() - 60
        shares = [height * 38 // 100, height * 27 // 100, height * 35 // 100]
        window.resizeDocks(docks, shares, Qt.Orientation.Vertical)
        window.resizeDocks(docks[:1], [288], Qt.Orientation.Horizontal)


def screen_key(screen: QScreen) -> str:
    """Tells screens apart from one start to the next: name and size."""
    size = screen.geometry().size()
    return f"{screen.name()} {size.width()}x{size.height()}"


def _kept(value: object) -> Mapping[str, object] | None:
    return value if isinstance(value, Mapping) else None


def _bytes(value: object) -> QByteArray:
    return QByteArray.fromBase64(value.encode()) if isinstance(value, str) else QByteArray()


def _text(value: QByteArray) -> str:
    return bytes(value.toBase64().data()).decode()
