"""A tool button of an action."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QAction, QActionEvent
from PySide6.QtWidgets import QToolButton


class ActionButton(QToolButton):
    """Shows an action and does it.

    With each change of its default action Qt 6.11 connects a tool button to it once more: after some hours of work
    going to the next picture took a tenth of a second, nearly all of it in thousands of such connections. Here the
    button follows the action by itself.
    """

    def __init__(self, action: QAction) -> None:
        super().__init__()
        self.setDefaultAction(action)

    def actionEvent(self, event: QActionEvent) -> None:
        """Qt: an action was added, changed or removed."""
        action = event.action()
        if event.type() != QEvent.Type.ActionChanged or action is not self.defaultAction():
            super().actionEvent(event)
            return
        self.setText(action.iconText())
        self.setIcon(action.icon())
        self.setToolTip(action.toolTip())
        self.setStatusTip(action.statusTip())
        self.setWhatsThis(action.whatsThis())
        self.setCheckable(action.isCheckable())
        self.setChecked(action.isChecked())
        self.setEnabled(action.isEnabled())
