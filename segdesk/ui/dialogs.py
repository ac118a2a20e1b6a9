"""What the window asks in boxes of its own: folders and files, and the plain boxes for version and model folders."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QVBoxLayout,
    QWidget,
)

from segdesk.domain.text import N_
from segdesk.ui import theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import tr
from segdesk.ui.widgets import button, label


def ask_folder(parent: QWidget, title: str, start: str = "") -> Path | None:
    """A folder, or None."""
    found = QFileDialog.getExistingDirectory(parent, title, start)
    return Path(found) if found else None


def ask_file(parent: QWidget, title: str, pattern: str, start: str = "") -> Path | None:
    """A file that exists, or None; `pattern` as Qt writes it: "Words (*.end)"."""
    found, _ = QFileDialog.getOpenFileName(parent, title, start, pattern)
    return Path(found) if found else None


def ask_new_file(parent: QWidget, title: str, pattern: str, start: str = "") -> Path | None:
    """Where to write a file, or None; an existing one may be chosen, after a question."""
    found, _ = QFileDialog.getSaveFileName(parent, title, start, pattern)
    return Path(found) if found else None


def name_fields(form: QFormLayout) -> None:
    """Give the fields of a form that stand beside other widgets the name of their row, for screen readers."""
    for row in range(form.rowCount()):
        head = form.itemAt(row, QFormLayout.ItemRole.LabelRole)
        field = form.itemAt(row, QFormLayout.ItemRole.FieldRole)
        words = head.widget() if head is not None else None
        part = field.widget() if field is not None else None
        if isinstance(words, QLabel) and part is not None:
            for line in part.findChildren(QLineEdit, options=Qt.FindChildOption.FindDirectChildrenOnly):
                if not line.accessibleName():
                    line.setAccessibleName(words.text())


def box(parent: QWidget, title: str) -> tuple[QDialog, QVBoxLayout]:
    """An empty dialog with the usual spacing; it deletes itself when closed."""
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(20, 18, 20, 16)
    layout.setSpacing(theme.GAP + 4)
    return dialog, layout


def _close_box(dialog: QDialog) -> QDialogButtonBox:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.button(QDialogButtonBox.StandardButton.Close).setText(tr("Close"))
    buttons.rejected.connect(dialog.reject)
    return buttons


FOLDERS_TEXT = N_(
    "SegDesk looks for model cards and weights files in these folders too. On a machine without network, copy the "
    "weights files here; new downloads and located files go into the first folder."
)


def model_folders(parent: QWidget, desk: Desk) -> QDialog:
    """Folders where cards and weights are looked for; changes hold at once."""
    dialog, layout = box(parent, tr("Model folders"))
    text = label(tr(FOLDERS_TEXT))
    text.setWordWrap(True)
    listing = QListWidget()
    listing.addItems(list(desk.session.settings.model_folders))
    listing.setAccessibleName(tr("Model folders"))

    def keep() -> None:
        desk.runs.set_model_folders([listing.item(i).text() for i in range(listing.count())])

    def add() -> None:
        folder = ask_folder(dialog, tr("Add a model folder"))
        if folder is not None and not listing.findItems(str(folder), Qt.MatchFlag.MatchExactly):
            listing.addItem(str(folder))
            keep()

    def remove() -> None:
        if listing.currentRow() >= 0:
            listing.takeItem(listing.currentRow())
            keep()

    row = QHBoxLayout()
    row.addWidget(button(tr("Add folder…"), icon="add", clicked=add))
    take = button(tr("Remove"), icon="delete", clicked=remove)
    take.setEnabled(False)
    listing.currentRowChanged.connect(lambda at: take.setEnabled(at >= 0))
    row.addWidget(take)
    row.addStretch(1)
    for part in (text, listing):
        layout.addWidget(part)
    layout.addLayout(row)
    layout.addWidget(_close_box(dialog))
    dialog.resize(560, 360)
    return dialog
