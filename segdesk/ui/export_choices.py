"""Parts of the export dialog: the options of a format, which classes, and how the data set is divided."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from segdesk.domain.classes import ClassInfo
from segdesk.domain.errors import SegDeskError
from segdesk.domain.splits import SplitRule
from segdesk.domain.text import N_
from segdesk.io.formats.base import FormatInfo
from segdesk.ui import theme
from segdesk.ui.i18n import error_text, tr
from segdesk.ui.widgets import label, name, roomy, swatch

SHARES = ((80, 20, 0), (70, 20, 10), (90, 10, 0), (50, 50, 0))
ROWS_SHOWN = 5
OWN = "own"


class FormatOptions(QWidget):
    """A choice for each option of a format; nothing for a format without."""

    def __init__(self) -> None:
        super().__init__()
        self.boxes: dict[str, QComboBox] = {}
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setVerticalSpacing(theme.GAP // 2)

    def show_for(self, info: FormatInfo) -> None:
        """Show the options of another format, with their defaults."""
        while self._form.rowCount():
            self._form.removeRow(0)
        self.boxes = {}
        for option in info.options:
            box = QComboBox()
            for value, title in option.values:
                box.addItem(tr(title), value)
            name(box, tr(option.title))
            self._form.addRow(tr(option.title), box)
            self.boxes[option.id] = box
        self.setVisible(bool(self.boxes))

    def values(self) -> dict[str, str]:
        """The chosen values."""
        return {key: box.currentData() for key, box in self.boxes.items()}


class ClassChoice(QWidget):
    """All classes, or those that are checked in a list. `changed`: another choice."""

    changed = Signal()

    def __init__(self, classes: Sequence[ClassInfo]) -> None:
        super().__init__()
        self.all = QCheckBox(tr("All classes"))
        self.all.setChecked(True)
        self.list = QListWidget()
        name(self.list, tr("Classes that are exported"))
        for info in classes:
            item = QListWidgetItem(swatch(info.color), info.name)
            item.setData(Qt.ItemDataRole.UserRole, info.id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            self.list.addItem(item)
        row = self.list.sizeHintForRow(0) if classes else 0
        self.list.setMaximumHeight(row * min(ROWS_SHOWN, max(1, len(classes))) + 2 * theme.GAP)
        self.list.hide()
        self.all.toggled.connect(self.list.setHidden)
        self.list.itemChanged.connect(lambda _: self._tell())
        self.all.toggled.connect(lambda _: self._tell())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.all)
        layout.addWidget(self.list)

    def _tell(self) -> None:
        self.window().adjustSize()
        self.changed.emit()

    def chosen(self) -> frozenset[int] | None:
        """Ids of the checked classes; None for all."""
        if self.all.isChecked():
            return None
        items = [self.list.item(n) for n in range(self.list.count())]
        return frozenset(i.data(Qt.ItemDataRole.UserRole) for i in items if i.checkState() == Qt.CheckState.Checked)


class SplitChoice(QWidget):
    """Undivided, or train, val and test by shares, seed and group. `changed`: something was set."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.kind = QComboBox()
        self.kind.addItem(tr("not divided"), None)
        for shares in SHARES:
            text = " / ".join(f"{share} %" for share in shares if share)
            names = tr("train / val / test") if shares[2] else tr("train / val")
            self.kind.addItem(f"{names}: {text}", shares)
        self.kind.addItem(tr("own shares"), OWN)
        self.shares = [_share(value) for value in (80, 10, 10)]
        for box, text in zip(self.shares, (N_("train"), N_("val"), N_("test")), strict=True):
            name(box, tr(text))
            box.setPrefix(f"{tr(text)} ")
        self.seed = roomy(QSpinBox())
        self.seed.setRange(0, 999_999)
        self.seed.setValue(1)
        self.seed.setPrefix(f"{tr('Seed')} ")
        name(self.seed, tr("Another seed divides in another way; the same seed always in the same."))
        self.group = QLineEdit()
        self.group.setPlaceholderText(tr("group: by folder"))
        name(self.group, tr("Pictures in whose path this regular expression finds the same text stay together."))
        self._own = _row(self.shares)
        self._more = _row([self.seed, self.group])
        self._hint = label(tr("Pictures of one folder stay on one side."), kind="soft")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.kind, self._own, self._more, self._hint):
            layout.addWidget(widget)
        self.kind.currentIndexChanged.connect(lambda _: self._show())
        self.group.textChanged.connect(lambda _: self.changed.emit())
        for box in self.shares:
            box.valueChanged.connect(lambda _: self.changed.emit())
        self._show()

    def _show(self) -> None:
        chosen = self.kind.currentData()
        self._own.setVisible(chosen == OWN)
        self._more.setVisible(chosen is not None)
        self._hint.setVisible(chosen is not None)
        self.window().adjustSize()
        self.changed.emit()

    def rule(self) -> SplitRule | None:
        """What is set; None = not divided. Raises `SegDeskError`."""
        chosen = self.kind.currentData()
        if chosen is None:
            return None
        train, val, test = (box.value() for box in self.shares) if chosen == OWN else chosen
        return SplitRule((float(train), float(val), float(test)), self.seed.value(), self.group.text().strip())

    def problem(self) -> str:
        """Why it cannot be divided so, or ""."""
        try:
            self.rule()
        except SegDeskError as error:
            return error_text(error)[0]
        return ""


def _share(value: int) -> QSpinBox:
    box = roomy(QSpinBox())
    box.setRange(0, 100)
    box.setSuffix(" %")
    box.setValue(value)
    return box


def _row(widgets: Sequence[QWidget]) -> QWidget:
    holder = QWidget()
    layout = QHBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        layout.addWidget(widget)
    return holder
