"""Where a training's labels come from when it is not the project, and the trainings that were not finished."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segdesk.app.training_data import DataSet
from segdesk.app.training_runs import Run
from segdesk.domain.text import N_
from segdesk.ui import i18n, theme
from segdesk.ui.desk import Desk
from segdesk.ui.dialogs import ask_file, ask_folder
from segdesk.ui.i18n import tr
from segdesk.ui.widgets import button, label, name


class DataSetFields(QWidget):
    """Format, labels, and perhaps other labels that judge.

    Signals:
        changed(): something was entered
    """

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._plugins = {p.info.id: p for p in desk.session.formats if p.info.can_read}
        self.format = QComboBox()
        self.format.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for key, plugin in self._plugins.items():
            self.format.addItem(tr(plugin.info.title), key)
        self.labels, self.judging = QLineEdit(), QLineEdit()
        self.judging.setPlaceholderText(tr("some of the pictures"))
        name(self.labels, tr("Labels of the data set"))
        name(self.judging, tr("Labels that judge and are never learned from"))
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(theme.GAP - 2)
        form.addRow(tr("Format"), self.format)
        form.addRow(tr("From"), self._row(self.labels))
        form.addRow(tr("Judged by"), self._row(self.judging))
        self.format.currentIndexChanged.connect(lambda _: self.changed.emit())
        for line in (self.labels, self.judging):
            line.textChanged.connect(lambda _: self.changed.emit())

    def _row(self, line: QLineEdit) -> QWidget:
        def browse() -> None:
            found = self._ask()
            if found is not None:
                line.setText(str(found))

        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(line, 1)
        row.addWidget(button(tr("Browse…"), clicked=browse))
        return holder

    def _ask(self) -> Path | None:
        info = self._plugins[self.format.currentData()].info
        if info.extensions:
            pattern = " ".join(f"*{e}" for e in info.extensions)
            return ask_file(self, tr("Labels of the data set"), f"{tr(info.title)} ({pattern})")
        return ask_folder(self, tr("Labels of the data set"))

    def problem(self) -> str:
        """Why there is no data set yet, or ""."""
        for line, wanted in ((self.labels, True), (self.judging, False)):
            text = line.text().strip()
            if (wanted or text) and not (text and Path(text).exists()):
                return tr("Choose the file or folder with the labels.")
        return ""

    def value(self) -> DataSet | None:
        """What is entered; None where `problem` says why not."""
        if self.problem():
            return None
        judging = self.judging.text().strip()
        plugin = self._plugins[self.format.currentData()]
        return DataSet(plugin, (Path(self.labels.text().strip()),), (Path(judging),) if judging else ())


class EncoderBox(QComboBox):
    """The models whose weights are here, to take the encoder's from."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        name(self, tr("The model whose encoder is taken"))

    def fill(self, but: str) -> None:
        """All of them but the model itself; what was chosen stays chosen."""
        session, before = self._desk.session, self.currentData()
        self.clear()
        for card in session.cards:
            if card.id != but and card.weights is not None and session.weights_status(card.id).path is not None:
                self.addItem(card.name.get(i18n.language()), card.id)
        self.setCurrentIndex(max(0, self.findData(before)))


class EarlierTrainings(QDialog):
    """Trainings that were broken off, or that nobody has kept: to go on with, or to delete."""

    def __init__(self, desk: Desk, runs: list[Run], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._desk = desk
        self.runs = list(runs)
        self.setWindowTitle(tr("Earlier trainings"))
        self.resize(560, 320)
        self.listing = QListWidget()
        name(self.listing, tr("Earlier trainings"))
        self.go_on = button(tr("Go on"), "main", clicked=self.accept)
        self.delete = button(tr("Delete"), clicked=self._delete)
        row = QHBoxLayout()
        row.addWidget(self.delete)
        row.addStretch(1)
        row.addWidget(button(tr("Cancel"), clicked=self.reject))
        row.addWidget(self.go_on)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.addWidget(label(tr("What was trained so far is kept until you delete it."), "soft"))
        layout.addWidget(self.listing)
        layout.addLayout(row)
        self.listing.currentRowChanged.connect(lambda _: self._turn())
        self.listing.itemDoubleClicked.connect(lambda _: self.accept())
        for run in self.runs:
            QListWidgetItem(row_text(run), self.listing)
        self.listing.setCurrentRow(0)
        self._turn()

    def chosen(self) -> Run | None:
        """The run of the line that is chosen."""
        at = self.listing.currentRow()
        return self.runs[at] if 0 <= at < len(self.runs) else None

    def _turn(self) -> None:
        for part in (self.go_on, self.delete):
            part.setEnabled(self.chosen() is not None)

    def _delete(self) -> None:
        run = self.chosen()
        if run is not None:
            self._desk.track(self._desk.session.training.drop(run), N_("Deleting the training"), shown=False)
            at = self.listing.currentRow()
            del self.runs[at]
            self.listing.takeItem(at)
            self._turn()


def row_text(run: Run) -> str:
    """A line on a run: name, when, how far, how good."""
    epochs = run.request.options.epochs
    if not run.begun:
        place = tr("not begun")
    elif epochs:
        place = tr("epoch {epoch} of {epochs}", epoch=run.epoch, epochs=epochs)
    else:
        place = tr("epoch {epoch}", epoch=run.epoch)
    when = f"{run.when:%Y-%m-%d %H:%M}" if run.when else ""
    score = f"{100 * run.score:.1f} %" if run.score is not None else ""
    return " · ".join(part for part in (run.name, run.project, when, place, score) if part)
