"""Dialogs for labels going out and coming in. They ask; the session's verbs do the work in the background."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from segdesk.domain.text import N_
from segdesk.io.export_choice import ExportChoice
from segdesk.io.formats.base import ExportResult, FormatInfo, Keeps, Note
from segdesk.io.verifying import Verified
from segdesk.ui import theme
from segdesk.ui.desk import Desk
from segdesk.ui.dialogs import ask_folder, name_fields
from segdesk.ui.export_choices import ClassChoice, FormatOptions, SplitChoice
from segdesk.ui.i18n import error_text, tr
from segdesk.ui.widgets import button, label

LAYERS = {
    "annotation": N_("Annotation: the labels you correct"),
    "prediction": N_("Prediction: the model's last answer"),
    "reference": N_("Reference: imported ground truth"),
}


PICTURE_CHOICES = (
    ("copy", N_("copied into the folder")),
    ("link", N_("as hard links, which take no room")),
    ("none", N_("left out: labels alone")),
)
KEPT = {
    Keeps.OBJECTS: N_("Every pixel comes back as it is."),
    Keeps.CLASSES: N_("Every pixel's class comes back; objects are not told apart."),
    Keeps.SHAPES: N_("Shapes may change by a few pixels: how many is said after the export."),
    Keeps.NOTHING: N_("It cannot be read back."),
}


def note_text(note: Note | str) -> str:
    """A remark of an export or import in the current language."""
    return tr(note) if isinstance(note, str) else tr(note.template, None, **dict(note.values))


def free_folder(parent: Path, stem: str) -> Path:
    """A folder name that is not taken: NAME, NAME-2, NAME-3 ..."""
    at, result = 2, parent / stem
    while result.exists():
        result = parent / f"{stem}-{at}"
        at += 1
    return result


class FormDialog(QDialog):
    """A form, OK and Cancel. The OK button is off, with the reason shown, while `problem` gives a sentence."""

    def __init__(self, desk: Desk, title: str, accept: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.desk = desk
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setMinimumWidth(540)
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(theme.GAP * 2)
        self.form.setVerticalSpacing(theme.GAP)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.note = label(kind="soft")
        self.note.setWordWrap(True)
        self.why = label(kind="warn")
        self.why.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.ok.setText(accept)
        self.ok.setProperty("kind", "main")
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(tr("Cancel"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(theme.GAP + 4)
        layout.addLayout(self.form)
        layout.addWidget(self.note)
        layout.addWidget(self.why)
        layout.addWidget(self.buttons)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: by now the form has all of its rows."""
        name_fields(self.form)
        super().showEvent(event)

    def problem(self) -> str:
        """Why OK cannot be pressed, or ""."""
        return ""

    def refresh(self) -> None:
        """Look at the form again."""
        why = self.problem()
        self.why.setText(why)
        self.why.setVisible(bool(why))
        self.ok.setEnabled(not why)
        self.ok.setToolTip(why)

    def path_field(self, start: str, ask) -> QLineEdit:  # type: ignore[no-untyped-def]  # () -> Path | None
        """A line for a path with a button that asks for one; added to the form by the caller."""
        line = QLineEdit(start)
        line.textChanged.connect(self.refresh)

        def browse() -> None:
            found = ask()
            if found is not None:
                line.setText(str(found))

        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(line, 1)
        row.addWidget(button(tr("Browse…"), clicked=browse))
        holder = QWidget()
        holder.setLayout(row)
        self._holder = holder
        return line

    def layer_box(self, layers: tuple[str, ...]) -> QComboBox:
        """A choice of layers."""
        result = QComboBox()
        for layer in layers:
            result.addItem(tr(LAYERS[layer]), layer)
        result.currentIndexChanged.connect(lambda _: self.refresh())
        return result


class ExportDialog(FormDialog):
    """Format with its options, folder, which pictures and classes, and how the data set is divided."""

    def __init__(self, desk: Desk, formats: list[FormatInfo], parent: QWidget) -> None:
        super().__init__(desk, tr("Export labels"), tr("Export"), parent)
        self.formats = [f for f in formats if f.can_write]
        self.format = QComboBox()
        for info in self.formats:
            self.format.addItem(tr(info.title), info.id)
        self.layer = self.layer_box(("annotation", "prediction", "reference"))
        self.verified = QCheckBox(tr("Only verified pictures"))
        self.verified.toggled.connect(lambda _: self.refresh())
        project = desk.session.project
        folder = project.path.parent if project is not None else Path.home()
        self.folder = self.path_field("", lambda: ask_folder(self, tr("Export into"), str(folder)))
        self._base = folder
        self.options = FormatOptions()
        self.pictures = QComboBox()
        for value, title in PICTURE_CHOICES:
            self.pictures.addItem(tr(title), value)
        self.classes = ClassChoice(list(desk.session.classes))
        self.classes.changed.connect(self.refresh)
        self.split = SplitChoice()
        self.split.changed.connect(self.refresh)
        self.form.addRow(tr("Format"), self.format)
        self.form.addRow("", self.options)
        self.form.addRow(tr("Labels"), self.layer)
        self.form.addRow(tr("Classes"), self.classes)
        self.form.addRow("", self.verified)
        self.form.addRow(tr("Pictures"), self.pictures)
        self.form.addRow(tr("Divide"), self.split)
        self.form.addRow(tr("Folder"), self._holder)
        self.format.currentIndexChanged.connect(lambda _: self._suggest())
        self._suggest()

    def _info(self) -> FormatInfo | None:
        return next((f for f in self.formats if f.id == self.format.currentData()), None)

    def _suggest(self) -> None:
        info = self._info()
        if info is not None:
            self.folder.setText(str(free_folder(self._base, f"{self._base.name}-{info.id}".replace("_", "-"))))
            self.options.show_for(info)
            self.pictures.setEnabled(info.keeps is not Keeps.NOTHING)  # else it is made of the pictures
            self.note.setText(f"{tr(info.note)} {tr(KEPT[info.keeps])}")
        self.refresh()
        self.adjustSize()

    def problem(self) -> str:
        """Why nothing can be exported yet."""
        if not self.formats:
            return tr("No format can be written.")
        if not self.folder.text().strip():
            return tr("Choose a folder.")
        folder = Path(self.folder.text())
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            return tr("This folder is there already and not empty: choose a new one.")
        if self.verified.isChecked() and not self.desk.session.counts().get("verified", 0):
            return tr("No picture is verified yet.")
        if self.classes.chosen() == frozenset():
            return tr("Choose at least one class.")
        return self.split.problem()

    def choice(self) -> ExportChoice:
        """What the form says. Raises `SegDeskError`."""
        return ExportChoice(
            layer=self.layer.currentData(),
            states=("verified",) if self.verified.isChecked() else None,
            class_ids=self.classes.chosen(),
            pictures=self.pictures.currentData(),
            split=self.split.rule(),
            options=self.options.values(),
        )

    def accept(self) -> None:
        """Start the export."""
        super().accept()
        desk, folder, info = self.desk, Path(self.folder.text()), self._info()
        if info is None:
            return
        desk.attempt(
            lambda: desk.track(
                desk.session.export(info.id, folder, self.choice()),
                N_("Exporting"),
                then=lambda value: exported(desk, value),
            )
        )


def exported(desk: Desk, value: object) -> None:
    """Say what an export wrote, what came back when it was read again, and what the format could not hold."""
    if not isinstance(value, ExportResult):
        return
    parts = [verified_text(value.verified)] if value.verified is not None else []
    parts += [note_text(n) for n in value.notes]
    if value.problems:
        left_out = tr("%n picture(s) left out", len(value.problems))
        parts.append(f"{left_out}: {value.problems[0].name}: {error_text(value.problems[0].error)[0]}")
    sentence = tr("Exported %n picture(s) to {folder}.", value.pictures, folder=value.folder)
    desk.notice.emit("error" if value.problems else "good", sentence, " ".join(parts))


def verified_text(found: Verified) -> str:
    """What was found on reading an export back."""
    readers = ", ".join(found.readers)
    if found.exact:
        return tr("Read back by {readers}: 0 pixels differ.", readers=readers)
    lost = [tr("%n pixel(s) have another class", found.class_pixels)] if found.class_pixels else []
    if found.object_pixels:
        lost.append(tr("%n pixel(s) belong to another object", found.object_pixels))
    if found.missing:
        lost.append(tr("%n picture(s) did not come back", found.missing))
    return tr("Read back by {readers}: {lost}.", readers=readers, lost=", ".join(lost))


def open_file(path: Path) -> None:
    """Show a file in the program that the desktop has for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
