"""Painting only over one class: the button in the tool's row that shows and clears it, and its menu."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from segdesk.domain.classes import VOID
from segdesk.ui import icons
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.widgets import icon_button, name, swatch

LONGEST = 12  # letters of a class name on the button


def fill_only_over(menu: QMenu, desk: Desk) -> None:
    """Entries: everything, what has no label, each class; the one that holds is checked."""
    group = QActionGroup(menu)
    chosen = desk.labels.hand.only_over

    def add(class_id: int | None, action: QAction) -> None:
        action.setCheckable(True)
        action.setChecked(class_id == chosen)
        action.triggered.connect(lambda _=False: desk.labels.paint_only_over(class_id))
        group.addAction(action)

    add(None, menu.addAction(tr("Everything")))
    add(VOID, menu.addAction(tr("What has no label")))
    for info in desk.session.classes:
        add(info.id, menu.addAction(swatch(info.color), info.name))


class OnlyOver(Translated, QWidget):
    """The button; while painting is restricted it is marked, names the class and has a cross beside it."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.menu = QMenu(self)
        self.menu.aboutToShow.connect(lambda: (self.menu.clear(), fill_only_over(self.menu, desk)))
        self.button = QToolButton()
        self.button.setIcon(icons.icon("only-over"))
        self.button.setIconSize(QSize(16, 16))
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setMenu(self.menu)
        self.button.setCheckable(True)
        self.clear = icon_button("close", lambda: desk.labels.paint_only_over(None), size=10)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.button)
        layout.addWidget(self.clear)
        desk.labels.state_changed.connect(self.refresh)
        desk.shortcuts.changed.connect(self.refresh)
        desk.classes_changed.connect(lambda _: self.refresh())
        self.retranslate()

    def refresh(self) -> None:
        """Show what holds now."""
        over = self._desk.labels.hand.only_over
        info = self._desk.session.classes.get(over) if over else None
        words = tr("no label") if info is None else info.name
        if over is None:
            words = tr("everything")
        short = words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
        self.button.setText(tr("Over: {name}", name=short))
        self.button.setChecked(over is not None)
        self.clear.setVisible(over is not None)
        tip = tr("Painting changes: {name}", name=words)
        keys = self._desk.shortcuts.shown("only_over")
        more = tr("{keys}: only the class under the pointer, and back", keys=keys) if keys else ""
        name(self.button, f"{tip}\n{more}" if more else tip)

    def retranslate(self) -> None:
        """Set the texts again."""
        name(self.clear, tr("Paint over everything again"))
        self.refresh()
