"""The dialog that starts a quality report: which layer, against which. The finished page opens in the browser."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QWidget

from segdesk.app.transfer import Evaluated
from segdesk.domain.text import N_
from segdesk.ui import i18n
from segdesk.ui.desk import Desk
from segdesk.ui.dialogs import ask_folder
from segdesk.ui.export_dialog import FormDialog, free_folder, open_file
from segdesk.ui.i18n import tr


class ReportDialog(FormDialog):
    """Layer, against, folder."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(desk, tr("Quality report"), tr("Write report"), parent)
        project = desk.session.project
        base = project.path.parent if project is not None else Path.home()
        self.layer = self.layer_box(("annotation", "prediction", "reference"))
        self.against = self.layer_box(("reference", "annotation", "prediction"))
        self.folder = self.path_field(
            str(free_folder(base, f"{base.name}-report")),
            lambda: ask_folder(self, tr("Write the report into"), str(base)),
        )
        self.show_it = QCheckBox(tr("Open the page when it is done"))
        self.show_it.setChecked(True)
        self.form.addRow(tr("Judge"), self.layer)
        self.form.addRow(tr("Against"), self.against)
        self.form.addRow(tr("Folder"), self._holder)
        self.form.addRow("", self.show_it)
        self.note.setText(
            tr(
                "IoU, outlines, panoptic quality, objects and average precision with intervals and plots: as a page"
                " that can be printed, as tables and as JSON. “Compare labels” shows the same in the window."
            )
        )
        self.refresh()

    def problem(self) -> str:
        """Why no report can be written."""
        if self.layer.currentData() == self.against.currentData():
            return tr("Choose two different layers.")
        if not self.folder.text().strip():
            return tr("Choose a folder.")
        return ""

    def accept(self) -> None:
        """Start the evaluation."""
        super().accept()
        desk, folder, show = self.desk, Path(self.folder.text()), self.show_it.isChecked()
        layer, against = self.layer.currentData(), self.against.currentData()
        desk.attempt(
            lambda: desk.track(
                desk.session.evaluate(layer, against, folder, language=i18n.language()),
                N_("Writing the report"),
                then=lambda value: _written(desk, value, show),
            )
        )


def _written(desk: Desk, value: object, show: bool) -> None:
    if isinstance(value, Evaluated):
        effort, hint = value.report.effort, ""
        if effort is not None:
            share, seconds = f"{effort.model_share * 100:.1f}", f"{effort.median_seconds:.0f}"
            hint = tr(
                "The model did {share} % of the work; {seconds} s a picture (median).", share=share, seconds=seconds
            )
        desk.notice.emit("good", tr("The report is in {folder}.", folder=value.page.parent), hint)
        if show:
            open_file(value.page)
