"""The curves of a training, and a held-out picture with truth and answer side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from segdesk.domain.classes import ClassSet
from segdesk.engines.training.messages import IGNORED, Sample
from segdesk.ui import theme
from segdesk.ui.i18n import tr

MARGIN = 44
OPACITY = 0.6


class CurvePlot(QWidget):
    """The loss (left scale) and the hold-out's figure in percent (right scale: mIoU, AP or PQ) over the epochs; a
    dashed line where the starting model stands."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(QSize(420, 220))
        self.points: list[tuple[int, float, float | None]] = []
        self.old: float | None = None
        self.figure = "mIoU"
        self.setAccessibleName(tr("Curves of loss and score"))

    def show_curve(
        self, points: Sequence[tuple[int, float, float | None]], old: float | None, *, metric: str = "mIoU"
    ) -> None:
        """Draw (epoch, loss, score 0..1) and the old model's score; `metric`: what the scores are."""
        self.points, self.old, self.figure = list(points), old, metric
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: draw."""
        painter, colours = QPainter(self), theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(MARGIN, 24, -MARGIN, -24)
        painter.fillRect(area, QColor(colours.field))
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.drawRect(area)
        most = max([loss for _, loss, _ in self.points], default=1.0) * 1.05 or 1.0
        self._scale(painter, area, most)
        if not self.points:
            painter.setPen(QColor(colours.soft))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, tr("The first epoch is under way…"))
            painter.end()
            return
        last = max(2, self.points[-1][0])

        def x(epoch: float) -> float:
            return area.left() + (epoch - 1) / (last - 1) * area.width()

        if self.old is not None:
            painter.setPen(QPen(QColor(colours.soft), 1, Qt.PenStyle.DashLine))
            y = area.bottom() - self.old * area.height()
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        losses = [QPointF(x(e), area.bottom() - loss / most * area.height()) for e, loss, _ in self.points]
        scores = [QPointF(x(e), area.bottom() - s * area.height()) for e, _, s in self.points if s is not None]
        for line, colour in ((losses, colours.warn), (scores, colours.accent)):
            painter.setPen(QPen(QColor(colour), 2))
            painter.drawPolyline(line)
            painter.setBrush(QColor(colour))
            for point in line:
                painter.drawEllipse(point, 2.5, 2.5)
        painter.end()

    def _scale(self, painter: QPainter, area: QRectF, most: float) -> None:
        colours = theme.current()
        painter.setFont(theme.small(self.font()))
        for i in range(5):
            y = area.bottom() - area.height() * i / 4
            painter.setPen(QPen(QColor(colours.line), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(colours.warn))
            left = QRectF(0, y - 8, MARGIN - 6, 16)
            painter.drawText(left, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{most * i / 4:.2f}")
            painter.setPen(QColor(colours.accent))
            right = QRectF(area.right() + 6, y - 8, MARGIN, 16)
            painter.drawText(right, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, f"{25 * i} %")
        top = QRectF(area.left(), 2, area.width(), 20)
        painter.setPen(QColor(colours.warn))
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, tr("Loss"))
        painter.setPen(QColor(colours.accent))
        painter.drawText(top, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.caption())

    def caption(self) -> str:
        """What the right scale counts."""
        return tr("{metric} on the hold-out", metric=self.figure)


def sample_pixmap(sample: Sample, classes: ClassSet) -> QPixmap:
    """Picture, truth and answer beside each other, the classes in their colours, a light line around each object."""
    table = np.zeros((256, 3), np.float32)
    for position, info in enumerate(classes, 1):
        table[position] = info.color
    parts = [sample.picture]
    for labels, ids in ((sample.truth, sample.truth_ids), (sample.answer, sample.answer_ids)):
        shown = (labels > 0) & (labels != IGNORED)
        mixed = np.where(shown[..., None], sample.picture * (1 - OPACITY) + table[labels] * OPACITY, sample.picture)
        if ids is not None:
            mixed[outlined(ids) & shown] = 255
        parts.append(mixed.astype(np.uint8))
    gap = np.full((sample.picture.shape[0], 4, 3), 128, np.uint8)
    pixels = np.ascontiguousarray(np.concatenate([parts[0], gap, parts[1], gap, parts[2]], 1))
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    return QPixmap.fromImage(image)


def outlined(ids: np.ndarray) -> np.ndarray:
    """(h, w) bool: pixels beside one of another object."""
    edge = np.zeros(ids.shape, bool)
    across, down = ids[:, :-1] != ids[:, 1:], ids[:-1] != ids[1:]
    edge[:, :-1] |= across
    edge[:, 1:] |= across
    edge[:-1] |= down
    edge[1:] |= down
    return edge
