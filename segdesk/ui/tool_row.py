"""The row under the models' options: what the chosen tool has to set, such as the brush's size."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from segdesk.app.rules import MAX_BRUSH
from segdesk.app.tools import prompt as prompt_tool
from segdesk.ui.actions import ActionSet
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.only_over import OnlyOver
from segdesk.ui.option_fields import field
from segdesk.ui.prompter_row import PrompterRow
from segdesk.ui.tool_bar import ToolBar
from segdesk.ui.tool_buttons import ActionButton
from segdesk.ui.two_groups import TwoGroups
from segdesk.ui.widgets import ElidedLabel, ValueSlider, label

SIZED = ("brush", "eraser", "snap")  # tools that paint with the hand's brush


class ToolRow(Translated, TwoGroups):
    """Rebuilds itself when another tool is chosen."""

    def __init__(self, desk: Desk, tools: ToolBar, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent, stretch=(2, 0, 1))
        self._desk, self._tools = desk, tools
        self.title = label(kind="head")
        self.note = ElidedLabel()
        self.brush = ValueSlider(1, MAX_BRUSH, 1, "{:.0f} px", width=90)
        self.brush.setMaximumWidth(300)
        self.protect = ActionButton(actions.by_id["protect"])
        self.protect.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.protect.setIconSize(QSize(16, 16))
        self.only_over = OnlyOver(desk)
        self.prompter = PrompterRow(desk)
        prompt = tools.tools.get("prompt")
        if isinstance(prompt, prompt_tool.Tool):
            desk.prompts.bind(prompt)
        self._fields: list[QWidget] = []
        self.title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.first.addWidget(self.title)
        self.first.addWidget(self.brush, 2)
        self.second.addWidget(self.protect)
        self.second.addWidget(self.only_over)
        self.second.addWidget(self.prompter, 1)
        self.second.addWidget(self.note, 1)
        self.brush.changed.connect(desk.labels.set_brush)
        desk.labels.tool_changed.connect(lambda _: self.rebuild())
        desk.labels.state_changed.connect(self.refresh)
        desk.shortcuts.changed.connect(lambda: self.brush.set_text(tr("Brush size"), self._sizes()))
        self.retranslate()

    def rebuild(self) -> None:
        """Controls for the chosen tool."""
        for part in self._fields:
            self.first.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._fields = []
        info = self._tools.infos.get(self._desk.labels.tool)
        if info is None:
            return
        self.title.setText(tr(info.title))
        sized = info.id in SIZED
        self.brush.setVisible(sized)
        self.prompter.setVisible(info.id == "prompt")
        for part in (self.protect, self.only_over):
            part.setVisible(info.id != "pan" and info.id != "pick")
        self.note.setVisible(info.id != "prompt")
        self.note.setText("" if sized or info.options else tr(info.note))
        tool = self._tools.tools[info.id]
        for option in info.options:
            take = lambda value, key=option.id: tool.set_option(self._desk.labels.document, key, value)  # noqa: E731
            words = None if option.kind == "bool" else label(tr(option.title))
            part = field(option, tool.values[option.id], take)
            if words is None:
                part.setText(tr(option.title))  # type: ignore[attr-defined]  # a check box
            else:
                self._insert(words)
            self._insert(part)
        self.refresh()

    def _insert(self, part: QWidget) -> None:
        if not isinstance(part, ValueSlider):  # what has room to grow are sliders
            part.setSizePolicy(QSizePolicy.Policy.Maximum, part.sizePolicy().verticalPolicy())
        self.first.insertWidget(2 + len(self._fields), part)
        self._fields.append(part)

    def refresh(self) -> None:
        """Show the brush's size; without a picture nothing can be set."""
        self.setEnabled(self._desk.labels.document is not None)
        if not self.brush.slider.isSliderDown():
            self.brush.set_value(self._desk.labels.hand.brush_size)

    def _sizes(self) -> str:
        """How the brush is made smaller and larger without this slider."""
        shortcuts = self._desk.shortcuts
        keys = [key for key in (shortcuts.shown("brush_smaller"), shortcuts.shown("brush_larger")) if key]
        return tr("Keys {keys}, or Alt and the wheel.", keys="  ".join(keys)) if keys else tr("Alt and the wheel.")

    def retranslate(self) -> None:
        """Set the texts again."""
        self.brush.set_text(tr("Brush size"), self._sizes())
        self.rebuild()
