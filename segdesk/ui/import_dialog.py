"""The dialog for labels coming in, and the page that shows what a file holds and what its classes become."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segdesk.app.importing import ForeignClass, ImportOrder, Sample, Survey
from segdesk.domain.classes import VOID
from segdesk.domain.text import N_
from segdesk.io.formats.base import FormatInfo, ImportResult
from segdesk.ui import theme
from segdesk.ui.desk import Desk
from segdesk.ui.dialogs import ask_file, ask_folder
from segdesk.ui.export_dialog import FormDialog, note_text
from segdesk.ui.i18n import error_text, number, tr
from segdesk.ui.widgets import button, label, name, swatch

CLASS, OBJECTS, PIXELS, BECOMES = range(4)
BY_NAME = -1  # the entry of the box for the class of the same name, or a new one
PROBLEMS_SHOWN = 200


class ImportDialog(FormDialog):
    """Format, file or folder, as what; to be imported at once, or after a look at what it holds."""

    def __init__(self, desk: Desk, formats: list[FormatInfo], parent: QWidget) -> None:
        super().__init__(desk, tr("Import labels"), tr("Import"), parent)
        self.formats = [f for f in formats if f.can_read]
        self.format = QComboBox()
        for info in self.formats:
            self.format.addItem(tr(info.title), info.id)
        self.layer = self.layer_box(("reference", "annotation", "prediction"))
        self.replace = QCheckBox(tr("Also replace the labels of pictures that were corrected"))
        self.path = self.path_field("", self._ask)
        self.look = button(tr("Look first…"), clicked=self.survey)
        name(self.look, tr("What does it hold, and what do its classes become? Nothing is stored before you say so."))
        self.buttons.addButton(self.look, QDialogButtonBox.ButtonRole.ActionRole)
        self.form.addRow(tr("Format"), self.format)
        self.form.addRow(tr("From"), self._holder)
        self.form.addRow(tr("As"), self.layer)
        self.form.addRow("", self.replace)
        self.format.currentIndexChanged.connect(lambda _: self._show_note())
        self._show_note()

    def _info(self) -> FormatInfo | None:
        return next((f for f in self.formats if f.id == self.format.currentData()), None)

    def _ask(self) -> Path | None:
        info = self._info()
        if info is not None and info.extensions:
            pattern = " ".join(f"*{e}" for e in info.extensions)
            return ask_file(self, tr("Import from"), f"{tr(info.title)} ({pattern})")
        return ask_folder(self, tr("Import from"))

    def _show_note(self) -> None:
        info = self._info()
        self.note.setText(tr(info.note) if info is not None else "")
        self.refresh()

    def refresh(self) -> None:
        """Look at the form again."""
        super().refresh()
        if hasattr(self, "look"):
            self.look.setEnabled(self.ok.isEnabled())
            self.replace.setVisible(self.layer.currentData() == "annotation")

    def problem(self) -> str:
        """Why nothing can be imported yet."""
        if not self.formats:
            return tr("No format can be read.")
        if not self.path.text().strip() or not Path(self.path.text()).exists():
            return tr("Choose what to import.")
        return ""

    def order(self) -> ImportOrder:
        """What the form says."""
        layer = self.layer.currentData()
        replace = self.replace.isChecked() and layer == "annotation"
        return ImportOrder(Path(self.path.text()), layer, replace_work=replace)

    def survey(self) -> None:
        """Find out what it holds, in the background; then show the page."""
        super().accept()
        desk, info, order, window = self.desk, self._info(), self.order(), self.parentWidget()
        if info is not None:  # until it is answered this dialog is gone
            desk.attempt(
                lambda: desk.track(
                    desk.session.survey_import(info.id, order),
                    N_("Looking at the labels"),
                    then=lambda found: show_survey(desk, info, order, found, window),
                )
            )

    def accept(self) -> None:
        """Start the import."""
        super().accept()
        info = self._info()
        if info is not None:
            start(self.desk, info, self.order())


def start(desk: Desk, info: FormatInfo, order: ImportOrder) -> None:
    """Import in the background."""
    desk.attempt(
        lambda: desk.track(
            desk.session.import_labels(info.id, order),
            N_("Importing"),
            then=lambda value: imported(desk, value),
        )
    )


def imported(desk: Desk, value: object) -> None:
    """Say what an import took in and what it left out; show the open picture's new labels."""
    if not isinstance(value, ImportResult):
        return
    hint = " ".join(note_text(n) for n in value.notes)
    if value.problems:
        first = value.problems[0]
        left_out = tr("%n item(s) left out", len(value.problems))
        hint = f"{left_out}: {first.name}: {error_text(first.error)[0]} {hint}"
    desk.notice.emit("error" if value.problems else "good", tr("Imported %n picture(s).", value.pictures), hint)
    if desk.current is not None:
        desk.go_to(desk.current.id)


def show_survey(desk: Desk, info: FormatInfo, order: ImportOrder, found: object, parent: QWidget | None) -> None:
    """Show what a file holds."""
    if isinstance(found, Survey):
        page = SurveyPage(desk, info, order, found, parent)
        page.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page.open()


class SurveyPage(QDialog):
    """What an import would bring: pictures with their labels, a row for each class with what it becomes, and what
    would be left out. Nothing has been stored."""

    def __init__(self, desk: Desk, info: FormatInfo, order: ImportOrder, found: Survey, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._desk, self._info, self._order = desk, info, order
        self.setWindowTitle(tr("Labels of {name}", name=order.path.name))
        self.resize(760, 600)
        self.count = label(kind="head")
        pictures, objects = found.result.pictures, found.result.objects
        self.count.setText(f"{tr('%n picture(s)', pictures)}, {tr('%n object(s)', objects)}")
        self.list = QTreeWidget()
        self.list.setRootIsDecorated(False)
        self.list.setHeaderLabels([tr("Class of the file"), tr("Objects"), tr("Pixels"), tr("Becomes")])
        name(self.list, tr("Classes of the file and what they become"))
        self.boxes: dict[str, QComboBox] = {}
        for row in found.classes:
            self._add(row)
        header = self.list.header()
        header.setSectionResizeMode(CLASS, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(BECOMES, QHeaderView.ResizeMode.ResizeToContents)
        self.problems = QPlainTextEdit()
        self.problems.setReadOnly(True)
        name(self.problems, tr("What would be left out"))
        self._lay_out(found)

    def _lay_out(self, found: Survey) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(theme.GAP)
        layout.addWidget(self.count)
        samples = QHBoxLayout()
        for sample in found.samples:
            samples.addWidget(_thumb(sample))
        samples.addStretch(1)
        layout.addLayout(samples)
        layout.addWidget(self.list, 2)
        lines = [f"{p.name}: {error_text(p.error)[0]}" for p in found.result.problems[:PROBLEMS_SHOWN]]
        lines += [note_text(n) for n in found.result.notes]
        if lines:
            self.problems.setPlainText("\n".join(lines))
            layout.addWidget(label(tr("%n item(s) would be left out", len(found.result.problems)), kind="warn"))
            layout.addWidget(self.problems, 1)
        standard = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(standard.Ok | standard.Cancel)
        self.ok = buttons.button(standard.Ok)
        self.ok.setText(tr("Import"))
        self.ok.setProperty("kind", "main")
        self.ok.setEnabled(found.result.pictures > 0)
        buttons.button(standard.Cancel).setText(tr("Cancel"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    def _add(self, row: ForeignClass) -> None:
        item = QTreeWidgetItem([row.info.name, number(row.segments), number(row.pixels)])
        item.setIcon(CLASS, swatch(row.info.color))
        for column in (OBJECTS, PIXELS):
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.list.addTopLevelItem(item)
        box = QComboBox()
        classes = self._desk.session.classes
        known = classes.named(row.info.name)
        box.addItem(tr("a new class") if known is None else tr("the class of this name"), BY_NAME)
        for info in classes:
            if known is None or info.id != known.id:
                box.addItem(swatch(info.color), info.name, info.id)
        box.addItem(tr("left out"), VOID)
        name(box, tr("What {name} becomes", name=row.info.name))
        self.boxes[row.info.name] = box
        self.list.setItemWidget(item, BECOMES, box)

    def become(self) -> dict[str, int]:
        """What was chosen for names that do not go by themselves."""
        chosen = {text: box.currentData() for text, box in self.boxes.items()}
        return {text: class_id for text, class_id in chosen.items() if class_id != BY_NAME}

    def accept(self) -> None:
        """Import with these classes."""
        super().accept()
        order = self._order
        start(self._desk, self._info, ImportOrder(order.path, order.layer, self.become(), order.replace_work))


def _thumb(sample: Sample) -> QLabel:
    result = label()
    result.setToolTip(sample.row.path)
    result.setAccessibleName(sample.row.path)
    if sample.pixels is None:
        result.setText(sample.row.path)
        return result
    height, width = sample.pixels.shape[:2]
    image = QImage(sample.pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    result.setPixmap(QPixmap.fromImage(image.copy()))
    return result
