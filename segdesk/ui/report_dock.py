"""The page that compares labels inside the window: figures with intervals, classes, the confusion matrix, and the
pictures and places behind each of its cells."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from segdesk.app.transfer import Comparison, Evaluated
from segdesk.domain.metrics.report import Report
from segdesk.domain.text import N_
from segdesk.ui import i18n, theme
from segdesk.ui.desk import Desk
from segdesk.ui.dialogs import ask_file, ask_folder
from segdesk.ui.export_dialog import free_folder, open_file
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.report_cells import CellList
from segdesk.ui.report_figures import ClassTable, Headline
from segdesk.ui.report_live import LiveCard
from segdesk.ui.report_matrix import ConfusionMatrix
from segdesk.ui.widgets import EmptyNote, button, label, name

SHORT = {"annotation": N_("Annotation"), "prediction": N_("Prediction"), "reference": N_("Reference")}
OTHER = "other"


class ReportDock(Translated, QDockWidget):
    """Below the canvas, or torn off as a window of its own. Nothing is compared before the person asks.

    Attributes:
        report: what is shown, None before the first comparison.
    """

    def __init__(self, desk: Desk, window: QMainWindow) -> None:
        super().__init__(window)
        self.setObjectName("comparison")
        self._desk = desk
        self.report: Report | None = None
        self._wanted = Comparison()
        self._other: Path | None = None
        self._job = 0
        self.layer, self.against = QComboBox(), QComboBox()
        for box in (self.layer, self.against):
            for key in SHORT:
                box.addItem("", key)
        self.against.addItem("", OTHER)
        self.against.setCurrentIndex(self.against.findData("reference"))
        self.against.activated.connect(lambda _: self._chosen())
        self.run = button(kind="main", icon="report", clicked=self.compare)
        self.write = button(icon="export", clicked=self._write)
        self.live, self.headline, self.classes = LiveCard(desk), Headline(), ClassTable()
        self.matrix, self.cells = ConfusionMatrix(), CellList(desk)
        self.matrix.chosen.connect(self._cell_chosen)
        self._arrange()
        desk.project_closed.connect(self._closed)
        desk.telling.told.connect(self._refresh)
        self.retranslate()
        self._refresh()

    @classmethod
    def shown(cls, desk: Desk, window: QMainWindow) -> ReportDock:
        """The window's page, made at the first call and shown."""
        page = window.findChild(cls, "comparison")
        if not isinstance(page, ReportDock):
            page = cls(desk, window)
            window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, page)
            window.resizeDocks([page], [max(260, window.height() * 9 // 20)], Qt.Orientation.Vertical)
        page.show()
        page.raise_()
        return page

    def _arrange(self) -> None:
        self.versus = label(kind="soft")
        row = QHBoxLayout()
        for part in (self.layer, self.versus, self.against, self.run, self.write):
            row.addWidget(part)
        row.addStretch(1)
        left = QWidget()
        side = QVBoxLayout(left)
        side.setContentsMargins(0, 0, theme.GAP, 0)
        side.addWidget(self.live)
        side.addSpacing(theme.GAP)
        side.addWidget(self.headline)
        side.addStretch(1)
        self.none = EmptyNote("compare")
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.shown_after: list[QWidget] = []  # the first comparison
        for part, scrolls in ((left, True), (self.classes, False), (self.matrix, True), (self.cells, False)):
            if scrolls:
                holder = QScrollArea()
                holder.setWidget(part)
                holder.setWidgetResizable(part is left)
                holder.setFrameShape(QScrollArea.Shape.NoFrame)
                if part is left:
                    holder.setMinimumWidth(left.sizeHint().width() + 2 * theme.GAP)
                part = holder
            self.split.addWidget(part)
            self.shown_after.append(part)
        del self.shown_after[0]
        self.split.addWidget(self.none)
        self.split.setSizes([300, 320, 620, 210, 1150])
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(theme.GAP, theme.GAP // 2, theme.GAP, theme.GAP // 2)
        layout.addLayout(row)
        layout.addWidget(self.split, 1)
        self.setWidget(body)

    def _chosen(self) -> None:
        """Labels of another project were chosen: ask which."""
        if self.against.currentData() == OTHER:
            found = ask_file(self, tr("Compare with another project"), tr("SegDesk projects (*.segdesk)"))
            if found is None:
                self.against.setCurrentIndex(self.against.findData("reference"))
            else:
                self._other = found
        self._refresh()

    def wanted(self) -> Comparison:
        """What is to be compared. Of another project, the same layer as of this one."""
        layer, against = self.layer.currentData(), self.against.currentData()
        if against == OTHER:
            return Comparison(layer, layer, self._other)
        return Comparison(layer, against)

    def compare(self) -> None:
        """Compare in the background and show what was found."""
        wanted, desk = self.wanted(), self._desk
        if wanted.other is None and wanted.layer == wanted.against:
            desk.notice.emit("info", tr("Choose two different layers."), "")
            return
        self._wanted = wanted
        desk.attempt(
            lambda: setattr(
                self, "_job", desk.track(desk.session.comparing.compare(wanted), N_("Comparing"), then=self._came)
            )
        )
        self._refresh()

    def _came(self, value: object) -> None:
        if isinstance(value, Report):
            self.show_report(value, self._wanted)

    def show_report(self, report: Report, wanted: Comparison) -> None:
        """Show figures, classes and matrix."""
        self.report = report
        self.headline.show_report(report)
        self.classes.show_report(report)
        self.matrix.show_report(report)
        self.cells.show_report(report, wanted)
        if report.failed:
            self._desk.show_error(report.failed[0][1])
        self._refresh()

    def _cell_chosen(self, reference: int, judged: int) -> None:
        self.cells.show_cell(reference, judged)

    def _write(self) -> None:
        """Write what is shown as a page and tables, and open the page."""
        project, report, desk = self._desk.session.project, self.report, self._desk
        if project is None or report is None:
            return
        base = project.path.parent
        folder = ask_folder(self, tr("Write the report into"), str(base))
        if folder is None:
            return
        if any(folder.iterdir()):
            folder = free_folder(folder, f"{base.name}-report")
        job = desk.session.comparing.write(report, folder, language=i18n.language())
        desk.track(job, N_("Writing the report"), then=lambda value: _written(desk, value))

    def _closed(self) -> None:
        self.report = None
        for part in (self.headline, self.classes, self.cells):
            part.clear()
        self.hide()

    def _refresh(self) -> None:
        busy = self._job in self._desk.jobs
        self.run.setEnabled(self._desk.session.project is not None and not busy)
        self.write.setEnabled(self.report is not None)
        for part in self.shown_after:
            part.setVisible(self.report is not None)
        self.none.setVisible(self.report is None)

    def retranslate(self) -> None:
        """Set the texts again."""
        self.setWindowTitle(tr("Compare labels"))
        for box in (self.layer, self.against):
            for at, text in enumerate(SHORT.values()):
                box.setItemText(at, tr(text))
        self.against.setItemText(len(SHORT), tr("Another project…"))
        name(self.layer, tr("The labels that are judged"))
        name(self.against, tr("What they are compared with"))
        self.versus.setText(tr("against"))
        self.run.setText(tr("Compare"))
        self.none.say(
            tr("Nothing has been compared yet."),
            tr(
                "“Compare” judges all pictures that have both kinds of labels: figures, classes, and what was mistaken."
            ),
        )
        self.write.setText(tr("Write report…"))
        if self.report is not None:
            self.headline.show_report(self.report)
            self.classes.show_report(self.report)
            self.matrix.retranslate()


def _written(desk: Desk, value: object) -> None:
    if isinstance(value, Evaluated):
        desk.notice.emit("good", tr("The report is in {folder}.", folder=value.page.parent), "")
        open_file(value.page)
