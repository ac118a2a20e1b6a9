"""The menu bar, built from `actions.MENUS`, and menus that fill themselves: recent, tools, device, language, theme."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMainWindow, QMenu

from segdesk.domain.text import N_
from segdesk.ui import i18n, icons
from segdesk.ui.actions import MENUS, ActionSet
from segdesk.ui.desk import Desk
from segdesk.ui.footer import device_name
from segdesk.ui.i18n import tr
from segdesk.ui.only_over import fill_only_over
from segdesk.ui.operations_menu import OperationsMenu
from segdesk.ui.tool_bar import ToolBar
from segdesk.ui.welcome import THEMES

BEFORE_PICTURES = "&Picture"  # the menu of operations stands before this one
TITLES = {
    "*recent": (N_("Open recent"), "recent"),
    "*tools": (N_("Tool"), "brush"),
    "*only_over": (N_("Paint only over"), ""),
    "*device": (N_("Device"), "device"),
    "*panels": (N_("Panels"), ""),
    "*language": (N_("Language"), "language"),
    "*theme": (N_("Look"), "theme"),
}


class Menus(QObject):
    """Builds once; `retranslate` sets the titles; menus that change are filled when they open."""

    def __init__(
        self, desk: Desk, actions: ActionSet, tools: ToolBar, operations: OperationsMenu, window: QMainWindow
    ) -> None:
        super().__init__(window)
        self._desk, self._tools, self._operations, self._window = desk, tools, operations, window
        self._titles: list[tuple[QMenu, str]] = []
        fill: dict[str, Callable[[QMenu], None]] = {
            "*recent": self._recent,
            "*tools": self._tool_menu,
            "*only_over": lambda menu: fill_only_over(menu, desk),
            "*device": self._device,
            "*panels": self._panels,
            "*language": self._language,
            "*theme": self._theme,
        }
        for title, ids in MENUS:
            menu = window.menuBar().addMenu("")
            menu.setToolTipsVisible(True)
            self._titles.append((menu, title))
            if title == BEFORE_PICTURES and self._operations.plugins:
                self._operations_menu(menu)
            for key in ids:
                if key == "-":
                    menu.addSeparator()
                elif key.startswith("*"):
                    self._sub(menu, key, fill[key])
                else:
                    menu.addAction(actions.by_id[key])
        self.retranslate()

    def _operations_menu(self, before: QMenu) -> None:
        menu = QMenu(self._window)
        menu.setToolTipsVisible(True)
        self._operations.fill(menu)
        self._window.menuBar().insertMenu(before.menuAction(), menu)
        self._titles.append((menu, N_("&Labels")))

    def _sub(self, menu: QMenu, key: str, fill: Callable[[QMenu], None]) -> None:
        sub = menu.addMenu("")
        text, icon = TITLES[key]
        if icon:
            sub.setIcon(icons.icon(icon))
        sub.aboutToShow.connect(lambda: (sub.clear(), fill(sub)))
        self._titles.append((sub, text))

    def retranslate(self) -> None:
        """Set the titles again."""
        for menu, text in self._titles:
            menu.setTitle(tr(text))

    def _recent(self, menu: QMenu) -> None:
        for text in self._desk.session.settings.recent:
            path = Path(text)
            action = menu.addAction(f"{path.stem}    {path.parent}")
            action.triggered.connect(lambda _=False, p=path: self._desk.open_path(p))
        if menu.isEmpty():
            menu.addAction(tr("No project has been opened yet")).setEnabled(False)

    def _tool_menu(self, menu: QMenu) -> None:
        menu.addActions(list(self._tools.by_id.values()))

    def _panels(self, menu: QMenu) -> None:
        for dock in self._window.findChildren(type(self._window.docks["files"])):  # type: ignore[attr-defined]
            menu.addAction(dock.toggleViewAction())

    def _device(self, menu: QMenu) -> None:
        entries = [("auto", tr("Automatic"))]
        for device in self._desk.runs.devices:
            memory = f"  {device.memory_bytes / 1e9:.0f} GB" if device.memory_bytes else ""
            entries.append((device.id, device_name(device) + memory))
        if len(entries) == 1:
            menu.addAction(tr("The engine is starting…")).setEnabled(False)
        self._choice(menu, entries, self._desk.session.device, self._desk.runs.set_device)

    def _language(self, menu: QMenu) -> None:
        entries = list(i18n.LANGUAGES.items())
        self._choice(menu, entries, i18n.language(), lambda code: self._desk.change_settings(language=code))

    def _theme(self, menu: QMenu) -> None:
        entries = [(key, tr(text)) for key, text in THEMES.items()]
        self._choice(
            menu, entries, self._desk.session.settings.theme, lambda key: self._desk.change_settings(theme=key)
        )

    @staticmethod
    def _choice(menu: QMenu, entries: list[tuple[str, str]], chosen: str, take: Callable[[str], object]) -> None:
        group = QActionGroup(menu)
        for key, text in entries:
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(key == chosen)
            action.triggered.connect(lambda _=False, k=key: take(k))
            group.addAction(action)
