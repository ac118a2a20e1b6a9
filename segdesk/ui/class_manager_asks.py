"""Boxes of the class manager: which class takes the labels of others, and how a class list is written."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QWidget

from segdesk.app.class_lists import FORMATS, ListFormat
from segdesk.domain.classes import VOID, ClassInfo
from segdesk.ui import dialogs
from segdesk.ui.i18n import tr
from segdesk.ui.widgets import label, name, swatch


class TargetBox:
    """Asks which class takes the labels of others. `void`: they may also become void. `box.open()` shows it."""

    def __init__(
        self, parent: QWidget, title: str, sentence: str, targets: Sequence[ClassInfo], *, void: bool, first: int = VOID
    ) -> None:
        self.box, layout = dialogs.box(parent, title)
        words = label(sentence)
        words.setWordWrap(True)
        self.targets = QComboBox()
        self.targets.setMaxVisibleItems(16)
        if void:
            self.targets.addItem(tr("No label"), VOID)
        for info in targets:
            self.targets.addItem(swatch(info.color), info.name, info.id)
        self.targets.setCurrentIndex(max(0, self.targets.findData(first)))
        name(self.targets, tr("Class that takes the labels"))
        form = QFormLayout()
        form.addRow(tr("Their labels become"), self.targets)
        layout.addWidget(words)
        layout.addLayout(form)
        layout.addWidget(_buttons(self.box, title.replace("…", "")))
        self.box.setMinimumWidth(420)

    @property
    def chosen(self) -> int:
        """Id of the class, `VOID` for none."""
        return int(self.targets.currentData())


class FormatBox:
    """Asks how a class list is written."""

    def __init__(self, parent: QWidget) -> None:
        self.box, layout = dialogs.box(parent, tr("Export the class list"))
        self.formats = QComboBox()
        for info in FORMATS:
            self.formats.addItem(tr(info.title), info.id)
        name(self.formats, tr("Format"))
        form = QFormLayout()
        form.addRow(tr("Format"), self.formats)
        layout.addLayout(form)
        layout.addWidget(_buttons(self.box, tr("Choose file…")))

    @property
    def chosen(self) -> ListFormat:
        """The format."""
        return FORMATS[self.formats.currentIndex()]


def _buttons(box: QDialog, accept: str) -> QDialogButtonBox:
    standard = QDialogButtonBox.StandardButton
    buttons = QDialogButtonBox(standard.Ok | standard.Cancel)
    buttons.button(standard.Ok).setText(accept)
    buttons.button(standard.Ok).setProperty("kind", "main")
    buttons.button(standard.Cancel).setText(tr("Cancel"))
    buttons.accepted.connect(box.accept)
    buttons.rejected.connect(box.reject)
    return buttons
