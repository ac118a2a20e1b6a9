"""The tools at the left, words under their icons where there is room for them."""

from __future__ import annotations

import logging

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QToolBar, QToolButton, QWidget

from segdesk.app import discover
from segdesk.app.tools.base import BaseTool, ToolInfo
from segdesk.domain.text import N_
from segdesk.ui import icons, theme
from segdesk.ui.actions import REASONS, ActionSet
from segdesk.ui.desk import Desk
from segdesk.ui.enabling import Enabling
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.shortcuts import Command
from segdesk.ui.tool_buttons import ActionButton

AROUND = 28  # pixels of margins, spaces and the line between the two groups
ONE_COLUMN = 9  # more tools than this stand in two columns
log = logging.getLogger(__name__)
PAN = ToolInfo("pan", N_("Pan"), "pan", "H", 0, N_("Drag to move the picture; Space does it with every tool."))


class Grid(QWidget):
    """Buttons of one width, words under the icons or icons alone, in some columns.

    Attributes:
        columns: how many; words: whether there are words.
    """

    def __init__(self, actions: list[QAction], columns: int) -> None:
        super().__init__()
        self._places = QGridLayout(self)
        self._places.setContentsMargins(0, 0, 0, 0)
        self._places.setSpacing(1)
        self.buttons: list[QToolButton] = []
        for action in actions:
            button = ActionButton(action)
            button.setProperty("kind", "tool")
            button.setIconSize(QSize(22, 22))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setFont(theme.small(button.font()))
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self.buttons.append(button)
        self.columns, self.words = 0, False
        self.arrange(columns, words=True)

    def arrange(self, columns: int, *, words: bool) -> None:
        """Set the buttons anew."""
        if (columns, words) == (self.columns, self.words):
            return
        self.columns, self.words = columns, words
        style = Qt.ToolButtonStyle.ToolButtonTextUnderIcon if words else Qt.ToolButtonStyle.ToolButtonIconOnly
        for at, button in enumerate(self.buttons):
            button.setToolButtonStyle(style)
            button.setMinimumWidth(58 if words else 0)
            self._places.removeWidget(button)
            self._places.addWidget(button, at // columns, at % columns)

    def height_needed(self) -> int:
        """Pixels from top to bottom."""
        self._places.invalidate()
        return self._places.sizeHint().height()


class ToolBar(Translated, QToolBar):
    """One checkable action a tool; the canvas gets the chosen tool through `desk.labels.tool_changed`.

    Attributes:
        tools: id -> tool object; infos: id -> `ToolInfo`; enabling: which can be chosen now.
    """

    def __init__(self, desk: Desk, actions: ActionSet, canvas: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setObjectName("tools")
        self.setMovable(False)
        self.setOrientation(Qt.Orientation.Vertical)
        self.tools: dict[str, BaseTool] = {"pan": BaseTool()}
        self.infos: dict[str, ToolInfo] = {"pan": PAN}
        self.by_id: dict[str, QAction] = {}
        self.enabling = Enabling(self, self.by_id, self._tip)
        self._load()
        group = QActionGroup(self)
        for info in sorted(self.infos.values(), key=lambda i: i.order):
            action = self.by_id[info.id] = self._action(info)
            keys = (info.key,) if info.key else ()
            command = Command(f"tool_{info.id}", info.title, N_("Tools"), keys, canvas=True)
            desk.shortcuts.bind(command, action, (*((parent,) if parent is not None else ()), canvas))
            group.addAction(self.by_id[info.id])
        self.grid = Grid(list(self.by_id.values()), 2 if len(self.by_id) > ONE_COLUMN else 1)
        self.addWidget(self.grid)
        self.addSeparator()
        others = [actions.by_id[key] for key in ("undo", "redo", "previous", "next", "accept")]
        self.others = Grid(others, self.grid.columns)
        self.addWidget(self.others)
        columns = self.grid.columns
        self._ways = [  # (columns, words) of tools and of the others, the roomiest first
            ((columns, True), (columns, True)),
            ((columns, True), (len(others), False)),
            ((columns, False), (len(others), False)),
            ((2 * columns, False), (len(others), False)),
        ]
        desk.labels.tool_changed.connect(self._show_tool)
        desk.conditions_changed.connect(self.refresh)
        desk.shortcuts.changed.connect(self.retranslate)
        self.retranslate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: leave words out rather than hide buttons where the window is low."""
        super().resizeEvent(event)
        self._fit(event.size().height())

    def _fit(self, height: int) -> None:
        for (columns, words), (other_columns, other_words) in self._ways:
            self.grid.arrange(columns, words=words)
            self.others.arrange(other_columns, words=other_words)
            if self.grid.height_needed() + self.others.height_needed() + AROUND <= height:
                return

    def _action(self, info: ToolInfo) -> QAction:
        action = QAction(icons.icon(info.icon), "", self)
        action.setObjectName(f"tool_{info.id}")
        action.setCheckable(True)
        action.triggered.connect(lambda _=False: self._desk.labels.choose_tool(info.id))
        return action

    def _load(self) -> None:
        good, bad = discover.tools()
        for plugin in good:
            self.infos[plugin.info.id] = plugin.info
            self.tools[plugin.info.id] = plugin.module.Tool()
        for item in bad:
            log.warning("tool %s: %s", item.name, item.reason)
            self._desk.show_error(item.reason)

    def _show_tool(self, tool_id: str) -> None:
        if tool_id in self.by_id:
            self.by_id[tool_id].setChecked(True)

    def refresh(self) -> None:
        """Tools need a picture."""
        why = "" if self._desk.labels.document is not None else REASONS["picture"]
        for key in self.by_id:
            self.enabling.say(key, why)

    def _tip(self, key: str, why: str) -> str:
        info = self.infos[key]
        lines = [self._desk.shortcuts.tip(tr(info.title), f"tool_{key}"), tr(info.note) if info.note else "", why]
        return "\n".join(line for line in lines if line)

    def retranslate(self) -> None:
        """Set the texts again."""
        self.setWindowTitle(tr("Tools"))
        for key, action in self.by_id.items():
            action.setText(tr(self.infos[key].title))
        self.refresh()
        self.enabling.retranslate()
        self._fit(self.height())
