"""The pictures behind a cell of the confusion matrix; choosing one opens it and goes to the places."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from segdesk.app.live_report import Cell, CellPlaces
from segdesk.app.transfer import Comparison
from segdesk.domain.metrics.report import Report
from segdesk.domain.text import N_
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, number, tr
from segdesk.ui.widgets import icon_button, label, name

MARGIN = 24  # pixels of the picture around a place that is shown


class CellList(Translated, QWidget):
    """Pictures of a cell, those with the most pixels first.

    Attributes:
        places: of the chosen picture, None before they are known; at: the one that is shown.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._report: Report | None = None
        self._wanted = Comparison()
        self._cell: Cell | None = None
        self._job = 0
        self.places: CellPlaces | None = None
        self.at = 0
        self.head = label(kind="soft")
        self.head.setWordWrap(True)
        self.list = QListWidget()
        self.list.itemClicked.connect(self._open)
        self.list.itemActivated.connect(self._open)
        self.which = label(kind="soft")
        self.previous = icon_button("previous", lambda: self._step(-1), size=14)
        self.next = icon_button("next", lambda: self._step(1), size=14)
        row = QHBoxLayout()
        row.addWidget(self.which, 1)
        row.addWidget(self.previous)
        row.addWidget(self.next)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.head)
        layout.addWidget(self.list, 1)
        layout.addLayout(row)
        desk.document_opened.connect(lambda _: self._look())
        self.retranslate()

    def clear(self) -> None:
        """Show nothing."""
        self._report, self._cell, self.places, self._job = None, None, None, 0
        self.list.clear()
        self.retranslate()

    def show_report(self, report: Report, wanted: Comparison) -> None:
        """Cells of this report are chosen from now on."""
        self.clear()
        self._report, self._wanted = report, wanted

    def show_cell(self, reference: int, judged: int) -> None:
        """List the pictures of a cell by class ids, 0 = void."""
        if self._report is None or self._report.findings is None:
            return
        self._cell, self.places = Cell(reference, judged), None
        self.list.clear()
        for picture, pixels in self._report.findings.cells.pictures(reference, judged):
            item = QListWidgetItem(f"{picture.rpartition('/')[2]}   {number(pixels)} px")
            item.setData(Qt.ItemDataRole.UserRole, picture)
            item.setToolTip(picture)
            self.list.addItem(item)
        self.retranslate()

    def _open(self, item: QListWidgetItem) -> None:
        """Look for the places; then the picture is opened there."""
        picture, cell, desk = item.data(Qt.ItemDataRole.UserRole), self._cell, self._desk
        if cell is None:
            return

        def look() -> None:
            job = desk.session.comparing.places(self._wanted, cell, picture)
            self._job = job
            desk.track(job, N_("Looking for the places"), then=lambda value: self._came(job, value), shown=False)

        desk.attempt(look)

    def _came(self, job: int, value: object) -> None:
        if job != self._job or not isinstance(value, CellPlaces):
            return
        self.places, self.at = value, 0
        document = self._desk.labels.document
        if document is not None and document.row.id == value.picture_id:
            self._look()
        else:
            self._desk.go_to(value.picture_id)
        self.retranslate()

    def _step(self, by: int) -> None:
        if self.places is not None and self.places.boxes:
            self.at = (self.at + by) % len(self.places.boxes)
            self._look()
            self.retranslate()

    def _look(self) -> None:
        """Bring the place near, if its picture is open."""
        document, places = self._desk.labels.document, self.places
        if document is None or places is None or document.row.id != places.picture_id or not places.boxes:
            return
        x0, y0, x1, y1 = places.boxes[self.at]
        height, width = document.segmentation.size
        near = max(0, x0 - MARGIN), max(0, y0 - MARGIN), min(width, x1 + MARGIN), min(height, y1 + MARGIN)
        self._desk.view.look_at(near)

    def _class_name(self, class_id: int) -> str:
        info = None if self._report is None else self._report.classes.get(class_id)
        return tr("Void") if info is None else info.name

    def retranslate(self) -> None:
        """Set the texts again."""
        cell, places = self._cell, self.places
        if cell is None:
            self.head.setText(tr("Press a cell of the matrix to see its pictures."))
        else:
            right, judged = self._class_name(cell.reference), self._class_name(cell.prediction)
            self.head.setText(tr("{right}, judged as {judged}", right=right, judged=judged))
        known = places is not None and bool(places.boxes)
        words = ""
        if places is not None and known:
            words = tr(
                "Place {number} of {total}: {pixels} px",
                number=self.at + 1,
                total=len(places.boxes),
                pixels=number(places.pixels[self.at]),
            )
        elif places is not None:
            words = tr("No such place is left.")
        self.which.setText(words)
        self.previous.setEnabled(known)
        self.next.setEnabled(known)
        name(self.previous, tr("Previous place"))
        name(self.next, tr("Next place"))
