"""The figures of a comparison in the window: the headline with conventions and intervals, and a table of classes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHeaderView, QLabel, QTreeWidget, QTreeWidgetItem, QWidget

from segdesk.domain.metrics.report import Report
from segdesk.domain.metrics.suite import COCO_LIMIT
from segdesk.domain.text import N_
from segdesk.ui import theme
from segdesk.ui.i18n import number, tr
from segdesk.ui.report_live import percent
from segdesk.ui.widgets import label, swatch

NAMES = {
    "miou": "mIoU",
    "pixel_accuracy": N_("Pixel accuracy"),
    "boundary_iou": N_("Boundary IoU"),
    "pq": "PQ",
    "sq": "SQ",
    "rq": "RQ",
    "ap": "AP",
    "dsb": N_("DSB 2018 score"),
}
OF_PIXELS = ("miou", "pixel_accuracy", "boundary_iou")
RULES = {
    "void_ignored": N_("void of the reference ignored"),
    "void_counted": N_("labels on void count as wrong"),
    "void_background": N_("void is background"),
}


class Headline(QWidget):
    """Figure, interval and convention, a row each."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.GAP * 2)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(2, 1)
        self.parts: list[QLabel] = []

    def clear(self) -> None:
        """Show nothing."""
        for part in self.parts:
            self._grid.removeWidget(part)
            part.deleteLater()
        self.parts = []

    def show_report(self, report: Report) -> None:
        """Show a report's headline."""
        self.clear()
        self._add(0, 0, tr("%n picture(s)", len(report.pictures)), "head")
        values = report.headline
        for at, key in enumerate((k for k in NAMES if k in values), start=1):
            span = None if report.findings is None else report.findings.intervals.get(key)
            bounds = "" if span is None else f"[{100 * span.low:.1f}, {100 * span.high:.1f}]"
            tip = _way(report, key)
            self._add(at, 0, tr(NAMES[key]), "soft", tip)
            self._add(at, 1, percent(values[key]), "head", tip)
            self._add(at, 2, bounds, "soft", tr("95 % interval, bootstrap over pictures"))
        rules = (report.pixel_rule, report.panoptic_rule)
        words = tr("Pixels: {pixels}. Segments: {segments}.", pixels=tr(RULES[rules[0]]), segments=tr(RULES[rules[1]]))
        note = self._add(len(NAMES) + 1, 0, words, "soft", columns=3)
        note.setWordWrap(True)

    def _add(self, row: int, column: int, text: str, kind: str, tip: str = "", *, columns: int = 1) -> QLabel:
        part = label(text, kind=kind)
        part.setToolTip(tip)
        part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._grid.addWidget(part, row, column, 1, columns)
        self.parts.append(part)
        return part


def _way(report: Report, key: str) -> str:
    """The convention of a figure."""
    if key == "ap":
        return tr("COCO: IoU 0.50 to 0.95, at most 100 objects of a class in a picture")
    return tr(RULES[report.pixel_rule if key in OF_PIXELS else report.panoptic_rule])


class ClassTable(QTreeWidget):
    """A row a class that occurs; a press on a heading sorts."""

    def __init__(self) -> None:
        super().__init__()
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSortingEnabled(True)
        self.setAlternatingRowColors(False)

    def show_report(self, report: Report) -> None:
        """Show a report's classes in the leading conventions."""
        self.setSortingEnabled(False)
        self.clear()
        heads = [tr("Class"), "IoU", tr("Interval"), "PQ", "AP", tr("Pixels"), tr("Accuracy"), tr("Precision")]
        self.setHeaderLabels(heads)
        found, pairs = report.findings, zip(report.pixel_result.classes, report.panoptic_result.classes, strict=True)
        for info, (pixels, segments) in zip(report.classes, pairs, strict=True):
            if pixels.iou is None and segments.pq is None:
                continue
            span = None if found is None else found.class_intervals.get(info.id)
            precision = None if found is None else found.precision
            known = precision is not None and info.id in precision.classes
            ap = precision.ap(class_id=info.id, limit=COCO_LIMIT) if precision is not None and known else None
            row = _Row(self)
            row.setText(0, info.name)
            row.setIcon(0, swatch(info.color))
            row.setText(2, "" if span is None else f"{100 * span.low:.1f} - {100 * span.high:.1f}")
            for column, value in (
                (1, pixels.iou),
                (6, pixels.accuracy),
                (7, pixels.precision),
                (3, segments.pq),
                (4, ap),
            ):
                row.put(column, percent(value), -1.0 if value is None else value)
            row.put(5, number(pixels.tp + pixels.fn), pixels.tp + pixels.fn)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.setSortingEnabled(True)
        self.sortByColumn(1, Qt.SortOrder.AscendingOrder)


class _Row(QTreeWidgetItem):
    """Sorts by number where there is one."""

    def put(self, column: int, text: str, value: float) -> None:
        self.setText(column, text)
        self.setData(column, Qt.ItemDataRole.UserRole, float(value))
        self.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        tree = self.treeWidget()
        column = tree.sortColumn() if tree is not None else 0
        mine, its = (item.data(column, Qt.ItemDataRole.UserRole) for item in (self, other))
        if isinstance(mine, float) and isinstance(its, float):
            return mine < its
        return self.text(column).casefold() < other.text(column).casefold()
